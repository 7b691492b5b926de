"""Checks of what a bundle says about quality, and of its reference genome."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from schelde.bundle.record import Member
from schelde.documents.qc import SEQCOL
from schelde.reference import digest_of
from schelde.verdict import COMPARE
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings

TOLERANCE = 0.005
"""Half a unit of the second decimal, to which GA4GH WGS-QC rounds ratios."""

METRICS = "wgs_qc_metrics"


def _documents(bundle: Bundle, kind: str) -> list[tuple[Member, str]]:
    return [(member, f"qc/{member.sample}.{kind}.json") for member in bundle.record.members]


def _ga4gh(bundle: Bundle) -> Iterable[Finding]:
    for member, name in _documents(bundle, "ga4gh-wgs-qc"):
        broken = list(schema_findings(bundle, name, "ga4gh-wgs-qc"))
        yield from broken
        if not broken:
            yield from _against_metrics(name, bundle.json(name)[METRICS], member)


def _against_metrics(name: str, document: dict[str, Any], member: Member) -> Iterable[Finding]:
    """Compare the numbers of the GA4GH document with the metrics of the record and themselves."""
    numbers = {**document["aln_metrics"], **document["variant_metrics"]}
    for metric, value in numbers.items():
        recorded = member.number(metric)
        if value is None or recorded is None or not math.isclose(value, recorded, rel_tol=0.05):
            if value is None and recorded is None:
                continue
            what = f"{metric} is {value}, but {recorded} in the record (5 % may differ)"
            yield Finding(name, what)
    insertions, deletions = numbers.get("count_insertions"), numbers.get("count_deletions")
    ratio = numbers.get("ratio_insertion_deletion")
    if ratio is not None and insertions is not None and deletions:
        counted = insertions / deletions
        if abs(ratio - counted) > TOLERANCE + 1e-9:
            what = f"ratio_insertion_deletion is {ratio}, but its counts give {counted:.2f}"
            yield Finding(name, what)


def _verdicts(bundle: Bundle) -> Iterable[Finding]:
    for member, name in _documents(bundle, "verdict"):
        broken = list(schema_findings(bundle, name, "verdict"))
        yield from broken
        if broken:
            continue
        for profile in bundle.json(name)["profiles"]:
            for rule in profile["rules"]:
                yield from _asked_again(name, profile["name"], rule, member)


def _asked_again(
    name: str, profile: str, rule: dict[str, Any], member: Member
) -> Iterable[Finding]:
    """Ask a rule of a verdict again, of the value that the record has."""
    metric, value = rule["metric"], rule["value"]
    recorded = member.metrics.get(metric)
    if value != recorded:
        yield Finding(name, f"{profile}: {metric} is {value}, but {recorded} in the record")
    if value is None:
        expected = "missing"
    else:
        try:
            met = COMPARE[rule["comparison"]](value, rule["threshold"])
        except TypeError:
            yield Finding(name, f"{profile}: {metric} cannot be compared with its threshold")
            return
        expected = "pass" if met else rule["severity"]
    if rule["result"] != expected:
        what = f"{profile}: {metric} is said to {rule['result']}, but its value gives {expected}"
        yield Finding(name, what)


def _reference(bundle: Bundle) -> Iterable[Finding]:
    broken = list(schema_findings(bundle, SEQCOL, "seqcol"))
    yield from broken
    if broken:
        return
    collection = bundle.json(SEQCOL)
    level1, level2 = collection["level1"], collection["level2"]
    if len({len(values) for values in level2.values()}) != 1:
        yield Finding(SEQCOL, "names, lengths and sequences are not of one number")
        return
    for attribute, values in level2.items():
        if digest_of(values) != level1[attribute]:
            yield Finding(SEQCOL, f"the digest of {attribute} is not that of the values")
    inherent = {attribute: level1[attribute] for attribute in ("names", "sequences")}
    if digest_of(inherent) != collection["digest"]:
        yield Finding(SEQCOL, "the digest is not that of names and sequences")
    contigs = [
        (contig.name, contig.length, contig.refget) for contig in bundle.record.reference.contigs
    ]
    listed = list(zip(level2["names"], level2["lengths"], level2["sequences"], strict=True))
    if listed != contigs:
        yield Finding(SEQCOL, "names, lengths or sequences are not those of the record")


RULES = (
    Rule(
        "qc.ga4gh",
        "each sample has the GA4GH WGS-QC metrics, in their form and as the record has them",
        _ga4gh,
    ),
    Rule(
        "qc.verdict",
        "no sample failed, and each rule of a verdict follows from the value that it names",
        _verdicts,
    ),
    Rule(
        "reference.seqcol",
        "the reference is a GA4GH sequence collection whose digests follow from its contents",
        _reference,
    ),
)
