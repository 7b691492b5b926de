"""Made-up events of runs, for tests of what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schelde.progress.state import RunState, fold


class MadeRun:
    """Gathers events of a run; each step of the clock is told."""

    def __init__(self, planned: Mapping[str, int], **started: Any) -> None:
        self.time = 1000.0
        self.events: list[dict[str, Any]] = []
        self.add("started", **{"executor": "local", "cores": 2, **started})
        self.add("planned", jobs=dict(planned))

    def add(self, event: str, **more: Any) -> None:
        """Add an event at the present time."""
        self.events.append({"time": self.time, "run": "r", "event": event, **more})

    def submit(self, job: int, rule: str, sample: str | None = None, **more: Any) -> None:
        """Add the submission of a job."""
        wildcards = {"sample": sample} if sample else {}
        about = {"attempt": 1, "threads": 1, "resources": {}, "local": False, **more}
        self.add("submitted", job=job, rule=rule, wildcards=wildcards, **about)

    def done(self, job: int, rule: str, sample: str | None = None, *, seconds: float) -> None:
        """Let a job run from submission to end."""
        self.submit(job, rule, sample)
        self.time += seconds
        self.add("finished", job=job, seconds=None)

    @property
    def state(self) -> RunState:
        """The run as the events tell it."""
        runs: dict[str, RunState] = {}
        for event in self.events:
            fold(runs, event)
        return runs["r"]
