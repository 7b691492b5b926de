"""What came of checks, as people and programs get it, and as a GDI validator says it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.made_record import made_record

from schelde.bundle.record import RECORD
from schelde.errors import UserError
from schelde.verify import gdi
from schelde.verify.report import merged
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError
from schelde.verify.run import verify


def nothing(bundle: Bundle) -> Iterable[Finding]:
    return ()


def two(bundle: Bundle) -> Iterable[Finding]:
    yield Finding("b.json", "second")
    yield Finding("a.json", "first")
    yield Finding("a.json", "first")


def unreadable(bundle: Bundle) -> Iterable[Finding]:
    yield Finding("lost with the rule", "")
    raise UnreadableError("c.json", "this file is missing")


FINE = Rule("x.fine", "all is fine", nothing)
WRONG = Rule("x.wrong", "nothing is wrong", two)
GONE = Rule("x.gone", "it is there", unreadable)
SECRET = Rule("x.secret", "it opens", nothing, needs_key=True)
ABSENT = Rule("x.absent", "it is right", nothing, applies=lambda _: False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bundle/provenance").mkdir(parents=True)
    (tmp_path / "bundle" / RECORD).write_text(made_record().to_json())
    (tmp_path / "bundle/manifest.json").write_text("{}")
    return tmp_path / "bundle"


def test_a_terminal_is_told_every_rule_and_the_sum(root: Path) -> None:
    lines = list(verify(root, rules=[FINE, WRONG, GONE, SECRET, ABSENT]).lines())
    assert lines == [
        "ok   x.fine: all is fine",
        "FAIL x.wrong: nothing is wrong",
        "       a.json: first",
        "       b.json: second",
        "FAIL x.gone: it is there",
        "       c.json: this file is missing",
        "-    x.secret: it opens (needs a recipient's key)",
        "-    x.absent: it is right (not in this bundle)",
        "NOT VERIFIED: 1 passed, 2 failed, 2 left out",
    ]


def test_what_passed_can_be_left_unsaid(root: Path) -> None:
    lines = list(verify(root, rules=[FINE, GONE]).lines(only_failed=True))
    assert [line.split()[0] for line in lines] == ["FAIL", "c.json:", "NOT"]


def test_with_a_key_its_rules_are_asked(root: Path) -> None:
    assert verify(root, b"k" * 32, [SECRET]).counts() == {"passed": 1, "failed": 0, "left out": 0}


def test_programs_are_told_the_same(root: Path) -> None:
    told = json.loads(verify(root, rules=[FINE, WRONG]).to_json())
    assert told["result"] == "failed"
    assert told["counts"] == {"passed": 1, "failed": 1, "left out": 0}
    assert told["rules"][1]["findings"][0] == {"file": "a.json", "message": "first"}


def test_no_rule_that_failed_means_verified(root: Path) -> None:
    assert verify(root, rules=[FINE, SECRET]).passed


def test_the_time_is_that_of_the_bundle_and_not_of_the_clock(root: Path) -> None:
    messages = verify(root, rules=[FINE]).to_gdi()["messages"]
    assert messages[0]["time"] == "2026-01-31T00:00:00Z"


def test_a_bundle_without_a_record_is_judged_all_the_same(root: Path) -> None:
    (root / RECORD).unlink()
    assert verify(root, rules=[FINE]).passed


@pytest.fixture(scope="session")
def official(shared: Path) -> dict[str, Any]:
    folder = shared / "standards/gdi-validator"
    names = ("input", "metadata", "output")
    return {name: json.loads((folder / f"validator-{name}.json").read_text()) for name in names}


@pytest.mark.parametrize("rules", [[FINE], [WRONG, GONE], []])
def test_results_are_valid_by_the_schema_of_gdi(
    official: dict[str, Any], root: Path, rules: list[Rule]
) -> None:
    report = verify(root, rules=rules or [FINE])
    for output in (report.to_gdi(), merged([("/mnt/input/data/b", report)])):
        jsonschema.validate(output, official["output"], jsonschema.Draft7Validator)


def test_the_description_is_valid_by_the_schema_of_gdi(official: dict[str, Any]) -> None:
    jsonschema.validate(json.loads(gdi.describe()), official["metadata"])


@pytest.mark.parametrize(
    "request_",
    [
        {"paths": ["bundle/manifest.json"]},
        {"files": [{"path": "bundle/manifest.json"}], "config": {}},
    ],
)
def test_input_of_the_contract_is_taken(
    official: dict[str, Any],
    root: Path,
    request_: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jsonschema.validate(request_, official["input"])
    monkeypatch.setattr(gdi, "verify", lambda root, key: verify(root, key, [WRONG]))
    source, output = root.parent / "input.json", root.parent / "out/result.json"
    source.write_text(json.dumps(request_))
    assert not gdi.validate(source, output, root.parent)
    result = json.loads(output.read_text())
    jsonschema.validate(result, official["output"])
    assert result["files"][0]["path"] == f"{root}/a.json"


@pytest.mark.parametrize(
    "request_", [{}, {"paths": [], "files": []}, {"paths": ["../nowhere"]}, {"paths": [3]}, []]
)
def test_other_input_is_an_error_with_status_2(tmp_path: Path, request_: object) -> None:
    source = tmp_path / "input.json"
    source.write_text(json.dumps(request_))
    with pytest.raises(UserError):
        gdi.validate(source, tmp_path / "result.json", tmp_path)
    assert not (tmp_path / "result.json").exists()
