"""Targets of a capture as they may travel: places alone, without the names that a BED may have."""

from __future__ import annotations

from pathlib import Path

from schelde.intervals import read_intervals, write_bed


def write_targets(source: Path, output: Path) -> int:
    """Write the targets of a run (`schelde.intervals.prepare_targets`); return their number.

    A BED of three columns: contig, start, end; 0-based, half-open. Further columns, which may name
    a design, are left out.
    """
    intervals = read_intervals(source)
    write_bed(output, intervals)
    return len(intervals)
