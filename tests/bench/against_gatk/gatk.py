"""What GATK HaplotypeCaller makes of a region on its way, read from its debug files.

Seen with GATK 4.6.2.0: `--debug-genotyper-output` has, for each assembly region, its span, the
haplotypes (whole and trimmed) with CIGARs, and each read with its normalised log10 likelihoods;
`--pair-hmm-results-file` the inputs and results of every pair before they are normalised. Both are
texts for people: what is not understood is passed over. Positions here are 0-based, half-open.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.against_gatk.stretch import Stretch

from schelde.evaluate.alleles import Edit

HEAP = "-XX:+UseSerialGC -Xmx3g"

REGION = re.compile(r"calling for region: (\S+):(\d+)-(\d+)$")
TRIMMED = re.compile(r"Padded and trimmed the region to this span: \S+:(\d+)-(\d+)$")
HAPLOTYPE = re.compile(r"\[(\d+)-(\d+)\] k=(\d+) len: \d+ (\S+?)(ref)?$")
READ = re.compile(r"read \d+: (\S+) cigar: (\S+) .* unclippedloc: \[(-?\d+)-(-?\d+)\]")
CIGAR = re.compile(r"(\d+)([MIDNSHP=X])")


@dataclass(frozen=True)
class Haplotype:
    """A trimmed haplotype: where it lies, its bases, and how it differs from the reference."""

    start: int
    end: int
    bases: str
    edits: frozenset[Edit]


@dataclass
class Region:
    """An assembly region; ``reads``: (name, start without clipping) to log10 by haplotype."""

    contig: str
    start: int
    end: int
    trimmed: tuple[int, int] | None = None
    haplotypes: list[Haplotype] = field(default_factory=list)
    reads: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    dropped: int = 0  # reads that no haplotype explains

    @property
    def edits(self) -> frozenset[Edit]:
        """All differences of its haplotypes."""
        return frozenset().union(*(one.edits for one in self.haplotypes))


def run(stretch: Stretch) -> None:
    """Run HaplotypeCaller with all its debug files, unless they are there."""
    folder = stretch.folder
    if (folder / "gatk.g.vcf.gz.tbi").exists():
        return
    command = [
        "gatk",
        "--java-options",
        HEAP,
        "HaplotypeCaller",
        "--reference",
        str(stretch.genome),
    ]
    command += ["--input", str(stretch.cram), "--intervals", stretch.region]
    command += ["--native-pair-hmm-threads", "1"]
    command += ["--emit-ref-confidence", "GVCF", "--output", str(folder / "gatk.g.vcf.gz")]
    command += ["--pair-hmm-results-file", str(folder / "pairs.txt")]
    command += ["--bam-output", str(folder / "haplotypes.bam")]
    command += ["--bam-writer-type", "ALL_POSSIBLE_HAPLOTYPES"]
    command += ["--assembly-region-out", str(folder / "regions.igv")]
    command += ["--debug-assembly-region-state", str(folder / "state.txt")]
    command += ["--debug-genotyper-output", str(folder / "genotyper.txt")]
    with (folder / "gatk.log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True)


def active_spans(path: Path) -> list[tuple[str, int, int]]:
    """Return the active regions of ``--assembly-region-out``, inactive ones (-1) left out."""
    spans = []
    for line in path.read_text().splitlines():
        words = line.split("\t")
        if len(words) == 5 and words[3].startswith("size=") and float(words[4]) > 0:
            spans.append((words[0], int(words[1]), int(words[2])))
    return spans


def read_regions(path: Path, stretch: Stretch) -> list[Region]:
    """Read the regions of ``--debug-genotyper-output`` that were assembled."""
    with path.open(errors="replace") as lines:
        return [one for one in _regions(lines, stretch) if one.haplotypes]


def _regions(lines: Iterable[str], stretch: Stretch) -> Iterator[Region]:
    region: Region | None = None
    part = ""
    waiting: re.Match[str] | None = None
    read: tuple[str, int] | None = None
    for raw in lines:
        line = raw.rstrip("\n")
        if found := REGION.match(line):
            if region:
                yield region
            region = Region(found[1], int(found[2]) - 1, int(found[3]))
            part, read, waiting = "", None, None
        elif region is None:
            continue
        elif found := TRIMMED.match(line):
            region.trimmed = (int(found[1]) - 1, int(found[2]))
        elif line.startswith(("Unclipped Haplotypes", "Clipped Haplotyes", "Clipped Haplotypes")):
            part = line.split()[0]
            if part == "Clipped":
                region.haplotypes.clear()
        elif line.startswith("disqualified read"):
            region.dropped += 1
        elif part == "Clipped" and (found := HAPLOTYPE.match(line)):
            waiting = found
        elif waiting is not None:
            start, end = int(waiting[1]) - 1, int(waiting[2])
            edits = frozenset(edits_of(line, waiting[4], start, stretch))
            region.haplotypes.append(Haplotype(start, end, line, edits))
            waiting = None
        elif found := READ.match(line):
            part = "reads"
            # The first list, before reads are realigned, has no places.
            read = (found[1], int(found[3]) - 1) if found[2] != "*" else None
        elif read and line.startswith(","):
            region.reads[read] = [float(word) for word in line[1:].split(",")]
            read = None
        elif line.startswith("Event at"):
            read = None
    if region:
        yield region


def edits_of(bases: str, cigar: str, start: int, stretch: Stretch) -> Iterator[Edit]:
    """Yield a haplotype's differences from the reference, moved left."""
    here, at = start, 0
    for number, operation in CIGAR.findall(cigar):
        length = int(number)
        if operation in "M=X":
            for offset in range(length):
                base = bases[at + offset]
                if base != stretch.sequence[here + offset]:
                    yield (here + offset, here + offset + 1, base)
            here, at = here + length, at + length
        elif operation == "I":
            yield stretch.edit(here, here, bases[at : at + length])
            at += length
        elif operation == "D":
            yield stretch.edit(here, here + length, "")
            here += length
