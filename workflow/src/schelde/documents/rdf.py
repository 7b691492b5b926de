"""RDF graphs as text: Turtle and JSON-LD, the same graph in both and the same text each time.

Every node has an address of its own: nodes without would get new names at each writing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from rdflib import DCAT, DCTERMS, FOAF, ODRL2, PROV, RDFS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from schelde.json_text import json_text

ADMS = Namespace("http://www.w3.org/ns/adms#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DPV = Namespace("https://w3id.org/dpv#")
GDI = Namespace("http://data.gdi.eu/core/p2/")
HEALTH = Namespace("http://healthdataportal.eu/ns/health#")
OBO = Namespace("http://purl.obolibrary.org/obo/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")

CONTEXT = {
    "adms": str(ADMS),
    "dcat": str(DCAT),
    "dcatap": str(DCATAP),
    "dct": str(DCTERMS),
    "dpv": str(DPV),
    "foaf": str(FOAF),
    "gdi": str(GDI),
    "healthdcatap": str(HEALTH),
    "obo": str(OBO),
    "odrl": str(ODRL2),
    "prov": str(PROV),
    "rdfs": str(RDFS),
    "spdx": str(SPDX),
    "vcard": str(VCARD),
    "xsd": str(XSD),
}
"""Prefixes, as HealthDCAT-AP and the shapes of GDI have them; all that our JSON-LD needs."""

IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"
"""Characters of RFC 3986 that an address may hold beside letters, digits, '-', '.' and '_'."""

Facts = Iterable[tuple[URIRef, Node | None]]
"""Properties and their values, of one node."""


def address(text: str) -> URIRef:
    """Return an address as a node; what RDF does not take in one is percent-encoded.

    >>> str(address("https://example.org/a<b>"))
    'https://example.org/a%3Cb%3E'
    """
    return URIRef(quote(text, safe=IN_ADDRESSES))


def english(text: str) -> Literal:
    """Return a text of which the language is told."""
    return Literal(text, lang="en")


def count(number: int) -> Literal:
    """Return a number of things, of the type that DCAT and HealthDCAT-AP ask for."""
    return Literal(number, datatype=XSD.nonNegativeInteger)


def midnight(day: str) -> Literal:
    """Return the start of a day (YYYY-MM-DD): the shapes of Health-RI take no plain date."""
    return Literal(f"{day}T00:00:00Z", datatype=XSD.dateTime)


def add(graph: Graph, node: URIRef, facts: Facts) -> URIRef:
    """Add properties of a node, without those that have no value; return the node."""
    for name, value in facts:
        if value is not None:
            graph.add((node, name, value))
    return node


def turtle(graph: Graph) -> str:
    """Return a graph as Turtle."""
    return _ordered(graph).serialize(format="turtle").rstrip("\n") + "\n"


def jsonld(graph: Graph) -> str:
    """Return a graph as JSON-LD: a flat list of nodes, with `CONTEXT` in it."""
    text = _ordered(graph).serialize(format="json-ld", context=CONTEXT)
    # rdflib 7 lists nodes in the order of a set of texts, which changes between processes.
    document = _sorted(json.loads(text))
    return json_text(document)


def _ordered(graph: Graph) -> Graph:
    """Return a copy filled in sorted order, which is that of values in rdflib's Turtle."""
    copy = Graph(bind_namespaces="none")
    for prefix, space in CONTEXT.items():
        copy.bind(prefix, space)
    for triple in sorted(graph, key=lambda triple: tuple(node.n3() for node in triple)):
        copy.add(triple)
    return copy


def _sorted(value: Any) -> Any:  # noqa: ANN401 - whatever JSON-LD holds
    """Return JSON with its keys and lists sorted; the order of neither means anything here."""
    if isinstance(value, dict):
        return {name: _sorted(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=json.dumps)
    return value
