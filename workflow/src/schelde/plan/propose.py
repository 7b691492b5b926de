"""Schedules that mixed-integer programs propose, with real samples dealt out to their answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schelde.plan import disk
from schelde.plan.deal import ORDERS, Placed, deal, ordered
from schelde.plan.evaluate import evaluate
from schelde.plan.kinds import Kind
from schelde.plan.model import Batch, Limits, Load, Objective, Pool, Schedule
from schelde.plan.program import Answer, Frame, Program
from schelde.plan.shapes import HOUR, Room, Shape

PROGRAM = "program"
MOST_SLOTS = 6
"""Slots of batches that a program has; more batches share a slot."""
TRIES = 5
"""Programs with a deadline drawn tighter, where the judge finds that the last does not hold."""
SECONDS = 10.0
"""Of CPU for one program, so that a hard one ends; most take well under one."""
FINE, ROOMY = 1.01, 1.02
"""Ratios of disk: where a search ends, and what is given beyond a program's means of kinds."""
BUSY = (1, 0.96, 0.92, 0.88, 0.8)
"""Parts of the time in which GPUs may be kept busy; the judge finds which is true of a site."""
MANY_LOADS = 10_000
"""With more samples a simulation takes seconds, and only the most promising are made."""
CLOSE = 1e-6
"""Relative: costs so near count as one, and the sooner end decides."""


@dataclass(frozen=True)
class Case:
    """What is to be planned. ``limits.disk_mb`` is no less than what cannot be avoided."""

    loads: Sequence[Load]
    pools: Sequence[Pool]
    limits: Limits
    room: Room
    shapes: Mapping[str, Shape]
    kinds: Sequence[Kind]
    few_kinds: Sequence[Kind]

    @property
    def busy(self) -> Sequence[float]:
        """Return the parts of the time in which GPUs may be busy that are tried."""
        return BUSY if len(self.loads) <= MANY_LOADS else (BUSY[1],)

    @property
    def orders(self) -> Sequence[str]:
        """Return the orders within a batch that are tried."""
        return list(ORDERS) if len(self.loads) <= MANY_LOADS else ["GPU first"]

    def solve(self, frame: Frame, objective: Objective) -> Answer | None:
        """Return the program's answer in a frame."""
        return Program(self.kinds_in(frame), self.room, frame).solve(objective, SECONDS)

    def kinds_in(self, frame: Frame) -> Sequence[Kind]:
        """Return the kinds of samples that the program of a frame has."""
        return self.kinds if frame.slots == 1 else self.few_kinds


def proposals(case: Case, objective: Objective) -> Iterator[Schedule]:
    """Propose schedules for an objective."""
    yield from {"time": for_time, "cost": for_cost, "disk": for_disk}[objective](case)


def for_time(case: Case) -> Iterator[Schedule]:
    """Propose schedules that end soon within the limit of disk."""
    yield from quick(case)
    for frame in frames(case):
        answer = case.solve(frame, "time")
        if answer is not None:
            yield from judged(case, answer, frame)


def quick(case: Case) -> Iterator[Schedule]:
    """Propose schedules from programs without batches, cut into batches that fit."""
    for busy in case.busy:
        frame = Frame(gpu_busy=busy)
        answer = case.solve(frame, "time")
        if answer is not None:
            yield from judged(case, answer, frame)


def for_cost(case: Case) -> Iterator[Schedule]:
    """Propose cheap schedules within the deadline, and quick ones where none keeps it."""
    whole = [Frame(gpu_busy=busy) for busy in case.busy]
    found = [schedule for frame in (*whole, *frames(case)) for schedule in cheap(case, frame)]
    yield from found
    if all(schedule.broken for schedule in found):
        yield from for_time(case)


def cheap(case: Case, frame: Frame) -> Iterator[Schedule]:
    """Propose cheap schedules, with a deadline drawn tighter until the judge finds it kept."""
    given = deadline = case.limits.deadline_s
    for _ in range(TRIES if frame.slots == 1 else 2):
        asked = replace(frame, deadline_s=deadline)
        least = case.solve(asked, "cost")
        if least is None:
            return
        asked = replace(asked, cost=least.cost * (1 + CLOSE))
        found = list(judged(case, case.solve(asked, "time") or least, asked))
        yield from found
        if given is None or deadline is None or soonest(found) <= given:
            return
        deadline *= min(given / soonest(found), 1 - CLOSE) if found else 1 - CLOSE


def for_disk(case: Case) -> Iterator[Schedule]:
    """Propose schedules with the least disk within the deadline, and of these the soonest.

    Without a deadline that is the disk of one sample at a time, where batches may still be larger
    as long as little is kept. With one, the program proposes, and a search between that least disk
    and that of one batch finds what the judge says is enough.
    """
    low = disk.least(case.loads, case.limits.kept_leaves)
    deadline = case.limits.deadline_s
    if deadline is None:
        yield from for_time(with_disk(case, low))
        return
    for answer, frame in smallest_disks(case, deadline):
        yield from judged(with_disk(case, answer.disk_mb * ROOMY), answer, frame)
    found = list(quick(with_disk(case, low)))
    yield from found
    high = sum(load.kept_mb + load.temp_mb for load in case.loads)
    while soonest(found) > deadline and high / low > FINE:
        middle = math.sqrt(low * high)
        tried = list(quick(with_disk(case, middle)))
        yield from tried
        low, high = (low, middle) if soonest(tried) <= deadline else (middle, high)
    yield from quick(with_disk(case, high))


def soonest(found: Sequence[Schedule]) -> float:
    """Return the least makespan, inf of nothing."""
    return min((one.makespan_s for one in found), default=math.inf)


def with_disk(case: Case, disk_mb: float) -> Case:
    """Return the case with another limit of disk, if that is smaller."""
    given = case.limits.disk_mb
    smaller = disk_mb if given is None else min(given, disk_mb)
    return replace(case, limits=replace(case.limits, disk_mb=smaller))


def smallest_disks(case: Case, deadline_s: float) -> Iterator[tuple[Answer, Frame]]:
    """Return answers with the least disk within a deadline."""
    for runs, side in ((1, 1), (1, 2), (4, 2)):
        frame = Frame(MOST_SLOTS, runs, side, case.limits.kept_leaves, deadline_s=deadline_s)
        answer = case.solve(frame, "disk")
        if answer is not None:
            yield answer, frame


def frames(case: Case) -> Iterator[Frame]:
    """Return frames with batches enough for the limit of disk, one by one and side by side."""
    allowed, leaves = case.limits.disk_mb, case.limits.kept_leaves
    if allowed is None:
        return
    for side in (1, 2):
        batches = disk.cut(disk.one_by_one(case.loads), allowed, side, leaves)
        if batches is not None:
            runs = math.ceil(len(batches) / MOST_SLOTS)
            slots = math.ceil(len(batches) / runs) + (1 if runs == 1 else 0)
            yield Frame(slots, runs, side, leaves, disk_mb=allowed)


def judged(case: Case, answer: Answer, frame: Frame) -> Iterator[Schedule]:
    """Deal real samples out to an answer and judge them in several orders."""
    terabytes = answer.disk_mb / 1e6
    size = f"{len(case.kinds_in(frame))} kinds of samples, {frame.slots} x {frame.runs} batches"
    notes = {
        "program": size,
        "gap": proof(answer),
        "model": f"{answer.makespan_s / HOUR:.2f} h, {answer.cost:.2f}, {terabytes:.3g} TB",
    }
    for side, batches in batches_of(case, answer, frame):
        for name in case.orders:
            told = [as_batch(ordered(batch, name, case.shapes)) for batch in batches]
            yield evaluate(
                PROGRAM,
                told,
                case.loads,
                case.pools,
                case.limits,
                side,
                notes={**notes, "order": name},
            )


def proof(answer: Answer) -> str:
    """Return how near to the program's optimum the answer is proved to be."""
    if answer.solved.gap is None:
        return "not known"
    return f"{answer.solved.gap:.2%}" + ("" if answer.solved.proved else " (search stopped)")


def batches_of(
    case: Case, answer: Answer, frame: Frame
) -> Iterator[tuple[int, list[list[Placed]]]]:
    """Return the batches of an answer, cut anew where the real samples do not fit so."""
    dealt = deal(answer, case.kinds_in(frame), frame.slots)
    limits, placed = case.limits, {one.load.sample: one for slot in dealt for one in slot}
    if frame.runs == 1 and fits(dealt, frame.side_by_side, limits):
        yield frame.side_by_side, [slot for slot in dealt if slot]
        return
    mixed = [one.load for slot in dealt for one in slot]
    fewer_files = disk.one_by_one(mixed)
    for side in (frame.side_by_side,) if frame.slots > 1 else (1, 2):
        for order in (mixed, fewer_files):
            batches = disk.cut(order, limits.disk_mb, side, limits.kept_leaves)
            if batches is not None:
                yield side, [[placed[load.sample] for load in batch] for batch in batches]


def fits(batches: Sequence[Sequence[Placed]], side_by_side: int, limits: Limits) -> bool:
    """Return whether batches fit on disk."""
    if limits.disk_mb is None:
        return True
    loads = [[one.load for one in batch] for batch in batches if batch]
    needs = disk.peak(loads, side_by_side, limits.kept_leaves)
    return needs <= limits.disk_mb * (1 + disk.ROUNDING)


def as_batch(placed: Sequence[Placed]) -> Batch:
    """Return placed samples as a batch."""
    on_gpu = frozenset(one.load.sample for one in placed if one.on_gpu)
    return Batch(tuple(one.load.sample for one in placed), on_gpu)
