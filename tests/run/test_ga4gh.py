"""The 16 metrics of GA4GH WGS-QC against the commands of its reference implementation."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.run.reference_metrics import reference_metrics

from schelde.demo.sheets import PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo trio")]


def ours(folder: Path, sample: str) -> dict[str, Any]:
    """Return the metrics that the run wrote, by id."""
    told = json.loads((folder / f"results/qc/{sample}.ga4gh-wgs-qc.json").read_text())
    assert told["biosample"] == {"id": sample}
    parts = told["wgs_qc_metrics"]
    return {**parts["aln_metrics"], **parts["variant_metrics"]}


@pytest.mark.parametrize("sample", [person.sample for person in PEOPLE])
def test_metrics_equal_those_of_the_reference_to_the_last_digit(
    finished: Any, sample: str, tmp_path: Path
) -> None:
    found = ours(finished.folder, sample)
    found.pop("cross_contamination_rate", None)
    assert found == reference_metrics(finished.folder, sample, tmp_path)


def test_schelde_qc_gives_the_same_bytes_outside_the_run(finished: Any) -> None:
    child = PEOPLE[2].sample
    command = ["schelde", "qc", f"results/align/{child}.cram"]
    command += [f"results/call/{child}.vcf.gz", "--reference", "results/reference/genome.fa"]
    command += ["--assembly", "data/assembly.yaml", "--panel", "data/panel"]
    told = subprocess.run(command, cwd=finished.folder, capture_output=True, text=True, check=True)
    assert told.stdout == (finished.folder / f"results/qc/{child}.ga4gh-wgs-qc.json").read_text()
