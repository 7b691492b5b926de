"""Look at the quality of the reads of one lane."""

from pathlib import Path

from schelde.fastp import lane_qc
from schelde.joblog import job_log
from schelde.lane_reads import LaneReads

files, title = snakemake.input, ".".join(snakemake.wildcards)
report = Path(snakemake.output.fastp)
with job_log(snakemake.log[0]) as log:
    lane_qc(LaneReads.of(files), Path(files.proof), title, log=log, output=report)
