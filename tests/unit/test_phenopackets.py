"""Phenopackets of a record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from phenopackets import Family, Phenopacket
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import Record
from schelde.documents.phenopackets import documents
from schelde.sheet import Assay, Sex
from schelde.verify.schema import validator

PATH = "phenopackets/S1AAAA.json"
FAMILY = "phenopackets/families/S3AAAA.json"


def one(sex: Sex = Sex.MALE, told: dict[str, object] | None = None, **changes: Any) -> Record:
    member = made_member(1, sex, **changes)
    facts = member.facts.model_copy(update=told or {})
    return made_record(members=(member.model_copy(update={"facts": facts}),))


def packet(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(documents(record)[PATH])
    return found


def made() -> dict[str, Any]:
    """Return the documents of a trio whose child is ill."""
    kid = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
    told = {"phenotype": "seizures", "hpo": ("HP:0001250",), "diagnoses": ("ORPHA:98473",)}
    members = (*made_record().members[:2], kid.model_copy(update={"facts": ill(kid, told)}))
    texts = documents(made_record(members=members))
    return {path: json.loads(text) for path, text in texts.items()}


def ill(member: Any, told: dict[str, object]) -> Any:
    return member.facts.model_copy(update=told)


def test_every_subject_has_one_and_every_child_a_family() -> None:
    assert list(documents(made_record())) == [
        PATH,
        "phenopackets/S2AAAA.json",
        "phenopackets/S3AAAA.json",
        FAMILY,
    ]


@pytest.mark.parametrize("path", list(made()))
def test_the_library_reads_what_was_written_and_writes_it_back(path: str) -> None:
    document = made()[path]
    message = Family() if "families" in path else Phenopacket()
    assert MessageToDict(ParseDict(document, message)) == document


@pytest.mark.parametrize("path", list(made()))
def test_every_document_keeps_our_schema(path: str) -> None:
    name = "phenopacket-family" if "families" in path else "phenopacket"
    assert list(validator(name).iter_errors(made()[path])) == []


def test_a_whole_birthday_is_a_timestamp() -> None:
    subject = packet(made_record())["subject"]
    assert subject["dateOfBirth"] == "1961-05-01T00:00:00Z"
    assert "timeAtLastEncounter" not in subject


@pytest.mark.parametrize(
    ("birth", "collected", "age"),
    [
        (
            "1961",
            "2025-02-01",
            {
                "ageRange": {
                    "start": {"iso8601duration": "P63Y"},
                    "end": {"iso8601duration": "P64Y"},
                }
            },
        ),
        ("1961-05", "2025-02-01", {"age": {"iso8601duration": "P63Y"}}),
        ("1961-01", "2025-02-01", {"age": {"iso8601duration": "P64Y"}}),
        ("1961-05", None, {"age": {"iso8601duration": "P63Y"}}),  # consent was on 2025-01-15
    ],
)
def test_a_birth_without_its_day_is_told_as_an_age_and_no_day_is_made_up(
    birth: str, collected: str | None, age: dict[str, Any]
) -> None:
    subject = packet(one(told={"birth": birth, "collected": collected}))["subject"]
    assert subject["timeAtLastEncounter"] == age
    assert "dateOfBirth" not in subject


def test_a_birth_after_the_last_encounter_has_no_age() -> None:
    subject = packet(one(told={"birth": "2025", "collected": "2024-06-01"}))["subject"]
    assert "timeAtLastEncounter" not in subject


@pytest.mark.parametrize(
    ("sex", "told"), [(Sex.MALE, "MALE"), (Sex.FEMALE, "FEMALE"), (Sex.UNKNOWN, "UNKNOWN_SEX")]
)
def test_the_sex_is_the_declared_one(sex: Sex, told: str) -> None:
    record = one(told={"gender": "other"})
    member = record.members[0].model_copy(update={"sex": sex})
    subject = packet(made_record(members=(member,)))["subject"]
    assert subject.get("sex") == told


@pytest.mark.parametrize(
    ("karyotype", "told"),
    [("XX", "XX"), ("X0", "XO"), ("XXY", "XXY"), ("XYYY", "OTHER_KARYOTYPE"), (None, None)],
)
def test_the_karyotype_is_told_where_it_was_measured(
    karyotype: str | None, told: str | None
) -> None:
    subject = packet(one(metrics={"karyotype": karyotype}))["subject"]
    assert subject.get("karyotypicSex") == told


def test_the_healthy_have_neither_features_nor_diseases() -> None:
    found = packet(made_record())
    assert "phenotypicFeatures" not in found
    assert "diseases" not in found


def test_terms_and_diagnoses_are_told_with_their_resources() -> None:
    found = made()["phenopackets/S3AAAA.json"]
    assert found["phenotypicFeatures"] == [{"type": {"id": "HP:0001250", "label": "HP:0001250"}}]
    assert found["diseases"] == [{"term": {"id": "ORPHA:98473", "label": "ORPHA:98473"}}]
    prefixes = [each["namespacePrefix"] for each in found["metaData"]["resources"]]
    assert sorted(prefixes) == ["HP", "NCBITaxon", "NCIT", "ORPHA", "UBERON"]


def test_a_code_of_a_system_that_we_do_not_know_names_it_by_its_prefix() -> None:
    found = packet(one(told={"phenotype": "ill", "diagnoses": ("ABC:1",)}))
    resources = {each["namespacePrefix"]: each for each in found["metaData"]["resources"]}
    assert resources["ABC"] == {
        "id": "abc",
        "name": "ABC",
        "version": "not stated",
        "namespacePrefix": "ABC",
    }


def test_a_sample_has_its_place_and_type() -> None:
    sample = packet(made_record())["biosamples"][0]
    assert (sample["id"], sample["individualId"]) == ("P1AAAA", "S1AAAA")
    assert sample["sampledTissue"] == {"id": "UBERON:0000178", "label": "blood"}
    assert sample["sampleType"] == {"id": "NCIT:C17610", "label": "Blood Sample"}


def test_a_place_without_a_code_is_left_out() -> None:
    sample = packet(one(told={"anatomical_site": "left ear", "specimen": "hair"}))["biosamples"][0]
    assert "sampledTissue" not in sample
    assert "sampleType" not in sample


@pytest.mark.parametrize(
    ("collected", "time"),
    [
        ("2025-02-01", {"timestamp": "2025-02-01T00:00:00Z"}),
        (
            "2025-02",
            {"interval": {"start": "2025-02-01T00:00:00Z", "end": "2025-02-28T23:59:59Z"}},
        ),
        ("2025", {"interval": {"start": "2025-01-01T00:00:00Z", "end": "2025-12-31T23:59:59Z"}}),
        (None, None),
    ],
)
def test_the_time_of_collection_is_as_exact_as_it_was_told(
    collected: str | None, time: dict[str, Any] | None
) -> None:
    sample = packet(one(told={"collected": collected}))["biosamples"][0]
    assert sample.get("timeOfCollection") == time


def test_files_are_told_with_sample_format_and_genome_and_without_indexes() -> None:
    files = packet(made_record())["files"]
    assert [(each["uri"], each["fileAttributes"]) for each in files] == [
        (
            f"../encrypted/P1AAAA{end}.c4gh",
            {"fileFormat": kind, "genomeAssembly": "GRCh38"},
        )
        for end, kind in ((".cram", "CRAM"), (".vcf.gz", "VCF"), (".g.vcf.gz", "GVCF"))
    ]
    assert {tuple(each["individualToFileIdentifiers"].items()) for each in files} == {
        (("S1AAAA", "P1AAAA"),)
    }


def test_the_targets_of_an_exome_are_no_file_of_a_person() -> None:
    files = packet(made_record(members=(made_member(1, Sex.MALE, assay=Assay.WES),)))["files"]
    assert [each["fileAttributes"]["fileFormat"] for each in files] == ["CRAM", "VCF", "GVCF"]


def test_in_a_family_the_way_to_the_files_is_one_folder_longer() -> None:
    uri = made()[FAMILY]["proband"]["files"][0]["uri"]
    assert uri == "../../encrypted/P3AAAA.cram.c4gh"


def test_a_genome_of_ones_own_is_not_called_by_a_name() -> None:
    reference = made_record().reference.model_copy(update={"genome": None})
    files = packet(made_record(reference=reference))["files"]
    assert all("genomeAssembly" not in each["fileAttributes"] for each in files)


def test_a_family_holds_the_child_its_parents_and_their_pedigree() -> None:
    family = made()[FAMILY]
    assert family["proband"]["subject"]["id"] == "S3AAAA"
    assert [each["subject"]["id"] for each in family["relatives"]] == ["S1AAAA", "S2AAAA"]
    assert [
        (each["individualId"], each["paternalId"], each["maternalId"], each["affectedStatus"])
        for each in family["pedigree"]["persons"]
    ] == [
        ("S3AAAA", "S1AAAA", "S2AAAA", "AFFECTED"),
        ("S1AAAA", "0", "0", "UNAFFECTED"),
        ("S2AAAA", "0", "0", "UNAFFECTED"),
    ]


def test_a_child_with_one_parent_has_a_family_of_two() -> None:
    kid = made_member(3, Sex.MALE, mother="P2AAAA")
    record = made_record(members=(made_member(2, Sex.FEMALE), kid))
    family = json.loads(documents(record)[FAMILY])
    assert family["pedigree"]["persons"][0]["paternalId"] == "0"
    assert len(family["relatives"]) == 1


def test_a_parent_that_was_taken_out_is_not_in_the_family() -> None:
    kid = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
    assert FAMILY not in documents(made_record(members=(kid,)))


def test_a_person_in_words_only_is_neither_affected_nor_healthy() -> None:
    kid = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
    kid = kid.model_copy(update={"facts": ill(kid, {"phenotype": "tall"})})
    members = (*made_record().members[:2], kid)
    family = json.loads(documents(made_record(members=members))[FAMILY])
    assert family["pedigree"]["persons"][0]["affectedStatus"] == "MISSING"


def test_two_samples_of_a_subject_are_in_one_phenopacket() -> None:
    second = made_member(2, Sex.MALE, subject="S1AAAA")
    found = packet(made_record(members=(made_member(1, Sex.MALE), second)))
    assert [each["id"] for each in found["biosamples"]] == ["P1AAAA", "P2AAAA"]


def test_the_day_of_creation_is_the_bundles() -> None:
    meta = packet(made_record())["metaData"]
    assert meta["created"] == "2026-01-31T00:00:00Z"
    assert meta["createdBy"] == "Schelde 0.0.0"
    assert meta["phenopacketSchemaVersion"] == "2.0"
