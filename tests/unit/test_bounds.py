"""No schedule beats the lower bound."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bench.made_batches import LARGE, SMALL, batch

from schelde.plan import bounds
from schelde.plan.bounds import lower_bound
from schelde.plan.evaluate import evaluate
from schelde.plan.model import Batch, Limits, Load, Pool
from schelde.plan.simple import schedules

CLOSE = 1e-6


@st.composite
def samples(draw: st.DrawFn, most: int = 4) -> list[Load]:
    loads = []
    for i in range(draw(st.integers(1, most))):
        work, call, outside = (draw(st.integers(1, 400)) for _ in range(3))
        gpu = draw(st.one_of(st.none(), st.integers(1, 90)))
        chain = outside / draw(st.integers(1, 8))
        loads.append(
            Load(
                f"s{i}", outside, call, gpu, draw(st.integers(0, 60)),
                chain + call / draw(st.integers(1, 4)), None if gpu is None else chain + gpu,
                draw(st.integers(0, 9)), draw(st.integers(0, 30)), outside * work / 500,
            )
        )  # fmt: skip
    return loads


sites = st.sampled_from(
    [
        [Pool("cpu", 1, 8, 1, cost=2)],
        [Pool("cpu", 2, 4, 1, cost=2), Pool("gpu", 1, 8, 1, gpus=1, cost=9)],
        [Pool("gpu", 1, 16, 1, gpus=2, cost=9)],
        [
            Pool("a", 1, 4, 1, cost=1),
            Pool("b", 1, 8, 1, cost=9),
            Pool("gpu", 2, 8, 1, gpus=2, cost=9),
        ],
    ]
)
limited = st.builds(Limits, gpus=st.sampled_from([None, 0, 1]), kept_leaves=st.booleans())


def beats(
    loads: list[Load], pools: list[Pool], limits: Limits, side: int, rng: random.Random
) -> bool:
    """Tell whether a schedule drawn at random is below a bound."""
    order = rng.sample(loads, len(loads))
    cuts = sorted(rng.sample(range(1, len(loads)), rng.randint(0, len(loads) - 1)))
    groups = [order[i:j] for i, j in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    names = [tuple(load.sample for load in group) for group in groups]
    told = [Batch(some, frozenset(name for name in some if rng.random() < 0.5)) for some in names]
    found, least = evaluate("", told, loads, pools, limits, side), lower_bound(loads, pools, limits)
    return (
        found.makespan_s < least.makespan_s * (1 - CLOSE)
        or found.cost < least.cost * (1 - CLOSE)
        or found.disk_mb < least.disk_mb * (1 - CLOSE)
    )


@given(
    loads=samples(),
    pools=sites,
    limits=limited,
    side=st.sampled_from([1, 2]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_schedule_is_below_the_bound(
    loads: list[Load], pools: list[Pool], limits: Limits, side: int, seed: int
):
    assert not beats(loads, pools, limits, side, random.Random(seed))


@given(loads=samples(3), pools=sites, seconds=st.integers(20, 600))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_schedule_within_the_deadline_is_cheaper_than_the_bound(
    loads: list[Load], pools: list[Pool], seconds: int
):
    limits = Limits(deadline_s=seconds)
    least = lower_bound(loads, pools, limits)
    names = tuple(load.sample for load in loads)
    for places in product([False, True], repeat=len(names)):
        on_gpu = frozenset(name for name, is_on in zip(names, places, strict=True) if is_on)
        found = evaluate("", [Batch(names, on_gpu)], loads, pools, limits)
        if not found.broken:
            assert least.deadline
            assert found.cost >= least.cost * (1 - CLOSE)


@pytest.mark.parametrize("pools", [LARGE, SMALL])
@pytest.mark.parametrize("count", [8, 96])
def test_no_simple_rule_is_below_the_bound(pools: tuple[Pool, ...], count: int):
    loads = batch(count)
    least = lower_bound(loads, pools)
    for found in schedules(loads, pools, Limits()):
        assert found.makespan_s >= least.makespan_s * (1 - CLOSE)
        assert found.cost >= least.cost * (1 - CLOSE)
        assert found.disk_mb >= least.disk_mb * (1 - CLOSE)


def test_one_sample_alone_reaches_the_bound():
    loads = batch(1)
    found = evaluate(
        "", [Batch((loads[0].sample,), frozenset({loads[0].sample}))], loads, LARGE, Limits()
    )
    least = lower_bound(loads, LARGE)
    assert (found.makespan_s, found.disk_mb) == pytest.approx((least.makespan_s, least.disk_mb))


def test_a_deadline_below_the_bound_cannot_hold():
    loads = batch(8)
    least = lower_bound(loads, LARGE).makespan_s
    assert not lower_bound(loads, LARGE, Limits(deadline_s=least * 0.9)).deadline
    assert lower_bound(loads, LARGE, Limits(deadline_s=least)).deadline


def test_a_shorter_deadline_never_has_a_lower_bound_of_the_cost():
    loads = batch(96)
    least = lower_bound(loads, SMALL)
    costs = [
        lower_bound(loads, SMALL, Limits(deadline_s=least.makespan_s * times)).cost
        for times in (1, 1.2, 1.5, 3)
    ]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(least.cost)


def test_samples_taken_together_give_a_lower_bound(monkeypatch: pytest.MonkeyPatch):
    loads = batch(96)
    single = lower_bound(loads, SMALL)
    monkeypatch.setattr(bounds, "MOST_ITEMS", 10)
    together = lower_bound(loads, SMALL)
    assert together.makespan_s <= single.makespan_s
    assert together.cost <= single.cost
    assert together.makespan_s > single.makespan_s * 0.8


def test_prices_differ_between_pools_and_the_bound_takes_the_cheapest():
    dear = replace(LARGE[0], name="dear", cost=99)
    assert lower_bound(batch(3), [*LARGE, dear]).cost == pytest.approx(
        lower_bound(batch(3), LARGE).cost
    )
