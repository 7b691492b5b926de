"""What a real Slurm accounts for a job is what the job used."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from tests.slurm.lab import SlurmLab

from schelde.progress.slurm_accounting import Accounting, accounting

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]

HELD_MB = 300
BUSY_S = 4
WORK = f"""
import time
held = bytearray({HELD_MB} << 20)
end = time.monotonic() + {BUSY_S}
while time.monotonic() < end:
    pass
"""
DEADLINE_S = 60


def submit(lab: SlurmLab, folder: Path, *options: str, command: str) -> str:
    """Send a job and return its id."""
    log = f"--output={folder}/job-%j.log"
    said = lab.run("sbatch", "--parsable", "--ntasks=1", log, *options, f"--wrap={command}")
    return said.strip()


def ended(lab: SlurmLab, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> Accounting:
    """Ask until the database knows the end of all jobs; it is told some seconds late."""
    monkeypatch.setenv("PATH", lab.env["PATH"])
    end = time.monotonic() + DEADLINE_S
    while (found := accounting(ids, 20)).fault and time.monotonic() < end:
        time.sleep(0.5)
    return found


def test_accounting_knows_what_jobs_used(
    lab: SlurmLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "work.py"
    script.write_text(WORK)
    working = f"srun {sys.executable} {script}"
    well = submit(lab, tmp_path, "--cpus-per-task=2", "--mem=1000", command=working)
    failed = submit(lab, tmp_path, "--mem=500", command="exit 3")
    found = ended(lab, [well, failed], monkeypatch)
    assert found.fault is None
    job = found.jobs[well]
    assert (job.state, job.cpus, job.asked_mb) == ("COMPLETED", 2, 1000)
    assert found.jobs[failed].state == "FAILED"
    assert job.peak_mb is not None and HELD_MB < job.peak_mb < HELD_MB + 100
    assert job.wall_s >= BUSY_S - 1  # whole seconds, cut off
    # A machine that is busy gives the job less than a core, never more.
    assert job.cpu_s is not None and 0.2 * BUSY_S < job.cpu_s < BUSY_S + 2


def test_accounting_leaves_out_a_job_that_waits(
    lab: SlurmLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submit(lab, tmp_path, "--hold", command="true")
    monkeypatch.setenv("PATH", lab.env["PATH"])
    found = accounting([waiting], 20)
    lab.run("scancel", waiting)
    assert (found.jobs, found.fault) == ({}, "sacct does not know the end of 1 jobs")
