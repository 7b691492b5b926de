"""How many alleles are how frequent."""

from __future__ import annotations

BINS = 20


def bin_of(count: int, known: int) -> int:
    """Return the bin of an allele frequency, of `BINS` bins as wide from 0 to 1; 1 is in the last.

    >>> bin_of(1, 20), bin_of(1, 21), bin_of(20, 20)
    (1, 0, 19)
    """
    return min(count * BINS // known, BINS - 1)
