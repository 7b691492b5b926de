"""VCF records of one sample, taken apart into alleles that can be compared.

All coordinates are 0-based, half-open. An allele says: put ``alt`` in place of
``reference[start:end]``; an insertion has ``start == end``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

Edit = tuple[int, int, str]
"""Start, end, alt."""

PhaseGroup = int | str
"""Alleles of a group whose ``side`` is equal lie on the same copy; a number stands for a record."""

MISMATCH, GAP_OPEN, GAP_EXTEND = 4, 6, 1
"""bwa mem's scores: a complex allele is taken apart as an aligner would have seen it."""

ALIGNABLE = 250_000
"""Length of REF times length of ALT (500 x 500) beyond which an allele is left in one piece."""

NO_CHANGE = {"*", ".", "<NON_REF>", "<*>", "<X>"}
"""ALT values that change nothing where they stand: another record's deletion, no other allele."""

BASES = set("ACGTN")


class RecordError(Exception):
    """A record that cannot be used."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


class Allele(NamedTuple):
    """One SNP or indel that a sample carries.

    ``start``, ``end``, ``alt``: as the record has it, trimmed. ``normal``: the same, as far left
    as the reference lets it move. ``low`` to ``high``: all that it touches wherever it is moved.
    ``carried`` of ``ploidy`` copies have it; ``complete``: the genotype has no missing copy.
    """

    start: int
    end: int
    alt: str
    normal: Edit
    low: int
    high: int
    carried: int
    ploidy: int
    complete: bool
    group: PhaseGroup
    side: int

    @property
    def is_snp(self) -> bool:
        """Whether it is one base for another; all else counts as an indel."""
        return self.end - self.start == 1 == len(self.alt)

    @property
    def on_all_copies(self) -> bool:
        """Whether every copy has it: ``1/1``, and ``1`` on a haploid contig."""
        return self.carried == self.ploidy

    def same_genotype(self, other: Allele) -> bool:
        """Whether the same share of copies has both, so that ``1`` equals ``1/1``."""
        share = self.carried * other.ploidy == other.carried * self.ploidy
        return share and self.complete and other.complete


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
        alts = fields[4]
        if alts in NO_CHANGE or (passing_only and fields[6] not in ("PASS", ".")):
            continue
        place = f"{fields[0]}:{fields[1]}"
        try:
            carried = _carried(*_genotype(fields[8], fields[9 + column]), number)
            position = int(fields[1]) - 1
            options = alts.upper().split(",")
            named = [(options[index - 1], *rest) for index, *rest in carried]
            many = any(ploidy > 2 for _, _, ploidy, *_ in named)
        except (ValueError, IndexError) as error:
            what = f"{place}: POS, ALT or GT cannot be read"
            raise RecordError(what, "write the VCF again") from error
        if many:
            what = f"{place}: a genotype of more than two copies"
            raise RecordError(what, "call with ploidy 1 or 2")
        ref = fields[3].upper()
        if named and not _fits(ref, sequence[position : position + len(ref)]):
            what = f"{place}: REF {ref[:20]} is not what the reference has there"
            raise RecordError(what, "give the reference that the VCF was called on")
        for alt, *genotype in named:
            if alt in NO_CHANGE:
                continue
            if not BASES.issuperset(alt):
                left_out += 1
                continue
            found.extend(
                place_on(sequence, position + start, position + end, piece, *genotype)
                for start, end, piece in atoms(ref, alt)
            )
    return found, left_out


def place_on(
    sequence: str,
    start: int,
    end: int,
    alt: str,
    carried: int = 1,
    ploidy: int = 2,
    complete: bool = True,
    group: PhaseGroup = "",
    side: int = 0,
) -> Allele:
    """Make an allele: find its normal form and its reach on the reference.

    ``alt`` and what it stands for must be trimmed: no equal base at either end.

    >>> place_on("GCAAAT", 4, 5, "").normal
    (2, 3, '')
    """
    normal = (start, end, alt)
    low, high = start, end
    length = end - start
    if not alt:
        while low > 0 and sequence[low - 1] == sequence[low + length - 1]:
            low -= 1
        while high < len(sequence) and sequence[high] == sequence[high - length]:
            high += 1
        normal = (low, low + length, "")
    elif not length:
        size = len(alt)
        while low > 0 and sequence[low - 1] == alt[(low - 1 - start) % size]:
            low -= 1
        while high < len(sequence) and sequence[high] == alt[(high - start) % size]:
            high += 1
        turn = (low - start) % size
        normal = (low, low, alt[turn:] + alt[:turn])
    return Allele(start, end, alt, normal, low, high, carried, ploidy, complete, group, side)


@lru_cache(maxsize=65536)
def atoms(ref: str, alt: str) -> tuple[Edit, ...]:
    """Take a REF and an ALT apart into SNPs and indels, in the coordinates of REF.

    Equal lengths give a SNP for each base that differs; unequal ones are aligned.

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
        return tuple(
            (start + at, start + at + 1, b)
            for at, (a, b) in enumerate(zip(old, new, strict=True))
            if a != b
        )
    if not old or not new or len(old) * len(new) > ALIGNABLE:
        return ((start, end, new),)
    return tuple((start + low, start + high, piece) for low, high, piece in _aligned(old, new))


def _genotype(form: str, sample: str) -> tuple[str, str | None]:
    """GT and, when there is one, PS."""
    if form.startswith("GT"):
        genotype = sample.partition(":")[0]
        if "|" not in genotype or ":PS" not in form:
            return genotype, None
    values = dict(zip(form.split(":"), sample.split(":"), strict=False))
    return values.get("GT", "."), values.get("PS")


def _carried(
    genotype: str, phase_set: str | None, record: int
) -> list[tuple[int, int, int, bool, PhaseGroup, int]]:
    """Index, copies, ploidy, completeness, phase group and side of each ALT in a genotype."""
    copies, phased = _copies(genotype)
    ploidy = len(copies)
    group: PhaseGroup = record
    if phased:
        group = "" if phase_set in (None, ".") else str(phase_set)
    return [
        (index, copies.count(index), ploidy, None not in copies, group, copies.index(index))
        for index in dict.fromkeys(copies)
        if index
    ]


@lru_cache(maxsize=1024)
def _copies(genotype: str) -> tuple[tuple[int | None, ...], bool]:
    """Allele index of each copy, None where missing, and whether the order is known."""
    phased = "|" in genotype
    values = genotype.replace("|", "/").split("/")
    return tuple(None if value == "." else int(value) for value in values), phased


def _fits(ref: str, bases: str) -> bool:
    """Whether REF is the reference's sequence; any base fits an ambiguity code of either."""
    if ref == bases:
        return True
    return len(ref) == len(bases) and all(
        a == b or a not in "ACGT" or b not in "ACGT" for a, b in zip(ref, bases, strict=True)
    )


def _aligned(old: str, new: str) -> list[Edit]:
    """Align two sequences end to end with affine gaps; return what differs, left to right.

    Gotoh 1982, J Mol Biol 162:705. Filled from the end, so that the way back runs left to right
    and takes a match before a gap where both cost the same.
    """
    rows, columns = len(old), len(new)
    far = (rows + columns + 1) * (MISMATCH + GAP_OPEN)
    # best[state][i][j]: cost of aligning old[i:] with new[j:] after an aligned pair (0),
    # inside a deletion (1) or an insertion (2)
    best = [[[far] * (columns + 1) for _ in range(rows + 1)] for _ in range(3)]

    def step(state: int, i: int, j: int) -> tuple[int, int]:
        """Cost and next state of the cheapest way on."""
        ways: list[tuple[int, int]] = []
        if i < rows and j < columns:
            ways.append((best[0][i + 1][j + 1] + (old[i] != new[j]) * MISMATCH, 0))
        if i < rows:
            ways.append((best[1][i + 1][j] + GAP_EXTEND + (state != 1) * GAP_OPEN, 1))
        if j < columns:
            ways.append((best[2][i][j + 1] + GAP_EXTEND + (state != 2) * GAP_OPEN, 2))
        return min(ways)

    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            for state in range(3):
                best[state][i][j] = 0 if i == rows and j == columns else step(state, i, j)[0]
    edits: list[Edit] = []
    i = j = state = 0
    while i < rows or j < columns:
        before, state = state, step(state, i, j)[1]
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
