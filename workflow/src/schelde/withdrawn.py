"""Read withdrawn.tsv: people who have taken their consent back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schelde.days import day
from schelde.errors import Problem
from schelde.tables import columns_of, read_table


@dataclass(frozen=True)
class Withdrawn:
    """One row: a person who has withdrawn, for good and whatever the date."""

    subject_id: str = field(
        metadata={"about": "the person, as in people.tsv; its sample where that has no subject_id"}
    )
    date: str = field(metadata={"about": "day of the withdrawal, such as 2026-01-31"})
    reason_code: str | None = field(
        default=None, metadata={"about": "a code of your own; stays at home"}
    )


def read_withdrawn(
    path: str, subjects: Iterable[str], problems: list[Problem]
) -> tuple[Withdrawn, ...]:
    """Return the rows of withdrawn.tsv, adding mistakes to ``problems``.

    ``subjects``: those of people.tsv. The file may name people of other runs; one that differs
    from a subject of this run only in upper and lower case is taken for a slip, since a slip
    would keep in a bundle somebody who has left. A file with nobody in it has its header alone.
    """
    found: list[Problem] = []
    table = read_table(path, columns_of(Withdrawn), found)
    problems.extend(problem for problem in found if problem.what != "there are no rows")
    known = set(subjects)
    spelt = {subject.casefold(): subject for subject in known}
    rows = []
    for row in table.rows if table else ():
        subject, date = row.cells.get("subject_id", ""), row.cells.get("date", "")
        near = spelt.get(subject.casefold())
        if near and subject not in known:
            what = f"subject_id '{subject}' differs from '{near}' only in upper and lower case"
            problems.append(row.place.problem(what, "spell it as in people.tsv"))
        if date and day(date) is None:
            remedy = "write year, month and day, such as 2026-01-31"
            problems.append(row.place.problem(f"date '{date}' is no day", remedy))
        rows.append(Withdrawn(subject, date, row.cells.get("reason_code")))
    return tuple(rows)


def withdrawn_subjects(rows: Sequence[Withdrawn]) -> frozenset[str]:
    """Return who has withdrawn."""
    return frozenset(row.subject_id for row in rows)
