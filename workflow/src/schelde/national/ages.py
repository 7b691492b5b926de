"""Ages in the ranges of GHGA."""

from __future__ import annotations

from schelde.bundle.part import PartialDay
from schelde.days import ages


def age_range(birth: PartialDay, sampled: PartialDay | None) -> str:
    """Return GHGA's range of the age in whole years; UNKNOWN when it could be of two ranges.

    Source: AgeRangeEnum of ghga-de/ghga-metadata-schema 2.2.1.

    >>> age_range("1961-05-01", "2025-02-01"), age_range("1961", "1966"), age_range("1940", None)
    ('61_TO_65', '0_TO_5', 'UNKNOWN')
    """
    found = ages(birth, sampled) if sampled else None
    if found is None:
        return "UNKNOWN"
    first, last = (_range_of(age) for age in found)
    return first if first == last else "UNKNOWN"


def _range_of(age: int) -> str:
    if age > 80:
        return "81_OR_OLDER"
    start = (age - 1) // 5 * 5 + 1
    return "0_TO_5" if age <= 5 else f"{start}_TO_{start + 4}"
