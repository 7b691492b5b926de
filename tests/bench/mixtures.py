"""Contamination estimates against mixtures of two people whose share is known.

Simulated: two people are drawn from the same allele frequencies at a SNP in every kilobase of real
sequence (b37 chr20, Debian package vt-examples), as ALT frequencies fall off in a population
(density 1/q from 0.05 to 0.95); reads by art_illumina, 2 x 150 bp, 30x in all.

Real: NA12891 and NA12892 of set D of the data folder, unrelated, 10 kb. No population frequencies
come with it: sites are those at which the two differ from the reference by bcftools' calls, and
the frequency is that among their own four chromosomes with one of each allele added. Such
frequencies fit both people too well, and 10 kb are inherited in one piece, so the intervals, which
take sites as independent, are too narrow. NA12892 is heterozygous at most of the sites, so that
hardly anything can be told of reads mixed into hers.

Real with drawn ones: the real reads of NA12878 (set A, 100 kb, 52x) with reads of a person drawn
as above, at a SNP in every 150 bp where the truth of HG001 says that NA12878 is as the reference.
So the frequencies are known, and the errors and qualities of the sample itself are real. The other
way round would tell nothing, as NA12878 has none of these SNPs.

Reads are aligned with bwa, and mixed by name. Printed for each mixture: the share of its reads that
come from the second person, our estimate with its 95 % interval, those of the other engines that
are installed, CHARR from bcftools' calls, and the seconds each took.

    tests/bench/mixtures.py --work DIR [--data ../shared/data] [--only simulated|half|real]
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pysam

from schelde.callers.tools import Machine, job_on
from schelde.contamination import CRAM_ENGINES, OWN, Contamination, CramTask, charr, estimate
from schelde.panel import Panel, read_panel, sites_bed, write_files
from schelde.pileup import MPILEUP_OPTIONS, read_pileup

ROOT = Path(__file__).resolve().parents[2]
CHROMOSOME = Path("/usr/share/doc/vt/examples/ref/20.fa.gz")
START, LENGTH, STEP = 35_000_000, 2_000_000, 1_000
SHARES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
DEPTH = 30
RAREST = 0.05
WINDOW = (100_000, 200_000)
"""Of chr20 of the data's reference, 0-based half-open: where the reads of set A are from."""
CLOSE_STEP, CLEAR = 150, 30
LEAST_SITES = 10
"""For the 10 kb of the real reads; Schelde itself wants more."""


@dataclass(frozen=True)
class Pair:
    """Two people's aligned reads and what is needed to measure a mixture of them."""

    genome: Path
    contig: str
    panel: Path
    own: Path
    other: Path


def shell(command: str, folder: Path) -> None:
    """Run a shell command that must end well."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, check=True)


def simulate(work: Path) -> Pair:
    """Write reference, panel and the reads of two made-up people; once."""
    pair = Pair(work / "ref.fa", "20", work / "panel", work / "own.bam", work / "other.bam")
    if pair.other.exists():
        return pair
    work.mkdir(parents=True, exist_ok=True)
    with gzip.open(CHROMOSOME, "rt") as file:
        file.readline()
        bases = "".join(line.strip() for line in file)[START : START + LENGTH].upper()
    pair.genome.write_text(f">20\n{bases}\n")
    shell("samtools faidx ref.fa && samtools dict ref.fa -o ref.dict && bwa index -p ref ref.fa"
          " 2> index.log", work)  # fmt: skip
    panel = draw_panel(bases)
    write_files(panel, pair.panel)
    dice = np.random.default_rng(2)
    for name, depth in (("own", DEPTH), ("other", DEPTH * max(SHARES))):
        draw_reads(work, name, bases, panel, depth, dice)
        align(work, name, f"<(cat {name}?_1.fq)", f"<(cat {name}?_2.fq)")
        shell(f"rm {name}?_?.fq {name}?.fa", work)
    return pair


def draw_reads(
    work: Path,
    name: str,
    bases: str,
    panel: Panel,
    depth: float,
    dice: np.random.Generator,
    length: int = 150,
) -> None:
    """Draw a person's two strands, and reads of both; positions of the panel are in ``bases``."""
    for copy in (1, 2):
        has_alt = dice.random(len(panel)) < panel.frequency
        (work / f"{name}{copy}.fa").write_text(f">20\n{with_alts(bases, panel, has_alt)}\n")
        shell(
            f"art_illumina -q -ss HSXt -p -l {length} -f {depth / 2:g} -m 400 -s 80 -na"
            f" -rs {copy + 10 * (name == 'own')} -i {name}{copy}.fa -o {name}{copy}_"
            f" -d {name}{copy} > art.log",
            work,
        )


def pair_on_real_genome(work: Path, data: Path) -> Pair:
    """Name the files of two people, and copy and index the reference of the real reads."""
    pair = Pair(work / "ref.fa", "chr20", work / "panel", work / "own.bam", work / "other.bam")
    if not pair.other.exists():
        work.mkdir(parents=True, exist_ok=True)
        shell(f"cp {data}/ref/mini.fa ref.fa && samtools faidx ref.fa && samtools dict ref.fa"
              " -o ref.dict && bwa index -p ref ref.fa 2> index.log", work)  # fmt: skip
    return pair


def half_real(work: Path, data: Path) -> Pair:
    """Align the reads of set A, and those of a person drawn on the same 100 kb; once."""
    pair = pair_on_real_genome(work, data)
    if pair.other.exists():
        return pair
    start, end = WINDOW
    with pysam.FastaFile(str(pair.genome)) as genome:
        bases = genome.fetch("chr20", start, end).upper()
    clear = clear_places(data / "A_na12878_wgs50x/truth", start, end)
    drawn = draw_panel(bases, CLOSE_STEP, clear)
    in_genome = replace(drawn, contigs=("chr20",) * len(drawn), positions=drawn.positions + start)
    write_files(in_genome, pair.panel)
    # Of the length of the real ones, so that a share of reads is one of bases.
    depth, dice = 60 * max(SHARES), np.random.default_rng(2)
    draw_reads(work, "other", bases, drawn, depth, dice, length=101)
    align(work, "other", "<(cat other?_1.fq)", "<(cat other?_2.fq)")
    reads = data / "A_na12878_wgs50x/fastq"
    align(work, "own", f"<(zcat {reads}/*_R1.fastq.gz)", f"<(zcat {reads}/*_R2.fastq.gz)")
    return pair


def clear_places(truth: Path, start: int, end: int) -> np.ndarray:
    """Return whether each base of a window lies in the truth's BED, away from its variants."""
    clear = np.zeros(end - start, dtype=np.bool_)
    for line in (truth / "HG001.surrogate_100kb.bed").read_text().splitlines():
        contig, first, last = line.split("\t")[:3]
        if contig == "chr20":
            clear[max(0, int(first) - start) : max(0, int(last) - start)] = True
    with pysam.VariantFile(str(truth / "HG001.vcf.gz")) as variants:
        for variant in variants:
            first, last = variant.start - CLEAR - start, variant.stop + CLEAR - start
            clear[max(0, first) : max(0, last)] = False
    return clear


def draw_panel(bases: str, step: int = STEP, clear: np.ndarray | None = None) -> Panel:
    """Draw a SNP near every full step, away from the ends, where it is clear."""
    dice = np.random.default_rng(1)
    places = np.arange(STEP, len(bases) - STEP, step) + dice.integers(0, step // 2)
    if clear is not None:
        places = places[clear[places]]
    places = np.array([place for place in places.tolist() if bases[place] in "ACGT"])
    span = np.log((1 - RAREST) / RAREST)
    refs = tuple(bases[place] for place in places.tolist())
    return Panel(
        ("20",) * len(places),
        (places + 1).astype(np.int32),
        refs,
        tuple(str(dice.choice([base for base in "ACGT" if base != ref])) for ref in refs),
        np.round(RAREST * np.exp(span * dice.random(len(places))), 4),
        np.zeros((len(places), 0)),
    )


def with_alts(bases: str, panel: Panel, has_alt: np.ndarray) -> str:
    """Return the sequence of a chromosome that has these sites' ALTs."""
    changed = bytearray(bases.encode())
    for i in np.flatnonzero(has_alt).tolist():
        changed[panel.positions[i] - 1] = ord(panel.alts[i])
    return changed.decode()


def align(work: Path, name: str, first: str, second: str) -> None:
    """Write sorted reads with duplicates marked; both people under one sample name."""
    shell(
        rf"bwa mem -K 100000000 -Y -t 2 -R '@RG\tID:{name}\tSM:MIX\tLB:{name}\tPL:ILLUMINA' ref"
        f" {first} {second} 2> {name}.log | samtools fixmate -m -u - - | samtools sort -u -"
        f" | samtools markdup - {name}.bam && samtools index {name}.bam",
        work,
    )


def real(work: Path, data: Path) -> Pair:
    """Align the parents of set D, and make a panel of the sites at which they have ALT; once."""
    pair = pair_on_real_genome(work, data)
    if pair.other.exists():
        return pair
    for name, sample in (("own", "NA12891"), ("other", "NA12892")):
        reads = data / "D_trio_ceu_10kb/fastq" / f"{sample}_L001"
        align(work, name, f"{reads}_R1.fastq.gz", f"{reads}_R2.fastq.gz")
    shell(
        "samtools reheader -c 'sed s/SM:MIX/SM:OTHER/' other.bam > named.bam"
        " && samtools index named.bam && bcftools mpileup -q 20 -f ref.fa own.bam named.bam"
        " 2> call.log | bcftools call -mv -Ov 2>> call.log"
        " | bcftools view -m2 -M2 -v snps -i 'QUAL>=20'"
        " > both.vcf && rm named.bam*",
        work,
    )
    write_files(called_panel(work / "both.vcf"), pair.panel)
    return pair


def called_panel(vcf: Path) -> Panel:
    """Return the sites of a VCF with frequencies from its genotypes, one of each allele added."""
    rows = []
    with pysam.VariantFile(str(vcf)) as records:
        for record in records:
            alleles = [a for call in record.samples.values() for a in call["GT"] if a is not None]
            share = (sum(alleles) + 1) / (len(alleles) + 2)
            rows.append((record.contig, record.pos, record.ref, record.alts[0], share))
    contigs, positions, refs, alts, shares = zip(*rows, strict=True)
    frequency = np.array(shares)
    sites = np.array(positions, np.int32)
    return Panel(contigs, sites, refs, alts, frequency, np.zeros((len(rows), 0)))


def mix(pair: Pair, share: float, cram: Path) -> float:
    """Write a mixture as CRAM; return the share of its reads that are the second person's."""
    folder = cram.parent
    own, other = reads_of(pair.own), reads_of(pair.other)
    # As much of both as the scarcer one allows: all in all the depth stays about the same.
    total = min(own / (1 - share), other / share if share else own, own)
    wanted = {pair.own: total * (1 - share) / own, pair.other: total * share / other}
    parts = []
    for file, part in wanted.items():
        kept = folder / f"part.{file.name}"
        # samtools takes a share of 0 for none wanted, and keeps all.
        choice = ["-H"] if part == 0 else ["--subsample", f"{part:.6f}"] if part < 1 else []
        command = ["samtools", "view", "-b", "--subsample-seed", "7", *choice, "-o", str(kept)]
        subprocess.run([*command, str(file)], check=True)
        parts.append(kept)
    shell(
        f"samtools merge -f -u - {parts[0]} {parts[1]}"
        f" | samtools view -C -T {pair.genome} -o {cram} - && samtools index {cram}",
        folder,
    )
    counts = [reads_of(part) for part in parts]
    return counts[1] / sum(counts)


def reads_of(bam: Path) -> int:
    """Return the number of mapped primary reads that are no duplicates."""
    counted = subprocess.run(
        ["samtools", "view", "-c", "-F", "3332", str(bam)], capture_output=True, check=True
    )
    return int(counted.stdout)


def ours(pair: Pair, panel: Panel, cram: Path) -> Contamination | None:
    """Measure a CRAM with our own estimator."""
    sites = cram.with_name("sites.bed")
    sites.write_text(sites_bed(panel))
    command = ["samtools", "mpileup", *MPILEUP_OPTIONS, "--positions", str(sites)]
    command += ["--fasta-ref", str(pair.genome), str(cram)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        pileup = read_pileup(process.stdout, panel)
    return estimate(pileup, panel, [pair.contig], least_sites=LEAST_SITES)


def others(pair: Pair, panel: Panel, cram: Path, engine: str) -> Contamination | None:
    """Measure a CRAM with a tool."""
    with pysam.FastaFile(str(pair.genome)) as fasta:
        lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
    task = CramTask(cram, pair.genome, pair.panel, panel, (pair.contig,), lengths)
    with job_on(Machine(2, 2000, cram.parent, cram.with_name(f"{engine}.log"))) as job:
        return CRAM_ENGINES[engine](task, job)


def called(pair: Pair, panel: Panel, cram: Path) -> float | None:
    """Return CHARR from bcftools' calls at the panel's sites."""
    vcf = cram.with_name("calls.vcf")
    shell(
        f"bcftools mpileup -q 20 -a AD -T sites.bed -f {pair.genome} {cram} 2> call.log"
        f" | bcftools call -mv -a GQ > {vcf} 2>> call.log",
        cram.parent,
    )
    return charr(vcf, panel, [pair.contig])


def header(engines: list[str]) -> list[str]:
    """Return the names of the columns."""
    columns = ["mixed", "sites", "CHARR"]
    for name in engines:
        columns += [name, "95 %", "s"]
    return columns


def row(pair: Pair, panel: Panel, share: float, work: Path, engines: list[str]) -> list[str]:
    """Return what each engine says about one mixture."""
    work.mkdir(exist_ok=True)
    cram = work / "mix.cram"
    cells = [f"{mix(pair, share, cram):.4f}"]
    for name in engines:
        began = time.monotonic()
        found = ours(pair, panel, cram) if name == OWN else others(pair, panel, cram, name)
        seconds = time.monotonic() - began
        if name == OWN:
            number = called(pair, panel, cram)
            cells += [
                str(found.sites if found else ""),
                "none" if number is None else f"{number:.4f}",
            ]
        cells += [*shown(found), f"{seconds:.1f}"]
    shutil.rmtree(work)
    return cells


def shown(found: Contamination | None) -> tuple[str, str]:
    """Return an estimate and its interval as text."""
    if found is None:
        return "none", ""
    interval = "" if found.low is None else f"{found.low:.4f}-{found.high:.4f}"
    return f"{found.estimate:.4f}", interval


def show(title: str, pair: Pair, engines: list[str]) -> None:
    """Print the table of a pair of people."""
    panel = read_panel(pair.panel)
    print(title)
    print(*header(engines), sep="\t")
    for share in SHARES:
        cells = row(pair, panel, share, pair.own.with_name(f"mix{share:g}"), engines)
        print(*cells, sep="\t", flush=True)


def main() -> None:
    """Make the mixtures, measure them, print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--only", choices=["simulated", "half", "real"])
    given = parser.parse_args()
    engines = [OWN, *(name for name in CRAM_ENGINES if shutil.which(name))]
    if given.only in (None, "simulated"):
        show("simulated", simulate(given.work.resolve() / "simulated"), engines)
    if given.only in (None, "half"):
        pair = half_real(given.work.resolve() / "half", given.data.resolve())
        show("real NA12878 with drawn reads", pair, engines)
    if given.only in (None, "real"):
        pair = real(given.work.resolve() / "real", given.data.resolve())
        show("real, NA12892 in NA12891", pair, engines)
        other_way = replace(pair, own=pair.other, other=pair.own)
        show("real, NA12891 in NA12892", other_way, engines)


if __name__ == "__main__":
    main()
