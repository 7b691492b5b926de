"""The judge of plans, the disk that batches need, and the simple rules."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schelde.plan import disk
from schelde.plan.evaluate import evaluate
from schelde.plan.model import Batch, Limits, Load, Pool, Schedule
from schelde.plan.shapes import room_of, shape_of
from schelde.plan.simple import (
    ALL_CPU,
    ALL_GPU,
    FIRST_COME,
    LARGEST_FIRST,
    ONE_AT_A_TIME,
    schedules,
)

CPUS = Pool("cpu", 1, 4, 8000, cost=4)
GPUS = Pool("gpu", 1, 8, 8000, gpus=2, cost=20)
BOTH = [CPUS, GPUS]
NONE = Limits()


def load(name: str = "a", times: float = 1, *, gpu: bool = True, **more: float) -> Load:
    """4 cores for 100 s, then 1 core for 100 s or a GPU for 20 s, then 4 cores for 10 s."""
    return Load(
        name, 440 * times, 100 * times, 20 * times if gpu else None, 40 * times, 210 * times,
        130 * times if gpu else None, more.get("kept", 1), more.get("temp", 10), 40 * times,
    )  # fmt: skip


def one(*names: str, on_gpu: tuple[str, ...] = ()) -> list[Batch]:
    return [Batch(names, frozenset(on_gpu))]


def by_name(found: list[Schedule]) -> dict[str, Schedule]:
    return {schedule.by: schedule for schedule in found}


def test_a_sample_is_cut_into_before_calling_and_after():
    shape = shape_of(load(), room_of(BOTH, NONE))
    assert (shape.before.cores, shape.before.seconds) == pytest.approx((4, 100))
    assert (shape.call.cores, shape.call.seconds) == pytest.approx((1, 100))
    assert (shape.after.cores, shape.after.seconds) == pytest.approx((4, 10))
    assert shape.gpu is not None
    assert (shape.gpu.cores, shape.gpu.seconds) == pytest.approx((2, 20))


def test_a_sample_alone_takes_its_chain():
    for on_gpu, chain in ((), 210), (("a",), 130):
        assert evaluate("", one("a", on_gpu=on_gpu), [load()], BOTH, NONE).makespan_s == chain


def test_a_stage_wider_than_the_site_takes_longer():
    narrow = [Pool("cpu", 1, 2, 8000)]
    assert evaluate("", one("a"), [load()], narrow, NONE).makespan_s == pytest.approx(320)


def test_samples_wait_for_cores():
    loads = [load("a"), load("b")]
    assert evaluate("", one("a", "b"), loads, [CPUS], NONE).makespan_s > 210


def test_cores_cost_their_share_of_a_node_and_gpus_the_larger_of_both_shares():
    cpu = evaluate("", one("a"), [load()], BOTH, NONE)
    gpu = evaluate("", one("a", on_gpu=("a",)), [load()], BOTH, NONE)
    assert cpu.cost == pytest.approx(540 / 3600)
    assert gpu.cost == pytest.approx(440 / 3600 + 20 / 3600 * 20 / 2)
    assert (gpu.core_hours, gpu.gpu_hours) == pytest.approx((480 / 3600, 20 / 3600))


def test_no_more_gpus_are_used_than_allowed():
    loads = [load(name) for name in "abcd"]
    wide = [Pool("cpu", 8, 4, 8000), GPUS]
    both = one(*"abcd", on_gpu=tuple("abcd"))
    free = evaluate("", both, loads, wide, NONE).makespan_s
    assert free == pytest.approx(150)
    assert evaluate("", both, loads, wide, Limits(gpus=1)).makespan_s == pytest.approx(190)


def test_where_all_nodes_have_gpus_their_cores_do_all_the_work():
    assert evaluate("", one("a", on_gpu=("a",)), [load()], [GPUS], NONE).makespan_s == 130


def test_a_sample_that_has_no_gpu_time_is_called_on_cpus():
    schedule = evaluate("", one("a", on_gpu=("a",)), [load(gpu=False)], BOTH, NONE)
    assert schedule.batches[0].on_gpu == frozenset()


def test_a_batch_waits_for_the_one_before_unless_they_run_side_by_side():
    loads, wide = [load(name) for name in "abc"], [Pool("cpu", 8, 4, 8000)]
    batches = [Batch((name,)) for name in "abc"]
    alone = evaluate("", batches, loads, wide, NONE)
    beside = evaluate("", batches, loads, wide, NONE, 2)
    assert (alone.makespan_s, beside.makespan_s) == pytest.approx((630, 420))
    assert (alone.disk_mb, beside.disk_mb) == pytest.approx((13, 22))


def test_what_is_kept_can_leave_with_its_batch():
    loads = [load(name) for name in "abc"]
    batches = [Batch((name,)) for name in "abc"]
    assert evaluate("", batches, loads, BOTH, Limits(kept_leaves=True)).disk_mb == 11


def test_a_limit_that_is_passed_is_told_with_by_how_much():
    limits = Limits(deadline_s=150, disk_mb=5)
    told = evaluate("", one("a"), [load()], BOTH, limits).broken
    assert [sentence.split(" is ")[0] for sentence in told] == [
        "the deadline of 0.0 h", "the disk of 5e-06 TB"
    ]  # fmt: skip


def test_every_sample_must_be_in_one_batch():
    for batches in (one("a", "a"), one("b"), []):
        with pytest.raises(ValueError, match="one batch"):
            evaluate("", batches, [load()], BOTH, NONE)


def test_a_site_without_cores_is_refused():
    with pytest.raises(ValueError, match="without cores"):
        schedules([load()], [Pool("none", 0, 64, 1)], NONE)


def test_the_simple_rules_are_five():
    found = by_name(schedules([load("a"), load("b", 2)], BOTH, NONE))
    assert list(found) == [ALL_CPU, ALL_GPU, FIRST_COME, LARGEST_FIRST, ONE_AT_A_TIME]
    assert found[ALL_CPU].gpu_hours == 0
    assert found[ALL_GPU].batches[0].on_gpu == {"a", "b"}
    assert found[LARGEST_FIRST].batches[0].samples == ("b", "a")
    assert len(found[ONE_AT_A_TIME].batches) == 2


def test_all_on_gpu_is_no_rule_where_no_sample_can():
    assert ALL_GPU not in by_name(schedules([load(gpu=False)], BOTH, NONE))
    assert ALL_GPU not in by_name(schedules([load()], [CPUS], NONE))


def test_first_come_takes_cpus_when_no_gpu_is_free():
    loads = [load(name, gpu=True) for name in "abc"]
    wide, few = [Pool("cpu", 8, 4, 8000), GPUS], Limits(gpus=1)
    found = by_name(schedules(loads, wide, few))[FIRST_COME]
    assert found.batches[0].on_gpu == {"a"}
    assert found.makespan_s == pytest.approx(210)


def test_rules_fill_batches_up_to_the_disk():
    loads = [load(name) for name in "abcd"]
    for schedule in schedules(loads, BOTH, Limits(disk_mb=26)):
        assert schedule.disk_mb <= 26
        assert not schedule.broken


@st.composite
def files(draw: st.DrawFn) -> list[Load]:
    sizes = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5))
    return [load(f"s{i}", kept=kept, temp=temp) for i, (kept, temp) in enumerate(sizes)]


@given(loads=files(), leaves=st.booleans())
@settings(deadline=None)
def test_no_order_needs_less_disk_than_the_one_that_is_told(loads: list[Load], leaves: bool):
    peaks = [disk.peak([[one] for one in order], 1, leaves) for order in permutations(loads)]
    assert disk.least(loads, leaves) == min(peaks)


@given(loads=files(), leaves=st.booleans(), side=st.sampled_from([1, 2]), mb=st.integers(1, 60))
@settings(deadline=None)
def test_batches_that_are_cut_fit(loads: list[Load], leaves: bool, side: int, mb: int):
    batches = disk.cut(loads, mb, side, leaves)
    if batches is None:
        assert side == 2 or disk.peak([[load] for load in loads], 1, leaves) > mb
        return
    assert [load for batch in batches for load in batch] == loads
    assert disk.peak(batches, side, leaves) <= mb * 1.000001
    told = [Batch(tuple(load.sample for load in batch)) for batch in batches]
    limits = Limits(kept_leaves=leaves)
    judged = evaluate("", told, loads, BOTH, limits, side).disk_mb
    assert judged <= disk.peak(batches, side, leaves) * 1.000001
