"""Why a job failed, and what to do about it, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "memory", "time", "cancelled", "node", "disk", "submission", "tool", "input", "unknown"
]


@dataclass(frozen=True)
class Reason:
    """``what`` happened and ``advice`` are sentences; ``log`` is the file that tells more."""

    kind: Kind
    what: str
    advice: str
    log: str | None = None
