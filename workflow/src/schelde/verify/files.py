"""The files of a bundle: all there, none beside them, each with its checksums, sealed rightly."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schelde.bundle.record import File
from schelde.documents.manifest import MANIFEST
from schelde.seal.header import SealError, opened, plain_size, read_header
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError
from schelde.verify.schema import schema_findings, validator

UNLISTED = "validation/"
"""Folder of what a check leaves: it cannot stand in a manifest that is checked."""

READ = 1 << 20
LINE = re.compile(r"([0-9a-f]+) (\S+)")
"""Of a list of checksums, as sda-cli writes them: one space (sda-cli, commit 1904af17)."""


@dataclass(frozen=True)
class Sums:
    """Size in bytes and checksums of a file as it lies there."""

    size: int
    md5: str
    sha256: str


def sums(bundle: Bundle) -> Mapping[str, Sums | str]:
    """Return the sums of every file by its path, or why it cannot be read.

    Files are read once, several at a time; what is found is kept with the bundle.
    """
    if "files.sums" not in bundle.kept:
        names = _on_disk(bundle)
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            found = pool.map(lambda name: _sums(bundle, name), names)
            bundle.kept["files.sums"] = dict(zip(names, found, strict=True))
    kept: Mapping[str, Sums | str] = bundle.kept["files.sums"]
    return kept


def _sums(bundle: Bundle, name: str) -> Sums | str:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    path = bundle.root / name
    try:
        # A link leads out of the bundle, and a pipe would be waited for.
        if not stat.S_ISREG(path.lstat().st_mode):
            return "it is no plain file"
        with path.open("rb") as file:
            while data := file.read(READ):
                md5.update(data)
                sha256.update(data)
                size += len(data)
    except OSError as error:
        return error.strerror or str(error)
    return Sums(size, md5.hexdigest(), sha256.hexdigest())


def _on_disk(bundle: Bundle) -> list[str]:
    """Return paths of all that is no folder; of links too, whatever they lead to."""
    found = []
    for folder, folders, names in os.walk(bundle.root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        found += [(here / name).relative_to(bundle.root).as_posix() for name in (*names, *links)]
    return sorted(found)


def _entries(bundle: Bundle) -> list[dict[str, Any]]:
    """Return the files that the manifest lists; `UnreadableError` if it has not the form."""
    document = bundle.json(MANIFEST)
    for error in validator("manifest").iter_errors(document):
        raise UnreadableError(MANIFEST, f"{error.json_path}: {error.message[:200]}")
    entries: list[dict[str, Any]] = document["files"]
    return entries


def _form(bundle: Bundle) -> Iterable[Finding]:
    yield from schema_findings(bundle, MANIFEST, "manifest")
    document, alias = bundle.json(MANIFEST), bundle.record.dataset.alias
    if isinstance(document, dict) and document.get("dataset") != alias:
        yield Finding(MANIFEST, f"dataset is '{document.get('dataset')}'; the record has '{alias}'")


def _one_to_one(bundle: Bundle) -> Iterable[Finding]:
    listed = [entry["path"] for entry in _entries(bundle)]
    for path in sorted({path for path in listed if listed.count(path) > 1}):
        yield Finding(MANIFEST, f"{path} is listed {listed.count(path)} times")
    there = {name for name in _on_disk(bundle) if not name.startswith(UNLISTED)} - {MANIFEST}
    for path in sorted(set(listed) - there):
        yield Finding(path, "this file is missing; the manifest lists it")
    for path in sorted(there - set(listed)):
        yield Finding(path, "this file is not in the manifest")


def _as_listed(bundle: Bundle) -> Iterable[Finding]:
    for entry in _entries(bundle):
        found = sums(bundle).get(entry["path"])
        if isinstance(found, str):
            yield Finding(entry["path"], f"this file cannot be read: {found}")
        elif found is not None:  # the rule on names tells what is missing
            for what in ("size", "md5", "sha256"):
                if entry[what] != getattr(found, what):
                    is_there = f"its {what} is {getattr(found, what)}"
                    yield Finding(entry["path"], f"{is_there}, and {entry[what]} by the manifest")


def _as_recorded(bundle: Bundle) -> Iterable[Finding]:
    """Hold what the manifest says of encrypted files against the record, both ways."""
    listed = {entry["path"]: entry for entry in _entries(bundle) if entry["plain"] is not None}
    recorded = {file.path: (member.sample, file) for member, file in bundle.record.files}
    for path in sorted(recorded.keys() - listed.keys()):
        yield Finding(MANIFEST, f"{path} is in the record, and not listed as an encrypted file")
    for path in sorted(listed.keys() - recorded.keys()):
        yield Finding(MANIFEST, f"{path} is listed as an encrypted file, and not in the record")
    for path in sorted(listed.keys() & recorded.keys()):
        sample, file = recorded[path]
        for what, value in _recorded(sample, file).items():
            said: Any = listed[path]
            for part in what.split("."):
                said = said[part]
            if said != value:
                yield Finding(MANIFEST, f"{path}: {what} is {said}, and {value} by the record")


def _recorded(sample: str, file: File) -> dict[str, str | int]:
    return {
        "sample": sample,
        "role": str(file.role),
        "size": file.encrypted_size,
        "md5": file.encrypted.md5,
        "sha256": file.encrypted.sha256,
        "plain.size": file.size,
        "plain.md5": file.plain.md5,
        "plain.sha256": file.plain.sha256,
    }


def _lists(bundle: Bundle) -> Iterable[Finding]:
    """Hold the four lists of checksums against the record."""
    for kind, end, part in (("unencrypted", "", "plain"), ("encrypted", ".c4gh", "encrypted")):
        for algorithm in ("md5", "sha256"):
            path = f"encrypted/checksum_{kind}.{algorithm}"
            due = {
                f"{file.name}{end}": str(getattr(getattr(file, part), algorithm))
                for _, file in bundle.record.files
            }
            yield from _list_findings(path, bundle.text(path).splitlines(), due)


def _list_findings(path: str, lines: list[str], due: Mapping[str, str]) -> Iterable[Finding]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = LINE.fullmatch(line)
        if match is None:
            yield Finding(path, f"line {number} is not a checksum, one space and a path")
        elif match[2] in found:
            yield Finding(path, f"line {number}: {match[2]} is there twice")
        else:
            found[match[2]] = match[1]
    for name in sorted(due.keys() - found.keys()):
        yield Finding(path, f"{name} is missing")
    for name in sorted(found.keys() - due.keys()):
        yield Finding(path, f"{name} is in the list, and not in the record")
    for name in sorted(found.keys() & due.keys()):
        if found[name] != due[name]:
            yield Finding(path, f"{name} has {found[name]}, and {due[name]} by the record")


def _sealed_files(bundle: Bundle) -> Iterator[tuple[File, str]]:
    """Yield encrypted files that are there; what is missing is told by the rule on names."""
    for _, file in bundle.record.files:
        if (bundle.root / file.path).is_file():
            yield file, file.path


def _headers(bundle: Bundle) -> Iterable[Finding]:
    recipients = len(bundle.record.recipients)
    for file, path in _sealed_files(bundle):
        try:
            with bundle.path(path).open("rb") as handle:
                header = read_header(handle, path)
            body = bundle.path(path).stat().st_size - header.end
            holds = plain_size(body)
        except SealError as error:
            yield Finding(path, str(error).removeprefix(f"{path}: "))
        except ValueError as error:
            yield Finding(path, f"it was cut: {error}")
        except OSError as error:
            yield Finding(path, f"it cannot be read: {error.strerror}")
        else:
            if len(header.packets) != recipients:
                what = f"its header is for {len(header.packets)} recipients"
                yield Finding(path, f"{what}, and the record names {recipients}")
            if holds != file.size:
                yield Finding(path, f"it holds {holds} bytes, and {file.size} by the record")


def _opens(bundle: Bundle) -> Iterable[Finding]:
    for _, path in _sealed_files(bundle):
        try:
            with bundle.path(path).open("rb") as handle:
                opened(read_header(handle, path), bundle.key or b"", path)
        except SealError as error:
            yield Finding(path, str(error).removeprefix(f"{path}: "))
        except OSError as error:
            yield Finding(path, f"it cannot be read: {error.strerror}")


RULES = (
    Rule("files.manifest", "the manifest has its form and names the dataset", _form),
    Rule(
        "files.names",
        "every file that the manifest lists is there, and there is no other",
        _one_to_one,
    ),
    Rule("files.checksums", "every file has the size and both checksums listed", _as_listed),
    Rule("files.record", "manifest and record say the same of encrypted files", _as_recorded),
    Rule("files.lists", "the lists of checksums say what the record says", _lists),
    Rule(
        "files.sealed",
        "encrypted files are Crypt4GH, for as many recipients as recorded, and uncut",
        _headers,
    ),
    Rule("files.key", "the given key opens every encrypted file", _opens, needs_key=True),
)
