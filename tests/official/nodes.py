"""What nodes of GDI take: validators' results, packages of frequencies, sequence collections."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, Draft202012Validator
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

from schelde.documents.frequencies import PACKAGE
from schelde.verify import gdi

RESULT = "validation/result.json"
SEQCOL = "reference/seqcol.json"
ACCESS = "http://publications.europa.eu/resource/authority/access-right/"
TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def _errors(schema: Any, document: Any) -> list[str]:
    return [error.message for error in schema.iter_errors(document)]


def gdi_schema(name: str) -> Draft7Validator:
    """Return the schema of a validator's 'input', 'metadata' or 'output'."""
    return Draft7Validator(json.loads(standard(f"gdi-validator/validator-{name}.json").read_text()))


def ask_contract(case: Case) -> Answer:
    """Ask about the result in the bundle, and about what we say and write as a validator."""
    source, output = case.scratch / "input.json", case.scratch / "result.json"
    request = {"paths": [str(case.bundle / "manifest.json")]}
    assert not _errors(gdi_schema("input"), request)
    source.write_text(json.dumps(request))
    gdi.validate(source, output, case.bundle.parent)
    results = {RESULT: case.bundle / RESULT, "output of a run": output}
    judged = [("--describe", _errors(gdi_schema("metadata"), json.loads(gdi.describe())))]
    for name, path in results.items():
        judged.append((name, _errors(gdi_schema("output"), json.loads(path.read_text()))))
    return counted(judged)


def manifest_of(package: Any) -> dict[str, Any]:
    """Return the manifest that gdi-dataset-tool makes of a package.yaml, as far as it is told."""
    own = dict(package["metadata"])
    prefix, organisation = own.pop("prefix"), own.pop("org")
    files = [
        {**group, "files": [{"path": path} for path in group["files"]]}
        for group in package["files"]
    ]
    written = {
        "assembly": {"reference": package["files"][0]["reference"]},
        "manifestVersion": 1,
        "generatedBy": "test",
    }
    return {
        "metadata": {"datasetId": f"{prefix}-BE-{organisation}-20260131000000000", **own},
        "files": files,
        "internal": package.get("internal", {}),
        "config": {**package["config"], **written},
    }


def package_faults(package: Any) -> Iterator[str]:
    """Yield which of the tool's five negative examples, or of its other rules, a package is."""
    told = package["metadata"]
    if not re.fullmatch(r"mailto:.+@.+\..+", told.get("contactPoint", {}).get("hasEmail", "")):
        yield "bad-email-pattern"
    levels = {ACCESS + level for level in ("PUBLIC", "RESTRICTED", "NON_PUBLIC")}
    if told.get("accessRights") not in levels:
        yield "bad-enum-access-rights"
    yield from (f"missing {name}" for name in ("description", "healthCategory") if name not in told)
    for name in ("title", "description"):
        languages = [tag.casefold() for tag in told.get(name, {})]
        if len(set(languages)) < len(languages):
            yield "unique-lang-collision"
    if told["prefix"] not in ("GDI", "GOE") or not re.fullmatch("[A-Z]{1,16}", told["org"]):
        yield "bad prefix or organisation"
    if any(group["reference"] not in ("GRCh37", "GRCh38") for group in package["files"]):
        yield "bad reference"


def ask_package(case: Case) -> Answer:
    """Hold the description of frequencies against the manifest's schema and the tool's rules."""
    path = case.bundle / PACKAGE
    if not path.exists():
        return Answer("", 0, 0, (), "no package: the genome is neither GRCh37 nor GRCh38")
    package = yaml.safe_load(path.read_text())
    schema = json.loads(standard("gdi-node-standalone/manifest.schema.compact.json").read_text())
    faults = _errors(Draft202012Validator(schema), manifest_of(package))
    absent = [
        name
        for group in package["files"]
        for name in group["files"]
        if not path.with_name(name).is_file()
    ]
    judged = [
        ("as a manifest", faults),
        ("rules", list(package_faults(package))),
        ("files", [f"{name} is not there" for name in absent]),
    ]
    return counted(judged)


def ask_seqcol(case: Case) -> Answer:
    """Hold the sequence collection against the two published schemas that can be used.

    The extended one is no JSON as published (a trailing comma), which is mended here; that with
    references points at addresses that are not published.
    """
    document = json.loads((case.bundle / SEQCOL).read_text())
    judged = []
    for name in ("minimal", "extended"):
        text = standard(f"refget-seqcol/seqcol_{name}_v1.0.0.json").read_text()
        schema = Draft202012Validator(json.loads(TRAILING_COMMA.sub(r"\1", text)))
        judged.append((name, _errors(schema, document["level2"])))
    return counted(judged, f"{len(document['level2']['names'])} sequences")


def _ok(case: Case, folder: Path) -> Case:
    return with_document(case, folder, RESULT, rewritten(lambda told: told.update(result="ok")))


def _without_mailto(case: Case, folder: Path) -> Case:
    return with_document(case, folder, PACKAGE, swap("mailto:", ""))


def _lengths_as_text(case: Case, folder: Path) -> Case:
    def change(told: Any) -> None:
        told["level2"]["lengths"] = [str(length) for length in told["level2"]["lengths"]]

    return with_document(case, folder, SEQCOL, rewritten(change))


AUTHORITIES = (
    Authority("GDI validator contract", "validation-framework b10384c5", ask_contract, _ok),
    Authority(
        "GDI allele frequencies", "gdi-node-standalone 015146e9", ask_package, _without_mailto
    ),
    Authority("GA4GH sequence collection", "refget bb8eef5b", ask_seqcol, _lengths_as_text),
)
