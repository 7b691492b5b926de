"""What package_sample leaves: a folder of files under a pseudonym, and package.json about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from schelde.bundle.part import Name, Part, Text
from schelde.bundle.record import Program, ReadGroup, Role

PACKAGE = "package.json"
"""In the folder of a packaged sample."""

FAILED = "failed quality control"


class LeftOut(Part):
    """All that is told of a sample that does not go into a bundle."""

    left_out: Text


class PlainFile(Part):
    """A file of the folder, not yet encrypted. ``size`` in bytes.

    ``records``: of a VCF; targets of a BED; reads of a CRAM or FASTQ, each once whatever its
    alignments.
    """

    name: Name
    role: Role
    size: int = Field(ge=0)
    records: int | None = Field(default=None, ge=0)


class Packaged(Part):
    """A sample as it may travel; fields of the same name in `schelde.bundle.record.Member`.

    ``programs``: of the CRAM's header. ``caller``: name and version, of the VCF's header.
    """

    sample: Name
    subject: Name
    read_groups: tuple[ReadGroup, ...]
    programs: tuple[Program, ...]
    caller: Text
    files: tuple[PlainFile, ...]
    ga4gh: dict[str, Any]
    metrics: dict[str, float | int | str | bool | None]
    verdict: dict[str, Any]


def read_packaged(folder: Path) -> Packaged | LeftOut:
    """Read package.json of a folder; pydantic's ValidationError if it is neither."""
    text = (folder / PACKAGE).read_bytes()
    if b'"left_out"' in text[:20]:
        return LeftOut.model_validate_json(text)
    return Packaged.model_validate_json(text)


def to_json(package: Packaged | LeftOut) -> str:
    """Return the text of package.json."""
    return package.model_dump_json(indent=1) + "\n"
