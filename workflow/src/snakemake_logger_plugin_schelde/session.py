"""What is done with all log records of a run, in a thread beside the run's own."""

from __future__ import annotations

import logging
import threading
import time
from logging import LogRecord
from pathlib import Path
from typing import Any

from snakemake.logging import DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from schelde.progress.alive import BEAT
from schelde.progress.events import EVENTS, Event, EventLog
from schelde.progress.state import RunState, fold
from snakemake_logger_plugin_schelde.show import Show
from snakemake_logger_plugin_schelde.translate import Translator
from snakemake_logger_plugin_schelde.why import why

QUEUE_LOOK = 10.0
"""Seconds between two looks at which queued jobs have a log of Slurm's, that is, run."""

SHARE = 20
"""What is shown is made new so seldom that this takes a twentieth of a core at most."""

FOLLOWED = 200
"""At most so many queued jobs are looked at each time, the oldest first."""

HIDDEN = (
    "Exiting because a job execution failed",
    "WorkflowError:\nAt least one job did not complete successfully",
)
"""What Snakemake says at the end of a run that failed: the summary says it better."""

CHATTER = (
    "Assuming unrestricted shared filesystem usage",
    "Using shell",
    "Conda environments: ignored",
    "Singularity containers: ignored",
)
"""What Snakemake tells of every run before its first job."""

NOISE = (
    "No SLURM account given, trying to guess",
    "No account was given, not able to get a SLURM account",
    "Unable to guess SLURM account",
)
"""Warnings of the Slurm plugin where no account is named; where one is needed, the reason of the
failure says so."""

UNSEEN = frozenset({LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO})

OWN = frozenset({LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR})


class Session:
    """Writes events, and shows progress; nothing that it meets may stop the run.

    ``settings`` are Snakemake's output settings; ``shows`` says whether it takes the place of
    Snakemake's own messages.
    """

    def __init__(self, settings: Any, shows: bool) -> None:  # noqa: ANN401 (not typed there)
        quiet = frozenset(settings.quiet or ())
        self._filter = DefaultFilter(
            quiet, settings.debug_dag, settings.verbose, settings.dryrun, settings.printshellcmds
        )
        self._formatter = DefaultFormatter(quiet, settings.show_failed_logs)
        if shows and Quietness.PROGRESS in quiet:
            # Snakemake's scheduler does not log the end of jobs at all then.
            settings.quiet = quiet - {Quietness.PROGRESS}
        self._logs_asked_for = settings.show_failed_logs
        self._translator = Translator(why)
        self._runs: dict[str, RunState] = {}
        self._log: EventLog | None = None
        self._told_trouble = False
        self._closed = False
        self._beat = self._looked = 0.0
        self._over = threading.Event()
        self._busy = threading.RLock()
        self._show = Show(quiet, settings.nocolor, writes=shows)
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def take(self, record: LogRecord) -> None:
        """Take a record; trouble is told once."""
        try:
            self._take(record)
        except Exception as error:  # whatever it is, the run goes on
            self._trouble("progress cannot be shown", error)

    def _take(self, record: LogRecord) -> None:
        if self._closed:
            return
        began = self._translator.begun
        for event in self._translator.events(record):
            self._note(event)
            self._show.saw(self._runs[event["run"]], event)
        if self._translator.begun and not began:
            self._show.begin(self._run)
            self._ticker.start()
        elif self._passes(record):
            self._show.say(self._formatter.format(record), error=record.levelno >= logging.ERROR)

    @property
    def _run(self) -> RunState:
        return next(iter(self._runs.values()))

    def _note(self, event: Event) -> None:
        """Write an event and learn from it. Nothing slow: what is not written yet a kill loses."""
        with self._busy:
            fold(self._runs, event)
            try:
                if self._log is None:
                    self._log = EventLog(Path.cwd() / EVENTS)
                self._log.write(event)
            except OSError as error:
                self._trouble(f"{EVENTS} cannot be written; the run goes on without it", error)

    def _passes(self, record: LogRecord) -> bool:
        """Whether Snakemake's own text of a record is printed."""
        kind = getattr(record, "event", None)
        if kind in OWN and self._translator.begun:
            return bool(self._logs_asked_for) and kind == LogEvent.JOB_ERROR
        if record.levelno >= logging.WARNING:
            text = self._formatter.format(record)
            return not text.startswith((*HIDDEN, *NOISE)) and not _told_by_job(record)
        if self._translator.begun:
            return kind == LogEvent.SHELLCMD and bool(self._filter.filter(record))
        if kind in UNSEEN or record.getMessage().startswith(CHATTER):
            return False
        return bool(self._filter.filter(record)) and bool(self._formatter.format(record))

    def _tick(self) -> None:
        """Keep what is shown new, give signs of life, see which jobs run; until the end."""
        pause = 1.0
        while not self._over.wait(pause):
            begun = time.monotonic()
            try:
                self._keep(time.time())
            except Exception as error:  # whatever it is, the run goes on
                self._trouble("progress cannot be shown", error)
            pause = max(1.0, SHARE * (time.monotonic() - begun))

    def _keep(self, now: float) -> None:
        if now - self._looked > QUEUE_LOOK:
            self._looked = now
            self._see_running(now)
        with self._busy:
            if now - self._beat > BEAT and self._log is not None and not self._closed:
                self._beat = now
                self._log.touch()
            run = self._run.copy()
        self._show.refresh(run, now)

    def _see_running(self, now: float) -> None:
        """Note the jobs that Slurm has begun to write a log for."""
        with self._busy:
            run = self._run.copy()
        if run.executor != "slurm":
            return
        queued = [t for t in run.current.values() if t.outcome == "submitted" and t.scheduler_log]
        for attempt in queued[:FOLLOWED]:
            if Path(str(attempt.scheduler_log)).exists():
                with self._busy:
                    if attempt.outcome == "submitted" and not self._closed:
                        running = {"event": "running", "job": attempt.job}
                        self._note({"time": round(now, 3), "run": run.id, **running})

    def _trouble(self, what: str, error: Exception) -> None:
        if not self._told_trouble:
            self._told_trouble = True
            self._show.say(f"warning: {what} ({type(error).__name__}: {error})", error=True)

    def close(self) -> None:
        """End the log and tell what came of the run."""
        self._over.set()
        with self._busy:
            last = None if self._closed else self._translator.end()
            if last is not None:
                self._note({"time": round(time.time(), 3), **last})
            self._closed = True
            if self._log is not None:
                self._log.close()
                self._log = None
        if last is not None:
            try:
                self._show.end(self._run)
            except Exception as error:  # whatever it is, the run has its own end
                self._trouble("the end of the run cannot be told", error)


def _told_by_job(record: LogRecord) -> bool:
    """Whether a text is of an error that a job's own record tells, which comes next."""
    if getattr(record, "event", None) != LogEvent.ERROR:
        return False
    return getattr(record, "exception", "") == "RuleException" and "CalledProcessError" in str(
        record.getMessage()
    )
