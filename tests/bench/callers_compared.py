"""Callers side by side on the same alignments: how right they are, and what calling alone costs.

Real reads with truth (sets A, D and E of the data folder) and the 10 Mb of `ten_megabases.py` are
aligned once; then each caller's jobs of the call stage run without Snakemake, on one core (one
piece, one thread) and on two (two pieces at once; one piece with two threads for `THREADED`).
Printed are recall, precision and F1 of SNPs and indels, of all calls and of those that pass the
filters, agreement of genotypes, Mendelian errors of trio D, and wall and CPU seconds and peak
memory of calling. What the work folder already holds is not called again.

    tests/bench/callers_compared.py --data ../shared/data --work DIR [--only CALLER ...]
        [--sets A D E ten] [--cores 1 2]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pysam

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.call_alone import GATHER, AloneTask, finished
from tests.bench.ten_megabases import Cost, make_data, measure, prepare, snakemake
from tests.run.real_reads import SETS, write_project

from schelde import paths
from schelde.evaluate import Evaluation, VariantType, evaluate
from schelde.intervals import cut_pieces, read_intervals
from schelde.mendel import Errors, trio_errors

CALLERS = ("gatk", "bcftools", "freebayes", "pairhmm")
THREADED = ("pairhmm",)
"""Callers whose second core is a second thread of one piece, as in config/jobs.yaml."""

TRIO = ("D-NA12878", "D-NA12891", "D-NA12892")
"""Child, father, mother."""


@dataclass(frozen=True)
class Reads:
    """Alignments with a truth; parents have none. ``targets``: a BED in the project."""

    name: str
    project: Path
    sample: str
    truth: Path | None = None
    bed: Path | None = None
    targets: str | None = None


def real_reads(data: Path, work: Path, names: Iterable[str]) -> list[Reads]:
    """Align the sets of real reads, all in one run."""
    project = work / "real"
    found = []
    for name in names:
        chosen = SETS[name]
        truth, bed = (data / chosen.folder / str(file) for file in (chosen.truth, chosen.bed))
        found.append(Reads(name, project, f"{name}-NA12878", truth, bed))
        found += [Reads(name, project, one) for one in TRIO[1:] if name == "D"]
    if found and not project.exists():
        write_project(project, data, "bwa", "gatk", "ADE")
        _snakemake(project, "align", paths.GAPS)
    return found


def ten_megabases(data: Path, work: Path) -> Reads:
    """Make and align the reads of the benchmark."""
    folder = work / "ten"
    make_data(data, folder)
    project = folder / "aligned"
    targets = "results/reference/targets/region.bed"
    if not project.exists():
        prepare(folder, "bwa")
        shutil.copytree(folder / "reference-bwa", project)
        snakemake(project, "bwa", "gatk", "align", paths.GAPS, targets)
    truth, bed = folder / "truth.vcf.gz", folder / "region.bed"
    return Reads("ten", project, "HG001", truth, bed, targets)


def _snakemake(project: Path, *targets: str) -> None:
    snakefile = Path(__file__).resolve().parents[2] / "Snakefile"
    command = ["snakemake", "--snakefile", str(snakefile), "--directory", str(project)]
    with (project / "snakemake.log").open("wb") as log:
        subprocess.run([*command, "--cores", "2", *targets], check=True, stderr=log, stdout=log)


def call(reads: Reads, caller: str, cores: int, folder: Path) -> None:
    """Call and gather, unless it was done; the cost goes beside the calls."""
    if (folder / "s.vcf.gz.tbi").exists():
        return
    cost = measure(folder, jobs(reads, caller, cores))
    (folder / "cost.json").write_text(json.dumps(asdict(cost)))


def jobs(reads: Reads, caller: str, cores: int) -> Callable[[Path], None]:
    """Return what runs all jobs of the call stage for one sample."""
    pieces = 1 if caller in THREADED else cores
    threads = cores // pieces

    def run(folder: Path) -> None:
        _cut(reads, pieces, folder)

        def start(part: int, given: int) -> subprocess.Popen[bytes]:
            names = (str(reads.project), reads.sample, caller, str(folder))
            return AloneTask(*names, given, part, reads.targets).start(cores)

        finished([start(piece, threads) for piece in range(1, pieces + 1)])
        finished([start(GATHER, cores)])

    return run


def _cut(reads: Reads, pieces: int, folder: Path) -> None:
    reference = reads.project / "results/reference"
    primary = {row[0] for row in read_intervals(reference / "autosomes.bed")}
    targets = reads.project / reads.targets if reads.targets else None
    with (folder / "pieces.log").open("wb") as log:
        cut_pieces(
            reference / "genome.fa.fai",
            reads.project / paths.GAPS,
            folder / "pieces.bed",
            targets=targets,
            primary=sorted(primary),
            pieces=pieces,
            padding=100,
            apart=5000,
            log=log,
        )


def judged(reads: Reads, folder: Path, passing_only: bool) -> Evaluation:
    """Compare the calls with the truth."""
    assert reads.truth is not None
    return evaluate(
        folder / "s.vcf.gz",
        reads.truth,
        reads.project / paths.GENOME,
        reads.bed,
        sample=None,
        truth_sample=None,
        passing_only=passing_only,
    )


def mendel(folders: Iterable[Path], bed: Path, passing_only: bool) -> Errors:
    """Count Mendelian errors of a trio (child, father, mother) in a BED.

    Sites are alleles as the VCFs have them; who has no record there is taken to have no copy.
    """
    copies = [_copies(folder / "s.vcf.gz", bed, passing_only) for folder in folders]
    sites = sorted(set().union(*copies))
    columns = [np.array([one.get(site, 0) for site in sites], np.int8) for one in copies]
    return trio_errors(*columns)


def _copies(vcf: Path, bed: Path, passing_only: bool) -> dict[tuple[str, int, str, str], int]:
    found = {}
    with pysam.VariantFile(str(vcf)) as records:
        for contig, start, end in read_intervals(bed):
            for record in records.fetch(contig, start, end):
                if not passing_only or "PASS" in record.filter:
                    genotype = record.samples[0]["GT"]
                    site = (record.chrom, record.pos, str(record.ref), record.alts[0])
                    found[site] = sum(copy == 1 for copy in genotype)
    return found


def accuracy_row(reads: Reads, caller: str, folder: Path, passing_only: bool) -> list[str]:
    """Return a row of the table of accuracy."""
    result = judged(reads, folder, passing_only)
    cells = [reads.name, caller, "PASS" if passing_only else "all"]
    for kind in (VariantType.SNP, VariantType.INDEL):
        row = result.row(kind)
        rates = (row.recall, row.precision, row.f1, row.genotype_concordance)
        missed = row.truth_total - row.truth_matched
        wrong = row.calls_total - row.calls_matched
        cells += [
            *map(_rate, rates),
            f"{missed}/{wrong}/{row.truth_matched - row.genotype_matched}",
        ]
    return cells


def _rate(rate: float | None) -> str:
    """Four digits; less than all is never shown as 1."""
    return "-" if rate is None else f"{rate if rate == 1 else min(rate, 0.9999):.4f}"


def cost_row(reads: Reads, caller: str, cores: int, folder: Path) -> list[str]:
    """Return a row of the table of costs, with where the open engine spent its time."""
    file = folder / "cost.json"
    cells = [reads.name, caller, str(cores)]
    if not file.exists():
        return [*cells, "-", "-", "-", ""]
    cost = Cost(**json.loads(file.read_text()))
    splits = [
        line.split(": ", 1)[1]
        for log in sorted(folder.glob("*.log"))
        for line in log.read_text(errors="replace").splitlines()
        if line.startswith("split: ")
    ]
    numbers = [f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.memory / 1e6:.0f}"]
    return [*cells, *numbers, " | ".join(splits).replace("|", "\\|")]


ACCURACY = ["reads", "caller", "calls"] + [
    f"{kind} {what}"
    for kind in ("SNP", "indel")
    for what in ("recall", "precision", "F1", "GT", "missed/wrong/GT")
]
COSTS = ["reads", "caller", "cores", "wall s", "CPU s", "peak MB", "split"]


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Call what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=CALLERS, choices=CALLERS)
    parser.add_argument("--sets", nargs="*", default=["A", "D", "E", "ten"])
    parser.add_argument("--cores", nargs="*", type=int, default=[1, 2])
    options = parser.parse_args()
    data, work = options.data.resolve(), options.work.resolve()
    everyone = real_reads(data, work, [name for name in "ADE" if name in options.sets])
    if "ten" in options.sets:
        everyone.append(ten_megabases(data, work))
    accuracy, trio, costs = [], [], []
    for caller in options.only:
        folders = {}
        for reads in everyone:
            for cores in options.cores if reads.name == "ten" else options.cores[:1]:
                folder = work / "calls" / caller / f"{reads.sample}.{cores}"
                print(f"{caller} {reads.sample}, {cores} cores", file=sys.stderr)
                call(reads, caller, cores, folder)
                folders.setdefault(reads.sample, folder)
                costs.append(cost_row(reads, caller, cores, folder))
            if reads.truth is not None:
                for passing in (False, True):
                    accuracy.append(accuracy_row(reads, caller, folders[reads.sample], passing))
        if all(one in folders for one in TRIO):
            bed = next(reads.bed for reads in everyone if reads.name == "D" and reads.bed)
            for passing in (False, True):
                found = mendel([folders[one] for one in TRIO], bed, passing)
                numbers = (found.sites, found.informative, found.errors)
                trio.append([caller, "PASS" if passing else "all", *map(str, numbers)])
    accuracy.sort(key=lambda row: row[0])
    costs.sort(key=lambda row: (row[0], row[2]))
    print(table(ACCURACY, accuracy), end="\n\n")
    print(table(["trio D", "calls", "sites", "informative", "errors"], trio), end="\n\n")
    print(table(COSTS, costs))


if __name__ == "__main__":
    main()
