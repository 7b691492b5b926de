"""The page for people: it loads and runs nothing, shows who is in the bundle and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from schelde.documents.page import PAGE, POLICY
from schelde.verify.rule import Bundle, Finding, Rule

FORBIDDEN = ("script", "iframe", "object", "embed", "applet", "frame", "form", "base", "link")
"""Elements that run, load or send something; the style of the page stands in it."""

LOADING = ("src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href")
"""Attributes whose address is loaded without anybody's doing."""

LOCAL = re.compile("data:image/|#")
LOADS = re.compile(r"@import|url\s*\(|image-set\s*\(|expression\s*\(", re.IGNORECASE)
RUNS = re.compile(r"\s*(javascript|vbscript|data)\s*:", re.IGNORECASE)
HEADING = re.compile("h[1-6]")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
VERDICTS = ("pass", "review", "fail")


@dataclass
class Element:
    """An element with its own text, not that of the elements inside."""

    name: str
    attributes: Mapping[str, str]
    parent: Element | None
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self) -> Iterable[Element]:
        """Yield the elements inside, all the way down, in their order."""
        waiting = self.inside[::-1]
        while waiting:
            each = waiting.pop()
            yield each
            waiting += each.inside[::-1]


class _Page(HTMLParser):
    """All elements of a page in their order, and its text without style."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[str] = []
        self.styles: list[str] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1] if self._open else None
        element = Element(tag, {key: value or "" for key, value in attrs}, parent)
        self.elements.append(element)
        if parent is not None:
            parent.inside.append(element)
        if tag not in ("meta", "br", "hr", "img", "input", "link", "base", "col", "source"):
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._open and self._open[-1].name == tag:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at].name == tag:
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].name == "style":
            self.styles.append(data)
            return
        self.words.append(data)
        if self._open:
            self._open[-1].text += data


def _parsed(bundle: Bundle) -> _Page:
    kept = bundle.kept.get(PAGE)
    if not isinstance(kept, _Page):
        kept = _Page()
        kept.feed(bundle.text(PAGE))
        kept.close()
        bundle.kept[PAGE] = kept
    return kept


def _alone(bundle: Bundle) -> Iterable[Finding]:
    """Nothing is loaded, run or sent."""
    page = _parsed(bundle)
    for element in page.elements:
        if element.name in FORBIDDEN:
            yield Finding(PAGE, f"has a <{element.name}>, which runs, loads or sends something")
        for name, value in element.attributes.items():
            if fault := _attribute_fault(element.name, name, value):
                yield Finding(PAGE, fault)
        if element.name == "meta" and element.attributes.get("http-equiv", "").lower() == "refresh":
            yield Finding(PAGE, "a <meta> leads elsewhere by itself")
    for style in page.styles:
        for found in LOADS.finditer(style):
            yield Finding(PAGE, f"its style loads something ({style[found.start() :][:60]!r})")
    policies = [
        element.attributes.get("content")
        for element in page.elements
        if element.attributes.get("http-equiv", "").lower() == "content-security-policy"
    ]
    if policies != [POLICY]:
        yield Finding(PAGE, f"its content security policy is {policies}, it should be {POLICY!r}")


def _attribute_fault(element: str, name: str, value: str) -> str | None:
    """Say what an attribute loads or runs; None when it does neither."""
    is_link = name == "href" and element in ("a", "area")
    if name.startswith("on"):
        return f"<{element}> runs what its '{name}' says"
    if is_link and RUNS.match(value):
        return f"a link runs {value[:100]!r}"
    if name == "style" and LOADS.search(value):
        return f"the style of a <{element}> loads {value[:100]!r}"
    loading = name in LOADING or (name == "href" and not is_link)
    return f"<{element}> loads {value[:100]!r}" if loading and not LOCAL.match(value) else None


def _samples(bundle: Bundle) -> Iterable[Finding]:
    """The samples that it shows are those of the record, each with its verdict."""
    page = _parsed(bundle)
    members = {member.sample: member for member in bundle.record.members}
    rows = [element for element in page.elements if "data-sample" in element.attributes]
    told = {element.attributes["data-sample"] for element in rows}
    for sample in sorted(set(members) - told):
        yield Finding(PAGE, f"sample {sample} of the record is not on the page")
    for sample in sorted(told - set(members)):
        yield Finding(PAGE, f"sample {sample!r} is not in the record")
    for row in rows:
        sample = row.attributes["data-sample"]
        heads = [each.text for each in row.all() if each.name == "th"]
        if heads != [sample]:
            yield Finding(PAGE, f"the row of sample {sample!r} is headed {heads}")
        verdicts = [
            kind
            for each in row.all()
            if "verdict" in each.attributes.get("class", "").split()
            for kind in VERDICTS
            if kind in each.attributes["class"].split()
        ]
        wanted = members[sample].verdict.get("verdict") if sample in members else None
        if sample in members and verdicts != [wanted]:
            what = f"the verdict of sample {sample} is {verdicts}"
            yield Finding(PAGE, f"{what}, the record has {wanted!r}")


def _withdrawn(bundle: Bundle) -> Iterable[Finding]:
    """Nobody who withdrew is named, in words or in what is not shown."""
    text = bundle.text(PAGE)
    words: set[str] = set()
    for word in WORD.findall(text):
        parts = word.split(".")
        words.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    for withdrawal in bundle.record.withdrawals:
        for name in (withdrawal.subject, *withdrawal.samples):
            if name in words:
                yield Finding(PAGE, f"names {name}, who has withdrawn")


def _readable(bundle: Bundle) -> Iterable[Finding]:
    """What WCAG 2.1 asks of its structure: language, title, headings, drawings, tables."""
    elements = _parsed(bundle).elements
    if not any(each.name == "html" and each.attributes.get("lang") for each in elements):
        yield Finding(PAGE, "its language is not told (<html lang>)")
    titles = [each for each in elements if each.name == "title" and _is_in(each, "head")]
    if not any(each.text.strip() for each in titles):
        yield Finding(PAGE, "it has no title")
    yield from _headings(elements)
    ids = {each.attributes["id"]: each for each in elements if "id" in each.attributes}
    for each in elements:
        if each.name == "img" and not each.attributes.get("alt"):
            yield Finding(PAGE, "an <img> has no alternative text")
        if each.name == "svg" and not _is_labelled(each, ids):
            yield Finding(PAGE, "an <svg> is not told in words (role, aria-label)")
        if each.name == "th" and each.attributes.get("scope") not in ("row", "col"):
            yield Finding(PAGE, f"the head {each.text[:40]!r} of a table has no scope")
        target = each.attributes.get("href", "") if each.name == "a" else ""
        if target[:1] == "#" and target[1:] not in ids:
            yield Finding(PAGE, f"a link leads to {target!r}, which is not there")


def _is_in(element: Element, name: str) -> bool:
    return element.parent is not None and element.parent.name == name


def _headings(elements: Iterable[Element]) -> Iterable[Finding]:
    levels = [int(each.name[1]) for each in elements if HEADING.fullmatch(each.name)]
    if levels.count(1) != 1:
        yield Finding(PAGE, f"it has {levels.count(1)} first headings, it should have one")
    before = 0
    for level in levels:
        if level > before + 1:
            yield Finding(PAGE, f"a heading of level {level} follows one of level {before}")
        before = level


def _is_labelled(svg: Element, ids: Mapping[str, Element]) -> bool:
    if svg.attributes.get("role") != "img":
        return False
    if svg.attributes.get("aria-label", "").strip():
        return True
    names = svg.attributes.get("aria-labelledby", "").split()
    return bool(names) and all(name in ids and ids[name].text.strip() for name in names)


RULES: tuple[Rule, ...] = (
    Rule("page.alone", "the page loads, runs and sends nothing", _alone),
    Rule("page.samples", "the page shows the samples of the record with their verdicts", _samples),
    Rule("page.withdrawn", "the page names nobody who has withdrawn", _withdrawn),
    Rule(
        "page.readable", "the page tells drawings in words and has its headings in order", _readable
    ),
)
