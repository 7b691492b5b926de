"""GPUs of a machine, each for one job at a time; nvidia-smi is a stand-in, jobs are processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schelde.cluster import devices as module
from schelde.cluster.devices import Device, devices, own_devices
from schelde.joblog import JobError

ONE, TWO = "GPU-1111aaaa-0000", "GPU-2222bbbb-0000"
BOTH = f"{ONE}, 81559 MiB\n{TWO}, 40960 MiB\n"
SOME = {"PATH": os.environ["PATH"]}

JOB = """\
import os, sys, time
from pathlib import Path
from schelde.cluster import devices
devices.LOCKS = (Path(sys.argv[1]),)
devices.WAIT = (0.01, 0.02)
with devices.own_devices(int(sys.argv[2]), os.environ) as environment:
    print(environment["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.readline()
"""

MakeSmi = Callable[[str], None]
Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSmi:
    """Put a stand-in in front of PATH that answers the query with a text, and nothing else."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(module, "WAIT", (0.01, 0.02))

    def make(text: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        file = folder / "nvidia-smi"
        asked = "--query-gpu=uuid,memory.total --format=csv,noheader"
        file.write_text(f'#!/bin/sh\n[ "$*" = "{asked}" ] || exit 2\nprintf "{text}"\n')
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{SOME['PATH']}")

    return make


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for locks that all users can write to."""
    folder = tmp_path / "locks"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setattr(module, "LOCKS", (folder,))
    return folder


@pytest.fixture
def start(locks: Path) -> Iterator[Start]:
    """Start a job that holds so many GPUs until it is told a line."""
    running: list[subprocess.Popen[str]] = []

    def begin(number: int) -> subprocess.Popen[str]:
        job = subprocess.Popen(
            [sys.executable, "-c", JOB, str(locks), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(job)
        return job

    yield begin
    for job in running:
        job.kill()
        job.communicate()


def held(job: subprocess.Popen[str]) -> str:
    """Wait until a job holds GPUs; return which."""
    assert job.stdout is not None
    return job.stdout.readline().strip()


def waits(job: subprocess.Popen[str]) -> str:
    """Wait until a job says that it waits; return what it says."""
    assert job.stderr is not None
    return job.stderr.readline()


def let_go(job: subprocess.Popen[str]) -> None:
    assert job.stdin is not None
    job.stdin.write("\n")
    job.stdin.flush()


def end(job: subprocess.Popen[str]) -> None:
    let_go(job)
    assert job.wait(20) == 0


def test_gpus_are_those_that_nvidia_smi_shows(smi: MakeSmi) -> None:
    smi(BOTH)
    assert devices(os.environ) == [Device(ONE, 81559), Device(TWO, 40960)]


@pytest.mark.parametrize(
    ("visible", "found"),
    [
        ("0", [ONE]),
        ("1,0", [TWO, ONE]),
        (TWO, [TWO]),
        ("GPU-2222", [TWO]),
        ("GPU-", []),  # of more than one
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("0,7,1", [ONE]),
        ("MIG-abc", ["MIG-abc"]),
    ],
)
def test_gpus_are_those_that_cuda_would_see(smi: MakeSmi, visible: str, found: list[str]) -> None:
    smi(BOTH)
    given = {**os.environ, "CUDA_VISIBLE_DEVICES": visible}
    assert [device.uuid for device in devices(given)] == found


def test_without_nvidia_smi_there_is_no_gpu(tmp_path: Path) -> None:
    assert devices({"PATH": str(tmp_path)}) == []


def test_a_driver_that_fails_shows_no_gpu(smi: MakeSmi) -> None:
    smi("No devices were found\n")
    assert devices(os.environ) == []


def test_a_job_sees_the_gpu_that_it_holds_and_no_other(smi: MakeSmi, locks: Path) -> None:
    smi(BOTH)
    with own_devices(1, {**os.environ, "OTHER": "kept"}) as environment:
        assert environment["CUDA_VISIBLE_DEVICES"] == ONE
        assert environment["OTHER"] == "kept"


@pytest.mark.parametrize(
    ("text", "number", "told"),
    [
        ("", 1, "this machine has no GPU that nvidia-smi shows"),
        (BOTH, 3, "this machine has 2 GPUs and not 3"),
    ],
)
def test_too_few_gpus_end_the_job(
    smi: MakeSmi, locks: Path, text: str, number: int, told: str
) -> None:
    smi(text)
    with pytest.raises(JobError, match=told), own_devices(number, os.environ):
        pass


def test_gpus_that_a_variable_hides_are_told_with_it(smi: MakeSmi, locks: Path) -> None:
    smi(BOTH)
    given = {**os.environ, "CUDA_VISIBLE_DEVICES": "5"}
    with pytest.raises(JobError, match="CUDA_VISIBLE_DEVICES is '5'"), own_devices(1, given):
        pass


def test_two_jobs_and_one_gpu_run_one_after_the_other(smi: MakeSmi, start: Start) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    first = start(1)
    assert held(first) == ONE
    second = start(1)
    assert waits(second) == "waiting for 1 free GPU of 1\n"
    assert second.poll() is None
    end(first)
    assert held(second) == ONE


def test_two_jobs_and_two_gpus_run_side_by_side_on_different_ones(
    smi: MakeSmi, start: Start
) -> None:
    smi(BOTH)
    jobs = [start(1), start(1)]
    assert {held(job) for job in jobs} == {ONE, TWO}


def test_a_job_that_wants_both_gpus_gets_them_together(smi: MakeSmi, start: Start) -> None:
    smi(BOTH)
    first = start(1)
    held(first)
    both = start(2)
    waits(both)
    end(first)
    assert held(both) == f"{ONE},{TWO}"


def test_a_killed_holder_frees_its_gpu(smi: MakeSmi, start: Start) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    first = start(1)
    held(first)
    second = start(1)
    waits(second)
    first.send_signal(signal.SIGKILL)
    assert held(second) == ONE


def test_many_jobs_at_once_never_share_a_gpu(smi: MakeSmi, locks: Path, tmp_path: Path) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    body = JOB.replace("sys.stdin.readline()", "busy.mkdir(); time.sleep(0.05); busy.rmdir()")
    body = body.replace("with devices", f"busy = Path({str(tmp_path / 'busy')!r})\nwith devices")
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", body, str(locks), "1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(6)
    ]
    assert [job.wait(60) for job in jobs] == [0] * 6  # mkdir fails where the folder is there


def test_the_log_says_what_a_job_waits_for(smi: MakeSmi, start: Start, locks: Path) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    first = start(1)
    held(first)
    log = io.BytesIO()
    later = threading.Timer(0.2, let_go, [first])
    later.start()
    with own_devices(1, os.environ, log):
        later.join()
    told = f"waiting for 1 free GPU of 1\nruns on {ONE}\n"
    assert log.getvalue().decode() == told


def test_all_users_can_take_a_lock_and_no_other_file_is_left(smi: MakeSmi, locks: Path) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    before = os.umask(0o077)
    try:
        with own_devices(1, os.environ):
            pass
    finally:
        os.umask(before)
    assert [(file.name, file.stat().st_mode & 0o777) for file in locks.iterdir()] == [
        (f"schelde-gpu-{ONE}.lock", 0o666)
    ]


def test_a_link_in_the_place_of_a_lock_is_not_followed(
    smi: MakeSmi, locks: Path, tmp_path: Path
) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    (locks / f"schelde-gpu-{ONE}.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(JobError, match="cannot be opened"), own_devices(1, os.environ):
        pass
    assert not (tmp_path / "precious").exists()


def test_a_lock_that_somebody_removed_is_not_taken_for_the_one_that_is_there(
    smi: MakeSmi, locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(f"{ONE}, 81559 MiB\n")
    opened = module._open

    def removed(path: Path) -> int:
        monkeypatch.setattr(module, "_open", opened)
        handle = opened(path)
        path.unlink()
        return handle

    monkeypatch.setattr(module, "_open", removed)
    with own_devices(1, os.environ):
        assert [file.name for file in locks.iterdir()] == [f"schelde-gpu-{ONE}.lock"]


def test_folders_that_only_some_users_can_write_to_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, public = tmp_path / "closed", tmp_path / "public"
    for folder, mode in ((closed, 0o755), (public, 0o1777)):
        folder.mkdir()
        folder.chmod(mode)
    monkeypatch.setattr(module, "LOCKS", (tmp_path / "none", closed, public))
    assert module._folder() == public
