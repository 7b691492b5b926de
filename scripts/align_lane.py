"""Align one lane."""

from pathlib import Path

from schelde.align import LaneReads, align_lane
from snakemake.script import snakemake

align_lane(
    LaneReads(*(snakemake.input.get(key, []) for key in ("fq1", "fq2", "singles"))),
    snakemake.params.lane,
    Path(snakemake.input.proof),
    aligner=snakemake.params.aligner,
    index=snakemake.params.index,
    threads=snakemake.threads,
    scratch=Path(snakemake.resources.tmpdir),
    log=Path(snakemake.log[0]),
    output=Path(snakemake.output.bam),
)
