"""A small CRAM of drawn reads with all that a metric has to tell apart.

Overlapping mates, duplicates, reads that failed the vendor's checks, mates without a place, single
ends, secondary and supplementary alignments, N, clips and indels, low and missing qualities.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schelde.assembly import Assembly
from schelde.measure.reads import ReadFiles
from schelde.panel import Panel, write_files

LENGTHS = {"chr1": 20_000, "chr2": 8_000, "X": 4_000, "Y": 2_000}
GAP = ("chr1", 5_000, 5_600)
TARGETS = [("chr1", 1_000, 1_300), ("chr1", 7_000, 7_150), ("chr2", 500, 900)]
REGIONS = [("chr1", 900, 1_200), ("chr2", 6_000, 6_400)]
ASSEMBLY = Assembly(name="drawn", autosomes=("chr1", "chr2"), x="X", y="Y")
READ_LENGTH = 100
PAIRS_PER_KB = 150
QUALITIES = ([2, 12, 19, 20, 25, 30, 37], [3, 5, 2, 3, 10, 17, 60])
SHAPES = ([(0, "M", 0), (40, "D", 2), (40, "I", 3), (12, "S", 0)], [90, 3, 3, 4])


@dataclass(frozen=True)
class _Read:
    """One end on a contig: 0-based start, bases and qualities as SAM has them."""

    start: int
    cigar: str
    bases: str
    qualities: str


def draw(folder: Path) -> ReadFiles:
    """Write genome, CRAM, intervals and panel; the same for ever."""
    dice = random.Random(4)
    genome = _genome(dice)
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    header = "@HD\tVN:1.6\tSO:queryname\n@RG\tID:1\tSM:S1\tLB:1\tPL:ILLUMINA\n" + "".join(
        f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in LENGTHS.items()
    )
    (folder / "reads.sam").write_text(header + "".join(_lines(genome, dice)))
    script = (
        "samtools faidx genome.fa && samtools dict genome.fa -o genome.dict"
        " && samtools fixmate -m reads.sam - | samtools sort - 2> sort.log"
        " | samtools view -C --reference genome.fa --write-index"
        " -o reads.cram##idx##reads.cram.crai -"
    )
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True)
    contig, start, end = GAP
    beds = {
        "autosomes": [(contig, 0, start), (contig, end, LENGTHS[contig]), ("chr2", 0, 8_000)],
        "gaps": [GAP],
        "targets": TARGETS,
        "regions": REGIONS,
    }
    for name, rows in beds.items():
        text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (folder / f"{name}.bed").write_text(text)
    write_files(_panel(genome), folder / "panel")
    paths = {name: folder / f"{name}.bed" for name in beds}
    return ReadFiles(cram=folder / "reads.cram", genome=fasta, panel=folder / "panel", **paths)


def _genome(dice: random.Random) -> dict[str, str]:
    """Contigs whose GC changes along them, with one run of N."""
    genome = {}
    for name, length in LENGTHS.items():
        bases = ""
        for _ in range(0, length, 500):
            gc = dice.choice([0.3, 0.4, 0.5, 0.6])
            at = 1 - gc
            bases += "".join(dice.choices("ACGT", [at, gc, gc, at], k=500))
        genome[name] = bases[:length]
    contig, start, end = GAP
    genome[contig] = genome[contig][:start] + "N" * (end - start) + genome[contig][end:]
    return genome


def _panel(genome: dict[str, str]) -> Panel:
    places = [("chr1", p) for p in range(100, 4_900, 60)]
    places += [("chr2", p) for p in range(100, 7_900, 60)]
    refs = tuple(genome[contig][position - 1] for contig, position in places)
    return Panel(
        contigs=tuple(contig for contig, _ in places),
        positions=np.array([position for _, position in places], dtype=np.int32),
        refs=refs,
        alts=tuple("ACGT"["ACGT".index(ref) - 1] for ref in refs),
        frequency=np.full(len(places), 0.3),
        components=np.zeros((len(places), 0)),
    )


def _lines(genome: dict[str, str], dice: random.Random) -> list[str]:
    lines: list[str] = []
    for contig, length in LENGTHS.items():
        share = 1.0 if contig in ASSEMBLY.autosomes else 0.5
        for number in range(int(length / 1_000 * PAIRS_PER_KB * share)):
            lines += _pair(f"{contig}.{number}", contig, genome[contig], dice)
    return lines


def _pair(name: str, contig: str, bases: str, dice: random.Random) -> list[str]:
    fragment = max(READ_LENGTH + 10, int(dice.gauss(170, 40)))
    start = dice.randrange(len(bases) - fragment - 20)
    while "N" in bases[start : start + fragment + 10]:
        start = dice.randrange(len(bases) - fragment - 20)
    left = _read(start, bases, dice)
    right = _read(start + fragment - READ_LENGTH, bases, dice)
    flags = (0x400 if dice.random() < 0.08 else 0) | (0x200 if dice.random() < 0.03 else 0)
    first, second = dice.choice([(0x40, 0x80), (0x80, 0x40)])
    mapq = dice.choices([60, 20, 19, 0], [85, 5, 5, 5])[0]
    kind = dice.random()
    if kind < 0.02:
        return [_line(name, flags, contig, mapq, left)]
    if kind < 0.05:
        lost = _line(name, 0x1 | 0x4 | second | (flags & 0x200), contig, 0, right)
        return [_line(name, 0x1 | 0x8 | first | flags, contig, mapq, left), lost]
    if kind < 0.06:
        both = 0x1 | 0x4 | 0x8 | (flags & 0x200)
        return [_line(name, both | end, "*", 0, left) for end in (first, second)]
    lines = [
        _line(name, 0x1 | 0x2 | 0x20 | first | flags, contig, mapq, left),
        _line(name, 0x1 | 0x2 | 0x10 | second | flags, contig, mapq, right),
    ]
    if kind < 0.08:
        elsewhere = _read(dice.randrange(len(bases) // 4), bases, dice)
        extra = 0x100 if kind < 0.07 else 0x800
        mate = ["=", left.start + 1]  # which fixmate sees to in primary reads alone
        flag = 0x1 | 0x2 | extra | second | flags
        lines.append(_line(name, flag, contig, mapq, elsewhere, mate))
    return lines


def _read(start: int, bases: str, dice: random.Random) -> _Read:
    at, kind, size = dice.choices(*SHAPES)[0]
    after = READ_LENGTH - at
    if kind == "D":
        found = bases[start : start + at] + bases[start + at + size : start + size + READ_LENGTH]
        cigar = f"{at}M{size}D{after}M"
    elif kind == "I":
        found = bases[start : start + at] + "ACA" + bases[start + at : start + READ_LENGTH - size]
        cigar = f"{at}M{size}I{after - size}M"
    elif kind == "S":
        found = "T" * at + bases[start : start + after]
        cigar = f"{at}S{after}M"
    else:
        found, cigar = bases[start : start + READ_LENGTH], f"{READ_LENGTH}M"
    letters, phred = list(found), dice.choices(*QUALITIES, k=READ_LENGTH)
    for position in range(READ_LENGTH):
        if dice.random() < 0.005:
            letters[position] = dice.choice("ACGT")
        elif dice.random() < 0.002:
            letters[position], phred[position] = "N", 2
    return _Read(start, cigar, "".join(letters), "".join(chr(33 + value) for value in phred))


def _line(
    name: str,
    flag: int,
    contig: str,
    mapq: int,
    read: _Read,
    mate: Sequence[str | int] = ("*", 0),
) -> str:
    placed = contig != "*"
    mapped = not flag & 0x4
    cells = [name, flag, contig, read.start + 1 if placed else 0, mapq if mapped else 0]
    cells += [read.cigar if mapped else "*", *mate, 0, read.bases, read.qualities, "RG:Z:1"]
    return "\t".join(map(str, cells)) + "\n"
