"""Call one piece of a sample with the open engine."""

from functools import partial
from pathlib import Path

from schelde.callers.job import run_piece
from schelde.callers.pairhmm import call_piece
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
call = partial(call_piece, device=granted.device)
run_piece(call, files, output, facts, int(snakemake.wildcards.piece), machine)
