"""Call a piece with bcftools mpileup and call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from schelde.callers.piece import (
    MAPPING_QUALITY,
    PieceFiles,
    PieceTask,
    Work,
    work_on,
    write_empty,
    write_gvcf,
)
from schelde.callers.tools import Machine
from schelde.gvcf import BLOCK_HEADER, END, block_line, trimmed
from schelde.streams import reading
from schelde.vcf import read_header
from schelde.versions import version_of

BANDS = "0,1,5,10,20"
"""Least depths of the bands that positions of a reference block share."""

# bcftools' own limits are 250 reads, for calling and for indels: the mitochondrion has thousands.
MPILEUP = (
    "bcftools mpileup --no-version --output-type u --annotate FORMAT/AD,FORMAT/DP,FORMAT/SP"
    f" --min-MQ {MAPPING_QUALITY} --min-BQ 13 --max-depth 5000 --max-idepth 5000 --gvcf {BANDS}"
).split()
CALL = (
    f"bcftools call --no-version --output-type v --multiallelic-caller --annotate GQ --gvcf {BANDS}"
).split()
DEPTH = re.compile(rb"MinDP=(\d+)")


def call_piece(task: PieceTask, files: PieceFiles, machine: Machine, gvcf: Path) -> None:
    """Write the gVCF of a piece, with its index; see `schelde.callers.piece`."""
    with work_on(task, files, machine) as work:
        if not work.intervals:
            write_empty(work, gvcf, bcftools_words())
            return
        pileup = [*MPILEUP, "--fasta-ref", str(files.genome), "--regions-file", str(work.bed())]
        call = [*CALL, "--ploidy-file", str(_ploidy(work)), "--samples-file", str(_sexes(work))]
        with reading(
            [[*pileup, str(files.cram)], call], work.job.log, env=work.job.environment
        ) as text:
            lines = [*read_header(text, task.sample), *BLOCK_HEADER]
            write_gvcf(work, lines, uniform(text), gvcf, bcftools_words(), mend=True)


def bcftools_words() -> str:
    """Return what ``##source`` says of bcftools."""
    return f"bcftools call {version_of('bcftools')}"


def uniform(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield records with blocks as ours are and alleles without bases that all of them end in.

    bcftools writes an indel with the whole repeat that it lies in, which hides the blocks there.

    >>> next(uniform([b"1\\t5\\t.\\tA\\t.\\t.\\t.\\tEND=9;MinDP=7\\tGT:DP\\t0/0:7\\n"]))
    b'1\\t5\\t.\\tA\\t<*>\\t.\\t.\\tEND=9\\tGT:DP\\t0/0:7\\n'
    >>> next(uniform([b"1\\t5\\t.\\tCAA\\tCA\\t9\\t.\\tDP=7\\tGT\\t0/1\\n"]))
    b'1\\t5\\t.\\tCA\\tC\\t9\\t.\\tDP=7\\tGT\\t0/1\\n'
    """
    covered = (b"", 0)
    for line in lines:
        columns = line.split(b"\t")
        if columns[4] != b".":
            yield trimmed(line)
            continue
        pos = int(columns[1])
        found, depth = END.search(columns[7]), DEPTH.search(columns[7])
        end = int(found[1]) if found else pos
        # An indel that was looked at and not called has a block beside that of its first base.
        if columns[0] != covered[0] or pos > covered[1]:
            covered = (columns[0], end)
            copies = 2 if b"/" in columns[9] else 1
            contig, base = columns[0].decode(), columns[3][:1].decode()
            yield block_line(contig, pos, end, base, copies, int(depth[1]) if depth else 0)


def _ploidy(work: Work) -> Path:
    """Write the copies of each stretch: contig, 1-based closed interval, sex, copies."""
    path = work.job.folder / "ploidy.txt"
    rows = [f"{contig} {start + 1} {end} M {n}\n" for contig, start, end, n in work.intervals]
    path.write_text("".join([*rows, "* * * M 2\n"]))
    return path


def _sexes(work: Work) -> Path:
    """Write the sex under which `_ploidy` has the copies; the copies are this person's own."""
    path = work.job.folder / "sexes.txt"
    path.write_text(f"{work.task.sample} M\n")
    return path
