"""What each rule reserved and what it used of that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from schelde.progress.usage import Usage
from schelde.sheet import Assay

HOUR_S = 3600


class Kind(NamedTuple):
    """Jobs that need alike: a rule and the assay of its samples, None for jobs of no one sample."""

    rule: str
    assay: Assay | None

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        return f"{self.rule} of exomes" if self.assay is Assay.WES else self.rule


@dataclass(frozen=True)
class RuleUse:
    """The jobs of one kind, added up.

    ``jobs`` that ended well, ``failed`` attempts. Asked in a first attempt, the most of all jobs:
    ``threads``, ``mem_mb`` MiB, ``minutes``. Used by jobs that ended well: ``threads_used`` (CPU
    seconds by seconds), ``peak_mb`` and ``p95_mb`` MiB (95 of 100 jobs needed less),
    ``longest_min``. ``sampled`` and ``cpu_known``: whether memory and CPU of any job can be
    believed. ``core_h`` core-hours reserved; ``unknown_h`` those of them whose use nobody knows;
    ``waste_h`` those that were not used: all of a failed attempt, and of others what the CPU
    seconds leave.
    """

    kind: Kind
    jobs: int
    failed: int
    threads: int
    threads_used: float | None
    mem_mb: int | None
    peak_mb: float | None
    p95_mb: float | None
    sampled: bool
    cpu_known: bool
    minutes: int | None
    longest_min: float | None
    core_h: float
    unknown_h: float
    waste_h: float

    @property
    def wasted(self) -> float | None:
        """Share of core-hours that were not used, of those whose use is known."""
        known = self.core_h - self.unknown_h
        return self.waste_h / known if known > 0 else None


def by_kind(jobs: Iterable[Usage], assays: Mapping[str, Assay]) -> dict[Kind, list[Usage]]:
    """Sort jobs by kind; samples that are not in the sheet count as genomes."""
    kinds: dict[Kind, list[Usage]] = {}
    for job in jobs:
        assay = None if job.sample is None else assays.get(job.sample, Assay.WGS)
        kinds.setdefault(Kind(job.rule, assay), []).append(job)
    return kinds


def use_of(kind: Kind, jobs: Sequence[Usage]) -> RuleUse:
    """Add up the jobs of one kind."""
    done = [job for job in jobs if job.done]
    peaks = [job.peak_mb for job in done if job.peak_mb is not None]
    walls = [job.wall_s for job in done if job.wall_s is not None]
    return RuleUse(
        kind=kind,
        jobs=len(done),
        failed=len(jobs) - len(done),
        threads=max(job.threads for job in jobs),
        threads_used=_threads_used(done),
        mem_mb=_first([(job.mem_mb, job.attempt) for job in jobs]),
        peak_mb=max(peaks, default=None),
        p95_mb=nearest_rank(peaks, 0.95),
        sampled=any(job.sampled for job in done),
        cpu_known=any(job.cpu_known for job in done),
        minutes=_first([(job.minutes, job.attempt) for job in jobs]),
        longest_min=max(walls) / 60 if walls else None,
        core_h=sum(job.reserved_s or 0 for job in jobs) / HOUR_S,
        unknown_h=sum(job.reserved_s or 0 for job in jobs if not _known(job)) / HOUR_S,
        waste_h=sum(map(_wasted_s, filter(_known, jobs))) / HOUR_S,
    )


def _threads_used(done: Iterable[Usage]) -> float | None:
    """Return CPU seconds by seconds over jobs whose CPU is known, else over all with both."""
    measured = [job for job in done if job.cpu_s is not None and job.wall_s]
    believed = [job for job in measured if job.cpu_known] or measured
    wall_s = sum(job.wall_s or 0 for job in believed)
    return sum(job.cpu_s or 0 for job in believed) / wall_s if wall_s else None


def _first(asked: Iterable[tuple[int | None, int]]) -> int | None:
    """Return the most that was asked in first attempts, or as first as is known."""
    known = [(attempt, number) for number, attempt in asked if number is not None]
    first = min(known, default=(1, None))[0]
    return max((number // first for attempt, number in known if attempt == first), default=None)


def _known(job: Usage) -> bool:
    """Whether a job's use of CPU is known; what a failed attempt did is lost in any case."""
    return not job.done or job.cpu_known


def _wasted_s(job: Usage) -> float:
    used = job.cpu_s or 0.0 if job.done else 0.0
    return max((job.reserved_s or 0.0) - used, 0.0)


def nearest_rank(numbers: Sequence[float], share: float) -> float | None:
    """Return the least number that ``share`` of all do not exceed; None of none.

    >>> nearest_rank([4, 1, 3, 2], 0.5), nearest_rank([7], 0.95)
    (2, 7)
    """
    if not numbers:
        return None
    return sorted(numbers)[math.ceil(share * len(numbers)) - 1]
