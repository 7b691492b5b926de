"""Write config/README.md from the typed models, so that it cannot fall behind them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schelde.bundle.dataset import Description
from schelde.config import Settings
from schelde.declared import Declared
from schelde.requirements import BASE, requirements
from schelde.settings_help import allowed, leaves
from schelde.sheet import Lane, Person
from schelde.tables import Column, columns_of
from schelde.withdrawn import Withdrawn

CONFIG_PAGE = """\
# Config and sheets

Made by `schelde.manual` from the models that read these files; do not edit it by hand.
All problems of all inputs are told at once, before any job starts; `docs/bad-inputs.md` lists
those that were tried, each with its message.

## config.yaml

The file of the working directory is read, or those given with `--configfile`; values given with
`--config` are laid over them key by key, such as `--config 'call={{caller: bcftools}}'`.
Paths are taken from the working directory.

{settings}

## lanes.tsv

One row per read group: the reads of one library from one lane of one flow cell.

{lanes}

## people.tsv

One row per sample: what cannot be computed from its reads.

{people}

What a bundle says about people besides, and what they agreed to. The second column tells who needs
a cell of everyone in the bundle; a target beyond the base is asked when `bundle.targets` has it.
[docs/people.md](../docs/people.md) has the vocabularies, [docs/consent.md](../docs/consent.md) the
rules by which people come into a bundle. Several values in a cell have commas between them.

{declared}

## withdrawn.tsv

One row per person who has taken the consent back: all its samples stay out of every bundle.

{withdrawn}

## dataset.yaml

What a dataset is called, who answers for it and what it may be used for, in the file that
`bundle.dataset` names. All of it is meant to be read by others.

{dataset}

## All sheets

- UTF-8 text with Unix line ends; one tab between columns, which may stand in any order; whole
  lines that begin with `#` are comments. Nothing is cleaned in silence: an empty line or a space
  at the edge of a cell is an error.
- Ids are letters without accents, digits, `-` and `_`, beginning with a letter or digit, at most
  64 characters. They become parts of file names, so that two that differ only in case are refused.
- Every sample stands in lanes.tsv and in people.tsv. Every file is given once.
- File names are letters, digits and `/._+=@%:-`.
"""


def config_page() -> str:
    """Return the text of config/README.md."""
    return CONFIG_PAGE.format(
        settings=_keys(Settings),
        lanes=_columns(columns_of(Lane)),
        people=_columns(columns_of(Person)),
        declared=_declared(),
        withdrawn=_columns(columns_of(Withdrawn)),
        dataset=_keys(Description),
    )


def _keys(model: type[BaseModel]) -> str:
    rows = [
        (f"`{'.'.join(path)}`", _default(field), allowed(field), field.description or "")
        for path, field in leaves(model)
    ]
    return _table(("key", "default", "takes", "meaning"), rows)


def _declared() -> str:
    """Return the columns of `Declared` with those who ask for them."""
    asked: dict[str, list[str]] = {}
    for requirement in requirements():
        target = "" if requirement.target == BASE else f" (`{requirement.target}`)"
        names = [f"{name}{target}" for name in requirement.asked_by]
        asked.setdefault(requirement.column, []).extend(names)
    rows = [
        (f"`{column.name}`", ", ".join(asked.get(column.name, ["optional"])), column.about)
        for column in columns_of(Declared)
    ]
    return _table(("column", "needed by", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default
    if value is None or value == ():
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _columns(columns: Iterable[Column]) -> str:
    rows = [(f"`{column.name}`", _need(column), column.about) for column in columns]
    return _table(("column", "", "meaning"), rows)


def _need(column: Column) -> str:
    if column.filled:
        return "always filled"
    return "may be empty" if column.required else "optional"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(config_page())
