"""The RO-Crate of a bundle, judged by roc-validator without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.official.answer import or_skip
from tests.official.crate import PROFILES, Verdict, seeded
from tests.official.crate import judge as judge_crate
from tests.unit.made_record import made_record

from schelde.bundle.record import RECORD
from schelde.documents.crate import CRATE, documents

CRAM = "../encrypted/P1AAAA.cram.c4gh"


Judge = Callable[[Path, str], Verdict]


@pytest.fixture(scope="module")
def judge(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Judges a crate by a profile; what it would fetch is laid ready from ../shared/standards."""
    cache = or_skip(seeded, tmp_path_factory.mktemp("roc") / "cache")
    return lambda root, profile: judge_crate(root, profile, cache, root / "told.json")


def write(root: Path) -> dict[str, Any]:
    """Write a bundle as far as its crate speaks of it; return the crate."""
    record = made_record()
    for path, content in {**documents(record), RECORD: record.to_json()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(content))
    (root / "encrypted").mkdir()
    for _, file in record.files:
        (root / file.path).write_bytes(b"x")
    crate: dict[str, Any] = json.loads((root / CRATE).read_text())
    return crate


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_the_crate_passes_all_required_checks(tmp_path: Path, judge: Judge, profile: str) -> None:
    write(tmp_path)
    verdict = judge(tmp_path, profile)
    assert verdict == Verdict(True, PROFILES[profile], 0, "")


def of(crate: dict[str, Any], key: str) -> dict[str, Any]:
    return next(entity for entity in crate["@graph"] if entity["@id"] == key)


def drop(key: str, name: str) -> Callable[[dict[str, Any]], object]:
    return lambda crate: of(crate, key).pop(name)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda crate: crate["@graph"].remove(of(crate, key))


MUTANTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no root": (without("./"), "root"),
    "no descriptor": (without("ro-crate-metadata.json"), "metadata"),
    "no licence": (drop("./", "license"), "license"),
    "no date": (drop("./", "datePublished"), "datePublished"),
    "no workflow": (drop("./", "mainEntity"), "mainEntity"),
    "no profiles": (drop("./", "conformsTo"), "permalink"),
    "no instrument": (drop("#run", "instrument"), "instrument"),
    "no language": (drop("Snakefile", "programmingLanguage"), "programmingLanguage"),
    "no type of a parameter": (drop("#input/align.aligner", "additionalType"), "additionalType"),
    "a file that is not there": (
        lambda crate: of(crate, CRAM).update({"@id": "../encrypted/other.c4gh"}),
        "other.c4gh",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_changed_crate_fails(tmp_path: Path, judge: Judge, name: str) -> None:
    crate = write(tmp_path)
    change, word = MUTANTS[name]
    change(crate)
    (tmp_path / CRATE).write_text(json.dumps(crate))
    verdict = judge(tmp_path, "workflow-run-crate-0.5")
    assert not verdict.passed
    assert word.lower() in verdict.messages.lower()
