"""Headers of VCFs: what is kept, what is never told, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.vcf import COLUMNS, VcfError, base_of, contig_lines, header, read_header, source_of

PRIVATE = [
    "##fileDate=20261122",
    '##GATKCommandLine=<ID=HaplotypeCaller,CommandLine="--input /home/me/NA1.cram",Date="Nov 22">',
    "##bcftools_callCommand=call -S /tmp/sexes; Date=Sun Nov 22",
    "##bcftools_normVersion=1.16+htslib-1.16",
    "##reference=file:///data/secret/genome.fa",
    '##commandline="freebayes -f genome.fa NA1.cram"',
    "##source=HaplotypeCaller",
    "##SAMPLE=<ID=NA1,Description=someone>",
    "##contig=<ID=1,length=9,URL=file:///data/genome.fa>",
]
KEPT = [
    '##ALT=<ID=NON_REF,Description="Any">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FILTER=<ID=LowQual,Description="Low quality">',
]


def made(lines: list[str], contigs: tuple[str, ...] = ()) -> list[str]:
    text = header(lines, contigs=contigs, source="caller 1.0", sample="NA1")
    assert text.endswith("\n")
    return text.splitlines()


def test_a_header_tells_no_command_path_date_or_person() -> None:
    assert made([*PRIVATE, *KEPT]) == made(KEPT)
    assert not any(word in "".join(made(PRIVATE)) for word in ("/", "2026", "Command", "secret"))


def test_a_header_keeps_the_lines_that_give_fields_their_meaning() -> None:
    assert set(KEPT) <= set(made(KEPT))


def test_a_header_begins_with_the_format_and_ends_with_one_sample() -> None:
    lines = made(KEPT, ("##contig=<ID=1,length=9>",))
    assert lines[:2] == ["##fileformat=VCFv4.2", "##source=caller 1.0"]
    assert lines[-2:] == ["##contig=<ID=1,length=9>", f"{COLUMNS}\tNA1"]


def test_of_two_lines_for_one_field_the_first_is_kept() -> None:
    other = '##INFO=<ID=DP,Number=1,Type=Integer,Description="Other">'
    assert made([*KEPT, other]) == made(KEPT)


def test_an_info_and_a_format_field_may_share_a_name() -> None:
    other = '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">'
    assert {KEPT[1], other} <= set(made([*KEPT, other]))


@given(st.lists(st.sampled_from([*PRIVATE, *KEPT]), max_size=12))
def test_a_header_made_anew_is_the_same(lines: list[str]) -> None:
    once = made(lines)
    assert made(once) == once
    assert [line for line in once if once.count(line) > 1] == []


def test_contigs_carry_length_assembly_and_md5(tmp_path: Path) -> None:
    facts = {"assembly": "GRCh38", "contigs": [{"name": "chrM", "length": 16569, "md5": "c68f"}]}
    (tmp_path / "genome.json").write_text(json.dumps(facts))
    assert contig_lines(tmp_path / "genome.json") == [
        "##contig=<ID=chrM,length=16569,assembly=GRCh38,md5=c68f>"
    ]


def text(lines: list[str]) -> list[bytes]:
    return [f"{line}\n".encode() for line in lines]


def test_the_body_is_left_after_the_header() -> None:
    lines = iter(text([*made(KEPT), "1\t5"]))
    assert read_header(lines, "NA1") == made(KEPT)
    assert list(lines) == [b"1\t5\n"]


@pytest.mark.parametrize(
    "last", [f"{COLUMNS}\tNA2", f"{COLUMNS}\tNA1\tNA2", COLUMNS, "1\t5\t.\tA\tC", "##INFO=<ID=DP,"]
)
def test_other_samples_than_the_one_that_was_called_are_refused(last: str) -> None:
    with pytest.raises(VcfError, match="not with the one column 'NA1'"):
        read_header(iter(text(["##fileformat=VCFv4.2", last])), "NA1")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(VcfError, match="header ends with ''"):
        read_header(iter([]), "NA1")


def test_the_source_is_read_off_a_header() -> None:
    assert source_of(made(KEPT)) == "caller 1.0"
    with pytest.raises(VcfError, match="names no source"):
        source_of(KEPT)


def test_a_base_that_a_vcf_may_not_hold_is_n(tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(">1\nARc\n")
    with pysam.FastaFile(str(tmp_path / "genome.fa")) as genome:
        base = base_of(genome)
        assert [base("1", pos) for pos in (1, 2, 3)] == ["A", "N", "C"]
