"""The header of a packaged CRAM: written anew from what is on a list, never by taking out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schelde.align import ALIGNERS
from schelde.bundle.record import Program, ReadGroup
from schelde.joblog import JobError
from schelde.lanes import PLATFORMS

FIRST = "@HD\tVN:1.6\tSO:coordinate"
SPECIES = "Homo sapiens"

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~-]{0,39}")
SAMTOOLS_STEPS = re.compile(r"samtools (fixmate -m|sort|markdup(?: -d [0-9]+)?)")
PROGRAM_ID = re.compile(r"[A-Za-z0-9-]+(?:\.[a-z]+)?")
MD5 = re.compile(r"[0-9a-f]{32}")


class HeaderError(JobError):
    """A header with something that Schelde does not write."""


@dataclass(frozen=True)
class Contig:
    """A sequence of the reference: length in bp, MD5 of its bases in capitals."""

    name: str
    length: int
    md5: str


@dataclass(frozen=True)
class Clean:
    """A header that may travel. ``renamed``: new ids of read groups by those they replace."""

    text: str
    read_groups: tuple[ReadGroup, ...]
    programs: tuple[Program, ...]
    renamed: Mapping[str, str]


def contigs_of(facts: Mapping[str, Any]) -> list[Contig]:
    """Return the sequences of a genome from the JSON that `schelde.reference` writes."""
    return [Contig(each["name"], each["length"], each["md5"]) for each in facts["contigs"]]


def clean_header(
    lines: Iterable[str],
    *,
    sample: str,
    pseudonym: str,
    contigs: Sequence[Contig],
    assembly: str | None,
    paired: Mapping[str, bool],
) -> Clean:
    """Return the header of a sample's CRAM as it may travel.

    ``assembly`` is named when it is a public one. ``paired``: whether a read group has pairs, by
    its id in ``lines``. Of @RG only the platform is taken over, of @PG only what `schelde.align`
    writes; contigs must be those of the genome, in order. Raises `HeaderError` for anything else,
    so that nothing travels that was not thought of.
    """
    kinds: dict[str, list[dict[str, str]]] = {"@SQ": [], "@RG": [], "@PG": []}
    for line in lines:
        kind, *tags = line.split("\t")
        if kind in kinds:
            kinds[kind].append({tag[:2]: tag[3:] for tag in tags})
    _same_contigs(kinds["@SQ"], contigs)
    groups, renamed = _read_groups(kinds["@RG"], sample, pseudonym, paired)
    chain = [_program(tags) for tags in kinds["@PG"]]
    text = [
        FIRST,
        *(_sequence(contig, assembly) for contig in contigs),
        *(_read_group_line(group, pseudonym) for group in groups),
        *_program_lines(chain),
    ]
    programs = tuple(program for _, program in chain)
    return Clean("\n".join(text) + "\n", groups, programs, renamed)


def _same_contigs(found: Sequence[Mapping[str, str]], contigs: Sequence[Contig]) -> None:
    there = [(tags.get("SN"), tags.get("LN"), tags.get("M5")) for tags in found]
    wanted = [(contig.name, str(contig.length), contig.md5) for contig in contigs]
    if there != wanted:
        raise HeaderError(
            f"the CRAM has {len(there)} sequences that are not the {len(wanted)} of the genome, "
            "in name, length, MD5 or order; delete it to have it made again"
        )


def _sequence(contig: Contig, assembly: str | None) -> str:
    if not MD5.fullmatch(contig.md5):
        raise HeaderError(f"sequence '{contig.name}' has no MD5")
    named = f"\tAS:{assembly}" if assembly else ""
    return f"@SQ\tSN:{contig.name}\tLN:{contig.length}\tM5:{contig.md5}{named}\tSP:{SPECIES}"


def _read_groups(
    found: Sequence[Mapping[str, str]], sample: str, pseudonym: str, paired: Mapping[str, bool]
) -> tuple[tuple[ReadGroup, ...], dict[str, str]]:
    """Return the read groups by number, libraries numbered as they come, and ids by old ids."""
    libraries: dict[str, int] = {}
    groups: list[ReadGroup] = []
    renamed: dict[str, str] = {}
    for number, tags in enumerate(found, start=1):
        if tags.get("SM") != sample or tags.get("PL") not in PLATFORMS:
            raise HeaderError(f"read group {number} is of another sample, or of no known platform")
        own = tags.get("ID", "")
        if own not in paired or own in renamed or "LB" not in tags:
            raise HeaderError(f"read group {number} is not one of the sample's lanes")
        library = libraries.setdefault(tags["LB"], len(libraries) + 1)
        groups.append(
            ReadGroup(
                id=f"{pseudonym}.{number}",
                library=f"{pseudonym}.L{library}",
                platform=tags["PL"],
                unit=str(number),
                paired=paired[own],
            )
        )
        renamed[own] = groups[-1].id
    if not groups:
        raise HeaderError("the CRAM has no read groups")
    return tuple(groups), renamed


def _read_group_line(group: ReadGroup, pseudonym: str) -> str:
    tags = (group.id, group.library, group.platform, group.unit, pseudonym)
    return "@RG\tID:{}\tLB:{}\tPL:{}\tPU:{}\tSM:{}".format(*tags)


def is_known_command(command: str) -> bool:
    """Whether a command is one that Schelde writes: no files, threads or machines.

    >>> is_known_command("samtools markdup -d 100"), is_known_command("samtools view /x.cram")
    (True, False)
    """
    aligners = {" ".join(words) for words in ALIGNERS.values()}
    return command in aligners or bool(SAMTOOLS_STEPS.fullmatch(command))


def _program(tags: Mapping[str, str]) -> tuple[str, Program]:
    """Return the id and the content of a program; `HeaderError` unless Schelde writes such."""
    own, name, command = tags.get("ID", ""), tags.get("PN", ""), tags.get("CL", "")
    known = name in (*ALIGNERS, "samtools") and own.split(".")[0] == name
    if not known or not PROGRAM_ID.fullmatch(own) or not is_known_command(command):
        raise HeaderError(f"the CRAM's header has a program that Schelde did not run: '{own}'")
    if not VERSION.fullmatch(tags.get("VN", "")):
        raise HeaderError(f"program '{own}' has no version")
    return own, Program(name=name, version=tags["VN"], command=command)


def _program_lines(chain: Sequence[tuple[str, Program]]) -> Iterable[str]:
    previous = ""
    for own, program in chain:
        before = f"\tPP:{previous}" if previous else ""
        yield (
            f"@PG\tID:{own}\tPN:{program.name}{before}\tVN:{program.version}\tCL:{program.command}"
        )
        previous = own
