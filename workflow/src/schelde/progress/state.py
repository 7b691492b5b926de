"""Events folded into what is known about runs and their jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["submitted", "running", "done", "failed", "lost"]
"""``lost``: the run was killed before the job's end was known."""


@dataclass
class Try:
    """One attempt at a job: what it asked for, and what became of it.

    Times are seconds since 1970; ``began`` is when it was seen running, None if it never was.
    ``resources``: ``mem_mb`` MiB, ``runtime`` minutes, ``disk_mb`` MiB, ``gpu``.
    """

    job: int
    rule: str
    wildcards: Mapping[str, str]
    attempt: int
    threads: int
    resources: Mapping[str, int | str]
    submitted: float
    began: float | None = None
    ended: float | None = None
    outcome: Outcome = "submitted"
    external: str | None = None
    log: str | None = None
    benchmark: str | None = None
    reason: Mapping[str, str] | None = None


@dataclass
class RunState:
    """One run: how many jobs were planned by rule, and all attempts in the order of submission."""

    id: str
    began: float
    executor: str
    planned: dict[str, int] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)
    ended: float | None = None
    status: Literal["running", "done", "failed", "stopped"] = "running"
