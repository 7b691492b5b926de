"""Make the reference genome ready."""

from pathlib import Path

from schelde.assembly import Assembly
from schelde.joblog import job_log
from schelde.reference import ReferenceFiles, prepare

files = ReferenceFiles(**{key: Path(file) for key, file in snakemake.output.items()})
given = {key: snakemake.params[key] for key in ("name", "address", "md5")}
assembly = Assembly(**snakemake.params.assembly)
with job_log(snakemake.log[0]) as log:
    prepare(Path(snakemake.input.fasta), files, assembly=assembly, log=log, **given)
