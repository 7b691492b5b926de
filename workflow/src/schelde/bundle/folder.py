"""The folder of a bundle: written whole, or replaced whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from schelde.bundle.record import Record
from schelde.documents import all_documents
from schelde.documents.grz import grz_links
from schelde.documents.manifest import MANIFEST, manifest
from schelde.joblog import JobError
from schelde.pipes import write_text
from schelde.verify.report import Report
from schelde.verify.run import verify

RESULT = "validation/result.json"
AGGREGATED = "aggregated"


class BundleError(JobError):
    """A bundle that cannot be written, or that does not verify."""


def write_bundle(
    root: Path,
    record: Record,
    encrypted: Mapping[str, Path],
    frequencies: Path | None = None,
    *,
    check: Callable[[Mapping[str, bytes]], None] = lambda _: None,
) -> Report:
    """Write a bundle to ``root``, which it replaces if it is there; verified, or not at all.

    ``encrypted``: where each encrypted file lies now, by its plain name; they are linked, or
    copied to another file system, and stay where they are. ``frequencies``: the VCF that the
    record tells of, its index beside it; without it that of the bundle at ``root`` is taken.
    ``check`` is given every document before any is written and may refuse them. Raises
    `BundleError` when the bundle does not verify; what was at ``root`` is then untouched.
    """
    documents = all_documents(record)
    check(documents)
    links = grz_links(record)
    public = _public(root, record, frequencies)
    documents[MANIFEST] = manifest(record, documents, links, public)
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for _, file in record.files:
            _link(encrypted[file.name], part / file.path)
        for target, source in links.items():
            _link(part / source, part / target)
        for target, where in public.items():
            _link(where, part / target)
        for path, content in documents.items():
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(content)
        report = verify(part)
        if not report.passed:
            raise BundleError("\n".join([f"{root.name} does not verify:", *report.lines()]))
        write_text(part / RESULT, report.gdi_json())
        _replace(root, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return report


def encrypted_files(root: Path, record: Record) -> dict[str, Path]:
    """Return where the encrypted files of a bundle lie, by their plain names."""
    return {file.name: root / file.path for _, file in record.files}


def _public(root: Path, record: Record, frequencies: Path | None) -> dict[str, Path]:
    """Return the files of allele frequencies by their paths in the bundle, and where they lie."""
    if record.frequencies is None:
        return {}
    path = f"{AGGREGATED}/{record.frequencies.name}"
    source = frequencies or root / path
    return {path: source, f"{path}.tbi": source.with_name(f"{source.name}.tbi")}


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _replace(root: Path, part: Path) -> None:
    """Put ``part`` in the place of ``root``; a reader finds the one or the other, or none."""
    old = root.with_name(f"{root.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    part.rename(root)
    shutil.rmtree(old, ignore_errors=True)
