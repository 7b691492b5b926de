"""What rules say of a bundle, as tests compare it: 'file: message'."""

from __future__ import annotations

from collections.abc import Iterable

from schelde.verify.report import Report
from schelde.verify.rule import Bundle, Rule, UnreadableError


def told(rule: Rule, bundle: Bundle) -> list[str]:
    """Return what a rule says, of a file that it cannot use too, as `schelde verify` does.

    Nothing of a rule that does not apply.
    """
    try:
        found = rule.check(bundle) if rule.applies(bundle) else ()
        return [f"{finding.file}: {finding.message}" for finding in found]
    except UnreadableError as error:
        return [f"{error.file}: {error.why}"]


def told_by_rule(rules: Iterable[Rule], bundle: Bundle) -> dict[str, list[str]]:
    """Return what rules say by their ids, only those that say something.

    Rules that need a key are left out without one.
    """
    asked = [rule for rule in rules if bundle.key or not rule.needs_key]
    return {rule.id: said for rule in asked if (said := told(rule, bundle))}


def told_in(report: Report) -> list[tuple[str, str]]:
    """Return what a report says: each time the rule, and 'file: message'."""
    return [
        (outcome.rule, f"{finding.file}: {finding.message}")
        for outcome in report.outcomes
        for finding in outcome.findings
    ]
