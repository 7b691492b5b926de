"""HTML from Python: every text is escaped unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = ("meta", "line", "rect", "circle")
"""Elements without content."""


class Html(str):
    """Text that is HTML already. Only `tag` and `joined` make it."""

    __slots__ = ()


Attribute = str | int | float | bool | None


def tag(name: str, /, *content: str, **attributes: Attribute) -> Html:
    """Return an element; content that is not `Html` is escaped, and so are all attributes.

    An underscore in the name of an attribute stands for '-', one at its end is dropped; True is an
    attribute without a value, None and False leave it out.

    >>> tag("p", "a < b", tag("b", "c"), class_="x", data_sample="P1", hidden=True)
    '<p class="x" data-sample="P1" hidden>a &lt; b<b>c</b></p>'
    """
    start = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{start}/>" if name != "meta" else f"<{start}>")
    inner = "".join(part if isinstance(part, Html) else html.escape(part) for part in content)
    return Html(f"<{start}>{inner}</{name}>")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Return parts one after another, those that are not `Html` escaped."""
    escaped = (part if isinstance(part, Html) else html.escape(part) for part in parts)
    return Html(html.escape(between).join(escaped))


def link(address: str, words: str | None = None) -> Html:
    """Return a link that tells the place it leads to nothing about this page."""
    outside = address.startswith(("http://", "https://"))
    return tag("a", words or address, href=address, rel="noreferrer" if outside else None)


def code(words: str) -> Html:
    """Return a name or an address that is typed as it stands."""
    return tag("code", words)


def section(name: str, title: str, *content: str) -> Html:
    """Return a section of the page with its heading; ``name``: what links to it say."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def table(
    caption: str, columns: Iterable[str], rows: Iterable[Html], class_: str | None = None
) -> Html:
    """Return a table that scrolls by itself where it is wider than the view.

    ``columns``: heads, those that begin with '#' of columns of numbers; ``rows``: of `row`.
    """
    heads = [
        tag("th", head.removeprefix("#"), scope="col", class_="number" if head[:1] == "#" else None)
        for head in columns
    ]
    inner = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *rows),
        class_=class_,
    )
    return tag("div", inner, class_="wide", role="region", aria_label=caption, tabindex="0")


def row(head: str, *cells: str, numbers: Iterable[int] = (), **attributes: Attribute) -> Html:
    """Return a row of a table with its head; ``numbers``: which cells, from 0, are numbers."""
    right = set(numbers)
    inner = [
        tag("td", cell, class_="number" if at in right else None) for at, cell in enumerate(cells)
    ]
    return tag("tr", tag("th", head, scope="row"), *inner, **attributes)


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """Return a list of names with what they mean."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", told)) for name, told in pairs))


def fold(summary: str, *content: str) -> Html:
    """Return what is shown when its summary is opened."""
    return tag("details", tag("summary", summary), *content)
