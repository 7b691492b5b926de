"""What a perfect caller would find in each member of the trio, and where."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pysam

from schelde.demo.draw import Draw
from schelde.demo.family import Member
from schelde.demo.genome import AUTOSOME, Genome
from schelde.demo.variants import Site, left_aligned

TARGETS = 20


def truth_text(genome: Genome, sites: Sequence[Site], member: Member) -> str:
    """Return a member's VCF: left-aligned, phased (paternal|maternal), only alleles that are there.

    One copy gives a haploid genotype; the PAR of both X and Y stands on chrX.
    """
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="All filters passed">']
    for contig, bases in genome.contigs.items():
        md5 = hashlib.md5(bases.encode()).hexdigest()
        lines.append(f"##contig=<ID={contig},length={len(bases)},assembly=demo,md5={md5}>")
    lines += [
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype, paternal|maternal">',
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{member.sample}",
    ]
    for site in sites:
        alleles = member.genotype(site)
        if any(alleles):
            start, ref, alts, genotype = _only_used(genome.contigs[site.contig], site, alleles)
            fields = [site.contig, start + 1, ".", ref, ",".join(alts), ".", "PASS", ".", "GT"]
            lines.append("\t".join(map(str, [*fields, "|".join(map(str, genotype))])))
    return "\n".join(lines) + "\n"


def _only_used(
    bases: str, site: Site, alleles: tuple[int, ...]
) -> tuple[int, str, tuple[str, ...], list[int]]:
    used = sorted(set(alleles) - {0})
    genotype = [used.index(allele) + 1 if allele else 0 for allele in alleles]
    if len(used) == len(site.alts):
        return site.start, site.ref, site.alts, genotype
    start, ref, alt = left_aligned(bases, site.start, site.ref, site.alleles[used[0]])
    return start, ref, (alt,), genotype


def confident_text(genome: Genome, member: Member) -> str:
    """Return a member's BED: all regions that the member has copies of, without their margins."""
    strands = {
        (segment.contig, segment.founder)
        for half in (member.paternal, member.maternal)
        for chromosome in half.values()
        for segment in chromosome
    }
    return "".join(
        f"{region.contig}\t{region.inner[0]}\t{region.inner[1]}\n"
        for region in genome.regions
        if any((region.contig, founder) in strands for founder in region.founders)
    )


def targets_text(genome: Genome, seed: int) -> str:
    """Return a BED of `TARGETS` exome-like targets of 100 to 300 bp on the autosome, sorted."""
    draw = Draw(seed, "targets")
    step = len(genome.contigs[AUTOSOME]) // TARGETS
    rows: list[str] = []
    for number in range(TARGETS):
        while True:
            start = number * step + draw.below(step - 300)
            end = start + 100 + draw.below(201)
            if end <= genome.gap[0] or genome.gap[1] <= start:
                break
        rows.append(f"{AUTOSOME}\t{start}\t{end}\ttarget{number + 1:02}\n")
    return "".join(rows)


def write_truth(directory: Path, genome: Genome, sites: Sequence[Site], member: Member) -> None:
    """Write <sample>.vcf.gz, its tabix index and <sample>.bed."""
    directory.mkdir(parents=True, exist_ok=True)
    plain = directory / f"{member.sample}.vcf"
    plain.write_text(truth_text(genome, sites, member), encoding="utf-8")
    packed = directory / f"{member.sample}.vcf.gz"
    pysam.tabix_compress(str(plain), str(packed), force=True)
    pysam.tabix_index(str(packed), preset="vcf", force=True)
    plain.unlink()
    bed = directory / f"{member.sample}.bed"
    bed.write_text(confident_text(genome, member), encoding="utf-8")
