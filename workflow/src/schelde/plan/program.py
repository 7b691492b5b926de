"""The mixed-integer program of a plan; docs/placement.md has it in formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulp

from schelde.plan.disk import ROUNDING
from schelde.plan.kinds import Kind
from schelde.plan.model import Objective
from schelde.plan.shapes import HOUR, Room, core_price, gpu_price
from schelde.plan.solver import Solved, solve

Way = Literal["cpu", "gpu"]
Key = tuple[int, Way, int]
GB = 1000
ALONE_COUNTS = 1e-3
"""Of answers that end at the same time that is taken whose samples would end sooner alone: they do
when batches have to be cut smaller."""


@dataclass(frozen=True)
class Frame:
    """What a program is asked for. Hours and GB inside, so that its numbers are of like size.

    ``slots`` steps, each of ``runs`` batches that are alike; a batch begins when the one
    ``side_by_side`` places before it has ended. ``gpu_busy`` is the part of the time in which GPUs
    can be kept busy. Limits are None where there is none.
    """

    slots: int = 1
    runs: int = 1
    side_by_side: int = 1
    kept_leaves: bool = False
    deadline_s: float | None = None
    disk_mb: float | None = None
    cost: float | None = None
    gpu_busy: float = 1


@dataclass(frozen=True)
class Answer:
    """Samples of each kind by way of calling and slot, and what the model makes of it."""

    counts: dict[Key, int]
    makespan_s: float
    cost: float
    disk_mb: float
    solved: Solved


class Program:
    """The variables and constraints for some kinds of samples on a site."""

    def __init__(self, kinds: Sequence[Kind], room: Room, frame: Frame) -> None:
        self.kinds, self.room, self.frame = kinds, room, frame
        self.lp = pulp.LpProblem("plan", pulp.LpMinimize)
        self.slots = range(frame.slots)
        self.n: dict[Key, pulp.LpVariable] = {}
        self.any: dict[Key, pulp.LpVariable] = {}
        self.add_samples()
        self.begin = [self.positive(f"begin_{b}") for b in self.slots]
        self.end = [self.positive(f"end_{b}") for b in self.slots]
        self.uses_gpu = [self.positive(f"gpu_{b}") for b in self.slots]
        self.makespan = self.positive("makespan")
        self.peak = self.positive("peak")
        self.add_order()
        self.add_chains()
        self.add_areas()
        self.add_disk()
        self.cost = self.cost_of_all()
        self.add_limits()

    def solve(self, objective: Objective, seconds: float) -> Answer | None:
        """Return the best answer for an objective; None where there is none (in that time)."""
        soon = self.makespan + ALONE_COUNTS * self.mean_chain()
        self.lp += {"time": soon, "cost": self.cost, "disk": self.peak}[objective] + 0
        solved = solve(self.lp, seconds)
        if not solved.found:
            return None
        return Answer(
            {key: round(n.value()) for key, n in self.n.items() if round(n.value())},
            self.makespan.value() * HOUR,
            pulp.value(self.cost),
            self.peak.value() * GB,
            solved,
        )

    def mean_chain(self) -> pulp.LpAffineExpression:
        """Return the hours that a sample takes alone, in the mean of all."""
        hours: dict[Way, Sequence[float]] = {
            "cpu": [kind.chain_cpu / HOUR for kind in self.kinds],
            "gpu": [kind.chain_gpu / HOUR for kind in self.kinds],
        }
        count = sum(kind.count for kind in self.kinds)
        return pulp.lpSum(self.sum(hours, b) for b in self.slots) * (1 / count)

    def positive(self, name: str) -> pulp.LpVariable:
        """Return a new variable that is not negative."""
        return self.lp.add_variable(name, 0)

    def sum(self, of: dict[Way, Sequence[float]], slot: int) -> pulp.LpAffineExpression:
        """Return the sum over samples of a slot, each kind with its number by way."""
        return pulp.lpSum(
            of[way][k] * self.n[k, way, slot]
            for way in of
            for k in range(len(self.kinds))
            if (k, way, slot) in self.n
        )

    def both(self, of: Sequence[float], slot: int) -> pulp.LpAffineExpression:
        """Return such a sum of what is the same either way."""
        return self.sum({"cpu": of, "gpu": of}, slot)

    def add_samples(self) -> None:
        """Each sample goes one way in one slot."""
        for k, kind in enumerate(self.kinds):
            ways: tuple[Way, ...] = ("cpu",) if kind.gpu is None else ("cpu", "gpu")
            keys: list[Key] = [(k, way, b) for way in ways for b in self.slots]
            for key in keys:
                name = "_".join(map(str, key))
                self.n[key] = self.lp.add_variable(f"n_{name}", 0, kind.count, cat="Integer")
                self.any[key] = self.n[key]
                if kind.count > 1:
                    self.any[key] = self.lp.add_variable(f"any_{name}", cat="Binary")
                    self.lp += self.n[key] <= self.most(kind) * self.any[key]
            self.lp += pulp.lpSum(self.n[key] for key in keys) == kind.count

    def most(self, kind: Kind) -> int:
        """Return how many samples of a kind a slot can have: all, or those that fit on disk."""
        size = (kind.kept_mb + kind.temp_mb) * (1 - ROUNDING)
        if self.frame.disk_mb is None or size <= 0:
            return kind.count
        return min(kind.count, self.frame.runs * int(self.frame.disk_mb / size))

    def add_order(self) -> None:
        """Slots begin and end in their order; the makespan ends them all."""
        apart = self.frame.side_by_side if self.frame.runs == 1 else 1
        self.lp += self.begin[0] == 0
        for b in self.slots:
            self.lp += self.end[b] >= self.begin[b]
            self.lp += self.makespan >= self.end[b]
            if b:
                self.lp += self.begin[b] >= self.begin[b - 1]
                self.lp += self.end[b] >= self.end[b - 1]
            if b >= apart:
                self.lp += self.begin[b] >= self.end[b - apart]

    def add_chains(self) -> None:
        """A slot lasts as long as its longest chain, for each batch after another."""
        frame = self.frame
        turns = 1 if frame.runs == 1 else frame.runs / frame.side_by_side
        for (k, way, b), used in self.any.items():
            chain = self.kinds[k].chain_cpu if way == "cpu" else self.kinds[k].chain_gpu
            self.lp += self.end[b] >= self.begin[b] + turns * chain / HOUR * used
            if way == "gpu":
                self.lp += self.uses_gpu[b] >= used

    def add_areas(self) -> None:
        """Work of neighbouring slots fits between the first's begin and the last's end."""
        room = self.room
        outside = [kind.outside for kind in self.kinds]
        calling = [kind.outside + kind.call for kind in self.kinds]
        beside = [kind.beside for kind in self.kinds]
        on_gpu = [kind.gpu or 0 for kind in self.kinds]
        with_beside = [sum(pair) for pair in zip(outside, beside, strict=True)]
        on_cores = with_beside if room.shared else outside
        plain: dict[Way, Sequence[float]] = {"cpu": calling, "gpu": on_cores}
        for first in self.slots:
            for last in self.slots[first : first + self.longest_window]:
                span = (self.end[last] - self.begin[first]) * HOUR
                window = range(first, last + 1)
                self.lp += span * room.cores >= pulp.lpSum(self.sum(plain, b) for b in window)
                if room.gpus:
                    gpu = pulp.lpSum(self.sum({"gpu": on_gpu}, b) for b in window)
                    ends = self.ends_of_gpu_work(first, last) * HOUR
                    self.lp += (span - ends) * (room.gpus * self.frame.gpu_busy) >= gpu
                    taken = pulp.lpSum(self.sum({"gpu": beside}, b) for b in window)
                    self.lp += span * room.cores_beside >= taken

    @property
    def longest_window(self) -> int:
        """Return how many slots in a row share the nodes: one, or all where they overlap."""
        overlap = self.frame.side_by_side > 1 and self.frame.runs == 1
        return self.frame.slots if overlap else 1

    def ends_of_gpu_work(self, first: int, last: int) -> pulp.LpAffineExpression:
        """Return the hours in which GPUs are idle at least: before a first call, after a last."""
        able = [kind for kind in self.kinds if kind.gpu is not None]
        before = min((kind.before_s for kind in able), default=0) / HOUR
        after = min((kind.after_s for kind in able), default=0) / HOUR
        return before * self.uses_gpu[first] + after * self.uses_gpu[last]

    def add_disk(self) -> None:
        """All files of the batches that are open, and what the earlier ones keep."""
        frame, kept = self.frame, [kind.kept_mb / GB for kind in self.kinds]
        sizes = [(kind.kept_mb + kind.temp_mb) / GB for kind in self.kinds]
        temp = sizes if frame.kept_leaves else [kind.temp_mb / GB for kind in self.kinds]
        for b in self.slots:
            stays = [] if frame.kept_leaves else [self.both(kept, i) for i in range(b + 1)]
            if frame.runs == 1:
                open_slots = range(max(0, b + 1 - frame.side_by_side), b + 1)
                here = [self.both(temp, i) for i in open_slots]
                self.lp += self.peak >= pulp.lpSum(stays + here)
                continue
            share = frame.side_by_side / frame.runs
            self.lp += self.peak >= pulp.lpSum([*stays, share * self.both(temp, b)])

    def cost_of_all(self) -> pulp.LpAffineExpression:
        """Return the price of all work; where pools differ, the mean of what their nodes cost."""
        room = self.room
        core = sum(p.nodes * p.cpus * core_price(p) for p in room.cpu_pools) / room.cores
        by_cpu = [(kind.outside + kind.call) * core for kind in self.kinds]
        by_gpu = [kind.outside * core + self.gpu_cost(kind) for kind in self.kinds]
        of: dict[Way, Sequence[float]] = {"cpu": by_cpu, "gpu": by_gpu}
        return pulp.lpSum(self.sum(of, b) for b in self.slots)

    def gpu_cost(self, kind: Kind) -> float:
        """Return the price of calling a sample of a kind on a GPU."""
        if kind.gpu is None:
            return 0
        wide = kind.beside / kind.gpu
        pools = self.room.gpu_pools
        total = sum(p.nodes * p.gpus * gpu_price(p, wide) for p in pools)
        return kind.gpu * total / sum(p.nodes * p.gpus for p in pools)

    def add_limits(self) -> None:
        """Hold the deadline, the disk and the cost that are given."""
        frame = self.frame
        if frame.deadline_s is not None:
            self.lp += self.makespan <= frame.deadline_s / HOUR
        if frame.disk_mb is not None:
            self.lp += self.peak <= frame.disk_mb / GB
        if frame.cost is not None:
            self.lp += self.cost <= frame.cost
