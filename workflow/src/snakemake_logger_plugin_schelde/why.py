"""Why a job failed, as a mapping for the event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schelde.cluster.reasons import Reason, reason_of


def why(
    rule: str,
    message: str,
    logs: list[Path],
    asked: Mapping[str, int | str],
    external: str | None,
) -> Mapping[str, Any]:
    """Return the reason of `schelde.cluster.reasons`; where it breaks, what Snakemake said."""
    try:
        return asdict(reason_of(rule, message, logs, asked, external))
    except Exception as error:  # a fault in finding the reason must not hide the failure itself
        what = f"{message or f'{rule} failed'} (no reason was found: {error})"
        log = next((str(log) for log in logs if log.exists()), None)
        return asdict(Reason("unknown", what, "Read its log.", log))
