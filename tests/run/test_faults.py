"""Runs that are killed, starved or fed broken files end right when they are started again."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from schelde.demo.sheets import PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("faults")]
SAMPLES = tuple(person.sample for person in PEOPLE)
# bcftools calls in seconds what gatk needs minutes for; every fault but the caller's is the same.
QUICK = ["--config", "call={caller: bcftools, pieces: 2}"]


@pytest.fixture
def fresh(small_demo: Path, tmp_path: Path, runner: Callable[[Path], object]):
    """A run of its own that has not begun."""
    shutil.copytree(small_demo, tmp_path / "demo")
    return runner(tmp_path / "demo")


@pytest.fixture(scope="module")
def expected(small_demo: Path, tmp_path_factory: pytest.TempPathFactory, runner) -> dict:
    """The records of an undisturbed run, and how many seconds it took."""
    folder = tmp_path_factory.mktemp("undisturbed") / "demo"
    shutil.copytree(small_demo, folder)
    run, began = runner(folder), time.monotonic()
    run("call", *QUICK)
    return {"records": run.records(SAMPLES), "seconds": time.monotonic() - began}


def resume(run) -> None:
    run("--unlock", *QUICK)
    run("call", "--rerun-incomplete", *QUICK)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_run_is_resumed_to_the_same_records(fresh, expected, seed: int) -> None:
    moments = random.Random(seed)
    for _ in range(2):
        process = fresh.start("call", "--rerun-incomplete", *QUICK)
        time.sleep(moments.uniform(0.2, 0.9) * expected["seconds"])
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        fresh("--unlock", *QUICK)
    resume(fresh)
    assert fresh.records(SAMPLES) == expected["records"]


@pytest.mark.parametrize("tool", ["bwa", "samtools", "bcftools"])
def test_a_killed_tool_fails_its_job_and_leaves_nothing_half_done(
    fresh, expected, tool: str
) -> None:
    process = fresh.start("call", *QUICK)
    assert kill_one(process, tool), f"{tool} was never seen"
    assert process.wait() == 1
    assert not list((fresh.folder / "results").rglob("*.part"))
    resume(fresh)
    assert fresh.records(SAMPLES) == expected["records"]


def kill_one(process: subprocess.Popen[bytes], tool: str) -> bool:
    """Kill the first process of a name below ``process``; False when it never showed up."""
    while process.poll() is None:
        for child in children(process):
            if child.info["name"] == tool:
                try:
                    child.kill()
                    # A tool that had already ended cannot be killed any more.
                    if child.wait(10) == -signal.SIGKILL or child.wait(10) is None:
                        return True
                except psutil.Error:
                    continue
        time.sleep(0.002)
    return False


def children(process: subprocess.Popen[bytes]) -> Iterator[psutil.Process]:
    for child in psutil.process_iter(["name"]):
        try:
            if os.getpgid(child.pid) == process.pid:
                yield child
        except ProcessLookupError:
            continue


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_an_error_and_the_run_goes_on_after_it(fresh, expected) -> None:
    results = fresh.folder / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(results)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets no tmpfs be mounted")
    try:
        told = fresh("call", *QUICK, status=1)
        assert "No space left" in told or "rror" in told
        assert not list(results.rglob("*.vcf.gz"))
        subprocess.run(["mount", "-o", "remount,size=500m", str(results)], check=True)
        resume(fresh)
        assert fresh.records(SAMPLES) == expected["records"]
    finally:
        subprocess.run(["umount", str(results)], check=True)


def lane_files(run) -> list[Path]:
    rows = (run.folder / "config/lanes.tsv").read_text().splitlines()
    columns = rows[0].split("\t")
    return [run.folder / row.split("\t")[columns.index("fq2")] for row in rows[1:]]


def test_a_truncated_fastq_stops_its_sample_before_the_alignment(fresh) -> None:
    broken = lane_files(fresh)[0]
    broken.write_bytes(broken.read_bytes()[:-2000])
    fresh("align", "--keep-going", *QUICK, status=1)
    logs = list((fresh.folder / "logs/prove_lane").glob("*.log"))
    assert any(broken.name in log.read_text() for log in logs)
    assert len(list((fresh.folder / "results/align").glob("*.cram"))) == len(SAMPLES) - 1


def test_a_second_file_that_ends_early_is_refused(fresh) -> None:
    broken = lane_files(fresh)[0]
    lines = gzip.decompress(broken.read_bytes()).splitlines(keepends=True)
    broken.write_bytes(gzip.compress(b"".join(lines[:-40])))
    fresh("align", "--keep-going", *QUICK, status=1)
    assert len(list((fresh.folder / "results/align").glob("*.cram"))) == len(SAMPLES) - 1


def test_a_corrupted_cram_is_never_called(fresh) -> None:
    fresh("align", *QUICK)
    cram = fresh.folder / f"results/align/{SAMPLES[0]}.cram"
    data, when = bytearray(cram.read_bytes()), cram.stat()
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    cram.write_bytes(data)
    os.utime(cram, ns=(when.st_atime_ns, when.st_mtime_ns))
    fresh("call", "--keep-going", *QUICK, status=1)
    assert not (fresh.folder / f"results/call/{SAMPLES[0]}.vcf.gz").exists()
    assert (fresh.folder / f"results/call/{SAMPLES[1]}.vcf.gz").exists()


def test_a_results_folder_that_cannot_be_written_is_told_before_any_job(fresh) -> None:
    (fresh.folder / "results").write_text("a file is in the way")
    told = fresh(*QUICK, status=2)
    assert "results" in told
    assert "Traceback" not in told
