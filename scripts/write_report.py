"""Write one page about the run."""

from pathlib import Path

from schelde.joblog import job_log
from schelde.report import Tables, write_report

files = snakemake.input
tables = Tables(*map(Path, files.tables))
output = {key: Path(file) for key, file in snakemake.output.items()}
with job_log(snakemake.log[0]) as log:
    write_report(
        snakemake.params.run, tables, Path(files.versions), Path(files.options), **output, log=log
    )
