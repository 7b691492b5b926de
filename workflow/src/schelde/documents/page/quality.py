"""What the page shows of quality: verdicts, coverage, the GA4GH metrics, allele frequencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schelde.bundle.record import Frequencies, Member, Record
from schelde.catalogue import Metric, metrics
from schelde.documents.hmd import mean_depth
from schelde.documents.page import figures
from schelde.documents.page.markup import Html, fold, joined, row, section, table, tag
from schelde.documents.page.words import counted, listed, median
from schelde.plots.envelope import Range, read_envelope, shown
from schelde.plots.sections import reasons
from schelde.sheet import Assay

OPEN = 30
"""Samples up to which each has its row in sight; more are folded away."""

BARS = 12
"""Samples up to which each has its bar; more are counted by their depth."""

VERDICTS = {"pass": "Pass", "review": "To review", "fail": "Failed"}
DEPTHS = {Assay.WGS: "mean_autosome_coverage", Assay.WES: "mean_target_coverage"}
SAMPLE_COLUMNS = ("Sample", "Verdict", "#Mean depth", "Person", "Assay", "Sex", "Why")


def verdict(member: Member) -> str:
    """Return pass, review or fail."""
    return str(member.verdict.get("verdict"))


def samples(record: Record) -> Html:
    """Return the section of samples, each with its verdict and the reasons for it."""
    counts = dict.fromkeys(VERDICTS, 0)
    for member in record.members:
        counts[verdict(member)] = counts.get(verdict(member), 0) + 1
    told = listed([f"{counts[name]:,} {words.lower()}" for name, words in VERDICTS.items()])
    title = "Verdicts of all samples"
    share = figures.shares("verdicts", title, told, [(name, counts[name]) for name in VERDICTS])
    rows = [_sample(member) for member in record.members]
    caption = "Samples under the pseudonyms that all files and documents bear"
    whole = table(caption, SAMPLE_COLUMNS, rows)
    return section(
        "samples",
        "Samples and verdicts",
        tag("p", f"{counted(len(record.members), 'sample')}: {told}."),
        share,
        _profiles(record),
        whole
        if len(rows) <= OPEN
        else joined(
            [
                _wanting(record.members),
                fold(f"All {counted(len(rows), 'sample')}, one by one", whole),
            ]
        ),
    )


def _profiles(record: Record) -> Html:
    titles = {
        str(profile.get("name")): str(profile.get("title") or profile.get("name"))
        for member in record.members
        for profile in member.verdict.get("profiles", ())
    }
    if not titles:
        return Html("")
    named = listed([f"{title} ({name})" for name, title in titles.items()])
    words = f"Judged by: {named}. A verdict is that of the worst rule of all profiles; "
    words += "“to review” asks for a look and keeps nobody out."
    return tag("p", words, class_="quiet")


def _sample(member: Member) -> Html:
    name = verdict(member)
    depth = mean_depth(member)
    mark = tag("span", VERDICTS.get(name, name), class_=f"verdict {name}")
    why = joined(tag("div", reason) for reason in _reasons(member)) or "-"
    return row(
        member.sample,
        mark,
        "not measured" if depth is None else f"{depth:.1f}x",
        member.subject,
        str(member.assay).upper(),
        str(member.sex),
        why,
        numbers=[1],
        data_sample=member.sample,
    )


def _reasons(member: Member) -> list[str]:
    found: dict[str, None] = {}
    for profile in member.verdict.get("profiles", ()):
        if profile.get("verdict") != "pass":
            rules = [rule for rule in profile.get("rules", ()) if rule["metric"] in metrics()]
            found.update(dict.fromkeys(reasons(rules)))
    return list(found)


def _wanting(members: Sequence[Member]) -> Html:
    """Return the samples that do not simply pass, as far as they are few."""
    found = [member for member in members if verdict(member) != "pass"]
    if not found or len(found) > OPEN:
        return Html("")
    return table("Samples that do not simply pass", SAMPLE_COLUMNS, map(_sample, found))


def coverage(record: Record) -> Html:
    """Return the section of mean depths, with a drawing for genomes and one for exomes."""
    parts: list[Html] = []
    for assay, metric in DEPTHS.items():
        members = [member for member in record.members if member.assay is assay]
        found = [(member.sample, member.number(metric)) for member in members]
        depths = [(sample, depth) for sample, depth in found if depth is not None]
        if depths:
            parts += _depths(assay, depths, _limits(members, metric))
        if missing := len(members) - len(depths):
            words = f"{counted(missing, 'sample')} without a measured depth"
            parts.append(tag("p", f"{words} ({str(assay).upper()}).", class_="quiet"))
    return section("coverage", "Coverage", *parts)


def _depths(
    assay: Assay, depths: Sequence[tuple[str, float]], limits: Sequence[figures.Limit]
) -> list[Html]:
    where = "the autosomes" if assay is Assay.WGS else "the targets"
    values = [depth for _, depth in depths]
    few = len(values) <= BARS
    if len(values) == 1:
        told = f"{depths[0][0]}: {values[0]:.1f}x."
    else:
        middle = "" if few else f", half of them above {median(values):.1f}x"
        ends = f"from {min(values):.1f}x to {max(values):.1f}x"
        told = f"{counted(len(values), 'sample')}, {ends}{middle}."
    about = f"Mean depth of {where}: how often a base was read on average, duplicates left out."
    if not few:
        about += " Each column counts the samples of that depth."
    if limits:
        asked = listed([f"{limit.value:g}x ({limit.words})" for limit in limits])
        about += f" Dashed lines: the least that profiles ask for, {asked}."
    title, name, text = f"Mean depth of {where}", f"depth-{assay}", f"{told} {about}"
    drawn = (
        figures.bars(name, title, text, depths, limits, "x")
        if few
        else figures.histogram(name, title, text, values, limits, "x")
    )
    return [tag("p", text), drawn]


def _limits(members: Iterable[Member], metric: str) -> list[figures.Limit]:
    """Return the least depths that profiles ask for, each once."""
    found: dict[float, dict[str, None]] = {}
    for member in members:
        for profile in member.verdict.get("profiles", ()):
            for rule in profile.get("rules", ()):
                at_least = rule.get("comparison") in (">=", ">")
                if rule.get("metric") == metric and at_least and _is_number(rule["threshold"]):
                    name = str(profile.get("name"))
                    found.setdefault(float(rule["threshold"]), {})[name] = None
    return [figures.Limit(value, listed(list(names))) for value, names in sorted(found.items())]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def ga4gh(record: Record) -> Html:
    """Return the section of the 16 metrics of GA4GH beside 100 published genomes."""
    genomes = [member for member in record.members if member.assay is Assay.WGS]
    if not genomes:
        return Html("")
    key = [("", "100 genomes, all of them"), ("inner-band", "5 to 95 % of them")]
    key += [("median", "their median"), ("within", "sample within"), ("outside", "sample outside")]
    if len(genomes) > 5:
        key = [*key[:3], ("reach", "all samples"), *key[3:]]
        key[-2:] = [("within", "their median, within"), ("outside", "outside")]
    legend = [tag("li", tag("span", class_=f"swatch {name}"), words) for name, words in key]
    intro = "The 16 metrics of the GA4GH quality control standard, beside those of 100 genomes of "
    intro += "the 1000 Genomes Project (30x, GRCh38, DRAGEN) that GA4GH publishes with it. Their "
    intro += (
        "range is no limit: what lies outside is worth a look. In a small or another reference "
    )
    intro += "all counts lie outside."
    rows = [_metric(span, genomes) for span in read_envelope()]
    columns = ("Metric", "#This bundle", "#100 genomes")
    return section(
        "metrics",
        "Quality beside published genomes",
        tag("p", intro),
        tag("ul", *legend, class_="key"),
        table("GA4GH WGS-QC metrics of the genomes", columns, rows, class_="metrics"),
    )


def _metric(span: Range, genomes: Sequence[Member]) -> Html:
    metric = metrics()[span.metric]
    found = [_ga4gh_number(member, span.metric) for member in genomes]
    values = [value for value in found if value is not None]
    published = f"{_shown(metric, span.low)} to {_shown(metric, span.high)}"
    if not values:
        return row(metric.title, "not measured", published, numbers=[0, 1])
    low, high = _shown(metric, min(values)), _shown(metric, max(values))
    told = low if low == high else f"{low} to {high}"
    outside = sum(not span.holds(value) for value in values)
    where = f"{outside:,} of {len(values):,} outside" if outside else "all within"
    strip = figures.strip(
        f"metric-{span.metric}",
        metric.title,
        f"This bundle: {told}. Published genomes: {published}. {where}.",
        span,
        values,
    )
    head = joined([tag("span", metric.title), strip])
    note = tag("div", where, class_="quiet") if outside else Html("")
    return row(head, joined([told, note]), published, numbers=[0, 1])


def _shown(metric: Metric, value: float) -> str:
    """Write a value so that no line ends between it and its unit."""
    return shown(metric, value).replace(" ", "\N{NO-BREAK SPACE}")


def _ga4gh_number(member: Member, metric: str) -> float | None:
    groups: Any = member.ga4gh.get("wgs_qc_metrics")
    for group in groups.values() if isinstance(groups, Mapping) else ():
        value = group.get(metric) if isinstance(group, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def frequencies(found: Frequencies | None) -> Html:
    """Return the section of allele frequencies; '' without any."""
    if found is None:
        return Html("")
    people = counted(found.individuals, "person", "people")
    words = f"{counted(found.sites, 'variant')} of {people}, without genotypes, in "
    words += f"aggregated/{found.name}. {found.left_out}"
    parts = [tag("p", words)]
    if found.spectrum:
        width = 1 / len(found.spectrum)
        rare = f"{found.spectrum[0]:,} variants have a frequency of at most {width:g}"
        title = "Variants by the frequency of their allele"
        drawn = figures.columns("spectrum", title, f"{rare}.", found.spectrum, 1)
        about = "Variants by the frequency of their allele, from rare on the left to common: "
        parts += [tag("p", f"{about}{rare}."), drawn]
    return section("frequencies", "Allele frequencies", *parts)
