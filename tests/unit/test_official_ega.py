"""Documents for EGA and SDA against the official schemas, which are kept beside the repository."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from tests.conftest import SHARED
from tests.official.ega import body, call_faults, message, with_accessions, xsd
from tests.unit.ega_bundle import RECORDS, one, with_instrument, write_bundle
from tests.unit.ega_server import submit
from tests.unit.made_record import made_record

from schelde.documents import ega_xml, sda
from schelde.vocabulary import ega_terms, instruments

STANDARDS = SHARED / "standards"
XSD = STANDARDS / "ena-sra-xsd"
API = STANDARDS / "ega-submission-api"

pytestmark = pytest.mark.usefixtures("shared")

FORBIDDEN = re.compile(r"[\\<>\"|\x00-\x1F\x7F!*'();:@&=+$,?%#\[\]]")
"""What the inbox refuses: sensitive-data-archive, sda/cmd/s3inbox/proxy.go."""


@cache
def enums() -> dict[str, list[Any]]:
    loaded: dict[str, list[Any]] = json.loads((API / "ega_enums.json").read_text())
    return loaded


def test_all_eleven_xml_schemas_can_be_used():
    schemas = [etree.XMLSchema(etree.parse(path)) for path in sorted(XSD.glob("*.xsd"))]
    assert len(schemas) == 11


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_nine_of_nine_xml_documents_are_valid(record):
    valid = 0
    for path, content in ega_xml.documents(record).items():
        schema = xsd(Path(path).stem)
        assert schema.validate(etree.fromstring(content)), (path, schema.error_log)
        valid += 1
    assert valid == 9


XML_MUTANTS = {
    "dac": ("CONTACTS", "CONTACT_LIST"),
    "policy": (' code="0000042"', ""),
    "study": ("Whole Genome Sequencing", "Astrology"),
    "sample": ("9606", "human"),
    "experiment": ("Illumina NovaSeq 6000<", "Illumina NovaSeq X<"),
    "run": ('filetype="cram"', 'filetype="crai"'),
    "analysis": ('checksum_method="MD5"', 'checksum_method="SHA-256"'),
    "dataset": ("Genomic variant calling", "Variants"),
    "submission": ("PROTECT", "HIDE"),
}


@pytest.mark.parametrize("name", XML_MUTANTS)
def test_a_mutant_of_each_xml_document_is_not_valid(name):
    old, new = (text.encode() for text in XML_MUTANTS[name])
    content = bytes(ega_xml.documents(made_record())[f"ega/xml/{name}.xml"])
    texts = content.split(old)
    assert len(texts) > 1
    assert not xsd(name).validate(etree.fromstring(new.join(texts)))


@pytest.mark.parametrize("model", instruments())
def test_every_instrument_makes_valid_xml(model):
    content = ega_xml.documents(with_instrument(model))["ega/xml/experiment.xml"]
    schema = xsd("experiment")
    assert schema.validate(etree.fromstring(content)), schema.error_log


@pytest.mark.parametrize("selection", ega_terms()["library_selections"])
def test_every_selection_makes_valid_xml(selection):
    facts = one().members[0].facts.model_copy(update={"library_selection": selection})
    content = ega_xml.documents(one(facts=facts))["ega/xml/experiment.xml"]
    assert xsd("experiment").validate(etree.fromstring(content))


@pytest.mark.parametrize("study_type", ega_terms()["study_types"])
def test_every_type_of_study_makes_valid_xml(study_type):
    dataset = made_record().dataset
    study = dataset.study.model_copy(update={"type": study_type})
    record = made_record(dataset=dataset.model_copy(update={"study": study}))
    content = ega_xml.documents(record)["ega/xml/study.xml"]
    assert xsd("study").validate(etree.fromstring(content))


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_payload_with_ids_is_a_body_of_the_submission_api(tmp_path, record):
    kinds: Counter[str] = Counter()
    for path, document, payload in submit(write_bundle(tmp_path, record), record):
        errors = [error.message for error in body(path).iter_errors(payload)]
        assert not errors, (document, errors)
        kinds[path.rsplit("/", 1)[-1]] += 1
    at_ega = record.dataset.study.accession is not None
    assert len(kinds) == (7 if at_ega else 8)
    assert kinds["samples"] == kinds["experiments"] == kinds["runs"] == len(record.members)


def broken(payload: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    """Yield a payload without each field that the API demands of it, and with wrong types."""
    schema = body(path).schema
    variants = schema.get("oneOf", [schema])
    (kept,) = [each for each in variants if Draft202012Validator(each).is_valid(payload)]
    for key in kept["required"]:
        yield {name: value for name, value in payload.items() if name != key}
        yield payload | {key: {"not": "this"}}


def test_mutants_of_payloads_are_no_bodies_of_the_submission_api(tmp_path):
    record = made_record()
    rejected: Counter[str] = Counter()
    for path, document, payload in submit(write_bundle(tmp_path, record), record):
        for mutant in broken(payload, path):
            assert not body(path).is_valid(mutant), (document, mutant)
            rejected[path.rsplit("/", 1)[-1]] += 1
    assert len(rejected) == 8
    assert sum(rejected.values()) > 100


def test_payloads_with_aliases_are_no_bodies_of_the_submission_api(tmp_path):
    bundle = write_bundle(tmp_path, made_record())
    run = json.loads((bundle / "ega/api/run-P1AAAA.reads.json").read_text())
    assert not body("/submissions/1/runs").is_valid(run)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_message_of_an_isolated_node_is_valid(record):
    kinds: Counter[str] = Counter()
    for line in str(sda.documents(record)[sda.ISOLATED]).splitlines():
        content = json.loads(line)
        errors = [
            each.message for each in message("isolated", content["type"]).iter_errors(content)
        ]
        assert not errors, content
        kinds[content["type"]] += 1
    files = sum(1 for _ in record.files)
    assert kinds == {"ingest": files, "accession": files, "mapping": 1, "release": 1}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_message_of_a_federated_node_is_valid_with_accessions(record):
    text = with_accessions(str(sda.documents(record)[sda.FEDERATED]))
    messages = [json.loads(line) for line in text.splitlines()]
    for content in messages:
        errors = list(message("federated", content["type"]).iter_errors(content))
        assert not errors, content
    assert len(messages) == 2 * sum('"ingest"' in line for line in text.splitlines()) + 2 >= 12


@pytest.mark.parametrize("node", ["isolated", "federated"])
def test_mutants_of_messages_are_not_valid(node):
    document = sda.ISOLATED if node == "isolated" else sda.FEDERATED
    rejected: Counter[str] = Counter()
    for line in with_accessions(str(sda.documents(made_record())[document])).splitlines():
        content = json.loads(line)
        schema = message(node, content["type"])
        for key in schema.schema["required"]:
            mutants = [{k: v for k, v in content.items() if k != key}, content | {key: 7}]
            for mutant in mutants:
                assert not schema.is_valid(mutant), mutant
                rejected[content["type"]] += 1
    assert len(rejected) == 4


def test_aliases_are_no_accessions_of_a_federated_node():
    lines = str(sda.documents(made_record())[sda.FEDERATED]).splitlines()
    for content in map(json.loads, lines):
        if content["type"] != "ingest":
            assert not message("federated", content["type"]).is_valid(content)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_call_has_a_path_and_a_body_of_the_admin_api(record):
    calls = [json.loads(line) for line in str(sda.documents(record)[sda.CALLS]).splitlines()]
    assert [call_faults(call) for call in calls] == [[]] * len(calls)
    assert calls[-1]["path"].startswith("/dataset/release/")
    assert len(calls) == 2 * sum(1 for _ in record.files) + 2


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_no_path_has_a_character_that_the_inbox_refuses(record):
    text = str(sda.documents(record)[sda.ISOLATED])
    paths = [json.loads(line).get("filepath", "x") for line in text.splitlines()]
    assert len(paths) > 10
    assert not [path for path in paths if FORBIDDEN.search(path)]


def test_every_instrument_has_its_platform_and_id_at_ega():
    models = enums()["platform_models"]
    official = {(each["platform"], each["model"]): each["id"] for each in models}
    ours = {
        (platform, model): number
        for platform, numbers in ega_terms()["instruments"].items()
        for model, number in numbers.items()
    }
    assert ours.items() <= official.items()
    assert len(ours) == 51


def test_a_model_is_called_missing_from_xml_when_it_is():
    common = etree.parse(XSD / "SRA.common.xsd")
    names = {"xs": "http://www.w3.org/2001/XMLSchema"}
    known = set(common.xpath("//xs:enumeration/@value", namespaces=names))
    assert set(ega_terms()["not_in_xml"]) == {
        model for model in instruments() if model not in known
    }


@pytest.mark.parametrize("genome", ["GRCh37", "GRCh38"])
def test_releases_and_chromosomes_are_all_those_of_ega(genome):
    ours, group = ega_terms()["genomes"][genome], {"GRCh37": 2, "GRCh38": 3}[genome]
    releases = {
        each["accession"]: {"id": each["id"], "name": each["name"]}
        for each in enums()["genomes"]
        if each["group_id"] == group
    }
    chromosomes = {
        each["name"]: {"id": each["id"], "accession": each["accession"]}
        for each in enums()["chromosomes"]
        if each["genome_group_id"] == group
    }
    assert ours == {"releases": releases, "chromosomes": chromosomes}
    assert len(chromosomes) == 25


@pytest.mark.parametrize(
    ("ours", "official"),
    [
        ("library_strategies", "library_strategies"),
        ("library_sources", "library_sources"),
        ("library_selections", "library_selections"),
        ("library_layouts", "library_layouts"),
        ("biological_sexes", "biological_sex"),
        ("case_controls", "case_controls"),
        ("run_file_types", "run_file_types"),
        ("analysis_types", "analysis_types"),
        ("experiment_types", "experiment_types"),
        ("dataset_types", "dataset_types"),
        ("study_types", "study_types"),
    ],
)
def test_every_word_is_one_of_ega(ours, official):
    known = [
        each["run_file_type"] if isinstance(each, dict) else each for each in enums()[official]
    ]
    assert ega_terms()[ours]
    assert set(ega_terms()[ours]) <= set(known)
