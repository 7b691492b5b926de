"""Tables: what is taken as it stands, and what is told with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.errors import Problem
from schelde.sheet import Lane, Person
from schelde.tables import Column, Table, columns_of, read_table

COLUMNS = (Column("a", "first"), Column("b", "second", filled=False))


def read(path: Path, text: str) -> tuple[Table | None, list[Problem]]:
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    return read_table(str(path), COLUMNS, problems), problems


def test_columns_may_stand_in_any_order_and_comments_are_left_out(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t", "# one\nb\ta\n# two\n\t1\n2\t3\n")
    assert not problems
    assert table is not None
    assert [row.cells for row in table.rows] == [{"a": "1"}, {"a": "3", "b": "2"}]
    assert [row.place.line for row in table.rows] == [4, 5]


def test_a_last_line_without_line_end_is_a_row(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t", "a\tb\n1\t2")
    assert not problems
    assert table is not None
    assert [row.cells for row in table.rows] == [{"a": "1", "b": "2"}]


def test_a_misspelt_column_is_told_and_read_as_what_it_is_like(tmp_path: Path) -> None:
    columns = (Column("sample", "id"),)
    path = tmp_path / "t"
    path.write_text("smaple\nS1\n")
    problems: list[Problem] = []
    table = read_table(str(path), columns, problems)
    assert len(problems) == 1
    assert table is not None
    assert table.rows[0].cells == {"sample": "S1"}


def test_empty_lines_at_the_end_are_told_each(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "t", "a\tb\n1\t2\n\n \n")
    assert [(problem.line, problem.what) for problem in problems] == [
        (3, "the line is empty"),
        (4, "the line is empty"),
    ]


def test_a_table_with_a_row_left_out_is_not_whole(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t", "a\tb\n1\t2\n1\n")
    assert table is not None
    assert (len(table.rows), table.whole) == (1, False)


def test_a_header_between_empty_lines_is_found(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t", "\na\tb\n1\t2\n")
    assert table is not None
    assert [problem.line for problem in problems] == [1]


CELL = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(rows=st.lists(st.tuples(CELL.filter(lambda c: c[0] != "#"), CELL | st.just("")), min_size=1))
def test_a_written_table_reads_back_the_same(
    tmp_path: Path, rows: Sequence[tuple[str, str]]
) -> None:
    text = "a\tb\n" + "".join(f"{a}\t{b}\n" for a, b in rows)
    table, problems = read(tmp_path / "t", text)
    assert not problems
    assert table is not None
    assert [(row.cells["a"], row.cells.get("b", "")) for row in table.rows] == rows


def test_the_columns_of_the_sheets_are_their_fields() -> None:
    lanes = {column.name: (column.required, column.filled) for column in columns_of(Lane)}
    people = {column.name: (column.required, column.filled) for column in columns_of(Person)}
    always = (True, True)
    assert [name for name, kind in lanes.items() if kind == always] == [
        *("sample", "library", "flowcell", "lane")
    ]
    assert [name for name, kind in lanes.items() if kind == (True, False)] == ["fq1", "fq2"]
    assert [name for name, kind in people.items() if kind == always] == ["sample", "assay", "sex"]
    assert "line" not in lanes | people
