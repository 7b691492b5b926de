"""Tasks of a batch with who waits for whom; tasks of one group of a cluster joined to one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schelde.plan.model import Task


@dataclass(frozen=True)
class Unit:
    """What is sent as one job: a task, or connected tasks of a group, one after another."""

    tasks: tuple[Task, ...]
    threads: int
    mem_mb: int
    gpus: int
    local: bool
    pool: str | None


@dataclass(frozen=True)
class Graph:
    """Units in the order of the batch.

    ``waits``: how many others each needs; ``feeds``: places of those that need it; ``frees``: MB of
    temporary files that it reads, by which Snakemake prefers it.
    """

    units: tuple[Unit, ...]
    waits: tuple[int, ...]
    feeds: tuple[tuple[int, ...], ...]
    frees: tuple[float, ...]


def graph_of(tasks: Sequence[Task], *, grouped: bool) -> Graph:
    """Return the graph of a batch; with ``grouped`` each group is sent as one job.

    KeyError when a task needs one that is not in the batch.
    """
    units = [_unit(own) for own in _joined(tasks, grouped=grouped)]
    place = {task.name: number for number, unit in enumerate(units) for task in unit.tasks}
    temp = {task.name: task.temp_mb for task in tasks}
    waits, frees = [], []
    feeds: list[list[int]] = [[] for _ in units]
    for number, unit in enumerate(units):
        needed = {place[need] for task in unit.tasks for need in task.needs} - {number}
        waits.append(len(needed))
        for other in needed:
            feeds[other].append(number)
        read = {need for task in unit.tasks for need in task.needs}
        frees.append(sum(temp[need] for need in read))
    return Graph(tuple(units), tuple(waits), tuple(map(tuple, feeds)), tuple(frees))


def _unit(tasks: Sequence[Task]) -> Unit:
    """Return a job of tasks that run one after another: the most that any of them asks for."""
    return Unit(
        tasks=tuple(tasks),
        threads=max(task.threads for task in tasks),
        mem_mb=max(task.mem_mb for task in tasks),
        gpus=max(task.gpus for task in tasks),
        local=all(task.local for task in tasks),
        pool=tasks[0].pool,
    )


def _joined(tasks: Sequence[Task], *, grouped: bool) -> list[list[Task]]:
    """Return the tasks of each job, in the order of their first ones."""
    root: dict[str, str] = {task.name: task.name for task in tasks}
    groups: Mapping[str, str | None] = {task.name: task.group for task in tasks}
    if grouped:
        for task in tasks:
            for need in task.needs:
                if task.group is not None and groups[need] == task.group:
                    root[_root(root, task.name)] = _root(root, need)
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(_root(root, task.name), []).append(task)
    return list(found.values())


def _root(root: dict[str, str], name: str) -> str:
    while root[name] != name:
        root[name] = root[root[name]]
        name = root[name]
    return name
