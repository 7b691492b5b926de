"""index.html: the bundle for people, in one file that loads nothing and runs nothing.

docs/bundle-page.md says what it shows and how it is kept readable for everyone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schelde.bundle.record import Record
from schelde.documents.page import dataset, people, quality, use
from schelde.documents.page.markup import Html, joined, tag

PAGE = "index.html"

STYLE = Path(__file__).parents[5] / "resources" / "page.css"
"""The package runs from its checkout, which holds resources/."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load or run for the page: its own style, nothing else."""

NAMES = {
    "inside": "What is inside",
    "samples": "Samples",
    "coverage": "Coverage",
    "metrics": "Quality",
    "frequencies": "Allele frequencies",
    "consent": "Consent and use",
    "about": "About the dataset",
    "proved": "What is proved",
    "check": "Check it",
    "open": "Open it",
    "made": "How it was made",
}
"""Sections in their order, as the list of links calls them."""


def documents(record: Record) -> dict[str, str]:
    """Return the page by its path."""
    return {PAGE: page(record)}


@cache
def style() -> str:
    """Return the style of the page."""
    return STYLE.read_text(encoding="utf-8")


def page(record: Record) -> str:
    """Return the whole page."""
    sections = {
        "inside": dataset.inside(record),
        "samples": quality.samples(record),
        "coverage": quality.coverage(record),
        "metrics": quality.ga4gh(record),
        "frequencies": quality.frequencies(record.frequencies),
        "consent": people.consent(record),
        "about": dataset.about(record),
        "proved": dataset.proved(record),
        "check": use.check(record),
        "open": use.opened(record),
        "made": use.made(record),
    }
    shown = {name: content for name, content in sections.items() if content}
    body = tag(
        "body",
        tag("a", "Skip to the contents", href="#contents", class_="skip"),
        _header(record),
        tag(
            "div",
            _links(list(shown)),
            tag("main", *shown.values(), id="contents", tabindex="-1"),
            class_="columns",
        ),
        _footer(record),
    )
    whole = tag("html", _head(record), body, lang="en")
    return f"<!DOCTYPE html>\n{whole}\n"


def _head(record: Record) -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{record.dataset.title}: a bundle of genomes"),
        tag("style", Html(style())),
    )


def _header(record: Record) -> Html:
    told = record.dataset
    by = f"{told.alias}, issued {told.issued} by {told.publisher.name}"
    return tag(
        "header",
        tag("p", "Bundle of genomes", class_="over"),
        tag("h1", told.title),
        tag("p", told.description),
        tag("p", by, class_="quiet"),
        people.glance(record),
    )


def _links(names: list[str]) -> Html:
    items = [tag("li", tag("a", NAMES[name], href=f"#{name}")) for name in names]
    return tag("nav", tag("ul", *items), aria_label="Sections of this page")


def _footer(record: Record) -> Html:
    words = [
        f"Written by Schelde {record.version} from ",
        tag("a", "provenance/record.json", href="provenance/record.json"),
        ". This page loads nothing and runs nothing.",
    ]
    return tag("footer", tag("p", joined(words)))
