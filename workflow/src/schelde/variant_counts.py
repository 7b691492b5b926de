"""The variant metrics of GA4GH WGS-QC v1, counted by the commands of its reference implementation.

Source: c-BIG/NPM-sample-qc, bin/count_variants.py (Apache-2.0; commands, not code).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.catalogue import Value
from schelde.joblog import JobError
from schelde.pipes import whole
from schelde.streams import reading

NO_VARIANT = 'GT="./." | GT=".|." | GT="." | GT="0/0" | GT="0|0" | GT="0"'
"""Records that are dropped first: the sample does not have the variant, or is not genotyped."""

SNVS = ("--types", "snps")
INDELS = ("--types", "indels")
HET = ("--genotype", "het")
HOM = ("--genotype", "hom")
KINDS = {
    "snvs": SNVS,
    "insertions": (*INDELS, "--include", "ILEN>0"),
    "deletions": (*INDELS, "--include", "ILEN<0"),
    "het_snvs": (*SNVS, *HET),
    "hom_snvs": (*SNVS, *HOM),
    "het_indels": (*INDELS, *HET),
    "hom_indels": (*INDELS, *HOM),
}
"""Counts to the options of ``bcftools view`` that choose their records."""

COPY_BYTES = 1 << 20


class CountError(JobError):
    """bcftools ended well, but what it wrote is not what it must be."""


@dataclass(frozen=True)
class VariantCounts:
    """Records of a VCF, by the rules of `count_variants`; ``ts_tv`` None without transversions."""

    snvs: int
    insertions: int
    deletions: int
    het_snvs: int
    hom_snvs: int
    het_indels: int
    hom_indels: int
    ts_tv: float | None

    def metrics(self) -> dict[str, Value]:
        """Return the seven metrics by the ids of GA4GH; a ratio to nothing is None."""
        return {
            "count_snvs": self.snvs,
            "count_insertions": self.insertions,
            "count_deletions": self.deletions,
            "ratio_heterozygous_homzygous_snv": _ratio(self.het_snvs, self.hom_snvs),
            "ratio_heterozygous_homzygous_indel": _ratio(self.het_indels, self.hom_indels),
            "ratio_insertion_deletion": _ratio(self.insertions, self.deletions),
            "ratio_transitions_transversions_snv": self.ts_tv,
        }


def count_variants(vcf: Path, regions: Path, scratch: Path, log: IO[bytes]) -> VariantCounts:
    """Count the PASS variants of a VCF with one sample within the regions of a BED.

    ``vcf`` is bgzipped and indexed. A record counts when its REF allele overlaps a region, as
    ``--regions-file`` has it, once whatever number of regions it overlaps. A record counts for
    each kind that one of its alleles is of, so a split multi-allelic site counts once for each
    allele. Heterozygous and homozygous are as in ``bcftools view --genotype``: a haploid genotype
    is homozygous; one with a missing allele is neither.

    The records are read once, into a small file in the folder ``scratch``; each count is then the
    reference's own command on it. Filters of a record do not depend on one another or on other
    records, so that is the same as all of them in one command. Raises `ToolError`, and
    `CountError` if the stats hold no transitions.
    """
    small = scratch / "variants.bcf"
    chosen = ["bcftools", "view", "--no-version", "--no-update", "--output-type", "u"]
    chosen += ["--apply-filters", "PASS", "--regions-file", str(regions), "--exclude", NO_VARIANT]
    lean = ["bcftools", "annotate", "--no-version", "--remove", "INFO,^FORMAT/GT"]
    lean += ["--output-type", "b1", "--output", str(small), "-"]
    with reading([[*chosen, str(vcf)], lean], log) as nothing:
        nothing.read()
    try:
        counts = {name: _count(small, options, log) for name, options in KINDS.items()}
        return VariantCounts(**counts, ts_tv=_ts_tv(small, log))
    finally:
        small.unlink(missing_ok=True)


def write_stats(vcf: Path, genome: Path, stats: Path, log: IO[bytes]) -> None:
    """Write ``bcftools stats`` of the PASS variants of a VCF, for MultiQC, without its command."""
    command = ["bcftools", "stats", "--apply-filters", "PASS", "--fasta-ref", str(genome)]
    with reading([[*command, "--samples", "-", str(vcf)]], log) as lines, whole(stats) as part:
        text = b"".join(line for line in lines if not line.startswith(b"# The command line was"))
        part.write_bytes(text)


def _count(variants: Path, options: Sequence[str], log: IO[bytes]) -> int:
    """Return the number of records that ``bcftools view`` chooses."""
    command = ["bcftools", "view", "--no-header", *options, str(variants)]
    with reading([command], log) as lines:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(COPY_BYTES), b""))


def _ts_tv(variants: Path, log: IO[bytes]) -> float | None:
    """Return the fifth column of TSTV: over all alleles, with the two decimals that it has."""
    with reading([["bcftools", "stats", str(variants)]], log) as lines:
        rows = [line.decode().split("\t") for line in lines if line.startswith(b"TSTV\t")]
    if len(rows) != 1 or len(rows[0]) < 5:
        raise CountError(f"bcftools stats has {len(rows)} lines TSTV and not one")
    transversions, ratio = int(rows[0][3]), float(rows[0][4])
    return ratio if transversions else None


def _ratio(part: int, of: int) -> float | None:
    return part / of if of else None
