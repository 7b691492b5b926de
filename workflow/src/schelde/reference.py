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
from pathlib import Path
from typing import IO, Any

from schelde.assembly import Assembly, Interval
from schelde.intervals import merge, subtract, write_bed
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


class FastaError(ValueError):
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

    ``saw`` is given the bytes as they lie on disk. The 1000 Genomes references are RAZF: one gzip
    member with an index after it, at which gzip warns of trailing garbage. Raises `FastaError`
    when compressed data are damaged or end early.
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
        razf = raw[3] & 4 and raw[12:16] == b"RAZF"
        inflater = zlib.decompressobj(wbits=31)
        inside = True
        while raw:
            while raw and not (razf and inflater.eof):
                if inflater.eof:
                    inflater = zlib.decompressobj(wbits=31)
                try:
                    yield inflater.decompress(raw)
                except zlib.error as error:
                    raise FastaError(f"{path.name}: compressed data are damaged: {error}") from None
                raw = inflater.unused_data
                inside = not inflater.eof
            raw = handle.read(BLOCK)
            saw(raw)
        if inside:
            raise FastaError(f"{path.name}: compressed data end early; fetch or copy it again")


def read_fasta(blocks: Iterable[bytes]) -> Iterator[str | bytes]:
    """Yield, in the order of a FASTA, each contig's name (str) and its bases (bytes, in parts).

    Bases are upper-cased and without blanks and line ends; the name is the first word of the
    header. Raises `FastaError` for text that is no FASTA and bases that are not IUPAC codes.
    """
    header: bytes | None = None
    name = ""
    before = b"\n"
    for block in blocks:
        position = 0
        while position < len(block):
            if header is not None:
                end = block.find(b"\n", position)
                header += block[position : len(block) if end < 0 else end]
                position = len(block) if end < 0 else end + 1
                if end >= 0:
                    name = _name_of(header)
                    yield name
                    header = None
                continue
            end = block.find(b">", position)
            stop = len(block) if end < 0 else end
            bases = block[position:stop].translate(UPPER, BLANK)
            if bases:
                yield _checked(bases, name)
            position = stop
            if end >= 0:
                if (block[end - 1 : end] or before) not in (b"\n", b"\r"):
                    raise FastaError(f"contig '{name}': '>' inside a line")
                header = b""
                position += 1
        before = block[-1:] or before
    if header is not None:
        yield _name_of(header)


def _name_of(header: bytes) -> str:
    name = header.decode("utf-8", "replace").split(maxsplit=1)[:1]
    if not name or not NAME.fullmatch(name[0]):
        raise FastaError(f"'>{header[:40].decode('ascii', 'replace')}' does not name a contig")
    return name[0]


def _checked(bases: bytes, name: str) -> bytes:
    if not name:
        raise FastaError("is not FASTA: the first line does not begin with '>'")
    others = bases.translate(None, IUPAC)
    if others:
        raise FastaError(f"contig '{name}': {chr(others[0])!r} is not a IUPAC code of bases")
    return bases


# What is taken of each contig in passing


@dataclass
class _Pass:
    """Takes contigs part by part; writes FASTA and md5 cache, keeps digests, offsets and gaps."""

    fasta: IO[bytes]
    cache: Path
    contigs: list[Contig] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)  # of the first base in the FASTA, bytes
    gaps: list[Interval] = field(default_factory=list)  # all runs of N, merged

    def run(self, parts: Iterable[str | bytes]) -> None:
        """Take the parts that `read_fasta` yields."""
        current: _Growing | None = None
        for part in parts:
            if isinstance(part, str):
                self._finish(current)
                current = self._start(part)
            elif current is not None:
                current.add(part, self.fasta, self.gaps)
        self._finish(current)
        if not self.contigs:
            raise FastaError("holds no contig")

    def _start(self, name: str) -> _Growing:
        if any(contig.name == name for contig in self.contigs):
            raise FastaError(f"contig '{name}' is there twice")
        self.fasta.write(f">{name}\n".encode())
        self.offsets.append(self.fasta.tell())
        return _Growing(name, (self.cache / "growing").open("wb"))

    def _finish(self, current: _Growing | None) -> None:
        if current is None:
            return
        contig = current.finish(self.fasta)
        self.contigs.append(contig)
        place = cache_path(self.cache, contig.md5)
        place.parent.mkdir(parents=True, exist_ok=True)
        (self.cache / "growing").replace(place)


class _Growing:
    """A contig while its bases come in."""

    def __init__(self, name: str, cached: IO[bytes]) -> None:
        self.name = name
        self.cached = cached
        self.length = 0
        self.rest = b""  # bases that do not fill a line yet
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha512 = hashlib.sha512()

    def add(self, bases: bytes, fasta: IO[bytes], gaps: list[Interval]) -> None:
        """Take the next bases."""
        self.md5.update(bases)
        self.sha512.update(bases)
        self.cached.write(bases)
        for run in RUN_OF_N.finditer(bases):
            start, end = (self.length + offset for offset in run.span())
            if gaps and gaps[-1][0] == self.name and gaps[-1][2] == start:
                start = gaps.pop()[1]
            gaps.append((self.name, start, end))
        self.length += len(bases)
        bases = self.rest + bases
        full = len(bases) - len(bases) % WIDTH
        lines = [bases[start : start + WIDTH] for start in range(0, full, WIDTH)]
        self.rest = bases[full:]
        if lines:
            fasta.write(b"\n".join(lines) + b"\n")

    def finish(self, fasta: IO[bytes]) -> Contig:
        """Write what is left and return the contig; `FastaError` if it has no bases."""
        self.cached.close()
        if self.rest:
            fasta.write(self.rest + b"\n")
        if not self.length:
            raise FastaError(f"contig '{self.name}' has no bases")
        digest = truncated(self.sha512.digest())
        return Contig(self.name, self.length, self.md5.hexdigest(), digest)


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


def digest_of(value: Any) -> str:
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
    rows = zip(contigs, offsets, strict=True)
    return "".join(
        f"{contig.name}\t{contig.length}\t{offset}\t{WIDTH}\t{WIDTH + 1}\n"
        for contig, offset in rows
    )


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
    addresses: Mapping[str, str],
    md5: str | None = None,
) -> None:
    """Read a FASTA once and write `ReferenceFiles`, each whole or not at all.

    ``addresses`` gives the public address of known files by their MD5; one that is not among them
    is called by its bare file name in UR. ``md5`` is what the file's own MD5 must be. Raises
    `FastaError`.
    """
    stat = source.stat()
    on_disk = hashlib.md5(usedforsecurity=False)
    cache = files.md5_cache.with_name(f"{files.md5_cache.name}.part")
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    with ExitStack() as stack:
        fasta = stack.enter_context(stack.enter_context(whole(files.fasta)).open("wb"))
        taken = _Pass(fasta, cache)
        taken.run(read_fasta(read_blocks(source, on_disk.update)))
        found = on_disk.hexdigest()
        if md5 is not None and found != md5:
            raise FastaError(f"{source.name} has MD5 {found}, but {md5} is declared")
        lengths = {contig.name: contig.length for contig in taken.contigs}
        _check_assembly(assembly, lengths)
    shutil.rmtree(files.md5_cache, ignore_errors=True)
    cache.replace(files.md5_cache)
    address = addresses.get(found, source.name)
    collection = sequence_collection(taken.contigs)
    write_text(files.fai, index_text(taken.contigs, taken.offsets))
    write_text(files.dictionary, dictionary_text(taken.contigs, assembly.name, address))
    write_text(files.seqcol, _pretty(collection))
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
    write_text(files.facts, _pretty(facts))


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


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
