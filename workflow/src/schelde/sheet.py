"""The two sheets: who was sequenced (people), and in which lanes (read groups)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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

    sample: str
    library: str
    flowcell: str
    lane: str
    fq1: tuple[str, ...] = ()
    fq2: tuple[str, ...] = ()
    alignment: str | None = None  # BAM or CRAM whose reads are taken again
    read_group: str | None = None  # @RG ID in ``alignment``; None when it has only one
    platform: str = "ILLUMINA"
    barcode: str | None = None
    center: str | None = None
    date: str | None = None  # ISO 8601
    line: int = field(default=0, compare=False)  # of the sheet, 1-based

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

    sample: str
    assay: Assay
    sex: Sex
    subject_id: str | None = None
    father: str | None = None  # sample ids of the same sheet
    mother: str | None = None
    targets: str | None = None  # BED, for wes
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Sheet:
    """Both sheets together; samples in the order of ``people.tsv``, lanes in that of ``lanes.tsv``."""

    people: tuple[Person, ...]
    lanes: tuple[Lane, ...]

    def __post_init__(self) -> None:
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
