"""sda/: what makes a node with the Sensitive Data Archive take in the files of a dataset.

Source: neicnordic/sensitive-data-archive, sda/schemas (messages) and sda/cmd/api (calls). In the
inbox of ``dataset.inbox_user`` files lie as in the bundle, below a folder with its alias.

``isolated/``: a national node, whose ids are ours to give: every file of the bundle.
``messages.jsonl`` has the messages of its queue, ``calls.jsonl`` the same steps as calls of its
admin API; one a line, in the order in which they are sent.
``federated/``: a node of the Federated EGA, to which Central EGA sends such messages: the files
that are described to EGA, with aliases ('@egaf:', '@egad:') for accessions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from schelde.bundle.record import Checksums, File, Record
from schelde.ega.objects import alias, described, encrypted_name, inbox_path

ISOLATED = "sda/isolated/messages.jsonl"
CALLS = "sda/isolated/calls.jsonl"
FEDERATED = "sda/federated/messages.jsonl"

DIGITS = 12
"""Hexadecimal digits of a file's accession at an isolated node: 48 bits, of one dataset."""

Message = dict[str, Any]


def documents(record: Record) -> dict[str, str | bytes]:
    """Return messages and calls; nothing for a bundle without people."""
    if not record.members:
        return {}
    own = [(file, accession_of(record, file)) for _, file in record.files]
    given = [(file, alias("egaf", encrypted_name(file))) for file in described(record)]
    identifier, alias_of_dataset = record.dataset.identifier, record.dataset.alias
    return {
        ISOLATED: _lines(_messages(record, own, identifier)),
        CALLS: _lines(_calls(record, own, identifier)),
        FEDERATED: _lines(_messages(record, given, alias("egad", alias_of_dataset))),
    }


def accession_of(record: Record, file: File) -> str:
    """Return the id of a file at an isolated node.

    It is the catalogue identifier of the dataset and digits of a SHA-256 of the plain file's
    name and SHA-256: the same after the file was encrypted for further recipients.
    """
    seed = f"{file.name} {file.plain.sha256}".encode()
    return f"{record.dataset.identifier}-{hashlib.sha256(seed).hexdigest()[:DIGITS]}"


def _lines(entries: Iterable[Message]) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def _messages(record: Record, files: Sequence[tuple[File, str]], dataset: str) -> Iterable[Message]:
    user = record.dataset.inbox_user
    for file, _ in files:
        yield {
            "type": "ingest",
            "user": user,
            "filepath": inbox_path(record, file),
            "encrypted_checksums": _checksums(file.encrypted),
        }
    for file, accession in files:
        yield {
            "type": "accession",
            "user": user,
            "filepath": inbox_path(record, file),
            "accession_id": accession,
            "decrypted_checksums": _checksums(file.plain),
        }
    accessions = [accession for _, accession in files]
    yield {"type": "mapping", "dataset_id": dataset, "accession_ids": accessions}
    yield {"type": "release", "dataset_id": dataset}


def _checksums(checksums: Checksums) -> list[dict[str, str]]:
    return [
        {"type": "sha256", "value": checksums.sha256},
        {"type": "md5", "value": checksums.md5},
    ]


def _calls(record: Record, files: Sequence[tuple[File, str]], dataset: str) -> Iterable[Message]:
    user = record.dataset.inbox_user
    for file, _ in files:
        body: Message = {"filepath": inbox_path(record, file), "user": user}
        yield _post("/file/ingest", body)
    for file, accession in files:
        body = {"accession_id": accession, "filepath": inbox_path(record, file), "user": user}
        yield _post("/file/accession", body)
    accessions = [accession for _, accession in files]
    body = {"accession_ids": accessions, "dataset_id": dataset, "user": user}
    yield _post("/dataset/create", body)
    yield _post(f"/dataset/release/{dataset}", None)


def _post(path: str, body: Message | None) -> Message:
    return {"method": "POST", "path": path, "body": body}
