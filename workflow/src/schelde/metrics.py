"""Rows of numbers about samples, lanes and libraries, read from what the tools wrote.

Percentages run from 0 to 100; ``None`` (an empty cell) means that a number does not exist, such
as the insert size of single-end reads, never that it is 0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from schelde.catalogue import metrics
from schelde.joblog import JobError
from schelde.pipes import whole


class MetricsError(JobError):
    """A tool's file does not hold a number that it should."""


@dataclass(frozen=True)
class LaneMetrics:
    """Reads of one lane as they came, from fastp."""

    sample: str
    lane: str
    library: str
    reads: int  # both ends of a pair count
    bases: int
    read_length: float | None  # mean of first reads
    q30_percent: float | None  # of bases
    gc_percent: float | None
    duplicate_percent: float | None  # fastp's estimate, before alignment
    adapter_percent: float | None  # of reads, when adapters were looked for
    insert_size_peak: int | None  # of pairs whose ends overlap


@dataclass(frozen=True)
class LibraryMetrics:
    """Duplicates of one library over all its lanes, from samtools markdup; counts of reads."""

    sample: str
    library: str
    examined: int  # mapped primary reads
    unique: int
    duplicates: int  # other than optical
    optical: int
    duplicate_percent: float | None  # optical ones included
    optical_percent: float | None
    molecules: int | None  # estimated number of different fragments in the library


@dataclass(frozen=True)
class AlignmentMetrics:
    """Reads of one sample after alignment, from samtools stats; counts of primary reads."""

    reads: int
    mapped_percent: float | None
    proper_pairs_percent: float | None  # of reads that have a mate
    insert_size: float | None  # mean
    error_percent: float | None  # mismatches to the reference, variants included


@dataclass(frozen=True)
class VariantMetrics:
    """Variants of one sample that pass the filters, from bcftools stats."""

    snps: int
    indels: int
    ts_tv: float | None
    het_hom: float | None  # SNPs, diploid calls only
    depth: float | None  # mean reads at the variants


@dataclass(frozen=True)
class SampleMetrics:
    """One sample over all its lanes."""

    sample: str
    assay: str
    sex: str  # as declared
    verdict: str  # the worst of all profiles: pass, review or fail
    inferred_sex: str | None  # by depth of X and Y
    karyotype: str | None  # the same in letters, such as XX; None when unclear
    lanes: int
    libraries: int
    reads: int  # primary, mapped or not
    q30_percent: float | None
    mapped_percent: float | None
    proper_pairs_percent: float | None
    duplicate_percent: float | None  # of mapped primary reads
    insert_size: float | None  # mean
    error_percent: float | None  # mismatches to the reference, variants included
    mean_autosome_coverage: float | None
    pct_autosomes_15x: float | None
    mean_target_coverage: float | None  # of exomes
    cross_contamination_rate: float | None  # 0 to 1
    depth: float | None  # at variants
    snps: int
    indels: int
    ts_tv: float | None
    het_hom: float | None


Number = TypeVar("Number", int, float)
Row = TypeVar("Row", LaneMetrics, LibraryMetrics, SampleMetrics)


def lane_metrics(file: Path, sample: str, lane: str, library: str) -> LaneMetrics:
    """Read the fastp JSON of one lane; raise `MetricsError` if it lacks the totals."""
    found = _json(file)
    total = _part(found, file, "summary", "before_filtering")
    reads = int(_number(total, file, "total_reads"))
    bases = int(_number(total, file, "total_bases"))
    adapters = found.get("adapter_cutting", {}).get("adapter_trimmed_reads")
    return LaneMetrics(
        sample=sample,
        lane=lane,
        library=library,
        reads=reads,
        bases=bases,
        read_length=_or_none(total.get("read1_mean_length")),
        q30_percent=percent(_number(total, file, "q30_bases"), bases),
        gc_percent=percent(total.get("gc_content"), 1) if bases else None,
        duplicate_percent=percent(found.get("duplication", {}).get("rate"), 1),
        adapter_percent=percent(adapters, reads),
        insert_size_peak=_or_none(found.get("insert_size", {}).get("peak")),
    )


def library_metrics(file: Path, sample: str) -> list[LibraryMetrics]:
    """Read the duplicate counts of a sample; raise `MetricsError` if a count is missing."""
    rows = []
    for library, counts in sorted(_part(_json(file), file, "libraries").items()):
        examined = int(_number(counts, file, "EXAMINED"))
        optical = sum(
            int(_number(counts, file, key))
            for key in ("DUPLICATE PAIR OPTICAL", "DUPLICATE SINGLE OPTICAL")
        )
        marked = int(_number(counts, file, "DUPLICATE PRIMARY TOTAL"))
        rows.append(
            LibraryMetrics(
                sample=sample,
                library=library,
                examined=examined,
                unique=examined - marked,
                duplicates=marked - optical,
                optical=optical,
                duplicate_percent=percent(marked, examined),
                optical_percent=percent(optical, examined),
                molecules=_or_none(counts.get("ESTIMATED_LIBRARY_SIZE")),
            )
        )
    return rows


def alignment_metrics(file: Path) -> AlignmentMetrics:
    """Read ``samtools stats``; raise `MetricsError` if a number is missing."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    numbers = {cells[1].rstrip(":"): cells[2] for cells in lines if cells[0] == "SN"}
    reads = _number(numbers, file, "raw total sequences")
    mapped = _number(numbers, file, "reads mapped")
    paired = _number(numbers, file, "reads paired")
    return AlignmentMetrics(
        reads=int(reads),
        mapped_percent=percent(mapped, reads),
        proper_pairs_percent=percent(_number(numbers, file, "reads properly paired"), paired),
        insert_size=_or_none(_number(numbers, file, "insert size average")),
        error_percent=percent(_number(numbers, file, "error rate"), 1) if mapped else None,
    )


def variant_metrics(file: Path) -> VariantMetrics:
    """Read ``bcftools stats --samples -`` of one sample; raise `MetricsError` if it has none."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    numbers = {cells[2].rstrip(":"): cells[3] for cells in lines if cells[0] == "SN"}
    changes = [cells for cells in lines if cells[0] == "TSTV"]
    people = [cells for cells in lines if cells[0] == "PSC"]
    if len(changes) != 1 or len(people) != 1:
        raise MetricsError(f"{file}: not bcftools stats of one file with one sample")
    homozygous, heterozygous = int(people[0][4]), int(people[0][5])
    return VariantMetrics(
        snps=int(_number(numbers, file, "number of SNPs")),
        indels=int(_number(numbers, file, "number of indels")),
        ts_tv=_ratio(int(changes[0][2]), int(changes[0][3])),
        het_hom=_ratio(heterozygous, homozygous),
        depth=_or_none(float(people[0][9])),
    )


def sample_metrics(
    sample: str,
    assay: str,
    sex: str,
    *,
    lanes: Sequence[LaneMetrics],
    libraries: Sequence[LibraryMetrics],
    alignment: AlignmentMetrics,
    variants: VariantMetrics,
    quality: Mapping[str, Any],
    verdict: str,
) -> SampleMetrics:
    """Put one sample's row together; ``quality`` has metrics by id, as `schelde.catalogue`."""
    bases = [(lane.q30_percent, lane.bases) for lane in lanes if lane.q30_percent is not None]
    good = sum(share * count for share, count in bases)
    duplicates = sum(library.duplicates + library.optical for library in libraries)
    return SampleMetrics(
        sample=sample,
        assay=assay,
        sex=sex,
        verdict=verdict,
        inferred_sex=quality.get("inferred_sex"),
        karyotype=quality.get("karyotype"),
        lanes=len(lanes),
        libraries=len(libraries),
        reads=alignment.reads,
        q30_percent=_ratio(good, sum(count for _, count in bases)),
        mapped_percent=alignment.mapped_percent,
        proper_pairs_percent=alignment.proper_pairs_percent,
        duplicate_percent=percent(duplicates, sum(library.examined for library in libraries)),
        insert_size=alignment.insert_size,
        error_percent=alignment.error_percent,
        mean_autosome_coverage=_rounded(quality, "mean_autosome_coverage"),
        pct_autosomes_15x=_rounded(quality, "pct_autosomes_15x"),
        mean_target_coverage=_rounded(quality, "mean_target_coverage"),
        cross_contamination_rate=_rounded(quality, "cross_contamination_rate"),
        depth=variants.depth,
        snps=variants.snps,
        indels=variants.indels,
        ts_tv=variants.ts_tv,
        het_hom=variants.het_hom,
    )


def _rounded(quality: Mapping[str, Any], name: str) -> float | None:
    """Return a metric with the decimals of the catalogue."""
    value = metrics()[name].rounded(quality.get(name))
    return value if isinstance(value, int | float) else None


def write_rows(path: Path, rows: Iterable[Row], kind: type[Row]) -> None:
    """Write rows as TSV with the names of the fields above; an empty cell is ``None``."""
    names = [field.name for field in fields(kind)]
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, delimiter="\t", lineterminator="\n")
        table.writerow(names)
        table.writerows([getattr(row, name) for name in names] for row in rows)


def read_rows(path: Path) -> list[dict[str, str | int | float]]:
    """Read what `write_rows` wrote, by column name; empty cells are left out.

    Cells that read as numbers are numbers, but not in the columns of names and words.
    """
    words = {"sample", "lane", "library", "assay", "sex", "verdict", "inferred_sex", "karyotype"}
    with path.open(encoding="utf-8", newline="") as handle:
        return [
            {
                name: cell if name in words else _parsed(cell)
                for name, cell in row.items()
                if cell != ""
            }
            for row in csv.DictReader(handle, delimiter="\t")
        ]


def _parsed(cell: str) -> int | float:
    return int(cell) if cell.isdigit() else float(cell)


def percent(part: float | None, of: float) -> float | None:
    """Return 100 times part/of to four decimals; None when there is no such share.

    >>> percent(1, 3), percent(1, 0), percent(None, 1)
    (33.3333, None, None)
    """
    return None if part is None or not of else round(100 * part / of, 4)


def _ratio(part: float, of: float) -> float | None:
    return round(part / of, 4) if of else None


def _or_none(number: Number | None) -> Number | None:
    """Zero stands for "not measured" in these fields of the tools."""
    return number or None


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MetricsError(f"{file}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise MetricsError(f"{file}: not a JSON object")
    return found


def _part(found: Mapping[str, Any], file: Path, *keys: str) -> dict[str, Any]:
    part: Any = found
    for key in keys:
        if not isinstance(part, Mapping) or key not in part:
            raise MetricsError(f"{file}: has no '{key}'")
        part = part[key]
    return dict(part)


def _number(found: Mapping[str, Any], file: Path, key: str) -> float:
    if key not in found:
        raise MetricsError(f"{file}: has no '{key}'")
    return float(found[key])
