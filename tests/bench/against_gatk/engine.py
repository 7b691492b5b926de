"""What the open engine makes of a region on its way: the text of native/trace.h, taken apart.

Positions are 0-based, half-open.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pysam
from tests.bench.against_gatk.stretch import Stretch

from schelde.callers.piece import MAPPING_QUALITY, UNUSED
from schelde.evaluate.alleles import Edit
from schelde.pairhmm.engine import Engine, Split
from schelde.pairhmm.header import HEADER
from schelde.pairhmm.spans import spans_of

BANDS = tuple(range(1, 100))
"""One band for each GQ: blocks then say what each position has."""


@dataclass
class Window:
    """A window with what was made of it; ``haplotypes``: bases and their differences.

    ``reads``: (aligned start, bases compared) to log10 likelihoods by haplotype, as the pair-HMM
    gives them.
    """

    contig: str
    core: tuple[int, int]
    span: tuple[int, int]
    assembled: bool
    edits: list[Edit] = field(default_factory=list)
    haplotypes: list[tuple[str, frozenset[Edit]]] = field(default_factory=list)
    reads: list[tuple[int, str, list[float]]] = field(default_factory=list)


@dataclass
class Trace:
    """Everything of a region; ``candidates``: reads that show it, and reads there."""

    candidates: dict[Edit, tuple[int, int]] = field(default_factory=dict)
    breakpoints: dict[int, int] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)


def run(stretch: Stretch) -> str:
    """Run the engine on a region; leave trace.txt and ours.vcf; return where the time went."""
    contig, folder = stretch.contig, stretch.folder
    split = Split()
    with (
        pysam.FastaFile(str(stretch.genome)) as fasta,
        (folder / "trace.txt").open("wb") as trace,
        (folder / "ours.vcf").open("wb") as vcf,
    ):
        lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
        spans = spans_of([(contig, stretch.start, stretch.end, 2)], lengths)
        around = f"{contig}:{spans[0].first + 1}-{spans[-1].last}"
        command = ["samtools", "view", "--uncompressed", "--exclude-flags", str(UNUSED)]
        command += ["--min-MQ", str(MAPPING_QUALITY), "--reference", str(stretch.genome)]
        command += [str(stretch.cram), around]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reads:
            assert reads.stdout is not None
            engine = Engine(1, BANDS, split, trace=trace)
            records = engine.records(reads.stdout.fileno(), spans, fasta.fetch, lengths)
            vcf.write(header(lengths).encode())
            vcf.writelines(records)
    return str(split)


def header(lengths: Mapping[str, int]) -> str:
    """Return a header for the records."""
    lines = ["##fileformat=VCFv4.2", *HEADER]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts", ""]
    return "\n".join(lines)


def read_trace(lines: Iterable[str], stretch: Stretch) -> Trace:
    """Read the text of native/trace.h; neighbouring chunks may tell a candidate twice."""
    trace = Trace()
    window: Window | None = None
    for line in lines:
        kind, *words = line.rstrip("\n").split("\t")
        if kind == "C":
            trace.candidates[_edit(words[1:4], stretch)] = (int(words[4]), int(words[5]))
        elif kind == "B":
            trace.breakpoints[int(words[1])] = int(words[2])
        elif kind == "W":
            numbers = [int(word) for word in words[1:5]]
            core, span = (numbers[0], numbers[1]), (numbers[2], numbers[3])
            window = Window(words[0], core, span, words[5] == "1")
            trace.windows.append(window)
        elif window and kind == "V":
            window.edits.append(_edit(words[1:4], stretch))
        elif window and kind == "H":
            numbers = [] if words[2] == "-" else [int(word) for word in words[2].split(",")]
            edits = frozenset(window.edits[number] for number in numbers)
            window.haplotypes.append((words[1], edits))
        elif window and kind == "R":
            likelihoods = [float(word) for word in words[5].split(",")]
            window.reads.append((int(words[1]), words[2], likelihoods))
    return trace


def _edit(words: list[str], stretch: Stretch) -> Edit:
    """Make an edit of a variant's position, removed bases and inserted ones."""
    start, removed = int(words[0]), int(words[1])
    alt = "" if words[2] == "-" else words[2]
    return stretch.edit(start, start + removed, alt)
