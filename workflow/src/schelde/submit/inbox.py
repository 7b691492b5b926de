"""What an inbox does for us, whichever kind it is, and how it fails."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schelde.joblog import JobError
from schelde.submit.items import Item

Sent = Callable[[int, bool], None]
"""Called after each part with its bytes, and whether they were sent now or were there before."""


class SubmitError(JobError):
    """A bundle that did not arrive; its text says how to go on."""


class RefusedError(SubmitError):
    """The inbox answered, and said no: trying again changes nothing."""


class LostError(Exception):
    """The connection broke, or no server is there: worth another try. Names no host."""


@dataclass(frozen=True)
class Remote:
    """A file at the inbox. ``mark`` changes when its bytes do: ETag, or time of the last change."""

    size: int
    mark: str | None


@dataclass(frozen=True)
class Proof:
    """That the bytes of a file are at the inbox: what is there, and how it was proved."""

    remote: Remote
    how: str


class Inbox(Protocol):
    """An inbox. Every method raises `LostError` or `RefusedError`; UserError if login fails."""

    async def open(self) -> None:
        """Log in."""

    async def close(self) -> None:
        """Log out, and stop what is under way."""

    async def look(self, name: str) -> Remote | None:
        """Return what is at the inbox under the name of a file of the bundle; None if nothing."""

    async def prove(self, item: Item, remote: Remote) -> Proof | None:
        """Prove what is at the inbox already; None if its bytes are not those of ``item``."""

    async def send(self, item: Item, sent: Sent) -> Proof:
        """Send a file, from where an earlier attempt ended, and prove what arrived."""


def reason(error: OSError) -> str:
    """Return why a connection failed, without the address that Python's own text has."""
    if isinstance(error, socket.gaierror):
        return "no address is known for the host"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno) if error.errno else "the connection broke"


def read_block(path: Path, offset: int, size: int) -> bytes:
    """Return ``size`` bytes of a file at ``offset``, 0-based; SubmitError if they are not there."""
    try:
        with path.open("rb") as handle:
            handle.seek(offset)
            block = handle.read(size)
    except OSError as error:
        raise SubmitError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(block) != size:
        raise SubmitError(f"{path.name} became shorter while it was sent; verify the bundle again")
    return block
