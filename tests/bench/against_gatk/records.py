"""Records and reference blocks of two gVCFs of one sample, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam
from numpy.typing import NDArray

ANY_ALLELE = "<NON_REF>"
EXAMPLES = 8
LIMIT = 20
"""GQ from which on a position of a block counts as sure of the reference."""

Site = tuple[int, str, tuple[str, ...]]
"""0-based position, REF, ALTs without ``<NON_REF>``."""


class Called(NamedTuple):
    """What a record says of its sample."""

    genotype: tuple[int | None, ...]
    qual: float
    gq: int
    depth: int
    ad: tuple[int, ...]
    pl: tuple[int, ...]


class GVcf(NamedTuple):
    """Records by site, and for each position of a stretch the GQ and DP of its block, or -1."""

    sites: dict[Site, Called]
    gq: NDArray[np.int32]
    depth: NDArray[np.int32]


def read_gvcf(path: Path, contig: str, start: int, end: int) -> GVcf:
    """Read a stretch (0-based, half-open) of a gVCF, which need not be indexed."""
    sites: dict[Site, Called] = {}
    gq, depth = (np.full(end - start, -1, np.int32) for _ in range(2))
    with pysam.VariantFile(str(path)) as records:
        for record in records:
            if record.contig != contig or record.start >= end or record.stop <= start:
                continue
            sample = record.samples[0]
            alts = tuple(alt for alt in record.alts or () if alt != ANY_ALLELE)
            if alts:
                pl = tuple(sample.get("PL") or ())
                ad = tuple(sample.get("AD") or ())
                numbers = (record.qual or 0.0, sample.get("GQ") or 0, sample.get("DP") or 0)
                sites[record.start, str(record.ref), alts] = Called(sample["GT"], *numbers, ad, pl)
            else:
                where = slice(max(record.start - start, 0), min(record.stop, end) - start)
                gq[where] = sample.get("GQ") or 0
                depth[where] = sample.get("DP") or 0
    return GVcf(sites, gq, depth)


def records_compared(theirs: GVcf, ours: GVcf) -> list[str]:
    """Say how far apart QUAL, GQ, DP, AD and PL are at the sites with the same alleles."""
    both = sorted(theirs.sites.keys() & ours.sites.keys())
    lines = [
        f"records with the same alleles: {len(both)}; only GATK {len(theirs.sites) - len(both)},"
        f" only ours {len(ours.sites) - len(both)}"
    ]
    if not both:
        return lines
    pairs = [(theirs.sites[site], ours.sites[site]) for site in both]
    changed = [
        (site, pair)
        for site, pair in zip(both, pairs, strict=True)
        if _unphased(pair[0]) != _unphased(pair[1])
    ]
    lines.append(f"  other genotype: {len(changed)}")
    lines += [f"    {_words(site, pair)}" for site, pair in changed[:EXAMPLES]]
    lines.append("  ours less GATK's:   median   mean |d|   90 %    99 %    most")
    for name, apart in _distances(pairs).items():
        sizes = np.abs(apart)
        marks = [np.median(apart), sizes.mean(), *np.quantile(sizes, [0.9, 0.99, 1])]
        lines.append(f"    {name:<14}" + "".join(f"{mark:>9.2f}" for mark in marks))
    far = np.argsort(-np.abs(_distances(pairs)["GQ"]), kind="stable")[:EXAMPLES]
    lines += [f"    {_words(both[place], pairs[place])}" for place in far]
    return lines


def _unphased(called: Called) -> list[int]:
    """Return the alleles in order; one that is missing as -1."""
    return sorted(-1 if allele is None else allele for allele in called.genotype)


def _distances(pairs: Iterable[tuple[Called, Called]]) -> Mapping[str, NDArray[np.float64]]:
    """Ours less theirs, by what is compared; PLs by the one that is farthest off."""
    apart: dict[str, list[float]] = {name: [] for name in ("QUAL", "GQ", "DP", "AD alt", "PL")}
    for theirs, ours in pairs:
        apart["QUAL"].append(ours.qual - theirs.qual)
        apart["GQ"].append(ours.gq - theirs.gq)
        apart["DP"].append(ours.depth - theirs.depth)
        apart["AD alt"].append(sum(ours.ad[1:]) - sum(theirs.ad[1:]))
        if len(ours.pl) == len(theirs.pl) and ours.pl:
            steps = [mine - gatk for mine, gatk in zip(ours.pl, theirs.pl, strict=True)]
            apart["PL"].append(max(steps, key=abs))
    return {name: np.array(values or [0.0]) for name, values in apart.items()}


def _words(site: Site, pair: tuple[Called, Called]) -> str:
    position, ref, alts = site
    told = [
        f"{name} {'/'.join(map(str, one.genotype))} QUAL {one.qual:.1f} GQ {one.gq} DP {one.depth}"
        f" AD {one.ad} PL {one.pl}"
        for name, one in zip(("GATK", "ours"), pair, strict=True)
    ]
    return f"{position + 1} {ref}>{','.join(alts)}: {'; '.join(told)}"


def blocks_compared(theirs: GVcf, ours: GVcf, start: int) -> list[str]:
    """Say how sure of the reference both are, at the positions where both have a block."""
    both = (theirs.gq >= 0) & (ours.gq >= 0)
    lines = [
        f"positions in blocks: GATK {(theirs.gq >= 0).sum()}, ours {(ours.gq >= 0).sum()},"
        f" both {both.sum()}"
    ]
    if not both.any():
        return lines
    # GATK's own bands are one for each GQ up to 60.
    gatk, mine = (np.minimum(one.gq[both], 60) for one in (theirs, ours))
    apart = np.abs(mine - gatk)
    shares = ", ".join(f"{np.mean(apart <= limit):.4f} within {limit}" for limit in (0, 1, 3, 10))
    lines.append(f"  GQ up to 60: mean GATK {gatk.mean():.2f}, ours {mine.mean():.2f}; {shares}")
    for name, unsure in (
        (f"GATK below {LIMIT}, ours not", (gatk < LIMIT) & (mine >= LIMIT)),
        (f"ours below {LIMIT}, GATK not", (gatk >= LIMIT) & (mine < LIMIT)),
        (f"both below {LIMIT}", (gatk < LIMIT) & (mine < LIMIT)),
    ):
        where = np.flatnonzero(both)[unsure] + start + 1
        lines.append(f"  {name}: {unsure.sum()}; at {where[:EXAMPLES].tolist()}")
    far = np.argsort(-apart, kind="stable")[:EXAMPLES]
    for place in far:
        position = np.flatnonzero(both)[place]
        lines.append(
            f"    {start + position + 1}: GQ GATK {theirs.gq[position]}, ours {ours.gq[position]};"
            f" DP {theirs.depth[position]}, {ours.depth[position]}"
        )
    depth = np.abs(theirs.depth[both] - ours.depth[both])
    lines.append(f"  DP: {np.mean(depth <= 1):.4f} within 1, {np.mean(depth <= 5):.4f} within 5")
    return lines
