"""Decrypt a file once, and find out in that one pass all that rules ask about its plain bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from schelde import bgzf
from schelde.bundle.record import File, Role
from schelde.package.reads import ReadsError, whole_lines
from schelde.package.vcf_check import Checker
from schelde.quiet import quiet_htslib
from schelde.seal.crypt4gh import decrypting
from schelde.seal.header import SealError
from schelde.verify.rule import Bundle, UnreadableError
from schelde.verify.targets import TargetTally
from schelde.verify.variants import VariantTally

COPY_BYTES = 1 << 20
CRAM_EOF = bytes.fromhex(
    "0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"
)
"""End of a whole CRAM 3 (CRAMv3.tex, 'End of file container')."""

DEFINITION = 26
"""Bytes of a CRAM before its containers: magic, version, 20 bytes of a name."""

FIELDS = 0x1 | 0x2 | 0x4 | 0x8
"""Name, flags, contig, place (``required_fields`` of htslib): no reference is needed for them."""

HASHED = re.compile(r"[0-9a-f]{20}")
FLAG_PAIRED, PROPER, UNMAPPED, FAILED, NOT_PRIMARY = 0x1, 0x2, 0x4, 0x200, 0x900

VCFS = (Role.VARIANTS, Role.GVCF)
FASTQS = (Role.FASTQ_1, Role.FASTQ_2)


@dataclass
class Plain:
    """What a decrypted file holds. ``size`` in bytes; ``header``: its lines, of a CRAM or VCF.

    ``records``: of a VCF or BED; reads of a CRAM or FASTQ; None of an index. ``flags``: primary
    reads that passed filters, by what they are. ``faults``: why it is not whole or not in order.
    ``vcf_faults``: what a strict reader finds wrong. ``odd_names``: reads with names of their own.
    ``named``: records of a VCF with an ID. ``targets``: ends of the last targets of a BED by
    contig, in bp.
    """

    size: int = 0
    md5: str = ""
    sha256: str = ""
    start: bytes = b""
    header: list[str] = field(default_factory=list)
    records: int | None = None
    flags: Counter[str] = field(default_factory=Counter)
    variants: VariantTally | None = None
    faults: list[str] = field(default_factory=list)
    vcf_faults: list[str] = field(default_factory=list)
    odd_names: int = 0
    named: int = 0
    targets: dict[str, int] = field(default_factory=dict)


def plain_of(bundle: Bundle, file: File) -> Plain:
    """Return what a file holds, decrypting it the first time it is asked for.

    `UnreadableError` when it cannot be decrypted with the bundle's key.
    """
    kept: dict[str, Plain | UnreadableError] = bundle.kept.setdefault("plain", {})
    if file.name not in kept:
        try:
            kept[file.name] = _read(bundle.path(file.path), bundle.key or b"", file)
        except UnreadableError as error:
            kept[file.name] = error
        except (SealError, OSError, ValueError) as error:
            kept[file.name] = UnreadableError(file.path, f"it cannot be decrypted: {error}")
    found = kept[file.name]
    if isinstance(found, UnreadableError):
        raise found
    return found


class Tee(io.RawIOBase):
    """Hands on a stream and takes sizes and digests of what goes through."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.size = 0
        self.start = b""
        self.end = b""
        self._md5, self._sha256 = hashlib.md5(), hashlib.sha256()

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the source."""
        data = self.source.read(COPY_BYTES if size < 0 else size)
        self._md5.update(data)
        self._sha256.update(data)
        if self.size < DEFINITION:
            self.start = (self.start + data)[:DEFINITION]
        self.size += len(data)
        self.end = (self.end + data[-len(CRAM_EOF) :])[-len(CRAM_EOF) :]
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(COPY_BYTES):
            pass

    def tell_to(self, plain: Plain) -> None:
        """Note sizes and digests, once all was read."""
        plain.size, plain.start = self.size, self.start
        plain.md5, plain.sha256 = self._md5.hexdigest(), self._sha256.hexdigest()


def _read(path: Path, key: bytes, file: File) -> Plain:
    plain = Plain()
    with decrypting(path, key) as stream:
        tee = Tee(stream)
        if file.role is Role.READS:
            _read_cram(tee, plain)
        elif file.role in VCFS:
            _read_vcf(tee, plain)
            tee.drain()
            plain.faults += _packing_faults(tee)
        elif file.role in FASTQS:
            _read_fastq(tee, plain)
        elif file.role is Role.TARGETS:
            _read_targets(tee, plain)
        tee.drain()
        tee.tell_to(plain)
        if file.role is Role.READS and tee.end != CRAM_EOF:
            plain.faults.append("it does not end as a CRAM 3.0 does: cut short?")
    return plain


def _packing_faults(tee: Tee) -> Iterator[str]:
    if not bgzf.START.match(tee.start):
        yield "it is not packed as BGZF"
    elif not tee.end.endswith(bgzf.END):
        yield "it does not end as BGZF does: cut short?"


def _lines(tee: Tee, plain: Plain) -> Iterator[bytes]:
    """Yield the lines of a gzipped stream; what cannot be unpacked is noted and ends them."""
    try:
        with gzip.GzipFile(fileobj=tee) as text:
            yield from text
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        plain.faults.append(f"it cannot be unpacked: {error}")


def _read_vcf(tee: Tee, plain: Plain) -> None:
    checker = Checker()
    tally = VariantTally()
    for line in _lines(tee, plain):
        text = line.decode("utf-8", "replace")
        if text.startswith("#"):
            plain.header.append(text.rstrip("\n"))
        else:
            tally.take(text)
            plain.named += text.split("\t", 3)[2:3] != ["."]
        checker.take(text)
    plain.records = checker.records
    plain.variants = tally
    _, plain.vcf_faults = checker.end()


def _read_fastq(tee: Tee, plain: Plain) -> None:
    lines = sum(1 for _ in _lines(tee, plain))
    plain.records = lines // 4
    if lines % 4:
        plain.faults.append(f"it has {lines} lines, not four for each read")


def _read_targets(tee: Tee, plain: Plain) -> None:
    tally = TargetTally()
    try:
        for piece in whole_lines(tee):
            for line in piece.decode("utf-8", "replace").removesuffix("\n").split("\n"):
                tally.take(line)
    except ReadsError:
        plain.faults.append("its last line is cut short")
    if tally.fault:
        plain.faults.append(tally.fault)
    elif not plain.faults and not tally.records:
        plain.faults.append("it has no targets")
    plain.records, plain.targets = tally.records, tally.ends


def _read_cram(tee: Tee, plain: Plain) -> None:
    """Let htslib read through a pipe what a second thread decrypts."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []
    pump = threading.Thread(target=_pump, args=(tee, write_end, failed))
    pump.start()
    try:
        with quiet_htslib(), os.fdopen(read_end, "rb") as source:
            _take_reads(source.fileno(), plain)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        plain.faults.append(f"it cannot be read as a CRAM: {error}")
    finally:
        pump.join()
    if failed:
        raise failed[0]


def _pump(tee: Tee, write_end: int, failed: list[BaseException]) -> None:
    """Hand on what is decrypted; when htslib gives up, go on for the digests."""
    with suppress(BrokenPipeError), os.fdopen(write_end, "wb") as sink:
        try:
            while data := tee.read(COPY_BYTES):
                sink.write(data)
        except BrokenPipeError:
            raise
        except Exception as error:
            failed.append(error)
    try:
        tee.drain()
    except Exception as error:
        failed.append(error)


def _take_reads(number: int, plain: Plain) -> None:
    import pysam  # slow to load

    wanted = [f"required_fields={FIELDS}"]
    tally: Counter[int] = Counter()
    before = (0, -1)
    in_order = True
    with pysam.AlignmentFile(f"/dev/fd/{number}", "rc", format_options=wanted) as cram:
        plain.header = str(cram.header).splitlines()
        for read in cram:
            tally[read.flag] += 1
            contig = read.reference_id
            here = (contig if contig >= 0 else 1 << 30, read.reference_start)
            in_order = in_order and here >= before
            before = here
            if not HASHED.fullmatch(read.query_name or ""):
                plain.odd_names += 1
    if not in_order:
        plain.faults.append("its reads are not in the order of their places")
    plain.flags, plain.records = flag_counts(tally)


def flag_counts(tally: Counter[int]) -> tuple[Counter[str], int]:
    """Return counts of the primary reads that passed filters, and of all primary reads.

    >>> flag_counts(Counter({0x63: 2, 0x93: 2, 0x4: 1, 0x900: 5, 0x200: 1}))
    (Counter({'reads': 5, 'mapped': 4, 'proper': 4}), 6)
    """
    counts: Counter[str] = Counter()
    primary = 0
    for flag, times in tally.items():
        if flag & NOT_PRIMARY:
            continue
        primary += times
        if flag & FAILED:
            continue
        counts["reads"] += times
        counts["mapped"] += 0 if flag & UNMAPPED else times
        both = flag & FLAG_PAIRED and flag & PROPER and not flag & UNMAPPED
        counts["proper"] += times if both else 0
    return counts, primary
