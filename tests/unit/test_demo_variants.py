from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.demo.draw import Draw
from schelde.demo.genome import CUTS, Genome, cut_genome
from schelde.demo.variants import TRANSITION, Site, draw_sites, joined, left_aligned


@pytest.fixture(scope="module")
def genome() -> Genome:
    """A whole-size genome of random bases with repeats put in, as dense as real ones."""
    dice = random.Random(7)
    block = "".join(
        "".join(dice.choices("ACGT", k=60)) + dice.choice(["A" * 9, "CA" * 6, "TTTC" * 5, "T" * 14])
        for _ in range(300)
    )
    end = max(start + length for start, length in CUTS.values())
    return cut_genome((block * (end // len(block) + 1))[:end])


@pytest.fixture(scope="module")
def sites(genome: Genome) -> tuple[Site, ...]:
    return draw_sites(genome, 1)


def leftmost(contig: str, start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Try all shortest ways to write the change, from the left; VCF wants no allele empty."""
    changed = contig[:start] + alt + contig[start + len(ref) :]
    growth = len(changed) - len(contig)
    for length in range(1, len(contig) + 1):
        for first in range(len(contig) - length + 1):
            if length + growth < 1:
                continue
            old, new = contig[first : first + length], changed[first : first + length + growth]
            if contig[:first] + new + contig[first + length :] == changed:
                return first, old, new
    raise AssertionError("no way to write the change")


@given(
    contig=st.text("AC", min_size=8, max_size=16),
    start=st.integers(2, 6),
    removed=st.integers(0, 3),
    alt=st.text("AC", max_size=3),
)
def test_a_left_aligned_change_is_the_shortest_and_leftmost_way_to_write_it(
    contig: str, start: int, removed: int, alt: str
) -> None:
    contig = f"G{contig}T"
    ref = contig[start : start + removed]
    if ref != alt:
        assert left_aligned(contig, start, ref, alt) == leftmost(contig, start, ref, alt)


def test_alleles_that_align_to_different_places_are_not_joined() -> None:
    assert joined("GCAAAT", (2, 5, ("AA", "AAAT"))) is None


def test_sites_are_the_same_for_the_same_seed_and_others_for_another(
    genome: Genome, sites: tuple[Site, ...]
) -> None:
    assert draw_sites(genome, 1) == sites != draw_sites(genome, 2)


def test_every_site_has_the_bases_of_the_reference_as_ref(
    genome: Genome, sites: tuple[Site, ...]
) -> None:
    assert all(genome.contigs[site.contig][site.start : site.end] == site.ref for site in sites)


def test_every_allele_is_left_aligned(genome: Genome, sites: tuple[Site, ...]) -> None:
    for site in sites:
        aligned = {
            left_aligned(genome.contigs[site.contig], site.start, site.ref, alt)[0]
            for alt in site.alts
        }
        assert aligned == {site.start}, site


def test_no_two_sites_overlap(sites: tuple[Site, ...]) -> None:
    pairs = pairwise(sites)
    assert all(a.contig != b.contig or a.end <= b.start for a, b in pairs)


def test_sites_keep_clear_of_the_ends_of_their_regions(
    genome: Genome, sites: tuple[Site, ...]
) -> None:
    inners = [(region.contig, *region.inner) for region in genome.regions]
    for site in sites:
        assert any(c == site.contig and s <= site.start and site.end <= e for c, s, e in inners)


def test_every_allele_is_carried_and_only_by_strands_that_have_the_region(
    genome: Genome, sites: tuple[Site, ...]
) -> None:
    for site in sites:
        region = next(
            r for r in genome.regions if r.contig == site.contig and r.start <= site.start < r.end
        )
        carriers = {founder for founder, allele in enumerate(site.carried) if allele}
        assert carriers <= set(region.founders)
        assert {site.carried[founder] for founder in carriers} == set(range(1, len(site.alts) + 1))


def test_the_mix_is_that_of_real_genomes(sites: tuple[Site, ...]) -> None:
    snps = [site for site in sites if all(len(allele) == 1 for allele in site.alleles)]
    changes = Counter(TRANSITION[s.ref] == s.alts[0] for s in snps if len(s.alts) == 1)
    assert 1.9 < changes[True] / changes[False] < 2.3
    assert 0.11 < 1 - len(snps) / len(sites) < 0.15
    assert sum(len(site.alts) > 1 for site in sites) >= 10


def test_some_snps_are_neighbours_on_the_same_strands(sites: tuple[Site, ...]) -> None:
    close = [
        (a, b)
        for a, b in pairwise(sites)
        if a.contig == b.contig and b.start == a.end and len(a.ref) == len(b.ref) == 1
    ]
    assert close
    assert all(a.carried == b.carried for a, b in close)


def test_a_stream_of_draws_is_pinned() -> None:
    # Other numbers would be other data, and so other results, for everyone.
    draw = Draw(1, "sites", "chr20")
    assert [draw.below(1000) for _ in range(5)] == [352, 163, 556, 141, 606]


@given(seed=st.integers(0, 1000), items=st.lists(st.integers(), unique=True, max_size=8))
def test_some_items_drawn_are_all_different(seed: int, items: list[int]) -> None:
    drawn = Draw(seed).some(items, len(items))
    assert sorted(drawn) == sorted(items)
