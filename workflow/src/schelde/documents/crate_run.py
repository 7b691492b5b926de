"""The run of the workflow in an RO-Crate: what went in, what came out, by which programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from schelde.bundle.record import SUFFIXES, File, Member, Record, Role
from schelde.documents.manifest import EDAM

RUN = "#run"
READS = "#input/reads"
REFERENCE = "#input/reference"

Entity = dict[str, Any]

FORMATS = {
    "format_1930": "FASTQ",
    "format_3003": "BED",
    "format_3016": "VCF",
    "format_3462": "CRAM",
    "format_3700": "Tabix index file format",
}
"""Terms of EDAM that our files have, with their labels."""

CRYPT4GH = "http://samtools.github.io/hts-specs/crypt4gh.pdf"


def entities(record: Record) -> list[Entity]:
    """Return the run, its parameters and their values, its programs, and the formats of files."""
    return [
        _action(record),
        *_parameters(record),
        *_values(record),
        *_tools(record),
        *_formats(record),
    ]


def input_ids(record: Record) -> list[str]:
    """Return the ids of the formal parameters that go in."""
    return [READS, REFERENCE, *(_setting(name) for name in record.provenance.settings)]


def output_ids(record: Record) -> list[str]:
    """Return the ids of the formal parameters that come out: kinds of file that are there."""
    return [_output(role) for role in _roles(record)]


def tool_ids(record: Record) -> list[str]:
    """Return the ids of programs that the workflow runs."""
    return [_tool(name) for name in record.provenance.tools]


def results(record: Record) -> list[Entity]:
    """Return the encrypted files, each with size and checksum of what lies in the bundle."""
    return [_result(member, file) for member, file in record.files]


def _action(record: Record) -> Entity:
    dataset = record.dataset
    values = [value["@id"] for value in _values(record)]
    return {
        "@id": RUN,
        "@type": "CreateAction",
        "name": f"Schelde {record.version} on {len(record.members)} samples",
        "description": f"{record.provenance.caller}; options of programs are in versions.json.",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        # The day that the bundle bears, by declaration; no clock is read.
        "endTime": dataset.issued,
        "agent": {"@id": dataset.publisher.identifier},
        "instrument": {"@id": "Snakefile"},
        "object": [{"@id": one} for one in values],
        "result": [{"@id": f"../{file.path}"} for _, file in record.files],
    }


def _result(member: Member, file: File) -> Entity:
    media, term = "application/octet-stream", EDAM[file.role]
    return {
        "@id": f"../{file.path}",
        "@type": "File",
        "name": f"{file.name}.c4gh",
        "description": f"{file.role} of sample {member.sample}, encrypted",
        "conformsTo": {"@id": CRYPT4GH},
        "contentSize": str(file.encrypted_size),
        "encodingFormat": [media, {"@id": _edam(term)}] if term else media,
        "exampleOfWork": {"@id": _output(file.role)},
        "sha256": file.encrypted.sha256,
    }


def _parameters(record: Record) -> Iterator[Entity]:
    """Yield the formal parameters of the workflow."""
    yield _parameter(READS, "reads", "Text", "Sequences of one read group, FASTQ or alignments")
    yield _parameter(REFERENCE, "reference", "Text", "Sequences that reads are aligned to")
    for name, value in record.provenance.settings.items():
        yield _parameter(_setting(name), name, _type(value), "Setting of config.yaml")
    for role in _roles(record):
        text = f"Encrypted file that ends in {SUFFIXES[role]}.c4gh"
        yield _parameter(_output(role), str(role), "File", text)


def _parameter(key: str, name: str, kind: str, text: str) -> Entity:
    return {
        "@id": key,
        "@type": "FormalParameter",
        "conformsTo": {"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
        "additionalType": kind,
        "name": name,
        "description": text,
    }


def _values(record: Record) -> Iterator[Entity]:
    """Yield what the run was given. Reads are named by the pseudonyms of their read groups."""
    for member in record.members:
        for group in member.read_groups:
            ends = "paired" if group.paired else "single"
            told = f"{group.id}: {group.platform}, {ends} ends"
            yield _value(f"#reads/{quote(group.id)}", READS, "reads", told)
    reference = record.reference
    sequences = f"sequence collection {reference.seqcol.get('digest')}"
    known = [text for text in (reference.genome, reference.accession) if text]
    yield _value("#reference", REFERENCE, "reference", ", ".join([*known, sequences]))
    for name, value in record.provenance.settings.items():
        if value is not None:
            yield _value(f"#value/{quote(name)}", _setting(name), name, value)


def _value(key: str, parameter: str, name: str, value: str | float) -> Entity:
    return {
        "@id": key,
        "@type": "PropertyValue",
        "exampleOfWork": {"@id": parameter},
        "name": name,
        "value": value,
    }


def _tools(record: Record) -> Iterator[Entity]:
    for name, version in record.provenance.tools.items():
        yield {
            "@id": _tool(name),
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
        }


def _formats(record: Record) -> Iterator[Entity]:
    """Yield the specifications that files follow."""
    if record.members:
        yield {"@id": CRYPT4GH, "@type": "CreativeWork", "name": "GA4GH Crypt4GH, version 1"}
    terms = sorted({term for role in _roles(record) if (term := EDAM[role])})
    for term in terms:
        yield {"@id": _edam(term), "@type": "WebSite", "name": FORMATS[term]}


def _roles(record: Record) -> list[Role]:
    found = {file.role for _, file in record.files}
    return [role for role in Role if role in found]


def _type(value: str | float | None) -> str:
    """Return the type of a setting in schema.org's words; bool comes first, being an int too."""
    kinds = ((bool, "Boolean"), (int, "Integer"), (float, "Float"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "Text")


def _setting(name: str) -> str:
    return f"#input/{quote(name)}"


def _output(role: Role) -> str:
    return f"#output/{role}"


def _tool(name: str) -> str:
    return f"#tool/{quote(name)}"


def _edam(term: str) -> str:
    return f"http://edamontology.org/{term}"
