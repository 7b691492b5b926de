from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from schelde import paths
from schelde.findings import Finding, FindingsError, read_finding, read_pairs
from schelde.identity import Pair, write_pairs
from schelde.plots.sections import (
    INSERT_BINS,
    OF_VERDICT,
    OWN_LINES,
    POINTS,
    coverage_curve,
    ga4gh_rows,
    insert_curve,
    kinship_matrix,
    pair_rows,
    quality_sections,
    reasons,
    summary,
    verdict_rows,
)

LOOK: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "resources/multiqc.yaml").read_text()
)
DEPTH = {
    "metric": "mean_autosome_coverage",
    "value": 8.1,
    "comparison": ">=",
    "threshold": 15,
    "result": "fail",
}
SAME_SEX = {
    "metric": "sex_agrees",
    "value": False,
    "comparison": "==",
    "threshold": True,
    "result": "review",
}


def finding(sample: str, verdict: str = "pass", **parts: Any) -> Finding:
    profile = {"name": "default", "verdict": verdict, "rules": [{**DEPTH, "result": verdict}]}
    made = Finding(sample, "wgs", "male", {}, verdict, (profile,), (), "", (10, 20, 70), (), (), ())
    return replace(made, **parts)


def pair(sample: str, other: str, kinship: float | None, **parts: Any) -> Pair:
    made = Pair(sample, other, 9000, 3000, kinship, 0.008, 0.05, "unrelated", None, None)
    return Pair(**{**made.__dict__, **parts})


def written(tmp_path: Path, *pairs: Pair) -> list[dict[str, str]]:
    write_pairs(tmp_path / "pairs.tsv", pairs)
    return read_pairs(tmp_path / "pairs.tsv")


def test_the_sentence_at_the_top_counts_and_names() -> None:
    found = summary([finding("A"), finding("B", "fail"), finding("C", "review"), finding("D")])
    assert "4 samples: 2 pass, 1 to review (C), 1 failed (B)." in found


def test_many_samples_are_counted_and_not_named_at_the_top() -> None:
    assert "S3" not in summary([finding(f"S{n}", "fail") for n in range(50)])


def test_failed_samples_stand_first_among_the_verdicts() -> None:
    rows = verdict_rows([finding("A"), finding("B", "review"), finding("C", "fail")])
    assert list(rows) == ["C default", "B default", "A default"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DEPTH, "Mean autosome coverage is 8.1 x, must be >= 15 x (fail)"),
        (SAME_SEX, "Sex agrees: no (review)"),
        (
            {**DEPTH, "value": None, "result": "missing"},
            "Mean autosome coverage was not measured (review)",
        ),
    ],
)
def test_a_reason_is_in_words(rule: dict[str, Any], words: str) -> None:
    assert reasons([rule]) == [words]


def test_rules_that_fail_stand_before_those_that_ask_for_review() -> None:
    assert [reason[:3] for reason in reasons([SAME_SEX, DEPTH])] == ["Mea", "Sex"]


def test_what_passes_says_by_how_many_rules() -> None:
    assert reasons([{**DEPTH, "result": "pass"}, {**SAME_SEX, "result": "pass"}]) == [
        "all 2 rules are met"
    ]


def test_a_profile_without_a_rule_for_the_sample_says_so() -> None:
    assert reasons([]) == ["no rule of this profile is for such a sample (review)"]


def test_reasons_cannot_be_markup() -> None:
    [row] = verdict_rows([finding("A", "fail", hints=("a<b>",))]).values()
    assert "&gt;= 15" in row["reasons"]
    assert row["hints"] == "a&lt;b&gt;"


def test_the_ga4gh_table_has_exact_names_and_decimals_and_leaves_out_what_is_not() -> None:
    values = {"mean_insert_size": 440.06, "charr": 0.1, "count_snvs": None}
    assert ga4gh_rows([finding("A", metrics=values)]) == {"A": {"mean_insert_size": 440.1}}


def test_a_coverage_curve_falls_from_all_of_the_bases() -> None:
    shares = list(coverage_curve([5, *range(300), 700]).values())
    assert shares[0] == 100
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("histogram", [[], [0, 0, 0]])
def test_nothing_measured_has_no_curve(histogram: list[int]) -> None:
    assert coverage_curve(histogram) == {}


def test_a_coverage_curve_has_no_more_points_than_are_seen() -> None:
    curve = coverage_curve([1] * 5000)
    assert len(curve) <= POINTS
    assert all(depth == int(depth) for depth in curve)


def test_the_area_below_a_curve_of_inserts_is_all_pairs() -> None:
    counts = [(size, 10 + size % 7) for size in range(200, 1000)]
    curve = insert_curve(counts)
    first, second = list(curve)[:2]
    assert len(curve) <= INSERT_BINS
    assert sum(curve.values()) * (second - first) == pytest.approx(100, abs=0.5)


def test_many_lines_tell_verdicts_and_few_tell_samples() -> None:
    few = [finding(f"S{n}") for n in range(OWN_LINES)]
    many = [*few, finding("BAD", "fail")]
    looks = {len(group): quality_sections(group, [])["autosomes"].plot for group in (few, many)}
    own = looks[OWN_LINES]
    lines = zip(own["colors"].values(), own["dash_styles"].values(), strict=True)
    assert len(set(lines)) == OWN_LINES
    assert set(looks[len(many)]["colors"].values()) == {
        OF_VERDICT["pass"][0],
        OF_VERDICT["fail"][0],
    }
    assert looks[len(many)]["dash_styles"]["BAD"] == "dot"


def test_points_of_lines_are_numbers_and_in_order() -> None:
    section = quality_sections([finding("A", coverage=tuple([1] * 30))], [])["autosomes"]
    [line] = json.loads(json.dumps(section.data)).values()
    assert [depth for depth, _ in line] == list(range(30))


def test_without_a_panel_there_is_nothing_about_relatives(tmp_path: Path) -> None:
    sections = quality_sections([finding("A"), finding("B")], written(tmp_path))
    assert not {"kinship", "pairs"} & set(sections)


def test_kinship_is_the_same_both_ways(tmp_path: Path) -> None:
    found = kinship_matrix(["A", "B"], written(tmp_path, pair("A", "B", 0.25)))
    assert found == {"A": {"A": 0.5, "B": 0.25}, "B": {"A": 0.25, "B": 0.5}}


def test_unknown_kinship_is_not_0(tmp_path: Path) -> None:
    assert kinship_matrix(["A", "B"], written(tmp_path, pair("A", "B", None)))["A"]["B"] is None


def test_there_is_no_matrix_of_pairs_that_are_not_all_there(tmp_path: Path) -> None:
    some = written(tmp_path, pair("A", "B", 0.25), pair("B", "C", 0.0))
    assert kinship_matrix(["A", "B", "C"], some) == {}


def test_only_pairs_that_are_related_or_declared_are_in_the_table(tmp_path: Path) -> None:
    rows = pair_rows(
        written(
            tmp_path,
            pair("A", "B", 0.0),
            pair("A", "C", 0.25, relation="parent and child", declared="father", agrees=True),
            pair("A", "D", 0.01, declared="father", agrees=False),
            pair("A", "E", 0.49, relation="duplicate or twin"),
        )
    )
    assert {name: row["agrees"] for name, row in rows.items()} == {
        "A and D": "no",
        "A and E": "-",
        "A and C": "yes",
    }
    assert next(iter(rows)) == "A and D"


def test_every_section_says_how_it_looks() -> None:
    everything = [
        finding(
            sample,
            targets=(1, 2),
            inserts=((300.0, 9.0),),
            gc=((40.0, 1.0),),
            metrics={"x_coverage_ratio": 1.0, "y_coverage_ratio": 0.0, "count_snvs": 4},
        )
        for sample in "AB"
    ]
    told = {"sample": "A", "other": "B", "kinship": "0.2", "sites": "9", "relation": "x"}
    pairs = [{**told, "declared": "", "agrees": "", "standard_error": "", "ibs0": ""}]
    sections = quality_sections(everything, pairs)
    others = {"samples", "duplicates", "libraries", "lanes", "settings"}
    assert set(sections) | others == set(LOOK["custom_data"])


def test_a_table_has_a_header_for_each_of_its_columns() -> None:
    rows = {
        "verdicts": verdict_rows([finding("A")]),
        "pairs": pair_rows(
            [
                dict.fromkeys(("sample", "other", "declared", "relation", "agrees"), "x")
                | dict.fromkeys(("kinship", "standard_error", "ibs0", "sites"), "1")
            ]
        ),
    }
    for name, made in rows.items():
        assert [set(row) for row in made.values()] == [set(LOOK["custom_data"][name]["headers"])]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (paths.SAMPLE_QC, "{", "not JSON"),
        (paths.SAMPLE_QC, "{}", "has no 'assay'"),
        (paths.VERDICT, '{"verdict": "good"}', "'good' is no verdict"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    made = {paths.SAMPLE_QC: "{}", paths.READ_METRICS: "{}", paths.VERDICT: '{"verdict": "pass"}'}
    for pattern, content in {**made, name: text}.items():
        file = tmp_path / pattern.format(sample="S")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    with pytest.raises(FindingsError, match=words):
        read_finding("S", tmp_path)
