"""The record of a bundle that a user named."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from schelde.bundle.record import Record, read_record
from schelde.errors import Problem, UserError


def open_record(bundle: Path) -> Record:
    """Return the record of a bundle; UserError if there is none."""
    try:
        return read_record(bundle)
    except OSError:
        remedy = "name the folder of a bundle"
        raise UserError([Problem(str(bundle), None, "is no bundle", remedy)]) from None
    except ValidationError:
        remedy = "have it verified, then take it from the run again"
        raise UserError([Problem(str(bundle), None, "its record is damaged", remedy)]) from None
