"""The program finds the optimum of its model, and the best schedule is never worse than a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bench.made_batches import LARGE, SMALL, batch
from tests.unit.test_bounds import samples

from schelde.plan.bounds import lower_bound
from schelde.plan.deal import deal
from schelde.plan.evaluate import evaluate
from schelde.plan.kinds import MANY, kinds_of
from schelde.plan.model import Limits, Load, Objective, Pool
from schelde.plan.place import best_schedule
from schelde.plan.program import Frame, Program
from schelde.plan.shapes import HOUR, core_price, gpu_price, room_of, shape_of
from schelde.plan.simple import schedules

SITE = [Pool("cpu", 2, 4, 1, cost=2), Pool("gpu", 1, 8, 1, gpus=1, cost=9)]
NEAR = 0.004
"""The solver's gap and the weight of chains, twice."""
Place = tuple[bool, int]


def model(
    loads: Sequence[Load], places: Sequence[Place], slots: int, side: int, leaves: bool
) -> tuple[float, float, float] | None:
    """Return makespan, cost and disk of the model of docs/placement.md, by its definition alone."""
    room = room_of(SITE, Limits())
    shapes = [shape_of(load, room) for load in loads]
    if any(on_gpu and shape.gpu is None for shape, (on_gpu, _) in zip(shapes, places, strict=True)):
        return None
    able = [shape for shape in shapes if shape.gpu is not None]
    head = min((shape.before.seconds for shape in able), default=0)
    tail = min((shape.after.seconds for shape in able), default=0)
    cores, gpus, beside, chain, files, kept = ([0.0] * slots for _ in range(6))
    cost = 0.0
    for load, shape, (on_gpu, b) in zip(loads, shapes, places, strict=True):
        price = core_price(SITE[0])
        outside = shape.before.work + shape.after.work
        cores[b] += outside + (0 if on_gpu else shape.call.work)
        cost += (outside + (0 if on_gpu else shape.call.work)) * price
        if on_gpu and shape.gpu is not None:
            gpus[b] += shape.gpu.seconds
            beside[b] += shape.gpu.work
            cost += shape.gpu.seconds * gpu_price(SITE[1], shape.gpu.cores)
        chain[b] = max(chain[b], shape.chain_gpu if on_gpu else shape.chain_cpu)
        files[b] += load.kept_mb + load.temp_mb
        kept[b] += load.kept_mb
    begin, end = [0.0] * slots, [0.0] * slots
    for b in range(slots):
        begin[b] = end[b - side] if b >= side else 0.0
        end[b] = max(begin[b] + chain[b], end[b - 1] if b else 0)
        for first in range(b - side + 1 if side == 1 else 0, b + 1):
            window = slice(first, b + 1)
            ends = head * any(gpus[first : first + 1]) + tail * any(gpus[b : b + 1])
            spans = [sum(cores[window]) / room.cores, sum(beside[window]) / room.cores_beside]
            end[b] = max(end[b], begin[first] + max(*spans, ends + sum(gpus[window]) / room.gpus))
    peak = 0.0
    for b in range(slots):
        gone = 0 if leaves else sum(kept[: max(0, b - side + 1)])
        peak = max(peak, gone + sum(files[max(0, b - side + 1) : b + 1]))
    return end[-1], cost, peak


def all_places(count: int, slots: int) -> Iterator[tuple[Place, ...]]:
    return product(product([False, True], range(slots)), repeat=count)


@given(
    loads=samples(3),
    objective=st.sampled_from(["time", "cost", "disk"]),
    side=st.sampled_from([1, 2]),
    leaves=st.booleans(),
    tight=st.sampled_from([None, 1.2, 1.6]),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_program_finds_the_optimum_that_trying_all_finds(
    loads: list[Load], objective: Objective, side: int, leaves: bool, tight: float | None
):
    tried = [model(loads, places, 3, side, leaves) for places in all_places(len(loads), 3)]
    every = [found for found in tried if found is not None]
    which = {"time": 0, "cost": 1, "disk": 2}[objective]
    limits: dict[str, float] = {}
    if tight is not None and objective == "time":
        limits["disk_mb"] = min(found[2] for found in every) * tight
        every = [found for found in every if found[2] <= limits["disk_mb"] * (1 + 1e-9)]
    elif tight is not None:
        limits["deadline_s"] = min(found[0] for found in every) * tight
        every = [found for found in every if found[0] <= limits["deadline_s"] * (1 + 1e-9)]
    room = room_of(SITE, Limits())
    frame = replace(Frame(3, 1, side, leaves), **limits)
    answer = Program(kinds_of(loads, room), room, frame).solve(objective, 60)
    assert answer is not None
    value = (answer.makespan_s, answer.cost, answer.disk_mb)[which]
    best = min(found[which] for found in every)
    assert value == pytest.approx(best, rel=NEAR, abs=1e-3)


def cases() -> Iterator[tuple[tuple[Pool, ...], int, Objective, Limits]]:
    for pools, count in ((LARGE, 8), (SMALL, 8), (LARGE, 96), (SMALL, 96)):
        least = lower_bound(batch(count), pools)
        late = Limits(deadline_s=least.makespan_s * 1.4)
        yield pools, count, "time", Limits()
        yield pools, count, "time", Limits(gpus=1)
        yield pools, count, "cost", late
    yield LARGE, 8, "time", Limits(disk_mb=8e5, kept_leaves=True)
    yield SMALL, 96, "disk", Limits()


@pytest.mark.parametrize(("pools", "count", "objective", "limits"), list(cases()))
def test_the_best_schedule_keeps_the_limits_and_is_no_worse_than_any_rule_that_does(
    pools: tuple[Pool, ...], count: int, objective: Objective, limits: Limits
):
    loads = batch(count)
    best = best_schedule(loads, pools, limits, objective)
    again = evaluate(best.by, best.batches, loads, pools, limits, best.side_by_side)
    assert not best.broken
    if best.by == "program":
        assert (again.makespan_s, again.cost) == (best.makespan_s, best.cost)
    for rule in schedules(loads, pools, limits):
        if not rule.broken:
            value = {"time": (best.makespan_s, rule.makespan_s), "cost": (best.cost, rule.cost),
                     "disk": (best.disk_mb, rule.disk_mb)}[objective]  # fmt: skip
            assert value[0] <= value[1] * (1 + 1e-5)


def test_the_program_ends_sooner_than_every_rule_where_both_kinds_of_nodes_are_short():
    loads = batch(300)
    best = best_schedule(loads, LARGE, Limits(), "time")
    assert best.by == "program"
    assert best.makespan_s < 0.97 * min(one.makespan_s for one in schedules(loads, LARGE, Limits()))


def test_a_deadline_is_kept_for_less_than_the_rules_that_keep_it_cost():
    loads = batch(96)
    limits = Limits(deadline_s=13 * HOUR)
    best = best_schedule(loads, LARGE, limits, "cost")
    rules = [one.cost for one in schedules(loads, LARGE, limits) if not one.broken]
    assert best.cost < 0.97 * min(rules)


def test_a_deadline_that_cannot_hold_is_told_with_what_would_do():
    told = best_schedule(batch(96), SMALL, Limits(deadline_s=20 * HOUR), "cost").broken
    assert len(told) == 1
    assert told[0].startswith("the deadline of 20.0 h cannot hold: no plan takes less than 29.1 h")
    assert "more nodes 'cpu'" in told[0]


def test_the_nodes_that_are_told_let_the_deadline_hold():
    loads, limits = batch(96), Limits(deadline_s=20 * HOUR)
    told = best_schedule(loads, SMALL, limits, "time").broken[0]
    more = int(told.split("about ")[1].split()[0])
    larger = [replace(SMALL[0], nodes=SMALL[0].nodes + more), SMALL[1]]
    assert best_schedule(loads, larger, limits, "time").makespan_s < limits.deadline_s * 1.05


def test_a_chain_longer_than_the_deadline_has_no_remedy():
    told = best_schedule(batch(8), LARGE, Limits(deadline_s=3 * HOUR), "time").broken
    assert told[0].endswith("more nodes, GPUs or disk alone would not do")


def test_a_limit_of_gpus_that_breaks_the_deadline_is_named():
    limits = Limits(deadline_s=13 * HOUR, gpus=1)
    told = best_schedule(batch(96), LARGE, limits, "time").broken
    assert "more GPUs at once" in told[0]


def test_a_disk_that_cannot_hold_is_told_and_the_plan_needs_the_least():
    loads = batch(8)
    least = lower_bound(loads, LARGE).disk_mb
    found = best_schedule(loads, LARGE, Limits(disk_mb=least / 2), "time")
    assert found.disk_mb == pytest.approx(least)
    assert found.broken == (
        "the disk of 0.152 TB cannot hold: 0.303 TB at least, one sample at a time (0.15 TB more)",
    )


def test_least_disk_needs_no_more_than_one_sample_at_a_time_and_ends_sooner():
    loads = batch(96)
    best = best_schedule(loads, SMALL, Limits(), "disk")
    alone = schedules(loads, SMALL, Limits())[-1]
    assert best.disk_mb <= alone.disk_mb * (1 + 1e-6)
    assert best.makespan_s < alone.makespan_s / 2


def test_the_same_input_gives_the_same_schedule():
    limits = Limits(disk_mb=8e6)
    first = best_schedule(batch(50), SMALL, limits, "time")
    assert best_schedule(batch(50), SMALL, limits, "time") == first


def test_the_notes_say_which_was_taken_and_the_gap():
    notes = best_schedule(batch(8), SMALL, Limits(), "time").notes
    assert "best simple rule" in notes["taken"]
    assert notes["gap"] == "0.00%"


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        best_schedule([], LARGE, Limits(), "time")


def test_many_samples_are_few_kinds_and_each_is_dealt_once():
    loads, room = batch(2000), room_of(LARGE, Limits())
    kinds = kinds_of(loads, room)
    assert len(kinds) <= MANY
    answer = Program(kinds, room, Frame()).solve("time", 60)
    assert answer is not None
    placed = [one for slot in deal(answer, kinds, 1) for one in slot]
    assert sorted(one.load.sample for one in placed) == [
        load.sample for load in sorted(loads, key=lambda x: x.sample)
    ]
    on_gpu = sum(count for (_, way, _), count in answer.counts.items() if way == "gpu")
    assert sum(one.on_gpu for one in placed) == on_gpu
