"""Documents of a bundle, each written from its record alone."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from schelde.bundle.record import RECORD, Record

Writer = Callable[[Record], dict[str, str | bytes]]

TOPICS = (
    "checksums",
    "crate",
    "dcat",
    "ega_api",
    "ega_xml",
    "frequencies",
    "ghga",
    "grz",
    "hmd",
    "page",
    "phenopackets",
    "qc",
    "sda",
)
"""Modules of this package with a function ``documents(record)``."""


def all_documents(record: Record) -> dict[str, bytes]:
    """Return every document of a bundle but its manifest, by its path from the top.

    ValueError when two writers give the same path.
    """
    found: dict[str, bytes] = {RECORD: record.to_json().encode()}
    for topic in TOPICS:
        writer: Writer = import_module(f"schelde.documents.{topic}").documents
        for path, content in writer(record).items():
            if path in found:
                raise ValueError(f"{path} is written twice, the second time by {topic}")
            found[path] = content.encode() if isinstance(content, str) else content
    return found
