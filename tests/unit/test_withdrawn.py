"""withdrawn.tsv: people who have taken their consent back."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.withdrawn import Withdrawn, read_withdrawn, withdrawn_subjects


def read(folder: Path, text: str) -> tuple[tuple[Withdrawn, ...], list[str]]:
    (folder / "withdrawn.tsv").write_text(text)
    problems: list = []
    rows = read_withdrawn(str(folder / "withdrawn.tsv"), ["P1", "P2"], problems)
    return rows, [f"{problem.line}: {problem.what}" for problem in problems]


def test_rows_are_read_with_and_without_a_reason(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path, "subject_id\tdate\treason_code\nP1\t2026-01-31\tR2\nELSEWHERE\t2020-02-29\t\n"
    )
    assert not problems
    assert rows == (Withdrawn("P1", "2026-01-31", "R2"), Withdrawn("ELSEWHERE", "2020-02-29"))
    assert withdrawn_subjects(rows) == {"P1", "ELSEWHERE"}


def test_a_header_alone_is_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, "subject_id\tdate\n") == ((), [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("p1\t2026-01-31", "2: subject_id 'p1' differs from 'P1' only in upper and lower case"),
        ("P1\t2026-01", "2: date '2026-01' is no day"),
        ("P1\t", "2: 'date' is empty"),
        ("\t2026-01-31", "2: 'subject_id' is empty"),
        ("P1", "2: the row has 1 cell, the header has 2"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, row: str, message: str) -> None:
    assert read(tmp_path, f"subject_id\tdate\n{row}\n")[1] == [message]
