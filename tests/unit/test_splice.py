"""Pieces called apart and joined again, on made-up gVCFs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.gvcf import Called, Record, Tiles, block_line, parse, resized
from schelde.intervals import Piece
from schelde.splice import (
    BEGIN,
    END,
    Seam,
    called_intervals,
    copy_between,
    cuts,
    find_seam,
    find_seams,
    splice,
)
from schelde.vcf import VcfError

OVERLAP = 100
SETTLE = OVERLAP // 5
HEADER = b"##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\n"


def base(contig: str, pos: int) -> str:
    return "ACGT"[pos % 4]


def block(pos: int, end: int, depth: int = 9) -> Record:
    return parse(block_line("1", pos, end, base("1", pos), 2, depth))


def variant(pos: int, length: int = 1, text: str = ".") -> Record:
    return parse(f"1\t{pos}\t.\t{'A' * length}\tC\t50\t.\t{text}\tGT\t0/1\n".encode())


def lines(records: Sequence[Record]) -> list[str]:
    return [f"{r.pos}-{r.end}{'' if r.is_block else '*'}" for r in records]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (1, [("1", 0, 50, 2), ("1", 80, 200, 2)]),
        (2, [("1", 80, 250, 2)]),
        (3, [("1", 150, 250, 2), ("2", 0, 40, 2)]),
    ],
)
def test_a_piece_is_widened_over_its_cuts_and_never_over_a_gap(
    piece: int, expected: list[Called]
) -> None:
    rows = [("1", 0, 50, 1), ("1", 80, 100, 1), ("1", 100, 200, 2), ("1", 200, 250, 3)]
    rows += [("2", 0, 40, 3), ("2", 60, 70, 4)]
    overlap = 100 if piece < 3 else 50
    assert called_intervals(rows, piece, [], overlap) == expected


def test_what_a_person_has_no_copy_of_is_not_called_and_not_cut() -> None:
    rows = [("X", 0, 50, 1), ("Y", 0, 40, 1), ("Y", 40, 90, 2), ("MT", 0, 9, 2)]
    ploidy = [("X", 0, 50, 2), ("Y", 0, 90, 0), ("MT", 0, 9, 1)]
    assert called_intervals(rows, 2, ploidy, 20) == [("MT", 0, 9, 1)]
    assert cuts(rows, ploidy) == []


def test_a_cut_is_where_one_piece_touches_the_next() -> None:
    rows = [("1", 0, 50, 1), ("1", 50, 90, 2), ("1", 95, 99, 3), ("2", 0, 9, 4)]
    assert cuts(rows, []) == [(("1", 0, 50, 1), ("1", 50, 90, 2))]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # from 60 on they agree
        (
            [block(1, 52), block(53, 59), block(60, 99)],
            [block(40, 55), block(56, 59), block(60, 99)],
            60,
        ),
        # the deletion over 55 is only in one of them
        (
            [variant(50, 9), block(59, 70), block(71, 99)],
            [block(40, 54), block(55, 70), block(71, 99)],
            71,
        ),
        # so is the one over 55 here, where a record begins in both
        (
            [variant(50, 9), variant(55), block(59, 70), block(71, 99)],
            [block(40, 54), variant(55), block(56, 70), block(71, 99, 3)],
            71,
        ),
        # both have the record at 53 and begin one at 57, but go on in step only from 60 on
        (
            [block(1, 52), block(53, 56), block(57, 59), block(60, 99)],
            [block(40, 52), block(53, 56), block(57, 58), block(59, 59), block(60, 99)],
            60,
        ),
        # they never agree to the end: the first record that is the same
        (
            [block(1, 52, 3), block(53, 59, 3), block(60, 69), variant(70), block(71, 99, 3)],
            [block(40, 52), block(53, 59), block(60, 69), variant(70), block(71, 99)],
            60,
        ),
        # nor is any record the same: the first common start
        ([block(1, 59), block(60, 99, 3)], [block(40, 59), block(60, 99, 4)], 60),
    ],
)
def test_pieces_are_joined_where_they_fall_into_step(
    left: list[Record], right: list[Record], expected: int
) -> None:
    seam = find_seam(left, right, first=51, last=90, agree=90, base=base)
    assert seam == Seam("1", expected)


def test_without_a_common_start_blocks_are_cut() -> None:
    left, right = [block(1, 99, 3)], [block(40, 150, 5)]
    seam = find_seam(left, right, first=51, last=90, agree=90, base=base)
    assert seam == Seam("1", 51, block(1, 50, 3), block(51, 150, 5))


def test_no_variant_is_ever_cut() -> None:
    left, right = [variant(45, 10), block(55, 99)], [block(40, 99)]
    seam = find_seam(left, right, first=51, last=90, agree=90, base=base)
    assert (seam.pos, seam.tail, seam.head) == (55, None, block(55, 99))


def test_pieces_that_cannot_be_joined_are_refused() -> None:
    with pytest.raises(VcfError, match="no place to join"):
        find_seam([variant(45, 60)], [block(40, 99)], first=51, last=90, agree=90, base=base)


@dataclass(frozen=True)
class Made:
    """A contig's true records, how it is cut, and how many bp each piece is off at its ends."""

    truth: list[Record]
    rows: list[Piece]
    settle: list[int]


def clipped(records: Sequence[Record], start: int, end: int) -> list[Record]:
    """Return the records of 1-based ``start`` to ``end``, blocks cut to it."""
    found: list[Record] = []
    for record in records:
        if record.is_block and record.end >= start and record.pos <= end:
            found.append(resized(record, max(record.pos, start), min(record.end, end), base))
        elif start <= record.pos <= end:
            found.append(record)
    return found


@st.composite
def made(draw: st.DrawFn) -> Made:
    truth: list[Record] = []
    pos, length = 1, draw(st.integers(150, 900))
    while pos <= length:
        if draw(st.integers(0, 3)):
            # Mostly short, now and then longer than an overlap: no reads.
            size = draw(st.one_of(st.integers(1, 15), st.integers(50, 400)))
            record = block(pos, min(length, pos + size - 1), draw(st.integers(0, 5)))
        else:
            record = variant(pos, min(draw(st.integers(1, 6)), length - pos + 1))
        truth.append(record)
        pos = record.end + 1
    borders = sorted(draw(st.sets(st.integers(1, length - 1), max_size=4)))
    bounds = [0, *borders, length]
    rows = [("1", bounds[i], bounds[i + 1], i + 1) for i in range(len(bounds) - 1)]
    return Made(truth, rows, draw(st.lists(st.integers(0, SETTLE), min_size=12, max_size=12)))


def call(given_: Made, piece: int) -> list[Record]:
    """Return what a caller would write that is off for some bp at the cuts."""
    (interval,) = called_intervals(given_.rows, piece, [], OVERLAP)
    start, end, length = interval[1] + 1, interval[2], given_.rows[-1][2]
    off = given_.settle[2 * piece - 2] if start > 1 else 0
    early = given_.settle[2 * piece - 1] if end < length else 0
    wrong = [block(pos, pos, 7 + pos % 2) for pos in range(start, start + off)]
    wrong += [block(pos, pos, 7 + pos % 2) for pos in range(end - early + 1, end + 1)]
    right = clipped(given_.truth, start + off, end - early)
    tiles = Tiles([interval], base, mend=True)
    return list(tiles.over(r.line for r in sorted([*wrong, *right], key=lambda r: r.pos)))


def joined(folder: Path, rows: Sequence[Piece], pieces: dict[int, list[Record]]) -> list[Record]:
    paths: dict[int, Path] = {}
    for number, records in pieces.items():
        text = folder / f"{number}.vcf"
        text.write_bytes(HEADER + b"".join(record.line for record in records))
        paths[number] = folder / f"{number}.vcf.gz"
        pysam.tabix_compress(str(text), str(paths[number]), force=True)
        pysam.tabix_index(str(paths[number]), preset="vcf", force=True)

    @contextmanager
    def body(number: int) -> Iterator[IO[bytes]]:
        yield io.BytesIO(b"".join(record.line for record in pieces[number]))

    sink = io.BytesIO()
    seams = find_seams(paths, rows, [], overlap=OVERLAP, base=base)
    splice(body, sorted(pieces), seams, sink, ranks={"1": 0}, base=base)
    return [parse(line) for line in sink.getvalue().splitlines(keepends=True)]


@given(made())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_joined_pieces_are_the_records_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, given_: Made
) -> None:
    pieces = {row[3]: call(given_, row[3]) for row in given_.rows}
    found = joined(tmp_path_factory.mktemp("pieces"), given_.rows, pieces)
    assert lines(found) == lines(given_.truth)
    assert found == given_.truth


@given(made(), st.integers(0, 9))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_that_never_agree_still_cover_every_base_once(
    tmp_path_factory: pytest.TempPathFactory, given_: Made, off: int
) -> None:
    pieces = {}
    for row in given_.rows:
        records = call(given_, row[3])
        if row[3] % 2:
            records = [r for r in records if r.is_block or r.pos % 10 != off]
            (interval,) = called_intervals(given_.rows, row[3], [], OVERLAP)
            records = list(Tiles([interval], base, mend=True).over(r.line for r in records))
        pieces[row[3]] = records
    try:
        found = joined(tmp_path_factory.mktemp("pieces"), given_.rows, pieces)
    except VcfError:
        return
    length = given_.rows[-1][2]
    assert list(Tiles([("1", 0, length, 2)], base, mend=False).over(r.line for r in found)) == found


TEXT = b"".join(f"{c}\t{pos}\tx\n".encode() for c in "ab" for pos in range(1, 120_000))
RANKS = {"a": 0, "b": 1}


@given(
    st.tuples(st.integers(0, 1), st.integers(0, 120_001)),
    st.tuples(st.integers(0, 1), st.integers(0, 120_001)),
)
@settings(max_examples=6, deadline=None)
def test_the_lines_between_two_places_are_copied(
    start: tuple[int, int], end: tuple[int, int]
) -> None:
    sink = io.BytesIO()
    copy_between(io.BytesIO(TEXT), sink, RANKS, start, end)
    kept = [
        line
        for line in TEXT.splitlines(keepends=True)
        if start <= (RANKS[line[:1].decode()], int(line.split(b"\t")[1])) < end
    ]
    assert sink.getvalue() == b"".join(kept)


def test_all_lines_are_copied_when_there_is_no_seam() -> None:
    sink = io.BytesIO()
    copy_between(io.BytesIO(TEXT), sink, RANKS, BEGIN, END)
    assert sink.getvalue() == TEXT


def test_a_body_that_ends_inside_a_line_is_refused() -> None:
    with pytest.raises(VcfError, match="not whole"):
        copy_between(io.BytesIO(TEXT[:-3]), io.BytesIO(), RANKS, BEGIN, END)
