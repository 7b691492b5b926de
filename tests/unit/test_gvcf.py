"""Reference blocks that cover every base once, at the ploidy of the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.gvcf import Called, Record, Tiles, block_line, haploid, parse, resized, trimmed
from schelde.vcf import VcfError

SEQUENCE = "ACGT" * 50


def base(contig: str, pos: int) -> str:
    return SEQUENCE[pos - 1]


def variant(contig: str, pos: int, ref: str = "A", genotype: str = "0/1") -> bytes:
    return f"{contig}\t{pos}\t.\t{ref}\tT\t50\t.\t.\tGT\t{genotype}\n".encode()


def block(contig: str, pos: int, end: int, copies: int = 2, depth: int = 9) -> bytes:
    return block_line(contig, pos, end, base(contig, pos), copies, depth)


def tiled(
    lines: Iterable[bytes], intervals: Sequence[Called], *, mend: bool
) -> tuple[list[Record], Tiles]:
    tiles = Tiles(intervals, base, mend=mend)
    return list(tiles.over(lines)), tiles


def places(records: Iterable[Record]) -> list[tuple[str, int, int]]:
    return [record[:3] for record in records]


def genotypes(records: Iterable[Record]) -> list[str]:
    return [record.line.decode().rstrip("\n").split("\t")[9].split(":")[0] for record in records]


def test_what_covers_every_base_is_passed_on_as_it_is() -> None:
    lines = [block("1", 1, 4), variant("1", 5, "ACG"), variant("1", 6), block("1", 8, 20)]
    records, tiles = tiled(lines, [("1", 0, 20, 2)], mend=False)
    assert [record.line for record in records] == lines
    assert tiles.filled == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([block("1", 2, 20)], "1:1-1: bases that nothing covers"),
        ([block("1", 1, 9), block("1", 11, 20)], "1:10-10: bases that nothing covers"),
        ([block("1", 1, 19)], "1:20-20: bases that nothing covers"),
        ([variant("1", 3), block("1", 4, 20)], "1:1-2: bases that nothing covers"),
        ([], "1:1-20: bases that nothing covers"),
        ([block("1", 1, 10), block("1", 10, 20)], "1:10: a base that is covered twice"),
        ([block("1", 1, 10), variant("1", 9)], "1:9: a base that is covered twice"),
        ([block("1", 1, 9), block("1", 5, 6), block("1", 10, 20)], "1:5: a base that is covered"),
        ([block("1", 1, 20), block("2", 1, 20)], "2:1: a record out of order"),
        ([block("1", 1, 20), block("1", 30, 40)], "1:30: a record out of order"),
    ],
)
def test_a_caller_that_must_cover_every_base_once_is_held_to_it(
    lines: list[bytes], message: str
) -> None:
    with pytest.raises(VcfError, match=message):
        tiled(lines, [("1", 0, 20, 2)], mend=False)


def test_bases_without_a_record_get_a_block_without_genotype() -> None:
    records, tiles = tiled([block("1", 5, 8)], [("1", 0, 10, 2), ("2", 3, 6, 1)], mend=True)
    assert places(records) == [("1", 1, 4), ("1", 5, 8), ("1", 9, 10), ("2", 4, 6)]
    assert genotypes(records) == ["./.", "0/0", "./.", "."]
    assert tiles.filled == [("1", 0, 4), ("1", 8, 10), ("2", 3, 6)]


def test_a_block_gives_way_to_a_variant_and_goes_on_after_it() -> None:
    lines = [block("1", 1, 20), variant("1", 5, "ACG")]
    records, _ = tiled(lines, [("1", 0, 20, 2)], mend=True)
    assert places(records) == [("1", 1, 4), ("1", 5, 7), ("1", 8, 20)]
    assert records[2].line == block("1", 8, 20)


@pytest.mark.parametrize("mend", [False, True])
def test_a_block_that_begins_inside_a_deletion_begins_after_it(mend: bool) -> None:
    lines = [variant("1", 1, "ACGT", "0/0"), block("1", 2, 3), block("1", 4, 20)]
    records, _ = tiled(lines, [("1", 0, 20, 2)], mend=mend)
    assert places(records) == [("1", 1, 4), ("1", 5, 20)]


def test_a_deletion_over_the_end_of_an_interval_stays_whole() -> None:
    lines = [block("1", 1, 8), variant("1", 9, "ACGTACGT")]
    records, _ = tiled(lines, [("1", 0, 10, 2)], mend=False)
    assert places(records) == [("1", 1, 8), ("1", 9, 16)]


def test_a_deletion_that_reaches_the_next_interval_covers_bases_there() -> None:
    lines = [block("1", 1, 8), variant("1", 9, "ACGTAC"), block("1", 15, 20)]
    records, _ = tiled(lines, [("1", 0, 10, 2), ("1", 12, 20, 2)], mend=True)
    assert places(records) == [("1", 1, 8), ("1", 9, 14), ("1", 15, 20)]


def test_where_the_ploidy_changes_a_block_is_cut_and_made_haploid() -> None:
    intervals = [("X", 0, 10, 2), ("X", 10, 20, 1)]
    records, _ = tiled([block("X", 1, 20)], intervals, mend=False)
    assert places(records) == [("X", 1, 10), ("X", 11, 20)]
    assert genotypes(records) == ["0/0", "0"]


def test_a_deletion_over_a_change_of_ploidy_covers_bases_of_both_sides() -> None:
    lines = [block("X", 1, 8), variant("X", 9, "ACGT"), block("X", 13, 20)]
    records, _ = tiled(lines, [("X", 0, 10, 2), ("X", 10, 20, 1)], mend=False)
    assert places(records) == [("X", 1, 8), ("X", 9, 12), ("X", 13, 20)]


def test_a_variant_before_the_interval_belongs_to_another_piece() -> None:
    records, _ = tiled([variant("1", 9), block("1", 11, 20)], [("1", 10, 20, 2)], mend=True)
    assert places(records) == [("1", 11, 20)]


@st.composite
def calls(draw: st.DrawFn) -> tuple[list[bytes], list[Called]]:
    """Blocks and variants with gaps, in order, over two intervals; the second may touch."""
    first = draw(st.integers(5, 60))
    gap = draw(st.integers(0, 20))
    second = first + gap
    end = draw(st.integers(second + 5, 150))
    copies = draw(st.integers(1, 2))
    intervals = [("1", 0, first, 2), ("1", second, end, copies)]
    if gap == 0 and copies == 2:
        intervals = [("1", 0, end, 2)]
    lines: list[bytes] = []
    pos = draw(st.integers(1, 10))
    while pos <= end:
        length = draw(st.integers(1, 30))
        inside = pos <= first or second < pos
        if inside and draw(st.booleans()):
            lines.append(block("1", pos, pos + length - 1, depth=draw(st.integers(1, 3))))
        elif inside:
            lines.append(variant("1", pos, "ACGTACGT"[: draw(st.integers(1, 6))]))
            length = 1
        pos += length + draw(st.sampled_from([0, 0, 1, 7]))
    return lines, intervals


@given(calls())
def test_after_mending_every_base_is_covered_once(given_: tuple[list[bytes], list[Called]]) -> None:
    lines, intervals = given_
    inside = [line for line in lines if any(s < parse(line).pos <= e for _, s, e, _ in intervals)]
    records, _ = tiled(inside, intervals, mend=True)
    blocks = [pos for r in records if r.is_block for pos in range(r.pos, r.end + 1)]
    deleted = {pos for r in records if not r.is_block for pos in range(r.pos, r.end + 1)}
    wanted = {pos for _, start, end, _ in intervals for pos in range(start + 1, end + 1)}
    assert len(blocks) == len(set(blocks))
    assert not set(blocks) & deleted
    assert set(blocks) <= wanted <= set(blocks) | deleted
    assert [r.pos for r in records] == sorted(r.pos for r in records)


@given(calls())
def test_mending_what_is_mended_changes_nothing(given_: tuple[list[bytes], list[Called]]) -> None:
    lines, intervals = given_
    inside = [line for line in lines if any(s < parse(line).pos <= e for _, s, e, _ in intervals)]
    once, _ = tiled(inside, intervals, mend=True)
    again, tiles = tiled([record.line for record in once], intervals, mend=False)
    assert again == once
    assert tiles.filled == []


@given(st.lists(st.integers(0, 500), min_size=2, max_size=5), st.randoms())
def test_a_haploid_call_is_the_likeliest_homozygous_one(scores: list[int], random: object) -> None:
    pairs = sorted(
        combinations_with_replacement(range(len(scores)), 2), key=lambda pair: (pair[1], pair[0])
    )
    likelihoods = [scores[a] if a == b else 7 for a, b in pairs]
    alts = ",".join("CGT<"[: len(scores) - 1])
    sample = f"0/1:{','.join(map(str, likelihoods))}"
    line = haploid(f"X\t9\t.\tA\t{alts}\t50\t.\t.\tGT:PL\t{sample}\n".encode())
    genotype, found = line.decode().rstrip("\n").split("\t")[9].split(":")[:2]
    assert [int(score) for score in found.split(",")] == [s - min(scores) for s in scores]
    assert scores[int(genotype)] == min(scores)


@pytest.mark.parametrize(
    ("keys", "sample", "expected"),
    [
        ("GT:DP", "0/0:7", "0:7"),
        ("GT:DP", "./.:0", ".:0"),
        ("GT:DP", "0/1:7", ".:7"),
        ("GT:DP:GQ:PL", "0/0:30:40:0,40,300", "0:30:99:0,300"),
        ("GT:DP:GQ:PL", "0/1:30:40:60,0,20", "1:30:40:40,0"),
        ("GT:PGT:PID:PL:PS", "0|1:0|1:9_A_C:50,0,20:9", "1:.:.:30,0:."),
        ("GT:GQ:GL", "1/1:9:-50,-5,0", "1:9:-50,0"),
        ("GT:GQ", "1:9", "1:9"),
    ],
)
def test_fields_of_a_diploid_call_become_those_of_a_haploid_one(
    keys: str, sample: str, expected: str
) -> None:
    line = haploid(f"X\t9\t.\tA\tC\t50\t.\t.\t{keys}\t{sample}\n".encode())
    columns = dict(zip(*(c.split(":") for c in line.decode().split()[8:]), strict=True))
    wanted = dict(zip(keys.split(":"), expected.split(":"), strict=True))
    if "PL" in wanted:
        wanted["GQ"] = columns["GQ"]
    assert columns == wanted


def test_a_block_of_one_base_gets_an_end_when_it_grows() -> None:
    one = parse(b"1\t5\t.\tA\t<*>\t.\t.\t.\tGT\t0/0\n")
    assert resized(one, 5, 9, base).line == b"1\t5\t.\tA\t<*>\t.\t.\tEND=9\tGT\t0/0\n"


def test_a_block_that_is_cut_begins_with_the_base_of_the_reference() -> None:
    whole = parse(b"1\t5\t.\tA\t<NON_REF>\t.\t.\tEND=9;MIN_DP=3\tGT\t0/0\n")
    cut = resized(whole, 7, 8, base).line
    assert cut == b"1\t7\t.\tG\t<NON_REF>\t.\t.\tEND=8;MIN_DP=3\tGT\t0/0\n"


@pytest.mark.parametrize(
    ("alleles", "expected"),
    [
        ("CAAA CAA", "CA C"),
        ("C CA", "C CA"),
        ("CTA CA", "CT C"),
        ("CAA CA,C", "CAA CA,C"),
        ("AC TC", "A T"),
        ("A *", "A *"),
        ("ACG ACG", "A A"),
    ],
)
def test_bases_that_all_alleles_end_in_are_cut_off(alleles: str, expected: str) -> None:
    ref, alt = alleles.split()
    columns = trimmed(f"1\t5\t.\t{ref}\t{alt}\t9\t.\t.\tGT\t0/1\n".encode()).decode().split("\t")
    assert " ".join(columns[3:5]) == expected


def test_a_line_that_is_cut_short_is_refused() -> None:
    with pytest.raises(VcfError, match="too few columns"):
        parse(b"1\t5\t.\tA\tC\n")
