"""Checks of the facts and numbers that a bundle tells EGA about samples and dataset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schelde.bundle.record import Member
from schelde.duo import is_permission
from schelde.verify.ega_read import (
    STEPS,
    XML,
    Element,
    api_groups,
    attributes,
    objects,
    payloads,
    reference,
    unlike,
    xml_groups,
)
from schelde.verify.rule import Bundle, Finding

READS = ".reads"
"""End of the alias of a run."""


def _members(bundle: Bundle) -> dict[str, Member]:
    return {member.sample: member for member in bundle.record.members}


def check_samples(bundle: Bundle) -> Iterable[Finding]:
    """Yield facts about samples that are not the record's, in payloads and XML."""
    members = _members(bundle)
    samples = [(each.document, each.content) for each in payloads(bundle, "sample")]
    samples += [(f"{XML}/sample.xml", _sample_of(each)) for each in objects(bundle, "sample")]
    for document, sample in samples:
        member = members.get(str(sample.get("alias")))
        if member is None:
            yield Finding(document, f"'{sample.get('alias')}' is no sample of the record")
            continue
        wanted = {
            "biological_sex": str(member.sex),
            "subject_id": member.subject,
            "phenotype": member.facts.phenotype,
            "case_control": member.facts.case_control,
            "organism_part": member.facts.anatomical_site,
        }
        yield from unlike(document, member.sample, sample, wanted)


def _sample_of(element: Element) -> dict[str, Any]:
    """Return a sample of the XML in the words of the payloads."""
    found = attributes(element)
    return {**found, "alias": element.get("alias"), "biological_sex": found.get("sex")}


def check_quality(bundle: Bundle) -> Iterable[Finding]:
    """Yield numbers of GA4GH WGS-QC, as tags, that are not the record's."""
    members = _members(bundle)
    of_api = {
        (each.document, each.alias): _pairs(each.content["extra_attributes"])
        for kind in ("run", "analysis")
        for each in payloads(bundle, kind)
    }
    of_xml = {
        (f"{XML}/{kind}.xml", str(each.get("alias"))): attributes(each)
        for kind in ("run", "analysis")
        for each in objects(bundle, kind)
    }
    for group in (*api_groups(bundle), *xml_groups(bundle)):
        tags = {**of_api, **of_xml}[group.document, group.alias]
        member = members.get(group.sample)
        if member is None:
            continue  # told by 'ega.files'
        measured = _measured(member)
        for tag, text in tags.items():
            if tag in measured and _number(text) != measured[tag]:
                what = f"{tag} of {group.alias} is {text}, but {measured[tag]} in the record"
                yield Finding(group.document, what)
        if group.alias.endswith(READS):
            missing = sorted(tag for tag in _reads(member) if tag not in tags)
            if missing:
                yield Finding(group.document, f"{group.alias} is without {', '.join(missing)}")


def _pairs(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {each["tag"]: each["value"] for each in attributes}


def _measured(member: Member) -> dict[str, object]:
    return {**_part(member, "aln_metrics"), **_part(member, "variant_metrics")}


def _reads(member: Member) -> list[str]:
    return [key for key, value in _part(member, "aln_metrics").items() if value is not None]


def _part(member: Member, name: str) -> dict[str, object]:
    """Return a part of the GA4GH document; nothing where it has another shape."""
    whole = member.ga4gh.get("wgs_qc_metrics")
    part = whole.get(name) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def check_dataset(bundle: Bundle) -> Iterable[Finding]:
    """Yield what payloads and XML say otherwise than the record about the dataset."""
    dataset, policy = bundle.record.dataset, bundle.record.dataset.policy
    summary = {"title": dataset.title, "description": dataset.description}
    terms = {"policy_accession_id": policy.accession or f"@egap:{policy.alias}"}
    for kind, wanted in (
        ("submission", summary),
        ("dataset", summary | terms),
        ("finalise", {"expected_release_date": dataset.release}),
    ):
        found = payloads(bundle, kind)
        if len(found) != 1:
            yield Finding(STEPS, f"the {kind} is posted {len(found)} times, and not once")
        for each in found:
            yield from unlike(each.document, f"the {kind}", each.content, wanted)
    for element in objects(bundle, "dataset"):
        said = {"title": element.findtext("TITLE"), "description": element.findtext("DESCRIPTION")}
        document = f"{XML}/dataset.xml"
        yield from unlike(document, "the dataset", said, summary)
        given = element.find("POLICY_REF")
        accession = None if given is None else given.get("accession")
        alias = reference(element, "POLICY_REF") or None
        if (accession, alias) != (policy.accession, None if policy.accession else policy.alias):
            what = f"the policy is {accession or alias}"
            yield Finding(document, f"{what}, but {policy.accession or policy.alias} in the record")


def check_duo(bundle: Bundle) -> Iterable[Finding]:
    """Yield what the policy says otherwise than the record about the use of the data."""
    use = bundle.record.dataset.use
    document = f"{XML}/policy.xml"
    for policy in objects(bundle, "policy"):
        terms = [f"DUO:{each.get('code')}" for each in policy.iter("DATA_USE")]
        permissions = [term for term in terms if is_permission(term)]
        if len(permissions) != 1:
            shown = ", ".join(permissions) or "none"
            yield Finding(document, f"there must be one DUO permission, and there are: {shown}")
        wanted = [use.permission, *use.modifiers]
        if sorted(terms) != sorted(wanted):
            what = f"the uses are {', '.join(terms)}"
            yield Finding(document, f"{what}, but {', '.join(wanted)} in the record")
        diseases = [
            f"{each.findtext('DB')}:{each.findtext('ID')}" for each in policy.iter("MODIFIER")
        ]
        if diseases != ([use.disease] if use.disease else []):
            what = f"the diseases are {', '.join(diseases) or 'none'}"
            yield Finding(document, f"{what}, but {use.disease or 'none'} in the record")
