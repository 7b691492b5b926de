"""Our estimator against simulated pileups whose truth is known, and against one site by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from schelde.contamination import CRAM_ENGINES, ENGINES, OWN, estimate
from schelde.contamination.model import LEAST_SITES, Likelihood
from schelde.panel import Panel
from schelde.pileup import ALT, OTHER, REF, Pileup, base_chances, pileup_of

FRACTIONS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
SITES, DEPTH = 3_000, 30
QUALITIES = np.array([20, 30, 37], dtype=np.uint8)


def panel_of(
    frequency: NDArray[np.float64], components: NDArray[np.float64] | None = None
) -> Panel:
    count = len(frequency)
    return Panel(
        ("1",) * count,
        np.arange(1, count + 1, dtype=np.int32) * 1000,
        ("A",) * count,
        ("G",) * count,
        frequency,
        np.zeros((count, 0)) if components is None else components,
    )


def mixed(frequency: NDArray[np.float64], fraction: float, seed: int) -> Pileup:
    """Bases of a person into whom a second one is mixed, both drawn from these frequencies."""
    dice = np.random.default_rng(seed)
    own = dice.binomial(2, frequency)
    foreign = dice.binomial(2, frequency)
    sites = np.repeat(np.arange(len(frequency)), dice.poisson(DEPTH, len(frequency)))
    copies = np.where(dice.random(len(sites)) < fraction, foreign[sites], own[sites])
    is_alt = dice.random(len(sites)) < copies / 2
    qualities = dice.choice(QUALITIES, len(sites))
    wrong = dice.random(len(sites)) < 10.0 ** (qualities / -10.0)
    # One of the three other bases: the other allele, or one of the two that are neither.
    neither = dice.random(len(sites)) < 2 / 3
    classes = np.where(wrong & neither, OTHER, np.where(is_alt != (wrong & ~neither), ALT, REF))
    return pileup_of(sites.astype(np.int32), classes.astype(np.uint8), qualities, len(frequency))


@pytest.fixture(scope="module")
def frequency() -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(0.05, 0.95, SITES)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_the_interval_holds_the_truth(frequency: NDArray[np.float64], fraction: float) -> None:
    seed = round(fraction * 1000)
    found = estimate(mixed(frequency, fraction, seed=seed), panel_of(frequency), ["1"])
    assert found is not None
    assert found.low is not None and found.high is not None
    assert found.low <= fraction <= found.high
    assert found.low <= found.estimate <= found.high


def test_the_interval_is_narrow_enough_to_judge_by(frequency: NDArray[np.float64]) -> None:
    found = estimate(mixed(frequency, 0.02, seed=2), panel_of(frequency), ["1"])
    assert found is not None
    assert found.low is not None and found.high is not None
    assert found.high - found.low < 0.006


def test_about_95_of_100_intervals_hold_the_truth() -> None:
    frequency = np.random.default_rng(3).uniform(0.05, 0.95, 200)
    held = 0
    for seed in range(100):
        found = estimate(mixed(frequency, 0.03, seed=seed), panel_of(frequency), ["1"])
        assert found is not None
        assert found.low is not None and found.high is not None
        held += found.low <= 0.03 <= found.high
    assert 90 <= held <= 99


def test_a_clean_sample_has_no_contamination(frequency: NDArray[np.float64]) -> None:
    found = estimate(mixed(frequency, 0.0, seed=4), panel_of(frequency), ["1"])
    assert found is not None
    assert found.estimate < 0.0005


@pytest.fixture(scope="module")
def two_populations() -> tuple[Panel, NDArray[np.float64]]:
    """A panel of the mean of two populations, and the frequencies of one of them."""
    dice = np.random.default_rng(5)
    mean = dice.uniform(0.1, 0.9, SITES)
    apart = np.clip(dice.normal(0, 0.15, SITES), -mean + 0.02, 0.98 - mean)
    apart = np.clip(apart, mean - 0.98, mean - 0.02)
    # In the units of a real panel: loadings of about 10, places of about 0.02.
    return panel_of(mean, (apart * 2 / 0.02).reshape(-1, 1)), mean + apart


def test_ignored_ancestry_gives_too_little(
    two_populations: tuple[Panel, NDArray[np.float64]],
) -> None:
    panel, frequency = two_populations
    found = estimate(mixed(frequency, 0.05, seed=6), panel, ["1"], components=0)
    assert found is not None
    assert found.high is not None
    assert found.high < 0.05


def test_components_of_ancestry_mend_it(two_populations: tuple[Panel, NDArray[np.float64]]) -> None:
    panel, frequency = two_populations
    found = estimate(mixed(frequency, 0.05, seed=6), panel, ["1"])
    assert found is not None
    assert found.low is not None and found.high is not None
    assert found.low <= 0.05 <= found.high
    assert found.components == [pytest.approx(0.02, rel=0.1)]


def test_components_that_are_all_zero_are_not_fitted(frequency: NDArray[np.float64]) -> None:
    pileup = mixed(frequency, 0.02, seed=2)
    zeros = estimate(pileup, panel_of(frequency, np.zeros((SITES, 4))), ["1"])
    assert zeros == estimate(pileup, panel_of(frequency), ["1"])


def test_only_autosomes_count(frequency: NDArray[np.float64]) -> None:
    panel = panel_of(frequency)
    half = SITES // 2
    split = Panel(("1",) * half + ("X",) * half, *list(vars(panel).values())[1:])
    found = estimate(mixed(frequency, 0.02, seed=2), split, ["1", "2"])
    assert found is not None
    assert found.sites == half


def test_too_few_sites_give_no_number() -> None:
    frequency = np.full(LEAST_SITES - 1, 0.5)
    assert estimate(mixed(frequency, 0.02, seed=2), panel_of(frequency), ["1"]) is None


def test_no_bases_give_no_number(frequency: NDArray[np.float64]) -> None:
    empty = pileup_of(
        np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.uint8), len(frequency)
    )
    assert estimate(empty, panel_of(frequency, np.ones((SITES, 2))), ["1"]) is None


def by_hand(alpha: float, p: float, bases: list[tuple[str, float]]) -> float:
    """The likelihood of one site as the paper writes it; bases are (class, error rate)."""
    total = 0.0
    for g1, h1 in enumerate([(1 - p) ** 2, 2 * p * (1 - p), p * p]):
        for g2, h2 in enumerate([(1 - p) ** 2, 2 * p * (1 - p), p * p]):
            product = h1 * h2
            for kind, e in bases:
                chance = 0.0
                for share, genotype in ((1 - alpha, g1), (alpha, g2)):
                    alt = genotype / 2
                    drawn = {
                        "ref": (1 - alt) * (1 - e) + alt * e / 3,
                        "alt": alt * (1 - e) + (1 - alt) * e / 3,
                        "other": 2 * e / 3,
                    }
                    chance += share * drawn[kind]
                product *= chance
            total += product
    return total


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
def test_one_site_has_the_likelihood_worked_out_by_hand(alpha: float) -> None:
    likelihood = Likelihood(
        site=np.zeros(3, np.int64),
        code=np.array([REF * 256 + 20, ALT * 256 + 30, OTHER * 256 + 20]),
        count=np.array([2.0, 1.0, 1.0]),
        mean=np.array([0.6]),
        loadings=np.zeros((1, 0)),
        scale=np.zeros(0),
    )
    bases = [("ref", 0.01), ("ref", 0.01), ("alt", 0.001), ("other", 0.01)]
    assert likelihood.at(alpha) == pytest.approx(math.log(by_hand(alpha, 0.3, bases)), abs=1e-9)


def test_one_base_at_half_and_half_is_simple_enough_for_pencil_and_paper() -> None:
    likelihood = Likelihood(
        site=np.zeros(1, np.int64),
        code=np.array([ALT * 256 + 20]),
        count=np.ones(1),
        mean=np.ones(1),
        loadings=np.zeros((1, 0)),
        scale=np.zeros(0),
    )
    # At p = 1/2 ALT is drawn with chance 1/2 whoever it comes from: 0.5 x 0.99 + 0.5 x 0.01 / 3.
    assert likelihood.at(0.3) == pytest.approx(math.log(0.5 * 0.99 + 0.5 * 0.01 / 3))


def test_chances_of_the_bases_add_up_to_one() -> None:
    assert base_chances().sum(axis=0) == pytest.approx(1.0)


def test_every_engine_has_a_name() -> None:
    assert ENGINES == ("schelde", "verifybamid2", "gatk")
    assert OWN not in CRAM_ENGINES
