"""Whether the Snakemake of a run that has no end in its log is still there."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Literal

from schelde.progress.events import EVENTS
from schelde.progress.state import RunState

Life = Literal["running", "over", "gone", "silent"]
"""``gone``: it was killed; ``silent``: it is on another machine and has not been heard of."""

SILENCE = 180.0
"""Seconds without a sign of life after which a run on another machine is called silent: six of the
signs that a run gives (`BEAT`)."""

BEAT = 30.0
"""Seconds between the signs of life of a run: it makes its event log new."""


def life_of(run: RunState, folder: Path, now: float) -> Life:
    """Say whether a run goes on.

    A run whose end is logged is over. On this machine its process tells; from another machine the
    lock of Snakemake in the folder and the time of the event log.
    """
    if run.status != "running":
        return "over"
    if run.pid is not None and run.host == platform.node():
        return "running" if _is_snakemake(run.pid) else "gone"
    locks = folder / ".snakemake" / "locks"
    if not (locks.is_dir() and any(locks.iterdir())):
        return "gone"
    try:
        heard = (folder / EVENTS).stat().st_mtime
    except FileNotFoundError:
        heard = run.last
    return "running" if now - heard < SILENCE else "silent"


def _is_snakemake(pid: int) -> bool:
    """Whether a process is there and, as far as the system tells, one of Snakemake's."""
    try:
        return b"snakemake" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
