"""Verdicts: which rules are asked, what comes of them, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schelde.catalogue import Value
from schelde.joblog import JobError
from schelde.profiles import Profile, Rule, Severity, When
from schelde.sheet import Assay, Person, Sex
from schelde.verdict import (
    ProfileVerdict,
    Stated,
    VerdictError,
    failed,
    heed_verdicts,
    is_asked,
    judge,
    stated,
    worst,
    write_table,
)

WGS = Stated(Assay.WGS)


def rule(
    metric: str = "charr",
    comparison: str = "<=",
    threshold: float | str | bool = 0.05,
    severity: Severity = Severity.FAIL,
    assay: Assay | None = None,
    when: When | None = None,
) -> Rule:
    return Rule(metric, comparison, threshold, severity, "a paper", assay, when)


def judged(*rules: Rule, **values: Value) -> ProfileVerdict:
    return judge(values, Profile("p", "P", "a paper", rules), WGS)


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (">=", "fail", "pass", "pass"),
        ("<=", "pass", "pass", "fail"),
        (">", "fail", "fail", "pass"),
        ("<", "pass", "fail", "fail"),
        ("==", "fail", "pass", "fail"),
        ("!=", "pass", "fail", "pass"),
    ],
)
def test_a_comparison_is_met_or_not(comparison: str, below: str, equal: str, above: str) -> None:
    asked = rule("mean_autosome_coverage", comparison, 30)
    results = [
        judged(asked, mean_autosome_coverage=value).verdict for value in (29.99, 30.0, 30.01)
    ]
    assert results == [below, equal, above]


@pytest.mark.parametrize(
    ("metric", "comparison", "threshold", "value", "verdict"),
    [
        ("sex_agrees", "==", True, True, "pass"),
        ("sex_agrees", "==", True, False, "fail"),
        ("sex_agrees", "!=", False, True, "pass"),
        ("karyotype", "==", "XX", "XX", "pass"),
        ("karyotype", "==", "XX", "XXY", "fail"),
        ("karyotype", "!=", "X0", "XX", "pass"),
        ("count_snvs", ">=", 85e9, 85_000_000_000, "pass"),
    ],
)
def test_words_truth_values_and_large_numbers_are_compared(
    metric: str, comparison: str, threshold: float | str | bool, value: Value, verdict: str
) -> None:
    assert judged(rule(metric, comparison, threshold), **{metric: value}).verdict == verdict


@pytest.mark.parametrize(
    "values",
    [{}, {"charr": None}, {"charr": float("nan")}, {"charr": float("inf")}],
    ids=["absent", "null", "nan", "infinite"],
)
@pytest.mark.parametrize("comparison", [">=", "<=", "!=", "=="])
@pytest.mark.parametrize("severity", list(Severity))
def test_a_missing_metric_is_never_a_pass_and_never_a_failure(
    values: dict[str, Value], comparison: str, severity: Severity
) -> None:
    found = judged(rule("charr", comparison, 0.05, severity), **values)
    assert (found.verdict, found.rules[0].result) == ("review", "missing")
    assert found.rules[0].value is None


@pytest.mark.parametrize("value", ["0.01", True])
def test_a_value_of_another_type_ends_the_job(value: Value) -> None:
    with pytest.raises(VerdictError, match=r"metric 'charr' is .*, which is no number"):
        judged(rule(), charr=value)


def test_a_rule_that_is_not_met_gives_its_severity() -> None:
    found = judged(rule(severity=Severity.REVIEW), charr=0.9)
    assert (found.verdict, found.rules[0].result) == ("review", "review")


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.02, "pass"), (0.03, "pass"), (0.04, "review"), (0.051, "fail")]
)
def test_two_rules_of_a_metric_make_two_bars(value: float, verdict: str) -> None:
    rules = (rule(threshold=0.03, severity=Severity.REVIEW), rule(threshold=0.05))
    assert judged(*rules, charr=value).verdict == verdict


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "review"], "review"),
        (["review", "fail", "pass"], "fail"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[str], expected: str) -> None:
    from schelde.verdict import Verdict

    assert worst(map(Verdict, verdicts)) == expected


def test_a_profile_without_a_rule_for_the_sample_cannot_let_it_pass() -> None:
    found = judged(rule(assay=Assay.WES), charr=0.01)
    assert (found.verdict, found.rules) == ("review", ())
    assert found.reasons == ["no rule of this profile is for such a sample"]


@pytest.mark.parametrize(
    ("asked", "facts", "expected"),
    [
        (rule(), Stated(Assay.WES), True),
        (rule(assay=Assay.WES), Stated(Assay.WES), True),
        (rule(assay=Assay.WES), Stated(Assay.WGS), False),
        (rule(when=When.DECLARED_SEX), Stated(Assay.WGS, sex_known=True), True),
        (rule(when=When.DECLARED_SEX), Stated(Assay.WGS, sex_known=False), False),
        (rule(when=When.RELATIVES), Stated(Assay.WGS, relatives=True), True),
        (rule(when=When.RELATIVES), Stated(Assay.WGS, relatives=False), False),
        (rule(when=When.PARENTS), Stated(Assay.WGS, parents=1), True),
        (rule(when=When.PARENTS), Stated(Assay.WGS, parents=0, relatives=True), False),
        (rule(when=When.TRIO), Stated(Assay.WGS, parents=2), True),
        (rule(when=When.TRIO), Stated(Assay.WGS, parents=1), False),
        (rule(assay=Assay.WES, when=When.TRIO), Stated(Assay.WGS, parents=2), False),
    ],
)
def test_a_rule_is_asked_of_the_samples_that_it_is_for(
    asked: Rule, facts: Stated, expected: bool
) -> None:
    assert is_asked(asked, facts) is expected


def person(sample: str, **facts: str) -> Person:
    return Person(sample, Assay.WGS, Sex(facts.pop("sex", "unknown")), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("child", Stated(Assay.WGS, True, 2, True)),
        ("father", Stated(Assay.WGS, False, 0, True)),
        ("again", Stated(Assay.WGS, False, 0, True)),  # the mother's person, sequenced twice
        ("half", Stated(Assay.WGS, False, 1, True)),
        ("alone", Stated(Assay.WGS, False, 0, False)),
    ],
)
def test_what_the_sheet_says_of_a_sample_is_found(sample: str, expected: Stated) -> None:
    people = [
        person("child", sex="female", father="father", mother="mother"),
        person("father"),
        person("mother", subject_id="M"),
        person("again", subject_id="M"),
        person("half", mother="again"),
        person("alone", subject_id="father"),  # a person who bears the name of a sample
    ]
    assert stated(people)[sample] == expected


def test_reasons_are_told_with_value_and_threshold_the_failures_first() -> None:
    found = judged(
        rule("mendel_error_rate", "<=", 2, Severity.REVIEW),
        rule("sex_agrees", "==", True, Severity.REVIEW),
        rule("mean_autosome_coverage", ">=", 15),
        rule(),
        mendel_error_rate=3.5,
        mean_autosome_coverage=8.02,
        charr=0.01,
    )
    assert found.reasons == [
        "mean_autosome_coverage is 8.02 and not >= 15 (fail)",
        "mendel_error_rate is 3.5 and not <= 2 (review)",
        "sex_agrees is missing (review)",
    ]


def test_the_record_lists_every_rule_that_was_asked() -> None:
    record = judged(rule(), rule(assay=Assay.WES), charr=0.01).record()
    assert json.loads(json.dumps(record)) == {
        "name": "p",
        "title": "P",
        "verdict": "pass",
        "rules": [
            {
                "metric": "charr",
                "value": 0.01,
                "comparison": "<=",
                "threshold": 0.05,
                "severity": "fail",
                "result": "pass",
                "source": "a paper",
                "note": None,
            }
        ],
    }


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.tsv"
    review = rule("sex_agrees", "==", True, Severity.REVIEW)
    verdicts = {
        "good": [judged(rule(), charr=0.0)],
        "doubtful": [judged(rule(), review, charr=0.0)],
        "bad": [judged(rule(), review, charr=0.2), judged(rule(), charr=0.0)],
    }
    write_table(path, verdicts)
    return path


def test_the_table_has_a_row_for_each_sample_and_profile(table: Path) -> None:
    assert table.read_text().splitlines() == [
        "sample\tprofile\tverdict\treasons",
        "good\tp\tpass\t",
        "doubtful\tp\treview\tsex_agrees is missing (review)",
        "bad\tp\tfail\tcharr is 0.2 and not <= 0.05 (fail); sex_agrees is missing (review)",
        "bad\tp\tpass\t",
    ]


def test_failed_samples_are_named_with_their_reasons(table: Path) -> None:
    reasons = "charr is 0.2 and not <= 0.05 (fail); sex_agrees is missing (review)"
    assert failed(table) == [f"bad fails p: {reasons}"]


def test_a_run_with_a_failed_sample_ends_badly(table: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"^bad fails p: charr is 0.2"):
        heed_verdicts(table, tmp_path / "accepted.txt")
    assert not (tmp_path / "accepted.txt").exists()


def test_samples_under_review_go_on(table: Path, tmp_path: Path) -> None:
    rows = [row for row in table.read_text().splitlines() if not row.startswith("bad")]
    table.write_text("\n".join(rows) + "\n")
    heed_verdicts(table, tmp_path / "accepted.txt")
    assert (tmp_path / "accepted.txt").read_text() == "good\ndoubtful\n"


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text("sample\tverdict\n")
    with pytest.raises(VerdictError, match="not a table of verdicts"):
        failed(path)
