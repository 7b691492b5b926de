"""Rows of lanes.tsv that are right; the wrong ones are in test_inputs.py."""

from __future__ import annotations

import pytest

from schelde.errors import Problem
from schelde.lanes import PLATFORMS, lanes_of
from schelde.names import Place
from schelde.sheet import Lane
from schelde.tables import Row, Table

IDS = {"sample": "S1", "library": "lib1", "flowcell": "FC1", "lane": "1"}
ANOTHER = {**IDS, "lane": "2"}


def read(*rows: dict[str, str]) -> tuple[tuple[Lane, ...], list[Problem]]:
    numbered = [Row(Place("lanes.tsv", number), row) for number, row in enumerate(rows, start=2)]
    problems: list[Problem] = []
    return lanes_of(Table("lanes.tsv", tuple(numbered), whole=True), problems), problems


@pytest.mark.parametrize(
    ("cells", "lane"),
    [
        ({"fq1": "a.fq"}, {"fq1": ("a.fq",)}),
        ({"fq1": "a.fq", "fq2": "b.fq"}, {"fq1": ("a.fq",), "fq2": ("b.fq",)}),
        (
            {"fq1": "x/a.fq,y/a.fq", "fq2": "x/b.fq,y/b.fq"},
            {"fq1": ("x/a.fq", "y/a.fq"), "fq2": ("x/b.fq", "y/b.fq")},
        ),
        ({"alignment": "a.cram"}, {"alignment": "a.cram"}),
        (
            {"alignment": "a.bam", "read_group": "x y.1"},
            {"alignment": "a.bam", "read_group": "x y.1"},
        ),
        ({"fq1": "é/ñ_+=@%:1.fq"}, {"fq1": ("é/ñ_+=@%:1.fq",)}),
        (
            {"fq1": "a", "barcode": "ACGT-TTGN", "center": "KU Leuven (CME)", "date": "2026-01-31"},
            {
                "fq1": ("a",),
                "barcode": "ACGT-TTGN",
                "center": "KU Leuven (CME)",
                "date": "2026-01-31",
            },
        ),
        (
            {"fq1": "a", "date": "2026-01-31T08:00:00+01:00"},
            {"fq1": ("a",), "date": "2026-01-31T08:00:00+01:00"},
        ),
    ],
)
def test_a_right_row_is_taken_as_it_stands(
    cells: dict[str, str], lane: dict[str, tuple[str, ...]]
) -> None:
    assert read({**IDS, **cells}) == ((Lane(**{**IDS, **lane}),), [])  # type: ignore[arg-type]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_all_platforms_of_the_sam_format_are_taken(platform: str) -> None:
    lanes, problems = read({**IDS, "fq1": "a", "platform": platform})
    assert (lanes[0].platform, problems) == (platform, [])


def test_two_samples_may_share_a_lane_of_a_flow_cell() -> None:
    other = {**IDS, "sample": "S2", "fq1": "b", "barcode": "CC"}
    assert not read({**IDS, "fq1": "a", "barcode": "AA"}, other)[1]


def test_two_samples_may_have_libraries_of_one_name() -> None:
    assert not read({**IDS, "fq1": "a"}, {**ANOTHER, "sample": "S2", "fq1": "b"})[1]


def test_files_of_one_name_in_two_folders_are_two_files() -> None:
    assert not read({**IDS, "fq1": "x/a.fq"}, {**ANOTHER, "fq1": "y/a.fq"})[1]


def test_one_alignment_may_give_several_lanes_by_read_group() -> None:
    rows = [{**IDS, "alignment": "a.bam", "read_group": "g1"}]
    rows.append({**ANOTHER, "alignment": "a.bam", "read_group": "g2"})
    assert not read(*rows)[1]


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("value", ["../S1", "S 1", "-S1", "_S1", "S1.", "S;1", "Š1", "S{1}", "S\n"])
def test_an_id_that_is_unsafe_in_a_file_name_is_refused(name: str, value: str) -> None:
    _, problems = read({**IDS, "fq1": "a", name: value})
    assert [problem.line for problem in problems] == [2]


@pytest.mark.parametrize(
    "path", ["a b", "a;b", "$a", "a*", "{a}", "a'b", 'a"b', "~/a", "a\\b", "a\x1bb"]
)
@pytest.mark.parametrize("column", ["fq1", "alignment"])
def test_a_file_name_that_a_shell_reads_as_more_is_refused(column: str, path: str) -> None:
    _, problems = read({**IDS, column: path})
    assert [problem.line for problem in problems] == [2]
    assert "\x1b" not in str(problems[0])
