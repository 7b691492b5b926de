"""Measure the variants of one sample and put all its metrics together."""

from pathlib import Path

from schelde import paths
from schelde.assembly import Assembly
from schelde.callers.tools import Machine
from schelde.joblog import faults_end_the_job
from schelde.panel import panel_of
from schelde.qc import VariantFiles, VariantOutput, measure_variants
from schelde.sheet import Person

given, output, params = snakemake.input, snakemake.output, snakemake.params
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
contamination = given.get("contamination")
files = VariantFiles(
    vcf=Path(given.vcf),
    genome=Path(paths.GENOME),
    autosomes=Path(paths.AUTOSOMES),
    metrics=Path(given.metrics),
    fastps=tuple(map(Path, given.fastps)),
    contamination=Path(contamination) if contamination else None,
    panel=panel_of(given.get("panel", [])),
)
with faults_end_the_job():
    person, assembly = Person.of(params.person), Assembly(**params.assembly)
    measure_variants(person, assembly, files, machine, VariantOutput(*map(Path, output)))
