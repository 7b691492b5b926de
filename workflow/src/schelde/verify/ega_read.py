"""What a bundle's documents for EGA say, read from payloads and from XML into the same shape.

Only documents that keep to our schemas are read further: what is wrong with the others is told by
the rules 'ega.payloads' and 'ega.xml', and every rule that needs them fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from schelde.ega.objects import KINDS, kind_of
from schelde.verify.rule import Bundle, Finding, UnreadableError
from schelde.verify.schema import schema_findings

STRUCTURE = Path(__file__).parents[4] / "resources" / "xml" / "ega.rng"
API = "ega/api"
XML = "ega/xml"
STEPS = f"{API}/steps.json"
ROOTS = {
    "dac": "DAC_SET",
    "policy": "POLICY_SET",
    "study": "STUDY_SET",
    "sample": "SAMPLE_SET",
    "experiment": "EXPERIMENT_SET",
    "run": "RUN_SET",
    "analysis": "ANALYSIS_SET",
    "dataset": "DATASETS",
    "submission": "SUBMISSION_SET",
}
"""Root elements of the XML documents, by the name of the file."""

Element = etree._Element

PAYLOADS = "ega.payloads"
"""What `Bundle.kept` calls the payloads."""


class Payload(NamedTuple):
    """A payload, where it stands, and the name in the alias that its answer fills."""

    document: str
    alias: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Group:
    """A run or an analysis: its alias, where it stands, of which sample, and its files by name."""

    document: str
    alias: str
    sample: str
    files: tuple[str, ...]


def has_people(bundle: Bundle) -> bool:
    """Whether there is anything to tell: a bundle that all have left has no such documents."""
    return bool(bundle.record.members)


def payload_findings(bundle: Bundle, document: str) -> list[Finding]:
    """Return in what a payload breaks our schema of its kind."""
    return list(schema_findings(bundle, document, f"ega-{kind_of(document)}"))


def payloads(bundle: Bundle, kind: str) -> list[Payload]:
    """Return the payloads of a kind in posting order.

    `UnreadableError` when there is no such order, or a payload breaks our schema.
    """
    if PAYLOADS not in bundle.kept:
        bundle.kept[PAYLOADS] = list(_all_payloads(bundle))
    found: list[Payload] = bundle.kept[PAYLOADS]
    return [each for each in found if kind_of(each.document) == kind]


def _all_payloads(bundle: Bundle) -> Iterator[Payload]:
    for step in steps(bundle):
        document = f"{API}/{step['document']}"
        if kind_of(document) not in KINDS:
            raise UnreadableError(STEPS, f"{document} is no payload of {', '.join(KINDS)}")
        if payload_findings(bundle, document):
            raise UnreadableError(document, "this payload breaks its schema")
        yield Payload(document, name_in(step["gives"] or ""), bundle.json(document))


def steps(bundle: Bundle) -> list[dict[str, Any]]:
    """Return the order of posting; `UnreadableError` if it breaks our schema."""
    broken = next(iter(schema_findings(bundle, STEPS, "ega-steps")), None)
    if broken is not None:
        raise UnreadableError(STEPS, f"this is no order of posting: {broken.message}")
    found: list[dict[str, Any]] = bundle.json(STEPS)
    return found


def name_in(alias: str) -> str:
    """Return the name in an alias.

    >>> name_in("@sample:P1AAAA")
    'P1AAAA'
    """
    return alias.split(":", 1)[-1]


@cache
def _structure() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(STRUCTURE))


def parsed(bundle: Bundle, name: str) -> Element:
    """Return the root of an XML document by its name, such as 'run'; `UnreadableError` if none.

    Entities and addresses in it are not followed.
    """
    path = f"{XML}/{name}.xml"
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(bundle.bytes(path), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(path, f"this is not XML: {error}") from error


def structure_findings(bundle: Bundle, name: str) -> Iterable[Finding]:
    """Yield in what an XML document breaks resources/xml/ega.rng."""
    path, root = f"{XML}/{name}.xml", parsed(bundle, name)
    if root.tag != ROOTS[name]:
        yield Finding(path, f"its root is {root.tag}, and should be {ROOTS[name]}")
        return
    structure = _structure()
    if not structure.validate(root):
        yield Finding(path, _first_fault(root, structure.error_log))


def _first_fault(root: Element, log: Iterable[etree._LogEntry]) -> str:
    """Say what is wrong first; the log goes on with every element around it."""
    for fault in log:
        element = next((each for each in root.iter() if each.sourceline == fault.line), None)
        shown = "" if element is None else etree.tostring(element, encoding="unicode")
        where = " ".join(shown.split())[:SHOWN]
        return f"line {fault.line}: {fault.message.strip()}: {where}"
    return "an element is out of place"


SHOWN = 200
"""Letters of a broken element that are told."""


def objects(bundle: Bundle, name: str) -> list[Element]:
    """Return the objects of an XML document; `UnreadableError` if it breaks our structure."""
    key = f"ega.xml.{name}"
    if key not in bundle.kept:
        if list(structure_findings(bundle, name)):
            raise UnreadableError(f"{XML}/{name}.xml", "this document breaks its structure")
        bundle.kept[key] = list(parsed(bundle, name))
    found: list[Element] = bundle.kept[key]
    return found


def attributes(element: Element) -> dict[str, str]:
    """Return tags and values of an object."""
    groups = [child for child in element if str(child.tag).endswith("_ATTRIBUTES")]
    pairs = [pair for group in groups for pair in group]
    return {str(pair.findtext("TAG")): str(pair.findtext("VALUE")) for pair in pairs}


def api_groups(bundle: Bundle) -> list[Group]:
    """Return runs and analyses of the payloads."""
    found = []
    for document, alias, payload in payloads(bundle, "run"):
        sample = name_in(payload["sample_provisional_id"])
        found.append(Group(document, alias, sample, _names(payload["files"])))
    for document, alias, payload in payloads(bundle, "analysis"):
        sample = name_in(payload["sample_provisional_ids"][0])
        found.append(Group(document, alias, sample, _names(payload["files"])))
    return found


def _names(files: list[str]) -> tuple[str, ...]:
    return tuple(name_in(file) for file in files)


def xml_groups(bundle: Bundle) -> list[Group]:
    """Return runs and analyses of the XML; the sample of a run is that of its experiment."""
    samples = {
        str(experiment.get("alias")): reference(experiment, "DESIGN/SAMPLE_DESCRIPTOR")
        for experiment in objects(bundle, "experiment")
    }
    found = []
    for run in objects(bundle, "run"):
        sample = samples.get(reference(run, "EXPERIMENT_REF"), "")
        found.append(Group(f"{XML}/run.xml", str(run.get("alias")), sample, _paths(run)))
    for each in objects(bundle, "analysis"):
        sample = reference(each, "SAMPLE_REF")
        found.append(Group(f"{XML}/analysis.xml", str(each.get("alias")), sample, _paths(each)))
    return found


def reference(element: Element, path: str) -> str:
    """Return the alias that an element below another refers to; '' if it is an accession."""
    found = element.find(path)
    return "" if found is None else str(found.get("refname") or "")


def _paths(element: Element) -> tuple[str, ...]:
    return tuple(re.sub(".*/", "", str(file.get("filename"))) for file in element.iter("FILE"))


def differ(document: str, found: list[str], wanted: list[str], where: str) -> Iterator[Finding]:
    """Yield a finding when a document has other aliases than it should, which are those of where.

    >>> [each.message for each in differ("x.json", ["a", "c"], ["a", "b"], "the record")]
    ['it leaves out b of the record and has c, which is not there']
    """
    less, more = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    parts = [f"leaves out {', '.join(less)} of {where}"] if less else []
    parts += [f"has {', '.join(more)}, which is not there"] if more else []
    if not parts and len(found) != len(wanted):
        parts = [f"has {len(found)}, but there are {len(wanted)} in {where}"]
    if parts:
        yield Finding(document, f"it {' and '.join(parts)}")


def unlike(
    document: str, what: str, found: Mapping[str, object], wanted: Mapping[str, object]
) -> Iterator[Finding]:
    """Yield a finding for each wanted field that is something else in a document."""
    for key, value in wanted.items():
        if found.get(key) != value:
            shown = f"{key} of {what} is {_shown(found.get(key))}"
            yield Finding(document, f"{shown}, but {_shown(value)} in the record")


def _shown(value: object) -> str:
    return "missing" if value is None else f"'{value}'"
