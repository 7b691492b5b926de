"""Ages of the people of a dataset, as a catalogue tells them."""

from __future__ import annotations

from collections.abc import Iterable

STEP = 5
"""Years. A catalogue is public and the people are not: a span in steps gives nobody's age away."""


def ages(birth: str, day: str) -> tuple[int, int]:
    """Return the least and the greatest age in whole years on a day (YYYY-MM-DD).

    They differ by one year where only the year or the month of birth is known.

    >>> ages("1961", "2026-01-31"), ages("1961-01-31", "2026-01-31"), ages("1961-02", "2026-01-31")
    ((64, 65), (65, 65), (64, 64))
    """
    first = birth + "-01-01"[len(birth) - 4 :]
    last = birth + "-12-31"[len(birth) - 4 :]
    return _years(last, day), _years(first, day)


def span(births: Iterable[str], day: str) -> tuple[int, int] | None:
    """Return bounds of all ages, in whole steps downwards and upwards; None without people.

    >>> span(["1961-05-01", "2019"], "2026-01-31")
    (5, 65)
    """
    known = [ages(birth, day) for birth in births]
    if not known:
        return None
    least, greatest = min(low for low, _ in known), max(high for _, high in known)
    return least - least % STEP, greatest + -greatest % STEP


def _years(birth: str, day: str) -> int:
    """Return full years between two days as text; never less than none."""
    return max(0, int(day[:4]) - int(birth[:4]) - (day[5:] < birth[5:]))
