"""The demo's panel of common SNPs, with the frequencies of the population of its founders.

The founders' variants follow the neutral spectrum (`schelde.demo.variants`): a site has its new
allele at frequency x with a density of 1/x. Seen from the reference's own allele that makes a
density of 1/q for the frequency q of ALT, so that

- of n founder strands c have ALT: q is distributed as Beta(c, n + 1 - c), which is the c-th
  smallest of n uniform draws;
- a site that no founder carries is there with a density of (1 - q)^n / q.

Like a real panel it holds common SNPs only, whether or not anyone of the trio carries them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from schelde.demo.draw import Draw
from schelde.demo.genome import AUTOSOME, Genome, Region, X
from schelde.demo.variants import DIVERSITY, SHARES, TRANSITION, Site
from schelde.panel import Panel

RAREST = 0.05
"""Least frequency of either allele: common SNPs, as panels for contamination have them."""

SNPS = SHARES["transition"] + SHARES["transversion"] + 2 * SHARES["close SNPs"]
"""SNPs with one ALT among all sites; close SNPs are two each."""

APART = 2
"""bp between a site that nobody carries and any variant."""

Row = tuple[int, str, str, float]
"""0-based position, ref, alt, frequency of ALT."""


def draw_panel(genome: Genome, sites: Sequence[Site], seed: int) -> Panel:
    """Draw the panel of a demo with these sites: SNPs on the autosome and on X, also in its PAR.

    No components: the demo has one population.
    """
    rows: list[tuple[str, Row]] = []
    for region in genome.regions:
        if region.contig in (AUTOSOME, X):
            draw = Draw(seed, "panel", region.contig, str(region.start))
            own = [site for site in sites if _lies_in(site, region)]
            found = [*_carried(region, own, draw), *_not_carried(genome, region, own, draw)]
            rows += [(region.contig, row) for row in sorted(found)]
    return Panel(
        contigs=tuple(contig for contig, _ in rows),
        positions=np.array([row[0] + 1 for _, row in rows], dtype=np.int32),
        refs=tuple(row[1] for _, row in rows),
        alts=tuple(row[2] for _, row in rows),
        frequency=np.array([row[3] for _, row in rows]),
        components=np.zeros((len(rows), 0)),
    )


def _lies_in(site: Site, region: Region) -> bool:
    return site.contig == region.contig and region.start <= site.start < region.end


def _uniform(draw: Draw) -> float:
    return (draw.below(1_000_000) + 0.5) / 1_000_000


def _carried(region: Region, sites: Sequence[Site], draw: Draw) -> Iterator[Row]:
    """Yield the founders' SNPs that are common."""
    for site in sites:
        having = sum(site.carried[founder] > 0 for founder in region.founders)
        order = sorted(_uniform(draw) for _ in region.founders)
        frequency = round(order[having - 1], 4)
        is_snp = len(site.alts) == 1 and len(site.ref) == len(site.alts[0]) == 1
        if is_snp and RAREST <= frequency <= 1 - RAREST:
            yield site.start, site.ref, site.alts[0], frequency


def _not_carried(
    genome: Genome, region: Region, sites: Sequence[Site], draw: Draw
) -> Iterator[Row]:
    """Yield common SNPs at which all founders have the reference's base."""
    first, last = region.inner
    bases = genome.contigs[region.contig]
    taken = {place for site in sites for place in range(site.start - APART, site.end + APART)}
    span = math.log((1 - RAREST) / RAREST)
    for _ in range(round(DIVERSITY * SNPS * (last - first) * span)):
        frequency = round(RAREST * math.exp(span * _uniform(draw)), 4)
        if not draw.chance((1 - frequency) ** len(region.founders)):
            continue
        place = first + draw.below(last - first)
        while place in taken or bases[place] not in TRANSITION:
            place = first + draw.below(last - first)
        taken.update(range(place - APART, place + APART + 1))
        yield place, bases[place], _other_base(bases[place], draw), frequency


def _other_base(ref: str, draw: Draw) -> str:
    """Return an ALT: a transition as often as among the founders' SNPs."""
    if draw.chance(SHARES["transition"] / SNPS):
        return TRANSITION[ref]
    return draw.pick([base for base in "ACGT" if base not in (ref, TRANSITION[ref])])
