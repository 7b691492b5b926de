"""Which files hold the reads of a lane, from step to step of the reads stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schelde.sheet import Lane

EXTRACTED = "results/reads/{sample}/{lane}_{part}.extracted.fq.gz"
TRIMMED = "results/reads/{sample}/{lane}_{part}.trimmed.fq.gz"


class NamedFiles(Protocol):
    """Named inputs of a job, each a list of files."""

    def get(self, key: str, default: Sequence[str], /) -> Sequence[str]:
        """Return the files of a name, or ``default``."""


@dataclass(frozen=True)
class LaneReads:
    """FASTQ files of one lane: ``fq1[i]`` in step with ``fq2[i]``, and reads without a mate."""

    fq1: Sequence[str] = ()
    fq2: Sequence[str] = ()
    singles: Sequence[str] = ()

    @classmethod
    def of(cls, files: NamedFiles) -> LaneReads:
        """Return the reads among the named inputs of a job, which lack names of empty lists."""
        return cls(*(files.get(key, ()) for key in ("fq1", "fq2", "singles")))


def source_reads(lane: Lane) -> LaneReads:
    """Return the reads of a lane as they came.

    Of a BAM or CRAM nobody knows before what it holds, so its lanes have files of pairs and of
    reads without mates (orphans; reads that were never paired), of which some may be empty.
    """
    if lane.alignment:
        parts = ("R1", "R2", "orphans", "unpaired")
        files = [EXTRACTED.format(sample=lane.sample, lane=lane.name, part=part) for part in parts]
        return LaneReads(files[:1], files[1:2], files[2:])
    if lane.fq2:
        return LaneReads(lane.fq1, lane.fq2)
    return LaneReads(singles=lane.fq1)


def trimmed_reads(lane: Lane) -> LaneReads:
    """Return the reads of a lane after trimming: one file where there were several."""
    source = source_reads(lane)
    parts = {"R1": source.fq1, "R2": source.fq2, "singles": source.singles}
    files = [
        [TRIMMED.format(sample=lane.sample, lane=lane.name, part=part)] if given else []
        for part, given in parts.items()
    ]
    return LaneReads(*files)
