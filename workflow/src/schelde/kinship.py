"""How closely the samples of a batch are related: KING-robust kinship of every pair.

Source: Manichaikul et al. 2010, Bioinformatics 26:2867, the estimator between families
(equation 11), which needs no allele frequencies and holds where ancestries differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

CHUNK_SITES = 4096
"""Sites that are multiplied at once: 1,000 samples take 4 x 16 MB beside the results."""

BLOCKS = 20
"""Blocks of neighbouring sites that the standard error is taken from."""

MIN_HETEROZYGOUS = 30
"""Heterozygous sites, of those called in both, that each of two samples must have. Kinship counts
them; with 30 its standard error for strangers is some 0.1, with 100 0.06, with 1,000 0.02."""

MIN_IBS0_EXPECTED = 15.0
"""Opposite homozygotes expected of strangers at the sites of a pair (some 250 sites of a panel),
from which on `PARENT_IBS0` is asked: one of ten pairs of full siblings (3.75 expected) then has
so few by chance, none of 100,000 pairs of strangers, and with twice the sites no siblings."""

PARENT_IBS0 = 0.1
"""Opposite homozygotes over those expected of strangers, up to which a pair of the first degree
is parent and child. 0 is expected for them, but for errors; 0.25 for full siblings, who share
neither allele by descent at a quarter of the sites."""


class Relation(StrEnum):
    """Degree of relationship of two samples by their reads."""

    DUPLICATE = "duplicate or twin"
    PARENT_CHILD = "parent and child"
    SIBLINGS = "full siblings"
    FIRST = "first degree"  # with too few sites to say which of the two above
    SECOND = "second degree"
    THIRD = "third degree"
    UNRELATED = "unrelated"
    UNDETERMINED = "undetermined"


CUTOFFS = (
    (0.354, Relation.DUPLICATE),
    (0.177, Relation.FIRST),
    (0.0884, Relation.SECOND),
    (0.0442, Relation.THIRD),
)
"""Kinship above which a pair has a relation: 1/2 to the power of 3/2, 5/2, 7/2, 9/2, the middles
between the expected 1/2, 1/4, 1/8, 1/16, 1/32 (Manichaikul et al. 2010, table 1)."""

SURE = 2.0
"""Standard errors that a kinship must be beyond a value to be taken for more than chance."""

FIRST_DEGREE = frozenset({Relation.PARENT_CHILD, Relation.SIBLINGS, Relation.FIRST})


@dataclass(frozen=True)
class Kin:
    """What the genotypes of two samples tell of their relation."""

    sites: int  # called in both
    heterozygous: int  # of them, in the sample that has fewer
    kinship: float | None
    standard_error: float | None
    ibs0: float | None  # share of the sites where they are opposite homozygotes
    ibs0_ratio: float | None  # of those expected of strangers, from allele frequencies
    relation: Relation

    @property
    def numbers(self) -> str:
        """The numbers in words, for a sentence."""
        if self.kinship is None or self.ibs0 is None:
            return f"{self.heterozygous} heterozygous sites"
        kinship = round(self.kinship, 2) + 0.0  # no -0.00
        return f"kinship {kinship:.2f}, IBS0 {self.ibs0:.3f}, {self.sites} sites"


@dataclass(frozen=True)
class Kinship:
    """Numbers of every pair; arrays of shape (samples, samples), symmetric.

    NaN in ``kinship``, ``standard_error`` and ``ibs0_ratio`` where there is no such number.
    """

    sites: NDArray[np.int32]
    heterozygous: NDArray[np.int32]
    ibs0: NDArray[np.int32]
    kinship: NDArray[np.float32]
    standard_error: NDArray[np.float32]
    ibs0_ratio: NDArray[np.float32]

    def pair(self, first: int, second: int) -> Kin:
        """Return the numbers of two samples, by their rows in the genotypes."""
        at = (first, second)
        sites = int(self.sites[at])
        kinship, error = _number(self.kinship[at]), _number(self.standard_error[at])
        ratio = _number(self.ibs0_ratio[at])
        return Kin(
            sites=sites,
            heterozygous=int(self.heterozygous[at]),
            kinship=kinship,
            standard_error=error,
            ibs0=int(self.ibs0[at]) / sites if sites else None,
            ibs0_ratio=ratio,
            relation=relation_of(kinship, ratio, error),
        )

    def related(self) -> list[tuple[int, int]]:
        """Return the pairs of the third degree or closer, each once, the lower row first."""
        # A comparison with NaN is false: no kinship is no relation, no error no objection.
        doubtful = self.kinship < SURE * self.standard_error
        found = np.argwhere(np.triu((self.kinship > CUTOFFS[-1][0]) & ~doubtful, k=1))
        return [(int(first), int(second)) for first, second in found]


def relation_of(
    kinship: float | None, ibs0_ratio: float | None, standard_error: float | None = None
) -> Relation:
    """Return the relation by `CUTOFFS`, and within the first degree by `PARENT_IBS0`.

    Undetermined without kinship, and for a relation that is less than `SURE` standard errors above
    a stranger's kinship of 0.

    >>> relation_of(0.25, 0.01), relation_of(0.26, 0.22), relation_of(-0.1, 1.0)
    (<Relation.PARENT_CHILD: 'parent and child'>, <Relation.SIBLINGS: 'full siblings'>, \
<Relation.UNRELATED: 'unrelated'>)
    """
    if kinship is None:
        return Relation.UNDETERMINED
    found = next((name for cutoff, name in CUTOFFS if kinship > cutoff), Relation.UNRELATED)
    if found is not Relation.UNRELATED and kinship < SURE * (standard_error or 0):
        return Relation.UNDETERMINED
    if found is not Relation.FIRST or ibs0_ratio is None:
        return found
    return Relation.PARENT_CHILD if ibs0_ratio <= PARENT_IBS0 else Relation.SIBLINGS


def kinship_of(genotypes: NDArray[np.int8], frequency: NDArray[np.float64]) -> Kinship:
    """Compare every two samples at the sites that both have called.

    ``genotypes`` has the shape (samples, sites): copies of ALT (0, 1, 2) or -1; autosomal sites,
    in the order of the genome. ``frequency``, of ALT, one for each site, is used for
    ``ibs0_ratio`` only: strangers are opposite homozygotes at a share of 2 p^2 (1-p)^2 (Hardy-
    Weinberg). Kinship exists from `MIN_HETEROZYGOUS` on, ``ibs0_ratio`` from `MIN_IBS0_EXPECTED`.

    The standard error is a jackknife over `BLOCKS` blocks of equally many neighbouring sites
    (Kunsch 1989, Annals of Statistics 17:1217), so that sites inherited together count as such.
    """
    samples, sites = genotypes.shape
    blocks = [
        _counts(genotypes[:, start:end], frequency[start:end])
        for start, end in _block_ends(sites)
        if start < end
    ]
    if not blocks:
        blocks = [_Counts(*(np.zeros((samples, samples), dtype=np.float32) for _ in range(5)))]
    whole = blocks[0]
    for block in blocks[1:]:
        whole = whole.plus(block)
    kinship = whole.kinship()
    heterozygous = np.minimum(whole.heterozygous, whole.heterozygous.T)
    kinship[heterozygous < MIN_HETEROZYGOUS] = np.nan
    error = _jackknife(whole, blocks, kinship)
    kinship[np.isnan(error)] = np.nan  # all heterozygous sites side by side: one observation
    ratio = np.full_like(kinship, np.nan)
    enough = whole.expected >= MIN_IBS0_EXPECTED
    ratio[enough] = whole.ibs0[enough] / whole.expected[enough]
    return Kinship(
        sites=whole.called.astype(np.int32),
        heterozygous=heterozygous.astype(np.int32),
        ibs0=whole.ibs0.astype(np.int32),
        kinship=kinship,
        standard_error=error,
        ibs0_ratio=ratio,
    )


@dataclass(frozen=True)
class _Counts:
    """Counts of pairs over some sites, shape (samples, samples).

    float32 has whole numbers up to 2^24, more than a panel has sites.
    """

    both: NDArray[np.float32]  # heterozygous in both
    heterozygous: NDArray[np.float32]  # in the sample of the row, of the sites called in both
    ibs0: NDArray[np.float32]  # opposite homozygotes
    called: NDArray[np.float32]
    expected: NDArray[np.float32]  # opposite homozygotes of strangers

    def plus(self, other: _Counts) -> _Counts:
        return _Counts(
            self.both + other.both,
            self.heterozygous + other.heterozygous,
            self.ibs0 + other.ibs0,
            self.called + other.called,
            self.expected + other.expected,
        )

    def minus(self, other: _Counts) -> _Counts:
        return _Counts(
            self.both - other.both,
            self.heterozygous - other.heterozygous,
            self.ibs0 - other.ibs0,
            self.called - other.called,
            self.expected - other.expected,
        )

    def kinship(self) -> NDArray[np.float32]:
        """Return equation 11 of Manichaikul et al. 2010; NaN where a sample has no heterozygote.

        (N_AaAa - 2 N_AA,aa) / (2 N_Aa(i)) + 1/2 - (N_Aa(i) + N_Aa(j)) / (4 N_Aa(i)), with i the
        sample with fewer heterozygous sites.
        """
        fewer = np.minimum(self.heterozygous, self.heterozygous.T)
        either = self.heterozygous + self.heterozygous.T
        found = np.full_like(fewer, np.nan)
        some = fewer > 0
        shared = (self.both - 2 * self.ibs0 - either / 2)[some]
        found[some] = shared / (2 * fewer[some]) + np.float32(0.5)
        return found


def _counts(genotypes: NDArray[np.int8], frequency: NDArray[np.float64]) -> _Counts:
    samples, sites = genotypes.shape
    found = [np.zeros((samples, samples), dtype=np.float32) for _ in range(5)]
    strangers = (2 * (frequency * (1 - frequency)) ** 2).astype(np.float32)
    for start in range(0, sites, CHUNK_SITES):
        part = genotypes[:, start : start + CHUNK_SITES]
        reference, heterozygous, alternative, called = (
            mask.astype(np.float32) for mask in (part == 0, part == 1, part == 2, part >= 0)
        )
        opposite = reference @ alternative.T
        found[0] += heterozygous @ heterozygous.T
        found[1] += heterozygous @ called.T
        found[2] += opposite + opposite.T
        found[3] += called @ called.T
        found[4] += (called * strangers[start : start + CHUNK_SITES]) @ called.T
    return _Counts(*found)


def _block_ends(sites: int) -> list[tuple[int, int]]:
    return [(sites * n // BLOCKS, sites * (n + 1) // BLOCKS) for n in range(BLOCKS)]


def _jackknife(
    whole: _Counts, blocks: list[_Counts], kinship: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the standard error, NaN where kinship is NaN or cannot do without some block."""
    if len(blocks) < 2:
        return np.full_like(kinship, np.nan)
    total, squares = np.zeros_like(kinship), np.zeros_like(kinship)
    for block in blocks:
        # Differences to the whole, which are small, so that their squares keep their digits.
        change = whole.minus(block).kinship() - kinship
        total += change
        squares += change * change
    count = len(blocks)
    spread = np.maximum(squares - total * total / count, 0)
    error: NDArray[np.float32] = np.sqrt(spread * np.float32((count - 1) / count))
    return error


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
