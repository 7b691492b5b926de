"""`schelde evaluate` beside bcftools, on real truth and on calls from real reads."""

from __future__ import annotations

import gzip
import random
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pysam
import pytest

from schelde.evaluate import Evaluation, evaluate, table
from schelde.evaluate.alleles import Genotype, placed
from schelde.pipes import pipe

HET = Genotype(1, 2, True, 0, 0)
CHR20 = Path("/usr/share/doc/vt/examples/ref/20.fa.gz")
HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID={contig},length={length}>\n"
    '##FILTER=<ID=PASS,Description="">\n##FORMAT=<ID=GT,Number=1,Type=String,Description="">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tone\n"
)

Record = tuple[int, str, str, str]
"""Position from 1, REF, ALT, GT."""


def write_vcf(path: Path, contig: str, length: int, records: Iterable[Record]) -> Path:
    lines = [f"{contig}\t{p}\t.\t{r}\t{a}\t.\t.\t.\tGT\t{g}\n" for p, r, a, g in sorted(records)]
    path.write_text(HEADER.format(contig=contig, length=length) + "".join(lines))
    zipped = Path(f"{path}.gz")
    pysam.tabix_compress(str(path), str(zipped), force=True)
    pysam.tabix_index(str(zipped), preset="vcf", force=True)
    return zipped


def write_fasta(path: Path, contig: str, sequence: str) -> Path:
    path.write_text(f">{contig}\n{sequence}\n")
    pysam.faidx(str(path))
    return path


def compare(calls: Path, truth: Path, fasta: Path, bed: Path | None = None) -> Evaluation:
    return evaluate(calls, truth, fasta, bed, sample=None, truth_sample=None, passing_only=True)


def random_records(rng: random.Random, sequence: str) -> Iterator[Record]:
    """SNPs, indels, MNVs of up to 3 bp and records with two alleles, 60 bp or more apart."""
    at = 100
    while at < len(sequence) - 100:
        ref = sequence[at : at + rng.choice([1, 1, 2, 3])]
        first, *rest = ref
        other = rng.choice([base for base in "ACGT" if base != first])
        kind = rng.choice(["snp", "snp", "mnv", "deletion", "insertion", "two"])
        tail = "".join(rest)
        alts = {
            "snp": other + tail,
            "mnv": other + "".join(rng.choice("ACGT") for _ in rest),
            "deletion": first,
            "insertion": ref + rng.choice(["A", "AC", "TTT", tail or "G"]),
            "two": f"{other}{tail},{ref}{rng.choice('ACGT')}",
        }
        genotype = "1/2" if kind == "two" else rng.choice(["0/1", "1/1"])
        if alts[kind] != ref:
            yield at + 1, ref, alts[kind], genotype
        at += rng.randint(60, 120)


def shared_by_bcftools(one: Path, other: Path, fasta: Path) -> list[tuple[int, int, int]]:
    """Alleles of SNPs and indels in each file and in both, by norm and isec."""
    normal = []
    for path in (one, other):
        normal.append(path.with_name(f"norm.{path.name}"))
        split = ["bcftools", "norm", "--multiallelics", "-any", "--atomize", str(path)]
        left = ["bcftools", "norm", "--fasta-ref", str(fasta), "--output-type", "u", "-"]
        final = ["bcftools", "sort", "--output-type", "z", "--output", str(normal[-1]), "-"]
        with Path(f"{normal[-1]}.log").open("wb") as log:
            pipe([split, left, final], log=log)
        pysam.tabix_index(str(normal[-1]), preset="vcf", force=True)
    command = ["bcftools", "isec", "--nfiles", "+1", *map(str, normal)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # atomize writes "*" for the copy that another allele of the record is on
    sites = [line.split("\t") for line in found.splitlines() if line.split("\t")[3] != "*"]
    counts = []
    for snp in (True, False):
        marks = [mark for *_, ref, alt, mark in sites if (len(ref) == len(alt)) is snp]
        both = marks.count("11")
        counts.append((both + marks.count("10"), both + marks.count("01"), both))
    return counts


@pytest.mark.parametrize("seed", range(3))
def test_alleles_are_counted_as_bcftools_norm_and_isec_count_them(
    tmp_path: Path, need: Callable[..., None], seed: int
) -> None:
    need("bcftools")
    rng = random.Random(seed)
    sequence = "".join(rng.choices("ACGT", (4, 1, 1, 4), k=30_000))
    fasta = write_fasta(tmp_path / "genome.fa", "1", sequence)
    records = list(random_records(rng, sequence))
    kept = [record for record in records if rng.random() < 0.9]
    calls, truth = kept[: len(kept) * 9 // 10], kept[len(kept) // 10 :]
    said = write_vcf(tmp_path / "calls.vcf", "1", len(sequence), calls)
    true = write_vcf(tmp_path / "truth.vcf", "1", len(sequence), truth)
    rows = compare(said, true, fasta).rows
    assert all(row.genotype_matched == row.truth_matched == row.calls_matched for row in rows)
    ours = [(row.calls_total, row.truth_total, row.truth_matched) for row in rows]
    assert ours == shared_by_bcftools(said, true, fasta)


def test_indels_stand_where_bcftools_norm_puts_them(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("bcftools")
    rng = random.Random(5)
    sequence = "GT" + "".join(rng.choices(["A", "AC", "CAG", "T"], k=4_000))
    fasta = write_fasta(tmp_path / "genome.fa", "1", sequence)
    records: list[Record] = []
    ours = []
    for at in range(50, len(sequence) - 50, 40):
        length = rng.randint(1, 6)
        bases = sequence[at + 1 : at + 1 + length]
        if rng.random() < 0.5:
            records.append((at + 1, sequence[at] + bases, sequence[at], "0/1"))
            normal = placed(sequence, at + 1, at + 1 + length, "", HET).normal
        else:
            records.append((at + 1, sequence[at], sequence[at] + bases, "0/1"))
            normal = placed(sequence, at + 1, at + 1, bases, HET).normal
        start, end, alt = normal
        before = sequence[start - 1]
        ours.append((start, before + sequence[start:end], before + alt))
    vcf = write_vcf(tmp_path / "indels.vcf", "1", len(sequence), records)
    query = ["bcftools", "query", "--format", "%POS\t%REF\t%ALT\n", "-"]
    with (tmp_path / "out").open("wb") as out, (tmp_path / "log").open("wb") as log:
        norm = ["bcftools", "norm", "--fasta-ref", str(fasta), str(vcf)]
        pipe([norm, query], stdout=out, log=log)
    theirs = [line.split("\t") for line in (tmp_path / "out").read_text().splitlines()]
    assert sorted((int(p), r, a) for p, r, a in theirs) == sorted(ours)


def written_in_blocks(truth: Path, low: int, high: int, sequence: str) -> list[Record]:
    """Write phased neighbours within 30 bp as one record with its flanks; let others be."""
    clusters: list[list[tuple[int, str, list[str], str]]] = []
    reached = 0
    with pysam.TabixFile(str(truth), encoding="utf-8") as file:
        for line in file.fetch("20", low, high):
            _, pos, _, ref, alts, *_, sample = line.split("\t")
            start = int(pos) - 1 - low
            if start > reached + 30:
                clusters.append([])
            clusters[-1].append((start, ref, [ref, *alts.split(",")], sample.split(":")[0]))
            reached = max(reached, start + len(ref))
    records: list[Record] = []
    for cluster in clusters:
        ends = [start + len(ref) for start, ref, _, _ in cluster]
        apart = all(end < after[0] for end, after in zip(ends, cluster[1:], strict=False))
        if not apart or not all("|" in genotype for *_, genotype in cluster):
            records += [(s + 1, ref, ",".join(a[1:]), genotype) for s, ref, a, genotype in cluster]
            continue
        low_end, high_end = cluster[0][0] - 4, ends[-1] + 4
        copies = []
        for copy in (0, 1):
            text = sequence[low_end:high_end]
            for start, ref, alleles, genotype in reversed(cluster):
                at = start - low_end
                text = text[:at] + alleles[int(genotype.split("|")[copy])] + text[at + len(ref) :]
            copies.append(text)
        ref = sequence[low_end:high_end]
        alts = [text for text in dict.fromkeys(copies) if text != ref]
        indices = [str([ref, *alts].index(text)) for text in copies]
        records.append((low_end + 1, ref, ",".join(alts), "/".join(indices)))
    return records


def test_real_truth_equals_itself_written_in_blocks(shared: Path, tmp_path: Path) -> None:
    if not CHR20.is_file():
        pytest.skip(f"no {CHR20} (Debian package vt-examples)")
    truth = shared / "data" / "truth" / "HG001_v3.3.2_b37_chr20.vcf.gz"
    low, high = 35_000_000, 37_000_000
    with gzip.open(CHR20, "rt") as lines:
        next(lines)
        sequence = "".join(line.strip() for line in lines)[low:high].upper()
    fasta = write_fasta(tmp_path / "genome.fa", "20", sequence)
    with pysam.TabixFile(str(truth), encoding="utf-8") as file:
        records = [line.split("\t") for line in file.fetch("20", low, high)]
    as_it_is = write_vcf(
        tmp_path / "truth.vcf",
        "20",
        len(sequence),
        [(int(f[1]) - low, f[3], f[4], f[9].split(":")[0]) for f in records],
    )
    blocks = written_in_blocks(truth, low, high, sequence)
    in_blocks = write_vcf(tmp_path / "blocks.vcf", "20", len(sequence), blocks)
    assert len(blocks) < 0.95 * len(records)
    for calls, known in ((in_blocks, as_it_is), (as_it_is, in_blocks)):
        judged = compare(calls, known, fasta)
        assert judged.findings == (), table([judged])
        assert judged.rows[0].truth_total > 1_000


@pytest.mark.real_reads
@pytest.mark.parametrize(
    ("name", "truth", "bed", "expected"),
    [
        ("A_na12878_wgs50x", "HG001.vcf.gz", "HG001.surrogate_100kb.bed", (0.994, 0.987, 1, 0.895)),
        ("D_trio_ceu_10kb", "NA12878_child_phased.vcf.gz", "confident.bed", (1, 1, 1, 1)),
        ("E_na12878_wgs9x_16rg", "HG001.vcf.gz", "surrogate.bed", (0.874, 1, 0.767, 0.971)),
    ],
)
def test_a_plain_pipe_reaches_what_was_measured_elsewhere(
    shared: Path,
    tmp_path: Path,
    need: Callable[..., None],
    name: str,
    truth: str,
    bed: str,
    expected: tuple[float, ...],
) -> None:
    """Expected: SNP recall and precision, then those of indels, as in the README of the data."""
    need("bwa", "samtools", "bcftools")
    folder = shared / "data" / name
    fasta = tmp_path / "mini.fa"
    fasta.write_bytes((shared / "data" / "ref" / "mini.fa").read_bytes())
    pysam.faidx(str(fasta))
    log = (tmp_path / "log").open("wb")
    with log:
        pipe([["bwa", "index", str(fasta)]], stdout=log, log=log)
        bams: dict[str, list[str]] = {}
        for first in sorted((folder / "fastq").glob("*_R1.fastq.gz")):
            person = first.name.partition("_")[0]
            bam = tmp_path / first.name.replace("_R1.fastq.gz", ".bam")
            second = first.with_name(first.name.replace("_R1.", "_R2."))
            group = f"@RG\\tID:{bam.stem}\\tSM:{person}"
            pipe(
                [
                    ["bwa", "mem", "-R", group, str(fasta), str(first), str(second)],
                    ["samtools", "fixmate", "-m", "-", "-"],
                    ["samtools", "sort", "-o", str(bam), "-"],
                ],
                log=log,
            )
            bams.setdefault(person, []).append(str(bam))
        marked = []
        for person, lanes in bams.items():
            marked.append(str(tmp_path / f"{person}.marked.bam"))
            pipe(
                [
                    ["samtools", "merge", "-u", "-o", "-", *lanes],
                    ["samtools", "markdup", "-", marked[-1]],
                ],
                log=log,
            )
        calls = tmp_path / "calls.vcf.gz"
        pileup = ["bcftools", "mpileup", "-q20", "-Q13", "-Ou", "-f", str(fasta), *marked]
        pipe(
            [
                pileup,
                ["bcftools", "call", "-mv", "-Ou"],
                ["bcftools", "filter", "-i", "QUAL>=20", "-Oz", "-o", str(calls)],
            ],
            log=log,
        )
    pysam.tabix_index(str(calls), preset="vcf")
    judged = evaluate(
        calls,
        folder / "truth" / truth,
        fasta,
        folder / "truth" / bed,
        sample="NA12878",
        truth_sample=None,
        passing_only=True,
    )
    rates = [rate for row in judged.rows for rate in (row.recall, row.precision)]
    assert rates == pytest.approx(expected, abs=0.01), table([judged])
