"""Counts of variants against the very commands of the GA4GH reference implementation."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from schelde.variant_counts import CountError, VariantCounts, count_variants, write_stats

DROP = """-e 'GT="./." | GT=".|." | GT="." | GT="0/0" | GT="0|0" | GT="0"'"""

HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=weak,Description="weak">
##INFO=<ID=END,Number=1,Type=Integer,Description="end">
##INFO=<ID=AC,Number=A,Type=Integer,Description="count">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">
##contig=<ID=1,length=10000>
##contig=<ID=2,length=10000>
##contig=<ID=X,length=10000>
"""
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"
BED = "1\t99\t500\n1\t500\t600\n1\t700\t2000\n2\t0\t1000\n3\t0\t50\n"

# contig, position, REF, ALT, FILTER, genotype
RECORDS = """
1 95 ACGTACG A PASS 0/1      a deletion that begins before a region and ends in it
1 98 AC A PASS 1/1           one whose REF ends just before it: base 99 is outside (0-based 98)
1 99 AC A PASS 1/1           one that ends in its first base
1 100 A C PASS 0/1           first base of a region
1 110 A C weak 0/1           filtered
1 111 A C . 0/1              without a filter, which is not PASS
1 120 A G PASS 1/1
1 121 A G PASS 1|1
1 122 A T PASS 0|1
1 123 C T PASS 1|0
1 124 C T PASS ./.
1 125 C T PASS .|.
1 126 C T PASS .
1 127 C T PASS 0/0
1 128 C T PASS 0|0
1 129 C T PASS 0
1 130 C T PASS 1             haploid
1 131 C T PASS 1/.           half missing
1 132 C T PASS ./1
1 133 C T PASS 0/.           half missing, no variant
1 134 A C,G PASS 1/2         multi-allelic
1 135 A C,AT PASS 1/2        of two kinds
1 136 AT A,ATT PASS 1/2      longer and shorter
1 137 A C PASS 1/0           split
1 137 A G PASS 0/1           split
1 140 AC GT PASS 0/1         two bases for two
1 142 AC GTT PASS 1/1        complex, longer
1 144 ACG GT PASS 0/1        complex, shorter
1 150 A * PASS 0/1           a deletion goes over it
1 151 A *,C PASS 1/2
1 152 A <DEL> PASS 0/1
1 153 A <NON_REF> PASS 0/1
1 154 A C,<NON_REF> PASS 0/1
1 155 A AC,<NON_REF> PASS 1/1
1 160 A <DUP> PASS 1/1
1 161 A A[2:5[ PASS 0/1
1 170 A N PASS 0/1
1 171 N A PASS 0/1
1 180 A . PASS 0/0
1 181 ACGT A PASS 1          haploid deletion
1 190 A AC PASS 0/1/1        three copies
1 495 ACGTACGTACGT A PASS 0/1   over two regions that touch
1 598 ACG A PASS 0/1         ends after a region
1 601 A C PASS 0/1           first base behind it
1 650 A C PASS 0/1           between regions
1 690 A{} A PASS 1/1         over the gap between regions and into the next
1 1999 A AT PASS 1/1
1 2000 A AT PASS 1/1         insertion behind the last base of a region
1 2001 A AT PASS 1/1
2 1 A C PASS 0/1
2 5 a c PASS 0/1             lower case
X 100 A C PASS 1             not an autosome
""".format("C" * 20)


@pytest.fixture
def odd(tmp_path: Path, need: Callable[..., None]) -> Path:
    need("bcftools", "bgzip", "tabix")
    rows = []
    for line in RECORDS.strip().splitlines():
        contig, position, ref, alt, passed, genotype = line.split()[:6]
        rows.append(
            f"{contig}\t{position}\t.\t{ref}\t{alt}\t9\t{passed}\tAC=1\tGT:DP\t{genotype}:9\n"
        )
    return packed(tmp_path / "odd.vcf", HEADER + COLUMNS + "".join(rows))


def packed(path: Path, text: str) -> Path:
    path.write_text(text)
    subprocess.run(["bgzip", str(path)], check=True)
    subprocess.run(["tabix", "-p", "vcf", f"{path}.gz"], check=True)
    return Path(f"{path}.gz")


def bed(folder: Path, text: str = BED) -> Path:
    path = folder / "regions.bed"
    path.write_text(text)
    return path


def counted(vcf: Path, regions: Path, folder: Path) -> VariantCounts:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        return count_variants(vcf, regions, scratch, log)


def told(command: str) -> str:
    done = subprocess.run(
        command, shell=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return done.stdout.decode()


def reference(vcf: Path, regions: Path, folder: Path) -> VariantCounts:
    """Count as the reference implementation does: variants first, then a command for each."""
    variants = shlex.quote(str(folder / "variants.vcf.gz"))
    told(f"bcftools view {DROP} -O z -o {variants} {vcf} && tabix -p vcf {variants}")
    view = f"bcftools view -H -R {regions} -f PASS"

    def lines(options: str) -> int:
        return int(told(f"{view} {options} {variants} | wc -l"))

    stats = told(f"bcftools stats -f PASS -R {regions} {variants} | grep ^TSTV").split("\t")
    return VariantCounts(
        lines("-v snps"),
        lines("-v indels -i 'ILEN>0'"),
        lines("-v indels -i 'ILEN<0'"),
        lines("-v snps -g het"),
        lines("-v snps -g hom"),
        lines("-v indels -g het"),
        lines("-v indels -g hom"),
        float(stats[4]),
    )


def test_odd_records_count_as_the_reference_commands_count_them(odd: Path, tmp_path: Path) -> None:
    regions = bed(tmp_path)
    assert counted(odd, regions, tmp_path) == reference(odd, regions, tmp_path)


def test_the_odd_records_are_there(odd: Path, tmp_path: Path) -> None:
    found = counted(odd, bed(tmp_path), tmp_path)
    assert min(found.insertions, found.deletions, found.hom_indels, found.hom_snvs) > 2
    assert found.het_snvs + found.hom_snvs < found.snvs  # half missing: neither


def test_real_variants_count_as_the_reference_commands_count_them(
    shared: Path, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("bcftools", "tabix")
    truth = shared / "data/truth/HG001_v3.3.2_b37_chr20.vcf.gz"
    regions = bed(tmp_path, "20\t100000\t5000000\n20\t5100000\t9000000\n")
    found = counted(truth, regions, tmp_path)
    assert found == reference(truth, regions, tmp_path)
    assert found.snvs > 5000


def test_a_vcf_without_variants_has_counts_and_no_ratios(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("bcftools", "bgzip", "tabix")
    empty = packed(tmp_path / "empty.vcf", HEADER + COLUMNS)
    found = counted(empty, bed(tmp_path), tmp_path).metrics()
    assert [found[name] for name in found if name.startswith("count")] == [0, 0, 0]
    assert {found[name] for name in found if name.startswith("ratio")} == {None}


def test_nothing_is_left_in_the_scratch_folder(odd: Path, tmp_path: Path) -> None:
    counted(odd, bed(tmp_path), tmp_path)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_transitions_without_transversions_have_no_ratio() -> None:
    counts = VariantCounts(1, 0, 0, 1, 0, 0, 0, None)
    assert counts.metrics()["ratio_transitions_transversions_snv"] is None


def test_ratios_are_not_rounded_yet() -> None:
    counts = VariantCounts(4, 1, 3, 1, 3, 2, 3, 2.0)
    assert counts.metrics()["ratio_insertion_deletion"] == 1 / 3


def test_stats_that_hold_no_transitions_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bcftools"
    program.write_text("#!/bin/sh\ncat >/dev/null\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    vcf = tmp_path / "x.vcf.gz"
    with pytest.raises(CountError, match="0 lines TSTV"):
        counted(vcf, bed(tmp_path), tmp_path)


def test_the_stats_for_multiqc_are_of_the_sample_and_do_not_hold_the_command(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("bcftools", "bgzip", "tabix", "samtools")
    genome = tmp_path / "genome.fa"
    genome.write_text(f">1\n{'A' * 10000}\n")
    subprocess.run(["samtools", "faidx", str(genome)], check=True)
    record = "1\t50\t.\tA\tC\t9\tPASS\tAC=1\tGT:DP\t0/1:9\n"
    vcf = packed(tmp_path / "one.vcf", HEADER + COLUMNS + record)
    with (tmp_path / "log").open("wb") as log:
        write_stats(vcf, genome, tmp_path / "stats.txt", log)
    text = (tmp_path / "stats.txt").read_text()
    assert "command line" not in text
    assert "PSC\t0\tS\t" in text
