"""Ages at a moment, where birth or moment may be known to the month or the year alone."""

from __future__ import annotations

from datetime import date

from schelde.bundle.part import PartialDay
from schelde.days import span


def age_range(birth: PartialDay, sampled: PartialDay | None) -> str:
    """Return GHGA's range of the age in whole years; UNKNOWN when it could be of two ranges.

    Source: AgeRangeEnum of ghga-de/ghga-metadata-schema 2.2.1.

    >>> age_range("1961-05-01", "2025-02-01"), age_range("1961", "1966"), age_range("1940", None)
    ('61_TO_65', '0_TO_5', 'UNKNOWN')
    """
    found = ages_between(birth, sampled) if sampled else None
    if found is None or found[0] < 0:
        return "UNKNOWN"
    first, last = (_range_of(age) for age in found)
    return first if first == last else "UNKNOWN"


def _range_of(age: int) -> str:
    if age > 80:
        return "81_OR_OLDER"
    start = (age - 1) // 5 * 5 + 1
    return "0_TO_5" if age <= 5 else f"{start}_TO_{start + 4}"


def ages_between(birth: PartialDay, moment: PartialDay) -> tuple[int, int] | None:
    """Return least and greatest age in whole years; None when birth or moment is no date.

    >>> ages_between("1961-05", "1966"), ages_between("1961", "1966-13")
    ((4, 5), None)
    """
    born, asked = span(birth), span(moment)
    if born is None or asked is None:
        return None
    return _years(born.last, asked.first), _years(born.first, asked.last)


def _years(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))
