"""A sample as three stages of a simulation (before calling, calling, after), and a site's room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schelde.plan.model import Limits, Load, Pool

HOUR = 3600


@dataclass(frozen=True)
class Stage:
    """Work that keeps ``cores`` cores busy for ``seconds``; cores may be a fraction."""

    cores: float
    seconds: float

    @property
    def work(self) -> float:
        """Return the core-seconds."""
        return self.cores * self.seconds


@dataclass(frozen=True)
class Shape:
    """The stages of one sample. ``gpu`` is calling on one GPU, with the cores taken beside it."""

    before: Stage
    call: Stage
    gpu: Stage | None
    after: Stage

    @property
    def chain_cpu(self) -> float:
        """Return the seconds that the sample takes alone, called on CPUs."""
        return self.before.seconds + self.call.seconds + self.after.seconds

    @property
    def chain_gpu(self) -> float:
        """Return the seconds that the sample takes alone, called on a GPU; inf where it cannot."""
        if self.gpu is None:
            return float("inf")
        return self.before.seconds + self.gpu.seconds + self.after.seconds


@dataclass(frozen=True)
class Room:
    """What a site has. ``shared``: there are GPU nodes only, whose cores do all the work.

    ``cpu_pools`` and ``gpu_pools`` are sorted by price, then name: cheaper nodes are filled first.
    """

    cpu_pools: tuple[Pool, ...]
    gpu_pools: tuple[Pool, ...]
    gpus: int
    shared: bool

    @property
    def cores(self) -> int:
        """Return the cores for work that needs no GPU."""
        return sum(pool.nodes * pool.cpus for pool in self.cpu_pools)

    @property
    def cores_beside(self) -> int:
        """Return the cores of the GPU nodes."""
        return sum(pool.nodes * pool.cpus for pool in self.gpu_pools)


def room_of(pools: Sequence[Pool], limits: Limits) -> Room:
    """Return what a site has for CPU work and for calling on at most ``limits.gpus`` GPUs.

    CPU work goes to nodes without a GPU where there are any, as clusters keep GPU nodes for jobs
    that ask for a GPU. Raise ValueError when there is no core at all.
    """
    real = sorted((p for p in pools if p.nodes * p.cpus > 0), key=lambda p: (core_price(p), p.name))
    if not real:
        raise ValueError("a site without cores can do nothing")
    plain = tuple(pool for pool in real if pool.gpus == 0)
    with_gpu = tuple(pool for pool in real if pool.gpus > 0)
    there = sum(pool.nodes * pool.gpus for pool in with_gpu)
    gpus = there if limits.gpus is None else min(there, limits.gpus)
    return Room(plain or with_gpu, with_gpu, gpus, shared=not plain)


def core_price(pool: Pool) -> float:
    """Return what a core of a pool costs for a second."""
    return pool.cost / pool.cpus / HOUR


def gpu_price(pool: Pool, cores_beside: float) -> float:
    """Return what calling on one GPU costs for a second.

    That is the larger of its shares of a node's GPUs and cores, as Slurm bills with MAX_TRES
    (slurm.conf(5), PriorityFlags).
    """
    return pool.cost / HOUR * max(1 / pool.gpus, cores_beside / pool.cpus)


def shape_of(load: Load, room: Room) -> Shape:
    """Return the stages of a sample on a site.

    The chain outside calling is ``chain_gpu_s - call_gpu_s`` where calling on a GPU is known, else
    the part of ``chain_cpu_s`` that ``cpu_s`` has in all core-seconds; it is cut into before and
    after by their core-seconds. A stage is as wide as its work needs in that time, and slower where
    no pool is so wide.
    """
    if load.call_gpu_s is not None and load.chain_gpu_s is not None:
        outside = max(0.0, load.chain_gpu_s - load.call_gpu_s)
    else:
        outside = load.chain_cpu_s * part(load.cpu_s, load.cpu_s + load.call_cpu_s)
    widest = max(pool.nodes * pool.cpus for pool in room.cpu_pools)
    late = min(1.0, part(load.after_s, load.cpu_s))
    return Shape(
        stage(load.cpu_s * (1 - late), outside * (1 - late), widest),
        stage(load.call_cpu_s, max(0.0, load.chain_cpu_s - outside), widest),
        gpu_stage(load, room),
        stage(load.cpu_s * late, outside * late, widest),
    )


def gpu_stage(load: Load, room: Room) -> Stage | None:
    """Return calling on one GPU of a node, or None where sample or site cannot."""
    if load.call_gpu_s is None or room.gpus == 0:
        return None
    return stage(load.call_beside_s, load.call_gpu_s, max(pool.cpus for pool in room.gpu_pools))


def stage(work: float, seconds: float, widest: float) -> Stage:
    """Return a stage of so much work in so many seconds, or more where it would be too wide."""
    longer = max(seconds, work / widest)
    return Stage(part(work, longer), longer)


def part(some: float, whole: float) -> float:
    """Return some / whole, and 0 of nothing."""
    return some / whole if whole > 0 else 0.0
