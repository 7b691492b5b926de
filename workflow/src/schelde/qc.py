"""All metrics of one sample together: its reads, its lanes, its variants."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from schelde.assembly import Assembly
from schelde.callers.tools import Machine, job_on
from schelde.catalogue import Value, metrics
from schelde.contamination.charr import charr
from schelde.ga4gh import ga4gh_json
from schelde.joblog import JobError
from schelde.json_text import json_text
from schelde.panel import read_panel
from schelde.pipes import write_text
from schelde.sheet import Person
from schelde.variant_counts import count_variants, write_stats

Metrics = dict[str, Value]


class QcError(JobError):
    """A file of an earlier job does not hold what it must."""


@dataclass(frozen=True)
class VariantFiles:
    """What is read.

    ``vcf``: bgzipped, indexed, with one sample; ``genome``: FASTA with ``.fai``; ``autosomes``:
    BED of the autosomes without gaps; ``metrics``: READ_METRICS of the sample; ``fastps``: of its
    lanes, before any trimming; ``contamination``: what another engine than our own found, which
    then stands in place of ours; ``panel``: as `schelde.panel.read_panel` takes it.
    """

    vcf: Path
    genome: Path
    autosomes: Path
    metrics: Path
    fastps: tuple[Path, ...] = ()
    contamination: Path | None = None
    panel: Path | None = None


@dataclass(frozen=True)
class VariantOutput:
    """What is written: ``bcftools stats``, the JSON of GA4GH, and all metrics (SAMPLE_QC)."""

    stats: Path
    ga4gh: Path
    qc: Path


def measure_variants(
    person: Person,
    assembly: Assembly,
    files: VariantFiles,
    machine: Machine,
    output: VariantOutput,
) -> None:
    """Count a sample's variants, and write all its metrics; each file whole or not at all.

    Raises `ToolError` when a tool fails, `JobError` when a file is not what it must be, and
    `UserError` when the panel cannot be read.
    """
    with job_on(machine) as job:
        write_stats(files.vcf, files.genome, output.stats, job.log)
        reads = read_document(files.metrics)
        found: Metrics = {
            **reads["metrics"],
            **_other_contamination(files.contamination),
            **lane_metrics(files.fastps),
            **variant_metrics(files, assembly, job.folder, job.log),
        }
        values = complete(found, files.metrics)
        document = {
            "sample": person.sample,
            "assay": person.assay,
            "sex": person.sex,
            "metrics": values,
            "sex_evidence": reads["sex"],
        }
        write_text(output.ga4gh, ga4gh_json(person.sample, values))
        write_text(output.qc, json_text(document))


def variant_metrics(
    files: VariantFiles, assembly: Assembly, scratch: Path, log: IO[bytes]
) -> Metrics:
    """Return the metrics that the VCF alone gives; CHARR where there is a panel."""
    found = count_variants(files.vcf, files.autosomes, scratch, log).metrics()
    if files.panel is not None:
        found["charr"] = charr(files.vcf, read_panel(files.panel), assembly.autosomes)
    return found


def lane_metrics(fastps: Iterable[Path]) -> Metrics:
    """Return quality and length of all sequenced reads, from fastp's JSON of every lane.

    Both ends of a pair count. None when there are no lanes, or no reads in them.
    """
    totals = {"total_reads": 0, "total_bases": 0, "q30_bases": 0}
    for file in fastps:
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))["summary"]["before_filtering"]
            for key in totals:
                totals[key] += int(summary[key])
        except (ValueError, KeyError, TypeError) as error:
            raise QcError(f"{file}: not a summary of fastp ({error!r})") from error
    reads, bases, good = totals.values()
    return {
        "pct_bases_q30": 100 * good / bases if bases else None,
        "mean_read_length": bases / reads if reads else None,
    }


def complete(found: Mapping[str, Value], told_by: Path) -> Metrics:
    """Return every metric of the catalogue, in its order and with its decimals.

    None for what was not found, and for what is no finite number. Raises `QcError`, which names
    ``told_by``, for a metric that is not in the catalogue or not of the type it has there.
    """
    known = metrics()
    if strange := sorted(found.keys() - known.keys()):
        raise QcError(f"{told_by}: metric '{strange[0]}' is not in the catalogue")
    values: Metrics = {}
    for name, metric in known.items():
        value = found.get(name)
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        if value is not None and not metric.accepts(value):
            raise QcError(f"{told_by}: metric '{name}' is {value!r}, which is no {metric.type}")
        values[name] = metric.rounded(value)
    return values


def read_document(path: Path) -> dict[str, Any]:
    """Read READ_METRICS or SAMPLE_QC; raise `QcError` if it is neither."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise QcError(f"{path}: not JSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("metrics"), dict):
        raise QcError(f"{path}: has no 'metrics'")
    return document


def _other_contamination(path: Path | None) -> Metrics:
    """Return what another engine found: JSON with estimate, low and high, or null for nothing."""
    if path is None:
        return {}
    names = {
        "cross_contamination_rate": "estimate",
        "contamination_low": "low",
        "contamination_high": "high",
    }
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: found[key] if found is not None else None for name, key in names.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise QcError(f"{path}: does not tell of contamination ({error!r})") from error
