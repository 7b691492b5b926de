"""Families that are right, and cycles of any length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.errors import Problem
from schelde.names import Place
from schelde.people import people_of
from schelde.sheet import Assay, Person, Sex
from schelde.tables import Row, Table


def read(*rows: dict[str, str], whole: bool = True) -> tuple[tuple[Person, ...], list[Problem]]:
    numbered = [Row(Place("people.tsv", number), row) for number, row in enumerate(rows, start=2)]
    problems: list[Problem] = []
    return people_of(Table("people.tsv", tuple(numbered), whole), problems), problems


def row(sample: str, sex: str = "unknown", **cells: str) -> dict[str, str]:
    return {"sample": sample, "assay": "wgs", "sex": sex, **cells}


def test_a_right_row_is_taken_as_it_stands() -> None:
    cells = row("S1", "male") | {"assay": "wes", "targets": "t/x.bed", "subject_id": "P-1.a"}
    person = Person("S1", Assay.WES, Sex.MALE, subject_id="P-1.a", targets="t/x.bed")
    assert read(cells) == ((person,), [])


def test_a_family_may_span_generations_and_stand_in_any_order() -> None:
    people, problems = read(
        row("child", father="father", mother="mother"),
        row("father", "male", mother="grandmother"),
        row("mother", "female"),
        row("grandmother", "female"),
    )
    assert not problems
    assert people[0].father == "father"


def test_parents_may_be_of_unknown_sex() -> None:
    assert not read(row("c", father="f", mother="m"), row("f"), row("m"))[1]


def test_parents_who_are_cousins_are_no_cycle() -> None:
    rows = [row("c", father="f", mother="m"), row("f", father="g"), row("m", father="g"), row("g")]
    assert not read(*rows)[1]


@given(length=st.integers(2, 30), start=st.integers(0, 29))
def test_a_cycle_of_any_length_is_told_once(length: int, start: int) -> None:
    names = [f"S{number}" for number in range(length)]
    rows = [row(name, father=names[i - 1]) for i, name in enumerate(names)]
    rows = rows[start % length :] + rows[: start % length]
    _, problems = read(*rows, row("other", father="S0"))
    assert [problem.what.count("<") for problem in problems] == [length]


def test_two_cycles_are_told_apart() -> None:
    rows = [row("a", father="b"), row("b", mother="a"), row("c", mother="d"), row("d", mother="c")]
    assert [problem.line for problem in read(*rows)[1]] == [2, 4]


def test_an_unknown_parent_is_not_told_when_rows_could_not_be_read() -> None:
    assert not read(row("c", father="f"), whole=False)[1]


def test_samples_of_one_person_may_share_a_subject() -> None:
    assert not read(row("a", "male", subject_id="P1"), row("b", "male", subject_id="P1"))[1]


@pytest.mark.parametrize("targets", ["t/exome.txt", "t/exome", "t/my.exome.bed", "t/.bed"])
def test_targets_that_cannot_name_a_design_are_refused(targets: str) -> None:
    cells = row("a") | {"assay": "wes", "targets": targets}
    _, problems = read(cells)
    assert ["cannot name a design" in problem.what for problem in problems] == [
        targets != "t/exome"
    ] * (targets != "t/exome")


def test_many_people_may_share_their_targets() -> None:
    cells = {"assay": "wes", "targets": "t/exome.bed"}
    assert not read(row("a") | cells, row("b") | cells)[1]
