"""Checks of the catalogue records: against our shapes, the record, the files and one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rdflib import DCAT, DCTERMS, FOAF, ODRL2, RDF, Graph, URIRef

from schelde.bundle.record import RECORD, Frequencies, Record
from schelde.days import age_bounds
from schelde.documents.dcat import ACCESS, AGGREGATED, CATALOG, LEGAL_BASES, SUBJECT_LEVEL
from schelde.documents.dcat_files import KINDS
from schelde.documents.manifest import EDAM
from schelde.documents.rdf import DPV, GDI, HEALTH, SPDX, VCARD
from schelde.verify.dcat_graph import (
    graph,
    nodes_without_address,
    only,
    shape_findings,
    short,
    values,
)
from schelde.verify.dcat_use import use_findings
from schelde.verify.rule import Bundle, Finding, Rule

GENOMES = f"{SUBJECT_LEVEL}.ttl"
FREQUENCIES = f"{AGGREGATED}.ttl"
DATA = (".cram.c4gh", ".vcf.gz.c4gh")
FASTQ = (".fastq.gz.c4gh",)
PERSONAL = ("format_1930", "format_2572", "format_3462")
"""EDAM terms of FASTQ, BAM and CRAM, which nothing that is public may be."""


def _records(bundle: Bundle) -> list[str]:
    """Return the records of datasets that the bundle should have."""
    return [GENOMES, *([FREQUENCIES] if _catalogued(bundle.record) else [])]


def _catalogued(record: Record) -> Frequencies | None:
    """Return the allele frequencies if they can stand in a catalogue."""
    return record.frequencies if record.dataset.frequencies_identifier else None


def _shapes(bundle: Bundle) -> Iterator[Finding]:
    """Try our shapes, having seen that there is something of every class to try them on."""
    common = [FOAF.Agent, VCARD.Kind]
    files = [DCAT.Distribution] if bundle.record.members else []
    terms = [ODRL2.Set, ODRL2.Permission, ODRL2.Constraint]
    needed = {
        GENOMES: [DCAT.Dataset, *files, *terms, *common],
        FREQUENCIES: [DCAT.Dataset, DCAT.Distribution, *common],
        CATALOG: [DCAT.Catalog, *common],
    }
    for name in (*_records(bundle), CATALOG):
        found = graph(bundle, name)
        for kind in needed[name]:
            if (None, RDF.type, kind) not in found:
                yield Finding(name, f"no {short(kind)} is described")
        yield from shape_findings(found, name)


def _same(bundle: Bundle) -> Iterator[Finding]:
    for name in _records(bundle):
        other = name.replace(".ttl", ".jsonld")
        first, second = graph(bundle, name), graph(bundle, other)
        for file, found in ((name, first), (other, second)):
            if count := nodes_without_address(found):
                yield Finding(file, f"{count} nodes have no address")
        here, there = set(first), set(second)
        if here != there:
            only_one = sorted(here ^ there, key=str)
            example = " ".join(short(node) for node in only_one[0])
            what = f"{len(only_one)} statements are in this or in {name} alone, such as: {example}"
            yield Finding(other, what)


def _identifiers(bundle: Bundle) -> Iterator[Finding]:
    record = bundle.record
    if record.frequencies and not _catalogued(record):
        what = "allele frequencies need a frequencies_identifier to stand in a catalogue"
        yield Finding(RECORD, what)
    dataset = record.dataset
    expected = {GENOMES: dataset.identifier, FREQUENCIES: str(dataset.frequencies_identifier)}
    for name in _records(bundle):
        yield from _differs(bundle, name, DCTERMS.identifier, [expected[name]])


def _numbers(bundle: Bundle) -> Iterator[Finding]:
    record = bundle.record
    births = (members[0].facts.birth for members in record.subjects.values())
    ages = age_bounds(births, record.dataset.issued)
    least, greatest = ([str(age)] for age in ages) if ages else ([], [])
    yield from _differs(bundle, GENOMES, HEALTH.numberOfRecords, [str(_counted(bundle))])
    individuals = [str(len(record.subjects))]
    yield from _differs(bundle, GENOMES, HEALTH.numberOfUniqueIndividuals, individuals)
    yield from _differs(bundle, GENOMES, HEALTH.minTypicalAge, least)
    yield from _differs(bundle, GENOMES, HEALTH.maxTypicalAge, greatest)
    if frequencies := _catalogued(record):
        sites, individuals = [str(frequencies.sites)], [str(frequencies.individuals)]
        yield from _differs(bundle, FREQUENCIES, HEALTH.numberOfRecords, sites)
        yield from _differs(bundle, FREQUENCIES, HEALTH.numberOfUniqueIndividuals, individuals)


def _counted(bundle: Bundle) -> int:
    """Return the number of FASTQ files that lie there; of data files where there are none."""
    names = bundle.names("encrypted/*.c4gh")
    reads = sum(name.endswith(FASTQ) for name in names)
    return reads or sum(name.endswith(DATA) for name in names)


def _access(bundle: Bundle) -> Iterator[Finding]:
    record = bundle.record
    public = f"{ACCESS}PUBLIC"
    found = graph(bundle, GENOMES)
    if public in values(found, only(found, GENOMES, DCAT.Dataset), DCTERMS.accessRights):
        yield Finding(GENOMES, "genomes of persons are declared PUBLIC")
    yield from _differs(bundle, GENOMES, DCTERMS.accessRights, [ACCESS + record.dataset.access])
    frequencies = _catalogued(record)
    if frequencies is None:
        return
    found = graph(bundle, FREQUENCIES)
    if public not in values(found, only(found, FREQUENCIES, DCAT.Dataset), DCTERMS.accessRights):
        return
    if frequencies.individuals < 2:
        yield Finding(FREQUENCIES, "frequencies of one individual are its genome; this is PUBLIC")
    for personal in _personal(record, found):
        yield Finding(FREQUENCIES, f"this is PUBLIC and holds data of persons: {personal}")


def _personal(record: Record, found: Graph) -> Iterator[str]:
    """Yield what shows that a distribution is of persons rather than of a population."""
    sums = {
        checksum: file.name
        for _, file in record.files
        for checksum in (file.plain.sha256, file.encrypted.sha256)
    }
    for node in sorted(set(found.subjects(RDF.type, DCAT.Distribution)), key=str):
        for term in values(found, node, DCTERMS.conformsTo):
            if term.endswith(PERSONAL):
                yield f"{node} is of the format {term}"
        for checksum in found.objects(node, SPDX.checksum):
            for value in values(found, checksum, SPDX.checksumValue):
                if value in sums:
                    yield f"{node} has the checksum of {sums[value]}"


def _names(bundle: Bundle) -> Iterator[Finding]:
    """Look for pseudonyms: the catalogue is public whatever the dataset is."""
    members = bundle.record.members
    names = sorted({name for member in members for name in (member.sample, member.subject)})
    for name in (*_records(bundle), CATALOG):
        words = " ".join(str(node) for triple in graph(bundle, name) for node in triple)
        for pseudonym in names:
            if re.search(rf"(?<![0-9A-Za-z]){re.escape(pseudonym)}(?![0-9A-Za-z])", words):
                yield Finding(name, f"it names '{pseudonym}'; a catalogue tells of no one person")


def _governance(bundle: Bundle) -> Iterator[Finding]:
    dataset = bundle.record.dataset
    for name in _records(bundle):
        yield from _differs(bundle, name, DCTERMS.conformsTo, [str(GDI[dataset.conforms_to])])
        basis = str(LEGAL_BASES[dataset.legal_basis])
        yield from _differs(bundle, name, DPV.hasLegalBasis, [basis])


def _files(bundle: Bundle) -> Iterator[Finding]:
    record = bundle.record
    expected = []
    for kind in KINDS:
        files = [file for _, file in record.files if file.role in kind.roles]
        if files:
            size = sum(bundle.path(file.path).stat().st_size for file in files)
            expected.append((f"http://edamontology.org/{EDAM[kind.main]}", str(size)))
    yield from _sizes(bundle, GENOMES, expected)
    if frequencies := _catalogued(record):
        size = bundle.path(f"aggregated/{frequencies.name}").stat().st_size
        format_vcf = "http://edamontology.org/format_3016"
        yield from _sizes(bundle, FREQUENCIES, [(format_vcf, str(size))])
        found = graph(bundle, FREQUENCIES)
        sums = sorted(str(value) for value in found.objects(None, SPDX.checksumValue))
        if frequencies.sha256 and sums != [frequencies.sha256]:
            what = f"spdx:checksum is {sums}, but the record has {frequencies.sha256}"
            yield Finding(FREQUENCIES, what)


def _sizes(bundle: Bundle, name: str, expected: list[tuple[str, str]]) -> Iterator[Finding]:
    found = graph(bundle, name)
    told = []
    for node in found.objects(only(found, name, DCAT.Dataset), DCAT.distribution):
        formats = [term for term in values(found, node, DCTERMS.conformsTo) if "edam" in term]
        told.append((", ".join(formats), ", ".join(values(found, node, DCAT.byteSize))))
    if sorted(told) != sorted(expected):
        what = f"distributions are of {_listed(told)}, but the files that lie there are of"
        yield Finding(name, f"{what} {_listed(expected)}")


def _listed(kinds: list[tuple[str, str]]) -> str:
    parts = [f"{size or 'no'} bytes ({term.rpartition('/')[2]})" for term, size in sorted(kinds)]
    return ", ".join(parts) or "nothing"


def _catalog(bundle: Bundle) -> Iterator[Finding]:
    found = graph(bundle, CATALOG)
    told = values(found, only(found, CATALOG, DCAT.Catalog), DCAT.dataset)
    described = sorted(
        str(only(graph(bundle, name), name, DCAT.Dataset)) for name in _records(bundle)
    )
    if told != described:
        yield Finding(CATALOG, f"it lists {told}, but described are {described}")


def _differs(bundle: Bundle, name: str, term: URIRef, expected: list[str]) -> Iterable[Finding]:
    """Yield a finding when a property of the dataset has other values than these."""
    found = graph(bundle, name)
    told = values(found, only(found, name, DCAT.Dataset), term)
    if told != sorted(expected):
        what = f"{short(term)} is {', '.join(told) or 'missing'}"
        yield Finding(name, f"{what}; it should be {', '.join(expected) or 'left out'}")


RULES = (
    Rule("dcat.shapes", "catalogue records keep our SHACL shapes", _shapes),
    Rule("dcat.same", "each catalogue record is the same graph in Turtle and in JSON-LD", _same),
    Rule("dcat.identifier", "catalogue records bear the declared identifiers", _identifiers),
    Rule("dcat.numbers", "catalogue records count the files, sites and people", _numbers),
    Rule("dcat.access", "no data of persons are declared public", _access),
    Rule("dcat.names", "catalogue records name no person and no sample", _names),
    Rule("dcat.governance", "type of dataset and legal basis are those declared", _governance),
    Rule("dcat.use", "the policy has exactly one DUO permission, the declared one", use_findings),
    Rule("dcat.files", "distributions have the sizes of the files there are", _files),
    Rule("dcat.catalog", "the catalogue lists the datasets described, and no others", _catalog),
)
