"""A reference genome made ready: one pass over its FASTA gives every file the run needs of it.

The genome is written out anew, also when the source is plain already: upper case, 80 bases a line,
names without description. A link would cost no disk, but a source that is edited, moved or deleted
would then change or lose the genome under CRAMs made with it; and tools differ in what they make
of lower case, CRLF and uneven lines. The copy is 3 GB beside some 100 GB of scratch per genome.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from schelde.assembly import Assembly, Interval
from schelde.intervals import merge, subtract, write_bed
from schelde.joblog import JobError
from schelde.json_text import json_text
from schelde.pipes import whole, write_text

BLOCK = 1 << 18  # bytes read at once; small enough for all work on a block to stay in cache
WIDTH = 80  # bases on a line of the FASTA that we write
UPPER = bytes(range(256)).upper()
# SAM 1.6, section 1.3.1: M5 is of the sequence without characters outside 33 to 126.
BLANK = bytes([*range(33), 127])
IUPAC = b"ACGTRYSWKMBDHVN"
RUN_OF_N = re.compile(rb"NN*")  # the leading literal is found 20 times as fast as N+
# SAM 1.6, section 1.2.1: names of reference sequences.
NAME = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")


class FastaError(JobError):
    """A FASTA that cannot serve as reference; the message names the contig and what is wrong."""


@dataclass(frozen=True)
class Contig:
    """One sequence: ``length`` in bp, digests of its upper-case bases."""

    name: str
    length: int
    md5: str
    sha512t24u: str


@dataclass(frozen=True)
class ReferenceFiles:
    """Where the parts of a prepared reference go; ``md5_cache`` is a folder."""

    fasta: Path
    fai: Path
    dictionary: Path
    facts: Path
    seqcol: Path
    md5_cache: Path
    autosomes: Path
    par: Path
    mitochondrion: Path
    gaps: Path


# The FASTA, block by block


def read_blocks(path: Path, saw: Callable[[bytes], object]) -> Iterator[bytes]:
    """Yield the text of a file that is plain, gzipped, bgzipped or in RAZF, the old kin of BGZF.

    ``saw`` is given the bytes as they lie on disk. Copies of the 1000 Genomes references are RAZF:
    one gzip member with an index after it, at which gzip warns of trailing garbage
    (samtools/htslib#1244). Raises `FastaError` when compressed data are damaged or end early.
    """
    with path.open("rb") as handle:
        raw = handle.read(BLOCK)
        saw(raw)
        if raw[:2] != b"\x1f\x8b":
            while raw:
                yield raw
                raw = handle.read(BLOCK)
                saw(raw)
            return
        razf = raw[3:4] == b"\x04" and raw[12:16] == b"RAZF"
        inflater = zlib.decompressobj(wbits=31)
        inside = True
        while raw:
            while raw and not (razf and inflater.eof):
                if inflater.eof:
                    inflater = zlib.decompressobj(wbits=31)
                try:
                    yield inflater.decompress(raw)
                except zlib.error as error:
                    raise FastaError(f"compressed data are damaged: {error}") from None
                raw = inflater.unused_data
                inside = not inflater.eof
            raw = handle.read(BLOCK)
            saw(raw)
        if inside:
            raise FastaError("compressed data end early; fetch or copy the file again")


def read_fasta(blocks: Iterable[bytes]) -> Iterator[tuple[int, str, bytes]]:
    """Yield the contigs of a FASTA in parts: number of the contig, its name, some of its bases.

    Every contig has a first part without bases. Bases are upper-cased and without blanks and line
    ends; the name is the first word of the header. Raises `FastaError` for text that is no FASTA
    and bases that are not IUPAC codes.
    """
    number, name = 0, ""
    header: bytes | None = None  # as far as it has come, while inside one
    before = b"\n"
    for block in blocks:
        position = 0
        while position < len(block):
            if header is not None:
                end = block.find(b"\n", position)
                stop = len(block) if end < 0 else end
                header += block[position:stop]
                position = stop + 1
                if end >= 0:
                    number, name, header = number + 1, _name_of(header), None
                    yield number, name, b""
                continue
            end = block.find(b">", position)
            stop = len(block) if end < 0 else end
            bases = block[position:stop].translate(UPPER, BLANK)
            if bases:
                yield number, name, _checked(bases, name)
            position = stop + 1
            if end >= 0:
                if (block[end - 1 : end] or before) not in (b"\n", b"\r"):
                    raise FastaError(f"contig '{name}': '>' inside a line")
                header = b""
        before = block[-1:] or before
    if header is not None:
        yield number + 1, _name_of(header), b""


def _name_of(header: bytes) -> str:
    name = header.decode("utf-8", "replace").split(maxsplit=1)[:1]
    if not name or not NAME.fullmatch(name[0]):
        raise FastaError(f"'>{header[:40].decode('ascii', 'replace')}' does not name a contig")
    return name[0]


def _checked(bases: bytes, name: str) -> bytes:
    if not name:
        raise FastaError("the first line does not begin with '>'")
    others = bases.translate(None, IUPAC)
    if others:
        raise FastaError(f"contig '{name}': {chr(others[0])!r} is no IUPAC code of a base")
    return bases


# What is taken of each contig in passing


@dataclass
class _Pass:
    """Takes a FASTA; writes it anew and the md5 cache, keeps digests, offsets and gaps."""

    fasta: IO[bytes]
    cache: Path
    contigs: list[Contig] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)  # of the first base in the FASTA, bytes
    gaps: list[Interval] = field(default_factory=list)  # all runs of N, merged

    def read(self, source: Path) -> str:
        """Take all contigs; return the MD5 of the file as it lies on disk."""
        on_disk = hashlib.md5(usedforsecurity=False)
        parts = read_fasta(read_blocks(source, on_disk.update))
        growing = self.cache / "growing"
        for (_, name), group in groupby(parts, key=itemgetter(0, 1)):
            if any(contig.name == name for contig in self.contigs):
                raise FastaError(f"contig '{name}' is there twice")
            with growing.open("wb") as cached:
                contig = self._contig(name, map(itemgetter(2), group), cached)
            self.contigs.append(contig)
            place = cache_path(self.cache, contig.md5)
            place.parent.mkdir(parents=True, exist_ok=True)
            growing.replace(place)
        if not self.contigs:
            raise FastaError("there is no contig in it")
        return on_disk.hexdigest()

    def _contig(self, name: str, parts: Iterable[bytes], cached: IO[bytes]) -> Contig:
        self.fasta.write(f">{name}\n".encode())
        self.offsets.append(self.fasta.tell())
        md5 = hashlib.md5(usedforsecurity=False)
        sha512 = hashlib.sha512()
        length = 0
        rest = b""  # bases that do not fill a line yet
        for bases in parts:
            md5.update(bases)
            sha512.update(bases)
            cached.write(bases)
            self._note_gaps(name, length, bases)
            length += len(bases)
            rest = self._write_lines(rest + bases)
        if not length:
            raise FastaError(f"contig '{name}' has no bases")
        if rest:
            self.fasta.write(rest + b"\n")
        return Contig(name, length, md5.hexdigest(), truncated(sha512.digest()))

    def _note_gaps(self, name: str, offset: int, bases: bytes) -> None:
        for run in RUN_OF_N.finditer(bases):
            start, end = offset + run.start(), offset + run.end()
            if self.gaps and self.gaps[-1][0] == name and self.gaps[-1][2] == start:
                start = self.gaps.pop()[1]
            self.gaps.append((name, start, end))

    def _write_lines(self, bases: bytes) -> bytes:
        """Write all full lines of ``bases``; return what is left."""
        full = len(bases) - len(bases) % WIDTH
        lines = [bases[start : start + WIDTH] for start in range(0, full, WIDTH)]
        self.fasta.writelines((b"\n".join(lines), b"\n") if lines else ())
        return bases[full:]


def cache_path(cache: Path, md5: str) -> Path:
    """Return where htslib looks for a sequence with ``REF_PATH=<cache>/%2s/%2s/%s``.

    >>> cache_path(Path("md5"), "0123456789abcdef0123456789abcdef").as_posix()
    'md5/01/23/456789abcdef0123456789abcdef'
    """
    return cache / md5[:2] / md5[2:4] / md5[4:]


# Digests of sequences and collections, GA4GH refget


def truncated(sha512: bytes) -> str:
    """Return the GA4GH form of a SHA-512: its first 24 bytes, base64url.

    >>> truncated(hashlib.sha512(b"ACGT").digest())
    'aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2'
    """
    return base64.urlsafe_b64encode(sha512[:24]).decode("ascii")


def digest_of(value: object) -> str:
    """Return the digest of a JSON value in canonical form (RFC 8785; no floats, ASCII keys)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return truncated(hashlib.sha512(text.encode("utf-8")).digest())


def sequence_collection(contigs: Sequence[Contig]) -> dict[str, Any]:
    """Return a GA4GH sequence collection (refget 2): ``digest``, ``level1`` and ``level2``.

    The top digest is over the inherent attributes, names and sequences.
    ``sorted_name_length_pairs`` is the same for collections that share a coordinate system.
    """
    level2: dict[str, list[Any]] = {
        "lengths": [contig.length for contig in contigs],
        "names": [contig.name for contig in contigs],
        "sequences": [f"SQ.{contig.sha512t24u}" for contig in contigs],
    }
    level1 = {attribute: digest_of(values) for attribute, values in level2.items()}
    pairs = [digest_of({"length": contig.length, "name": contig.name}) for contig in contigs]
    inherent = {attribute: level1[attribute] for attribute in ("names", "sequences")}
    return {
        "digest": digest_of(inherent),
        "level1": {**level1, "sorted_name_length_pairs": digest_of(sorted(pairs))},
        "level2": level2,
    }


# The small files


def index_text(contigs: Sequence[Contig], offsets: Sequence[int]) -> str:
    """Return the ``.fai`` of a FASTA written with `WIDTH` bases a line."""
    rows = []
    for contig, offset in zip(contigs, offsets, strict=True):
        line = min(WIDTH, contig.length)
        rows.append(f"{contig.name}\t{contig.length}\t{offset}\t{line}\t{line + 1}\n")
    return "".join(rows)


def dictionary_text(contigs: Sequence[Contig], assembly: str, address: str) -> str:
    """Return the sequence dictionary (``.dict``); ``address`` goes into UR."""
    lines = ["@HD\tVN:1.6\tSO:unsorted"]
    for contig in contigs:
        place = f"@SQ\tSN:{contig.name}\tLN:{contig.length}\tM5:{contig.md5}"
        lines.append(f"{place}\tAS:{assembly}\tSP:Homo sapiens\tUR:{address}")
    return "".join(f"{line}\n" for line in lines)


def _check_assembly(assembly: Assembly, lengths: Mapping[str, int]) -> None:
    """Raise `FastaError` if the contigs are not those of the assembly."""
    if not lengths.keys() & set(assembly.primary):
        found = ", ".join(list(lengths)[:3])
        wanted = ", ".join(assembly.primary[:3])
        raise FastaError(
            f"contigs are named {found} ..., but {assembly.name} has {wanted} ...;"
            " set reference.assembly to the build of this FASTA"
        )
    for contig, intervals in assembly.par.items():
        for start, end in intervals:
            if contig in lengths and end > lengths[contig]:
                raise FastaError(
                    f"PAR {start}-{end} of {assembly.name} is past the end of '{contig}' at"
                    f" {lengths[contig]}; set reference.assembly to the build of this FASTA"
                )


def prepare(
    source: Path,
    files: ReferenceFiles,
    *,
    name: str,
    assembly: Assembly,
    address: str | None = None,
    md5: str | None = None,
    log: IO[bytes],
) -> None:
    """Read a FASTA once and write `ReferenceFiles`, each whole or not at all.

    ``address`` is where the public finds this file; without
    one UR is its bare name, since paths of this machine must not travel. ``md5`` is what the MD5
    of the file, as it lies on disk, must be. Raises `FastaError`.
    """
    stat = source.stat()
    cache = files.md5_cache.with_name(f"{files.md5_cache.name}.part")
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, cache, ignore_errors=True)
        fasta = stack.enter_context(stack.enter_context(whole(files.fasta)).open("wb"))
        taken = _Pass(fasta, cache)
        try:
            found = taken.read(source)
            if md5 is not None and found != md5.lower():
                raise FastaError(f"its MD5 is {found}, but {md5} is declared")
            lengths = {contig.name: contig.length for contig in taken.contigs}
            _check_assembly(assembly, lengths)
        except FastaError as error:
            raise FastaError(f"{source.name}: {error}") from None
        shutil.rmtree(files.md5_cache, ignore_errors=True)
        cache.replace(files.md5_cache)
    collection = sequence_collection(taken.contigs)
    dictionary = dictionary_text(taken.contigs, assembly.name, address or source.name)
    write_text(files.fai, index_text(taken.contigs, taken.offsets))
    write_text(files.dictionary, dictionary)
    write_text(files.seqcol, json_text(collection))
    _write_regions(files, assembly, lengths, taken.gaps)
    facts = {
        "name": name,
        "assembly": assembly.name,
        "source_bytes": stat.st_size,
        "source_mtime_ns": stat.st_mtime_ns,
        "source_md5": found,
        "contigs": [vars(contig) for contig in taken.contigs],
        "seqcol": collection["digest"],
    }
    write_text(files.facts, json_text(facts))
    bases = sum(lengths.values())
    told = f"{source.name}: {len(lengths)} contigs, {bases} bp, seqcol {collection['digest']}\n"
    log.write(told.encode())


def _write_regions(
    files: ReferenceFiles,
    assembly: Assembly,
    lengths: Mapping[str, int],
    gaps: Sequence[Interval],
) -> None:
    # A single N is a gap too: no read covers it, so it must not count in a mean or a breadth
    # (Picard CollectWgsMetrics leaves out every N of the reference as well).
    write_bed(files.gaps, gaps)
    here = {contig: (contig, 0, length) for contig, length in lengths.items()}
    autosomes = [here[contig] for contig in here if contig in set(assembly.autosomes)]
    write_bed(files.autosomes, subtract(autosomes, gaps))
    write_bed(files.mitochondrion, [here[c] for c in here if c == assembly.mitochondrion])
    par = [
        (contig, start, end)
        for contig, intervals in assembly.par.items()
        for start, end in intervals
        if contig in here
    ]
    write_bed(files.par, merge(par, lengths))
