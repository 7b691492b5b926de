"""Align one lane."""

from pathlib import Path

from schelde.align import align_lane
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads
from schelde.sheet import Lane

index = Path(snakemake.input.index).with_suffix("")
with job_log(snakemake.log[0]) as log:
    align_lane(
        LaneReads.of(snakemake.input),
        Lane(**snakemake.params.lane),
        Path(snakemake.input.proof),
        aligner=snakemake.params.aligner,
        index=str(index),
        threads=snakemake.threads,
        scratch=Path(snakemake.resources.tmpdir),
        log=log,
        output=Path(snakemake.output.bam),
    )
