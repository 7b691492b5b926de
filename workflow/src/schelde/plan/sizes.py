"""How many bases each lane has, without reading the files whole, and how long the genome is."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schelde import paths
from schelde.bed import read_bed
from schelde.errors import Problem, UserError
from schelde.fasta_head import noted_facts, noted_lengths
from schelde.lane_files import GZIP, LOOKERS, WRAPPED_IN_GZIP
from schelde.plan.alignment_bases import alignment_bases
from schelde.sheet import Assay, Lane, Person, Sheet

GIGA = 1e9

SAMPLE_BYTES = 1 << 18
"""Of each FASTQ: some 3,000 reads, whose bases for a byte are within 2 % of the file's."""

HUMAN_GENOME = 3.1e9
"""Bases of a human reference with its alternative contigs left out (GRCh38: 3,099,734,149)."""

GZIPPED_FASTA = 3.5
"""Bases for a byte of gzipped FASTA: 2 bits a base and what names and case cost."""

ON_TARGET = 0.5
"""Share of an exome's bases that lie on its targets, taken where only a depth is known."""


@dataclass(frozen=True)
class Sizes:
    """Gb of bases of each lane by sample and lane name, and of the reference.

    ``how``: number of lanes by where their size is from.
    """

    lanes: Mapping[tuple[str, str], float]
    genome: float
    how: Mapping[str, int]


@dataclass(frozen=True)
class Depth:
    """What is taken for true where files are not there yet: mean depth of genomes and exomes."""

    genome: float
    exome: float = 100.0


def sizes_of(sheet: Sheet, fasta: str | None, depth: Depth | None = None) -> Sizes:
    """Return how big the lanes of a sheet are.

    Taken from the proof of an earlier run where there is one, else estimated from the first bytes
    of each FASTQ, or from counts within a BAM or CRAM. With ``depth`` no file is looked at: each
    sample is taken to have that depth, spread evenly over its lanes. ``fasta``: the reference;
    None when it is yet to be fetched. Raises `UserError` for files that tell nothing.
    """
    genome = genome_bases(fasta)
    if depth is not None:
        lanes = dict(_assumed(sheet, genome, depth))
        return Sizes(lanes, genome / GIGA, {"assumed depth": len(lanes)})
    shared = _takers(sheet.lanes)
    with ThreadPoolExecutor(LOOKERS) as pool:
        found = list(pool.map(lambda lane: _lane_bases(lane, shared), sheet.lanes))
    problems = [how for _, how in found if isinstance(how, Problem)]
    if problems:
        raise UserError(problems)
    counts: dict[str, int] = {}
    for _, how in found:
        counts[str(how)] = counts.get(str(how), 0) + 1
    names = [(lane.sample, lane.name) for lane in sheet.lanes]
    gigabases = [bases / GIGA for bases, _ in found]
    return Sizes(dict(zip(names, gigabases, strict=True)), genome / GIGA, counts)


def genome_bases(fasta: str | None) -> float:
    """Return the length of the reference in bases, from what is known without reading it."""
    facts = noted_facts()
    if facts:
        return float(sum(noted_lengths(facts).values()))
    if fasta is None or not Path(fasta).is_file():
        return HUMAN_GENOME
    with Path(fasta).open("rb") as handle:
        gzipped = handle.read(2) == GZIP
    return Path(fasta).stat().st_size * (GZIPPED_FASTA if gzipped else 1.0)


def _assumed(sheet: Sheet, genome: float, depth: Depth) -> Iterable[tuple[tuple[str, str], float]]:
    for person in sheet.people:
        lanes = sheet.lanes_of(person.sample)
        bases = _expected(person, genome, depth) / len(lanes)
        for lane in lanes:
            yield (lane.sample, lane.name), bases / GIGA


def _expected(person: Person, genome: float, depth: Depth) -> float:
    if person.assay is Assay.WGS or person.targets is None:
        return depth.genome * genome
    return depth.exome * sum(end - start for _, start, end in read_bed(person.targets)) / ON_TARGET


def _takers(lanes: Iterable[Lane]) -> Mapping[str, int]:
    """Return how many lanes are taken from each alignment."""
    takers: dict[str, int] = {}
    for lane in lanes:
        if lane.alignment:
            takers[lane.alignment] = takers.get(lane.alignment, 0) + 1
    return takers


def _lane_bases(lane: Lane, takers: Mapping[str, int]) -> tuple[float, str | Problem]:
    """Return the bases of a lane and where they are known from, or why they are not."""
    proof = Path(paths.LANE_PROOF.format(sample=lane.sample, lane=lane.name))
    try:
        if proof.is_file():
            return float(json.loads(proof.read_text(encoding="utf-8"))["bases"]), "earlier run"
        if lane.alignment:
            # Nobody knows before how the reads of a file are spread over its read groups.
            return alignment_bases(Path(lane.alignment)) / takers[lane.alignment], "BAM or CRAM"
        return sum(fastq_bases(Path(file)) for file in (*lane.fq1, *lane.fq2)), "FASTQ"
    except (OSError, ValueError, KeyError, zlib.error) as error:
        name = lane.alignment or lane.fq1[0]
        what = f"the bases of '{name}' cannot be estimated: {error}"
        return 0.0, Problem(name, None, what, "put the file there, or plan with --depth 30")


def fastq_bases(path: Path) -> float:
    """Return about how many bases a FASTQ has, plain or gzipped, from its first bytes.

    Bases for a byte of the reads that begin the file, times the size of the file. OSError,
    ValueError and zlib.error for a file that cannot be read or has no whole read there.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        first = handle.read(SAMPLE_BYTES)
    text, used = _unpacked(first) if first.startswith(GZIP) else (first, len(first))
    lines = text.split(b"\n")
    reads = (len(lines) - 1) // 4
    if reads == 0:
        raise ValueError("there is no whole read at its beginning")
    bases = sum(len(line.rstrip(b"\r")) for line in lines[1 : 4 * reads : 4])
    whole = sum(len(line) + 1 for line in lines[: 4 * reads])
    return size * (bases / whole) * (len(text) / used)


def _unpacked(first: bytes) -> tuple[bytes, int]:
    """Return the text of as much gzip as there is, and how many bytes it was packed in."""
    texts, left = [], first
    while left.startswith(GZIP):
        member = zlib.decompressobj(WRAPPED_IN_GZIP)
        texts.append(member.decompress(left))
        left = member.unused_data
    return b"".join(texts), len(first) - len(left)
