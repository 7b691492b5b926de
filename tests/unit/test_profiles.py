"""Profiles of acceptance: those that ship, and what is said about a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import ROOT

from schelde.catalogue import metrics
from schelde.errors import Problem, UserError
from schelde.profiles import Profile, Rule, Severity, When, load_profiles, read_profiles
from schelde.sheet import Assay

FOLDER = ROOT / "config" / "profiles"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml"))
GOOD = """name: mine
title: My own
source: me
rules:
  - {metric: charr, comparison: "<=", threshold: 0.05, severity: fail}
"""


def read(folder: Path, text: str) -> tuple[list[Profile], list[Problem]]:
    path = folder / "mine.yaml"
    path.write_text(text)
    problems: list[Problem] = []
    return read_profiles([str(path)], FOLDER, problems), problems


def told(folder: Path, rule: str) -> list[str]:
    """Return what is said about a rule that stands on line 5."""
    profiles, problems = read(folder, GOOD.rsplit("  - ", 1)[0] + f"  - {rule}\n")
    assert bool(profiles) is not bool(problems)
    return [f"{problem.line}: {problem.what}; {problem.remedy}" for problem in problems]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_is_sound_and_named_as_its_file(name: str) -> None:
    (profile,) = load_profiles([name], FOLDER)
    assert profile.name == name
    assert profile.rules


@pytest.mark.parametrize("name", SHIPPED)
def test_every_threshold_that_ships_has_a_source(name: str) -> None:
    (profile,) = load_profiles([name], FOLDER)
    assert all(rule.source for rule in profile.rules)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_threshold_that_ships_has_no_more_decimals_than_its_metric(name: str) -> None:
    (profile,) = load_profiles([name], FOLDER)
    for rule in profile.rules:
        assert metrics()[rule.metric].rounded(rule.threshold) == rule.threshold


# ../shared/standards.md, section 1.1
@pytest.mark.parametrize(
    ("name", "assay", "expected"),
    [
        (
            "genomde-grz",
            "wgs",
            "mean_autosome_coverage>=30 pct_regions_20x>=80 pct_bases_q30>=85 mean_read_length>=70",
        ),
        (
            "genomde-grz",
            "wes",
            "mean_target_coverage>=100 pct_target_bases_30x>=80 pct_bases_q30>=85 "
            "mean_read_length>=70",
        ),
        (
            "ega-af",
            "wgs",
            "mean_autosome_coverage>=15 ratio_heterozygous_homzygous_snv<=3.3 charr<=0.05 "
            "count_singletons<=100000 panel_call_rate>=95",
        ),
        (
            "ega-af",
            "wes",
            "mean_target_coverage>=10 ratio_heterozygous_homzygous_snv<=10 charr<=0.00015 "
            "count_singletons<=5000 panel_call_rate>=95",
        ),
        (
            "genomics-england-newborn",
            "wgs",
            "pct_autosomes_15x>=95 yield_bp_q30_unique>=85000000000",
        ),
        (
            "qatar",
            "wgs",
            "mean_autosome_coverage>=30 pct_autosomes_15x>=90 pct_duplicates<20 "
            "mean_insert_size>=250",
        ),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_a_programme_asks_for_what_it_has_published(name: str, assay: str, expected: str) -> None:
    (profile,) = load_profiles([name], FOLDER)
    rules = [
        f"{rule.metric}{rule.comparison}{rule.threshold}"
        for rule in profile.rules
        if rule.assay in (None, assay)
    ]
    assert rules == expected.split()
    assert {rule.severity for rule in profile.rules} == {Severity.FAIL}


def test_a_profile_of_the_users_own_is_read_from_its_path(tmp_path: Path) -> None:
    profiles, problems = read(tmp_path, GOOD)
    rule = Rule("charr", "<=", 0.05, Severity.FAIL, "me")
    assert profiles == [Profile("mine", "My own", "me", (rule,))]
    assert problems == []


def test_a_rule_may_be_kept_to_some_samples_and_have_words_of_its_own(tmp_path: Path) -> None:
    text = """{metric: mendel_error_rate, comparison: "<", threshold: 1, severity: review,
      assay: wes, when: trio, source: a paper, note: of the panel}"""
    profiles, _ = read(tmp_path, GOOD.rsplit("  - ", 1)[0] + f"  - {text}\n")
    expected = Rule(
        *("mendel_error_rate", "<", 1, Severity.REVIEW, "a paper"),
        *(Assay.WES, When.TRIO, "of the panel"),
    )
    assert profiles[0].rules == (expected,)


RULE = 'metric: charr, comparison: "<=", threshold: 0.05, severity: fail'


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{" + RULE.replace("charr", "chaar") + "}",
            "5: there is no metric 'chaar'; did you mean 'charr'?",
        ),
        (
            "{" + RULE.replace("charr", "[charr]") + "}",
            "5: there is no metric '['charr']'; did you mean 'charr'?",
        ),
        (
            "{" + RULE.replace("<=", "=<") + "}",
            "5: 'comparison' is '=<'; write one of: >= <= > < == !=",
        ),
        (
            "{" + RULE.replace("fail", "warn") + "}",
            "5: 'severity' is 'warn'; write one of: review fail",
        ),
        (
            "{" + RULE + ", assay: WGS}",
            "5: 'assay' is 'WGS'; write one of: wgs wes",
        ),
        (
            "{" + RULE + ", when: always}",
            "5: 'when' is 'always'; write one of: declared-sex relatives parents trio",
        ),
        (
            "{" + RULE + ", level: 3}",
            "5: a rule has no 'level'; known are: assay, comparison, metric, note, severity, "
            "source, threshold, when",
        ),
        (
            "{" + RULE + ", notes: x}",
            "5: a rule has no 'notes'; did you mean 'note'?",
        ),
        (
            '{metric: charr, comparison: "<=", severity: fail}',
            "5: the rule has no 'threshold'; add it",
        ),
        (
            "{" + RULE.replace("0.05", "high") + "}",
            "5: the threshold of 'charr' is 'high'; write a number",
        ),
        (
            "{" + RULE.replace("0.05", "true") + "}",
            "5: the threshold of 'charr' is true; write a number",
        ),
        (
            "{" + RULE.replace("0.05", ".nan") + "}",
            "5: the threshold of 'charr' is 'nan'; write a number",
        ),
        (
            "{" + RULE.replace("0.05", "null") + "}",
            "5: the threshold of 'charr' is empty; write a number",
        ),
        (
            '{metric: sex_agrees, comparison: "==", threshold: 1, severity: fail}',
            "5: the threshold of 'sex_agrees' is '1'; write true or false",
        ),
        (
            '{metric: karyotype, comparison: ">=", threshold: XX, severity: fail}',
            "5: 'karyotype' is no number, so '>=' cannot compare it; write == or !=",
        ),
        ("{" + RULE + ", source: 3}", "5: 'source' is '3'; write a text"),
        (
            "charr < 3",
            "5: this rule is not made of keys; write metric, comparison, threshold, severity",
        ),
    ],
    ids=lambda value: "" if value.startswith(("{", "charr <")) else value.split(";")[0][3:],
)
def test_a_mistake_in_a_rule_is_told_with_line_and_remedy(
    tmp_path: Path, rule: str, message: str
) -> None:
    assert told(tmp_path, rule) == [message]


def test_all_mistakes_of_a_profile_are_told_at_once(tmp_path: Path) -> None:
    text = """titel: My own
source: me
rules:
  - {metric: charr, comparison: "<=", threshold: 0.05, severity: faill}
  - {metric: chaar, comparison: "<=", treshold: 0.05, severity: fail}
"""
    profiles, problems = read(tmp_path, text)
    assert profiles == []
    assert [(problem.line, problem.what) for problem in problems] == [
        (1, "a profile has no 'titel'"),
        (None, "there is no 'name'"),
        (None, "there is no 'title'"),
        (4, "'severity' is 'faill'"),
        (5, "a rule has no 'treshold'"),
        (5, "the rule has no 'threshold'"),
        (5, "there is no metric 'chaar'"),
    ]


@pytest.mark.parametrize(
    ("rules", "what"),
    [("", "there are no rules"), ("[]", "there are no rules"), ("x", "'rules' is not a list")],
)
def test_a_profile_without_rules_is_refused(tmp_path: Path, rules: str, what: str) -> None:
    _, problems = read(tmp_path, GOOD.split("rules:")[0] + f"rules: {rules}\n")
    assert [problem.what for problem in problems] == [what]


def test_the_name_of_a_profile_is_an_id(tmp_path: Path) -> None:
    _, problems = read(tmp_path, GOOD.replace("name: mine", "name: my profile"))
    assert [(problem.line, problem.what) for problem in problems] == [
        (1, "profile 'my profile' cannot be part of a file name")
    ]


def test_text_that_is_not_yaml_is_told(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "name: [x\n")
    assert "this is not YAML" in problems[0].what


def test_a_name_that_is_not_known_is_asked_about() -> None:
    with pytest.raises(UserError, match="'qattar' is not known; did you mean 'qatar'"):
        load_profiles(["qattar"], FOLDER)


def test_all_names_are_looked_at(tmp_path: Path) -> None:
    problems: list[Problem] = []
    found = read_profiles(["zzz", "qatar", str(tmp_path / "x.yaml")], FOLDER, problems)
    assert [profile.name for profile in found] == ["qatar"]
    assert len(problems) == 2


def test_a_profile_that_is_named_twice_is_judged_once() -> None:
    assert len(load_profiles(["qatar", "qatar", str(FOLDER / "qatar.yaml")], FOLDER)) == 1


def test_two_profiles_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("mine", "qatar"))
    with pytest.raises(UserError, match="profile 'qatar' is named by both"):
        load_profiles(["qatar", str(tmp_path / "a.yaml")], FOLDER)
