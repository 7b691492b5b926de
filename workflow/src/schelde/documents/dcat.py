"""HealthDCAT-AP records of a bundle: its genomes, its allele frequencies, and a catalogue of both.

The properties are those of the shapes of GDI (gdi-metadata 3f1085db, Dataset.ttl and
Metadata_submission.csv) and of Health-RI core v2 (health-ri-metadata 434fa342); docs/catalogue.md
tells what each says and who declares it.

Addresses of nodes: ``<access_url>#<identifier of the dataset>`` for a dataset, with a further
``.<part>`` for what belongs to it; organisations have the address that they declare.
"""

from __future__ import annotations

from rdflib import DCAT, DCTERMS, ODRL2, PROV, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from schelde.bundle.record import Record, Role
from schelde.days import age_bounds
from schelde.documents import dcat_nodes as nodes
from schelde.documents.dcat_files import frequency_distribution, genome_distributions
from schelde.documents.rdf import (
    ADMS,
    DCATAP,
    DPV,
    GDI,
    HEALTH,
    add,
    address,
    count,
    english,
    jsonld,
    midnight,
    turtle,
)

SUBJECT_LEVEL = "catalogue/subject-level"
AGGREGATED = "catalogue/aggregated"
CATALOG = "catalogue/catalog.ttl"

VERSION = URIRef(f"{DCAT}version")
"""Of DCAT 3, which rdflib 7 does not know yet."""

EU = "http://publications.europa.eu/resource/authority/"
ACCESS = f"{EU}access-right/"
SYNTHETIC = URIRef("https://publications.europa.eu/resource/authority/dataset-type/SYNTHETIC_DATA")
"""With https, unlike all others: the only form that the shapes of GDI and mini-node take."""
LEGISLATION = (
    URIRef("http://data.europa.eu/eli/reg/2025/327/oj"),
    URIRef("http://data.europa.eu/eli/reg/2016/679/oj"),
)
"""European Health Data Space; General Data Protection Regulation."""

LEGAL_BASES = {
    "Consent": DPV.Consent,
    "PublicInterest": DPV.PublicInterest,
    "LegalObligation": DPV.LegalObligation,
    "ScientificResearch": URIRef("https://w3id.org/dpv/legal/eu/gdpr#A9-2-j"),
}
"""Terms of the Data Privacy Vocabulary. It has no legal basis of the name 'scientific research',
only the article of the GDPR on it: 9(2)(j)."""

GOVERNANCE = {
    "ExternallyGoverned": "Externally governed",
    "1MGCompliant": "1+MG compliant",
    "1MGCohort": "1+MG cohort",
}
"""Types of dataset in 1+MG, with their labels in gdi-metadata."""

DATA = {Role.READS, Role.VARIANTS, Role.GVCF}
READS = {Role.FASTQ_1, Role.FASTQ_2}


def documents(record: Record) -> dict[str, str | bytes]:
    """Return the catalogue/ folder of a bundle, by path from its top.

    There is no record of allele frequencies where there are none, or where they have no identifier.
    """
    genomes = subject_level(record)
    found: dict[str, str | bytes] = {
        f"{SUBJECT_LEVEL}.ttl": turtle(genomes),
        f"{SUBJECT_LEVEL}.jsonld": jsonld(genomes),
    }
    if frequencies := aggregated(record):
        found[f"{AGGREGATED}.ttl"] = turtle(frequencies)
        found[f"{AGGREGATED}.jsonld"] = jsonld(frequencies)
    found[CATALOG] = turtle(catalog(record))
    return found


def records_of(record: Record) -> int:
    """Return healthdcatap:numberOfRecords of the genomes: one for each file.

    gdi-metadata (Metadata_submission.csv) counts the FASTQ files of a dataset of sequences. One
    that has none is counted by its CRAM, VCF and gVCF files; an index is no record, nor is the BED
    of targets, which tells nothing of the person.
    """
    roles = [file.role for _, file in record.files]
    reads = sum(role in READS for role in roles)
    return reads or sum(role in DATA for role in roles)


def subject_level(record: Record) -> Graph:
    """Return the record of the genomes."""
    dataset, graph = record.dataset, Graph(bind_namespaces="none")
    here = nodes.node(record, dataset.identifier)
    _describe(graph, record, here, dataset.identifier, dataset.license)
    births = (members[0].facts.birth for members in record.subjects.values())
    ages = age_bounds(births, dataset.issued)
    facts: list[tuple[URIRef, Node | None]] = [
        (DCTERMS.title, english(dataset.title)),
        (DCTERMS.description, english(dataset.description)),
        (DCTERMS.accessRights, URIRef(ACCESS + dataset.access)),
        (HEALTH.numberOfRecords, count(records_of(record))),
        (HEALTH.numberOfUniqueIndividuals, count(len(record.subjects))),
        (HEALTH.minTypicalAge, count(ages[0]) if ages else None),
        (HEALTH.maxTypicalAge, count(ages[1]) if ages else None),
        (ODRL2.hasPolicy, nodes.policy(graph, record, here)),
    ]
    facts += [(DCTERMS.rights, term) for term in nodes.uses(record)]
    facts += [(DCAT.distribution, one) for one in genome_distributions(graph, record, here)]
    add(graph, here, facts)
    return graph


def aggregated(record: Record) -> Graph | None:
    """Return the record of the allele frequencies; None where there are none to be catalogued.

    It is a dataset of its own, and a public one (gdi-metadata, Documentation/README). The policy of
    the genomes is not repeated: it is about data of persons.
    """
    dataset, frequencies = record.dataset, record.frequencies
    if frequencies is None or dataset.frequencies_identifier is None:
        return None
    graph = Graph(bind_namespaces="none")
    here = nodes.node(record, dataset.frequencies_identifier)
    _describe(graph, record, here, dataset.frequencies_identifier, dataset.public_terms[0])
    text = (
        f"Allele frequencies at {frequencies.sites} sites in {frequencies.individuals} individuals."
        f" {frequencies.left_out} Made from the genomes of {dataset.identifier}:"
        f" {dataset.description}"
    )
    facts = [
        # The words that gdi-metadata asks for in a title (Metadata_submission.csv).
        (DCTERMS.title, english(f"{dataset.title} (allele frequency)")),
        (DCTERMS.description, english(text)),
        (DCTERMS.accessRights, URIRef(f"{ACCESS}PUBLIC")),
        (HEALTH.numberOfRecords, count(frequencies.sites)),
        (HEALTH.numberOfUniqueIndividuals, count(frequencies.individuals)),
        (DCTERMS.source, nodes.node(record, dataset.identifier)),
        (DCAT.distribution, frequency_distribution(graph, record, here)),
    ]
    add(graph, here, facts)
    return graph


def catalog(record: Record) -> Graph:
    """Return the catalogue that lists the datasets of the bundle, described in files beside it."""
    dataset, graph = record.dataset, Graph(bind_namespaces="none")
    here = nodes.node(record, dataset.identifier, "catalog")
    contact = nodes.contact(graph, record)
    listed = [dataset.identifier]
    if record.frequencies and dataset.frequencies_identifier:
        listed.append(dataset.frequencies_identifier)
    facts: list[tuple[URIRef, Node | None]] = [
        (RDF.type, DCAT.Catalog),
        (DCTERMS.title, english(f"{dataset.title}: catalogue")),
        (DCTERMS.description, english(f"What is delivered together as {dataset.identifier}.")),
        (DCTERMS.publisher, nodes.agent(graph, dataset.publisher, contact)),
        (DCTERMS.issued, midnight(dataset.issued)),
        (DCTERMS.language, URIRef(f"{EU}language/ENG")),
        (DCAT.contactPoint, contact),
        (DCAT.themeTaxonomy, URIRef(f"{EU}data-theme")),
    ]
    facts += [(DCATAP.applicableLegislation, law) for law in LEGISLATION]
    facts += [(DCAT.dataset, nodes.node(record, identifier)) for identifier in listed]
    add(graph, here, facts)
    return graph


def _describe(graph: Graph, record: Record, here: URIRef, identifier: str, licence: str) -> None:
    """Add what the two datasets have in common."""
    dataset = record.dataset
    contact = nodes.contact(graph, record)
    publisher = nodes.agent(graph, dataset.publisher, contact)
    governance = GDI[dataset.conforms_to]
    # mini-node's shapes ask for the class of the term in the same graph.
    label = english(GOVERNANCE[dataset.conforms_to])
    add(graph, governance, [(RDF.type, DCTERMS.Standard), (RDFS.label, label)])
    withdrawn = [withdrawal.date for withdrawal in record.withdrawals]
    edition = ".".join([dataset.issued, *([str(len(withdrawn))] if withdrawn else [])])
    status = "COMPLETED" if record.members else "WITHDRAWN"
    facts: list[tuple[URIRef, Node | None]] = [
        (RDF.type, DCAT.Dataset),
        (DCTERMS.identifier, Literal(identifier)),
        (DCTERMS.publisher, publisher),
        # GDI agreed to name the organisation that controls the data until its country has a body.
        (HEALTH.hdab, publisher),
        (DCTERMS.conformsTo, governance),
        (DCTERMS.issued, midnight(dataset.issued)),
        (DCTERMS.modified, midnight(max(withdrawn)) if withdrawn else None),
        (DCTERMS.language, URIRef(f"{EU}language/ENG")),
        (DCTERMS.license, address(licence)),
        (DCTERMS.provenance, nodes.history(graph, record, here)),
        (PROV.wasGeneratedBy, nodes.run(graph, record, here, publisher)),
        (ADMS.status, URIRef(f"{EU}dataset-status/{status}")),
        (DCTERMS.type, SYNTHETIC if dataset.synthetic else None),
        (DCAT.contactPoint, contact),
        (DCAT.landingPage, address(dataset.access_url)),
        (DCAT.theme, URIRef(f"{EU}data-theme/HEAL")),
        (VERSION, Literal(edition)),
        (DPV.hasLegalBasis, LEGAL_BASES[dataset.legal_basis]),
        (HEALTH.healthCategory, GDI.HealthCategoryHumanGenomic),
    ]
    facts += [(DCTERMS.creator, nodes.agent(graph, creator)) for creator in dataset.creators]
    facts += [(DCAT.keyword, english(keyword)) for keyword in dataset.keywords]
    facts += [(DCATAP.applicableLegislation, law) for law in LEGISLATION]
    add(graph, here, facts)
