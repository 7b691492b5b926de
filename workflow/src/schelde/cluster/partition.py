"""Which partition of a site a job goes to, and what it is given there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from schelde.site import Partition


@dataclass(frozen=True)
class Needs:
    """What a job asks for on its first attempt: cores, MiB, minutes, MiB of scratch, GPUs.

    ``group``: name of the chain of jobs that go to the cluster as one.
    """

    threads: int
    mem_mb: int
    runtime: int
    disk_mb: int = 0
    gpu: int = 0
    group: str | None = None


@dataclass(frozen=True)
class Given:
    """What a job is given on one attempt: MiB, minutes, and where; None without partitions."""

    mem_mb: int
    runtime: int
    partition: str | None = None
    gpu_model: str | None = None


def in_a_row(members: Iterable[Needs]) -> Needs:
    """Return what a chain of jobs asks for as one: the most of all but minutes, which add up.

    So does Snakemake for a group whose jobs follow one another (`GroupResources.basic_layered`).
    """
    jobs = list(members)
    return Needs(
        threads=max(job.threads for job in jobs),
        mem_mb=max(job.mem_mb for job in jobs),
        runtime=sum(job.runtime for job in jobs),
        disk_mb=max(job.disk_mb for job in jobs),
        gpu=max(job.gpu for job in jobs),
        group=jobs[0].group,
    )


def fitting(partitions: Mapping[str, Partition], needs: Needs) -> list[str]:
    """Return the partitions on one node of which a job fits at its first attempt, smallest first.

    Smallest: least GPUs, so that jobs without any leave them to others; then least memory, cores
    and minutes; then by name.
    """
    names = [
        name
        for name, one in partitions.items()
        if needs.threads <= one.cpus
        and needs.mem_mb <= one.mem_mb
        and needs.runtime <= _minutes(one)
        and needs.gpu <= one.gpus
    ]
    return sorted(names, key=lambda name: (*_size(partitions[name]), name))


def give(partitions: Mapping[str, Partition], needs: Needs, attempt: int) -> Given:
    """Return what a job is given on an attempt (from 1): ``attempt`` times memory and minutes.

    That in the smallest partition that has it; else in the one of those that the job fits at
    first which has the largest part of what is asked, as much as there is. Raises `LookupError`
    when the job fits none.
    """
    memory, minutes = needs.mem_mb * attempt, needs.runtime * attempt
    if not partitions:
        return Given(memory, minutes)
    names = fitting(partitions, needs)
    if not names:
        raise LookupError(misfit(partitions, needs))

    def part(name: str) -> float:
        one = partitions[name]
        return min(1.0, one.mem_mb / memory, _minutes(one) / minutes)

    best = max(names, key=part)  # the first, so the smallest, of those that have as much
    one = partitions[best]
    return Given(
        mem_mb=min(memory, one.mem_mb),
        runtime=min(minutes, one.minutes or minutes),
        partition=best,
        gpu_model=one.gpu_model if needs.gpu else None,
    )


def give_member(
    partitions: Mapping[str, Partition], needs: Needs, chain: Needs, attempt: int
) -> Given:
    """Return what one job of a chain is given: all of them go to the partition of the chain.

    Its minutes are its share of those that the chain is given. Raises as `give`.
    """
    whole = give(partitions, chain, attempt)
    return Given(
        mem_mb=min(needs.mem_mb * attempt, whole.mem_mb),
        runtime=max(1, needs.runtime * whole.runtime // chain.runtime),
        partition=whole.partition,
        gpu_model=whole.gpu_model if needs.gpu else None,
    )


def misfit(partitions: Mapping[str, Partition], needs: Needs) -> str:
    """Say what no partition has of what a job asks for."""
    have = partitions.values()
    asked = [
        (needs.threads, "threads", max((one.cpus for one in have), default=0)),
        (needs.mem_mb, "MiB", max((one.mem_mb for one in have), default=0)),
        (needs.runtime, "minutes", max((_minutes(one) for one in have), default=0)),
        (needs.gpu, "GPUs", max((one.gpus for one in have), default=0)),
    ]
    beyond = [f"{number} {unit}" for number, unit, most in asked if number > most]
    if beyond:
        return f"asks for {' and '.join(beyond)}, more than any partition of config/site.yaml has"
    together = ", ".join(f"{number} {unit}" for number, unit, _ in asked if number)
    return f"asks for {together}, which no partition of config/site.yaml has together"


def _minutes(partition: Partition) -> float:
    return inf if partition.minutes is None else partition.minutes


def _size(partition: Partition) -> tuple[float, ...]:
    return partition.gpus, partition.mem_mb, partition.cpus, _minutes(partition)
