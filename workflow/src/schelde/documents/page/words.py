"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(number: int) -> str:
    """Write bytes in units of 1,000.

    >>> size(1), size(999), size(48_300_000), size(1_000_000), size(999_999)
    ('1 B', '999 B', '48.3 MB', '1 MB', '1 MB')
    """
    value, unit = float(number), 0
    while unit < len(UNITS) - 1 and float(f"{value:.3g}") >= 1000:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {UNITS[unit]}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun.

    >>> counted(1, "file"), counted(1200, "file"), counted(3, "person", "people")
    ('1 file', '1,200 files', '3 people')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """Write a list in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', 'none')
    """
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def median(values: Sequence[float]) -> float:
    """Return the middle of some numbers, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
