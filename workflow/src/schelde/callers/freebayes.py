"""Call a piece with freebayes.

Reference blocks are made from the depth of the reads: those of ``freebayes --gvcf`` (1.3.6) go
under the name of the wrong contig where one ends, have a least depth of 0 amid covered stretches,
and give sums of qualities as GQ.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from schelde.callers.piece import (
    MAPPING_QUALITY,
    UNUSED,
    PieceFiles,
    PieceTask,
    Work,
    work_on,
    write_empty,
    write_gvcf,
)
from schelde.callers.tools import CallError, Machine
from schelde.gvcf import BLOCK_HEADER, END, Base, block_line, parse, trimmed
from schelde.intervals import contig_lengths
from schelde.streams import reading
from schelde.vcf import read_header
from schelde.versions import version_of

BANDS = (1, 5, 10, 20)
"""Least depths of the bands that positions of a reference block share."""

END_OF_CONTIG = 1 << 62
BASE_QUALITY = 13
# The prior of a population is left out, as it depends on where freebayes starts: it is kept from
# the first site on, and grows with the length of that site's haplotype (1.3.6).
FREEBAYES = (
    "freebayes --strict-vcf --genotype-qualities --no-population-priors"
    f" --min-mapping-quality {MAPPING_QUALITY} --min-base-quality {BASE_QUALITY}"
).split()
SILENT = 1_000_000
"""Covered bp without a record after which freebayes must have died: it has several in 10,000."""

# Written for the alleles as freebayes has them, not as trimming leaves them.
CIGAR = re.compile(rb"CIGAR=[^;\t]*;")


def call_piece(task: PieceTask, files: PieceFiles, machine: Machine, gvcf: Path) -> None:
    """Write the gVCF of a piece, with its index; see `schelde.callers.piece`."""
    with work_on(task, files, machine) as work:
        if not work.intervals:
            write_empty(work, gvcf, freebayes_words())
            return
        bed = str(work.bed())
        genome, cram = str(files.genome), str(files.cram)
        caller = [*FREEBAYES, "--fasta-reference", genome, "--targets", bed]
        caller += ["--cnv-map", str(_copies(work)), cram]
        taken = ["samtools", "view", "--uncompressed", "--use-index", "--target-file", bed]
        taken += ["--reference", genome, "--exclude-flags", str(UNUSED)]
        taken += ["--min-MQ", str(MAPPING_QUALITY), cram]
        depth = ["samtools", "depth", "-q", str(BASE_QUALITY), "-b", bed, "-"]
        ranks = {name: rank for rank, name in enumerate(contig_lengths(files.fai))}
        with (
            reading([caller], work.job.log, env=work.job.environment) as text,
            reading([taken, depth], work.job.log, env=work.job.environment) as depths,
        ):
            lines = [line for line in read_header(text, task.sample) if "ID=CIGAR," not in line]
            lines += BLOCK_HEADER
            variants = (CIGAR.sub(b"", trimmed(line)) for line in text)
            body = refuse_death(with_blocks(variants, depths, ranks, work.base))
            write_gvcf(work, lines, body, gvcf, freebayes_words(), mend=True)


def freebayes_words() -> str:
    """Return what ``##source`` says of freebayes."""
    return f"freebayes {version_of('freebayes')}"


def with_blocks(
    variants: Iterable[bytes], depths: Iterable[bytes], ranks: Mapping[str, int], base: Base
) -> Iterator[bytes]:
    """Yield the variants, and between them a block for each stretch of depths in a band of `BANDS`.

    ``depths`` are the lines of ``samtools depth``: contig, 1-based position, depth; both are in
    the order of ``ranks``. Blocks are diploid; `schelde.gvcf.Tiles` makes them haploid where they
    have to be.

    >>> depths = [b"1\\t5\\t20\\n", b"1\\t6\\t23\\n", b"1\\t7\\t3\\n"]
    >>> next(with_blocks([], depths, {"1": 0}, lambda contig, pos: "A"))
    b'1\\t5\\t.\\tA\\t<*>\\t.\\t.\\tEND=6\\tGT:DP\\t0/0:20\\n'
    """
    levels = [bisect_right(BANDS, depth) for depth in range(BANDS[-1])]
    waiting = map(parse, variants)
    variant = next(waiting, None)
    contig, rank, first, last, band, least = b"", -1, 0, 0, -1, 0
    stop, covered = 0, 0  # where the next variant begins; where the last one ended
    for line in depths:
        name, position, number = line.split(b"\t")
        pos, depth = int(position), int(number)
        level = levels[depth] if depth < BANDS[-1] else len(BANDS)
        if pos < stop and level == band and pos == last + 1 and name == contig:
            last = pos
            if depth < least:
                least = depth
            continue
        if first:
            yield _block(contig, first, last, least, base)
            first = 0
        if name != contig:
            contig, rank, covered = name, ranks[name.decode()], 0
        while variant and (ranks[variant.contig], variant.pos) <= (rank, pos):
            yield variant.line
            if ranks[variant.contig] == rank:
                covered = max(covered, variant.end)
            variant = next(waiting, None)
        stop = variant.pos if variant and ranks[variant.contig] == rank else END_OF_CONTIG
        if pos > covered:
            first, last, band, least = pos, pos, level, depth
    if first:
        yield _block(contig, first, last, least, base)
    if variant:
        yield variant.line
    yield from (record.line for record in waiting)


def _block(contig: bytes, pos: int, end: int, depth: int, base: Base) -> bytes:
    name = contig.decode()
    return block_line(name, pos, end, base(name, pos), 2, depth)


def refuse_death(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Pass records on; raise `CallError` when there are blocks over a long stretch and no variant.

    A freebayes that is ended early can leave a file that looks whole, and the blocks are not its
    own.
    """
    contig, covered = b"", 0
    for line in lines:
        name, position, _, _, alt, _, _, info, _ = line.split(b"\t", 8)
        end = END.search(info)
        if name != contig or alt != b"<*>" or end is None:
            contig, covered = name, 0
        else:
            covered += int(end[1]) - int(position) + 1
        if covered > SILENT:
            raise CallError(
                f"freebayes has no record in the {covered} covered bases before "
                f"{name.decode()}:{position.decode()}"
            )
        yield line


def _copies(work: Work) -> Path:
    """Write the stretches that the person has not two copies of, 0-based half-open."""
    path = work.job.folder / "copies.bed"
    rows = [
        f"{contig}\t{start}\t{end}\t{work.task.sample}\t{copies}\n"
        for contig, start, end, copies in work.intervals
        if copies != 2
    ]
    path.write_text("".join(rows))
    return path
