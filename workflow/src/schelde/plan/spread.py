"""How far off a plan may be: the batch played through many times, with other speeds each time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, quantiles

from schelde.plan.graph import Graph
from schelde.plan.model import Pool
from schelde.plan.rates import Overhead, Rates
from schelde.plan.simulate import Outcome, simulate

DRAWS = 40
SEED = 6
NINE_IN_TEN = NormalDist().inv_cdf(0.95)
"""Between ``low`` and ``high`` of a rate lie nine chances in ten: 1.645 standard deviations."""

TOGETHER = 0.5
"""Share of the variance of shipped rates that all of them have in common: how fast the cores, the
memory and the disks are. Rates measured on the site itself have none of it."""


@dataclass(frozen=True)
class Range:
    """A likely value, and between which two it lies with eight chances in ten."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """A run with likely speeds, and what `DRAWS` runs with other speeds came to."""

    likely: Outcome
    wall_s: Range
    used_s: Range
    reserved_s: Range
    gpu_s: Range
    cost: Range
    energy: Range
    late: float | None
    """Share of the runs that missed the deadline; None without one."""


def forecast(
    graph: Graph,
    pools: Sequence[Pool],
    overhead: Overhead,
    rates: Rates,
    *,
    deadline_s: float | None = None,
    draws: int = DRAWS,
) -> Forecast:
    """Play a batch through with likely and with drawn speeds; the same result every time.

    A draw stretches all jobs of a rate by one factor, since what is not known of a rule is not
    known of all its jobs alike. Speeds that all have in common are spread evenly over the draws.
    """
    likely = simulate(graph, pools, overhead)
    chance = random.Random(SEED)
    evenly = [NormalDist().inv_cdf((number + 0.5) / draws) for number in range(draws)]
    chance.shuffle(evenly)
    runs = [
        simulate(graph, pools, overhead, factors=_factors(rates, common, chance))
        for common in evenly
    ]
    late = None
    if deadline_s is not None:
        late = sum(run.makespan_s > deadline_s for run in runs) / draws

    def spread(key: str) -> Range:
        tenths = quantiles((getattr(run, key) for run in runs), n=10, method="inclusive")
        middle = getattr(likely, key)
        return Range(min(tenths[0], middle), middle, max(tenths[-1], middle))

    return Forecast(
        likely,
        spread("makespan_s"),
        spread("used_s"),
        spread("reserved_s"),
        spread("gpu_s"),
        spread("cost"),
        spread("energy"),
        late,
    )


def _factors(rates: Rates, common: float, chance: random.Random) -> Mapping[str, float]:
    """Draw a factor for each rate: 1 in the middle, ``low`` and ``high`` at one in twenty each."""
    factors = {}
    for name, rate in sorted(rates.rules.items()):
        own = chance.gauss(0, 1)
        if name not in rates.own:
            own = TOGETHER**0.5 * common + (1 - TOGETHER) ** 0.5 * own
        side = rate.high if own > 0 else rate.low
        factors[name] = side ** (abs(own) / NINE_IN_TEN)
    return factors
