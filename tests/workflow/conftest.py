"""A tiny project that can be planned, and the plan that Snakemake makes of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from schelde.demo import make_demo

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Path:
    """The demo trio at a tenth of its size, not run."""
    need("art_illumina", "samtools", "bcftools", "tabix", "riker")
    folder = tmp_path_factory.mktemp("project") / "demo"
    make_demo(folder, scale=0.1)
    return folder


@pytest.fixture(scope="session")
def plan() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``snakemake --dry-run`` in a folder with more options."""

    def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--directory", str(folder), "--cores", "2", "--dry-run", *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def sbatch() -> Callable[..., dict[str, list[str]]]:
    """Plan for Slurm in a folder; return the sbatch commands by the rules of the job.

    Without what all commands have. ``attempt`` from 1, more options of Snakemake, and variables.
    """

    def planned(
        folder: Path, attempt: int, *options: str, environment: Mapping[str, str] = os.environ
    ) -> dict[str, list[str]]:
        script = Path(__file__).with_name("sbatch_of_plan.py")
        command = [sys.executable, str(script), str(attempt)]
        command += ["--snakefile", str(ROOT / "Snakefile"), *options]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, list[str]] = {}
        for rules, told in re.findall(
            r"^([\w,]+)\tsbatch .*? --comment comment (.*)$", done.stdout, re.M
        ):
            found.setdefault(rules, []).append(" ".join(told.split()))
        return {rules: sorted(told) for rules, told in found.items()}

    return planned
