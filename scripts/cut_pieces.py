"""Cut what is called of a design into pieces of equal length."""

from pathlib import Path

from schelde.intervals import cut_pieces
from schelde.joblog import job_log

sources = {key: Path(file) for key, file in snakemake.input.items()}
given = {key: snakemake.params[key] for key in ("primary", "pieces", "padding", "apart")}
with job_log(snakemake.log[0]) as log:
    cut_pieces(**sources, output=Path(snakemake.output.bed), log=log, **given)
