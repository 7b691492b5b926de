from __future__ import annotations

from schelde.pairhmm.spans import SPAN, read_intervals, spans_of

LENGTHS = {"1": 3 * SPAN, "2": SPAN}


def test_borders_lie_at_multiples_wherever_an_interval_begins():
    starts = {span.start for span in spans_of([("1", 7, 3 * SPAN, 2)], LENGTHS)}
    assert starts == {7, SPAN, 2 * SPAN}


def test_spans_that_touch_have_a_cut_between_them():
    spans = spans_of([("1", 7, 2 * SPAN, 2)], LENGTHS)
    assert [(span.cut_start, span.cut_end) for span in spans] == [(False, True), (True, False)]


def test_a_span_goes_on_to_where_the_cut_can_be_in_the_next_one():
    left, _ = spans_of([("1", 7, SPAN, 2), ("1", SPAN, 2 * SPAN, 1)], LENGTHS)
    assert list(left.intervals) == [(7, SPAN, 2), (SPAN, SPAN + 1000, 1)]


def test_spans_of_two_contigs_have_no_cut_between_them():
    spans = spans_of([("1", 2 * SPAN, 3 * SPAN, 2), ("2", 0, 9, 2)], LENGTHS)
    assert not any(span.cut_start or span.cut_end for span in spans)


def test_targets_of_one_stretch_are_one_span_that_ends_where_the_last_one_does():
    spans = spans_of([("1", 100, 200, 2), ("1", 900, 1000, 2)], LENGTHS)
    assert [(span.start, span.end, len(span.intervals)) for span in spans] == [(100, 1000, 2)]


def test_a_change_of_copies_does_not_part_a_span():
    (span,) = spans_of([("1", 0, 50, 2), ("1", 50, 90, 1)], LENGTHS)
    assert list(span.intervals) == [(0, 50, 2), (50, 90, 1)]


def test_reads_are_taken_beyond_a_cut_but_not_beyond_the_contig():
    left, right = spans_of([("2", 0, 90, 2), ("1", SPAN, 3 * SPAN, 2)], LENGTHS)[1:]
    assert left.last > left.end + 1000 and right.last == 3 * SPAN


def test_reads_between_far_targets_are_not_taken():
    spans = spans_of([("1", 10_000, 10_100, 2), ("1", 90_000, 90_100, 2)], LENGTHS)
    assert len(read_intervals(spans, LENGTHS)) == 2


def test_a_short_rest_behind_a_border_belongs_to_the_span_before():
    spans = spans_of([("1", 7, SPAN + 100, 2)], LENGTHS)
    assert [(span.start, span.end) for span in spans] == [(7, SPAN + 100)]
