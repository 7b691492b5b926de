"""What a Phenopacket says of a person, a sample and a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schelde.bundle.record import File, Member, Record, Role
from schelde.days import ages, instant, span
from schelde.documents import sample_terms
from schelde.sheet import Sex

SEXES = {Sex.FEMALE: "FEMALE", Sex.MALE: "MALE", Sex.UNKNOWN: "UNKNOWN_SEX"}
KARYOTYPES = ("XX", "XY", "XO", "XXY", "XXX", "XXYY", "XXXY", "XXXX", "XYY")
"""Of KaryotypicSex; all others are OTHER_KARYOTYPE. Schelde writes X0 for XO."""

FORMATS = {
    Role.READS: "CRAM",
    Role.VARIANTS: "VCF",
    Role.GVCF: "GVCF",
    Role.FASTQ_1: "FASTQ",
    Role.FASTQ_2: "FASTQ",
}
"""Files that are named, with their fileFormat; indexes go with the file they belong to, and the
BED of targets tells nothing of the person."""

HUMAN = {"id": "NCBITaxon:9606", "label": "Homo sapiens"}

Document = dict[str, Any]


def individual_of(members: Sequence[Member]) -> Document:
    """Return the Individual whose samples these are."""
    facts = members[0].facts
    birth = instant(facts.birth)
    aged = None if birth else _age(members)
    karyotype = _karyotype(members)
    return {
        "id": members[0].subject,
        **({"dateOfBirth": birth} if birth else {}),
        **({"timeAtLastEncounter": aged} if aged else {}),
        "sex": SEXES[members[0].sex],
        **({"karyotypicSex": karyotype} if karyotype else {}),
        "taxonomy": HUMAN,
    }


def _age(members: Sequence[Member]) -> Document | None:
    """Return the age when last met: when a sample was taken, or else when consent was given.

    A Timestamp needs a day, so that a birth without one cannot be told as dateOfBirth. What
    follows from it is a range of whole years.
    """
    met = [member.facts.collected or member.consent.date for member in members]
    found = ages(members[0].facts.birth, max(met))
    if found is None:
        return None
    least, most = (f"P{years}Y" for years in found)
    if least == most:
        return {"age": {"iso8601duration": least}}
    return {"ageRange": {"start": {"iso8601duration": least}, "end": {"iso8601duration": most}}}


def _karyotype(members: Sequence[Member]) -> str | None:
    """Return the sex chromosomes by the reads, where all samples show the same."""
    seen = {member.metrics.get("karyotype") for member in members}
    found = seen.pop() if len(seen) == 1 else None
    if not isinstance(found, str):
        return None
    name = found.replace("0", "O")
    return name if name in KARYOTYPES else "OTHER_KARYOTYPE"


def biosample_of(member: Member) -> Document:
    """Return the Biosample of a member; a place or specimen without a code is left out."""
    facts = member.facts
    site = sample_terms.site_entry(facts.anatomical_site)
    specimen = sample_terms.specimen_entry(facts.specimen)
    found: Document = {"id": member.sample, "individualId": member.subject}
    if site is not None:
        label = site.get("uberon_label", site["name"])
        found["sampledTissue"] = {"id": site["uberon"], "label": label}
    if specimen is not None and "ncit" in specimen:
        found["sampleType"] = {"id": specimen["ncit"], "label": specimen["ncit_label"]}
    found["taxonomy"] = HUMAN
    taken = time_element(facts.collected) if facts.collected else None
    return found | ({"timeOfCollection": taken} if taken else {})


def time_element(day: str) -> Document | None:
    """Return a TimeElement: a timestamp of a whole day, else the interval that a month or year is.

    None when there is no such date.

    >>> time_element("2025-02")
    {'interval': {'start': '2025-02-01T00:00:00Z', 'end': '2025-02-28T23:59:59Z'}}
    """
    moment = instant(day)
    if moment is not None:
        return {"timestamp": moment}
    meant = span(day)
    if meant is None:
        return None
    return {"interval": {"start": f"{meant.first}T00:00:00Z", "end": f"{meant.last}T23:59:59Z"}}


def file_of(record: Record, member: Member, file: File, up: str) -> Document:
    """Return a File; ``up``: the way from its document to the top of the bundle."""
    genome = record.reference.genome
    return {
        "uri": f"{up}{file.path}",
        "individualToFileIdentifiers": {member.subject: member.sample},
        "fileAttributes": {
            "fileFormat": FORMATS[file.role],
            **({"genomeAssembly": genome} if genome else {}),
        },
    }
