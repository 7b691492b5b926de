"""The event log of a run, `logs/events.jsonl`: a JSON object a line, in the order of time.

Every event has ``time`` (seconds since 1970, with milliseconds), ``run`` (a run's id: two runs in
one folder write to one file) and ``event``, which says what else it has:

========== ========================================================================================
event      keys
========== ========================================================================================
started    ``executor`` (local, slurm or cluster), ``command`` (what was typed), ``cores`` (of a
           local run) or ``jobs_at_once`` (null: no limit), ``host`` and ``pid`` of Snakemake,
           ``scheduler`` (the name that Slurm has for all jobs of the run) or null: a run begins
planned    ``jobs``: number of jobs that are to run, by rule, without target rules
submitted  ``job`` (Snakemake's number of it), ``rule``, ``wildcards``, ``attempt`` (from 1),
           ``threads``, ``resources`` (``mem_mb``, ``runtime`` minutes, ``disk_mb``, ``gpu``,
           ``slurm_partition`` as far as asked), ``local`` (on the machine of Snakemake: it runs at
           once), ``log``, ``benchmark``, ``group`` (the same for jobs that run as one) or null
queued     ``job``, ``external`` (Slurm's id), ``log`` (what Slurm writes about it)
running    ``job``: seen running; only of jobs that were queued
finished   ``job``, ``seconds`` that it ran by its benchmark, or null
failed     ``job``, ``rule``, ``reason`` (a `schelde.cluster.reasons.Reason` as a mapping),
           ``fell`` (true) if another job of its group failed, and not it
again      ``job``: the one that failed is tried again
ended      ``status``: done, failed or stopped (by the user)
========== ========================================================================================

Each line is appended with one write, so that two processes do not tear each other's lines; a
process that is killed can leave half a line, which is skipped and counted by `read`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVENTS = Path("logs/events.jsonl")

Event = Mapping[str, Any]


class EventLog:
    """A log that events are appended to."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        size = os.fstat(self._file).st_size
        self._torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def write(self, event: Event) -> None:
        """Append one event; raise OSError where the disk does not take it whole."""
        line = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        if self._torn:
            line = b"\n" + line
        self._torn = True
        if os.write(self._file, line) != len(line):
            raise OSError("the disk took only part of a line")
        self._torn = False

    def touch(self) -> None:
        """Make the file new, as a sign of life to those who look at it from other machines."""
        os.utime(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def append(path: Path, *events: Event) -> None:
    """Append events to a log; raise OSError where they cannot be written."""
    log = EventLog(path)
    try:
        for event in events:
            log.write(event)
    finally:
        log.close()


def read(path: Path) -> tuple[list[Event], int]:
    """Return the events of a log and the number of lines that are torn; no file: no events."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], 0
    events: list[Event] = []
    torn = 0
    for line in lines:
        if not line:
            continue
        try:
            event = json.loads(line)
        except ValueError:
            torn += 1
            continue
        if isinstance(event, dict) and {"time", "run", "event"} <= event.keys():
            events.append(event)
        else:
            torn += 1
    return events, torn
