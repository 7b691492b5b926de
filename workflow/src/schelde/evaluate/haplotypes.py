"""Find the alleles of two VCFs that spell the same sequences, however they are written.

Both sides are walked along the reference together. A path is a choice of alleles of either side
and of the copy that each lies on; it lives as long as what the two sides have spelled so far
agrees, and the path that uses most alleles wins. The idea is that of RTG's vcfeval (Cleary et
al. 2015, bioRxiv 023754); paths that can no longer differ in what follows are merged, so that a
cluster costs what its knots cost, not two to the power of its alleles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from schelde.evaluate.alleles import Allele, PhaseGroup

MAX_PATHS = 5_000
"""Paths that may live at one time (about a second of work); vcfeval's bound is of this kind."""

Copy = tuple[int, int, str, str]
"""One copy of the sequence, as truth and calls spell it: how far truth and calls have come along
the reference (twice the position, plus 1 when an insertion stands there), and what one of them
has spelled further than the other."""

Orientation = tuple[tuple[int, int], ...]
"""Which way round a phase group lies, for groups that go on."""

State = tuple[tuple[Copy, ...], Orientation, bool, bool]
"""Copies, orientations, and whether truth and calls were used since the two last agreed."""

Used = tuple[int, "Used"] | None
"""Indices of the alleles of a path, last one first."""


class TooManyPathsError(Exception):
    """The alleles allow more than `MAX_PATHS` combinations."""


class Item:
    """An allele on its way through the search; ``group`` is -1 when it lies on every copy."""

    __slots__ = ("alt", "end", "group", "index", "last", "side", "start", "truth")

    def __init__(self, allele: Allele, index: int, truth: bool, group: int) -> None:
        self.start, self.end, self.alt = allele.start, allele.end, allele.alt
        self.index = index
        self.truth = truth
        self.group = group
        self.side = allele.side
        self.last = False


def same_sequence(
    truth: Sequence[Allele], calls: Sequence[Allele], sequence: str, *, ploidy: int
) -> tuple[set[int], set[int]]:
    """Return indices of most truth alleles and calls that spell the same sequences.

    With ``ploidy`` 2 both copies must agree, phase is kept where it is given and genotypes count;
    with 1 every allele may lie on the one copy. Alleles with incomplete genotypes take part only
    with 1. Alleles of one side that cancel one another out are not used. Raises
    `TooManyPathsError`.
    """
    items = _items(truth, calls, ploidy)
    blank: Copy = (0, 0, "", "")
    paths: dict[State, tuple[int, Used]] = {((blank,) * ploidy, (), False, False): (0, None)}
    growth = _growth_ahead(items)
    done = 0
    for start, here in groupby(items, key=lambda item: item.start):
        paths = _advanced(paths, start, sequence)
        for item in here:
            done += 1
            paths = _with_and_without(paths, item, growth[done])
            if len(paths) > MAX_PATHS:
                raise TooManyPathsError
    end = max((item.end for item in items), default=0) + 1
    ends = _advanced(paths, end, sequence)
    best = max(
        (path for state, path in ends.items() if _agree(state[0], end)),
        key=lambda path: path[0],
    )
    used: tuple[set[int], set[int]] = (set(), set())
    chain = best[1]
    while chain:
        item = items[chain[0]]
        used[0 if item.truth else 1].add(item.index)
        chain = chain[1]
    return used


def _items(truth: Sequence[Allele], calls: Sequence[Allele], ploidy: int) -> list[Item]:
    """Return the alleles in the order they are met, with phase groups numbered."""
    numbers: dict[tuple[bool, PhaseGroup], int] = {}
    items: list[Item] = []
    for is_truth, alleles in ((True, truth), (False, calls)):
        for index, allele in enumerate(alleles):
            if ploidy == 2 and not allele.complete:
                continue
            group = -1
            if ploidy == 2 and not allele.on_all_copies:
                group = numbers.setdefault((is_truth, allele.group), len(numbers))
            items.append(Item(allele, index, is_truth, group))
    items.sort(key=lambda item: (item.start, item.end, item.truth, item.index))
    seen: set[int] = set()
    for item in reversed(items):
        item.last = item.group not in seen
        seen.add(item.group)
    return items


def _growth_ahead(items: Sequence[Item]) -> list[tuple[int, int]]:
    """Least and most by which truth can still outgrow calls, after 0, 1, ... items."""
    least = most = 0
    bounds = [(0, 0)]
    for item in reversed(items):
        growth = len(item.alt) - (item.end - item.start)
        change = growth if item.truth else -growth
        least, most = least + min(change, 0), most + max(change, 0)
        bounds.append((least, most))
    return bounds[::-1]


def _advanced(
    paths: dict[State, tuple[int, Used]], to: int, sequence: str
) -> dict[State, tuple[int, Used]]:
    """Spell the reference up to ``to`` on both sides; drop paths whose sides differ."""
    onward: dict[State, tuple[int, Used]] = {}
    for (copies, orientation, by_truth, by_calls), path in paths.items():
        moved: list[Copy] = []
        for copy in copies:
            further = _spell(copy, to, sequence)
            if further is None:
                break
            moved.append(further)
        else:
            if _agree(moved, to):
                if by_truth != by_calls:
                    continue  # one side's alleles cancel out: the path without them is there too
                by_truth = by_calls = False
            _keep(onward, (tuple(moved), orientation, by_truth, by_calls), path)
    return onward


def _spell(copy: Copy, to: int, sequence: str) -> Copy | None:
    truth, calls, truth_more, calls_more = copy
    goal = 2 * to
    if truth == calls and not truth_more and not calls_more:
        return copy if truth >= goal else (goal, goal, "", "")
    if truth < goal:
        truth_more += sequence[truth >> 1 : to]
        truth = goal
    if calls < goal:
        calls_more += sequence[calls >> 1 : to]
        calls = goal
    return _cancelled(truth, calls, truth_more, calls_more)


def _cancelled(truth: int, calls: int, truth_more: str, calls_more: str) -> Copy | None:
    """Drop what both have spelled; None when they differ."""
    shared = min(len(truth_more), len(calls_more))
    if truth_more[:shared] != calls_more[:shared]:
        return None
    return truth, calls, truth_more[shared:], calls_more[shared:]


def _agree(copies: Iterable[Copy], at: int) -> bool:
    blank = (2 * at, 2 * at, "", "")
    return all(copy == blank for copy in copies)


def _with_and_without(
    paths: dict[State, tuple[int, Used]], item: Item, growth: tuple[int, int]
) -> dict[State, tuple[int, Used]]:
    """Return all paths, each without the item and in every way that it can have it."""
    onward: dict[State, tuple[int, Used]] = {}
    for state, path in paths.items():
        copies, orientation, by_truth, by_calls = state
        used = (path[0] + 1, (item.index_in_order, path[1]))
        for way, lies in _ways(copies, orientation, item):
            changed = _laid(copies, item, way, growth)
            if changed is not None:
                flags = (by_truth or item.truth, by_calls or not item.truth)
                _keep(onward, (changed, lies, *flags), used)
        if all(_can_meet(copy, growth) for copy in copies):
            lies = _without(orientation, item)
            _keep(onward, (copies, lies, by_truth, by_calls), path)
    return onward
