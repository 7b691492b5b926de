"""Records become SNPs and indels that can be compared."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.evaluate.alleles import (
    GAP_EXTEND,
    GAP_OPEN,
    MISMATCH,
    Allele,
    Edit,
    Genotype,
    RecordError,
    atoms,
    placed,
    read_alleles,
)

HET = Genotype(1, 2, True, 0, 0)
SEQUENCE = "GATTACACACAGGGTCA"

bases = st.text("ACGT", min_size=1, max_size=9)


def record(
    pos: int, ref: str, alt: str, genotype: str, mark: str = "PASS", form: str = "GT"
) -> str:
    return f"1\t{pos}\t.\t{ref}\t{alt}\t50\t{mark}\t.\t{form}\t{genotype}"


def alleles(*lines: str, sequence: str = SEQUENCE, passing_only: bool = True) -> list[Allele]:
    return read_alleles(lines, 0, sequence, passing_only=passing_only)[0]


def applied(edits: tuple[Edit, ...], ref: str) -> str:
    for start, end, alt in reversed(edits):
        ref = ref[:start] + alt + ref[end:]
    return ref


@pytest.mark.parametrize(
    ("ref", "alt", "edits"),
    [
        ("A", "C", [(0, 1, "C")]),
        ("AC", "GT", [(0, 1, "G"), (1, 2, "T")]),
        ("ACG", "TCA", [(0, 1, "T"), (2, 3, "A")]),
        ("A", "AT", [(1, 1, "T")]),
        ("ATT", "A", [(1, 3, "")]),
        ("ATG", "ATG", []),
        ("A", "GT", [(0, 1, "G"), (1, 1, "T")]),
        ("CCTA", "CGA", [(1, 2, "G"), (2, 3, "")]),
        ("ACAGATTG", "CAGATTGA", [(0, 1, ""), (8, 8, "A")]),
    ],
)
def test_an_allele_is_taken_apart_into_snps_and_indels(
    ref: str, alt: str, edits: list[Edit]
) -> None:
    assert list(atoms(ref, alt)) == edits


@given(bases, bases)
def test_the_parts_of_an_allele_put_together_are_the_allele(ref: str, alt: str) -> None:
    assert applied(atoms(ref, alt), ref) == alt


@given(bases, bases)
def test_no_cheaper_way_to_take_an_allele_apart_exists(ref: str, alt: str) -> None:
    @cache
    def cheapest(i: int, j: int, gap: str) -> int:
        if i == len(ref) and j == len(alt):
            return 0
        costs = []
        if i < len(ref) and j < len(alt):
            costs.append(cheapest(i + 1, j + 1, "") + MISMATCH * (ref[i] != alt[j]))
        if i < len(ref):
            costs.append(cheapest(i + 1, j, "D") + GAP_EXTEND + GAP_OPEN * (gap != "D"))
        if j < len(alt):
            costs.append(cheapest(i, j + 1, "I") + GAP_EXTEND + GAP_OPEN * (gap != "I"))
        return min(costs)

    cost = 0
    for start, end, piece in atoms(ref, alt):
        snp = end - start == len(piece) == 1
        cost += MISMATCH if snp else GAP_OPEN + GAP_EXTEND * max(end - start, len(piece))
    assert cost == cheapest(0, 0, "")


def test_an_allele_too_long_to_align_stays_in_one_piece() -> None:
    assert atoms("A" * 300, "C" * 299) == ((0, 300, "C" * 299),)


@pytest.mark.parametrize(
    ("edit", "normal", "reach"),
    [
        ((9, 11, ""), (4, 6, ""), (4, 11)),  # ACACACA loses CA, or AC
        ((11, 11, "CA"), (4, 4, "AC"), (4, 11)),
        ((13, 14, ""), (11, 12, ""), (11, 14)),
        ((14, 14, "G"), (11, 11, "G"), (11, 14)),
        ((0, 1, ""), (0, 1, ""), (0, 1)),
        ((17, 17, "T"), (17, 17, "T"), (17, 17)),
        ((2, 3, "C"), (2, 3, "C"), (2, 3)),
    ],
)
def test_an_indel_moves_left_and_knows_its_reach(
    edit: Edit, normal: Edit, reach: tuple[int, int]
) -> None:
    allele = placed(SEQUENCE, *edit, HET)
    assert (allele.normal, (allele.low, allele.high)) == (normal, reach)


@given(st.text("AC", min_size=2, max_size=20), st.data())
def test_the_normal_form_spells_the_same_sequence(sequence: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sequence) - 1))
    end = data.draw(st.integers(start, len(sequence)))
    alt = data.draw(st.text("AC", min_size=1, max_size=4)) if start == end else ""
    normal = placed(sequence, start, end, alt, HET).normal
    assert applied((normal,), sequence) == applied(((start, end, alt),), sequence)


@pytest.mark.parametrize(
    ("genotype", "carried", "ploidy", "complete"),
    [
        ("0/1", 1, 2, True),
        ("1/1", 2, 2, True),
        ("1", 1, 1, True),
        ("./1", 1, 2, False),
        ("1|0", 1, 2, True),
    ],
)
def test_a_genotype_says_how_many_copies_carry_an_allele(
    genotype: str, carried: int, ploidy: int, complete: bool
) -> None:
    (allele,) = alleles(record(1, "G", "C", genotype))
    found = allele.genotype
    assert (found.carried, found.ploidy, found.complete) == (carried, ploidy, complete)


@pytest.mark.parametrize(
    ("alt", "genotype"),
    [
        ("C", "0/0"),
        ("C", "./."),
        ("C", "."),
        ("C", "0"),
        ("<NON_REF>", "0/0"),
        (".", "0/0"),
        ("*", "0/1"),
        ("C,<NON_REF>", "0/2"),
        ("<*>", "0/1"),
    ],
)
def test_a_genotype_without_another_sequence_has_no_allele(alt: str, genotype: str) -> None:
    assert read_alleles([record(1, "G", alt, genotype)], 0, SEQUENCE, passing_only=True) == ([], 0)


@pytest.mark.parametrize("alt", ["<DEL>", "G[2:100[", "]2:100]G"])
def test_an_allele_without_a_sequence_is_counted_as_left_out(alt: str) -> None:
    found = read_alleles([record(1, "G", f"{alt},C", "1/2")], 0, SEQUENCE, passing_only=True)
    assert (len(found[0]), found[1]) == (1, 1)


def test_two_alleles_of_a_record_lie_on_different_copies() -> None:
    one, other = alleles(record(1, "G", "C,T", "1/2"))
    assert one.genotype.group == other.genotype.group
    assert (one.genotype.side, other.genotype.side) == (0, 1)


def test_records_share_a_phase_group_when_they_are_phased_in_one_set() -> None:
    groups = [
        allele.genotype.group
        for allele in alleles(
            record(1, "G", "C", "0|1:7", form="GT:PS"),
            record(2, "A", "C", "0|1:7", form="GT:PS"),
            record(3, "T", "C", "7:0|1", form="PS:GT"),
            record(4, "T", "C", "0|1:9", form="GT:PS"),
            record(5, "A", "C", "0|1"),
            record(6, "C", "A", "0|1:.", form="GT:PS"),
            record(7, "A", "C", "0/1:7", form="GT:PS"),
            record(8, "C", "A", "0/1"),
        )
    ]
    assert [groups.index(group) for group in groups] == [0, 0, 0, 3, 4, 4, 6, 7]


def test_a_record_that_a_filter_marked_is_read_only_when_asked_for() -> None:
    line = record(1, "G", "C", "0/1", mark="LowQual")
    assert not alleles(line)
    assert alleles(line, passing_only=False)


def test_the_wanted_sample_is_read_among_others() -> None:
    line = record(1, "G", "C", "0/0\t1/1\t0/0")
    counts = [
        len(read_alleles([line], column, SEQUENCE, passing_only=True)[0]) for column in (0, 1)
    ]
    assert counts == [0, 1]


def test_lower_case_and_ambiguity_codes_fit_the_reference() -> None:
    assert alleles(record(1, "ga", "Ca", "0/1"), sequence="GMTT")[0].normal == (0, 1, "C")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (record(1, "T", "C", "0/1"), "1:1: REF T is not what the reference has there"),
        (record(17, "AA", "A", "0/1"), "1:17: REF AA is not what the reference has there"),
        (record(1, "G", "C", "0/0/1/1"), "1:1: a genotype of 4 copies"),
        (record(1, "G", "C", "0/2"), "1:1: POS, ALT or GT cannot be read"),
        (record(1, "G", "C", "a/b"), "1:1: POS, ALT or GT cannot be read"),
        ("1\t1\t.\tG\tC", "a record has 5 columns"),
    ],
)
def test_a_record_that_cannot_be_used_says_why(line: str, what: str) -> None:
    with pytest.raises(RecordError) as caught:
        alleles(line)
    assert caught.value.what == what
