"""Variant sites of the demo's founders, mixed as in real genomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schelde.demo.draw import Draw
from schelde.demo.genome import MITOCHONDRION, Genome, Region

DIVERSITY = 0.0008
"""Differences per bp between two human chromosomes: a person then differs from the reference at
1.5 times that, one SNP in 950 bp and one indel in 6.7 kb, near what real people show."""
MITOCHONDRIAL_DIVERSITY = 0.0016
LEAST_SITES = 3
"""In every region, so that the smallest demo too has some on Y."""

SHARES = {
    "transition": 0.565,  # 2.1 to each transversion, as over whole genomes
    "transversion": 0.265,
    "close SNPs": 0.02,  # two SNPs at most 8 bp apart on the same strands
    "two-allele SNP": 0.015,
    "insertion": 0.027,
    "deletion": 0.033,
    "repeat": 0.058,  # half of all indels change the length of a repeat
    "two-allele repeat": 0.017,
}
TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}
LONGER = 2 / 3
"""Chance that an indel is one base longer: mean 3 bp, seldom above 15."""
LONG_SHARE, LONG = 0.04, (31, 60)
"""Share and length in bp of the indels that are long."""
REPEAT = re.compile(r"([ACGT])\1{5,39}|([ACGT]{2,4}?)\2{3,9}")
"""Homopolymers of 6 bp and more, short tandem repeats of 4 copies and more."""


@dataclass(frozen=True)
class Site:
    """A variant, left-aligned and as short as can be; ``start`` is the 0-based first base of ref.

    ``carried``: for each of the four founder strands the allele that it has, 0 for ref.
    """

    contig: str
    start: int
    ref: str
    alts: tuple[str, ...]
    carried: tuple[int, int, int, int]

    @property
    def end(self) -> int:
        """End of ref, half-open."""
        return self.start + len(self.ref)

    @property
    def alleles(self) -> tuple[str, ...]:
        """Ref, then alts."""
        return (self.ref, *self.alts)


Change = tuple[int, int, tuple[str, ...]]
"""Start and end (0-based, half-open) of what is replaced, and by what, one for each allele."""


def left_aligned(contig: str, start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return start, ref and alt of the same change as far left and as short as it goes.

    The algorithm of Tan, Abecasis and Kang 2015 (doi:10.1093/bioinformatics/btv112).

    >>> left_aligned("GCAAAT", 4, "A", "")
    (1, 'CA', 'C')
    """
    while True:
        if ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        elif not ref or not alt:
            start -= 1
            ref, alt = contig[start] + ref, contig[start] + alt
        else:
            break
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, ref, alt


def joined(contig: str, change: Change) -> tuple[int, str, tuple[str, ...]] | None:
    """Return start, ref and alts of a change, left-aligned; None if its alleles part on the way.

    >>> joined("GCAAAT", (2, 4, ("", "A", "AAA")))
    (1, 'CAA', ('C', 'CA', 'CAAA'))
    """
    start, end, alts = change
    aligned = [left_aligned(contig, start, contig[start:end], alt) for alt in alts]
    if len({first for first, _, _ in aligned}) > 1:
        return None
    ref = max((ref for _, ref, _ in aligned), key=len)
    return aligned[0][0], ref, tuple(alt + ref[len(short) :] for _, short, alt in aligned)


def draw_sites(genome: Genome, seed: int) -> tuple[Site, ...]:
    """Draw the sites of all regions, in the order of the genome; no two within 2 bp of each other
    but close SNPs, which may touch."""
    sites: list[Site] = []
    for region in genome.regions:
        draw = Draw(seed, "sites", region.contig, str(region.start))
        found = sorted(_region_sites(genome, region, draw), key=lambda site: site.start)
        sites.extend(found)
    return tuple(sites)


def _region_sites(genome: Genome, region: Region, draw: Draw) -> Iterator[Site]:
    bases = genome.contigs[region.contig]
    first, last = region.inner
    repeats = _repeats(bases, first, last)
    taken: list[tuple[int, int]] = []
    for kind in _kinds(region):
        while True:
            changes = _changes(kind, bases, (first, last), repeats, draw)
            places = [joined(bases, change) for change in changes]
            free = [place for place in places if place and _is_free(place, (first, last), taken)]
            if len(free) == len(changes):
                break
        carried = _carried(region, len(free[0][2]), draw)
        for (start, ref, alts), (_, end, _) in zip(free, changes, strict=True):
            yield Site(region.contig, start, ref, alts, carried)
            taken.append((start - 2, max(end, start + len(ref)) + 2))


def _is_free(
    place: tuple[int, str, tuple[str, ...]], inner: tuple[int, int], taken: list[tuple[int, int]]
) -> bool:
    start, end = place[0], place[0] + len(place[1])
    if start < inner[0] or end > inner[1]:
        return False
    return all(end <= left or right <= start for left, right in taken)


def _kinds(region: Region) -> list[str]:
    """How many sites of which kind, by the neutral spectrum: d/i sites on i of n + 1 strands."""
    strands = len(region.founders)
    per_bp = MITOCHONDRIAL_DIVERSITY if region.contig == MITOCHONDRION else DIVERSITY
    first, last = region.inner
    count = round(per_bp * (last - first) * sum(1 / i for i in range(1, strands + 1)))
    count = max(LEAST_SITES, count)
    kinds: list[str] = []
    for kind, share in SHARES.items():
        if kind != "transition" and (strands > 1 or not kind.startswith("two-allele")):
            kinds += [kind] * (
                max(1, round(share * count)) if count >= 20 else round(share * count)
            )
    # Repeats are rarer than free places, so they are placed first.
    return kinds[::-1] + ["transition"] * (count - len(kinds))


def _carried(region: Region, alts: int, draw: Draw) -> tuple[int, int, int, int]:
    """Share out the alleles; the reference is a strand too, so its allele may be the new one."""
    strands = len(region.founders)
    weights = [1 / i for i in range(1, strands + 1)]
    while True:
        new = 1
        point = draw.below(1_000_000) / 1_000_000 * sum(weights)
        while point >= weights[new - 1] and new < strands:
            point -= weights[new - 1]
            new += 1
        having = set(draw.some([*region.founders, "reference"], new))
        carriers = {f for f in region.founders if (f in having) != ("reference" in having)}
        alleles = {founder: 1 + draw.below(alts) for founder in sorted(carriers)}
        if len(set(alleles.values())) == alts:
            return (alleles.get(0, 0), alleles.get(1, 0), alleles.get(2, 0), alleles.get(3, 0))


def _repeats(bases: str, first: int, last: int) -> list[tuple[int, str, int]]:
    """Start, unit and copies of each repeat, as often as it has copies: long ones change more."""
    found: list[tuple[int, str, int]] = []
    for match in REPEAT.finditer(bases, first, last):
        unit = match[1] or match[2]
        if len(unit) == 1 or len(set(unit)) > 1:
            copies = len(match[0]) // len(unit)
            found += [(match.start(), unit, copies)] * copies
    return found


def _changes(
    kind: str,
    bases: str,
    inner: tuple[int, int],
    repeats: list[tuple[int, str, int]],
    draw: Draw,
) -> list[Change]:
    if "repeat" in kind:
        return [_repeat_change(draw.pick(repeats), 2 if kind.startswith("two") else 1, draw)]
    at = inner[0] + draw.below(inner[1] - inner[0])
    others = [base for base in "ACGT" if base not in (bases[at], TRANSITION[bases[at]])]
    if kind == "transition":
        return [(at, at + 1, (TRANSITION[bases[at]],))]
    if kind == "transversion":
        return [(at, at + 1, (draw.pick(others),))]
    if kind == "two-allele SNP":
        return [(at, at + 1, (TRANSITION[bases[at]], draw.pick(others)))]
    if kind == "close SNPs":
        near = at + (1 if draw.chance(0.5) else 2 + draw.below(7))
        return [(at, at + 1, (draw.pick(others),)), (near, near + 1, (TRANSITION[bases[near]],))]
    length = draw.steps(LONGER)
    if draw.chance(LONG_SHARE):
        length = LONG[0] + draw.below(LONG[1] - LONG[0])
    if kind == "deletion":
        return [(at, at + length, ("",))]
    # Half of the insertions outside repeats repeat what stands before them.
    if draw.chance(0.5):
        return [(at, at, (bases[at - length : at],))]
    return [(at, at, ("".join(draw.pick("ACGT") for _ in range(length)),))]


def _repeat_change(repeat: tuple[int, str, int], alts: int, draw: Draw) -> Change:
    start, unit, copies = repeat
    steps: list[int] = []
    while len(steps) < alts:
        step = draw.steps(0.25) * (1 if draw.chance(0.5) else -1)
        if step not in steps and step >= 2 - copies:
            steps.append(step)
    removed = max(0, -min(steps))
    return start, start + removed * len(unit), tuple(unit * (removed + step) for step in steps)
