"""The drawings of the report: the range of published genomes, and the sex chromosomes."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from schelde import karyotype
from schelde.catalogue import metrics
from schelde.findings import Finding
from schelde.plots import sexes
from schelde.plots.envelope import LEFT, RIGHT, Range, draw_envelope, read_envelope
from schelde.plots.sexes import draw_sexes

PUBLISHED = Path(__file__).parents[3] / (
    "shared/standards/ga4gh-wgs-qc/benchmark_100_1kg_dragen3.7.6.expected.tsv"
)
SVG = "{http://www.w3.org/2000/svg}"
RANGE = Range("mean_autosome_coverage", 27.0, 28.0, 30.0, 34.0, 36.0)


def finding(
    sample: str = "S", assay: str = "wgs", sex: str = "female", **values: object
) -> Finding:
    return Finding(sample, assay, sex, values, "pass", (), (), "", (), (), (), ())


def marks(svg: str) -> dict[str, str]:
    """Elements that have a title, by that title."""
    parts = ElementTree.fromstring(svg).iter()
    titles = {part: part.find(f"{SVG}title") for part in parts}
    return {
        str(title.text): part.tag.split("}")[1]
        for part, title in titles.items()
        if title is not None
    }


def words(svg: str) -> list[str]:
    return [str(part.text) for part in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_ranges_are_those_of_the_100_published_genomes() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published table is not beside this checkout (../shared)")
    with PUBLISHED.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    rows = [row for row in rows if row["implementation"] == "npm"]
    for each in read_envelope():
        values = [float(row[each.metric]) for row in rows]
        wanted = np.percentile(values, [0, 5, 50, 95, 100])
        found = [each.low, each.five, each.median, each.ninety_five, each.high]
        assert len(values) == 100
        assert found == pytest.approx(list(wanted), rel=1e-9, abs=1e-6), each.metric


def test_there_is_a_range_for_each_metric_of_ga4gh_in_its_order() -> None:
    wanted = [each.id for each in metrics().values() if each.group.startswith("ga4gh")]
    assert [each.metric for each in read_envelope()] == wanted


@pytest.mark.parametrize(
    ("value", "shape"),
    [(27.0, "circle"), (36.0, "circle"), (26.99, "polygon"), (36.01, "polygon"), (9000, "polygon")],
)
def test_a_sample_outside_the_range_has_another_shape(value: float, shape: str) -> None:
    svg = draw_envelope([finding(mean_autosome_coverage=value)], [RANGE])
    assert list(marks(svg).values()) == [shape]


@pytest.mark.parametrize("value", [-1e12, 0.0, 1e12])
def test_no_mark_leaves_the_axis(value: float) -> None:
    svg = draw_envelope([finding(mean_autosome_coverage=value)], [RANGE])
    [corners] = [
        part.attrib["points"]
        for part in ElementTree.fromstring(svg).iter(f"{SVG}polygon")
        if len(part)
    ]
    across = [float(corner.split(",")[0]) for corner in corners.split()]
    assert all(LEFT - 6 <= x <= RIGHT + 6 for x in across)


def test_few_samples_outside_are_named_and_many_counted() -> None:
    low = [finding(f"L{number}", mean_autosome_coverage=1.0) for number in range(2)]
    high = [finding(f"H{number}", mean_autosome_coverage=99.0) for number in range(40)]
    found = words(draw_envelope([*low, *high], [RANGE]))
    assert "L0, L1" in found
    assert "40 samples" in found


def test_exomes_are_not_drawn_among_genomes() -> None:
    assert draw_envelope([finding(assay="wes", mean_autosome_coverage=3.0)], [RANGE]) == ""


def test_a_number_that_does_not_exist_has_no_mark() -> None:
    assert not marks(draw_envelope([finding(mean_autosome_coverage=None)], [RANGE]))


def test_a_drawing_of_many_samples_does_not_grow_without_end() -> None:
    many = [finding(f"S{n}", mean_autosome_coverage=30 + n / 1000) for n in range(1000)]
    assert len(marks(draw_envelope(many, [RANGE]))) < 200


def test_names_of_samples_cannot_be_markup() -> None:
    svg = draw_envelope([finding("<b>&", mean_autosome_coverage=1.0)], [RANGE])
    assert "<b>" not in svg
    assert "<b>&" in words(svg)


def test_the_fields_of_the_sex_scatter_are_those_that_decide() -> None:
    assert sexes.X_COPIES == karyotype.X_COPIES
    assert sexes.Y_COPIES == karyotype.Y_COPIES


SEXES = {
    "as declared": finding(
        "A", sex="male", x_coverage_ratio=0.5, y_coverage_ratio=0.5, karyotype="XY"
    ),
    "not as declared": finding(
        "B", sex="female", x_coverage_ratio=0.5, y_coverage_ratio=0.5, karyotype="XY"
    ),
    "an aneuploidy": finding(
        "C", sex="male", x_coverage_ratio=1.0, y_coverage_ratio=0.5, karyotype="XXY"
    ),
    "unclear": finding("D", sex="male", x_coverage_ratio=0.7, y_coverage_ratio=0.5, karyotype=None),
}


def test_only_samples_that_are_not_as_declared_are_named() -> None:
    found = words(draw_sexes(list(SEXES.values())))
    assert [name for name in "ABCD" if name in found] == ["B", "C", "D"]


def test_names_at_one_place_do_not_lie_upon_one_another() -> None:
    swapped = [
        finding(f"S{n}", sex="female", x_coverage_ratio=0.5, y_coverage_ratio=0.5, karyotype="XY")
        for n in range(3)
    ]
    places = {
        part.attrib["y"]
        for part in ElementTree.fromstring(draw_sexes(swapped)).iter(f"{SVG}text")
        if re.fullmatch(r"S\d", str(part.text))
    }
    assert len(places) == 3


def test_without_a_y_there_is_no_sex_scatter() -> None:
    assert draw_sexes([finding(x_coverage_ratio=1.0, y_coverage_ratio=None)]) == ""
