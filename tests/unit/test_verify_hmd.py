"""Checks of the harmonised minimal dataset: each damage is told by its rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import tried
from tests.unit.made_record import made_member, made_record
from tests.unit.told import told_in

from schelde.bundle.record import RECORD, Record
from schelde.documents import hmd, qc
from schelde.sheet import Sex
from schelde.verify.hmd import DIAGNOSES, RELATIONS, RESOURCES, RULES, SAMPLES, SEQUENCES, SUBJECTS
from schelde.verify.run import verify

KID = made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA")
ILL = KID.facts.model_copy(update={"phenotype": "seizures", "diagnoses": ("SCTID:84757009",)})
TRIO = (
    made_member(1, Sex.MALE),
    made_member(2, Sex.FEMALE),
    KID.model_copy(update={"facts": ILL}),
)
RECORDED = made_record(members=TRIO)


def write(root: Path, record: Record = RECORDED) -> Path:
    documents = {**qc.documents(record), **hmd.documents(record), RECORD: record.to_json()}
    for path, text in documents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def change(root: Path, name: str, how: Callable[[Any], object]) -> None:
    document = json.loads((root / name).read_text())
    how(document["records"])
    (root / name).write_text(json.dumps(document))


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path), rules=RULES)
    assert [outcome.findings for outcome in report.outcomes] == [()] * len(RULES)
    assert report.passed


def item(number: int, name: str, value: object) -> Callable[[Any], object]:
    return lambda records: records[number]["items"].update({name: value})


def drop(number: int, name: str) -> Callable[[Any], object]:
    return lambda records: records[number]["items"].pop(name)


DAMAGE: list[tuple[str, str, Callable[[Any], object], str]] = [
    ("hmd.schema", SUBJECTS, drop(0, "Birth Date"), "'Birth Date' is a required property"),
    ("hmd.schema", SUBJECTS, item(0, "Birth Date", "1.5.1961"), "does not match"),
    ("hmd.schema", SUBJECTS, item(0, "Shoe size", 44), "'Shoe size' was unexpected"),
    ("hmd.schema", SAMPLES, drop(1, "Organism"), "'Organism' is a required property"),
    (
        "hmd.schema",
        SAMPLES,
        item(
            0, "Anatomical sample location", {"system": "ICD-11", "code": "Blood", "label": "Blood"}
        ),
        "not valid under any of the given schemas",
    ),
    ("hmd.schema", SEQUENCES, item(0, "Average depth of coverage", 31.4), "is not valid under any"),
    ("hmd.schema", SEQUENCES, item(0, "Alignment_Genome", []), "should be non-empty"),
    ("hmd.schema", RESOURCES, item(0, "Date used", "2026-01-31"), "does not match"),
    ("hmd.schema", RESOURCES, drop(1, "Version"), "'Version' is a required property"),
    ("hmd.subjects", SUBJECTS, lambda all: all.pop(), "subject S3AAAA of the record is missing"),
    ("hmd.subjects", SUBJECTS, lambda all: all.append(all[0]), "S1AAAA is there 2 times"),
    ("hmd.subjects", SUBJECTS, item(0, "Subject ID", "NA12878"), "'NA12878' is not in the record"),
    ("hmd.subjects", SUBJECTS, item(0, "Birth Date", "1990"), "is '1990', the record has '1961-"),
    (
        "hmd.subjects",
        SUBJECTS,
        lambda all: all[1]["items"]["Administrative Gender"].update(code="male"),
        "is 'male', the record has 'female'",
    ),
    ("hmd.samples", SAMPLES, lambda all: all[0]["of"].update(Subject="S9"), "who is not in hmd/"),
    (
        "hmd.samples",
        SAMPLES,
        lambda all: all[0]["of"].update(Subject="S2AAAA"),
        "of subject 'S2AAAA', the record has 'S1AAAA'",
    ),
    ("hmd.samples", SEQUENCES, lambda all: all.pop(0), "sequence of sample P1AAAA of the record"),
    (
        "hmd.relations",
        RELATIONS,
        lambda all: all.pop(),
        "P3AAAA is not related to its parent P2AAAA",
    ),
    ("hmd.relations", RELATIONS, item(0, "Related_Sample", ["P2AAAA"]), "not related to its"),
    (
        "hmd.relations",
        RELATIONS,
        lambda all: all[0]["of"].update(Sample="P2AAAA"),
        "P2AAAA is related to P1AAAA, which the record does not say",
    ),
    ("hmd.relations", DIAGNOSES, lambda all: all.clear(), "diagnosis of subject S3AAAA of the"),
    (
        "hmd.relations",
        DIAGNOSES,
        lambda all: all[0]["of"].update(Subject="S1AAAA"),
        "diagnosis of subject 'S1AAAA' is not in the record",
    ),
    (
        "hmd.depth",
        SEQUENCES,
        item(0, "Average depth of coverage", 30),
        "is 30, the mean coverage is 31.42: it should be 31",
    ),
    ("hmd.depth", SEQUENCES, item(1, "Average depth of coverage", {"nullFlavor": "NI"}), "be 31"),
    (
        "hmd.qc",
        SEQUENCES,
        item(0, "Additional NGS quality control metrics", '{"biosample": {"id": "P1AAAA"}}'),
        "of P1AAAA is not what qc/P1AAAA.ga4gh-wgs-qc.json says",
    ),
    ("hmd.qc", SEQUENCES, item(0, "Additional NGS quality control metrics", "good"), "not JSON"),
    ("hmd.qc", SEQUENCES, item(0, "Additional NGS quality control metrics", "[" * 200_000), "not"),
    (
        "hmd.formats",
        SEQUENCES,
        lambda all: all[0]["items"]["Final_output_file_format"].update(code="format_2572"),
        "is 'format_2572', its files are EDAM format_3016",
    ),
    (
        "hmd.resources",
        SEQUENCES,
        item(0, "Variant_calling", [{"DigitalResource": "DRAGEN"}]),
        "points to 'DRAGEN', which is not in hmd/digital-resources.json",
    ),
    ("hmd.resources", RESOURCES, drop(1, "Parameters"), "are not a command line of the record"),
    (
        "hmd.resources",
        RESOURCES,
        item(1, "Parameters", ["bwa mem /home/jo/x.fq"]),
        "not a command line",
    ),
    ("hmd.resources", RESOURCES, item(0, "Version", "hg19"), "'hg19', the record has 'GCA_"),
    ("hmd.dates", SAMPLES, item(0, "Date", "2026-02-01"), "after the bundle was issued (2026-01"),
    ("hmd.dates", SAMPLES, item(0, "Date", "1950-01-01"), "before the birth (1961-05-01)"),
    ("hmd.dates", SEQUENCES, item(0, "Sequencing_Date", "2025-01-01"), "before it was taken"),
    ("hmd.dates", RESOURCES, item(0, "Date used", "2027-01-01T00:00:00Z"), "after the bundle was"),
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


@pytest.mark.parametrize("name", hmd.CLASSES)
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).unlink()
    failed = verify(tmp_path, rules=RULES).failed
    assert "this file is missing" in {f.message for each in failed for f in each.findings}


@pytest.mark.parametrize("name", hmd.CLASSES)
def test_no_rule_ends_in_a_traceback_whatever_a_file_holds(tmp_path: Path, name: str) -> None:
    document = json.loads((write(tmp_path) / name).read_text())
    assert tried(tmp_path, name, document, RULES) >= 40
