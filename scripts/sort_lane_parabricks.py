"""Sort one lane that was aligned on a GPU by place."""

from pathlib import Path

from schelde.cluster.scratch import own_scratch
from schelde.fq2bam import sort
from schelde.joblog import job_log
from schelde.sheet import Lane

files = snakemake.input
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    sort(
        Path(files.raw),
        Path(files.made),
        Lane(**snakemake.params.lane),
        Path(files.proof),
        Path(files.dictionary),
        threads=snakemake.threads,
        scratch=room,
        log=log,
        bam=Path(snakemake.output.bam),
    )
