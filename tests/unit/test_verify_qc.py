"""Checks of quality and reference in a bundle: each damage is told by its rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import change
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import RECORD, Record
from schelde.documents.qc import SEQCOL, documents
from schelde.sheet import Sex
from schelde.verify.qc import RULES
from schelde.verify.report import Status
from schelde.verify.run import verify

GA4GH = "qc/P1AAAA.ga4gh-wgs-qc.json"
VERDICT = "qc/P1AAAA.verdict.json"
ASKED = {
    "metric": "mean_autosome_coverage",
    "value": 31.42,
    "comparison": ">=",
    "threshold": 15,
    "severity": "fail",
    "result": "pass",
}
TOLD = {
    "sample": "P1AAAA",
    "verdict": "pass",
    "profiles": [{"name": "default", "verdict": "pass", "rules": [ASKED]}],
}
RECORDED = made_record(members=(made_member(1, Sex.MALE, verdict=TOLD), made_member(2, Sex.FEMALE)))


def write(root: Path, record: Record = RECORDED) -> Path:
    for path, text in {**documents(record), RECORD: record.to_json()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path), rules=RULES)
    assert [outcome.status for outcome in report.outcomes] == [Status.PASSED] * len(RULES)


def set_rule(key: str, value: object) -> Callable[[Any], None]:
    return lambda told: told["profiles"][0]["rules"][0].update({key: value})


DAMAGE: list[tuple[str, str, Callable[[Any], object], str]] = [
    (
        "qc.ga4gh",
        GA4GH,
        lambda told: told["wgs_qc_metrics"]["aln_metrics"].update(mean_autosome_coverage=40.0),
        "mean_autosome_coverage is 40.0, but 31.42 in the record",
    ),
    (
        "qc.ga4gh",
        GA4GH,
        lambda told: told["wgs_qc_metrics"]["variant_metrics"].update(ratio_insertion_deletion=1.0),
        "ratio_insertion_deletion is 1.0, but its counts give 0.99",
    ),
    (
        "qc.ga4gh",
        GA4GH,
        lambda told: told["wgs_qc_metrics"]["aln_metrics"].update(pct_reads_mapped=101),
        "101 is greater than the maximum of 100",
    ),
    ("qc.ga4gh", GA4GH, lambda told: told.update(biosample={}), "'id' is a required property"),
    ("qc.verdict", VERDICT, set_rule("value", 10.0), "but 31.42 in the record"),
    ("qc.verdict", VERDICT, set_rule("threshold", 35), "is said to pass, but its value gives fail"),
    ("qc.verdict", VERDICT, set_rule("threshold", "much"), "cannot be compared"),
    ("qc.verdict", VERDICT, lambda told: told.update(verdict="fail"), "'fail' is not one of"),
    ("qc.verdict", VERDICT, lambda told: told.update(hints=["JOHN"]), "'hints' was unexpected"),
    (
        "reference.seqcol",
        SEQCOL,
        lambda told: told["level2"]["lengths"].__setitem__(0, 7),
        "the digest of lengths is not that of the values",
    ),
    (
        "reference.seqcol",
        SEQCOL,
        lambda told: told["level2"]["names"].pop(),
        "not of one number",
    ),
    ("reference.seqcol", SEQCOL, lambda told: told.update(digest="A" * 32), "the digest is not"),
]


@pytest.mark.parametrize(("rule", "name", "how", "message"), DAMAGE)
def test_damage_is_told(
    tmp_path: Path, rule: str, name: str, how: Callable[[Any], object], message: str
) -> None:
    change(write(tmp_path), name, how)
    report = verify(tmp_path, rules=RULES)
    assert [outcome.rule for outcome in report.failed] == [rule]
    told = " ".join(finding.message for finding in report.failed[0].findings)
    assert message in told


@pytest.mark.parametrize("name", [GA4GH, VERDICT, SEQCOL])
@pytest.mark.parametrize("content", ["", "[]", "null", "{", "\x00", '{"profiles": 3}'])
def test_a_document_of_anything_else_is_told_and_not_stumbled_over(
    tmp_path: Path, name: str, content: str
) -> None:
    (write(tmp_path) / name).write_text(content)
    assert len(verify(tmp_path, rules=RULES).failed) == 1


@pytest.mark.parametrize("name", [GA4GH, VERDICT, SEQCOL, RECORD])
def test_a_missing_document_is_told(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).unlink()
    report = verify(tmp_path, rules=RULES)
    assert report.failed[0].findings[0].message == "this file is missing"


def test_our_schema_takes_what_the_reference_implementation_of_ga4gh_writes(shared: Path) -> None:
    from schelde.verify.schema import validator

    folder = shared / "standards/ga4gh-wgs-qc"
    files = sorted(folder.glob("NA*.expected.metrics.json"))
    wrong = [
        error
        for file in files
        for error in validator("ga4gh-wgs-qc").iter_errors(json.loads(file.read_text()))
    ]
    assert len(files) == 2
    assert not wrong
