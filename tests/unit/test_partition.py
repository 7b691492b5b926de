"""A job goes to the smallest partition that has what it asks for, and never asks for more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.cluster.partition import Needs, fitting, give, give_member, in_a_row, misfit
from schelde.site import Partition


def partitions(**of: dict[str, Any]) -> dict[str, Partition]:
    return {name: Partition(**numbers) for name, numbers in of.items()}


CLUSTER = partitions(
    gpu={"cpus": 32, "mem_mb": 64000, "minutes": 2000, "gpus": 2, "gpu_model": "a100"},
    bigmem={"cpus": 32, "mem_mb": 500000, "minutes": 5000},
    long={"cpus": 16, "mem_mb": 64000, "minutes": 5000},
    short={"cpus": 16, "mem_mb": 64000, "minutes": 240},
)


@pytest.mark.parametrize(
    ("needs", "names"),
    [
        (Needs(1, 1000, 60), ["short", "long", "bigmem", "gpu"]),
        (Needs(8, 28000, 720), ["long", "bigmem", "gpu"]),
        (Needs(1, 90000, 60), ["bigmem"]),
        (Needs(24, 1000, 60), ["bigmem", "gpu"]),
        (Needs(1, 1000, 60, gpu=1), ["gpu"]),
        (Needs(64, 1000, 60), []),
    ],
)
def test_partitions_that_fit_stand_in_the_order_of_their_size(
    needs: Needs, names: list[str]
) -> None:
    assert fitting(CLUSTER, needs) == names


def test_a_partition_without_limit_comes_after_one_with() -> None:
    alike = partitions(a={"cpus": 4, "mem_mb": 1000}, b={"cpus": 4, "mem_mb": 1000, "minutes": 99})
    assert fitting(alike, Needs(1, 10, 10)) == ["b", "a"]


def test_without_partitions_a_retry_asks_for_any_number() -> None:
    found = give({}, Needs(1, 1000, 60), 3)
    assert (found.mem_mb, found.runtime, found.partition) == (3000, 180, None)


@pytest.mark.parametrize(
    ("attempt", "partition", "mem_mb", "runtime"),
    [(1, "short", 28000, 200), (2, "long", 56000, 400), (3, "bigmem", 84000, 600)],
)
def test_a_retry_moves_to_a_partition_that_has_more(
    attempt: int, partition: str, mem_mb: int, runtime: int
) -> None:
    found = give(CLUSTER, Needs(8, 28000, 200), attempt)
    assert (found.partition, found.mem_mb, found.runtime) == (partition, mem_mb, runtime)


def test_a_retry_asks_for_no_more_than_there_is() -> None:
    found = give(CLUSTER, Needs(8, 300000, 4000), 2)
    assert (found.partition, found.mem_mb, found.runtime) == ("bigmem", 500000, 5000)


def test_a_gpu_job_is_told_the_model_of_its_partition() -> None:
    assert give(CLUSTER, Needs(1, 1000, 60, gpu=1), 1).gpu_model == "a100"


def test_a_job_without_gpu_is_told_no_model_even_there() -> None:
    alone = {"gpu": CLUSTER["gpu"]}
    assert give(alone, Needs(1, 1000, 60), 1).gpu_model is None


def test_a_chain_asks_for_the_most_memory_and_the_sum_of_minutes() -> None:
    chain = in_a_row([Needs(1, 1000, 30, 5, group="g"), Needs(8, 28000, 120, 9, group="g")])
    assert chain == Needs(8, 28000, 150, 9, group="g")


def test_jobs_of_a_chain_go_to_one_partition_and_fit_its_minutes() -> None:
    members = [Needs(1, 1000, 100), Needs(2, 2000, 200)]
    site = partitions(only={"cpus": 4, "mem_mb": 3000, "minutes": 400})
    given_to = [give_member(site, one, in_a_row(members), 2) for one in members]
    assert [one.runtime for one in given_to] == [133, 266]
    assert [one.mem_mb for one in given_to] == [2000, 3000]


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        (
            Needs(1, 600000, 60),
            "asks for 600000 MiB, more than any partition of config/site.yaml has",
        ),
        (
            Needs(64, 1, 6000),
            "asks for 64 threads and 6000 minutes, more than any partition of config/site.yaml has",
        ),
        (
            Needs(1, 90000, 60, gpu=1),
            "asks for 1 threads, 90000 MiB, 60 minutes, 1 GPUs, "
            "which no partition of config/site.yaml has together",
        ),
    ],
)
def test_what_fits_nowhere_is_told_in_numbers(needs: Needs, told: str) -> None:
    assert misfit(CLUSTER, needs) == told
    with pytest.raises(LookupError, match=told.split(",")[0]):
        give(CLUSTER, needs, 1)


@given(
    mem=st.integers(1, 500000),
    minutes=st.integers(1, 5000),
    threads=st.integers(1, 32),
    attempt=st.integers(1, 9),
)
def test_what_is_given_always_fits_where_it_goes(
    mem: int, minutes: int, threads: int, attempt: int
) -> None:
    found = give(CLUSTER, Needs(threads, mem, minutes), attempt)
    there = CLUSTER[found.partition or ""]
    assert mem <= found.mem_mb <= there.mem_mb
    assert minutes <= found.runtime <= (there.minutes or found.runtime)
    assert threads <= there.cpus
