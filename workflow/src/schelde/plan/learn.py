"""Rates of a site, from the benchmarks and the event log of a run that has been made there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from schelde import paths
from schelde.plan.fit import SMALLEST_S, Seen, fitted
from schelde.plan.model import Task
from schelde.plan.rates import Overhead, Rate, Rates
from schelde.progress.benchmarks import FOLDER, read_benchmark
from schelde.progress.events import EVENTS
from schelde.progress.state import RunState, Try, runs_of

KEPT: Mapping[str, tuple[str, ...]] = {
    "prepare_reference": ("results/reference/*.*", f"{paths.MD5_CACHE}/**/*"),
    "index_bwa": (f"{paths.BWA_INDEX}.*",),
    "index_bwamem2": (f"{paths.BWAMEM2_INDEX}.*",),
    "index_minibwa": (f"{paths.MINIBWA_INDEX}.*",),
    "mark_duplicates": ("results/align/{sample}.*",),
    "gather_calls": ("results/call/{sample}.*",),
    "measure_variants": ("results/reads/{sample}/*", "results/qc/{sample}.*"),
    "write_report": ("results/report/**/*",),
    "seal_sample": (f"{paths.SEALED}/**/*",),
    "write_bundle": ("bundles/**/*", "results/bundle/*/*"),
}
"""Files that rules keep, as far as they count; of files with two names the first rule has them."""

LOG_NAME = "%Y-%m-%dT%H%M%S.%f"
"""How Snakemake names its log: by the moment at which it opens it, after its own imports."""

IMPORTS_S = 1.0
"""Seconds before that, and those after the last job."""


@dataclass(frozen=True)
class Learned:
    """New rates by name, what executors add, and rules of the runs of which nothing is known."""

    rules: Mapping[str, Rate]
    overhead: Mapping[str, Overhead]
    unknown: tuple[str, ...]


@dataclass
class Learner:
    """Gathers what was seen of finished runs; `learned` makes rates of it."""

    rates: Rates
    seen: dict[str, Seen] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    runs: list[tuple[Path, RunState]] = field(default_factory=list)

    def add(self, folder: Path, tasks: Sequence[Task]) -> None:
        """Add the runs in a folder, whose jobs were ``tasks``.

        Times are those of the benchmarks, else of the event log without what the executor adds.
        """
        runs = [run for run in runs_of(folder / EVENTS) if run.tries]
        self.runs += [(folder, run) for run in runs if run.status == "done"]
        took = _took(runs, _overheads([(folder, run) for run in runs], self.rates), self.rates)
        inodes: set[int] = set()
        for task in tasks:
            self.rules.add(task.rule)
            found = _time_of(folder, task, took)
            if found is None:
                continue
            self.known.add(task.rule)
            own = self.seen.setdefault(task.rate, Seen())
            wall, busy = found
            own.sizes.append(task.size)
            own.threads.append(task.threads)
            own.wall_s.append(wall)
            if busy is not None:
                own.busy.append(busy)
            if task.rule in KEPT:
                own.kept.append((task.size, _kept_mb(folder, task, inodes)))

    def learned(self) -> Learned:
        """Return the rates; a line keeps its shape and is moved to where its jobs were."""
        rules = {name: fitted(self.rates.rules[name], own) for name, own in self.seen.items()}
        unknown = tuple(sorted(self.rules - self.known))
        return Learned(rules, _overheads(self.runs, self.rates), unknown)


def _time_of(
    folder: Path, task: Task, took: Mapping[str, float]
) -> tuple[float, float | None] | None:
    """Return the seconds of a job and how many cores it kept busy, as far as they were seen."""
    rule, _, name = task.name.partition(".")
    places = [folder / FOLDER / rule / f"{name}.tsv"] if name else []
    places += [] if name else sorted((folder / FOLDER / rule).glob("*.tsv"))[:1]
    for place in places:
        benchmark = read_benchmark(place)
        if benchmark is not None:
            busy = None
            if benchmark.sampled and benchmark.cpu_s:
                busy = min(benchmark.cpu_s / benchmark.wall_s, float(task.threads))
            return benchmark.wall_s, busy
    if task.name in took:
        return took[task.name], None
    return None


def _kept_mb(folder: Path, task: Task, inodes: set[int]) -> float:
    total = 0
    for pattern in KEPT[task.rule]:
        for file in folder.glob(pattern.format(sample=task.sample)):
            found = file.lstat()
            if file.is_file() and found.st_ino not in inodes:
                inodes.add(found.st_ino)
                total += found.st_blocks * 512
    return total / 1e6


def _took(
    runs: Iterable[RunState], overhead: Mapping[str, Overhead], rates: Rates
) -> dict[str, float]:
    """Return the seconds of jobs by name as the log has them, without what the executor adds."""
    found: dict[str, float] = {}
    for run in runs:
        added = overhead.get(run.executor) or rates.overhead.get(run.executor)
        for one in run.tries:
            seconds = one.took
            if one.outcome == "done" and one.local and added is not None and seconds is not None:
                found[_name(one)] = max(seconds - added.job_s, SMALLEST_S)
    return found


def _name(one: Try) -> str:
    keys = [
        one.wildcards[key] for key in ("sample", "lane", "piece", "design") if key in one.wildcards
    ]
    return ".".join([one.rule, *keys])


def _overheads(runs: Sequence[tuple[Path, RunState]], rates: Rates) -> dict[str, Overhead]:
    """Return what the executor of local runs adds to a run and to each job, from its logs."""
    local = [(folder, run) for folder, run in runs if run.executor == "local"]
    shipped = rates.overhead["local"]
    more = [
        one.took - one.seconds
        for _, run in local
        for one in run.tries
        if one.took is not None and one.seconds is not None
    ]
    if not more:
        return {}
    job_s = max(0.0, median(more))
    share = shipped.job_cpu_s / shipped.job_s if shipped.job_s else 1.0
    starts = [found for folder, run in local if (found := _start_s(folder, run)) is not None]
    values = shipped.model_dump() | {
        "job_s": round(job_s, 3),
        "job_cpu_s": round(max(job_s * share, shipped.job_cpu_s), 3),
        "start_s": round(median(starts), 3) if starts else shipped.start_s,
        "per_job_start_ms": 0 if starts else shipped.per_job_start_ms,
        "source": f"{len(more)} jobs of {len(local)} runs",
    }
    return {"local": Overhead.model_validate(values)}


def _start_s(folder: Path, run: RunState) -> float | None:
    """Return the seconds from the start of Snakemake to its first job, by the name of its log."""
    begun = []
    for log in (folder / ".snakemake/log").glob("*.snakemake.log"):
        try:
            moment = datetime.strptime(log.name.split(".snakemake")[0], LOG_NAME).timestamp()
        except ValueError:
            continue
        if moment <= run.tries[0].submitted:
            begun.append(moment)
    return run.tries[0].submitted - max(begun) + IMPORTS_S if begun else None
