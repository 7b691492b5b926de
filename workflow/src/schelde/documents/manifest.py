"""manifest.json: every file of a bundle with its size and checksums, plain and encrypted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schelde.bundle.record import File, Record, Role
from schelde.json_text import json_text
from schelde.pipes import md5_of

MANIFEST = "manifest.json"
FORMAT = "schelde-manifest/1"

EDAM = {
    Role.READS: "format_3462",
    Role.READS_INDEX: None,
    Role.VARIANTS: "format_3016",
    Role.VARIANTS_INDEX: "format_3700",
    Role.GVCF: "format_3016",
    Role.GVCF_INDEX: "format_3700",
    Role.FASTQ_1: "format_1930",
    Role.FASTQ_2: "format_1930",
    Role.TARGETS: "format_3003",
}
"""EDAM terms: CRAM, VCF (gVCF has none of its own), tabix index, FASTQ, BED; a CRAM index has
none."""

EGA_TYPES = {
    Role.READS: "cram",
    Role.READS_INDEX: "crai",
    Role.VARIANTS: "vcf",
    Role.VARIANTS_INDEX: "tabix",
    Role.GVCF: "vcf",
    Role.GVCF_INDEX: "tabix",
    Role.FASTQ_1: "fastq",
    Role.FASTQ_2: "fastq",
    Role.TARGETS: "bed",
}
"""File types of SRA.run.xsd and SRA.analysis.xsd; only analyses may have a BED."""


def manifest(
    record: Record,
    contents: Mapping[str, bytes],
    links: Mapping[str, str],
    public: Mapping[str, Path],
) -> bytes:
    """Return manifest.json of a bundle.

    Paths are from the top of the bundle. ``contents``: its documents. ``links``: encrypted files
    that stand in a second place too, and the path of the first. ``public``: where its files of
    numbers about all people together lie now; they are not encrypted.
    """
    encrypted = {file.path: _encrypted(member.sample, file) for member, file in record.files}
    again = [
        encrypted[path] | {"path": link, "role": "link", "plain": None, "sample": None}
        for link, path in links.items()
    ]
    documents = [_document(path, content) for path, content in contents.items()]
    numbers = [_public(path, source) for path, source in public.items()]
    files = sorted(
        [*encrypted.values(), *again, *documents, *numbers], key=lambda entry: str(entry["path"])
    )
    document = {"format": FORMAT, "dataset": record.dataset.alias, "files": files}
    return json_text(document).encode()


def _encrypted(sample: str, file: File) -> dict[str, Any]:
    return {
        "path": file.path,
        "role": str(file.role),
        "size": file.encrypted_size,
        "md5": file.encrypted.md5,
        "sha256": file.encrypted.sha256,
        "plain": {"size": file.size, "md5": file.plain.md5, "sha256": file.plain.sha256},
        "sample": sample,
        "edam": EDAM[file.role],
        "ega_type": EGA_TYPES[file.role],
    }


def _document(path: str, content: bytes) -> dict[str, Any]:
    md5, sha256 = hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest()
    return _plain(path, "document", len(content), md5, sha256)


def _public(path: str, source: Path) -> dict[str, Any]:
    with source.open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    return _plain(path, "frequencies", source.stat().st_size, md5_of(source), sha256)


def _plain(path: str, role: str, size: int, md5: str, sha256: str) -> dict[str, Any]:
    return {
        "path": path,
        "role": role,
        "size": size,
        "md5": md5,
        "sha256": sha256,
        "plain": None,
        "sample": None,
        "edam": None,
        "ega_type": None,
    }
