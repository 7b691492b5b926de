"""Samples that are nearly alike, taken together so that a program stays small."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schelde.plan.model import Load
from schelde.plan.shapes import Room, Shape, shape_of

MANY, FEW = 14, 6
"""Kinds for a program of one batch, and of several batches, which is harder to solve."""
ALONE = 12
"""Up to so many samples each is a kind of its own, and the program is exact."""
FINEST, COARSER = 1.02, 1.5
"""The first ratio of sizes within a kind, and the power by which the next is wider."""


@dataclass(frozen=True)
class Kind:
    """Samples that are nearly alike.

    Work, GPU seconds and disk are means; chains the longest; ``before_s`` and ``after_s``, the
    seconds before and after calling, the shortest.
    """

    loads: tuple[Load, ...]
    outside: float
    call: float
    gpu: float | None
    beside: float
    chain_cpu: float
    chain_gpu: float
    before_s: float
    after_s: float
    kept_mb: float
    temp_mb: float

    @property
    def count(self) -> int:
        """Return how many samples there are."""
        return len(self.loads)


def kinds_of(loads: Sequence[Load], room: Room, most: int = MANY) -> list[Kind]:
    """Return samples in kinds, at most so many unless they are few, larger samples first.

    A kind has samples that all can, or all cannot, be called on a GPU, and whose core-seconds on
    CPUs differ by a small ratio: the smallest at which there are few enough kinds.
    """
    shapes = {load.sample: shape_of(load, room) for load in loads}
    ratio = FINEST
    if len(loads) <= ALONE:
        groups = [[load] for load in loads]
    else:
        groups = grouped(loads, shapes, ratio)
        while len(groups) > most:
            ratio **= COARSER
            groups = grouped(loads, shapes, ratio)
    ordered = [sorted(group, key=lambda one: (-size(one), one.sample)) for group in groups]
    return [kind_of(group, shapes) for group in sorted(ordered, key=lambda g: -size(g[0]))]


def size(load: Load) -> float:
    """Return the core-seconds of a sample that is called on CPUs."""
    return load.cpu_s + load.call_cpu_s


def grouped(loads: Sequence[Load], shapes: dict[str, Shape], ratio: float) -> list[list[Load]]:
    """Return samples by what they can and by the logarithm of their size."""
    groups: dict[tuple[bool, int], list[Load]] = defaultdict(list)
    for load in loads:
        step = math.floor(math.log(max(size(load), 1)) / math.log(ratio))
        groups[shapes[load.sample].gpu is None, step].append(load)
    return list(groups.values())


def kind_of(loads: Sequence[Load], shapes: dict[str, Shape]) -> Kind:
    """Return samples as one kind."""
    alike = [shapes[load.sample] for load in loads]
    gpus = [shape.gpu for shape in alike if shape.gpu is not None]

    def mean(of: Callable[[Shape], float]) -> float:
        return math.fsum(map(of, alike)) / len(alike)

    return Kind(
        tuple(loads),
        outside=mean(lambda shape: shape.before.work + shape.after.work),
        call=mean(lambda shape: shape.call.work),
        gpu=math.fsum(gpu.seconds for gpu in gpus) / len(gpus) if gpus else None,
        beside=math.fsum(gpu.work for gpu in gpus) / len(gpus) if gpus else 0,
        chain_cpu=max(shape.chain_cpu for shape in alike),
        chain_gpu=max(shape.chain_gpu for shape in alike),
        before_s=min(shape.before.seconds for shape in alike),
        after_s=min(shape.after.seconds for shape in alike),
        kept_mb=math.fsum(load.kept_mb for load in loads) / len(loads),
        temp_mb=math.fsum(load.temp_mb for load in loads) / len(loads),
    )
