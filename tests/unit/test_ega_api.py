from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.ega_bundle import RECORDS, one, registered, single_end, with_fastq, with_genome
from tests.unit.made_record import made_file, made_member, made_record

from schelde.bundle.record import Record, Role
from schelde.documents import ega_api
from schelde.sheet import Assay, Sex


def payloads(record: Record) -> dict[str, Any]:
    found = ega_api.documents(record)
    return {path.removeprefix("ega/api/"): json.loads(text) for path, text in found.items()}


TRIO = payloads(made_record())


def test_a_trio_has_a_payload_for_each_object_and_their_order():
    assert len(TRIO) == 17
    assert len(TRIO["steps.json"]) == 16


def test_payloads_are_posted_in_the_order_of_the_portal():
    kinds = [step["document"].split("-")[0].removesuffix(".json") for step in TRIO["steps.json"]]
    assert list(dict.fromkeys(kinds)) == [
        "submission",
        "study",
        "sample",
        "experiment",
        "run",
        "analysis",
        "dataset",
        "finalise",
    ]


def test_every_step_but_the_first_is_posted_below_the_submission():
    first, *others = TRIO["steps.json"]
    assert first["post"] == "/submissions"
    assert {step["post"].rsplit("/", 1)[0] for step in others} == {
        "/submissions/@submission:made-trio"
    }


def test_a_sample_says_what_ega_asks_and_no_more():
    assert TRIO["sample-P2AAAA.json"] == {
        "alias": "P2AAAA",
        "title": "P2AAAA (made-trio)",
        "biological_sex": "female",
        "subject_id": "S2AAAA",
        "phenotype": "healthy",
        "case_control": "NA",
        "organism_part": "blood",
    }


@pytest.mark.parametrize("private", ["1961", "HP:0001250", "ORPHA:98473", '"BE"', "father"])
def test_birth_country_family_and_codes_of_diagnoses_are_not_told(private):
    facts = made_member(1, Sex.MALE).facts.model_copy(
        update={"hpo": ("HP:0001250",), "diagnoses": ("ORPHA:98473",)}
    )
    child = made_member(3, Sex.MALE, father="P1AAAA", facts=facts)
    record = made_record(members=(made_member(1, Sex.MALE, facts=facts), child))
    assert not [path for path, text in ega_api.documents(record).items() if private in text]


def test_a_run_of_cram_has_no_index():
    assert TRIO["run-P1AAAA.reads.json"]["run_file_type"] == "cram"
    assert TRIO["run-P1AAAA.reads.json"]["files"] == ["@file:P1AAAA.cram.c4gh"]


def test_numbers_of_quality_have_tag_value_and_unit():
    told = TRIO["run-P1AAAA.reads.json"]["extra_attributes"]
    assert {"tag": "mean_autosome_coverage", "value": "31.42", "unit": "x"} in told
    assert {"tag": "cross_contamination_rate", "value": "0.0003"} in told
    assert len(told) == 9


def test_a_number_that_does_not_exist_is_not_told():
    ga4gh = {"wgs_qc_metrics": {"variant_metrics": {"ratio_insertion_deletion": None}}}
    told = payloads(one(ga4gh=ga4gh))
    tags = {each["tag"] for each in told["analysis-P1AAAA.variants.json"]["extra_attributes"]}
    assert tags == {"sequence collection", "variant caller"}
    assert told["run-P1AAAA.reads.json"]["extra_attributes"] == []


def test_variants_name_genome_and_chromosomes():
    told = TRIO["analysis-P1AAAA.variants.json"]
    assert told["genome_id"] == 15
    assert told["chromosomes"] == [{"id": 69, "label": "chr20"}, {"id": 74, "label": "chrM"}]


def test_a_genome_that_ega_does_not_know_is_told_by_its_digest_alone():
    record = with_genome(None, None, ("chr20", 150_000))
    told = payloads(record)["analysis-P1AAAA.variants.json"]
    assert "genome_id" not in told
    assert "chromosomes" not in told
    digest = {"tag": "sequence collection", "value": record.reference.seqcol["digest"]}
    assert digest in told["extra_attributes"]


def test_with_fastq_the_run_is_fastq_and_the_cram_an_analysis_with_its_index():
    told = payloads(with_fastq())
    assert told["run-P1AAAA.reads.json"]["run_file_type"] == "fastq"
    assert told["run-P1AAAA.reads.json"]["files"] == [
        "@file:P1AAAA_R1.fastq.gz.c4gh",
        "@file:P1AAAA_R2.fastq.gz.c4gh",
    ]
    assert told["analysis-P1AAAA.alignment.json"]["analysis_type"] == "REFERENCE ALIGNMENT"
    assert told["analysis-P1AAAA.alignment.json"]["files"] == [
        "@file:P1AAAA.cram.c4gh",
        "@file:P1AAAA.cram.crai.c4gh",
    ]


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_no_file_is_in_two_runs_or_analyses(record):
    told = payloads(record)
    files = [
        f for name, each in told.items() if name != "steps.json" for f in each.get("files", ())
    ]
    assert len(files) == len(set(files)) >= 5 * len(record.members)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_titles_are_unique(record):
    told = payloads(record)
    titles = [told[name]["title"] for name in told if name.startswith(("sample", "analysis"))]
    assert len(titles) == len(set(titles)) >= 2


def test_an_exome_is_told_as_one():
    told = payloads(one(assay=Assay.WES))
    assert told["experiment-P1AAAA.wes.json"]["library_strategy"] == "WXS"
    assert told["analysis-P1AAAA.variants.json"]["experiment_types"] == ["Exome sequencing"]
    assert told["dataset.json"]["dataset_types"] == ["Exome sequencing", "Genomic variant calling"]


def test_the_targets_of_an_exome_are_of_the_analysis_of_its_variants():
    told = payloads(one(assay=Assay.WES))
    analysis = told["analysis-P1AAAA.variants.json"]
    assert analysis["files"][-1] == "@file:P1AAAA.targets.bed.c4gh"
    assert analysis["description"].endswith("gVCF with reference blocks, within targets (BED)")
    assert "BED" not in TRIO["analysis-P1AAAA.variants.json"]["description"]


def test_targets_without_variants_are_not_described():
    record = one(assay=Assay.WES, files=(made_file("P1AAAA", Role.TARGETS),))
    assert not [name for name in payloads(record) if name.startswith(("analysis", "run"))]


def test_a_library_read_from_one_end_has_no_length_of_fragments():
    told = payloads(made_record(members=(single_end(),)))["experiment-P1AAAA.wgs.json"]
    assert told["library_layout"] == "SINGLE"
    assert not [key for key in told if key.startswith("paired")]


def test_a_study_at_ega_is_named_by_accession_and_not_posted():
    told = payloads(registered())
    assert "study.json" not in told
    experiment = told["experiment-P1AAAA.wgs.json"]
    assert experiment["study_accession_id"] == "EGAS00000000003"
    assert "study_provisional_id" not in experiment
    assert told["dataset.json"]["policy_accession_id"] == "EGAP00000000002"


def test_the_dataset_is_released_when_the_operator_said():
    assert TRIO["finalise.json"] == {"expected_release_date": "2026-03-01"}


def test_a_sample_without_variants_has_no_analysis():
    told = payloads(one(files=(made_file("P1AAAA", Role.READS),)))
    assert told["dataset.json"]["analysis_provisional_ids"] == []
    assert told["dataset.json"]["dataset_types"] == ["Whole genome sequencing"]


def test_a_bundle_that_all_have_left_has_no_payloads():
    assert ega_api.documents(made_record(members=())) == {}


def test_two_writings_are_the_same():
    assert ega_api.documents(made_record()) == ega_api.documents(made_record())
