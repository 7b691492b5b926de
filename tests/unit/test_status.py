from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from pathlib import Path

import pytest
import typer
from tests.unit.made_run import MadeRun
from typer.testing import CliRunner

from schelde.errors import UserError
from schelde.progress import alive, squeue
from schelde.progress.alive import SILENCE, life_of
from schelde.progress.command import look, status_command
from schelde.progress.events import EVENTS, append
from schelde.progress.squeue import ask_squeue

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests/data/demo_events.jsonl"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def status(tmp_path):
    """Run `schelde status` in a folder with these events."""
    app = typer.Typer()
    app.command()(status_command)

    def run(made=None, *options):
        if made is not None:
            append(tmp_path / EVENTS, *made.events)
        return CliRunner().invoke(app, [str(tmp_path), *options])

    return run


def mine(planned, **started):
    """A run of this very process, which is one of Python."""
    return MadeRun(planned, host=platform.node(), pid=os.getpid(), **started)


@pytest.fixture
def as_snakemake(monkeypatch):
    monkeypatch.setattr(alive, "_is_snakemake", lambda pid: pid == os.getpid())


@pytest.fixture
def going(as_snakemake):
    made = mine({"align_lane": 2, "mark_duplicates": 2})
    made.time = time.time() - 100
    made.done(1, "align_lane", "A", seconds=10)
    made.submit(2, "align_lane", "B")
    return made


def test_a_run_is_told_on_a_page(status, going):
    result = status(going)
    assert result.exit_code == 0, result.output
    assert "(local, 2 cores): running" in result.output
    assert "1 of 4 jobs done" in result.output
    assert "align_lane of B" in result.output
    assert "1 min 3" in result.output


def test_json_tells_the_same_to_programs(status, going):
    told = json.loads(status(going, "--json").output)
    assert (told["life"], told["status"], told["jobs"]["done"]) == ("running", "running", 1)
    (align,) = [stage for stage in told["stages"] if stage["stage"] == "align"]
    assert (align["jobs"], align["done"], align["running"], align["waiting"]) == (4, 1, 1, 2)
    (running,) = told["running"]
    assert (running["wildcards"], running["usual"]) == ({"sample": "B"}, 10)
    assert told["left"]["low"] <= told["left"]["seconds"] <= told["left"]["high"]
    assert [sample["sample"] for sample in told["samples"]["begun"]] == ["A", "B"]


def test_a_failure_is_told_with_reason_and_advice_and_status_1(status, going):
    reason = {"kind": "tool", "what": "bwa ended.", "advice": "Read it.", "log": "logs/b.log"}
    going.add("failed", job=2, rule="align_lane", reason=reason)
    result = status(going)
    assert result.exit_code == 1
    for text in ("align_lane of B", "bwa ended.", "Read it.", "logs/b.log", "FAILED"):
        assert text in result.output
    (failure,) = json.loads(status(None, "--json").output)["failures"]
    assert failure["reason"] == reason


def test_a_job_that_is_tried_again_is_no_failure(status, going):
    going.add("failed", job=2, rule="align_lane", reason={})
    going.add("again", job=2)
    result = status(going, "--json")
    assert (result.exit_code, json.loads(result.output)["jobs"]["tried_again"]) == (0, 1)


def test_a_run_that_is_done_is_well(status):
    made = MadeRun({"align_lane": 1})
    made.done(1, "align_lane", seconds=5)
    made.add("ended", status="done")
    assert status(made).exit_code == 0


def test_the_real_demo_run_fits_on_a_screen(status, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / EVENTS).write_bytes(DEMO.read_bytes())
    result = status()
    assert result.exit_code == 0
    assert "46 of 46 jobs done in 58 s" in result.output
    assert len(result.output.splitlines()) <= 24


def test_thousands_of_samples_stay_a_page_unless_all_are_asked_for(status, as_snakemake):
    made = mine({"align_lane": 3000})
    made.time = time.time() - 9
    for job in range(3000):
        made.submit(job, "align_lane", f"S{job:04}")
        if job % 2:
            made.add("failed", job=job, rule="align_lane", reason={"what": "It fell."})
    page = status(made).output
    assert len(page.splitlines()) < 50
    assert "1495 failures more" in page
    assert "S2998" in status(None, "--samples").output


def test_a_folder_without_a_run_is_a_users_mistake(tmp_path):
    with pytest.raises(UserError, match="no run has been logged in this folder"):
        look(tmp_path)


def test_a_run_whose_process_is_gone_was_killed(status):
    gone = subprocess.Popen(["true"])
    gone.wait()
    made = MadeRun({"align_lane": 1}, host=platform.node(), pid=gone.pid)
    result = status(made)
    assert result.exit_code == 1
    assert "killed" in result.output


def test_another_process_that_has_got_the_number_is_not_taken_for_the_run(tmp_path):
    made = mine({"align_lane": 1})
    if b"snakemake" not in Path("/proc/self/cmdline").read_bytes():
        assert life_of(made.state, tmp_path, made.time) == "gone"


@pytest.mark.parametrize(
    ("locked", "heard", "life"),
    [(False, 0, "gone"), (True, 0, "running"), (True, SILENCE + 9, "silent")],
)
def test_on_another_machine_lock_and_log_tell_whether_a_run_is_alive(tmp_path, locked, heard, life):
    made = MadeRun({"align_lane": 1}, host="elsewhere", pid=1)
    append(tmp_path / EVENTS, *made.events)
    if locked:
        (tmp_path / ".snakemake/locks").mkdir(parents=True)
        (tmp_path / ".snakemake/locks/0.output.lock").touch()
    now = (tmp_path / EVENTS).stat().st_mtime + heard
    assert life_of(made.state, tmp_path, now) == life


@pytest.fixture
def queued():
    made = MadeRun({"align_lane": 3}, executor="slurm", cores=None, scheduler="schelde_x")
    for job in (1, 2, 3):
        made.submit(job, "align_lane", str(job))
        made.add("queued", job=job, external=f"7{job}", log="x")
    return made.state


def with_squeue(folder, monkeypatch, script):
    tool = folder / "squeue"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{script}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_one_squeue_tells_running_from_queued(queued, tmp_path, monkeypatch):
    lines = "71|RUNNING|2026-01-02T03:04:05\\n72|PENDING|N/A\\n"
    with_squeue(tmp_path, monkeypatch, f"printf '{lines}'")
    assert ask_squeue(queued) is None
    assert [t.outcome for t in queued.tries] == ["running", "submitted", "submitted"]
    assert queued.tries[0].began == time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    assert (tmp_path / "calls").read_text().count("--name=schelde_x") == 1


def test_a_squeue_that_fails_is_told_and_changes_nothing(queued, tmp_path, monkeypatch):
    with_squeue(tmp_path, monkeypatch, "echo no controller >&2; exit 1")
    assert ask_squeue(queued) == "squeue could not be asked: no controller"
    assert {t.outcome for t in queued.tries} == {"submitted"}


def test_a_squeue_that_hangs_is_left(queued, tmp_path, monkeypatch):
    with_squeue(tmp_path, monkeypatch, "exec sleep 20")
    assert ask_squeue(queued, seconds=0.2) == "squeue did not answer within 0 seconds"


def test_without_slurm_nothing_is_asked(monkeypatch):
    made = MadeRun({"align_lane": 1})
    made.submit(1, "align_lane")
    monkeypatch.setattr(squeue.shutil, "which", lambda name: pytest.fail("was asked"))
    assert ask_squeue(made.state) is None
