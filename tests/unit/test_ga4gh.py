"""The JSON of GA4GH WGS-QC: shape, decimals and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schelde.catalogue import Value, metrics
from schelde.ga4gh import ALIGNMENT, RATIOS, VARIANTS, ga4gh_json

FULL: dict[str, Value] = {
    "cross_contamination_rate": 0.000049,
    "insert_size_std_deviation": 98.7,
    "mad_autosome_coverage": 4.0,
    "mean_autosome_coverage": 31.0812,
    "mean_insert_size": 439.84,
    "pct_autosomes_15x": 95.9496,
    "pct_reads_mapped": 99.7601,
    "pct_reads_properly_paired": 98.0999,
    "yield_bp_q30": 110066894077,
    "count_deletions": 483641,
    "count_insertions": 478752,
    "count_snvs": 3904186,
    "ratio_heterozygous_homzygous_indel": 1.9612,
    "ratio_heterozygous_homzygous_snv": 1.5711,
    "ratio_insertion_deletion": 478752 / 483641,
    "ratio_transitions_transversions_snv": 1.96,
}


def parts(values: dict[str, Value]) -> dict[str, dict[str, Value]]:
    return json.loads(ga4gh_json("S", values))["wgs_qc_metrics"]


def test_the_file_is_that_of_the_reference_implementation(shared: Path) -> None:
    expected = shared / "standards/ga4gh-wgs-qc/NA12878.full-genome.expected.metrics.json"
    assert ga4gh_json("NA12878", FULL) == expected.read_text()


@pytest.mark.parametrize(
    "missing",
    [(), RATIOS, ("cross_contamination_rate",)],
    ids=["none", "ratios", "contamination"],
)
def test_the_file_holds_by_the_schema(shared: Path, missing: tuple[str, ...]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = shared / "standards/ga4gh-wgs-qc/ga4gh-wgs-qc.schema.json"
    values = {**FULL, **dict.fromkeys(missing)}
    jsonschema.validate(
        json.loads(ga4gh_json("S", values)),
        json.loads(schema.read_text()),
        cls=jsonschema.Draft202012Validator,
    )


@pytest.mark.parametrize("name", [name for name in FULL if name not in RATIOS])
def test_a_number_that_was_not_measured_is_left_out(name: str) -> None:
    found = parts({**FULL, name: None})
    assert name not in {**found["aln_metrics"], **found["variant_metrics"]}


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_to_nothing_is_null(name: str) -> None:
    assert parts({**FULL, name: None})["variant_metrics"][name] is None


def test_nine_metrics_are_of_reads_and_seven_of_variants() -> None:
    groups = [metric.group for metric in metrics().values()]
    assert len(ALIGNMENT) == groups.count("ga4gh alignment") == 9
    assert len(VARIANTS) == groups.count("ga4gh variants") == 7


def test_other_metrics_stay_out() -> None:
    assert "charr" not in ga4gh_json("S", {**FULL, "charr": 0.1})
