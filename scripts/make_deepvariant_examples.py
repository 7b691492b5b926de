"""Find what may vary in a piece, and draw it for DeepVariant's model."""

from functools import partial
from pathlib import Path

from schelde.callers.deepvariant import make_examples
from schelde.callers.job import run_piece
from schelde.callers.tools import Machine

files, facts = (dict(each.items()) for each in (snakemake.input, snakemake.params))
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
make = partial(make_examples, sites=Path(snakemake.output.sites), model=snakemake.params.model)
# What comes of a piece stands there as its gVCF, which is yet to be made of the examples.
output = {"gvcf": snakemake.output.examples}
run_piece(make, files, output, facts, int(snakemake.wildcards.piece), machine)
