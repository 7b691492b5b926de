"""A made-up EGA: takes payloads in the order of a bundle, and answers with ids."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from schelde.bundle.record import Record
from schelde.documents.ega_api import STEPS
from schelde.ega.objects import KINDS, alias, encrypted_name
from schelde.ega.resolver import resolve


def inbox(record: Record) -> dict[str, int | str]:
    """Return what EGA knows before anything is posted: ids of files, and of the policy."""
    ids: dict[str, int | str] = {
        alias("file", encrypted_name(file)): 700 + number
        for number, (_, file) in enumerate(record.files)
    }
    if record.dataset.policy.accession is None:
        ids[alias("egap", record.dataset.policy.alias)] = "EGAP00000000009"
    return ids


def submit(bundle: Path, record: Record) -> list[tuple[str, str, Any]]:
    """Post everything, one kind after the other; return path, document and payload of each."""
    ids, fresh = inbox(record), itertools.count(5000)
    posted = []
    for kind in KINDS:
        resolved = resolve(bundle, ids, kinds=(kind,))
        for step in resolved[STEPS]:
            document = f"ega/api/{step['document']}"
            posted.append((step["post"], document, resolved[document]))
            if step["gives"] is not None:
                ids[step["gives"]] = next(fresh)
    return posted
