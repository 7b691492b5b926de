from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import MALFORMED, places
from tests.unit.damage import change as damage
from tests.unit.made_national import made_national_record, written_bundle
from tests.unit.made_record import made_record

from schelde.bundle.record import RECORD, National, Record
from schelde.verify.national import RULES
from schelde.verify.rule import Bundle
from schelde.verify.run import verify

GHGA = "national/ghga.json"
CASES = "national/grz/cases.json"
METADATA = "national/grz/P3AAAA/metadata/metadata.json"
LINK = "national/grz/P3AAAA/encrypted_files/P3AAAA.vcf.gz.c4gh"

Change = Callable[[Any], object]


def failures(bundle: Bundle) -> dict[str, list[str]]:
    """Return what each rule that failed found, as file and message."""
    report = verify(bundle.root, rules=RULES)
    return {
        outcome.rule: [f"{finding.file}: {finding.message}" for finding in outcome.findings]
        for outcome in report.outcomes
        if outcome.findings
    }


def test_a_good_bundle_passes_every_rule(tmp_path):
    bundle = written_bundle(tmp_path, made_national_record())
    assert failures(bundle) == {}
    report = verify(bundle.root, rules=RULES)
    assert [outcome.status for outcome in report.outcomes] == ["passed"] * 13


def test_a_bundle_without_national_parts_is_not_asked(tmp_path):
    bundle = written_bundle(tmp_path, made_record())
    report = verify(bundle.root, rules=RULES)
    assert [outcome.status for outcome in report.outcomes] == ["left out"] * 13


def test_a_case_that_is_not_ready_passes(tmp_path):
    record = made_national_record()
    reference = record.reference.model_copy(update={"genome": None})
    bundle = written_bundle(tmp_path, record.model_copy(update={"reference": reference}))
    assert not (tmp_path / METADATA).exists()
    assert failures(bundle) == {}


def test_a_bundle_passes_after_a_withdrawal(tmp_path):
    record = made_national_record()
    members = tuple(member for member in record.members if member.sample != "P1AAAA")
    index = members[-1].model_copy(update={"father": None})
    national = record.national.without({"P1AAAA"})
    record = record.model_copy(update={"members": (members[0], index), "national": national})
    assert failures(written_bundle(tmp_path, record)) == {}
    assert len(json.loads((tmp_path / METADATA).read_text())["donors"]) == 2


def put(*path: str | int, value: Any) -> Change:
    """Return a change that puts a value at a place of a document."""

    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


def take(*path: str | int) -> Change:
    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return change


def double(*path: str | int) -> Change:
    """Return a change that puts the first item of a list once more at its end."""

    def change(document: Any) -> None:
        for part in path:
            document = document[part]
        document.append(document[0])

    return change


PROCESS = ("process_data_files", 0)
POLICY = ("data_access_policies", 0)

DAMAGED_GHGA = [
    ("no-sex", take("individuals", 0, "sex"), "ghga.schema", "'sex' is a required property"),
    ("more", put("samples", 0, "note", value="x"), "ghga.schema", "Additional properties"),
    (
        "age-word",
        put("samples", 0, "biospecimen_age_at_sampling", value="30"),
        "ghga.schema",
        "is not one of",
    ),
    ("alias", put("samples", 0, "alias", value="a/b"), "ghga.schema", "does not match"),
    ("no-list", take("publications"), "ghga.schema", "'publications' is a required"),
    ("wrong-type", put("samples", value=3), "ghga.schema", "3 is not of type 'array'"),
    ("empty", put("samples", value=[]), "ghga.schema", "$.samples: [] should be non-empty"),
    ("twice", double("samples"), "ghga.references", "samples: 'P1AAAA' stands there 2 times"),
    (
        "dangling",
        put(*PROCESS, "analysis", value="none"),
        "ghga.references",
        "analysis 'none' is not among the analyses",
    ),
    (
        "no-policy",
        put("datasets", 0, "data_access_policy", value="x"),
        "ghga.references",
        "data_access_policy 'x' is not among",
    ),
    (
        "other-sex",
        put("individuals", 0, "sex", value="FEMALE"),
        "ghga.people",
        "'S1AAAA' is 'FEMALE', but 'MALE' in the record",
    ),
    (
        "swapped",
        put("samples", 0, "individual", value="S2AAAA"),
        "ghga.people",
        "'P1AAAA' is 'S2AAAA', but 'S1AAAA'",
    ),
    ("no-sample", take("samples", 1), "ghga.people", "samples: 'P2AAAA' is missing"),
    (
        "more-people",
        put("individuals", 0, "alias", value="S9AAAA"),
        "ghga.people",
        "'S9AAAA' is 'MALE', but missing in the record",
    ),
    (
        "study",
        put("studies", 0, "alias", value="other"),
        "ghga.people",
        "'study' is 'other', but 'made-study'",
    ),
    (
        "dataset",
        put("datasets", 0, "alias", value="other"),
        "ghga.people",
        "'dataset' is 'other', but 'made-trio'",
    ),
    (
        "lost-file",
        take(*PROCESS),
        "ghga.files",
        "'P1AAAA.cram' is in the bundle, but not in the submission",
    ),
    (
        "renamed",
        put(*PROCESS, "name", value="P9.cram"),
        "ghga.files",
        "'P9.cram' is not in the bundle, but included_in_submission is true",
    ),
    (
        "hidden",
        put(*PROCESS, "included_in_submission", value=False),
        "ghga.files",
        "'P1AAAA.cram' is in the bundle, but included_in_submission is false",
    ),
    (
        "format",
        put(*PROCESS, "format", value="VCF"),
        "ghga.files",
        "'P1AAAA.cram': format is VCF, not CRAM",
    ),
    (
        "of-another",
        put(*PROCESS, "analysis", value="P2AAAA.analysis"),
        "ghga.files",
        "'P1AAAA.cram' is said to be of P2AAAA, not of P1AAAA",
    ),
    (
        "experiment",
        put("experiments", 0, "sample", value="P2AAAA"),
        "ghga.files",
        "said to be of P2AAAA, not of P1AAAA",
    ),
    (
        "experiments",
        put("experiments", 0, "sample", value="P2AAAA"),
        "ghga.people",
        "experiments by sample: 'P1AAAA' is missing",
    ),
    (
        "age",
        put("samples", 0, "biospecimen_age_at_sampling", value="31_TO_35"),
        "ghga.ages",
        "age is said to be 31_TO_35, but it is 63",
    ),
    (
        "old",
        put("samples", 0, "biospecimen_age_at_sampling", value="81_OR_OLDER"),
        "ghga.ages",
        "said to be 81_OR_OLDER, but it is 63",
    ),
    (
        "duo",
        put(*POLICY, "data_use_permission_id", value="DUO:0000004"),
        "ghga.policy",
        "data_use_permission_id is DUO:0000004, but DUO:0000042",
    ),
    (
        "duo-word",
        put(*POLICY, "data_use_permission_term", value="NO_RESTRICTION"),
        "ghga.policy",
        "NO_RESTRICTION is not DUO:0000042, general research use",
    ),
    (
        "modifier",
        put(*POLICY, "data_use_modifier_ids", value=["DUO:0000020"]),
        "ghga.policy",
        "data_use_modifier_ids: DUO:0000020, but DUO:0000019",
    ),
    (
        "modifiers",
        put(
            *POLICY,
            "data_use_modifier_terms",
            value=["PUBLICATION_REQUIRED", "COLLABORATION_REQUIRED"],
        ),
        "ghga.policy",
        "there are 2 modifier terms of 1 ids",
    ),
    (
        "doi",
        put("analysis_methods", 0, "workflow_doi", value="10.1234/x"),
        "ghga.asked",
        "'workflow_doi' is '10.1234/x', but '10.5281/zenodo.1234567'",
    ),
    (
        "version",
        put("analysis_methods", 0, "workflow_version", value="9"),
        "ghga.asked",
        "'workflow_version' is '9', but '0.0.0'",
    ),
]

DONOR = ("donors", 0)
DATUM = (*DONOR, "labData", 0)
DATA = (*DATUM, "sequenceData")
FASTQ = (*DATA, "files", 1)

DAMAGED_GRZ = [
    ("no-tan", take("submission", "tanG"), "grz.schema", "'tanG' is a required property"),
    ("version", put("$schema", value="https://example.org"), "grz.schema", "was expected"),
    ("bam", put(*FASTQ, "fileType", value="bam"), "grz.schema", "fileType: 'bam' is not one of"),
    (
        "two-indexes",
        put("donors", 1, "relation", value="index"),
        "grz.schema",
        "Too many items match",
    ),
    ("no-index", put(*DONOR, "relation", value="child"), "grz.schema", "$.donors: contains "),
    ("no-fastq", put(*DATA, "files", value=[]), "grz.schema", "[] should be non-empty"),
    (
        "no-reads",
        take(*DATA, "files", slice(1, 3)),
        "grz.schema",
        "does not contain items matching",
    ),
    (
        "up",
        put(*FASTQ, "filePath", value="../P3AAAA_R1.fastq.gz"),
        "grz.schema",
        "filePath: '../P3AAAA_R1.fastq.gz' does not match",
    ),
    (
        "no-bed",
        put(*DATUM, "libraryType", value="panel"),
        "grz.schema",
        "$.donors[0].labData[0].sequenceData.files: contains ",
    ),
    ("rna", put(*DATUM, "sequenceType", value="rna"), "grz.schema", "'dna' was expected"),
    ("wrong-type", put("donors", value="x"), "grz.schema", "'x' is not of type 'array'"),
    (
        "same-name",
        put("donors", 2, "donorPseudonym", value="S2AAAA"),
        "grz.donors",
        "'S2AAAA' is there 2 times",
    ),
    (
        "other-name",
        put("donors", 1, "donorPseudonym", value="S9AAAA"),
        "grz.donors",
        "donorPseudonym of sample 'P2AAAA' is 'S9AAAA', but 'S2AAAA'",
    ),
    (
        "gender",
        put("donors", 1, "gender", value="male"),
        "grz.donors",
        "gender of sample 'P2AAAA' is 'male', but 'female'",
    ),
    (
        "relation",
        put("donors", 1, "relation", value="sister"),
        "grz.donors",
        "sample 'P2AAAA' is sister, but 'P2AAAA' is the mother",
    ),
    (
        "lost-donor",
        take("donors", 2),
        "grz.donors",
        "samples are P3AAAA, P2AAAA, but P3AAAA, P2AAAA, P1AAAA",
    ),
    (
        "type",
        put("submission", "genomicStudyType", value="duo"),
        "grz.donors",
        "genomicStudyType is duo, but 3 donors are a trio",
    ),
    (
        "tan",
        put("submission", "tanG", value="0" * 64),
        "grz.donors",
        "tanG is not that of the record",
    ),
    (
        "day",
        put(*DATUM, "sampleDate", value="2025-02-02"),
        "grz.donors",
        "sampleDate of sample 'P3AAAA' is '2025-02-02'",
    ),
    (
        "genome",
        put(*DATA, "referenceGenome", value="GRCh37"),
        "grz.donors",
        "referenceGenome of sample 'P3AAAA' is 'GRCh37'",
    ),
    (
        "checksum",
        put(*FASTQ, "fileChecksum", value="0" * 64),
        "grz.files",
        "fileChecksum of 'P3AAAA_R1.fastq.gz' is not that of the record",
    ),
    (
        "size",
        put(*FASTQ, "fileSizeInBytes", value=7),
        "grz.files",
        "'P3AAAA_R1.fastq.gz' has 7 bytes, but 1000 in the record",
    ),
    (
        "stranger",
        put(*FASTQ, "filePath", value="P9_R1.fastq.gz"),
        "grz.files",
        "'P9_R1.fastq.gz' is no file of sample 'P3AAAA'",
    ),
    ("one-end", take(*FASTQ), "grz.files", "FASTQ files R2, not R1, R2"),
    ("order", put(*FASTQ, "readOrder", value="R2"), "grz.files", "FASTQ files R2, R2, not R1, R2"),
    (
        "twice",
        double(*DATA, "files"),
        "grz.schema",
        "$.donors[0].labData[0].sequenceData.files: uniqueItems",
    ),
    (
        "listed-twice",
        put(*DATA, "files", 2, "filePath", value="P3AAAA_R1.fastq.gz"),
        "grz.files",
        "'P3AAAA_R1.fastq.gz' is listed twice",
    ),
    (
        "depth",
        put(*DATA, "meanDepthOfCoverage", value=35.0),
        "grz.quality",
        "declares mean_autosome_coverage of 35, but it is 31.42",
    ),
    (
        "shallow",
        put(*DATA, "meanDepthOfCoverage", value=20),
        "grz.quality",
        "mean_autosome_coverage of the index patient's sample 'P3AAAA' is 20, less than 30",
    ),
    (
        "regions",
        put(*DATA, "targetedRegionsAboveMinCoverage", value=0.5),
        "grz.quality",
        "'P3AAAA' is 50, less than 80",
    ),
    (
        "q30",
        put(*DATA, "percentBasesAboveQualityThreshold", "percent", value=80),
        "grz.quality",
        "is 80, less than 85",
    ),
    (
        "nan",
        put(*DATA, "meanDepthOfCoverage", value=float("nan")),
        "grz.quality",
        "declares mean_autosome_coverage of nan",
    ),
    (
        "minimum",
        put(*DATA, "minCoverage", value=30),
        "grz.quality",
        "minCoverage of sample 'P3AAAA' is 30, but regions were measured at 20",
    ),
    (
        "length",
        put(*FASTQ, "readLength", value=151),
        "grz.quality",
        "is 151, but reads are 150.0 long",
    ),
    (
        "deny",
        put("donors", 1, "mvConsent", "scope", 0, "type", value="deny"),
        "grz.consent",
        "donor 'S2AAAA' does not permit mvSequencing",
    ),
    (
        "patient",
        put(
            *DONOR, "researchConsents", 0, "scope", "patient", "reference", value="Patient/MMuster"
        ),
        "grz.consent",
        "a consent of sample 'P3AAAA' is of 'Patient/MMuster'",
    ),
]

DAMAGED_CASES = [
    (
        "not-ready",
        put(
            "cases",
            0,
            value={
                "case": "P3AAAA",
                "donors": ["P3AAAA", "P2AAAA", "P1AAAA"],
                "ready": False,
                "lacks": ["x"],
            },
        ),
        "grz.cases",
        "not ready, but has metadata",
    ),
    ("ready-lacks", put("cases", 0, "lacks", value=["x"]), "grz.cases", "$.cases[0].lacks"),
    ("other", put("cases", 0, "case", value="P9"), "grz.cases", "case 'P9' is not in the record"),
    (
        "donors",
        put("cases", 0, "donors", value=["P3AAAA"]),
        "grz.cases",
        "has donors P3AAAA, but P3AAAA, P2AAAA, P1AAAA",
    ),
    ("no-list", put("cases", value=None), "grz.cases", "None is not of type 'array'"),
]

DAMAGED = [
    *((GHGA, *row) for row in DAMAGED_GHGA),
    *((METADATA, *row) for row in DAMAGED_GRZ),
    *((CASES, *row) for row in DAMAGED_CASES),
]


@pytest.mark.parametrize(
    ("name", "change", "rule", "message"),
    [(name, *rest) for name, _, *rest in DAMAGED],
    ids=[f"{Path(name).stem}-{word}" for name, word, *_ in DAMAGED],
)
def test_a_damaged_document_is_caught(tmp_path, name, change, rule, message):
    bundle = written_bundle(tmp_path, made_national_record())
    damage(tmp_path, name, change)
    found = failures(bundle)
    assert [told for told in found.get(rule, []) if message in told], found


def test_every_rule_catches_something():
    assert {row[3] for row in DAMAGED} == {rule.id for rule in RULES}


@pytest.mark.parametrize("name", [GHGA, METADATA, CASES, LINK])
def test_a_missing_file_is_told(tmp_path, name):
    bundle = written_bundle(tmp_path, made_national_record())
    (tmp_path / name).unlink()
    told = [message for messages in failures(bundle).values() for message in messages]
    if name == METADATA:
        assert f"{METADATA}: case 'P3AAAA' is ready, but has no metadata" in told
    else:
        assert f"{name}: this file is missing" in told


def test_a_link_with_other_bytes_is_told(tmp_path):
    bundle = written_bundle(tmp_path, made_national_record())
    (tmp_path / LINK).unlink()
    (tmp_path / LINK).write_bytes(bytes([1]) * 1152)
    told = failures(bundle)["grz.files"]
    assert told == [f"{LINK}: these are not the bytes of encrypted/P3AAAA.vcf.gz.c4gh"]
    (tmp_path / LINK).write_bytes(b"short")
    told = failures(bundle)["grz.files"]
    assert told == [f"{LINK}: this has 5 bytes, not the 1152 of encrypted/P3AAAA.vcf.gz.c4gh"]


def test_files_that_nothing_names_are_told(tmp_path):
    bundle = written_bundle(tmp_path, made_national_record())
    (tmp_path / LINK).with_name("more.c4gh").write_text("x")
    (tmp_path / "national/grz/P9").mkdir()
    (tmp_path / "national/grz/P9/notes.txt").write_text("x")
    found = failures(bundle)
    assert found["grz.files"] == [
        "national/grz/P3AAAA/encrypted_files/more.c4gh: this file is in no metadata"
    ]
    assert found["grz.cases"] == [
        "national/grz/P9/notes.txt: this file belongs to no case that is ready"
    ]


def test_documents_that_nobody_asked_for_are_told(tmp_path):
    record = made_national_record()
    bundle = written_bundle(tmp_path, record)
    silent = record.model_copy(update={"national": National()})
    (tmp_path / RECORD).write_text(silent.to_json())
    found = failures(bundle)
    assert found["ghga.asked"] == [
        f"{GHGA}: this file is there, but the record has nothing for GHGA"
    ]
    assert f"{CASES}: case 'P3AAAA' is not in the record" in found["grz.cases"]


def test_tolerance_is_a_tenth_of_the_declared_value(tmp_path):
    bundle = written_bundle(tmp_path, made_national_record())
    damage(tmp_path, METADATA, put(*DATA, "meanDepthOfCoverage", value=34.9))
    assert failures(bundle) == {}
    damage(tmp_path, METADATA, put(*DATA, "meanDepthOfCoverage", value=34.92))
    assert list(failures(bundle)) == ["grz.quality"]


@pytest.mark.parametrize("name", [GHGA, METADATA, CASES])
@pytest.mark.parametrize(
    "text",
    [*MALFORMED, "\udcff", '{"donors": [[]]}', '{"cases": [null]}'],
    ids=ascii,
)
def test_hostile_documents_end_in_findings(tmp_path, name, text):
    bundle = written_bundle(tmp_path, made_national_record())
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert failures(bundle)


@pytest.mark.parametrize("name", [GHGA, METADATA, CASES])
def test_no_value_put_anywhere_ends_in_a_traceback(tmp_path, name):
    bundle = written_bundle(tmp_path, made_national_record())
    good = (tmp_path / name).read_text()
    for number, path in enumerate(list(places(json.loads(good), items=None))[1::7]):
        value = [None, 3, "", [], {}, [None], -1.5][number % 7]
        damage(tmp_path, name, put(*path, value=value))
        failures(bundle)
        (tmp_path / name).write_text(good)


def test_the_record_is_not_needed_whole(tmp_path):
    record: Record = made_national_record()
    bundle = written_bundle(tmp_path, record)
    (tmp_path / RECORD).write_text("{}")
    assert all(told[0].startswith(RECORD) for told in failures(bundle).values())
