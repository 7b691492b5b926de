"""Jobs of a killed run are told, cancelled and waited for; those of others are left alone."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schelde.cluster import left_behind, presence
from schelde.cluster.left_behind import (
    LOCKS,
    SLURM_LOGS,
    StillRunningError,
    begin_run,
    end_left_behind,
    read_queue,
)

RUN = "4ab300b4-7023-45d0-9fd3-6d4c3d78f2fe"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_behind, "PAUSE_S", 0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that has used Slurm."""
    project = tmp_path / "project"
    (project / SLURM_LOGS).mkdir(parents=True)
    return project


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with made-up Slurm commands: squeue prints the file queue, scancel empties it."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "queue").write_text("")
    command(commands, "squeue", f"cat {commands}/queue")
    command(commands, "scancel", f'echo "$@" >> {commands}/cancelled; : > {commands}/queue')
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    return commands


def command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def queue(slurm: Path, *jobs: tuple[str, str, str, str | Path]) -> None:
    """Write jobs to the queue: number, name, comment, folder."""
    lines = [f"{job}|{name}|RUNNING|{comment}|{place}" for job, name, comment, place in jobs]
    (slurm / "queue").write_text("".join(f"{line}\n" for line in lines))


def cancelled(slurm: Path) -> str:
    file = slurm / "cancelled"
    return file.read_text() if file.exists() else ""


def test_jobs_of_this_folder_are_told_and_cancelled(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder), ("8", f"schelde_{RUN}", "group_b_x", folder))
    told: list[str] = []
    left = end_left_behind(folder, told.append)
    assert [job.id for job in left] == ["7", "8"]
    assert cancelled(slurm) == "7 8\n"
    assert "left 2 jobs in Slurm: 7 rule_a (RUNNING), 8 group_b_x (RUNNING)" in told[0]
    assert "gone" in told[1]


@pytest.mark.parametrize(
    ("name", "comment", "place"),
    [
        (RUN, "rule_a", "/elsewhere"),
        (RUN, "rule_a", "{folder}/sub"),
        ("my_own_job", "rule_a", "{folder}"),
        (RUN, "(null)", "{folder}"),
        (f"{RUN}x", "rule_a", "{folder}"),
    ],
)
def test_all_other_jobs_are_left_alone(
    folder: Path, slurm: Path, name: str, comment: str, place: str
) -> None:
    queue(slurm, ("7", name, comment, place.format(folder=folder)))
    assert end_left_behind(folder, pytest.fail) == []
    assert cancelled(slurm) == ""


def test_the_job_that_this_run_is_in_is_left_alone(
    folder: Path, slurm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_behind, "_own_job", lambda: "7")
    queue(slurm, ("7", RUN, "rule_a", folder))
    assert end_left_behind(folder, pytest.fail) == []


def test_the_own_job_is_known_though_the_plugin_hides_it() -> None:
    code = (
        "import os; del os.environ['SLURM_JOB_ID']\n"
        "from schelde.cluster.left_behind import _own_job; print(_own_job())"
    )
    source = str(Path(left_behind.__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"SLURM_JOB_ID": "77", "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "77\n"


def test_a_link_to_the_folder_is_the_folder(folder: Path, slurm: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    queue(slurm, ("7", RUN, "rule_a", folder))
    assert len(end_left_behind(tmp_path / "link", lambda text: None)) == 1


def test_a_run_waits_until_jobs_have_really_ended(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    later = f"( sleep 0.5; : > {slurm}/queue ) >/dev/null 2>&1 &"
    command(slurm, "scancel", f"sed -i s/RUNNING/COMPLETING/ {slurm}/queue; {later}")
    began = time.monotonic()
    end_left_behind(folder, lambda text: None)
    assert time.monotonic() - began > 0.4


def test_jobs_that_do_not_end_stop_the_run(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    command(slurm, "scancel", "true")
    with pytest.raises(StillRunningError, match=r"1 job .* could not be ended in 0 s: 7"):
        end_left_behind(folder, lambda text: None, limit_s=0.2)


def test_a_job_that_ended_before_it_was_cancelled_is_no_trouble(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    said = "scancel: error: Kill job error on job id 7: Invalid job id specified"
    command(slurm, "scancel", f': > {slurm}/queue; echo "{said}" >&2; exit 1')
    assert len(end_left_behind(folder, lambda text: None)) == 1


@pytest.mark.parametrize("script", ["exec sleep 30", "echo no controller >&2; exit 1"])
def test_a_slurm_that_does_not_answer_stops_the_run(folder: Path, slurm: Path, script: str) -> None:
    command(slurm, "squeue", script)
    with pytest.raises(StillRunningError, match="Slurm does not answer"):
        end_left_behind(folder, pytest.fail, answer_s=0.2)


def test_slurm_is_not_asked_where_no_run_has_used_it(tmp_path: Path, slurm: Path) -> None:
    command(slurm, "squeue", "exec sleep 30")
    assert end_left_behind(tmp_path, pytest.fail) == []


def test_a_machine_without_slurm_is_no_trouble(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert end_left_behind(folder, pytest.fail) == []


def test_jobs_of_a_living_run_are_left_alone(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    told: list[str] = []
    file = folder / presence.FILE
    with file.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        begin_run(folder, [], told.append)
    assert cancelled(slurm) == ""
    assert told == ["Another run is at work in this folder, and its 1 job in Slurm go on."]


def test_a_run_that_is_there_is_seen_by_the_next(folder: Path) -> None:
    assert presence.is_alone(folder)
    assert not presence.is_alone(folder)


def test_a_lock_is_left_for_snakemake_to_tell_of(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    (folder / LOCKS).mkdir()
    (folder / LOCKS / "0.input.lock").touch()
    begin_run(folder, ["--profile", "slurm"], pytest.fail)
    assert cancelled(slurm) == ""


def test_unlocking_says_that_no_other_run_lives(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    (folder / LOCKS).mkdir()
    (folder / LOCKS / "0.input.lock").touch()
    begin_run(folder, ["--profile", "slurm", "--unlock"], lambda text: None)
    assert cancelled(slurm) == "7\n"


@pytest.mark.parametrize("option", ["--summary", "--report=x.html", "--lint", "--dag"])
def test_options_that_only_look_end_nothing(folder: Path, slurm: Path, option: str) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    begin_run(folder, [option], pytest.fail)
    assert cancelled(slurm) == ""


def test_a_run_without_a_lock_begins_at_once(folder: Path, slurm: Path) -> None:
    queue(slurm, ("7", RUN, "rule_a", folder))
    begin_run(folder, ["align"], lambda text: None)
    assert cancelled(slurm) == "7\n"


def test_a_comment_may_have_bars_in_it() -> None:
    assert read_queue(f"7|{RUN}|RUNNING|rule_a|b|/x\nnonsense\n")[0].comment == "rule_a|b"
