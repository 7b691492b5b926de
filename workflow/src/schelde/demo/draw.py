"""Random draws that are the same on every machine and in every Python version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of random draws named by a seed and words; other words give another stream.

    Only `random.Random.random` is used: of its methods it alone is promised never to change.

    >>> Draw(1, "sites").below(100) == Draw(1, "sites").below(100)
    True
    """

    def __init__(self, seed: int, *words: str) -> None:
        """Start the stream."""
        digest = hashlib.sha256("\0".join([str(seed), *words]).encode()).digest()
        self._random = Random(int.from_bytes(digest[:8], "big")).random

    def below(self, end: int) -> int:
        """Return a whole number from 0 to ``end - 1``."""
        return int(self._random() * end)

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different items in random order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def steps(self, more: float) -> int:
        """Return 1, or one more for each time in a row that a chance of ``more`` comes up."""
        count = 1
        while self.chance(more):
            count += 1
        return count
