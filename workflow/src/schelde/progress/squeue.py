"""What Slurm says of the jobs of a run, in one call."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime

from schelde.progress.state import RunState

RUNNING = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STAGE_OUT"})


def ask_squeue(run: RunState, seconds: float = 10) -> str | None:
    """Note which queued jobs run, and since when; return why Slurm could not be asked.

    Nothing is asked, and None returned, where no job is in Slurm.
    """
    jobs = [t for t in run.current.values() if t.open and t.external is not None]
    if not jobs or run.scheduler is None:
        return None
    if shutil.which("squeue") is None:
        return "squeue is not on PATH here: running is what the run itself saw"
    command = ["squeue", "--noheader", f"--name={run.scheduler}", "--format=%i|%T|%S"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds
        ).stdout
    except subprocess.CalledProcessError as error:
        return f"squeue could not be asked: {error.stderr.strip()}"
    except subprocess.TimeoutExpired:
        return f"squeue did not answer within {seconds:.0f} seconds"
    states = dict(_states(told))
    for attempt in jobs:
        state, began = states.get(attempt.external or "", ("", None))
        if state in RUNNING:
            attempt.outcome, attempt.began = "running", began or attempt.began
        elif state == "PENDING":
            attempt.outcome, attempt.began = "submitted", None
    return None


def _states(told: str) -> list[tuple[str, tuple[str, float | None]]]:
    found = []
    for line in told.splitlines():
        job, state, start = line.strip().split("|")
        found.append((job, (state, _moment(start))))
    return found


def _moment(text: str) -> float | None:
    """Return a time of Slurm's, which is local, as seconds since 1970.

    >>> _moment("N/A") is None
    True
    """
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
