"""Genotypes of a child that cannot come from its parents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Errors:
    """Sites where a child's genotype does not follow from those of one or both parents."""

    sites: int  # all genotypes called
    informative: int  # of them: some genotype of a child would be an error
    errors: int

    @property
    def rate(self) -> float | None:
        """Errors in percent of the informative sites; None when there are none."""
        return 100 * self.errors / self.informative if self.informative else None


def trio_errors(
    child: NDArray[np.int8], father: NDArray[np.int8], mother: NDArray[np.int8]
) -> Errors:
    """Count the sites where the child does not have one allele of each parent.

    Arrays of copies of ALT (0, 1, 2, or -1) at the same autosomal biallelic sites. Informative
    are the sites where at least one parent is homozygous: with both heterozygous a child may
    have any genotype.

    >>> genotypes = [[0, 1, 2, 1], [0, 0, 1, 1], [0, 0, 1, -1]]
    >>> trio_errors(*(np.array(row, dtype=np.int8) for row in genotypes))
    Errors(sites=3, informative=2, errors=1)
    """
    called = (child >= 0) & (father >= 0) & (mother >= 0)
    fewest = (father == 2).astype(np.int8) + (mother == 2)
    most = (father >= 1).astype(np.int8) + (mother >= 1)
    return _errors(called, fewest, most, child)


def duo_errors(child: NDArray[np.int8], parent: NDArray[np.int8]) -> Errors:
    """Count the sites where child and parent are opposite homozygotes.

    Arrays as for `trio_errors`; informative are the sites where the parent is homozygous.
    """
    called = (child >= 0) & (parent >= 0)
    fewest = (parent == 2).astype(np.int8)
    most = 1 + (parent >= 1).astype(np.int8)
    return _errors(called, fewest, most, child)


def _errors(
    called: NDArray[np.bool_],
    fewest: NDArray[np.int8],
    most: NDArray[np.int8],
    child: NDArray[np.int8],
) -> Errors:
    """Count sites where a child has fewer or more copies than it can have."""
    informative = called & ((fewest > 0) | (most < 2))
    wrong = called & ((child < fewest) | (child > most))
    return Errors(int(called.sum()), int(informative.sum()), int(wrong.sum()))
