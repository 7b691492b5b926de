"""End the run well only if no sample failed."""

from pathlib import Path

from schelde.joblog import job_log
from schelde.verdict import heed_verdicts

with job_log(snakemake.log[0]):
    heed_verdicts(Path(snakemake.input.table), Path(snakemake.output.accepted))
