"""What no plan can beat, for a plan to be held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pulp

from schelde.plan import disk
from schelde.plan.kinds import size
from schelde.plan.model import Limits, Load, Pool
from schelde.plan.shapes import HOUR, Room, core_price, gpu_price, room_of, shape_of
from schelde.plan.solver import solve

MOST_ITEMS = 2_000
"""More samples than these are taken together, each group as many times its smallest numbers."""
SECONDS = 60


@dataclass(frozen=True)
class Bound:
    """The least seconds, cost and MB of disk of any plan, each alone.

    ``deadline`` is False where the limits' deadline is below ``makespan_s``: it cannot hold.
    """

    makespan_s: float
    cost: float
    disk_mb: float
    deadline: bool = True


@dataclass(frozen=True)
class Item:
    """``count`` samples of at least these numbers: core-seconds, GPU seconds, chains, cost."""

    count: int
    outside: float
    call: float
    gpu: float | None
    beside: float
    chain_cpu: float
    chain_gpu: float
    before_s: float
    after_s: float
    cost_cpu: float
    cost_gpu: float


def lower_bound(
    loads: Sequence[Load], pools: Sequence[Pool], limits: Limits | None = None
) -> Bound:
    """Return what no schedule of these samples can beat on these pools.

    Makespan: the optimum of a linear program in which each sample may be called partly on CPUs and
    partly on GPUs, all cores and GPUs are busy from beginning to end, but for the shortest stage
    before calling and after it where GPUs are, and the longest chain fits. Cost: each stage at its
    cheapest, or that linear program's least cost within the deadline. Disk: one sample at a time.
    Of the limits the number of GPUs, the deadline and ``kept_leaves`` count.
    """
    limits = limits or Limits()
    room = room_of(pools, limits)
    items = items_of(loads, room)
    makespan = least_makespan(items, room)
    holds = limits.deadline_s is None or limits.deadline_s >= makespan * (1 - disk.ROUNDING)
    cost = sum(item.count * min(item.cost_cpu, item.cost_gpu) for item in items)
    if limits.deadline_s is not None and holds:
        cost = max(cost, least_cost(items, room, max(limits.deadline_s, makespan)))
    return Bound(makespan, cost, disk.least(loads, limits.kept_leaves), holds)


def items_of(loads: Sequence[Load], room: Room) -> list[Item]:
    """Return samples as items: one each, or groups of neighbours in size when there are many."""
    single = [
        item_of(load, room) for load in sorted(loads, key=lambda one: (-size(one), one.sample))
    ]
    if len(single) <= MOST_ITEMS:
        return single
    able = [item for item in single if item.gpu is not None]
    unable = [item for item in single if item.gpu is None]
    step = math.ceil(len(single) / MOST_ITEMS)
    groups = [some[i : i + step] for some in (able, unable) for i in range(0, len(some), step)]
    return [least_of(group) for group in groups]


def item_of(load: Load, room: Room) -> Item:
    """Return one sample as an item, at the cheapest prices of the site."""
    shape = shape_of(load, room)
    core = min(core_price(pool) for pool in room.cpu_pools)
    outside = shape.before.work + shape.after.work
    gpu, cost_gpu = shape.gpu, math.inf
    if gpu is not None:
        second = min(gpu_price(pool, gpu.cores) for pool in room.gpu_pools)
        cost_gpu = outside * core + gpu.seconds * second
    return Item(
        1,
        outside,
        shape.call.work,
        gpu.seconds if gpu else None,
        gpu.work if gpu else 0,
        shape.chain_cpu,
        shape.chain_gpu,
        shape.before.seconds,
        shape.after.seconds,
        (outside + shape.call.work) * core,
        cost_gpu,
    )


def least_of(items: Sequence[Item]) -> Item:
    """Return items as one that is not larger than any of them in any number."""
    gpus = [item.gpu for item in items if item.gpu is not None]
    return Item(
        len(items),
        min(item.outside for item in items),
        min(item.call for item in items),
        min(gpus) if gpus else None,
        min(item.beside for item in items),
        min(item.chain_cpu for item in items),
        min(item.chain_gpu for item in items),
        min(item.before_s for item in items),
        min(item.after_s for item in items),
        min(item.cost_cpu for item in items),
        min(item.cost_gpu for item in items),
    )


def least_makespan(items: Sequence[Item], room: Room) -> float:
    """Return the seconds that no schedule can beat."""
    lp = pulp.LpProblem("makespan", pulp.LpMinimize)
    span = lp.add_variable("span", 0)
    lp += span + 0
    relax(lp, span, items, room)
    return optimum(lp) * HOUR


def least_cost(items: Sequence[Item], room: Room, deadline_s: float) -> float:
    """Return the cost that no schedule within the deadline can beat."""
    lp = pulp.LpProblem("cost", pulp.LpMinimize)
    span = lp.add_variable("span", 0, deadline_s * (1 + disk.ROUNDING) / HOUR)
    on_gpu = relax(lp, span, items, room)
    saved = [
        on_gpu[i] * (item.cost_gpu - item.cost_cpu)
        for i, item in enumerate(items)
        if item.gpu is not None
    ]
    on_cpus = sum(item.count * item.cost_cpu for item in items)
    if not saved:
        return on_cpus
    lp += pulp.lpSum(saved)
    return on_cpus + optimum(lp)


def relax(
    lp: pulp.LpProblem, span: pulp.LpVariable, items: Sequence[Item], room: Room
) -> dict[int, pulp.LpVariable]:
    """Add what every schedule of ``span`` hours obeys; return how many of each item use a GPU."""
    able = [i for i, item in enumerate(items) if item.gpu is not None]
    x = {i: lp.add_variable(f"x_{i}", 0, items[i].count) for i in able}
    for i, item in enumerate(items):
        if i in x:
            more = (item.chain_gpu - item.chain_cpu) / HOUR / item.count
            lp += span >= item.chain_cpu / HOUR + more * x[i]
        else:
            lp += span >= item.chain_cpu / HOUR
    work = sum(item.count * (item.outside + item.call) for item in items)
    moved = [(items[i].call - (items[i].beside if room.shared else 0)) / HOUR * x[i] for i in able]
    lp += span * room.cores >= work / HOUR - pulp.lpSum(moved)
    if able:
        ends = min(items[i].before_s for i in able) + min(items[i].after_s for i in able)
        gpu = pulp.lpSum((items[i].gpu or 0) / HOUR * x[i] for i in able)
        lp += span * room.gpus >= ends / HOUR * room.gpus + gpu
        beside = pulp.lpSum(items[i].beside / HOUR * x[i] for i in able)
        lp += span * room.cores_beside >= beside
    return x


def optimum(lp: pulp.LpProblem) -> float:
    """Return the least value of a linear program that has one."""
    if not solve(lp, SECONDS, whole=False).proved:
        raise RuntimeError("CBC found no optimum of the lower bound, though there is one")
    return float(pulp.value(lp.objective))
