"""Rules that a bundle tells nothing of machines, accounts and people but what it declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from schelde.bundle.part import SAFE_NAME
from schelde.bundle.record import Role
from schelde.package.header import VERSION, is_known_command
from schelde.package.leaks import views
from schelde.package.variants import FIELD, NAMED, SOURCE
from schelde.verify.plain_file import VCFS, Plain, plain_of
from schelde.verify.private_words import accounts_in, hosts_in, paths_in
from schelde.verify.rule import Bundle, Finding, Rule

ENCRYPTED = ".c4gh"
SHOWN = 3
"""Findings of one kind that are told of a file."""

LONG_NAME = 200
"""Bytes of a name that file systems and inboxes take with an end of theirs."""

TABIX = b"TBI\1"
TABIX_NAMES = 36
"""First bytes of an index of tabix, and where its names of contigs begin, after their length in 4
bytes (The Tabix index file format, of htslib)."""

UNDECLARED_ACCOUNT = "an account that is not declared"
UNDECLARED_HOST = "a host that is not declared"

WORD = r"[0-9A-Za-z][0-9A-Za-z._-]*"
CONTIG_NAME = r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"
MD5 = r"[0-9a-f]{32}"
CRAM_LINES = (
    re.compile(r"@HD\tVN:1\.[0-9]\tSO:coordinate"),
    re.compile(
        rf"@SQ\tSN:{CONTIG_NAME}\tLN:[0-9]+\tM5:{MD5}(?:\tAS:{WORD})?(?:\tSP:Homo sapiens)?"
    ),
    re.compile(rf"@RG\tID:{WORD}\tLB:{WORD}\tPL:[A-Z0-9]+\tPU:[0-9]+\tSM:{WORD}"),
)
PROGRAM = re.compile(
    r"@PG\tID:[a-z0-9.-]+\tPN:[a-z0-9-]+(?:\tPP:[a-z0-9.-]+)?\tVN:(?P<version>[^\t]+)\tCL:(?P<command>.+)"
)
VCF_LINES = (
    re.compile(r"##fileformat=VCFv4\.[23]"),
    re.compile(rf"##source={SOURCE.pattern}"),
    re.compile(rf"{FIELD.pattern}>"),
    re.compile(rf"{NAMED.pattern}>"),
    re.compile(rf"##contig=<ID={CONTIG_NAME},length=[0-9]+(?:,assembly={WORD})?,md5={MD5}>"),
    re.compile(rf"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{WORD}"),
)


def names(bundle: Bundle) -> Iterable[Finding]:
    """Yield files whose names an inbox would refuse, and those that differ in case alone."""
    seen: dict[str, str] = {}
    for name in bundle.names("**/*"):
        for part in name.split("/"):
            if not re.fullmatch(SAFE_NAME, part) or len(part.encode()) > LONG_NAME:
                yield Finding(name, f"'{part[:80]}' is not made of letters, digits and '._-' alone")
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            yield Finding(name, f"it differs from '{first}' only in upper and lower case")


def paths(bundle: Bundle) -> Iterable[Finding]:
    """Yield documents with the path of a file or folder on somebody's machine."""
    for name, text in _documents(bundle):
        yield from _told(name, "a path of a machine", paths_in(text))


def hosts(bundle: Bundle) -> Iterable[Finding]:
    """Yield documents with accounts or hosts that the operator does not declare."""
    record = bundle.record
    told = record.dataset.model_dump_json() + record.national.model_dump_json()
    declared = told.casefold()
    for name, text in _documents(bundle):
        yield from _told(name, UNDECLARED_ACCOUNT, accounts_in(text, declared))
        yield from _told(name, UNDECLARED_HOST, hosts_in(text, declared))


def _documents(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Yield the text of every document; that of packed ones unpacked."""
    for name in bundle.names("**/*"):
        if not name.endswith(ENCRYPTED):
            *_, unpacked = views(bundle.bytes(name))
            yield name, _names_of_index(unpacked) if unpacked.startswith(TABIX) else unpacked


def _names_of_index(index: bytes) -> bytes:
    """Return the names of contigs, which are all the text of an index of tabix.

    The rest is numbers, among whose bytes any short word comes up by chance.
    """
    length = int.from_bytes(index[TABIX_NAMES - 4 : TABIX_NAMES], "little")
    return index[TABIX_NAMES : TABIX_NAMES + length]


def _told(name: str, what: str, words: Iterable[str]) -> Iterator[Finding]:
    found = list(dict.fromkeys(words))
    for word in found[:SHOWN]:
        yield Finding(name, f"it holds {what}: '{word[:120]}'")
    if len(found) > SHOWN:
        yield Finding(name, f"it holds {what}: {len(found) - SHOWN} more")


def headers(bundle: Bundle) -> Iterable[Finding]:
    """Yield what is odd in headers: lines of other forms than Schelde writes, private words.

    Reads with names and records with IDs of their own are told too.
    """
    declared = bundle.record.dataset.model_dump_json().casefold()
    for _, file in bundle.record.files:
        if file.role is not Role.READS and file.role not in VCFS:
            continue
        plain = plain_of(bundle, file)
        known = is_cram_line if file.role is Role.READS else is_vcf_line
        odd = [line for line in plain.header if not known(line)]
        for line in odd[:SHOWN]:
            yield Finding(file.path, f"a line of its header is not on the list: {line[:120]!r}")
        if len(odd) > SHOWN:
            yield Finding(file.path, f"{len(odd) - SHOWN} more lines of its header are not either")
        text = "\n".join(plain.header).encode()
        yield from _told(file.path, "a path of a machine", paths_in(text))
        yield from _told(file.path, UNDECLARED_ACCOUNT, accounts_in(text, declared))
        yield from _told(file.path, UNDECLARED_HOST, hosts_in(text, declared))
        if file.role is Role.READS:
            yield from _cram_findings(file.path, file.name, plain)
        if plain.named:
            yield Finding(file.path, f"{plain.named} records have an ID of their own")


def _cram_findings(path: str, name: str, plain: Plain) -> Iterator[Finding]:
    if plain.odd_names:
        yield Finding(path, f"{plain.odd_names} reads have names that are no hashes")
    inside = plain.start[6:].rstrip(b"\0").decode("ascii", "replace")
    if inside and not name.startswith(inside):
        yield Finding(path, f"the file names itself '{inside}', which is not its own name")


def is_cram_line(line: str) -> bool:
    """Whether a line of a SAM header is of a form that Schelde writes.

    >>> is_cram_line("@RG\\tID:P1.1\\tLB:P1.L1\\tPL:ILLUMINA\\tPU:1\\tSM:P1")
    True
    >>> is_cram_line("@CO\\tfrom Ann")
    False
    """
    program = PROGRAM.fullmatch(line)
    if program:
        return is_known_command(program["command"]) and bool(VERSION.fullmatch(program["version"]))
    return any(pattern.fullmatch(line) for pattern in CRAM_LINES)


def is_vcf_line(line: str) -> bool:
    """Whether a line of a VCF header is of a form that Schelde writes.

    >>> is_vcf_line("##source=bcftools call 1.16"), is_vcf_line("##bcftools_callCommand=call x")
    (True, False)
    """
    return any(pattern.fullmatch(line) for pattern in VCF_LINES)


RULES = (
    Rule("privacy.names", "every file has a name that EGA and the inboxes take", names),
    Rule("privacy.paths", "no document holds the path of a file on a machine", paths),
    Rule(
        "privacy.hosts",
        "no document holds an account or a host but those that the dataset declares and those"
        " of vocabularies and archives",
        hosts,
    ),
    Rule(
        "privacy.headers",
        "headers of CRAMs and VCFs have lines of known forms alone, without paths, accounts "
        "and hosts, reads have no names and records no IDs of their own",
        headers,
        needs_key=True,
    ),
)
