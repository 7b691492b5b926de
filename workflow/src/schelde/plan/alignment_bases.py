"""About how many bases of reads a BAM or CRAM holds, from its beginning and its size."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from schelde.quiet import quiet_htslib

BAM_READS = 20_000
CRAM_CONTAINERS = 50
SECOND_ALIGNMENTS = 0x900
"""Flags of records that repeat a read: secondary and supplementary (SAM 1.6, section 1.4)."""


def alignment_bases(path: Path) -> float:
    """Return about how many bases the reads of a BAM or CRAM have.

    Bases for a byte at the beginning of the file, times its size. ValueError for a file that is
    neither, or that is empty; OSError for one that cannot be read.
    """
    with path.open("rb") as handle:
        if handle.read(4) == b"CRAM":
            return _cram_bases(handle, path.stat().st_size)
    return _bam_bases(path)


def _bam_bases(path: Path) -> float:
    import pysam  # slow to load, and few runs have alignments

    with quiet_htslib(), pysam.AlignmentFile(str(path), "rb", check_sq=False) as bam:
        if not bam.is_bam:
            raise ValueError("it is neither BAM nor CRAM")
        # The upper bits of a BAM's position count bytes of the file (SAM 1.6, section 4.1.1).
        start, bases, reads = bam.tell() >> 16, 0, 0
        for record in bam:
            if not record.flag & SECOND_ALIGNMENTS:
                bases += record.query_length
            reads += 1
            if reads == BAM_READS:
                break
        end = bam.tell() >> 16
    size = path.stat().st_size
    if reads < BAM_READS:
        return float(bases)
    return bases * (size - start) / max(1, end - start)


def _cram_bases(handle: BinaryIO, size: int) -> float:
    """Add up what the headers of the first containers say (CRAM 3.1, sections 2.3 and 7)."""
    handle.seek(26)  # file definition: magic, two bytes of version, 20 of id
    length, _ = _container(handle)  # the SAM header
    handle.seek(length, 1)
    start = handle.tell()
    bases = 0
    for _ in range(CRAM_CONTAINERS):
        if handle.tell() >= size:
            break
        length, own = _container(handle)
        bases += own
        handle.seek(length, 1)
    read = handle.tell() - start
    if bases == 0 or read <= 0:
        raise ValueError("its containers tell no bases")
    return bases * (size - start) / read


def _container(handle: BinaryIO) -> tuple[int, int]:
    """Read the header of a container; return the length of what follows it, and its bases."""
    length = int.from_bytes(handle.read(4), "little")
    for _ in range(4):  # reference, start, span, records
        _itf8(handle)
    _ltf8(handle)  # records before it
    bases = _ltf8(handle)
    _itf8(handle)  # blocks
    for _ in range(_itf8(handle)):  # landmarks
        _itf8(handle)
    handle.read(4)  # CRC32
    return length, bases


def _itf8(handle: BinaryIO) -> int:
    """Read a number of 1 to 5 bytes: as many more as the first has leading ones."""
    first = handle.read(1)[0]
    more = _leading_ones(first, 4)
    rest = int.from_bytes(handle.read(more), "big")
    if more == 4:  # of the fifth byte the lower half counts
        return (first & 0x0F) << 28 | (rest >> 8) << 4 | rest & 0x0F
    return (first & (0x7F >> more)) << 8 * more | rest


def _ltf8(handle: BinaryIO) -> int:
    """Read a number of 1 to 9 bytes, in the same way."""
    first = handle.read(1)[0]
    more = _leading_ones(first, 8)
    return (first & (0x7F >> more)) << 8 * more | int.from_bytes(handle.read(more), "big")


def _leading_ones(byte: int, most: int) -> int:
    count = 0
    while count < most and byte & (0x80 >> count):
        count += 1
    return count
