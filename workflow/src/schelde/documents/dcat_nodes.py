"""Nodes that records of a catalogue share: organisations, contact, terms of access, history."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urldefrag

from rdflib import DCAT, DCTERMS, FOAF, ODRL2, PROV, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from schelde.bundle.dataset import Organisation
from schelde.bundle.record import Record
from schelde.documents.rdf import OBO, VCARD, add, address, english


def node(record: Record, identifier: str, part: str = "") -> URIRef:
    """Return the address of a dataset, or of a part of it."""
    page = urldefrag(record.dataset.access_url).url
    return address(f"{page}#{identifier}{'.' if part else ''}{part}")


def agent(graph: Graph, organisation: Organisation, desk: URIRef | None = None) -> URIRef:
    """Add an organisation. A publisher has a desk to write to: the shape AgentHdab asks for it."""
    facts = [
        (RDF.type, FOAF.Agent),
        (RDF.type, FOAF.Organization),
        (FOAF.name, english(organisation.name)),
        (FOAF.homepage, address(organisation.homepage)),
        (FOAF.mbox, address(f"mailto:{organisation.email}")),
        (DCTERMS.identifier, Literal(organisation.identifier)),
        (DCAT.contactPoint, desk),
    ]
    return add(graph, address(organisation.identifier), facts)


def contact(graph: Graph, record: Record) -> URIRef:
    """Add whom to ask about the dataset."""
    desk = record.dataset.contact
    facts = [
        (RDF.type, VCARD.Kind),
        (RDF.type, VCARD.Organization),
        (VCARD.fn, Literal(desk.name)),
        (VCARD.hasEmail, address(f"mailto:{desk.email}")),
        (VCARD.hasURL, address(desk.url)),
    ]
    return add(graph, node(record, record.dataset.identifier, "contact"), facts)


def uses(record: Record) -> Iterator[URIRef]:
    """Yield the permission, then the modifiers, as terms of the Data Use Ontology."""
    use = record.dataset.use
    for term in (use.permission, *use.modifiers):
        yield OBO[term.replace(":", "_")]


def policy(graph: Graph, record: Record, here: URIRef) -> URIRef:
    """Add the terms of access as an ODRL policy, its conditions being terms of DUO.

    ODRL has no operands for permissions and modifiers of data use: those are DUO:0000001 and
    DUO:0000017 themselves, which is why the policy names DUO as its profile.
    """
    dataset = record.dataset
    permission, *modifiers = uses(record)
    conditions = [_condition(graph, here, OBO.DUO_0000001, permission)]
    conditions += [_condition(graph, here, OBO.DUO_0000017, term) for term in modifiers]
    if dataset.use.disease:
        disease = OBO[dataset.use.disease.replace(":", "_")]
        conditions.append(_condition(graph, here, ODRL2.purpose, disease))
    rule = URIRef(f"{here}.use")
    facts: list[tuple[URIRef, Node | None]] = [
        (RDF.type, ODRL2.Permission),
        (ODRL2.action, ODRL2.use),
        (ODRL2.assigner, address(dataset.publisher.identifier)),
        (ODRL2.target, here),
    ]
    add(graph, rule, facts + [(ODRL2.constraint, condition) for condition in conditions])
    terms = URIRef(f"{here}.policy")
    facts = [
        (RDF.type, ODRL2.Set),
        (ODRL2.uid, terms),
        (ODRL2.profile, OBO["duo.owl"]),
        (ODRL2.permission, rule),
        (DCTERMS.title, english(dataset.policy.title)),
        (DCTERMS.description, english(dataset.policy.text)),
    ]
    return add(graph, terms, facts)


def _condition(graph: Graph, here: URIRef, operand: URIRef, term: URIRef) -> URIRef:
    facts = [
        (RDF.type, ODRL2.Constraint),
        (ODRL2.leftOperand, operand),
        (ODRL2.operator, ODRL2.isA),
        (ODRL2.rightOperand, term),
    ]
    return add(graph, URIRef(f"{here}.{term.removeprefix(OBO)}"), facts)


def history(graph: Graph, record: Record, here: URIRef) -> URIRef:
    """Add in words how the data came to be."""
    reference: str = record.reference.genome or "a reference that is no published assembly"
    if record.reference.accession:
        reference += f" ({record.reference.accession})"
    tools = ", ".join(f"{name} {version}" for name, version in record.provenance.tools.items())
    text = (
        f"Reads aligned to {reference}; variants called by {record.provenance.caller}. "
        f"Programs: {tools}."
    )
    facts = [(RDF.type, DCTERMS.ProvenanceStatement), (RDFS.label, english(text))]
    return add(graph, URIRef(f"{here}.provenance"), facts)


def run(graph: Graph, record: Record, here: URIRef, publisher: URIRef) -> URIRef:
    """Add the run of the workflow that made the data."""
    facts = [
        (RDF.type, PROV.Activity),
        (RDFS.label, english(f"Run of the workflow Schelde {record.version}")),
        (PROV.wasAssociatedWith, publisher),
    ]
    return add(graph, URIRef(f"{here}.run"), facts)
