"""The two sheets: who was sequenced (people), and in which lanes (read groups).

A field with ``about`` in its metadata is a column; `schelde.tables.columns_of` says what else the
metadata means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

WGS_DESIGN = "wgs"
"""Design of a whole genome; an exome's is the name of its targets."""


def _column(about: str, *, header: bool = False) -> dict[str, str | bool]:
    return {"about": about, "header": header}


class Sex(StrEnum):
    """Declared sex; decides the ploidy of X and Y."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Assay(StrEnum):
    """Whole genome or exome (any targeted capture)."""

    WGS = "wgs"
    WES = "wes"


@dataclass(frozen=True)
class Lane:
    """One read group: the reads of one library from one lane of one flow cell.

    Either ``fq1`` (and, paired-end, ``fq2``, file by file in step) or ``alignment`` is given.
    """

    sample: str = field(metadata=_column("id of the sample, as in people.tsv"))
    library: str = field(
        metadata=_column("id of the library; duplicates are marked within a library")
    )
    flowcell: str = field(metadata=_column("id of the flow cell"))
    lane: str = field(metadata=_column("lane of the flow cell, such as 1 or L001"))
    fq1: tuple[str, ...] = field(
        default=(),
        metadata=_column(
            "FASTQ file of the first reads, plain or gzipped; several with commas between them",
            header=True,
        ),
    )
    fq2: tuple[str, ...] = field(
        default=(),
        metadata=_column(
            "FASTQ file of the second reads, in step with fq1; empty when single-end", header=True
        ),
    )
    alignment: str | None = field(
        default=None,
        metadata=_column("BAM or CRAM whose reads are taken again, in place of fq1 and fq2"),
    )
    read_group: str | None = field(
        default=None,
        metadata=_column("ID of the read group in `alignment`, when it has more than one"),
    )
    platform: str = field(
        default="ILLUMINA",
        metadata=_column("kind of instrument, as the SAM format calls it; ILLUMINA when empty"),
    )
    barcode: str | None = field(
        default=None, metadata=_column("bases of the sample's index, with '-' between two")
    )
    center: str | None = field(default=None, metadata=_column("who sequenced"))
    date: str | None = field(default=None, metadata=_column("day of the run, such as 2026-01-31"))
    # Not in the repr: Snakemake compares parameters by it, and a new row must not rerun all others.
    line: int = field(default=0, compare=False, repr=False)  # of the sheet, 1-based

    def facts(self) -> dict[str, str | None]:
        """Return what the read group tells of the lane; `Lane` of it has the same read group."""
        keys = ("sample", "library", "flowcell", "lane", "platform", "barcode", "center", "date")
        return {key: getattr(self, key) for key in keys}

    @property
    def name(self) -> str:
        """The lane's name within its sample, used in file names: ``library.flowcell.lane``."""
        return f"{self.library}.{self.flowcell}.{self.lane}"

    @property
    def paired(self) -> bool:
        """Whether both ends were read; for ``alignment`` found out when the reads are taken."""
        return bool(self.fq2) or self.alignment is not None


@dataclass(frozen=True)
class Person:
    """One sample's person: what cannot be computed from the reads."""

    sample: str = field(metadata=_column("id of the sample, as in lanes.tsv"))
    assay: Assay = field(metadata=_column("wgs (whole genome) or wes (exome or other targets)"))
    sex: Sex = field(metadata=_column("female, male or unknown"))
    subject_id: str | None = field(
        default=None,
        metadata=_column("pseudonym of the person; the same for all samples of a person"),
    )
    father: str | None = field(
        default=None, metadata=_column("sample of the father; empty when it is not in the sheet")
    )
    mother: str | None = field(
        default=None, metadata=_column("sample of the mother; empty when it is not in the sheet")
    )
    targets: str | None = field(
        default=None, metadata=_column("BED file of the targets, for wes; its name names a design")
    )
    line: int = field(default=0, compare=False, repr=False)

    def facts(self) -> dict[str, str | None]:
        """Return who the person is, as plain text; `of` takes it back. Files are left out."""
        keys = ("sample", "assay", "sex", "subject_id", "father", "mother")
        return {key: None if (value := getattr(self, key)) is None else str(value) for key in keys}

    @classmethod
    def of(cls, facts: Mapping[str, str | None]) -> Person:
        """Return the person of some `facts`; ValueError for an assay or sex that is none."""
        return cls(
            sample=str(facts["sample"]),
            assay=Assay(str(facts["assay"])),
            sex=Sex(str(facts["sex"])),
            subject_id=facts["subject_id"],
            father=facts["father"],
            mother=facts["mother"],
        )

    @property
    def design(self) -> str:
        """What was sequenced, used in file names: ``wgs``, or the name of the targets' BED."""
        return WGS_DESIGN if self.targets is None else Path(self.targets).stem


@dataclass(frozen=True)
class Sheet:
    """Both sheets together, each in the order of its rows."""

    people: tuple[Person, ...]
    lanes: tuple[Lane, ...]

    def __post_init__(self) -> None:
        """Index people and lanes, since 1,000 samples are asked for one by one."""
        of_sample: dict[str, list[Lane]] = {}
        for lane in self.lanes:
            of_sample.setdefault(lane.sample, []).append(lane)
        object.__setattr__(self, "_people", {p.sample: p for p in self.people})
        object.__setattr__(self, "_lanes", of_sample)

    @property
    def samples(self) -> tuple[str, ...]:
        """All sample ids."""
        return tuple(person.sample for person in self.people)

    def person(self, sample: str) -> Person:
        """Return the person of a sample; KeyError if there is none."""
        people: dict[str, Person] = self.__dict__["_people"]
        return people[sample]

    def lanes_of(self, sample: str) -> tuple[Lane, ...]:
        """Return the lanes of a sample in the order of the sheet; KeyError if there is none."""
        lanes: dict[str, list[Lane]] = self.__dict__["_lanes"]
        return tuple(lanes[sample])

    def lane(self, sample: str, name: str) -> Lane:
        """Return a lane by its `Lane.name`; KeyError if there is none."""
        for lane in self.lanes_of(sample):
            if lane.name == name:
                return lane
        raise KeyError(f"sample '{sample}' has no lane '{name}'")
