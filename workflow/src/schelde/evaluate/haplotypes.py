"""Find the alleles of two VCFs that spell the same sequences, however they are written.

Both sides are walked along the reference together. A path is a choice of alleles of either side
and of the copy that each lies on; it lives as long as what the two sides have spelled so far
agrees, and the path that uses most alleles wins. The idea is that of RTG's vcfeval (Cleary et
al. 2015, bioRxiv 023754); paths that cannot differ in what follows are merged, so that a cluster
costs what its knots cost, not two to the power of its alleles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from schelde.evaluate.alleles import Allele, PhaseGroup

MAX_PATHS = 5_000
"""Paths that may live at one time: a knot of that size takes about a second."""

EVERY_COPY = -1

Copy = tuple[int, int, str, str]
"""One copy of the sequence as truth and calls spell it: how far truth and how far calls have come
along the reference (twice the position, plus 1 when an insertion stands there), then what truth
and what calls have spelled beyond the other."""

Orientation = tuple[tuple[int, int], ...]
"""Which way round a phase group lies, for groups that go on."""

State = tuple[tuple[Copy, ...], Orientation, bool, bool]
"""Copies, orientations, and whether truth and calls were used since both last agreed."""


@dataclass(eq=False, slots=True)
class Item:
    """An allele in the search; ``last``: no later one is of its phase group."""

    start: int
    end: int
    alt: str
    index: int
    truth: bool
    group: int
    side: int
    last: bool = False


Path = tuple[int, tuple[Item, "Path"] | None]
"""How many alleles are used; the last one and the path before it."""

Paths = dict[State, Path]


class TooManyPathsError(Exception):
    """The alleles allow more than `MAX_PATHS` combinations."""


def same_sequence(
    truth: Sequence[Allele], calls: Sequence[Allele], sequence: str, *, ploidy: int
) -> tuple[set[int], set[int]]:
    """Return indices of the most truth alleles and calls that spell the same sequences.

    With ``ploidy`` 2 both copies must agree: genotypes count, and phase where it is given. With 1
    every allele may lie on the one copy. Alleles with incomplete genotypes take part only with 1.
    Alleles of one side that cancel one another out are not used. Raises `TooManyPathsError`.
    """
    items = _items(truth, calls, ploidy)
    paths: Paths = {(((0, 0, "", ""),) * ploidy, (), False, False): (0, None)}
    ahead = _growth_ahead(items)
    done = 0
    for start, here in groupby(items, key=lambda item: item.start):
        paths = _advanced(paths, start, sequence)
        for item in here:
            done += 1
            paths = _with_and_without(paths, item, ahead[done])
            if len(paths) > MAX_PATHS:
                raise TooManyPathsError
    end = max((item.end for item in items), default=0) + 1
    ends = _advanced(paths, end, sequence)
    path = max((p for state, p in ends.items() if _agree(state[0], end)), key=lambda p: p[0])
    used: tuple[set[int], set[int]] = (set(), set())
    while path[1]:
        item, path = path[1]
        used[0 if item.truth else 1].add(item.index)
    return used


def _items(truth: Sequence[Allele], calls: Sequence[Allele], ploidy: int) -> list[Item]:
    """Return the alleles in the order they are met, with phase groups numbered."""
    numbers: dict[tuple[bool, PhaseGroup], int] = {}
    items: list[Item] = []
    for of_truth, alleles in ((True, truth), (False, calls)):
        for index, allele in enumerate(alleles):
            if ploidy == 2 and not allele.genotype.complete:
                continue
            group = EVERY_COPY
            if ploidy == 2 and not allele.genotype.on_all_copies:
                group = numbers.setdefault((of_truth, allele.genotype.group), len(numbers))
            start, end, alt = allele[:3]
            items.append(Item(start, end, alt, index, of_truth, group, allele.genotype.side))
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


def _advanced(paths: Paths, to: int, sequence: str) -> Paths:
    """Spell the reference up to ``to`` on both sides; drop paths whose sides differ."""
    onward: Paths = {}
    for (copies, orientation, by_truth, by_calls), path in paths.items():
        moved: list[Copy] = []
        for copy in copies:
            further = _spelled(copy, to, sequence)
            if further is None:
                break
            moved.append(further)
        else:
            if _agree(moved, to):
                if by_truth != by_calls:
                    continue  # they cancel out; the path without them lives on
                by_truth = by_calls = False
            _keep(onward, (tuple(moved), orientation, by_truth, by_calls), path)
    return onward


def _spelled(copy: Copy, to: int, sequence: str) -> Copy | None:
    """Spell the reference up to ``to`` on one copy; None when the sides differ."""
    truth, calls, truth_beyond, calls_beyond = copy
    goal = 2 * to
    if truth == calls and not truth_beyond and not calls_beyond:
        return (goal, goal, "", "") if truth < goal else copy
    if truth < goal:
        truth_beyond += sequence[truth >> 1 : to]
        truth = goal
    if calls < goal:
        calls_beyond += sequence[calls >> 1 : to]
        calls = goal
    return _compared(truth, calls, truth_beyond, calls_beyond)


def _compared(truth: int, calls: int, truth_beyond: str, calls_beyond: str) -> Copy | None:
    """Drop what both have spelled; None when they differ."""
    shared = min(len(truth_beyond), len(calls_beyond))
    if truth_beyond[:shared] != calls_beyond[:shared]:
        return None
    return truth, calls, truth_beyond[shared:], calls_beyond[shared:]


def _agree(copies: Sequence[Copy], at: int) -> bool:
    """Whether both sides have spelled the same, all of it, and stand at ``at``."""
    blank = (2 * at, 2 * at, "", "")
    return all(copy == blank for copy in copies)


def _with_and_without(paths: Paths, item: Item, ahead: tuple[int, int]) -> Paths:
    """Return all paths, each with the item in every way it can lie, and without it."""
    onward: Paths = {}
    for state, path in paths.items():
        copies, orientation, by_truth, by_calls = state
        for lies, chosen in _ways(copies, orientation, item):
            laid = _laid(copies, item, lies)
            if laid and all(_can_meet(copy, ahead) for copy in laid):
                flags = (by_truth or item.truth, by_calls or not item.truth)
                _keep(onward, (laid, chosen, *flags), (path[0] + 1, (item, path)))
        if all(_can_meet(copy, ahead) for copy in copies):
            _keep(onward, (copies, _closed(orientation, item), by_truth, by_calls), path)
    return onward


def _ways(
    copies: tuple[Copy, ...], orientation: Orientation, item: Item
) -> Iterator[tuple[int, Orientation]]:
    """Yield the copies that an item can lie on, and the orientations that this makes."""
    if item.group == EVERY_COPY:
        yield EVERY_COPY, orientation
        return
    for group, turned in orientation:
        if group == item.group:
            yield item.side ^ turned, _closed(orientation, item)
            return
    # while both copies are alike, the other way round is the same
    turns = (0,) if copies[0] == copies[1] and not orientation else (0, 1)
    for turned in turns:
        chosen = orientation if item.last else tuple(sorted((*orientation, (item.group, turned))))
        yield item.side ^ turned, chosen


def _closed(orientation: Orientation, item: Item) -> Orientation:
    """Forget how a group lies after its last allele."""
    if not item.last or not orientation:
        return orientation
    return tuple(pair for pair in orientation if pair[0] != item.group)


def _laid(copies: tuple[Copy, ...], item: Item, lies: int) -> tuple[Copy, ...] | None:
    """Put an item on its copies; None where another allele stands or the sides then differ."""
    laid: list[Copy] = []
    insertion = item.start == item.end
    earliest = 2 * item.start + (not insertion)
    reached = 2 * item.end + insertion
    for number, copy in enumerate(copies):
        if lies in (EVERY_COPY, number):
            truth, calls, truth_beyond, calls_beyond = copy
            if (truth if item.truth else calls) > earliest:
                return None
            if item.truth:
                changed = _compared(reached, calls, truth_beyond + item.alt, calls_beyond)
            else:
                changed = _compared(truth, reached, truth_beyond, calls_beyond + item.alt)
            if changed is None:
                return None
            laid.append(changed)
        else:
            laid.append(copy)
    return tuple(laid)


def _can_meet(copy: Copy, ahead: tuple[int, int]) -> bool:
    """Whether what is ahead can still make both sides equally long."""
    truth, calls, truth_beyond, calls_beyond = copy
    outgrown = len(truth_beyond) - len(calls_beyond) - (truth >> 1) + (calls >> 1)
    return ahead[0] <= -outgrown <= ahead[1]


def _keep(paths: Paths, state: State, path: Path) -> None:
    """Keep the better of two paths that have the same state, up to a swap of the two copies."""
    copies, orientation, by_truth, by_calls = state
    if len(copies) == 2:
        swapped = (copies[1], copies[0]), tuple((group, 1 - turn) for group, turn in orientation)
        if swapped < (copies, orientation):
            state = (*swapped, by_truth, by_calls)
    known = paths.get(state)
    if known is None or known[0] < path[0]:
        paths[state] = path
