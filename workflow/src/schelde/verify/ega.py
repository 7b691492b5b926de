"""Checks of what a bundle tells EGA: payloads and XML against the record and one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from schelde.ega.objects import KINDS, kind_of
from schelde.verify import ega_facts, ega_files, ega_terms
from schelde.verify.ega_read import (
    API,
    ROOTS,
    STEPS,
    XML,
    differ,
    has_people,
    objects,
    payload_findings,
    payloads,
    steps,
    structure_findings,
)
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings

PLACES = {
    "submission": "submissions",
    "study": "studies",
    "sample": "samples",
    "experiment": "experiments",
    "run": "runs",
    "analysis": "analyses",
    "dataset": "datasets",
    "finalise": "finalise",
}
"""Where each kind of payload is posted: the last part of the path."""

GIVEN = ("file", "egap")
"""Kinds of aliases whose ids do not come from a payload: files in the inbox, and the policy."""

TARGETS = {
    "STUDY_REF": "study",
    "SAMPLE_REF": "sample",
    "SAMPLE_DESCRIPTOR": "sample",
    "EXPERIMENT_REF": "experiment",
    "RUN_REF": "run",
    "ANALYSIS_REF": "analysis",
    "POLICY_REF": "policy",
    "DAC_REF": "dac",
}
"""Elements of the XML that refer to an object, and its kind."""


def _payloads(bundle: Bundle) -> Iterable[Finding]:
    yield from schema_findings(bundle, STEPS, "ega-steps")
    for document in bundle.names(f"{API}/*"):
        if document == STEPS:
            continue
        if kind_of(document) in KINDS:
            yield from payload_findings(bundle, document)
        else:
            yield Finding(document, f"this is no payload of {', '.join(KINDS)}")


def _order(bundle: Bundle) -> Iterable[Finding]:
    order = steps(bundle)
    listed = Counter(f"{API}/{step['document']}" for step in order)
    for document, times in listed.items():
        if times > 1:
            yield Finding(STEPS, f"{document} is posted {times} times")
    for document in sorted(set(bundle.names(f"{API}/*")) - {*listed, STEPS}):
        yield Finding(STEPS, f"{document} is never posted")
    given: set[str] = set()
    for step in order:
        document = f"{API}/{step['document']}"
        kind = kind_of(document)
        if step["post"].rsplit("/", 1)[-1] != PLACES.get(kind):
            yield Finding(STEPS, f"{document} is posted to {step['post']}")
        gives = str(step["gives"])
        if (kind == "finalise") != (step["gives"] is None) or gives.split(":")[0] not in (
            "None",
            f"@{kind}",
        ):
            yield Finding(STEPS, f"{document} gives {gives}")
        for alias in sorted(_aliases(bundle.json(document)) | _aliases(step["post"])):
            if alias not in given and alias[1:].split(":")[0] not in GIVEN:
                yield Finding(document, f"no payload before this one gives {alias}")
        given.add(gives)


def _aliases(value: object) -> set[str]:
    """Return all aliases in a JSON value; those between the slashes of a path too."""
    if isinstance(value, dict):
        return set().union(*map(_aliases, value.values()))
    if isinstance(value, list):
        return set().union(*map(_aliases, value))
    parts = value.split("/") if isinstance(value, str) else []
    return {part for part in parts if part.startswith("@") and ":" in part}


def _xml(bundle: Bundle) -> Iterable[Finding]:
    for name in ROOTS:
        path = f"{XML}/{name}.xml"
        if (bundle.root / path).is_file():
            yield from structure_findings(bundle, name)
        else:
            yield Finding(path, "this file is missing")


def _aliases_agree(bundle: Bundle) -> Iterable[Finding]:
    """Compare the aliases of payloads, XML and record."""
    dataset, members = bundle.record.dataset, bundle.record.members
    wanted = {
        "dac": [dataset.committee.alias],
        "policy": [dataset.policy.alias],
        "study": [dataset.study.alias],
        "sample": [member.sample for member in members],
        "experiment": [f"{member.sample}.{member.assay}" for member in members],
        "dataset": [dataset.alias],
    }
    for kind, aliases in wanted.items():
        found = [str(each.get("alias")) for each in objects(bundle, kind)]
        yield from differ(f"{XML}/{kind}.xml", found, aliases, "the record")
    for kind in ("study", "sample", "experiment", "run", "analysis", "dataset"):
        if kind == "study" and dataset.study.accession is not None:
            continue  # it is at EGA already, and is not posted
        told = [payload.alias for payload in payloads(bundle, kind)]
        said = [str(each.get("alias")) for each in objects(bundle, kind)]
        yield from differ(STEPS, told, said, f"{XML}/{kind}.xml")
    for payload in payloads(bundle, "sample"):
        if payload.content["alias"] != payload.alias:
            what = f"the alias is {payload.content['alias']}, but {payload.alias} in {STEPS}"
            yield Finding(payload.document, what)


def _references(bundle: Bundle) -> Iterable[Finding]:
    """Yield references of the XML to objects that are not in the bundle."""
    known = {
        kind: {str(each.get("alias")) for each in objects(bundle, kind)}
        for kind in TARGETS.values()
    }
    for name in ROOTS:
        for each in objects(bundle, name):
            for element in each.iter(*TARGETS):
                kind, alias = TARGETS[str(element.tag)], element.get("refname")
                if alias is not None and str(alias) not in known[kind]:
                    what = f"{each.get('alias')} refers to the {kind} '{alias}', which is not there"
                    yield Finding(f"{XML}/{name}.xml", what)


def _submission(bundle: Bundle) -> Iterable[Finding]:
    """The submission adds every document with objects that EGA does not have, and protects them."""
    document = f"{XML}/submission.xml"
    for each in objects(bundle, "submission"):
        added = [str(action.get("schema")) for action in each.iter("ADD")]
        new = [
            name
            for name in ROOTS
            if name != "submission"
            and any(other.get("accession") is None for other in objects(bundle, name))
        ]
        yield from differ(document, added, new, "the new documents")
        for action in each.iter("ADD"):
            if action.get("source") != f"{action.get('schema')}.xml":
                what = f"{action.get('schema')} is to be in {action.get('source')}"
                yield Finding(document, what)


CHECKS: tuple[tuple[str, str, Callable[[Bundle], Iterable[Finding]]], ...] = (
    (
        "ega.payloads",
        "every payload for EGA's Submission API keeps to its schema",
        _payloads,
    ),
    (
        "ega.order",
        "every payload is posted once, to its place, after all that it refers to",
        _order,
    ),
    (
        "ega.xml",
        "all nine documents of EGA's XML are there and keep to their structure",
        _xml,
    ),
    (
        "ega.aliases",
        "payloads and XML name the same objects, and those of the record",
        _aliases_agree,
    ),
    (
        "ega.references",
        "every reference in the XML is to an object of the bundle",
        _references,
    ),
    (
        "ega.submission",
        "the submission adds every document that is new to EGA",
        _submission,
    ),
    (
        "ega.files",
        "every encrypted file is in exactly one run or analysis, of its own sample",
        ega_files.check_files,
    ),
    (
        "ega.checksums",
        "every file in the XML has the MD5s of the record, plain and encrypted",
        ega_files.check_checksums,
    ),
    (
        "ega.links",
        "the dataset has every run and analysis, each of the experiment of its sample",
        ega_files.check_links,
    ),
    (
        "ega.samples",
        "sex, subject, phenotype and the other facts of every sample are the record's",
        ega_facts.check_samples,
    ),
    (
        "ega.quality",
        "the numbers of GA4GH WGS-QC of every run and analysis are the record's",
        ega_facts.check_quality,
    ),
    (
        "ega.vocabulary",
        "instruments, libraries and the study are named in EGA's words, as in the record",
        ega_terms.check_vocabulary,
    ),
    (
        "ega.genome",
        "variants name the genome of the record, and chromosomes of that genome",
        ega_terms.check_genome,
    ),
    (
        "ega.dataset",
        "title, description, policy and release of the dataset are the record's",
        ega_facts.check_dataset,
    ),
    (
        "ega.duo",
        "the policy states the one DUO permission of the record, and its modifiers",
        ega_facts.check_duo,
    ),
)

RULES: tuple[Rule, ...] = tuple(
    Rule(name, proves, check, applies=has_people) for name, proves, check in CHECKS
)
