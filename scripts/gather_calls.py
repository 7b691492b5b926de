"""Splice the pieces of a sample into its gVCF and VCF."""

from pathlib import Path

from schelde.callers.job import run_gather

files, facts, output = (
    dict(named.items()) for named in (snakemake.input, snakemake.params, snakemake.output)
)
pieces = {key: snakemake.input[key] for key in ("gvcfs", "vcfs")}
rest = {key: file for key, file in files.items() if key not in ("gvcfs", "vcfs", "indexes")}
log = Path(snakemake.log[0])
run_gather(pieces, rest, output, facts, threads=snakemake.threads, log=log)
