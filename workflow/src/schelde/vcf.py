"""What every VCF and gVCF of Schelde has in common: its header, and how its text is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pysam

from schelde.joblog import JobError
from schelde.streams import reading

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
PASS = '##FILTER=<ID=PASS,Description="All filters passed">'

# An allow-list: tools add lines with commands, paths, dates and names of users, and each version
# adds others.
KEPT = re.compile(r"##(FILTER|ALT|INFO|FORMAT)=<ID=([^,>]+)[,>]")

NOT_A_BASE = re.compile("[^ACGT]")


class VcfError(JobError):
    """A VCF that is not what it must be; the message says where and how."""


def contig_lines(facts: Path) -> list[str]:
    """Return the ``##contig`` lines of a genome from the JSON that `schelde.reference` writes."""
    genome = json.loads(facts.read_text(encoding="utf-8"))
    return [
        contig_line(contig["name"], contig["length"], contig["md5"], genome["assembly"])
        for contig in genome["contigs"]
    ]


def contig_line(name: str, length: int, md5: str, assembly: str | None) -> str:
    """Return a ``##contig`` line; ``length`` in bp.

    >>> contig_line("1", 9, "0" * 32, None)
    '##contig=<ID=1,length=9,md5=00000000000000000000000000000000>'
    """
    named = f",assembly={assembly}" if assembly else ""
    return f"##contig=<ID={name},length={length}{named},md5={md5}>"


def header(lines: Iterable[str], *, contigs: Iterable[str], source: str, sample: str) -> str:
    """Return the header of a VCF with one sample, from the lines that tools wrote.

    Of ``lines`` only FILTER, ALT, INFO and FORMAT are kept, the first of each ID: no commands,
    paths or dates. ``contigs`` are whole lines; ``source`` names the caller and its version.

    >>> text = header(["##fileDate=20260101", '##ALT=<ID=*,Description="Any">'],
    ...               contigs=["##contig=<ID=1,length=9>"], source="x 1.0", sample="NA1")
    >>> print(text.replace("\\t", " "), end="")
    ##fileformat=VCFv4.2
    ##source=x 1.0
    ##FILTER=<ID=PASS,Description="All filters passed">
    ##ALT=<ID=*,Description="Any">
    ##contig=<ID=1,length=9>
    #CHROM POS ID REF ALT QUAL FILTER INFO FORMAT NA1
    """
    kept: dict[tuple[str, str], str] = {}
    for line in (PASS, *lines):
        if found := KEPT.match(line):
            kept.setdefault((found[1], found[2]), line)
    ordered = [
        line
        for kind in ("FILTER", "ALT", "INFO", "FORMAT")
        for (own, _), line in kept.items()
        if own == kind
    ]
    first = ["##fileformat=VCFv4.2", f"##source={source}"]
    return "\n".join([*first, *ordered, *contigs, f"{COLUMNS}\t{sample}"]) + "\n"


def read_header(text: Iterator[bytes], sample: str) -> list[str]:
    """Take the header lines, without line ends, off the lines of a VCF; the body is left in it.

    Raises `VcfError` when the header does not end, or ends with other samples than ``sample``.
    """
    lines: list[str] = []
    for line in text:
        lines.append(line.decode("utf-8").rstrip("\n"))
        if not line.startswith(b"##"):
            break
    last = lines[-1] if lines else ""
    if last != f"{COLUMNS}\t{sample}":
        raise VcfError(f"the header ends with '{last}' and not with the one column '{sample}'")
    return lines


def base_of(genome: pysam.FastaFile) -> Callable[[str, int], str]:
    """Return what gives the base of a contig at a 1-based position as REF has it: A, C, G, T or N.

    A VCF may hold no other letters (VCFv4.2, 1.4.1), while a genome may have those of IUPAC.
    """

    def base(contig: str, pos: int) -> str:
        return NOT_A_BASE.sub("N", genome.fetch(contig, pos - 1, pos).upper())

    return base


@contextmanager
def indexed(path: Path) -> Iterator[pysam.TabixFile]:
    """Yield a bgzipped, indexed VCF; `VcfError` with a remedy if it is damaged."""
    try:
        with pysam.TabixFile(str(path)) as file:
            yield file
    except VcfError:
        raise
    except (OSError, ValueError, NotImplementedError) as error:
        raise VcfError(f"{path}: {error}; delete it to have it made again") from error


def header_of(path: Path, sample: str) -> list[str]:
    """Return the header lines of a bgzipped, indexed VCF; raises as `read_header`."""
    with indexed(path) as file:
        return read_header((f"{line}\n".encode() for line in file.header), sample)


def source_of(lines: Iterable[str]) -> str:
    """Return what ``##source`` says in the header lines of a VCF; VcfError if nothing does."""
    for line in lines:
        if line.startswith("##source="):
            return line.removeprefix("##source=")
    raise VcfError("the header names no source")


@contextmanager
def vcf_text(path: Path, log: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield the text of a bgzipped VCF; the block must read it to its end."""
    with reading([["bgzip", "-dc", str(path)]], log) as text:
        yield text
