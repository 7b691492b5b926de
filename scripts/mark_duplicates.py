"""Join the lanes of a sample into one CRAM."""

from pathlib import Path

from schelde import paths
from schelde.align import CramFiles, mark_duplicates
from schelde.cluster.scratch import own_scratch
from schelde.joblog import job_log
from schelde.sheet import Lane

files = snakemake.input
room, room_mb = Path(snakemake.resources.tmpdir), snakemake.resources.get("scratch_mb", 0)
with job_log(snakemake.log[0]) as log, own_scratch(room, room_mb) as room:
    mark_duplicates(
        [Lane(**lane) for lane in snakemake.params.lanes],
        [Path(bam) for bam in files.bams],
        [Path(proof) for proof in files.proofs],
        aligner=snakemake.params.aligner,
        dictionary=Path(files.dictionary),
        md5_cache=Path(paths.MD5_CACHE),
        optical_distance=snakemake.params.optical_distance,
        threads=snakemake.threads,
        scratch=room,
        log=log,
        output=CramFiles(*map(Path, snakemake.output)),
    )
