"""Fetch a known genome."""

from pathlib import Path

from schelde.fetch import fetch
from schelde.joblog import job_log

given = snakemake.params
with job_log(snakemake.log[0]) as log:
    target = Path(snakemake.output.fasta)
    fetch(given.address, target, size=given.size, md5=given.md5, log=log)
