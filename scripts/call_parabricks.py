"""Call a sample on a GPU."""

from functools import partial
from pathlib import Path

from schelde.callers.job import run_piece
from schelde.callers.parabricks import call
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params)
files, facts = (dict(each.items()) for each in named)
granted, program = snakemake.resources, snakemake.wildcards.program
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
gpus = granted.get("devices", 0)
call_genome = partial(call, program=program, gpus=gpus, exome=facts["exome"])
run_piece(call_genome, files, {"gvcf": snakemake.output.raw}, facts, 1, machine)
