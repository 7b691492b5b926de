"""SHACL shapes of those who harvest catalogue records."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from pyshacl import validate
from rdflib import DCAT, DCTERMS, RDF, SH, Graph, Literal
from rdflib.term import Node
from tests.official.answer import Answer, Authority, Case, standard, with_document

from schelde.documents.dcat import AGGREGATED, CATALOG, SUBJECT_LEVEL

# Some upstream files use these without declaring them (gdi-metadata Identifier.ttl, mini-node's).
UNDECLARED = "@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix : <urn:local:> .\n"
DOCUMENTS = (f"{SUBJECT_LEVEL}.ttl", f"{AGGREGATED}.ttl", CATALOG)


class Shapes(NamedTuple):
    """Shapes of one harvester: their folder, and the files that describe what we write."""

    folder: str
    files: tuple[str, ...]


HARVESTERS = {
    "GDI": Shapes(
        "gdi-metadata-shacl",
        (
            *("AgentCreator", "AgentHdab", "Catalog", "DataService", "Dataset", "Distribution"),
            *("Identifier", "Kind", "Resource"),
        ),
    ),
    "mini-node": Shapes("gdi-mini-node-shacl", ("catalog", "dataset", "fairdp")),
    "Health-RI": Shapes(
        "health-ri-core-shacl/shapes",
        ("Catalog", "DataService", "Dataset", "DatasetSeries", "Distribution", "Resource"),
    ),
}


@cache
def shapes_of(harvester: str) -> Graph:
    """Return the shapes of a harvester."""
    collection = HARVESTERS[harvester]
    found = Graph()
    for name in collection.files:
        text = (standard(collection.folder) / f"{name}.ttl").read_text(encoding="utf-8")
        found += Graph().parse(data=UNDECLARED + text, format="turtle")
    return found


def targets_of(shapes: Graph, graph: Graph) -> dict[str, set[Node]]:
    """Return the nodes that each shape is tried on, by its name."""
    return {
        str(shape).rpartition("/")[2].rpartition(":")[2]: set(graph.subjects(RDF.type, kind))
        for shape, kind in shapes.subject_objects(SH.targetClass)
    }


def with_older_identifiers(graph: Graph) -> Graph:
    """Return a graph with identifiers as mini-node has them, GDI-CC-NNN for GDI-CC-ORG-NNN."""
    for dataset in list(graph.subjects(RDF.type, DCAT.Dataset)):
        told = str(graph.value(dataset, DCTERMS.identifier))
        older = re.sub(r"^([A-Z]+-[A-Z]{2})-[A-Z]+(-[0-9]+)$", r"\1\2", told)
        graph.set((dataset, DCTERMS.identifier, Literal(older)))
    return graph


def wrong(graph: Graph, shapes: Graph) -> set[Node | None]:
    """Return the properties that break a shape."""
    conforms, report, _ = validate(graph, shacl_graph=shapes, inference="none")
    assert isinstance(report, Graph)
    results = list(report.subjects(RDF.type, SH.ValidationResult))
    assert conforms is not bool(results)
    return {report.value(result, SH.resultPath) for result in results}


def ask(harvester: str, case: Case) -> Answer:
    """Ask a harvester's shapes about each document, and about all of them together."""
    shapes, whole, faults, valid = shapes_of(harvester), Graph(), [], 0
    documents = [case.bundle / name for name in DOCUMENTS if (case.bundle / name).exists()]
    for path in documents:
        graph = Graph().parse(path, format="turtle")
        whole += graph
        found = _objections(harvester, graph)
        faults += [f"{path.name}: {fault}" for fault in found]
        valid += not found
    faults += [f"together: {fault}" for fault in _objections(harvester, whole)]
    nodes = targets_of(shapes, whole)
    used = sum(bool(targets) for targets in nodes.values())
    targets = len(set().union(*nodes.values()))
    counts = f"{used} of {len(nodes)} shapes on {targets} nodes"
    return Answer("", len(documents), valid, tuple(sorted(set(faults))), counts)


def _objections(harvester: str, graph: Graph) -> list[str]:
    # The pattern of identifiers that mini-node ships is older than, and excludes, gdi-metadata's.
    judged = with_older_identifiers(graph) if harvester == "mini-node" else graph
    return sorted(map(str, wrong(judged, shapes_of(harvester))))


def _without_titles(case: Case, folder: Path) -> Case:
    def change(content: bytes) -> bytes:
        graph = Graph().parse(data=content, format="turtle")
        graph.remove((None, DCTERMS.title, None))
        return graph.serialize(format="turtle").encode()

    return with_document(case, folder, f"{SUBJECT_LEVEL}.ttl", change)


AUTHORITIES = tuple(
    Authority(name, commit, partial(ask, harvester), _without_titles)
    for name, commit, harvester in (
        ("GDI metadata, SHACL", "gdi-metadata 3f1085db", "GDI"),
        ("GDI mini-node, SHACL", "gdi-mini-node 670695a4", "mini-node"),
        ("Health-RI core v2, SHACL", "health-ri-metadata 434fa342", "Health-RI"),
    )
)
