"""What MultiQC shows of quality control: tables, curves and drawings from `schelde.findings`.

How each section looks stands in resources/multiqc.yaml, under the key that it has here.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from schelde.catalogue import Metric, Value, metrics
from schelde.findings import WORST_FIRST, Finding, worst_first
from schelde.plots.envelope import draw_envelope, read_envelope
from schelde.plots.sexes import draw_sexes
from schelde.plots.svg import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION

NAMED = 8
"""Samples that the sentence at the top names."""

MATRIX = 100
"""Samples up to which relatedness is drawn as a matrix too; cells of more could not be told
apart."""

POINTS = 150
"""Points of a curve, at most: more would not be seen, and a page of 1,000 samples has to load."""

INSERT_BINS = 60
"""Bins of a curve of insert sizes, at most: of a small sample more would show chance."""

TAIL = 0.01
"""Share of the bases below which a curve of coverage is cut off."""

OWN_LINES = 8
"""Samples up to which each has its own line; the lines of more tell verdicts apart."""

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
DASHES = ("solid", "dash", "dot", "dashdot")
OF_VERDICT = {"pass": (BLUE, "solid"), "review": (ORANGE, "dash"), "fail": (BLACK, "dot")}

BY_SAMPLE = "Every sample has its own line."
BY_VERDICT = (
    "Lines tell verdicts: blue and whole those that pass, orange and dashed those to review, "
    "black and dotted those that failed. The pointer on a line tells its sample."
)

UNRELATED = ("unrelated", "undetermined")


@dataclass(frozen=True)
class Content:
    """What a section shows, laid over how it looks: ``data`` as MultiQC takes it."""

    data: Any
    plot: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""  # after the description


def quality_sections(
    findings: Sequence[Finding], pairs: Sequence[Mapping[str, str]]
) -> dict[str, Content]:
    """Return the sections of quality control that there is anything to show in."""
    made = {
        "verdicts": Content(verdict_rows(findings)),
        "ga4gh": Content(ga4gh_rows(findings)),
        "envelope": Content(draw_envelope(findings, read_envelope())),
        "autosomes": _curves(findings, lambda each: _genome_coverage(each)),
        "targets": _curves(findings, lambda each: coverage_curve(each.targets)),
        "gc": _curves(findings, lambda each: gc_curve(each.gc)),
        "inserts": _curves(findings, lambda each: insert_curve(each.inserts)),
        "sexes": Content(draw_sexes(findings)),
        "kinship": Content(kinship_matrix([each.sample for each in findings], pairs)),
        "pairs": Content(pair_rows(pairs)),
    }
    return {name: content for name, content in made.items() if content.data}


def summary(findings: Sequence[Finding]) -> str:
    """Say in a sentence of HTML how many samples pass, need review, and failed."""
    samples = {
        verdict: [each.sample for each in findings if each.verdict == verdict]
        for verdict in WORST_FIRST
    }
    total = f"{len(findings)} sample{'s' if len(findings) != 1 else ''}"
    counts = [
        f"{len(samples['pass'])} pass",
        f"{len(samples['review'])} to review{_named(samples['review'])}",
        f"{len(samples['fail'])} failed{_named(samples['fail'])}",
    ]
    return f"<strong>{total}: {html.escape(', '.join(counts))}.</strong>"


def _named(samples: Sequence[str]) -> str:
    return f" ({', '.join(samples)})" if 0 < len(samples) <= NAMED else ""


def verdict_rows(findings: Iterable[Finding]) -> dict[str, dict[str, str]]:
    """Return a row of HTML for each sample and profile, the failed samples first."""
    rows = {}
    for each in worst_first(findings):
        for number, profile in enumerate(each.profiles):
            rows[f"{each.sample} {profile['name']}"] = {
                "verdict": profile["verdict"],
                "reasons": _lines(reasons(profile["rules"])),
                "hints": _lines(each.hints) if number == 0 else "",
                "calling_sex": html.escape(each.calling_sex),
            }
    return rows


def _lines(sentences: Iterable[str]) -> str:
    return "<br>".join(html.escape(sentence) for sentence in sentences)


def reasons(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say in words which rules of a profile are not met, those that fail a sample first.

    ``rules`` are those of a profile in the JSON of a verdict.

    >>> rule = {"metric": "charr", "value": 0.08, "comparison": "<=", "threshold": 0.05}
    >>> reasons([{**rule, "result": "fail"}, {**rule, "value": None, "result": "missing"}])
    ['CHARR is 0.08, must be <= 0.05 (fail)', 'CHARR was not measured (review)']
    """
    if not rules:
        return ["no rule of this profile is for such a sample (review)"]
    wrong = [rule for rule in rules if rule["result"] != "pass"]
    if not wrong:
        return ["the only rule is met" if len(rules) == 1 else f"all {len(rules)} rules are met"]
    wrong.sort(key=lambda rule: bool(rule["result"] != "fail"))
    return [_reason(rule) for rule in wrong]


def _reason(rule: Mapping[str, Any]) -> str:
    metric = metrics()[rule["metric"]]
    if rule["result"] == "missing":
        return f"{metric.title} was not measured (review)"
    value = in_words(metric, rule["value"])
    if metric.type == "boolean":
        return f"{metric.title}: {value} ({rule['result']})"
    wanted = f"{rule['comparison']} {in_words(metric, rule['threshold'])}"
    return f"{metric.title} is {value}, must be {wanted} ({rule['result']})"


def in_words(metric: Metric, value: Value) -> str:
    """Write a value with its unit.

    >>> in_words(metrics()["yield_bp_q30"], 85000000000), in_words(metrics()["sex_agrees"], False)
    ('85,000,000,000 bp', 'no')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.15g} {metric.unit}".rstrip()
    return str(value)


def ga4gh_rows(findings: Iterable[Finding]) -> dict[str, dict[str, Value]]:
    """Return the 16 metrics of GA4GH by their ids; those that do not exist are left out."""
    names = [each.id for each in metrics().values() if each.group.startswith("ga4gh")]
    rows = {
        each.sample: {
            name: metrics()[name].rounded(each.metrics[name])
            for name in names
            if each.metrics.get(name) is not None
        }
        for each in findings
    }
    return {sample: row for sample, row in rows.items() if row}


def _genome_coverage(finding: Finding) -> dict[float, float]:
    # Off its targets an exome has next to nothing, which says nothing about it.
    return coverage_curve(finding.coverage) if finding.assay == "wgs" else {}


def coverage_curve(histogram: Sequence[int]) -> dict[float, float]:
    """Return percent of the bases at each depth or deeper; {} when there are none.

    ``histogram``: bases at depth 0, 1, ... At most `POINTS` depths, whole ones, from 0 to where
    `TAIL` of the bases is left.

    >>> coverage_curve([10, 20, 70])
    {0: 100.0, 1: 90.0, 2: 70.0}
    """
    total = sum(histogram)
    if not total:
        return {}
    above = [total, *(total - below for below in accumulate(histogram[:-1]))]
    last = max(depth for depth, bases in enumerate(above) if bases >= TAIL * total)
    step = last // POINTS + 1
    return {depth: round(100 * above[depth] / total, 2) for depth in range(0, last + 1, step)}


def insert_curve(counts: Sequence[tuple[float, float]]) -> dict[float, float]:
    """Return percent of the pairs per base pair of insert size, means of `INSERT_BINS` at most."""
    total = sum(count for _, count in counts)
    if not total:
        return {}
    first = int(min(size for size, _ in counts))
    width = int(max(size for size, _ in counts) - first) // INSERT_BINS + 1
    bins: dict[int, float] = {}
    for size, count in counts:
        number = int(size - first) // width
        bins[number] = bins.get(number, 0) + count
    return {
        first + width * number + (width - 1) / 2: round(
            100 * bins.get(number, 0) / total / width, 4
        )
        for number in range(max(bins) + 1)
    }


def gc_curve(points: Sequence[tuple[float, float]]) -> dict[float, float]:
    """Return coverage over the mean by percent of GC."""
    return {gc: round(coverage, 3) for gc, coverage in points if coverage is not None}


def _curves(findings: Sequence[Finding], curve: Callable[[Finding], dict[float, float]]) -> Content:
    """Return the curve of each sample that has one, with colours and dashes of its line."""
    found = {each.sample: (each.verdict, curve(each)) for each in findings}
    found = {sample: (verdict, line) for sample, (verdict, line) in found.items() if line}
    own = len(found) <= OWN_LINES
    looks = {
        sample: (COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)])
        if own
        else OF_VERDICT[verdict]
        for number, (sample, (verdict, _)) in enumerate(found.items())
    }
    plot = {
        "colors": {sample: colour for sample, (colour, _) in looks.items()},
        "dash_styles": {sample: dash for sample, (_, dash) in looks.items()},
        "showlegend": own,
    }
    # Pairs, since JSON makes words of keys, and MultiQC sorts them as words: 0, 1, 10, 11, 2.
    data = {sample: list(line.items()) for sample, (_, line) in found.items()}
    return Content(data, plot, BY_SAMPLE if own else BY_VERDICT)


def kinship_matrix(
    samples: Sequence[str], pairs: Sequence[Mapping[str, str]]
) -> dict[str, dict[str, float | None]]:
    """Return kinship of all with all by sample and sample; {} when not all pairs are there.

    A sample is to itself what a duplicate is to it: 0.5. Of many samples `schelde.identity` gives
    only the pairs that are related, and of more than `MATRIX` no matrix is drawn.
    """
    compared = {pair[end] for pair in pairs for end in ("sample", "other")}
    names = [sample for sample in samples if sample in compared]
    if not 1 < len(names) <= MATRIX or len(pairs) != len(names) * (len(names) - 1) // 2:
        return {}
    matrix: dict[str, dict[str, float | None]] = {
        name: {other: 0.5 if other == name else None for other in names} for name in names
    }
    for pair in pairs:
        if pair["kinship"]:
            kinship = round(float(pair["kinship"]), 3)
            matrix[pair["sample"]][pair["other"]] = kinship
            matrix[pair["other"]][pair["sample"]] = kinship
    return matrix


def pair_rows(pairs: Iterable[Mapping[str, str]]) -> dict[str, dict[str, str | float]]:
    """Return the pairs that are related or declared to be, those that do not agree first."""
    told = [pair for pair in pairs if pair["declared"] or pair["relation"] not in UNRELATED]
    told.sort(key=_agreement)
    return {
        f"{pair['sample']} and {pair['other']}": {
            "declared": html.escape(pair["declared"] or "-"),
            "relation": html.escape(pair["relation"]),
            "agrees": ("no", "-", "yes")[_agreement(pair)],
            **{
                name: float(pair[name])
                for name in ("kinship", "standard_error", "ibs0")
                if pair[name]
            },
            "sites": int(pair["sites"]),
        }
        for pair in told
    }


def _agreement(pair: Mapping[str, str]) -> int:
    """0: refuted, 1: nothing declared or undecided, 2: confirmed."""
    return {"false": 0, "true": 2}.get(pair["agrees"], 1)
