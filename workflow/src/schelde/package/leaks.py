"""Look for what must not travel: ids, libraries, files, machines, in any case of letters."""

from __future__ import annotations

import getpass
import os
import re
import socket
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from schelde.bundle.dataset import Description
from schelde.joblog import JobError
from schelde.lanes import PLATFORMS
from schelde.package.pseudonyms import SHORT
from schelde.sheet import Lane, Person

GZIP = b"\x1f\x8b\x08"
"""First bytes of a gzip member: of .gz files, and of blocks of CRAM that are compressed by it."""

MEMBER_LIMIT = 1 << 26
"""Bytes that one member is unpacked to at most; more are no header."""

PIECE_BYTES = 1 << 16

SHORT_BARCODE = 6
"""Fewer bases stand anywhere in a genome's text."""

CENTRE = "the name of a centre"

COMMON = frozenset(
    name.casefold()
    for name in (
        *PLATFORMS,
        *("genome", "genomes", "exome", "sample", "samples", "human", "unknown", "blood"),
        *("root", "user", "users", "home", "data", "reads", "localhost", "work", "fastq"),
        *("library", "lane", "trio", "child", "father", "mother", "male", "female", "test", "demo"),
        *("schelde", "snakemake", "bundle", "dataset", "none", "default"),
    )
)
"""Words that documents hold whatever the inputs are called; they tell nothing of anybody."""

ENDS = re.compile(r"(?i)\.(gz|bgz|bz2|fq|fastq|bam|cram|sam|bed|vcf)$")


RUN = re.compile(rb"[a-z0-9]+")


class LeakError(JobError):
    """Something private is in what was to travel."""


@dataclass(frozen=True)
class Secret:
    """A text that must not travel. ``in_records``: looked for in records too, not in headers alone.

    Bases of a barcode can be those of an allele, so that they are looked for in headers alone.
    """

    kind: str
    value: str
    in_records: bool = True


@dataclass(frozen=True, order=True)
class Leak:
    """A secret that was found: in what, and its kind; the value is not told, since logs travel."""

    file: str
    kind: str


class Finder:
    """Looks for many secrets at once: whole words or paths, whatever the case.

    Secrets are found by their first run of letters and digits, so that thousands of them cost no
    more than a few; those in other scripts one by one, as they are written.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self.kinds: dict[bytes, str] = {}
        self.short: dict[str, str] = {}
        for secret in secrets:
            value = secret.value.casefold()
            if len(value) < SHORT:
                self.short[value] = secret.kind
            elif value not in COMMON:
                self.kinds.setdefault(value.encode(), secret.kind)
        self.words: dict[bytes, list[tuple[int, bytes]]] = {}
        self.foreign: list[bytes] = []
        for word in self.kinds:
            if first := RUN.search(word):
                self.words.setdefault(first[0], []).append((first.start(), word))
            else:
                self.foreign.append(word)

    def kinds_in(self, data: bytes) -> set[str]:
        """Return the kinds of secrets in some bytes."""
        text = data.lower()
        found = {self.kinds[word] for word in self.foreign if word in data}
        for run in RUN.finditer(text):
            for offset, word in self.words.get(run[0], ()):
                start = run.start() - offset
                if start >= 0 and text.startswith(word, start) and _ends(text, start, word):
                    found.add(self.kinds[word])
        return found

    def kind_of(self, value: str) -> str | None:
        """Return the kind of the secret that a value is as a whole; short ones count here."""
        folded = value.casefold()
        return self.short.get(folded) or self.kinds.get(folded.encode())


def _ends(text: bytes, start: int, word: bytes) -> bool:
    """Whether a word that is there is not the beginning of a longer one."""
    end = start + len(word)
    return not (RUN.match(word[-1:]) and RUN.match(text[end : end + 1]))


def find_leaks(
    sources: Iterable[Path | tuple[str, bytes]], secrets: Iterable[Secret]
) -> list[Leak]:
    """Return which files hold which kinds of secrets, in their names or anywhere in their bytes.

    ``sources``: files, or names with bytes. What gzip packed is looked into, so also BGZF and the
    header of a CRAM. Secrets of fewer than 4 characters are found as a whole file name without
    its end only: elsewhere they would be found by chance.
    """
    finder = Finder(secrets)
    found: set[Leak] = set()
    for source in sources:
        name, data = (str(source), source.read_bytes()) if isinstance(source, Path) else source
        kinds = {kind for view in views(data) for kind in finder.kinds_in(view)}
        kinds |= finder.kinds_in(name.encode())
        whole = finder.kind_of(PurePosixPath(name).name.split(".")[0])
        found |= {Leak(name, kind) for kind in kinds | ({whole} if whole else set())}
    return sorted(found)


def views(data: bytes) -> Iterator[bytes]:
    """Yield bytes as they are, and what every gzip member in them unpacks to, joined."""
    yield data
    unpacked = []
    start = data.find(GZIP)
    while start >= 0:
        member, end = _member(data, start)
        unpacked.append(member)
        start = data.find(GZIP, end)
    if unpacked:
        yield b"".join(unpacked)


def _member(data: bytes, start: int) -> tuple[bytes, int]:
    """Return what a gzip member unpacks to, and where it ends; nothing if it is none."""
    member = zlib.decompressobj(wbits=31)
    unpacked, room, place = [], MEMBER_LIMIT, start
    while not member.eof and place < len(data) and room > 0:
        piece = data[place : place + PIECE_BYTES]
        try:
            unpacked.append(member.decompress(piece, room))
        except zlib.error:  # these bytes stand there by chance
            return b"", start + 1
        room -= len(unpacked[-1])
        place += len(piece) - len(member.unused_data)
    return b"".join(unpacked), place


def refuse(leaks: Iterable[Leak]) -> None:
    """Raise `LeakError` naming file and kind of each leak, if there is any."""
    told = [f"{leak.file} holds {leak.kind}" for leak in leaks]
    if told:
        raise LeakError(f"private words in what is to travel: {'; '.join(told)}")


def secrets_of(people: Iterable[Person], lanes: Iterable[Lane]) -> list[Secret]:
    """Return what the sheets of a run hold that must not travel."""
    found = []
    for person in people:
        found.append(Secret("the id of a sample", person.sample))
        if person.subject_id:
            found.append(Secret("a subject_id", person.subject_id))
        if person.targets:
            found += _of_path("a file of targets", person.targets)
    for lane in lanes:
        found.append(Secret("the name of a library", lane.library))
        found.append(Secret("the name of a flow cell", lane.flowcell))
        found += [Secret(CENTRE, lane.center)] if lane.center else []
        found += _of_barcode(lane.barcode)
        for path in (*lane.fq1, *lane.fq2, *([lane.alignment] if lane.alignment else [])):
            found += _of_path("an input file", path)
        if lane.read_group:
            found.append(Secret("a read group of the input", lane.read_group))
    return list(dict.fromkeys(found))


def unless_declared(secrets: Iterable[Secret], dataset: Description) -> list[Secret]:
    """Return the secrets without the centres that the description of the dataset names itself."""
    told = dataset.model_dump_json().encode()
    return [
        secret for secret in secrets if secret.kind != CENTRE or not Finder([secret]).kinds_in(told)
    ]


def _of_barcode(barcode: str | None) -> list[Secret]:
    parts = re.split(r"[-+]", barcode or "")
    values = dict.fromkeys([barcode or "", *parts])
    long = [value for value in values if len(value) >= SHORT_BARCODE]
    return [Secret("a barcode", value, in_records=False) for value in long]


def _of_path(kind: str, path: str) -> list[Secret]:
    """Return name, stem and folder of a file; a folder of one word would be found by chance."""
    parts = PurePosixPath(path)
    stem = parts.name
    while ENDS.search(stem):
        stem = ENDS.sub("", stem)
    folder = str(parts.parent)
    values = [parts.name, stem, *([folder] if "/" in folder.strip("/") else [])]
    return [Secret(f"the name of {kind}", value) for value in values if value]


def machine_secrets() -> list[Secret]:
    """Return what this machine and its user are called."""
    host = socket.gethostname()
    found = [Secret("the name of this machine", name) for name in {host, host.split(".")[0]}]
    with suppress(KeyError, OSError):  # a container may have a user without a name
        found.append(Secret("the name of a user", getpass.getuser()))
    folders = (Path.home(), Path(os.environ.get("PWD", "/")))
    places = {str(folder) for folder in folders if len(folder.parts) > 1}
    return found + [Secret("a folder of this machine", place) for place in sorted(places)]
