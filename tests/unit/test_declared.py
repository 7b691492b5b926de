"""Declared cells of people.tsv: what is taken, and each message for what is not."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.bundle.record import Consent, Facts
from schelde.declared import (
    COLUMNS,
    LISTED,
    Declared,
    consent_of,
    declared_of,
    facts_of,
)
from schelde.declared_faults import CELLS
from schelde.errors import Problem
from schelde.names import Place
from schelde.tables import Row, Table, columns_of
from schelde.vocabulary import hmd_terms

GOOD = {
    "gender": "female",
    "birth": "1980-05-01",
    "country": "BE",
    "phenotype": "seizures",
    "hpo": "HP:0001250, HP:0000118",
    "diagnoses": "ORPHA:98473,OMIM:143100,SCTID:22298006,ICD10:G40.1,ICD11:8A60.1",
    "case_control": "case",
    "anatomical_site": "blood",
    "pathological_state": "Germline Normal",
    "specimen": "blood",
    "collected": "2025-02",
    "storage": "D",
    "instrument": "Illumina NovaSeq 6000",
    "library_selection": "PCR",
    "library_kit": "a kit",
    "sequenced": "2025",
    "consent": "given",
    "consent_date": "2025-01-15",
    "consent_version": "2.1",
    "duo": "DUO:0000007",
    "duo_modifiers": "DUO:0000019,DUO:0000046",
    "duo_disease": "MONDO:0007739",
    "legal_basis": "Consent",
    "consent_expires": "2045-01-15",
    "consent_by": "self",
    "renew_on": "2030-01-15",
}


def read(*rows: dict[str, str]) -> tuple[dict[str, Declared], list[Problem]]:
    numbered = [Row(Place("people.tsv", number), row) for number, row in enumerate(rows, start=2)]
    problems: list[Problem] = []
    return declared_of(Table("people.tsv", tuple(numbered), True), problems), problems


def told(**cells: str) -> list[str]:
    """Return what is said about a good row with other cells; an empty one is left out."""
    row = {name: cell for name, cell in (GOOD | cells).items() if cell}
    return [f"{problem.what}; {problem.remedy}" for problem in read({"sample": "S"} | row)[1]]


def test_the_columns_are_those_of_the_record() -> None:
    renamed = {"consent_date", "consent_version", "consent_expires", "consent_by"}
    ours = {"consent", "duo", "duo_modifiers", "duo_disease", "legal_basis", "renew_on"}
    assert set(COLUMNS) == set(Facts.model_fields) | renamed | ours
    assert len(Consent.model_fields) == 9


def test_every_column_has_a_check_and_a_meaning() -> None:
    assert CELLS.keys() == set(COLUMNS) == GOOD.keys()
    assert all(column.about and not column.required for column in columns_of(Declared))


def test_a_good_row_is_taken_as_it_stands() -> None:
    found, problems = read({"sample": "S", **GOOD})
    assert not problems
    declared = found["S"]
    assert declared.hpo == ("HP:0001250", "HP:0000118")
    assert declared.line == 2
    for name in COLUMNS:
        cell = getattr(declared, name)
        assert (",".join(cell) if name in LISTED else cell) == GOOD[name].replace(", ", ",")


def test_a_good_row_becomes_the_facts_and_consent_of_a_record() -> None:
    declared = read({"sample": "S", **GOOD})[0]["S"]
    facts, consent = facts_of(declared), consent_of(declared)
    assert facts.model_dump(mode="json")["diagnoses"][2] == "SCTID:22298006"
    assert (facts.birth, facts.collected, facts.country) == ("1980-05-01", "2025-02", "BE")
    assert consent == Consent(
        date="2025-01-15",
        version="2.1",
        permission="DUO:0000007",
        modifiers=("DUO:0000019", "DUO:0000046"),
        disease="MONDO:0007739",
        legal_basis="Consent",
        expires="2045-01-15",
        renew_on="2030-01-15",
    )


def test_an_empty_cell_is_not_made_up() -> None:
    declared = read({"sample": "S"})[0]["S"]
    given = {"case_control": "NA", "pathological_state": "Germline Normal", "consent_by": "self"}
    for field in dataclasses.fields(Declared):
        if field.metadata:
            empty = () if field.name in LISTED else None
            assert getattr(declared, field.name) == given.get(field.name, empty)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"gender": "femal"}, "gender is 'femal'; did you mean 'female'?"),
        ({"gender": "F"}, "gender is 'F'; write male, female, other or unknown"),
        ({"birth": "1980-02-30"}, "birth '1980-02-30' is no date; write 1980-05-01"),
        ({"birth": "01/05/1980"}, "birth '01/05/1980' is no date"),
        (
            {"birth": "2025-03", "consent_by": "guardian"},
            "collected 2025-02 lies before birth 2025-03",
        ),
        ({"sequenced": "2024"}, "sequenced 2024 lies before collected 2025-02"),
        ({"country": "XX"}, "country 'XX' is not the code of a country; give its two letters"),
        ({"country": "UK"}, "country 'UK' is not the code of a country; did you mean 'GB'?"),
        ({"country": "be"}, "country 'be' is not the code of a country; did you mean 'BE'?"),
        ({"country": "Belgum"}, "did you mean 'BE'?"),
        ({"phenotype": "a\x07b"}, "phenotype has control characters"),
        ({"phenotype": "healthy", "diagnoses": ""}, "phenotype is healthy, but hpo has"),
        ({"phenotype": "healthy", "hpo": ""}, "phenotype is healthy, but diagnoses has"),
        ({"hpo": "HP:12"}, "hpo 'HP:12' is not such a term; write it as HP: and seven digits"),
        ({"hpo": "HP:0001250,"}, "hpo has a comma too many"),
        ({"hpo": "HP:0001250,HP:0001250"}, "hpo has 'HP:0001250' twice"),
        ({"diagnoses": "epilepsy"}, "diagnoses 'epilepsy' is not such a term"),
        ({"case_control": "cases"}, "case_control is 'cases'; did you mean 'case'?"),
        ({"anatomical_site": "bllood"}, "nearly a word that has one; did you mean 'Blood'?"),
        ({"anatomical_site": "buccal mucosae"}, "did you mean 'Buccal mucosa'?"),
        ({"specimen": "saliwa"}, "specimen 'saliwa' has no code of 1+MG, and is nearly a word"),
        ({"specimen": "blood\x07"}, "specimen has control characters"),
        ({"pathological_state": "Primary Tumour"}, "did you mean 'Primary Tumor'?"),
        ({"storage": "Bag LN2"}, "did you mean 'Bag LN'?"),
        ({"instrument": "NovaSeq 6000"}, "is not known to EGA; did you mean 'Illumina NovaSeq"),
        ({"instrument": "abacus"}, "instrument 'abacus' is not known to EGA; resources/ega.yaml"),
        ({"library_selection": "random"}, "did you mean 'RANDOM'?"),
        ({"consent": "yes"}, "consent is 'yes'; write given, refused, withdrawn or pending"),
        ({"consent": ""}, "consent is empty, but consent_date is filled; write given"),
        ({"consent_date": "2025-01"}, "consent_date '2025-01' is no day; write year, month and"),
        ({"consent_date": "2025-02-29"}, "consent_date '2025-02-29' is no day"),
        ({"duo": "DUO:0000019"}, "duo is 'DUO:0000019 (PUB)', a modifier; put it into duo_mod"),
        ({"duo": "DUO:0000042,DUO:0000006"}, "duo is 'DUO:0000042,DUO:0000006', more than one"),
        ({"duo": "GRU"}, "duo is 'GRU', no permission of DUO; did you mean 'DUO:0000042'?"),
        ({"duo": "general research"}, "did you mean 'DUO:0000042'?"),
        ({"duo": "DUO:0000043"}, "duo is 'DUO:0000043 (CC)', a modifier"),
        ({"duo": "DUO:0000001"}, "no permission of DUO; known are: DUO:0000004 (NRES), DUO:00"),
        ({"duo_disease": ""}, "duo is DUO:0000007 (DS), but no disease is given"),
        ({"duo": "DUO:0000042"}, "duo_disease is given, but duo is not DUO:0000007 (DS)"),
        ({"duo_disease": "MONDO:7"}, "duo_disease 'MONDO:7' is not such a term"),
        ({"duo_disease": "MONDO:0007739,MONDO:0007740"}, "duo_disease has more than one term"),
        ({"duo_modifiers": "DUO:0000042"}, "duo_modifiers has 'DUO:0000042 (GRU)', a permission"),
        ({"duo_modifiers": "PUB"}, "no modifier of DUO; did you mean 'DUO:0000019'?"),
        ({"duo_modifiers": "DUO:0000019,"}, "duo_modifiers has a comma too many"),
        (
            {"duo": "DUO:0000011", "duo_disease": "", "duo_modifiers": "DUO:0000044"},
            "duo allows research on ancestry alone, and duo_modifiers prohibit it",
        ),
        ({"legal_basis": "consent"}, "legal_basis is 'consent'; did you mean 'Consent'?"),
        ({"consent_expires": "2024-12-31"}, "consent_expires 2024-12-31 lies before consent_date"),
        ({"consent_by": "mother"}, "consent_by is 'mother'; write self or guardian"),
        ({"renew_on": "2025-01-14"}, "renew_on 2025-01-14 lies before consent_date 2025-01-15"),
        ({"birth": "2010"}, "the person was under 18 on 2025-01-15, but consent_by is not guard"),
        (
            {"birth": "2010", "consent_by": "guardian", "renew_on": ""},
            "born 2010, the person was under 18 on 2025-01-15, but renew_on is empty",
        ),
    ],
)
def test_a_mistaken_cell_gets_one_message(cells: dict[str, str], message: str) -> None:
    said = told(**cells)
    assert len(said) == 1
    assert message in said[0]


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("anatomical_site", "sites"),
        ("specimen", "specimens"),
        ("pathological_state", "states"),
        ("storage", "storage"),
    ],
)
def test_every_word_and_code_of_a_sample_is_taken(column: str, table: str) -> None:
    rows = hmd_terms()[table]
    entries = [rows, {letter: letter for letter in rows}] if isinstance(rows, dict) else rows
    # Labels of other systems than HMD's are no words of ours.
    named = [(key, word) for entry in entries for key, word in entry.items()]
    words = [word for key, word in named if key not in ("ncit_label", "uberon_label")]
    assert len(words) >= 10
    assert not [said for word in words for said in told(**{column: word.swapcase()})]


@pytest.mark.parametrize("text", ["left ear", "venous blood", "PBMC", "XA9ZZ9", "fibroblasts"])
def test_text_that_is_no_misspelt_word_is_taken(text: str) -> None:
    assert not told(anatomical_site=text, specimen=text, storage=text, pathological_state=text)


def test_a_child_with_a_guardian_and_a_day_to_be_asked_is_right() -> None:
    assert not told(birth="2010", consent_by="guardian")


def test_an_adult_may_have_a_guardian() -> None:
    assert not told(consent_by="guardian", renew_on="")


@pytest.mark.parametrize("status", ["refused", "withdrawn", "pending"])
def test_a_child_whose_consent_is_not_given_needs_no_guardian(status: str) -> None:
    assert not told(birth="2010", consent=status, renew_on="")


def test_a_person_has_one_birth_and_one_consent_on_all_rows() -> None:
    one = {"sample": "A", "subject_id": "P", "birth": "1980", "consent": "given"}
    two = {"sample": "B", "subject_id": "P", "consent": "withdrawn"}
    _, problems = read(one, two, {"sample": "C", "birth": "1990"})
    assert [str(problem) for problem in problems] == [
        "people.tsv:3: birth of subject 'P' is empty, but '1980' on line 2; "
        "give a person's facts and consent alike for all its samples",
        "people.tsv:3: consent of subject 'P' is 'withdrawn', but 'given' on line 2; "
        "give a person's facts and consent alike for all its samples",
    ]


def test_samples_of_a_person_may_differ_in_what_is_about_the_sample() -> None:
    one = {"sample": "A", "subject_id": "P", "specimen": "blood", "collected": "2020"}
    two = {"sample": "B", "subject_id": "P", "specimen": "saliva", "collected": "2021"}
    assert not read(one, two)[1]


def test_a_row_that_moved_is_the_same_to_snakemake() -> None:
    assert repr(Declared(line=3)) == repr(Declared(line=4))
    assert Declared(line=3) == Declared(line=4)


@given(cells=st.dictionaries(st.sampled_from(sorted(GOOD)), st.text(min_size=1, max_size=20)))
def test_whatever_stands_in_the_cells_is_told_without_a_traceback(cells: dict[str, str]) -> None:
    read({"sample": "S", **GOOD, **cells})
