"""Intervals combined and cut, against sets of single bases."""

from __future__ import annotations

import io
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schelde.assembly import Assembly, Interval
from schelde.intervals import (
    LONG_GAP,
    LONG_TARGET,
    calling_intervals,
    contig_lengths,
    cut_pieces,
    intersect,
    merge,
    numbered,
    pad,
    piece_intervals,
    prepare_targets,
    read_intervals,
    read_pieces,
    scatter,
    scatter_whole,
    subtract,
    total,
    write_bed,
)
from schelde.joblog import JobError
from schelde.sheet import Sex

LENGTHS = {"chr2": 60, "chr1": 40, "chr10": 20}  # an order that no sorting gives
FAI = "chr2\t60\t6\t60\t61\nchr1\t40\t80\t40\t41\nchr10\t20\t130\t20\t21\n"


@st.composite
def interval(draw: st.DrawFn) -> Interval:
    contig = draw(st.sampled_from(sorted(LENGTHS)))
    start = draw(st.integers(0, LENGTHS[contig] - 1))
    return contig, start, draw(st.integers(start + 1, LENGTHS[contig]))


any_list = st.lists(interval(), max_size=12)
merged_list = any_list.map(lambda rows: merge(rows, LENGTHS))


def bases(rows: list[Interval]) -> Counter[tuple[str, int]]:
    return Counter((contig, place) for contig, s, e in rows for place in range(s, e))


def is_merged(rows: list[Interval]) -> bool:
    rank = list(LENGTHS)
    return all(s < e for _, s, e in rows) and all(
        rank.index(a[0]) < rank.index(b[0]) or (a[0] == b[0] and a[2] < b[1])
        for a, b in pairwise(rows)
    )


@given(rows=any_list)
def test_merge_keeps_the_bases_in_reference_order(rows: list[Interval]) -> None:
    joined = merge(rows, LENGTHS)
    assert is_merged(joined)
    assert set(bases(joined)) == set(bases(rows))


@given(rows=any_list, padding=st.integers(0, 70))
def test_pad_takes_all_bases_near_enough(rows: list[Interval], padding: int) -> None:
    near = {
        (contig, other)
        for contig, place in bases(rows)
        for other in range(max(0, place - padding), min(LENGTHS[contig], place + padding + 1))
    }
    wide = pad(rows, padding, LENGTHS)
    assert is_merged(wide)
    assert set(bases(wide)) == near


@given(left=merged_list, right=merged_list)
def test_intersect_and_subtract_part_the_bases(left: list[Interval], right: list[Interval]) -> None:
    assert is_merged(intersect(left, right))
    assert is_merged(subtract(left, right))
    assert set(bases(intersect(left, right))) == set(bases(left)) & set(bases(right))
    assert set(bases(subtract(left, right))) == set(bases(left)) - set(bases(right))


@given(rows=merged_list)
def test_total_counts_bases(rows: list[Interval]) -> None:
    assert total(rows) == bases(rows).total()


@given(rows=merged_list, pieces=st.integers(1, 30))
def test_pieces_hold_each_base_once_in_order(rows: list[Interval], pieces: int) -> None:
    parts = scatter(rows, pieces)
    assert len(parts) == pieces
    cut = [row for part in parts for row in part]
    assert merge(cut, LENGTHS) == rows
    assert sorted(cut, key=lambda row: (list(LENGTHS).index(row[0]), row[1])) == cut
    assert total(cut) == total(rows)


@given(rows=merged_list, pieces=st.integers(1, 30))
def test_pieces_differ_by_at_most_one_base(rows: list[Interval], pieces: int) -> None:
    sizes = [total(part) for part in scatter(rows, pieces)]
    assert max(sizes) - min(sizes) <= 1


@given(rows=merged_list, pieces=st.integers(1, 30))
def test_each_piece_is_merged_itself(rows: list[Interval], pieces: int) -> None:
    assert all(is_merged(part) for part in scatter(rows, pieces))


@given(rows=merged_list, pieces=st.integers(1, 8), apart=st.integers(0, 20))
def test_targets_are_spread_whole_and_in_order(
    rows: list[Interval], pieces: int, apart: int
) -> None:
    parts = scatter_whole(rows, pieces, apart)
    assert len(parts) == pieces
    assert [row for part in parts for row in part] == rows


@given(rows=merged_list, pieces=st.integers(1, 8), apart=st.integers(0, 20))
def test_targets_close_together_stay_together(
    rows: list[Interval], pieces: int, apart: int
) -> None:
    parts = [part for part in scatter_whole(rows, pieces, apart) if part]
    for left, right in pairwise(parts):
        assert left[-1][0] != right[0][0] or right[0][1] - left[-1][2] >= apart


@pytest.mark.parametrize("pieces", [1, 2, 3, 8])
def test_a_target_as_long_as_a_chromosome_is_shared_out(pieces: int) -> None:
    row = ("chr1", 7, 7 + 40 * LONG_TARGET)
    parts = scatter_whole([row], pieces, apart=5000)
    assert all(len(part) == 1 for part in parts)
    assert merge([interval for part in parts for interval in part], {"chr1": 0}) == [row]
    assert max(map(total, parts)) - min(map(total, parts)) <= LONG_TARGET


@given(rows=merged_list, pieces=st.integers(1, 8))
def test_target_pieces_are_an_equal_share_but_for_one_target(
    rows: list[Interval], pieces: int
) -> None:
    longest = max((end - start for _, start, end in rows), default=0)
    for part in scatter_whole(rows, pieces):
        assert abs(total(part) - total(rows) / pieces) <= longest


def test_only_long_gaps_part_calling_intervals() -> None:
    gaps = [("1", 0, LONG_GAP), ("1", 5000, 5000 + LONG_GAP - 1), ("2", 10, 11)]
    found = calling_intervals(["2", "1"], {"1": 9000, "2": 50, "un": 99}, gaps)
    assert found == [("1", LONG_GAP, 9000), ("2", 0, 50)]


TOY = Assembly("toy", ("chr1",), "chrX", "chrY", None, {"chrX": ((10, 20),), "chrY": ((0, 10),)})
TOY_LENGTHS = {"chr1": 30, "chrX": 50, "chrY": 25, "un": 8}


@given(sex=st.sampled_from(Sex), pieces=st.integers(1, 9))
def test_pieces_together_call_every_copy_of_a_person_once(sex: Sex, pieces: int) -> None:
    ploidy = TOY.ploidy(sex, TOY_LENGTHS)
    whole = [(contig, 0, length) for contig, length in TOY_LENGTHS.items() if contig != "un"]
    rows = numbered(scatter(whole, pieces))
    called = [row for piece in range(1, pieces + 1) for row in piece_intervals(rows, piece, ploidy)]
    wanted = Counter(
        (contig, place, copies)
        for contig, s, e, copies in ploidy
        for place in range(s, e)
        if copies
    )
    assert wanted == Counter((c, place, n) for c, s, e, n in called for place in range(s, e))


def test_a_target_on_a_contig_without_ploidy_counts_as_diploid() -> None:
    ploidy = TOY.ploidy(Sex.MALE, TOY_LENGTHS)
    assert piece_intervals([("un", 2, 6, 1)], 1, ploidy) == [("un", 2, 6, 2)]


def test_a_female_has_nothing_to_call_on_y() -> None:
    ploidy = TOY.ploidy(Sex.FEMALE, TOY_LENGTHS)
    assert piece_intervals([("chrY", 0, 25, 1)], 1, ploidy) == []


@settings(max_examples=20)
@given(rows=any_list, pieces=st.integers(1, 5))
def test_pieces_written_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Interval], pieces: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "pieces.bed"
    cut = numbered(scatter(merge(rows, LENGTHS), pieces))
    write_bed(file, cut)
    assert read_pieces(file) == cut
    assert read_intervals(file) == [row[:3] for row in cut]


@pytest.fixture
def fai(tmp_path: Path) -> Path:
    file = tmp_path / "genome.fa.fai"
    file.write_text(FAI)
    return file


def test_the_index_gives_the_reference_order(fai: Path) -> None:
    assert list(contig_lengths(fai).items()) == list(LENGTHS.items())


def test_targets_are_merged_and_put_in_reference_order(tmp_path: Path, fai: Path) -> None:
    (tmp_path / "in.bed").write_text(
        "# kit\nchr1\t5\t9\tgene\nchr1\t8\t12\nchr10\t0\t3\nchr2\t1\t2\n"
    )
    prepare_targets(fai, tmp_path / "in.bed", tmp_path / "out.bed", log=io.BytesIO())
    assert (tmp_path / "out.bed").read_text() == "chr2\t1\t2\nchr1\t5\t12\nchr10\t0\t3\n"


@pytest.mark.parametrize("row", ["1\t0\t5", "chr1\t30\t41", "chr1\t5\t5", "chr1 0 5"])
def test_targets_outside_the_reference_end_the_job(tmp_path: Path, fai: Path, row: str) -> None:
    (tmp_path / "in.bed").write_text(f"chr1\t1\t2\n{row}\n")
    with pytest.raises(JobError, match=r"in\.bed:2: "):
        prepare_targets(fai, tmp_path / "in.bed", tmp_path / "out.bed", log=io.BytesIO())
    assert not (tmp_path / "out.bed").exists()


@pytest.mark.parametrize(
    ("targets", "pieces"),
    [
        (None, "chr2\t0\t33\t1\nchr2\t33\t60\t2\nchr1\t0\t6\t2\nchr1\t6\t40\t3\n"),
        ("chr2\t5\t9\nchr2\t12\t14\nchr10\t0\t4\n", "chr2\t3\t16\t2\nchr10\t0\t6\t3\n"),
    ],
)
def test_a_design_is_cut_into_the_pieces_asked_for(
    tmp_path: Path, fai: Path, targets: str | None, pieces: str
) -> None:
    (tmp_path / "gaps.bed").write_text("chr2\t7\t9\n")
    if targets:
        (tmp_path / "targets.bed").write_text(targets)
    cut_pieces(
        fai,
        tmp_path / "gaps.bed",
        tmp_path / "out.bed",
        targets=tmp_path / "targets.bed" if targets else None,
        primary=["chr1", "chr2"],
        pieces=3,
        padding=2,
        apart=5,
        log=io.BytesIO(),
    )
    assert (tmp_path / "out.bed").read_text() == pieces
