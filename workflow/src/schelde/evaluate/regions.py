"""The BED in which a truth is complete."""

from __future__ import annotations

import gzip
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.evaluate.alleles import Edit


@dataclass(frozen=True)
class Regions:
    """Intervals by contig, 0-based half-open, sorted, apart from one another."""

    starts: Mapping[str, list[int]]
    ends: Mapping[str, list[int]]

    def count(self, contig: str, edit: Edit) -> bool:
        """Whether an allele counts, by hap.py's rule (``QuantifyRegions``).

        An insertion counts when the bases before and after it are both inside, all else when one
        of its bases is.
        """
        start, end, _ = edit
        starts = self.starts.get(contig, [])
        if start == end:
            at = bisect_right(starts, start - 1) - 1
            return at >= 0 and start < self.ends[contig][at]
        at = bisect_right(starts, end - 1) - 1
        return at >= 0 and start < self.ends[contig][at]

    def span(self, contig: str) -> tuple[int, int]:
        """Return where the first interval of a contig starts and the last one ends."""
        return self.starts[contig][0], self.ends[contig][-1]


def read_bed(path: Path, lengths: Mapping[str, int]) -> Regions:
    """Read a BED, plain or gzipped, in any order; intervals may overlap.

    ``lengths``: of the reference's contigs. Raises `UserError`: for each contig the first
    interval that does not fit.
    """
    file = str(path)
    intervals: dict[str, list[tuple[int, int]]] = {}
    problems: dict[tuple[str, str], Problem] = {}
    for number, line in _lines(path):
        fields = line.split()
        if not fields or fields[0].startswith("#") or fields[0] in ("track", "browser"):
            continue
        try:
            contig, start, end = fields[0], int(fields[1]), int(fields[2])
        except (IndexError, ValueError):
            what, remedy = "not contig, start and end", "write a BED with these three columns"
            problems.setdefault(("", what), Problem(file, number, what, remedy))
            continue
        if contig not in lengths:
            what = f"contig '{contig}' is not in the reference"
            remedy = "give the BED of the assembly of the reference"
        elif end > lengths[contig]:
            what = f"{contig} ends at {lengths[contig]} in the reference, not at {end} or later"
            remedy = "give the BED of the assembly of the reference"
        elif not 0 <= start < end:
            what, remedy = f"an interval from {start} to {end}", "start must be below end"
        else:
            intervals.setdefault(contig, []).append((start, end))
            continue
        problems.setdefault((contig, remedy), Problem(file, number, what, remedy))
    if not intervals and not problems:
        problems["", ""] = Problem(file, None, "no interval", "give a BED that covers something")
    if problems:
        raise UserError(problems.values())
    starts: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}
    for contig, pairs in intervals.items():
        merged = _merged(pairs)
        starts[contig] = [start for start, _ in merged]
        ends[contig] = [end for _, end in merged]
    return Regions(starts, ends)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield numbered lines; raise `UserError` when the file cannot be read."""
    file = str(path)
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt") if zipped else path.open("rt") as lines:
            yield from enumerate(lines, start=1)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        what = f"cannot be read ({error.__class__.__name__})"
        raise UserError([Problem(file, None, what, "give a BED file, plain or gzipped")]) from error


def _merged(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join intervals that overlap or touch."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(pairs):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
