"""What the Phenopackets say: sexes, files, terms and dates, against the record and the manifest."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from schelde.documents.manifest import MANIFEST
from schelde.documents.phenopacket_parts import SEXES
from schelde.documents.phenopackets import HEALTHY
from schelde.json_text import nested
from schelde.verify.json_values import mapping, objects
from schelde.verify.phenopacket_files import by_subject, families, packets, within
from schelde.verify.rule import Bundle, Finding, UnreadableError

HPO = re.compile("HP:[0-9]{7}")
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")


def sexes(bundle: Bundle) -> Iterable[Finding]:
    """The sex of each subject is that of the record."""
    for path, packet, members in by_subject(bundle):
        told, wanted = mapping(packet.get("subject")).get("sex"), SEXES[members[0].sex]
        if told != wanted:
            yield Finding(path, f"its sex is {told!r}, the record has {wanted}")
    for path in families(bundle):
        family = mapping(bundle.json(path))
        for person in objects(mapping(family.get("pedigree")).get("persons")):
            known = bundle.record.subjects.get(str(person.get("individualId")))
            if known and person.get("sex") != SEXES[known[0].sex]:
                what = f"the sex of {known[0].subject} in its pedigree is {person.get('sex')!r}"
                yield Finding(path, f"{what}, the record has {SEXES[known[0].sex]}")


def files(bundle: Bundle) -> Iterable[Finding]:
    """Every file that is named is one of the manifest, and of the sample that it is said to be."""
    owners = _owners(bundle)
    for path, folder, packet in within(bundle):
        subject = str(mapping(packet.get("subject")).get("id"))
        for each in objects(packet.get("files")):
            place = posixpath.normpath(posixpath.join(folder, str(each.get("uri"))))
            if place not in owners:
                yield Finding(path, f"{place} is not a file of {MANIFEST}")
                continue
            told = mapping(each.get("individualToFileIdentifiers"))
            if dict(told) != {subject: owners[place]}:
                what = f"{place} is said to be {dict(told)}"
                yield Finding(path, f"{what}, it should be { ({subject: owners[place]}) }")


def _owners(bundle: Bundle) -> dict[str, str]:
    """Return the sample of each encrypted file that the manifest lists."""
    document = bundle.json(MANIFEST)
    if not isinstance(document, dict):
        raise UnreadableError(MANIFEST, "this is not a manifest")
    return {
        each["path"]: each["sample"]
        for each in objects(document.get("files"))
        if isinstance(each.get("path"), str) and isinstance(each.get("sample"), str)
    }


def terms(bundle: Bundle) -> Iterable[Finding]:
    """Terms and diseases are those of the record, and their systems are named."""
    for path, packet, members in by_subject(bundle):
        features = [
            str(mapping(each.get("type")).get("id"))
            for each in objects(packet.get("phenotypicFeatures"))
        ]
        diseases = [
            str(mapping(each.get("term")).get("id")) for each in objects(packet.get("diseases"))
        ]
        for term in features:
            if not HPO.fullmatch(term):
                yield Finding(path, f"{term!r} is not a term of the Human Phenotype Ontology")
        if all(member.facts.phenotype.casefold() == HEALTHY for member in members):
            for term in diseases:
                yield Finding(path, f"disease {term!r} of a subject whom the record calls healthy")
        for kind, told, wanted in (
            ("phenotypic features", features, {t for m in members for t in m.facts.hpo}),
            ("diseases", diseases, {t for m in members for t in m.facts.diagnoses}),
        ):
            if set(told) != wanted:
                listed = ", ".join(sorted(told)) or "none"
                what = f"its {kind} are {listed}"
                yield Finding(path, f"{what}, the record has {', '.join(sorted(wanted)) or 'none'}")
    for path, _, packet in within(bundle):
        resources = objects(mapping(packet.get("metaData")).get("resources"))
        named = {str(each.get("namespacePrefix")) for each in resources}
        for prefix in sorted(set(_prefixes(packet)) - named):
            yield Finding(path, f"no resource is named for terms of {prefix}")


def _prefixes(value: object) -> Iterator[str]:
    for each in nested(value):
        if isinstance(each, dict) and set(each) == {"id", "label"}:
            yield str(each["id"]).partition(":")[0]


def dates(bundle: Bundle) -> Iterable[Finding]:
    """Each was created on the day of the bundle, and tells of nothing later; births as recorded."""
    issued = bundle.record.dataset.issued
    for path in [*packets(bundle), *families(bundle)]:
        document = mapping(bundle.json(path))
        created = str(mapping(document.get("metaData")).get("created"))
        if created != f"{issued}T00:00:00Z":
            yield Finding(path, f"created {created}, the bundle was issued {issued}")
        for moment in sorted(set(_moments(document))):
            if moment[:10] > issued:
                yield Finding(path, f"{moment} is after the bundle was issued ({issued})")
    for path, packet, members in by_subject(bundle):
        told, birth = mapping(packet.get("subject")).get("dateOfBirth"), members[0].facts.birth
        whole = f"{birth}T00:00:00Z" if birth.count("-") == 2 else None
        if told != whole:
            yield Finding(path, f"dateOfBirth is {told!r}, the record has {birth}")


def _moments(value: object) -> Iterator[str]:
    for each in nested(value):
        if isinstance(each, str) and DAY.fullmatch(each):
            yield each
