"""Copies of X and Y in a sample: from depth, confirmed by heterozygosity of X."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from schelde.assembly import Assembly, Interval
from schelde.intervals import calling_intervals, intersect, scatter, subtract, total
from schelde.joblog import JobError
from schelde.panel import Panel
from schelde.pileup import Genotypes

WINDOW_LENGTH = 10_000
"""bp; at 1x some 70 reads, so that a window's depth is good to 12 %."""

GENOME_WINDOWS = (300, 150, 100)
"""At most that many windows on the autosomes, X and Y of a whole genome. Depth of windows differs
by some 10 % (GC, copy number), so their upper quartile is good to 1 or 2 %."""

TARGET_WINDOWS = (600, 300, 300)
"""The same for an exome, whose targets differ more in depth (some 40 %)."""

MIN_TARGETS = 20
"""Targets on each of autosomes, X and Y of an exome; fewer may all be poorly captured."""

MIN_BASES = 50_000
"""Bases that two copies would have in the windows of X, and of Y: some 300 reads, so that chance
moves a ratio of 0.5 by 0.04 (one standard deviation)."""

DEPTH_OPTIONS = (
    *("--min-MQ", "20"),  # elsewhere in the genome there is no better place for the read
    *("-G", "0x800"),  # supplementary; unmapped, secondary, QC-fail and duplicates never count
    # Flag, contig, position, mapping quality, CIGAR: without bases no reference is needed.
    *("--input-fmt-option", "required_fields=0x3e"),
)

UPPER_QUARTILE = 0.75

X_COPIES = {1: (0.35, 0.65), 2: (0.80, 1.20), 3: (1.30, 1.70)}
"""Copies to depth of X over that of the autosomes. Half of the copies is expected; the bands leave
out what is nearer to the middle between two numbers of copies than capture and GC can explain."""

Y_COPIES = {0: (0.0, 0.10), 1: (0.20, 0.70), 2: (0.80, 1.30)}
"""The same for Y. Wider below, since capture kits reach less of Y; between 0 and 1 copy lie men
whose blood has lost Y in part."""

MIN_SITES = 50
"""Called sites of X below which heterozygosity says nothing: neighbours are inherited together."""

HETEROZYGOUS = 0.3
"""Share of the expected heterozygous sites that parts one X (0, but for errors) from more (1, or
1.5 for three)."""


class DepthError(JobError):
    """`samtools bedcov` failed or did not tell of every window."""


@dataclass(frozen=True)
class SexEvidence:
    """What the reads of a sample tell of its X and Y; None where there is no such number.

    Depths are those that a quarter of the windows exceeds, of reads with mapping quality 20 or
    more without duplicates; the ratios are over the depth of the autosomes.
    """

    autosome_depth: float | None
    x_depth: float | None
    y_depth: float | None
    x_ratio: float | None
    y_ratio: float | None
    x_heterozygosity: float | None  # heterozygous sites over those expected of two copies
    x_sites: int  # called outside PAR
    karyotype: str | None  # such as XX, XY, X0, XXY; None when unclear
    sex: str  # female (no Y), male or unknown
    note: str | None = None  # why the karyotype is unclear


@dataclass(frozen=True)
class Karyotype:
    """A name such as ``XY`` with its sex, or None with sex ``unknown`` and the reason."""

    name: str | None
    sex: str
    note: str | None = None


def measure_sex(
    cram: Path,
    assembly: Assembly,
    lengths: Mapping[str, int],
    gaps: Sequence[Interval],
    targets: Sequence[Interval] | None,
    panel: Panel | None = None,
    called: Genotypes | None = None,
    *,
    log: IO[bytes],
) -> SexEvidence:
    """Measure X and Y of one sample.

    ``cram`` is sorted and has its index beside it; bases and reference are not read.
    ``lengths`` in bp, in reference order; ``gaps`` (runs of N) and ``targets`` (None for a whole
    genome) are merged. ``called`` has the genotypes at the sites of ``panel``; without them
    heterozygosity is not asked. Raises `DepthError` if samtools fails.
    """
    parts = chosen_windows(assembly, lengths, gaps, targets)
    depths = window_depths(cram, [window for part in parts for window in part], log)
    levels: list[float | None] = []
    done = 0
    for part in parts:
        levels.append(upper_quartile(part, depths[done : done + len(part)]))
        done += len(part)
    fewest = 1 if targets is None else MIN_TARGETS
    ratios = depth_ratios(parts, levels, fewest)
    heterozygosity, sites = None, 0
    if panel is not None and called is not None:
        heterozygosity, sites = x_heterozygosity(panel, called.copies, assembly)
    found = karyotype_of(ratios[0], ratios[1], heterozygosity, sites)
    autosome, x, y = levels
    return SexEvidence(
        *(autosome, x, y),
        *ratios,
        x_heterozygosity=heterozygosity,
        x_sites=sites,
        karyotype=found.name,
        sex=found.sex,
        note=found.note,
    )


def karyotype_of(
    x_ratio: float | None, y_ratio: float | None, heterozygosity: float | None, sites: int
) -> Karyotype:
    """Name the karyotype that depth tells, unless heterozygosity of X contradicts it.

    Thresholds: `X_COPIES`, `Y_COPIES`, and, from `MIN_SITES` called sites on, `HETEROZYGOUS`.

    >>> karyotype_of(0.49, 0.45, 0.01, 900)
    Karyotype(name='XY', sex='male', note=None)
    >>> karyotype_of(0.72, 0.45, None, 0).note
    'depth of X is 0.72 of the autosomes, between 1 and 2 copies'
    """
    if x_ratio is None or y_ratio is None:
        return Karyotype(None, "unknown", "too few reads or targets on the autosomes, X or Y")
    x, y = _copies(x_ratio, X_COPIES), _copies(y_ratio, Y_COPIES)
    unclear = [
        f"depth of {name} is {ratio:.2f} of the autosomes, {_between(ratio, bands)}"
        for name, ratio, copies, bands in (
            ("X", x_ratio, x, X_COPIES),
            ("Y", y_ratio, y, Y_COPIES),
        )
        if copies is None
    ]
    if x is None or y is None:
        return Karyotype(None, "unknown", "; ".join(unclear))
    name = "X" * x + ("Y" * y if x + y > 1 else "0")
    if heterozygosity is not None and _contradicts(x, heterozygosity, sites):
        note = (
            f"by depth {name}, but X has {heterozygosity:.2f} of the heterozygous sites "
            f"that two copies have ({sites} sites)"
        )
        return Karyotype(None, "unknown", note)
    return Karyotype(name, "male" if y else "female")


def _copies(ratio: float, bands: Mapping[int, tuple[float, float]]) -> int | None:
    return next((copies for copies, (low, high) in bands.items() if low <= ratio <= high), None)


def _contradicts(x_copies: int, heterozygosity: float, sites: int) -> bool:
    return sites >= MIN_SITES and (x_copies > 1) != (heterozygosity >= HETEROZYGOUS)


def _between(ratio: float, bands: Mapping[int, tuple[float, float]]) -> str:
    below = [copies for copies, (_, high) in bands.items() if high < ratio]
    above = [copies for copies, (low, _) in bands.items() if low > ratio]
    if not below:
        return f"fewer than {above[0]} copy"
    return f"between {below[-1]} and {above[0]} copies" if above else f"above {below[-1]} copies"


def chosen_windows(
    assembly: Assembly,
    lengths: Mapping[str, int],
    gaps: Sequence[Interval],
    targets: Sequence[Interval] | None,
) -> tuple[list[Interval], list[Interval], list[Interval]]:
    """Return windows on the autosomes, on X and on Y, outside long gaps and PAR, in order.

    Those of an exome lie on its targets. The same arguments give the same windows.
    """
    par = [(contig, start, end) for contig, parts in assembly.par.items() for start, end in parts]
    most = GENOME_WINDOWS if targets is None else TARGET_WINDOWS
    found = []
    for contigs, count in zip(
        (assembly.autosomes, (assembly.x,), (assembly.y,)), most, strict=True
    ):
        names = [contig for contig in contigs if contig is not None]
        regions = subtract(calling_intervals(names, lengths, gaps), sorted(par))
        if targets is not None:
            regions = intersect(regions, targets)
        found.append(spread(regions, count))
    return found[0], found[1], found[2]


def spread(regions: Sequence[Interval], count: int) -> list[Interval]:
    """Return at most ``count`` windows of at most `WINDOW_LENGTH` bp, evenly spread over regions.

    Each region is cut into windows of one length; few short regions are taken whole.

    >>> spread([("a", 0, 40_000)], 2)
    [('a', 10000, 20000), ('a', 30000, 40000)]
    """
    windows = [
        window
        for region in regions
        for part in scatter([region], -(-(region[2] - region[1]) // WINDOW_LENGTH))
        for window in part
    ]
    if len(windows) <= count:
        return windows
    return [windows[(2 * number + 1) * len(windows) // (2 * count)] for number in range(count)]


def window_depths(cram: Path, windows: Sequence[Interval], log: IO[bytes]) -> list[float]:
    """Return the mean depth of each window, with `DEPTH_OPTIONS`; both ends of a pair count.

    Raises `DepthError` if ``samtools bedcov`` fails or leaves out a window.
    """
    bed = "".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in windows)
    done = subprocess.run(
        ["samtools", "bedcov", *DEPTH_OPTIONS, "/dev/stdin", str(cram)],
        input=bed.encode(),
        stdout=subprocess.PIPE,
        stderr=log,
        check=False,
    )
    if done.returncode:
        raise DepthError(f"samtools bedcov ended with status {done.returncode}")
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    if [(row[0], int(row[1]), int(row[2])) for row in rows] != list(windows):
        raise DepthError("samtools bedcov did not tell of every window")
    return [int(row[3]) / (int(row[2]) - int(row[1])) for row in rows]


def upper_quartile(windows: Sequence[Interval], depths: Sequence[float]) -> float | None:
    """Return the depth that windows with a quarter of the bases exceed; None without windows.

    A mean or median is lower for Y than for other chromosomes, since more than half of Y repeats
    itself and reads from there have no mapping quality. The quartile lies in what is unique, and
    heaps of reads from elsewhere, which few windows have, do not move it.
    """
    if not windows:
        return None
    sizes = np.array([end - start for _, start, end in windows])
    order = np.argsort(depths, kind="stable")
    reached = np.cumsum(sizes[order]) >= UPPER_QUARTILE * sizes.sum()
    return float(depths[int(order[int(np.argmax(reached))])])


def depth_ratios(
    parts: Sequence[Sequence[Interval]], levels: Sequence[float | None], fewest: int
) -> tuple[float | None, float | None]:
    """Return X and Y over autosomes; ``parts`` and ``levels`` are of autosomes, X and Y.

    None without depth, with fewer windows than ``fewest``, or below `MIN_BASES`.
    """
    autosome = levels[0]
    if not autosome or len(parts[0]) < fewest:
        return None, None
    ratios = [
        None
        if level is None or len(part) < fewest or autosome * total(part) < MIN_BASES
        else level / autosome
        for part, level in zip(parts[1:], levels[1:], strict=True)
    ]
    return ratios[0], ratios[1]


def x_heterozygosity(
    panel: Panel, genotype: NDArray[np.int8], assembly: Assembly
) -> tuple[float | None, int]:
    """Return heterozygous over expected sites, and the number of called sites, on X outside PAR.

    Expected is the sum of 2p(1-p) (Hardy-Weinberg) with the panel's frequencies; None when no
    site is called. ``genotype``: copies of ALT at each site of the panel, -1 where not called.
    """
    position = panel.positions - 1
    chosen = panel.on([assembly.x] if assembly.x else [])
    for start, end in assembly.par.get(assembly.x or "", ()):
        chosen &= (position < start) | (position >= end)
    chosen &= genotype >= 0
    p = panel.frequency[chosen]
    expected = float(np.sum(2 * p * (1 - p)))
    sites = int(chosen.sum())
    if not expected:
        return None, sites
    return int((genotype[chosen] == 1).sum()) / expected, sites
