"""Checks of catalogue records: each damage is told by its rule, and nothing ends in a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.made_record import DESCRIPTION, made_member, made_record
from tests.unit.test_dcat import FREQUENCIES
from tests.unit.told import told_in

from schelde.bundle.record import RECORD, Record
from schelde.documents.dcat import CATALOG, documents
from schelde.sheet import Sex
from schelde.verify.dcat import FREQUENCIES as AGGREGATED
from schelde.verify.dcat import GENOMES, RULES
from schelde.verify.dcat_graph import SHAPES, shapes
from schelde.verify.report import Status
from schelde.verify.run import verify

WHOLE = made_record(frequencies=FREQUENCIES)
LINKED = "catalogue/subject-level.jsonld"
ACCESS = "http://publications.europa.eu/resource/authority/access-right/"
DATASET = "<https://genomes.example.org/access#GDI-BE-EXAMPLE-20260101>"


def write(root: Path, record: Record = WHOLE) -> Path:
    """Write what the rules look at; files have the sizes of the record and no meaning."""
    for path, content in {**documents(record), RECORD: record.to_json()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(content))
    for _, file in record.files:
        (root / file.path).parent.mkdir(exist_ok=True)
        (root / file.path).write_bytes(bytes(file.encrypted_size))
    if record.frequencies:
        (root / "aggregated").mkdir()
        (root / "aggregated" / record.frequencies.name).write_bytes(bytes(4321))
    return root


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path), rules=RULES)
    assert told_in(report) == []
    assert [outcome.status for outcome in report.outcomes] == [Status.PASSED] * len(RULES)


@pytest.mark.parametrize("members", [(), (made_member(1, Sex.MALE),)], ids=["nobody", "one"])
def test_a_bundle_that_people_have_left_passes(tmp_path: Path, members: tuple[object]) -> None:
    assert told_in(verify(write(tmp_path, made_record(members=members)), rules=RULES)) == []


def test_there_are_shapes_for_every_class_that_we_write() -> None:
    assert len(list(SHAPES.glob("*.ttl"))) == 5
    targets = "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT DISTINCT ?c { ?s sh:targetClass ?c }"
    assert len(list(shapes().query(targets))) == 10


# Rule, file, what is replaced (a regular expression, each place) by what, and part of a message.
DAMAGE: list[tuple[str, str, str, str, str]] = [
    ("dcat.shapes", GENOMES, r"dct:title \"A made-up trio\"@en ;", "", "dct:title"),
    ("dcat.shapes", GENOMES, r"dct:publisher <[^>]*> ;", "", "dct:publisher"),
    ("dcat.shapes", GENOMES, r"dcatap:applicableLegislation[^;]*oj>,[^;]*;", "", "Legislation"),
    ("dcat.shapes", GENOMES, r"dct:rights <[^>]*rights> ;", "", "dct:rights"),
    ("dcat.shapes", GENOMES, r"<mailto:[^>]*>", '"data@genomes.example.org"', "hasEmail"),
    ("dcat.shapes", GENOMES, r"2026-01-31T00:00:00\+00:00\"\^\^xsd:dateTime", '31 Jan"', "issued"),
    ("dcat.shapes", GENOMES, r"\"6912\"\^\^xsd:nonNegativeInteger", '"many"', "byteSize"),
    ("dcat.shapes", GENOMES, r"\"60\"\^\^xsd:non", '"70"^^xsd:non', "minTypicalAge"),
    ("dcat.shapes", GENOMES, r"a dcat:Distribution", "a dcat:Resource", "no dcat:Distribution"),
    ("dcat.shapes", GENOMES, r"odrl:action odrl:use ;", "", "odrl:action"),
    ("dcat.shapes", GENOMES, r"20260101> a dcat:Dataset", "20260101> a dcat:Data", "no dcat:Data"),
    ("dcat.shapes", CATALOG, r"dcat:contactPoint <[^>]*contact> ;", "", "dcat:contactPoint"),
    ("dcat.shapes", CATALOG, r"a dcat:Catalog ;", "a dcat:Resource ;", "no dcat:Catalog"),
    ("dcat.same", GENOMES, r"made-up trio", "made up trio", "such as: https://genomes.example"),
    ("dcat.same", LINKED, r"\"Data desk\"", '"Another desk"', "2 statements"),
    ("dcat.same", LINKED, r"\"@context\": \{", '"@context": {"a": "http://b/",', "@context"),
    ("dcat.same", LINKED, r"\"@graph\": \[", '"@graph": [{"@context": "http://b/"},', "second"),
    ("dcat.same", GENOMES, r"a vcard:Kind,", "rdfs:seeAlso [] ; a vcard:Kind,", "no address"),
    ("dcat.identifier", GENOMES, r'"GDI-BE-EXAMPLE-20260101"', '"GDI-BE-X-1"', "GDI-BE-X-1"),
    ("dcat.numbers", GENOMES, r'Records "9"', 'Records "18"', "is 18; it should be 9"),
    ("dcat.numbers", GENOMES, r'Individuals "3"', 'Individuals "2"', "is 2; it should be 3"),
    ("dcat.numbers", GENOMES, r'maxTypicalAge "65"', 'maxTypicalAge "63"', "should be 65"),
    ("dcat.numbers", GENOMES, r"healthdcatap:minTypicalAge [^;]*;", "", "is missing; it should be"),
    ("dcat.numbers", AGGREGATED, r'Records "812"', 'Records "813"', "is 813; it should be 812"),
    ("dcat.numbers", AGGREGATED, r'Individuals "3"', 'Individuals "30"', "is 30; it should be 3"),
    ("dcat.access", GENOMES, r"NON_PUBLIC", "PUBLIC", "declared PUBLIC"),
    ("dcat.access", GENOMES, r"NON_PUBLIC", "RESTRICTED", "should be"),
    ("dcat.access", AGGREGATED, r"format_3016", "format_3462", "format_3462"),
    (
        "dcat.access",
        AGGREGATED,
        r"\"abab[^\"]*\"",
        f'"{WHOLE.members[0].files[0].encrypted.sha256}"',
        "has the checksum of P1AAAA.cram",
    ),
    ("dcat.names", AGGREGATED, r"made.af.vcf.gz", "P1AAAA.vcf.gz", "it names 'P1AAAA'"),
    ("dcat.names", GENOMES, r"Data desk", "Desk of S2AAAA", "it names 'S2AAAA'"),
    ("dcat.governance", GENOMES, r"ExternallyGoverned ;", "1MGCompliant ;", "p2/1MGCompliant"),
    (
        "dcat.governance",
        GENOMES,
        r"dpv:Consent",
        "dpv:Contract",
        "should be https://w3id.org/dpv#C",
    ),
    ("dcat.use", GENOMES, r"rightOperand obo:DUO_0000042", "rightOperand obo:DUO_0000006", "0006"),
    (
        "dcat.use",
        GENOMES,
        r"dct:rights obo:DUO_0000019",
        "dct:rights obo:DUO_0000006, obo:DUO_0000019",
        "has 2 DUO permissions (DUO:0000006, DUO:0000042)",
    ),
    ("dcat.use", GENOMES, r"obo:DUO_0000042", "obo:DUO_0000018", "has 0 DUO permissions (none)"),
    ("dcat.use", GENOMES, r"rightOperand obo:DUO_0000019", "rightOperand obo:DUO_0000018", "0018"),
    ("dcat.use", GENOMES, r"Operand obo:DUO_0000019", "Operand obo:MONDO_0000001", "for None"),
    ("dcat.files", GENOMES, r'byteSize "6912"', 'byteSize "6911"', "6911 bytes"),
    ("dcat.files", AGGREGATED, r'byteSize "4321"', 'byteSize "1"', "1 bytes (format_3016)"),
    ("dcat.files", AGGREGATED, r"abab", "baba", "checksum is"),
    ("dcat.catalog", CATALOG, r",\s*<[^>]*20260102>", "", "it lists ["),
]


@pytest.mark.parametrize(("rule", "file", "old", "new", "message"), DAMAGE)
def test_a_damaged_record_is_found(
    tmp_path: Path, rule: str, file: str, old: str, new: str, message: str
) -> None:
    path = write(tmp_path) / file
    text, places = re.subn(old, new, path.read_text())
    assert places, "the damage must hit something"
    path.write_text(text)
    found = told_in(verify(tmp_path, rules=RULES))
    assert [what for name, what in found if name == rule and message in what], found


def test_every_rule_has_a_damage() -> None:
    assert {rule for rule, *_ in DAMAGE} == {rule.id for rule in RULES}


def test_public_frequencies_of_one_individual_are_found(tmp_path: Path) -> None:
    record = made_record(frequencies=FREQUENCIES.model_copy(update={"individuals": 1}))
    found = told_in(verify(write(tmp_path, record), rules=RULES))
    assert [rule for rule, what in found if "one individual" in what] == ["dcat.access"]


def test_frequencies_without_an_identifier_are_found(tmp_path: Path) -> None:
    dataset = DESCRIPTION.model_copy(update={"frequencies_identifier": None})
    record = made_record(dataset=dataset, frequencies=FREQUENCIES)
    found = told_in(verify(write(tmp_path, record), rules=RULES))
    assert [rule for rule, what in found if "frequencies_identifier" in what] == ["dcat.identifier"]


def test_a_missing_data_file_changes_the_number_of_records(tmp_path: Path) -> None:
    (write(tmp_path) / "encrypted" / "P1AAAA.vcf.gz.c4gh").unlink()
    found = told_in(verify(tmp_path, rules=RULES))
    assert (
        "dcat.numbers",
        f"{GENOMES}: healthdcatap:numberOfRecords is 9; it should be 8",
    ) in found


HOSTILE = {
    "nothing": "",
    "no RDF": "{[(",
    "binary": "\x00\x01",
    "another language": "<html></html>",
    "numbers": "[1, 2, null]",
    "an empty object": "{}",
    "blank nodes": "[] a <http://www.w3.org/ns/dcat#Dataset> .",
    "two datasets": "<urn:a> a <http://www.w3.org/ns/dcat#Dataset> .\n"
    "<urn:b> a <http://www.w3.org/ns/dcat#Dataset> .",
    "a ring": f"{DATASET} a <http://www.w3.org/ns/dcat#Dataset> ;\n"
    f" <http://www.w3.org/ns/odrl/2/hasPolicy> {DATASET} .",
    "a text as policy": f"{DATASET} a <http://www.w3.org/ns/dcat#Dataset> ;\n"
    ' <http://www.w3.org/ns/odrl/2/hasPolicy> "free for all" ;\n'
    ' <http://www.w3.org/ns/dcat#distribution> "here", 1.5 .',
}


@pytest.mark.parametrize("file", [GENOMES, LINKED, AGGREGATED, CATALOG])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_record_ends_a_check(tmp_path: Path, file: str, text: str) -> None:
    (write(tmp_path) / file).write_text(text)
    assert file in {what.partition(":")[0] for _, what in told_in(verify(tmp_path, rules=RULES))}
