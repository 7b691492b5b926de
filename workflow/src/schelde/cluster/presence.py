"""Whether another living run works in the same folder."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

FILE = Path(".snakemake/schelde.lock")

_held: list[IO[str]] = []


def is_alone(folder: Path) -> bool:
    """Make this process known in a folder until it ends; tell whether no other one is there.

    Snakemake's own locks do not tell: the end of any run removes those of all runs, and a killed
    run leaves its own. The kernel forgets this one with the process, on a shared disk too where
    that has locks; where it has none, every run counts as alone.
    """
    file = folder / FILE
    file.parent.mkdir(exist_ok=True)
    handle = file.open("a")
    _held.append(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except BlockingIOError:
        alone = False
    except OSError:
        return True
    # Shared from here on, so that many can be there and none is ever the last one's only sign.
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return alone
    return alone
