"""Read tab-separated tables with a header, strictly: nothing is cleaned in silence."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schelde.errors import Problem
from schelde.files import read_text
from schelde.names import Place, nearest_of, question


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``required``: it must be in the header; ``filled``: none of its cells may be empty.
    """

    name: str
    about: str
    required: bool = True
    filled: bool = True


@dataclass(frozen=True)
class Row:
    """One row: its place, and its cells by column; empty cells are left out."""

    place: Place
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """The rows of a file that have the right number of cells, in order.

    ``whole``: no row had to be left out, so that what is not in the table is not in the file.
    """

    file: str
    rows: tuple[Row, ...]
    whole: bool


def columns_of(model: type) -> tuple[Column, ...]:
    """Return the columns that a dataclass is read from.

    A field is a column when its metadata holds ``about``. Without a default it is required and
    filled; a default makes both optional, unless the metadata says ``header``: then only cells
    may be empty.
    """
    return tuple(
        Column(
            field.name,
            field.metadata["about"],
            required=_no_default(field) or field.metadata.get("header", False),
            filled=_no_default(field),
        )
        for field in dataclasses.fields(model)
        if "about" in field.metadata
    )


def _no_default(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def read_table(path: str, columns: Sequence[Column], problems: list[Problem]) -> Table | None:
    """Read a table; None when its header cannot be used. Mistakes are added to ``problems``.

    Lines that begin with '#' are comments. Columns may stand in any order.
    """
    text = read_text(path, problems)
    if text is None:
        return None
    lines = [
        (Place(path, number), line)
        for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1)
        if not line.startswith("#")
    ]
    while lines and not lines[0][1].strip():
        problems.append(_empty_line(lines.pop(0)[0]))
    if not lines:
        names = " ".join(column.name for column in columns if column.required)
        remedy = f"write the column names, with tabs between them: {names}"
        problems.append(Place(path).problem("there is no header", remedy))
        return None
    header = _header(*lines[0], columns, problems)
    if header is None:
        return None
    rows = [_row(place, line, header, columns, problems) for place, line in lines[1:]]
    if not rows:
        remedy = "add a row for each, below the header"
        problems.append(Place(path).problem("there are no rows", remedy))
    kept = tuple(row for row in rows if row is not None)
    return Table(path, kept, whole=bool(rows) and len(kept) == len(rows))


def _header(
    place: Place, line: str, columns: Sequence[Column], problems: list[Problem]
) -> list[str] | None:
    """Return the column names of a header; None when one that must be there is not."""
    known = {column.name for column in columns}
    names = [name.strip() for name in line.split("\t")]
    if len(names) == 1 and len(known & set(re.split(r"[\s,;]+", line))) > 1:
        what = "there are no tabs between the column names"
        problems.append(place.problem(what, "put one tab between columns, not spaces or commas"))
        return None
    for number, (name, cell) in enumerate(zip(names, line.split("\t"), strict=True)):
        if not name:
            remedy = "name it, or take the tab out"
            problems.append(place.problem("a column has no name", remedy))
        elif name not in known:
            near = nearest_of(name, known - set(names))
            remedy = question(near, f"known are: {', '.join(sorted(known))}")
            problems.append(place.problem(f"unknown column '{name}'", remedy))
            names[number] = near or name  # read on as if it were spelt right
        elif name != cell:
            what = f"column name '{cell}' has a space around it"
            problems.append(place.problem(what, "take the space out"))
    for name in sorted({name for name in names if names.count(name) > 1} & known):
        problems.append(place.problem(f"column '{name}' is there twice", "keep one of them"))
    missing = [c for c in columns if c.required and c.name not in names]
    for column in missing:
        what = f"there is no column '{column.name}'"
        problems.append(place.problem(what, f"add it ({column.about})"))
    return None if missing else names


def _row(
    place: Place,
    line: str,
    header: Sequence[str],
    columns: Sequence[Column],
    problems: list[Problem],
) -> Row | None:
    if not line.strip():
        problems.append(_empty_line(place))
        return None
    cells = line.split("\t")
    if len(cells) != len(header):
        problems.append(_wrong_count(place, cells, len(header)))
        return None
    filled = dict(zip(header, cells, strict=True))
    for column in columns:
        cell = filled.get(column.name, "")
        if cell != cell.strip():
            what = f"'{column.name}' has a space before or after it: '{cell}'"
            problems.append(place.problem(what, "take the space out"))
        if column.filled and not cell.strip():
            problems.append(
                place.problem(f"'{column.name}' is empty", f"fill it in ({column.about})")
            )
    return Row(place, {name: cell.strip() for name, cell in filled.items() if cell.strip()})


def _wrong_count(place: Place, cells: Sequence[str], wanted: int) -> Problem:
    """Return the message for a row that is too short or too long."""
    count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    what = f"the row has {count}, the header has {wanted}"
    if len(cells) < wanted and any(" " in cell for cell in cells):
        what = f"{what}, and spaces where tabs should be"
        return place.problem(what, "put one tab between cells")
    if len(cells) < wanted:
        return place.problem(what, "add the missing tabs; an empty cell needs its tab too")
    return place.problem(what, "take out the tabs that are too many")


def _empty_line(place: Place) -> Problem:
    return place.problem("the line is empty", "take it out")
