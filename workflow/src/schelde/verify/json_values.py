"""JSON values of a type that is asked for, whatever a document holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
