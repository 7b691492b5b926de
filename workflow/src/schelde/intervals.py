"""Intervals of a genome: read, written, combined, and cut into pieces for the callers.

Everywhere 0-based and half-open. A list is called *merged* when it is in reference order and no
two intervals overlap or touch; `merge` makes it so. Reference order is the order of the keys of
``lengths``, which `contig_lengths` reads from a ``.fai``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO

from schelde.assembly import Interval
from schelde.bed import parse_bed
from schelde.errors import Problem, UserError
from schelde.joblog import JobError
from schelde.pipes import write_text

Piece = tuple[str, int, int, int]
"""Contig, start, end, number of the piece from 1."""

Ploidy = tuple[str, int, int, int]
"""Contig, start, end, copies; see `schelde.assembly.Assembly.ploidy`."""

LONG_GAP = 1000
"""bp of N that part two calling intervals. Fragments are shorter, so no read pair, and no
haplotype that a caller assembles, lies on both sides; shorter runs stay inside an interval, so
that a few hundred and not thousands of intervals remain."""


LONG_TARGET = 100_000
"""bp of a target from which on it may be cut: far more than neighbouring pieces overlap."""


def contig_lengths(fai: Path) -> dict[str, int]:
    """Return the length in bp of each contig of a ``.fai``, in its order."""
    rows = [line.split("\t") for line in fai.read_text(encoding="utf-8").splitlines()]
    return {row[0]: int(row[1]) for row in rows}


def read_intervals(path: Path) -> list[Interval]:
    """Read the first three columns of a BED that we wrote; users' are for `schelde.bed`."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row[0], int(row[1]), int(row[2])) for row in rows]


def read_targets(path: Path, lengths: Mapping[str, int]) -> list[Interval]:
    """Read a user's targets, merged; `JobError` if they do not lie within the reference."""
    problems: list[Problem] = []
    intervals = parse_bed(str(path), lengths, problems)
    if problems:
        raise JobError(str(UserError(problems)))
    return merge(intervals, lengths)


def write_bed(path: Path, rows: Iterable[Sequence[str | int]]) -> None:
    """Write rows as tab-separated lines, whole or not at all."""
    write_text(path, "".join("\t".join(map(str, row)) + "\n" for row in rows))


def read_pieces(path: Path) -> list[Piece]:
    """Read a BED of four columns as `cut_pieces` writes it."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [(contig, int(start), int(end), int(piece)) for contig, start, end, piece in rows]


def merge(intervals: Iterable[Interval], lengths: Mapping[str, int]) -> list[Interval]:
    """Put intervals in reference order and join those that overlap or touch.

    KeyError if a contig is not in ``lengths``.

    >>> merge([("b", 5, 9), ("a", 4, 6), ("a", 0, 4)], {"a": 10, "b": 10})
    [('a', 0, 6), ('b', 5, 9)]
    """
    rank = {contig: number for number, contig in enumerate(lengths)}
    merged: list[Interval] = []
    for contig, start, end in sorted(intervals, key=lambda row: (rank[row[0]], row[1], row[2])):
        if merged and merged[-1][0] == contig and start <= merged[-1][2]:
            merged[-1] = (contig, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((contig, start, end))
    return merged


def pad(intervals: Iterable[Interval], padding: int, lengths: Mapping[str, int]) -> list[Interval]:
    """Widen intervals by ``padding`` bp at each side, not past the contig's ends, and merge.

    >>> pad([("a", 3, 4), ("a", 7, 8)], 5, {"a": 10})
    [('a', 0, 10)]
    """
    wide = [
        (contig, max(0, start - padding), min(lengths[contig], end + padding))
        for contig, start, end in intervals
    ]
    return merge(wide, lengths)


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Return what two merged lists share, in the order of ``left``.

    >>> intersect([("a", 0, 5), ("a", 8, 12)], [("a", 3, 9)])
    [('a', 3, 5), ('a', 8, 9)]
    """
    others = _by_contig(right)
    place = dict.fromkeys(others, 0)
    shared: list[Interval] = []
    for contig, start, end in left:
        rows = others.get(contig, [])
        first = place.get(contig, 0)
        while first < len(rows) and rows[first][1] <= start:
            first += 1
        place[contig] = first
        for low, high in rows[first:]:
            if low >= end:
                break
            shared.append((contig, max(start, low), min(end, high)))
    return shared


def subtract(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Return what is in ``left`` and not in ``right``; both are merged.

    >>> subtract([("a", 0, 10)], [("a", 2, 3), ("a", 9, 12)])
    [('a', 0, 2), ('a', 3, 9)]
    """
    rest: list[Interval] = []
    removed = _by_contig(intersect(left, right))
    place = dict.fromkeys(removed, 0)
    for contig, start, end in left:
        rows = removed.get(contig, [])
        index = place.get(contig, 0)
        while index < len(rows) and rows[index][1] <= end:
            low, high = rows[index]
            if start < low:
                rest.append((contig, start, low))
            start = high
            index += 1
        place[contig] = index
        if start < end:
            rest.append((contig, start, end))
    return rest


def _by_contig(intervals: Iterable[Interval]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for contig, start, end in intervals:
        found.setdefault(contig, []).append((start, end))
    return found


def total(intervals: Iterable[Interval]) -> int:
    """Return the sum of the lengths in bp.

    >>> total([("a", 0, 5), ("b", 8, 12)])
    9
    """
    return sum(end - start for _, start, end in intervals)


def scatter(intervals: Sequence[Interval], pieces: int) -> list[list[Interval]]:
    """Cut merged intervals into ``pieces`` parts that differ by at most 1 bp, in order.

    Cuts may fall inside an interval. With fewer bases than pieces some parts are empty.

    >>> scatter([("a", 0, 10), ("b", 0, 2)], 2)
    [[('a', 0, 6)], [('a', 6, 10), ('b', 0, 2)]]
    """
    length = total(intervals)
    ends = [length * piece // pieces for piece in range(1, pieces + 1)]
    parts: list[list[Interval]] = [[] for _ in range(pieces)]
    piece = position = 0
    for contig, begin, end in intervals:
        start = begin
        while start < end:
            while ends[piece] == position:
                piece += 1
            stop = min(end, start + ends[piece] - position)
            parts[piece].append((contig, start, stop))
            position += stop - start
            start = stop
    return parts


def scatter_whole(
    intervals: Sequence[Interval], pieces: int, apart: int = 0
) -> list[list[Interval]]:
    """Spread merged intervals over ``pieces`` parts, in order.

    Neighbours less than ``apart`` bp from each other stay together, so that what is called on
    one side of a cut does not depend on reads of the other; only an interval of more than
    `LONG_TARGET` bp, such as a whole chromosome given as a target, is cut, since its halves can
    be spliced as those of a genome are. A part is longer or shorter than an equal share by at
    most the longest group. Parts may be empty.

    >>> scatter_whole([("a", 0, 4), ("a", 5, 9), ("a", 50, 58)], 2, apart=10)
    [[('a', 0, 4), ('a', 5, 9)], [('a', 50, 58)]]
    """
    length = total(intervals)
    parts: list[list[Interval]] = [[] for _ in range(pieces)]
    position = 0
    for group in _groups(intervals, apart):
        size = total(group)
        # By its middle: each cut then lies within half a group of where an equal share ends.
        part = parts[(2 * position + size) * pieces // (2 * length)]
        if part and part[-1][0] == group[0][0] and part[-1][2] == group[0][1]:
            part[-1] = (part[-1][0], part[-1][1], group[0][2])
        else:
            part.extend(group)
        position += size
    return parts


def _groups(intervals: Sequence[Interval], apart: int) -> list[list[Interval]]:
    groups = [[interval] for interval in intervals[:1]]
    for left, right in pairwise(intervals):
        if left[0] == right[0] and right[1] - left[2] < apart:
            groups[-1].append(right)
        else:
            groups.append([right])
    return [part for group in groups for part in _divided(group)]


def _divided(group: list[Interval]) -> list[list[Interval]]:
    """Return the group itself, or one long interval in parts of `LONG_TARGET` to twice that."""
    parts = max(1, total(group) // LONG_TARGET) if len(group) == 1 else 1
    return scatter(group, parts) if parts > 1 else [group]


def calling_intervals(
    primary: Iterable[str], lengths: Mapping[str, int], gaps: Sequence[Interval]
) -> list[Interval]:
    """Return the primary contigs without their long gaps, in reference order.

    ``gaps`` are all runs of N, merged; those of `LONG_GAP` and more are left out.
    """
    names = set(primary)
    whole = [(contig, 0, length) for contig, length in lengths.items() if contig in names]
    return subtract(whole, [gap for gap in gaps if gap[2] - gap[1] >= LONG_GAP])


def numbered(parts: Sequence[Sequence[Interval]]) -> list[Piece]:
    """Return the intervals of all parts with the number of their part, from 1."""
    return [(*interval, piece) for piece, part in enumerate(parts, start=1) for interval in part]


def piece_intervals(
    rows: Iterable[Piece], piece: int, ploidy: Iterable[Ploidy]
) -> list[tuple[str, int, int, int]]:
    """Return ``(contig, start, end, copies)`` of what is called in a piece, in its order.

    ``ploidy`` is that of the person; intervals are cut where it changes, and what the person has
    0 copies of is left out. Contigs that ``ploidy`` does not name, such as an unplaced one that a
    capture kit aims at, count as 2.

    >>> piece_intervals([("X", 0, 9, 1)], 1, [("X", 0, 4, 2), ("X", 4, 9, 1)])
    [('X', 0, 4, 2), ('X', 4, 9, 1)]
    """
    levels: dict[str, list[tuple[int, int, int]]] = {}
    for contig, start, end, copies in ploidy:
        levels.setdefault(contig, []).append((start, end, copies))
    found: list[tuple[str, int, int, int]] = []
    for contig, start, end, number in rows:
        if number == piece:
            for low, high, copies in levels.get(contig, [(start, end, 2)]):
                if copies > 0 and max(start, low) < min(end, high):
                    found.append((contig, max(start, low), min(end, high), copies))
    return found


def cut_pieces(
    fai: Path,
    gaps: Path,
    output: Path,
    *,
    targets: Path | None = None,
    primary: Sequence[str],
    pieces: int,
    padding: int,
    apart: int,
    log: IO[bytes],
) -> None:
    """Write the pieces that a design is called in, and their lengths to the log.

    Without ``targets``: the primary contigs between long gaps, cut anywhere. With them: targets
    widened by ``padding`` bp, cut between those at least ``apart`` bp from each other.
    `read_pieces` reads them.
    """
    lengths = contig_lengths(fai)
    if targets is None:
        intervals = calling_intervals(primary, lengths, read_intervals(gaps))
        parts = scatter(intervals, pieces)
    else:
        intervals = pad(read_intervals(targets), padding, lengths)
        parts = scatter_whole(intervals, pieces, apart)
    write_bed(output, numbered(parts))
    lines = (f"piece {piece}: {total(part)} bp\n" for piece, part in enumerate(parts, start=1))
    log.write("".join(lines).encode())


def prepare_targets(fai: Path, source: Path, output: Path, *, log: IO[bytes]) -> None:
    """Write a user's targets merged and in reference order, and their length to the log."""
    targets = read_targets(source, contig_lengths(fai))
    write_bed(output, targets)
    log.write(f"{len(targets)} targets after merging, {total(targets)} bp\n".encode())
