"""Merge a user's targets and put them in reference order."""

from pathlib import Path

from schelde.intervals import prepare_targets
from schelde.joblog import job_log

files = (snakemake.input.fai, snakemake.input.targets, snakemake.output.bed)
with job_log(snakemake.log[0]) as log:
    prepare_targets(*map(Path, files), log=log)
