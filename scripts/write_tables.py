"""Put the numbers of all samples into tables."""

from pathlib import Path

from schelde.joblog import job_log
from schelde.report import Tables, write_tables

with job_log(snakemake.log[0]):
    write_tables(snakemake.params.run, Tables(*map(Path, snakemake.output)))
