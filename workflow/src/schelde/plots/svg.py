"""Drawings as SVG: few shapes, one font, and colours that differ in lightness too.

The colours are those of Okabe and Ito (2008), which people with any colour vision tell apart.
Every shape may have a title, which browsers show when the pointer is on it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Literal

BLUE, ORANGE, VERMILION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
PURPLE, SKY, BLACK = "#CC79A7", "#56B4E9", "#000000"

Shape = Literal["circle", "square", "diamond", "up", "left", "right"]
Anchor = Literal["start", "middle", "end"]

CORNERS: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "up": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
    "left": ((-1.2, 0), (0.9, -1.1), (0.9, 1.1)),
    "right": ((1.2, 0), (-0.9, -1.1), (-0.9, 1.1)),
}
"""Corners of shapes about their middle, in units of their size."""


class Drawing:
    """Shapes on a white page of ``width`` by ``height`` pixels; (0, 0) is its upper left corner."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self._title = width, height, title
        self._parts: list[str] = []

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, edge: str = "none"
    ) -> None:
        """Add a rectangle by its upper left corner."""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            f' fill="{fill}" stroke="{edge}"/>'
        )

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1
    ) -> None:
        """Add a straight line."""
        self._parts.append(
            f'<line x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"'
            f' stroke="{colour}" stroke-width="{_n(width)}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        anchor: Anchor = "start",
        colour: str = "#222222",
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """Add a line of text with its base line at ``y``; ``turned`` reads upwards."""
        weight = ' font-weight="bold"' if bold else ""
        turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if turned else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
            f' fill="{colour}"{weight}{turn}>{html.escape(words)}</text>'
        )

    def mark(
        self, x: float, y: float, shape: Shape, size: float, fill: str, edge: str, title: str = ""
    ) -> None:
        """Add a mark about a point."""
        inner = f"><title>{html.escape(title)}</title></" if title else "></"
        style = f'fill="{fill}" fill-opacity="0.85" stroke="{edge}"'
        if shape == "circle":
            start = f'circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}"'
        else:
            start = f'polygon points="{_corners(CORNERS[shape], x, y, size)}"'
        self._parts.append(f"<{start} {style}{inner}{start.split(' ')[0]}>")

    def svg(self) -> str:
        """Return the drawing as an element for a page of HTML; narrow pages shrink it."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' style="width: 100%; max-width: {self.width}px; background: #ffffff"'
            ' font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif" role="img"'
            f' aria-label="{html.escape(self._title)}">'
        )
        return "\n".join([head, *self._parts, "</svg>"])


def _corners(corners: Sequence[tuple[float, float]], x: float, y: float, size: float) -> str:
    return " ".join(f"{_n(x + size * dx)},{_n(y + size * dy)}" for dx, dy in corners)


def _n(number: float) -> str:
    """Write a length to a tenth of a pixel.

    >>> _n(3.0), _n(3.14159)
    ('3', '3.1')
    """
    return f"{number:.1f}".removesuffix(".0")
