"""The same sequence is found, whatever it is written as."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schelde.evaluate.haplotypes as haplotypes
from schelde.evaluate.alleles import Allele, Genotype, placed
from schelde.evaluate.haplotypes import TooManyPathsError, same_sequence

HOM = Genotype(2, 2, True, 0, 0)
SEQUENCE = "GATTACAGGGTCA"


def het(group: int | str = 0, side: int = 0) -> Genotype:
    return Genotype(1, 2, True, group, side)


def at(
    start: int, end: int, alt: str, genotype: Genotype = HOM, sequence: str = SEQUENCE
) -> Allele:
    return placed(sequence, start, end, alt, genotype)


def used(truth: Sequence[Allele], calls: Sequence[Allele], ploidy: int = 2) -> tuple[int, int]:
    truths, said = same_sequence(truth, calls, SEQUENCE, ploidy=ploidy)
    return len(truths), len(said)


def test_an_indel_equals_the_same_indel_further_right() -> None:
    assert used([at(7, 8, "")], [at(9, 10, "")]) == (1, 1)


def test_snps_equal_the_indels_that_spell_them() -> None:
    # TTAC becomes TACC: T>A, A>C, or a T lost and a C won
    assert used([at(3, 4, "A"), at(4, 5, "C")], [at(2, 3, ""), at(5, 5, "C")]) == (2, 2)


def test_a_different_sequence_is_not_equal() -> None:
    assert used([at(7, 8, "")], [at(5, 6, "")]) == (0, 0)


def test_one_copy_is_not_two() -> None:
    truth, calls = [at(1, 2, "C", het())], [at(1, 2, "C")]
    assert (used(truth, calls), used(truth, calls, ploidy=1)) == ((0, 0), (1, 1))


def test_an_incomplete_genotype_takes_part_on_one_copy_only() -> None:
    calls = [at(1, 2, "C", Genotype(1, 2, False, 0, 1))]
    truth = [at(1, 2, "C", het())]
    assert (used(truth, calls), used(truth, calls, ploidy=1)) == ((0, 0), (1, 1))


def test_given_phase_is_kept() -> None:
    # AT becomes CG on one copy, or C and G on different ones
    together = [at(1, 2, "C", het("x", 0)), at(2, 3, "G", het("x", 0))]
    apart = [at(1, 2, "C", het("x", 0)), at(2, 3, "G", het("x", 1))]
    turned = [at(1, 2, "C", het("y", 1)), at(2, 3, "G", het("y", 1))]
    assert used(together, apart) == (1, 1)
    assert used(together, turned) == (2, 2)


def test_free_phase_fits_any() -> None:
    free = [at(1, 2, "C", het(1)), at(2, 3, "G", het(2))]
    for side in (0, 1):
        given = [at(1, 2, "C", het("x", 0)), at(2, 3, "G", het("x", side))]
        assert used(free, given) == used(given, free) == (2, 2)


def test_an_insertion_and_the_base_after_it_go_together() -> None:
    assert used([at(7, 7, "T"), at(7, 8, "C")], [at(7, 8, "TC")]) == (2, 1)


def test_what_one_side_takes_back_itself_is_not_right() -> None:
    assert used([], [at(7, 7, "G"), at(9, 10, "")]) == (0, 0)


def test_alleles_that_overlap_on_a_copy_are_not_used_together() -> None:
    calls = [at(6, 8, "", HOM), at(7, 8, "T", HOM)]
    assert used([at(6, 8, "")], calls) == (1, 1)


def test_nothing_compared_with_nothing_is_nothing() -> None:
    assert used([], []) == (0, 0)


def test_too_many_paths_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haplotypes, "MAX_PATHS", 2)
    with pytest.raises(TooManyPathsError):
        same_sequence([at(7, 8, ""), at(11, 11, "C")], [at(8, 9, "")], SEQUENCE, ploidy=2)


Laid = tuple[Allele, bool, tuple[int, ...]]  # allele, of truth, copies


def layings(alleles: Sequence[Allele], of_truth: bool) -> Iterator[list[Laid]]:
    """Every subset, in every phase that the groups allow."""
    groups = sorted({a.genotype.group for a in alleles}, key=str)
    for turns in product((0, 1), repeat=len(groups)):
        turn = dict(zip(groups, turns, strict=True))
        for chosen in product((False, True), repeat=len(alleles)):
            yield [
                (
                    allele,
                    of_truth,
                    (0, 1)
                    if allele.genotype.on_all_copies
                    else (allele.genotype.side ^ turn[allele.genotype.group],),
                )
                for allele, wanted in zip(alleles, chosen, strict=True)
                if wanted
            ]


def spelled(laid: Sequence[Laid], copy: int, before: int, sequence: str) -> str | None:
    """One copy's sequence up to a place; None if alleles overlap there or reach beyond."""
    edits = sorted(a[:3] for a, _, copies in laid if copy in copies and a.start < before)
    text, reached = "", 0
    for number, (start, end, alt) in enumerate(edits):
        again = number and edits[number - 1][:2] == (start, start) == (start, end)
        if start < reached or again:
            return None
        text += sequence[reached:start] + alt
        reached = end
    return None if reached > before else text + sequence[reached:before]


def best_count(truth: Sequence[Allele], calls: Sequence[Allele], sequence: str) -> int:
    """Most alleles that spell the same, by trying everything."""
    stops = [*sorted({a.start for a in (*truth, *calls)}), len(sequence) + 1]
    best = 0
    for true in layings(truth, True):
        for said in layings(calls, False):
            if len(true) + len(said) <= best:
                continue
            whole = [
                [spelled(one, copy, len(sequence) + 1, sequence) for copy in (0, 1)]
                for one in (true, said)
            ]
            if None in whole[0] or whole[0] != whole[1]:
                continue
            meetings = [0] + [
                stop
                for stop in stops
                if all(
                    (text := spelled(true, copy, stop, sequence)) is not None
                    and text == spelled(said, copy, stop, sequence)
                    for copy in (0, 1)
                )
            ]
            fair = all(
                any(low <= a.start < high for a, _, _ in true)
                == any(low <= a.start < high for a, _, _ in said)
                for low, high in pairwise(meetings)
            )
            if fair:
                best = len(true) + len(said)
    return best


@st.composite
def sides(draw: st.DrawFn) -> tuple[str, list[Allele], list[Allele]]:
    """A poor sequence, some alleles, and alleles much like them near them."""
    sequence = draw(st.text("AAAC", min_size=6, max_size=9))
    sorts = st.sampled_from([HOM, HOM, het(0), het(1), het(2), het(9, 0), het(9, 1)])
    kinds = st.sampled_from([(1, ""), (1, ""), (0, "A"), (0, "A"), (2, ""), (0, "AC"), (1, "C")])
    places = st.integers(0, len(sequence) - 2)
    truth = draw(st.lists(st.tuples(places, kinds, sorts), min_size=1, max_size=3))
    shifts = draw(st.lists(st.integers(-2, 2), min_size=len(truth), max_size=len(truth)))
    calls = [
        (min(max(start + shift, 0), len(sequence) - 2), kind, draw(st.sampled_from([sort, HOM])))
        for shift, (start, kind, sort) in zip(shifts, truth, strict=True)
    ]
    calls += draw(st.lists(st.tuples(places, kinds, sorts), max_size=1))
    true, said = (
        [
            placed(sequence, start, start + length, alt, sort)
            for start, (length, alt), sort in drawn
            if sequence[start : start + length] != alt
        ]
        for drawn in (truth, calls)
    )
    return sequence, true, said


@settings(max_examples=60, deadline=None)
@given(sides())
def test_as_many_are_found_as_when_everything_is_tried(
    drawn: tuple[str, list[Allele], list[Allele]],
) -> None:
    sequence, truth, calls = drawn
    true, said = same_sequence(truth, calls, sequence, ploidy=2)
    assert len(true) + len(said) == best_count(truth, calls, sequence)
