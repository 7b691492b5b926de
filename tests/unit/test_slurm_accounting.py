"""Lines of sacct are understood, and a cluster without accounts is no fault."""

import stat
from pathlib import Path

import pytest

from schelde.progress.slurm_accounting import Account, accounting, parse

LINES = """\
7|COMPLETED|65|2|01:10.500||4096000K
7.batch|COMPLETED|65|2|00:03.500|80000K|
7.extern|COMPLETED|65|2|00:00||
7.0|COMPLETED|63|2|01:07|1024000K|
8|CANCELLED by 0|12|1|00:01||1024000K
9|RUNNING|12|1|00:00||1024000K
10|FAILED|3|1|00:02||512000K
10.0|OUT_OF_MEMORY|3|1|00:02|510000K|
"""


def sacct(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a sacct of our own in front of all others."""
    program = folder / "sacct"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_peaks_of_a_jobs_steps_are_added_up() -> None:
    assert parse(LINES.splitlines())["7"] == Account("COMPLETED", 2, 65, 70.5, 1078.125, 4000)


def test_a_job_whose_step_ran_out_of_memory_ran_out_of_memory() -> None:
    assert parse(LINES.splitlines())["10"].state == "OUT_OF_MEMORY"


def test_who_cancelled_a_job_is_no_part_of_its_state() -> None:
    assert parse(LINES.splitlines())["8"].state == "CANCELLED"


def test_jobs_that_run_are_left_out() -> None:
    assert "9" not in parse(LINES.splitlines())


def test_words_of_a_wrapper_are_passed_over() -> None:
    assert parse(["Welcome | to the cluster", "", "7||||||"]) == {}


def test_a_machine_without_sacct_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = accounting(["7"], 1)
    assert (found.jobs, found.fault) == ({}, "there is no sacct on this machine")


def test_without_jobs_of_slurm_sacct_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert accounting([], 1).fault is None


def test_an_accounting_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sacct(tmp_path, "exec sleep 60", monkeypatch)
    assert accounting(["7"], 0.2).fault == "sacct did not answer within 0 s"


def test_what_sacct_says_when_it_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sacct(tmp_path, "echo 'Slurm accounting storage is disabled' >&2; exit 1", monkeypatch)
    assert accounting(["7"], 9).fault == "sacct failed: Slurm accounting storage is disabled"


def test_many_jobs_are_asked_for_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sacct(tmp_path, f"echo x >> {tmp_path}/calls; echo '7|FAILED|1|1|00:01||1K'", monkeypatch)
    ids = [str(number) for number in range(1001)]
    assert accounting(ids, 30).fault == "sacct does not know the end of 1000 jobs"
    assert (tmp_path / "calls").read_text().count("x") == 3
