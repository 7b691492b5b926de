"""The jobs that `schelde plan` counts with are those that Snakemake plans."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import pysam
import pytest
import yaml

from schelde.errors import UserError
from schelde.inputs import load
from schelde.plan.command import plan_command
from schelde.plan.make import ROOT, work_of
from schelde.plan.nodes import machine_of
from schelde.plan.rates import read_rates

Plan = Callable[..., subprocess.CompletedProcess[str]]


def dry_run(planned: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert planned.returncode == 0, planned.stdout + planned.stderr
    table = planned.stdout.split("Job stats:")[1].split("total")[0]
    found = {name: int(n) for name, n in re.findall(r"^(\w+)\s+(\d+)\s*$", table, re.MULTILINE)}
    return {name: number for name, number in found.items() if name != "all"}


def counted(folder: Path) -> dict[str, int]:
    with chdir(folder):
        inputs = load({}, [], workflow_dir=ROOT, thorough=False)
        _, tasks = work_of(inputs, machine_of(inputs.site, 2), read_rates(ROOT), None)
    return dict(Counter(task.rule for task in tasks))


def change(folder: Path, changes: Mapping[str, Any]) -> None:
    file = folder / "config/config.yaml"
    settings = yaml.safe_load(file.read_text())
    for block, values in changes.items():
        settings[block] = {**settings.get(block, {}), **values}
    file.write_text(yaml.safe_dump(settings))


@pytest.fixture
def one_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one GPU, and the programs of containers, none of which is started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    programs = ("pbrun", "make_examples", "call_variants", "postprocess_variants")
    for name in ("nvidia-smi", *programs):
        (folder / name).write_text("#!/bin/sh\necho 'GPU-1111, 81559 MiB'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """A project of its own whose config may be changed."""
    shutil.copytree(project, tmp_path / "copy")
    return tmp_path / "copy"


NO_BUNDLE: Mapping[str, Any] = {"bundle": {"dataset": None}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        NO_BUNDLE,
        {**NO_BUNDLE, "reads": {"trim": True}, "call": {"sex": "inferred", "pieces": 3}},
        {"bundle": {"frequencies": False}, "call": {"caller": "bcftools"}},
        {"align": {"aligner": "minibwa"}, "call": {"caller": "freebayes"}},
        {"call": {"dragen": True}, "qc": {"contamination": "gatk"}},
        {"align": {"aligner": "parabricks"}, "call": {"caller": "deepvariant", "pieces": 3}},
        {"call": {"caller": "parabricks", "device": "gpu", "pieces": 3}},
        {"call": {"caller": "parabricks-deepvariant", "device": "gpu"}},
    ],
    ids=[
        *("demo", "no bundle", "trimmed", "bcftools", "freebayes", "dragen"),
        *("deepvariant", "parabricks", "parabricks-deepvariant"),
    ],
)
@pytest.mark.usefixtures("one_gpu")
def test_the_same_jobs_are_counted_as_snakemake_plans(
    copy: Path, plan: Plan, need: Callable[..., None], changes: Mapping[str, Any]
) -> None:
    need("gatk", "minibwa", "freebayes")
    change(copy, changes)
    assert counted(copy) == dry_run(plan(copy))


def test_the_same_jobs_are_counted_for_exomes_and_recalibration(copy: Path, plan: Plan) -> None:
    rows = (copy / "config/people.tsv").read_text().splitlines()
    head, *people = [row.split("\t") for row in rows]
    for person in people[1:]:
        person[head.index("assay")] = "wes"
    wide = [[*row, "data/targets.bed" if row[2] == "wes" else ""] for row in people]
    text = ["\t".join([*head, "targets"]), *("\t".join(row) for row in wide)]
    (copy / "config/people.tsv").write_text("\n".join(text) + "\n")
    shutil.copy(copy / "data/truth/DEMO-F.vcf.gz", copy / "known.vcf.gz")
    shutil.copy(copy / "data/truth/DEMO-F.vcf.gz.tbi", copy / "known.vcf.gz.tbi")
    sites = {"known_sites": ["known.vcf.gz"]}
    change(copy, {"reference": sites, "call": {"bqsr": True}, **NO_BUNDLE})
    assert counted(copy) == dry_run(plan(copy))


def test_the_same_jobs_are_counted_for_a_bam(copy: Path, plan: Plan) -> None:
    header = {"HD": {"VN": "1.6"}, "RG": [{"ID": "1", "SM": "x"}]}
    with pysam.AlignmentFile(str(copy / "reads.bam"), "wb", header=header) as bam:
        record = pysam.AlignedSegment()
        record.query_name, record.flag, record.query_sequence = "r1", 4, "ACGT"
        record.query_qualities = pysam.qualitystring_to_array("IIII")
        record.set_tag("RG", "1")
        bam.write(record)
    sheet = copy / "config/lanes.tsv"
    head, *rows = [row.split("\t") for row in sheet.read_text().splitlines()]
    for end in ("fq1", "fq2"):
        rows[0][head.index(end)] = ""
    lines = ["\t".join([*head, "alignment"]), "\t".join([*rows[0], "reads.bam"])]
    lines += ["\t".join([*row, ""]) for row in rows[1:]]
    sheet.write_text("\n".join(lines) + "\n")
    change(copy, NO_BUNDLE)
    assert counted(copy) == dry_run(plan(copy))


def test_the_bases_of_the_demo_are_estimated_within_two_percent(project: Path) -> None:
    with chdir(project):
        inputs = load({}, [], workflow_dir=ROOT, thorough=False)
        sizes, _ = work_of(inputs, machine_of(inputs.site, 2), read_rates(ROOT), None)
        for lane in inputs.sheet.lanes:
            bases = 0
            for file in (*lane.fq1, *lane.fq2):
                with gzip.open(file, "rb") as reads:
                    bases += sum(len(line) - 1 for n, line in enumerate(reads) if n % 4 == 1)
            assert sizes.lanes[lane.sample, lane.name] == pytest.approx(bases / 1e9, rel=0.02)


def test_the_demo_is_planned_with_and_without_a_cluster(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = {"nodes": 1, "cpus": 16, "mem_mb": 128_000, "gpus": 1, "cost": 5, "watts": 700}
    with chdir(copy):
        plan_command(cores=2, json=Path("here.json"))
        Path("config/site.yaml").write_text(yaml.safe_dump({"partitions": {"gpu": gpu}}))
        plan_command(deadline="1s", json=Path("cluster.json"))
    told = capsys.readouterr().out
    assert "on this machine: 1 x 2 cores" in told and "on gpu: 1 x 16 cores and 1 GPUs" in told
    here, cluster = (
        json.loads((copy / f"{name}.json").read_text()) for name in ("here", "cluster")
    )
    assert here["jobs"] == cluster["jobs"] == 46
    assert "placement" not in here and cluster["placement"]["best"]["batches"]
    assert "the deadline of 1 s is missed by" in cluster["broken"][0]


def test_a_folder_without_a_run_teaches_nothing(copy: Path) -> None:
    with chdir(copy), pytest.raises(UserError, match="no folder 'benchmarks'"):
        plan_command(learn=[Path()])
