"""Snakemake's log records to events of `schelde.progress.events`.

Snakemake has no record for much of it: that Slurm took a job, that a job is tried again, that an
output was missing are told in plain text, which is read here (Snakemake 9.27,
snakemake-executor-plugin-slurm 2.8).
"""

from __future__ import annotations

import csv
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from logging import LogRecord
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from schelde.progress.events import Event
from schelde.progress.stages import TARGETS

RESOURCES = ("mem_mb", "runtime", "disk_mb", "gpu", "slurm_partition")

UNKNOWN = "<TBD>"
"""What Snakemake has for a resource that it does not know before the job's inputs are there."""

RUN_ID = re.compile(r"SLURM run ID: (\S+)")
QUEUED = re.compile(r"Job (\S+) has been submitted with SLURM jobid (\S+) \(log: (.*)\)\.")
AGAIN = re.compile(r"Trying to restart job (\S+)\.")
CULPRIT = re.compile(r"^Error in rule (\w+):", re.MULTILINE)
"""What the Snakemake inside a Slurm job writes of the job of a group that failed."""

MISSING = re.compile(r"Job (\d+)\s+completed successfully, but some output files are missing")
STOPS = (
    "Terminating processes on user request",
    "Will exit after finishing currently running jobs",
    "Cancelling snakemake on user request",
)

Why = Callable[[str, str, list[Path], Mapping[str, int | str], str | None], Mapping[str, Any]]
"""Why a job failed, from its rule, Snakemake's message, logs, what it asked for, and Slurm's id."""


@dataclass(frozen=True)
class GroupError:
    """What is told of a group that failed before its jobs are; ``culprits`` are rules."""

    logs: Sequence[Path] = ()
    external: str | None = None
    culprits: frozenset[str] = frozenset()


class Translator:
    """Follows the records of one run; each gives no event, one, or some."""

    def __init__(self, why: Why) -> None:
        self._why = why
        self._run = ""
        self._command = ""
        self._cores: int | None = None
        self._jobs_at_once: int | None = None
        self._scheduler: str | None = None
        self._cluster = False
        self._submitted: dict[int, dict[str, Any]] = {}
        self._external: dict[int, str] = {}
        self._groups: dict[str, tuple[int, ...]] = {}
        self._group_of: dict[int, str] = {}
        self._group_error = GroupError()
        self.begun = False
        self.stopped = False
        self.complete = False

    def events(self, record: LogRecord) -> Iterator[Event]:
        """Yield the events of a record; before the first job is planned there are none."""
        kind = getattr(record, "event", None)
        if kind in (None, LogEvent.ERROR):
            found = self._of_text(record)
        else:
            found = self._of_event(str(kind), record)
        for event in found:
            yield {"time": round(record.created, 3), "run": self._run, **event}

    def end(self) -> Event | None:
        """Return the event that ends the run, without its time; None if none began."""
        if not self.begun:
            return None
        status = "done" if self.complete else "stopped" if self.stopped else "failed"
        return {"run": self._run, "event": "ended", "status": status}

    def _of_event(self, kind: str, record: Any) -> Iterator[Event]:  # noqa: ANN401 (any field)
        match kind:
            case LogEvent.WORKFLOW_STARTED:
                self._run, self._command = str(record.workflow_id), record.cmd
            case LogEvent.RESOURCES_INFO:
                self._places(record)
            case LogEvent.RUN_INFO if not self.begun:
                yield from self._begin(record.stats)
            case LogEvent.GROUP_INFO:
                self._group(record)
            case LogEvent.JOB_INFO if record.rule_name not in TARGETS:
                yield self._job(record)
            case LogEvent.JOB_FINISHED if record.job_id in self._submitted:
                benchmark = self._submitted[record.job_id]["benchmark"]
                yield {
                    "event": "finished",
                    "job": record.job_id,
                    "seconds": benchmarked(benchmark, record.created),
                }
            case LogEvent.GROUP_ERROR:
                logs = [Path(log) for log in record.aux_logs if log]
                self._group_error = GroupError(
                    logs, getattr(record, "external_jobid", None), frozenset(_culprits(logs))
                )
            case LogEvent.JOB_ERROR if record.jobid in self._submitted:
                yield self._failed(record)
            case LogEvent.PROGRESS:
                self.complete = record.done == record.total

    def _places(self, record: Any) -> None:  # noqa: ANN401
        if hasattr(record, "nodes"):
            self._cluster = True
            self._jobs_at_once = record.nodes if record.nodes < sys.maxsize else None
        elif hasattr(record, "cores"):
            self._cores = record.cores

    def _begin(self, stats: Mapping[str, int]) -> Iterator[Event]:
        self.begun = True
        executor = "slurm" if self._scheduler else "cluster" if self._cluster else "local"
        yield {
            "event": "started",
            "executor": executor,
            "command": self._command,
            "cores": None if self._cluster else self._cores,
            "jobs_at_once": self._jobs_at_once,
            "host": platform.node(),
            "pid": os.getpid(),
            "scheduler": self._scheduler,
        }
        jobs = {rule: n for rule, n in stats.items() if rule not in TARGETS and rule != "total"}
        yield {"event": "planned", "jobs": jobs}

    def _group(self, record: Any) -> None:  # noqa: ANN401
        """Note who is in a group: the Slurm plugin names it by the uuid of its last job."""
        members = tuple(sorted(job.jobid for job in record.jobs))
        for job in record.jobs:
            self._groups[job.uuid()] = members
            self._group_of[job.jobid] = f"{record.group_id}.{members[0]}"

    def _job(self, record: Any) -> Event:  # noqa: ANN401
        number = record.jobid
        before = self._submitted.get(number)
        self._external.pop(number, None)
        group = self._group_of.get(number) if record.indent else None
        resources = {
            name: value if isinstance(value, int) else str(value)
            for name, value in record.resources.items()
            if name in RESOURCES and str(value) != UNKNOWN
        }
        event = {
            "event": "submitted",
            "job": number,
            "rule": record.rule_name,
            "wildcards": {name: str(value) for name, value in record.wildcards.items()},
            "attempt": before["attempt"] + 1 if before else 1,
            "threads": record.threads,
            "resources": resources,
            "local": bool(record.local) or not self._cluster,
            "log": next(iter(record.log), None),
            "benchmark": record.benchmark,
            "group": group,
        }
        self._submitted[number] = event
        return event

    def _failed(self, record: Any) -> Event:  # noqa: ANN401
        number = record.jobid
        group = self._group_error if record.indent else GroupError()
        if group.culprits and record.rule_name not in group.culprits:
            return self._fell_with(number, " and ".join(sorted(group.culprits)))
        external = group.external or record.aux.get("external_jobid") or self._external.get(number)
        paths = [Path(str(log)) for log in record.log if log]
        return self._failure(number, record.rule_msg or "", [*paths, *group.logs], external)

    def _fell_with(self, number: int, culprits: str) -> Event:
        """Tell of a job that did not fail itself."""
        rule = self._submitted[number]["rule"]
        reason = {
            "kind": "unknown",
            "what": f"{rule} was in one job with {culprits}, which failed.",
            "advice": f"See {culprits}.",
            "log": None,
        }
        return {"event": "failed", "job": number, "rule": rule, "reason": reason, "fell": True}

    def _failure(self, number: int, text: str, logs: list[Path], external: str | None) -> Event:
        job = self._submitted[number]
        asked = {**job["resources"], "threads": job["threads"]}
        reason = self._why(job["rule"], text, logs, asked, external)
        return {"event": "failed", "job": number, "rule": job["rule"], "reason": dict(reason)}

    def _of_text(self, record: LogRecord) -> Iterator[Event]:
        text = record.getMessage()
        if text.startswith(STOPS):
            self.stopped = True
        elif found := RUN_ID.match(text):
            self._scheduler = found[1]
        elif found := QUEUED.match(text):
            for number in self._members(found[1]):
                self._external[number] = found[2]
                yield {"event": "queued", "job": number, "external": found[2], "log": found[3]}
        elif found := AGAIN.match(text):
            for number in self._members(found[1]):
                yield {"event": "again", "job": number}
        elif found := MISSING.search(text):
            number = int(found[1])
            if number in self._submitted:
                log = self._submitted[number]["log"]
                logs = [Path(log)] if log else []
                yield self._failure(number, text, logs, self._external.get(number))

    def _members(self, name: str) -> tuple[int, ...]:
        """Return the jobs that a job id of Snakemake means: one, or all of a group."""
        if name in self._groups:
            return self._groups[name]
        return (int(name),) if name.isdigit() and int(name) in self._submitted else ()


def benchmarked(benchmark: str | None, now: float) -> float | None:
    """Return the seconds in a job's benchmark; None if there is none that was just written.

    An old one may lie there of a job whose benchmark is late on a shared disk.
    """
    if benchmark is None:
        return None
    try:
        with Path(benchmark).open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        return round(sum(float(row["s"]) for row in rows), 3) if rows else None
    except (OSError, KeyError, ValueError):
        return None


def _culprits(logs: Iterable[Path]) -> Iterator[str]:
    for log in logs:
        try:
            yield from CULPRIT.findall(log.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
