"""The files of a lane, by what the sheet gives."""

from __future__ import annotations

import pytest

from schelde.lane_reads import LaneReads, source_reads, trimmed_reads
from schelde.sheet import Lane

FOLDER = "results/reads/S"
PAIRED = Lane("S", "lib", "FC", "1", fq1=("a1", "b1"), fq2=("a2", "b2"))
SINGLE = Lane("S", "lib", "FC", "1", fq1=("a1", "b1"))
TAKEN = Lane("S", "lib", "FC", "1", alignment="a.bam", read_group="one")


@pytest.mark.parametrize(
    ("lane", "reads"),
    [
        (PAIRED, LaneReads(("a1", "b1"), ("a2", "b2"))),
        (SINGLE, LaneReads(singles=("a1", "b1"))),
        (
            TAKEN,
            LaneReads(
                [f"{FOLDER}/lib.FC.1_R1.extracted.fq.gz"],
                [f"{FOLDER}/lib.FC.1_R2.extracted.fq.gz"],
                [
                    f"{FOLDER}/lib.FC.1_orphans.extracted.fq.gz",
                    f"{FOLDER}/lib.FC.1_unpaired.extracted.fq.gz",
                ],
            ),
        ),
    ],
)
def test_reads_come_from_the_sheet_or_are_taken_out(lane: Lane, reads: LaneReads) -> None:
    assert source_reads(lane) == reads


@pytest.mark.parametrize(
    ("lane", "parts"),
    [
        (PAIRED, ["R1", "R2", None]),
        (SINGLE, [None, None, "singles"]),
        (TAKEN, ["R1", "R2", "singles"]),
    ],
)
def test_trimming_leaves_one_file_where_there_were_any(lane: Lane, parts: list[str | None]) -> None:
    files = [[f"{FOLDER}/lib.FC.1_{part}.trimmed.fq.gz"] if part else [] for part in parts]
    assert trimmed_reads(lane) == LaneReads(*files)


def test_names_that_a_job_lacks_are_empty() -> None:
    assert LaneReads.of({"singles": ["a"], "proof": ["p"]}) == LaneReads(singles=["a"])
