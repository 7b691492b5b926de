"""Prove that the FASTQ of a lane is whole, paired and sane, by reading all of it.

Aligners go on in silence when a file is cut short, and take the same file as both ends; what
passes here can be aligned without a second look.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import dnaio
import numpy as np
from isal import igzip_lib, igzip_threaded

from schelde import bgzf
from schelde.joblog import JobError
from schelde.lane_reads import LaneReads
from schelde.pipes import write_text

Batch = list[dnaio.SequenceRecord]

QUALITIES_OF = dnaio.SequenceRecord.qualities_as_bytes

BATCH = 1024
"""Records that are checked together: few enough for the processor's cache, and an even number, so
that interleaved mates stay together."""

BASES = b"ACGTNacgtn"
LOWEST, HIGHEST = ord("!"), ord("~")
"""Phred 0 and 93 in the Sanger encoding (phred+33)."""

PHRED64 = (ord(";"), ord("K"), ord("j"))
"""Old encoding (Cock et al., Nucleic Acids Research 2010, 38:1767): no quality of the lane below
the first (Solexa -5), and its best above the second (phred+33: 42) up to the third (phred+64: 42).
"""

UNUSABLE = ord("#")
"""Phred 2, which Illumina gives to bases that are not to be used."""

LONGEST_NAME = 254
"""Bytes of a read name that BAM can hold (SAM specification 1.6, section 1.4)."""

READ_NUMBER = re.compile(r"([1-9]):[YN]:[0-9]*:")
"""Start of the comment that Illumina's software writes since Casava 1.8: read number, filter."""

SUFFIXES = frozenset(f"/{digit}" for digit in "123456789")
"""Older mark of the read number at the end of a name; aligners take it off."""

GZIP = b"\x1f\x8b"
"""First bytes of gzip, of which BGZF is a kind."""

GZIP_ERRORS = (gzip.BadGzipFile, cast(type[Exception], igzip_lib.IsalError))
"""What is raised where gzip data are broken but not cut short (that is EOFError)."""

COPY = "copy it again from where it was made"
RESTORE = "give both files as the sequencer wrote them"


class ReadsError(JobError):
    """FASTQ that must not be aligned; the message names file, place and remedy."""


def prove_lane(reads: LaneReads, extracted: str | None, output: str) -> None:
    """Prove the reads of one lane and write what was found as JSON (see `prove`).

    ``extracted``: JSON of `schelde.extract.extract_lane` if the reads were taken from a BAM or
    CRAM; there must be as many as it says.
    """
    expected = json.loads(Path(extracted).read_text())["reads"] if extracted else None
    write_text(output, json.dumps(prove(reads, expected), indent=2) + "\n")


def prove(reads: LaneReads, expected: int | None = None) -> dict[str, Any]:
    """Read every record of a lane and return what was found; raise `ReadsError` otherwise.

    Checked: gzip whole to its last checksum; records well formed; as many reads in both ends;
    names in step; ends not swapped (where names tell) and not the same reads; no file twice; bases
    A, C, G, T, N only; qualities phred+33; no read without bases. A file without reads is refused
    unless ``expected`` is given: then the lane must have that many reads in all.

    Returns ``reads``, ``pairs``, ``singles`` and ``bases`` (counts), ``read_length`` (min, max,
    mean; bp), ``quality_encoding``, ``quality`` (min, max; Phred), ``ends_in_names`` (whether all
    names tell read 1 from read 2) and ``files``, one by one: ``end`` (1, 2; 0 for reads without
    mate), ``reads``, ``bases``, ``bgzf_end`` (whether BGZF ends with its empty block, which
    Illumina's bcl2fastq2 leaves out; null if it is not BGZF).
    """
    if len(reads.fq1) != len(reads.fq2):
        raise ReadsError(f"{len(reads.fq1)} files of read 1 but {len(reads.fq2)} of read 2")
    firsts = [_File(path, 1) for path in reads.fq1]
    seconds = [_File(path, 2) for path in reads.fq2]
    singles = [_File(path, 0) for path in reads.singles]
    for first, second in zip(firsts, seconds, strict=True):
        _read_pairs(first, second)
    for single in singles:
        _read_singles(single)
    files = [*firsts, *seconds, *singles]
    if expected is None:
        _refuse_empty(files)
    _refuse_repeated(files)
    for end in (firsts, seconds, singles):
        _refuse_bad_joins(end)
    return _summed(files, expected)


def open_reads(path: str) -> BinaryIO:
    """Open a FASTQ file for its plain bytes; gzip is told by its first bytes, not by the name.

    Reading raises EOFError where gzip data are cut short, and `GZIP_ERRORS` where they are broken.
    """
    with Path(path).open("rb") as handle:
        compressed = handle.read(len(GZIP)) == GZIP
    if compressed:  # a thread of its own unpacks, so that the checks do not wait for it
        return cast(BinaryIO, igzip_threaded.open(path, "rb"))  # type: ignore[no-untyped-call]
    return Path(path).open("rb")


@dataclass
class _File:
    """One file and what its records have had in common so far."""

    path: str
    end: int
    reads: int = 0
    bases: int = 0
    shortest: int = 0
    longest: int = 0
    lowest: int = HIGHEST
    highest: int = LOWEST
    numbers: set[str] = field(default_factory=set)
    head: bytes = b""
    last_byte: int = ord("\n")

    def batches(self) -> Generator[Batch, None, None]:
        """Yield the records; raise `ReadsError` where the file is broken."""
        number = 0
        try:
            with open_reads(self.path) as handle:
                records = iter(dnaio.FastqReader(cast(BinaryIO, _Watched(handle, self))))
                while batch := list(islice(records, BATCH)):
                    yield batch
                    number += len(batch)
        except EOFError:
            self.refuse(f"its gzip data are cut short, after record {number} or later", COPY)
        except GZIP_ERRORS as error:
            self.refuse(f"its gzip data are broken after record {number} or later ({error})", COPY)
        except dnaio.FastqFormatError as error:
            place = (
                f"record {number + 1} or later" if error.line is None else f"line {error.line + 1}"
            )
            what = error.message.splitlines()[0].split(" The incomplete")[0]
            self.refuse(f"{place}: {what}", COPY)

    def take(self, batch: Batch) -> list[str]:
        """Check what the records hold by themselves, count them and return their names."""
        bases = "".join([record.sequence for record in batch]).encode()
        qualities = np.frombuffer(b"".join(map(QUALITIES_OF, batch)), np.uint8)
        lengths = list(map(len, batch))
        names = [record.id for record in batch]
        if not all(lengths):
            self.refuse_first(
                batch, lambda r: not r.sequence, "a read without bases", "take it out"
            )
        if bases.translate(None, BASES):
            what = "bases other than A, C, G, T and N"
            self.refuse_first(batch, _has_odd_base, what, "give N for a base that is not known")
        lowest, highest = int(qualities.min()), int(qualities.max())
        if lowest < LOWEST or highest > HIGHEST:
            self.refuse_first(batch, _has_odd_quality, "a quality outside '!' to '~'", COPY)
        if not all(names) or max(map(len, names)) > LONGEST_NAME:
            what = f"a read name that is empty or longer than {LONGEST_NAME} characters"
            self.refuse_first(batch, _has_odd_name, what, "give names that BAM can hold")
        if not self.reads:
            self.head = hashlib.sha256(bases).digest()
            self.shortest = lengths[0]
        self.reads += len(batch)
        self.bases += len(bases)
        self.shortest = min(self.shortest, min(lengths))
        self.longest = max(self.longest, max(lengths))
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        self.numbers |= _read_numbers(batch, names)
        return names

    def refuse(self, what: str, remedy: str) -> NoReturn:
        raise ReadsError(f"{self.path}: {what}; {remedy}")

    def refuse_first(
        self, batch: Batch, is_odd: Callable[[dnaio.SequenceRecord], bool], what: str, remedy: str
    ) -> NoReturn:
        """Refuse the file for the first odd record of a batch that is not counted yet."""
        record = self.reads + next(i for i, record in enumerate(batch, start=1) if is_odd(record))
        self.refuse(f"record {record} (line {record * 4 - 3}): {what}", remedy)


class _Watched:
    """The bytes of a file on their way to the parser; its file learns the last one."""

    def __init__(self, handle: BinaryIO, file: _File) -> None:
        self.handle = handle
        self.file = file

    def read(self, size: int) -> bytes:
        data = self.handle.read(size)
        if data:
            self.file.last_byte = data[-1]
        return data


def _has_odd_base(record: dnaio.SequenceRecord) -> bool:
    return bool(record.sequence.encode().translate(None, BASES))


def _has_odd_quality(record: dnaio.SequenceRecord) -> bool:
    qualities = record.qualities_as_bytes()
    return min(qualities) < LOWEST or max(qualities) > HIGHEST


def _has_odd_name(record: dnaio.SequenceRecord) -> bool:
    return not 0 < len(record.id) <= LONGEST_NAME


def _read_numbers(batch: Batch, names: Sequence[str]) -> set[str]:
    """Return the read numbers that names and comments tell; '' where one tells none."""
    suffixes = {name[-2:] for name in names}
    if not suffixes.isdisjoint(SUFFIXES):
        return {suffix[1] if suffix in SUFFIXES else "" for suffix in suffixes}
    found = (READ_NUMBER.match(c or "") for c in {record.comment for record in batch})
    return {match[1] if match else "" for match in found}


def _stems(names: Sequence[str]) -> list[str]:
    return [name[:-2] if name[-2:] in SUFFIXES else name for name in names]


def _read_pairs(first: _File, second: _File) -> None:
    """Read two files in step."""
    with closing(first.batches()) as batches1, closing(second.batches()) as batches2:
        for batch1, batch2 in zip_longest(batches1, batches2):
            done = first.reads
            names1 = first.take(batch1) if batch1 else []
            names2 = second.take(batch2) if batch2 else []
            _refuse_out_of_step(first, second, done, names1, names2)
            _refuse_swapped(first, second)


def _refuse_out_of_step(
    first: _File, second: _File, done: int, names1: Sequence[str], names2: Sequence[str]
) -> None:
    """Refuse batches of different names or length; ``done``: records of each before them."""
    if names1 == names2:
        return
    stems = zip(_stems(names1), _stems(names2), strict=False)
    for record, (name1, name2) in enumerate(stems, start=done + 1):
        if name1 != name2:
            first.refuse(
                f"record {record} is '{name1}' but '{name2}' in {second.path}: "
                "the files are not in step",
                RESTORE,
            )
    if len(names1) != len(names2):
        shorter, longer = (first, second) if len(names1) < len(names2) else (second, first)
        shorter.refuse(f"ends after {shorter.reads} reads but {longer.path} goes on", RESTORE)


def _refuse_swapped(first: _File, second: _File) -> None:
    told1, told2 = first.numbers - {""}, second.numbers - {""}
    for file, told in ((first, told1), (second, told2)):
        if len(told) > 1:
            file.refuse(f"names tell reads {_and(told)} in one file", RESTORE)
    if told1 and told1 == told2:
        second.refuse(f"names tell read {_and(told2)}, as those of {first.path} do", RESTORE)
    if told1 and told2 and max(told1) > max(told2):
        what = f"names tell read {_and(told1)}, and read {_and(told2)} in {second.path}"
        first.refuse(f"{what}: the files are swapped", "swap fq1 and fq2")


def _and(numbers: set[str]) -> str:
    return " and ".join(sorted(numbers))


def _read_singles(file: _File) -> None:
    """Read one file of reads without mates."""
    twos = True
    with closing(file.batches()) as batches:
        for batch in batches:
            names = file.take(batch)
            if twos:
                stems = _stems(names)
                twos = stems[0::2] == stems[1::2]
    if file.reads and twos:
        what = "every two reads have the same name, so it holds pairs"
        file.refuse(what, "write their mates to a file of their own and give it as fq2")


def _refuse_empty(files: Sequence[_File]) -> None:
    for file in files:
        if not file.reads:
            file.refuse("has no reads", "leave it out, or copy it again")


def _refuse_repeated(files: Sequence[_File]) -> None:
    """Refuse files of the same reads: as many reads and bases, and the same first bases."""
    seen: dict[tuple[int, int, bytes], _File] = {}
    for file in files:
        other = seen.setdefault((file.reads, file.bases, file.head), file)
        if other is not file and file.reads:
            file.refuse(f"holds the same reads as {other.path}", "give each file once")


def _refuse_bad_joins(end: Sequence[_File]) -> None:
    """Refuse a file whose last line would run into the first of the file after it."""
    for file, following in pairwise(end):
        if file.last_byte != ord("\n"):
            file.refuse(f"its last line has no end, and {following.path} follows", COPY)


def _summed(files: Sequence[_File], expected: int | None) -> dict[str, Any]:
    full = [file for file in files if file.reads]
    reads = sum(file.reads for file in full)
    if expected is not None and reads != expected:
        raise ReadsError(f"{expected} reads were to be taken, but {reads} came; start again")
    if not full:
        raise ReadsError("the lane has no reads; take it off the sheet")
    bases = sum(file.bases for file in full)
    lowest, highest = min(file.lowest for file in full), max(file.highest for file in full)
    _refuse_qualities(full[0], lowest, highest)
    return {
        "reads": reads,
        "pairs": sum(file.reads for file in full if file.end == 1),
        "singles": sum(file.reads for file in full if file.end == 0),
        "bases": bases,
        "read_length": {
            "min": min(file.shortest for file in full),
            "max": max(file.longest for file in full),
            "mean": round(bases / reads, 2),
        },
        "quality_encoding": "phred33",
        "quality": {"min": lowest - LOWEST, "max": highest - LOWEST},
        "ends_in_names": all("" not in file.numbers for file in full),
        "files": [
            {
                "end": file.end,
                "reads": file.reads,
                "bases": file.bases,
                "bgzf_end": _bgzf_end(file.path),
            }
            for file in files
        ],
    }


def _refuse_qualities(file: _File, lowest: int, highest: int) -> None:
    """Refuse a lane, by its first file, whose qualities as a whole are not phred+33."""
    least, best33, best64 = PHRED64
    if lowest >= least and best33 < highest <= best64:
        remedy = "write them as phred+33, such as with seqtk seq -Q64 -V"
        file.refuse(f"qualities '{chr(lowest)}' to '{chr(highest)}' are phred+64", remedy)
    if highest <= UNUSABLE:
        what = f"no base of the lane has a quality above {highest - LOWEST}: they have been lost"
        file.refuse(what, "give the reads with their qualities")


def _bgzf_end(path: str) -> bool | None:
    """Whether BGZF ends with its empty block; None if the file is not BGZF."""
    with Path(path).open("rb") as handle:
        if not bgzf.START.match(handle.read(16)):
            return None
    return bgzf.has_end(Path(path))
