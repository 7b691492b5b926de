"""Days as people write them, whole or only the year or the month, and ages that follow."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

ADULT = 18
"""Years; who is younger is a child (Convention on the Rights of the Child, article 1)."""

STEP = 5
"""Years. A catalogue is public and the people are not: a span in steps gives nobody's age away."""

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
PARTIAL = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}", re.ASCII)


class Span(NamedTuple):
    """First and last day that a partial date can mean."""

    first: date
    last: date


def span(text: str) -> Span | None:
    """Return what a date YYYY, YYYY-MM or YYYY-MM-DD can mean; None if there is no such date.

    >>> span("2024-02")
    Span(first=datetime.date(2024, 2, 1), last=datetime.date(2024, 2, 29))
    >>> span("2023-02-29")
    """
    if not PARTIAL.fullmatch(text):
        return None
    parts = [int(part) for part in text.split("-")]
    try:
        first = date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    if len(parts) == 3:
        return Span(first, first)
    month = 12 if len(parts) == 1 else first.month
    return Span(first, date(first.year, month, monthrange(first.year, month)[1]))


def day(text: str) -> date | None:
    """Return a date YYYY-MM-DD; None if there is no such day."""
    return found.first if DAY.fullmatch(text) and (found := span(text)) else None


def instant(text: str) -> str | None:
    """Return a whole day as a Timestamp of its first second in UTC; None where it is not whole.

    >>> instant("1961-05-01"), instant("1961-05")
    ('1961-05-01T00:00:00Z', None)
    """
    return f"{text}T00:00:00Z" if day(text) else None


def ages(birth: str, on: str) -> tuple[int, int] | None:
    """Return the least and the greatest age in completed years; None before birth or without date.

    >>> ages("1961", "2025-02-01"), ages("1961-05-01", "2025-02-01"), ages("1961-05", "1966")
    ((63, 64), (63, 63), (4, 5))
    >>> ages("2026", "2025"), ages("1961", "1966-13")
    (None, None)
    """
    born, asked = span(birth), span(on)
    if born is None or asked is None:
        return None
    most = _years(born.first, asked.last)
    return None if most < 0 else (max(0, _years(born.last, asked.first)), most)


def age_bounds(births: Iterable[str], on: str) -> tuple[int, int] | None:
    """Return bounds of all ages, in whole steps downwards and upwards; None without people.

    >>> age_bounds(["1961-05-01", "2019"], "2026-01-31")
    (5, 65)
    """
    known = [found for birth in births if (found := ages(birth, on))]
    if not known:
        return None
    least, greatest = min(low for low, _ in known), max(high for _, high in known)
    return least - least % STEP, greatest + -greatest % STEP


def _years(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def may_be_child(birth: str, on: str) -> bool:
    """Tell whether somebody may be under 18 on a day, so far as the date of birth tells.

    Who was born on 29 February comes of age on 1 March. ValueError if a date is none.

    >>> may_be_child("2008-01-31", "2026-01-30"), may_be_child("2008-01-31", "2026-01-31")
    (True, False)
    >>> may_be_child("2008", "2026-06-01")
    True
    """
    born, asked = span(birth), day(on)
    if born is None or asked is None:
        raise ValueError(f"'{birth}' or '{on}' is no date")
    last = born.last
    if (last.month, last.day) == (2, 29):
        last = date(last.year, 3, 1)
    return asked < last.replace(year=last.year + ADULT)
