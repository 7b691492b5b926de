"""The RO-Crate of a bundle, judged by roc-validator without a network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.unit.made_record import made_record

from schelde.bundle.record import RECORD
from schelde.documents.crate import CRATE, documents

VALIDATORS = Path(__file__).parents[2] / ".venv" / "validators" / "bin"
PROFILES = {
    "ro-crate-1.1": 38,
    "workflow-ro-crate-1.0": 46,
    "process-run-crate-0.5": 42,
    "workflow-run-crate-0.5": 57,
}
"""Profiles, and how many of their checks are required (roc-validator 0.13.0)."""

CRAM = "../encrypted/P1AAAA.cram.c4gh"


class Verdict(NamedTuple):
    passed: bool
    checks: int
    failed: int
    messages: str


Judge = Callable[[Path, str], Verdict]


@pytest.fixture(scope="module")
def judge(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Judges a crate by a profile; what it would fetch is laid ready from ../shared/standards."""
    if not (VALIDATORS / "rocrate-validator").exists():
        pytest.skip("no .venv/validators/bin/rocrate-validator (make setup builds it)")
    cache = tmp_path_factory.mktemp("roc") / "cache"
    seed = shared / "standards" / "ro-crate" / "seed_offline_cache.py"
    subprocess.run([VALIDATORS / "python", seed, cache], check=True, capture_output=True)

    def judged(root: Path, profile: str) -> Verdict:
        told = root / "told.json"
        command = [
            *(VALIDATORS / "rocrate-validator", "--no-interactive", "validate"),
            *("--offline", "--cache-path", cache, "--no-auto-profile", "--no-paging"),
            *("--profile-identifier", profile, "--requirement-severity", "required"),
            *("--output-format", "json", "--output-file", told, root / "provenance"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        report = json.loads(told.read_text())
        assert report["passed"] is (done.returncode == 0)
        numbers = report["statistics"]
        messages = " ".join(str(issue["message"]) for issue in report["issues"])
        checks, failed = numbers["total_checks"], numbers["total_failed_checks"]
        return Verdict(report["passed"], checks, failed, messages)

    return judged


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
