"""The program against simple rules and the lower bound, on batches that are made up.

8, 96 and 1,000 samples (tests/bench/made_batches.py) on a large and a small site, for each
objective without limits and with some: the number of GPUs, a deadline (1.15 times the least
makespan for cost, twice for disk), a disk (twice the least). Printed as tables in Markdown: what
the program and each rule take, what none can take less than, the CPU seconds of the whole search
and the gap of the program.

    python -m tests.bench.placement [--counts 8 96 1000] [--only LETTERS OF A SITE'S NAME]
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterator, Sequence

from tests.bench.made_batches import SITES, batch

from schelde.plan.bounds import Bound, lower_bound
from schelde.plan.model import Limits, Load, Objective, Pool, Schedule
from schelde.plan.place import best_schedule
from schelde.plan.simple import (
    ALL_CPU,
    ALL_GPU,
    FIRST_COME,
    LARGEST_FIRST,
    ONE_AT_A_TIME,
    schedules,
)

HOUR, TB = 3600, 1e6
RULES = (ALL_CPU, ALL_GPU, FIRST_COME, LARGEST_FIRST, ONE_AT_A_TIME)
COLUMNS = ("samples", "limits", "program", *RULES, "bound", "CPU s", "gap", "taken")


def cases(least: Bound) -> Iterator[tuple[Objective, str, Limits]]:
    """Return objectives with limits, each set of limits in words."""
    disk = 2 * least.disk_mb
    close, late = 1.15 * least.makespan_s, 2 * least.makespan_s
    small = f"disk {disk / TB:.3g} TB"
    yield "time", "none", Limits()
    yield "time", "2 GPUs", Limits(gpus=2)
    yield "time", small, Limits(disk_mb=disk)
    yield "time", f"{small}, kept leaves", Limits(disk_mb=disk, kept_leaves=True)
    yield "cost", "none", Limits()
    yield "cost", f"{close / HOUR:.1f} h", Limits(deadline_s=close)
    yield "disk", "none", Limits()
    yield "disk", f"{late / HOUR:.1f} h", Limits(deadline_s=late)


def value(schedule: Schedule | Bound, objective: Objective) -> str:
    """Return what an objective is about: hours, cost or TB."""
    if objective == "time":
        return f"{schedule.makespan_s / HOUR:.2f}"
    if objective == "cost":
        return f"{schedule.cost:.1f}"
    return f"{schedule.disk_mb / TB:.3g}"


def cell(schedule: Schedule | None, objective: Objective) -> str:
    """Return a schedule's value, its hours beside disk, and a mark where it breaks a limit."""
    if schedule is None:
        return "-"
    text = value(schedule, objective)
    if objective == "disk":
        text += f" in {schedule.makespan_s / HOUR:.0f} h"
    return f"({text})" if schedule.broken else text


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the solvers that it ran."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def rows(pools: Sequence[Pool], loads: Sequence[Load], objective: Objective) -> Iterator[list[str]]:
    """Return a row for each set of limits of an objective."""
    for what, words, limits in cases(lower_bound(loads, pools)):
        if what != objective:
            continue
        begun = cpu_seconds()
        best = best_schedule(loads, pools, limits, objective)
        took = cpu_seconds() - begun
        found = {one.by: one for one in schedules(loads, pools, limits)}
        bound = value(lower_bound(loads, pools, limits), objective)
        rules = [cell(found.get(name), objective) for name in RULES]
        ends = [bound, f"{took:.1f}", best.notes["gap"], best.by]
        yield [str(len(loads)), words, cell(best, objective), *rules, *ends]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="+", default=[8, 96, 1000])
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    objectives: tuple[Objective, ...] = ("time", "cost", "disk")
    for name, pools in SITES.items():
        for objective in objectives if given.only in name else ():
            unit = {"time": "hours", "cost": "cost", "disk": "TB"}[objective]
            print(f"\nLeast {objective} on {name} ({unit})\n")
            print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
            for count in given.counts:
                for row in rows(pools, batch(count), objective):
                    print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
