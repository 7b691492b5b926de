"""Records of a caller that takes one ploidy for a run: which intervals a run is given, and what of
its records is used.

Intervals are 0-based and half-open, positions in records 1-based, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schelde.assembly import Interval
from schelde.callers.piece import SILENT_GAP
from schelde.gvcf import Base, Called, Record, parse, resized
from schelde.intervals import intersect
from schelde.vcf import VcfError


def by_copies(intervals: Iterable[Called]) -> dict[int, list[Interval]]:
    """Return the intervals by how many copies the person has, those that touch as one.

    >>> by_copies([("1", 0, 9, 2), ("X", 0, 4, 2), ("X", 4, 9, 1)])
    {2: [('1', 0, 9), ('X', 0, 4)], 1: [('X', 4, 9)]}
    """
    found: dict[int, list[Interval]] = {}
    for contig, start, end, copies in intervals:
        rows = found.setdefault(copies, [])
        touches = rows and (rows[-1][0], rows[-1][2]) == (contig, start)
        first = rows.pop()[1] if touches else start
        rows.append((contig, first, end))
    return found


def within(
    lines: Iterable[bytes], intervals: Sequence[Interval], ranks: Mapping[str, int], base: Base
) -> Iterator[Record]:
    """Yield the records of a run that lie in the intervals that it was given.

    Blocks are cut at the ends of intervals. So no run speaks of what is the other's, however far
    around its intervals it looked. ``ranks`` is the order of contigs; `VcfError` for others.

    >>> line = b"1\\t1\\t.\\tA\\t<*>\\t.\\t.\\tEND=99\\tGT\\t0/0\\n"
    >>> found = within([line], [("1", 4, 9), ("1", 20, 30)], {"1": 0}, lambda contig, pos: "A")
    >>> [(record.pos, record.end) for record in found]
    [(5, 9), (21, 30)]
    """
    at = 0
    for line in lines:
        record = parse(line)
        if record.contig not in ranks:
            raise VcfError(f"{record.contig}:{record.pos}: a contig that the reference has not")
        place = (ranks[record.contig], record.pos)
        while at < len(intervals) and (ranks[intervals[at][0]], intervals[at][2]) < place:
            at += 1
        for number in range(at, len(intervals) if record.is_block else min(at + 1, len(intervals))):
            contig, start, end = intervals[number]
            if contig != record.contig or start >= record.end:
                break
            if record.is_block:
                yield resized(record, max(record.pos, start + 1), min(record.end, end), base)
            elif record.pos > start:
                yield record


def silences(lines: Iterable[bytes], intervals: Sequence[Interval]) -> Iterator[Interval]:
    """Yield stretches of the intervals that no record covers.

    Those of `SILENT_GAP` bp and more, and from the first to the last of intervals in a row that
    have no record at all, since targets are shorter.

    >>> line = b"1\\t1\\t.\\tA\\t<*>\\t.\\t.\\tEND=9\\tGT\\t0/0\\n"
    >>> list(silences([line], [("1", 0, 9), ("1", 20, 30), ("1", 50, 60), ("2", 5, 9)]))
    [('1', 20, 60), ('2', 5, 9)]
    """
    shortest = min((end - start for _, start, end in intervals), default=0)
    holes = _holes(lines, intervals, min(SILENT_GAP, shortest))
    numbers = {row: number for number, row in enumerate(intervals)}
    row, before = None, -1
    for hole in intersect(intervals, holes):
        number = numbers.get(hole)
        if number is None:
            if hole[2] - hole[1] >= SILENT_GAP:
                yield hole
        elif row and number == before + 1 and row[0] == hole[0]:
            row, before = (row[0], row[1], hole[2]), number
        else:
            if row:
                yield row
            row, before = hole, number
    if row:
        yield row


def _holes(lines: Iterable[bytes], intervals: Sequence[Interval], shortest: int) -> list[Interval]:
    """Return what no record covers of contigs, as far as it is ``shortest`` bp long or longer.

    Only where two records begin that far apart is the end of the first one looked at: a genome's
    gVCF has tens of millions of records.
    """
    contigs = {contig for contig, *_ in intervals}
    far = 1 + max((end for *_, end in intervals), default=0)
    holes: list[Interval] = []
    last, name, place = b"", b"", 0
    for line in lines:
        contig, position, _ = line.split(b"\t", 2)
        pos = int(position)
        if contig != name:
            if last:
                holes.append(_after(last, far))
            contigs.discard(contig.decode())
            holes.append((contig.decode(), 0, pos - 1))
        elif pos - place > shortest:
            holes.append(_after(last, pos - 1))
        last, name, place = line, contig, pos
    if last:
        holes.append(_after(last, far))
    holes += [(contig, 0, far) for contig in sorted(contigs)]
    return [hole for hole in holes if hole[1] < hole[2]]


def _after(line: bytes, end: int) -> Interval:
    record = parse(line)
    return record.contig, record.end, end
