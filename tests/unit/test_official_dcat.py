"""Catalogue records against the SHACL shapes of those who harvest them (../shared/standards)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, SH, XSD, Graph, Literal, URIRef
from rdflib.term import Node
from tests.unit.test_dcat import WHOLE

from schelde.documents.dcat import AGGREGATED, CATALOG, SUBJECT_LEVEL, documents
from schelde.documents.rdf import DCATAP, GDI, HEALTH, VCARD

# Some upstream files use these without declaring them (gdi-metadata Identifier.ttl, mini-node's).
UNDECLARED = "@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix : <urn:local:> .\n"


class Shapes(NamedTuple):
    """Shapes of one harvester: folder, files that describe what we write, and what is in them."""

    folder: str
    files: tuple[str, ...]
    shapes: int
    targets: int  # nodes of the three documents that they are tried on
    left: frozenset[str]  # shapes of classes that we do not write


HARVESTERS = {
    "GDI": Shapes(
        "gdi-metadata-shacl",
        (
            "AgentCreator",
            "AgentHdab",
            "Catalog",
            "DataService",
            "Dataset",
            "Distribution",
            "Identifier",
            "Kind",
            "Resource",
        ),
        shapes=9,
        targets=9,
        left=frozenset({"DataServiceShape", "IdentifierShape", "ResourceShape"}),
    ),
    "mini-node": Shapes(
        "gdi-mini-node-shacl",
        ("catalog", "dataset", "fairdp"),
        shapes=12,
        targets=9,
        left=frozenset(
            {"DataServiceShape", "FAIRDataPointContainerShape", "FAIRDataPointShape"}
            | {"IdentifierShape"}
        ),
    ),
    "Health-RI": Shapes(
        "health-ri-core-shacl/shapes",
        ("Catalog", "DataService", "Dataset", "DatasetSeries", "Distribution", "Resource"),
        shapes=14,
        targets=10,
        left=frozenset(
            {"AttributionShape", "DataServiceShape", "DatasetSeriesShape", "IdentifierShape"}
            | {"PeriodOfTimeShape", "QualityCertificateShape", "RelationshipShape"}
            | {"ResourceShape"}
        ),
    ),
}


def read(path: Path) -> Graph:
    text = path.read_text(encoding="utf-8")
    return Graph().parse(data=UNDECLARED + text, format="turtle")


def shapes_of(shared: Path, harvester: str) -> Graph:
    collection = HARVESTERS[harvester]
    found = Graph()
    for name in collection.files:
        found += read(shared / "standards" / collection.folder / f"{name}.ttl")
    return found


def delivered() -> Graph:
    """All that a harvester would read of a bundle, as one graph."""
    found = Graph()
    for name in (f"{SUBJECT_LEVEL}.ttl", f"{AGGREGATED}.ttl", CATALOG):
        found.parse(data=documents(WHOLE)[name], format="turtle")
    return found


def with_older_identifiers(graph: Graph) -> Graph:
    for dataset in list(graph.subjects(RDF.type, DCAT.Dataset)):
        older = str(graph.value(dataset, DCTERMS.identifier)).replace("-EXAMPLE", "")
        graph.set((dataset, DCTERMS.identifier, Literal(older)))
    return graph


def wrong(graph: Graph, shapes: Graph) -> set[Node | None]:
    """Properties that break a shape."""
    conforms, report, _ = validate(graph, shacl_graph=shapes, inference="none")
    assert isinstance(report, Graph)
    results = list(report.subjects(RDF.type, SH.ValidationResult))
    assert conforms is not bool(results)
    return {report.value(result, SH.resultPath) for result in results}


@pytest.mark.parametrize("harvester", HARVESTERS)
def test_shapes_are_tried_on_something(shared: Path, harvester: str) -> None:
    shapes, graph, known = shapes_of(shared, harvester), delivered(), HARVESTERS[harvester]
    nodes = {
        str(shape).rpartition("/")[2].rpartition(":")[2]: set(graph.subjects(RDF.type, kind))
        for shape, kind in shapes.subject_objects(SH.targetClass)
    }
    assert len(nodes) == known.shapes
    assert {name for name, targets in nodes.items() if not targets} == known.left
    assert len(set().union(*nodes.values())) == known.targets


@pytest.mark.parametrize("harvester", ["GDI", "Health-RI"])
@pytest.mark.parametrize("name", [f"{SUBJECT_LEVEL}.ttl", f"{AGGREGATED}.ttl", CATALOG])
def test_each_document_conforms(shared: Path, harvester: str, name: str) -> None:
    graph = Graph().parse(data=documents(WHOLE)[name], format="turtle")
    assert wrong(graph, shapes_of(shared, harvester)) == set()


@pytest.mark.parametrize("harvester", ["GDI", "Health-RI"])
def test_all_documents_together_conform(shared: Path, harvester: str) -> None:
    assert wrong(delivered(), shapes_of(shared, harvester)) == set()


def test_mini_node_objects_to_nothing_but_identifiers_that_gdi_asks_for(shared: Path) -> None:
    # It ships an older pattern, GDI-CC-NNN; that of gdi-metadata, GDI-CC-ORG-NNN, excludes it.
    graph, shapes = delivered(), shapes_of(shared, "mini-node")
    assert wrong(graph, shapes) == {DCTERMS.identifier}
    assert wrong(with_older_identifiers(graph), shapes) == set()


def without(term: URIRef) -> Callable[[Graph], object]:
    return lambda graph: graph.remove((None, term, None))


def of_all(kind: URIRef, term: URIRef, value: Node) -> Callable[[Graph], object]:
    def change(graph: Graph) -> None:
        for node in list(graph.subjects(RDF.type, kind)):
            graph.set((node, term, value))

    return change


def second(term: URIRef, value: Node) -> Callable[[Graph], object]:
    def change(graph: Graph) -> None:
        for node in list(graph.subjects(term)):
            graph.add((node, term, value))

    return change


# What is changed, which property is then wrong, and who objects.
MUTANTS: list[tuple[Callable[[Graph], object], URIRef, str]] = [
    (without(DCTERMS.title), DCTERMS.title, "GDI Health-RI mini-node"),
    (without(DCTERMS.description), DCTERMS.description, "GDI Health-RI mini-node"),
    (without(DCTERMS.creator), DCTERMS.creator, "GDI Health-RI mini-node"),
    (without(DCTERMS.publisher), DCTERMS.publisher, "GDI Health-RI"),
    (without(DCAT.theme), DCAT.theme, "GDI Health-RI mini-node"),
    (without(DCATAP.applicableLegislation), DCATAP.applicableLegislation, "GDI Health-RI"),
    (without(DCTERMS.accessRights), DCTERMS.accessRights, "GDI Health-RI mini-node"),
    (without(HEALTH.healthCategory), HEALTH.healthCategory, "GDI"),
    (without(DCAT.keyword), DCAT.keyword, "Health-RI"),
    (without(DCAT.contactPoint), DCAT.contactPoint, "Health-RI"),
    (without(DCAT.byteSize), DCAT.byteSize, "Health-RI"),
    (without(DCTERMS.license), DCTERMS.license, "Health-RI"),
    (without(DCTERMS.format), DCTERMS.format, "Health-RI"),
    (without(DCAT.accessURL), DCAT.accessURL, "GDI Health-RI mini-node"),
    (without(VCARD.fn), VCARD.fn, "GDI Health-RI mini-node"),
    (
        of_all(DCAT.Dataset, DCTERMS.accessRights, URIRef("urn:open")),
        DCTERMS.accessRights,
        "GDI Health-RI mini-node",
    ),
    (
        second(DCTERMS.accessRights, URIRef("urn:open")),
        DCTERMS.accessRights,
        "GDI Health-RI mini-node",
    ),
    (of_all(DCAT.Dataset, DCTERMS.conformsTo, GDI.Best), DCTERMS.conformsTo, "GDI mini-node"),
    (
        of_all(DCAT.Dataset, HEALTH.numberOfRecords, Literal(-1, datatype=XSD.integer)),
        HEALTH.numberOfRecords,
        "GDI Health-RI mini-node",
    ),
    (
        of_all(DCAT.Dataset, DCTERMS.identifier, Literal("dataset 1")),
        DCTERMS.identifier,
        "GDI mini-node",
    ),
    (
        of_all(DCAT.Dataset, DCTERMS.issued, Literal("2026-01-31", datatype=XSD.date)),
        DCTERMS.issued,
        "Health-RI",
    ),
    (
        of_all(VCARD.Kind, VCARD.hasEmail, URIRef("https://example.org")),
        VCARD.hasEmail,
        "GDI Health-RI mini-node",
    ),
    (of_all(FOAF.Agent, FOAF.mbox, Literal("a@example.org")), FOAF.mbox, "Health-RI mini-node"),
]


@pytest.mark.parametrize("harvester", HARVESTERS)
def test_the_shapes_reject_changed_records(shared: Path, harvester: str) -> None:
    shapes = shapes_of(shared, harvester)
    rejected = 0
    for change, term, who in MUTANTS:
        if harvester not in who:
            continue
        graph = delivered() if harvester != "mini-node" else with_older_identifiers(delivered())
        change(graph)
        assert term in wrong(graph, shapes)
        rejected += 1
    assert rejected == sum(harvester in who for _, _, who in MUTANTS) >= 14
