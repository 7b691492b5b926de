"""Take the reads of one lane out of a BAM or CRAM."""

from pathlib import Path

from schelde.cluster.scratch import own_scratch
from schelde.extract import Extracted, extract_lane
from schelde.joblog import job_log

alignment, cache = snakemake.input.alignment, Path(snakemake.input.md5_cache)
group, threads = snakemake.params.read_group, snakemake.threads
output = Extracted(*map(Path, snakemake.output))
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    extract_lane(alignment, group, cache, threads=threads, scratch=room, log=log, output=output)
