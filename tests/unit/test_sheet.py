"""The sheets as values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schelde.sheet import Assay, Lane, Person, Sex, Sheet

LANES = (
    Lane("S2", "lib1", "FC", "1", ("a",), ("b",), line=2),
    Lane("S1", "lib1", "FC", "2", ("c",), line=3),
    Lane("S2", "lib2", "FC", "1", alignment="d.bam", line=4),
)
PEOPLE = (Person("S1", Assay.WGS, Sex.MALE), Person("S2", Assay.WGS, Sex.FEMALE))


def test_samples_stand_in_the_order_of_people_and_lanes_in_that_of_lanes() -> None:
    sheet = Sheet(PEOPLE, LANES)
    assert sheet.samples == ("S1", "S2")
    assert [lane.name for lane in sheet.lanes_of("S2")] == ["lib1.FC.1", "lib2.FC.1"]


def test_a_lane_is_found_by_its_name() -> None:
    sheet = Sheet(PEOPLE, LANES)
    assert sheet.lane("S2", "lib2.FC.1") is LANES[2]
    with pytest.raises(KeyError, match=r"sample 'S1' has no lane 'lib2\.FC\.1'"):
        sheet.lane("S1", "lib2.FC.1")


def test_a_lane_is_paired_when_it_has_second_reads_or_an_alignment() -> None:
    assert [lane.paired for lane in LANES] == [True, False, True]


def test_a_row_that_moved_in_its_sheet_is_the_same_lane_to_snakemake() -> None:
    """Snakemake compares parameters by their repr."""
    moved = Lane("S1", "lib1", "FC", "2", ("c",), line=99)
    assert moved == LANES[1]
    assert repr(moved) == repr(LANES[1])


@pytest.mark.parametrize(
    ("targets", "design"), [(None, "wgs"), ("t/exome_v2.bed", "exome_v2"), ("panel.bed", "panel")]
)
def test_a_design_is_named_by_its_targets(targets: str | None, design: str) -> None:
    assay = Assay.WGS if targets is None else Assay.WES
    assert Person("S1", assay, Sex.MALE, targets=targets).design == design


def test_facts_of_a_person_give_the_person_back_without_files() -> None:
    person = Person("S", Assay.WES, Sex.MALE, "P1", father="F", targets="/far/away/exome.bed")
    assert Person.of(person.facts()) == replace(person, targets=None)
