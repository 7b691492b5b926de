"""Ways to damage a JSON document in one place, for tests of checks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

HOSTILE: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [None], {"": 0})
"""Values that no check may end in a traceback for, wherever they stand."""


def places(document: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value of a document, itself first; of a list to its first one."""
    yield at
    if isinstance(document, dict):
        inner: Any = document.items()
    else:
        inner = enumerate(document[:1]) if isinstance(document, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def replaced(document: Any, at: tuple[str | int, ...], value: Any) -> Any:
    """Return a document with another value in one place."""
    if not at:
        return value
    changed = copy.deepcopy(document)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return changed
