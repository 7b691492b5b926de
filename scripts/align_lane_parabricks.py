"""Align one lane on a GPU."""

from pathlib import Path

from schelde.cluster.scratch import own_scratch
from schelde.fq2bam import Reference, Room, align
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads
from schelde.sheet import Lane

granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    align(
        LaneReads.of(snakemake.input),
        Lane(**snakemake.params.lane),
        Path(snakemake.input.proof),
        Reference(),
        Room(granted.get("devices", 0), snakemake.threads, granted.mem_mb, room),
        log=log,
        bam=Path(snakemake.output.bam),
        made=Path(snakemake.output.made),
    )
