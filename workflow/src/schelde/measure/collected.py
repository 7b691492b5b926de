"""What an engine finds, before any metric is made of it, so that engines share definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from schelde.joblog import JobError

WINDOW_BP = 100
"""Window that GC is counted in: the default of Picard CollectGcBiasMetrics."""

LEAST_MAPQ = LEAST_BASE_QUALITY = 20
"""Of a read and of a base that count for depth: GA4GH WGS-QC v1, and Picard's defaults."""

DEPTH_CAP = 250
"""Depth of autosomes that deeper positions count as: Picard's and riker's default."""

NEAR_BP = 250
"""From a target: near. The default of Picard CollectHsMetrics."""


class EngineError(JobError):
    """An engine ended well, but a file of its does not hold what it should."""


@dataclass(frozen=True)
class GcBin:
    """Windows of the reference with a GC percentage, and the reads that begin in them.

    Engines differ by a base: Picard takes the window that begins one base after the start of a
    forward read (its position counts from 1, its windows from 0), riker the one at the start.
    """

    gc: int
    windows: int
    reads: int


@dataclass(frozen=True)
class Capture:
    """Reads on intervals: bases at each depth from 0; aligned bases on, near and off them.

    ``at_dropout`` and ``gc_dropout`` in percent, as the engine rounds them.
    """

    bases: list[int]
    on: int
    near: int
    off: int
    at_dropout: float
    gc_dropout: float


@dataclass(frozen=True)
class Collected:
    """Depth of the autosomes without gaps, GC of the genome, and captures by name of their BED."""

    bases: list[int]
    gc: list[GcBin]
    captures: dict[str, Capture]


def read_table(path: Path, *, after: str = "") -> list[dict[str, str]]:
    """Read tab-separated rows by their column names, up to an empty line or the end.

    The line of names is the first, or the one after that which begins with ``after``. Raises
    `EngineError` when there is no file.
    """
    if not path.exists():
        raise EngineError(f"{path.name} was not written")
    lines = path.read_text(encoding="utf-8").splitlines()
    if after:
        lines = list(dropwhile(lambda line: not line.startswith(after), lines))[1:]
    names = lines[0].split("\t") if lines else []
    rows = []
    for line in lines[1:]:
        if not line:
            break
        rows.append(dict(zip(names, line.split("\t"), strict=False)))
    return rows


def column(rows: Sequence[dict[str, str]], name: str) -> list[int]:
    """Return one column as whole numbers; raise `EngineError` if a row lacks it."""
    if any(name not in row for row in rows):
        raise EngineError(f"there is no column '{name}'")
    return [int(row[name]) for row in rows]


def normalised_coverage(bins: Sequence[GcBin]) -> list[tuple[int, float]]:
    """Return GC percentage and reads per window over their mean, where there are windows.

    Picard's NORMALIZED_COVERAGE. Empty when no read was counted.
    """
    reads, windows = sum(row.reads for row in bins), sum(row.windows for row in bins)
    if not reads:
        return []
    return [(row.gc, row.reads / row.windows * windows / reads) for row in bins if row.windows]


def dropout(bins: Sequence[GcBin], lowest: int, highest: int) -> float | None:
    """Return the percent of reads missing from windows of a range of GC; None without reads.

    The sum of what the share of windows is above the share of reads: Picard's AT_DROPOUT for 0 to
    50 and GC_DROPOUT for 50 to 100 % GC.
    """
    reads, windows = sum(row.reads for row in bins), sum(row.windows for row in bins)
    if not reads:
        return None
    return 100 * sum(
        max(0.0, row.windows / windows - row.reads / reads)
        for row in bins
        if lowest <= row.gc <= highest
    )
