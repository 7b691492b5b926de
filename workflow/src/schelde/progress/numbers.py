"""The numbers in config/jobs.yaml: what the shipped file and a working directory's say, changed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schelde.errors import Problem, UserError
from schelde.jobs import Jobs, read_jobs
from schelde.pipes import write_text
from schelde.progress.efficiency import Kind
from schelde.progress.tune import Numbers, Proposal
from schelde.sheet import Assay

FILE = Path("config/jobs.yaml")
REPOSITORY = Path(__file__).parents[4]
EXOME = "exome"
NEW_FILE = (
    "# Numbers of this site, laid over those of config/jobs.yaml in the repository, rule by rule.\n"
)

Keys = tuple[str, ...]
Changes = Mapping[Keys, int]
"""New values by their keys: ``("align_lane", "mem_mb")``, ``("align_lane", "exome", "mem_mb")``."""


@dataclass(frozen=True)
class Layers:
    """The shipped file and that of the working directory, which may be the same or not there."""

    shipped: Path
    own: Path

    @classmethod
    def of(cls, folder: Path, repository: Path = REPOSITORY) -> Layers:
        """Return the files that a run in a working directory reads."""
        return cls(repository / FILE, folder / FILE)

    def jobs(self) -> Jobs:
        """Read both; raise `UserError` with every mistake in them."""
        other = self.own.exists() and not self.own.samefile(self.shipped)
        return read_jobs(self.shipped, self.own if other else None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _parsed(text: str, path: Path) -> dict[str, dict[str, Any]]:
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise UserError([Problem(str(path), None, f"this is not YAML: {error}", "mend it")]) from (
            error
        )
    if not isinstance(values, dict) or not all(isinstance(each, dict) for each in values.values()):
        what = "this is not made of rules with their numbers"
        raise UserError(
            [Problem(str(path), None, what, "write lines of 'rule: {threads: 1, ...}'")]
        )
    return values


def numbers_of(jobs: Jobs, kind: Kind) -> Numbers | None:
    """Return what jobs of a kind ask for; None for a rule that no file has."""
    if kind.rule not in jobs.rules:
        return None
    needs = jobs.needs(kind.rule, exome=kind.assay is Assay.WES)
    return Numbers(needs.threads, needs.mem_mb, needs.runtime)


def changes(jobs: Jobs, proposals: Mapping[Kind, Proposal]) -> dict[Keys, int]:
    """Return what is to be written; what already stands there is left out."""
    found: dict[Keys, int] = {}
    for kind, proposal in proposals.items():
        now = numbers_of(jobs, kind)
        if now is None:
            continue
        where = (kind.rule, EXOME) if kind.assay is Assay.WES else (kind.rule,)
        if proposal.mem_mb != now.mem_mb:
            found[(*where, "mem_mb")] = proposal.mem_mb
        if proposal.runtime != now.runtime:
            found[(*where, "runtime")] = proposal.runtime
    return found


def write(layers: Layers, changed: Changes) -> str:
    """Write numbers into the working directory's file and return the difference as a diff.

    Comments and layout stay. Raises `UserError` for a file that cannot be edited so.
    """
    before = _text(layers.own)
    after = before or NEW_FILE
    for keys, value in changed.items():
        after = _with(after, keys, value)
    if changed:
        _hold(before, after, changed, layers.own)
        write_text(layers.own, after)
    lines = (before.splitlines(), (after if changed else before).splitlines())
    name = str(FILE)
    return "\n".join(difflib.unified_diff(*lines, name, f"{name}, new", n=0, lineterm=""))


def _hold(before: str, after: str, changed: Changes, path: Path) -> None:
    """Refuse an edit that would not read as it should, such as of an entry with an alias."""
    wanted = json.loads(json.dumps(_parsed(before, path)))  # what aliases share, apart
    for (*above, key), value in changed.items():
        entry: dict[str, Any] = wanted
        for part in above:
            entry = entry.setdefault(part, {})
        entry[key] = value
    if _parsed(after, path) != wanted:
        lines = ", ".join(f"{'.'.join(keys)}: {value}" for keys, value in changed.items())
        raise UserError(
            [Problem(str(path), None, "its layout is too special to edit", f"write in it {lines}")]
        )


def _with(text: str, keys: Keys, value: int) -> str:
    """Return YAML text in which a value is another, or is added where it was not."""
    node = yaml.compose(text)
    if node is None:
        return f"{text}{keys[0]}: {_nested(keys[1:], value)}\n"
    for depth, key in enumerate(keys):
        found = dict(_items(node)).get(key)
        if found is None:
            return _added(text, node, keys[depth:], value)
        node = found
    return f"{text[: node.start_mark.index]}{value}{text[node.end_mark.index :]}"


def _items(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value


def _added(text: str, node: yaml.Node, keys: Keys, value: int) -> str:
    """Return YAML text with a key added to a mapping, in braces or on a line of its own."""
    item = f"{keys[0]}: {_nested(keys[1:], value)}"
    if not isinstance(node, yaml.MappingNode) or not node.value:  # rule: {}
        start = node.start_mark.index + 1
        return f"{text[:start]}{item}{text[start:]}"
    last = node.value[-1][1]
    if node.flow_style:
        return f"{text[: last.end_mark.index]}, {item}{text[last.end_mark.index :]}"
    while isinstance(last, yaml.MappingNode) and not last.flow_style:
        last = last.value[-1][1]
    end = text.find("\n", last.end_mark.index)
    head, tail = (text[:end], text[end:]) if end >= 0 else (text, "\n")
    return f"{head}\n{' ' * node.start_mark.column}{item}{tail}"


def _nested(keys: Keys, value: int) -> str:
    return f"{{{keys[0]}: {_nested(keys[1:], value)}}}" if keys else str(value)
