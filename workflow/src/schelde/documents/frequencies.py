"""What goes with the VCF of allele frequencies: the description that gdi-dataset-tool takes."""

from __future__ import annotations

from typing import Any

import yaml

from schelde.bundle.record import Frequencies, Record
from schelde.documents.dcat import LEGAL_BASES

PACKAGE = "aggregated/package.yaml"

# Addresses of the GDI core vocabulary and of EU authority tables, as in the tool's own example
# (gdi-node-standalone at a42d1dc1, conformance/fixtures/valid/baseline.package.yaml).
CATALOG = "gdi-aggregated"
PUBLIC = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
HEALTH_DATA_SPACE = "http://data.europa.eu/eli/reg/2025/327/oj"
HEALTH_CATEGORY = "http://data.gdi.eu/core/p2/HealthCategoryHumanGenomic"
CORE = "http://data.gdi.eu/core/p2/"
GENOME_OF_EUROPE = ("The Genome of Europe", "https://genomeofeurope.eu/")
BLOCK = 10_000_000
"""bp in one of the node's files; the tool's default."""


def documents(record: Record) -> dict[str, str | bytes]:
    """Return the description of the frequencies; nothing where there are none.

    Nor where the reference is neither GRCh37 nor GRCh38: a node takes no other.
    """
    frequencies, genome = record.frequencies, record.reference.genome
    if frequencies is None or genome is None:
        return {}
    content = {
        "metadata": _metadata(record, frequencies),
        "files": [{"category": "VCF", "reference": str(genome), "files": [frequencies.name]}],
        "internal": {"internalId": record.dataset.alias, "headerPolicy": "minimal"},
        "config": _config(record, frequencies),
    }
    return {PACKAGE: yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)}


def _metadata(record: Record, frequencies: Frequencies) -> dict[str, Any]:
    dataset = record.dataset
    prefix, _, organisation, _ = _identifier(record).split("-", 3)
    return {
        "prefix": prefix,
        "org": organisation[:16],
        "catalog": CATALOG,
        "title": {"en": f"{dataset.title}: allele frequencies"},
        "description": {
            "en": f"How often alleles are seen in {frequencies.individuals} people of the dataset "
            f"'{dataset.title}'. {frequencies.left_out}"
        },
        "accessRights": PUBLIC,
        "applicableLegislation": [HEALTH_DATA_SPACE],
        "license": dataset.public_terms[0],
        "creator": [{"name": creator.name} for creator in dataset.creators],
        "healthCategory": [HEALTH_CATEGORY],
        "contactPoint": {
            "fn": dataset.contact.name,
            "hasEmail": f"mailto:{dataset.contact.email}",
            "hasURL": dataset.contact.url,
        },
        "keywords": sorted({*dataset.keywords, "allele-frequency"}),
        "numberOfUniqueIndividuals": frequencies.individuals,
        "conformsTo": [f"{CORE}{dataset.conforms_to}"],
        "legalBasis": [str(LEGAL_BASES[dataset.legal_basis])],
    }


def _identifier(record: Record) -> str:
    return record.dataset.frequencies_identifier or record.dataset.identifier


def _config(record: Record, frequencies: Frequencies) -> dict[str, Any]:
    """Return the settings of the tool; it withholds what is below the count once more."""
    publisher = record.dataset.publisher
    own = publisher.name, publisher.homepage
    source, reference = GENOME_OF_EUROPE if _identifier(record).startswith("GOE-") else own
    return {
        "mode": "aggregated",
        "blockRange": BLOCK,
        "afSource": source,
        "afSourceReference": reference,
        "minAlleleCount": frequencies.minimum_count,
    }
