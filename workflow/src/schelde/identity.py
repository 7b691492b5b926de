"""Who is who: the declared pedigree and sexes of a run against what the reads say.

A *statement* is what the people sheet says of two samples: that one is of the other's father or
mother, or that both are of one person (``subject_id``). What the sheet says of one sample's
parents holds for all samples of the child's and of the parent's ``subject_id``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schelde.joblog import JobError
from schelde.karyotype import SexEvidence
from schelde.kinship import (
    CUTOFFS,
    FIRST_DEGREE,
    PARENT_IBS0,
    SURE,
    Kin,
    Kinship,
    Relation,
    kinship_of,
)
from schelde.mendel import Errors, duo_errors, trio_errors
from schelde.pileup import read_called
from schelde.pipes import whole
from schelde.sheet import Person, Sex

ALL_PAIRS = 50
"""Samples up to which the table of pairs has every pair; of more it would have thousands."""

FIRST_CUTOFF = CUTOFFS[1][0]
SECOND_CUTOFF = CUTOFFS[2][0]
DUPLICATE_CUTOFF = CUTOFFS[0][0]

FATHER, MOTHER, SAME, SIBLING = "father", "mother", "same person", "sibling"
ROLE_SEX = {FATHER: Sex.MALE, MOTHER: Sex.FEMALE}


class IdentityError(JobError):
    """The samples' panel counts cannot be compared."""


@dataclass(frozen=True)
class Pair:
    """Two samples; a row of the table of pairs."""

    sample: str
    other: str
    sites: int  # called in both
    heterozygous: int  # of them, in the sample that has fewer
    kinship: float | None
    standard_error: float | None
    ibs0: float | None  # share of the sites where they are opposite homozygotes
    relation: str  # by the reads
    declared: str | None  # what `sample` is of `other`, by the sheet: father, child, ...
    agrees: bool | None  # None without a statement, or when undetermined


@dataclass(frozen=True)
class Trio:
    """A child with both parents, or with one; a row of the table of trios."""

    child: str
    father: str | None
    mother: str | None
    sites: int  # autosomal, all genotypes called
    informative: int  # of them: a parent, or the parent, is homozygous
    errors: int  # the child's genotype does not follow
    error_percent: float | None  # of the informative


@dataclass(frozen=True)
class Statement:
    """``first`` is of the father or mother of ``second``, or both are of one person."""

    kind: str  # FATHER, MOTHER or SAME
    first: str
    second: str


@dataclass(frozen=True)
class Identity:
    """What was found about the people of a run."""

    pairs: list[Pair]
    trios: list[Trio]
    _metrics: Mapping[str, dict[str, bool | int | float | None]] = field(default_factory=dict)
    _hints: Mapping[str, list[str]] = field(default_factory=dict)

    def metrics(self, sample: str) -> dict[str, bool | int | float | None]:
        """Return sex_agrees, pedigree_agrees, unexpected_relatives and mendel_error_rate."""
        return dict(self._metrics[sample])

    def hints(self, sample: str) -> list[str]:
        """Return sentences about what does not fit, and what would."""
        return list(self._hints[sample])


def judge_people(
    people: Sequence[Person],
    counts: Mapping[str, Path],
    sex: Mapping[str, SexEvidence],
    autosomes: Collection[str],
) -> Identity:
    """Compare the sheet with the genotypes at the panel's autosomal sites.

    ``counts`` has PANEL_COUNTS of each sample that has them; a sample without is not compared.
    ``sex`` has what `schelde.karyotype.measure_sex` found. Raises `IdentityError` when the counts
    are not of one panel.
    """
    samples = [person.sample for person in people if person.sample in counts]
    genotypes, frequency = read_genotypes([counts[sample] for sample in samples], autosomes)
    return identity_of(people, samples, genotypes, frequency, sex)


def read_genotypes(
    files: Sequence[Path], autosomes: Collection[str]
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return genotypes of shape (files, autosomal sites) and the frequency of ALT at the sites.

    Raises `IdentityError` when the files do not have the same sites.
    """
    rows: list[NDArray[np.int8]] = []
    sites: list[list[bytes]] = []
    chosen = np.zeros(0, dtype=np.bool_)
    for file in files:
        these, copies = read_called(file)
        if not rows:
            sites = these
            chosen = np.isin([site[0].decode() for site in sites], list(autosomes))
        elif these != sites:
            raise IdentityError(f"{file} does not have the sites of {files[0]}")
        rows.append(copies[chosen])
    frequency = np.array([float(site[4]) for site in sites], dtype=np.float64)[chosen]
    return np.array(rows, dtype=np.int8).reshape(len(rows), len(frequency)), frequency


def identity_of(
    people: Sequence[Person],
    samples: Sequence[str],
    genotypes: NDArray[np.int8],
    frequency: NDArray[np.float64],
    sex: Mapping[str, SexEvidence],
) -> Identity:
    """Judge people by ``genotypes``, whose rows are ``samples``; see `kinship_of` for shapes."""
    reads = _Reads({s: row for row, s in enumerate(samples)}, kinship_of(genotypes, frequency), sex)
    sheet = _Declared(people)
    trios = _trios(people, reads.rows, genotypes)
    unexpected = _unexpected(sheet, reads)
    rates = {trio.child: trio.error_percent for trio in trios if trio.father and trio.mother}
    metrics: dict[str, dict[str, bool | int | float | None]] = {
        person.sample: {
            "sex_agrees": sex_agrees(person, sex.get(person.sample)),
            "pedigree_agrees": _pedigree_agrees(person.sample, sheet, reads),
            "unexpected_relatives": (
                len(unexpected[person.sample]) if reads.comparable(person.sample) else None
            ),
            "mendel_error_rate": rates.get(person.sample),
        }
        for person in people
    }
    hints = _hints(people, sheet, reads, unexpected)
    return Identity(_pairs(sheet, reads), trios, metrics, hints)


def sex_agrees(person: Person, evidence: SexEvidence | None) -> bool | None:
    """Return whether declared and inferred sex are the same; None when either is unknown."""
    if evidence is None or Sex.UNKNOWN in (person.sex, evidence.sex):
        return None
    return evidence.sex == person.sex


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write the table of pairs as TSV; an empty cell is None."""
    _write(path, pairs, Pair)


def write_trios(path: Path, trios: Iterable[Trio]) -> None:
    """Write the table of trios as TSV; an empty cell is None."""
    _write(path, trios, Trio)


class _Declared:
    """Relations that the sheet states, by pairs of samples."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = {person.sample: person for person in people}
        self._samples: dict[str, list[str]] = {}
        for person in people:
            self._samples.setdefault(self.subject(person.sample), []).append(person.sample)
        self.statements = [*self._parenthood(), *self._sameness()]
        self.of: dict[str, list[Statement]] = {sample: [] for sample in self.people}
        self.words: dict[tuple[str, str], str] = {}
        for statement in self.statements:
            self.of[statement.first].append(statement)
            self.of[statement.second].append(statement)
            back = SAME if statement.kind == SAME else "child"
            self.words[statement.first, statement.second] = statement.kind
            self.words[statement.second, statement.first] = back
        self._add_siblings()

    def subject(self, sample: str) -> str:
        """Return who the sample is of; a sample that is not in the sheet is its own person."""
        person = self.people.get(sample)
        # A subject may bear the name of another one's sample.
        subject = None if person is None else person.subject_id
        return f"sample {sample}" if subject is None else f"subject {subject}"

    def parents(self, sample: str) -> set[str]:
        """Return the subjects of the person's declared father and mother."""
        people = [self.people[each] for each in self._samples[self.subject(sample)]]
        named = [parent for person in people for parent in (person.father, person.mother)]
        return {self.subject(parent) for parent in named if parent is not None}

    def _parenthood(self) -> list[Statement]:
        found = [
            Statement(kind, parent, child)
            for person in self.people.values()
            for kind, named in ((FATHER, person.father), (MOTHER, person.mother))
            if named is not None
            for child in self._samples[self.subject(person.sample)]
            for parent in self._samples.get(self.subject(named), [])
            if parent != child
        ]
        return list(dict.fromkeys(found))  # two samples of a child may name the same parent

    def _sameness(self) -> list[Statement]:
        return [
            Statement(SAME, first, second)
            for members in self._samples.values()
            for first, second in combinations(members, 2)
        ]

    def _add_siblings(self) -> None:
        """Note children of one parent, whether they share the other or not."""
        children: dict[str, list[str]] = {}
        for sample in self.people:
            for parent in sorted(self.parents(sample)):
                children.setdefault(parent, []).append(sample)
        for members in children.values():
            for pair in combinations(members, 2):
                self.words.setdefault(pair, SIBLING)
                self.words.setdefault((pair[1], pair[0]), SIBLING)


@dataclass(frozen=True)
class _Reads:
    """What the reads say: kinship by sample, and sex."""

    rows: Mapping[str, int]
    kinship: Kinship
    sex: Mapping[str, SexEvidence]

    def pair(self, first: str, second: str) -> Kin | None:
        """Return the numbers of two samples; None when one has no genotypes."""
        if first not in self.rows or second not in self.rows:
            return None
        return self.kinship.pair(self.rows[first], self.rows[second])

    def comparable(self, sample: str) -> bool:
        """Return whether the sample has a kinship with any other, or there is no other."""
        row = self.rows.get(sample)
        if row is None or len(self.rows) == 1:
            return row is not None
        known = ~np.isnan(self.kinship.kinship[row])
        known[row] = False
        return bool(known.any())

    def inferred(self, sample: str) -> str:
        """Return female, male or unknown."""
        evidence = self.sex.get(sample)
        return Sex.UNKNOWN if evidence is None else evidence.sex

    def holds(self, statement: Statement, name: Callable[[str], str] = str) -> bool | None:
        """Return whether a statement is true of the reads; None when they do not tell.

        ``name`` gives for a sample the one whose reads stand in for its own.
        """
        pair = self.pair(name(statement.first), name(statement.second))
        if pair is None:
            return None
        if statement.kind == SAME:
            return is_same(pair)
        role = ROLE_SEX[statement.kind]
        if self.inferred(name(statement.first)) not in (role, Sex.UNKNOWN):
            return False
        return is_parent(pair)


def is_same(pair: Kin) -> bool | None:
    """Return whether two samples are of one person (or twins); None when undetermined."""
    if pair.kinship is None:
        return None
    return pair.kinship > DUPLICATE_CUTOFF


def is_parent(pair: Kin) -> bool | None:
    """Return whether one of two samples may be the other's parent; None when undetermined.

    Kinship of the first degree, give or take `SURE` standard errors, which alone refuses; and at
    most `PARENT_IBS0` of the opposite homozygotes of strangers, without which number, with few
    sites, nobody is confirmed: half-way to a stranger is within the error of kinship then.
    """
    if pair.kinship is None:
        return None
    margin = SURE * (pair.standard_error or 0)
    if not FIRST_CUTOFF - margin < pair.kinship <= DUPLICATE_CUTOFF + margin:
        return False
    return None if pair.ibs0_ratio is None else pair.ibs0_ratio <= PARENT_IBS0


def _pedigree_agrees(sample: str, sheet: _Declared, reads: _Reads) -> bool | None:
    """Return whether every statement with the sample that can be judged holds; None without one.

    Also those about its children: when a statement fails, either sample may be the wrong one.
    """
    told = [reads.holds(statement) for statement in sheet.of[sample]]
    judged = [holds for holds in told if holds is not None]
    return all(judged) if judged else None


def _unexpected(sheet: _Declared, reads: _Reads) -> dict[str, list[tuple[str, Kin]]]:
    """Return for each sample the others that are duplicates or of the first degree undeclared."""
    samples = list(reads.rows)
    found: dict[str, list[tuple[str, Kin]]] = {sample: [] for sample in sheet.people}
    for row, column in reads.kinship.related():
        first, second = samples[row], samples[column]
        pair = reads.kinship.pair(row, column)
        if _is_close(pair) and not _is_expected(pair.relation, sheet.words.get((first, second))):
            found[first].append((second, pair))
            found[second].append((first, pair))
    return found


def _is_close(pair: Kin) -> bool:
    """Return whether a pair is a duplicate or of the first degree, and surely of the second."""
    if pair.kinship is None or pair.relation not in (Relation.DUPLICATE, *FIRST_DEGREE):
        return False
    return pair.kinship - SURE * (pair.standard_error or 0) > SECOND_CUTOFF


def _is_expected(relation: Relation, declared: str | None) -> bool:
    return declared == SAME or (declared is not None and relation in FIRST_DEGREE)


def _pairs(sheet: _Declared, reads: _Reads) -> list[Pair]:
    """Return the rows of the table: all pairs of few samples, else those related or declared."""
    samples = list(reads.rows)
    if len(samples) <= ALL_PAIRS:
        chosen = set(combinations(range(len(samples)), 2))
    else:
        chosen = set(reads.kinship.related())
        for first, second in sheet.words:
            if first in reads.rows and second in reads.rows:
                row, column = sorted((reads.rows[first], reads.rows[second]))
                chosen.add((row, column))
    return [
        _pair_row(samples[row], samples[column], sheet, reads) for row, column in sorted(chosen)
    ]


def _pair_row(sample: str, other: str, sheet: _Declared, reads: _Reads) -> Pair:
    kin = reads.kinship.pair(reads.rows[sample], reads.rows[other])
    told = [reads.holds(each) for each in sheet.of[sample] if other in (each.first, each.second)]
    return Pair(
        sample=sample,
        other=other,
        sites=kin.sites,
        heterozygous=kin.heterozygous,
        kinship=kin.kinship,
        standard_error=kin.standard_error,
        ibs0=kin.ibs0,
        relation=kin.relation,
        declared=sheet.words.get((sample, other)),
        agrees=told[0] if told else None,
    )


def _trios(
    people: Sequence[Person], rows: Mapping[str, int], genotypes: NDArray[np.int8]
) -> list[Trio]:
    """Return a row for each child with two compared parents, and one for each with either."""
    found: list[Trio] = []
    for person in people:
        if person.sample not in rows:
            continue
        child = genotypes[rows[person.sample]]
        father, mother = (p if p in rows else None for p in (person.father, person.mother))
        if father is not None and mother is not None:
            errors = trio_errors(child, genotypes[rows[father]], genotypes[rows[mother]])
            found.append(_trio_row(person.sample, father, mother, errors))
        for one, other in ((father, None), (None, mother)):
            parent = one or other
            if parent is not None:
                errors = duo_errors(child, genotypes[rows[parent]])
                found.append(_trio_row(person.sample, one, other, errors))
    return found


def _trio_row(child: str, father: str | None, mother: str | None, errors: Errors) -> Trio:
    return Trio(
        *(child, father, mother), errors.sites, errors.informative, errors.errors, errors.rate
    )


def _hints(
    people: Sequence[Person],
    sheet: _Declared,
    reads: _Reads,
    unexpected: Mapping[str, Sequence[tuple[str, Kin]]],
) -> dict[str, list[str]]:
    """Return for each sample its sentences, each once."""
    found: dict[str, list[str]] = {person.sample: [] for person in people}
    for person in people:
        found[person.sample] += _sex_hints(person, reads.sex.get(person.sample))
        found[person.sample] += [
            _relative_hint(person.sample, other, pair) for other, pair in unexpected[person.sample]
        ]
    for statement in sheet.statements:
        if reads.holds(statement) is False:
            sentence = _refusal(statement, sheet, reads)
            found[statement.first].append(sentence)
            found[statement.second].append(sentence)
    for first, second, explained in _exchanges(sheet, reads):
        sentence = f"exchanging '{first}' and '{second}' would agree with the pedigree"
        concerned = {first, second, *(s for each in explained for s in (each.first, each.second))}
        for sample in concerned:
            found[sample].append(sentence)
    return found


def _sex_hints(person: Person, evidence: SexEvidence | None) -> list[str]:
    if evidence is None:
        return []
    if evidence.karyotype is None:
        return [] if evidence.note is None else [f"sex is unclear: {evidence.note}"]
    if sex_agrees(person, evidence) is False:
        return [f"declared {person.sex}, but {evidence.sex} by the reads ({evidence.karyotype})"]
    known = evidence.karyotype in ("XX", "XY")
    return [] if known else [f"karyotype {evidence.karyotype} by the reads"]


def _relative_hint(sample: str, other: str, pair: Kin) -> str:
    if pair.relation is Relation.DUPLICATE:
        return f"reads of '{sample}' look like those of '{other}' ({pair.numbers})"
    return (
        f"'{sample}' and '{other}' are {pair.relation} by their reads, undeclared ({pair.numbers})"
    )


def _refusal(statement: Statement, sheet: _Declared, reads: _Reads) -> str:
    """Return the sentence about a statement that does not hold."""
    first, second = statement.first, statement.second
    pair = reads.pair(first, second)
    numbers = "" if pair is None else f" ({pair.numbers})"
    if statement.kind == SAME:
        return f"'{first}' and '{second}' are declared as one person, but are not{numbers}"
    if pair is None or is_parent(pair) is not False:
        sex = reads.inferred(first)
        return f"declared {statement.kind} '{first}' of '{second}' is {sex} by the reads"
    sentence = f"declared {statement.kind} '{first}' is not a parent of '{second}'{numbers}"
    others = [f"'{name}'" for name in _possible_parents(statement, sheet, reads)]
    return f"{sentence}, but {' or '.join(others)} could be" if others else sentence


def _possible_parents(statement: Statement, sheet: _Declared, reads: _Reads) -> list[str]:
    """Return the samples that may be the parent in place of the declared one."""
    child = statement.second
    if child not in reads.rows:
        return []
    samples = list(reads.rows)
    near = np.flatnonzero(reads.kinship.kinship[reads.rows[child]] > SECOND_CUTOFF)
    return [
        name
        for name in (samples[row] for row in near)
        if name not in (child, statement.first)
        and sheet.words.get((name, child)) not in (FATHER, MOTHER, SAME, "child")
        and reads.holds(Statement(statement.kind, name, child))
    ]


def _exchanges(sheet: _Declared, reads: _Reads) -> list[tuple[str, str, frozenset[Statement]]]:
    """Return the pairs of samples that were exchanged if the sheet is right otherwise.

    Each comes with the statements that it sets right. With the reads of one taken for the
    other's, no statement about the two and neither declared sex is refuted, and more statements
    hold than before. Left out is a pair that explains nothing beyond what an exchange that sets
    more statements right explains: when two children were exchanged, exchanging the fathers would
    do for the fathers alone.
    """
    suspects = {
        sample
        for statement in sheet.statements
        if reads.holds(statement) is False
        for sample in (statement.first, statement.second)
    }
    tried = [
        (*_gain(first, second, sheet, reads), first, second)
        for first, second in combinations(reads.rows, 2)
        if first in suspects or second in suspects
    ]
    better = [each for each in tried if each[0] > 0]
    return [
        (first, second, explained)
        for gain, explained, first, second in better
        if not explained <= set().union(*(those for more, those, *_ in better if more > gain))
    ]


def _gain(
    first: str, second: str, sheet: _Declared, reads: _Reads
) -> tuple[int, frozenset[Statement]]:
    """Return how many more statements hold after an exchange, and which it explains.

    0 and none when one is refuted then.
    """
    swap = {first: second, second: first}

    def name(sample: str) -> str:
        return swap.get(sample, sample)

    for sample in swap:
        declared, inferred = sheet.people[sample].sex, reads.inferred(name(sample))
        if Sex.UNKNOWN not in (declared, inferred) and declared != inferred:
            return 0, frozenset()
    statements = {*sheet.of[first], *sheet.of[second]}
    after = [reads.holds(statement, name) for statement in statements]
    if False in after:
        return 0, frozenset()
    before = [reads.holds(statement) for statement in statements]
    wrong = (each for each, holds in zip(statements, before, strict=True) if holds is False)
    return after.count(True) - before.count(True), frozenset(wrong)


def _write(path: Path, rows: Iterable[Pair] | Iterable[Trio], kind: type[Pair | Trio]) -> None:
    names = [each.name for each in fields(kind)]
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, delimiter="\t", lineterminator="\n")
        table.writerow(names)
        table.writerows([_cell(getattr(row, name)) for name in names] for row in rows)


def _cell(value: str | int | float | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # Added 0 makes -0.0 a 0.0.
    return f"{round(value, 4) + 0.0:.4f}" if isinstance(value, float) else str(value)
