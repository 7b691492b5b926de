"""What of a bundle is described to EGA: experiments, runs and analyses, and their aliases.

EGA takes a file in one run or analysis only, and a run of CRAM has no place for an index. So the
CRAM is a run, and its index is not described; but where FASTQ is packaged, that is the run, and
the CRAM with its index is an analysis of it (REFERENCE ALIGNMENT). The BED of an exome's targets
goes with the variants that are reported in them: no run may have a BED (SRA.run.xsd).

An alias in a document is '@kind:name' where a server will give an id, see `alias`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schelde.bundle.record import File, Member, Record, Role
from schelde.catalogue import metrics
from schelde.sheet import Assay
from schelde.verdict import shown

KINDS = ("submission", "study", "sample", "experiment", "run", "analysis", "dataset", "finalise")
"""Kinds of payloads for the Submission API, in the order in which they are posted."""

STRATEGIES = {Assay.WGS: "WGS", Assay.WES: "WXS"}
SOURCE = "GENOMIC"
EXPERIMENT_TYPES = {Assay.WGS: "Whole genome sequencing", Assay.WES: "Exome sequencing"}
"""Also types of datasets."""
CALLS = "Genomic variant calling"
ALIGNMENT = "REFERENCE ALIGNMENT"
VARIATION = "SEQUENCE VARIATION"

FASTQ = (Role.FASTQ_1, Role.FASTQ_2)
ALIGNED = (Role.READS, Role.READS_INDEX)
CALLED = (Role.VARIANTS, Role.VARIANTS_INDEX, Role.GVCF, Role.GVCF_INDEX)
TARGETS = (Role.TARGETS,)


@dataclass(frozen=True)
class Run:
    """Reads of a sample. ``type``: a run_file_type of EGA."""

    alias: str
    member: Member
    type: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Analysis:
    """What was made of a sample's reads. ``type``: an analysis_type of EGA."""

    alias: str
    member: Member
    type: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Attribute:
    """A tag and its value, with a unit where it is a number that has one."""

    tag: str
    value: str
    unit: str | None = None


def alias(kind: str, name: str) -> str:
    """Return what stands for an id that a server will give.

    >>> alias("sample", "P1AAAA")
    '@sample:P1AAAA'
    """
    return f"@{kind}:{name}"


def kind_of(document: str) -> str:
    """Return the kind of a payload by its path.

    >>> kind_of("ega/api/run-P1AAAA.reads.json"), kind_of("ega/api/study.json")
    ('run', 'study')
    """
    return document.rsplit("/", 1)[-1].removesuffix(".json").split("-", 1)[0]


def encrypted_name(file: File) -> str:
    """Return the name of the encrypted file."""
    return f"{file.name}.c4gh"


def inbox_path(record: Record, file: File) -> str:
    """Return where a file lies in an inbox, to which the bundle was sent as its alias."""
    return f"{record.dataset.alias}/{file.path}"


def experiment_alias(member: Member) -> str:
    """Return the alias of the experiment of a sample, such as 'P1AAAA.wgs'."""
    return f"{member.sample}.{member.assay}"


def runs(record: Record) -> Iterator[Run]:
    """Yield the run of each sample that has reads."""
    for member in record.members:
        fastq = _files(member, FASTQ)
        reads = fastq or _files(member, ALIGNED[:1])
        if reads:
            yield Run(f"{member.sample}.reads", member, "fastq" if fastq else "cram", reads)


def analyses(record: Record) -> Iterator[Analysis]:
    """Yield the analyses, sample by sample."""
    for member in record.members:
        aligned = _files(member, ALIGNED)
        if aligned and _files(member, FASTQ):
            yield Analysis(f"{member.sample}.alignment", member, ALIGNMENT, aligned)
        called = _files(member, CALLED)
        if called:
            called += _files(member, TARGETS)
            yield Analysis(f"{member.sample}.variants", member, VARIATION, called)


def described(record: Record) -> Iterator[File]:
    """Yield the files that are in a run or an analysis, member by member."""
    groups: list[Run | Analysis] = [*runs(record), *analyses(record)]
    known = {file.name for each in groups for file in each.files}
    for _, file in record.files:
        if file.name in known:
            yield file


def _files(member: Member, roles: tuple[Role, ...]) -> tuple[File, ...]:
    by_role = {file.role: file for file in member.files}
    return tuple(by_role[role] for role in roles if role in by_role)


def layout(member: Member) -> str:
    """Return PAIRED if any read group is; EGA has one word for all reads of an experiment."""
    return "PAIRED" if any(group.paired for group in member.read_groups) else "SINGLE"


def libraries(member: Member) -> str | None:
    """Return the names of a sample's libraries, with ', ' between them; None without any."""
    return ", ".join(dict.fromkeys(group.library for group in member.read_groups)) or None


def dataset_types(record: Record) -> list[str]:
    """Return what a dataset is made of, in words of EGA."""
    assays = {member.assay for member in record.members}
    types = [name for assay, name in EXPERIMENT_TYPES.items() if assay in assays]
    return [*types, CALLS] if any(each.type == VARIATION for each in analyses(record)) else types


def read_attributes(member: Member) -> list[Attribute]:
    """Return the numbers of GA4GH WGS-QC about a sample's reads."""
    return _quality(member, "aln_metrics")


def call_attributes(record: Record, analysis: Analysis) -> list[Attribute]:
    """Return what a list of words has no place for in an analysis.

    The caller, the digest of the reference (GA4GH sequence collection) and, of variants, the
    numbers of GA4GH WGS-QC.
    """
    found = reference_attributes(record)
    if analysis.type == VARIATION:
        found.append(Attribute("variant caller", record.provenance.caller))
        found += _quality(analysis.member, "variant_metrics")
    return found


def reference_attributes(record: Record) -> list[Attribute]:
    """Return the digest of the reference; nothing where the record has none."""
    digest = record.reference.seqcol.get("digest")
    return [Attribute("sequence collection", digest)] if isinstance(digest, str) else []


def _quality(member: Member, part: str) -> list[Attribute]:
    measured: Mapping[str, Any] = member.ga4gh.get("wgs_qc_metrics", {}).get(part, {})
    return [
        Attribute(name, shown(value), metrics()[name].unit or None)
        for name, value in measured.items()
        if value is not None
    ]


def analysis_title(record: Record, analysis: Analysis) -> str:
    """Return a title that no other analysis of the dataset has."""
    what = "Variants" if analysis.type == VARIATION else "Alignment"
    return f"{what} of {analysis.member.sample} ({record.dataset.alias})"


def analysis_description(record: Record, analysis: Analysis) -> str:
    """Return how the files of an analysis were made."""
    genome = record.reference.genome or "a reference of its own"
    if analysis.type == ALIGNMENT:
        return f"Reads aligned to {genome}, duplicates marked, sorted by coordinate"
    caller = record.provenance.caller
    files = "VCF, and gVCF with reference blocks"
    if any(file.role is Role.TARGETS for file in analysis.files):
        files += ", within targets (BED)"
    return f"Germline variants against {genome} by {caller}: {files}"


def design(member: Member) -> str:
    """Return what was done in the laboratory, in one line."""
    facts = member.facts
    kit = f", {facts.library_kit}" if facts.library_kit else ""
    what = EXPERIMENT_TYPES[member.assay]
    return f"{what} of DNA from {facts.specimen}{kit}, on {facts.instrument} ({member.sample})"
