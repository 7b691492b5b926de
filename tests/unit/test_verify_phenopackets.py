"""Checks of Phenopackets: each damage is told by its rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import change, tried
from tests.unit.made_record import made_member, made_record
from tests.unit.told import told_in

from schelde.bundle.record import RECORD, Record
from schelde.documents import phenopackets
from schelde.documents.manifest import MANIFEST
from schelde.sheet import Sex
from schelde.verify.phenopackets import RULES
from schelde.verify.run import verify

KID = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
ILL = KID.facts.model_copy(
    update={"phenotype": "seizures", "hpo": ("HP:0001250",), "diagnoses": ("ORPHA:98473",)}
)
TRIO = (
    made_member(1, Sex.MALE),
    made_member(2, Sex.FEMALE),
    KID.model_copy(update={"facts": ILL}),
)
RECORDED = made_record(members=TRIO)
DAD, CHILD = "phenopackets/S1AAAA.json", "phenopackets/S3AAAA.json"
FAMILY = "phenopackets/families/S3AAAA.json"


def write(root: Path, record: Record = RECORDED) -> Path:
    files = [{"path": file.path, "sample": member.sample} for member, file in record.files]
    documents = {**phenopackets.documents(record), RECORD: record.to_json()}
    for path, text in {**documents, MANIFEST: json.dumps({"files": files})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path), rules=RULES)
    assert [outcome.findings for outcome in report.outcomes] == [()] * len(RULES)
    assert report.passed


DAMAGE: list[tuple[str, str, Callable[[Any], object], str]] = [
    ("phenopackets.schema", DAD, lambda told: told.pop("metaData"), "'metaData' is a required"),
    ("phenopackets.schema", DAD, lambda told: told.update(name="Jo"), "'name' was unexpected"),
    (
        "phenopackets.schema",
        DAD,
        lambda told: told["metaData"].update(phenopacketSchemaVersion="1.0"),
        "'2.0' was expected",
    ),
    (
        "phenopackets.schema",
        CHILD,
        lambda told: told["phenotypicFeatures"][0]["type"].update(id="HP:1250"),
        "does not match",
    ),
    ("phenopackets.schema", FAMILY, lambda told: told.pop("pedigree"), "'pedigree' is a required"),
    (
        "phenopackets.parse",
        DAD,
        lambda told: told["subject"].update(sex="boy"),
        "Invalid enum value boy",
    ),
    (
        "phenopackets.parse",
        DAD,
        lambda told: told["subject"].update(dateOfBirth="1961"),
        "is no Phenopacket of Phenopackets v2",
    ),
    (
        "phenopackets.parse",
        DAD,
        lambda told: told.update(nickname="x"),
        'no field named "nickname"',
    ),
    (
        "phenopackets.parse",
        DAD,
        lambda told: told["subject"].update(dateOfBirth="1961-05-01T01:00:00+01:00"),
        "the library reads it as another document",
    ),
    ("phenopackets.parse", FAMILY, lambda told: told.update(proband=["x"]), "is no Family of"),
    (
        "phenopackets.subjects",
        DAD,
        lambda told: told["subject"].update(id="NA12878"),
        "its subject is 'NA12878', its name says S1AAAA",
    ),
    (
        "phenopackets.subjects",
        DAD,
        lambda told: told["biosamples"].clear(),
        "its biosamples are none, the record has P1AAAA",
    ),
    (
        "phenopackets.subjects",
        DAD,
        lambda told: told["biosamples"][0].update(individualId="S2AAAA"),
        "is of 'S2AAAA', not of S1AAAA",
    ),
    (
        "phenopackets.subjects",
        FAMILY,
        lambda told: told["relatives"].pop(),
        "members are S1AAAA, S3AAAA, the record has S1AAAA, S2AAAA, S3AAAA",
    ),
    (
        "phenopackets.subjects",
        FAMILY,
        lambda told: told["pedigree"]["persons"].pop(),
        "persons of its pedigree are S1AAAA, S3AAAA",
    ),
    (
        "phenopackets.families",
        FAMILY,
        lambda told: told["proband"].pop("diseases"),
        "its Phenopacket of S3AAAA is not the one in phenopackets/S3AAAA.json",
    ),
    (
        "phenopackets.sex",
        DAD,
        lambda told: told["subject"].update(sex="FEMALE"),
        "its sex is 'FEMALE', the record has MALE",
    ),
    (
        "phenopackets.sex",
        FAMILY,
        lambda told: told["pedigree"]["persons"][2].update(sex="MALE"),
        "the sex of S2AAAA in its pedigree is 'MALE', the record has FEMALE",
    ),
    (
        "phenopackets.files",
        DAD,
        lambda told: told["files"][0].update(uri="../encrypted/NA12878.cram.c4gh"),
        "encrypted/NA12878.cram.c4gh is not a file of manifest.json",
    ),
    (
        "phenopackets.files",
        DAD,
        lambda told: told["files"][0].update(individualToFileIdentifiers={"S1AAAA": "P2AAAA"}),
        "is said to be {'S1AAAA': 'P2AAAA'}, it should be {'S1AAAA': 'P1AAAA'}",
    ),
    (
        "phenopackets.files",
        FAMILY,
        lambda told: told["proband"]["files"][0].update(uri="../encrypted/P3AAAA.cram.c4gh"),
        "phenopackets/encrypted/P3AAAA.cram.c4gh is not a file",
    ),
    (
        "phenopackets.terms",
        DAD,
        lambda told: told.update(diseases=[{"term": {"id": "ORPHA:1", "label": "x"}}]),
        "disease 'ORPHA:1' of a subject whom the record calls healthy",
    ),
    (
        "phenopackets.terms",
        CHILD,
        lambda told: told["phenotypicFeatures"][0]["type"].update(id="seizure"),
        "'seizure' is not a term of the Human Phenotype Ontology",
    ),
    (
        "phenopackets.terms",
        CHILD,
        lambda told: told.pop("diseases"),
        "its diseases are none, the record has ORPHA:98473",
    ),
    (
        "phenopackets.terms",
        DAD,
        lambda told: told["metaData"]["resources"].pop(0),
        "no resource is named for terms of NCBITaxon",
    ),
    (
        "phenopackets.dates",
        DAD,
        lambda told: told["metaData"].update(created="2026-11-22T18:00:00Z"),
        "created 2026-11-22T18:00:00Z, the bundle was issued 2026-01-31",
    ),
    (
        "phenopackets.dates",
        DAD,
        lambda told: told["biosamples"][0]["timeOfCollection"].update(
            timestamp="2027-01-01T00:00:00Z"
        ),
        "2027-01-01T00:00:00Z is after the bundle was issued",
    ),
    (
        "phenopackets.dates",
        DAD,
        lambda told: told["subject"].update(dateOfBirth="1961-01-01T00:00:00Z"),
        "dateOfBirth is '1961-01-01T00:00:00Z', the record has 1961-05-01",
    ),
]


@pytest.mark.parametrize(("rule", "name", "how", "message"), DAMAGE)
def test_a_damage_is_told_by_its_rule(
    tmp_path: Path, rule: str, name: str, how: Callable[[Any], object], message: str
) -> None:
    write(tmp_path)
    change(tmp_path, name, how)
    said = told_in(verify(tmp_path, rules=RULES))
    told = [what for id_of_rule, what in said if id_of_rule == rule]
    assert any(each.startswith(f"{name}: ") and message in each for each in told), said


def test_every_rule_has_a_damage() -> None:
    assert {rule for rule, *_ in DAMAGE} == {rule.id for rule in RULES}


def messages(root: Path) -> list[str]:
    failed = verify(root, rules=RULES).failed
    return [finding.message for outcome in failed for finding in outcome.findings]


def test_a_missing_phenopacket_is_told(tmp_path: Path) -> None:
    (write(tmp_path) / DAD).unlink()
    assert "there is no Phenopacket of subject S1AAAA" in messages(tmp_path)


def test_a_missing_family_is_told(tmp_path: Path) -> None:
    (write(tmp_path) / FAMILY).unlink()
    assert "there is no Family of subject S3AAAA" in messages(tmp_path)


def test_a_phenopacket_of_somebody_else_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "phenopackets/S9.json").write_text((tmp_path / DAD).read_text())
    assert "the record knows no Phenopacket of subject S9" in messages(tmp_path)


def test_a_manifest_that_is_none_is_told(tmp_path: Path) -> None:
    (write(tmp_path) / MANIFEST).write_text("[]")
    assert "this is not a manifest" in messages(tmp_path)


@pytest.mark.parametrize("name", [DAD, FAMILY])
def test_no_rule_ends_in_a_traceback_whatever_a_file_holds(tmp_path: Path, name: str) -> None:
    document = json.loads((write(tmp_path) / name).read_text())
    if name == FAMILY:  # its Phenopackets are like the other
        document["relatives"], document["proband"] = [], {"subject": {"id": "S3AAAA"}}
    assert tried(tmp_path, name, document, RULES) > 100
