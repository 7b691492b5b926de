"""How long jobs of a rule usually take: measured in this run or before, else by shipped rates.

A rule that was never measured here takes by resources/rates.yaml a fixed time and more for each Gb
of its lane, sample or reference. How many Gb these have is not looked up: it is what makes the
rates agree with the jobs that were measured, the sum of whose times is fitted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any, Literal

import yaml

from schelde.cluster.used import ALIGN
from schelde.progress.stages import LAST_OF_SAMPLE
from schelde.progress.state import RunState

Source = Literal["this run", "earlier runs", "benchmarks", "rates"]

RATES = Path("resources/rates.yaml")
SITE_RATES = Path("config/rates.yaml")
CHOICES = {
    "index_bwa": "bwa",
    "index_bwamem2": "bwa-mem2",
    "index_minibwa": "minibwa",
    "call_piece_gatk": "gatk",
    "call_piece_bcftools": "bcftools",
    "call_piece_freebayes": "freebayes",
    "call_piece_pairhmm": "pairhmm",
    "call_piece_deepvariant": "deepvariant",
    "call_piece_parabricks": "gatk",
}
"""What a planned rule tells of the tools that were chosen: some rates are a tool's."""

COMPARED = 5
"""So many jobs of this run must be of rules that ran before, to say how fast it is beside those."""


@dataclass(frozen=True)
class Usual:
    """Seconds of one job of a rule: the mean, and what a low and a high mean would be."""

    seconds: float
    low: float
    high: float
    source: Source


@dataclass(frozen=True)
class Rate:
    """Seconds of a job: ``fixed``, and ``each`` for each unit of what it grows with (``of``)."""

    of: str
    fixed: float
    each: float
    low: float
    high: float


@dataclass(frozen=True)
class Took:
    """Seconds of one job as the run saw it, and by its benchmark."""

    seen: float
    own: float | None


Measured = Mapping[str, Sequence[Took]]


def read_rates(*files: Path) -> dict[str, Mapping[str, Any]]:
    """Read the rates of rules; of two files the later one's stand. A file may be missing."""
    rules: dict[str, Mapping[str, Any]] = {}
    for file in files:
        if file.is_file():
            rules |= (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("rules") or {}
    return rules


def threads_by_rule(file: Path) -> dict[str, int]:
    """Read how many cores each rule asks for from config/jobs.yaml; no file: nothing."""
    if not file.is_file():
        return {}
    entries = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return {rule: entry.get("threads", 1) for rule, entry in entries.items()}


def took_by_rule(runs: Iterable[RunState]) -> dict[str, list[Took]]:
    """Return the times of all jobs that runs finished, by rule."""
    found: dict[str, list[Took]] = {}
    for run in runs:
        for attempt in run.tries:
            if attempt.outcome == "done" and (took := attempt.took) is not None:
                found.setdefault(attempt.rule, []).append(Took(took, attempt.seconds))
    return found


def benchmarked(folder: Path, rules: Iterable[str]) -> dict[str, list[float]]:
    """Return the seconds in benchmarks/<rule>/*.tsv, of at most a hundred files of a rule."""
    found: dict[str, list[float]] = {}
    for rule in rules:
        for file in sorted((folder / "benchmarks" / rule).glob("*.tsv"))[:100]:
            with file.open(encoding="utf-8", newline="") as handle:
                rows = list(csv.DictReader(handle, delimiter="\t"))
            found.setdefault(rule, []).extend(float(row["s"]) for row in rows if row.get("s"))
    return {rule: seconds for rule, seconds in found.items() if seconds}


def _pace(here: Measured, before: Measured) -> float:
    """How much longer the same jobs take here than before; 1 while too few can be compared."""
    shared = [rule for rule in here if rule in before]
    now = sum(sum(t.seen for t in here[rule]) for rule in shared)
    then = sum(len(here[rule]) * mean(t.seen for t in before[rule]) for rule in shared)
    enough = sum(len(here[rule]) for rule in shared) >= COMPARED
    return now / then if enough and then > 0 else 1.0


def _measured(took: Sequence[Took], source: Source, pace: float) -> Usual:
    """The mean of what was measured, and where it lies by the middle half of the values."""
    seconds = [pace * each.seen for each in took]
    centre = mean(seconds)
    if len(seconds) < 3:
        return Usual(centre, 0.75 * centre, 1.35 * centre, source)
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    return Usual(centre, min(low, 0.9 * centre), max(high, 1.1 * centre), source)


def _rate(entry: Mapping[str, Any], threads: int, sizes: Mapping[str, float]) -> Rate:
    width = min(threads, entry.get("usable", 1))
    return Rate(
        of="genome" if entry["of"] == "genome" else "sample",
        fixed=entry.get("fixed_s", 0.0),
        each=entry.get("per_gb_cpu_s", 0.0) * sizes[entry["of"]] / width,
        low=entry.get("low", 0.7),
        high=entry.get("high", 1.5),
    )


def _sizes(planned: Mapping[str, int]) -> dict[str, float]:
    """What rates grow with, for samples of 1 Gb and a reference of 1 Gb."""
    samples = max((planned.get(rule, 0) for rule in LAST_OF_SAMPLE.values()), default=0) or 1
    of_lane = ("prove_lane", *(rules[0] for rules in ALIGN.values()))
    lanes = max(samples, *(planned.get(rule, 0) for rule in of_lane))
    called = sum(number for rule, number in planned.items() if rule.startswith("call_piece_"))
    pieces = called / samples if called else 1
    return {
        "genome": 1.0,
        "sample": 1.0,
        "lane": samples / lanes,
        "piece": 1 / max(1, pieces),
        "run": float(samples),
        "samples": 0.0,  # seconds for a thousand samples: its fixed time is all
    }


def rates_of(
    planned: Mapping[str, int],
    entries: Mapping[str, Mapping[str, Any]],
    threads: Mapping[str, int],
    cores: int | None,
) -> dict[str, Rate]:
    """Return the rate of each planned rule that has one, on so many cores (None: a cluster)."""
    sizes = _sizes(planned)
    chosen = [choice for rule, choice in CHOICES.items() if planned.get(rule)] + ["bwa"]
    found = {}
    for rule in planned:
        names = [f"{rule}/{choice}" for choice in chosen] + [rule]
        entry = next((entries[name] for name in names if name in entries), None)
        if entry is not None:
            width = threads.get(rule, 1)
            found[rule] = _rate(entry, min(width, cores) if cores else width, sizes)
    return found


def _fit(measured: Measured, rates: Mapping[str, Rate], of: str) -> float | None:
    """Return the Gb with which rates give the sum of the measured times; None if none tells."""
    seconds = units = 0.0
    for rule, took in measured.items():
        rate = rates.get(rule)
        if rate is not None and rate.of == of and rate.each:
            for each in took:
                seconds += (each.seen if each.own is None else each.own) - rate.fixed
                units += rate.each
    return max(0.0, seconds) / units if units else None


def _overhead(*sources: Measured) -> float:
    """Seconds that the run holds a place for a job longer than the job's benchmark counts."""
    around = [
        took.seen - took.own
        for measured in sources
        for times in measured.values()
        for took in times
        if took.own is not None
    ]
    return max(0.0, median(around)) if around else 0.0


def usual_by_rule(
    planned: Mapping[str, int],
    here: Measured,
    before: Measured,
    benchmarks: Mapping[str, Sequence[float]],
    rates: Mapping[str, Rate],
) -> dict[str, Usual]:
    """Return the usual time of each planned rule; of rules that nothing is known of, none.

    A rule takes what was measured in this run (``here``), else in runs ``before``, else in
    ``benchmarks``; what is not of this run is made longer or shorter as this run's jobs are than
    the same jobs were then. The others are by ``rates``.
    """
    overhead = _overhead(here, before)
    old = {rule: [Took(s + overhead, s) for s in times] for rule, times in benchmarks.items()}
    found: dict[str, Usual] = {}
    known: dict[str, Sequence[Took]] = {}
    sources: tuple[tuple[Source, Measured], ...] = (
        ("this run", here),
        ("earlier runs", before),
        ("benchmarks", old),
    )
    for source, measured in sources:
        pace = 1.0 if measured is here else _pace(here, measured)
        for rule, took in measured.items():
            if rule in planned and rule not in found:
                found[rule], known[rule] = _measured(took, source, pace), took
    sizes = {of: _fit(known, rates, of) for of in ("sample", "genome")}
    for rule, rate in rates.items():
        size = sizes[rate.of] if rate.each else 0.0
        if rule not in found and size is not None and known:
            guess = overhead + rate.fixed + rate.each * size
            found[rule] = Usual(guess, rate.low * guess, rate.high * guess, "rates")
    return found
