"""One judge of all plans: samples on pools of nodes, event by event."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from schelde.plan.model import Batch, Limits, Load, Pool, Schedule
from schelde.plan.shapes import HOUR, Room, Shape, Stage, core_price, gpu_price, room_of, shape_of

BEFORE, CALL, AFTER, DONE = range(4)
CPU, GPU = "cpu", "gpu"
SLACK = 1e-6
"""Cores: what adding and taking away fractions leaves."""


@dataclass(frozen=True)
class Outcome:
    """What a simulation ended with; seconds, MB, the site's currency."""

    makespan_s: float
    cost: float
    disk_mb: float
    core_s: float
    gpu_s: float
    on_gpu: frozenset[str]


@dataclass
class Simulation:
    """Samples on nodes: ``run`` it once.

    List scheduling: a stage starts as soon as its cores (or its GPU and the cores beside it) are
    free and no sample of an earlier place waits for the same; cheaper pools are filled first. A
    pool counts as one machine: memory, and cores that are left over on every node, do not.
    ``whichever``: calling takes a GPU if one is free at that moment and none waits, else CPUs.
    """

    batches: Sequence[Batch]
    loads: Mapping[str, Load]
    room: Room
    limits: Limits
    side_by_side: int = 1
    whichever: bool = False
    time: float = 0
    cost: float = 0
    core_s: float = 0
    gpu_s: float = 0
    disk: float = 0
    disk_peak: float = 0
    on_gpu: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = [name for batch in self.batches for name in batch.samples]
        self.names = names
        self.batch_of = [i for i, batch in enumerate(self.batches) for _ in batch.samples]
        self.shapes: list[Shape] = [shape_of(self.loads[name], self.room) for name in names]
        self.planned = [name in batch.on_gpu for batch in self.batches for name in batch.samples]
        self.left = [len(batch.samples) for batch in self.batches]
        self.first = [
            end - size for end, size in zip(accumulate(self.left), self.left, strict=True)
        ]
        pools = {pool.name: pool for pool in (*self.room.cpu_pools, *self.room.gpu_pools)}
        self.free_cores = {name: float(p.nodes * p.cpus) for name, p in pools.items()}
        self.free_gpus = {p.name: p.nodes * p.gpus for p in self.room.gpu_pools}
        self.gpus_left = self.room.gpus
        self.waiting: dict[str, list[tuple[int, int]]] = {CPU: [], GPU: []}
        self.running: list[tuple[float, int, int, str, str]] = []
        self.begun = 0

    def run(self) -> Outcome:
        """Return the outcome."""
        self.begin_batches()
        self.start_stages()
        while self.running:
            self.time = self.running[0][0]
            while self.running and self.running[0][0] <= self.time:
                _, place, step, kind, pool = heapq.heappop(self.running)
                self.end_stage(place, step, kind, pool)
            self.begin_batches()
            self.start_stages()
        return Outcome(
            self.time, self.cost, self.disk_peak, self.core_s, self.gpu_s, frozenset(self.on_gpu)
        )

    def begin_batches(self) -> None:
        """Begin the batches whose turn it is; all files of a batch may lie on disk from then on."""
        while self.begun < len(self.batches) and self.may_begin(self.begun):
            for place, name in enumerate(self.batches[self.begun].samples, self.first[self.begun]):
                load = self.loads[name]
                self.disk += load.kept_mb + load.temp_mb
                heapq.heappush(self.waiting[CPU], (place, BEFORE))
            self.begun += 1
            self.disk_peak = max(self.disk_peak, self.disk)

    def may_begin(self, batch: int) -> bool:
        """Return whether the batch so many places before has ended."""
        return batch < self.side_by_side or self.left[batch - self.side_by_side] == 0

    def start_stages(self) -> None:
        """Start what waits and finds room, calling on GPUs first."""
        self.start_first(GPU)
        self.start_first(CPU)

    def start_first(self, kind: str) -> None:
        """Start stages of one kind in their order until one finds no room."""
        queue = self.waiting[kind]
        while queue:
            place, step = queue[0]
            pool = self.pool_for(kind, self.stage(place, step, kind))
            if pool is None:
                return
            heapq.heappop(queue)
            self.start(place, step, kind, pool)

    def stage(self, place: int, step: int, kind: str) -> Stage:
        """Return the stage of a sample."""
        shape = self.shapes[place]
        if kind == GPU:
            assert shape.gpu is not None
            return shape.gpu
        return (shape.before, shape.call, shape.after)[step]

    def pool_for(self, kind: str, stage: Stage) -> Pool | None:
        """Return the cheapest pool with room for a stage."""
        if kind == GPU and self.gpus_left < 1:
            return None
        for pool in self.room.gpu_pools if kind == GPU else self.room.cpu_pools:
            if self.free_cores[pool.name] + SLACK >= stage.cores and (
                kind == CPU or self.free_gpus[pool.name] > 0
            ):
                return pool
        return None

    def start(self, place: int, step: int, kind: str, pool: Pool) -> None:
        """Take the room of a stage, and pay for it."""
        stage = self.stage(place, step, kind)
        self.free_cores[pool.name] -= stage.cores
        self.core_s += stage.work
        if kind == GPU:
            self.free_gpus[pool.name] -= 1
            self.gpus_left -= 1
            self.gpu_s += stage.seconds
            self.cost += stage.seconds * gpu_price(pool, stage.cores)
        else:
            self.cost += stage.work * core_price(pool)
        heapq.heappush(self.running, (self.time + stage.seconds, place, step, kind, pool.name))

    def end_stage(self, place: int, step: int, kind: str, pool: str) -> None:
        """Give the room back and let the next stage of the sample wait."""
        self.free_cores[pool] += self.stage(place, step, kind).cores
        if kind == GPU:
            self.free_gpus[pool] += 1
            self.gpus_left += 1
        if step + 1 == DONE:
            self.end_sample(place)
            return
        where = self.where_called(place) if step + 1 == CALL else CPU
        heapq.heappush(self.waiting[where], (place, step + 1))
        if self.whichever and where == GPU:
            self.start_first(GPU)

    def where_called(self, place: int) -> str:
        """Return where a sample is called now that it is ready."""
        gpu = self.shapes[place].gpu
        if gpu is None:
            return CPU
        free = not self.waiting[GPU] and self.pool_for(GPU, gpu) is not None
        if not (free if self.whichever else self.planned[place]):
            return CPU
        self.on_gpu.add(self.names[place])
        return GPU

    def end_sample(self, place: int) -> None:
        """Remove what a sample leaves, and what its batch keeps if that goes elsewhere."""
        batch = self.batch_of[place]
        self.disk -= self.loads[self.names[place]].temp_mb
        self.left[batch] -= 1
        if self.left[batch] == 0 and self.limits.kept_leaves:
            self.disk -= sum(self.loads[name].kept_mb for name in self.batches[batch].samples)


def evaluate(
    by: str,
    batches: Iterable[Batch],
    loads: Sequence[Load],
    pools: Sequence[Pool],
    limits: Limits,
    side_by_side: int = 1,
    *,
    whichever: bool = False,
    notes: Mapping[str, str] | None = None,
) -> Schedule:
    """Simulate batches on pools and return them as a schedule with what they take.

    ``broken`` tells the limits that this schedule does not hold. With ``whichever`` the simulation
    also decides who is called on a GPU (see Simulation), and the schedule tells. The same input
    gives the same schedule always. Raise ValueError where a sample is in no batch, or in two.
    """
    real = [batch for batch in batches if batch.samples]
    names = [name for batch in real for name in batch.samples]
    known = {load.sample: load for load in loads}
    if sorted(names) != sorted(known) or len(known) != len(loads):
        raise ValueError("each sample has to be in one batch")
    room = room_of(pools, limits)
    ended = Simulation(real, known, room, limits, side_by_side, whichever).run()
    told = tuple(Batch(b.samples, ended.on_gpu & frozenset(b.samples)) for b in real)
    return Schedule(
        by,
        told,
        ended.makespan_s,
        ended.cost,
        ended.disk_mb,
        ended.core_s / HOUR,
        ended.gpu_s / HOUR,
        broken(ended.makespan_s, ended.disk_mb, limits),
        notes or {},
        side_by_side,
    )


def broken(makespan_s: float, disk_mb: float, limits: Limits) -> tuple[str, ...]:
    """Return a sentence for each limit that is passed, and by how much.

    >>> broken(31.5 * 3600, 0, Limits(deadline_s=24 * 3600))
    ('the deadline of 24.0 h is missed: 31.5 h (7.5 h more)',)
    """
    told = []
    if limits.deadline_s is not None and makespan_s > limits.deadline_s * (1 + SLACK):
        given, took = limits.deadline_s / HOUR, makespan_s / HOUR
        told.append(
            f"the deadline of {given:.1f} h is missed: {took:.1f} h ({took - given:.1f} h more)"
        )
    if limits.disk_mb is not None and disk_mb > limits.disk_mb * (1 + SLACK):
        gave, needs = limits.disk_mb / 1e6, disk_mb / 1e6
        told.append(
            f"the disk of {gave:.3g} TB is too small: {needs:.3g} TB ({needs - gave:.2g} TB more)"
        )
    return tuple(told)
