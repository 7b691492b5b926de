"""Each job has a folder of its own for temporary files, which goes with the job."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from schelde.cluster.scratch import base_folder, own_scratch
from schelde.joblog import JobError, job_log

HOLD = """\
import sys, time
from pathlib import Path
from schelde.joblog import job_log
from schelde.cluster.scratch import own_scratch

with job_log("log"), own_scratch(Path(sys.argv[1])) as room:
    (room / "spill").write_text("x")
    print(room, flush=True)
    time.sleep(60)
"""


def start(base: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a job that holds a folder in ``base``; return it and the folder."""
    job = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(base)],
        cwd=base.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert job.stdout is not None
    return job, Path(job.stdout.readline().strip())


def test_the_folder_is_in_the_scratch_and_goes_with_the_job(tmp_path: Path) -> None:
    with own_scratch(tmp_path / "made") as room:
        (room / "file").write_text("x")
        assert room.parent == tmp_path / "made"
    assert not list((tmp_path / "made").iterdir())


def test_it_goes_when_the_job_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), own_scratch(tmp_path):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_two_jobs_have_two_folders(tmp_path: Path) -> None:
    with own_scratch(tmp_path) as one, own_scratch(tmp_path) as other:
        assert one != other
        assert one.is_dir()


def test_tools_put_their_temporary_files_there(tmp_path: Path) -> None:
    before = os.environ.get("TMPDIR"), tempfile.gettempdir()
    with own_scratch(tmp_path) as room:
        told = subprocess.run(["sh", "-c", "echo $TMPDIR"], capture_output=True, text=True)
        assert told.stdout.strip() == tempfile.gettempdir() == str(room)
    assert (os.environ.get("TMPDIR"), tempfile.gettempdir()) == before


def test_what_a_killed_job_left_is_removed_by_the_next(tmp_path: Path) -> None:
    base = tmp_path / "scratch"
    job, left = start(base)
    job.kill()
    job.communicate(timeout=10)
    assert (left / "spill").exists()
    with own_scratch(base):
        assert not left.exists()


def test_the_folder_of_a_living_job_stays(tmp_path: Path) -> None:
    base = tmp_path / "scratch"
    job, room = start(base)
    try:
        with own_scratch(base):
            pass
        assert (room / "spill").exists()
    finally:
        job.kill()
        job.communicate(timeout=10)


def test_a_cancelled_job_takes_its_folder_along_and_says_so(tmp_path: Path) -> None:
    base = tmp_path / "scratch"
    job, room = start(base)
    job.send_signal(signal.SIGTERM)
    _, told = job.communicate(timeout=10)
    assert job.returncode == 1
    assert "told to stop (SIGTERM)" in told
    assert "told to stop (SIGTERM)" in (tmp_path / "log").read_text()
    assert not room.exists()


def test_a_scratch_without_room_ends_the_job_with_numbers_and_a_remedy(tmp_path: Path) -> None:
    base, log = tmp_path / "scratch", tmp_path / "log"
    with pytest.raises(SystemExit) as ended, job_log(log), own_scratch(base, needs_mb=10**9):
        raise AssertionError
    told = str(ended.value)
    assert re.search(r"has \d+ MiB free, but this job asks for 1000000000; free space there", told)
    assert told in (tmp_path / "log").read_text()


def test_a_scratch_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    told = "no folder for temporary files can be made"
    with pytest.raises(JobError, match=told), own_scratch(tmp_path / "file"):
        raise AssertionError


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in ("schelde-00000000-other", "schelde-notes", "x"):
        (tmp_path / name).mkdir()
    with own_scratch(tmp_path):
        pass
    assert len(list(tmp_path.iterdir())) == 3


def test_the_name_of_the_folder_does_not_tell_the_machine(tmp_path: Path) -> None:
    with own_scratch(tmp_path) as room:
        assert re.fullmatch(r"schelde-[0-9a-f]{8}-\w+", room.name)


def test_variables_are_those_of_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB", "17")
    assert base_folder("/scratch/${JOB}/x", job_of_cluster=True) == "/scratch/17/x"


def test_a_variable_that_a_node_lacks_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(JobError, match=r"is \$NOWHERE/x, but NOWHERE is not set on this node"):
        base_folder("$NOWHERE/x", job_of_cluster=True)


@pytest.mark.parametrize("scratch", ["$NOWHERE/x", "/no/such/scratch"])
def test_a_machine_outside_the_cluster_takes_its_own_temporary_folder(scratch: str) -> None:
    assert base_folder(scratch, job_of_cluster=False) == tempfile.gettempdir()


def test_a_scratch_that_is_there_is_taken_outside_the_cluster_too(tmp_path: Path) -> None:
    assert base_folder(str(tmp_path), job_of_cluster=False) == str(tmp_path)
