"""Join the gVCFs of a genome's pieces so that no record tells where the cuts were.

Neighbouring pieces are called over the cut by ``overlap`` bp on either side. A caller that starts
inside a contig needs a few hundred bp to fall into step with one that came from further left;
from there on both write the same records. The seam between two pieces is put where they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from schelde.gvcf import Base, Called, Record, parse, resized
from schelde.intervals import Piece, Ploidy, piece_intervals
from schelde.vcf import VcfError, indexed

CHUNK = 1 << 20

Place = tuple[int, int]
"""Rank of a contig in the reference, 1-based position; `BEGIN` and `END` lie outside."""

BEGIN: Place = (-1, 0)
END: Place = (1 << 62, 0)

Bodies = Callable[[int], AbstractContextManager[IO[bytes]]]
"""Opens the body of a piece's file, by the number of the piece."""


@dataclass(frozen=True)
class Seam:
    """Where a piece ends and the next one begins: the 1-based ``pos`` on ``contig``.

    ``tail`` is what is left before ``pos`` of a block of the left piece that goes over it, and
    ``head`` what is left from ``pos`` on of such a block of the right one.
    """

    contig: str
    pos: int
    tail: Record | None = None
    head: Record | None = None


def called_intervals(
    rows: Sequence[Piece], piece: int, ploidy: Sequence[Ploidy], overlap: int
) -> list[Called]:
    """Return what a piece is called in: its intervals, widened over cuts by ``overlap`` bp.

    ``rows`` are all pieces, in order. Only where an interval touches one of another piece is it
    widened, at most to the far end of what is not interrupted there. What the person has no copy
    of is left out.

    >>> called_intervals([("a", 0, 50, 1), ("a", 50, 90, 2), ("b", 0, 9, 2)], 2, [], 20)
    [('a', 30, 90, 2), ('b', 0, 9, 2)]
    """
    wide: list[Piece] = []
    for run in _runs(rows):
        own = [row for row in run if row[3] == piece]
        if own:
            start, end = own[0][1] - overlap, own[-1][2] + overlap
            wide.append((run[0][0], max(run[0][1], start), min(run[-1][2], end), piece))
    return piece_intervals(wide, piece, ploidy)


def _runs(rows: Sequence[Piece]) -> list[list[Piece]]:
    """Group rows that touch."""
    runs = [[row] for row in rows[:1]]
    for left, right in pairwise(rows):
        if (left[0], left[2]) == (right[0], right[1]):
            runs[-1].append(right)
        else:
            runs.append([right])
    return runs


def cuts(rows: Sequence[Piece], ploidy: Sequence[Ploidy]) -> list[tuple[Piece, Piece]]:
    """Return the pairs of called intervals that touch and are of different pieces, in order."""
    called = [
        (*row[:3], number)
        for number in sorted({row[3] for row in rows})
        for row in piece_intervals(rows, number, ploidy)
    ]
    return [
        (left, right)
        for left, right in pairwise(called)
        if left[3] != right[3] and (left[0], left[2]) == (right[0], right[1])
    ]


def find_seam(
    left: Sequence[Record],
    right: Sequence[Record],
    *,
    first: int,
    last: int,
    agree: int,
    base: Base,
) -> Seam:
    """Choose where to join two gVCFs that overlap; 1-based positions on one contig.

    ``left`` and ``right`` are their records that touch the stretch from just before ``first`` to
    ``agree``. The seam is the first position in ``first`` to ``last`` where a record begins in
    both and none goes over it, and from where both have the same records up to ``agree``; else the
    first with the same record; else the first such position. Where there is none, it is the first
    position that only blocks go over, and those are cut. Raises `VcfError` when there is no such
    position either.
    """
    contig = (left or right)[0].contig
    shared = sorted({record.pos for record in left} & {record.pos for record in right})
    clean = [
        pos
        for pos in shared
        if first <= pos <= last and not _over(left, pos) and not _over(right, pos)
    ]
    for far in (agree, 0, None):
        for pos in clean:
            end = pos - 1 if far is None else max(pos, far)
            if _lines(left, pos, end) == _lines(right, pos, end):
                return Seam(contig, pos)
    for pos in range(first, last + 1):
        tail, head = _over(left, pos), _over(right, pos)
        if all(record.is_block for record in [*tail, *head]):
            return Seam(
                contig,
                pos,
                resized(tail[0], tail[0].pos, pos - 1, base) if tail else None,
                resized(head[0], pos, head[0].end, base) if head else None,
            )
    raise VcfError(f"{contig}:{first}-{last}: no place to join two pieces")


def _over(records: Sequence[Record], pos: int) -> list[Record]:
    """Return the records that begin before ``pos`` and go on to it or beyond."""
    return [record for record in records if record.pos < pos <= record.end]


def _lines(records: Sequence[Record], start: int, end: int) -> list[bytes]:
    return [record.line for record in records if start <= record.pos <= end]


def find_seams(
    gvcfs: Mapping[int, Path],
    rows: Sequence[Piece],
    ploidy: Sequence[Ploidy],
    *,
    overlap: int,
    base: Base,
) -> dict[int, Seam]:
    """Return the seam after each piece that touches the next one, by the number of the piece.

    ``gvcfs`` maps the number of a piece to its indexed gVCF. The last fifth of the overlap is not
    looked at, since a caller's records can be off near the end of what it was given.
    """
    seams: dict[int, Seam] = {}
    for before, after in cuts(rows, ploidy):
        contig, cut = before[0], before[2]
        reach = called_intervals(rows, before[3], ploidy, overlap)
        end = max(stop for name, _, stop, _ in reach if name == contig)
        agree = min(cut + overlap - overlap // 5, end)
        seams[before[3]] = find_seam(
            _records(gvcfs[before[3]], contig, cut, agree),
            _records(gvcfs[after[3]], contig, cut, agree),
            first=cut + 1,
            # Within the next piece, or the seam after that could come before this one.
            last=min(agree, after[2]),
            agree=agree,
            base=base,
        )
    return seams


def _records(gvcf: Path, contig: str, start: int, end: int) -> list[Record]:
    with indexed(gvcf) as file:
        lines = file.fetch(contig, start - 1, end)  # one base more, to see what goes over the cut
        return [parse(f"{line}\n".encode()) for line in lines]


def splice(
    bodies: Bodies,
    pieces: Sequence[int],
    seams: Mapping[int, Seam],
    sink: IO[bytes],
    *,
    ranks: Mapping[str, int],
    base: Base,
) -> None:
    """Write the records of the pieces' gVCFs, joined at the seams.

    Halves of blocks that were cut at a seam become one block where their values are the same.
    """
    pending: Record | None = None
    before: Seam | None = None
    for piece in pieces:
        after = seams.get(piece)
        head = before.head if before else None
        if head and after and after.contig == head.contig and head.end >= after.pos:
            head = resized(head, head.pos, after.pos - 1, base)
            pending = _join(pending, head, sink, base)
        else:
            if head:
                pending = _join(pending, head, sink, base)
            _write(pending, sink)
            pending = after.tail if after else None
            start, end = _place(before, ranks, BEGIN), _place(after, ranks, END)
            if pending:
                end = (end[0], pending.pos)
            with bodies(piece) as body:
                copy_between(body, sink, ranks, start, end)
        before = after
    _write(pending, sink)


def _place(seam: Seam | None, ranks: Mapping[str, int], without: Place) -> Place:
    return (ranks[seam.contig], seam.pos) if seam else without


def _write(record: Record | None, sink: IO[bytes]) -> None:
    if record:
        sink.write(record.line)


def _join(left: Record | None, right: Record, sink: IO[bytes], base: Base) -> Record:
    """Return the left block stretched over the right one, or write it and return the right one."""
    if left:
        joined = resized(left, left.pos, right.end, base)
        if joined == resized(right, left.pos, right.end, base):
            return joined
        _write(left, sink)
    return right


def copy_between(
    body: IO[bytes], sink: IO[bytes], ranks: Mapping[str, int], start: Place, end: Place
) -> None:
    """Copy the lines of a VCF's body that begin at ``start`` or later and before ``end``.

    The body is in the order of ``ranks`` and is read to its end. Only lines near ``start`` and
    ``end`` are looked at one by one: the rest is copied in large parts.
    """
    rest = b""
    begun = start == BEGIN
    for chunk in iter(lambda: body.read(CHUNK), b""):
        text, newline, rest = (rest + chunk).rpartition(b"\n")
        if not newline:
            continue
        final = _line_place(text[text.rfind(b"\n") + 1 :], ranks)
        if begun and final < end:
            sink.write(text + newline)
        elif start <= final:
            begun = True
            for line in text.split(b"\n"):
                if start <= _line_place(line, ranks) < end:
                    sink.write(line + newline)
    if rest:
        raise VcfError(f"the last line is not whole: {rest[:80]!r}")


def _line_place(line: bytes, ranks: Mapping[str, int]) -> Place:
    contig, pos, _ = line.split(b"\t", 2)
    return ranks[contig.decode()], int(pos)
