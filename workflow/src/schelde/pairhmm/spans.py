"""A piece's intervals as spans, the chunks that are worked on at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise

from schelde.assembly import Interval
from schelde.gvcf import Called
from schelde.intervals import merge
from schelde.pairhmm.library import Span

SPAN = 500_000
"""bp between the borders of chunks, which lie at its multiples. A cut is looked for behind each, so
that what is called does not depend on it."""

CUT_SEARCH = 1000
"""bp behind a border within which the cut is looked for: ``kCutSearch`` of native/data.h."""

BEFORE, AFTER = 500, 2000
"""bp around a chunk whose reads it holds: for the cut behind its end, and for haplotypes there."""


def spans_of(intervals: Iterable[Called], lengths: Mapping[str, int]) -> list[Span]:
    """Return the spans of a piece's intervals, in order; ``lengths`` in bp by contig.

    >>> spans = spans_of([("1", 400_000, 600_000, 2)], {"1": 1_000_000})
    >>> [(span.start, span.end, span.last, span.cut_end) for span in spans]
    [(400000, 500000, 502000, True), (500000, 600000, 600500, False)]
    """
    parts = [part for interval in intervals for part in _divided(interval)]
    groups = [list(group) for _, group in groupby(parts, lambda part: (part[0], part[1] // SPAN))]
    ends = [(group[0][0], group[0][1], group[-1][2]) for group in groups]
    touching = [(left[0], left[2]) == (right[0], right[1]) for left, right in pairwise(ends)]
    return [
        _span(group, following, before, after, lengths)
        for group, following, before, after in zip(
            groups, [*groups[1:], []], [False, *touching], [*touching, False], strict=True
        )
    ]


def _divided(interval: Called) -> Iterator[Called]:
    """Yield the parts of an interval between multiples of `SPAN`.

    The last one is at least `AFTER` long, so that its neighbour finds the same cut.
    """
    contig, start, end, copies = interval
    while start < end:
        stop = (start // SPAN + 1) * SPAN
        if stop > end - AFTER:
            stop = end
        yield contig, start, stop, copies
        start = stop


def _span(
    group: list[Called],
    following: list[Called],
    before: bool,
    after: bool,
    lengths: Mapping[str, int],
) -> Span:
    contig, start, end = group[0][0], group[0][1], group[-1][2]
    rows = [part[1:] for part in group]
    if after:
        # The chunk goes on to the cut, in intervals of its neighbour.
        beyond = [(low, min(high, end + CUT_SEARCH), copies) for _, low, high, copies in following]
        rows += [row for row in beyond if row[0] < row[1]]
    return Span(
        contig,
        start,
        end,
        first=max(0, start - BEFORE),
        last=min(lengths[contig], end + (AFTER if after else BEFORE)),
        intervals=_joined(rows),
        cut_start=before,
        cut_end=after,
    )


def _joined(rows: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return intervals with those that touch and have as many copies as one."""
    joined: list[tuple[int, int, int]] = []
    for start, end, copies in rows:
        if joined and joined[-1][1:] == (start, copies):
            start = joined.pop()[0]
        joined.append((start, end, copies))
    return joined


def read_intervals(spans: Iterable[Span], lengths: Mapping[str, int]) -> list[Interval]:
    """Return where the reads of spans lie, merged."""
    around = [
        (span.contig, max(span.first, start - BEFORE), min(span.last, end + AFTER))
        for span in spans
        for start, end, _ in span.intervals
    ]
    return merge(around, lengths)
