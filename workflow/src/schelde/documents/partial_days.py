"""Days that may be told by their year or month alone: YYYY, YYYY-MM or YYYY-MM-DD."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def span(day: str) -> tuple[date, date]:
    """Return the first and the last day that a text can mean; ValueError if it is no day.

    >>> span("1961-02")[1].isoformat(), span("1961")[0].isoformat()
    ('1961-02-28', '1961-01-01')
    """
    parts = [int(part) for part in day.split("-")]
    year = parts[0]
    first = parts[1] if len(parts) > 1 else 1
    last = parts[1] if len(parts) > 1 else 12
    if len(parts) > 2:
        return date(*parts), date(*parts)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def instant(day: str) -> str | None:
    """Return a whole day as a Timestamp of its first second in UTC; None where it is not whole.

    >>> instant("1961-05-01"), instant("1961-05")
    ('1961-05-01T00:00:00Z', None)
    """
    return f"{day}T00:00:00Z" if day.count("-") == 2 else None


def ages(birth: str, day: str) -> tuple[int, int] | None:
    """Return the least and the greatest age in completed years on a day; None before birth.

    >>> ages("1961", "2025-02-01"), ages("1961-05-01", "2025-02-01"), ages("2026", "2025")
    ((63, 64), (63, 63), None)
    """
    (earliest, latest), (first, last) = span(birth), span(day)
    most = _years(earliest, last)
    return None if most < 0 else (max(0, _years(latest, first)), most)


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
