"""What the user tells national collections, from files of home to pseudonyms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schelde.bundle.record import National
from schelde.errors import Problem, UserError
from schelde.national.ghga import Ghga
from schelde.national.grz import Grz
from schelde.national.reading import read_part


def national_of(ghga: Path | None, grz: Path | None, pseudonyms: Mapping[str, str]) -> National:
    """Read what collections ask for; ``pseudonyms``: of all samples in the bundle, by id at home.

    Donors whose samples are not in the bundle are left out. UserError for a broken file.
    """
    problems: list[Problem] = []
    for_ghga = read_part(str(ghga), Ghga, problems) if ghga else None
    for_grz = read_part(str(grz), Grz, problems) if grz else None
    if problems:
        raise UserError(problems)
    return National(
        ghga=for_ghga.part if for_ghga else None,
        grz=for_grz.part.for_pseudonyms(pseudonyms) if for_grz else None,
    )
