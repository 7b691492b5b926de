"""Write what DeepVariant called in a piece."""

from functools import partial
from pathlib import Path

from schelde.callers.deepvariant import call_piece
from schelde.callers.job import run_piece
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
sites, calls = Path(files.pop("sites")), Path(files.pop("calls"))
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
call = partial(call_piece, sites=sites, calls=calls, model=snakemake.params.model)
run_piece(call, files, output, facts, int(snakemake.wildcards.piece), machine)
