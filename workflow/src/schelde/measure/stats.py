"""What ``samtools stats`` counts of a sample's reads, for the GA4GH read metrics and others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schelde.joblog import JobError
from schelde.pipes import whole

COMMAND_LINE = "# The command line was"
"""Begins the one line that differs with the paths of a run."""

Q30 = 30


class StatsError(JobError):
    """A text that is not what ``samtools stats`` writes."""


@dataclass(frozen=True)
class ReadStats:
    """Numbers of ``samtools stats``: secondary and supplementary reads are left out of all of them.

    ``summary``: the lines SN, by name. ``q30_bases``: bases of quality 30 and more, of all reads.
    ``insert_sizes``: insert size and pairs, for the middle 99 % (all orientations).
    """

    summary: dict[str, float]
    q30_bases: int
    insert_sizes: list[tuple[int, int]]

    def number(self, name: str) -> float:
        """Return a line of the summary; raise `StatsError` if it is absent."""
        if name not in self.summary:
            raise StatsError(f"samtools stats says nothing of '{name}'")
        return self.summary[name]

    def percent(self, part: str, of: str) -> float | None:
        """Return 100 times one line over another; None when the other is 0."""
        whole_number = self.number(of)
        return 100 * self.number(part) / whole_number if whole_number else None


def read_stats(lines: Iterable[str]) -> ReadStats:
    """Read the text of ``samtools stats``; raise `StatsError` if it has no summary or qualities.

    The lines FFQ and LFQ count the bases of first and last fragments, one line for each cycle and
    one column for each quality from 0.
    """
    summary: dict[str, float] = {}
    q30_bases = 0
    sizes: list[tuple[int, int]] = []
    for line in lines:
        cells = line.rstrip("\n").split("\t")
        if cells[0] == "SN":
            summary[cells[1].rstrip(":")] = float(cells[2])
        elif cells[0] in ("FFQ", "LFQ"):
            q30_bases += sum(map(int, cells[2 + Q30 :]))
        elif cells[0] == "IS" and cells[2] != "0":
            sizes.append((int(cells[1]), int(cells[2])))
    if not summary:
        raise StatsError("this is not the text of samtools stats")
    return ReadStats(summary, q30_bases, sizes)


def keep_stats(found: Path, output: Path) -> ReadStats:
    """Write the text of ``samtools stats`` without its command line, and return what it says."""
    lines = found.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(COMMAND_LINE)]
    with whole(output) as part:
        part.write_text("".join(kept), encoding="utf-8")
    return read_stats(kept)
