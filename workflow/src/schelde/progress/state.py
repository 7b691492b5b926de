"""Events folded into what is known about runs and their jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from schelde.progress.events import Event, read

Outcome = Literal["submitted", "running", "done", "failed", "lost"]
"""``lost``: the run ended or was killed before the job's end was known."""


@dataclass
class Try:
    """One attempt at a job: what it asked for, and what became of it.

    Times are seconds since 1970; ``began`` is when it was seen running, None if it never was.
    ``resources``: ``mem_mb`` MiB, ``runtime`` minutes, ``disk_mb`` MiB, ``gpu``. ``seconds`` is how
    long it ran by its benchmark. ``again``: it failed and is tried again.
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
    seconds: float | None = None
    local: bool = False
    group: str | None = None
    scheduler_log: str | None = None
    again: bool = False

    @property
    def open(self) -> bool:
        """Whether its end is not known yet."""
        return self.outcome in ("submitted", "running")

    @property
    def took(self) -> float | None:
        """Seconds that it held its place in the run; of one job of a group, by its benchmark."""
        if self.group is not None:
            return self.seconds
        if self.ended is None:
            return None
        return self.ended - self.began if self.began is not None else self.seconds


@dataclass
class RunState:
    """One run: how many jobs were planned by rule, and all attempts in the order of submission.

    ``current`` has the last attempt at each job.
    """

    id: str
    began: float
    executor: str
    planned: dict[str, int] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)
    ended: float | None = None
    status: Literal["running", "done", "failed", "stopped"] = "running"
    command: str = ""
    cores: int | None = None
    jobs_at_once: int | None = None
    host: str | None = None
    pid: int | None = None
    scheduler: str | None = None
    last: float = 0.0
    current: dict[int, Try] = field(default_factory=dict)

    def copy(self) -> RunState:
        """Return the run as it is now; its jobs stay the same objects."""
        return replace(
            self, planned=dict(self.planned), tries=list(self.tries), current=dict(self.current)
        )

    def close(self, status: Literal["done", "failed", "stopped"], time: float) -> None:
        """Note the end of the run; jobs whose end is not known are lost."""
        self.status, self.ended = status, time
        for attempt in self.current.values():
            if attempt.open:
                attempt.outcome, attempt.ended = "lost", time

    @property
    def failures(self) -> list[Try]:
        """The last attempts of jobs that failed for good."""
        return [t for t in self.current.values() if t.outcome == "failed" and not t.again]


def _started(run: RunState, event: Event) -> None:
    run.began, run.executor = event["time"], event["executor"]
    run.command = event.get("command", "")
    run.cores, run.jobs_at_once = event.get("cores"), event.get("jobs_at_once")
    run.host, run.pid = event.get("host"), event.get("pid")
    run.scheduler = event.get("scheduler")


def _submitted(run: RunState, event: Event) -> None:
    local = bool(event.get("local")) or run.executor == "local"
    new = Try(
        job=event["job"],
        rule=event["rule"],
        wildcards=event.get("wildcards") or {},
        attempt=event.get("attempt", 1),
        threads=event.get("threads", 1),
        resources=event.get("resources") or {},
        submitted=event["time"],
        began=event["time"] if local else None,
        outcome="running" if local else "submitted",
        log=event.get("log"),
        benchmark=event.get("benchmark"),
        local=local,
        group=event.get("group"),
    )
    run.tries.append(new)
    run.current[new.job] = new


def _of_a_job(run: RunState, event: Event) -> None:
    attempt = run.current.get(event["job"])
    if attempt is None:  # its submission stood on a line that was torn
        return
    time = event["time"]
    match event["event"]:
        case "queued":
            attempt.external, attempt.scheduler_log = event["external"], event.get("log")
        case "running":
            attempt.began, attempt.outcome = time, "running"
        case "again":
            attempt.again = True
        case "finished":
            attempt.outcome, attempt.ended = "done", time
            attempt.seconds = event.get("seconds")
            if attempt.began is None and attempt.seconds is not None:
                attempt.began = max(attempt.submitted, time - attempt.seconds)
        case "failed":
            attempt.outcome, attempt.ended = "failed", time
            attempt.reason = event.get("reason")


def fold(runs: dict[str, RunState], event: Event) -> None:
    """Add an event to what is known; events of kinds that are not known change nothing."""
    run = runs.get(event["run"])
    if run is None:
        run = runs[event["run"]] = RunState(event["run"], event["time"], "unknown")
    run.last = event["time"]
    kind: Any = event["event"]
    if kind == "started":
        _started(run, event)
    elif kind == "planned":
        run.planned = dict(event["jobs"])
    elif kind == "submitted":
        _submitted(run, event)
    elif kind == "ended":
        run.close(event["status"], event["time"])
    elif "job" in event:
        _of_a_job(run, event)


def runs_of(path: Path) -> list[RunState]:
    """Return all runs that a log tells of, in the order in which they began; no file: none.

    A run that has no end is over when a later one began: the folder's lock lets only one run.
    """
    runs: dict[str, RunState] = {}
    for event in read(path)[0]:
        fold(runs, event)
    found = sorted(runs.values(), key=lambda run: run.began)
    for run in found[:-1]:
        if run.status == "running":
            run.close("stopped", run.last)
    return found
