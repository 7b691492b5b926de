"""What Slurm's accounting remembers of a job that ended."""

from __future__ import annotations

import pwd
import re
import subprocess
import time
from dataclasses import dataclass

LIMIT_S = 5
"""Longest that a run waits for an answer; a busy slurmdbd may need minutes."""

REST_S = 60
"""How long nothing is asked after no answer came: a thousand failures must not wait each."""

FIELDS = "State,MaxRSS,NodeList"
UNITS = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}
"""MiB of a unit of sacct's MaxRSS."""


@dataclass(frozen=True)
class Account:
    """What is remembered of a job: names empty and MiB 0 where nothing is."""

    cancelled_by: str = ""
    peak_mib: int = 0
    nodes: str = ""


class Accounting:
    """Slurm's accounting; where it gives no answer it is left alone for a while."""

    def __init__(self) -> None:
        self.not_before = 0.0

    def ask(self, job: str) -> Account:
        """Return what sacct knows of a job; nothing when there is no sacct or no answer in time."""
        if time.monotonic() < self.not_before:
            return Account()
        command = ["sacct", "--jobs", job, "--parsable2", "--noheader", f"--format={FIELDS}"]
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            self.not_before = time.monotonic() + REST_S
            return Account()
        return read_account(ended.stdout)


ACCOUNTING = Accounting()


def read_account(text: str) -> Account:
    """Read the lines of sacct for one job and its steps, ``State|MaxRSS|NodeList``.

    >>> read_account("CANCELLED by 0||n1\\nCANCELLED|2048K|n1")
    Account(cancelled_by='root', peak_mib=2, nodes='n1')
    """
    rows = [row.split("|") for row in text.splitlines() if row.count("|") == 2]
    by = next((m for state, _, _ in rows if (m := re.match(r"CANCELLED by (\d+)", state))), None)
    nodes = next((node for _, _, node in rows if node and node != "None assigned"), "")
    return Account(
        cancelled_by=_user(int(by[1])) if by else "",
        peak_mib=max((_mib(rss) for _, rss, _ in rows), default=0),
        nodes=nodes,
    )


def _mib(rss: str) -> int:
    """Return MiB of a size such as 2048K or 1.5G; 0 for none."""
    found = re.fullmatch(r"([\d.]+)([KMGT]?)", rss)
    if not found:
        return 0
    # sacct writes bytes without a unit.
    return round(float(found[1]) * UNITS[found[2]] if found[2] else float(found[1]) / 2**20)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user with number {uid}"
