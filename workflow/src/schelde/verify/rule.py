"""What a check of a bundle is, and the bundle as checks see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schelde.bundle.record import RECORD, Record


class UnreadableError(Exception):
    """A file that a rule needs cannot be used; the rule fails with this file and reason."""

    def __init__(self, file: str, why: str) -> None:
        self.file = file
        self.why = why
        super().__init__(f"{file}: {why}")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong: in which file of the bundle (path from its top), and what."""

    file: str
    message: str


@dataclass(frozen=True)
class Rule:
    """One check. ``check`` yields a finding for everything wrong; none means that it passed.

    ``id``: short, such as 'files.checksums'. ``proves``: one sentence, said when it passed, without
    capital and full stop, so that it can stand after a name.
    ``needs_key``: it reads the plain files, so that without a key it is left out (and said so).
    ``applies``: whether the bundle has what it is about, such as a national package.
    """

    id: str
    proves: str
    check: Callable[[Bundle], Iterable[Finding]]
    needs_key: bool = False
    applies: Callable[[Bundle], bool] = lambda _: True


@dataclass
class Bundle:
    """An open bundle. ``key``: 32 secret bytes of a recipient, when given.

    ``kept``: what rules worked out and others ask for again, by name.
    """

    root: Path
    key: bytes | None = field(default=None, repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def path(self, name: str) -> Path:
        """Return where a file of the bundle lies; `UnreadableError` if it is not there."""
        path = self.root / name
        if not path.is_file():
            raise UnreadableError(name, "this file is missing")
        return path

    def bytes(self, name: str) -> bytes:
        """Return the bytes of a document."""
        return self.path(name).read_bytes()

    def text(self, name: str) -> str:
        """Return the text of a document; `UnreadableError` if it is not UTF-8."""
        try:
            return self.bytes(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableError(name, f"this is not UTF-8 (byte {error.start})") from error

    def json(self, name: str) -> Any:  # noqa: ANN401 - whatever the document holds
        """Return a JSON document; `UnreadableError` if it is none."""
        try:
            return json.loads(self.text(name))
        except json.JSONDecodeError as error:
            raise UnreadableError(name, f"this is not JSON (line {error.lineno})") from error
        except RecursionError as error:
            raise UnreadableError(name, "this is nested too deeply") from error

    def names(self, pattern: str) -> list[str]:
        """Return paths that match a glob, from the top, sorted."""
        found = (path for path in self.root.glob(pattern) if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in found)

    @cached_property
    def record(self) -> Record:
        """The bundle's record; `UnreadableError` if it is none."""
        try:
            return Record.from_json(self.bytes(RECORD))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise UnreadableError(RECORD, f"{where}: {first['msg']}") from error
