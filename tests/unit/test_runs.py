"""Records of runs of one ploidy each: which are used, and where there are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.callers.piece import SILENT_GAP
from schelde.callers.runs import by_copies, silences, within
from schelde.gvcf import block_line
from schelde.vcf import VcfError

RANKS = {"1": 0, "2": 1}


def base(contig: str, pos: int) -> str:
    return "ACGT"[pos % 4]


def block(contig: str, first: int, last: int) -> bytes:
    return block_line(contig, first, last, base(contig, first), 2, 30)


def snp(contig: str, pos: int) -> bytes:
    return f"{contig}\t{pos}\t.\tA\tC\t9\t.\t.\tGT\t0/1\n".encode()


Spans = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=6)


def intervals(spans: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Return intervals from gaps and lengths."""
    rows, at = [], 0
    for gap, length in spans:
        rows.append(("1", at + gap, at + gap + length))
        at += gap + length
    return rows


@given(Spans, Spans)
def test_blocks_are_used_where_the_run_was_asked_and_nowhere_else(
    asked: list[tuple[int, int]], written: list[tuple[int, int]]
) -> None:
    rows = intervals(asked)
    lines = [block("1", start + 1, end) for _, start, end in intervals(written)]
    found = within(lines, rows, RANKS, base)
    used = [pos for record in found for pos in range(record.pos, record.end + 1)]
    inside = {pos for _, start, end in rows for pos in range(start + 1, end + 1)}
    there = {pos for _, start, end in intervals(written) for pos in range(start + 1, end + 1)}
    assert used == sorted(inside & there)


def test_variants_are_used_that_begin_where_the_run_was_asked() -> None:
    lines = [snp("1", pos) for pos in (4, 5, 9, 10)] + [snp("2", 5)]
    found = within(lines, [("1", 4, 9), ("2", 0, 9)], RANKS, base)
    assert [(record.contig, record.pos) for record in found] == [("1", 5), ("1", 9), ("2", 5)]


def test_a_deletion_that_begins_before_an_interval_is_not_used_though_it_reaches_into_it() -> None:
    deletion = b"1\t4\t.\tAAA\tA\t9\t.\t.\tGT\t0/1\n"
    assert not list(within([deletion], [("1", 4, 9)], RANKS, base))


def test_a_contig_that_the_reference_has_not_is_an_error() -> None:
    with pytest.raises(VcfError, match="3:5: a contig that the reference has not"):
        list(within([snp("3", 5)], [("1", 0, 9)], RANKS, base))


def test_a_contig_that_is_left_out_is_silent() -> None:
    rows = [("1", 0, 5000), ("2", 0, 5000)]
    assert list(silences([block("1", 1, 5000)], rows)) == [("2", 0, 5000)]
    assert list(silences([block("2", 1, 5000)], rows)) == [("1", 0, 5000)]


@pytest.mark.parametrize(("missing", "told"), [(SILENT_GAP - 1, False), (SILENT_GAP, True)])
def test_a_stretch_at_the_end_is_silent_from_some_length_on(missing: int, told: bool) -> None:
    found = list(silences([block("1", 1, 5000 - missing)], [("1", 0, 5000)]))
    assert found == ([("1", 5000 - missing, 5000)] if told else [])


def test_a_stretch_between_two_records_is_silent_from_some_length_on() -> None:
    lines = [block("1", 1, 1000), snp("1", 2001), block("1", 2002, 5000)]
    assert list(silences(lines, [("1", 0, 5000)])) == [("1", 1000, 2000)]
    lines[1] = snp("1", 2000)
    assert list(silences(lines, [("1", 0, 5000)])) == []


def test_targets_in_a_row_without_a_record_are_one_silence() -> None:
    rows = [("1", start, start + 100) for start in range(0, 1000, 200)]
    lines = [block("1", 1, 100), block("1", 801, 900)]
    assert list(silences(lines, rows)) == [("1", 200, 700)]


def test_what_touches_goes_to_a_run_as_one() -> None:
    rows = [("1", 0, 5, 2), ("1", 5, 9, 2), ("1", 9, 12, 1), ("1", 12, 15, 2)]
    assert by_copies(rows) == {2: [("1", 0, 9), ("1", 12, 15)], 1: [("1", 9, 12)]}
