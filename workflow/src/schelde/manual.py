"""Write config/README.md from the typed models, so that it cannot fall behind them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pydantic.fields import FieldInfo

from schelde.config import Settings
from schelde.settings_help import allowed, leaves
from schelde.sheet import Lane, Person
from schelde.tables import Column, columns_of

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

## Both sheets

- UTF-8 text with Unix line ends; one tab between columns, which may stand in any order; whole
  lines that begin with `#` are comments. Nothing is cleaned in silence: an empty line or a space
  at the edge of a cell is an error.
- Ids are letters without accents, digits, `-` and `_`, beginning with a letter or digit, at most
  64 characters. They become parts of file names, so that two that differ only in case are refused.
- Every sample stands in both sheets. Every file is given once.
- File names are letters, digits and `/._+=@%:-`.
"""


def config_page() -> str:
    """Return the text of config/README.md."""
    rows = [
        (f"`{'.'.join(path)}`", _default(field), allowed(field), field.description or "")
        for path, field in leaves(Settings)
    ]
    return CONFIG_PAGE.format(
        settings=_table(("key", "default", "takes", "meaning"), rows),
        lanes=_columns(columns_of(Lane)),
        people=_columns(columns_of(Person)),
    )


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
