"""Judge a sample's metrics by profiles: pass, review or fail, with the reason of every rule.

A rule that is not met gives its severity. A missing metric is never a pass: it makes ``review``.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any

from schelde.catalogue import Value, metrics
from schelde.joblog import JobError
from schelde.pipes import whole, write_text
from schelde.profiles import Profile, Rule, When
from schelde.sheet import Assay, Person, Sex

COMPARE = {">=": ge, "<=": le, ">": gt, "<": lt, "==": eq, "!=": ne}
PARENTS = {When.PARENTS: 1, When.TRIO: 2}
"""Parents that must be in the sheet."""

COLUMNS = ("sample", "profile", "verdict", "reasons")
NO_RULE = "no rule of this profile is for such a sample"


class Verdict(StrEnum):
    """What becomes of a sample, from best to worst."""

    PASS = "pass"
    REVIEW = "review"
    FAIL = "fail"


class Result(StrEnum):
    """What came of one rule."""

    PASS = "pass"
    REVIEW = "review"
    FAIL = "fail"
    MISSING = "missing"


OF_RESULT = {
    Result.PASS: Verdict.PASS,
    Result.MISSING: Verdict.REVIEW,
    Result.REVIEW: Verdict.REVIEW,
    Result.FAIL: Verdict.FAIL,
}


class VerdictError(JobError):
    """A metric or a verdict that is not what it must be, or samples that failed."""


@dataclass(frozen=True)
class Judged:
    """A rule, the value that it was asked of, and what came of it."""

    rule: Rule
    value: Value
    result: Result

    @property
    def reason(self) -> str:
        """What is wrong, in words.

        >>> from schelde.profiles import Severity
        >>> rule = Rule("charr", "<=", 0.05, Severity.FAIL, "x")
        >>> Judged(rule, 0.08, Result.FAIL).reason
        'charr is 0.08 and not <= 0.05 (fail)'
        >>> Judged(rule, None, Result.MISSING).reason
        'charr is missing (review)'
        """
        if self.result is Result.MISSING:
            return f"{self.rule.metric} is missing ({Verdict.REVIEW})"
        wanted = f"{self.rule.comparison} {shown(self.rule.threshold)}"
        return f"{self.rule.metric} is {shown(self.value)} and not {wanted} ({self.result})"

    def record(self) -> dict[str, Any]:
        """Return the rule as it stands in the JSON of a verdict."""
        return {
            "metric": self.rule.metric,
            "value": self.value,
            "comparison": self.rule.comparison,
            "threshold": self.rule.threshold,
            "severity": self.rule.severity,
            "result": self.result,
            "source": self.rule.source,
            "note": self.rule.note,
        }


@dataclass(frozen=True)
class ProfileVerdict:
    """What a profile makes of a sample; ``rules`` are those that could be asked of it."""

    name: str
    title: str
    rules: tuple[Judged, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the rules; a profile without rules for a sample cannot let it pass."""
        if not self.rules:
            return Verdict.REVIEW
        return worst(OF_RESULT[judged.result] for judged in self.rules)

    @property
    def reasons(self) -> list[str]:
        """Why the verdict is not ``pass``, the worst first."""
        if not self.rules:
            return [NO_RULE]
        wrong = [judged for judged in self.rules if judged.result is not Result.PASS]
        wrong.sort(key=lambda judged: judged.result is not Result.FAIL)
        return [judged.reason for judged in wrong]

    def record(self) -> dict[str, Any]:
        """Return the profile as it stands in the JSON of a verdict."""
        return {
            "name": self.name,
            "title": self.title,
            "verdict": self.verdict,
            "rules": [judged.record() for judged in self.rules],
        }


@dataclass(frozen=True)
class Stated:
    """What the sheet says of a sample, as far as rules are kept to some samples by it.

    ``parents``: how many are in the sheet; ``relatives``: whether it names a parent, a child or
    another sample of the same person.
    """

    assay: Assay
    sex_known: bool = False
    parents: int = 0
    relatives: bool = False


def stated(people: Sequence[Person]) -> dict[str, Stated]:
    """Return what the sheet says of each sample, by sample."""
    # A subject may bear the name of another person's sample.
    subjects = {p.sample: (p.subject_id is None, p.subject_id or p.sample) for p in people}
    parents = {
        person.sample: [p for p in (person.father, person.mother) if p is not None]
        for person in people
    }
    of_children = {subjects.get(parent) for each in parents.values() for parent in each}
    times = Counter(subjects.values())
    return {
        person.sample: Stated(
            person.assay,
            person.sex is not Sex.UNKNOWN,
            len(parents[person.sample]),
            bool(parents[person.sample])
            or subjects[person.sample] in of_children
            or times[subjects[person.sample]] > 1,
        )
        for person in people
    }


def judge(values: Mapping[str, Value], profile: Profile, facts: Stated) -> ProfileVerdict:
    """Judge one sample by one profile.

    ``values``: metrics by id, with the decimals of the catalogue, so that a verdict can be
    checked against what is printed. Raises `VerdictError` for a value of another type than its
    metric has.
    """
    rules = tuple(_judged(rule, values) for rule in profile.rules if is_asked(rule, facts))
    return ProfileVerdict(profile.name, profile.title, rules)


def is_asked(rule: Rule, facts: Stated) -> bool:
    """Whether a rule is for such a sample."""
    if rule.assay not in (None, facts.assay):
        return False
    if rule.when is When.DECLARED_SEX:
        return facts.sex_known
    if rule.when is When.RELATIVES:
        return facts.relatives
    return rule.when is None or facts.parents >= PARENTS[rule.when]


def _judged(rule: Rule, values: Mapping[str, Value]) -> Judged:
    value = values.get(rule.metric)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return Judged(rule, None, Result.MISSING)
    if not metrics()[rule.metric].accepts(value):
        kind = metrics()[rule.metric].type
        raise VerdictError(f"metric '{rule.metric}' is {shown(value)}, which is no {kind}")
    if COMPARE[rule.comparison](value, rule.threshold):
        return Judged(rule, value, Result.PASS)
    return Judged(rule, value, Result(rule.severity))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; ``pass`` of none.

    >>> worst([Verdict.FAIL, Verdict.REVIEW, Verdict.PASS]).value
    'fail'
    """
    return max(verdicts, key=list(Verdict).index, default=Verdict.PASS)


def shown(value: Value) -> str:
    """Write a value as JSON would, without an exponent for large numbers.

    >>> shown(True), shown(85000000000.0), shown(0.05), shown("XXY")
    ('true', '85000000000', '0.05', "'XXY'")
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return "missing" if value is None else f"'{value}'"


def write_table(path: Path, verdicts: Mapping[str, Sequence[ProfileVerdict]]) -> None:
    """Write one row for each sample and profile, with `COLUMNS`; reasons have '; ' between them."""
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        for sample, profiles in verdicts.items():
            for each in profiles:
                table.writerow([sample, each.name, each.verdict, "; ".join(each.reasons)])


def failed(table: Path) -> list[str]:
    """Return a line for each sample that failed a profile, from what `write_table` wrote."""
    return [
        f"{row['sample']} fails {row['profile']}: {row['reasons']}"
        for row in _rows(table)
        if row["verdict"] == Verdict.FAIL
    ]


def heed_verdicts(table: Path, accepted: Path) -> None:
    """Write the samples that no profile failed, one a line; those under review are among them.

    Raises `VerdictError`, with a line for each sample and profile that failed, when any did.
    """
    if lines := failed(table):
        raise VerdictError("\n".join(lines))
    samples = dict.fromkeys(row["sample"] for row in _rows(table))
    write_text(accepted, "".join(f"{sample}\n" for sample in samples))


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise VerdictError(f"{table}: not a table of verdicts")
        return list(reader)
