"""How Schelde writes JSON, and goes through it."""

from __future__ import annotations

import json
from collections.abc import Iterator


def json_text(document: object) -> str:
    r"""Return a JSON document as text: indented by one space, keys in their order, a line end.

    ValueError for NaN and infinity, which JSON does not have.

    >>> json_text({"b": "é", "a": None})
    '{\n "b": "é",\n "a": null\n}\n'
    """
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def nested(value: object) -> Iterator[object]:
    """Yield a JSON value and all values within it, in their order; keys are none.

    >>> list(nested([1, {"a": "b"}]))
    [[1, {'a': 'b'}], 1, {'a': 'b'}, 'b']
    """
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from nested(each)
