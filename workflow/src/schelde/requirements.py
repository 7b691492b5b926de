"""Which cells of people.tsv a bundle needs, and what is said about those that are empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from schelde.declared import Declared
from schelde.errors import Problem

REQUIREMENTS = Path(__file__).parents[3] / "resources" / "requirements.yaml"
"""The package runs from its checkout, which holds resources/."""

BASE = "base"
"""The target that every bundle serves."""

SHOWN = 12
"""Stretches of lines that one message lists."""


@dataclass(frozen=True)
class Requirement:
    """A column that a target (`BASE`, or one of bundle.targets) asks to be filled, and for whom."""

    column: str
    target: str
    asked_by: tuple[str, ...]


@cache
def requirements() -> tuple[Requirement, ...]:
    """Return all requirements in the order of resources/requirements.yaml."""
    entries = yaml.safe_load(REQUIREMENTS.read_text(encoding="utf-8"))
    return tuple(Requirement(**entry | {"asked_by": tuple(entry["asked_by"])}) for entry in entries)


def missing(
    file: str,
    declared: Mapping[str, Declared],
    targets: Collection[str],
    elsewhere: Mapping[str, Collection[str]] | None = None,
) -> Iterable[Problem]:
    """Yield one problem for each column that is empty for somebody, with all rows in it.

    ``declared``: what is known of those who are asked, by sample. ``targets``: bundle.targets.
    ``elsewhere``: samples for which another file has what a column would, by column.
    """
    about = {field.name: field.metadata["about"] for field in fields(Declared) if field.metadata}
    asked: dict[str, list[str]] = {}
    for requirement in requirements():
        if requirement.target in (BASE, *targets):
            asked.setdefault(requirement.column, []).extend(requirement.asked_by)
    for column, by in asked.items():
        known = (elsewhere or {}).get(column, ())
        rows = {
            s: row for s, row in declared.items() if not getattr(row, column) and s not in known
        }
        if rows:
            names = list(dict.fromkeys(by))
            verb = "need" if len(names) > 1 else "needs"
            what = f"the person of sample '{next(iter(rows))}' has no {column}"
            yield told_once(
                file, rows, what, f"{' and '.join(names)} {verb} it: give {about[column]}"
            )


def told_once(file: str, rows: Mapping[str, Declared], what: str, remedy: str) -> Problem:
    """Return one problem for what is wrong with many rows, at the first; the others by line."""
    first, *others = sorted(row.line for row in rows.values())
    if others:
        more = "1 more row" if len(others) == 1 else f"{len(others)} more rows"
        what = f"{what}, and so {more}: {stretches(others)}"
    return Problem(file, first, what, remedy)


def stretches(lines: Sequence[int]) -> str:
    """Write line numbers in order as stretches, at most `SHOWN` of them.

    >>> stretches([9, 10, 11, 20])
    '9-11, 20'
    """
    runs = [list(run) for _, run in groupby(enumerate(lines), lambda pair: pair[1] - pair[0])]
    ends = [(run[0][1], run[-1][1]) for run in runs]
    texts = [str(start) if start == end else f"{start}-{end}" for start, end in ends]
    return ", ".join(texts[:SHOWN] + ["..."] * (len(texts) > SHOWN))
