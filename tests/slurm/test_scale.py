"""A batch on a real Slurm whose jobs only sleep: all of them run, once, and in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bench.thousand_on_slurm import options_of, run
from tests.slurm.lab import missing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]


def test_every_job_of_a_batch_runs_once_and_none_before_its_inputs(tmp_path: Path) -> None:
    if absent := missing():
        pytest.skip(f"not installed: {', '.join(absent)}")
    words = ["--samples", "4", "--seconds", "0.2", "--limit", "240", "--poll", "2"]
    figures = run(tmp_path, options_of(words))
    assert figures["faults"] == []
    assert figures["status"] == 0, (tmp_path / "snakemake.log").read_text()
