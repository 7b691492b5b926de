"""The open engine against GATK HaplotypeCaller, step by step on one stretch of one sample.

Both see the same CRAM. Compared are active regions with windows, the differences that haplotypes
hold, likelihoods of the same reads and haplotypes, the records of the gVCF that both have, the
reference blocks position by position, and the final calls with the truth as the judge; what the
engine misses is followed to the step that loses it.

    tests/bench/pairhmm_against_gatk.py --data ../shared/data --work DIR [--reads A D E or ten]
        [--region 20:35000001-36000000] [--again]

DIR is that of `callers_compared.py`, which aligns the reads. What is made goes to DIR/against, and
GATK's part is not made again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pysam

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.against_gatk import engine, gatk
from tests.bench.against_gatk.calls import Disagreement, disagreements, evidence, judged
from tests.bench.against_gatk.pairs import pairs_compared
from tests.bench.against_gatk.records import blocks_compared, read_gvcf, records_compared
from tests.bench.against_gatk.steps import (
    haplotypes_compared,
    likelihoods_compared,
    windows_compared,
)
from tests.bench.against_gatk.stretch import Stretch
from tests.bench.call_alone import GATHER, AloneTask, finished
from tests.bench.callers_compared import Reads, real_reads, ten_megabases

from schelde import paths
from schelde.evaluate.alleles import Edit
from schelde.intervals import intersect, read_intervals, write_bed

REGIONS = {
    "ten": "20:35000001-36000000",
    "A": "chr20:1-110000",
    "D": "chr20:95001-120000",
    "E": "chr20:1-300000",
}


def stretch_of(reads: Reads, region: str, folder: Path) -> Stretch:
    """Return a stretch with its BED written."""
    assert reads.truth is not None and reads.bed is not None
    contig, _, span = region.rpartition(":")
    first, last = (int(word) for word in span.split("-"))
    genome = reads.project / paths.GENOME
    with pysam.FastaFile(str(genome)) as fasta:
        sequence = fasta.fetch(contig).upper()
    end = min(last, len(sequence))
    folder.mkdir(parents=True, exist_ok=True)
    inside = intersect(read_intervals(reads.bed), [(contig, first - 1, end)])
    write_bed(folder / "region.bed", inside)
    cram = reads.project / paths.CRAM.format(sample=reads.sample)
    bed = folder / "region.bed"
    return Stretch(cram, genome, reads.truth, bed, contig, first - 1, end, sequence, folder)


def calls_compared(stretch: Stretch, reads: Reads, trace: engine.Trace) -> Iterator[str]:
    """Judge the final calls of both; follow what ours lack or have too much."""
    results = {}
    for name in ("gatk", "pairhmm"):
        vcf = _called(stretch, reads, name)
        results[name] = judged(vcf, stretch.truth, stretch.genome, stretch.bed)
        rows = [
            f"{row.type} {row.truth_matched} of {row.truth_total} found,"
            f" {row.calls_total - row.calls_matched} wrong,"
            f" {row.truth_matched - row.genotype_matched} wrong genotypes"
            for row in results[name].rows
        ]
        yield f"{name}: {'; '.join(rows)}"
    with pysam.AlignmentFile(str(stretch.cram), reference_filename=str(stretch.genome)) as file:

        def depth(position: int) -> int:
            return int(file.count(stretch.contig, position, position + 1))

        edits = stretch.true_edits
        found = disagreements(*results.values(), stretch.sequence, edits, depth)
        yield from by_class(found)
        for one in found:
            yield f"  {one.what}: {one.line()}"
            yield f"      reads: {evidence(file, stretch.contig, one.edit)}"
            yield f"      ours: {history(one.edit, trace)}"


def by_class(found: Iterable[Disagreement]) -> list[str]:
    """Count disagreements by who is wrong, and by type."""
    counts = Counter((one.what, one.kinds[0].split(" of ")[0]) for one in found)
    return [f"  {what}, {kind}: {count}" for (what, kind), count in sorted(counts.items())]


def history(edit: Edit, trace: engine.Trace) -> str:
    """Say how far a variant came in our engine."""
    words = ["no candidate"]
    if edit in trace.candidates:
        words = ["candidate, {} of {} reads".format(*trace.candidates[edit])]
    words += [f"breakpoint at {pos + 1}" for pos in trace.breakpoints if abs(pos - edit[0]) <= 20]
    holding = [one for one in trace.windows if one.core[0] <= edit[1] and edit[0] <= one.core[1]]
    if not holding:
        words.append("no window")
    for window in holding:
        how = "assembled" if window.assembled else "from alignments"
        words.append(f"window {window.core[0] + 1}-{window.core[1]} {how}")
        having = sum(edit in edits for _, edits in window.haplotypes)
        words.append(f"in {having} of {len(window.haplotypes)} haplotypes")
    return ", ".join(words)


def _called(stretch: Stretch, reads: Reads, caller: str) -> Path:
    """Call the stretch as the workflow does, unless it was done, and return the VCF."""
    folder = stretch.folder / caller
    if not (folder / "s.vcf.gz.tbi").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_bed(folder / "pieces.bed", [(stretch.contig, stretch.start, stretch.end, 1)])
        names = (str(reads.project), reads.sample, caller, str(folder), 1)
        for part in (1, GATHER):
            finished([AloneTask(*names, part).start(cores=1)])
    return folder / "s.vcf.gz"


def report(stretch: Stretch, reads: Reads, *, only_gatk: bool) -> Iterator[str]:
    """Run both and yield what was found, in the order of the steps."""
    gatk.run(stretch)
    active = gatk.active_spans(stretch.folder / "regions.igv")
    regions = gatk.read_regions(stretch.folder / "genotyper.txt", stretch)
    theirs = read_gvcf(stretch.folder / "gatk.g.vcf.gz", stretch.contig, stretch.start, stretch.end)
    yield f"GATK: {len(active)} active regions, {len(regions)} assembled, {len(theirs.sites)} sites"
    if only_gatk:
        return
    yield f"ours: {engine.run(stretch)}"
    with (stretch.folder / "trace.txt").open() as lines:
        trace = engine.read_trace(lines, stretch)
    ours = read_gvcf(stretch.folder / "ours.vcf", stretch.contig, stretch.start, stretch.end)
    for title, lines_ in (
        ("a. Windows", windows_compared(stretch, active, trace)),
        ("b. Haplotypes", haplotypes_compared(stretch, regions, trace)),
        ("c. Likelihoods", likelihoods_compared(stretch, regions, trace)),
        ("   The pair-HMM alone", pairs_compared(stretch.folder / "pairs.txt")),
        ("d. Records", records_compared(theirs, ours)),
        ("e. Blocks", blocks_compared(theirs, ours, stretch.start)),
        ("f. Calls", calls_compared(stretch, reads, trace)),
    ):
        yield f"\n{title}"
        yield from lines_


def main() -> None:
    """Compare one stretch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--reads", default="ten", choices=REGIONS)
    parser.add_argument("--region")
    parser.add_argument("--again", action="store_true", help="our part: it has changed")
    parser.add_argument("--only-gatk", action="store_true")
    options = parser.parse_args()
    data, work = options.data.resolve(), options.work.resolve()
    if options.reads == "ten":
        reads = ten_megabases(data, work)
    else:
        reads = real_reads(data, work, options.reads)[0]
    region = options.region or REGIONS[options.reads]
    folder = work / "against" / f"{reads.sample}.{region.replace(':', '.')}"
    if options.again:
        shutil.rmtree(folder / "pairhmm", ignore_errors=True)
    stretch = stretch_of(reads, region, folder)
    for line in report(stretch, reads, only_gatk=options.only_gatk):
        print(line, flush=True)


if __name__ == "__main__":
    main()
