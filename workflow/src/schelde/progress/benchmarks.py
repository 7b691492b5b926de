"""What Snakemake's benchmarks tell of a job, and how far they can be believed.

Snakemake looks at the processes of a job when it starts and then every half second; after 31 looks
every 30 seconds (`BENCHMARK_INTERVAL` and `ScheduledPeriodicTimer` in snakemake/benchmark.py of
9.27). Memory is the largest sum over all processes in one look, so that a short peak between two
looks is missed. CPU seconds are those that each process had at the last look at it; what a process
used between that and its end is missed. A file is written only for a job that ended well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("benchmarks")
SAMPLED_S = 5.0
"""Seconds from which memory and CPU are believed: ten looks at least.

The first look is at a process that has just begun, and jobs under half a second have no other.
"""

MISSING = ("NA", "-", "")


@dataclass(frozen=True)
class Benchmark:
    """One job by its benchmark: seconds, CPU seconds, and MiB at its peak; None: not looked at."""

    wall_s: float
    cpu_s: float | None
    peak_mb: float | None

    @property
    def sampled(self) -> bool:
        """Whether it was looked at often enough for memory and CPU to be believed."""
        return self.wall_s >= SAMPLED_S and self.peak_mb is not None


def read_benchmark(path: Path) -> Benchmark | None:
    """Read one benchmark; None where there is none, or none that can be read.

    Memory is that which is the job's own, shared pages counted once (``max_pss``); where the system
    does not tell that (only Linux does), the sum over processes (``max_rss``).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(lines) < 2:
        return None
    row = dict(zip(lines[0].split("\t"), lines[-1].split("\t"), strict=False))
    try:
        wall, cpu = _number(row, "s"), _number(row, "cpu_time")
        peak = _number(row, "max_pss") or _number(row, "max_rss")
    except ValueError:
        return None
    return None if wall is None else Benchmark(wall, cpu, peak)


def _number(row: dict[str, str], column: str) -> float | None:
    text = row.get(column, "-")
    return None if text in MISSING else float(text)


def all_benchmarks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield rule, path within the folder and name of each benchmark of a working directory.

    The name is of the wildcards: ``sample``, ``sample.lane``, or that of a thing of all samples.
    """
    for path in sorted((folder / FOLDER).glob("*/*.tsv")):
        yield path.parent.name, str(path.relative_to(folder)), path.stem
