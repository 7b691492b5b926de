"""VCF records of one sample, taken apart into alleles that can be compared.

All coordinates are 0-based, half-open. An allele says: put ``alt`` in place of
``reference[start:end]``; an insertion has ``start == end``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Edit = tuple[int, int, str]
"""Start, end, alt."""

PhaseGroup = int | str
"""Alleles of a group whose ``side`` is equal lie on the same copy; a number stands for a record."""

MISMATCH, GAP_OPEN, GAP_EXTEND = 4, 6, 1
"""bwa mem's scores: a complex allele is taken apart as an aligner would have seen it."""

ALIGNABLE = 40_000
"""Length of REF times length of ALT (200 x 200) beyond which an allele is left in one piece."""

NO_CHANGE = {"*", ".", "<NON_REF>", "<*>", "<X>"}
"""ALT values that change nothing where they stand: another record's deletion, no other allele."""

BASES = set("ACGTN")


@dataclass
class RecordError(Exception):
    """A record that cannot be used."""

    what: str
    remedy: str


class Genotype(NamedTuple):
    """How a sample carries an allele: on ``carried`` of ``ploidy`` copies.

    ``complete``: no copy is missing. ``side``: the first of the copies that carry it, from 0.
    """

    carried: int
    ploidy: int
    complete: bool
    group: PhaseGroup
    side: int

    @property
    def on_all_copies(self) -> bool:
        """Whether every copy has it: ``1/1``, and ``1`` on a haploid contig."""
        return self.carried == self.ploidy

    def equals(self, other: Genotype) -> bool:
        """Whether the same share of the copies of both carries it, so that ``1`` is ``1/1``."""
        share = self.carried * other.ploidy == other.carried * self.ploidy
        return share and self.complete and other.complete


class Allele(NamedTuple):
    """One SNP or indel that a sample carries.

    ``start``, ``end``, ``alt``: as the record has it, trimmed. ``normal``: the same, as far left
    as the reference lets it move. ``low`` to ``high``: all that it touches wherever it is moved.
    """

    start: int
    end: int
    alt: str
    normal: Edit
    low: int
    high: int
    genotype: Genotype

    @property
    def is_snp(self) -> bool:
        """Whether it is one base for another; all else counts as an indel."""
        return self.end - self.start == 1 == len(self.alt)


def read_alleles(
    lines: Iterable[str], column: int, sequence: str, *, passing_only: bool
) -> tuple[list[Allele], int]:
    """Return the alleles of one sample on one contig, and how many were left out.

    ``column`` counts samples from 0; ``sequence`` is the whole contig in capitals. Left out are
    alleles without a sequence (``<DEL>``, breakends). Raises `RecordError`.
    """
    found: list[Allele] = []
    left_out = 0
    for number, line in enumerate(lines):
        fields = line.split("\t", 10 + column)
        if len(fields) < 10 + column:
            raise RecordError(f"a record has {len(fields)} columns", "write the VCF again")
        contig, pos, _, ref, alts, _, marks, _, form = fields[:9]
        if alts in NO_CHANGE or (passing_only and marks not in ("PASS", ".")):
            continue
        place = f"{contig}:{pos}"
        try:
            carried = _carried(form, fields[9 + column], number)
            position = int(pos) - 1
            options = alts.upper().split(",")
            present = [(options[index - 1], genotype) for index, genotype in carried]
        except (ValueError, IndexError) as error:
            what = f"{place}: POS, ALT or GT cannot be read"
            raise RecordError(what, "write the VCF again") from error
        ref = ref.upper()
        if present:
            _check(place, ref, sequence[position : position + len(ref)], present[0][1])
        for alt, genotype in present:
            if alt in NO_CHANGE:
                continue
            if not BASES.issuperset(alt):
                left_out += 1
                continue
            for start, end, piece in atoms(ref, alt):
                found.append(placed(sequence, position + start, position + end, piece, genotype))
    return found, left_out


def placed(sequence: str, start: int, end: int, alt: str, genotype: Genotype) -> Allele:
    """Make an allele: find its normal form and its reach on the reference.

    ``alt`` and the bases that it stands for must not begin or end alike.

    >>> placed("GCAAAT", 4, 5, "", Genotype(1, 2, True, 0, 0)).normal
    (2, 3, '')
    """
    normal = (start, end, alt)
    low, high = start, end
    if not alt:
        length = end - start
        while low > 0 and sequence[low - 1] == sequence[low + length - 1]:
            low -= 1
        while high < len(sequence) and sequence[high] == sequence[high - length]:
            high += 1
        normal = (low, low + length, "")
    elif start == end:
        size = len(alt)
        while low > 0 and sequence[low - 1] == alt[(low - 1 - start) % size]:
            low -= 1
        while high < len(sequence) and sequence[high] == alt[(high - start) % size]:
            high += 1
        turn = (low - start) % size
        normal = (low, low, alt[turn:] + alt[:turn])
    return Allele(start, end, alt, normal, low, high, genotype)


@lru_cache(maxsize=65536)
def atoms(ref: str, alt: str) -> tuple[Edit, ...]:
    """Take a REF and an ALT apart into SNPs and indels, in the coordinates of REF.

    They are aligned with the scores above: some neighbouring bases that differ give as many SNPs.

    >>> atoms("ACGT", "TCGA")
    ((0, 1, 'T'), (3, 4, 'A'))
    >>> atoms("GCA", "GTCATT")
    ((1, 1, 'T'), (3, 3, 'TT'))
    """
    end, size = len(ref), len(alt)
    while end and size and ref[end - 1] == alt[size - 1]:
        end, size = end - 1, size - 1
    start = 0
    while start < end and start < size and ref[start] == alt[start]:
        start += 1
    old, new = ref[start:end], alt[start:size]
    if len(old) == len(new):
        snps = [
            (start + at, start + at + 1, b)
            for at, (a, b) in enumerate(zip(old, new, strict=True))
            if a != b
        ]
        if len(snps) * MISMATCH <= 2 * (GAP_OPEN + GAP_EXTEND):
            return tuple(snps)
    if not old or not new or len(old) * len(new) > ALIGNABLE:
        return ((start, end, new),)
    return tuple((start + low, start + high, piece) for low, high, piece in _aligned(old, new))


def _carried(form: str, sample: str, record: int) -> list[tuple[int, Genotype]]:
    """Return the indices of the ALTs in a genotype, and how each is carried."""
    first = sample.partition(":")[0]
    phase_set: str | None = None
    if not form.startswith("GT") or "|" in first:
        values = dict(zip(form.split(":"), sample.split(":"), strict=False))
        first = values.get("GT", ".")
        phase_set = values.get("PS")
    copies, phased = _copies(first)
    group: PhaseGroup = record
    if phased:
        # without a set, all phased genotypes of a contig are one (VCF 4.3, section 1.6.2)
        group = "" if phase_set in (None, ".") else str(phase_set)
    ploidy, complete = len(copies), None not in copies
    return [
        (index, Genotype(copies.count(index), ploidy, complete, group, copies.index(index)))
        for index in dict.fromkeys(copies)
        if index
    ]


@lru_cache(maxsize=1024)
def _copies(genotype: str) -> tuple[tuple[int | None, ...], bool]:
    """Allele index of each copy, None where missing, and whether the order is known."""
    phased = "|" in genotype
    values = genotype.replace("|", "/").split("/")
    return tuple(None if value == "." else int(value) for value in values), phased


def _check(place: str, ref: str, bases: str, genotype: Genotype) -> None:
    """Raise `RecordError` where REF is not the reference's or the ploidy is above 2."""
    if genotype.ploidy > 2:
        what = f"{place}: a genotype of {genotype.ploidy} copies"
        raise RecordError(what, "one or two can be compared")
    if not _fits(ref, bases):
        what = f"{place}: REF {ref[:20]} is not what the reference has there"
        raise RecordError(what, "give the reference that the VCF was called on")


def _fits(ref: str, bases: str) -> bool:
    """Whether REF is the reference's sequence; any base fits an ambiguity code of either."""
    if ref == bases:
        return True
    return len(ref) == len(bases) and all(
        a == b or a not in "ACGT" or b not in "ACGT" for a, b in zip(ref, bases, strict=True)
    )


def _aligned(old: str, new: str) -> list[Edit]:
    """Align two sequences end to end with affine gaps; return what differs, left to right.

    Gotoh 1982, J Mol Biol 162:705. Costs are summed from the end, so that the way runs left to
    right; where ways cost the same, a pair goes before a deletion and that before an insertion.
    """
    ways = _ways(old, new)
    edits: list[Edit] = []
    i = j = state = 0
    while i < len(old) or j < len(new):
        before, state = state, ways[i][j] // 3**state % 3
        if state == 0:
            if old[i] != new[j]:
                edits.append((i, i + 1, new[j]))
            i, j = i + 1, j + 1
        elif state == 1:
            low = edits.pop()[0] if before == 1 else i
            i += 1
            edits.append((low, i, ""))
        else:
            grown = edits.pop()[2] if before == 2 else ""
            edits.append((i, i, grown + new[j]))
            j += 1
    return edits


def _ways(old: str, new: str) -> list[list[int]]:
    """Return the best step at every pair of places: pair 0, deletion 1, insertion 2.

    Three steps in one number, in base 3: after a pair, in a deletion, in an insertion.
    """
    far = (len(old) + len(new) + 2) * (MISMATCH + GAP_OPEN)
    width = len(new) + 1
    below = [far] * (width + 1), [far] * (width + 1)  # costs after a pair, in a deletion
    ways: list[list[int]] = []
    for i in range(len(old), -1, -1):
        after_pair, in_deletion = [far] * (width + 1), [far] * (width + 1)
        in_insertion = far
        row = [0] * width
        base = old[i : i + 1]
        for j in range(width - 1, -1, -1):
            if not base and j == width - 1:
                after_pair[j] = in_deletion[j] = in_insertion = 0
                continue
            pair = below[0][j + 1] + (0 if base == new[j : j + 1] else MISMATCH)
            longer, deletion = below[1][j] + GAP_EXTEND, below[1][j] + GAP_OPEN + GAP_EXTEND
            wider, insertion = in_insertion + GAP_EXTEND, in_insertion + GAP_OPEN + GAP_EXTEND
            after_pair[j] = min(pair, deletion, insertion)
            in_deletion[j] = min(pair, longer, insertion)
            in_insertion = min(pair, deletion, wider)
            row[j] = (
                (0 if after_pair[j] == pair else 1 if after_pair[j] == deletion else 2)
                + (0 if in_deletion[j] == pair else 3 if in_deletion[j] == longer else 6)
                + (0 if in_insertion == pair else 9 if in_insertion == deletion else 18)
            )
        ways.append(row)
        below = after_pair, in_deletion
    return ways[::-1]
