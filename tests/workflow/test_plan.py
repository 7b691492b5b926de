"""What Snakemake plans for a project, without running it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Plan = Callable[..., subprocess.CompletedProcess[str]]


def jobs(planned: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return how often each rule is planned."""
    assert planned.returncode == 0, planned.stdout + planned.stderr
    table = planned.stdout.split("Job stats:")[1].split("total")[0]
    return {name: int(n) for name, n in re.findall(r"^(\w+)\s+(\d+)\s*$", table, re.MULTILINE)}


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """A project of its own whose config may be changed."""
    shutil.copytree(project, tmp_path / "copy")
    return tmp_path / "copy"


def test_each_lane_is_proved_and_aligned_once(project: Path, plan: Plan) -> None:
    planned = jobs(plan(project))
    lanes = len((project / "config/lanes.tsv").read_text().splitlines()) - 1
    assert planned["prove_lane"] == planned["align_lane"] == lanes


def test_a_genome_takes_at_most_fifteen_jobs(project: Path, plan: Plan) -> None:
    planned = jobs(plan(project, "--config", "call={pieces: 4}"))
    per_genome = sum(n for rule, n in planned.items() if n >= 3)  # others are once a run
    assert per_genome / 3 <= 15


@pytest.mark.parametrize("caller", ["gatk", "bcftools", "freebayes"])
def test_only_the_configured_caller_is_planned(project: Path, plan: Plan, caller: str) -> None:
    planned = jobs(plan(project, "--config", f"call={{caller: {caller}, pieces: 3}}"))
    pieces = {rule: n for rule, n in planned.items() if rule.startswith("call_piece")}
    assert pieces == {f"call_piece_{caller}": 9}


@pytest.mark.parametrize(("aligner", "index"), [("bwa", "bwa"), ("minibwa", "minibwa")])
def test_only_the_configured_aligner_is_indexed_for(
    project: Path, plan: Plan, need: Callable[..., None], aligner: str, index: str
) -> None:
    need(aligner)
    planned = jobs(plan(project, "--config", f"align={{aligner: {aligner}}}"))
    assert [rule for rule in planned if rule.startswith("index")] == [f"index_{index}"]


@pytest.mark.parametrize("target", ["align", "call", "qc", "report"])
def test_a_user_can_stop_at(project: Path, plan: Plan, target: str) -> None:
    assert plan(project, target).returncode == 0


def test_the_number_of_pieces_does_not_depend_on_the_cores(project: Path, plan: Plan) -> None:
    assert jobs(plan(project)) == jobs(plan(project, "--cores", "16"))


def test_a_mistake_ends_with_status_2_and_no_traceback(copy: Path, plan: Plan) -> None:
    sheet = copy / "config/lanes.tsv"
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join([*lines, lines[1]]))
    planned = plan(copy)
    told = planned.stdout + planned.stderr
    assert planned.returncode == 2
    assert f"config/lanes.tsv:{len(lines) + 1}:" in told
    assert "Traceback" not in told


def test_a_misspelt_key_on_the_command_line_is_an_error(project: Path, plan: Plan) -> None:
    planned = plan(project, "--config", "aling={aligner: bwa}")
    assert planned.returncode == 2
    assert "did you mean 'align'?" in planned.stdout + planned.stderr


def test_threads_and_memory_of_the_command_line_win(project: Path, plan: Plan) -> None:
    options = ["--set-threads", "align_lane=1", "--set-resources", "align_lane:mem_mb=77"]
    planned = plan(project, *options)
    block = planned.stdout.split("rule align_lane:")[1].split("\n\n")[0]
    assert "mem_mb=77" in block
