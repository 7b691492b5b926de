"""Lines of progress: file, share and speed; no host, and no names but those of the bundle."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Tell = Callable[[str], None]

EVERY = 10.0
"""Seconds between two lines about a file."""
MB = 1_000_000


def on_stderr(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def size_text(size: int) -> str:
    """Return bytes in a unit that reads well.

    >>> size_text(1_250_000_000), size_text(31)
    ('1.25 GB', '31 B')
    """
    for unit, name in ((1_000 * MB, "GB"), (MB, "MB"), (1_000, "kB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} B"


class Meter:
    """Counts the bytes of one file. ``sent``: bytes that went over the network, in all attempts."""

    def __init__(self, name: str, size: int, tell: Tell) -> None:
        self.sent = 0
        self._name, self._size, self._tell = name, size, tell
        self._there = 0
        self._began = self._told = time.monotonic()

    def begin(self) -> None:
        """Begin an attempt."""
        self._there = 0

    def add(self, size: int, now: bool) -> None:
        """Count bytes; ``now``: they were sent, and not there before this attempt."""
        if not now and self._there == 0:
            self._tell(f"{self._name}: going on after {size_text(size)}")
        self._there += size
        self.sent += size if now else 0
        if time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            share = 100 * self._there / self._size if self._size else 100
            self._tell(f"{self._name}: {share:.0f} % of {size_text(self._size)}, {self._speed()}")

    def end(self) -> None:
        """Tell that the file is there and proved."""
        self._tell(f"{self._name}: {size_text(self._size)} sent and proved, {self._speed()}")

    def _speed(self) -> str:
        seconds = max(time.monotonic() - self._began, 1e-3)
        return f"{self.sent / seconds / MB:.1f} MB/s"
