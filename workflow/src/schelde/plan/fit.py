"""A rate moved to where the jobs were that have been measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

import numpy as np

from schelde.plan.rates import Rate

LITTLE = 0.01
"""Weight of what was known before against one measured job: little, and all there is where the
measured sizes do not tell a fixed time from one that grows."""

SMALLEST_S = 0.05
SMALLEST_MB = 0.01
"""Below these a number counts for nothing in a plan; they keep its relative error finite."""


@dataclass
class Seen:
    """What was seen of the jobs of one rate."""

    sizes: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    kept: list[tuple[float, float]] = field(default_factory=list)
    """Pairs of size and MB."""


def fitted(rate: Rate, seen: Seen) -> Rate:
    """Return a rate moved to what was seen of its jobs.

    Least squares of relative errors over ``fixed_s`` and ``per_gb_cpu_s``, with the rate as it was,
    scaled to the middle of the jobs, as a weak prior (`LITTLE`): where sizes differ, the jobs
    decide both; where they do not, the two keep their proportion.
    """
    speed = [min(threads, rate.usable) for threads in seen.threads]
    grown = [size / by for size, by in zip(seen.sizes, speed, strict=True)]
    fixed, growing = _line(grown, seen.wall_s, rate.fixed_s, rate.per_gb_cpu_s, SMALLEST_S)
    busy = _busy(rate, seen)
    low, high = _spread(grown, seen.wall_s, fixed, growing)
    values = rate.model_dump() | {
        "fixed_s": round(fixed, 3),
        "fixed_cpu_s": round(fixed * busy, 3),
        "per_gb_cpu_s": round(growing, 4),
        "low": low,
        "high": high,
        "source": f"{len(seen.wall_s)} jobs on this site",
    }
    if seen.kept:
        sizes, kept = zip(*seen.kept, strict=True)
        before = rate.fixed_kept_mb, rate.kept_mb
        fixed_mb, mb = _line(sizes, kept, *before, SMALLEST_MB)
        values |= {"fixed_kept_mb": round(fixed_mb, 3), "kept_mb": round(mb, 3)}
        if rate.kept_mb and rate.temp_mb:
            values["temp_mb"] = round(rate.temp_mb * mb / rate.kept_mb, 3)
    return Rate.model_validate(values)


def _busy(rate: Rate, seen: Seen) -> float:
    """Return the cores that a job keeps busy in its fixed part: as seen, else as before."""
    if seen.busy:
        return median(seen.busy)
    return rate.fixed_cpu_s / rate.fixed_s if rate.fixed_s else 1.0


def _line(
    sizes: Sequence[float],
    values: Sequence[float],
    fixed: float,
    growing: float,
    smallest: float,
) -> tuple[float, float]:
    """Fit ``a + b * size`` to values, neither below 0, near a line that was known before."""
    known = [fixed + growing * size for size in sizes]
    scale = median(
        max(value, smallest) / max(before, smallest)
        for value, before in zip(values, known, strict=True)
    )
    units = np.array([max(fixed, smallest), growing or max(known) or smallest])
    centre = np.array([fixed, growing]) * scale / units
    weight = np.array([1 / max(value, smallest) for value in values])
    rows = np.column_stack([weight * units[0], weight * units[1] * np.array(sizes)])
    wanted = weight * np.array(values)
    prior = math.sqrt(LITTLE) * np.eye(2)
    matrix = np.vstack([rows, prior])
    target = np.concatenate([wanted, math.sqrt(LITTLE) * centre])
    best, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    for negative, other in ((0, 1), (1, 0)):
        if best[negative] < 0:
            column = matrix[:, other]
            best = np.zeros(2)
            best[other] = max(0.0, float(column @ target / (column @ column)))
    return float(best[0] * units[0]), float(best[1] * units[1])


def _spread(
    sizes: Sequence[float], values: Sequence[float], fixed: float, growing: float
) -> tuple[float, float]:
    """Return between which factors of the line the mean of many jobs will lie.

    From how far single jobs are off it; never less than 10 %, since another day is not this one.
    """
    ratios = [
        max(value, SMALLEST_S) / max(fixed + growing * size, SMALLEST_S)
        for size, value in zip(sizes, values, strict=True)
    ]
    if len(ratios) < 3:
        return 0.8, 1.3
    tenths = quantiles(ratios, n=10, method="inclusive")
    return round(min(0.9, max(0.3, tenths[0])), 3), round(max(1.1, min(3.0, tenths[-1])), 3)
