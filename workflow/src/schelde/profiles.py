"""Profiles of acceptance: named lists of thresholds, read from YAML with every mistake told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from schelde.catalogue import Metric, metrics
from schelde.errors import Problem, UserError
from schelde.files import file_fault
from schelde.names import closest, id_fault, nearest, path_fault
from schelde.sheet import Assay
from schelde.yamlfile import Location, YamlFile, read_yaml

ORDERS = (">=", "<=", ">", "<")
"""Comparisons of numbers alone; words and truth values have no order."""

COMPARISONS = (*ORDERS, "==", "!=")

ASK = "qc.profiles"
"""The key of the config that names profiles, for what is wrong with a name."""


class Severity(StrEnum):
    """What a rule that is not met makes of a sample."""

    REVIEW = "review"
    FAIL = "fail"


class When(StrEnum):
    """Samples of which a rule can be asked at all."""

    DECLARED_SEX = "declared-sex"  # people.tsv tells the sex
    RELATIVES = "relatives"  # people.tsv names a parent, a child or a sample of the same person
    PARENTS = "parents"  # a parent is in the sheet
    TRIO = "trio"  # both are


@dataclass(frozen=True)
class Rule:
    """What a metric must be: ``metric comparison threshold``, such as ``charr <= 0.05``.

    ``assay`` and ``when`` keep it to some samples; None for all. ``source`` says where the
    threshold is from, ``note`` what else a reader must know.
    """

    metric: str
    comparison: str
    threshold: float | int | str | bool
    severity: Severity
    source: str
    assay: Assay | None = None
    when: When | None = None
    note: str | None = None


@dataclass(frozen=True)
class Profile:
    """The rules of one programme."""

    name: str
    title: str
    source: str
    rules: tuple[Rule, ...] = field(default=())


REQUIRED = ("metric", "comparison", "threshold", "severity")
RULE_KEYS = (*REQUIRED, "assay", "when", "source", "note")
KEYS = ("name", "title", "source", "rules")


def load_profiles(names: Sequence[str], folder: Path) -> list[Profile]:
    """Return the profiles of some names (see `read_profiles`); raise `UserError` for mistakes."""
    problems: list[Problem] = []
    profiles = read_profiles(names, folder, problems)
    if problems:
        raise UserError(problems)
    return profiles


def read_profiles(
    names: Sequence[str], folder: Path, problems: list[Problem], *, asked_at: str = ASK
) -> list[Profile]:
    """Read profiles, in the order of ``names``, adding every mistake to ``problems``.

    A name is that of a YAML file in ``folder`` without its end, or the path of a YAML file.
    ``asked_at`` is how problems call the place that gives the names.
    """
    profiles: list[Profile] = []
    taken: dict[str, str] = {}
    for name in names:
        path = profile_path(name, folder)
        fault = _path_fault(name, path, folder)
        if fault:
            problems.append(Problem(asked_at, None, *fault))
            continue
        profile = _Reader(str(path), problems).profile()
        if profile is None:
            continue
        if profile in profiles:
            continue  # named twice
        profiles.append(profile)
        first = taken.setdefault(profile.name, name)
        if first != name:
            what = f"profile '{profile.name}' is named by both '{first}' and '{name}'"
            problems.append(Problem(str(path), None, what, "give it another name in its file"))
    return profiles


def profile_path(name: str, folder: Path) -> Path:
    """Return the file of a profile.

    >>> profile_path("default", Path("p")).name, profile_path("my/own.yaml", Path("p")).parent
    ('default.yaml', PosixPath('my'))
    """
    if _is_path(name):
        return Path(name)
    return folder / f"{name}.yaml"


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name


def _path_fault(name: str, path: Path, folder: Path) -> tuple[str, str] | None:
    if _is_path(name):
        return path_fault("profile", name) or file_fault(name)
    if path.is_file():
        return None
    shipped = [found.stem for found in folder.glob("*.yaml")]
    known = f"known are: {', '.join(sorted(shipped))}; or give a YAML file of your own"
    return f"profile '{name}' is not known", nearest(name, shipped, known)


class _Reader:
    """Turns the values of a YAML file into a `Profile`, and notes what is wrong with them."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.yaml: YamlFile | None = None

    def profile(self) -> Profile | None:
        """Return the profile, or None when there are mistakes in it."""
        before = len(self.problems)
        self.yaml = read_yaml(self.file, self.problems)
        if self.yaml is None:
            return None
        values = self.yaml.values
        self._check_keys(values, KEYS, (), "a profile")
        name, title, source = (self._text(values, key, ()) for key in KEYS[:3])
        if name and (fault := id_fault("profile", name)):
            self._wrong(("name",), *fault)
        rules = self._rules(values.get("rules"))
        if len(self.problems) > before:
            return None
        return Profile(name, title, source, tuple(rule for rule in rules if rule is not None))

    def _wrong(self, at: Location, what: str, remedy: str) -> None:
        lines = self.yaml.lines if self.yaml else {}
        line = next((lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in lines), None)
        self.problems.append(Problem(self.file, line, what, remedy))

    def _check_keys(
        self, values: Mapping[str, Any], known: Collection[str], at: Location, kind: str
    ) -> None:
        for key in values:
            if key not in known:
                self._wrong((*at, str(key)), f"{kind} has no '{key}'", closest(str(key), known))

    def _text(self, values: Mapping[str, Any], key: str, at: Location) -> str:
        """Return a text that must be there; the empty text, with a problem told, if it is not."""
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if key in values:
            self._wrong((*at, key), f"'{key}' is {_shown(value)}", "write a text")
        else:
            self._wrong(at, f"there is no '{key}'", "add it")
        return ""

    def _rules(self, rules: object) -> list[Rule | None]:
        if not isinstance(rules, list) or not rules:
            what = "there are no rules" if not rules else "'rules' is not a list"
            self._wrong(("rules",), what, "write a list of '- metric: ...'")
            return []
        return [self._rule(entry, ("rules", number)) for number, entry in enumerate(rules)]

    def _rule(self, entry: object, at: Location) -> Rule | None:
        if not isinstance(entry, Mapping):
            self._wrong(at, "this rule is not made of keys", f"write {', '.join(REQUIRED)}")
            return None
        before = len(self.problems)
        self._check_keys(entry, RULE_KEYS, at, "a rule")
        for key in REQUIRED:
            if key not in entry:
                self._wrong(at, f"the rule has no '{key}'", "add it")
        metric = self._metric(entry, at)
        self._one_of(entry, "comparison", COMPARISONS, at)
        self._one_of(entry, "severity", list(Severity), at)
        for key, known in (("assay", list(Assay)), ("when", list(When))):
            if entry.get(key) is not None:
                self._one_of(entry, key, known, at)
        if metric is not None and "threshold" in entry:
            self._check_threshold(metric, entry, at)
        texts = [self._optional(entry, key, at) for key in ("source", "note")]
        if len(self.problems) > before:
            return None
        assay, when = entry.get("assay"), entry.get("when")
        return Rule(
            entry["metric"],
            entry["comparison"],
            entry["threshold"],
            Severity(entry["severity"]),
            texts[0] or str(self.yaml.values["source"] if self.yaml else ""),
            Assay(assay) if assay else None,
            When(when) if when else None,
            texts[1],
        )

    def _metric(self, entry: Mapping[str, Any], at: Location) -> Metric | None:
        if "metric" not in entry:
            return None
        name = entry["metric"]
        found = metrics().get(name) if isinstance(name, str) else None
        if found is None:
            remedy = nearest(str(name), metrics(), "docs/metrics.md lists all metrics")
            self._wrong((*at, "metric"), f"there is no metric '{name}'", remedy)
        return found

    def _one_of(
        self, entry: Mapping[str, Any], key: str, known: Sequence[str], at: Location
    ) -> None:
        if key in entry and entry[key] not in known:
            remedy = f"write one of: {' '.join(known)}"
            self._wrong((*at, key), f"'{key}' is {_shown(entry[key])}", remedy)

    def _check_threshold(self, metric: Metric, entry: Mapping[str, Any], at: Location) -> None:
        threshold = entry["threshold"]
        if not metric.accepts(threshold) or threshold != threshold:  # only NaN is not itself
            wanted = {"boolean": "true or false", "text": "a text"}.get(metric.type, "a number")
            what = f"the threshold of '{metric.id}' is {_shown(threshold)}"
            self._wrong((*at, "threshold"), what, f"write {wanted}")
        elif metric.digits is None and entry.get("comparison") in ORDERS:
            what = f"'{metric.id}' is no number, so '{entry['comparison']}' cannot compare it"
            self._wrong((*at, "comparison"), what, "write == or !=")

    def _optional(self, entry: Mapping[str, Any], key: str, at: Location) -> str | None:
        return self._text(entry, key, at) if entry.get(key) is not None else None


def _shown(value: object) -> str:
    """Write a value as YAML would.

    >>> _shown(None), _shown(True), _shown("x")
    ('empty', 'true', "'x'")
    """
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'"
