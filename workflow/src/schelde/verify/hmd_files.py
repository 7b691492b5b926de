"""Files of the harmonised minimal dataset as checks read them, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schelde.verify.json_values import mapping
from schelde.verify.rule import Bundle


@dataclass(frozen=True)
class Entry:
    """One record of a file of HMD, with what is not of the right type left out."""

    items: Mapping[str, Any] = field(default_factory=dict)
    of: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None

    def text(self, name: str) -> str | None:
        """Return an item that is text."""
        value = self.items.get(name)
        return value if isinstance(value, str) else None

    def owner(self, name: str) -> str | None:
        """Return the record of another class that this one belongs to."""
        value = self.of.get(name)
        return value if isinstance(value, str) else None

    def code(self, name: str) -> str | None:
        """Return the code of an item that has one."""
        value = self.items.get(name)
        code = value.get("code") if isinstance(value, dict) else None
        return code if isinstance(code, str) else None


def entries_of(bundle: Bundle, path: str) -> Iterator[Entry]:
    """Yield the records of a file of HMD."""
    document = bundle.json(path)
    records = document.get("records") if isinstance(document, dict) else None
    for record in records if isinstance(records, list) else ():
        if isinstance(record, dict):
            name = record.get("id")
            yield Entry(
                mapping(record.get("items")),
                mapping(record.get("of")),
                name if isinstance(name, str) else None,
            )
