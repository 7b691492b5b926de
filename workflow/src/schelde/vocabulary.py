"""Words that a sheet may hold: countries, terms of the archive (EGA) and of 1+MG (HMD)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

RESOURCES = Path(__file__).parents[3] / "resources"
"""The package runs from its checkout, which holds resources/."""

UNSPECIFIED = "unspecified"
"""A model of several platforms at EGA: 'some instrument of this platform'."""


@cache
def countries() -> Mapping[str, str]:
    """Return English names by code of two letters (ISO 3166-1)."""
    lines = (RESOURCES / "countries.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {code: name for code, name in rows if code != "code"}


@cache
def ega_terms() -> Mapping[str, Any]:
    """Return what resources/ega.yaml holds of EGA's vocabularies."""
    found: Mapping[str, Any] = yaml.safe_load((RESOURCES / "ega.yaml").read_text(encoding="utf-8"))
    return found


@cache
def hmd_terms() -> Mapping[str, Any]:
    """Return the tables of resources/hmd.yaml: words about samples, and their codes."""
    found: Mapping[str, Any] = yaml.safe_load((RESOURCES / "hmd.yaml").read_text(encoding="utf-8"))
    return found


@cache
def sample_words(table: str) -> tuple[str, ...]:
    """Return the words of a table of resources/hmd.yaml that stand for a code.

    >>> sample_words("sites")[:3]
    ('blood', 'Blood', 'bone marrow')
    """
    rows = hmd_terms()[table]
    if isinstance(rows, dict):
        return tuple(rows.values())
    return tuple(row[key] for row in rows for key in ("name", "label") if key in row)


@cache
def instruments() -> tuple[str, ...]:
    """Return the models of instruments, as EGA names them."""
    models = (model for platform in ega_terms()["instruments"].values() for model in platform)
    return tuple(dict.fromkeys(models))


@cache
def library_selections() -> tuple[str, ...]:
    """Return how the DNA of a library may have been selected, as EGA names it."""
    return tuple(ega_terms()["library_selections"])


@cache
def study_types() -> tuple[str, ...]:
    """Return the types of studies that EGA knows."""
    return tuple(ega_terms()["study_types"])
