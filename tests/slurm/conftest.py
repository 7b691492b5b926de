"""A real Slurm for all tests of this folder, and runs of the workflow on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from tests.run.conftest import ROOT, Run, small_demo
from tests.slurm.lab import SlurmLab, missing

__all__ = ["small_demo"]  # a fixture

SHIPPED = (
    *("Snakefile", "workflow", "config", "envs", "scripts", "resources", "profiles", "slurm"),
)
# Few jobs at once and a short first look: each job starts Snakemake twice, on two cores.
QUICK = {"jobs": 5, "slurm-init-seconds-before-status-checks": 4, "latency-wait": 10}
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE"}


@dataclass(frozen=True)
class SlurmRun(Run):
    """A project folder whose jobs go to the lab; ``start`` and calls as of a local run.

    ``words`` begin the command line, which is typed in ``place``; ``variables`` are added to the
    environment.
    """

    lab: SlurmLab
    place: Path
    words: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, *options: str) -> list[str]:
        """Return the command line."""
        return [*self.words, *options]

    @property
    def log(self) -> Path:
        """All that was printed by all starts."""
        return self.folder / "started.log"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start Snakemake as the leader of a process group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command(*options),
                cwd=self.place,
                env=self.lab.env | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def __call__(self, *options: str, status: int = 0, seconds: float = 840) -> str:
        """Run to the end and return what was printed; fail after ``seconds``."""
        before = self.log.stat().st_size if self.log.exists() else 0
        process = self.start(*options)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.clear()
        told = self.log.read_bytes()[before:].decode(errors="replace")
        assert process.returncode == status, told[-6000:]
        return told

    def clear(self) -> None:
        """Kill what is left of all starts, then all jobs of the lab."""
        groups = {process.pid for process in self.started}
        for process in psutil.process_iter():
            # The number of a group that is gone may be somebody else's by now.
            with suppress(psutil.Error, ProcessLookupError):
                ours = process.environ().get("SLURM_CONF") == str(self.lab.conf)
                if ours and os.getpgid(process.pid) in groups:
                    process.kill()
        for started in self.started:
            started.wait()
        end_jobs(self.lab)


def end_jobs(lab: SlurmLab, seconds: float = 60) -> None:
    """Cancel all jobs of the lab and wait until none is left."""
    end = time.monotonic() + seconds
    while any(state not in ENDED for state, _ in lab.jobs().values()):
        lab.run("scancel", "--quiet", "--signal=KILL", "--full", "-u", lab.user, check=False)
        lab.run("scancel", "--quiet", "-u", lab.user, check=False)
        assert time.monotonic() < end, f"jobs stay: {lab.jobs()}"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmLab]:
    """Three nodes of 8 cores and 64,000 MiB, the last with GPUs, and accounting; for all tests."""
    if absent := missing(accounting=True):
        pytest.skip(f"no Slurm here: {', '.join(absent)} not found (envs/slurm.sh installs it)")
    folder = tmp_path_factory.mktemp("slurm")
    # Three days: the longest job of config/jobs.yaml takes two at its first attempt.
    with SlurmLab(folder, cpus=8, mem_mb=64000, accounting=True, minutes=4320) as cluster:
        yield cluster
    shutil.rmtree(folder / "mysql")  # 160 MB, which pytest would keep


@pytest.fixture(scope="session")
def slurm_runs(lab: SlurmLab) -> Iterator[list[SlurmRun]]:
    """All runs on the lab; nothing of them outlives the tests."""
    runs: list[SlurmRun] = []
    yield runs
    for run in runs:
        run.clear()


@pytest.fixture(scope="session")
def on_slurm(lab: SlurmLab, slurm_runs: list[SlurmRun]) -> Callable[..., SlurmRun]:
    """A run of the checkout in a project folder: ``on_slurm(folder, **variables)``."""
    quick = [word for key, value in QUICK.items() for word in (f"--{key}", str(value))]
    words = [sys.executable, "-m", "snakemake", "--profile", "slurm", *quick]
    words += ["--snakefile", str(ROOT / "Snakefile")]

    def make(folder: Path, **variables: str) -> SlurmRun:
        there = ("--directory", str(folder))
        slurm_runs.append(SlurmRun(folder, lab, ROOT, (*words, *there), variables))
        return slurm_runs[-1]

    return make


@pytest.fixture(scope="session")
def literally(lab: SlurmLab, slurm_runs: list[SlurmRun]) -> Callable[..., SlurmRun]:
    """A run that is typed in a copy of the repository: ``snakemake --profile slurm``."""

    def make(checkout: Path, **variables: str) -> SlurmRun:
        words = ("snakemake", "--profile", "slurm")
        slurm_runs.append(SlurmRun(checkout, lab, checkout, words, variables))
        return slurm_runs[-1]

    return make


@pytest.fixture(scope="session")
def checkout(small_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a copy of the repository with the small demo, which its config runs as it stands.

    Only what a test cannot wait for differs (the caller, `QUICK`), and how much scratch must be
    free: jobs.yaml has what a genome takes. ``site`` are values for config/site.yaml.
    """

    def make(**site: object) -> Path:
        folder = tmp_path_factory.mktemp("checkout")
        passed_over = shutil.ignore_patterns("__pycache__", "pseudonyms.tsv", "*.egg-info")
        for name in SHIPPED:
            there = ROOT / name
            if there.is_dir() and not there.is_symlink():
                shutil.copytree(there, folder / name, symlinks=True, ignore=passed_over)
            else:
                shutil.copy2(there, folder / name, follow_symlinks=False)
        shutil.copytree(small_demo, folder / "demo")
        replace_values(folder / "config/config.yaml", {"caller": "bcftools", "pieces": 1})
        replace_values(folder / "config/site.yaml", site)
        jobs = folder / "config/jobs.yaml"
        jobs.write_text(re.sub(r"disk_mb: \d+", "disk_mb: 10", jobs.read_text()))
        replace_values(folder / "slurm/config.yaml", QUICK)
        return folder

    return make


def replace_values(file: Path, values: dict[str, object]) -> None:
    """Give keys of a YAML file, each alone on a line with its value, other values."""
    lines = file.read_text().splitlines()
    for key, value in values.items():
        (place,) = (n for n, line in enumerate(lines) if line.lstrip().startswith(f"{key}:"))
        lines[place] = f"{lines[place].split(':')[0]}: {value}"
    file.write_text("\n".join(lines) + "\n")
