"""The header of a VCF against the standard (VCFv4.2.tex, VCFv4.3.tex of samtools/hts-specs)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VERSIONS = {f"##fileformat=VCFv4.{minor}" for minor in range(1, 4)}
NEWEST = "##fileformat=VCFv4.3"
FIXED = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
TYPES = {
    "INFO": ("Integer", "Float", "Flag", "Character", "String"),
    "FORMAT": ("Integer", "Float", "Character", "String"),
}
NUMBER = re.compile(r"[0-9]+|[ARG.]")
META_LINE = re.compile(r"##([^=\s][^=]*)=(.*)")
KEY_ID = re.compile(r"(?:[A-Za-z_][0-9A-Za-z_.]*|1000G)")
CONTIG_ID = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
SYMBOLIC_ID = re.compile(r"[^\s,<>]+")
STRUCTURED = {
    "INFO": ("ID", "Number", "Type", "Description"),
    "FORMAT": ("ID", "Number", "Type", "Description"),
    "FILTER": ("ID", "Description"),
    "ALT": ("ID", "Description"),
    "contig": ("ID",),
    "META": ("ID", "Type", "Number", "Values"),
    "SAMPLE": ("ID",),
    "PEDIGREE": ("ID",),
}
"""Kinds of lines with keys in angle brackets, and the keys that each must have."""

LATER = ("META", "SAMPLE", "PEDIGREE")
"""Kinds whose keys are of VCF 4.3."""

WORD = re.compile(r"[^\s*,]+")
URL = re.compile(r"<?(?:https?|ftp|file)://[^\s<>]+>?")
MD5 = re.compile(r"[0-9a-f]{32}")

RESERVED_INFO = {
    **dict.fromkeys(("AD", "ADF", "ADR"), ("R", ("Integer",))),
    **dict.fromkeys(("AN", "END", "MQ0", "NS", "DP"), ("1", ("Integer",))),
    **dict.fromkeys(("BQ", "MQ"), ("1", ("Float", "Integer"))),
    **dict.fromkeys(("DB", "H2", "H3", "SOMATIC", "VALIDATED", "1000G"), ("0", ("Flag",))),
    "AA": ("1", ("String",)),
    "AC": ("A", ("Integer",)),
    "AF": ("A", ("Float",)),
    "CIGAR": ("A", ("String",)),
}
"""Number and types of INFO keys that the standard defines; of MQ and BQ its versions differ."""

RESERVED_FORMAT = {
    **dict.fromkeys(("AD", "ADF", "ADR"), ("R", ("Integer",))),
    **dict.fromkeys(("DP", "MQ", "PQ", "PS"), ("1", ("Integer",))),
    **dict.fromkeys(("GL", "GP"), ("G", ("Float",))),
    **dict.fromkeys(("GT", "FT"), ("1", ("String",))),
    "GQ": ("1", ("Integer", "Float")),
    "EC": ("A", ("Integer",)),
    "HQ": ("2", ("Integer",)),
    "PL": ("G", ("Integer",)),
}
RESERVED = {"INFO": RESERVED_INFO, "FORMAT": RESERVED_FORMAT}


@dataclass(frozen=True)
class Declared:
    """An INFO or FORMAT key: ``number`` a count, or A, R, G or '.'."""

    number: str
    type: str


@dataclass
class Header:
    """What a header declares. ``contigs``: length in bp and MD5 by name, None where not told.

    ``newest``: VCF 4.3, which asks for more than those before it.
    """

    infos: dict[str, Declared] = field(default_factory=dict)
    formats: dict[str, Declared] = field(default_factory=dict)
    filters: set[str] = field(default_factory=set)
    alts: set[str] = field(default_factory=set)
    contigs: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    newest: bool = False


def read_vcf_header(lines: list[str], faults: list[str]) -> Header:
    """Return what the header lines of a VCF declare, adding what is wrong to ``faults``."""
    header = Header()
    if not lines or lines[0] not in VERSIONS:
        faults.append("the first line is not ##fileformat=VCFv4.1, 4.2 or 4.3")
    header.newest = bool(lines) and lines[0] == NEWEST
    seen: set[tuple[str, str]] = set()
    for line in lines[1:-1]:
        for fault in _line_faults(line, header, seen):
            faults.append(f"{fault}: {line[:200]}")
    faults.extend(_column_faults(lines[-1] if lines else "", header))
    return header


def _column_faults(line: str, header: Header) -> Iterator[str]:
    columns = line.split("\t")
    if tuple(columns[:8]) != FIXED:
        yield "the line of column names does not begin with the eight of the standard"
    elif len(columns) > 8 and columns[8] != "FORMAT":
        yield f"the ninth column is '{columns[8][:40]}' and not FORMAT"
    header.samples = tuple(columns[9:])
    if len(columns) == 9:
        yield "there is a column FORMAT but no sample"
    if len(set(header.samples)) < len(header.samples) or "" in header.samples:
        yield "two samples have one name, or one has none"


def _line_faults(line: str, header: Header, seen: set[tuple[str, str]]) -> Iterator[str]:
    found = META_LINE.fullmatch(line)
    if found is None:
        yield "not of the form ##key=value"
        return
    kind, value = found[1], found[2]
    if kind == "fileformat":
        yield "a second fileformat"
    elif kind in ("assembly", "pedigreeDB"):
        if not URL.fullmatch(value):
            yield "not an address"
    elif kind in STRUCTURED:
        yield from _structured_faults(kind, value, header, seen)
    elif value.startswith("<") and (fields := parse_fields(value)) is not None:
        if "ID" not in fields:
            yield "no ID"
    elif not value:
        yield "no value"


def _structured_faults(
    kind: str, value: str, header: Header, seen: set[tuple[str, str]]
) -> Iterator[str]:
    fields = parse_fields(value)
    if fields is None:
        yield "not key=value pairs in angle brackets, or a text without its quotation marks"
        return
    if kind in LATER and not header.newest:
        return
    missing = [key for key in STRUCTURED[kind] if key not in fields]
    if missing:
        yield f"no {' and no '.join(missing)}"
        return
    if next(iter(fields)) != "ID":
        yield "ID is not the first key"
    own = fields["ID"]
    if (kind, own) in seen and (header.newest or kind != "contig"):
        yield f"a second {kind} '{own}'"
    seen.add((kind, own))
    if "Description" in STRUCTURED[kind] and not fields["Description"].startswith('"'):
        yield "the description has no quotation marks"
    if kind in TYPES:
        yield from _field_faults(kind, fields, header)
    elif kind == "FILTER":
        if not own or re.search(r"[\s;,<>]", own) or own == "0":
            yield "this cannot name a filter"
        header.filters.add(own)
    elif kind == "ALT":
        if not SYMBOLIC_ID.fullmatch(own) or {"Number", "Type"} & fields.keys():
            yield "this cannot name an allele"
        header.alts.add(own)
    elif kind == "contig":
        yield from _contig_faults(fields, header)
    elif kind == "META":
        numbered = NUMBER.fullmatch(fields["Number"]) and fields["Type"] in TYPES["INFO"]
        if not numbered or not re.fullmatch(r"\[.*\]", fields["Values"]):
            yield "Number, Type or Values is not as it must be"
    elif not all(WORD.fullmatch(own) for own in fields.values() if own[:1] != '"'):
        yield "a value with a space or a star"


def _field_faults(kind: str, fields: dict[str, str], header: Header) -> Iterator[str]:
    own, number, type_ = fields["ID"], fields["Number"], fields["Type"]
    if not KEY_ID.fullmatch(own):
        yield f"this cannot name a field of {kind}"
    if not NUMBER.fullmatch(number):
        yield f"Number is '{number}'"
    if type_ not in TYPES[kind]:
        yield f"Type is '{type_}'"
    elif number == "0" and type_ != "Flag":
        yield "the Number 0 is for flags"
    wanted = RESERVED[kind].get(own)
    if wanted and (number != wanted[0] or type_ not in wanted[1]):
        yield f"the standard has Number={wanted[0]},Type={wanted[1][0]}"
    known = header.infos if kind == "INFO" else header.formats
    known[own] = Declared(number, type_)


def _contig_faults(fields: dict[str, str], header: Header) -> Iterator[str]:
    if not CONTIG_ID.fullmatch(fields["ID"]):
        yield "this cannot name a contig"
    length, md5 = fields.get("length"), fields.get("md5")
    if length is not None and not re.fullmatch("[0-9]{1,12}", length):
        yield f"the length is '{length}'"
        length = None
    if md5 is not None and not MD5.fullmatch(md5):
        yield f"the md5 is '{md5}'"
    header.contigs[fields["ID"]] = (int(length) if length else None, md5)


def parse_fields(value: str) -> dict[str, str] | None:
    r"""Return the pairs of a value in angle brackets, texts with their marks; None if it is none.

    >>> parse_fields('<ID=x,Description="a,\\"b\\"">')
    {'ID': 'x', 'Description': '"a,\\"b\\""'}
    >>> parse_fields('<ID=x,Description="a>') is None, parse_fields("<ID=x,ID=y>") is None
    (True, True)
    """
    if not (value.startswith("<") and value.endswith(">")):
        return None
    fields: dict[str, str] = {}
    place, end = 1, len(value) - 1
    while place < end:
        found = PAIR.match(value, place)
        if found is None or found[1] in fields:
            return None
        fields[found[1]] = found[2]
        place = found.end()
        if place < end:
            if value[place] != "," or place + 1 == end:
                return None
            place += 1
    return fields


PAIR = re.compile(
    r'([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|\[[^\]]*\]|(?:[^",<>\[][^,<>]*)?)(?=,|>$)'
)
