"""Windows, haplotypes and likelihoods of the open engine beside GATK's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pysam
from tests.bench.against_gatk.engine import Trace, Window
from tests.bench.against_gatk.gatk import Region
from tests.bench.against_gatk.stretch import Stretch

CAP = 4.5
"""log10 below a read's best haplotype that no other is, in both callers (Q45 of mismapping)."""

CLOSE = (0.01, 0.1, 0.5, 1.0)
EXAMPLES = 8


def windows_compared(
    stretch: Stretch, active: Sequence[tuple[str, int, int]], trace: Trace
) -> list[str]:
    """Say how much both look at, and which true variants lie outside."""
    theirs = [(start, end) for contig, start, end in active if contig == stretch.contig]
    ours = [window.core for window in trace.windows]
    lines = []
    for name, spans in (("GATK's active regions", theirs), ("our windows", ours)):
        size = sum(end - start for start, end in spans)
        lines.append(f"{name}: {len(spans)}, {size} bp")
        # A window's core may be empty, where there are only insertions.
        outside = [
            edit
            for edit in stretch.true_edits
            if not any(start <= edit[1] and edit[0] <= end for start, end in spans)
        ]
        lines.append(f"  true variants outside: {len(outside)}")
        lines += [f"    {stretch.shown(edit)}" for edit in outside[:EXAMPLES]]
    assembled = sum(window.assembled for window in trace.windows)
    lines.append(f"  windows that were assembled: {assembled}")
    return lines


def haplotypes_compared(stretch: Stretch, regions: Sequence[Region], trace: Trace) -> list[str]:
    """Say which differences are in the haplotypes of one and not of the other."""
    theirs = frozenset().union(*(region.edits for region in regions))
    ours = frozenset(
        edit for window in trace.windows for _, edits in window.haplotypes for edit in edits
    )
    true = frozenset(stretch.true_edits)
    lines = [
        f"haplotypes: GATK {sum(len(region.haplotypes) for region in regions)},"
        f" ours {sum(len(window.haplotypes) for window in trace.windows)}",
        f"differences: GATK {len(theirs)}, ours {len(ours)}, both {len(theirs & ours)}",
        f"true ones of {len(true)}: GATK {len(theirs & true)}, ours {len(ours & true)}",
    ]
    for words, edits in (
        ("true, in GATK's haplotypes only", (theirs - ours) & true),
        ("true, in our haplotypes only", (ours - theirs) & true),
        ("not true, in GATK's only", theirs - ours - true),
        ("not true, in ours only", ours - theirs - true),
    ):
        lines.append(f"  {words}: {len(edits)}")
        lines += [f"    {stretch.shown(edit)}" for edit in sorted(edits)[:EXAMPLES]]
    return lines


def likelihoods_compared(stretch: Stretch, regions: Sequence[Region], trace: Trace) -> list[str]:
    """Say how far apart a haplotype's advantage over the reference is, read by read.

    Both are capped; reads are compared over different stretches, so their absolute likelihoods
    differ, and what counts is the distance between haplotypes.
    """
    names = _names(stretch)
    differences: list[tuple[float, str]] = []
    missing: Counter[str] = Counter()
    for region in regions:
        for window in trace.windows:
            if window.core[1] <= region.start or region.end <= window.core[0]:
                continue
            same = _same_haplotypes(region, window)
            if same is None:
                missing["regions whose haplotypes are not ours"] += 1
                continue
            for start, bases, values in window.reads:
                key = _key(names, start, bases)
                if key not in region.reads:
                    missing["our reads that GATK has not"] += 1
                    continue
                capped = [max(value, max(values) - CAP) for value in values]
                other = region.reads[key]
                (reference, without), *rest = same
                for number, holding in rest:
                    mine = capped[number] - capped[reference]
                    gatk = max(other[one] for one in holding) - max(other[one] for one in without)
                    place = f"{region.contig}:{region.start + 1} {key[0]}"
                    differences.append((mine - gatk, f"{place}: GATK {gatk:.3f}, ours {mine:.3f}"))
    lines = [f"{words}: {count}" for words, count in sorted(missing.items())]
    if not differences:
        return [*lines, "no pair of a read and a haplotype is in both"]
    sizes = np.abs([one[0] for one in differences])
    shares = ", ".join(f"{np.mean(sizes <= limit):.4f} within {limit}" for limit in CLOSE)
    lines.append(f"pairs in both: {len(differences)}; {shares}; mean {np.mean(sizes):.4f}")
    differences.sort(key=lambda one: -abs(one[0]))
    return lines + [f"    {words}" for _, words in differences[:EXAMPLES]]


def _same_haplotypes(region: Region, window: Window) -> list[tuple[int, list[int]]] | None:
    """Pair our haplotypes with those of GATK that are the same inside our window.

    The reference comes first. GATK's regions are longer: one of our haplotypes may be several of
    GATK's, which differ elsewhere.
    """
    low, high = window.core
    theirs = defaultdict(list)
    for number, one in enumerate(region.haplotypes):
        inside = frozenset(edit for edit in one.edits if low <= edit[1] and edit[0] <= high)
        theirs[inside].append(number)
    same = [
        (number, theirs[edits])
        for number, (_, edits) in enumerate(window.haplotypes)
        if edits in theirs
    ]
    same.sort(key=lambda pair: bool(window.haplotypes[pair[0]][1]))
    return same if same and not window.haplotypes[same[0][0]][1] else None


def _names(stretch: Stretch) -> dict[int, list[tuple[str, int, str]]]:
    """Return name, start without clipping, and bases of the reads by aligned start."""
    names = defaultdict(list)
    with pysam.AlignmentFile(str(stretch.cram), reference_filename=str(stretch.genome)) as file:
        for read in file.fetch(stretch.contig, stretch.start, stretch.end):
            if read.cigartuples and read.query_sequence:
                clipped = read.cigartuples[0][1] if read.cigartuples[0][0] == 4 else 0
                start = read.reference_start
                names[start].append((str(read.query_name), start - clipped, read.query_sequence))
    return names


def _key(
    names: dict[int, list[tuple[str, int, str]]], start: int, bases: str
) -> tuple[str, int] | None:
    """Return what GATK calls the read that starts there and has these bases."""
    found = [(name, first) for name, first, whole in names.get(start, ()) if bases in whole]
    return found[0] if len(found) == 1 else None
