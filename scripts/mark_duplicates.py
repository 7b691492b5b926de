"""Join the lanes of a sample into one CRAM."""

from pathlib import Path

from schelde.align import CramFiles, mark_duplicates
from snakemake.script import snakemake

files = snakemake.input
mark_duplicates(
    snakemake.params.lanes,
    [Path(bam) for bam in files.bams],
    [Path(proof) for proof in files.proofs],
    aligner=snakemake.params.aligner,
    dictionary=Path(files.dictionary),
    md5_cache=Path(files.md5_cache),
    optical_distance=snakemake.params.optical_distance,
    threads=snakemake.threads,
    scratch=Path(snakemake.resources.tmpdir),
    log=Path(snakemake.log[0]),
    output=CramFiles(*map(Path, snakemake.output)),
)
