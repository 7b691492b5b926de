"""What a histogram of depths says: number ``i`` of a list is how many bases have depth ``i``.

The definitions are those of htsjdk's ``Histogram``, which Picard's metrics are made with. Each
function returns None when the list counts no base.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import sqrt


def mean(bases: Sequence[int]) -> float | None:
    """Return the mean depth.

    >>> mean([1, 0, 3]), mean([])
    (1.5, None)
    """
    count = sum(bases)
    return sum(depth * number for depth, number in enumerate(bases)) / count if count else None


def deviation(bases: Sequence[int]) -> float | None:
    """Return the standard deviation of a sample, with n - 1; None also for a single base.

    >>> deviation([1, 0, 1])
    1.4142135623730951
    """
    count, middle = sum(bases), mean(bases)
    if middle is None or count < 2:
        return None
    squares = sum(number * (depth - middle) ** 2 for depth, number in enumerate(bases))
    return sqrt(squares / (count - 1))


def median(bases: Sequence[int]) -> float | None:
    """Return the median depth: of an even number of bases the mean of the middle two.

    >>> median([1, 2, 1]), median([1, 0, 1])
    (1.0, 1.0)
    """
    return _median(enumerate(bases))


def absolute_deviation(bases: Sequence[int]) -> float | None:
    """Return the median of the distances to the median, without a factor (Picard's MAD_COVERAGE).

    >>> absolute_deviation([1, 1, 1, 0, 0, 0, 0, 0, 0, 1])
    1.0
    """
    middle = median(bases)
    if middle is None:
        return None
    return _median(sorted((abs(depth - middle), number) for depth, number in enumerate(bases)))


def quantile(bases: Sequence[int], share: float) -> int | None:
    """Return the least depth that at least ``share`` (0 to 1) of the bases do not exceed.

    >>> quantile([1, 1, 1, 1, 1], 0.2)
    0
    """
    count = sum(bases)
    reached = accumulate(bases)
    return next((depth for depth, n in enumerate(reached) if count and n / count >= share), None)


def percent_at(bases: Sequence[int], depth: int) -> float | None:
    """Return the percent of bases with at least this depth.

    >>> percent_at([1, 2, 1], 1)
    75.0
    """
    count = sum(bases)
    return 100 * sum(bases[depth:]) / count if count else None


def _median(counts: Iterable[tuple[float, int]]) -> float | None:
    """Return the median of values, ascending, with how often each occurs."""
    rows = list(counts)
    count = sum(number for _, number in rows)
    low, high = (count + 1) // 2, count // 2 + 1
    reached, first = 0, None
    for value, number in rows:
        reached += number
        if first is None and number and reached >= low:
            first = value
        if first is not None and reached >= high:
            return (first + value) / 2
    return None
