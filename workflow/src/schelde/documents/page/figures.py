"""Drawings of the page: SVG whose colours are those of its style, light or dark.

They are as wide as the view lets them be: places along x are in percent, all else in pixels, so
that letters keep their size. (The drawings of `schelde.plots` are of one width and on white.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from schelde.documents.page.markup import Html, tag
from schelde.plots.envelope import Range

BAR, LINE = 40, 18
"""Pixels of a bar with its name above it, and of a line of text."""

STEPS = (1, 2, 5, 10)
"""A tick is one of these times a power of ten."""

EDGE = 1.5
"""Percent from the edge at which what lies outside a strip is marked."""


@dataclass(frozen=True)
class Limit:
    """A line across a drawing, from where on something is accepted; ``words``: by whom."""

    value: float
    words: str


def figure(name: str, title: str, text: str, height: int, shapes: Sequence[str]) -> Html:
    """Return a drawing; ``title`` and ``text`` tell what it shows to those who cannot see it."""
    return tag(
        "svg",
        tag("title", title, id=f"{name}-name"),
        tag("desc", text, id=f"{name}-text"),
        *shapes,
        role="img",
        aria_labelledby=f"{name}-name {name}-text",
        width="100%",
        height=height,
        class_="figure",
    )


def words(x: float, y: float, text: str, anchor: str = "start", class_: str | None = None) -> Html:
    """Return a line of text; ``x`` in percent, ``y`` of its base line in pixels."""
    return tag("text", text, x=_percent(x), y=_n(y), text_anchor=anchor, class_=class_)


def _percent(x: float) -> str:
    return f"{x:.2f}%"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def step(span: float, most: int) -> float:
    """Return the least distance of ticks that gives at most so many of them, and one at least.

    >>> step(50, 6), step(7, 4), step(0, 5)
    (10, 2, 1)
    """
    if span <= 0:
        return 1
    power: float = 10 ** floor(log10(span / most))
    return next(each * power for each in STEPS if each * power * most >= span)


def _across(y: float, height: float, x: float, class_: str) -> Html:
    return tag("line", x1=_percent(x), x2=_percent(x), y1=_n(y), y2=_n(y + height), class_=class_)


def _limits(limits: Sequence[Limit], most: float, bottom: float, unit: str) -> list[Html]:
    """Draw limits down to ``bottom``, each with its words on a line of its own at the top."""
    shapes = []
    for number, limit in enumerate(limits):
        x = 100 * limit.value / most
        y = LINE * number
        shapes.append(_across(y + 4, bottom - y - 4, x, "limit"))
        anchor, shift = ("start", 0.8) if x < 50 else ("end", -0.8)
        told = f"{limit.value:g}{unit} {limit.words}"
        shapes.append(words(x + shift, y + 13, told, anchor, "limit-words"))
    return shapes


def bars(
    name: str,
    title: str,
    text: str,
    values: Sequence[tuple[str, float]],
    limits: Sequence[Limit],
    unit: str,
) -> Html:
    """Return one bar for each value, from 0, under its name; for few values."""
    most = 1.05 * max([value for _, value in values] + [limit.value for limit in limits] + [1e-9])
    top = LINE * len(limits) + 6
    bottom = top + BAR * len(values)
    shapes = []
    for number, (label, value) in enumerate(values):
        y = top + BAR * number
        shapes.append(words(0, y + 13, label, class_="name"))
        shapes.append(words(100, y + 13, f"{value:.1f}{unit}", "end", "value"))
        shapes.append(tag("rect", x=0, y=y + 20, width="100%", height=12, rx=3, class_="ground"))
        width = _percent(100 * value / most)
        shapes.append(tag("rect", x=0, y=y + 20, width=width, height=12, rx=3, class_="bar"))
    return figure(name, title, text, bottom, [*shapes, *_limits(limits, most, bottom, unit)])


def histogram(
    name: str,
    title: str,
    text: str,
    values: Sequence[float],
    limits: Sequence[Limit],
    unit: str,
) -> Html:
    """Return how many values lie in each of at most 30 bins between 0 and the greatest."""
    greatest = max([*values, *(limit.value for limit in limits)])
    width = step(1.05 * greatest, 30)
    counts = [0] * (floor(greatest / width) + 1)
    for value in values:
        counts[floor(value / width)] += 1
    return columns(name, title, text, counts, width * len(counts), limits, unit)


def columns(
    name: str,
    title: str,
    text: str,
    counts: Sequence[int],
    most: float,
    limits: Sequence[Limit] = (),
    unit: str = "",
) -> Html:
    """Return a column for each count; together they go along x from 0 to ``most``."""
    top, height = LINE * len(limits) + 14, 170
    bottom = top + height
    tallest = max([*counts, 1])
    tick = max(1, step(tallest, 4))
    ceiling = tick * ceil(tallest / tick)
    levels = [tick * number for number in range(ceil(ceiling / tick) + 1)]
    heights = [(level, bottom - height * level / ceiling) for level in levels]
    shapes = [tag("line", x1=0, x2="100%", y1=_n(y), y2=_n(y), class_="grid") for _, y in heights]
    each = 100 / len(counts)
    for number, count in enumerate(counts):
        tall = height * count / ceiling
        place = {"x": _percent(each * (number + 0.06)), "y": _n(bottom - tall)}
        size = {"width": _percent(each * 0.88), "height": _n(tall)}
        shapes.append(tag("rect", **place, **size, class_="bar"))
    shapes += [words(100, y - 4, f"{level:,.0f}", "end", "tick") for level, y in heights[1:]]
    along = step(most, 6)
    for number in range(floor(most / along) + 1):
        x = 100 * along * number / most
        anchor = "start" if x < 2 else "end" if x > 98 else "middle"
        shapes.append(words(x, bottom + 16, f"{along * number:g}{unit}", anchor, "tick"))
    return figure(name, title, text, bottom + 24, [*shapes, *_limits(limits, most, bottom, unit)])


def strip(name: str, title: str, text: str, span: Range, values: Sequence[float]) -> Html:
    """Return values beside the range of published genomes, which is its middle third.

    Up to five values have a mark each; more are a line from least to greatest with their middle.
    """
    low, high = _place(span, span.low), _place(span, span.high)
    five, ninety_five = _place(span, span.five), _place(span, span.ninety_five)
    shapes = [
        tag("line", x1=0, x2="100%", y1=11, y2=11, class_="grid"),
        tag("rect", x=_percent(low), y=3, width=_percent(high - low), height=16, class_="band"),
        tag(
            "rect",
            x=_percent(five),
            y=3,
            width=_percent(ninety_five - five),
            height=16,
            class_="inner-band",
        ),
        _across(1, 20, _place(span, span.median), "median"),
    ]
    if len(values) > 5:
        ends = {
            "x1": _percent(_place(span, min(values))),
            "x2": _percent(_place(span, max(values))),
        }
        shapes.append(tag("line", **ends, y1=11, y2=11, class_="reach"))
        ordered = sorted(values)
        values = [ordered[len(ordered) // 2]]
    for value in values:
        inside = "within" if span.holds(value) else "outside"
        x = _percent(_place(span, value))
        shapes.append(tag("circle", cx=x, cy=11, r=5, class_=f"mark {inside}"))
    return figure(name, title, text, 22, shapes)


def _place(span: Range, value: float) -> float:
    if span.high == span.low:
        return 50
    return min(100 - EDGE, max(EDGE, 100 * (1 + span.place(value)) / 3))


def shares(name: str, title: str, text: str, parts: Sequence[tuple[str, int]]) -> Html:
    """Return one bar cut into parts, each with its class of the style; parts of none are left out.

    Words for it must stand beside it: the colours alone tell nothing.
    """
    total = max(1, sum(count for _, count in parts))
    shapes, x = [], 0.0
    for class_, count in parts:
        if count:
            width = 100 * count / total
            place = {"x": _percent(x), "width": _percent(width)}
            shapes.append(tag("rect", **place, y=0, height=14, class_=f"share {class_}"))
            x += width
    return figure(name, title, text, 14, shapes)
