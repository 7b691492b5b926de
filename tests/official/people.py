"""Documents about people: 1+MG minimal dataset, Phenopackets, GA4GH quality control."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict, Parse, ParseError
from jsonschema import Draft202012Validator
from phenopackets import Family, Phenopacket
from tests.official.answer import (
    Answer,
    Authority,
    Case,
    counted,
    rewritten,
    standard,
    swap,
    with_document,
)

from schelde.documents import hmd


@cache
def hmd_classes() -> dict[str, list[dict[str, Any]]]:
    """Return the items of each HMD class, as published."""
    text = standard("1mg-hmd/hmd_classes.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def hmd_faults(path: str, items: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong about a record: items that the class lacks or asks for, and lists."""
    official = {each["item"]: each["cardinality"] for each in hmd_classes()[hmd.CLASSES[path]]}
    yield from (f"'{name}' is no item" for name in items.keys() - official.keys())
    for name, cardinality in official.items():
        if name not in items:
            if cardinality.startswith("1"):
                yield f"'{name}' is missing"
        elif isinstance(items[name], list) != cardinality.endswith("..n"):
            yield f"'{name}' is {cardinality}"


def ask_hmd(case: Case) -> Answer:
    """Hold every record against its class."""

    def judged() -> Iterator[tuple[str, list[str]]]:
        for path in hmd.CLASSES:
            for number, entry in enumerate(json.loads((case.bundle / path).read_text())["records"]):
                yield f"{path} {number}", list(hmd_faults(path, entry["items"]))

    return counted(judged(), f"records of {len(hmd.CLASSES)} classes")


def ask_phenopackets(case: Case) -> Answer:
    """Have the library read all packets, and give them back as they were."""
    folder = case.bundle / "phenopackets"

    def judged() -> Iterator[tuple[str, list[str]]]:
        for path in sorted(folder.rglob("*.json")):
            message = Family() if path.parent.name == "families" else Phenopacket()
            text = path.read_text(encoding="utf-8")
            try:
                back = MessageToDict(Parse(text, message))
            except ParseError as error:
                yield path.name, [str(error)]
            else:
                yield path.name, [] if back == json.loads(text) else ["it comes back changed"]

    families = len(list(folder.glob("families/*.json")))
    return counted(judged(), f"{families} of a family")


def ask_qc(case: Case) -> Answer:
    """Hold quality control against the schema that 103 published documents pass."""
    schema = standard("ga4gh-wgs-qc/ga4gh-wgs-qc.schema.json")
    validator = Draft202012Validator(json.loads(schema.read_text()))
    return counted(
        (
            path.name,
            [error.message for error in validator.iter_errors(json.loads(path.read_text()))],
        )
        for path in sorted(case.bundle.glob("qc/*.ga4gh-wgs-qc.json"))
    )


def _born_when(case: Case, folder: Path) -> Case:
    change = swap('"Birth Date"', '"Birthday"')
    return with_document(case, folder, "hmd/subjects.json", change)


def _of_no_sex(case: Case, folder: Path) -> Case:
    change = rewritten(lambda packet: packet["subject"].update(sex="M"))
    return with_document(case, folder, "phenopackets/*.json", change)


def _no_yield(case: Case, folder: Path) -> Case:
    change = swap('"yield_bp_q30"', '"yield"')
    return with_document(case, folder, "qc/*.ga4gh-wgs-qc.json", change)


AUTHORITIES = (
    Authority(
        "1+MG minimal dataset 1.1", "HarmonisedMinimalDatamodel 6f2f2c30", ask_hmd, _born_when
    ),
    Authority(
        "Phenopackets v2",
        lambda: f"phenopackets {version('phenopackets')}",
        ask_phenopackets,
        _of_no_sex,
    ),
    Authority("GA4GH WGS quality control", "NPM-sample-qc c09f0bf5", ask_qc, _no_yield),
)
