"""Simple rules that place calling on CPUs or GPUs, for a plan to be compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schelde.plan import disk
from schelde.plan.evaluate import evaluate
from schelde.plan.model import Batch, Limits, Load, Pool, Schedule
from schelde.plan.shapes import room_of, shape_of

ALL_CPU, ALL_GPU = "all on CPU", "all on GPU"
FIRST_COME, LARGEST_FIRST = "first come", "largest first"
ONE_AT_A_TIME = "one at a time"


@dataclass(frozen=True)
class Rule:
    """A rule: the order of samples, and who is called on a GPU, or ``whichever`` is free."""

    name: str
    order: Sequence[Load]
    on_gpu: frozenset[str] = frozenset()
    whichever: bool = False


def schedules(loads: Sequence[Load], pools: Sequence[Pool], limits: Limits) -> list[Schedule]:
    """Return what simple rules make of it, judged as every plan is.

    All on CPU; all on GPU, where the sample and the site can; first come: in the order given, on a
    GPU when one is free, else on CPUs; largest first: the same, longest sample first. With a limit
    of disk each rule fills batches up to it, after each other or two side by side, whichever ends
    sooner; where its order does not fit, and always as the fifth rule, it is one sample at a time
    in the order that needs least disk. Rules do not look at deadlines.
    """
    room = room_of(pools, limits)
    shapes = {load.sample: shape_of(load, room) for load in loads}
    can = frozenset(name for name, shape in shapes.items() if shape.gpu is not None)
    quicker = frozenset(name for name in can if shapes[name].chain_gpu < shapes[name].chain_cpu)
    largest = sorted(loads, key=lambda load: (-shapes[load.sample].chain_cpu, load.sample))
    rules = [Rule(ALL_CPU, loads)]
    if can:
        rules.append(Rule(ALL_GPU, loads, can))
    rules.append(Rule(FIRST_COME, loads, whichever=True))
    rules.append(Rule(LARGEST_FIRST, largest, whichever=True))
    found = [follow(rule, loads, pools, limits) for rule in rules]
    alone = Rule(ONE_AT_A_TIME, disk.one_by_one(loads), quicker)
    return [*found, judged(alone, [[load] for load in alone.order], 1, loads, pools, limits)]


def follow(rule: Rule, loads: Sequence[Load], pools: Sequence[Pool], limits: Limits) -> Schedule:
    """Return the better of the schedules that a rule makes with batches alone and side by side."""
    ways = (1,) if limits.disk_mb is None else (1, 2)
    found = []
    for side_by_side in ways:
        batches = disk.cut(rule.order, limits.disk_mb, side_by_side, limits.kept_leaves)
        if batches is not None:
            found.append(judged(rule, batches, side_by_side, loads, pools, limits))
    if not found:
        alone = [[load] for load in disk.one_by_one(loads)]
        found.append(judged(rule, alone, 1, loads, pools, limits))
    return min(found, key=lambda schedule: schedule.makespan_s)


def judged(
    rule: Rule,
    batches: Iterable[Sequence[Load]],
    side_by_side: int,
    loads: Sequence[Load],
    pools: Sequence[Pool],
    limits: Limits,
) -> Schedule:
    """Return the batches of a rule as a schedule."""
    named = [tuple(load.sample for load in batch) for batch in batches]
    told = [Batch(names, rule.on_gpu & frozenset(names)) for names in named]
    return evaluate(rule.name, told, loads, pools, limits, side_by_side, whichever=rule.whichever)
