"""What the demo's run found, held against what there was to find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pysam

from schelde import paths
from schelde.demo.family import CHILD, FATHER, MOTHER
from schelde.demo.genome import MITOCHONDRION, Y
from schelde.demo.project import DemoProject
from schelde.errors import Problem, UserError
from schelde.evaluate import evaluate, table
from schelde.quiet import quiet_htslib

SURE = 20
"""Genotype quality (Phred) from which "no variant here" is taken for said."""

Variant = tuple[str, int, str, str]
"""Contig, 1-based position, ref and alt of a split, normalised record."""


class Copies(NamedTuple):
    """How many of a person's copies of a place have the variant."""

    alt: int
    of: int

    @property
    def passed_on(self) -> set[int]:
        """What one child may get from this person: 0 or 1 copies of the variant."""
        return {number for number in (0, 1) if (self.alt if number else self.of - self.alt) > 0}


@dataclass(frozen=True)
class Genotypes:
    """One sample's calls: variants from its VCF, and from its gVCF where there are none."""

    vcf: Path
    gvcf: Path

    def variants(self) -> dict[Variant, Copies | None]:
        """Return all records of the VCF; None for those that a filter marked."""
        found: dict[Variant, Copies | None] = {}
        with pysam.VariantFile(str(self.vcf)) as records:
            for record in records:
                passed = set(record.filter.keys()) <= {"PASS"}
                copies = _copies(record) if passed else None
                for alt in record.alts or ():
                    if alt[0] not in "*<":  # neither a deletion from before nor "any other"
                        found[record.chrom, record.pos, record.ref or "", alt] = copies
        return found

    def absent(self, variants: Iterable[Variant]) -> dict[Variant, Copies]:
        """Return those variants that the gVCF says for sure are not there, with 0 copies."""
        found: dict[Variant, Copies] = {}
        with pysam.VariantFile(str(self.gvcf)) as records:
            for variant in variants:
                contig, position = variant[:2]
                for record in records.fetch(contig, position - 1, position):
                    copies, quality = _copies(record), record.samples[0].get("GQ")
                    if copies and (quality is None or quality >= SURE):
                        found[variant] = Copies(0, copies.of)
        return found


def demo_table(directory: Path) -> str:
    """Return recall and precision of each sample of a demo that has been run, SNPs and indels
    apart, and how many of the child's genotypes its parents' explain.

    UserError if there are no calls yet.
    """
    project = DemoProject(directory)
    calls = {sample: _genotypes(directory, sample) for sample in project.samples}
    missing = [file for found in calls.values() for file in (found.vcf, found.gvcf)]
    remedy = "run the demo first: make demo"
    problems = [Problem(str(f), None, "is not there", remedy) for f in missing if not f.is_file()]
    if problems:
        raise UserError(problems)
    judged = [
        evaluate(
            calls[sample].vcf,
            project.truth(sample),
            directory / paths.GENOME,
            project.confident(sample),
            sample=sample,
            truth_sample=sample,
            passing_only=True,
        )
        for sample in project.samples
    ]
    with quiet_htslib():
        explained, of = mendelian(calls[CHILD], calls[FATHER], calls[MOTHER])
    share = f"{100 * explained / of:.2f} %" if of else "none"
    line = f"Mendel: {explained} of {of} genotypes of {CHILD} follow from its parents' ({share})."
    return f"{table(judged).rstrip()}\n\n{line}\n"


def _genotypes(directory: Path, sample: str) -> Genotypes:
    vcf, gvcf = (path.format(sample=sample) for path in (paths.VCF, paths.GVCF))
    return Genotypes(directory / vcf, directory / gvcf)


def mendelian(child: Genotypes, father: Genotypes, mother: Genotypes) -> tuple[int, int]:
    """Count the child's genotypes that its parents' explain, and all that were called in all.

    A genotype counts for each variant of any of the three that passes its filters in those who
    have it, and that the gVCFs of the others say is not there.
    """
    family = (child, father, mother)
    given = [member.variants() for member in family]
    everywhere = sorted(set().union(*given))
    sure: list[dict[Variant, Copies]] = []
    for member, variants in zip(family, given, strict=True):
        absent = member.absent(v for v in everywhere if v not in variants)
        sure.append({v: c for v, c in variants.items() if c is not None} | absent)
    answers = [
        follows(variant[0], sure[0].get(variant), sure[1].get(variant), sure[2].get(variant))
        for variant in everywhere
    ]
    return answers.count(True), len(answers) - answers.count(None)


def follows(
    contig: str, child: Copies | None, father: Copies | None, mother: Copies | None
) -> bool | None:
    """Return whether the child's copies can come from its parents'; None if one is not known.

    One copy comes from the father on Y, and from the mother on the mitochondrion and on a son's X.

    >>> follows("chr20", Copies(2, 2), Copies(1, 2), Copies(0, 2))
    False
    >>> follows("chrX", Copies(1, 1), Copies(0, 1), Copies(1, 2))
    True
    """
    if child is None:
        return None
    if contig == Y:
        return None if father is None else child.alt in father.passed_on
    if contig == MITOCHONDRION or child.of == 1:
        return None if mother is None else child.alt in mother.passed_on
    if father is None or mother is None:
        return None
    return any(a + b == child.alt for a in father.passed_on for b in mother.passed_on)


def _copies(record: pysam.VariantRecord) -> Copies | None:
    """How many alleles are not ref; None if none is called. One missing allele of a split record
    is another variant's, so it counts as ref."""
    genotype = record.samples[0].get("GT") or ()
    if all(allele is None for allele in genotype):
        return None
    return Copies(sum(bool(allele) for allele in genotype), len(genotype))
