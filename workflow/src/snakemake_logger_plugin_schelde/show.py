"""What is shown of a run from its begin to its end, on a terminal or in a file."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from schelde import paths
from schelde.progress.events import EVENTS, Event
from schelde.progress.knowledge import Knowledge, summarise
from schelde.progress.state import RunState, runs_of
from schelde.progress.summary import Summary
from schelde.progress.words import duration, job_name
from snakemake_logger_plugin_schelde.screen import Block, Lines, Screen, failure_text

FEW = 24
"""Up to so many samples a line is printed when one of them ends a stage."""


class Show:
    """Shows a run. ``writes`` is False where Snakemake prints by itself: nothing is shown then."""

    def __init__(self, quiet: Collection[Any], nocolor: bool, writes: bool) -> None:
        from snakemake.settings.enums import Quietness

        self._writes = writes
        self._silent = Quietness.ALL in quiet
        self._progress = not {Quietness.ALL, Quietness.PROGRESS} & set(quiet)
        self._stream = sys.stderr
        self._tty = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._tty and not nocolor and "NO_COLOR" not in os.environ
        block = self._tty and self._progress
        self._screen: Screen = (
            Block(self._stream, self._colour) if block else Lines(self._stream, FEW)
        )
        self._known: Knowledge | None = None
        self._folder = Path()
        self._ended = False
        self._busy = threading.RLock()

    def say(self, text: str, *, error: bool = False) -> None:
        """Print text; in a run that is to be quiet about all only errors."""
        if self._writes and (error or not self._silent):
            with self._busy:
                try:
                    self._screen.say(text)
                except (OSError, ValueError):  # the terminal or the pipe's reader is gone
                    self._writes = False

    def begin(self, run: RunState) -> None:
        """Say what is to be done."""
        self._folder = Path.cwd()
        if self._progress:
            jobs = sum(run.planned.values())
            count = "1 job" if jobs == 1 else f"{jobs} jobs"
            self.say(f"{count} to do; 'schelde status' in this folder tells how far they are")

    def saw(self, run: RunState, event: Event) -> None:
        """Tell at once what cannot wait."""
        attempt = run.current.get(event.get("job", -1))
        if attempt is None:
            return
        if event["event"] == "failed" and not event.get("fell"):
            self.say(failure_text(attempt, self._width(), self._colour), error=True)
        elif event["event"] == "again":
            name = job_name(attempt.rule, attempt.wildcards)
            self.say(f"  {name} is tried again, attempt {attempt.attempt + 1}", error=True)

    def refresh(self, run: RunState, now: float) -> None:
        """Show how far the run is."""
        if self._writes and self._progress:
            summary = self._summary(run, now)
            with self._busy:
                if not self._ended:
                    self._screen.show(summary)

    def end(self, run: RunState) -> None:
        """Sum up."""
        if not self._writes:
            return
        with self._busy:
            self._ended = True
            self._screen.rest()
            if not self._silent or run.failures:
                self.say("\n".join(self._sum(run)), error=True)

    def _summary(self, run: RunState, now: float) -> Summary:
        if self._known is None:
            earlier = [old for old in runs_of(self._folder / EVENTS) if old.id != run.id]
            self._known = Knowledge.of(self._folder, run.planned, earlier)
        return summarise(run, self._known, now)

    def _width(self) -> int:
        return shutil.get_terminal_size().columns - 1 if self._tty else 100

    def _sum(self, run: RunState) -> list[str]:
        summary = self._summary(run, time.time())
        head = {"done": "Done", "failed": "Failed", "stopped": "Stopped"}.get(run.status, "Ended")
        samples = (
            f"{summary.samples_done} of {summary.samples_planned} samples, "
            if summary.samples_planned
            else ""
        )
        again = f", {summary.retried} tried again" if summary.retried else ""
        lines = [
            f"\n{head} after {duration(summary.elapsed)}: {samples}"
            f"{summary.done} of {summary.jobs} jobs{again}."
        ]
        for attempt in summary.failures:
            reason = attempt.reason or {}
            name = job_name(attempt.rule, attempt.wildcards)
            lines.append(f"  failed  {name}: {reason.get('what', 'see its log')}")
        for name, path in self._results():
            lines.append(f"  {name:<7} {path}")
        lines.append("  jobs    schelde status; schelde tune compares what they asked for and used")
        return lines + (self._efficiency() if self._progress else [])

    def _efficiency(self) -> list[str]:
        from schelde.errors import UserError
        from schelde.progress.efficiency_table import efficiency_lines

        try:
            return ["", *efficiency_lines(self._folder)]
        except UserError as error:  # config/jobs.yaml was edited while the run went on
            return ["", str(error)]

    def _results(self) -> list[tuple[str, str]]:
        found = []
        if (self._folder / paths.MULTIQC).exists():
            found.append(("report", paths.MULTIQC))
        bundles = sorted((self._folder / "bundles").glob("*/manifest.json"))
        found += [("bundle", str(file.parent.relative_to(self._folder))) for file in bundles]
        return found
