"""What the sheets of a run hold that must not travel."""

from __future__ import annotations

from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.inputs import PEOPLE_COLUMNS
from schelde.lanes import lanes_of
from schelde.package.leaks import Secret, machine_secrets, secrets_of
from schelde.people import people_of
from schelde.sheet import Lane
from schelde.tables import columns_of, read_table


def sheet_secrets(people: Path, lanes: Path) -> list[Secret]:
    """Return what people, lanes, their files and this machine are called.

    Sheets are those that were checked before the first job; UserError if they are wrong now.
    """
    problems: list[Problem] = []
    people_table = read_table(str(people), PEOPLE_COLUMNS, problems)
    lane_table = read_table(str(lanes), columns_of(Lane), problems)
    if people_table is None or lane_table is None or problems:
        raise UserError(problems)
    found = secrets_of(people_of(people_table, []), lanes_of(lane_table, []))
    return [*found, *machine_secrets()]
