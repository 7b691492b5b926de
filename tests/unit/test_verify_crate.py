"""Checks of provenance/: each damage is told by its rule, and nothing ends in a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.made_record import made_record
from tests.unit.told import told_in

from schelde.bundle.record import RECORD, Record
from schelde.documents.crate import CRATE, PARAMETERS, VERSIONS, WORKFLOW, documents
from schelde.documents.manifest import MANIFEST
from schelde.verify.crate import RULES
from schelde.verify.report import Status
from schelde.verify.run import verify

CRAM = "../encrypted/P1AAAA.cram.c4gh"
KEPT = made_record().provenance.model_copy(update={"workflow": "rule all: pass\n"})
WHOLE = made_record(provenance=KEPT)


def write(root: Path, record: Record = WHOLE) -> Path:
    """Write what the rules look at; the encrypted files are empty."""
    listed = [
        {
            "path": file.path,
            "size": file.encrypted_size,
            "sha256": file.encrypted.sha256,
            "plain": {"size": file.size},
        }
        for _, file in record.files
    ]
    link = {"path": "national/grz/a.c4gh", "size": 1, "sha256": "0" * 64, "plain": None}
    contents = {RECORD: record.to_json(), MANIFEST: json.dumps({"files": [*listed, link]})}
    for path, content in {**documents(record), **contents}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(content))
    for _, file in record.files:
        (root / file.path).parent.mkdir(exist_ok=True)
        (root / file.path).write_bytes(b"")
    return root


def test_what_the_record_tells_passes(tmp_path: Path) -> None:
    report = verify(write(tmp_path), rules=RULES)
    assert told_in(report) == []
    assert [outcome.status for outcome in report.outcomes] == [Status.PASSED] * len(RULES)


def test_a_bundle_that_all_people_have_left_passes(tmp_path: Path) -> None:
    assert told_in(verify(write(tmp_path, made_record(members=())), rules=RULES)) == []


def test_a_record_that_keeps_no_workflow_passes(tmp_path: Path) -> None:
    assert told_in(verify(write(tmp_path, made_record()), rules=RULES)) == []


def entity(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in document["@graph"] if one["@id"] == key)


def put(key: str, name: str, value: object) -> Callable[[Any], None]:
    return lambda crate: entity(crate, key).update({name: value})


def drop(key: str, name: str) -> Callable[[Any], object]:
    return lambda crate: entity(crate, key).pop(name)


def without(key: str) -> Callable[[Any], None]:
    return lambda crate: crate["@graph"].remove(entity(crate, key))


DAMAGE: list[tuple[str, str, Callable[[Any], object], str]] = [
    ("crate.schema", CRATE, drop("./", "conformsTo"), "conformsTo"),
    ("crate.schema", CRATE, put("./", "conformsTo", []), "was expected"),
    ("crate.schema", CRATE, drop("./", "license"), "'license' is a required"),
    ("crate.schema", CRATE, put("./", "datePublished", "today"), "today"),
    ("crate.schema", CRATE, drop(CRAM, "sha256"), "'sha256' is a required"),
    ("crate.schema", CRATE, put(CRAM, "host", "node7"), "'host' was unexpected"),
    ("crate.schema", CRATE, put("#run", "@type", "Person"), "'Person' is not one of"),
    ("crate.schema", CRATE, drop("#run", "instrument"), "'instrument' is a required"),
    ("crate.links", CRATE, without("#run"), "'./' names '#run', which nothing describes"),
    ("crate.schema", CRATE, lambda crate: crate.pop("@context"), "'@context' is a required"),
    ("crate.schema", VERSIONS, lambda table: table.pop("tools"), "'tools' is a required"),
    ("crate.schema", PARAMETERS, lambda table: table.pop("reference"), "'reference' is a"),
    ("crate.links", CRATE, without("#tool/gatk"), "'Snakefile' names '#tool/gatk'"),
    ("crate.links", CRATE, without("Snakefile"), "'#run' names 'Snakefile'"),
    ("crate.links", CRATE, put("record.json", "@id", "../../etc"), "'../../etc' is not in"),
    ("crate.links", CRATE, put("record.json", "@id", "x\0y"), "is not in the bundle"),
    ("crate.links", CRATE, put("record.json", "@id", "a" * 300), "is not in the bundle"),
    ("crate.results", CRATE, put(CRAM, "sha256", "0" * 64), f"sha256 of '{CRAM}' is 000"),
    ("crate.results", CRATE, put(CRAM, "contentSize", "7"), f"contentSize of '{CRAM}' is 7"),
    (
        "crate.results",
        CRATE,
        lambda crate: entity(crate, "#run")["result"].pop(0),
        "0 times in result",
    ),
    (
        "crate.results",
        CRATE,
        lambda crate: entity(crate, "#run")["result"].append({"@id": CRAM}),
        "2 times in result",
    ),
    (
        "crate.results",
        CRATE,
        lambda crate: entity(crate, "#run")["result"].append({"@id": "../encrypted/more.c4gh"}),
        "'../encrypted/more.c4gh' is not an encrypted file",
    ),
    (
        "crate.results",
        CRATE,
        lambda crate: entity(crate, "./")["hasPart"].remove({"@id": CRAM}),
        "0 times in hasPart",
    ),
    ("crate.versions", CRATE, put("#tool/bwa", "softwareVersion", "9"), "'bwa' is 9, but 0.7.17"),
    ("crate.versions", CRATE, without("#tool/bwa"), "'bwa' is None"),
    ("crate.versions", CRATE, put("Snakefile", "version", "9.9"), "version 9.9, but the record"),
    ("crate.versions", VERSIONS, lambda table: table.update(caller="x"), "'caller' is x, but"),
    (
        "crate.versions",
        VERSIONS,
        lambda table: table.update(host="node7"),
        "'host' is not in the record",
    ),
    ("crate.settings", CRATE, put("#value/call.caller", "value", "x"), "'call.caller' is x"),
    (
        "crate.settings",
        PARAMETERS,
        lambda table: table["settings"].update({"call.caller": "x"}),
        "'call.caller' is x, but gatk in the record",
    ),
    ("crate.dataset", CRATE, put("./", "identifier", "GDI-BE-X-1"), "'identifier' is GDI-BE-X-1"),
    ("crate.dataset", CRATE, put("./", "datePublished", "2027-01-01"), "2027-01-01, but 2026"),
]


@pytest.mark.parametrize(("rule", "file", "how", "message"), DAMAGE)
def test_a_damaged_document_is_found(
    tmp_path: Path, rule: str, file: str, how: Callable[[Any], object], message: str
) -> None:
    path = write(tmp_path) / file
    document = json.loads(path.read_text())
    how(document)
    path.write_text(json.dumps(document))
    found = told_in(verify(tmp_path, rules=RULES))
    assert [what for name, what in found if name == rule and message in what], found


def test_every_rule_has_a_damage() -> None:
    assert {rule for rule, *_ in DAMAGE} == {rule.id for rule in RULES}


def test_a_changed_workflow_is_found(tmp_path: Path) -> None:
    (write(tmp_path) / WORKFLOW).write_text("rule other: pass\n")
    assert [rule for rule, _ in told_in(verify(tmp_path, rules=RULES))] == ["crate.dataset"]


def test_a_missing_result_is_found(tmp_path: Path) -> None:
    (write(tmp_path) / "encrypted" / "P1AAAA.cram.c4gh").unlink()
    assert [rule for rule, _ in told_in(verify(tmp_path, rules=RULES))] == ["crate.links"]


HOSTILE = [*MALFORMED, '{"@graph": 1}', '{"@graph": [1]}', '{"@graph": [{"@id": {}}]}']


@pytest.mark.parametrize("file", [CRATE, VERSIONS, PARAMETERS, MANIFEST])
@pytest.mark.parametrize("text", [*HOSTILE, '{"files": [{"path": []}]}'])
def test_no_document_ends_a_check(tmp_path: Path, file: str, text: str) -> None:
    (write(tmp_path) / file).write_text(text)
    assert file in {what.partition(":")[0] for _, what in told_in(verify(tmp_path, rules=RULES))}


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [1], [[{}]], {"@id": 1}, [{"@id": []}]])
def test_no_value_ends_a_check(tmp_path: Path, value: object) -> None:
    whole = json.loads((write(tmp_path) / CRATE).read_text())
    for key in ("./", "#run", "Snakefile", CRAM, "#tool/bwa"):
        for name in list(entity(whole, key)):
            changed = json.loads(json.dumps(whole))
            entity(changed, key)[name] = value
            (tmp_path / CRATE).write_text(json.dumps(changed))
            assert len(verify(tmp_path, rules=RULES[1:]).outcomes) == len(RULES) - 1
