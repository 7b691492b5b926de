from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from schelde.identity import (
    ALL_PAIRS,
    Identity,
    IdentityError,
    Pair,
    Trio,
    identity_of,
    judge_people,
    sex_agrees,
    write_pairs,
    write_trios,
)
from schelde.karyotype import SexEvidence
from schelde.panel import Panel
from schelde.pileup import Genotypes, pileup_of, write_counts
from schelde.sheet import Assay, Person, Sex

SITES = 3_000
DRAW = np.random.default_rng(5)
FREQUENCY = DRAW.uniform(0.1, 0.9, SITES)


def _founder():
    return (DRAW.random((2, SITES)) < FREQUENCY).astype(np.int8)


def _child(*parents):
    sites = np.arange(SITES)
    return np.array([strands[DRAW.integers(0, 2, SITES), sites] for strands in parents])


F, M, S, F2, M2 = (_founder() for _ in range(5))
READS = {
    name: strands.sum(axis=0, dtype=np.int8)
    for name, strands in {
        **{"F": F, "M": M, "C": _child(F, M), "B": _child(F, M), "S": S},
        **{"F2": F2, "M2": M2, "C2": _child(F2, M2)},
    }.items()
}
"""Genotypes of two trios, of B, who has the parents of C, and of a stranger."""

FEMALES = {"M", "B", "S", "M2"}


def _person(sample, father=None, mother=None, subject=None):
    sex = Sex.FEMALE if sample in FEMALES else Sex.MALE
    return Person(sample, Assay.WGS, sex, subject_id=subject, father=father, mother=mother)


FAMILY = [_person("F"), _person("M"), _person("C", "F", "M"), _person("S")]
TWO_TRIOS = [*FAMILY, _person("F2"), _person("M2"), _person("C2", "F2", "M2")]


def _sex(karyotype: str) -> SexEvidence:
    sex = {"XX": "female", "XY": "male"}[karyotype]
    return SexEvidence(30.0, 30.0, 0.0, 1.0, 0.0, 1.0, 900, karyotype, sex)


def _judged(people: list[Person], sites: int = SITES, **reads: str) -> Identity:
    """Judge people by their own reads, but for those whose reads are another's: C="M"."""
    of = {person.sample: reads.get(person.sample, person.sample) for person in people}
    rows = np.array([READS[of[sample]][:sites] for sample in of])
    sex = {sample: _sex("XX" if of[sample] in FEMALES else "XY") for sample in of}
    return identity_of(people, list(of), rows, FREQUENCY[:sites], sex)


def _hints(found: Identity, *samples: str) -> str:
    return "\n".join(hint for sample in samples for hint in found.hints(sample))


def test_a_true_pedigree_is_confirmed_without_a_hint():
    found = _judged(TWO_TRIOS)
    for sample in ("F", "M", "C", "C2"):
        assert found.metrics(sample)["pedigree_agrees"] is True
    for person in TWO_TRIOS:
        assert found.metrics(person.sample)["sex_agrees"] is True
        assert found.metrics(person.sample)["unexpected_relatives"] == 0
        assert found.hints(person.sample) == []


def test_who_is_in_no_statement_has_no_pedigree_to_agree():
    assert _judged(FAMILY).metrics("S")["pedigree_agrees"] is None


def test_only_the_child_of_two_parents_has_a_rate_of_mendelian_errors():
    found = _judged([_person("F"), _person("M"), _person("C", "F", "M"), _person("B", "F")])
    rates = {sample: found.metrics(sample)["mendel_error_rate"] for sample in "FMCB"}
    assert rates == {"F": None, "M": None, "C": 0.0, "B": None}


def test_a_trio_has_a_row_with_both_parents_and_one_with_each():
    found = _judged(FAMILY)
    assert [(row.child, row.father, row.mother) for row in found.trios] == [
        ("C", "F", "M"),
        ("C", "F", None),
        ("C", None, "M"),
    ]
    assert {row.errors for row in found.trios} == {0}
    assert {row.sites for row in found.trios} == {SITES}


def test_children_of_two_trios_that_were_exchanged_are_found():
    found = _judged(TWO_TRIOS, C="C2", C2="C")
    for sample in ("C", "C2", "F", "M2"):
        assert found.metrics(sample)["pedigree_agrees"] is False
    assert "exchanging 'C' and 'C2' would agree with the pedigree" in found.hints("C")
    assert "exchanging 'C' and 'C2' would agree with the pedigree" in found.hints("C2")
    # No other exchange is named, and this one to all whose statements it sets right.
    for person in TWO_TRIOS:
        told = [hint for hint in found.hints(person.sample) if hint.startswith("exchanging")]
        assert told == (
            ["exchanging 'C' and 'C2' would agree with the pedigree"] * (person.sample != "S")
        )


def test_mother_and_child_that_were_exchanged_are_found():
    found = _judged(FAMILY, C="M", M="C")
    assert "exchanging 'M' and 'C' would agree with the pedigree" in found.hints("C")
    assert "declared male, but female by the reads (XX)" in found.hints("C")
    assert found.metrics("C")["pedigree_agrees"] is False


def test_a_child_whose_reads_are_the_mothers_is_told_so():
    found = _judged(FAMILY, C="M")
    hint = f"reads of 'C' look like those of 'M' (kinship 0.50, IBS0 0.000, {SITES} sites)"
    assert hint in found.hints("C")
    assert found.metrics("C") == {
        "sex_agrees": False,
        "pedigree_agrees": False,
        "unexpected_relatives": 1,
        "mendel_error_rate": found.trios[0].error_percent,
    }
    assert (found.trios[0].error_percent or 0) > 5
    assert "exchanging" not in _hints(found, "F", "M", "C", "S")


def test_a_wrong_father_is_refused_and_the_true_one_named():
    people = [_person("F"), _person("F2"), _person("M"), _person("C", "F2", "M")]
    found = _judged(people)
    hint = next(hint for hint in found.hints("C") if hint.startswith("declared father"))
    assert hint.startswith("declared father 'F2' is not a parent of 'C' (kinship ")
    assert hint.endswith("sites), but 'F' could be")
    assert hint in found.hints("F2")
    assert found.metrics("C")["unexpected_relatives"] == 1  # F
    assert "'C' and 'F' are parent and child by their reads, undeclared" in _hints(found, "C")


def test_a_wrong_father_leaves_the_mother_confirmed():
    people = [_person("F2"), _person("M"), _person("C", "F2", "M")]
    found = _judged(people)
    assert found.metrics("M")["pedigree_agrees"] is True
    assert found.metrics("F2")["pedigree_agrees"] is False


def test_a_full_sibling_is_no_parent():
    found = _judged([_person("B"), _person("C", mother="B")])
    assert found.metrics("C")["pedigree_agrees"] is False
    assert found.pairs[0].relation == "full siblings"


def test_a_declared_father_who_is_female_is_refused():
    people = [_person("M"), _person("C", father="M")]
    found = _judged(people)
    assert "declared father 'M' of 'C' is female by the reads" in found.hints("C")
    assert found.metrics("M")["pedigree_agrees"] is False


def test_an_undeclared_duplicate_counts_for_all_whom_it_is_related_to():
    found = _judged(FAMILY, S="F")
    assert found.metrics("F")["unexpected_relatives"] == 1
    # With the reads of F, S is a parent of C too.
    assert found.metrics("S")["unexpected_relatives"] == 2
    assert found.metrics("C")["unexpected_relatives"] == 1


def test_samples_of_one_person_are_declared_duplicates():
    people = [replace(_person("F"), subject_id="P"), replace(_person("F2"), subject_id="P")]
    same, other = _judged(people, F2="F"), _judged(people)
    assert same.metrics("F") == {**other.metrics("F"), "pedigree_agrees": True}
    assert same.pairs[0].declared == "same person"
    assert other.metrics("F")["pedigree_agrees"] is False
    assert "'F' and 'F2' are declared as one person, but are not (kinship" in _hints(other, "F2")


def test_every_sample_of_a_parent_is_that_parent():
    people = [_person("F", subject="P"), _person("F2", subject="P"), _person("C", father="F")]
    found = _judged(people, F2="F")
    assert found.metrics("C") == {
        "sex_agrees": True,
        "pedigree_agrees": True,
        "unexpected_relatives": 0,
        "mendel_error_rate": None,
    }


def test_every_sample_of_a_child_has_its_parents():
    people = [_person("F"), _person("C", "F", subject="P"), _person("C2", subject="P")]
    found = _judged(people, C2="C")
    assert found.metrics("C2")["unexpected_relatives"] == 0
    assert found.metrics("C2")["pedigree_agrees"] is True


@pytest.mark.parametrize(("father", "count"), [("F", 0), (None, 1)])
def test_siblings_are_expected_when_the_sheet_gives_them_a_parent_in_common(father, count):
    people = [_person("F"), _person("C", "F"), _person("B", father)]
    assert _judged(people).metrics("C")["unexpected_relatives"] == count


def test_siblings_that_are_one_person_are_unexpected():
    people = [_person("F"), _person("C", "F"), _person("B", "F")]
    assert _judged(people, B="C").metrics("C")["unexpected_relatives"] == 1


def test_too_few_sites_judge_nothing():
    found = _judged(FAMILY, sites=20, C="M")
    metrics = found.metrics("C")
    assert (metrics["pedigree_agrees"], metrics["unexpected_relatives"]) == (None, None)
    assert {pair.relation for pair in found.pairs} == {"undetermined"}
    assert {pair.agrees for pair in found.pairs} == {None}


def test_few_sites_confirm_no_parent():
    # Some 75 heterozygous sites: kinship is known, but 12 opposite homozygotes of strangers
    # do not tell a parent from a sibling.
    found = _judged(FAMILY, sites=150)
    pairs = {(pair.sample, pair.other): pair for pair in found.pairs}
    assert pairs["F", "C"].relation == "first degree"
    assert found.metrics("C")["pedigree_agrees"] is None


def test_a_sample_alone_has_no_relatives():
    assert _judged([_person("F")]).metrics("F") == {
        "sex_agrees": True,
        "pedigree_agrees": None,
        "unexpected_relatives": 0,
        "mendel_error_rate": None,
    }


def test_a_sample_without_counts_is_not_compared():
    found = identity_of(FAMILY, ["F", "C"], np.array([READS["F"], READS["C"]]), FREQUENCY, {})
    assert found.metrics("M") == dict.fromkeys(found.metrics("M"))
    assert found.metrics("C")["pedigree_agrees"] is True
    assert [(pair.sample, pair.other) for pair in found.pairs] == [("F", "C")]


@pytest.mark.parametrize(
    ("declared", "inferred", "agrees"),
    [
        (Sex.MALE, "male", True),
        (Sex.MALE, "female", False),
        (Sex.UNKNOWN, "female", None),
        (Sex.FEMALE, "unknown", None),
    ],
)
def test_sexes_are_compared_only_when_both_are_known(declared, inferred, agrees):
    evidence = replace(_sex("XX"), sex=inferred)
    assert sex_agrees(replace(_person("F"), sex=declared), evidence) is agrees
    assert sex_agrees(_person("F"), None) is None


@pytest.mark.parametrize(
    ("evidence", "hint"),
    [
        (replace(_sex("XY"), karyotype="XXY"), "karyotype XXY by the reads"),
        (
            replace(_sex("XY"), karyotype=None, sex="unknown", note="few reads"),
            "sex is unclear: few reads",
        ),
    ],
)
def test_an_aneuploid_or_unclear_karyotype_is_a_hint(evidence, hint):
    found = identity_of([_person("F")], ["F"], READS["F"][None], FREQUENCY, {"F": evidence})
    assert found.hints("F") == [hint]


def test_of_many_samples_the_table_has_only_related_and_declared_pairs():
    draw = np.random.default_rng(6)
    names = [f"N{number}" for number in range(ALL_PAIRS - 3)]
    rows = [READS["F"], READS["M"], READS["C"], READS["F2"]]
    rows += [(draw.random((2, SITES)) < FREQUENCY).sum(axis=0, dtype=np.int8) for _ in names]
    people = [_person("F"), _person("M"), _person("C", "F2"), _person("F2"), *map(_person, names)]
    samples = [person.sample for person in people]
    found = identity_of(people, samples, np.array(rows), FREQUENCY, {})
    assert [(pair.sample, pair.other, pair.declared, pair.agrees) for pair in found.pairs] == [
        ("F", "C", None, None),
        ("M", "C", None, None),
        ("C", "F2", "child", False),
    ]


def _write_counts(path, copies, positions):
    count = len(positions)
    panel = Panel(
        *(("1",) * (count - 1) + ("X",), np.array(positions, dtype=np.int32)),
        *(("A",) * count, ("C",) * count, FREQUENCY[:count], np.zeros((count, 0))),
    )
    depth = np.full(count, 30, dtype=np.int32)
    pileup = pileup_of(
        *(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint8)),
        count,
    )
    write_counts(path, panel, pileup, Genotypes(copies, depth.astype(np.int16), depth))


def test_people_are_judged_by_the_autosomal_sites_of_their_files(tmp_path):
    counts = {}
    for person in FAMILY:
        counts[person.sample] = tmp_path / f"{person.sample}.panel.tsv.gz"
        _write_counts(counts[person.sample], READS[person.sample], range(1, SITES + 1))
    found = judge_people(FAMILY, counts, {}, ["1"])
    assert found.pairs == _judged(FAMILY, sites=SITES - 1).pairs


def test_files_of_two_panels_are_an_error(tmp_path):
    first, second = tmp_path / "F.tsv.gz", tmp_path / "M.tsv.gz"
    _write_counts(first, READS["F"], range(1, SITES + 1))
    _write_counts(second, READS["M"], range(2, SITES + 2))
    with pytest.raises(IdentityError, match=r"M\.tsv\.gz does not have the sites of"):
        judge_people(FAMILY[:2], {"F": first, "M": second}, {}, ["1"])


def test_tables_have_a_header_and_empty_cells_for_what_does_not_exist(tmp_path):
    pair = Pair("A", "B", 9, 3, None, None, 0.25, "undetermined", None, None)
    near_zero = replace(pair, kinship=-0.00001, relation="unrelated")
    write_pairs(
        tmp_path / "pairs.tsv",
        [pair, replace(pair, kinship=0.25, relation="parent and child", agrees=False), near_zero],
    )
    write_trios(tmp_path / "trios.tsv", [Trio("C", "F", None, 9, 3, 1, 100 / 3)])
    assert (tmp_path / "pairs.tsv").read_text() == (
        "sample\tother\tsites\theterozygous\tkinship\tstandard_error\tibs0\trelation\tdeclared"
        "\tagrees\n"
        "A\tB\t9\t3\t\t\t0.2500\tundetermined\t\t\n"
        "A\tB\t9\t3\t0.2500\t\t0.2500\tparent and child\t\tfalse\n"
        "A\tB\t9\t3\t0.0000\t\t0.2500\tunrelated\t\t\n"
    )
    assert (tmp_path / "trios.tsv").read_text() == (
        "child\tfather\tmother\tsites\tinformative\terrors\terror_percent\n"
        "C\tF\t\t9\t3\t1\t33.3333\n"
    )
