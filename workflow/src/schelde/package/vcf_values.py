"""Values of INFO and of samples in a VCF: their number and their type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from schelde.package.vcf_header import RESERVED_FORMAT, Declared, Header

INTEGER = r"-?[0-9]{1,10}"
FLOAT = r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|(?i:inf|infinity|nan))"
NOT_NEGATIVE = frozenset({"AC", "AN", "DP", "END", "NS", "MQ0", "AF", "AD", "ADF", "ADR"})
"""Keys of counts, places and shares, that are never below 0."""

SMALLEST, LARGEST = -(2**31) + 8, 2**31 - 1
"""Of Integer; the standard keeps the eight lowest values of 32 bits for BCF."""

OF_TYPE = {"Integer": INTEGER, "Float": FLOAT, "Character": r"[^\s;,:=]", "String": r"[^\s;,:=]+"}
CIGAR = re.compile(r"(?:[0-9]+[MIDNSHPX=])+")


def format_faults(names: list[str], header: Header, *, all_declared: bool) -> Iterator[str]:
    """Yield what is wrong with the keys of a FORMAT column."""
    if len(set(names)) < len(names) or "" in names:
        yield "FORMAT has a key twice, or none"
    if "GT" in names[1:]:
        yield "GT is not the first key of FORMAT"
    for name in names:
        known = name in header.formats
        if not known and (all_declared or not re.fullmatch(r"[A-Za-z_][\w.]*", name)):
            yield f"FORMAT has '{name[:40]}', which is not in the header"


def sample_value(name: str, declared: Declared | None, alts: int, copies: int | None) -> str:
    """Return the pattern of a value of a sample with so many ``copies``, None if unknown."""
    if name == "GT":
        allele = f"(?:{'|'.join(map(str, range(alts, -1, -1)))}|\\.)"
        return rf"[/|]?{allele}(?:[/|]{allele})*"
    declared = declared or as_defined(name, RESERVED_FORMAT)
    if declared is None:
        return r"[^\s:]*"
    one = "[^\\s:,]+" if declared.type == "String" else OF_TYPE[declared.type]
    if name in NOT_NEGATIVE:
        one = one.replace("-?", "", 1)
    one = rf"(?:{one}|\.)"
    count = _count(declared.number, alts, copies)
    if count is None:
        return f"{one}(?:,{one})*"
    return rf"\.|{one}(?:,{one}){{{count - 1}}}" if count else r"\."


def as_defined(key: str, reserved: Mapping[str, tuple[str, tuple[str, ...]]]) -> Declared | None:
    """Return what the standard says of a key; None if it is silent."""
    found = reserved.get(key)
    return Declared(found[0], found[1][0]) if found else None


def _count(number: str, alts: int, copies: int | None) -> int | None:
    """Return how many values a field has; None when that is not fixed.

    >>> _count("G", 2, 2), _count("G", 1, 1), _count("A", 3, None), _count(".", 1, 2)
    (6, 2, 3, None)
    """
    if number == "A":
        return alts
    if number == "R":
        return alts + 1
    if number == "G" and copies is not None:
        genotypes = 1
        for step in range(copies):
            genotypes = genotypes * (alts + 1 + step) // (step + 1)
        return genotypes
    return int(number) if number.isdigit() else None


def value_faults(
    column: str, key: str, declared: Declared, value: str, alts: int, copies: int | None
) -> Iterator[str]:
    """Yield what is wrong with a value, which may be a list, for a record of so many ``alts``."""
    values = value.split(",")
    count = _count(declared.number, alts, copies)
    if count is not None and len(values) != count and value != ".":
        yield f"{column} {key}: {len(values)} values and not {count} (Number={declared.number})"
    pattern = OF_TYPES.get(declared.type)
    for each in values:
        if each == ".":
            continue
        if pattern is None or not pattern.fullmatch(each):
            yield f"{column} {key}: '{each[:40]}' is no {declared.type}"
        elif declared.type == "Integer" and not SMALLEST <= int(each) <= LARGEST:
            yield f"{column} {key}: {each} does not fit into 32 bits"
        elif key in NOT_NEGATIVE and each.startswith("-"):
            yield f"{column} {key}: {each} is below 0"
        elif key == "CIGAR" and not CIGAR.fullmatch(each):
            yield f"{column} CIGAR: '{each[:40]}' is none"


OF_TYPES = {
    **{name: re.compile(pattern) for name, pattern in OF_TYPE.items()},
    "String": re.compile(r"[^\s;,=]+"),
    "Character": re.compile(r"[^\s;,=]"),
}
"""Of values in INFO, where ':' has no meaning."""
