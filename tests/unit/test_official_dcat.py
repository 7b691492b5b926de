"""Catalogue records against the SHACL shapes of those who harvest them (../shared/standards)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, Graph, Literal, URIRef
from rdflib.term import Node
from tests.official.shapes import (
    HARVESTERS,
    shapes_of,
    targets_of,
    with_older_identifiers,
    wrong,
)
from tests.unit.test_dcat import WHOLE

from schelde.documents.dcat import AGGREGATED, CATALOG, SUBJECT_LEVEL, documents
from schelde.documents.rdf import DCATAP, GDI, HEALTH, VCARD

pytestmark = pytest.mark.usefixtures("shared")


class Known(NamedTuple):
    """What is in the shapes of a harvester."""

    shapes: int
    targets: int  # nodes of the three documents that they are tried on
    left: frozenset[str]  # shapes of classes that we do not write


KNOWN = {
    "GDI": Known(9, 9, frozenset({"DataServiceShape", "IdentifierShape", "ResourceShape"})),
    "mini-node": Known(
        12,
        9,
        frozenset(
            {"DataServiceShape", "FAIRDataPointContainerShape", "FAIRDataPointShape"}
            | {"IdentifierShape"}
        ),
    ),
    "Health-RI": Known(
        14,
        10,
        frozenset(
            {"AttributionShape", "DataServiceShape", "DatasetSeriesShape", "IdentifierShape"}
            | {"PeriodOfTimeShape", "QualityCertificateShape", "RelationshipShape"}
            | {"ResourceShape"}
        ),
    ),
}


def delivered() -> Graph:
    """All that a harvester would read of a bundle, as one graph."""
    found = Graph()
    for name in (f"{SUBJECT_LEVEL}.ttl", f"{AGGREGATED}.ttl", CATALOG):
        found.parse(data=documents(WHOLE)[name], format="turtle")
    return found


@pytest.mark.parametrize("harvester", HARVESTERS)
def test_shapes_are_tried_on_something(harvester: str) -> None:
    known = KNOWN[harvester]
    nodes = targets_of(shapes_of(harvester), delivered())
    assert len(nodes) == known.shapes
    assert {name for name, targets in nodes.items() if not targets} == known.left
    assert len(set().union(*nodes.values())) == known.targets


@pytest.mark.parametrize("harvester", ["GDI", "Health-RI"])
@pytest.mark.parametrize("name", [f"{SUBJECT_LEVEL}.ttl", f"{AGGREGATED}.ttl", CATALOG])
def test_each_document_conforms(harvester: str, name: str) -> None:
    graph = Graph().parse(data=documents(WHOLE)[name], format="turtle")
    assert wrong(graph, shapes_of(harvester)) == set()


@pytest.mark.parametrize("harvester", ["GDI", "Health-RI"])
def test_all_documents_together_conform(harvester: str) -> None:
    assert wrong(delivered(), shapes_of(harvester)) == set()


@pytest.mark.parametrize("harvester", HARVESTERS)
def test_a_synthetic_dataset_conforms(harvester: str) -> None:
    dataset = WHOLE.dataset.model_copy(update={"synthetic": True})
    graph = Graph()
    for name, text in documents(WHOLE.model_copy(update={"dataset": dataset})).items():
        if name.endswith(".ttl"):
            graph.parse(data=text, format="turtle")
    assert len(list(graph.subjects(DCTERMS.type))) == 2
    judged = with_older_identifiers(graph) if harvester == "mini-node" else graph
    assert wrong(judged, shapes_of(harvester)) == set()


def test_mini_node_objects_to_nothing_but_identifiers_that_gdi_asks_for() -> None:
    # It ships an older pattern, GDI-CC-NNN; that of gdi-metadata, GDI-CC-ORG-NNN, excludes it.
    graph, shapes = delivered(), shapes_of("mini-node")
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
def test_the_shapes_reject_changed_records(harvester: str) -> None:
    shapes = shapes_of(harvester)
    rejected = 0
    for change, term, who in MUTANTS:
        if harvester not in who:
            continue
        graph = delivered() if harvester != "mini-node" else with_older_identifiers(delivered())
        change(graph)
        assert term in wrong(graph, shapes)
        rejected += 1
    assert rejected == sum(harvester in who for _, _, who in MUTANTS) >= 14
