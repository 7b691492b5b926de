"""What a comparison found, counted and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class VariantType(StrEnum):
    """The types that are counted apart, after complex alleles were taken apart."""

    SNP = "SNP"
    INDEL = "INDEL"


@dataclass(frozen=True)
class Row:
    """Counts of alleles of one type; rates are None where there is nothing to count.

    Recall, precision and F1 as in Krusche et al. 2019 (Nat Biotechnol 37:555), at their level
    "allele match": an allele is right when the other side has it on at least one copy. Genotype
    concordance says of how many of the truth's alleles that were found the genotype is right too.
    """

    type: VariantType
    truth_total: int
    truth_matched: int
    calls_total: int
    calls_matched: int
    genotype_matched: int

    @property
    def recall(self) -> float | None:
        """Share of the truth's alleles that the calls have."""
        return _share(self.truth_matched, self.truth_total)

    @property
    def precision(self) -> float | None:
        """Share of the calls' alleles that the truth has."""
        return _share(self.calls_matched, self.calls_total)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision."""
        if self.recall is None or self.precision is None:
            return None
        return _share(2 * self.recall * self.precision, self.recall + self.precision) or 0.0

    @property
    def genotype_concordance(self) -> float | None:
        """Share of the truth's matched alleles that are called on the right number of copies."""
        return _share(self.genotype_matched, self.truth_matched)


@dataclass(frozen=True)
class Finding:
    """An allele that is wrong: FN is missed, FP is called only, GT has another genotype.

    ``position`` is 1-based and ``ref`` and ``alt`` are as in a VCF, left-aligned.
    """

    kind: str
    type: VariantType
    contig: str
    position: int
    ref: str
    alt: str


@dataclass(frozen=True)
class Evaluation:
    """One sample compared with its truth.

    ``knots``: clusters too tangled to search for other representations, compared allele by
    allele. ``left_out``: alleles without a sequence (``<DEL>``, breakends), counted nowhere.
    """

    sample: str
    truth_sample: str
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    knots: int
    left_out: int

    def row(self, kind: VariantType) -> Row:
        """Return the counts of a type."""
        return next(row for row in self.rows if row.type is kind)

    def to_json(self) -> str:
        """Return all numbers as JSON; rates that do not exist are null."""
        document = {
            "sample": self.sample,
            "truth_sample": self.truth_sample,
            "types": {row.type.value: _numbers(row) for row in self.rows},
            "knots": self.knots,
            "left_out": self.left_out,
        }
        return json.dumps(document, indent=2) + "\n"


COUNTS = ("truth_total", "truth_matched", "calls_total", "calls_matched", "genotype_matched")
RATES = ("recall", "precision", "f1", "genotype_concordance")


def tsv(evaluations: Iterable[Evaluation]) -> str:
    """Return a row per sample and type; rates that do not exist are empty."""
    lines = ["\t".join(("sample", "type", *COUNTS, *RATES))]
    for evaluation in evaluations:
        for row in evaluation.rows:
            values = ("" if value is None else str(value) for value in _numbers(row).values())
            lines.append("\t".join((evaluation.sample, row.type.value, *values)))
    return "\n".join(lines) + "\n"


def details_tsv(evaluation: Evaluation) -> str:
    """Return every wrong allele, in the order of the reference."""
    lines = ["kind\ttype\tcontig\tposition\tref\talt"]
    lines += [
        f"{found.kind}\t{found.type}\t{found.contig}\t{found.position}\t{found.ref}\t{found.alt}"
        for found in evaluation.findings
    ]
    return "\n".join(lines) + "\n"


def table(evaluations: Sequence[Evaluation]) -> str:
    """Return an aligned table to read, a row per sample and type, without a last newline."""
    rows = [
        ["sample", "type", "truth", "found", "recall", "calls", "right", "precision", "F1", "GT"]
    ]
    for evaluation in evaluations:
        for row in evaluation.rows:
            rows.append(
                [
                    evaluation.sample,
                    row.type.value,
                    str(row.truth_total),
                    str(row.truth_matched),
                    _shown(row.recall),
                    str(row.calls_total),
                    str(row.calls_matched),
                    _shown(row.precision),
                    _shown(row.f1),
                    _shown(row.genotype_concordance),
                ]
            )
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    for evaluation in evaluations:
        if evaluation.knots:
            lines.append(
                f"{evaluation.sample}: {evaluation.knots} clusters were too tangled to search for"
                " the same sequence in other words; there, alleles were compared one by one"
            )
        if evaluation.left_out:
            lines.append(
                f"{evaluation.sample}: {evaluation.left_out} alleles without a sequence (<DEL>,"
                " breakends) were left out"
            )
    return "\n".join(lines)


def _numbers(row: Row) -> dict[str, int | float | None]:
    return {name: getattr(row, name) for name in (*COUNTS, *RATES)}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _shown(rate: float | None) -> str:
    """Four digits; less than all is never shown as 1."""
    if rate is None:
        return "-"
    return f"{rate if rate == 1 else min(rate, 0.9999):.4f}"
