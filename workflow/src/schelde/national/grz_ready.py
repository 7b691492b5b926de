"""What a case still lacks before a GRZ takes it, as far as a record tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from schelde.bundle.record import File, Member, Record, Role
from schelde.national.grz import Case, Donor
from schelde.sheet import Assay

FASTQS = (Role.FASTQ_1, Role.FASTQ_2)
WHOLE_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RARE_NEEDS_GENOME = "2026-06-01"
"""From this day of submission on the index patient of a rare disease needs a whole genome."""


class Measures(NamedTuple):
    """Metrics of ours that a GRZ is told: depth, and percent of regions at ``minimum`` or more."""

    depth: str
    regions: str
    minimum: int


MEASURES = {
    Assay.WGS: Measures("mean_autosome_coverage", "pct_regions_20x", 20),
    Assay.WES: Measures("mean_target_coverage", "pct_target_bases_30x", 30),
}
QUALITY = "pct_bases_q30"
READ_LENGTH = "mean_read_length"
MINIMUM_QUALITY = 30

THRESHOLDS = {"mean_autosome_coverage": 30.0, "pct_regions_20x": 80.0, QUALITY: 85.0}
"""Least values of the index patient's genome, germline-only.

Source: BfArM-MVH/grz-tools, resources/thresholds.json (f993399d); there are none for exomes.
"""


def members_of(record: Record, case: Case) -> list[tuple[Member, Donor]]:
    """Return the samples of a case with what the operator said of each, in its order."""
    members = {member.sample: member for member in record.members}
    return [(members[name], donor) for name, donor in case.donors.items() if name in members]


def files_of(member: Member) -> list[File]:
    """Return the files that a GRZ takes: FASTQ, VCF, and the BED file of targets."""
    wanted = (*FASTQS, Role.VARIANTS, Role.TARGETS)
    return [file for file in member.files if file.role in wanted]


def library_type(member: Member, donor: Donor) -> str:
    """Return 'wgs', 'wes' or 'panel'."""
    return donor.lab.library_type or str(member.assay)


def library_kit(member: Member, donor: Donor) -> str | None:
    """Return the kit that the library was made with."""
    return donor.lab.library_prep_kit or member.facts.library_kit


def gaps(record: Record, case: Case) -> list[str]:
    """Return in words what keeps a GRZ from taking a case; nothing when it is ready."""
    return list(_gaps(record, case))


def _gaps(record: Record, case: Case) -> Iterator[str]:
    found = members_of(record, case)
    if not any(donor.relation == "index" for _, donor in found):
        yield "the index patient is not in the bundle"
    if record.reference.genome is None:
        yield "the reference is neither GRCh38 nor GRCh37"
    for member, donor in found:
        yield from (f"{member.sample}: {gap}" for gap in _sample_gaps(member, donor))
        if donor.relation == "index":
            yield from _index_gaps(record, case, member, donor)


def _sample_gaps(member: Member, donor: Donor) -> Iterator[str]:
    roles = {file.role for file in member.files}
    if Role.FASTQ_1 not in roles or (is_paired(member) and Role.FASTQ_2 not in roles):
        yield "there are no FASTQ files, the only form in which short reads are taken"
    if library_type(member, donor) != "wgs" and Role.TARGETS not in roles:
        yield "there is no BED file of its targets"
    if not WHOLE_DAY.fullmatch(member.facts.collected or ""):
        yield "the day on which the sample was taken is not known"
    if library_kit(member, donor) is None:
        yield "the library kit is not known"
    measures = MEASURES[member.assay]
    for metric in (measures.depth, measures.regions, QUALITY, READ_LENGTH):
        if member.number(metric) is None:
            yield f"{metric} was not measured"


def _index_gaps(record: Record, case: Case, member: Member, donor: Donor) -> Iterator[str]:
    if library_type(member, donor) == "wgs":
        for metric, least in THRESHOLDS.items():
            value = member.number(metric)
            if value is not None and value < least:
                yield f"{member.sample}: {metric} is {value:g}, less than {least:g}"
    elif case.submission.disease_type == "rare" and day_of(record, case) >= RARE_NEEDS_GENOME:
        yield f"{member.sample}: a rare disease asks for a whole genome of the index patient"


def day_of(record: Record, case: Case) -> str:
    """Return the day of submission, YYYY-MM-DD."""
    return case.submission.submission_date or record.dataset.issued


def is_paired(member: Member) -> bool:
    """Tell whether both ends of the fragments were read."""
    return any(group.paired for group in member.read_groups)
