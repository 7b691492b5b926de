"""Measure the reads of one sample."""

from pathlib import Path

from schelde import paths
from schelde.assembly import Assembly
from schelde.callers.tools import Machine
from schelde.joblog import faults_end_the_job
from schelde.measure.reads import ReadFiles, ReadOutput, ReadTask, measure_reads
from schelde.panel import panel_of

given, output, params = snakemake.input, snakemake.output, snakemake.params
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
beds = {name: given.get(name) for name in ("targets", "regions")}
files = ReadFiles(
    cram=Path(given.cram),
    genome=Path(paths.GENOME),
    autosomes=Path(paths.AUTOSOMES),
    gaps=Path(paths.GAPS),
    panel=panel_of(given.get("panel", [])),
    md5_cache=Path(paths.MD5_CACHE),
    **{name: Path(bed) for name, bed in beds.items() if bed},
)
with faults_end_the_job():
    assembly = Assembly(**params.assembly)
    task = ReadTask(snakemake.wildcards.sample, assembly, params.engine, params.paired)
    measure_reads(task, files, machine, ReadOutput(*map(Path, output)))
