"""Read a VCF, its truth, their reference and a BED; compare them contig by contig."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pysam

from schelde.errors import Problem, UserError
from schelde.evaluate.alleles import Allele, RecordError, read_alleles
from schelde.evaluate.matching import Match, match
from schelde.evaluate.regions import Regions, read_bed
from schelde.evaluate.results import Evaluation, Finding, Row, VariantType
from schelde.names import closest

MARGIN = 1_000
"""Bases around the BED's first and last interval whose alleles may explain those inside."""

SAME_REFERENCE = "give calls, truth and reference of one assembly, with the same contig names"


@dataclass(frozen=True)
class Variants:
    """One sample of an indexed VCF."""

    path: Path
    file: pysam.TabixFile
    sample: str
    column: int  # of the sample, from 0

    def alleles(
        self, contig: str, start: int, end: int, sequence: str, *, passing_only: bool
    ) -> tuple[list[Allele], int]:
        """Return the alleles of a stretch and how many were left out; raise `UserError`."""
        if contig not in self.file.contigs:
            return [], 0
        try:
            lines = self.file.fetch(contig, start, end)
            return read_alleles(lines, self.column, sequence, passing_only=passing_only)
        except RecordError as error:
            problem = Problem(str(self.path), None, error.what, error.remedy)
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem(
                str(self.path), None, f"cannot be read on {contig}: {error}", "write the VCF again"
            )
        raise UserError([problem])


def evaluate(
    calls: Path,
    truth: Path,
    reference: Path,
    bed: Path | None,
    *,
    sample: str | None,
    truth_sample: str | None,
    passing_only: bool,
) -> Evaluation:
    """Compare one sample of a VCF or gVCF with one sample of a truth VCF.

    Both are bgzipped and indexed; ``reference`` is a FASTA with its ``.fai``. Only alleles in
    ``bed`` are counted (see `Regions.count`); those around may explain them. A sample need only
    be named where a file has several. Records of the truth that a filter marked are never used;
    those of the calls are with ``passing_only`` False. Recall and precision count alleles after
    normalisation, at the level "allele match" of Krusche et al. 2019 (`Row`). Raises `UserError`.
    """
    with ExitStack() as stack:
        fasta, called, known, regions = _opened(
            stack, (calls, sample), (truth, truth_sample), reference, bed
        )
        counts: Counter[tuple[VariantType, str]] = Counter()
        findings: list[Finding] = []
        knots = left_out = 0
        for contig in _contigs(fasta, called, known, regions):
            sequence = fasta.fetch(contig).upper()
            start, end = 0, len(sequence)
            if regions:
                first, last = regions.span(contig)
                start, end = max(first - MARGIN, 0), min(last + MARGIN, end)
            said, left = called.alleles(contig, start, end, sequence, passing_only=passing_only)
            true, left_true = known.alleles(contig, start, end, sequence, passing_only=True)
            matches = match(true, said, sequence)
            knots += matches.knots
            left_out += left + left_true
            findings += _counted(contig, sequence, true, matches.truth, regions, counts, True)
            findings += _counted(contig, sequence, said, matches.calls, regions, counts, False)
        order = {name: number for number, name in enumerate(fasta.references)}
    findings.sort(key=lambda found: (order[found.contig], found.position, found.kind))
    return Evaluation(
        sample=called.sample,
        truth_sample=known.sample,
        rows=tuple(
            Row(
                kind,
                truth_total=counts[kind, "truth"],
                truth_matched=counts[kind, "truth matched"],
                calls_total=counts[kind, "calls"],
                calls_matched=counts[kind, "calls matched"],
                genotype_matched=counts[kind, "truth genotype"],
            )
            for kind in VariantType
        ),
        findings=tuple(findings),
        knots=knots,
        left_out=left_out,
    )


def _counted(
    contig: str,
    sequence: str,
    alleles: Sequence[Allele],
    matches: Sequence[Match],
    regions: Regions | None,
    counts: Counter[tuple[VariantType, str]],
    of_truth: bool,
) -> Iterator[Finding]:
    """Add up one side of a contig; yield what is wrong."""
    side = "truth" if of_truth else "calls"
    for allele, found in zip(alleles, matches, strict=True):
        if regions and not regions.count(contig, allele.normal):
            continue
        kind = VariantType.SNP if allele.is_snp else VariantType.INDEL
        counts[kind, side] += 1
        if found is Match.NONE:
            yield _finding("FN" if of_truth else "FP", kind, contig, sequence, allele)
            continue
        counts[kind, f"{side} matched"] += 1
        if found is Match.GENOTYPE:
            counts[kind, f"{side} genotype"] += 1
        elif of_truth:
            yield _finding("GT", kind, contig, sequence, allele)


def _finding(
    kind: str, variant: VariantType, contig: str, sequence: str, allele: Allele
) -> Finding:
    """Write an allele as a VCF does: an indel with the base before it, or the one after it."""
    start, end, alt = allele.normal
    before = after = ""
    if not alt or start == end:
        before = sequence[start - 1] if start else ""
        after = "" if start else sequence[end : end + 1]
    ref = before + sequence[start:end] + after
    return Finding(kind, variant, contig, start - len(before) + 1, ref, f"{before}{alt}{after}")


def _contigs(
    fasta: pysam.FastaFile, calls: Variants, truth: Variants, regions: Regions | None
) -> list[str]:
    """Contigs to compare, in the order of the reference."""
    wanted = set(calls.file.contigs) | set(truth.file.contigs)
    if regions:
        wanted &= set(regions.starts)
    return [name for name in fasta.references if name in wanted]


def _opened(
    stack: ExitStack,
    calls: tuple[Path, str | None],
    truth: tuple[Path, str | None],
    reference: Path,
    bed: Path | None,
) -> tuple[pysam.FastaFile, Variants, Variants, Regions | None]:
    """Open everything; raise `UserError` with all that is wrong."""
    problems: list[Problem] = []
    variants: list[Variants] = []
    for path, sample in (calls, truth):
        try:
            variants.append(_open_vcf(stack, path, sample))
        except UserError as error:
            problems += error.problems
    fasta: pysam.FastaFile | None = None
    regions: Regions | None = None
    try:
        fasta = _open_fasta(stack, reference)
        lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
        for one in variants:
            problems += _strangers(one, set(lengths), within_bed=bed is not None)
        regions = read_bed(bed, lengths) if bed else None
    except UserError as error:
        problems += error.problems
    if problems or fasta is None:
        raise UserError(problems)
    return fasta, variants[0], variants[1], regions


def _open_fasta(stack: ExitStack, path: Path) -> pysam.FastaFile:
    if not path.is_file():
        raise UserError([Problem(str(path), None, "no such file", "give a FASTA file")])
    if not path.with_name(f"{path.name}.fai").is_file():
        raise UserError([Problem(str(path), None, "no index", f"run: samtools faidx {path}")])
    try:
        return stack.enter_context(closing(pysam.FastaFile(str(path))))
    except (OSError, ValueError) as error:
        what, remedy = "not a FASTA file that its index fits", f"run: samtools faidx {path}"
        raise UserError([Problem(str(path), None, what, remedy)]) from error


def _open_vcf(stack: ExitStack, path: Path, sample: str | None) -> Variants:
    name = str(path)
    if not path.is_file():
        raise UserError([Problem(name, None, "no such file", "give a VCF, bgzipped")])
    if not any(path.with_name(f"{path.name}.{end}").is_file() for end in ("tbi", "csi")):
        remedy = f"bgzip it if it is not yet, and run: tabix -p vcf {path}"
        raise UserError([Problem(name, None, "no index", remedy)])
    try:
        file = stack.enter_context(closing(pysam.TabixFile(name, encoding="utf-8")))
        header = list(file.header)
    except (OSError, ValueError) as error:
        remedy = f"run: tabix -f -p vcf {path}"
        what = "not a bgzipped VCF that its index fits"
        raise UserError([Problem(name, None, what, remedy)]) from error
    samples = header[-1].split("\t")[9:] if header else []
    return Variants(path, file, *_chosen(name, samples, sample))


def _chosen(file: str, samples: list[str], wanted: str | None) -> tuple[str, int]:
    """Return the sample to use and its column; raise `UserError`."""
    if not samples:
        problem = Problem(file, None, "no sample column", "give a VCF with genotypes")
    elif wanted is None and len(samples) > 1:
        problem = Problem(
            file, None, f"{len(samples)} samples", f"name one of them: {', '.join(samples)}"
        )
    elif wanted is not None and wanted not in samples:
        problem = Problem(file, None, f"no sample '{wanted}'", closest(wanted, samples))
    else:
        name = samples[0] if wanted is None else wanted
        return name, samples.index(name)
    raise UserError([problem])


def _strangers(variants: Variants, contigs: set[str], *, within_bed: bool) -> list[Problem]:
    """Contigs with records that the reference does not have; in a BED, some others are no harm."""
    strange = [name for name in variants.file.contigs if name not in contigs]
    if not strange or (within_bed and len(strange) < len(variants.file.contigs)):
        return []
    what = f"contig '{strange[0]}' is not in the reference"
    if len(strange) > 1:
        what = f"{len(strange)} contigs, '{strange[0]}' first, are not in the reference"
    return [Problem(str(variants.path), None, what, SAME_REFERENCE)]
