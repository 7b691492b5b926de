"""Checks of the messages that make a node with the Sensitive Data Archive take a dataset in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from schelde.bundle.record import Checksums
from schelde.verify.ega_read import api_groups, has_people
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError
from schelde.verify.schema import validator

ISOLATED = "sda/isolated/messages.jsonl"
CALLS = "sda/isolated/calls.jsonl"
FEDERATED = "sda/federated/messages.jsonl"
SCHEMAS = {ISOLATED: "sda-isolated", CALLS: "sda-call", FEDERATED: "sda-federated"}
MESSAGES = (ISOLATED, FEDERATED)

STAGES = ("ingest", "accession", "mapping", "release")
"""Types of messages, in the order in which a node must get them."""

Message = dict[str, Any]


def lines(bundle: Bundle, document: str) -> list[Any]:
    """Return the JSON values of a document, a line each; `UnreadableError` if one is none."""
    key = f"sda.lines.{document}"
    if key not in bundle.kept:
        bundle.kept[key] = list(_parsed(bundle, document))
    found: list[Any] = bundle.kept[key]
    return found


def _parsed(bundle: Bundle, document: str) -> Iterator[Any]:
    for number, line in enumerate(_split(bundle.text(document)), start=1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            raise UnreadableError(document, f"line {number} is not JSON") from error


def _split(text: str) -> list[str]:
    """Split at line ends alone: JSON may hold other characters at which Python splits."""
    return text.removesuffix("\n").split("\n")


def sound(bundle: Bundle, document: str) -> list[Message]:
    """Return the messages of a document; `UnreadableError` if one breaks our schema."""
    if _faults(bundle, document):
        raise UnreadableError(document, "a message breaks its schema")
    return lines(bundle, document)


def _faults(bundle: Bundle, document: str) -> list[Finding]:
    """Return the messages that break our schema; worked out once, as there may be many."""
    key = f"sda.{document}"
    if key not in bundle.kept:
        bundle.kept[key] = list(_broken(bundle, document))
    found: list[Finding] = bundle.kept[key]
    return found


def _broken(bundle: Bundle, document: str) -> Iterator[Finding]:
    check = validator(SCHEMAS[document])
    for number, message in enumerate(lines(bundle, document), start=1):
        fault = next(check.iter_errors(message), None)
        if fault is not None:
            where = f"line {number}, {fault.json_path}"
            yield Finding(document, f"{where}: {fault.message[:SHOWN]}")


SHOWN = 200
"""Letters of a fault that are told."""


def _messages(bundle: Bundle) -> Iterable[Finding]:
    for document in SCHEMAS:
        yield from _faults(bundle, document)


def _order(bundle: Bundle) -> Iterable[Finding]:
    for document in MESSAGES:
        types = [message["type"] for message in sound(bundle, document)]
        if types != sorted(types, key=STAGES.index):
            yield Finding(document, f"messages are not in the order {', '.join(STAGES)}")
        for stage in STAGES[2:]:
            if types.count(stage) != 1:
                what = f"there are {types.count(stage)} messages '{stage}', not one"
                yield Finding(document, what)


def _files(bundle: Bundle) -> Iterable[Finding]:
    """Each file that the node is to take has one message 'ingest' and one 'accession'."""
    folder = f"{bundle.record.dataset.alias}/encrypted"
    every = {f"{folder}/{file.name}.c4gh" for _, file in bundle.record.files}
    described = {f"{folder}/{name}" for group in api_groups(bundle) for name in group.files}
    for document, wanted in ((ISOLATED, every), (FEDERATED, described)):
        for stage in STAGES[:2]:
            messages = _of(bundle, document, stage)
            times = Counter(message["filepath"] for message in messages)
            for path in sorted(wanted - set(times)):
                yield Finding(document, f"there is no message '{stage}' of {path}")
            for path in sorted(set(times) - wanted):
                yield Finding(document, f"'{stage}' of {path}, which is no file to take in")
            for path, count in times.items():
                if count > 1:
                    yield Finding(document, f"there are {count} messages '{stage}' of {path}")
            yield from _users(bundle, document, messages)


def _users(bundle: Bundle, document: str, messages: list[Message]) -> Iterator[Finding]:
    user = bundle.record.dataset.inbox_user
    for message in messages:
        if message["user"] != user:
            what = f"'{message['type']}' of {message['filepath']} is of user {message['user']}"
            yield Finding(document, f"{what}, but {user} in the record")


def _of(bundle: Bundle, document: str, stage: str) -> list[Message]:
    return [message for message in sound(bundle, document) if message["type"] == stage]


def _checksums(bundle: Bundle) -> Iterable[Finding]:
    folder = f"{bundle.record.dataset.alias}/encrypted"
    files = {f"{folder}/{file.name}.c4gh": file for _, file in bundle.record.files}
    for document in MESSAGES:
        for stage, key in (("ingest", "encrypted_checksums"), ("accession", "decrypted_checksums")):
            for message in _of(bundle, document, stage):
                file = files.get(message["filepath"])
                if file is not None:
                    recorded = file.encrypted if stage == "ingest" else file.plain
                    where = f"{key} of {message['filepath']}"
                    yield from _unequal(document, where, message[key], recorded)


def _unequal(
    document: str, where: str, found: list[dict[str, str]], recorded: Checksums
) -> Iterator[Finding]:
    wanted = {"sha256": recorded.sha256, "md5": recorded.md5}
    for each in found:
        if each["value"] != wanted[each["type"]]:
            what = f"{each['type']} in {where} is {each['value']}"
            yield Finding(document, f"{what}, but {wanted[each['type']]} in the record")


def _accessions(bundle: Bundle) -> Iterable[Finding]:
    """Every file has an id of its own, and the mapping has exactly these."""
    dataset = bundle.record.dataset
    own = {ISOLATED: dataset.identifier, FEDERATED: f"@egad:{dataset.alias}"}
    for document, identifier in own.items():
        given = [(m["accession_id"], m["filepath"]) for m in _of(bundle, document, "accession")]
        for accession, times in Counter(accession for accession, _ in given).items():
            if times > 1:
                yield Finding(document, f"{times} files have the id {accession}")
        for message in _of(bundle, document, "mapping"):
            mapped = set(message["accession_ids"])
            for accession, path in given:
                if accession not in mapped:
                    yield Finding(document, f"the mapping leaves out {accession} of {path}")
            for accession in sorted(mapped - {accession for accession, _ in given}):
                yield Finding(document, f"the mapping has {accession}, which no file has")
        for stage in STAGES[2:]:
            for message in _of(bundle, document, stage):
                if message["dataset_id"] != identifier:
                    what = f"'{stage}' is of the dataset {message['dataset_id']}"
                    yield Finding(document, f"{what}, and should be of {identifier}")
    for message in _of(bundle, FEDERATED, "accession"):
        name = message["filepath"].rsplit("/", 1)[-1]
        if message["accession_id"] != f"@egaf:{name}":
            what = f"the id of {message['filepath']} is {message['accession_id']}"
            yield Finding(FEDERATED, f"{what}, and should be @egaf:{name}")
    for message in _of(bundle, ISOLATED, "accession"):
        if not message["accession_id"].startswith(f"{dataset.identifier}-"):
            what = f"the id {message['accession_id']} of {message['filepath']}"
            yield Finding(ISOLATED, f"{what} does not begin with {dataset.identifier}-")


def _calls(bundle: Bundle) -> Iterable[Finding]:
    """The calls do what the messages do, in the same order."""
    user = bundle.record.dataset.inbox_user
    wanted = [_call(message, user) for message in sound(bundle, ISOLATED)]
    found = [(call["path"], call["body"]) for call in sound(bundle, CALLS)]
    if len(found) != len(wanted):
        yield Finding(CALLS, f"there are {len(found)} calls for {len(wanted)} messages")
        return
    for number, (call, message) in enumerate(zip(found, wanted, strict=True), start=1):
        if call != message:
            yield Finding(CALLS, f"line {number} does something else than its message")


def _call(message: Message, user: str) -> tuple[str, Message | None]:
    """Return path and body of the call that does what a message does."""
    if message["type"] == "release":
        return f"/dataset/release/{message['dataset_id']}", None
    keys = {
        "ingest": ("/file/ingest", ("filepath",)),
        "accession": ("/file/accession", ("accession_id", "filepath")),
        "mapping": ("/dataset/create", ("accession_ids", "dataset_id")),
    }
    path, kept = keys[message["type"]]
    return path, {**{key: message[key] for key in kept}, "user": user}


CHECKS: tuple[tuple[str, str, Callable[[Bundle], Iterable[Finding]]], ...] = (
    ("sda.messages", "every message and call for an archive keeps to its schema", _messages),
    ("sda.order", "messages ingest, then give accessions, then map, then release", _order),
    ("sda.files", "every file to be taken in has one message of each kind", _files),
    ("sda.checksums", "checksums in the messages are those of the record", _checksums),
    (
        "sda.accessions",
        "every file has an accession of its own, which the mapping has",
        _accessions,
    ),
    ("sda.calls", "the calls of the admin API do what the messages do", _calls),
)

RULES: tuple[Rule, ...] = tuple(
    Rule(name, proves, check, applies=has_people) for name, proves, check in CHECKS
)
