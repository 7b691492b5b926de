from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from schelde.plan.graph import graph_of
from schelde.plan.model import Pool, Task
from schelde.plan.rates import Overhead, Rate, Rates
from schelde.plan.simulate import Outcome, simulate
from schelde.plan.spread import forecast

NOTHING = Overhead(start_s=0, start_cpu_s=0, job_s=0, job_cpu_s=0, source="none")
POLLED = NOTHING.model_copy(update={"poll_s": 10.0, "poll_more_s": 10.0, "poll_most_s": 30.0})
MACHINE = Pool("here", nodes=1, cpus=4, mem_mb=1000, cost=8, watts=400)


def task(name: str, wall_s: float = 10, *needs: str, **others: object) -> Task:
    first = Task(name, name.split(".")[0], None, needs, 1, 10, wall_s, wall_s)
    return replace(first, **others)


def played(
    tasks: Sequence[Task], overhead: Overhead = NOTHING, pools: Sequence[Pool] = (MACHINE,)
) -> Outcome:
    return simulate(graph_of(tasks, grouped=overhead.poll_s > 0), pools, overhead)


def test_jobs_run_side_by_side_as_far_as_there_are_cores() -> None:
    assert played([task(f"a.{n}") for n in range(8)]).makespan_s == 20


def test_a_job_waits_for_what_it_needs() -> None:
    assert played([task("a", 5), task("b", 7, "a"), task("c", 1, "b")]).makespan_s == 13


def test_memory_limits_how_many_jobs_a_node_takes() -> None:
    assert played([task(f"a.{n}", mem_mb=600) for n in range(3)]).makespan_s == 30


def test_gpus_limit_how_many_jobs_a_node_takes() -> None:
    pools = [replace(MACHINE, gpus=1)]
    out = played([task(f"a.{n}", gpus=1) for n in range(3)], pools=pools)
    assert (out.makespan_s, out.gpu_s) == (30, 30)


def test_a_job_goes_to_its_partition_alone() -> None:
    pools = [MACHINE, replace(MACHINE, name="other")]
    tasks = [task(f"a.{n}", threads=4, pool="other") for n in range(2)]
    assert played(tasks, pools=pools).makespan_s == 20


def test_a_job_that_no_node_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="more than any node"):
        played([task("a", threads=5)])


def test_a_node_is_paid_for_by_the_share_that_jobs_hold() -> None:
    out = played([task("a", 3600, threads=2)])
    assert (out.cost, out.energy, out.reserved_s) == (4, 0.2, 7200)


def test_memory_counts_as_a_share_of_the_node_when_it_is_more_than_that_of_cores() -> None:
    assert played([task("a", 3600, mem_mb=1000)]).cost == 8


def test_temporary_files_go_when_the_last_that_needs_them_has_ended() -> None:
    tasks = [
        task("a", temp_mb=100),
        task("b", 10, "a", kept_mb=1),
        task("c", 30, "a", kept_mb=1),
        task("d", 10, "b", temp_mb=50),
        task("e", 10, "c", kept_mb=120),
    ]
    out = played(tasks)
    assert (out.disk_mb, out.disk_at_s, out.kept_mb) == (172, 40, 122)


def test_files_beside_an_output_go_with_the_job() -> None:
    out = played([task("a", scratch_mb=70), task("b", 10, "a", kept_mb=80)])
    assert out.disk_mb == 80


def test_a_cluster_is_seen_at_the_next_look() -> None:
    assert played([task("a", 3), task("b", 3, "a")], POLLED).makespan_s == 20


def test_looks_come_more_seldom_while_nothing_ends() -> None:
    # At 10, then 20 later, then 30 later and no more: 10, 30, 60, 90.
    assert played([task("a", 61)], POLLED).makespan_s == 90


def test_a_group_is_sent_as_one_job() -> None:
    tasks = [task("a", 3, group="x"), task("b", 3, "a", group="x"), task("c", 1, "b")]
    assert played(tasks, POLLED).makespan_s == 20
    assert len(graph_of(tasks, grouped=True).units) == 2
    assert len(graph_of(tasks, grouped=False).units) == 3


def test_local_jobs_take_no_node_of_a_cluster() -> None:
    full = task("a", 9, threads=4)
    assert played([full, task("b", 9, local=True)], POLLED).reserved_s == 45
    assert played([full, task("b", 9, local=True)], POLLED).makespan_s == 10


def test_no_more_jobs_are_sent_than_the_profile_lets() -> None:
    one = NOTHING.model_copy(update={"jobs": 1})
    assert played([task("a"), task("b")], one).makespan_s == 20


def test_what_snakemake_itself_takes_is_counted() -> None:
    slow = Overhead(start_s=3, start_cpu_s=2, job_s=1, job_cpu_s=0.5, source="made up")
    out = played([task("a"), task("b", 10, "a")], slow)
    assert (out.makespan_s, out.used_s) == (25, 23)


def rates(**others: float) -> Rates:
    return Rates({"r": Rate(of="lane", source="made up", **others)}, {})


def test_a_forecast_is_the_same_each_time_and_holds_the_likely_value() -> None:
    graph = graph_of([task(f"a.{n}", rate="r") for n in range(8)], grouped=False)
    first = forecast(graph, [MACHINE], NOTHING, rates(low=0.5, high=2))
    assert first == forecast(graph, [MACHINE], NOTHING, rates(low=0.5, high=2))
    assert first.wall_s.low < 20 == first.wall_s.likely < first.wall_s.high


def test_a_forecast_says_how_often_a_deadline_is_missed() -> None:
    graph = graph_of([task("a", rate="r")], grouped=False)
    spread = rates(low=0.5, high=2)
    late = [
        forecast(graph, [MACHINE], NOTHING, spread, deadline_s=s).late for s in (0.1, 10.0, 1000.0)
    ]
    assert late[0] == 1 and 0.3 < (late[1] or 0) < 0.7 and late[2] == 0


@pytest.mark.slow
def test_a_thousand_genomes_are_played_in_under_two_seconds() -> None:
    tasks = [
        task(
            f"r{step}.{n}",
            100 + n % 7,
            *([f"r{step - 1}.{n}"] if step else []),
            threads=1 + step % 4,
        )
        for n in range(1000)
        for step in range(15)
    ]
    pools = [Pool("cpu", 50, 32, 1 << 20)]
    began = time.process_time()
    played(tasks, POLLED, pools)
    assert time.process_time() - began < 2
