"""Contamination by maximum likelihood, adjusted for ancestry: the model of VerifyBamID2.

Zhang et al. 2020, Genome Research 30:185. A base comes from the contaminating person with chance
alpha and from the sample itself with 1 - alpha. Both have the genotype chances of Hardy-Weinberg
at the ALT frequency of their ancestry, which is one place on the panel's components for both:

    p_i = (mu_i + sum_k UD_ik pc_k) / 2, kept inside [0.00005, 0.99995]
    L(alpha, pc) = prod_i sum_{g1, g2} HWE(g1 | p_i) HWE(g2 | p_i)
                   prod_b [(1 - alpha) P(b | g1, e) + alpha P(b | g2, e)]

The bases enter only through alpha, the components only through p. So each alpha that is tried
costs one pass over the bases, after which the best components are found on nine numbers a site.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schelde.contamination.result import Contamination
from schelde.panel import Panel
from schelde.pileup import MIN_FREQUENCY, Pileup, base_chances, hardy_weinberg

Floats = NDArray[np.float64]

LEAST_SITES = 100
"""Sites with bases under which there is no estimate. With 100 at 30x the 95 % interval of a true
2 % is about 3 % wide (measured); fewer could not tell a good sample from one to be refused."""

MOST_COMPONENTS = 4
"""Components of ancestry: GA4GH WGS-QC v1 calls VerifyBamID2 with --NumPC 4."""

DROP = 1.92
"""Of the log-likelihood at the ends of a 95 % profile interval: half of 3.84, the 95 % quantile of
the chi-squared distribution with one degree of freedom."""

GRID = (0.0, 0.001, 0.004, 0.015, 0.05, 0.12, 0.25, 0.5)
"""Values of alpha that are looked at first, so that the search does not end beside the maximum."""

PRECISION = 5e-5
"""To which alpha and its interval are found; GA4GH prints four decimals."""

GOLDEN = (3 - math.sqrt(5)) / 2
STEPS, ENOUGH = 30, 1e-4
"""Steps for the components at one alpha, and the gain of log-likelihood that ends them."""


def estimate(
    pileup: Pileup,
    panel: Panel,
    autosomes: Collection[str],
    components: int = MOST_COMPONENTS,
    *,
    least_sites: int = LEAST_SITES,
) -> Contamination | None:
    """Estimate the contamination, 0 to 0.5, from the bases at the panel's autosomal sites.

    ``components``: at most so many of the panel's components are fitted; with 0, or with a panel
    whose components are all zero, the panel's mean frequencies hold. Sites on other contigs are
    not used: on a man's X a foreign base has no genotype to compare with. Returns None if fewer
    than ``least_sites`` sites have bases.
    """
    likelihood = _likelihood(pileup, panel, autosomes, components)
    if likelihood.sites < least_sites:
        return None
    best = _maximum(likelihood.at)
    top = likelihood.at(best)
    low = _crossing(likelihood.at, best, 0.0, top - DROP)
    high = _crossing(likelihood.at, best, 0.5, top - DROP)
    return Contamination(
        engine="schelde",
        estimate=best,
        low=low,
        high=high,
        sites=likelihood.sites,
        bases=likelihood.bases,
        components=(likelihood.places[best] / likelihood.scale).tolist(),
    )


@dataclass
class Likelihood:
    """The log-likelihood as a function of alpha, at the best components for each alpha.

    ``site``, ``code`` and ``count``: how many bases of each kind (class and quality) a site has,
    one entry for each kind at a site; ``mean`` genotype and ``loadings`` (sites, k) of each site,
    the panel's divided by ``scale``, so that the mean square of each component is 1. ``places``:
    the best components for each alpha that was asked for, in units of ``1 / scale``.
    """

    site: NDArray[np.int64]
    code: NDArray[np.int64]
    count: Floats
    mean: Floats
    loadings: Floats
    scale: Floats
    places: dict[float, Floats] = field(init=False, default_factory=dict)
    _known: dict[float, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._chances = base_chances().reshape(-1, 3)
        self._last: Floats = np.zeros(self.loadings.shape[1])
        self._alike = [self._summed(np.log(self._chances[:, genotype])) for genotype in range(3)]

    @property
    def sites(self) -> int:
        """Sites with bases."""
        return len(self.mean)

    @property
    def bases(self) -> int:
        """Bases at all sites."""
        return int(self.count.sum())

    def at(self, alpha: float) -> float:
        """Return the log-likelihood at the best components for this alpha."""
        if alpha not in self._known:
            bases, shift = self._of_bases(alpha)
            place, value = _best_place(bases, self.mean, self.loadings, self._last)
            self._last = self.places[alpha] = place
            self._known[alpha] = value + shift
        return self._known[alpha]

    def _of_bases(self, alpha: float) -> tuple[Floats, float]:
        """Return the likelihood of each site's bases (sites, own genotype, other's genotype).

        Each site is divided by its greatest; the sum of the logarithms of these is the second.
        """
        logs = np.empty((self.sites, 3, 3))
        for own in range(3):
            for other in range(3):
                if own == other:
                    logs[:, own, other] = self._alike[own]
                else:
                    mixed = self._chances[:, own] * (1 - alpha) + self._chances[:, other] * alpha
                    logs[:, own, other] = self._summed(np.log(mixed))
        greatest = logs.max(axis=(1, 2))
        return np.exp(logs - greatest[:, np.newaxis, np.newaxis]), float(greatest.sum())

    def _summed(self, logs: Floats) -> Floats:
        """Return the sum over each site's bases of a value for each kind of base."""
        weights = self.count * logs[self.code]
        return np.bincount(self.site, weights, minlength=self.sites).astype(np.float64)


def _likelihood(
    pileup: Pileup, panel: Panel, autosomes: Collection[str], components: int
) -> Likelihood:
    used = panel.on(autosomes) & (pileup.depth > 0)
    number = np.cumsum(used) - 1
    taken = used[pileup.sites]
    site = number[pileup.sites[taken]].astype(np.int64)
    code = pileup.classes[taken].astype(np.int64) * 256 + pileup.qualities[taken]
    kinds, count = np.unique(site * 1024 + code, return_counts=True)
    loadings = panel.components[used, : min(components, MOST_COMPONENTS)]
    scale = np.sqrt((loadings**2).sum(axis=0) / max(len(loadings), 1))
    loadings, scale = loadings[:, scale > 0], scale[scale > 0]
    return Likelihood(
        site=kinds // 1024,
        code=kinds % 1024,
        count=count.astype(np.float64),
        mean=2 * panel.frequency[used],
        loadings=loadings / scale,
        scale=scale,
    )


def _best_place(
    bases: Floats, mean: Floats, loadings: Floats, start: Floats
) -> tuple[Floats, float]:
    """Return the components with the highest log-likelihood, and that log-likelihood.

    Newton's steps with the outer product of the sites' gradients in place of the Hessian (Berndt,
    Hall, Hall and Hausman 1974), halved until they gain.
    """
    place = start
    value, slopes = _value_and_slopes(bases, mean, loadings, place)
    if not loadings.shape[1]:
        return place, value
    for _ in range(STEPS):
        each = slopes[:, np.newaxis] * loadings
        step = np.linalg.lstsq(each.T @ each, each.sum(axis=0), rcond=None)[0]
        for _ in range(STEPS):
            trial, trial_slopes = _value_and_slopes(bases, mean, loadings, place + step)
            if trial >= value:
                break
            step = step / 2
        else:
            break
        gain = trial - value
        place, value, slopes = place + step, trial, trial_slopes
        if gain < ENOUGH:
            break
    return place, value


def _value_and_slopes(
    bases: Floats, mean: Floats, loadings: Floats, place: Floats
) -> tuple[float, Floats]:
    """Return the log-likelihood, and for each site its slope along the mean genotype."""
    frequency = (mean + loadings @ place) / 2
    own = hardy_weinberg(frequency)
    p = np.clip(frequency, MIN_FREQUENCY, 1 - MIN_FREQUENCY)
    change = np.stack([2 * p - 2, 2 - 4 * p, 2 * p], axis=-1)
    given_own = np.einsum("sij,sj->si", bases, own)
    given_other = np.einsum("sij,si->sj", bases, own)
    likelihood = np.einsum("si,si->s", given_own, own)
    slopes = np.einsum("si,si->s", given_own + given_other, change) / likelihood / 2
    slopes[p != frequency] = 0.0
    return float(np.log(likelihood).sum()), slopes


def _maximum(function: Callable[[float], float]) -> float:
    """Return where a function of [0, 0.5] is highest: the grid first, then golden sections."""
    values = [function(alpha) for alpha in GRID]
    top = values.index(max(values))
    left, right = GRID[max(top - 1, 0)], GRID[min(top + 1, len(GRID) - 1)]
    middle = GRID[top] if left < GRID[top] < right else left + GOLDEN * (right - left)
    while right - left > PRECISION:
        far_right = right - middle > middle - left
        trial = middle + GOLDEN * ((right if far_right else left) - middle)
        if function(trial) > function(middle):
            left, right = (middle, right) if far_right else (left, middle)
            middle = trial
        else:
            left, right = (left, trial) if far_right else (trial, right)
    return max((left, middle, right), key=function)


def _crossing(function: Callable[[float], float], top: float, end: float, level: float) -> float:
    """Return where a function falls to a level between its top and an end; the end if it does not.

    By regula falsi; the value of the end that stays is halved, so that both ends come nearer.
    """
    near, far = top, end
    near_value, far_value = function(top) - level, function(end) - level
    if far_value >= 0:
        return end
    while abs(far - near) > PRECISION:
        share = near_value / (near_value - far_value)
        trial = near + min(max(share, 0.02), 0.98) * (far - near)
        value = function(trial) - level
        if value >= 0:
            near, near_value = trial, value
            far_value /= 2
        else:
            far, far_value = trial, value
            near_value /= 2
        if abs(value) < 1e-3:
            return trial
    return near
