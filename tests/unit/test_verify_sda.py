from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.ega_bundle import RECORDS, write_bundle
from tests.unit.made_record import made_record
from tests.unit.told import told

from schelde.verify import sda
from schelde.verify.rule import Bundle
from schelde.verify.sda import CALLS, FEDERATED, ISOLATED, SCHEMAS

BY_ID = {rule.id: rule for rule in sda.RULES}
Damage = Callable[[Path], None]
Lines = list[Any]

INGEST, ACCESSION, MAPPING, RELEASE = 0, 18, 36, 37
"""The first line of each kind in the messages of an isolated node; 0, 15, 30, 31 of the other."""

RECORD = made_record()
CRAM = RECORD.members[0].files[0]


def found(bundle: Path | Bundle, rule: str) -> list[str]:
    """Return the findings of one rule as 'file: message'."""
    return told(BY_ID[rule], bundle if isinstance(bundle, Bundle) else Bundle(bundle))


def edited(document: str, edit: Callable[[Lines], object]) -> Damage:
    """Change the messages of a document in place."""

    def damage(bundle: Path) -> None:
        lines = [json.loads(line) for line in (bundle / document).read_text().splitlines()]
        edit(lines)
        (bundle / document).write_text("".join(json.dumps(line) + "\n" for line in lines))

    return damage


def changed(document: str, line: int, key: str, to: Any) -> Damage:
    return edited(document, lambda lines: lines[line].update({key: to}))


def moved(line: int) -> Damage:
    return edited(ISOLATED, lambda lines: lines.append(lines.pop(line)))


def repeated(line: int) -> Damage:
    return edited(ISOLATED, lambda lines: lines.insert(line, lines[line]))


def taken(document: str, line: int) -> Damage:
    return edited(document, lambda lines: lines.pop(line))


def checksum(line: int, key: str, which: int) -> Damage:
    return edited(
        ISOLATED,
        lambda lines: lines[line][key][which].update(value="0" * (64 if which == 0 else 32)),
    )


def written(document: str, text: str) -> Damage:
    return lambda bundle: (bundle / document).write_text(text)


PATH = "made-trio/encrypted/P1AAAA.cram.c4gh"
EVIL = "made-trio/encrypted/../P1AAAA.cram.c4gh"

DAMAGES: list[tuple[str, Damage, str]] = [
    ("sda.messages", changed(ISOLATED, INGEST, "filepath", EVIL), "line 1, $.filepath"),
    (
        "sda.messages",
        changed(ISOLATED, INGEST, "filepath", "a/encrypted/P1;.c4gh"),
        "line 1, $.filepath",
    ),
    ("sda.messages", changed(ISOLATED, INGEST, "type", "cancel"), "'cancel' is not one of"),
    ("sda.messages", changed(ISOLATED, ACCESSION, "accession_id", "a b"), "line 19, $.acc"),
    ("sda.messages", changed(ISOLATED, INGEST, "encrypted_checksums", []), "[] is too"),
    ("sda.messages", changed(FEDERATED, 15, "accession_id", "EGAF1"), "line 16, $.acc"),
    ("sda.messages", changed(FEDERATED, 31, "dataset_id", "x"), "line 32, $.dataset_id"),
    (
        "sda.messages",
        changed(CALLS, 0, "method", "DELETE"),
        "calls.jsonl: line 1, $.met",
    ),
    ("sda.messages", changed(CALLS, 37, "path", "/dataset/release/a b"), "line 38, $.path"),
    ("sda.messages", written(ISOLATED, "{"), "line 1 is not JSON"),
    ("sda.messages", written(CALLS, ""), "line 1 is not JSON"),
    ("sda.messages", lambda bundle: (bundle / FEDERATED).unlink(), "this file is missing"),
    ("sda.order", moved(INGEST), "messages are not in the order ingest, accession, mapping"),
    ("sda.order", taken(ISOLATED, RELEASE), "there are 0 messages 'release', not one"),
    ("sda.order", repeated(RELEASE), "there are 2 messages 'release', not one"),
    ("sda.order", taken(FEDERATED, 30), "federated/messages.jsonl: there are 0 messages 'map"),
    ("sda.files", taken(ISOLATED, INGEST), f"there is no message 'ingest' of {PATH}"),
    ("sda.files", taken(ISOLATED, ACCESSION), f"there is no message 'accession' of {PATH}"),
    ("sda.files", repeated(INGEST), f"there are 2 messages 'ingest' of {PATH}"),
    (
        "sda.files",
        changed(ISOLATED, INGEST, "filepath", "made-trio/encrypted/other.cram.c4gh"),
        "'ingest' of made-trio/encrypted/other.cram.c4gh, which is no file to take in",
    ),
    (
        "sda.files",
        changed(FEDERATED, 0, "filepath", "made-trio/encrypted/P1AAAA.cram.crai.c4gh"),
        "'ingest' of made-trio/encrypted/P1AAAA.cram.crai.c4gh, which is no file to take in",
    ),
    (
        "sda.files",
        changed(ISOLATED, INGEST, "user", "someone@example.org"),
        "is of user someone@example.org, but depositor@genomes.example.org in the record",
    ),
    (
        "sda.checksums",
        checksum(INGEST, "encrypted_checksums", 0),
        f"sha256 in encrypted_checksums of {PATH} is {'0' * 64}, but {CRAM.encrypted.sha256}",
    ),
    (
        "sda.checksums",
        checksum(INGEST, "encrypted_checksums", 1),
        f"is {'0' * 32}, but {CRAM.encrypted.md5} in the record",
    ),
    (
        "sda.checksums",
        checksum(ACCESSION, "decrypted_checksums", 0),
        f"sha256 in decrypted_checksums of {PATH} is {'0' * 64}, but {CRAM.plain.sha256}",
    ),
    (
        "sda.accessions",
        edited(ISOLATED, lambda lines: lines[19].update(accession_id=lines[18]["accession_id"])),
        "2 files have the id GDI-BE-EXAMPLE-20260101-",
    ),
    (
        "sda.accessions",
        edited(ISOLATED, lambda lines: lines[MAPPING]["accession_ids"].pop(0)),
        f"of {PATH}",
    ),
    (
        "sda.accessions",
        edited(ISOLATED, lambda lines: lines[MAPPING]["accession_ids"].append("extra")),
        "the mapping has extra, which no file has",
    ),
    (
        "sda.accessions",
        changed(ISOLATED, RELEASE, "dataset_id", "another"),
        "'release' is of the dataset another, and should be of GDI-BE-EXAMPLE-20260101",
    ),
    (
        "sda.accessions",
        changed(FEDERATED, 30, "dataset_id", "@egad:another"),
        "'mapping' is of the dataset @egad:another, and should be of @egad:made-trio",
    ),
    (
        "sda.accessions",
        changed(FEDERATED, 15, "accession_id", "@egaf:other.c4gh"),
        f"the id of {PATH} is @egaf:other.c4gh, and should be @egaf:P1AAAA.cram.c4gh",
    ),
    (
        "sda.accessions",
        changed(ISOLATED, ACCESSION, "accession_id", "mine-1"),
        f"the id mine-1 of {PATH} does not begin with GDI-BE-EXAMPLE-20260101-",
    ),
    ("sda.calls", taken(CALLS, 0), "there are 37 calls for 38 messages"),
    ("sda.calls", edited(CALLS, lambda lines: lines.reverse()), "line 1 does something else"),
    (
        "sda.calls",
        edited(CALLS, lambda lines: lines[0]["body"].update(user="x")),
        "line 1 does something else than its message",
    ),
    ("sda.calls", changed(CALLS, 37, "path", "/dataset/release/other"), "line 38 does something"),
]


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_undamaged_messages_pass_every_rule(tmp_path, record):
    opened = Bundle(write_bundle(tmp_path, record))
    assert {rule: found(opened, rule) for rule in BY_ID} == {rule: [] for rule in BY_ID}
    assert len(BY_ID) == len(sda.RULES) == 6


@pytest.mark.parametrize(
    ("rule", "damage", "message"),
    DAMAGES,
    ids=[f"{number}-{rule}" for number, (rule, _, _) in enumerate(DAMAGES)],
)
def test_a_damaged_message_is_found(tmp_path, rule, damage, message):
    bundle = write_bundle(tmp_path, RECORD)
    damage(bundle)
    assert message in "\n".join(found(bundle, rule))


def test_every_rule_has_a_damaged_case():
    assert {rule for rule, _, _ in DAMAGES} == set(BY_ID)


@pytest.mark.parametrize("text", [*MALFORMED, '{"type": []}', '{"path": {}}'])
def test_no_rule_breaks_on_a_hostile_document(tmp_path, text):
    bundle = write_bundle(tmp_path, RECORD)
    for document in SCHEMAS:
        kept = (bundle / document).read_bytes()
        (bundle / document).write_text(text)
        assert found(bundle, "sda.messages"), document
        assert [message for rule in BY_ID for message in found(bundle, rule)]
        (bundle / document).write_bytes(kept)


def test_a_line_separator_within_a_text_ends_no_message(tmp_path):
    bundle = write_bundle(tmp_path, RECORD)
    text = (bundle / ISOLATED).read_text().replace("depositor@", "depo\u2028sitor@")
    (bundle / ISOLATED).write_text(text)
    assert found(bundle, "sda.messages")[0].startswith(f"{ISOLATED}: line 1, $.user")


def test_a_bundle_that_all_have_left_has_nothing_to_check(tmp_path):
    bundle = Bundle(write_bundle(tmp_path, made_record(members=())))
    assert not any(rule.applies(bundle) for rule in sda.RULES)
