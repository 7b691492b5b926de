"""Real human reads with known truth, through the whole flow."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.run.real_reads import SETS, write_project
from tests.run.reference_metrics import reference_metrics

from schelde.evaluate import evaluate

pytestmark = [pytest.mark.slow, pytest.mark.real_reads]

# Recall and precision that the tools piped by hand reach: bcftools, with a filter, from the README
# of the data; GATK, without one, measured. freebayes has no such bar, only a guard.
BCFTOOLS = {
    "A": {"SNP": (0.994, 0.987), "INDEL": (1.0, 0.895)},
    "D": {"SNP": (1.0, 1.0), "INDEL": (1.0, 1.0)},
}
GATK = {
    "A": {"SNP": (1.0, 0.987), "INDEL": (1.0, 0.895)},
    "D": {"SNP": (1.0, 1.0), "INDEL": (1.0, 1.0)},
    "E": {"SNP": (0.882, 0.977), "INDEL": (0.93, 0.975)},
}
FREEBAYES = {"A": {"SNP": (0.98, 0.95)}, "D": {"SNP": (0.97, 0.95)}}
AT_LEAST = {
    ("bwa", "gatk"): GATK,
    ("minibwa", "gatk"): GATK,
    ("bwa", "bcftools"): BCFTOOLS,
    ("minibwa", "bcftools"): BCFTOOLS,
    ("bwa", "freebayes"): FREEBAYES,
}


def combination(aligner: str, caller: str, sets: str) -> Any:
    """One run; its tests stay on one worker."""
    group = pytest.mark.xdist_group(f"real {aligner} {caller}")
    return pytest.param((aligner, caller, sets), id=f"{aligner}-{caller}", marks=group)


COMBINATIONS = [
    combination("bwa", "gatk", "ADEFJ"),
    combination("minibwa", "gatk", "ADF"),
    combination("bwa", "bcftools", "ADF"),
    combination("minibwa", "bcftools", "ADF"),
    combination("bwa", "freebayes", "ADF"),
]


@pytest.fixture(scope="module", params=COMBINATIONS)
def called(
    request: pytest.FixtureRequest,
    shared: Path,
    need: Callable[..., None],
    runner: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Several sets in one run of an aligner and a caller."""
    aligner, caller, sets = request.param
    need(aligner, caller, "samtools", "bcftools", "fastp", "riker")
    folder = tmp_path_factory.mktemp(f"{aligner}-{caller}") / "project"
    write_project(folder, shared / "data", aligner, caller, sets)
    run = runner(folder)
    run("qc" if caller == "gatk" and aligner == "bwa" else "call")
    return run, aligner, caller, sets


def judge(called: Any, shared: Path, name: str) -> dict[str, Any]:
    """Evaluate a set's NA12878 by kind of variant: all calls of GATK, else those that pass."""
    run, _, caller, sets = called
    if name not in sets:
        pytest.skip("this set is called with bwa and gatk only")
    chosen = SETS[name]
    data = shared / "data" / chosen.folder
    judged = evaluate(
        run.folder / f"results/call/{name}-NA12878.vcf.gz",
        data / str(chosen.truth),
        shared / "data/ref/mini.fa",
        data / str(chosen.bed),
        sample=None,
        truth_sample=None,
        passing_only=caller != "gatk",
    )
    return {str(row.type): row for row in judged.rows}


@pytest.mark.parametrize("name", ["A", "D", "E", "F", "J"])
def test_metrics_equal_those_of_the_reference_commands(
    called: Any, tmp_path: Path, name: str
) -> None:
    run, aligner, caller, _ = called
    if (aligner, caller) != ("bwa", "gatk"):
        pytest.skip("measured with bwa and gatk only")
    told = json.loads((run.folder / f"results/qc/{name}-NA12878.ga4gh-wgs-qc.json").read_text())
    parts = told["wgs_qc_metrics"]
    found = {**parts["aln_metrics"], **parts["variant_metrics"]}
    expected = reference_metrics(run.folder, f"{name}-NA12878", tmp_path)
    there = {metric: value for metric, value in expected.items() if value is not None}
    for metric in ("mean_autosome_coverage", "pct_autosomes_15x"):
        assert found.pop(metric) == pytest.approx(there.pop(metric), rel=0.01)
    assert {metric: found.get(metric) for metric in there} == there


@pytest.mark.parametrize("name", ["A", "D", "E"])
def test_accuracy_is_not_below_a_plain_pipe(called: Any, shared: Path, name: str) -> None:
    rows = judge(called, shared, name)
    for kind, (recall, precision) in AT_LEAST[called[1:3]][name].items():
        assert round(rows[kind].recall, 3) >= recall
        assert round(rows[kind].precision, 3) >= precision


def test_every_true_snp_of_the_exome_is_found(called: Any, shared: Path) -> None:
    assert judge(called, shared, "F")["SNP"].recall == 1.0


def test_every_true_variant_of_the_mitochondrion_is_found(called: Any, shared: Path) -> None:
    rows = judge(called, shared, "J")
    assert (rows["SNP"].recall, rows["INDEL"].recall) == (1.0, 1.0)


def test_an_exome_reports_on_its_targets_only(called: Any, shared: Path) -> None:
    run = called[0]
    targets = shared / "data" / SETS["F"].folder / "targets.bed"
    command = ["bcftools", "view", "-H", "-T", f"^{targets}", "--targets-overlap", "1"]
    calls = run.folder / "results/call/F-NA12878.vcf.gz"
    outside = subprocess.run([*command, calls], capture_output=True, check=True)
    assert outside.stdout == b""
