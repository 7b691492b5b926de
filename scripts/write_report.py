"""Write one page about the run."""

from pathlib import Path

from schelde.joblog import job_log
from schelde.report import Tables, write_report

given, made = snakemake.input, snakemake.output
with job_log(snakemake.log[0]) as log:
    write_report(
        snakemake.params.run,
        Tables(*map(Path, given.tables)),
        Path(given.versions),
        Path(given.options),
        page=Path(made.page),
        data=Path(made.data),
        scratch=Path(snakemake.resources.tmpdir),
        log=log,
    )
