"""manifest.json: every file of a bundle with its size and checksums, plain and encrypted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from schelde.bundle.record import File, Record, Role

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
}
"""EDAM terms: CRAM, VCF (gVCF has none of its own), tabix index, FASTQ; a CRAM index has none."""

EGA_TYPES = {
    Role.READS: "cram",
    Role.READS_INDEX: "crai",
    Role.VARIANTS: "vcf",
    Role.VARIANTS_INDEX: "tabix",
    Role.GVCF: "vcf",
    Role.GVCF_INDEX: "tabix",
    Role.FASTQ_1: "fastq",
    Role.FASTQ_2: "fastq",
}
"""File types of SRA.run.xsd and SRA.analysis.xsd."""


def manifest(record: Record, contents: Mapping[str, bytes]) -> bytes:
    """Return manifest.json of a bundle with these documents, by path from its top."""
    encrypted = [_encrypted(member.sample, file) for member, file in record.files]
    documents = [_document(path, content) for path, content in contents.items()]
    files = sorted([*encrypted, *documents], key=lambda entry: str(entry["path"]))
    document = {"format": FORMAT, "dataset": record.dataset.alias, "files": files}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


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
    return {
        "path": path,
        "role": "document",
        "size": len(content),
        "md5": hashlib.md5(content).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "plain": None,
        "sample": None,
        "edam": None,
        "ega_type": None,
    }
