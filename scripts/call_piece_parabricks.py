"""Prove what a GPU called of a sample, under a header of our own."""

from functools import partial
from pathlib import Path

from schelde.callers.job import run_piece
from schelde.callers.parabricks import write_piece
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
raw, granted = Path(files.pop("raw")), snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
piece = int(snakemake.wildcards.piece)
prove = partial(write_piece, program=snakemake.wildcards.program, raw=raw)
run_piece(prove, files, output, facts, piece, machine)
