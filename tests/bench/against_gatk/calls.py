"""Every call on which two callers disagree, judged by the truth, with what the reads show there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam

from schelde.evaluate import Evaluation, Finding, evaluate
from schelde.evaluate.alleles import Edit, Genotype, placed

ANY = Genotype(1, 2, True, 0, 0)
LOW_DEPTH = 10
NEAR = 10
LEAST_MAPQ = 20
UNUSED = 0x704

WORDS = {
    ("FN", "ours"): "missed by ours only",
    ("FN", "gatk"): "missed by GATK only",
    ("FN", "both"): "missed by both",
    ("FP", "ours"): "wrong in ours only",
    ("FP", "gatk"): "wrong in GATK only",
    ("FP", "both"): "wrong in both",
    ("GT", "ours"): "genotype wrong in ours only",
    ("GT", "gatk"): "genotype wrong in GATK only",
    ("GT", "both"): "genotype wrong in both",
}


@dataclass(frozen=True)
class Disagreement:
    """A finding of one caller or of both, and of what kind its place is."""

    what: str
    finding: Finding
    edit: Edit
    kinds: tuple[str, ...]

    def line(self) -> str:
        """Return place, alleles and kinds as words."""
        found = self.finding
        return f"{found.contig}:{found.position} {found.ref}>{found.alt} [{', '.join(self.kinds)}]"


def edit_of(finding: Finding, sequence: str) -> Edit:
    """Return a finding as a 0-based edit, moved left."""
    ref, alt, start = finding.ref, finding.alt, finding.position - 1
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return placed(sequence, start, start + len(ref), alt, ANY).normal


def judged(
    vcf: Path, truth: Path, genome: Path, bed: Path, *, passing_only: bool = False
) -> Evaluation:
    """Compare calls with the truth in a BED."""
    return evaluate(
        vcf, truth, genome, bed, sample=None, truth_sample=None, passing_only=passing_only
    )


def disagreements(
    gatk: Evaluation,
    ours: Evaluation,
    sequence: str,
    others: Sequence[Edit],
    depth: Callable[[int], int],
) -> list[Disagreement]:
    """Return all findings; ``others``: the truth's alleles; ``depth``: reads at a position."""
    found = {
        "gatk": {(one.kind, edit_of(one, sequence)): one for one in gatk.findings},
        "ours": {(one.kind, edit_of(one, sequence)): one for one in ours.findings},
    }
    listed = []
    for kind, edit in sorted(found["gatk"].keys() | found["ours"].keys()):
        key = (kind, edit)
        in_gatk, in_ours = key in found["gatk"], key in found["ours"]
        who = "both" if in_gatk and in_ours else "gatk" if in_gatk else "ours"
        finding = found["gatk"].get(key) or found["ours"][key]
        kinds = tuple(kinds_of(edit, sequence, others, depth(edit[0])))
        listed.append(Disagreement(WORDS[kind, who], finding, edit, kinds))
    return listed


def kinds_of(edit: Edit, sequence: str, others: Sequence[Edit], depth: int) -> list[str]:
    """Return words for what kind of variant, and of place, an edit is."""
    start, end, alt = edit
    size = len(alt) - (end - start)
    if end - start == 1 == len(alt):
        kinds = ["SNP"]
    else:
        length = max(abs(size), 1)
        kinds = [f"{'insertion' if size > 0 else 'deletion'} of {length}"]
    if (unit := repeat(sequence, start)) and len(kinds[0]) > 3:
        kinds.append(f"{unit[1]} x {unit[0]}")
    near = [one for one in others if one != edit and abs(one[0] - start) <= NEAR]
    if any(one[0] < end + 1 and start < one[1] + 1 for one in near):
        kinds.append("several alleles")
    elif near:
        kinds.append(f"{len(near)} others within {NEAR} bp")
    if depth < LOW_DEPTH:
        kinds.append(f"depth {depth}")
    return kinds


def repeat(sequence: str, start: int) -> tuple[str, int] | None:
    """Return unit and copies of the longest tandem repeat (unit to 6 bp) that begins there.

    None below 3 copies, or 5 of a single base.
    """
    best: tuple[str, int] | None = None
    for size in range(1, 7):
        unit = sequence[start : start + size]
        copies = 1
        while sequence.startswith(unit, start + copies * size):
            copies += 1
        enough = copies >= (5 if size == 1 else 3)
        if enough and (best is None or copies * size > best[1] * len(best[0])):
            best = (unit, copies)
    return best


def evidence(cram: pysam.AlignmentFile, contig: str, edit: Edit) -> str:
    """Return what usable reads show at an edit: bases or indels, and clipped ends near by."""
    start, end, _ = edit
    shown: Counter[str] = Counter()
    clipped = 0
    for read in cram.fetch(contig, max(start - 1, 0), end + 1):
        if read.flag & UNUSED or read.mapping_quality < LEAST_MAPQ or not read.cigartuples:
            continue
        shown[_shown(read, edit)] += 1
        first, last = read.cigartuples[0], read.cigartuples[-1]
        at_start = first[0] == 4 and abs(read.reference_start - start) <= NEAR
        at_end = last[0] == 4 and abs((read.reference_end or 0) - end) <= NEAR
        clipped += at_start or at_end
    words = ", ".join(f"{count} {what}" for what, count in shown.most_common(5))
    return f"{words}; {clipped} clipped within {NEAR} bp"


def _shown(read: pysam.AlignedSegment, edit: Edit) -> str:
    """Return what a read has within a few bases of an indel, or its base at a SNP."""
    start, end, alt = edit
    if end - start == 1 == len(alt):
        for place, position in read.get_aligned_pairs():
            if position == start:
                return "deleted" if place is None else str(read.query_sequence)[place]
        return "no base"
    here, at, found = read.reference_start, 0, []
    for operation, length in read.cigartuples or []:
        near = start - NEAR <= here <= end + NEAR
        if operation == 1 and near:
            found.append(f"+{str(read.query_sequence)[at : at + length]}")
        if operation == 2 and near:
            found.append(f"-{length}")
        here += length if operation in (0, 2, 3, 7, 8) else 0
        at += length if operation in (0, 1, 4, 7, 8) else 0
    return " ".join(found) or "as the reference"
