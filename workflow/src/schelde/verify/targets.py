"""What rules ask about the BED of an exome's targets."""

from __future__ import annotations

import re

TARGET = re.compile(r"([^\t]+)\t([0-9]{1,15})\t([0-9]{1,15})")


class TargetTally:
    """Takes a BED line by line: places alone, each behind the last of its contig and apart from it.

    ``records``: lines; ``ends``: end of the last target of each contig, in their order, in bp;
    ``fault``: the first line that is not as it must be.

    >>> tally = TargetTally()
    >>> for line in ("chr1\\t0\\t9", "chr1\\t20\\t30", "chr1\\t30\\t40\\tBRCA1"):
    ...     tally.take(line)
    >>> tally.records, tally.ends, tally.fault
    (3, {'chr1': 30}, 'line 3 is not a contig, a start and an end alone')
    """

    def __init__(self) -> None:
        self.records = 0
        self.ends: dict[str, int] = {}
        self.fault: str | None = None
        self._contig = ""

    def take(self, line: str) -> None:
        """Take the next line, without its end."""
        self.records += 1
        fault = self._take(line)
        if fault and self.fault is None:
            self.fault = f"line {self.records} {fault}"

    def _take(self, line: str) -> str | None:
        found = TARGET.fullmatch(line)
        if found is None:
            return "is not a contig, a start and an end alone"
        contig, start, end = found[1], int(found[2]), int(found[3])
        if start >= end:
            return f"starts at {start} and ends at {end}"
        if contig in self.ends and (contig != self._contig or start <= self.ends[contig]):
            return "is not behind the line before it and apart from it"
        self._contig = contig
        self.ends[contig] = end
        return None
