"""The harmonised minimal dataset against its tables, the other documents and the record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from schelde.bundle.record import Role
from schelde.documents.hmd import CLASSES, mean_depth, whole_day
from schelde.verify.hmd_files import entries_of
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings

SUBJECTS, SAMPLES, RELATIONS, DIAGNOSES, SEQUENCES, RESOURCES = CLASSES
SCHEMAS = dict(
    zip(
        CLASSES,
        ("subject", "sample", "sample-relation", "diagnosis", "sequence", "digital-resource"),
        strict=True,
    )
)

POINTERS = (
    "Alignment_software",
    "Alignment_Genome",
    "Variant_calling",
    "Variant_Annotation",
    "Variant_Annotation_database",
)
"""Items of a sequence that point to digital resources."""

QC = "Additional NGS quality control metrics"
DEPTH = "Average depth of coverage"


def _schemas(bundle: Bundle) -> Iterable[Finding]:
    for path, schema in SCHEMAS.items():
        yield from schema_findings(bundle, path, f"hmd-{schema}")


def _subjects(bundle: Bundle) -> Iterable[Finding]:
    """Each subject of the record once, as the record has it, and no other."""
    entries = list(entries_of(bundle, SUBJECTS))
    told = [entry.text("Subject ID") for entry in entries]
    yield from _differences(SUBJECTS, "subject", told, bundle.record.subjects)
    for entry in entries:
        members = bundle.record.subjects.get(entry.text("Subject ID") or "")
        if not members:
            continue
        facts = members[0].facts
        for item, value, wanted in (
            ("Birth Date", entry.text("Birth Date"), facts.birth),
            ("Administrative Gender", entry.code("Administrative Gender"), facts.gender),
            ("Country of Origin", entry.text("Country of Origin"), facts.country),
        ):
            if value != wanted:
                what = f"'{item}' of {members[0].subject} is {value!r}, the record has {wanted!r}"
                yield Finding(SUBJECTS, what)


def _samples(bundle: Bundle) -> Iterable[Finding]:
    """Each sample of the record once, of its subject, with one sequence."""
    members = {member.sample: member for member in bundle.record.members}
    entries = list(entries_of(bundle, SAMPLES))
    yield from _differences(SAMPLES, "sample", [entry.text("ID") for entry in entries], members)
    subjects = {entry.text("Subject ID") for entry in entries_of(bundle, SUBJECTS)}
    for entry in entries:
        sample, subject = entry.text("ID"), entry.owner("Subject")
        if subject not in subjects:
            what = f"sample {sample} is of subject {subject!r}, who is not in {SUBJECTS}"
            yield Finding(SAMPLES, what)
        elif sample in members and subject != members[sample].subject:
            what = f"sample {sample} is of subject {subject!r}, the record has "
            yield Finding(SAMPLES, f"{what}{members[sample].subject!r}")
    sequenced = [entry.owner("Sample") for entry in entries_of(bundle, SEQUENCES)]
    yield from _differences(SEQUENCES, "sequence of sample", sequenced, members)


def _differences(
    path: str, kind: str, told: Iterable[str | None], wanted: Iterable[str]
) -> Iterable[Finding]:
    counts = Counter(told)
    wanted = set(wanted)
    for name in sorted(wanted - counts.keys()):
        yield Finding(path, f"{kind} {name} of the record is missing")
    for found, count in counts.items():
        if found not in wanted:
            yield Finding(path, f"{kind} {found!r} is not in the record")
        elif count > 1:
            yield Finding(path, f"{kind} {found} is there {count} times")


def _relations(bundle: Bundle) -> Iterable[Finding]:
    """Children to their parents as in the record; diagnoses of subjects that are there."""
    wanted = {
        (member.sample, parent)
        for member in bundle.record.members
        for parent in (member.father, member.mother)
        if parent is not None
    }
    told = set()
    for entry in entries_of(bundle, RELATIONS):
        related = entry.items.get("Related_Sample")
        for other in related if isinstance(related, list) else ():
            told.add((str(entry.owner("Sample")), str(other)))
    for child, parent in sorted(wanted - told):
        yield Finding(RELATIONS, f"{child} is not related to its parent {parent}")
    for child, parent in sorted(told - wanted):
        yield Finding(RELATIONS, f"{child} is related to {parent}, which the record does not say")
    diagnosed = {
        subject
        for subject, members in bundle.record.subjects.items()
        if any(member.facts.diagnoses for member in members)
    }
    subjects = [entry.owner("Subject") for entry in entries_of(bundle, DIAGNOSES)]
    yield from _differences(DIAGNOSES, "diagnosis of subject", subjects, diagnosed)


def _depths(bundle: Bundle) -> Iterable[Finding]:
    """The depth is the rounded mean of the sample's metrics."""
    members = {member.sample: member for member in bundle.record.members}
    for entry in entries_of(bundle, SEQUENCES):
        member = members.get(entry.owner("Sample") or "")
        if member is None:
            continue
        mean = mean_depth(member)
        told = entry.items.get(DEPTH)
        if mean is None and not _is_number(told):
            continue
        if mean is None:
            what = f"'{DEPTH}' of {member.sample} is {told!r}, but none was measured"
            yield Finding(SEQUENCES, what)
        elif not _is_number(told) or told != round(mean):
            what = f"'{DEPTH}' of {member.sample} is {told!r}, the mean coverage is {mean:.2f}"
            yield Finding(SEQUENCES, f"{what}: it should be {round(mean)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _quality(bundle: Bundle) -> Iterable[Finding]:
    """The metrics are those of the sample's GA4GH document."""
    samples = {member.sample for member in bundle.record.members}
    for entry in entries_of(bundle, SEQUENCES):
        sample = entry.owner("Sample")
        if sample not in samples:
            continue
        try:
            told = json.loads(entry.text(QC) or "")
        except (ValueError, RecursionError):  # the second when it is nested too deep
            yield Finding(SEQUENCES, f"'{QC}' of {sample} is not JSON")
            continue
        document = f"qc/{sample}.ga4gh-wgs-qc.json"
        if told != bundle.json(document):
            yield Finding(SEQUENCES, f"'{QC}' of {sample} is not what {document} says")


def _formats(bundle: Bundle) -> Iterable[Finding]:
    """The final format is that of the sample's files."""
    members = {member.sample: member for member in bundle.record.members}
    for entry in entries_of(bundle, SEQUENCES):
        member = members.get(entry.owner("Sample") or "")
        if member is None:
            continue
        roles = {file.role for file in member.files}
        wanted = "format_3016" if roles & {Role.VARIANTS, Role.GVCF} else "format_3462"
        told = entry.code("Final_output_file_format")
        if told != wanted:
            what = f"the final format of {member.sample} is {told!r}, its files are EDAM {wanted}"
            yield Finding(SEQUENCES, what)


def _resources(bundle: Bundle) -> Iterable[Finding]:
    """Pointers lead somewhere; aligners have their command; the genome is the record's."""
    found = {entry.id: entry for entry in entries_of(bundle, RESOURCES)}
    aligners, genomes = set(), set()
    for entry in entries_of(bundle, SEQUENCES):
        for item in POINTERS:
            pointers = entry.items.get(item)
            for pointer in pointers if isinstance(pointers, list) else ():
                name = pointer.get("DigitalResource") if isinstance(pointer, dict) else None
                if not isinstance(name, str) or name not in found:
                    what = f"'{item}' of sample {entry.owner('Sample')} points to {name!r}"
                    yield Finding(SEQUENCES, f"{what}, which is not in {RESOURCES}")
                elif item == "Alignment_software":
                    aligners.add(name)
                elif item == "Alignment_Genome":
                    genomes.add(name)
    commands = [program.command for program in bundle.record.provenance.programs]
    for name in sorted(aligners):
        told = found[name].items.get("Parameters")
        if not isinstance(told, list) or not told or not all(line in commands for line in told):
            what = f"'Parameters' of {name} are not a command line of the record"
            yield Finding(RESOURCES, what)
    reference = bundle.record.reference
    for name in sorted(genomes):
        version = found[name].items.get("Version")
        if reference.accession is not None and version != reference.accession:
            what = f"'Version' of {name} is {version!r}, the record has {reference.accession!r}"
            yield Finding(RESOURCES, what)


def _dates(bundle: Bundle) -> Iterable[Finding]:
    """No date is after the bundle's; birth, sample and sequencing come in this order."""
    issued = bundle.record.dataset.issued
    births = {
        entry.text("Subject ID"): entry.text("Birth Date") for entry in entries_of(bundle, SUBJECTS)
    }
    taken: dict[str | None, tuple[str, str]] = {}
    for entry in entries_of(bundle, SAMPLES):
        name, day = f"sample {entry.text('ID')}", entry.text("Date")
        birth = births.get(entry.owner("Subject"))
        if day is not None:
            taken[entry.text("ID")] = (f"'Date' of {name}", day)
            if birth is not None and birth > day:
                yield Finding(SAMPLES, f"'Date' of {name} is {day}, before the birth ({birth})")
    days = [(SAMPLES, *day) for day in taken.values()]
    for subject, birth in births.items():
        if birth is not None:
            days.append((SUBJECTS, f"'Birth Date' of {subject}", birth))
    for entry in entries_of(bundle, SEQUENCES):
        day, sample = entry.text("Sequencing_Date"), entry.owner("Sample")
        if day is None:
            continue
        days.append((SEQUENCES, f"'Sequencing_Date' of sample {sample}", day))
        if sample in taken and taken[sample][1] > day:
            what = f"'Sequencing_Date' of sample {sample} is {day}, before it was taken"
            yield Finding(SEQUENCES, f"{what} ({taken[sample][1]})")
    for entry in entries_of(bundle, RESOURCES):
        used = entry.text("Date used")
        if used is not None:
            days.append((RESOURCES, f"'Date used' of {entry.id}", whole_day(used[:10]) or used))
    for path, what, day in days:
        if day > issued:
            yield Finding(path, f"{what} is {day}, after the bundle was issued ({issued})")


RULES: tuple[Rule, ...] = (
    Rule("hmd.schema", "every file of HMD v1.1 has its items and cardinalities", _schemas),
    Rule("hmd.subjects", "the subjects of HMD are those of the record", _subjects),
    Rule("hmd.samples", "every sample of HMD has its subject and one sequence", _samples),
    Rule("hmd.relations", "relations and diagnoses of HMD are those of the record", _relations),
    Rule("hmd.depth", "the average depth of HMD is the rounded mean coverage", _depths),
    Rule("hmd.qc", "the quality metrics of HMD are the GA4GH documents", _quality),
    Rule("hmd.formats", "the formats of HMD are those of the files", _formats),
    Rule("hmd.resources", "genome and tools of HMD are described, with command lines", _resources),
    Rule("hmd.dates", "dates of HMD are in order, none after the bundle's", _dates),
)
