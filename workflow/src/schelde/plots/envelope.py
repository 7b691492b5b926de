"""Each genome of a run drawn inside the range of the 100 genomes that GA4GH publishes.

The range is a fact about 30x genomes of GRCh38 called by DRAGEN, not a limit: what lies outside is
to be looked at, and a small test genome lies outside in all that counts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde.catalogue import CATALOGUE, Metric, metrics
from schelde.findings import Finding
from schelde.plots.svg import BLUE, VERMILION, Drawing, Shape

ENVELOPE = CATALOGUE.with_name("envelope.tsv")

ROW = 48
LABEL, LEFT, RIGHT, WIDTH = 205, 370, 830, 1040
"""End of the names of metrics, ends of the axes, width of the drawing."""

TOP = 58
NAMED = 3
"""Samples that are named on a side of a row; more are counted."""

NAME_LETTERS = 24
LEVELS = (0, -7, 7, -14, 14)
"""Heights at which marks of the same place stand; what would need a sixth is drawn no more."""


@dataclass(frozen=True)
class Range:
    """One metric over the published genomes; percentiles interpolate between neighbours."""

    metric: str
    low: float
    five: float
    median: float
    ninety_five: float
    high: float

    def place(self, value: float) -> float:
        """Return where a value stands: 0 is the least of the published genomes, 1 the greatest.

        >>> Range("x", 10, 11, 15, 19, 20).place(25)
        1.5
        """
        return (value - self.low) / (self.high - self.low)

    def holds(self, value: float) -> bool:
        """Whether a value is within the range, its ends included."""
        return self.low <= value <= self.high


def read_envelope(path: Path = ENVELOPE) -> list[Range]:
    """Read the table of ranges: lines of comment, then metric, min, p5, median, p95, max."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader((line for line in handle if not line.startswith("#")), delimiter="\t")
        next(rows)
        return [Range(row[0], *map(float, row[1:])) for row in rows]


def draw_envelope(findings: Sequence[Finding], ranges: Sequence[Range]) -> str:
    """Return SVG with a row for each metric and a mark for each whole genome; '' without any."""
    genomes = [each for each in findings if each.assay == "wgs"]
    if not genomes:
        return ""
    title = "Genomes of this run in the range of 100 published genomes"
    drawing = Drawing(WIDTH, TOP + ROW * len(ranges) + 10, title)
    _legend(drawing)
    for number, each in enumerate(ranges):
        points = [
            (genome.sample, float(genome.metrics[each.metric]))
            for genome in genomes
            if genome.metrics.get(each.metric) is not None
        ]
        _row(drawing, each, points, TOP + ROW * number + ROW / 2)
    return drawing.svg()


def _legend(drawing: Drawing) -> None:
    y = 22
    drawing.box(LEFT - 150, y - 9, 34, 14, "#dddddd")
    drawing.box(LEFT - 143, y - 9, 20, 14, "#b4b4b4")
    drawing.line((LEFT - 133, y - 11), (LEFT - 133, y + 7), "#000000", 2)
    drawing.text(LEFT - 108, y + 2, "100 genomes: all, 5 to 95 %, median")
    drawing.mark(LEFT + 158, y - 2, "circle", 4.5, BLUE, "#ffffff")
    drawing.text(LEFT + 170, y + 2, "sample within")
    drawing.mark(LEFT + 282, y - 2, "diamond", 4.5, VERMILION, "#000000")
    drawing.text(LEFT + 294, y + 2, "outside")
    drawing.mark(LEFT + 366, y - 2, "left", 4.5, VERMILION, "#000000")
    drawing.mark(LEFT + 380, y - 2, "right", 4.5, VERMILION, "#000000")
    drawing.text(LEFT + 392, y + 2, "outside the drawing")


def _row(drawing: Drawing, span: Range, points: Sequence[tuple[str, float]], y: float) -> None:
    metric = metrics()[span.metric]
    drawing.text(LABEL, y + 4, metric.title, anchor="end")
    drawing.line((LEFT, y), (RIGHT, y), "#cccccc")
    start, end = _x(span.place(span.low)), _x(span.place(span.high))
    drawing.box(start, y - 11, end - start, 22, "#dddddd")
    inner = _x(span.place(span.five))
    drawing.box(inner, y - 11, _x(span.place(span.ninety_five)) - inner, 22, "#b4b4b4")
    middle = _x(span.place(span.median))
    drawing.line((middle, y - 13), (middle, y + 13), "#000000", 2)
    for x, value in ((start, span.low), (end, span.high)):
        drawing.text(x, y + 27, shown(metric, value), size=9.5, anchor="middle")
    _marks(drawing, metric, span, points, y)
    outside = [(name, value) for name, value in points if not span.holds(value)]
    below = [name for name, value in outside if value < span.low]
    above = [name for name, value in outside if value > span.high]
    drawing.text(LEFT - 12, y + 4, _names(below), size=10.5, anchor="end")
    drawing.text(RIGHT + 12, y + 4, _names(above), size=10.5)


def _marks(
    drawing: Drawing, metric: Metric, span: Range, points: Iterable[tuple[str, float]], y: float
) -> None:
    """Draw samples beside one another where they fall on one place."""
    there: dict[int, int] = {}
    for name, value in points:
        x, shape = _mark(span, value)
        level = there.get(round(x / 6), 0)
        there[round(x / 6)] = level + 1
        if level >= len(LEVELS):
            continue
        inside = shape == "circle"
        fill, edge = (BLUE, "#ffffff") if inside else (VERMILION, "#000000")
        title = f"{name}: {shown(metric, value)}"
        drawing.mark(x, y + LEVELS[level], shape, 4.2, fill, edge, title)


def _mark(span: Range, value: float) -> tuple[float, Shape]:
    x = _x(span.place(value))
    if span.holds(value):
        return x, "circle"
    if x < LEFT:
        return LEFT, "left"
    return (RIGHT, "right") if x > RIGHT else (x, "diamond")


def _x(place: float) -> float:
    """Put the published range into the middle third of the axis."""
    return LEFT + (RIGHT - LEFT) * (1 + place) / 3


def _names(samples: Sequence[str]) -> str:
    """Name few samples and count many.

    >>> _names(["A", "B"]), _names(["A", "B", "C", "D"]), _names([])
    ('A, B', '4 samples', '')
    """
    words = ", ".join(samples)
    if len(samples) <= NAMED and len(words) <= NAME_LETTERS:
        return words
    return f"{len(samples)} samples" if len(samples) > 1 else f"{words[: NAME_LETTERS - 1]}…"


def shown(metric: Metric, value: float) -> str:
    """Write a value with its unit, long numbers in thousands, millions or billions.

    >>> shown(metrics()["count_snvs"], 3866868), shown(metrics()["pct_autosomes_15x"], 95.85)
    ('3.87 M', '95.85 %')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}{metric.unit}"
    return f"{value:.{metric.digits or 0}f} {metric.unit}".rstrip()
