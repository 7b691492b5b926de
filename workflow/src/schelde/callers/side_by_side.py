"""Run commands side by side in a job, and end them all when one of them fails."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence

from schelde.callers.tools import CallError, Job
from schelde.pipes import ToolError

SECONDS = 0.1
"""Between two looks at what is running."""

PATIENCE = 20
"""Seconds that a command has to end after it was told to."""

TRACEBACK = re.compile(
    rb"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*(?P<error>.*)$", re.M
)
"""What Python leaves in a log when it fails, also in a process whose parent goes on."""

Command = Sequence[str]


def side_by_side(
    job: Job, name: str, commands: Sequence[Command], refused: re.Pattern[bytes] | None = None
) -> None:
    """Run commands, as many at once as the job has threads, with their output to the log.

    ``name`` is what an error calls them. What still runs is ended when one fails, when what
    ``refused`` fits comes up in the log, or when the job is told to stop. Raises `ToolError` for a
    status other than 0, `CallError` for what is refused or looks like a crash.
    """
    waiting = list(reversed(commands))
    running: list[subprocess.Popen[bytes]] = []
    try:
        while waiting or running:
            while waiting and len(running) < max(job.machine.threads, 1):
                running.append(_start(job, waiting.pop()))
            time.sleep(SECONDS)
            running = [process for process in running if not _ended_well(job, name, process)]
            if refused:
                _refuse(job, refused, name)
    finally:
        _end(running)
    job.refuse_crash()
    _refuse(job, TRACEBACK, name)


def _start(job: Job, command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=job.log,
            stderr=job.log,
            env=dict(job.environment),
        )
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run: {error.strerror}") from error


def _ended_well(job: Job, name: str, process: subprocess.Popen[bytes]) -> bool:
    status = process.poll()
    if status:
        job.refuse_crash()
        _refuse(job, TRACEBACK, name)
        raise ToolError(f"{name} ended with status {status}: see {job.machine.log}")
    return status == 0


def _refuse(job: Job, pattern: re.Pattern[bytes], name: str) -> None:
    found = pattern.search(job.machine.log.read_bytes())
    if found:
        words = found["error"].decode("utf-8", "replace").strip()[:200]
        raise CallError(f"the log of {name} says: {words}")


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
