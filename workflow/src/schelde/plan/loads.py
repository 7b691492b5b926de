"""What each sample takes, for placing it on CPU or GPU nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schelde.plan.model import Load, Task
from schelde.plan.work import CALLING


def loads_of(tasks: Sequence[Task]) -> list[Load]:
    """Return what each sample takes with its own jobs; those of the whole run belong to nobody.

    Calling on a GPU is known of a sample only when every piece of it can be called there.
    """
    of_sample: dict[str, list[Task]] = {}
    for task in tasks:
        if task.sample is not None:
            of_sample.setdefault(task.sample, []).append(task)
    return [_load(sample, own) for sample, own in of_sample.items()]


def _load(sample: str, tasks: Sequence[Task]) -> Load:
    calling = [task for task in tasks if task.rule.startswith(CALLING)]
    rest = [task for task in tasks if not task.rule.startswith(CALLING)]
    times = [task.gpu_s for task in calling if task.gpu_s is not None]
    gpu_s = sum(times) if calling and len(times) == len(calling) else None
    on_cpu = {task.name: task.wall_s for task in tasks}
    chain_gpu = None
    after = _after(tasks, {task.name for task in calling})
    if gpu_s is not None:
        chain_gpu = _longest(tasks, on_cpu | {task.name: gpu_s for task in calling})
    return Load(
        sample=sample,
        cpu_s=sum(task.threads * task.wall_s for task in rest),
        call_cpu_s=sum(task.threads * task.wall_s for task in calling),
        call_gpu_s=gpu_s,
        call_beside_s=sum(task.beside_s for task in calling),
        chain_cpu_s=_longest(tasks, on_cpu),
        chain_gpu_s=chain_gpu,
        kept_mb=sum(task.kept_mb for task in tasks),
        temp_mb=_most_temporary(tasks),
        after_s=sum(task.threads * task.wall_s for task in after),
    )


def _after(tasks: Sequence[Task], names: set[str]) -> list[Task]:
    """Return the tasks that need others of some names, at once or through other tasks."""
    behind = set(names)
    found = []
    for task in tasks:
        if behind.intersection(task.needs):
            behind.add(task.name)
            if task.name not in names:
                found.append(task)
    return found


def _longest(tasks: Sequence[Task], wall: Mapping[str, float]) -> float:
    """Return the seconds of the longest chain among tasks that stand after those they need."""
    ends: dict[str, float] = {}
    for task in tasks:
        begin = max((ends.get(need, 0.0) for need in task.needs), default=0.0)
        ends[task.name] = begin + wall[task.name]
    return max(ends.values(), default=0.0)


def _most_temporary(tasks: Sequence[Task]) -> float:
    """Return the most MB of temporary files when tasks run one after another, in their order."""
    last: dict[str, int] = {}
    for place, task in enumerate(tasks):
        last.setdefault(task.name, place)
        last.update((need, place) for need in task.needs)
    held = most = 0.0
    sizes = {task.name: task.temp_mb for task in tasks}
    for place, task in enumerate(tasks):
        held += task.temp_mb
        most = max(most, held + task.scratch_mb)
        gone = [name for name in {task.name, *task.needs} if last.get(name) == place]
        held -= sum(sizes.get(name, 0.0) for name in gone)
    return most
