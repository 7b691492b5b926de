"""The sex scatter: depth of X against depth of Y, with the places of each set of chromosomes."""

from __future__ import annotations

from collections.abc import Sequence

from schelde.findings import Finding
from schelde.plots.svg import BLUE, ORANGE, PURPLE, Drawing, Shape

X_COPIES = {1: (0.35, 0.65), 2: (0.80, 1.20), 3: (1.30, 1.70)}
Y_COPIES = {0: (0.0, 0.10), 1: (0.20, 0.70), 2: (0.80, 1.30)}
"""Copies to depth over that of the autosomes, as in `schelde.karyotype`, which measures and so
needs more than the environment of the report has; a test holds the two together."""

MARKS: dict[str, tuple[Shape, str]] = {
    "female": ("circle", PURPLE),
    "male": ("square", BLUE),
    "unknown": ("diamond", ORANGE),
}
NAMED = 12
"""Samples that stand out, up to which they are named."""

LEFT, TOP, WIDTH, HEIGHT = 60, 20, 560, 430
LETTER = 6.6
"""Width of a letter of a name."""


def draw_sexes(findings: Sequence[Finding]) -> str:
    """Return SVG of the samples whose X and Y were measured; '' without any."""
    points = [
        (each, float(each.metrics["x_coverage_ratio"]), float(each.metrics["y_coverage_ratio"]))
        for each in findings
        if each.metrics.get("x_coverage_ratio") is not None
        and each.metrics.get("y_coverage_ratio") is not None
    ]
    if not points:
        return ""
    drawing = Drawing(LEFT + WIDTH + 210, TOP + HEIGHT + 50, "Depth of X against depth of Y")
    plane = _Plane(
        drawing, max(1.8, *(x for _, x, _ in points)), max(1.4, *(y for _, _, y in points))
    )
    plane.axes()
    plane.bands()
    strange = [point for point in points if _stands_out(point[0])]
    for each, x, y in [point for point in points if point not in strange] + strange:
        plane.sample(each, x, y)
    if len(strange) <= NAMED:
        plane.names(strange)
    plane.legend(sorted({each.sex for each, _, _ in points}))
    return drawing.svg()


def _stands_out(finding: Finding) -> bool:
    """Whether a sample's chromosomes are not those of its declared sex, or are unclear."""
    expected = {"female": ("XX",), "male": ("XY",)}.get(finding.sex, ("XX", "XY"))
    return finding.metrics.get("karyotype") not in expected


class _Plane:
    """A drawing with an axis for each of the two depths, both from 0."""

    def __init__(self, drawing: Drawing, x_most: float, y_most: float) -> None:
        self.drawing, self.x_most, self.y_most = drawing, x_most, y_most

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of two depths."""
        # Room below 0, where women are, keeps their marks off the axis.
        return (
            LEFT + WIDTH * x / self.x_most,
            TOP + (HEIGHT - 14) * (1 - y / self.y_most),
        )

    def axes(self) -> None:
        draw = self.drawing
        draw.box(LEFT, TOP, WIDTH, HEIGHT, "#ffffff", "#888888")
        for tick in range(int(4 * self.x_most) + 1):
            if tick % 2 == 0:
                x, _ = self.at(tick / 4, 0)
                draw.line((x, TOP + HEIGHT), (x, TOP + HEIGHT + 5), "#888888")
                draw.text(x, TOP + HEIGHT + 19, f"{tick / 4:.1f}", anchor="middle")
        for tick in range(int(4 * self.y_most) + 1):
            if tick % 2 == 0:
                _, y = self.at(0, tick / 4)
                draw.line((LEFT - 5, y), (LEFT, y), "#888888")
                draw.text(LEFT - 9, y + 4, f"{tick / 4:.1f}", anchor="end")
        draw.text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, "Depth of X over autosomes", anchor="middle")
        draw.text(17, TOP + HEIGHT / 2, "Depth of Y over autosomes", anchor="middle", turned=True)

    def bands(self) -> None:
        """Draw where each number of copies is called, faint, with its name."""
        for x_copies, (x_low, x_high) in X_COPIES.items():
            for y_copies, (y_low, y_high) in Y_COPIES.items():
                left, top = self.at(x_low, y_high)
                right, bottom = self.at(x_high, y_low)
                name = "X" * x_copies + "Y" * y_copies
                self.drawing.box(left, top, right - left, bottom - top, "#f3f3f3", "#d0d0d0")
                self.drawing.text(
                    left + 5,
                    top + 14,
                    "X0" if name == "X" else name,
                    colour="#666666",
                    bold=name in ("XX", "XY"),
                )

    def sample(self, finding: Finding, x: float, y: float) -> None:
        shape, colour = MARKS.get(finding.sex, MARKS["unknown"])
        edge = "#000000" if _stands_out(finding) else "#ffffff"
        title = f"{finding.sample}: X {x:.2f}, Y {y:.2f}, declared {finding.sex}"
        size = 6.5 if _stands_out(finding) else 5
        self.drawing.mark(*self.at(x, y), shape, size, colour, edge, title)

    def names(self, points: Sequence[tuple[Finding, float, float]]) -> None:
        """Write names right of their marks, lower where two would meet."""
        written: list[tuple[float, float, float]] = []
        for finding, x, y in sorted(points, key=lambda point: -point[2]):
            left, base = self.at(x, y)
            left, base = left + 11, base + 4
            right = left + LETTER * len(finding.sample)
            while any(a < right and left < b and abs(base - other) < 12 for a, b, other in written):
                base += 12
            written.append((left, right, base))
            self.drawing.text(left, base, finding.sample, size=11, bold=True)

    def legend(self, sexes: Sequence[str]) -> None:
        x, y = LEFT + WIDTH + 22, TOP + 16
        self.drawing.text(x - 6, y, "Declared", bold=True)
        for number, sex in enumerate(sexes, start=1):
            shape, colour = MARKS.get(sex, MARKS["unknown"])
            self.drawing.mark(x, y + 22 * number - 4, shape, 5, colour, "#ffffff")
            self.drawing.text(x + 13, y + 22 * number, sex)
        below = y + 22 * len(sexes) + 36
        self.drawing.mark(x, below - 4, "circle", 6.5, "#ffffff", "#000000")
        self.drawing.text(x + 13, below, "black edge: not as")
        self.drawing.text(x + 13, below + 15, "declared, or unclear")
        self.drawing.box(x - 6, below + 34, 12, 12, "#f3f3f3", "#d0d0d0")
        self.drawing.text(x + 13, below + 44, "where it is called so")
