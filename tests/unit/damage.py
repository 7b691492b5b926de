"""Ways to damage a JSON document in one place, for tests of checks."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from schelde.verify.report import Status
from schelde.verify.rule import Rule
from schelde.verify.run import verify

HOSTILE: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [None], {"": 0})
"""Values that no check may end in a traceback for, wherever they stand."""

MALFORMED = ("", "null", "[]", "{}", "3", '"x"', "[null]", "{")
"""Texts of documents that hold nothing that a check could use."""


def places(
    document: Any, at: tuple[str | int, ...] = (), *, items: int | None = 1
) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value, itself first; to ``items`` of a list, to all with None."""
    yield at
    if isinstance(document, dict):
        inner: Any = document.items()
    else:
        inner = enumerate(document[:items]) if isinstance(document, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key), items=items)


def change(root: Path, name: str, how: Callable[[Any], object]) -> None:
    """Change a JSON document in place."""
    document = json.loads((root / name).read_text())
    how(document)
    (root / name).write_text(json.dumps(document))


def tried(root: Path, name: str, document: Any, rules: Sequence[Rule]) -> int:
    """Check a bundle with every value of a document replaced; return how often that was done."""
    number = 0
    for at in places(document):
        for value in HOSTILE:
            (root / name).write_text(json.dumps(replaced(document, at, value)))
            statuses = {each.status for each in verify(root, rules=rules).outcomes}
            assert statuses <= {Status.PASSED, Status.FAILED}
            number += 1
    return number


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
