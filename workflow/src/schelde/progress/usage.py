"""What every attempt at a job of a working directory reserved and used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schelde.jobs import Jobs
from schelde.progress.benchmarks import Benchmark, all_benchmarks, read_benchmark
from schelde.progress.events import EVENTS
from schelde.progress.slurm_accounting import Account, Accounting, accounting
from schelde.progress.state import RunState, Try, runs_of
from schelde.sheet import Assay

Killed = Literal["memory", "time"]

REASONS: Mapping[str, Killed] = {"memory": "memory", "time": "time"}
"""Kinds of `schelde.cluster.reasons.Reason` that say that a job's numbers were too small."""

STATES: Mapping[str, Killed] = {"OUT_OF_MEMORY": "memory", "TIMEOUT": "time"}
"""States of Slurm that say so."""

ACCOUNTED_S = 60.0
"""Seconds from which Slurm alone is believed: two looks (JobAcctGatherFrequency is 30 at first)."""


@dataclass(frozen=True)
class Usage:
    """One attempt at a job that has ended.

    Asked in this attempt: ``threads``, ``mem_mb`` MiB, ``minutes``. ``wall_s`` seconds as a time
    limit counts them, ``cpu_s`` CPU seconds, ``peak_mb`` MiB, ``reserved_s`` core-seconds; None
    where nobody knows. ``sampled``: memory and CPU were looked at often enough. ``with_engine``:
    they are Slurm's, and hold what Snakemake itself takes beside the job. ``grouped``: it shared
    its Slurm job with others. ``logged``: what it asked for is known, and not only that which
    config/jobs.yaml says now.
    """

    rule: str
    sample: str | None
    done: bool
    attempt: int
    threads: int
    mem_mb: int | None
    minutes: int | None
    wall_s: float | None
    cpu_s: float | None
    peak_mb: float | None
    reserved_s: float | None
    killed: Killed | None = None
    sampled: bool = False
    with_engine: bool = False
    grouped: bool = False
    logged: bool = True

    @property
    def cpu_known(self) -> bool:
        """Whether ``cpu_s`` can be believed: Slurm's is exact, as it asks when a job has ended."""
        return self.cpu_s is not None and (self.sampled or self.with_engine)


@dataclass(frozen=True)
class Usages:
    """All attempts of a working directory, and what could not be found out about them."""

    jobs: tuple[Usage, ...]
    notes: tuple[str, ...] = ()


def usages(folder: Path, asked: Jobs, assays: Mapping[str, Assay], *, limit_s: float) -> Usages:
    """Return every attempt that has ended, by the event log, benchmarks and Slurm's accounting.

    ``asked`` stands in for jobs that no event log tells of; ``assays`` of the sheet's samples;
    ``limit_s``: seconds that Slurm's accounting may take to answer.
    """
    runs = runs_of(folder / EVENTS)
    tries = [attempt for run in runs for attempt in run.tries if not attempt.open]
    ids = sorted({attempt.external for attempt in tries if attempt.external})
    accounts = accounting(ids, limit_s)
    jobs = tuple(_logged(folder, runs, accounts))
    seen = {attempt.benchmark for attempt in tries}
    jobs += tuple(_unlogged(folder, asked, assays, seen))
    return Usages(jobs, tuple(_notes(jobs, accounts)))


def _logged(folder: Path, runs: Iterable[RunState], accounts: Accounting) -> Iterator[Usage]:
    tries = [attempt for run in runs for attempt in run.tries if not attempt.open]
    members = Counter(attempt.external for attempt in tries if attempt.external)
    # A job that ran again has written its benchmark anew: the file tells of the last time.
    last = {attempt.benchmark: attempt for attempt in tries if attempt.outcome == "done"}
    for attempt in tries:
        benchmark = None
        if attempt.benchmark and last.get(attempt.benchmark) is attempt:
            benchmark = read_benchmark(folder / attempt.benchmark)
        alone = attempt.local or members[attempt.external or ""] == 1
        grouped = attempt.group is not None and not alone
        account = accounts.jobs.get(attempt.external or "")
        yield _usage(attempt, benchmark, account, grouped=grouped)


def _usage(
    attempt: Try, benchmark: Benchmark | None, account: Account | None, *, grouped: bool
) -> Usage:
    mem_mb, minutes = (_whole(attempt.resources.get(key)) for key in ("mem_mb", "runtime"))
    wall = benchmark.wall_s if benchmark else attempt.took
    cpu = benchmark.cpu_s if benchmark else None
    peak = benchmark.peak_mb if benchmark else None
    reserved = None if wall is None else attempt.threads * wall
    killed = None if grouped else _killed(attempt, account)
    own = account is not None and not grouped
    if account is not None and own:
        wall, reserved = account.wall_s, account.cpus * account.wall_s
        # The greater of two that both miss what falls between two looks.
        cpu = max(filter(None, (cpu, account.cpu_s)), default=None)
        peak = max(filter(None, (peak, account.peak_mb)), default=None)
    return Usage(
        rule=attempt.rule,
        sample=attempt.wildcards.get("sample"),
        done=attempt.outcome == "done",
        attempt=attempt.attempt,
        threads=attempt.threads,
        mem_mb=mem_mb,
        minutes=minutes,
        wall_s=wall,
        cpu_s=cpu,
        peak_mb=peak,
        reserved_s=reserved,
        killed=killed,
        sampled=benchmark.sampled if benchmark else own and (wall or 0) >= ACCOUNTED_S,
        with_engine=own,
        grouped=grouped,
    )


def _killed(attempt: Try, account: Account | None) -> Killed | None:
    if attempt.outcome == "done":
        return None
    by_reason = REASONS.get((attempt.reason or {}).get("kind", ""))
    return by_reason or (STATES.get(account.state) if account else None)


def _unlogged(
    folder: Path, asked: Jobs, assays: Mapping[str, Assay], seen: Container[str | None]
) -> Iterator[Usage]:
    """Yield jobs that only a benchmark tells of: the run had no event log, or it was removed."""
    for rule, path, name in all_benchmarks(folder):
        benchmark = read_benchmark(folder / path) if path not in seen else None
        if benchmark is None:
            continue
        sample = name.split(".")[0]
        exome = assays.get(sample) is Assay.WES
        needs = asked.needs(rule, exome=exome) if rule in asked.rules else None
        threads = needs.threads if needs else 1
        yield Usage(
            rule=rule,
            sample=sample if sample in assays else None,
            done=True,
            attempt=1,
            threads=threads,
            mem_mb=needs.mem_mb if needs else None,
            minutes=needs.runtime if needs else None,
            wall_s=benchmark.wall_s,
            cpu_s=benchmark.cpu_s,
            peak_mb=benchmark.peak_mb,
            reserved_s=threads * benchmark.wall_s,
            sampled=benchmark.sampled,
            logged=False,
        )


def _whole(number: int | str | None) -> int | None:
    return number if isinstance(number, int) else None


def _notes(jobs: Iterable[Usage], accounts: Accounting) -> Iterator[str]:
    jobs = tuple(jobs)
    if accounts.fault:
        yield f"Without Slurm's accounting of all jobs: {accounts.fault}."
    if grouped := sum(job.grouped for job in jobs):
        yield (
            f"Jobs that went to Slurm as one with others: {grouped}. Slurm cannot tell them apart: "
            "their numbers are from benchmarks alone, and what killed one is not laid to its rule."
        )
    if unlogged := sum(not job.logged for job in jobs):
        yield (
            f"Jobs that no event log tells of: {unlogged}. What they asked for is taken from "
            "config/jobs.yaml as it is now, and attempts that failed are not known."
        )
