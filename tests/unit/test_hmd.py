"""The 1+MG harmonised minimal dataset of a record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.made_record import made_file, made_member, made_record

from schelde.bundle.record import Facts, Record, Role
from schelde.documents import hmd
from schelde.sheet import Assay, Sex
from schelde.verify.hmd import SCHEMAS
from schelde.verify.schema import validator

FACTS = made_member(1, Sex.MALE).facts


def facts(**changes: object) -> Facts:
    return FACTS.model_copy(update=changes)


def one(**changes: Any) -> Record:
    return made_record(members=(made_member(1, Sex.MALE, **changes),))


def records(record: Record, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hmd.documents(record)[f"hmd/{name}.json"])["records"]
    return found


def items(record: Record, name: str) -> dict[str, Any]:
    found: dict[str, Any] = records(record, name)[0]["items"]
    return found


@pytest.mark.parametrize("path", hmd.CLASSES)
def test_every_file_keeps_our_schema(path: str) -> None:
    document = json.loads(hmd.documents(made_record())[path])
    assert document["class"] == hmd.CLASSES[path]
    assert list(validator(f"hmd-{SCHEMAS[path]}").iter_errors(document)) == []


def test_each_subject_and_sample_is_there_once_in_the_order_of_the_record() -> None:
    record = made_record()
    assert [each["items"]["Subject ID"] for each in records(record, "subjects")] == [
        "S1AAAA",
        "S2AAAA",
        "S3AAAA",
    ]
    assert [
        (each["items"]["ID"], each["of"]["Subject"]) for each in records(record, "samples")
    ] == [("P1AAAA", "S1AAAA"), ("P2AAAA", "S2AAAA"), ("P3AAAA", "S3AAAA")]


def test_two_samples_of_a_person_are_one_subject() -> None:
    members = (made_member(1, Sex.MALE), made_member(2, Sex.MALE, subject="S1AAAA"))
    record = made_record(members=members)
    assert len(records(record, "subjects")) == 1
    assert len(records(record, "samples")) == 2


@pytest.mark.parametrize("birth", ["1961", "1961-05", "1961-05-01"])
def test_a_birth_date_keeps_the_precision_that_was_told(birth: str) -> None:
    assert items(one(facts=facts(birth=birth)), "subjects")["Birth Date"] == birth


@pytest.mark.parametrize(
    ("karyotype", "code"), [("XX", "F"), ("XY", "M"), ("XXY", None), (None, None)]
)
def test_the_sex_at_birth_is_told_where_the_reads_prove_it(
    karyotype: str | None, code: str | None
) -> None:
    found = items(one(metrics={"karyotype": karyotype}), "subjects")
    assert found.get("biological sex at birth", {}).get("code") == code


def test_an_unknown_country_is_left_out() -> None:
    assert "Country of Origin" not in items(one(facts=facts(country=None)), "subjects")


def test_blood_has_the_codes_of_hmd() -> None:
    sample = items(one(facts=facts(storage="Q")), "samples")
    assert sample["Anatomical sample location"]["code"] == "XA8EC5"
    assert sample["Biospecimen_Type"]["code"] == "BLD"
    assert sample["Pathological state"]["code"] == "Germline Normal"
    assert sample["Organism"]["code"] == "C14225"
    assert [each["code"] for each in sample["Storage_Conditions"]] == ["Q"]


def test_a_word_without_a_code_is_told_as_text() -> None:
    sample = items(one(facts=facts(anatomical_site="left ear", storage="drawer")), "samples")
    assert sample["Anatomical sample location"] == {
        "nullFlavor": "OTH",
        "originalText": "left ear",
    }
    assert sample["Storage_Conditions"] == [{"nullFlavor": "OTH", "originalText": "drawer"}]


@pytest.mark.parametrize("collected", ["2025", "2025-02", None])
def test_a_sample_has_no_date_where_its_day_is_not_known(collected: str | None) -> None:
    assert "Date" not in items(one(facts=facts(collected=collected)), "samples")


def test_children_are_related_to_the_samples_of_their_parents() -> None:
    told = [
        (each["of"]["Sample"], each["items"]["Related_Sample"], each["items"]["Relation_Type"])
        for each in records(made_record(), "sample-relations")
    ]
    assert told == [("P3AAAA", ["P1AAAA"], "Familial"), ("P3AAAA", ["P2AAAA"], "Familial")]


def test_the_healthy_have_no_diagnosis() -> None:
    assert records(made_record(), "diagnoses") == []


def test_a_diagnosis_in_snomed_is_a_code_and_any_other_a_translation() -> None:
    record = one(facts=facts(diagnoses=("SCTID:22298006", "ORPHA:98473")))
    assert items(record, "diagnoses")["Diagnosis"] == [
        {"system": "SNOMED CT", "code": "22298006", "label": "22298006"},
        {
            "nullFlavor": "OTH",
            "originalText": "ORPHA:98473",
            "translation": [{"system": "ORPHA", "code": "98473"}],
        },
    ]


@pytest.mark.parametrize(
    ("assay", "metric", "mean", "depth"),
    [
        (Assay.WGS, "mean_autosome_coverage", 31.42, 31),
        (Assay.WGS, "mean_autosome_coverage", 29.5, 30),
        (Assay.WES, "mean_target_coverage", 103.6, 104),
    ],
)
def test_the_depth_is_the_rounded_mean(assay: Assay, metric: str, mean: float, depth: int) -> None:
    record = one(assay=assay, metrics={metric: mean})
    assert items(record, "sequences")["Average depth of coverage"] == depth


def test_a_depth_that_was_not_measured_is_a_null_flavour_and_not_nought() -> None:
    found = items(one(metrics={}), "sequences")
    assert found["Average depth of coverage"] == {"nullFlavor": "NI"}
    assert "Breadth of coverage" not in found


@pytest.mark.parametrize(("mean", "breadth"), [(29.8, 56), (31.4, None)])
def test_the_breadth_is_told_only_where_it_was_measured_at_that_depth(
    mean: float, breadth: int | None
) -> None:
    metrics = {"mean_autosome_coverage": mean, "pct_autosomes_30x": 55.9}
    assert items(one(metrics=metrics), "sequences").get("Breadth of coverage") == breadth


def test_the_metrics_of_ga4gh_stand_in_the_slot_for_more_metrics() -> None:
    record = made_record()
    text = items(record, "sequences")["Additional NGS quality control metrics"]
    assert json.loads(text) == record.members[0].ga4gh


def test_reads_come_in_as_fastq_and_go_out_as_vcf() -> None:
    found = items(made_record(), "sequences")
    assert found["Initial_input_file_format"]["code"] == "format_1930"
    assert found["Final_output_file_format"]["code"] == "format_3016"


def test_without_variants_the_final_format_is_cram() -> None:
    found = items(one(files=(made_file("P1AAAA", Role.READS),)), "sequences")
    assert found["Final_output_file_format"]["code"] == "format_3462"


@pytest.mark.parametrize(
    ("model", "code"),
    [("Illumina NovaSeq 6000", "0000010"), ("NextSeq 500", "0002021"), ("DNBSEQ-T7", None)],
)
def test_an_instrument_has_the_code_of_fair_genomes_or_is_told_as_text(
    model: str, code: str | None
) -> None:
    platform = items(one(facts=facts(instrument=model)), "sequences")["Sequencing Platform"][0]
    assert platform.get("code") == code
    assert code is not None or platform["originalText"] == model


def test_software_of_alignment_is_told_with_its_whole_command_line() -> None:
    record = made_record()
    resources = {each["id"]: each["items"] for each in records(record, "digital-resources")}
    pointers = items(record, "sequences")["Alignment_software"]
    told = [resources[each["DigitalResource"]] for each in pointers]
    assert [(each["Name"], each["Version"], each["Parameters"]) for each in told] == [
        ("bwa", "0.7.17-r1188", ["bwa mem -K 100000000 -Y"]),
        ("samtools", "1.16.1", ["samtools markdup -d 100"]),
    ]


def test_the_genome_is_named_with_accession_and_digest() -> None:
    record = made_record()
    genome = records(record, "digital-resources")[0]
    assert genome["id"] == items(record, "sequences")["Alignment_Genome"][0]["DigitalResource"]
    assert genome["items"]["Name"] == "GRCh38"
    assert genome["items"]["Version"] == "GCA_000001405.15"
    assert str(record.reference.seqcol["digest"]) in genome["items"]["Settings"][0]


def test_a_genome_of_ones_own_is_named_by_its_digest() -> None:
    reference = made_record().reference.model_copy(update={"genome": None, "accession": None})
    genome = records(made_record(reference=reference), "digital-resources")[0]["items"]
    digest = reference.seqcol["digest"]
    assert (genome["Name"], genome["Version"]) == ("own reference", digest)


def test_the_caller_is_told_with_version_and_settings() -> None:
    caller = records(made_record(), "digital-resources")[-1]["items"]
    assert (caller["Name"], caller["Version"]) == ("GATK HaplotypeCaller", "4.6.2.0")
    assert caller["Settings"] == ['call.caller="gatk"']


def test_the_only_day_of_use_is_the_bundles() -> None:
    used = {each["items"]["Date used"] for each in records(made_record(), "digital-resources")}
    assert used == {"2026-01-31T00:00:00Z"}


def test_an_empty_bundle_has_empty_files() -> None:
    record = made_record(members=())
    assert records(record, "subjects") == records(record, "samples") == []
    assert set(hmd.documents(record)) == set(hmd.CLASSES)
