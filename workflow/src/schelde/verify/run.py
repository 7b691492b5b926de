"""Run all checks on a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from schelde.verify.report import Outcome, Report, Status
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError

TOPICS = (
    "files",
    "plain",
    "identity",
    "privacy",
    "consent",
    "qc",
    "ega",
    "sda",
    "hmd",
    "phenopackets",
    "dcat",
    "crate",
    "frequencies",
    "national",
    "page",
)
"""Modules of this package with ``RULES``, in the order in which a reader wants to hear of them."""

NO_TIME = "1970-01-01T00:00:00Z"
"""Told when a bundle is too broken to say when it was issued; a validator's output has no clock."""


def all_rules() -> list[Rule]:
    """Return every rule; their libraries are loaded only now."""
    return [rule for topic in TOPICS for rule in rules_of(topic)]


def rules_of(topic: str) -> tuple[Rule, ...]:
    """Return the rules of one of `TOPICS`."""
    rules: tuple[Rule, ...] = import_module(f"schelde.verify.{topic}").RULES
    return rules


def verify(root: Path, key: bytes | None = None, rules: Sequence[Rule] | None = None) -> Report:
    """Check a bundle by every rule; ``key``: 32 secret bytes of a recipient.

    Without a key the rules that read plain files are left out, and the report says so.
    """
    bundle = Bundle(root, key)
    outcomes = tuple(_outcome(bundle, rule) for rule in (rules or all_rules()))
    try:
        time = f"{bundle.record.dataset.issued}T00:00:00Z"
    except UnreadableError:
        time = NO_TIME
    return Report(outcomes, time)


def faults(root: Path, key: bytes | None = None) -> list[str]:
    """Return what is wrong with a bundle, a line each; nothing when it verifies."""
    return [
        f"{finding.file}: {finding.message} ({outcome.rule})"
        for outcome in verify(root, key).failed
        for finding in outcome.findings
    ]


def _outcome(bundle: Bundle, rule: Rule) -> Outcome:
    if rule.needs_key and bundle.key is None:
        return Outcome(rule.id, rule.proves, Status.LEFT_OUT, why="needs a recipient's key")
    try:
        if not rule.applies(bundle):
            return Outcome(rule.id, rule.proves, Status.LEFT_OUT, why="not in this bundle")
        findings = tuple(_in_order(rule.check(bundle)))
    except UnreadableError as error:
        findings = (Finding(error.file, error.why),)
    status = Status.FAILED if findings else Status.PASSED
    return Outcome(rule.id, rule.proves, status, findings)


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(findings))
