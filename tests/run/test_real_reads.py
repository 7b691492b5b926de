"""Real human reads with known truth, through the whole flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.run.real_reads import SETS, write_project

from schelde.evaluate import evaluate

pytestmark = [pytest.mark.slow, pytest.mark.real_reads]

# What `bwa mem | samtools markdup | bcftools call` by hand reaches, from the README of the data:
# recall and precision of SNPs, then of indels.
BY_HAND = {
    "A": {"SNP": (0.994, 0.987), "INDEL": (1.0, 0.895)},
    "D": {"SNP": (1.0, 1.0), "INDEL": (1.0, 1.0)},
    "E": {"SNP": (0.874, 0.97), "INDEL": (0.767, 0.97)},
}
COMBINATIONS = [("bwa", "gatk"), ("minibwa", "gatk"), ("bwa", "bcftools"), ("bwa", "freebayes")]


@pytest.fixture(scope="module", params=COMBINATIONS, ids="-".join)
def called(
    request: pytest.FixtureRequest,
    shared: Path,
    need: Callable[..., None],
    runner: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """All sets in one run of an aligner and a caller."""
    aligner, caller = request.param
    need(aligner, caller, "samtools", "bcftools", "fastp")
    folder = tmp_path_factory.mktemp(f"{aligner}-{caller}") / "project"
    write_project(folder, shared / "data", aligner, caller)
    run = runner(folder)
    run("call")
    return run, aligner, caller


@pytest.mark.parametrize("name", ["A", "D"])
def test_accuracy_is_not_below_a_plain_pipe(called: Any, shared: Path, name: str) -> None:
    run, _, caller = called
    if caller != "gatk":
        pytest.skip("the bar is for the default caller; docs/calling.md has the others' numbers")
    chosen = SETS[name]
    data = shared / "data" / chosen.folder
    judged = evaluate(
        run.folder / f"results/call/{name}-NA12878.vcf.gz",
        data / str(chosen.truth),
        shared / "data/ref/mini.fa",
        data / str(chosen.bed),
        passing_only=False,
    )
    for row in judged.rows:
        recall, precision = BY_HAND[name][row.type]
        assert (round(row.recall, 3), round(row.precision, 3)) >= (recall, precision)


def test_every_truth_of_the_exome_is_found(called: Any, shared: Path) -> None:
    run, _, _ = called
    data = shared / "data" / SETS["F"].folder
    judged = evaluate(
        run.folder / "results/call/F-NA12878.vcf.gz",
        data / str(SETS["F"].truth),
        shared / "data/ref/mini.fa",
        data / "targets.bed",
        passing_only=False,
    )
    assert [row.recall for row in judged.rows] == [1.0, 1.0]
