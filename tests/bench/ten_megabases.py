"""Schelde against the same tools piped by hand, and against the textbook chain.

Reads are drawn from both real haplotypes of HG001 on 10 Mb of b37 chr20 (Debian package
vt-examples; truth from the data folder kept beside the repository), 30x, 2 x 150 bp. Every
contender runs from FASTQ to a filtered VCF on the same machine in the same hour; what is printed
are wall and CPU seconds, peak memory (sum of resident memory of all its processes) and peak disk
(all files below its working folder), and their ratios to the hand-made pipe of the same tools.

    tests/bench/ten_megabases.py --data ../shared/data --work DIR [--only NAME ...]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from schelde.evaluate import evaluate

ROOT = Path(__file__).resolve().parents[2]
CHROMOSOME = Path("/usr/share/doc/vt/examples/ref/20.fa.gz")
TRUTH = "truth/HG001_v3.3.2_b37_chr20.vcf.gz"
START, END = 35_000_001, 45_000_000
MIDDLE = 40_000_000
READ_GROUP = r"@RG\tID:1\tSM:HG001\tLB:1\tPL:ILLUMINA\tPU:1"
HEAP = "-Xmx3g -XX:+UseSerialGC"
TEXTBOOK = "textbook chain"


@dataclass(frozen=True)
class Cost:
    """What one contender took: seconds, bytes."""

    wall: float
    cpu: float
    memory: int
    disk: int


def make_data(data: Path, work: Path) -> None:
    """Write reference, haplotypes, truth and reads once."""
    if (work / "done").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    with gzip.open(CHROMOSOME, "rb") as source, (work / "20.fa").open("wb") as target:
        shutil.copyfileobj(source, target)
    region = f"20:{START}-{END}"
    shell(
        f"samtools faidx 20.fa && samtools dict 20.fa -o 20.dict"
        f" && bcftools view -p -r {region} {data / TRUTH} -Oz -o truth.vcf.gz"
        f" && tabix truth.vcf.gz",
        work,
    )
    (work / "region.bed").write_text(f"20\t{START - 1}\t{END}\n")
    for hap in ("1", "2"):
        shell(
            f"samtools faidx 20.fa {region} | bcftools consensus -H {hap} truth.vcf.gz"
            f" 2> consensus.log > hap{hap}.fa && art_illumina -q -ss HSXt -p -l 150 -f 15 -m 400"
            f" -s 80 -rs {hap} -na -i hap{hap}.fa -o h{hap}_ -d h{hap} > art.log",
            work,
        )
    for end in ("1", "2"):
        shell(f"cat h1_{end}.fq h2_{end}.fq | bgzip -l 1 > R{end}.fq.gz && rm h?_{end}.fq", work)
    (work / "done").touch()


def shell(command: str, folder: Path) -> None:
    """Run a shell command that must end well."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, check=True)


def measure(folder: Path, contender: Callable[[Path], None]) -> Cost:
    """Run a contender in a fresh folder and watch what it takes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peak = {"memory": 0, "disk": 0}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            peak["memory"] = max(peak["memory"], _resident())
            peak["disk"] = max(peak["disk"], _bytes_below(folder))

    watcher = threading.Thread(target=watch)
    before, began = os.times(), time.monotonic()
    watcher.start()
    try:
        contender(folder)
    finally:
        wall, after = time.monotonic() - began, os.times()
        ended.set()
        watcher.join()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Cost(wall, cpu, peak["memory"], peak["disk"])


def _resident() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _bytes_below(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{place}/{name}").st_size
            except FileNotFoundError:
                continue
    return total


def align_by_hand(aligner: str) -> str:
    """Return the one pipe from FASTQ to CRAM that a practised user types."""
    command = {
        "bwa": "bwa mem -K 100000000 -Y -t 2",
        "minibwa": "minibwa map -Y -t 2",
    }[aligner]
    index = {"bwa": "../20.fa", "minibwa": "../20.mb"}[aligner]
    return (
        f"{command} -R '{READ_GROUP}' {index} ../R1.fq.gz ../R2.fq.gz 2> align.log"
        " | samtools fixmate -m -u - - | samtools sort -@ 2 -l 1 -T sort -u -"
        " | samtools markdup -u - - | samtools view -@ 2 -C -T ../20.fa"
        " --output-fmt-option version=3.0 --write-index -o s.cram##idx##s.cram.crai -"
    )


def by_hand(aligner: str, caller: str) -> Callable[[Path], None]:
    """Return the contender that pipes the tools by hand, calling in two halves at once."""
    halves = [f"20:{START}-{MIDDLE}", f"20:{MIDDLE + 1}-{END}"]
    if caller == "gatk":
        half = (
            "gatk HaplotypeCaller -R ../20.fa -I s.cram -L {} -ERC GVCF -O {}.g.vcf.gz"
            " --native-pair-hmm-threads 1 2> /dev/null"
        )
        gather = (
            "bcftools concat -Oz -o s.g.vcf.gz 20:*.g.vcf.gz 2> /dev/null && tabix -f s.g.vcf.gz &&"
            " gatk GenotypeGVCFs -R ../20.fa -V s.g.vcf.gz -O raw.vcf.gz 2> /dev/null &&"
            " bcftools norm -m-any -f ../20.fa raw.vcf.gz -Oz -o s.vcf.gz 2> /dev/null"
        )
    else:
        half = (
            "bcftools mpileup -q 20 -Q 13 -r {} -f ../20.fa s.cram -Ou 2> /dev/null"
            " | bcftools call -mv -Ou | bcftools norm -m-any -f ../20.fa -Oz -o {}.vcf.gz"
            " 2> /dev/null"
        )
        gather = "bcftools concat -Oz -o s.vcf.gz 20:*.vcf.gz 2> /dev/null"
    calls = " & ".join(half.format(region, region) for region in halves)
    command = f"{align_by_hand(aligner)}; {calls} & wait; {gather}; tabix -f s.vcf.gz"

    def run(folder: Path) -> None:
        os.environ["GATK_JAVA_OPTS"] = HEAP
        shell(command, folder)

    return run


def textbook(folder: Path) -> None:
    """Run the chain of the textbooks: one tool a step, one file a step."""
    os.environ["GATK_JAVA_OPTS"] = "-Xmx4g"
    shell(
        f"""
        bwa mem -K 100000000 -Y -t 2 -R '{READ_GROUP}' ../20.fa ../R1.fq.gz ../R2.fq.gz \
            > s.sam 2> /dev/null
        gatk SortSam -I s.sam -O s.bam -SO coordinate 2> /dev/null > /dev/null
        gatk MarkDuplicates -I s.bam -O d.bam -M d.txt --CREATE_INDEX 2> /dev/null > /dev/null
        gatk BaseRecalibrator -R ../20.fa -I d.bam --known-sites ../truth.vcf.gz -O r.txt \
            2> /dev/null > /dev/null
        gatk ApplyBQSR -R ../20.fa -I d.bam -bqsr r.txt -O q.bam 2> /dev/null
        gatk HaplotypeCaller -R ../20.fa -I q.bam -L 20:{START}-{END} -ERC GVCF -O s.g.vcf.gz \
            --native-pair-hmm-threads 2 2> /dev/null
        gatk GenotypeGVCFs -R ../20.fa -V s.g.vcf.gz -O s.vcf.gz 2> /dev/null
        """,
        folder,
    )


def schelde(aligner: str, caller: str) -> Callable[[Path], None]:
    """Return the contender that is this workflow, from proved FASTQ to filtered VCF."""

    def run(folder: Path) -> None:
        shutil.copytree(folder.parent / f"reference-{aligner}", folder, dirs_exist_ok=True)
        snakemake(folder, aligner, caller, "call")
        for end in ("vcf.gz", "vcf.gz.tbi"):
            shutil.copy(folder / f"results/call/HG001.{end}", folder / f"s.{end}")

    return run


def snakemake(folder: Path, aligner: str, caller: str, *targets: str) -> None:
    """Run the workflow in a folder on two cores."""
    write_project(folder, aligner, caller)
    command = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    with (folder / "snakemake.log").open("wb") as log:
        subprocess.run([*command, "--cores", "2", *targets], check=True, stderr=log, stdout=log)


def write_project(folder: Path, aligner: str, caller: str) -> None:
    """Write config and sheets of a one-lane sample."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "lanes.tsv").write_text(
        "sample\tlibrary\tflowcell\tlane\tfq1\tfq2\nHG001\t1\tFC\t1\t../R1.fq.gz\t../R2.fq.gz\n"
    )
    (config / "people.tsv").write_text(
        "sample\tassay\tsex\ttargets\nHG001\twes\tfemale\t../region.bed\n"
    )
    (config / "assembly.yaml").write_text("name: b37\nautosomes: ['20']\n")
    (config / "config.yaml").write_text(
        "reference: {name: b37, fasta: ../20.fa, assembly: config/assembly.yaml}\n"
        f"align: {{aligner: {aligner}}}\ncall: {{caller: {caller}, pieces: 2}}\n"
    )


def prepare(work: Path, aligner: str) -> None:
    """Make reference files and indexes, which no contender's time counts."""
    index = {"bwa": "20.fa.bwt", "minibwa": "20.mb.mbw"}[aligner]
    if not (work / index).exists():
        command = {"bwa": "bwa index 20.fa", "minibwa": "minibwa index 20.fa 20.mb"}[aligner]
        shell(f"{command} 2> /dev/null", work)
    folder = work / f"reference-{aligner}"
    folder.mkdir(exist_ok=True)
    targets = {"bwa": "results/reference/bwa/genome.fa.bwt"}
    targets["minibwa"] = "results/reference/minibwa/genome.mbw"
    # Each time: a reference that older code made would be made anew within the time that counts.
    snakemake(folder, aligner, "gatk", targets[aligner], "results/reference/genome.json")


def report(results: dict[str, Cost], scores: dict[str, str]) -> str:
    """Return the table: own numbers, ratio to the hand-made pipe and to the textbook chain."""
    rows = [
        f"{'contender':<26}{'wall s':>8}{'CPU s':>8}{'mem MB':>8}{'disk MB':>9}"
        f"{'wall/hand':>11}{'CPU/hand':>10}{'wall/text':>11}{'CPU/text':>10}  accuracy"
    ]
    book = results.get(TEXTBOOK)
    for name, cost in results.items():
        hand = results.get(name.replace("schelde", "by hand"))
        ratios = [
            f"{cost.wall / hand.wall:>11.2f}{cost.cpu / hand.cpu:>10.2f}" if hand else " " * 21,
            f"{cost.wall / book.wall:>11.2f}{cost.cpu / book.cpu:>10.2f}" if book else "",
        ]
        rows.append(
            f"{name:<26}{cost.wall:>8.0f}{cost.cpu:>8.0f}{cost.memory / 1e6:>8.0f}"
            f"{cost.disk / 1e6:>9.0f}{''.join(ratios)}  {scores[name]}"
        )
    return "\n".join(rows)


def main() -> None:
    """Run all contenders, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    work = options.work.resolve()
    make_data(options.data.resolve(), work)
    contenders: dict[str, Callable[[Path], None]] = {TEXTBOOK: textbook}
    for aligner in ("bwa", "minibwa"):
        prepare(work, aligner)
        for caller in ("gatk", "bcftools"):
            contenders[f"by hand {aligner} {caller}"] = by_hand(aligner, caller)
            contenders[f"schelde {aligner} {caller}"] = schelde(aligner, caller)
    kept = work / "results.json"
    saved = json.loads(kept.read_text()) if kept.exists() else {}
    for name in options.only or contenders:
        folder = work / name.replace(" ", "-")
        cost = measure(folder, contenders[name])
        print(f"{name}: {cost.wall:.0f} s wall, {cost.cpu:.0f} s CPU", file=sys.stderr)
        judged = evaluate(
            folder / "s.vcf.gz",
            work / "truth.vcf.gz",
            work / "20.fa",
            work / "region.bed",
            sample=None,
            truth_sample=None,
            passing_only=False,
        )
        scores = [f"{row.type} {row.recall:.4f}/{row.precision:.4f}" for row in judged.rows]
        saved[name] = {"cost": asdict(cost), "accuracy": ", ".join(scores)}
        kept.write_text(json.dumps(saved, indent=1))
    results = {name: Cost(**saved[name]["cost"]) for name in contenders if name in saved}
    print(report(results, {name: saved[name]["accuracy"] for name in results}))


if __name__ == "__main__":
    main()
