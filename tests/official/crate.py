"""The RO-Crate of a bundle, judged by roc-validator without a network."""

from __future__ import annotations

import json
import subprocess
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, NamedTuple

from tests.official.answer import (
    Answer,
    Authority,
    Case,
    program_of,
    rewritten,
    standard,
    with_document,
)

from schelde.documents.crate import CRATE

VERSION = "0.13.0"
PROFILES = {
    "ro-crate-1.1": 38,
    "workflow-ro-crate-1.0": 46,
    "process-run-crate-0.5": 42,
    "workflow-run-crate-0.5": 57,
}
"""Profiles, and how many of their checks are required (roc-validator 0.13.0)."""


class Verdict(NamedTuple):
    """What is said of one crate by one profile."""

    passed: bool
    checks: int
    failed: int
    messages: str


def seeded(cache: Path) -> Path:
    """Lay what the validator would fetch from the web into a cache, and return that."""
    seed = standard("ro-crate/seed_offline_cache.py")
    python = program_of("validators")
    subprocess.run([python, seed, cache], check=True, capture_output=True)
    return cache


def judge(root: Path, profile: str, cache: Path, told: Path) -> Verdict:
    """Judge the crate of a bundle by the required checks of a profile; the report goes to told."""
    command = [
        *(program_of("validators", "rocrate-validator"), "--no-interactive", "validate"),
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


def ask(case: Case) -> Answer:
    """Ask about the required checks of all four profiles."""
    cache = case.scratch / "roc-cache"
    if not cache.with_name("roc-cache.sqlite").exists():
        seeded(cache)

    def judged(profile: str) -> Verdict:
        return judge(case.bundle, profile, cache, case.scratch / f"{profile}.json")

    with ThreadPool(2) as pool:
        verdicts = pool.map(judged, PROFILES)
    checked = sum(verdict.checks for verdict in verdicts)
    valid = checked - sum(verdict.failed for verdict in verdicts)
    details = tuple(verdict.messages for verdict in verdicts if not verdict.passed)
    return Answer("", checked, valid, details, f"required checks of {len(PROFILES)} profiles")


def _without_instrument(case: Case, folder: Path) -> Case:
    def change(crate: Any) -> None:
        run = next(entity for entity in crate["@graph"] if entity["@id"] == "#run")
        del run["instrument"]

    return with_document(case, folder, CRATE, rewritten(change))


AUTHORITIES = (
    Authority("Workflow Run RO-Crate 0.5", f"roc-validator {VERSION}", ask, _without_instrument),
)
