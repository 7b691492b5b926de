from __future__ import annotations

import json

import pytest
from tests.conftest import ROOT
from tests.unit.made_national import GHGA, made_national_record
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import National, Record
from schelde.documents.ghga import documents
from schelde.errors import Problem
from schelde.national.ages import age_range
from schelde.national.ghga import Ghga
from schelde.national.reading import read_part
from schelde.sheet import Assay, Sex


def submission(record: Record):
    return json.loads(documents(record)["national/ghga.json"])


def changed(record: Record, **facts: object) -> Record:
    """Return a record with other facts about its first person."""
    first = record.members[0]
    first = first.model_copy(update={"facts": first.facts.model_copy(update=facts)})
    return record.model_copy(update={"members": (first, *record.members[1:])})


def test_nothing_is_written_when_nobody_asks():
    assert documents(made_record()) == {}


def test_all_lists_of_a_submission_are_there():
    assert len(submission(made_national_record())) == 16


def test_individuals_are_subjects_and_samples_are_theirs():
    found = submission(made_national_record())
    assert [entry["alias"] for entry in found["individuals"]] == ["S1AAAA", "S2AAAA", "S3AAAA"]
    assert [entry["individual"] for entry in found["samples"]] == ["S1AAAA", "S2AAAA", "S3AAAA"]


def test_two_samples_of_one_person_are_one_individual():
    record = made_national_record()
    second = record.members[1].model_copy(update={"subject": "S1AAAA"})
    record = record.model_copy(update={"members": (record.members[0], second)})
    assert len(submission(record)["individuals"]) == 1
    assert len(submission(record)["samples"]) == 2


def test_reads_kept_at_home_are_named_and_said_not_to_be_included():
    told = submission(made_record(national=National(ghga=GHGA)))["research_data_files"]
    assert [entry["included_in_submission"] for entry in told] == [False] * 6
    assert told[0]["name"] == "P1AAAA_R1.fastq.gz"


def test_the_targets_of_an_exome_are_process_data():
    record = made_record(
        members=(made_member(1, Sex.MALE, assay=Assay.WES),), national=National(ghga=GHGA)
    )
    told = {entry["name"]: entry["format"] for entry in submission(record)["process_data_files"]}
    assert told["P1AAAA.targets.bed"] == "BED"
    assert len(told) == 7


def test_packaged_reads_are_said_to_be_included():
    told = submission(made_national_record())["research_data_files"]
    assert [entry["included_in_submission"] for entry in told] == [True] * 6


def test_single_end_reads_are_one_file():
    record = made_record(national=National(ghga=GHGA))
    groups = tuple(
        group.model_copy(update={"paired": False}) for group in record.members[0].read_groups
    )
    first = record.members[0].model_copy(update={"read_groups": groups})
    record = record.model_copy(update={"members": (first, *record.members[1:])})
    told = submission(record)
    assert len(told["research_data_files"]) == 5
    assert [m["sequencing_layout"] for m in told["experiment_methods"]] == ["SE", "PE"]


def test_people_sequenced_alike_share_one_method():
    record = changed(made_national_record(), instrument="Illumina NovaSeq X")
    told = submission(record)
    assert [m["alias"] for m in told["experiment_methods"]] == [
        "made-trio.method.1",
        "made-trio.method.2",
    ]
    assert [e["experiment_method"][-1] for e in told["experiments"]] == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("facts", "key", "value"),
    [
        ({"case_control": "both"}, "case_control_status", "OTHER"),
        ({"case_control": "case"}, "case_control_status", "CASE"),
        ({"phenotype": "healthy"}, "disease_or_healthy", "HEALTHY"),
        ({"phenotype": "fits", "hpo": ("HP:0001250",)}, "disease_or_healthy", "DISEASE"),
        ({"phenotype": "tall"}, "disease_or_healthy", None),
        ({"anatomical_site": "blood"}, "biospecimen_tissue_id", "BTO:0000089"),
        ({"anatomical_site": "left ear"}, "biospecimen_tissue_id", None),
        ({"collected": None}, "biospecimen_age_at_sampling", "UNKNOWN"),
    ],
)
def test_facts_are_told_in_the_words_of_ghga(facts, key, value):
    sample = submission(changed(made_national_record(), **facts))["samples"][0]
    assert sample.get(key) == value


def test_phenotypic_features_are_told_by_their_terms():
    record = changed(made_national_record(), hpo=("HP:0001250",))
    assert submission(record)["individuals"][0]["phenotypic_features_ids"] == ["HP:0001250"]


@pytest.mark.parametrize(
    ("birth", "sampled", "expected"),
    [
        ("2020-01-01", "2020-01-01", "0_TO_5"),
        ("2014-06-01", "2020-05-31", "0_TO_5"),
        ("2014-06-01", "2020-06-01", "6_TO_10"),
        ("1989-03-01", "2020-03-01", "31_TO_35"),
        ("1989-03-01", "2020-02-29", "26_TO_30"),
        ("1984-12-31", "2020-12-30", "31_TO_35"),
        ("1939", "2020", "UNKNOWN"),  # 80 or 81
        ("1938", "2020", "81_OR_OLDER"),
        ("1989", "2020", "UNKNOWN"),  # 30 or 31
        ("1988", "2020", "31_TO_35"),
        ("2021", "2020", "UNKNOWN"),  # sampled before birth
        ("1980-13", "2020", "UNKNOWN"),
    ],
)
def test_age_is_a_range_only_where_it_can_be_no_other(birth, sampled, expected):
    assert age_range(birth, sampled) == expected


def read(tmp_path, text):
    path = tmp_path / "ghga.yaml"
    path.write_text(text)
    problems: list[Problem] = []
    given = read_part(str(path), Ghga, problems)
    return given, [f"{problem.line}: {problem.what}; {problem.remedy}" for problem in problems]


def test_the_example_is_good():
    problems: list[Problem] = []
    given = read_part(str(ROOT / "config/ghga.example.yaml"), Ghga, problems)
    assert problems == []
    assert given
    assert given.part.study_types == ("WHOLE_GENOME_SEQUENCING", "FAMILY")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("study_types: [FAMILY, COHORTS]", "1: 'study_types[2]' is 'COHORTS' (text); did you mean"),
        ("study_types: []", "1: 'study_types' is a list; give one of"),
        ("affiliations: Here", "1: 'affiliations' is 'Here' (text); give the institutions"),
        ("workflow_doi: doi.org/1", "1: 'workflow_doi' is 'doi.org/1' (text); give the DOI"),
        ("workflow_repository: here", "1: 'workflow_repository' is 'here' (text)"),
        ("library_preparation: 3", "1: 'library_preparation' is '3' (a number)"),
        ("libary_preparation: x", "1: unknown key 'libary_preparation'; did you mean 'library_p"),
    ],
    ids=lambda value: value.split(":")[0] + str(len(value)),
)
def test_a_mistake_is_told_with_its_line_and_remedy(tmp_path, line, message):
    good = (ROOT / "config/ghga.example.yaml").read_text().splitlines()
    key = line.split(":")[0]
    kept = [text for text in good if text.strip() and not text.startswith(("#", f"{key}:"))]
    given, problems = read(tmp_path, "\n".join([line, *kept]))
    assert given is None
    assert [problem for problem in problems if problem.startswith(message)], problems


def test_what_is_missing_is_told(tmp_path):
    _, problems = read(tmp_path, "affiliations: [Here]")
    assert [problem.split(";")[0] for problem in problems] == [
        "None: 'study_types' is missing",
        "None: 'library_preparation' is missing",
        "None: 'workflow_repository' is missing",
        "None: 'workflow_doi' is missing",
    ]


def test_a_control_character_is_told_with_its_line(tmp_path):
    good = (ROOT / "config/ghga.example.yaml").read_text().splitlines()
    kept = [line for line in good if not line.startswith("library_preparation:")]
    given, problems = read(tmp_path, "\n".join(['library_preparation: "a\\x07b"', *kept]))
    assert given is None
    assert len(problems) == 1
    assert "1: 'library_preparation' has a control character: '\\x07'; take it" in problems[0]
