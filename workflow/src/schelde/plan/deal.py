"""From the numbers that a program answers with to real samples in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from schelde.plan.kinds import Kind
from schelde.plan.model import Load
from schelde.plan.program import Answer
from schelde.plan.shapes import Shape


@dataclass(frozen=True)
class Placed:
    """A sample and where it is called; ``at`` is its place, 0 to 1, among those like it."""

    load: Load
    on_gpu: bool
    at: float


def deal(answer: Answer, kinds: Sequence[Kind], slots: int) -> list[list[Placed]]:
    """Return the samples of each slot, those of a kind dealt out evenly, larger ones first.

    In a slot, too, samples are mixed evenly, so that any run of neighbours is like all of it.
    """
    dealt: list[list[Placed]] = [[] for _ in range(slots)]
    for k, kind in enumerate(kinds):
        turns = [
            ((i + 0.5) / count, slot, way == "gpu")
            for (other, way, slot), count in sorted(answer.counts.items())
            if other == k
            for i in range(count)
        ]
        for load, (at, slot, on_gpu) in zip(kind.loads, sorted(turns), strict=True):
            dealt[slot].append(Placed(load, on_gpu, at))
    for placed in dealt:
        placed.sort(key=lambda one: (one.at, one.load.sample))
    return dealt


def chain(one: Placed, shapes: Mapping[str, Shape]) -> float:
    """Return the seconds that a sample takes alone, called where it is placed."""
    shape = shapes[one.load.sample]
    return shape.chain_gpu if one.on_gpu else shape.chain_cpu


ORDERS: Mapping[str, Callable[[Placed, Mapping[str, Shape]], tuple[float, float, str]]] = {
    "longest first": lambda one, shapes: (0, -chain(one, shapes), one.load.sample),
    "largest first": lambda one, shapes: (
        0,
        -shapes[one.load.sample].chain_cpu,
        one.load.sample,
    ),
    "GPU first": lambda one, shapes: (not one.on_gpu, -chain(one, shapes), one.load.sample),
    "GPU first, shortest before": lambda one, shapes: (
        not one.on_gpu,
        chain(one, shapes),
        one.load.sample,
    ),
    "mixed": lambda one, shapes: (one.at, 0, one.load.sample),
}
"""Orders within a batch that are worth trying, as keys to sort by.

Longest chain first ends evenly (with the chain as placed, or that on CPUs); those for GPUs first
lets GPUs begin early, the shortest of them first earlier still; mixed keeps cores and GPUs busy at
the same time.
"""


def ordered(placed: Sequence[Placed], order: str, shapes: Mapping[str, Shape]) -> list[Placed]:
    """Return the samples of a batch in one of the orders."""
    return sorted(placed, key=lambda one: ORDERS[order](one, shapes))
