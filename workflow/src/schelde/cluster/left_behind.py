"""Slurm jobs of an earlier run in this folder that outlived their Snakemake.

A Snakemake that is killed, or whose machine goes down, leaves its jobs in Slurm, and the next run
does not take them up: it submits them again, and two jobs write one file. So a run begins by
cancelling them and waiting until no process of theirs is left. That must be over before Snakemake
plans: a job that is cancelled takes its outputs away, and a plan that counts on them fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde.cluster.presence import is_alone

LIMIT_S = 300
"""Longest wait for cancelled jobs to be gone: Slurm's default KillWait is 30 s, and most sites'
UnkillableStepTimeout 60 to 180 s."""

ANSWER_S = 30
"""Longest wait for one answer of Slurm; its own MessageTimeout is 10 s, and clients try again."""

TRIES = 3
"""How often Slurm is asked before it counts as away."""

PAUSE_S = 2
"""Between two looks at jobs that are ending."""

# snakemake-executor-plugin-slurm 2.8 names a job by the run's UUID, after a prefix if one is set,
# and writes rule_NAME or group_NAME into the comment.
RUN_NAME = re.compile(r"(?:[\w-]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORMAT = "%i|%j|%T|%k|%Z"
OUR_COMMENT = ("rule_", "group_")
SLURM_LOGS = Path(".snakemake/slurm_logs")
"""Where the plugin has Slurm write; there once a run in the folder has used Slurm."""

LOCKS = Path(".snakemake/locks")
UNLOCK = "--unlock"

# What Snakemake 9 does with these starts no job, and so must not end any either.
LOOKING = frozenset(
    {
        *("--lint", "--list-rules", "--list", "-l", "--list-target-rules", "--lt"),
        *("--list-changes", "--list-resources", "--list-untracked", "--lu", "--list-conda-envs"),
        *("--summary", "-S", "--detailed-summary", "-D", "--report", "--archive"),
        *("--dag", "--rulegraph", "--filegraph", "--d3dag", "--print-compilation"),
    }
)

SHOWN = 5
"""Jobs that are told one by one."""


class StillRunningError(RuntimeError):
    """Jobs of an earlier run could not be ended, or nobody can tell if there are any."""


@dataclass(frozen=True)
class LeftJob:
    """A job of an earlier run: its number, run, state, comment and working folder in Slurm."""

    id: str
    run: str
    state: str
    comment: str
    folder: str


def begin_run(folder: Path, options: Sequence[str], tell: Callable[[str], None]) -> None:
    """End what earlier runs left in Slurm, before a run in ``folder`` is planned.

    ``options`` are those of the command line: with --unlock the user says that no other run lives,
    without it a lock of Snakemake's is left for Snakemake to tell of, and options that only look
    end nothing. Dry runs and Snakemakes within jobs must not come here. ``tell`` gets what the
    user is to read. Raises `StillRunningError`.
    """
    if any(option.split("=")[0] in LOOKING for option in options):
        return
    alone = is_alone(folder)
    locked = any((folder / LOCKS).glob("*.lock"))
    if locked and UNLOCK not in options:
        return
    end_left_behind(folder, tell, alone=alone)


def end_left_behind(
    folder: Path,
    tell: Callable[[str], None],
    *,
    alone: bool = True,
    limit_s: float = LIMIT_S,
    answer_s: float = ANSWER_S,
) -> list[LeftJob]:
    """Cancel the Slurm jobs of earlier runs in a folder and wait until they are gone.

    Returns those that there were; ``tell`` gets what the user is to read. Does nothing where no run
    has used Slurm or there is no squeue, and leaves all jobs alone unless this run is ``alone`` in
    the folder. Raises `StillRunningError` when jobs are there after ``limit_s`` seconds, or when
    Slurm does not answer.
    """
    if not (folder / SLURM_LOGS).is_dir() or shutil.which("squeue") is None:
        return []
    try:
        left = left_behind(folder, answer_s)
    except SlurmAwayError as error:
        raise StillRunningError(
            f"Slurm does not answer ({error}), and jobs of an earlier run in this folder may still "
            "write to it. Start again when `squeue` answers; if no job can be left, remove "
            f"{SLURM_LOGS} first."
        ) from error
    if left and not alone:
        tell(f"Another run is at work in this folder, and its {_count(left)} in Slurm go on.")
    if not left or not alone:
        return []
    tell(
        f"An earlier run in this folder was stopped and left {_count(left)} in Slurm: "
        + ", ".join(f"{job.id} {job.comment} ({job.state})" for job in left[:SHOWN])
        + (f" and {len(left) - SHOWN} more" if left[SHOWN:] else "")
        + ". They are cancelled, and what they did not finish is done again."
    )
    began = time.monotonic()
    _end(folder, left, limit_s, answer_s)
    tell(f"They are gone after {time.monotonic() - began:.0f} s.")
    return left


class SlurmAwayError(RuntimeError):
    """Slurm gave no answer."""


def left_behind(folder: Path, answer_s: float = ANSWER_S) -> list[LeftJob]:
    """List the user's jobs that a Snakemake in ``folder`` submitted and that have not ended.

    Leaves out the job in which this process runs. Raises `SlurmAwayError`.
    """
    text = _asked(["squeue", "--me", "--noheader", f"--format={FORMAT}"], answer_s)
    here, own = folder.resolve(), _own_job()
    return [
        job
        for job in read_queue(text)
        if job.id != own and Path(job.folder).resolve() == here and _by_snakemake(job)
    ]


def read_queue(text: str) -> list[LeftJob]:
    """Read the lines of squeue in `FORMAT`; a comment may have bars in it, a folder may not.

    >>> read_queue("7|u|RUNNING|rule_a_wildcards_x|y|/data/run\\n")[0].comment
    'rule_a_wildcards_x|y'
    """
    jobs = []
    for line in text.splitlines():
        first, _, folder = line.rpartition("|")
        fields = first.split("|", 3)
        if len(fields) == 4:
            number, run, state, comment = fields
            jobs.append(LeftJob(number, run, state, comment, folder))
    return jobs


def _by_snakemake(job: LeftJob) -> bool:
    return bool(RUN_NAME.fullmatch(job.run)) and job.comment.startswith(OUR_COMMENT)


def _end(folder: Path, left: Sequence[LeftJob], limit_s: float, answer_s: float) -> None:
    """Cancel jobs and wait until squeue has them no more: a job that is ending is still listed."""
    ids = {job.id for job in left}
    end = time.monotonic() + limit_s
    trouble = ""
    cancelled = False
    while True:
        try:
            if not cancelled:
                _asked(["scancel", *sorted(ids)], answer_s)
                cancelled = True
            there = [job for job in left_behind(folder, answer_s) if job.id in ids]
        except SlurmAwayError as error:
            there, trouble = list(left), f" ({error})"
        if not there:
            return
        if time.monotonic() > end:
            raise StillRunningError(
                f"{_count(there)} of an earlier run could not be ended in {limit_s:.0f} s"
                f"{trouble}: {_ids(there)}. They may still write to this folder. Look at them with "
                "`squeue --me`, ask the cluster's administrators if they stay, and start again "
                "when they are gone."
            )
        time.sleep(PAUSE_S)


def _asked(command: Sequence[str], answer_s: float) -> str:
    """Return what a command of Slurm prints; raise `SlurmAwayError` after some tries."""
    trouble = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=answer_s, check=False
            )
        except subprocess.TimeoutExpired:
            trouble = f"{command[0]} gave no answer in {answer_s:.0f} s"
            continue
        except OSError as error:
            trouble = f"{command[0]}: {error.strerror}"
            continue
        # scancel names jobs that have ended in the meantime, and that is no trouble.
        if ended.returncode == 0 or "Invalid job id" in ended.stderr:
            return ended.stdout
        trouble = " ".join(ended.stderr.split()) or f"{command[0]} ended with {ended.returncode}"
    raise SlurmAwayError(trouble)


def _own_job() -> str:
    """Return the number of the job that this process runs in, empty outside of Slurm.

    The Slurm plugin takes it out of the environment, but not out of what the process began with.
    """
    try:
        began_with = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return os.environ.get("SLURM_JOB_ID", "")
    found = [entry for entry in began_with if entry.startswith(b"SLURM_JOB_ID=")]
    return found[0].partition(b"=")[2].decode() if found else ""


def _count(jobs: Sequence[LeftJob]) -> str:
    return "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"


def _ids(jobs: Iterable[LeftJob]) -> str:
    return ", ".join(job.id for job in jobs)
