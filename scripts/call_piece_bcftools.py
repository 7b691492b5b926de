"""Call one piece of a sample with bcftools."""

from pathlib import Path

from schelde.callers.bcftools import call_piece
from schelde.callers.job import run_piece
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
room = Path(snakemake.resources.tmpdir)
machine = Machine(snakemake.threads, snakemake.resources.mem_mb, room, Path(snakemake.log[0]))
run_piece(call_piece, files, output, facts, int(snakemake.wildcards.piece), machine)
