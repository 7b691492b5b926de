"""Reads of a sample under other names and read groups: CRAM 3.0 to CRAM 3.0, in one pass."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from schelde.align import CRAM_WRITER
from schelde.joblog import JobError
from schelde.package.header import Clean
from schelde.pipes import ToolError
from schelde.streams import reading

if TYPE_CHECKING:
    from _typeshed import SupportsRead

CHUNK_BYTES = 1 << 20

TAGS = "RG,NM,MD,AS,XS,SA,XA,MC,MQ,ms,dt,pa,md,n2"
"""Tags that bwa, minibwa and samtools make; all others may hold barcodes or words, and are left."""

NOT_A_NUMBER = re.compile(rb"\t(?:NM|AS|XS|MQ|ms|md|n2):[^i]|\tpa:[^f]")
"""A tag on the list with another type than its makers give it."""

NAME_BYTES = 10
"""80 bits of each name: among 10^9 names two are the same with a chance below 10^-6.

All names are written. htslib's ``lossy_names`` would save a fifth of a CRAM, but with it TLEN of
some reads comes back other than it was, and names depend on how the file is called.
"""

COUNTED = (
    *("primary", "secondary", "supplementary", "duplicates", "mapped", "paired in sequencing"),
    *("properly paired", "singletons", "read1", "read2"),
)

FIRST_RECORDS = 4000
"""Records in which private words are looked for."""


class ReadsError(JobError):
    """Reads that cannot be packaged, or came out other than they went in."""


@dataclass(frozen=True)
class Tools:
    """What commands need: ``md5_cache`` has the bases of contigs by MD5."""

    md5_cache: Path
    threads: int
    scratch: Path
    log: IO[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which htslib finds the reference, and asks no server for it."""
        cache = f"{self.md5_cache.resolve()}/%2s/%2s/%s"
        return {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}


def header_lines(cram: Path, tools: Tools) -> list[str]:
    """Return the lines of a CRAM's header."""
    command = ["samtools", "view", "--no-PG", "--header-only", str(cram)]
    with reading([command], tools.log, tools.environment) as text:
        return text.read().decode("utf-8").splitlines()


def write_reads(source: Path, header: Clean, names_key: bytes, tools: Tools, output: Path) -> int:
    """Write the reads of a CRAM under a clean header, with an index; return how many there are.

    Names become hashes keyed with ``names_key``, so that mates stay together; read groups are
    renamed; tags not in `TAGS` are left out. ``output`` is named in the CRAM without its folder.
    Records are the same at any number of threads; bytes of the CRAM are not, since htslib tries
    out how to compress what it meets first.

    Raises `ReadsError` when the samtools counts by flag are not those of ``source``, or a record
    is not as expected; `ToolError` when samtools fails.
    """
    rename = renamer(names_key, header.renamed)
    take = ["samtools", "view", "--keep-tag", TAGS, "-@", str(tools.threads - 1)]
    with (
        reading([[*take, str(source)]], tools.log, tools.environment) as records,
        _cram_writer(output, tools) as sink,
    ):
        sink.write(header.text.encode())
        for lines in whole_lines(records):
            sink.write(rename(lines))
    _check_whole(output, tools)
    before, after = flag_counts(source, tools), flag_counts(output, tools)
    if before != after:
        raise ReadsError(f"{output.name}: the reads counted by flag are {after} and not {before}")
    return after["primary"]


def renamer(names_key: bytes, groups: Mapping[str, str]) -> Callable[[bytes], bytes]:
    """Return a function that renames names and read groups in lines of SAM.

    It raises `ReadsError` for a line without one of the read groups, and for a tag whose type is
    not that of its maker.
    """
    keyed = hashlib.blake2b(key=names_key, digest_size=NAME_BYTES)
    changes = {f"\tRG:Z:{old}".encode(): f"\tRG:Z:{new}".encode() for old, new in groups.items()}
    ends = (b"\t", b"\n")

    def rename(lines: bytes) -> bytes:
        parts: list[bytes] = []
        add, copy = parts.append, keyed.copy
        for line in lines.split(b"\n")[:-1]:
            name, tab, rest = line.partition(b"\t")
            digest = copy()
            digest.update(name)
            add(digest.hexdigest().encode() + tab + rest)
        text = b"\n".join(parts) + b"\n"
        known = 0
        for old, new in changes.items():
            for end in ends:
                known += text.count(old + end)
                text = text.replace(old + end, new + end)
        if known != len(parts):
            raise ReadsError("there are reads without a read group of the header")
        if NOT_A_NUMBER.search(text):
            raise ReadsError("a read has a tag of another type than its aligner writes")
        return text

    return rename


def whole_lines(stream: SupportsRead[bytes]) -> Iterator[bytes]:
    """Yield a stream in pieces of about a megabyte that end with a line."""
    rest = b""
    while piece := stream.read(CHUNK_BYTES):
        piece = rest + piece
        cut = piece.rfind(b"\n") + 1
        rest = piece[cut:]
        if cut:
            yield piece[:cut]
    if rest:
        raise ReadsError("the last record is cut short")


@contextmanager
def _cram_writer(output: Path, tools: Tools) -> Iterator[IO[bytes]]:
    """Yield a stream for SAM text that becomes a CRAM with its index beside it.

    It is written from within its folder, since htslib puts the first 20 bytes of the path it is
    given into the file.
    """
    target = f"{output.name}##idx##{output.name}.crai"
    command = [*CRAM_WRITER, "-@", str(tools.threads), "--write-index", "-o", target, "-"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=tools.log,
        cwd=output.parent,
        env=tools.environment,
    )
    if process.stdin is None:
        raise ToolError("no input")
    try:
        yield process.stdin
        process.stdin.close()
    except BrokenPipeError:
        process.wait()
        raise ToolError(f"samtools view ended with status {process.returncode}") from None
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.wait() != 0:
        raise ToolError(f"samtools view ended with status {process.returncode}")


def _check_whole(cram: Path, tools: Tools) -> None:
    done = subprocess.run(["samtools", "quickcheck", str(cram)], stderr=tools.log, check=False)
    if done.returncode:
        raise ReadsError(f"{cram.name}: samtools quickcheck finds it damaged")


def flag_counts(cram: Path, tools: Tools) -> dict[str, int]:
    """Return how many records have which flags, as samtools flagstat counts them."""
    command = ["samtools", "flagstat", "-O", "json", "-@", str(tools.threads), str(cram)]
    with reading([command], tools.log, tools.environment) as text:
        told = json.loads(text.read())
    return {name: sum(told[part][name] for part in told if name in told[part]) for name in COUNTED}


def first_records(cram: Path, tools: Tools) -> bytes:
    """Return names, places and tags of the first records; bases and qualities hold no words."""
    command = ["samtools", "view", str(cram)]
    kept = []
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=tools.log, env=tools.environment
    )
    if process.stdout is None:
        raise ToolError("no output")
    with process.stdout as lines:
        for line, _ in zip(lines, range(FIRST_RECORDS), strict=False):
            columns = line.split(b"\t")
            kept.append(b"\t".join([*columns[:9], *columns[11:]]))
    process.wait()  # it may have been cut off
    return b"".join(kept)


def write_fastqs(cram: Path, pairs: tuple[Path, Path], tools: Tools, *, paired: bool) -> list[int]:
    """Write the reads of a packaged CRAM to FASTQ; return how many each file has.

    Pairs go to both files in step; of a sample without pairs all reads go to the first, and there
    is no second one. Reads without a mate stay out of pairs; the log tells how many.
    """
    collated = ["samtools", "collate", "-u", "-O", "-@", str(tools.threads), cram.name]
    collated.append(str(tools.scratch / "collate"))
    singles = tools.scratch / "singles.fastq"
    told = ["samtools", "fastq", "-n", "-@", str(tools.threads)]
    if paired:
        told += ["-1", str(pairs[0]), "-2", str(pairs[1]), "-0", str(singles), "-s", str(singles)]
    else:
        told += ["-0", str(pairs[0]), "-1", os.devnull, "-2", os.devnull, "-s", os.devnull]
    environment = tools.environment
    with subprocess.Popen(
        collated, stdout=subprocess.PIPE, stderr=tools.log, cwd=cram.parent, env=environment
    ) as first:
        done = subprocess.run([*told, "-"], stdin=first.stdout, stderr=tools.log, check=False)
        if first.stdout is not None:
            first.stdout.close()
    if done.returncode or first.returncode:
        raise ToolError("samtools collate or fastq failed")
    if alone := _lines(singles) // 4 if paired else 0:
        tools.log.write(f"{alone} reads without a mate are not in the FASTQ files\n".encode())
    counts = [_fastq_records(path, tools) for path in (pairs if paired else pairs[:1])]
    if len(set(counts)) > 1:
        raise ReadsError(f"the FASTQ files hold {counts[0]} and {counts[1]} reads")
    return counts


def _lines(path: Path) -> int:
    with path.open("rb") as text:
        return sum(1 for _ in text)


def _fastq_records(path: Path, tools: Tools) -> int:
    with reading([["bgzip", "-dc", str(path)]], tools.log) as text:
        lines = sum(piece.count(b"\n") for piece in iter(lambda: text.read(CHUNK_BYTES), b""))
    return lines // 4
