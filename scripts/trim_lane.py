"""Cut adapters off the reads of one lane."""

from pathlib import Path

from schelde.fastp import Trimmed, trim_lane
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads

files, title = snakemake.input, ".".join(snakemake.wildcards)
trimmed = Trimmed(*map(Path, snakemake.output))
with job_log(snakemake.log[0]) as log:
    trim_lane(LaneReads.of(files), Path(files.proof), title, log=log, output=trimmed)
