"""Batches of samples and sites that are made up, the same each time, for plans to be tried on.

Rates, each for a 30x genome, in core-seconds unless told otherwise:
- reads to CRAM with bwa 106,000: 342 for 10 Mb measured (docs/aligners.md), times 310; other jobs
  before calling about a tenth of that, and sealing 6,000, both guessed from the bytes they read.
- GATK on CPUs 66,000: 213 measured for 10 Mb in two pieces; four pieces of a genome with a thread
  each in config/jobs.yaml, so 16,500 s of wall.
- DeepVariant of Parabricks on one A10G: 44.5 minutes of wall, published by Clusterra (2026-05); of
  these 10 minutes to start are our guess, the rest grows with depth. 12 cores beside it.
- Exome: 110x of 36 Mb, 0.14 of the reads of a genome; calling 5,000 core-seconds, or 12 minutes on
  a GPU, which gains little there (google/deepvariant issue 960).
Prices, made up: 0.04 a core-hour, 1.25 a GPU-hour; so a 30x genome is called for 0.73 on CPUs in
4.6 hours and for 0.93 on a GPU in 0.7. Temporary files are the lanes' BAMs and what sorting them
spills, 4 GB for each x; kept are a CRAM and two VCFs, 0.65 GB for each x.
"""

from __future__ import annotations

import random

from schelde.plan.model import Load, Pool

LARGE = (
    Pool("cpu", 20, 64, 256_000, cost=2.56, watts=700),
    Pool("gpu", 4, 64, 512_000, gpus=4, cost=5.0, watts=2000),
)
SMALL = (
    Pool("cpu", 2, 64, 256_000, cost=2.56, watts=700),
    Pool("gpu", 1, 64, 512_000, gpus=4, cost=5.0, watts=2000),
)
SITES = {"20 CPU + 4 GPU nodes": LARGE, "2 CPU + 1 GPU nodes": SMALL}
EXOMES = 0.1


def genome(name: str, depth: float) -> Load:
    """Return what a genome of a depth takes."""
    x = depth / 30
    outside, call, gpu = 123_000 * x, 66_000 * x, 600 + 2_070 * x
    chain = 17_000 * x + 1_500
    return Load(
        name, outside, call, gpu, 12 * gpu, chain + call / 4, chain + gpu,
        kept_mb=650 * depth, temp_mb=4_000 * depth, after_s=6_000 * x,
    )  # fmt: skip


def exome(name: str, depth: float) -> Load:
    """Return what an exome of a depth takes."""
    x = depth / 110
    outside, call, gpu = 17_500 * x, 5_000 * x, 600 + 120 * x
    chain = 2_600 * x + 600
    return Load(
        name, outside, call, gpu, 12 * gpu, chain + call / 4, chain + gpu,
        kept_mb=25 * depth, temp_mb=160 * depth, after_s=900 * x,
    )  # fmt: skip


def batch(count: int, seed: int = 6) -> list[Load]:
    """Return so many samples: one in ten an exome (80x to 160x), the rest genomes of 20x to 60x.

    Depths of genomes fall off from 30x as they do in a lab that asks for 30x and tops some up.
    """
    drawn = random.Random(seed)
    loads = []
    for i in range(count):
        if drawn.random() < EXOMES:
            loads.append(exome(f"E{i:06d}", drawn.uniform(80, 160)))
        else:
            loads.append(genome(f"G{i:06d}", drawn.triangular(20, 60, 30)))
    return loads
