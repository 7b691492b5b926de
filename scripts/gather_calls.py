"""Join the pieces of a sample; genotype, normalise and filter its variants."""

from pathlib import Path

from schelde.callers.job import run_gather
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
gvcfs, _ = files.pop("gvcfs"), files.pop("indexes")
granted = snakemake.resources
room, room_mb = Path(granted.tmpdir), granted.get("scratch_mb", 0)
machine = Machine(snakemake.threads, granted.mem_mb, room, Path(snakemake.log[0]), room_mb)
run_gather(gvcfs, files, output, facts, machine)
