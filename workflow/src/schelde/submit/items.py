"""Which files of a bundle are sent, in which order, and under which names."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from schelde.bundle.part import SAFE_NAME, Md5, Sha256
from schelde.documents.manifest import MANIFEST
from schelde.errors import Problem, UserError

LONGEST = 200
"""Bytes of a file name: file systems take 255, and endings are put to it on the way."""
PASSING = (".part", ".upload.json")
"""Endings that unfinished files have at the inbox, or beside their receipts."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class Item:
    """A file to send: ``name`` from the top of the bundle, size in bytes, checksums in hex."""

    name: str
    path: Path
    size: int
    md5: str
    sha256: str

    @property
    def short(self) -> str:
        """The name without folders, for lines of progress."""
        return self.name.rsplit("/", 1)[-1]


class _Entry(BaseModel):
    path: str
    size: int
    md5: Md5
    sha256: Sha256


class _Manifest(BaseModel):
    files: tuple[_Entry, ...]


def items_of(bundle: Path, *, encrypted_only: bool = False) -> list[Item]:
    """Return the files of a verified bundle: encrypted ones, documents, and the manifest last.

    Checksums are those of the manifest, which the bundle was verified against; files that it does
    not list (itself, and the result of the validation) are read. Encrypted files outside of
    ``encrypted/`` are links to those in it, and are left out. ``encrypted_only``: for inboxes
    that take no documents. UserError for names that inboxes refuse, links, and sizes that are not
    the manifest's.
    """
    entries = {entry.path: entry for entry in _manifest(bundle).files}
    problems: list[Problem] = []
    names = []
    for path in sorted(bundle.rglob("*")):
        name = path.relative_to(bundle).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            what, remedy = "is a link, or no file", "put the file itself there"
            problems.append(Problem(name, None, what, remedy))
        elif path.is_file() and _wanted(name, encrypted_only):
            problems += [Problem(name, None, *fault) for fault in name_faults(name)]
            names.append(name)
    for name in names:
        entry, size = entries.get(name), (bundle / name).stat().st_size
        if entry is not None and entry.size != size:
            what = f"has {size} bytes, not the {entry.size} of the manifest"
            problems.append(Problem(name, None, what, "write the bundle again"))
    if problems:
        raise UserError(problems)
    return [_item(bundle, name, entries.get(name)) for name in sorted(names, key=_place)]


def _manifest(bundle: Path) -> _Manifest:
    try:
        return _Manifest.model_validate(json.loads((bundle / MANIFEST).read_bytes()))
    except (OSError, ValueError, ValidationError):
        remedy = "give the folder of a bundle that verifies"
        raise UserError([Problem(str(bundle), None, f"has no {MANIFEST}", remedy)]) from None


def _wanted(name: str, encrypted_only: bool) -> bool:
    if name.endswith(".c4gh"):
        return name.startswith("encrypted/")
    return not encrypted_only


def _place(name: str) -> tuple[int, str]:
    if name.endswith(".c4gh"):
        return 0, name
    return (2 if name == MANIFEST else 1), name


def name_faults(name: str) -> Iterator[tuple[str, str]]:
    """Yield what inboxes have against the path of a file, and the remedy.

    EGA refuses white space and ``# ? ( ) [ ] / \\ = + < > : ; " ' , * ^ | &`` (its page on
    inboxes), the Sensitive Data Archive control characters and much the same marks
    (``formatUploadFilePath`` of its sda/cmd/s3inbox/proxy.go); `SAFE_NAME` keeps clear of both.
    """
    for part in name.split("/"):
        if not re.fullmatch(SAFE_NAME, part):
            what = f"'{ascii(part)[1:-1]}' is a name that inboxes refuse"
            yield what, "use letters, digits, '.', '_' and '-' only, with a letter or digit first"
        if len(part) > LONGEST:
            yield f"the name has {len(part)} characters", f"use at most {LONGEST}"
    if name.endswith(PASSING):
        yield "the name ends like that of an unfinished file", "give it another"


def _item(bundle: Path, name: str, entry: _Entry | None) -> Item:
    path = bundle / name
    if entry is not None:
        return Item(name, path, entry.size, entry.md5, entry.sha256)
    md5, sha256, size = hashlib.md5(), hashlib.sha256(), 0
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            md5.update(block)
            sha256.update(block)
            size += len(block)
    return Item(name, path, size, md5.hexdigest(), sha256.hexdigest())
