"""What came of checking a bundle: for people, for programs, and as the GDI validator contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schelde.json_text import json_text
from schelde.verify.rule import Finding

PAGE = 20
"""Findings of one rule that a terminal is shown; JSON holds them all."""


class Status(StrEnum):
    """What came of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Outcome:
    """What came of one rule; ``why``: why it was left out."""

    rule: str
    proves: str
    status: Status
    findings: tuple[Finding, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Report:
    """All outcomes, in the order of the rules. ``time``: as the bundle bears it, ISO 8601."""

    outcomes: tuple[Outcome, ...]
    time: str

    @property
    def passed(self) -> bool:
        """Whether no rule failed."""
        return not self.failed

    @property
    def failed(self) -> list[Outcome]:
        """The rules that failed."""
        return [outcome for outcome in self.outcomes if outcome.status is Status.FAILED]

    def counts(self) -> dict[str, int]:
        """Return how many rules came out how."""
        counted = Counter(str(outcome.status) for outcome in self.outcomes)
        return {str(status): counted[str(status)] for status in Status}

    def sum(self) -> str:
        """Return what came of it in one line."""
        sums = ", ".join(f"{number} {status}" for status, number in self.counts().items())
        return f"{'VERIFIED' if self.passed else 'NOT VERIFIED'}: {sums}"

    def lines(self, *, only_failed: bool = False) -> Iterable[str]:
        """Yield lines for a terminal: each rule, or each that failed; what is wrong; the sum."""
        for outcome in self.failed if only_failed else self.outcomes:
            mark = {"passed": "ok  ", "failed": "FAIL", "left out": "-   "}[outcome.status]
            why = f" ({outcome.why})" if outcome.why else ""
            yield f"{mark} {outcome.rule}: {outcome.proves}{why}"
            for finding in outcome.findings[:PAGE]:
                yield f"       {finding.file}: {finding.message}"
            if len(outcome.findings) > PAGE:
                yield f"       and {len(outcome.findings) - PAGE} more"
        yield self.sum()

    def to_json(self) -> str:
        """Return all of it for programs."""
        document = {
            "result": "passed" if self.passed else "failed",
            "counts": self.counts(),
            "rules": [
                {
                    "id": outcome.rule,
                    "proves": outcome.proves,
                    "status": str(outcome.status),
                    "why": outcome.why or None,
                    "findings": [
                        {"file": finding.file, "message": finding.message}
                        for finding in outcome.findings
                    ],
                }
                for outcome in self.outcomes
            ],
        }
        return json_text(document)

    def to_gdi(self, prefix: str = "") -> dict[str, Any]:
        """Return the output of a GDI validator; ``prefix`` stands before every path."""
        by_file: dict[str, list[dict[str, str]]] = {}
        for outcome in self.failed:
            for finding in outcome.findings:
                message = self._message("error", f"{outcome.rule}: {finding.message}")
                by_file.setdefault(finding.file, []).append(message)
        return {
            "result": "passed" if self.passed else "failed",
            "files": [
                {"path": f"{prefix}{file}", "result": "failed", "messages": messages}
                for file, messages in sorted(by_file.items())
            ],
            "messages": [self._told(outcome) for outcome in self.outcomes],
        }

    def gdi_json(self) -> str:
        """Return `to_gdi` as text."""
        return json_text(self.to_gdi())

    def _told(self, outcome: Outcome) -> dict[str, str]:
        level = "error" if outcome.status is Status.FAILED else "info"
        why = f" ({outcome.why})" if outcome.why else ""
        return self._message(level, f"{outcome.rule} {outcome.status}{why}: {outcome.proves}")

    def _message(self, level: str, text: str) -> dict[str, str]:
        return {"level": level, "time": self.time, "message": text}


def merged(reports: Sequence[tuple[str, Report]]) -> dict[str, Any]:
    """Return one output of a GDI validator for several bundles, each with its path."""
    outputs = [report.to_gdi(f"{path}/") for path, report in reports]
    failed = any(output["result"] == "failed" for output in outputs)
    return {
        "result": "failed" if failed else "passed",
        "files": [file for output in outputs for file in output["files"]],
        "messages": [message for output in outputs for message in output["messages"]],
    }
