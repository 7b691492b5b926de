"""What batches of samples need on disk, and how samples are cut into batches that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schelde.plan.model import Load

ROUNDING = 1e-9
"""Relative: sums of MB in another order may differ in the last digits."""


@dataclass
class Fill:
    """Batches while they are filled, and what lies on disk when the newest is begun.

    A batch is begun whole: nothing says in which order the jobs of one run come, so the temporary
    files of all its samples may lie there at once, and what they keep beside them. When a batch is
    begun, the one ``side_by_side`` places before it has ended, and left what it keeps.
    """

    side_by_side: int
    kept_leaves: bool
    batches: list[list[Load]] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    left_mb: float = 0

    def begin(self) -> None:
        """Begin the next batch."""
        if len(self.batches) >= self.side_by_side and not self.kept_leaves:
            self.left_mb += self.kept[-self.side_by_side]
        self.batches.append([])
        self.sizes.append(0)
        self.kept.append(0)

    def add(self, load: Load) -> None:
        """Put a sample into the newest batch."""
        self.batches[-1].append(load)
        self.sizes[-1] += load.kept_mb + load.temp_mb
        self.kept[-1] += load.kept_mb

    @property
    def needs_mb(self) -> float:
        """Return the most MB on disk while the newest batch is the last begun."""
        return self.left_mb + sum(self.sizes[-self.side_by_side :])

    def takes(self, load: Load, disk_mb: float) -> bool:
        """Return whether a sample fits into the newest batch.

        Batches side by side get an even share each of what is free, but always one sample.
        """
        more = load.kept_mb + load.temp_mb
        share = (disk_mb - self.left_mb) / self.side_by_side
        even = not self.batches[-1] or self.sizes[-1] + more <= share
        return even and self.needs_mb + more <= disk_mb


def peak(batches: Iterable[Iterable[Load]], side_by_side: int, kept_leaves: bool) -> float:
    """Return the most MB that batches in this order can have on disk at once."""
    fill, most = Fill(side_by_side, kept_leaves), 0.0
    for batch in batches:
        fill.begin()
        for load in batch:
            fill.add(load)
        most = max(most, fill.needs_mb)
    return most


def least(loads: Iterable[Load], kept_leaves: bool) -> float:
    """Return the MB below which no plan can go: one sample at a time, in the best order."""
    return peak([[load] for load in one_by_one(loads)], 1, kept_leaves)


def one_by_one(loads: Iterable[Load]) -> list[Load]:
    """Return samples in the order in which they need the least disk: most temporary files first.

    What is kept adds up, so that the peak of the j-th is the sum kept until then plus its own
    temporary files: the least greatest cost on one machine, for which that order is best (E. L.
    Lawler, Management Science 19:544, 1973).
    """
    return sorted(loads, key=lambda load: (-load.temp_mb, load.sample))


def cut(
    loads: Sequence[Load], disk_mb: float | None, side_by_side: int, kept_leaves: bool
) -> list[list[Load]] | None:
    """Cut samples, in their order, into few batches that fit on disk; None where they cannot."""
    if disk_mb is None:
        return [list(loads)]
    allowed = disk_mb * (1 + ROUNDING)
    fill = Fill(side_by_side, kept_leaves)
    for load in loads:
        if not fill.batches or not fill.takes(load, allowed):
            fill.begin()
        if not fill.takes(load, allowed):
            return None
        fill.add(load)
    return fill.batches
