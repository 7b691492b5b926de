"""Align one lane."""

from pathlib import Path

from schelde.align import align_lane
from schelde.cluster.scratch import own_scratch
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads
from schelde.sheet import Lane

index = Path(snakemake.input.index).with_suffix("")
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    align_lane(
        LaneReads.of(snakemake.input),
        Lane(**snakemake.params.lane),
        Path(snakemake.input.proof),
        aligner=snakemake.params.aligner,
        index=str(index),
        threads=snakemake.threads,
        scratch=room,
        log=log,
        output=Path(snakemake.output.bam),
    )
