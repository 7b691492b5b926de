"""House rules, checked on every rule as Snakemake parsed it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings

from schelde.jobs import LOCAL

ROOT = Path(__file__).parents[2]
RULE_FILES = sorted((ROOT / "workflow/rules").rglob("*.smk"))
BLOCKS = re.MULTILINE | re.DOTALL
EACH_FILE = pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def rules(project: Path) -> Iterator[list[Any]]:
    with SnakemakeApi() as api:
        flow = api.workflow(
            snakefile=ROOT / "Snakefile",
            workdir=project,
            config_settings=ConfigSettings(),
            resource_settings=ResourceSettings(cores=1),
        )
        parsed = flow._workflow  # parsing it on the way
        yield [rule for rule in parsed.rules if not parsed.is_local(rule) or rule.log]


def named(rules: list[Any], wrong: list[str]) -> str:
    return f"{len(wrong)} of {len(rules)} rules: {', '.join(wrong)}"


def test_every_rule_has_a_docstring_of_one_line(rules: list[Any]) -> None:
    wrong = [r.name for r in rules if not r.docstring or "\n" in r.docstring.strip()]
    assert not wrong, named(rules, wrong)


def test_every_rule_logs_below_its_own_name(rules: list[Any]) -> None:
    wrong = [
        r.name for r in rules if [str(log).split("/")[:2] for log in r.log] != [["logs", r.name]]
    ]
    assert not wrong, named(rules, wrong)


def test_every_output_is_a_result(rules: list[Any]) -> None:
    places = ("results/", "bundles/")
    wrong = [r.name for r in rules if any(not str(o).startswith(places) for o in r.output)]
    assert not wrong, named(rules, wrong)


def test_every_rule_names_an_environment_that_is_there(rules: list[Any]) -> None:
    envs = {path.name for path in (ROOT / "envs").glob("*.yaml")}
    wrong = [r.name for r in rules if Path(str(r.conda_env)).name not in envs]
    assert not wrong, named(rules, wrong)


def test_jobs_yaml_names_every_rule_and_no_other(rules: list[Any]) -> None:
    numbers = yaml.safe_load((ROOT / "config/jobs.yaml").read_text())
    assert set(numbers) == {rule.name for rule in rules}


def test_rules_that_run_beside_snakemake_are_those_that_jobs_know() -> None:
    rules = {
        name
        for path in RULE_FILES
        for name, block in re.findall(r"^rule (\w+):(.*?)(?=^rule |\Z)", path.read_text(), BLOCKS)
        if "localrule: True" in block
    }
    assert rules == LOCAL


@EACH_FILE
def test_threads_group_and_resources_of_a_rule_come_from_its_entry(path: Path) -> None:
    wrong = []
    for name, block in re.findall(r"^rule (\w+):(.*?)(?=^rule |\Z)", path.read_text(), BLOCKS):
        wanted = {("threads", name), ("resources", name)}
        wanted |= set() if name in LOCAL else {("group", name)}
        found = {(key, rule) for rule, key in re.findall(r'job\("(\w+)"\)\.(\w+)', block)}
        wrong += [] if found == wanted else [name]
    assert not wrong


def test_a_script_is_called_like_its_rule(rules: list[Any]) -> None:
    wrong = [r.name for r in rules if r.script and Path(r.script).stem != r.name]
    assert not wrong, named(rules, wrong)


def test_scripts_are_doors(rules: list[Any]) -> None:
    used = {Path(r.script).name for r in rules if r.script}
    there = {path.name for path in (ROOT / "scripts").glob("*.py")}
    assert there == used


@EACH_FILE
def test_no_rule_retries_by_itself(path: Path) -> None:
    assert "retries:" not in path.read_text()


def test_every_wildcard_is_constrained(rules: list[Any]) -> None:
    text = (ROOT / "workflow/rules/common.smk").read_text()
    limits = text.split("wildcard_constraints:")[1].split("\n\n")[0]
    constrained = set(re.findall(r"^\s+(\w+)=", limits, re.MULTILINE))
    used = {name for r in rules for name in r.wildcard_names}
    assert used <= constrained


@EACH_FILE
def test_a_rule_file_opens_with_what_it_takes_and_gives(path: Path) -> None:
    head = path.read_text().split('"""')[1]
    assert "takes:" in head
    assert "gives:" in head


@EACH_FILE
def test_a_rule_fits_on_a_screen(path: Path) -> None:
    blocks = re.split(r"^(?=rule )", path.read_text(), flags=re.MULTILINE)[1:]
    long = {
        block.split(":")[0]: len(block.rstrip().splitlines())
        for block in blocks
        if len(block.rstrip().splitlines()) > 40
    }
    assert not long


@EACH_FILE
def test_rules_have_no_lambda_no_run_and_no_absolute_path(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\blambda\b|^\s+run:|[\"'\s]/(?!dev/)[a-z]+/", text, re.MULTILINE)


def test_snakemake_has_nothing_to_say_about_style(project: Path, plan: Callable[..., Any]) -> None:
    linted = plan(project, "--lint")
    assert linted.returncode == 0, linted.stdout + linted.stderr
