"""A run played through: which job starts when on which node, and what that comes to.

A model of Snakemake and Slurm that leaves much out: a job starts as soon as what it needs has ended
and a node has room; those that let temporary files go come first, then those of the earlier sample;
a small job may overtake a big one that finds no room.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schelde.plan.graph import Graph, Unit
from schelde.plan.model import Pool
from schelde.plan.rates import Overhead

HEAD = Pool("beside Snakemake", nodes=1, cpus=1, mem_mb=1 << 30)
"""Where local rules run: `local-cores: 1` in profiles/slurm."""


@dataclass
class Outcome:
    """What a run comes to. Times in seconds from its start, disk in MB, energy in kWh.

    ``reserved_s``: core-seconds that jobs held, ``used_s`` core-seconds that they and Snakemake
    computed. ``cost`` and ``energy`` count the share of a node that a job holds, of cores or
    memory or GPUs whichever is most. ``rules``: first start, last end and core-seconds held.
    """

    makespan_s: float = 0
    reserved_s: float = 0
    used_s: float = 0
    gpu_s: float = 0
    disk_mb: float = 0
    disk_at_s: float = 0
    kept_mb: float = 0
    cost: float = 0
    energy: float = 0
    rules: dict[str, tuple[float, float, float]] = field(default_factory=dict)


class _Node:
    """A node and what is free of it."""

    __slots__ = ("cpus", "gpus", "mem_mb", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool, self.cpus, self.mem_mb, self.gpus = pool, pool.cpus, pool.mem_mb, pool.gpus

    def take(self, unit: Unit, sign: int) -> None:
        self.cpus -= sign * unit.threads
        self.mem_mb -= sign * unit.mem_mb
        self.gpus -= sign * unit.gpus

    def suits(self, pool: str) -> bool:
        own = self.pool.name
        return own == pool or (pool == ANYWHERE and own != HEAD.name)

    def has_room(self, unit: Unit) -> bool:
        return unit.threads <= self.cpus and unit.mem_mb <= self.mem_mb and unit.gpus <= self.gpus


Shape = tuple[int, int, int, str]
"""Threads, MiB, GPUs and pool: units of one shape find room on the same nodes."""

ANYWHERE = ""


class _Run:
    """The state of a run that is being played."""

    def __init__(
        self,
        graph: Graph,
        pools: Sequence[Pool],
        overhead: Overhead,
        factors: Mapping[str, float],
    ) -> None:
        self.graph, self.overhead, self.factors = graph, overhead, factors
        self.on_cluster = overhead.poll_s > 0
        self.nodes = [_Node(pool) for pool in (HEAD, *pools) for _ in range(pool.nodes)]
        self.waits = list(graph.waits)
        self.readers = {
            number: len(feeds)
            for number, feeds in enumerate(graph.feeds)
            if any(task.temp_mb for task in graph.units[number].tasks)
        }
        self.ready: dict[Shape, list[tuple[float, int]]] = {}
        self.sent = 0
        self.left = len(graph.units)
        self.ended: list[int] = []
        self.events: list[tuple[float, int, _Node]] = []
        self.disk = 0.0
        self.out = Outcome()
        self.holders: list[list[int]] = [[] for _ in graph.units]
        for number in self.readers:
            for reader in graph.feeds[number]:
                self.holders[reader].append(number)

    def play(self) -> Outcome:
        overhead = self.overhead
        start = overhead.start_s + overhead.per_job_start_ms / 1000 * len(self.graph.units)
        self.out.used_s = overhead.start_cpu_s + start - overhead.start_s
        for number, waits in enumerate(self.waits):
            if waits == 0:
                self.make_ready(number)
        now, poll_at, pause = start, start + overhead.poll_s, overhead.poll_s
        self.start_jobs(now, self.nodes)
        while self.left:
            if not self.events and not self.ended:
                raise ValueError("a job asks for more than any node has")
            if self.on_cluster and (not self.events or poll_at <= self.events[0][0]):
                now = poll_at
                found = self.look(now)
                most = overhead.poll_most_s
                pause = overhead.poll_s if found else min(pause + overhead.poll_more_s, most)
                poll_at += pause
            else:
                now = self.end_job()
        self.out.makespan_s = now
        return self.out

    def make_ready(self, number: int) -> None:
        unit = self.graph.units[number]
        pool = HEAD.name if unit.local and self.on_cluster else unit.pool or ANYWHERE
        shape = (unit.threads, unit.mem_mb, unit.gpus, pool)
        heapq.heappush(self.ready.setdefault(shape, []), (-self.graph.frees[number], number))

    def start_jobs(self, now: float, nodes: Sequence[_Node]) -> None:
        """Start what finds room on some nodes, the biggest first as they fill a node best."""
        most = self.overhead.jobs
        for shape in sorted(self.ready, reverse=True):
            queue = self.ready[shape]
            while queue and (most is None or self.sent < most):
                unit = self.graph.units[queue[0][1]]
                node = next(
                    (node for node in nodes if node.suits(shape[3]) and node.has_room(unit)),
                    None,
                )
                if node is None:
                    break
                _, number = heapq.heappop(queue)
                self.start(number, node, now)

    def start(self, number: int, node: _Node, now: float) -> None:
        unit, overhead, out = self.graph.units[number], self.overhead, self.out
        node.take(unit, 1)
        self.sent += 1
        at = now
        job_s = 0.0 if node.pool.name == HEAD.name else overhead.job_s
        at += job_s
        out.used_s += overhead.job_cpu_s
        for task in unit.tasks:
            factor = self.factors.get(task.rate, 1.0)
            end = at + task.wall_s * factor
            first, last, held = out.rules.get(task.rule, (at, end, 0.0))
            held += unit.threads * (end - at)
            out.rules[task.rule] = (min(first, at), max(last, end), held)
            out.used_s += task.cpu_s * factor
            out.kept_mb += task.kept_mb
            self.disk += task.kept_mb + task.temp_mb + task.scratch_mb
            at = end
        if self.disk > out.disk_mb:
            out.disk_mb, out.disk_at_s = self.disk, now
        self.account(unit, node.pool, at - now)
        heapq.heappush(self.events, (at, number, node))

    def account(self, unit: Unit, pool: Pool, seconds: float) -> None:
        out = self.out
        out.reserved_s += unit.threads * seconds
        out.gpu_s += unit.gpus * seconds
        share = max(
            unit.threads / pool.cpus,
            unit.mem_mb / pool.mem_mb,
            unit.gpus / pool.gpus if pool.gpus else 0,
        )
        out.cost += share * seconds / 3600 * pool.cost
        out.energy += share * seconds / 3600 * pool.watts / 1000

    def end_job(self) -> float:
        """Take the next job that ends off its node; on a cluster nobody knows of it yet."""
        now, number, node = heapq.heappop(self.events)
        unit = self.graph.units[number]
        node.take(unit, -1)
        self.disk -= sum(task.scratch_mb for task in unit.tasks)
        if self.on_cluster and node.pool.name != HEAD.name:
            self.ended.append(number)
        else:
            self.known(number)
        if not self.on_cluster:
            now += self.overhead.select_s
        # Elsewhere nothing has become free, and on a cluster nothing more is ready until a look.
        self.start_jobs(now, self.nodes if node.pool.name == HEAD.name else [node])
        return now

    def look(self, now: float) -> bool:
        """Let Snakemake see what has ended; return whether anything had."""
        found, self.ended = self.ended, []
        for number in found:
            self.known(number)
        if found:
            self.start_jobs(now, self.nodes)
        return bool(found)

    def known(self, number: int) -> None:
        """Release what waited for a job, and remove temporary files that nobody needs any more."""
        self.left -= 1
        self.sent -= 1
        for other in self.graph.feeds[number]:
            self.waits[other] -= 1
            if self.waits[other] == 0:
                self.make_ready(other)
        for holder in self.holders[number]:
            self.readers[holder] -= 1
            if self.readers[holder] == 0:
                self.disk -= sum(task.temp_mb for task in self.graph.units[holder].tasks)


def simulate(
    graph: Graph,
    pools: Sequence[Pool],
    overhead: Overhead,
    *,
    factors: Mapping[str, float] | None = None,
) -> Outcome:
    """Play a batch through on some nodes; ``factors`` stretch the time of jobs, by rate.

    ValueError when a job asks for more than any node has.
    """
    return _Run(graph, pools, overhead, factors or {}).play()
