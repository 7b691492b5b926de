"""Work on the bytes of a file in several threads at once, each kind of work in its own order.

hashlib and cryptography let go of the interpreter while they work, so threads use all cores.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from schelde.bundle.record import Checksums

BATCH = 1 << 20
"""Bytes that are read at once: large enough that Python's own time does not count, small enough
that a batch stays in the cache of the processor while it is digested and encrypted."""

AHEAD = 8
"""Steps that may wait in a lane: they bound the memory, whatever lane is the slowest."""


class Lane:
    """One thread that takes steps in the order in which they were given.

    An exception of a step is raised by the next `put` that has to wait, or at the end.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[Any]] = deque()

    def put(self, step: Callable[..., object], *values: object) -> None:
        """Have a step taken after all earlier ones; wait while too many are."""
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(step, *values))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=error is not None)
        while self._waiting and error is None:
            self._waiting.popleft().result()


class Digester:
    """MD5, SHA-256 and size of bytes that come batch by batch, each digest in a lane of its own."""

    def __init__(self, md5: Lane, sha256: Lane) -> None:
        self._md5, self._sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        self._lanes = md5, sha256
        self.size = 0

    def add(self, data: bytes | bytearray | memoryview) -> None:
        """Take more bytes; they must not change afterwards."""
        self.size += len(data)
        self._lanes[0].put(self._md5.update, data)
        self._lanes[1].put(self._sha256.update, data)

    def checksums(self) -> Checksums:
        """Return the checksums; only after the lanes have ended."""
        return Checksums(md5=self._md5.hexdigest(), sha256=self._sha256.hexdigest())
