"""Callers for GPUs as they are planned: on Slurm, on this machine, and with no GPU at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from schelde.pairhmm.library import LIBRARY

Plan = Callable[..., subprocess.CompletedProcess[str]]
Sbatch = Callable[..., dict[str, list[str]]]
pytestmark = pytest.mark.xdist_group("gpu")  # they share a project
ROOT = Path(__file__).parents[2]
SITE = """\
partitions:
  cpu: {cpus: 32, mem_mb: 200000, minutes: 5000}
  fast: {cpus: 32, mem_mb: 200000, minutes: 5000, gpus: 4, gpu_model: h100}
container_engine: apptainer
"""
JOBS = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
CALLERS = {
    "deepvariant": ("make_deepvariant_examples", "call_deepvariant", "call_piece_deepvariant"),
    "parabricks": ("call_parabricks", "call_piece_parabricks"),
    "parabricks-deepvariant": ("call_parabricks", "call_piece_parabricks"),
}
OPEN = pytest.param(
    "call={caller: pairhmm, device: gpu}",
    "call_piece_pairhmm",
    marks=pytest.mark.skipif(not LIBRARY.exists(), reason="its native part was not built"),
)


@pytest.fixture(scope="module")
def folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo trio on a cluster with GPUs."""
    copy = tmp_path_factory.mktemp("gpu") / "demo"
    shutil.copytree(project, copy)
    (copy / "config/site.yaml").write_text(SITE)
    return copy


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with stand-ins of an engine and of CuPy, and without GPU."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "apptainer").write_text("#!/bin/sh\nexit 1\n")
    (folder / "apptainer").chmod(0o755)
    (folder / "cupy.py").touch()
    hidden = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    return {**hidden, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(folder)}


@pytest.fixture
def one_gpu(tmp_path: Path, programs: Mapping[str, str]) -> dict[str, str]:
    """The same on a machine with one GPU."""
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU-1111, 81559 MiB'\n")
    smi.chmod(0o755)
    return {**programs, "PATH": f"{tmp_path}:{programs['PATH']}"}


def asked_by(rule: str) -> str:
    """Return the words of sbatch for what config/jobs.yaml has for a rule, but for its GPUs."""
    job = JOBS[rule]
    return f"-t {job['runtime']} --mem {job['mem_mb']} --cpus-per-task={job['threads']}"


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        OPEN,
        ("call={caller: deepvariant, device: gpu}", "call_deepvariant"),
        ("call={caller: parabricks, device: gpu}", "call_parabricks"),
        ("call={caller: parabricks-deepvariant, device: gpu}", "call_parabricks"),
        ("align={aligner: parabricks}", "align_lane_parabricks"),
    ],
)
def test_slurm_is_asked_for_a_gpu_by_the_rule_that_uses_it_and_by_no_other(
    folder: Path, sbatch: Sbatch, programs: Mapping[str, str], chosen: str, rule: str
) -> None:
    found = sbatch(folder, 1, "--config", chosen, environment=programs)
    assert set(found[rule]) == {f"-p fast {asked_by(rule)} --gpus=h100:1"}
    others = [told for name, all_told in found.items() if name != rule for told in all_told]
    assert others
    assert all(told.startswith("-p cpu ") and "gpu" not in told for told in others)


def test_a_site_that_takes_gres_alone_is_asked_by_gres(
    folder: Path, sbatch: Sbatch, programs: Mapping[str, str], tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "gres")
    (tmp_path / "gres/config/site.yaml").write_text(SITE + "gpu_request: gres\n")
    chosen = "call={caller: parabricks, device: gpu}"
    found = sbatch(tmp_path / "gres", 1, "--config", chosen, environment=programs)
    asked = f"-p fast {asked_by('call_parabricks')} --gres=gpu:h100:1"
    assert set(found["call_parabricks"]) == {asked}


def test_a_caller_that_runs_on_the_cpu_asks_for_no_gpu(
    folder: Path, sbatch: Sbatch, programs: Mapping[str, str]
) -> None:
    found = sbatch(folder, 1, "--config", "call={caller: deepvariant}", environment=programs)
    asked = asked_by("call_deepvariant").replace("--cpus", "--ntasks=1 --cpus")
    assert set(found["call_deepvariant"]) == {f"-p cpu {asked}"}


def dry_run(
    folder: Path, environment: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--dry-run", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("caller", CALLERS)
def test_a_caller_on_a_gpu_of_this_machine_is_planned_with_its_rules(
    folder: Path, one_gpu: Mapping[str, str], caller: str
) -> None:
    given = f"call={{caller: {caller}, device: gpu, pieces: 3}}"
    planned = dry_run(folder, one_gpu, "call", "--cores", "8", "--config", given)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    table = planned.stdout.split("Job stats:")[1].split("total")[0]
    jobs = {name: int(n) for name, n in re.findall(r"^(\w+)\s+(\d+)\s*$", table, re.MULTILINE)}
    number = 9 if caller == "deepvariant" else 3  # Parabricks calls a genome in one piece
    assert {rule: jobs[rule] for rule in CALLERS[caller]} == dict.fromkeys(CALLERS[caller], number)
    assert not [rule for rule in jobs if "call_piece" in rule and rule not in CALLERS[caller]]


HERE = (["--cores", "8"], ["--jobs", "8"], ["--cores", "8", "--jobs", "8"])
"""Ways of saying that jobs run on this machine."""


@pytest.mark.parametrize(
    ("chosen", "words", "options"),
    [
        *[("call={caller: parabricks, device: gpu}", "call.device is gpu", way) for way in HERE],
        ("call={caller: deepvariant, device: gpu}", "call.device is gpu", HERE[0]),
        ("align={aligner: parabricks}", "align.aligner is parabricks", HERE[0]),
    ],
)
def test_without_a_gpu_a_run_on_this_machine_ends_before_its_first_job(
    folder: Path, programs: Mapping[str, str], chosen: str, words: str, options: list[str]
) -> None:
    told = dry_run(folder, programs, *options, "--config", chosen)
    assert told.returncode == 2
    assert f"{words}, and this machine has no GPU" in told.stdout + told.stderr
    assert "Traceback" not in told.stdout + told.stderr


RUN = """\
import sys
from pathlib import Path
sys.path.append({package!r})
from schelde.cluster import devices
devices.LOCKS = (Path({folder!r}),)


rule all:
    input: expand("{{n}}.txt", n=range(4))


rule one:
    output: "{{n}}.txt"
    script: "job.py"
"""
JOB = """\
import os, sys, time
from pathlib import Path
from schelde.cluster import devices
devices.LOCKS = (Path({folder!r}),)
devices.WAIT = (0.01, 0.02)
with devices.own_devices(1, os.environ) as environment:
    busy = Path(environment["CUDA_VISIBLE_DEVICES"])
    busy.mkdir()  # fails where another job is on the GPU
    time.sleep(0.2)
    busy.rmdir()
Path(snakemake.output[0]).touch()
"""


def test_snakemake_on_many_cores_and_without_a_profile_puts_no_two_jobs_on_one_gpu(
    tmp_path: Path, one_gpu: Mapping[str, str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(0o777)
    given = {"folder": str(folder), "package": str(ROOT / "workflow/src")}
    (folder / "Snakefile").write_text(RUN.format(**given))
    (folder / "job.py").write_text(JOB.format(**given))
    command = [sys.executable, "-m", "snakemake", "--cores", "8", "--directory", str(folder)]
    command += ["--snakefile", str(folder / "Snakefile")]
    ran = subprocess.run(command, env=one_gpu, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr.count("waiting for 1 free GPU of 1") >= 1
