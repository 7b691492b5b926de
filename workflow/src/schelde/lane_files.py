"""Look at the files of all lanes: are they there, are they FASTQ, is none used twice."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schelde.errors import Problem
from schelde.files import file_fault, stat_fault
from schelde.lanes import used_before
from schelde.names import Fault, path_fault
from schelde.sheet import Lane

LOOKERS = 16
"""Threads that look at files: each waits for the disk or the network, none computes."""

FIRST_BYTES = 512
GZIP = b"\x1f\x8b"
WRAPPED_IN_GZIP = 31
"""zlib's number for a gzip header and the largest window."""

OTHERS = {
    b"BZh": ("compressed with bzip2", "bunzip2 it, then gzip it"),
    b"\xfd7zXZ": ("compressed with xz", "unxz it, then gzip it"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "unzstd it, then gzip it"),
    b"PK\x03\x04": ("a zip file", "unzip it, then gzip it"),
    b">": ("FASTA, without qualities", "give the FASTQ"),
    b"BAM\x01": ("BAM", "give it in the column alignment"),
    b"CRAM": ("CRAM", "give it in the column alignment"),
    b"@HD\t": ("SAM", "make it BAM and give it in the column alignment"),
    b"@SQ\t": ("SAM", "make it BAM and give it in the column alignment"),
}
"""What is given by mistake as FASTQ, by its first bytes once gzip is taken off."""


@dataclass(frozen=True)
class Look:
    """What one look at a file finds: what is wrong, what file it is, whether it is gzipped."""

    fault: Fault | None
    identity: tuple[int, int] | None = None
    gzipped: bool = False


def look(path: str) -> Look:
    """Look at a FASTQ file: one stat, and one read of its first bytes."""
    try:
        found = Path(path).stat()
        fault = stat_fault(path, found, f"'{path}'")
        if fault:
            return Look(fault)
        with Path(path).open("rb", buffering=0) as handle:
            first = handle.read(FIRST_BYTES)
    except OSError:
        return Look(file_fault(path) or Fault(f"'{path}' cannot be read", "check path and rights"))
    # Links to the same file are the same file; some network folders number no files.
    identity = (found.st_dev, found.st_ino) if found.st_ino else None
    return Look(content_fault(path, first), identity, first.startswith(GZIP))


def content_fault(path: str, first: bytes) -> Fault | None:
    """Return why a file that begins with ``first`` is not FASTQ, plain or gzipped, else None."""
    text = first
    if first.startswith(GZIP):
        try:
            text = zlib.decompressobj(WRAPPED_IN_GZIP).decompress(first, 8)
        except zlib.error:
            return Fault(f"'{path}' is broken gzip", "copy it again, and check it with gzip -t")
    for magic, (what, remedy) in OTHERS.items():
        if text.startswith(magic):
            return Fault(f"'{path}' is {what}", remedy)
    if text and not text.startswith(b"@"):
        return Fault(f"'{path}' is not FASTQ: it does not begin with '@'", "give a FASTQ file")
    return None


def check_fastqs(file: str, lanes: Sequence[Lane], problems: list[Problem]) -> None:
    """Add to ``problems`` what is wrong with the FASTQ files of all lanes of a sheet."""
    paths = dict.fromkeys(path for lane in lanes for path in (*lane.fq1, *lane.fq2))
    spelt = [path for path in paths if path_fault("", path) is None]
    with ThreadPoolExecutor(LOOKERS) as pool:
        looks = dict.fromkeys(paths, Look(None))  # a name that was refused is not looked for
        looks.update(zip(spelt, pool.map(look, spelt), strict=True))
    for lane in lanes:
        for path in dict.fromkeys((*lane.fq1, *lane.fq2)):
            fault = looks[path].fault
            if fault:
                problems.append(Problem(file, lane.line, *fault))
        problems.extend(_mixed(file, lane, looks))
    problems.extend(_same_files(file, lanes, lambda path: looks[path].identity))


def _mixed(file: str, lane: Lane, looks: Mapping[str, Look]) -> Iterable[Problem]:
    for name, files in (("fq1", lane.fq1), ("fq2", lane.fq2)):
        sound = [path for path in files if looks[path].fault is None]
        if len({looks[path].gzipped for path in sound}) > 1:
            plain = next(path for path in sound if not looks[path].gzipped)
            what = f"{name} lists gzipped and plain files, such as '{plain}'"
            yield Problem(file, lane.line, what, "gzip all of them, or none")


def _same_files(
    file: str, lanes: Sequence[Lane], identity_of: Callable[[str], tuple[int, int] | None]
) -> Iterable[Problem]:
    """Yield the files that are used twice under different names (links, or ways around)."""
    seen: dict[tuple[int, int], tuple[Lane, str]] = {}
    for lane in lanes:
        for path in (*lane.fq1, *lane.fq2):
            identity = identity_of(path)
            if identity is None:
                continue
            first, other = seen.setdefault(identity, (lane, path))
            if os.path.normpath(other) == os.path.normpath(path):
                continue  # the same, or reported when the rows were read
            if first is lane:
                what = f"'{path}' and '{other}' are the same file"
                yield Problem(file, lane.line, what, "give each file once; R1 and R2 are two files")
            else:
                yield used_before(file, lane, path, first, f" (the same file as '{other}')")
