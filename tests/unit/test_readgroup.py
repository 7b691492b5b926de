"""Headers carry what the SAM specification and GATK ask for."""

from dataclasses import replace

from schelde.readgroup import Program, read_group, sam_header
from schelde.sheet import Lane

LANE = Lane("S1", "lib1", "HXX", "2", ("a",), ("b",), center="CWG", date="2026-01-02")


def test_a_read_group_has_centre_and_date_only_when_given() -> None:
    assert read_group(LANE).split("\t")[1:] == [
        "ID:S1.lib1.HXX.2",
        "CN:CWG",
        "DT:2026-01-02",
        "LB:lib1",
        "PL:ILLUMINA",
        "PU:HXX.2",
        "SM:S1",
    ]


def test_two_libraries_of_one_lane_have_ids_of_their_own() -> None:
    assert read_group(LANE) != read_group(replace(LANE, library="lib2"))


def test_programs_are_chained_in_their_order() -> None:
    programs = [Program("bwa", "bwa", "1", "bwa mem"), Program("s", "samtools", "2", "sort")]
    assert sam_header(["@SQ\tSN:chr1\tLN:5"], [LANE], programs).splitlines()[3:] == [
        "@PG\tID:bwa\tPN:bwa\tVN:1\tCL:bwa mem",
        "@PG\tID:s\tPN:samtools\tPP:bwa\tVN:2\tCL:sort",
    ]


def test_the_facts_of_a_lane_make_the_same_read_group() -> None:
    assert read_group(Lane(**LANE.facts())) == read_group(LANE)
