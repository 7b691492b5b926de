"""New numbers for config/jobs.yaml, from what jobs needed.

A job that asks for too little is killed and runs again with twice as much, so that its first run is
lost; one that asks for too much keeps others from its node for as long as it runs. When n samples
are alike, the next one needs more than all of them with a probability of 1/(n + 1): few samples
need a wider margin. Of a peak P and a longest time T over the jobs of n whole samples

    mem_mb  = P * (1.2 + 0.8 / sqrt(n)), rounded up to 100     n = 1: x 2.0, 16: x 1.4, 100: x 1.28
    runtime = T * (2.0 + 1.0 / sqrt(n)), rounded up to 5       n = 1: x 3.0, 16: x 2.25

The square root is how fast the error of an estimate falls; 1.2 stays for what lies between two
looks at a job's memory and for samples deeper than those seen, 2.0 for nodes half as fast or a busy
disk. These are choices of ours, on the safe side. P holds `ENGINE_MB` for Snakemake where only a
benchmark measured it. Numbers are lowered only on enough data (`ENOUGH`); they are raised on any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde import paths
from schelde.progress.basis import Basis
from schelde.progress.efficiency import Kind, RuleUse
from schelde.progress.usage import Usage

ENOUGH = 3
"""Whole samples (`schelde.progress.basis.FULL_BASES`) from which numbers are lowered."""

ENGINE_MB = 300
"""MiB of the two Snakemakes that run beside a job on a cluster.

Slurm counted 125 and 121 MiB beside a job that used none, and up to 138 in other jobs.
"""

TIGHT = 1.2
"""A number is raised when the peak or the longest time comes nearer to it than this."""

WORTH = 0.1
"""Share by which a number must differ to be changed; else each run would change it a little."""

SORT_MB = 768
"""MiB of samtools sort for each thread, as `schelde.align.SORT_MEMORY`; small lanes need less."""

READS_MB = 1000
"""MiB of an aligner beside its index: batches of reads and their alignments (config/jobs.yaml)."""

OF_ALL = "needs grow with the genome or the number of samples"
TOO_FEW = "too few whole samples"
NOT_MEASURED = "no job was long enough to be measured"
FEWER_THREADS = "jobs had fewer threads than asked for, or nobody knows how many"

INDEXES = (paths.BWA_INDEX, paths.BWAMEM2_INDEX, paths.MINIBWA_INDEX)

TOLD_S = 60.0
"""Mean seconds of a rule's jobs from which the use of its threads is told: not of start-up."""


@dataclass(frozen=True)
class Measure:
    """How one number of config/jobs.yaml comes from what jobs needed.

    ``margin`` at any number of samples, and ``few`` times 1 / sqrt(samples) beside it. ``killed``:
    what a job was killed at is less than its need, nobody knows by how much; more attempts follow.
    Nothing is lowered below ``least``: Python and Snakemake themselves, a slow shared disk.
    """

    margin: float
    few: float
    killed: float
    least: int
    step: int


MEMORY = Measure(margin=1.2, few=0.8, killed=1.5, least=500, step=100)
MINUTES = Measure(margin=2.0, few=1.0, killed=2.0, least=10, step=5)


@dataclass(frozen=True)
class Need:
    """What jobs needed at most; the most at which one was killed; what fixed options need."""

    most: float
    killed: float
    fixed: float = 0.0


@dataclass(frozen=True)
class Numbers:
    """What jobs of one kind ask for by config/jobs.yaml: cores, MiB, minutes."""

    threads: int
    mem_mb: int
    runtime: int


@dataclass(frozen=True)
class Proposal:
    """What a kind of jobs should ask for, and why a number stays that looks too large."""

    mem_mb: int
    runtime: int
    kept: str = ""


def propose(
    kind: Kind,
    jobs: Sequence[Usage],
    now: Numbers,
    basis: Basis,
    folder: Path,
    *,
    force: bool = False,
) -> Proposal:
    """Return what a kind of jobs should ask for, given what they ask for ``now``.

    ``force``: take all samples for whole ones, and any number of them for enough.
    """
    known = [job for job in jobs if job.done and job.sampled]
    whole = [job for job in known if basis.full(job.sample) or (force and job.sample)]
    samples = len({job.sample for job in whole})
    kept = _kept(kind, whole, samples, now.threads, force=force)
    # In Java the peak follows the heap that it was given.
    peaks = [] if kind.rule in basis.java else [_memory(job) for job in known]
    memory = Need(
        max(peaks, default=0.0),
        _most(job.mem_mb for job in jobs if job.killed == "memory"),
        _fixed_mb(kind.rule, now.threads, folder),
    )
    minutes = Need(
        _most(job.wall_s for job in known) / 60,
        _most(job.minutes for job in jobs if job.killed == "time"),
    )
    return Proposal(
        _settle(now.mem_mb, memory, MEMORY, samples, may_lower=not kept),
        _settle(now.runtime, minutes, MINUTES, samples, may_lower=not kept),
        kept,
    )


def _settle(now: int, need: Need, measure: Measure, samples: int, *, may_lower: bool) -> int:
    """Raise a number that is too near to the need, or lower one that is far, if it is worth it."""
    least = need.most * TIGHT if need.killed <= need.most else need.killed * measure.killed
    margin = measure.margin + measure.few / math.sqrt(max(samples, 1))
    wanted = max(need.most * margin, least, need.fixed, measure.least)
    new = now
    if least > now:
        new = _up(least, measure.step)
    elif may_lower and need.most > 0 and wanted < now:
        new = min(_up(wanted, measure.step), now)
    return new if abs(new - now) > WORTH * now else now


def _kept(kind: Kind, whole: Sequence[Usage], samples: int, threads: int, *, force: bool) -> str:
    """Return why nothing is lowered, or ''."""
    if kind.assay is None:
        return OF_ALL
    if samples < (1 if force else ENOUGH):
        return NOT_MEASURED if force else TOO_FEW
    if threads > 1 and not all(job.logged and job.threads >= threads for job in whole):
        return FEWER_THREADS
    return ""


def _memory(job: Usage) -> float:
    return (job.peak_mb or 0.0) + (0 if job.with_engine else ENGINE_MB)


def _most(numbers: Iterable[float | None]) -> float:
    return max(filter(None, numbers), default=0.0)


def _fixed_mb(rule: str, threads: int, folder: Path) -> float:
    """Return the MiB that a rule's tools need by their options, whatever a job's peak was.

    Infinite for an aligner whose index is gone.
    """
    if rule != "align_lane":
        return 0.0
    sizes = (
        sum(file.stat().st_size for file in (folder / index).parent.glob(f"{Path(index).name}*"))
        for index in INDEXES
    )
    index_mb = max(sizes) / 2**20 or math.inf
    return index_mb + SORT_MB * threads + READS_MB + ENGINE_MB


def _up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def told_of_threads(use: RuleUse, jobs: Sequence[Usage]) -> str | None:
    """Return what is to be said of threads that were not used; their number is left to people."""
    done = [job for job in jobs if job.done and job.logged and job.wall_s is not None]
    mean = sum(job.wall_s or 0 for job in done) / len(done) if done else 0
    if use.threads_used is None or use.threads_used >= use.threads / 2 or mean < TOLD_S:
        return None
    what = f"{use.kind.label} used {use.threads_used:.1f} of {use.threads} threads"
    if use.threads_used <= TIGHT:
        return f"{what}: one thread holds it up, more would not make it faster."
    return f"{what}: {math.ceil(use.threads_used)} would do; results do not depend on it."
