"""Catalogue records of a bundle as graphs, and our SHACL shapes of them (resources/shapes/)."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from rdflib import RDF, RDFS, SH, BNode, Graph, URIRef
from rdflib.term import Node

from schelde.documents.rdf import CONTEXT
from schelde.verify.rule import Bundle, Finding, UnreadableError

# It tells of numbers that are none with a traceback; the shapes tell of them in a line.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

SHAPES = Path(__file__).parents[4] / "resources" / "shapes"


def graph(bundle: Bundle, name: str) -> Graph:
    """Return a Turtle or JSON-LD document as a graph; `UnreadableError` if it is none."""
    key = f"graph of {name}"
    if key not in bundle.kept:
        kind = "json-ld" if name.endswith(".jsonld") else "turtle"
        if kind == "json-ld":
            _refuse_foreign(name, bundle.json(name))
        bundle.kept[key] = _parsed(name, bundle.text(name), kind)
    found: Graph = bundle.kept[key]
    return found


def only(graph: Graph, name: str, kind: URIRef) -> URIRef:
    """Return the one node of a class; `UnreadableError` if there is not exactly one."""
    found = sorted(set(graph.subjects(RDF.type, kind)), key=str)
    if len(found) != 1 or not isinstance(found[0], URIRef):
        raise UnreadableError(name, f"{len(found)} nodes are {short(kind)}; there should be one")
    return found[0]


def values(graph: Graph, node: Node, name: URIRef) -> list[str]:
    """Return the values of a property as text, sorted."""
    return sorted(str(value) for value in graph.objects(node, name))


def short(node: Node | None) -> str:
    """Return a term with its prefix where it is of a known vocabulary."""
    for prefix, space in CONTEXT.items():
        if str(node).startswith(space):
            return f"{prefix}:{str(node).removeprefix(space)}"
    return str(node)


def shape_findings(found: Graph, name: str) -> Iterator[Finding]:
    """Yield everything in which a graph breaks our shapes."""
    # Its import takes a third of a second, which no other check should have to wait for.
    from pyshacl import validate

    conforms, report, text = validate(found, shacl_graph=shapes(), inference="none")
    if conforms:
        return
    if not isinstance(report, Graph):
        raise UnreadableError(name, f"our shapes could not be tried on it: {str(text)[:200]}")
    for result in report.subjects(RDF.type, SH.ValidationResult):
        path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
        where = f"{report.value(result, SH.focusNode)} {'' if path is None else short(path)}"
        told = "" if value is None else f" ('{short(value)[:100]}')"
        yield Finding(name, f"{where.strip()}: {report.value(result, SH.resultMessage)}{told}")


def nodes_without_address(found: Graph) -> int:
    """Return how many blank nodes a graph has."""
    return len({node for triple in found for node in triple if isinstance(node, BNode)})


@cache
def shapes() -> Graph:
    """Return all our shapes as one graph."""
    found = Graph(bind_namespaces="none")
    for file in sorted(SHAPES.glob("*.ttl")):
        # One base for all files, so that a shape of one can be named in another.
        found.parse(data=file.read_text(encoding="utf-8"), format="turtle", publicID="urn:shapes")
    found.bind("rdfs", RDFS)
    return found


def _parsed(name: str, text: str, kind: str) -> Graph:
    found = Graph(bind_namespaces="none")
    try:
        with warnings.catch_warnings():
            # rdflib 7.6 reads JSON-LD with a class of its own that it warns of.
            warnings.simplefilter("ignore", DeprecationWarning)
            return found.parse(data=text, format=kind, publicID="urn:bundle")
    except Exception as error:
        # rdflib's readers end in errors of many kinds, IndexError and AttributeError among them.
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise UnreadableError(name, f"this is not RDF: {why[:200]}") from error


def _refuse_foreign(name: str, document: Any) -> None:  # noqa: ANN401 - whatever it holds
    """Raise `UnreadableError` unless the one context is ours: others may be fetched from afar."""
    if not isinstance(document, dict) or document.get("@context") != CONTEXT:
        raise UnreadableError(name, "its @context is not the list of prefixes that it should be")
    rest = json.dumps({key: part for key, part in document.items() if key != "@context"})
    if '"@context"' in rest or '"@import"' in rest:
        raise UnreadableError(name, "it has a second @context, which a reader may have to fetch")
