"""Threads, memory, minutes and scratch of every rule, from config/jobs.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from schelde.errors import Problem, UserError
from schelde.names import closest

KEYS = {"threads", "mem_mb", "runtime", "disk_mb"}
"""``threads`` cores; ``mem_mb`` MiB; ``runtime`` minutes; ``disk_mb`` MiB of scratch."""


@dataclass(frozen=True)
class Job:
    """What one rule asks for; memory and minutes grow with each attempt."""

    threads: int
    resources: Mapping[str, int | Callable[..., int]]


@dataclass(frozen=True)
class Jobs:
    """All rules' needs; call it with the name of a rule."""

    file: str
    rules: Mapping[str, Mapping[str, int]]

    def __call__(self, rule: str) -> Job:
        """Return what a rule asks for; KeyError if the file has no entry for it."""
        if rule not in self.rules:
            raise KeyError(f"{self.file} has no entry for rule '{rule}'")
        numbers = self.rules[rule]
        return Job(
            threads=numbers["threads"],
            resources={
                "mem_mb": _growing(numbers["mem_mb"]),
                "runtime": _growing(numbers["runtime"]),
                "disk_mb": numbers["disk_mb"],
            },
        )


def _growing(first: int) -> Callable[..., int]:
    def of_attempt(wildcards: object, attempt: int) -> int:
        return first * attempt

    return of_attempt


def read_jobs(path: str | Path) -> Jobs:
    """Read config/jobs.yaml; raise `UserError` with every wrong entry."""
    file = str(path)
    root = yaml.compose(Path(path).read_text(encoding="utf-8"))
    rules: dict[str, dict[str, int]] = {}
    problems: list[Problem] = []
    for name_node, entry in root.value if isinstance(root, yaml.MappingNode) else []:
        line = name_node.start_mark.line + 1
        numbers = yaml.safe_load(yaml.serialize(entry))
        given = numbers if isinstance(numbers, dict) else {}
        for key in sorted(given.keys() - KEYS):
            problems.append(Problem(file, line, f"unknown key '{key}'", closest(str(key), KEYS)))
        for key in sorted(KEYS):
            value = given.get(key, 0 if key == "disk_mb" else None)
            least = 0 if key == "disk_mb" else 1
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                what = f"'{key}' of rule '{name_node.value}' is {value!r}"
                problems.append(
                    Problem(file, line, what, f"give a whole number of at least {least}")
                )
            else:
                rules.setdefault(name_node.value, {})[key] = value
    if problems:
        raise UserError(problems)
    return Jobs(file, rules)
