"""Estimate the contamination of one sample with another program than our own."""

from pathlib import Path

from schelde import paths
from schelde.assembly import Assembly
from schelde.callers.tools import Machine
from schelde.contamination.engine import estimate_with
from schelde.joblog import faults_end_the_job
from schelde.panel import panel_of

given, params = snakemake.input, snakemake.params
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
with faults_end_the_job():
    estimate_with(
        params.engine,
        Path(given.cram),
        Path(paths.GENOME),
        panel_of(given.panel),
        Assembly(**params.assembly),
        machine,
        Path(snakemake.output.contamination),
    )
