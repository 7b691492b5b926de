"""EGA and the Sensitive Data Archive: XML, payloads of the Submission API, messages, calls."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from lxml import etree
from tests.official.answer import (
    Answer,
    Authority,
    Case,
    counted,
    rewritten,
    standard,
    swap,
    with_document,
)
from tests.unit.ega_server import submit

from schelde.documents.sda import CALLS, FEDERATED, ISOLATED

IN_EGA_XSD = ("dac", "policy", "dataset")
MESSAGES = {
    "ingest": "ingestion-trigger",
    "accession": "ingestion-accession",
    "mapping": "dataset-mapping",
    "release": "dataset-release",
}
BODIES = {
    "/file/ingest": "FileIngest",
    "/file/accession": "FileAccession",
    "/dataset/create": "DatasetCreate",
}
"""Calls of the admin API and the schemas of their bodies; that of a release has none."""


@cache
def xsd(name: str) -> etree.XMLSchema:
    """Return the schema of one of the nine documents."""
    group = "EGA" if name in IN_EGA_XSD else "SRA"
    return etree.XMLSchema(etree.parse(standard("ena-sra-xsd") / f"{group}.{name}.xsd"))


@cache
def openapi() -> dict[str, Any]:
    """Return the description of the Submission API 3.0."""
    text = standard("ega-submission-api/ega_api_resolved.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


@cache
def body(path: str) -> Draft202012Validator:
    """Return the validator of the body of a POST; all numbers in the path are ids."""
    template = re.sub(r"/[0-9]+(?=/|$)", "/{provisional_id}", path)
    content = openapi()["paths"][template]["post"]["requestBody"]["content"]
    return Draft202012Validator(content["application/json"]["schema"])


@cache
def message(node: str, kind: str) -> Draft7Validator:
    """Return the validator of a message to an 'isolated' or from a 'federated' node."""
    schema = json.loads(
        (standard("sda-message-schemas") / node / f"{MESSAGES[kind]}.json").read_text()
    )
    # Ids within the schema are fragments, which would move the base of its references.
    return Draft7Validator(_without_ids(schema))


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(each) for key, each in value.items() if key != "$id"}
    return [_without_ids(each) for each in value] if isinstance(value, list) else value


@cache
def admin_api() -> dict[str, Any]:
    """Return the description of the archive's admin API."""
    loaded: dict[str, Any] = yaml.safe_load(
        standard("sda-message-schemas/sda-api-swagger_v1.yml").read_text()
    )
    return loaded


def with_accessions(text: str) -> str:
    """Return messages with made-up accessions in place of aliases."""
    aliases = dict.fromkeys(re.findall(r"@eg[af]+d?:[A-Za-z0-9._-]+", text))
    for number, alias in enumerate(sorted(aliases, key=len, reverse=True)):
        kind = "EGAD" if alias.startswith("@egad") else "EGAF"
        text = text.replace(f'"{alias}"', f'"{kind}{number:011}"')
    return text


def call_faults(call: Any) -> list[str]:
    """Return what is wrong about a call of the admin API."""
    api, path = admin_api(), call["path"]
    if path.startswith("/dataset/release/"):
        path = "/dataset/release/{datasetID}"
    if call["method"].lower() not in api["paths"].get(path, {}):
        return [f"there is no {call['method']} {path}"]
    if path not in BODIES:
        return ["a release has no body"] if call["body"] is not None else []
    schema = api["components"]["schemas"][BODIES[path]]
    if set(call["body"]) != set(schema["properties"]):
        return [f"the body has {sorted(call['body'])}"]
    return [error.message for error in Draft202012Validator(schema).iter_errors(call["body"])]


# ------------------------------------------------------------------------------------------- asked


def ask_xsd(case: Case) -> Answer:
    """Ask the XML schemas."""
    loaded = [etree.XMLSchema(etree.parse(path)) for path in standard("ena-sra-xsd").glob("*.xsd")]

    def judged() -> Iterator[tuple[str, list[str]]]:
        for path in sorted((case.bundle / "ega/xml").iterdir()):
            schema = xsd(path.stem)
            schema.validate(etree.parse(path))
            yield path.name, [str(error.message) for error in schema.error_log]

    return counted(judged(), f"{len(loaded)} schemas")


def ask_api(case: Case) -> Answer:
    """Ask for the bodies of all POSTs, after made-up ids are put in place of aliases."""
    kinds: Counter[str] = Counter()

    def judged() -> Iterator[tuple[str, list[str]]]:
        for path, document, payload in submit(case.bundle, case.record):
            kinds[path.rsplit("/", 1)[-1]] += 1
            yield document, [error.message for error in body(path).iter_errors(payload)]

    answer = counted(judged())
    return answer._replace(counts=f"{len(kinds)} kinds")


def _messages(node: str, text: str) -> Answer:
    kinds: Counter[str] = Counter()

    def judged() -> Iterator[tuple[str, list[str]]]:
        for number, content in enumerate(map(json.loads, text.splitlines()), 1):
            schema = message(node, content["type"])
            kinds[content["type"]] += 1
            yield f"line {number}", [error.message for error in schema.iter_errors(content)]

    answer = counted(judged())
    return answer._replace(counts=f"{len(kinds)} kinds")


def ask_isolated(case: Case) -> Answer:
    """Ask for the messages of a national node."""
    return _messages("isolated", (case.bundle / ISOLATED).read_text())


def ask_federated(case: Case) -> Answer:
    """Ask for the messages of a federated node, with made-up accessions."""
    return _messages("federated", with_accessions((case.bundle / FEDERATED).read_text()))


def ask_calls(case: Case) -> Answer:
    """Ask for the calls of the admin API."""
    lines = (case.bundle / CALLS).read_text().splitlines()
    return counted((f"line {n}", call_faults(json.loads(line))) for n, line in enumerate(lines, 1))


def _in(pattern: str, old: str, new: str) -> Any:
    return lambda case, folder: with_document(case, folder, pattern, swap(old, new))


def _without_title(case: Case, folder: Path) -> Case:
    change = rewritten(lambda study: study.pop("title"))
    return with_document(case, folder, "ega/api/study.json", change)


SDA_COMMIT = "sensitive-data-archive 9121ae16"
AUTHORITIES = (
    Authority(
        "EGA and SRA XML schemas",
        "enasequence/schema c0e4725d",
        ask_xsd,
        _in("ega/xml/sample.xml", "<TAXON_ID>9606", "<TAXON_ID>human"),
    ),
    Authority("EGA Submission API 3.0", "Rega d30b2452", ask_api, _without_title),
    Authority(
        "SDA messages, isolated", SDA_COMMIT, ask_isolated, _in(ISOLATED, '"user"', '"person"')
    ),
    Authority(
        "SDA messages, federated", SDA_COMMIT, ask_federated, _in(FEDERATED, '"user"', '"person"')
    ),
    Authority("SDA admin API", SDA_COMMIT, ask_calls, _in(CALLS, "/file/accession", "/file/id")),
)
