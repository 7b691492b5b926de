"""Let DeepVariant's model judge the examples of a piece, on the CPU or a GPU."""

from pathlib import Path

from schelde.callers.deepvariant import call_variants
from schelde.callers.tools import Machine
from schelde.joblog import faults_end_the_job

examples, calls = Path(snakemake.input.examples), Path(snakemake.output.calls)
given, granted = snakemake.params, snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
with faults_end_the_job():
    call_variants(machine, examples, calls, model=given.model, device=given.device)
