"""Distributions of a dataset: its files by kind, as a catalogue tells them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import DCAT, DCTERMS, RDF, RDFS, XSD, Graph, Literal, URIRef

from schelde.bundle.record import Record, Role
from schelde.documents.manifest import EDAM
from schelde.documents.rdf import ADMS, DCATAP, SPDX, Facts, add, address, count, english

EU = "http://publications.europa.eu/resource/authority/"
MEDIA = "https://www.iana.org/assignments/media-types/"
CRYPT4GH = URIRef("http://samtools.github.io/hts-specs/crypt4gh.pdf")
EHDS = URIRef("http://data.europa.eu/eli/reg/2025/327/oj")


@dataclass(frozen=True)
class Kind:
    """Files that make up one distribution. ``name`` ends its address; ``main`` gives the format."""

    name: str
    title: str
    main: Role
    others: tuple[Role, ...]

    @property
    def roles(self) -> set[Role]:
        """All files of it, indexes and second ends too."""
        return {self.main, *self.others}


KINDS = (
    Kind("cram", "Aligned reads (CRAM)", Role.READS, (Role.READS_INDEX,)),
    Kind("vcf", "Variants (VCF)", Role.VARIANTS, (Role.VARIANTS_INDEX,)),
    Kind("gvcf", "Variants and reference blocks (gVCF)", Role.GVCF, (Role.GVCF_INDEX,)),
    Kind("fastq", "Reads (FASTQ)", Role.FASTQ_1, (Role.FASTQ_2,)),
    Kind("bed", "Targets of exomes (BED)", Role.TARGETS, ()),
)


def genome_distributions(graph: Graph, record: Record, here: URIRef) -> Iterator[URIRef]:
    """Add a distribution for each kind of file that there is, and yield them.

    The format is that of what is handed out: bytes encrypted with Crypt4GH, for which the file
    types of the EU have no term but OCTET. What is in them is told by ``dct:conformsTo`` (EDAM).
    """
    for kind in KINDS:
        files = [file for _, file in record.files if file.role in kind.roles]
        if not files:
            continue
        samples = sum(file.role is kind.main for file in files)
        facts = [
            (DCTERMS.title, english(kind.title)),
            (DCTERMS.description, english(f"Files of {samples} samples, encrypted (Crypt4GH).")),
            (DCTERMS.format, URIRef(f"{EU}file-type/OCTET")),
            (DCTERMS.conformsTo, CRYPT4GH),
            (DCTERMS.conformsTo, URIRef(f"http://edamontology.org/{EDAM[kind.main]}")),
            (DCAT.byteSize, count(sum(file.encrypted_size for file in files))),
            (DCAT.mediaType, URIRef(f"{MEDIA}application/octet-stream")),
        ]
        terms = record.dataset.license, record.dataset.rights
        yield _distribution(graph, record, here, kind.name, terms, facts)


def frequency_distribution(graph: Graph, record: Record, here: URIRef) -> URIRef:
    """Add the file of allele frequencies; its size and checksum where the record has them."""
    frequencies = record.frequencies
    if frequencies is None:
        raise ValueError("a record without allele frequencies has no file of them")
    checksum = None
    if frequencies.sha256:
        facts: Facts = [
            (RDF.type, SPDX.Checksum),
            (SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
            (SPDX.checksumValue, Literal(frequencies.sha256, datatype=XSD.hexBinary)),
        ]
        checksum = add(graph, URIRef(f"{here}.af.sha256"), facts)
    facts = [
        (DCTERMS.title, english("Allele frequencies (VCF without genotypes)")),
        (DCTERMS.description, english(f"aggregated/{frequencies.name} of the bundle.")),
        (DCTERMS.format, URIRef(f"{EU}file-type/GZIP")),
        (DCTERMS.conformsTo, URIRef(f"http://edamontology.org/{EDAM[Role.VARIANTS]}")),
        (DCAT.byteSize, count(frequencies.size) if frequencies.size else None),
        (DCAT.mediaType, URIRef(f"{MEDIA}application/gzip")),
        (SPDX.checksum, checksum),
    ]
    return _distribution(graph, record, here, "af", record.dataset.public_terms, facts)


def _distribution(
    graph: Graph, record: Record, here: URIRef, name: str, terms: tuple[str, str], facts: Facts
) -> URIRef:
    """Add a distribution; ``terms``: its licence, and the rights in words."""
    dataset, (licence, words) = record.dataset, terms
    rights = URIRef(f"{here}.rights")
    add(graph, rights, [(RDF.type, DCTERMS.RightsStatement), (RDFS.label, english(words))])
    common = [
        (RDF.type, DCAT.Distribution),
        (DCTERMS.license, address(licence)),
        (DCTERMS.rights, rights),
        (DCAT.accessURL, address(dataset.access_url)),
        (DCATAP.applicableLegislation, EHDS),
        (ADMS.status, URIRef(f"{EU}distribution-status/COMPLETED")),
    ]
    return add(graph, URIRef(f"{here}.{name}"), [*common, *facts])
