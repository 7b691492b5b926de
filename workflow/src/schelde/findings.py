"""What quality control found about the samples of a run, read back for the report."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schelde import paths
from schelde.joblog import JobError

WORST_FIRST = ("fail", "review", "pass")
"""The verdicts, as in `schelde.verdict.Verdict`."""


class FindingsError(JobError):
    """A file of quality control does not hold what it should."""


@dataclass(frozen=True)
class Finding:
    """One sample: its metrics by id, its verdict by all profiles, and its curves.

    ``coverage`` and ``targets``: bases at depth 0, 1, ... up to a cap that holds all above it;
    ``inserts``: pairs of insert size and count; ``gc``: pairs of GC percent and coverage over the
    mean. None or empty when not measured.
    """

    sample: str
    assay: str
    sex: str  # as declared
    metrics: Mapping[str, Any]
    verdict: str
    profiles: tuple[Mapping[str, Any], ...]
    hints: tuple[str, ...]
    calling_sex: str
    coverage: tuple[int, ...]
    targets: tuple[int, ...]
    inserts: tuple[tuple[float, float], ...]
    gc: tuple[tuple[float, float], ...]


def sources_of(sample: str) -> list[str]:
    """Return the files that `read_finding` reads."""
    patterns = (paths.SAMPLE_QC, paths.VERDICT, paths.READ_METRICS)
    return [pattern.format(sample=sample) for pattern in patterns]


def read_finding(sample: str, root: Path = Path()) -> Finding:
    """Read what was found about one sample below ``root``.

    Raises `FindingsError` when a file is not JSON or lacks a part.
    """
    quality, verdict, reads = (_Document(root / name) for name in sources_of(sample))
    worst = verdict.part("verdict")
    if worst not in WORST_FIRST:
        raise FindingsError(f"{verdict.file}: '{worst}' is no verdict")
    return Finding(
        sample=sample,
        assay=quality.part("assay"),
        sex=quality.part("sex"),
        # Those that compare samples with one another are known only to the verdict.
        metrics={**quality.part("metrics"), **verdict.part("metrics")},
        verdict=worst,
        profiles=tuple(verdict.part("profiles")),
        hints=tuple(verdict.part("hints")),
        calling_sex=verdict.part("calling_sex"),
        coverage=tuple(reads.part("coverage_histogram") or ()),
        targets=tuple(reads.part("target_histogram") or ()),
        inserts=_points(reads.part("insert_sizes")),
        gc=_points(reads.part("gc_bias")),
    )


def read_pairs(file: Path) -> list[dict[str, str]]:
    """Read the table of pairs that `schelde.identity.write_pairs` wrote."""
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort samples by verdict, the failed ones first, and else leave them in their order."""
    return sorted(findings, key=lambda each: WORST_FIRST.index(each.verdict))


class _Document:
    """A JSON object and the file that it came from."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._found = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FindingsError(f"{file}: not JSON ({error})") from error

    def part(self, key: str) -> Any:  # noqa: ANN401 - JSON holds anything
        """Return what stands under a key that must be there."""
        if not isinstance(self._found, dict) or key not in self._found:
            raise FindingsError(f"{self.file}: has no '{key}'")
        return self._found[key]


def _points(pairs: Iterable[Iterable[float]] | None) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in pairs or ())
