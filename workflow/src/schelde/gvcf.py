"""Records of a gVCF: reference blocks that cover every base once, at the ploidy of the person.

Positions in records are 1-based and closed, as in VCF; intervals are 0-based and half-open. A
record is a line with its line end. A *block* is a record whose only alternative stands for any
allele (``<*>``, ``<NON_REF>``) or is missing (``.``); anything else is a *variant*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from schelde.vcf import VcfError

Called = tuple[str, int, int, int]
"""Contig, start, end (0-based, half-open), copies that the person has."""

Base = Callable[[str, int], str]
"""Gives the reference base of a contig at a 1-based position."""

ANY_ALLELE = (b"<*>", b"<NON_REF>", b".")
BLOCK_HEADER = (
    '##ALT=<ID=*,Description="Any allele that is not seen">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last position of the reference block">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth; in a reference block the '
    'lowest of its positions">',
)
"""Header lines of the blocks that `block_line` writes."""

PER_GENOTYPE = (b"PL", b"GP", b"PG", b"GL")
"""FORMAT fields with one value for each genotype (Number=G)."""

PHASING = (b"PGT", b"PID", b"PS")
"""FORMAT fields that tell which haplotype an allele is on."""

GQ_CAP = 99
END = re.compile(rb"(?:^|;)END=(\d+)")


class Record(NamedTuple):
    """Place of a record; ``end`` is the last base of a block or of the REF allele."""

    contig: str
    pos: int
    end: int
    is_block: bool
    line: bytes


def parse(line: bytes) -> Record:
    """Read the place of a record off its line.

    >>> parse(b"1\\t10\\t.\\tA\\t<NON_REF>\\t.\\t.\\tEND=20\\tGT\\t0/0\\n")[:4]
    ('1', 10, 20, True)
    >>> parse(b"1\\t10\\t.\\tACG\\tA,<NON_REF>\\t9\\t.\\t.\\tGT\\t0/1\\n")[:4]
    ('1', 10, 12, False)
    """
    try:
        contig, position, _, ref, alt, _, _, info, _ = line.split(b"\t", 8)
    except ValueError:
        raise VcfError(f"a record has too few columns: {line[:80]!r}") from None
    pos = int(position)
    end = pos + len(ref) - 1
    is_block = alt in ANY_ALLELE
    if is_block and (found := END.search(info)):
        end = int(found[1])
    return Record(contig.decode(), pos, end, is_block, line)


def block_line(contig: str, pos: int, end: int, base: str, copies: int, depth: int) -> bytes:
    """Return a reference block; without reads (``depth`` 0) its genotype is missing.

    >>> block_line("X", 5, 9, "A", 1, 0)
    b'X\\t5\\t.\\tA\\t<*>\\t.\\t.\\tEND=9\\tGT:DP\\t.:0\\n'
    """
    genotype = "/".join(["0" if depth else "."] * copies)
    return f"{contig}\t{pos}\t.\t{base}\t<*>\t.\t.\tEND={end}\tGT:DP\t{genotype}:{depth}\n".encode()


def resized(block: Record, pos: int, end: int, base: Base) -> Record:
    """Return a block that covers another stretch with the same values."""
    if (pos, end) == (block.pos, block.end):
        return block
    columns = block.line.split(b"\t", 8)
    columns[1] = str(pos).encode()
    columns[3] = base(block.contig, pos).encode()
    place = b"END=%d" % end
    info = END.sub(lambda found: found[0][: -len(found[1]) - 4] + place, columns[7])
    columns[7] = info if END.search(info) else (place if info == b"." else place + b";" + info)
    return Record(block.contig, pos, end, True, b"\t".join(columns))


def trimmed(line: bytes) -> bytes:
    """Return a variant without the bases that all its alleles end in; one base at least stays.

    >>> trimmed(b"1\\t5\\t.\\tCAAG\\tCAG,TAAG\\t9\\t.\\t.\\tGT\\t1/2\\n").split(b"\\t")[3:5]
    [b'CA', b'C,TA']
    """
    columns = line.split(b"\t", 5)
    alleles = [columns[3], *columns[4].split(b",")]
    spare = 0
    while min(map(len, alleles)) > spare + 1 and len({a[-1 - spare] for a in alleles}) == 1:
        spare += 1
    if spare:
        first, *others = [allele[:-spare] for allele in alleles]
        columns[3:5] = [first, b",".join(others)]
    return b"\t".join(columns)


def haploid(line: bytes) -> bytes:
    """Return a record with its diploid genotype made haploid; one that is not diploid as it is.

    Of the values per genotype those of the homozygous ones stay; the genotype is the likeliest of
    them and GQ its distance to the next, as GATK has it for a haploid call.

    >>> haploid(b"X\\t5\\t.\\tA\\tC\\t9\\t.\\t.\\tGT:GQ:PL\\t0/1:9:20,0,9\\n").split(b"\\t")[-1]
    b'1:11:11,0\\n'
    """
    columns = line.rstrip(b"\n").split(b"\t")
    keys, values = columns[8].split(b":"), columns[9].split(b":")
    alleles = re.split(rb"[/|]", values[0])
    if len(alleles) != 2:
        return line
    fields = dict(zip(keys, values, strict=False))
    for key in PER_GENOTYPE:
        if b"," in fields.get(key, b""):
            numbers = fields[key].split(b",")
            kept = [numbers[i] for i in _homozygous(len(numbers))]
            fields[key] = b",".join(kept)
    for key in PHASING:
        if key in fields:
            fields[key] = b"."
    fields[b"GT"] = alleles[0] if alleles[0] == alleles[1] else b"."
    if b"," in fields.get(b"PL", b"") and b"." not in alleles:
        likelihoods = [int(number) for number in fields[b"PL"].split(b",")]
        least = min(likelihoods)
        fields[b"PL"] = b",".join(b"%d" % (number - least) for number in likelihoods)
        fields[b"GT"] = b"%d" % likelihoods.index(least)
        fields[b"GQ"] = b"%d" % min(GQ_CAP, sorted(likelihoods)[1] - least)
    columns[8] = b":".join(fields)
    columns[9] = b":".join(fields.values())
    return b"\t".join(columns) + b"\n"


def _homozygous(genotypes: int) -> list[int]:
    """Places of 0/0, 1/1, 2/2 ... among the diploid genotypes in the order of the VCF standard.

    >>> _homozygous(6)
    [0, 2, 5]
    """
    places: list[int] = []
    allele = 0
    while (place := allele * (allele + 3) // 2) < genotypes:
        places.append(place)
        allele += 1
    return places


class Tiles:
    """Lays the records of a caller over the intervals that it was to call.

    Iterating gives records in order whose blocks and variants together cover every base of the
    ``intervals`` (in order, not overlapping), no base being in two blocks or in a block and a
    variant. Genotypes are made haploid where the person has one copy, since callers take the
    ploidy of a whole assembly region from one of its ends; blocks are cut there.

    A block gives way where it begins inside a variant. With ``mend`` False the caller has to have
    done all else: a base that is left out, or that is in two blocks, raises `VcfError`. With
    ``mend`` True bases that are left out get blocks without genotype, all blocks give way to
    variants, and ``filled`` lists what was filled in as (contig, start, end), 0-based half-open.
    """

    def __init__(self, intervals: Iterable[Called], base: Base, *, mend: bool) -> None:
        """Take what is to be covered; `over` takes the records."""
        self.filled: list[tuple[str, int, int]] = []
        self._waiting = iter(intervals)
        self._base = base
        self._mend = mend
        self._contig, self._start, self._end, self._copies = "", 0, 0, 0
        self._due = 1  # the next base to be covered
        self._spanned = 1  # the first base after the variants so far
        self._block: Record | None = None  # begins at _due

    def over(self, lines: Iterable[bytes]) -> Iterator[Record]:
        """Yield the records of the lines of a VCF's body, as the class says."""
        self._next()
        for line in lines:
            record = parse(line)
            while record.contig != self._contig or record.pos > self._end:
                if not self._contig:
                    raise VcfError(
                        f"{record.contig}:{record.pos}: a record out of order, or of what was "
                        "not to be called"
                    )
                yield from self._finish()
            if record.is_block:
                yield from self._add_block(record)
            elif record.pos > self._start:
                yield from self._add_variant(record)
            elif not self._mend:
                raise VcfError(f"{record.contig}:{record.pos}: a record before {self._start + 1}")
        while self._contig:
            yield from self._finish()

    def _next(self) -> None:
        """Go to the next interval; the contig is "" when there is none."""
        before = (self._contig, self._end)
        row = next(self._waiting, ("", 0, 0, 0))
        if (row[0], row[1]) != before:
            self._block = None
            # A deletion may reach from one interval over the bases between into the next.
            spanned = self._spanned if row[0] == before[0] else 1
            self._due = self._spanned = max(row[1] + 1, spanned)
        self._contig, self._start, self._end, self._copies = row

    def _finish(self) -> Iterator[Record]:
        """Cover the interval to its end and go to the next."""
        yield from self._cover(self._end)
        self._next()

    def _add_block(self, block: Record) -> Iterator[Record]:
        yield from self._cover(block.pos - 1)
        # GATK writes blocks inside a deletion that it genotyped as absent.
        twice = self._spanned <= block.pos < self._due
        if self._block is not None or (twice and not self._mend):
            raise VcfError(f"{block.contig}:{block.pos}: a base that is covered twice")
        if block.end < self._due:
            return
        if block.pos < self._due:
            block = resized(block, self._due, block.end, self._base)
        self._block = block

    def _add_variant(self, variant: Record) -> Iterator[Record]:
        yield from self._cover(variant.pos - 1)
        if self._block is not None and not self._mend:
            raise VcfError(f"{variant.contig}:{variant.pos}: a base that is covered twice")
        yield self._at_ploidy(variant)
        self._spanned = max(self._spanned, variant.end + 1)
        self._due = max(self._due, self._spanned)
        if self._block is not None:
            self._keep_from(self._due)

    def _cover(self, last: int) -> Iterator[Record]:
        """Cover the bases that are due up to ``last``."""
        if self._block is not None and last >= self._due:
            stop = min(last, self._block.end)
            yield self._at_ploidy(resized(self._block, self._due, stop, self._base))
            self._due = stop + 1
            self._keep_from(self._due)
        if last >= self._due:
            if not self._mend:
                raise VcfError(f"{self._contig}:{self._due}-{last}: bases that nothing covers")
            self.filled.append((self._contig, self._due - 1, last))
            base = self._base(self._contig, self._due)
            line = block_line(self._contig, self._due, last, base, self._copies, 0)
            yield Record(self._contig, self._due, last, True, line)
            self._due = last + 1

    def _keep_from(self, pos: int) -> None:
        """Keep what is left of the block from ``pos`` on."""
        block = self._block
        if block is not None:
            left = block.end >= pos
            self._block = resized(block, pos, block.end, self._base) if left else None

    def _at_ploidy(self, record: Record) -> Record:
        if self._copies != 1:
            return record
        genotype = record.line.rsplit(b"\t", 1)[1].split(b":", 1)[0]
        diploid = b"/" in genotype or b"|" in genotype
        return record._replace(line=haploid(record.line)) if diploid else record
