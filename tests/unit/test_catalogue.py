"""The catalogue of metrics: whole, in step with the standard, and read strictly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

from schelde.catalogue import (
    CATALOGUE,
    CatalogueError,
    Metric,
    metrics,
    metrics_page,
    read_catalogue,
)

# ../shared/standards.md, section 1: GA4GH WGS-QC v1, ids with their decimals.
GA4GH = {
    "yield_bp_q30": 0,
    "mean_autosome_coverage": 2,
    "mad_autosome_coverage": 0,
    "pct_autosomes_15x": 2,
    "pct_reads_mapped": 2,
    "pct_reads_properly_paired": 2,
    "mean_insert_size": 1,
    "insert_size_std_deviation": 1,
    "cross_contamination_rate": 4,
    "count_snvs": 0,
    "count_insertions": 0,
    "count_deletions": 0,
    "ratio_heterozygous_homzygous_snv": 2,
    "ratio_heterozygous_homzygous_indel": 2,
    "ratio_insertion_deletion": 2,
    "ratio_transitions_transversions_snv": 2,
}
ENTRY = {
    "id": "x",
    "title": "X",
    "type": "number",
    "unit": "x",
    "digits": "2",
    "description": "d",
    "source": "s",
}


def test_the_metrics_of_ga4gh_come_first_with_the_decimals_of_the_standard() -> None:
    first = [(metric.id, metric.digits) for metric in metrics().values()][: len(GA4GH)]
    assert first == list(GA4GH.items())


@pytest.mark.parametrize("metric", metrics().values(), ids=lambda metric: metric.id)
def test_a_metric_has_words_for_people(metric: Metric) -> None:
    assert metric.title
    assert metric.source
    assert metric.description.endswith(".")


@pytest.mark.parametrize("metric", metrics().values(), ids=lambda metric: metric.id)
def test_percent_are_told_from_fractions(metric: Metric) -> None:
    if metric.id.startswith("pct_"):
        assert metric.unit == "%"


def test_ids_are_made_of_lower_case_letters_digits_and_underscores() -> None:
    assert [name for name in metrics() if not re.fullmatch("[a-z0-9_]+", name)] == []


def test_the_catalogue_of_the_checkout_is_what_is_read() -> None:
    assert dict(metrics()) == read_catalogue(CATALOGUE)


def test_the_page_of_metrics_is_current() -> None:
    """``PYTHONPATH=workflow/src python -m schelde.catalogue > docs/metrics.md`` writes it."""
    assert (ROOT / "docs/metrics.md").read_text() == metrics_page()


def written(folder: Path, **changes: str | None) -> Path:
    path = folder / "metrics.yaml"
    entry = {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}
    lines = "\n    ".join(f"{key}: {value}" for key, value in entry.items())
    path.write_text(f"group:\n  - {lines}\n")
    return path


def test_an_entry_that_is_whole_is_read(tmp_path: Path) -> None:
    assert read_catalogue(written(tmp_path))["x"].group == "group"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit": None}, "a metric has"),
        ({"colour": "red"}, "a metric has"),
        ({"type": "float"}, "has the type 'float'"),
        ({"digits": "null"}, "has digits None"),
        ({"type": "text"}, "has digits 2"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(
    tmp_path: Path, changes: dict[str, str | None], message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(written(tmp_path, **changes))


def test_an_id_may_not_be_there_twice(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text() + path.read_text().replace("group", "other"))
    with pytest.raises(CatalogueError, match="'x' is there twice"):
        read_catalogue(path)


@pytest.mark.parametrize(
    ("kind", "digits", "value", "rounded"),
    [
        ("number", 2, 30.0049, 30.0),
        ("number", 4, 0.00005, 0.0001),
        ("number", 1, 439.75, 439.8),
        ("integer", 0, 4.0, 4),
        ("number", 2, None, None),
        ("text", None, "XXY", "XXY"),
        ("boolean", None, True, True),
    ],
)
def test_values_keep_the_decimals_of_their_metric(
    kind: str, digits: int | None, value: object, rounded: object
) -> None:
    metric = Metric("x", "X", kind, "", digits, "g", "d", "s")  # type: ignore[arg-type]
    found = metric.rounded(value)  # type: ignore[arg-type]
    assert (found, type(found)) == (rounded, type(rounded))


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        ("number", [0, 1.5], [True, "1"]),
        ("integer", [3, 3.0], [False, "x"]),
        ("boolean", [True, False], [0, 1.0, "true"]),
        ("text", ["XY", ""], [1, True]),
    ],
)
def test_a_metric_accepts_values_of_its_type(
    kind: str, accepted: list[object], refused: list[object]
) -> None:
    metric = Metric("x", "X", kind, "", None, "g", "d", "s")  # type: ignore[arg-type]
    assert all(metric.accepts(value) for value in accepted)
    assert not any(metric.accepts(value) for value in refused)
