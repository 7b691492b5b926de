"""The record of a bundle: everything that its documents say, under pseudonyms alone.

Every document is written from it (`schelde.documents`), so that after a withdrawal or a new
recipient all of them are written again from the record in the bundle, without the run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from schelde.bundle.dataset import Description
from schelde.bundle.part import (
    Country,
    Day,
    Md5,
    Name,
    Part,
    PartialDay,
    Permission,
    Sha256,
    Text,
)
from schelde.national.ghga import Ghga
from schelde.national.grz import Grz
from schelde.sheet import Assay, Sex

RECORD = "provenance/record.json"
"""Where the record stands in a bundle."""


class Role(StrEnum):
    """What an encrypted file is."""

    READS = "reads"
    READS_INDEX = "reads_index"
    VARIANTS = "variants"
    VARIANTS_INDEX = "variants_index"
    GVCF = "gvcf"
    GVCF_INDEX = "gvcf_index"
    FASTQ_1 = "fastq_1"
    FASTQ_2 = "fastq_2"
    TARGETS = "targets"


SUFFIXES = {
    Role.READS: ".cram",
    Role.READS_INDEX: ".cram.crai",
    Role.VARIANTS: ".vcf.gz",
    Role.VARIANTS_INDEX: ".vcf.gz.tbi",
    Role.GVCF: ".g.vcf.gz",
    Role.GVCF_INDEX: ".g.vcf.gz.tbi",
    Role.FASTQ_1: "_R1.fastq.gz",
    Role.FASTQ_2: "_R2.fastq.gz",
    Role.TARGETS: ".targets.bed",
}
"""Ends of the names of plain files, after the pseudonym of the sample."""


class Checksums(Part):
    """Of the bytes of one file."""

    md5: Md5
    sha256: Sha256


class File(Part):
    """An encrypted file of a sample; ``name`` is that of the plain file, in one folder with others.

    In the bundle it lies at `path`. Sizes are in bytes.
    """

    name: Name
    role: Role
    size: int = Field(ge=0)
    plain: Checksums
    encrypted_size: int = Field(ge=0)
    encrypted: Checksums
    records: int | None = Field(
        default=None, ge=0, description="records of a VCF, reads of a CRAM, targets of a BED"
    )

    @property
    def path(self) -> str:
        """The encrypted file, from the top of the bundle."""
        return f"encrypted/{self.name}.c4gh"


class Consent(Part):
    """What a person, or its guardian, agreed to. Only consent that is given stands in a bundle."""

    date: Day
    version: Text
    permission: Permission
    modifiers: tuple[Permission, ...] = ()
    disease: str | None = Field(default=None, pattern=r"^MONDO:[0-9]{7}$")
    legal_basis: Text
    expires: Day | None = None
    given_by: Literal["self", "guardian"] = "self"
    renew_on: Day | None = Field(default=None, description="when a child is asked itself")


class Facts(Part):
    """What cannot be computed about a person and its sample, as declared in people.tsv."""

    gender: Literal["male", "female", "other", "unknown"] = Field(
        description="HL7 administrative gender"
    )
    birth: PartialDay
    country: Country | None = None
    phenotype: Text = Field(description="'healthy', or in words")
    hpo: tuple[str, ...] = Field(default=(), description="terms such as HP:0001250")
    diagnoses: tuple[str, ...] = Field(
        default=(), description="codes such as ORPHA:98473, OMIM:143100, SCTID:22298006"
    )
    case_control: Literal["case", "control", "both", "NA"] = "NA"
    anatomical_site: Text = Field(default="blood", description="where the sample was taken")
    pathological_state: Text = "Germline Normal"
    specimen: Text = Field(default="blood", description="type of the specimen")
    collected: PartialDay | None = None
    storage: Text | None = None
    instrument: Text = Field(description="model, as EGA names it, such as 'Illumina NovaSeq 6000'")
    library_selection: Text = "RANDOM"
    library_kit: Text | None = None
    sequenced: PartialDay | None = None


class ReadGroup(Part):
    """A read group as it stands in the packaged CRAM."""

    id: Name
    library: Name
    platform: Text
    unit: Name
    paired: bool


class Member(Part):
    """One sample in a bundle. ``father``, ``mother``: samples of the same bundle."""

    sample: Name
    subject: Name
    assay: Assay
    sex: Sex
    father: Name | None = None
    mother: Name | None = None
    facts: Facts
    consent: Consent
    read_groups: tuple[ReadGroup, ...]
    ga4gh: dict[str, Any] = Field(description="the GA4GH WGS-QC document, id and all")
    metrics: dict[str, float | int | str | bool | None] = Field(
        description="all metrics by id of resources/metrics.yaml"
    )
    verdict: dict[str, Any] = Field(description="cleaned: names of profiles, rules, results")
    files: tuple[File, ...]

    def file(self, role: Role) -> File:
        """Return the file of a role; KeyError if there is none."""
        for file in self.files:
            if file.role is role:
                return file
        raise KeyError(f"sample '{self.sample}' has no {role}")

    def number(self, metric: str) -> float | None:
        """Return a metric that is a number; None where it could not be measured."""
        value = self.metrics.get(metric)
        return float(value) if isinstance(value, int | float) else None


class Contig(Part):
    """A sequence of the reference; ``length`` in bp, ``refget``: 'SQ.' and its digest."""

    name: Text
    length: int = Field(ge=1)
    md5: Md5
    refget: str = Field(pattern=r"^SQ\.[0-9A-Za-z_-]{32}$")


class Reference(Part):
    """The reference genome. ``genome``: 'GRCh38' or 'GRCh37' when it is one of them."""

    genome: Literal["GRCh38", "GRCh37"] | None
    accession: str | None = Field(description="of the assembly at INSDC, such as GCA_000001405.15")
    seqcol: dict[str, Any] = Field(description="GA4GH sequence collection: digest, level1, level2")
    contigs: tuple[Contig, ...]


class Program(Part):
    """A @PG line of the packaged CRAMs: program, version and its options that matter."""

    name: Text
    version: Text
    command: Text


class Provenance(Part):
    """How the data were made. ``tools``: versions by name; ``settings``: config by dotted key."""

    tools: dict[str, str]
    programs: tuple[Program, ...]
    settings: dict[str, str | int | float | bool | None]
    caller: Text
    workflow: Text | None = Field(default=None, description="Snakefile of the run, whole")


class Frequencies(Part):
    """The package of allele frequencies in aggregated/."""

    name: Name = Field(description="file, such as demo.af.vcf.gz")
    sites: int = Field(ge=0, description="records in it")
    individuals: int = Field(ge=1)
    minimum_count: int = Field(ge=1, description="alleles seen less often were left out")
    size: int | None = Field(default=None, ge=1, description="bytes, for the catalogue")
    sha256: Sha256 | None = None
    spectrum: tuple[int, ...] = Field(
        default=(), description="records by allele frequency, in 20 bins of 0.05 from 0 to 1"
    )

    @property
    def left_out(self) -> str:
        """What was left out, in a sentence."""
        if self.minimum_count == 1:
            return "No allele was left out for being rare."
        seen = f"Alleles that were seen fewer than {self.minimum_count} times"
        return f"{seen} were left out, so that no single person shows."


class Withdrawal(Part):
    """A person taken out of a bundle that was written before."""

    subject: Name
    samples: tuple[Name, ...]
    date: Day
    files: tuple[Name, ...] = Field(description="plain names of the files taken out")


class National(Part):
    """What national collections are told beyond all others; None: not asked for.

    ``grz``: donors under the pseudonyms of their samples.
    """

    ghga: Ghga | None = None
    grz: Grz | None = None

    def without(self, gone: Collection[str]) -> National:
        """Return it without these samples, such as after a withdrawal."""
        return National(ghga=self.ghga, grz=self.grz.without(gone) if self.grz else None)


class Record(Part):
    """A whole bundle but for the encrypted bytes.

    ``left_out``: how many samples of the run are not in it, by reason. ``recipients``: public
    Crypt4GH keys, 32 bytes as hexadecimal digits. ``frequencies``: None where there are none, or
    where a withdrawal has made them wrong.
    """

    format: Literal["schelde-bundle/1"] = "schelde-bundle/1"
    version: Text = Field(description="of Schelde")
    dataset: Description
    members: tuple[Member, ...]
    left_out: dict[str, int] = Field(default_factory=dict)
    reference: Reference
    provenance: Provenance
    frequencies: Frequencies | None = None
    recipients: tuple[str, ...] = Field(min_length=1)
    withdrawals: tuple[Withdrawal, ...] = ()
    national: National = National()

    @property
    def files(self) -> Iterator[tuple[Member, File]]:
        """All encrypted files, member by member."""
        for member in self.members:
            for file in member.files:
                yield member, file

    @property
    def subjects(self) -> dict[str, list[Member]]:
        """Samples by subject, in their order."""
        found: dict[str, list[Member]] = {}
        for member in self.members:
            found.setdefault(member.subject, []).append(member)
        return found

    def to_json(self) -> str:
        """Return the record as it stands in the bundle; `from_json` takes it back."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """Read a record; pydantic's ValidationError if it is none."""
        return cls.model_validate_json(text)


def read_record(bundle: Path) -> Record:
    """Return the record of a bundle; OSError or pydantic's ValidationError if it has none."""
    return Record.from_json((bundle / RECORD).read_bytes())
