"""Variants of a sample under a pseudonym: the header written anew, the records as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from schelde.joblog import JobError
from schelde.package.header import Contig
from schelde.package.reads import FIRST_RECORDS, Tools, whole_lines
from schelde.streams import vcf_writer
from schelde.vcf import COLUMNS, PASS, contig_line, read_header, source_of, vcf_text

FILEFORMAT = "##fileformat=VCFv4.2"
PREFIX = "##source="

SOURCE = re.compile(
    r"[A-Za-z][A-Za-z0-9+-]*(?: [A-Za-z][A-Za-z0-9+-]*){0,2} v?[0-9][0-9A-Za-z.+-]*"
)
"""Words for a program and its version, such as 'GATK HaplotypeCaller 4.6.2.0'."""

QUOTED = r'"(?:[^"\\]|\\["\\])*"'
FIELD = re.compile(
    r"##(?:INFO|FORMAT)=<ID=[A-Za-z_][0-9A-Za-z_.]*,Number=(?:[0-9]+|[ARG.]),"
    rf"Type=(?:Integer|Float|Flag|Character|String),Description={QUOTED}"
)
NAMED = re.compile(rf"##(?:FILTER|ALT)=<ID=[^,;<>\s]+,Description={QUOTED}")
KINDS = ("FILTER", "ALT", "INFO", "FORMAT")


class VariantsError(JobError):
    """A VCF with something in its header that Schelde does not write."""


def clean_vcf_header(
    lines: Sequence[str], *, pseudonym: str, contigs: Iterable[Contig], assembly: str | None
) -> tuple[str, str]:
    """Return the header of a sample's VCF as it may travel, and what it says of the caller.

    Of ``lines`` only ##source (a program and its version) and FILTER, ALT, INFO, FORMAT are taken,
    the latter cut to the keys that the VCF standard requires. Raises `VariantsError` for one
    that does not follow the standard.
    """
    caller = source_of(lines)
    if not SOURCE.fullmatch(caller):
        raise VariantsError(f"##source is '{caller}', which is not a program and its version")
    kept = []
    for kind in KINDS:
        for line in lines:
            if line.startswith(f"##{kind}="):
                found = (FIELD if kind in ("INFO", "FORMAT") else NAMED).match(line)
                if found is None or line[found.end() : found.end() + 1] not in (",", ">"):
                    raise VariantsError(f"the header has a line that is no VCF 4.2: {line}")
                kept.append(f"{found[0]}>")
    first = [FILEFORMAT, f"{PREFIX}{caller}", *([] if PASS in kept else [PASS])]
    ends = [contig_line(each.name, each.length, each.md5, assembly) for each in contigs]
    return "\n".join([*first, *kept, *ends, f"{COLUMNS}\t{pseudonym}"]) + "\n", caller


def write_variants(
    source: Path,
    tools: Tools,
    output: Path,
    *,
    sample: str,
    pseudonym: str,
    contigs: Sequence[Contig],
    assembly: str | None,
) -> tuple[int, str, bytes]:
    """Write a VCF under a pseudonym, bgzipped, with ``.tbi`` beside it.

    Return its number of records, what its header says of the caller, and header and first
    records as text. Raises `schelde.vcf.VcfError`, `VariantsError` or `ToolError`.
    """
    records = 0
    with (
        vcf_text(source, tools.log) as text,
        vcf_writer(output, log=tools.log, threads=tools.threads) as sink,
    ):
        lines = read_header(text, sample)
        header, caller = clean_vcf_header(
            lines, pseudonym=pseudonym, contigs=contigs, assembly=assembly
        )
        sink.write(header.encode())
        first = [header.encode()]
        for piece in whole_lines(text):
            if records < FIRST_RECORDS:
                first.append(piece)
            records += piece.count(b"\n")
            sink.write(piece)
    return records, caller, b"".join(first)
