"""Which alleles of truth and calls are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from schelde.evaluate.alleles import Allele, Edit
from schelde.evaluate.haplotypes import TooManyPathsError, same_sequence

CLUSTER_GAP = 50
"""Bases without any allele that end a cluster; alleles further apart are never weighed together."""


class Match(IntEnum):
    """How much of an allele is right."""

    NONE = 0
    ALLELE = 1
    GENOTYPE = 2


@dataclass(frozen=True)
class Matches:
    """What was found, allele by allele; ``knots`` counts clusters too tangled to be searched."""

    truth: list[Match]
    calls: list[Match]
    knots: int


def match(truth: Sequence[Allele], calls: Sequence[Allele], sequence: str) -> Matches:
    """Match the alleles of one contig.

    First those with the same normal form; then, in every cluster where both sides still have
    something to explain, all that spell the same sequences: on both copies (genotypes match),
    then of what is left on one copy (alleles match).
    """
    matches = Matches([Match.NONE] * len(truth), [Match.NONE] * len(calls), 0)
    _pair(truth, calls, matches, range(len(truth)), range(len(calls)))
    knots = 0
    for of_truth, of_calls in _clusters(truth, calls):
        open_truth = any(matches.truth[i] < Match.GENOTYPE for i in of_truth)
        open_calls = any(matches.calls[i] < Match.GENOTYPE for i in of_calls)
        if open_truth and open_calls:
            try:
                _search(truth, calls, sequence, matches, of_truth, of_calls)
            except TooManyPathsError:
                knots += 1
    return Matches(matches.truth, matches.calls, knots)


def _pair(
    truth: Sequence[Allele],
    calls: Sequence[Allele],
    matches: Matches,
    of_truth: Sequence[int],
    of_calls: Sequence[int],
) -> None:
    """Match alleles of the same normal form one to one, those of equal genotype first."""
    by_form: dict[Edit, list[int]] = {}
    for i in of_truth:
        by_form.setdefault(truth[i].normal, []).append(i)
    for reached in (Match.GENOTYPE, Match.ALLELE):
        for j in of_calls:
            if matches.calls[j] >= reached:
                continue
            for i in by_form.get(calls[j].normal, ()):
                if matches.truth[i] != matches.calls[j]:
                    continue
                if reached is Match.ALLELE or truth[i].genotype.equals(calls[j].genotype):
                    matches.truth[i] = matches.calls[j] = reached
                    break


def _clusters(
    truth: Sequence[Allele], calls: Sequence[Allele]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield indices of truth alleles and calls that lie near one another."""
    order = sorted(
        [(allele.low, allele.high, 0, i) for i, allele in enumerate(truth)]
        + [(allele.low, allele.high, 1, i) for i, allele in enumerate(calls)]
    )
    members: tuple[list[int], list[int]] = ([], [])
    reached = 0
    for low, high, side, i in order:
        if low > reached + CLUSTER_GAP:
            yield members
            members = ([], [])
        members[side].append(i)
        reached = max(reached, high)
    yield members


def _search(
    truth: Sequence[Allele],
    calls: Sequence[Allele],
    sequence: str,
    matches: Matches,
    of_truth: list[int],
    of_calls: list[int],
) -> None:
    """Match one cluster by the sequences that it spells; leave it as it was on an error."""
    found_truth = dict.fromkeys(of_truth, Match.NONE)
    found_calls = dict.fromkeys(of_calls, Match.NONE)
    ploidy = 2
    while True:
        left_truth = [i for i in of_truth if not found_truth[i]]
        left_calls = [i for i in of_calls if not found_calls[i]]
        used_truth, used_calls = same_sequence(
            [truth[i] for i in left_truth], [calls[i] for i in left_calls], sequence, ploidy=ploidy
        )
        level = Match.GENOTYPE if ploidy == 2 else Match.ALLELE
        found_truth.update({left_truth[k]: level for k in used_truth})
        found_calls.update({left_calls[k]: level for k in used_calls})
        if ploidy == 1 and not used_truth:
            break
        ploidy = 1
    for i in of_truth:
        matches.truth[i] = found_truth[i]
    for i in of_calls:
        matches.calls[i] = found_calls[i]
    _pair(truth, calls, matches, of_truth, of_calls)
