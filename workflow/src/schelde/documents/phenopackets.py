"""phenopackets/: a Phenopacket v2 for each subject, and a Family for each that has parents here.

Source: phenopackets/phenopacket-schema d69fc9e6 (v2), the PyPI library ``phenopackets`` of it.
docs/minimal-dataset.md says what stands where and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from google.protobuf.json_format import ParseDict
from phenopackets import Family, Phenopacket

from schelde.bundle.record import Member, Record
from schelde.documents.phenopacket_parts import (
    FORMATS,
    SEXES,
    Document,
    biosample_of,
    file_of,
    individual_of,
)
from schelde.json_text import json_text, nested
from schelde.vocabulary import hmd_terms

FOLDER = "phenopackets"
FAMILIES = f"{FOLDER}/families"

HEALTHY = "healthy"
NOT_STATED = "not stated"
"""Version of a resource where people.tsv gave a code of it: nobody told of which release."""


def documents(record: Record) -> dict[str, str]:
    """Return the Phenopackets and Families by their paths.

    The library reads each, so that a field of another name or type raises its ParseError.
    """
    found: dict[str, str] = {}
    for subject, members in record.subjects.items():
        packet = packet_of(record, members, up="../")
        ParseDict(packet, Phenopacket())
        found[f"{FOLDER}/{subject}.json"] = json_text(packet)
    for subject in record.subjects:
        family = family_of(record, subject, up="../../")
        if family is not None:
            ParseDict(family, Family())
            found[f"{FAMILIES}/{subject}.json"] = json_text(family)
    return found


def packet_of(record: Record, members: Sequence[Member], up: str) -> Document:
    """Return the Phenopacket of a subject with all its samples.

    ``up``: the way from its folder to the top of the bundle, before the addresses of files.
    """
    subject = members[0].subject
    hpo = dict.fromkeys(term for member in members for term in member.facts.hpo)
    diseases = dict.fromkeys(code for member in members for code in member.facts.diagnoses)
    body = {
        "id": f"{record.dataset.alias}.{subject}",
        "subject": individual_of(members),
        # Only ids are known. A label is mandatory, and one made up could say something else.
        "phenotypicFeatures": [{"type": {"id": term, "label": term}} for term in hpo],
        "biosamples": [biosample_of(member) for member in members],
        "diseases": [{"term": {"id": code, "label": code}} for code in diseases],
        "files": [
            file_of(record, member, file, up)
            for member in members
            for file in member.files
            if file.role in FORMATS
        ],
    }
    return {**{key: value for key, value in body.items() if value}, **_meta(record, body)}


def _meta(record: Record, body: Document) -> Document:
    prefixes = dict.fromkeys(_prefixes(body))
    return {
        "metaData": {
            "created": f"{record.dataset.issued}T00:00:00Z",
            "createdBy": f"Schelde {record.version}",
            "resources": [_resource(prefix) for prefix in prefixes],
            "phenopacketSchemaVersion": "2.0",
        }
    }


def _resource(prefix: str) -> Document:
    """Return what a prefix stands for; of one that we do not know, no more than the prefix."""
    known = hmd_terms()["resources"].get(prefix)
    if known is None:
        known = {"id": prefix.casefold(), "name": prefix}
    optional = {"url": known.get("url"), "iriPrefix": known.get("iri")}
    return {
        "id": known["id"],
        "name": known["name"],
        "version": NOT_STATED,
        "namespacePrefix": prefix,
        **{key: value for key, value in optional.items() if value is not None},
    }


def _prefixes(value: object) -> Iterable[str]:
    """Yield the prefix of every term: each object that has an id and a label."""
    for each in nested(value):
        if isinstance(each, dict) and set(each) == {"id", "label"}:
            yield str(each["id"]).partition(":")[0]


def family_of(record: Record, subject: str, up: str) -> Document | None:
    """Return the Family with a subject as proband; None without a parent in the bundle."""
    subjects = record.subjects
    parents = _parents(record, subjects[subject])
    relatives = [parent for parent in parents if parent is not None]
    if not relatives:
        return None
    family = f"{record.dataset.alias}.{subject}.family"
    persons = [_person(family, subjects[subject], parents)]
    persons += [_person(family, subjects[parent], (None, None)) for parent in relatives]
    body = {
        "id": family,
        "proband": packet_of(record, subjects[subject], up),
        "relatives": [packet_of(record, subjects[parent], up) for parent in relatives],
        "pedigree": {"persons": persons},
    }
    return {**body, **_meta(record, body)}


def _parents(record: Record, members: Sequence[Member]) -> tuple[str | None, str | None]:
    """Return father and mother of a subject, as subjects."""
    owners = {member.sample: member.subject for member in record.members}
    fathers = [owners[member.father] for member in members if member.father in owners]
    mothers = [owners[member.mother] for member in members if member.mother in owners]
    return next(iter(fathers), None), next(iter(mothers), None)


def _person(
    family: str, members: Sequence[Member], parents: tuple[str | None, str | None]
) -> Document:
    """Return a person of a pedigree; '0' stands for a parent who is not in it, as in PED."""
    father, mother = parents
    return {
        "familyId": family,
        "individualId": members[0].subject,
        "paternalId": father or "0",
        "maternalId": mother or "0",
        "sex": SEXES[members[0].sex],
        "affectedStatus": affected(members),
    }


def affected(members: Sequence[Member]) -> str:
    """Return AFFECTED with a diagnosis or term, UNAFFECTED when called healthy, else MISSING."""
    if any(member.facts.diagnoses or member.facts.hpo for member in members):
        return "AFFECTED"
    healthy = all(member.facts.phenotype.casefold() == HEALTHY for member in members)
    return "UNAFFECTED" if healthy else "MISSING"
