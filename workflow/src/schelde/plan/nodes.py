"""The nodes that a run has, and what executor sends jobs to them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from schelde.cluster.devices import devices
from schelde.plan.model import Pool
from schelde.site import Site

ENOUGH = 1 << 40
"""MiB: on one machine Snakemake gives jobs their cores and does not count their memory."""


@dataclass(frozen=True)
class Machine:
    """Where a run is planned for: ``executor`` is a name in the rates; ``cores`` of one machine."""

    executor: str
    pools: tuple[Pool, ...]
    cores: int | None = None


def machine_of(site: Site, cores: int | None) -> Machine:
    """Return the partitions of a site; with ``cores``, or without partitions, this machine."""
    if cores is None and site.partitions:
        pools = [
            Pool(
                name=name,
                nodes=part.nodes,
                cpus=part.cpus,
                mem_mb=part.mem_mb,
                gpus=part.gpus,
                cost=part.cost,
                watts=part.watts,
            )
            for name, part in site.partitions.items()
        ]
        return Machine("slurm", tuple(pools))
    number = cores or os.cpu_count() or 1
    return Machine("local", (Pool("this machine", 1, number, ENOUGH),), number)


def with_gpus(machine: Machine, number: int) -> Machine:
    """Return one machine with so many GPUs, or with those that it has if these are more.

    A plan is made for a machine on which its jobs can run: ``number`` is what the largest of them
    asks for. Partitions stay as the site has them.
    """
    if machine.executor != "local" or not number:
        return machine
    there = max(number, len(devices(os.environ)))
    return replace(machine, pools=tuple(replace(pool, gpus=there) for pool in machine.pools))
