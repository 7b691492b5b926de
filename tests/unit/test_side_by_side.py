"""Commands of a job side by side, and how they end."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schelde.callers.side_by_side import side_by_side
from schelde.callers.tools import CallError, Job, Machine, job_on
from schelde.joblog import JobError
from schelde.pipes import ToolError


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    with job_on(Machine(2, 1000, tmp_path / "scratch", tmp_path / "log")) as job:
        yield job


def code(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_no_more_run_at_once_than_the_job_has_threads(job: Job, tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()
    text = (
        "import os, pathlib, time; here = pathlib.Path('{}'); me = here / str(os.getpid())\n"
        "me.touch(); print('at once', len(list(here.iterdir()))); time.sleep(.2); me.unlink()"
    ).format(tmp_path / "running")
    side_by_side(job, "it", [code(text)] * 5)
    counts = [int(n) for n in re.findall(r"at once (\d)", job.machine.log.read_text())]
    assert len(counts) == 5
    assert max(counts) <= 2


def test_one_that_fails_ends_the_others(job: Job) -> None:
    begun = time.monotonic()
    with pytest.raises(ToolError, match="it ended with status 3: see"):
        side_by_side(job, "it", [["sleep", "60"], ["sh", "-c", "exit 3"], ["sleep", "60"]])
    assert time.monotonic() - begun < 10


def test_a_traceback_counts_as_a_failure_whatever_the_status(job: Job) -> None:
    text = "import traceback\ntry: {}['a']\nexcept KeyError: traceback.print_exc()"
    with pytest.raises(CallError, match="the log of it says: KeyError: 'a'"):
        side_by_side(job, "it", [code(text)])


def test_what_is_refused_ends_a_command_while_it_runs(job: Job) -> None:
    begun = time.monotonic()
    refused = re.compile(rb"^(?P<error>no GPU.*)$", re.MULTILINE)
    with pytest.raises(CallError, match="the log of it says: no GPU at all"):
        side_by_side(job, "it", [["sh", "-c", "echo no GPU at all; exec sleep 60"]], refused)
    assert time.monotonic() - begun < 10


def test_a_crash_in_the_log_is_told_with_the_status(job: Job) -> None:
    with pytest.raises(CallError, match="Segmentation fault"):
        side_by_side(job, "it", [["sh", "-c", "echo 'Segmentation fault'; exit 139"]])


def test_a_program_that_is_not_there_is_named(job: Job) -> None:
    with pytest.raises(ToolError, match="no-such-program cannot be run: No such file"):
        side_by_side(job, "it", [["no-such-program"]])


def test_a_job_that_is_told_to_stop_leaves_nothing_running(job: Job) -> None:
    text = "import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)"
    begun = time.monotonic()
    with pytest.raises(JobError, match="told to stop"):
        side_by_side(job, "it", [code(text)])
    assert time.monotonic() - begun < 10
