"""hmd/: the 1+MG harmonised minimal dataset (HMD), v1.1, one file for each class that we can fill.

HMD is a set of tables without a file format, so the format is ours (docs/minimal-dataset.md). A
record has ``items``, whose names are those of HMD to the letter; ``of`` names the records of other
classes that it belongs to, and ``id`` the record itself where HMD has no item for that. An item
that points to another class holds ``{"DigitalResource": id}``.

Source: Health-RI/HarmonisedMinimalDatamodel 6f2f2c30, v1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from schelde.bundle.record import Member, Program, Record, Role
from schelde.documents import sample_terms
from schelde.documents.sample_terms import Coded
from schelde.json_text import json_text
from schelde.sheet import Assay

MODEL = "1+MG Harmonised Minimal Dataset"
VERSION = "1.1"

CLASSES = {
    "hmd/subjects.json": "Subject",
    "hmd/samples.json": "Sample",
    "hmd/sample-relations.json": "SampleRelation",
    "hmd/diagnoses.json": "Diagnosis",
    "hmd/sequences.json": "Sequence",
    "hmd/digital-resources.json": "DigitalResource",
}
"""Files and the class that each holds, all of them in every bundle."""

NOT_KNOWN: Coded = {"nullFlavor": "NI"}
"""HL7 NullFlavor 'no information', for what HMD asks for and nobody told or measured."""

BIRTH_SEX = {"XX": ("F", "Female"), "XY": ("M", "Male")}
"""Codes of HL7 Birth Sex by the sex chromosomes that the reads show."""

DIAGNOSIS_SYSTEMS = {"SCTID": "SNOMED CT"}
WHOLE_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
GENOME_ID = "reference"
CALLER_ID = "variant-caller"

Entry = dict[str, Any]


def documents(record: Record) -> dict[str, str]:
    """Return the six files of HMD by their paths."""
    entries = {
        "Subject": list(_subjects(record)),
        "Sample": [_sample(member) for member in record.members],
        "SampleRelation": list(_relations(record)),
        "Diagnosis": list(_diagnoses(record)),
        "Sequence": [_sequence(record, member) for member in record.members],
        "DigitalResource": list(_resources(record)),
    }
    return {path: _file(name, entries[name]) for path, name in CLASSES.items()}


def _file(name: str, entries: list[Entry]) -> str:
    document = {"model": MODEL, "version": VERSION, "class": name, "records": entries}
    return json_text(document)


def _known(items: Entry) -> Entry:
    """Return the items that have a value."""
    return {name: value for name, value in items.items() if value is not None}


def _subjects(record: Record) -> Iterable[Entry]:
    for subject, members in record.subjects.items():
        facts = members[0].facts
        yield {
            "items": {
                "Subject ID": subject,
                "Birth Date": facts.birth,
                "Administrative Gender": {
                    "system": "HL7 AdministrativeGender",
                    "code": facts.gender,
                    "label": facts.gender.capitalize(),
                },
                **_birth_sex(members),
                **_known({"Country of Origin": facts.country}),
            }
        }


def _birth_sex(members: Iterable[Member]) -> Entry:
    """Return the sex by the reads where it is XX or XY in all samples; HMD wants it proven so."""
    seen = {member.metrics.get("karyotype") for member in members}
    karyotype = seen.pop() if len(seen) == 1 else None
    if karyotype not in BIRTH_SEX:
        return {}
    code, label = BIRTH_SEX[str(karyotype)]
    return {"biological sex at birth": {"system": "HL7 BirthSex", "code": code, "label": label}}


def _sample(member: Member) -> Entry:
    facts = member.facts
    storage = None if facts.storage is None else [sample_terms.storage(facts.storage)]
    return {
        "of": {"Subject": member.subject},
        "items": _known(
            {
                "ID": member.sample,
                "Anatomical sample location": sample_terms.site(facts.anatomical_site),
                "Pathological state": sample_terms.state(facts.pathological_state),
                "Date": whole_day(facts.collected),
                "Organism": sample_terms.organism(),
                "Biospecimen_Type": sample_terms.specimen(facts.specimen),
                "Storage_Conditions": storage,
            }
        ),
    }


def whole_day(day: str | None) -> str | None:
    """Return a date that tells its day; HMD has no room for less but at birth.

    >>> whole_day("2025-02-01"), whole_day("2025-02"), whole_day(None)
    ('2025-02-01', None, None)
    """
    return day if day is not None and WHOLE_DAY.fullmatch(day) else None


def _relations(record: Record) -> Iterable[Entry]:
    """Yield an entry from each child's sample to that of each parent."""
    for member in record.members:
        for role, parent in (("father", member.father), ("mother", member.mother)):
            if parent is not None:
                yield {
                    "of": {"Sample": member.sample},
                    "items": {
                        "Related_Sample": [parent],
                        "Relation_Type": "Familial",
                        "Relation_Description": f"sample of the {role}",
                    },
                }


def _diagnoses(record: Record) -> Iterable[Entry]:
    """Yield an entry for each subject with a diagnosis; the healthy have none."""
    for subject, members in record.subjects.items():
        codes = dict.fromkeys(code for member in members for code in member.facts.diagnoses)
        if codes:
            yield {
                "of": {"Subject": subject},
                "items": {"Diagnosis": [diagnosis(code) for code in codes]},
            }


def diagnosis(code: str) -> Coded:
    """Return a diagnosis as HMD wants it, in SNOMED CT; other codes as translations of HL7 OTH.

    >>> diagnosis("ORPHA:98473")["translation"]
    [{'system': 'ORPHA', 'code': '98473'}]
    """
    system, _, value = code.partition(":")
    if system in DIAGNOSIS_SYSTEMS:
        return {"system": DIAGNOSIS_SYSTEMS[system], "code": value, "label": value}
    translation = [{"system": system, "code": value}]
    return {"nullFlavor": "OTH", "originalText": code, "translation": translation}


def mean_depth(member: Member) -> float | None:
    """Return the mean depth of the autosomes of a genome, or of an exome's targets."""
    genome = member.assay is Assay.WGS
    return member.number("mean_autosome_coverage" if genome else "mean_target_coverage")


def _depth(member: Member) -> Entry:
    """Return the depth, and the share of bases that have it where that very depth was measured."""
    mean = mean_depth(member)
    if mean is None:
        return {"Average depth of coverage": NOT_KNOWN}
    depth = round(mean)
    share = "pct_autosomes" if member.assay is Assay.WGS else "pct_target_bases"
    breadth = member.number(f"{share}_{depth}x")
    return {
        "Average depth of coverage": depth,
        **({} if breadth is None else {"Breadth of coverage": round(breadth)}),
    }


def _sequence(record: Record, member: Member) -> Entry:
    facts = member.facts
    roles = {file.role for file in member.files}
    final = "vcf" if roles & {Role.VARIANTS, Role.GVCF} else "cram"
    return {
        "of": {"Sample": member.sample},
        "items": {
            "Target": sample_terms.term("targets", str(member.assay)),
            **_known({"Sequencing_Date": whole_day(facts.sequenced)}),
            "Sequencing Platform": [sample_terms.instrument(facts.instrument)],
            **_depth(member),
            "Additional NGS quality control metrics": json.dumps(
                member.ga4gh, ensure_ascii=False, separators=(",", ":")
            ),
            "Initial_input_file_format": sample_terms.term("formats", "fastq"),
            "Final_output_file_format": sample_terms.term("formats", final),
            "Alignment_software": [{"DigitalResource": name} for name in _program_ids(record)],
            "Alignment_Genome": [{"DigitalResource": GENOME_ID}],
            "Variant_calling": [{"DigitalResource": CALLER_ID}],
        },
    }


def _program_ids(record: Record) -> list[str]:
    programs = record.provenance.programs
    return [f"alignment-{number}" for number, _ in enumerate(programs, start=1)]


def _resources(record: Record) -> Iterable[Entry]:
    """Yield the genome, the programs that aligned, and the caller.

    ``Date used`` is the day that the bundle bears, as no clock is kept of the run; ``Version`` is
    text, as the type that HMD gives (double) cannot hold 1.16.1.
    """
    used = f"{record.dataset.issued}T00:00:00Z"
    yield {"id": GENOME_ID, "items": {**_genome(record), "Date used": used}}
    for name, program in zip(_program_ids(record), record.provenance.programs, strict=True):
        yield {"id": name, "items": {**_program(program), "Date used": used}}
    name, version = caller(record.provenance.caller)
    settings = [
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in record.provenance.settings.items()
        if key.startswith("call.")
    ]
    items = {"Name": name, "Version": version, "Date used": used, "Settings": settings or None}
    yield {"id": CALLER_ID, "items": _known(items)}


def _genome(record: Record) -> Entry:
    reference = record.reference
    digest = reference.seqcol.get("digest")
    settings = None if digest is None else [f"GA4GH sequence collection {digest}"]
    return {
        "Name": reference.genome or "own reference",
        "Version": reference.accession or digest or NOT_KNOWN,
        **_known({"Settings": settings}),
    }


def _program(program: Program) -> Entry:
    return {"Name": program.name, "Version": program.version, "Parameters": [program.command]}


def caller(words: str) -> tuple[str, str | Coded]:
    """Split the name of a caller from its version.

    >>> caller("GATK HaplotypeCaller 4.6.2.0"), caller("freebayes")
    (('GATK HaplotypeCaller', '4.6.2.0'), ('freebayes', {'nullFlavor': 'NI'}))
    """
    name, _, last = words.rpartition(" ")
    if name and re.fullmatch(r"v?[0-9][^\s]*", last):
        return name, last
    return words, NOT_KNOWN
