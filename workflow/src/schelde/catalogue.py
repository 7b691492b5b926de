"""The catalogue of metrics: what each number of quality control is, its unit, and its source."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

Value = float | int | str | bool | None
"""The value of a metric; None where it was not measured."""

Type = Literal["integer", "number", "boolean", "text"]

CATALOGUE = Path(__file__).parents[3] / "resources" / "metrics.yaml"
"""The package runs from its checkout, which holds resources/."""


INTRODUCTION = (
    "Written from `resources/metrics.yaml` by `python -m schelde.catalogue > docs/metrics.md`.",
    "Percentages run from 0 to 100, contamination and CHARR from 0 to 1. A number that was not",
    "measured or does not exist is null, never 0.",
)


class CatalogueError(ValueError):
    """A catalogue that is not as it must be; it ships with the code, so no user can mend it."""


@dataclass(frozen=True)
class Metric:
    """One number, word or yes-or-no about a sample.

    ``unit``: empty for counts, ratios and words; ``%`` runs from 0 to 100. ``digits``: decimals
    that are kept, None for what is no number. ``group``: part of the catalogue, in its order.
    """

    id: str
    title: str
    type: Type
    unit: str
    digits: int | None
    group: str
    description: str
    source: str

    def rounded(self, value: Value) -> Value:
        """Return a value with the decimals of this metric; words and None as they are.

        >>> depth = Metric("x", "X", "number", "x", 2, "g", "d", "s")
        >>> depth.rounded(30.126), depth.rounded(None)
        (30.13, None)
        """
        if self.digits is None or value is None or isinstance(value, str | bool):
            return value
        # Rounding is that of C's printf, by which the reference implementations print.
        return round(value, self.digits) if self.digits else round(value)

    def accepts(self, value: object) -> bool:
        """Whether a value is of the type of this metric; a whole number is a number too."""
        if self.type == "boolean":
            return isinstance(value, bool)
        if self.type == "text":
            return isinstance(value, str)
        return isinstance(value, int | float) and not isinstance(value, bool)


def read_catalogue(path: Path) -> dict[str, Metric]:
    """Read a catalogue: YAML of groups, each a list of metrics with the fields of `Metric`.

    The order of the file is kept. Raises `CatalogueError` for the first entry that is not whole.
    """
    found: dict[str, Metric] = {}
    wanted = {field.name for field in fields(Metric)} - {"group"}
    for group, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        for entry in entries:
            if set(entry) != wanted:
                raise CatalogueError(f"{path}: a metric has {sorted(entry)}, not {sorted(wanted)}")
            if entry["type"] not in get_args(Type):
                raise CatalogueError(f"{path}: '{entry['id']}' has the type '{entry['type']}'")
            if (entry["digits"] is None) != (entry["type"] in ("boolean", "text")):
                raise CatalogueError(f"{path}: '{entry['id']}' has digits {entry['digits']}")
            if entry["id"] in found:
                raise CatalogueError(f"{path}: '{entry['id']}' is there twice")
            kind = cast(Type, entry["type"])
            found[entry["id"]] = Metric(**{**entry, "type": kind, "group": group})
    return found


@cache
def metrics() -> Mapping[str, Metric]:
    """Return the catalogue of this checkout, by id."""
    return read_catalogue(CATALOGUE)


def metrics_page() -> str:
    """Return docs/metrics.md: all metrics, a table for each group."""
    known = list(metrics().values())
    lines = ["# All metrics", "", *INTRODUCTION]
    for group in dict.fromkeys(metric.group for metric in known):
        lines += ["", f"## {group}", "", "| id | unit | decimals | what | source |"]
        lines.append("|---|---|---|---|---|")
        for each in (metric for metric in known if metric.group == group):
            unit = each.unit or ("" if each.digits is not None else each.type)
            digits = "" if each.digits is None else each.digits
            lines.append(
                f"| `{each.id}` | {unit} | {digits} | {each.description} | {each.source} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
