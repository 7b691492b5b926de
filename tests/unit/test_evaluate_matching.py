"""Alleles of truth and calls are matched, however the records are written."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schelde.evaluate.haplotypes as haplotypes
from schelde.evaluate.alleles import Allele, Edit, read_alleles
from schelde.evaluate.matching import Match, Matches, match

SEQUENCE = "GATTACAGGGTCAACGTTGCATTCG" + "ACGTCATGCA" * 10

Change = tuple[Edit, tuple[bool, bool]]
"""An edit and which of two copies have it."""


def read(records: Iterable[str], sequence: str = SEQUENCE) -> list[Allele]:
    """Read records written as ``pos ref alt genotype``."""
    lines = []
    for record in records:
        pos, ref, alt, genotype = record.split()
        lines.append(f"1\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{genotype}")
    return read_alleles(lines, 0, sequence, passing_only=True)[0]


def compared(truth: list[str], calls: list[str]) -> tuple[list[int], list[int]]:
    found = match(read(truth), read(calls), SEQUENCE)
    return [int(m) for m in found.truth], [int(m) for m in found.calls]


@pytest.mark.parametrize(
    ("truth", "calls", "expected"),
    [
        (["2 A C 0/1"], ["2 A C 0/1"], ([2], [2])),
        (["2 A C 0/1"], ["2 A C 1/1"], ([1], [1])),
        (["2 A C 1"], ["2 A C 1/1"], ([2], [2])),
        (["2 A C 1/1"], ["2 A C 1"], ([2], [2])),
        (["2 A C 1"], ["2 A C 0/1"], ([1], [1])),
        (["2 A C 0/1"], ["2 A C ./1"], ([1], [1])),
        (["2 A C 0/1"], ["2 A G 0/1"], ([0], [0])),
        (["2 A C 0/1"], [], ([0], [])),
        (["2 A C,G 1/2"], ["2 A C 0/1"], ([2, 0], [2])),
        (["2 A C,G 1/2"], ["2 A G,C 2|1"], ([2, 2], [2, 2])),
        (["7 AG A 0/1"], ["9 GG G 0/1"], ([2], [2])),
        (["2 AT CG 0/1"], ["2 A C 0/1", "3 T G 0/1"], ([2, 2], [2, 2])),
        (["3 TTAC TACC 1/1"], ["2 AT A 1/1", "5 A AC 1/1"], ([2, 2], [2, 2])),
        (["2 A C 0/1"], ["2 A C 0/1", "2 A C 0/1"], ([2], [2, 0])),
        (["2 A C 1/1"], ["2 A C 0/1", "2 AT CG 0/1"], ([2], [2, 2, 0])),
    ],
)
def test_alleles_match_by_what_they_spell(
    truth: list[str], calls: list[str], expected: tuple[list[int], list[int]]
) -> None:
    assert compared(truth, calls) == expected


def test_copies_given_twice_in_parts_match_a_genotype() -> None:
    assert compared(["2 A C 1/1", "3 T G 0/1"], ["2 A C 0/1", "2 AT CG 0/1"]) == ([2, 2], [2, 2, 2])


def test_a_wrong_neighbour_does_not_spoil_what_is_right() -> None:
    truth = ["3 TTAC TACC 0/1", "12 C G 0/1"]
    calls = ["2 AT A 0/1", "5 A AC 0/1", "12 C T 0/1"]
    assert compared(truth, calls) == ([2, 2, 0], [2, 2, 0])


def test_a_genotype_that_is_wrong_in_other_words_matches_as_alleles() -> None:
    assert compared(["3 TTAC TACC 0/1"], ["2 AT A 1/1", "5 A AC 1/1"]) == ([1, 1], [1, 1])


def test_a_genotype_is_right_whatever_the_phase_is() -> None:
    truth = ["2 A C 0|1", "3 T G 1|0", "12 C G 0/1"]
    calls = ["2 A C 0|1", "3 T G 0|1", "12 C T 0/1"]
    assert compared(truth, calls) == ([2, 2, 0], [2, 2, 0])


def test_alleles_that_exclude_each_other_are_both_found_on_one_copy() -> None:
    truth = ["3 TTAC TACC,ATAC 1/2"]
    calls = ["2 AT A ./1", "2 A AA ./1", "3 TT T ./1", "5 A AC ./1"]
    assert compared(truth, calls) == ([1, 1, 1], [1, 1, 1, 1])


def test_both_ends_of_a_long_repeat_are_one_cluster() -> None:
    sequence = "G" + "A" * 120 + "C"
    together, apart = ["1 GAA G 0/1"], ["1 GA G 0|1", "120 AA A 0|1"]
    for truth, calls in ((together, apart), (apart, together)):
        found = match(read(truth, sequence), read(calls, sequence), sequence)
        assert {*found.truth, *found.calls} == {Match.GENOTYPE}


def test_a_tangle_is_compared_allele_by_allele_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haplotypes, "MAX_PATHS", 1)
    truth = read(["3 TTAC TACC 1/1", "12 C G 0/1"])
    found = match(truth, read(["2 AT A 1/1", "5 A AC 1/1", "12 C G 0/1"]), SEQUENCE)
    assert found == Matches(
        [Match.NONE, Match.NONE, Match.GENOTYPE], [Match.NONE, Match.NONE, Match.GENOTYPE], 1
    )


def blocks(sequence: str, changes: list[Change], cuts: list[int], separator: str) -> list[Allele]:
    """Write both copies again, with one record from each cut to the next."""
    records = []
    for low, high in pairwise([0, *cuts, len(sequence)]):
        copies = []
        for copy in (0, 1):
            text = sequence[low:high]
            for (start, end, alt), carriers in reversed(changes):
                if low <= start < high and carriers[copy]:
                    text = text[: start - low] + alt + text[end - low :]
            copies.append(text)
        ref = sequence[low:high]
        alts = [text for text in dict.fromkeys(copies) if text != ref]
        if alts:
            genotype = separator.join(str([ref, *alts].index(text)) for text in copies)
            records.append(f"{low + 1} {ref} {','.join(alts)} {genotype}")
    return read(records, sequence)


@st.composite
def people(draw: st.DrawFn) -> tuple[str, list[Change], list[int]]:
    """A poor sequence, what a person has in place of it, and where to cut without cutting that.

    Only T and G are won, and the sequence has none, so that no changes undo one another: those
    would be counted as wrong where the other side does not have them.
    """
    sequence = draw(st.text(draw(st.sampled_from(["AC", "AAAAC"])), min_size=50, max_size=50))
    changes: list[Change] = []
    free: list[int] = []
    reached = 1
    while len(changes) < 8:
        start = reached + draw(st.integers(0, 6))
        length, alt = draw(
            st.sampled_from(
                [(1, "A"), (1, "C"), (1, "G"), (1, ""), (2, ""), (3, "A"), (0, "T"), (0, "TTG")]
            )
        )
        carriers = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        if start + length >= len(sequence):
            break
        if sequence[start : start + length] != alt:
            changes.append(((start, start + length, alt), carriers))
            free.append(start - 1)
        reached = start + max(length, 1) + 1
    cuts = sorted(draw(st.sets(st.sampled_from(free)))) if free else []
    return sequence, changes, [cut for cut in cuts if cut]


def singly(sequence: str, changes: list[Change], separator: str) -> list[Allele]:
    return blocks(sequence, changes, [s - 1 for (s, _, _), _ in changes if s > 1], separator)


@settings(deadline=None)
@given(people())
def test_all_is_right_when_the_same_copies_are_written_in_other_blocks(
    drawn: tuple[str, list[Change], list[int]],
) -> None:
    sequence, changes, cuts = drawn
    truth = singly(sequence, changes, "|")
    for separator in "|/":
        found = match(truth, blocks(sequence, changes, cuts, separator), sequence)
        assert {*found.truth, *found.calls} <= {Match.GENOTYPE}


@settings(deadline=None)
@given(people(), st.data())
def test_one_change_left_out_or_put_in_is_one_allele_wrong(
    drawn: tuple[str, list[Change], list[int]], data: st.DataObject
) -> None:
    sequence, changes, cuts = drawn
    snps = [c for c in changes if c[0][1] - c[0][0] == 1 == len(c[0][2])]
    if not snps:
        return
    lost = data.draw(st.sampled_from(snps))
    fewer = [change for change in changes if change != lost]
    more, less = singly(sequence, changes, "|"), blocks(sequence, fewer, cuts, "|")
    for found in (match(more, less, sequence), match(less, more, sequence)):
        wrong = [m for m in (*found.truth, *found.calls) if m is Match.NONE]
        assert len(wrong) == 1
