"""All inputs of a run, read once: settings, sheets, assembly."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import schelde.assembly as assemblies
from schelde.assembly import Assembly
from schelde.config import Settings
from schelde.sheet import Assay, Lane, Person, Sex, Sheet

DEFAULT_CONFIG = Path("config/config.yaml")


@dataclass(frozen=True)
class Inputs:
    """What a run is made from."""

    settings: Settings
    sheet: Sheet
    assembly: Assembly


def load(
    overrides: Mapping[str, object],
    files: Sequence[Path],
    *,
    workflow_dir: Path,
    thorough: bool,
    tools_on_path: bool = True,
) -> Inputs:
    """Read and check all inputs; raise `UserError` with every problem of every input."""
    values: dict[str, Any] = {}
    for file in files or [DEFAULT_CONFIG]:
        values = _laid_over(values, yaml.safe_load(Path(file).read_text(encoding="utf-8")))
    settings = Settings.model_validate(_laid_over(values, overrides))
    lanes = tuple(
        Lane(
            **{
                key: tuple(cell.split(",")) if key in ("fq1", "fq2") else cell
                for key, cell in row.items()
                if cell
            },
            line=number,
        )
        for number, row in enumerate(_rows(settings.lanes), start=2)
    )
    people = tuple(
        Person(
            **{
                **{key: cell or None for key, cell in row.items()},
                "assay": Assay(row["assay"]),
                "sex": Sex(row["sex"]),
            },
            line=number,
        )
        for number, row in enumerate(_rows(settings.people), start=2)
    )
    name = settings.reference.assembly
    shipped = workflow_dir / "resources" / "assemblies" / f"{name}.yaml"
    path = shipped if shipped.exists() else Path(name)
    return Inputs(settings, Sheet(people, lanes), assemblies.read_assembly(path))


def _rows(path: str) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _laid_over(old, value) if both else value
    return merged
