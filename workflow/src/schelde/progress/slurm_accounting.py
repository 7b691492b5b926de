"""What Slurm's accounting knows about finished jobs, from `sacct`."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FIELDS = ("JobIDRaw", "State", "ElapsedRaw", "AllocCPUS", "TotalCPU", "MaxRSS", "ReqMem")
CHUNK = 500
"""Ids in one call: with ids of 8 digits 4.5 kB of the command line, which may have 128 kB."""

UNITS = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}
SIZE = re.compile(r"([0-9.]+)([KMGT]?)[nc]?")
"""A size of sacct; Slurm before 21.08 added n (for a node) or c (for a core) to what was asked."""


@dataclass(frozen=True)
class Account:
    """One Slurm job that has ended.

    ``cpus`` cores it held; ``wall_s`` seconds, as its time limit counts them; ``cpu_s`` seconds of
    CPU of all its steps; ``peak_mb`` MiB, the peaks of its steps added up, since they run at the
    same time under one limit (more than the true peak, if their peaks were at different times);
    ``asked_mb`` MiB for the job on a node. None: Slurm does not know.
    """

    state: str
    cpus: int
    wall_s: float
    cpu_s: float | None
    peak_mb: float | None
    asked_mb: float | None


@dataclass(frozen=True)
class Accounting:
    """What accounting answered, by Slurm's id; ``fault`` says why it does not know more."""

    jobs: Mapping[str, Account] = field(default_factory=dict)
    fault: str | None = None


def accounting(ids: Sequence[str], limit_s: float) -> Accounting:
    """Ask `sacct` for jobs, ``limit_s`` seconds at most in all, and never fail.

    Jobs that still run are left out. A cluster may keep no accounts, or not answer.
    """
    if not ids:
        return Accounting()
    if shutil.which("sacct") is None:
        return Accounting(fault="there is no sacct on this machine")
    end = time.monotonic() + limit_s
    jobs: dict[str, Account] = {}
    for first in range(0, len(ids), CHUNK):
        command = ["sacct", "--parsable2", "--noheader", "--units=K"]
        command += [
            f"--format={','.join(FIELDS)}",
            f"--jobs={','.join(ids[first : first + CHUNK])}",
        ]
        try:
            said = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=max(end - time.monotonic(), 0.1),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Accounting(jobs, f"sacct did not answer within {limit_s:.0f} s")
        if said.returncode:
            words = said.stderr.strip().splitlines() or [f"status {said.returncode}"]
            return Accounting(jobs, f"sacct failed: {words[-1]}")
        jobs.update(parse(said.stdout.splitlines()))
    missing = len(set(ids) - jobs.keys())
    return Accounting(jobs, f"sacct does not know the end of {missing} jobs" if missing else None)


def parse(lines: Iterable[str]) -> dict[str, Account]:
    """Return the jobs that have ended in lines of ``sacct --parsable2 --units=K`` with `FIELDS`."""
    rows: dict[str, list[dict[str, str]]] = {}
    for line in lines:
        cells = line.split("|")
        if len(cells) != len(FIELDS) or not cells[1]:  # words of a site's own wrapper
            continue
        row = dict(zip(FIELDS, cells, strict=True))
        rows.setdefault(row["JobIDRaw"].split(".")[0], []).append(row)
    running = ("PENDING", "RUNNING", "REQUEUED", "RESIZING", "SUSPENDED", "COMPLETING")
    return {
        name: _account(job, [row for row in found if row is not job])
        for name, found in rows.items()
        for job in found
        if job["JobIDRaw"] == name and not job["State"].startswith(running)
    }


def _account(job: Mapping[str, str], steps: Sequence[Mapping[str, str]]) -> Account:
    peaks = [peak for step in steps if (peak := megabytes(step["MaxRSS"])) is not None]
    # A job whose step was killed for memory is FAILED: its script ended with a status of its own.
    states = [row["State"].split()[0] for row in (job, *steps)]
    return Account(
        state="OUT_OF_MEMORY" if "OUT_OF_MEMORY" in states else states[0],
        cpus=int(job["AllocCPUS"] or 0),
        wall_s=float(job["ElapsedRaw"] or 0),
        cpu_s=seconds(job["TotalCPU"]),
        peak_mb=sum(peaks) if peaks else None,
        asked_mb=megabytes(job["ReqMem"]),
    )


def megabytes(size: str) -> float | None:
    """Return a size of sacct in MiB, None for an empty one; without unit it is in bytes.

    >>> megabytes("512000K"), megabytes("2Gn"), megabytes("")
    (500.0, 2048.0, None)
    """
    found = SIZE.fullmatch(size.strip())
    if found is None:
        return None
    return float(found[1]) * (UNITS[found[2]] if found[2] else 1 / 1024**2)


def seconds(duration: str) -> float | None:
    """Return a time of sacct, ``[days-][hours:]minutes:seconds``, in seconds.

    >>> seconds("00:07.250"), seconds("1-02:03:04"), seconds("")
    (7.25, 93784.0, None)
    """
    if not duration.strip():
        return None
    days, _, clock = duration.strip().rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total + 86400 * int(days or 0)
