"""What a user reads where a limit cannot hold: by how much, and what would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from schelde.plan import disk
from schelde.plan.bounds import lower_bound
from schelde.plan.evaluate import SLACK
from schelde.plan.kinds import kinds_of
from schelde.plan.model import Limits, Load, Pool, Schedule
from schelde.plan.program import Frame, Program
from schelde.plan.shapes import HOUR, room_of
from schelde.plan.simple import schedules

MOST_TIMES = 16
"""More nodes than so many times those that are there are not proposed."""
MOST_JUDGED = 5_000
SECONDS = 10.0
TB = 1e6


def broken(
    best: Schedule, loads: Sequence[Load], pools: Sequence[Pool], limits: Limits
) -> tuple[str, ...]:
    """Return a sentence for each limit that cannot hold, or that the best schedule found misses."""
    told = []
    if limits.disk_mb is not None and best.disk_mb > limits.disk_mb * (1 + SLACK):
        told.append(about_disk(best, loads, limits, limits.disk_mb))
    if limits.deadline_s is not None and best.makespan_s > limits.deadline_s * (1 + SLACK):
        told.append(about_deadline(best, loads, pools, limits, limits.deadline_s))
    return tuple(told)


def about_disk(best: Schedule, loads: Sequence[Load], limits: Limits, disk_mb: float) -> str:
    """Say by how much the disk is too small; one sample at a time needs least."""
    least = disk.least(loads, limits.kept_leaves)
    text = (
        f"the disk of {disk_mb / TB:.3g} TB cannot hold: {least / TB:.3g} TB at least, one sample "
        f"at a time ({(least - disk_mb) / TB:.2g} TB more)"
    )
    if best.disk_mb > least * (1 + SLACK):
        text += f"; this plan needs {best.disk_mb / TB:.3g} TB"
    return text


def about_deadline(
    best: Schedule,
    loads: Sequence[Load],
    pools: Sequence[Pool],
    limits: Limits,
    deadline_s: float,
) -> str:
    """Say by how much the deadline is missed, and with what it would hold."""
    least, given, took = lower_bound(loads, pools, limits).makespan_s, deadline_s, best.makespan_s
    more = f"{(took - given) / HOUR:.1f} h more"
    if least > given * (1 + SLACK):
        text = (
            f"the deadline of {given / HOUR:.1f} h cannot hold: no plan takes less than "
            f"{least / HOUR:.1f} h, this one {took / HOUR:.1f} h ({more})"
        )
    else:
        text = (
            f"the deadline of {given / HOUR:.1f} h is missed: this plan takes {took / HOUR:.1f} h "
            f"({more}), and no plan less than {least / HOUR:.1f} h"
        )
    would = remedies(best, loads, pools, limits, deadline_s)
    return f"{text}; it would hold with {' or '.join(would)}" if would else f"{text}; {NO_REMEDY}"


NO_REMEDY = "more nodes, GPUs or disk alone would not do"


def remedies(
    best: Schedule,
    loads: Sequence[Load],
    pools: Sequence[Pool],
    limits: Limits,
    deadline_s: float,
) -> list[str]:
    """Return what more would let the deadline hold, each alone; fewer may do."""

    def holds(others: Sequence[Pool], eased: Limits) -> bool:
        return end(best, loads, pools, limits, others, eased) <= deadline_s

    def nodes(pool: Pool) -> Callable[[int], bool]:
        def enough(more: int) -> bool:
            larger = replace(pool, nodes=pool.nodes + more)
            return holds([larger if other is pool else other for other in pools], limits)

        return enough

    found = []
    for pool in pools:
        more = fewest(nodes(pool), max(1, pool.nodes) * MOST_TIMES)
        if more is not None:
            found.append(f"about {more} more nodes '{pool.name}'")
    there, allowed = room_of(pools, replace(limits, gpus=None)).gpus, limits.gpus
    if allowed is not None:
        at_once: int = allowed

        def enough_gpus(more: int) -> bool:
            return holds(pools, replace(limits, gpus=at_once + more))

        more = fewest(enough_gpus, there - at_once)
        if more is not None:
            found.append(f"about {more} more GPUs at once")
    if limits.disk_mb is not None and holds(pools, replace(limits, disk_mb=None)):
        found.append("more disk")
    return found


def end(
    best: Schedule,
    loads: Sequence[Load],
    pools: Sequence[Pool],
    limits: Limits,
    others: Sequence[Pool],
    eased: Limits,
) -> float:
    """Return in how many seconds about all can end on another site or with other limits.

    Up to 5,000 samples that is what the best simple rule takes. With more, for which that is slow,
    it is the fluid model's time for one batch, times what the best schedule takes over the fluid
    model's time for the site as it is; so much work hides the ends that the fluid model leaves out.
    """
    if len(loads) <= MOST_JUDGED:
        smallest = disk.least(loads, eased.kept_leaves)
        if eased.disk_mb is not None:
            eased = replace(eased, disk_mb=max(eased.disk_mb, smallest))
        return min(schedule.makespan_s for schedule in schedules(loads, others, eased))
    share = best.makespan_s / fluid(loads, pools, limits)
    return fluid(loads, others, eased) * (1 if eased.disk_mb is None else share)


def fluid(loads: Sequence[Load], pools: Sequence[Pool], limits: Limits) -> float:
    """Return the seconds that the program gives for one batch without a limit of disk."""
    room = room_of(pools, limits)
    answer = Program(kinds_of(loads, room), room, Frame()).solve("time", SECONDS)
    if answer is None:
        raise RuntimeError("CBC found no answer to a program without limits")
    return answer.makespan_s


def fewest(holds: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number from 1 that holds, where all above it do; None: not even most.

    >>> fewest(lambda n: n >= 5, 64)
    5
    """
    if most < 1 or not holds(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
