"""YAML whose values know their lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.errors import Problem
from schelde.yamlfile import Location, read_yaml

TEXT = """\
# a comment
a: 1
b:
  c: [x,
      y]
  d:
    - e: 2
    - f
"""


def test_every_key_and_item_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    read = read_yaml(str(path), [])
    assert read is not None
    lines: dict[Location, int] = {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "c", 0): 4,
        ("b", "c", 1): 5,
        ("b", "d"): 6,
        ("b", "d", 0): 7,
        ("b", "d", 0, "e"): 7,
        ("b", "d", 1): 8,
    }
    assert read.lines == lines


@pytest.mark.parametrize("character", ["\x01", "\x07", "\x1f", "\x7f", "\ufffe"])
def test_a_control_character_is_told_with_its_line(tmp_path: Path, character: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"a: 1\nb: [x,\n  y{character}]\n", encoding="utf-8")
    problems: list[Problem] = []
    assert read_yaml(str(path), problems) is None
    assert [problem.line for problem in problems] == [3]
    assert problems[0].what.startswith("there is a control character: '\\")
    assert str(problems[0]).isprintable()


def test_keys_are_the_text_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("NO: 1\n10: {2026-01-31: &x {007: a}}\nb:\n  <<: *x\n  1e3: b\n")
    read = read_yaml(str(path), [])
    assert read is not None
    assert read.values == {
        "NO": 1,
        "10": {"2026-01-31": {"007": "a"}},
        "b": {"007": "a", "1e3": "b"},
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc: #-[]é'\"\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(values=st.dictionaries(st.text("abc", min_size=1), VALUES, min_size=1))
def test_what_yaml_writes_reads_back_the_same(tmp_path: Path, values: dict[str, object]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    problems: list[Problem] = []
    read = read_yaml(str(path), problems)
    assert not problems
    assert read is not None
    assert read.values == values


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: !!python/object:os.system {}\n", 2),
        ("a: 1\n? [x]\n: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 'x\n", 2),
        ("a: !!timestamp 2026-99-99\n", None),
        ("a: *nobody\n", 1),
    ],
)
def test_text_that_is_not_plain_yaml_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int | None
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    problems: list[Problem] = []
    assert read_yaml(str(path), problems) is None
    assert [problem.line for problem in problems] == [line]


def test_the_second_of_two_keys_wins_with_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: {b: 1}\na:\n  b: 2\n")
    problems: list[Problem] = []
    read = read_yaml(str(path), problems)
    assert read is not None
    assert (read.values, read.lines["a", "b"]) == ({"a": {"b": 2}}, 3)
    assert [problem.line for problem in problems] == [2]


def test_a_day_is_the_text_that_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 2026-02-31\n")
    found = read_yaml(str(tmp_path / "a.yaml"), [])
    assert found is not None
    assert found.values == {"a": "2026-02-31"}
