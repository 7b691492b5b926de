from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from schelde.demo.genome import AUTOSOME, CUTS, Genome, X, cut_genome
from schelde.demo.panel import RAREST, draw_panel
from schelde.demo.variants import Site, draw_sites
from schelde.panel import Panel, read_panel, write_files


@pytest.fixture(scope="module")
def genome() -> Genome:
    """A genome of random bases, with the repeats that the demo's variants want."""
    dice = random.Random(7)
    block = "".join(
        "".join(dice.choices("ACGT", k=60)) + dice.choice(["A" * 9, "CA" * 6]) for _ in range(300)
    )
    end = max(start + 4 * length for start, length in CUTS.values())
    return cut_genome((block * (end // len(block) + 1))[:end], 4.0)


@pytest.fixture(scope="module")
def sites(genome: Genome) -> tuple[Site, ...]:
    return draw_sites(genome, 1)


@pytest.fixture(scope="module")
def panel(genome: Genome, sites: tuple[Site, ...]) -> Panel:
    return draw_panel(genome, sites, 1)


def snps(sites: tuple[Site, ...]) -> dict[tuple[str, int], Site]:
    """The founders' sites by contig and 1-based position."""
    return {(site.contig, site.start + 1): site for site in sites}


def test_its_sites_lie_on_the_autosome_and_on_x_in_and_outside_par(
    panel: Panel, genome: Genome
) -> None:
    on_x = panel.positions[panel.on([X])] - 1
    inside = (genome.par_x[0] <= on_x) & (on_x < genome.par_x[1])
    assert set(panel.contigs) == {AUTOSOME, X}
    assert inside.any() and not inside.all()


def test_its_refs_are_the_bases_of_the_genome(panel: Panel, genome: Genome) -> None:
    assert panel.refs == tuple(
        genome.contigs[contig][position - 1]
        for contig, position in zip(panel.contigs, panel.positions.tolist(), strict=True)
    )


def test_founders_have_its_alts_at_about_its_frequencies(
    panel: Panel, sites: tuple[Site, ...]
) -> None:
    own = snps(sites)
    on_autosome = panel.on([AUTOSOME])
    carried = np.array(
        [
            sum(allele > 0 for allele in own[place].carried) if place in own else 0
            for place in zip(panel.contigs, panel.positions.tolist(), strict=True)
        ]
    )[on_autosome]
    frequency = panel.frequency[on_autosome]
    for low, high in ((0.05, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95)):
        there = (low <= frequency) & (frequency <= high)
        expected = frequency[there].mean()
        error = np.sqrt(expected * (1 - expected) / 4 / there.sum())
        assert abs(carried[there].mean() / 4 - expected) < 4 * error


def test_sites_that_nobody_carries_are_there_and_away_from_variants(
    panel: Panel, sites: tuple[Site, ...]
) -> None:
    own = snps(sites)
    near = {
        (site.contig, place + 1) for site in sites for place in range(site.start - 2, site.end + 2)
    }
    places = list(zip(panel.contigs, panel.positions.tolist(), strict=True))
    nobodys = [place for place in places if place not in own]
    assert 0.2 < len(nobodys) / len(places) < 0.6
    assert not near & set(nobodys)


def test_its_snps_are_common(panel: Panel) -> None:
    assert panel.frequency.min() >= RAREST and panel.frequency.max() <= 1 - RAREST


def test_the_files_are_sound_and_the_same_every_time(
    genome: Genome, sites: tuple[Site, ...], panel: Panel, tmp_path: Path
) -> None:
    write_files(panel, tmp_path / "a")
    write_files(draw_panel(genome, sites, 1), tmp_path / "b")
    for suffix in ("bed", "mu", "UD"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert read_panel(tmp_path / "a").positions.tolist() == panel.positions.tolist()


def test_another_seed_gives_other_frequencies(
    genome: Genome, sites: tuple[Site, ...], panel: Panel
) -> None:
    assert draw_panel(genome, sites, 2).frequency.tolist() != panel.frequency.tolist()
