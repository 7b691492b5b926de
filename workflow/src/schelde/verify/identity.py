"""Rules that names and sequences are the same in documents, file names and headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from schelde.bundle.record import RECORD, SUFFIXES, File, Member, Role
from schelde.package.vcf_header import parse_fields
from schelde.sheet import Assay
from schelde.verify.plain_file import VCFS, plain_of
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError

SEQCOL = "reference/seqcol.json"
CRAM_3_0 = b"CRAM\x03\x00"
COLUMNS = 9
"""Columns of a VCF before its samples."""

Contig = tuple[str, str, str]
"""Name, length and MD5, as a header writes them; '' for what is not told."""


def documents(bundle: Bundle) -> Iterable[Finding]:
    """Yield documents of quality control that name another sample than their own name."""
    for member in bundle.record.members:
        for name, keys in (
            (f"qc/{member.sample}.ga4gh-wgs-qc.json", ("biosample", "id")),
            (f"qc/{member.sample}.verdict.json", ("sample",)),
        ):
            found = bundle.json(name)
            for key in keys:
                found = found.get(key) if isinstance(found, dict) else None
            if found != member.sample:
                message = f"{'.'.join(keys)} is {found!r} and not '{member.sample}'"
                yield Finding(name, message)


def file_names(bundle: Bundle) -> Iterable[Finding]:
    """Yield files that are not named by their sample and by what they are, and names used twice."""
    seen: dict[str, str] = {}
    for member, file in bundle.record.files:
        wanted = f"{member.sample}{SUFFIXES[file.role]}"
        if file.name != wanted:
            message = f"the {file.role} of '{member.sample}' is not named '{wanted}'"
            yield Finding(file.path, message)
        first = seen.setdefault(file.name.casefold(), member.sample)
        if first != member.sample:
            message = f"samples '{first}' and '{member.sample}' have a file of this name"
            yield Finding(file.path, message)


def aliases(bundle: Bundle) -> Iterable[Finding]:
    """Yield read groups of a CRAM, and columns of a VCF, that are not the sample's."""
    for member, file in bundle.record.files:
        if file.role is Role.READS:
            yield from _read_groups(member, file, plain_of(bundle, file).header)
        elif file.role in VCFS:
            last = (plain_of(bundle, file).header or [""])[-1]
            samples = last.split("\t")[COLUMNS:]
            if samples != [member.sample]:
                message = f"its columns are {samples} and not ['{member.sample}']"
                yield Finding(file.path, message)


def _read_groups(member: Member, file: File, header: Sequence[str]) -> Iterator[Finding]:
    found = [_tags(line) for line in header if line.startswith("@RG\t")]
    for tags in found:
        if tags.get("SM") != member.sample:
            message = f"read group '{tags.get('ID')}' has SM {tags.get('SM')!r}"
            yield Finding(file.path, f"{message} and not '{member.sample}'")
    there = [tuple(tags.get(key) for key in ("ID", "LB", "PL", "PU")) for tags in found]
    wanted = [(group.id, group.library, group.platform, group.unit) for group in member.read_groups]
    if there != wanted:
        yield Finding(file.path, f"its read groups are {there}; recorded are {wanted}")


def seqcol(bundle: Bundle) -> Iterable[Finding]:
    """Yield differences between the sequence collection and the contigs of the record."""
    document = bundle.json(SEQCOL)
    level = document.get("level2") if isinstance(document, dict) else None
    if not isinstance(level, dict):
        raise UnreadableError(SEQCOL, "it has no level2")
    contigs = bundle.record.reference.contigs
    for key, wanted in (
        ("names", [contig.name for contig in contigs]),
        ("lengths", [contig.length for contig in contigs]),
        ("sequences", [contig.refget for contig in contigs]),
    ):
        if level.get(key) != wanted:
            message = f"level2.{key} is not that of the {len(contigs)} contigs of the record"
            yield Finding(SEQCOL, f"{message}: {_difference(level.get(key), wanted)}")


def contigs(bundle: Bundle) -> Iterable[Finding]:
    """Yield headers whose sequences are not those of the record, in name, length, MD5 or order."""
    reference = bundle.record.reference.contigs
    wanted = [(contig.name, str(contig.length), contig.md5) for contig in reference]
    for _, file in bundle.record.files:
        if file.role is Role.READS:
            found = list(_cram_contigs(plain_of(bundle, file).header))
        elif file.role in VCFS:
            found = list(_vcf_contigs(plain_of(bundle, file).header))
        else:
            continue
        if found != wanted:
            yield Finding(
                file.path, f"its contigs are not those recorded: {_difference(found, wanted)}"
            )


def _cram_contigs(header: Sequence[str]) -> Iterator[Contig]:
    for line in header:
        if line.startswith("@SQ\t"):
            tags = _tags(line)
            yield tags.get("SN", ""), tags.get("LN", ""), tags.get("M5", "")


def _vcf_contigs(header: Sequence[str]) -> Iterator[Contig]:
    for line in header:
        if line.startswith("##contig="):
            tags = parse_fields(line.removeprefix("##contig=")) or {}
            yield tags.get("ID", ""), tags.get("length", ""), tags.get("md5", "")


def _difference(found: object, wanted: Sequence[object]) -> str:
    """Say where two lists begin to differ."""
    if not isinstance(found, list):
        return f"{str(found)[:80]} is no list"
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), start=1):
        if one != other:
            return f"number {number} is {str(one)[:120]} and not {str(other)[:120]}"
    return f"there are {len(found)} and not {len(wanted)}"


def cram(bundle: Bundle) -> Iterable[Finding]:
    """Yield CRAMs that are not of version 3.0, or not declared as sorted."""
    for _, file in bundle.record.files:
        if file.role is not Role.READS:
            continue
        plain = plain_of(bundle, file)
        if not plain.start.startswith(CRAM_3_0):
            magic, version = plain.start[:4], list(plain.start[4:6])
            message = f"it begins with {magic!r} and version {version}; CRAM 3.0 is asked for"
            yield Finding(file.path, message)
        first = plain.header[0] if plain.header else ""
        if not first.startswith("@HD\t") or "SO:coordinate" not in first.split("\t"):
            yield Finding(file.path, f"its header begins with {first!r}, not @HD SO:coordinate")


def strict_vcf(bundle: Bundle) -> Iterable[Finding]:
    """Yield what breaks the VCF standard, or is used and not declared."""
    for _, file in bundle.record.files:
        if file.role in VCFS:
            for fault in plain_of(bundle, file).vcf_faults:
                yield Finding(file.path, fault)


def exomes(bundle: Bundle) -> Iterable[Finding]:
    """Yield exomes without the BED of their targets, and genomes with one."""
    for member in bundle.record.members:
        beds = [file for file in member.files if file.role is Role.TARGETS]
        if member.assay is Assay.WES and not beds:
            yield Finding(RECORD, f"exome '{member.sample}' has no BED of its targets")
        if member.assay is Assay.WGS:
            for file in beds:
                yield Finding(file.path, f"'{member.sample}' is a whole genome, without targets")


def targets(bundle: Bundle) -> Iterable[Finding]:
    """Yield targets on other contigs than the record's, in another order, or past their ends."""
    lengths = {contig.name: contig.length for contig in bundle.record.reference.contigs}
    for _, file in bundle.record.files:
        if file.role is not Role.TARGETS:
            continue
        ends = plain_of(bundle, file).targets
        for contig, end in ends.items():
            if contig not in lengths:
                yield Finding(file.path, f"'{contig[:120]}' is no contig of the record")
            elif end > lengths[contig]:
                where = f"{contig} at {lengths[contig]} bp"
                yield Finding(file.path, f"a target ends at {end}, past the end of {where}")
        known = [contig for contig in ends if contig in lengths]
        if known != [contig for contig in lengths if contig in ends]:
            yield Finding(file.path, "its contigs are not in the order of the record")


def _tags(line: str) -> dict[str, str]:
    return {tag[:2]: tag[3:] for tag in line.split("\t")[1:]}


RULES = (
    Rule("identity.documents", "documents of quality control name their sample", documents),
    Rule(
        "identity.files",
        "every file is named by its sample, and no name is used twice",
        file_names,
    ),
    Rule(
        "identity.reference",
        "the sequence collection has the names, lengths, digests and order of the record",
        seqcol,
    ),
    Rule(
        "identity.aliases",
        "read groups of CRAMs and columns of VCFs bear the alias of their sample",
        aliases,
        needs_key=True,
    ),
    Rule(
        "identity.contigs",
        "headers of CRAMs and VCFs have the contigs of the record, in name, length, MD5 and order",
        contigs,
        needs_key=True,
    ),
    Rule("identity.cram", "every CRAM is of version 3.0 and sorted by place", cram, needs_key=True),
    Rule(
        "identity.vcf",
        "every VCF passes a strict check of its header and of all its records",
        strict_vcf,
        needs_key=True,
    ),
    Rule(
        "identity.exomes",
        "every exome has the BED of its targets, and no genome has one",
        exomes,
    ),
    Rule(
        "identity.targets",
        "targets of exomes lie on contigs of the record, in their order",
        targets,
        needs_key=True,
    ),
)
