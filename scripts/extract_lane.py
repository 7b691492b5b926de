"""Take the reads of one lane out of a BAM or CRAM."""

from pathlib import Path

from schelde.extract import Extracted, extract_lane
from schelde.joblog import job_log

alignment, cache = snakemake.input.alignment, Path(snakemake.input.md5_cache)
group, threads = snakemake.params.read_group, snakemake.threads
scratch, output = Path(snakemake.resources.tmpdir), Extracted(*map(Path, snakemake.output))
with job_log(snakemake.log[0]) as log:
    extract_lane(alignment, group, cache, threads=threads, scratch=scratch, log=log, output=output)
