"""Contigs of a reference and their lengths: as an earlier run noted them, else read anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schelde import paths
from schelde.pipes import md5_of
from schelde.reference import FastaError, read_blocks, read_fasta


@dataclass(frozen=True)
class FastaHead:
    """``lengths``: contigs in the order of the FASTA, bp; ``md5``: of the file as it lies on disk.

    ``md5`` is None when nobody asked for it.
    """

    lengths: Mapping[str, int]
    md5: str | None = None


def read_head(fasta: str, *, md5: bool) -> FastaHead:
    """Return the contigs of a FASTA and, if asked for, its MD5, with as little reading as can be.

    What the last run noted is taken when the file has not changed since; then a ``.fai`` beside
    it that is newer; else the file is read through once. Plain, bgzipped and plain gzipped files
    are taken: the run makes a plain copy of its own, so that nothing needs to jump within this
    one. Raises `FastaError` and `OSError`.
    """
    facts = noted_facts()
    found = Path(fasta).stat()
    noted = facts.get("source_bytes"), facts.get("source_mtime_ns")
    if noted == (found.st_size, found.st_mtime_ns):
        return FastaHead(noted_lengths(facts), str(facts["source_md5"]))
    index = Path(f"{fasta}.fai")
    if index.is_file() and index.stat().st_mtime_ns > found.st_mtime_ns:
        return FastaHead(_read_index(index), md5_of(fasta) if md5 else None)
    return _read_through(Path(fasta), md5=md5)


def noted_facts() -> Mapping[str, Any]:
    """Return what the last run noted about its reference; empty when there was none."""
    try:
        facts = json.loads(Path(paths.GENOME_FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def noted_lengths(facts: Mapping[str, Any]) -> dict[str, int]:
    """Return contigs and their lengths from what `schelde.reference` noted."""
    return {contig["name"]: contig["length"] for contig in facts["contigs"]}


def _read_index(index: Path) -> dict[str, int]:
    """Read a .fai: contig and length are its first two columns."""
    try:
        rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines()]
        return {row[0]: int(row[1]) for row in rows}
    except (IndexError, ValueError):
        raise FastaError(f"its index '{index}' is broken, delete it") from None


def _read_through(fasta: Path, *, md5: bool) -> FastaHead:
    digest = hashlib.md5(usedforsecurity=False)
    blocks = read_blocks(fasta, digest.update if md5 else len)
    lengths = _lengths(read_fasta(blocks))
    return FastaHead(lengths, digest.hexdigest() if md5 else None)


def _lengths(parts: Iterable[tuple[int, str, bytes]]) -> dict[str, int]:
    """Add up the bases of the parts that `schelde.reference.read_fasta` yields."""
    lengths: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for number, name, bases in parts:
        if numbers.setdefault(name, number) != number:
            raise FastaError(f"it has two sequences named '{name}'")
        lengths[name] = lengths.get(name, 0) + len(bases)
    empty = next((name for name, length in lengths.items() if length == 0), None)
    if empty is not None:
        raise FastaError(f"its sequence '{empty}' has no bases")
    return lengths
