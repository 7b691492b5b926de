"""Histograms of depths, against Python's statistics of the bases written out one by one."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.measure import depths

HISTOGRAMS = st.lists(st.integers(0, 9), min_size=1, max_size=12).filter(any)


def written_out(bases: list[int]) -> list[int]:
    return [depth for depth, number in enumerate(bases) for _ in range(number)]


@given(HISTOGRAMS)
def test_mean_median_and_their_distances_are_those_of_the_bases(bases: list[int]) -> None:
    found = written_out(bases)
    middle = statistics.median(found)
    assert depths.mean(bases) == pytest.approx(statistics.fmean(found))
    assert depths.median(bases) == middle
    assert depths.absolute_deviation(bases) == statistics.median(abs(d - middle) for d in found)
    if len(found) > 1:
        assert depths.deviation(bases) == pytest.approx(statistics.stdev(found))


@given(HISTOGRAMS, st.sampled_from([0.05, 0.2, 0.5]))
def test_a_quantile_is_the_least_depth_that_this_share_does_not_exceed(
    bases: list[int], share: float
) -> None:
    found = written_out(bases)
    least = next(d for d in range(len(bases)) if sum(x <= d for x in found) / len(found) >= share)
    assert depths.quantile(bases, share) == least


@given(HISTOGRAMS, st.integers(0, 15))
def test_bases_with_at_least_a_depth_are_a_percentage(bases: list[int], depth: int) -> None:
    found = written_out(bases)
    expected = 100 * sum(x >= depth for x in found) / len(found)
    assert depths.percent_at(bases, depth) == pytest.approx(expected)


@pytest.mark.parametrize("bases", [[], [0, 0]])
def test_without_bases_there_is_no_number(bases: list[int]) -> None:
    assert depths.mean(bases) is None
    assert depths.median(bases) is None
    assert depths.deviation(bases) is None
    assert depths.absolute_deviation(bases) is None
    assert depths.quantile(bases, 0.2) is None
    assert depths.percent_at(bases, 1) is None
