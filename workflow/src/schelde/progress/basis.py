"""What the numbers of a working directory rest on: genomes, their bases, the programs chosen."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schelde import paths
from schelde.callers import filters_of
from schelde.config import CallSettings, QcSettings
from schelde.sheet import Assay

CONFIG = Path("config/config.yaml")
PEOPLE = "config/people.tsv"

FULL_BASES: Mapping[Assay, float] = {Assay.WGS: 60e9, Assay.WES: 3e9}
"""Sequenced bases from which a sample counts as a whole one.

20x of 3.1 Gb, two thirds of the 30x that config/jobs.yaml is made for; half of an exome's 100x over
35 Mb with 6 reads of 10 on target.
"""


@dataclass(frozen=True)
class Basis:
    """``assays`` and ``bases`` (of all lanes, untrimmed) by sample; ``java``: rules in Java.

    A sample whose proofs of reads are gone is not in ``bases``.
    """

    assays: Mapping[str, Assay]
    bases: Mapping[str, int]
    java: frozenset[str]

    def full(self, sample: str | None) -> bool:
        """Whether a sample has as many bases as the numbers of config/jobs.yaml are made for."""
        if sample is None:
            return False
        return self.bases.get(sample, 0) >= FULL_BASES[self.assays.get(sample, Assay.WGS)]


def basis_of(folder: Path) -> Basis:
    """Look at config, sheet and proofs of reads of a working directory, where they are there."""
    settings = _mapping(folder / CONFIG)
    assays = _assays(folder / str(settings.get("people", PEOPLE)))
    return Basis(assays, _bases(folder), _java_rules(settings))


def _mapping(path: Path) -> Mapping[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return values if isinstance(values, dict) else {}


def _assays(path: Path) -> dict[str, Assay]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
    except OSError:
        return {}
    return {
        row["sample"]: Assay.WES if row.get("assay") == Assay.WES else Assay.WGS
        for row in rows
        if row.get("sample")
    }


def _bases(folder: Path) -> dict[str, int]:
    """Sum the bases of each sample's lanes, as proofs count them before trimming."""
    bases: dict[str, int] = {}
    pattern = paths.LANE_PROOF.format(sample="*", lane="*")
    for proof in folder.glob(pattern):
        if proof.name.endswith(".trimmed.proof.json"):
            continue
        sample = proof.parent.name
        try:
            counted = json.loads(proof.read_text(encoding="utf-8"))["bases"]
        except (OSError, ValueError, KeyError):
            continue
        bases[sample] = bases.get(sample, 0) + int(counted)
    return bases


def _java_rules(settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the rules that give GATK or Picard a heap of their memory (`-Xmx`)."""

    def chosen(block: str, key: str, default: str) -> str:
        values = settings.get(block)
        return str(values.get(key, default)) if isinstance(values, dict) else default

    rules = {"call_piece_gatk", "model_base_qualities", "find_tandem_repeats"}
    rules.add("model_tandem_repeats")
    caller = chosen("call", "caller", CallSettings().caller)
    if filters_of(caller) == "gatk":
        rules.add("gather_calls")
    if chosen("qc", "engine", QcSettings().engine) == "picard":
        rules.add("measure_reads")
    if chosen("qc", "contamination", QcSettings().contamination) == "gatk":
        rules.add("estimate_contamination")
    return frozenset(rules)
