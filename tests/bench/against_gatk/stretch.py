"""What is compared: one sample's reads on a stretch of a contig."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pysam

from schelde.evaluate.alleles import Edit, Genotype, placed, read_alleles
from schelde.intervals import read_intervals

ANY = Genotype(1, 2, True, 0, 0)


@dataclass(frozen=True)
class Stretch:
    """A stretch (0-based, half-open) of a contig, whose whole ``sequence`` is given.

    ``bed``: where the truth holds, inside the stretch. What is made goes to ``folder``.
    """

    cram: Path
    genome: Path
    truth: Path
    bed: Path
    contig: str
    start: int
    end: int
    sequence: str
    folder: Path

    @property
    def region(self) -> str:
        """The stretch as tools want it."""
        return f"{self.contig}:{self.start + 1}-{self.end}"

    @cached_property
    def true_edits(self) -> tuple[Edit, ...]:
        """The truth's alleles inside the BED, moved left, in order."""
        with pysam.TabixFile(str(self.truth)) as file:
            lines = list(file.fetch(self.contig, self.start, self.end))
        alleles, _ = read_alleles(lines, 0, self.sequence, passing_only=True)
        inside = read_intervals(self.bed)
        edits = {one.normal for one in alleles}
        return tuple(
            sorted(edit for edit in edits if any(low <= edit[0] < high for _, low, high in inside))
        )

    def edit(self, start: int, end: int, alt: str) -> Edit:
        """Return a difference from the reference, moved left."""
        return placed(self.sequence, start, end, alt, ANY).normal

    def shown(self, edit: Edit) -> str:
        """Write an edit for people: 1-based, without a base before it."""
        start, end, alt = edit
        return f"{self.contig}:{start + 1} {self.sequence[start:end] or '-'}>{alt or '-'}"
