"""What quality control found, as it may travel: numbers and names that Schelde ships."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from schelde.catalogue import Value, metrics
from schelde.ga4gh import ALIGNMENT, VARIANTS
from schelde.joblog import JobError
from schelde.verdict import Verdict

RULE_KEYS = ("metric", "value", "comparison", "threshold", "severity", "result")
WORD = re.compile(r"[A-Za-z0-9+/-]{1,16}")
"""A value in letters, such as a karyotype; longer ones may be somebody's remarks."""

CUSTOM = "custom-{}"


class QualityError(JobError):
    """A file of quality control that is not as it must be."""


def failed(verdict: Path) -> bool:
    """Whether the verdict of a sample is that it fails."""
    return bool(_read(verdict)["verdict"] == Verdict.FAIL)


def clean_ga4gh(path: Path, sample: str, pseudonym: str) -> dict[str, Any]:
    """Return the GA4GH WGS-QC document of a sample under its pseudonym: the 16 numbers alone."""
    document = _read(path)
    if document.get("biosample") != {"id": sample}:
        raise QualityError(f"{path.name} is of another sample")
    found = document.get("wgs_qc_metrics", {})
    parts = {"aln_metrics": ALIGNMENT, "variant_metrics": VARIANTS}
    return {
        "biosample": {"id": pseudonym},
        "wgs_qc_metrics": {part: _known(found.get(part, {}), ids) for part, ids in parts.items()},
    }


def clean_metrics(qc: Path, verdict: Path) -> dict[str, Value]:
    """Return all metrics of a sample, by id, in the order of the catalogue."""
    values = {**_read(qc).get("metrics", {}), **_read(verdict).get("metrics", {})}
    return _known(values, metrics())


def clean_verdict(path: Path, pseudonym: str, shipped: Collection[str]) -> dict[str, Any]:
    """Return a verdict without what people wrote: titles, sources, notes, names of own profiles.

    ``shipped``: profiles of Schelde, which keep their names; others are numbered.
    """
    document = _read(path)
    own: list[str] = []
    profiles = []
    for profile in document["profiles"]:
        name = profile["name"]
        if name not in shipped:
            own.append(name)
            name = CUSTOM.format(len(own))
        rules = [_rule(rule) for rule in profile["rules"]]
        verdict = Verdict(profile["verdict"])
        profiles.append({"name": name, "verdict": str(verdict), "rules": rules})
    verdict = Verdict(document["verdict"])
    return {"sample": pseudonym, "verdict": str(verdict), "profiles": profiles}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    if rule["metric"] not in metrics():
        raise QualityError("a rule is about a metric that there is not")
    kept = {key: rule[key] for key in RULE_KEYS}
    for key, value in kept.items():
        if isinstance(value, str) and key in ("value", "threshold") and not WORD.fullmatch(value):
            raise QualityError(f"the {key} of '{rule['metric']}' is a text of its own")
    return kept


def _known(values: Mapping[str, Any], ids: Iterable[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in ids:
        if name not in values:
            continue
        value = values[name]
        words = isinstance(value, str) and not WORD.fullmatch(value)
        if words or not (value is None or metrics()[name].accepts(value)):
            raise QualityError(f"metric '{name}' has a value that it cannot have")
        found[name] = value
    return found


def _read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise QualityError(f"{path.name} is not a JSON object")
    return document
