"""Join the pieces of a sample; genotype, normalise and filter its variants."""

from pathlib import Path

from schelde.callers.job import run_gather
from schelde.callers.tools import Machine

named = (snakemake.input, snakemake.params, snakemake.output)
files, facts, output = (dict(each.items()) for each in named)
gvcfs, _ = files.pop("gvcfs"), files.pop("indexes")
room = Path(snakemake.resources.tmpdir)
machine = Machine(snakemake.threads, snakemake.resources.mem_mb, room, Path(snakemake.log[0]))
run_gather(gvcfs, files, output, facts, machine)
