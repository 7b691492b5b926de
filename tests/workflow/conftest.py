"""A tiny project that can be planned, and the plan that Snakemake makes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
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
