"""Which disk is full, from what a tool said when it could write no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

SIGNS = re.compile(r"^.*(?:No space left on device|Disk quota exceeded|ENOSPC|EDQUOT).*$", re.M)
"""Texts of errno 28 and 122 (`strerror`)."""
QUOTA = re.compile(r"quota|EDQUOT")
QUOTED = re.compile(r"""["'`]([^"'`]*/[^"'`]*)["'`]""")
BARE = re.compile(r"(?<![\w.])((?:/|\.{0,2}[\w.-]+/)[\w./+-]*)")


@dataclass(frozen=True)
class FullDisk:
    """``folder`` is what could not be written to, in words where no path was told."""

    folder: str
    quota: bool
    log: str | None


def full_disk(text: str, log: str | None) -> FullDisk | None:
    """Return the disk that a text says is full, None if it says nothing of that.

    >>> full_disk("OSError: [Errno 28] No space left on device: '/scratch/x/sort.0.bam'", None)
    FullDisk(folder='/scratch/x', quota=False, log=None)
    """
    lines = SIGNS.findall(text)
    if not lines:
        return None
    # Most tools name the file; of several, the first was the one that failed.
    paths = [path for line in lines if (path := _path(line))]
    folder = str(PurePosixPath(paths[0]).parent) if paths else "results/ or of the scratch folder"
    return FullDisk(folder, any(QUOTA.search(line) for line in lines), log)


def _path(line: str) -> str:
    for pattern in (QUOTED, BARE):
        if found := pattern.search(line):
            return found[1]
    return ""
