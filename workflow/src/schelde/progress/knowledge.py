"""What is known of a run beside its own events: gathered once, then used for every look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schelde.progress.eta import outlook_of
from schelde.progress.state import RunState
from schelde.progress.summary import Summary, summary_of
from schelde.progress.usual import (
    RATES,
    SITE_RATES,
    Measured,
    benchmarked,
    rates_of,
    read_rates,
    threads_by_rule,
    took_by_rule,
    usual_by_rule,
)

ROOT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Knowledge:
    """Cores that rules ask for, rates, and times of earlier runs and benchmarks, by rule."""

    threads: Mapping[str, int]
    rates: Mapping[str, Mapping[str, Any]]
    before: Measured
    benchmarks: Mapping[str, Sequence[float]]

    @classmethod
    def of(cls, folder: Path, rules: Iterable[str], earlier: Iterable[RunState]) -> Knowledge:
        """Gather what a folder tells of the rules of a run."""
        before = took_by_rule(earlier)
        return cls(
            threads=threads_by_rule(ROOT / "config" / "jobs.yaml"),
            rates=read_rates(ROOT / RATES, folder / SITE_RATES),
            before=before,
            benchmarks=benchmarked(folder, [rule for rule in rules if rule not in before]),
        )


def summarise(run: RunState, known: Knowledge, now: float) -> Summary:
    """Return what is shown of a run at a moment, with an outlook."""
    usual = usual_by_rule(
        run.planned,
        took_by_rule([run]),
        known.before,
        known.benchmarks,
        rates_of(run.planned, known.rates, known.threads, run.cores),
    )
    return summary_of(run, usual, outlook_of(run, usual, known.threads, now), now)
