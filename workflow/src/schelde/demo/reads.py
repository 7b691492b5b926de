"""Reads of the demo, as a sequencer would hand them over: lanes, tiles, duplicates and errors."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from schelde.demo.draw import Draw
from schelde.demo.family import Member, bases_of
from schelde.demo.genome import MITOCHONDRION, Genome
from schelde.demo.variants import Site
from schelde.errors import Problem, UserError
from schelde.pipes import pipe
from schelde.sheet import Lane

INSTRUMENT = "DEMO1"
RUNS = {"HDEMOAAXX": 101, "HDEMOBBXX": 102}
TILES = (1101, 1102, 2101, 2102)
PIXELS = (1_000, 30_000)
"""Range of x and y on a tile."""

DEPTH = 30.0
"""Of the autosome, all libraries together; X and Y of a male have half of it."""
MITOCHONDRIAL_DEPTH = (30.0, 100.0)
"""In a demo of no size, and at scale 1 and above."""
PCR_SHARE, OPTICAL_SHARE = 0.05, 0.01
"""Copies of fragments of the same library, in parts of its pairs."""
COINCIDENCE_SHARE = 0.005
"""Pairs of a later library with both ends where a pair of the first has them: no duplicates."""
FOREIGN_SHARE = 0.002
"""Pairs of sequence that is nowhere in the genome: neither end maps."""
BLANK_SHARE = 0.002
"""Pairs whose second end could not be read: N throughout, so that one end maps alone."""
OPTICAL_SHIFT = 60
"""Pixels that an optical duplicate is away at most, in x and in y."""
WORSE_SHARE = 0.1
"""Share of a copy's bases that are read with a lower quality than the first time."""
GZIP_LEVEL = 4


class Pair(NamedTuple):
    """Bases and qualities (Phred + 33) of both ends."""

    bases1: str
    qualities1: str
    bases2: str
    qualities2: str


class Cluster(NamedTuple):
    """A pair where the sequencer saw it; ``lane`` counts the member's lanes from 0."""

    lane: int
    tile: int
    x: int
    y: int
    pair: Pair


class Copy(NamedTuple):
    """A cluster with both ends where another one has them.

    ``kind``: pcr or optical (same library: a duplicate), coincidence (other library: none).
    """

    kind: str
    read: Cluster
    of: Cluster


class FlowCells:
    """Gives each pair a place of its own in one of a member's lanes."""

    def __init__(self, draw: Draw) -> None:
        """Start with all places free."""
        self._draw = draw
        self._taken: set[tuple[int, int, int, int]] = set()

    def place(self, pair: Pair, lanes: Sequence[int]) -> Cluster:
        """Put a pair anywhere in one of the lanes."""
        low, high = PIXELS
        while True:
            x, y = (low + self._draw.below(high - low) for _ in "xy")
            spot = (self._draw.pick(lanes), self._draw.pick(TILES), x, y)
            if spot not in self._taken:
                self._taken.add(spot)
                return Cluster(*spot, pair)

    def beside(self, pair: Pair, other: Cluster) -> Cluster:
        """Put a pair within `OPTICAL_SHIFT` pixels of another one."""
        while True:
            x = other.x + 1 + self._draw.below(OPTICAL_SHIFT)
            y = other.y + 1 + self._draw.below(OPTICAL_SHIFT)
            spot = (other.lane, other.tile, x, y)
            if spot not in self._taken:
                self._taken.add(spot)
                return Cluster(*spot, pair)


def write_reads(
    directory: Path,
    genome: Genome,
    sites: Sequence[Site],
    member: Member,
    lanes: Sequence[Lane],
    *,
    seed: int,
    scale: float,
) -> str:
    """Write the FASTQ files of a member's lanes into ``directory``, named as in the lanes.

    Returns a table of all copies: read, kind (see `Copy`), read that it is a copy of.
    UserError if art_illumina is not there.
    """
    draw = Draw(seed, "reads", member.sample)
    cells = FlowCells(draw)
    libraries = sorted({lane.library for lane in lanes})
    low, high = MITOCHONDRIAL_DEPTH
    depths = (DEPTH, low + (high - low) * min(scale, 1.0))
    first: list[Cluster] = []
    copies: list[Copy] = []
    for library in libraries:
        own = [number for number, lane in enumerate(lanes) if lane.library == library]
        scratch = directory / f"{member.sample}.{library}.art"
        scratch.mkdir(parents=True)
        share = [depth / len(libraries) for depth in depths]
        pairs = list(_art_pairs(scratch, genome, sites, member, share, draw))
        shutil.rmtree(scratch)
        clusters = [cells.place(pair, own) for pair in pairs]
        found = [*_duplicates(clusters, own, cells, draw), *_coincidences(first, own, cells, draw)]
        misread = [cells.place(pair, own) for pair in _misread(pairs, draw)]
        # In the order of their places, as a sequencer writes: at random along the genome.
        written = sorted([*clusters, *(copy.read for copy in found), *misread])
        for number in own:
            _write_lane(directory, lanes[number], [c for c in written if c.lane == number])
        copies += found
        first = first or clusters
    rows = [
        (_name(lanes[copy.read.lane], copy.read), copy.kind, _name(lanes[copy.of.lane], copy.of))
        for copy in copies
    ]
    return "".join("\t".join(row) + "\n" for row in [("read", "kind", "of"), *sorted(rows)])


def _art_pairs(
    scratch: Path,
    genome: Genome,
    sites: Sequence[Site],
    member: Member,
    depths: Sequence[float],
    draw: Draw,
) -> Iterator[Pair]:
    """Draw the pairs of one library: ``depths`` of the autosome and of the mitochondrion."""
    nuclear, mitochondrial = depths
    for name, half in (("paternal", member.paternal), ("maternal", member.maternal)):
        sequences = [
            bases_of(genome, sites, chromosome)
            for contig, chromosome in half.items()
            if contig != MITOCHONDRION
        ]
        yield from _art(scratch / name, sequences, nuclear / 2, draw)
    circle = bases_of(genome, sites, member.maternal[MITOCHONDRION])
    # Cut open at two places, so that reads run over the ends of the circle as they do in life.
    turned = circle[len(circle) // 2 :] + circle[: len(circle) // 2]
    yield from _art(scratch / "mitochondrion", [circle, turned], mitochondrial / 2, draw)


def _art(stem: Path, sequences: Sequence[str], depth: float, draw: Draw) -> Iterator[Pair]:
    if shutil.which("art_illumina") is None:
        remedy = "install it (Debian: art-nextgen-simulation-tools; conda: art)"
        raise UserError([Problem("art_illumina", None, "not found on PATH", remedy)])
    fasta = stem.with_suffix(".fa")
    fasta.write_text("".join(f">{n}\n{bases}\n" for n, bases in enumerate(sequences)))
    with stem.with_suffix(".log").open("wb") as log:
        command = ["art_illumina", "-ss", "HSXt", "-p", "-l", "150", "-f", f"{depth:g}"]
        command += ["-m", "400", "-s", "80", "-rs", str(1 + draw.below(2**31 - 2)), "-na", "-q"]
        pipe([[*command, "-i", str(fasta), "-o", f"{stem}_"]], stdout=log, log=log)
    with Path(f"{stem}_1.fq").open() as ends1, Path(f"{stem}_2.fq").open() as ends2:
        for read1, read2 in zip(_records(ends1), _records(ends2), strict=True):
            yield Pair(*read1, *read2)


def _records(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Bases and qualities of each FASTQ record."""
    rows = (line.rstrip("\n") for line in lines)
    for _, bases, _, qualities in zip(rows, rows, rows, rows, strict=True):
        yield bases, qualities


def _misread(pairs: Sequence[Pair], draw: Draw) -> Iterator[Pair]:
    for pair in draw.some(pairs, round(FOREIGN_SHARE * len(pairs))):
        ends = ("".join(draw.pick("ACGT") for _ in bases) for bases in (pair.bases1, pair.bases2))
        yield Pair(next(ends), pair.qualities1, next(ends), pair.qualities2)
    for pair in draw.some(pairs, round(BLANK_SHARE * len(pairs))):
        length = len(pair.bases2)
        yield pair._replace(bases2="N" * length, qualities2="#" * length)


def _duplicates(
    clusters: Sequence[Cluster], lanes: Sequence[int], cells: FlowCells, draw: Draw
) -> Iterator[Copy]:
    for cluster in draw.some(clusters, round(PCR_SHARE * len(clusters))):
        yield Copy("pcr", cells.place(read_again(cluster.pair, draw), lanes), cluster)
    for cluster in draw.some(clusters, round(OPTICAL_SHARE * len(clusters))):
        yield Copy("optical", cells.beside(read_again(cluster.pair, draw), cluster), cluster)


def _coincidences(
    others: Sequence[Cluster], lanes: Sequence[int], cells: FlowCells, draw: Draw
) -> Iterator[Copy]:
    for cluster in draw.some(others, round(COINCIDENCE_SHARE * len(others))):
        yield Copy("coincidence", cells.place(read_again(cluster.pair, draw), lanes), cluster)


def read_again(pair: Pair, draw: Draw) -> Pair:
    """Return the same fragment read once more, a little worse: lower qualities and new errors."""
    return Pair(
        *_worse(pair.bases1, pair.qualities1, draw), *_worse(pair.bases2, pair.qualities2, draw)
    )


def _worse(bases: str, qualities: str, draw: Draw) -> tuple[str, str]:
    new_bases, new_qualities = list(bases), list(qualities)
    for at in range(len(bases)):
        if draw.chance(WORSE_SHARE):
            phred = max(2, ord(qualities[at]) - 33 - draw.below(30))
            new_qualities[at] = chr(phred + 33)
            if draw.chance(10 ** (-phred / 10)):
                new_bases[at] = draw.pick([base for base in "ACGT" if base != bases[at]])
    return "".join(new_bases), "".join(new_qualities)


def _name(lane: Lane, cluster: Cluster) -> str:
    """Instrument, run, flow cell, lane, tile, x, y, as Illumina's read names have them."""
    place = (RUNS[lane.flowcell], lane.flowcell, lane.lane, cluster.tile, cluster.x, cluster.y)
    return ":".join(map(str, (INSTRUMENT, *place)))


def _write_lane(directory: Path, lane: Lane, clusters: Sequence[Cluster]) -> None:
    for end, path in ((1, lane.fq1[0]), (2, lane.fq2[0])):
        records: list[str] = []
        for cluster in clusters:
            bases, qualities = cluster.pair[2 * end - 2 : 2 * end]
            title = f"@{_name(lane, cluster)} {end}:N:0:{lane.barcode}"
            records.append(f"{title}\n{bases}\n+\n{qualities}\n")
        # Neither name nor time in the gzip header: the same reads give the same bytes.
        with (
            (directory / Path(path).name).open("wb") as raw,
            gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed,
        ):
            packed.write("".join(records).encode("ascii"))
