"""The best schedule: what programs propose beside the simple rules, before one judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from schelde.plan import advice, disk, simple
from schelde.plan.evaluate import SLACK
from schelde.plan.kinds import FEW, kinds_of
from schelde.plan.model import Limits, Load, Objective, Pool, Schedule
from schelde.plan.propose import Case, proposals
from schelde.plan.shapes import HOUR, room_of, shape_of


def best_schedule(
    loads: Sequence[Load], pools: Sequence[Pool], limits: Limits, objective: Objective
) -> Schedule:
    """Return the schedule with the least makespan, cost or disk peak that keeps the limits.

    Mixed-integer programs propose (docs/placement.md); their answers and the simple rules are all
    judged by the same simulation, and the best is taken: ``by`` is ``program``, or the name of the
    simple rule that was better; ``notes`` tell how it came about. Where a limit cannot hold,
    ``broken`` says so and by how much, and the schedule is one that misses it least. The same
    input gives the same schedule, unless a machine is so slow that a program runs out of time.
    Raise ValueError without samples, with one twice, or for a site without cores.
    """
    if not loads:
        raise ValueError("no samples to plan")
    room = room_of(pools, limits)
    least = disk.least(loads, limits.kept_leaves)
    eased = limits
    if limits.disk_mb is not None:
        eased = replace(limits, disk_mb=max(limits.disk_mb, least))
    shapes = {load.sample: shape_of(load, room) for load in loads}
    few = kinds_of(loads, room, FEW)
    case = Case(loads, pools, eased, room, shapes, kinds_of(loads, room), few)
    rank = ranking(eased, objective)
    rival = min(simple.schedules(loads, pools, eased), key=rank)
    own = min(proposals(case, objective), key=rank)
    best = min([own, rival], key=rank)
    notes = {**own.notes, "taken": taken(own, rival, best, objective)}
    return replace(best, broken=advice.broken(best, loads, pools, limits), notes=notes)


def ranking(
    limits: Limits, objective: Objective
) -> Callable[[Schedule], tuple[float, float, float, float]]:
    """Return the key by which schedules are compared: limits missed, objective, then the rest."""

    def missed(value: float, limit: float | None) -> float:
        return max(0.0, value / limit - 1 - SLACK) if limit else 0.0

    def rank(one: Schedule) -> tuple[float, float, float, float]:
        over = missed(one.makespan_s, limits.deadline_s) + missed(one.disk_mb, limits.disk_mb)
        return over, float(f"{value_of(one, objective):.6g}"), one.makespan_s, one.cost

    return rank


def value_of(schedule: Schedule, objective: Objective) -> float:
    """Return what is to be least."""
    values = {"time": schedule.makespan_s, "cost": schedule.cost, "disk": schedule.disk_mb}
    return values[objective]


def taken(own: Schedule, rival: Schedule, best: Schedule, objective: Objective) -> str:
    """Return how the program's schedule stands beside the best simple rule's."""

    def told(one: Schedule) -> str:
        hours, terabytes = one.makespan_s / HOUR, one.disk_mb / 1e6
        figure = {
            "time": f"{hours:.2f} h",
            "cost": f"{one.cost:.2f} in {hours:.2f} h",
            "disk": f"{terabytes:.3g} TB in {hours:.2f} h",
        }[objective]
        return f"{figure} (misses a limit)" if one.broken else figure

    return (
        f"{best.by}; the program has {told(own)}, the best simple rule, {rival.by}, {told(rival)}"
    )
