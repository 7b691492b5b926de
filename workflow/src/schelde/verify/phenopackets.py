"""The Phenopackets against their schema, the library, the manifest and the record."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from phenopackets import Family, Phenopacket

from schelde.documents.phenopackets import FAMILIES, FOLDER
from schelde.verify.json_values import mapping, objects
from schelde.verify.phenopacket_contents import dates, files, sexes, terms
from schelde.verify.phenopacket_files import (
    by_subject,
    families,
    packets,
    stem,
    within,
)
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings


def _schemas(bundle: Bundle) -> Iterable[Finding]:
    for path in packets(bundle):
        yield from schema_findings(bundle, path, "phenopacket")
    for path in families(bundle):
        yield from schema_findings(bundle, path, "phenopacket-family")


def _parses(bundle: Bundle) -> Iterable[Finding]:
    """The library of Phenopackets v2 reads each and has nothing to add or leave out."""
    kinds: tuple[tuple[list[str], type[Message]], ...] = (
        (packets(bundle), Phenopacket),
        (families(bundle), Family),
    )
    for paths, kind in kinds:
        for path in paths:
            document = bundle.json(path)
            try:
                message = ParseDict(document, kind())
                back = MessageToDict(message)
            # Besides ParseError the library lets what is of a wrong type rise as it comes.
            except (ParseError, AttributeError, TypeError, ValueError, RecursionError) as error:
                yield Finding(path, f"is no {kind.__name__} of Phenopackets v2: {str(error)[:200]}")
                continue
            if back != document:
                what = "the library reads it as another document"
                yield Finding(path, f"{what} ({_first_difference(document, back)})")


def _first_difference(one: object, other: object) -> str:
    lines = json.dumps(one, indent=1, sort_keys=True).splitlines()
    others = json.dumps(other, indent=1, sort_keys=True).splitlines()
    for line, told in zip(lines, others, strict=False):
        if line != told:
            return f"{line.strip()[:80]} as {told.strip()[:80]}"
    return "one of the two ends before the other"


def _subjects(bundle: Bundle) -> Iterable[Finding]:
    """One Phenopacket for each subject, with its samples, and a Family for each with parents."""
    subjects = bundle.record.subjects
    yield from _names(FOLDER, "Phenopacket", packets(bundle), subjects)
    owners = {member.sample: member.subject for member in bundle.record.members}
    parents: dict[str, set[str]] = {}
    for member in bundle.record.members:
        for parent in (member.father, member.mother):
            if parent in owners:
                parents.setdefault(member.subject, set()).add(owners[parent])
    yield from _names(FAMILIES, "Family", families(bundle), parents)
    for path, packet, members in by_subject(bundle):
        told = mapping(packet.get("subject")).get("id")
        if told != stem(path):
            yield Finding(path, f"its subject is {told!r}, its name says {stem(path)}")
        samples = {member.sample for member in members}
        yield from _samples(path, stem(path), packet, samples)
    for path in families(bundle):
        family = mapping(bundle.json(path))
        wanted = parents.get(stem(path), set()) | {stem(path)}
        yield from _relatives(path, family, wanted)


def _names(
    folder: str, kind: str, paths: Sequence[str], subjects: Iterable[str]
) -> Iterable[Finding]:
    found = {stem(path) for path in paths}
    for subject in sorted(set(subjects) - found):
        yield Finding(f"{folder}/{subject}.json", f"there is no {kind} of subject {subject}")
    for subject in sorted(found - set(subjects)):
        what = f"the record knows no {kind} of subject {subject}"
        yield Finding(f"{folder}/{subject}.json", what)


def _samples(
    path: str, subject: str, packet: Mapping[str, Any], samples: set[str]
) -> Iterable[Finding]:
    biosamples = objects(packet.get("biosamples"))
    told = {str(each.get("id")) for each in biosamples}
    if told != samples:
        what = f"its biosamples are {', '.join(sorted(told)) or 'none'}"
        yield Finding(path, f"{what}, the record has {', '.join(sorted(samples))}")
    for each in biosamples:
        if each.get("individualId") != subject:
            what = f"biosample {each.get('id')!r} is of {each.get('individualId')!r}"
            yield Finding(path, f"{what}, not of {subject}")


def _relatives(path: str, family: Mapping[str, Any], wanted: set[str]) -> Iterable[Finding]:
    packets = [mapping(family.get("proband")), *objects(family.get("relatives"))]
    told = {str(mapping(packet.get("subject")).get("id")) for packet in packets}
    persons = {
        str(each.get("individualId"))
        for each in objects(mapping(family.get("pedigree")).get("persons"))
    }
    for what, names in (("members", told), ("persons of its pedigree", persons)):
        if names != wanted:
            listed = ", ".join(sorted(names)) or "none"
            yield Finding(path, f"{what} are {listed}, the record has {', '.join(sorted(wanted))}")


def _same(bundle: Bundle) -> Iterable[Finding]:
    """A Phenopacket within a Family is that of the subject, but for the way to the files."""
    alone = {
        str(mapping(packet.get("subject")).get("id")): _without_ways(packet)
        for _, packet, _ in by_subject(bundle)
    }
    for path, folder, packet in within(bundle):
        subject = str(mapping(packet.get("subject")).get("id"))
        if folder == FAMILIES and alone.get(subject) != _without_ways(packet):
            what = f"its Phenopacket of {subject} is not the one in {FOLDER}/{subject}.json"
            yield Finding(path, what)


def _without_ways(packet: Mapping[str, Any]) -> dict[str, Any]:
    files = [
        {**each, "uri": posixpath.basename(str(each.get("uri")))}
        for each in objects(packet.get("files"))
    ]
    return {**packet, "files": files}


RULES: tuple[Rule, ...] = (
    Rule("phenopackets.schema", "every Phenopacket and Family keeps our schema", _schemas),
    Rule(
        "phenopackets.parse",
        "the library of Phenopackets v2 reads each Phenopacket and Family",
        _parses,
    ),
    Rule(
        "phenopackets.subjects",
        "each subject has a Phenopacket, with its samples and parents",
        _subjects,
    ),
    Rule("phenopackets.families", "every Family holds the Phenopackets of its subjects", _same),
    Rule("phenopackets.sex", "the sex in Phenopackets is that of the record", sexes),
    Rule(
        "phenopackets.files",
        "files of Phenopackets are in the manifest, each of the right sample",
        files,
    ),
    Rule(
        "phenopackets.terms",
        "terms of Phenopackets are those of the record, with their systems named",
        terms,
    ),
    Rule("phenopackets.dates", "nothing in Phenopackets is later than the bundle", dates),
)
