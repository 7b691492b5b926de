"""provenance/: how the data were made, as a Workflow Run RO-Crate 0.5, and the same in two tables.

The crate's root is provenance/, with the Snakefile as its workflow (profiles: process, workflow and
workflow-ro-crate of ResearchObject/workflow-run-crate 23f7b034; RO-Crate 1.1). Encrypted files are
named from there, as ``../encrypted/...``: unpacked anywhere, a bundle keeps its links.

The library `rocrate` is not used to write it: it stamps the clock, and takes the format's newest
version and random names where none are given. Tests read what is written here with that library.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from schelde.bundle.record import RECORD, Record
from schelde.documents import crate_run
from schelde.json_text import json_text

CRATE = "provenance/ro-crate-metadata.json"
VERSIONS = "provenance/versions.json"
PARAMETERS = "provenance/parameters.json"
WORKFLOW = "provenance/Snakefile"

SNAKEFILE = Path(__file__).parents[4] / "Snakefile"
"""The workflow itself, which ships with the product."""

CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run"]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"

Entity = dict[str, Any]


def documents(record: Record) -> dict[str, str | bytes]:
    """Return the provenance/ folder of a bundle but for its record, by path from its top."""
    return {
        CRATE: json_text({"@context": CONTEXT, "@graph": graph(record)}),
        WORKFLOW: workflow_text(record),
        VERSIONS: json_text(versions(record)),
        PARAMETERS: json_text(parameters(record)),
    }


def workflow_text(record: Record) -> str:
    """Return the Snakefile of the run; that of this version where the record does not keep it."""
    return record.provenance.workflow or SNAKEFILE.read_text(encoding="utf-8")


def versions(record: Record) -> dict[str, Any]:
    """Return versions of the product and its tools, and what they were asked to do."""
    made = record.provenance
    return {
        "schelde": record.version,
        "caller": made.caller,
        "tools": made.tools,
        "programs": [program.model_dump() for program in made.programs],
    }


def parameters(record: Record) -> dict[str, Any]:
    """Return the settings of the run and its reference; an unset setting is null."""
    reference = record.reference
    return {
        "settings": record.provenance.settings,
        "reference": {
            "genome": reference.genome,
            "accession": reference.accession,
            "seqcol": reference.seqcol.get("digest"),
        },
    }


def graph(record: Record) -> list[Entity]:
    """Return the entities of the crate, the two that every crate has first."""
    files = [*_texts(), *crate_run.results(record)]
    return [
        _descriptor(),
        _root(record, files),
        *_profiles(),
        _workflow(record),
        *_about(record),
        *crate_run.entities(record),
        *files,
    ]


def _descriptor() -> Entity:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": _links(["https://w3id.org/ro/crate/1.1", list(PROFILES)[-1]]),
    }


def _root(record: Record, files: list[Entity]) -> Entity:
    dataset = record.dataset
    authors = _links(creator.identifier for creator in dataset.creators)
    withdrawn = [withdrawal.date for withdrawal in record.withdrawals]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _links(PROFILES),
        "identifier": dataset.identifier,
        "name": dataset.title,
        "description": dataset.description,
        "datePublished": dataset.issued,
        "license": {"@id": dataset.license},
        "publisher": {"@id": dataset.publisher.identifier},
        "author": authors if len(authors) > 1 else authors[0],
        "keywords": list(dataset.keywords),
        "mainEntity": {"@id": "Snakefile"},
        "mentions": {"@id": crate_run.RUN},
        "hasPart": _links(["Snakefile", *(file["@id"] for file in files)]),
    }
    return root | ({"dateModified": max(withdrawn)} if withdrawn else {})


def _profiles() -> list[Entity]:
    return [
        {"@id": profile, "@type": "CreativeWork", "name": name, "version": version}
        for profile, (name, version) in PROFILES.items()
    ]


def _workflow(record: Record) -> Entity:
    return {
        "@id": "Snakefile",
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        "name": "Schelde",
        "description": "FASTQ to checked genomes and exomes; its rules ship with the product.",
        "version": record.version,
        "license": {"@id": "https://spdx.org/licenses/MIT"},
        "encodingFormat": "text/plain",
        "programmingLanguage": {"@id": LANGUAGE},
        "input": _links(crate_run.input_ids(record)),
        "output": _links(crate_run.output_ids(record)),
        "hasPart": _links(crate_run.tool_ids(record)),
    }


def _about(record: Record) -> list[Entity]:
    """Return organisations, licences and the language of the workflow."""
    dataset = record.dataset
    organisations = {one.identifier: one for one in (dataset.publisher, *dataset.creators)}
    return [
        {
            "@id": LANGUAGE,
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "identifier": {"@id": "https://doi.org/10.12688/f1000research.29032.2"},
            "url": {"@id": "https://snakemake.github.io"},
        },
        {
            "@id": "https://spdx.org/licenses/MIT",
            "@type": "CreativeWork",
            "name": "MIT License",
            "description": "Licence of the workflow.",
        },
        {
            "@id": dataset.license,
            "@type": "CreativeWork",
            "name": "Licence or terms of the data",
            "description": dataset.rights,
        },
        *(
            {"@id": key, "@type": "Organization", "name": one.name, "url": one.homepage}
            for key, one in organisations.items()
        ),
    ]


def _texts() -> list[Entity]:
    """Return the other documents of the folder."""
    names = {
        RECORD: "All that the documents of the bundle are written from, under pseudonyms",
        VERSIONS: "Versions of the programs, with their options",
        PARAMETERS: "Settings of the run",
    }
    return [
        {
            "@id": path.removeprefix("provenance/"),
            "@type": "File",
            "name": name,
            "encodingFormat": "application/json",
        }
        for path, name in names.items()
    ]


def _links(ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": one} for one in ids]
