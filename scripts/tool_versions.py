"""Ask the tools of the run for their versions."""

from pathlib import Path

from schelde.joblog import job_log
from schelde.versions import write_versions

with job_log(snakemake.log[0]):
    write_versions(
        snakemake.params.tools,
        [Path(file) for file in snakemake.input.envs],
        snakemake.params.snakemake,
        Path(snakemake.output.versions),
    )
