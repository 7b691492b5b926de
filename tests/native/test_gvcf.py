"""Records of a gVCF from calls and a pileup; gvcf.cc drives it."""

from __future__ import annotations

import re
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.gvcf import Tiles
from schelde.pairhmm.header import HEADER

BANDS = (10, 20, 30, 40)
REFERENCE = "ACGTTGCANN" * 20
FIRST = 1000
Run = Callable[[str], str]


@pytest.fixture(scope="module")
def run(driver: Callable[[str], Run]) -> Run:
    return driver("gvcf")


class Position(NamedTuple):
    """What the pileup says of a position: reads, and log10 of what is there."""

    depth: int = 30
    reference: float = 0
    heterozygous: float = -9
    alternate: float = -99
    indel_reads: int = 40


SURE = Position()
EMPTY = Position(0, 0, 0, 0, 0)


@dataclass
class Chunk:
    """A chunk [1000, 1200) with one interval all over, unless others are given."""

    positions: Sequence[tuple[int, Position]] = ((200, SURE),)
    intervals: Sequence[tuple[int, int, int]] = ((FIRST, FIRST + 200, 2),)
    calls: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    start: int = FIRST
    end: int = FIRST + 200

    def call(self, pos: int, removed: int = 0, alts: str = "T", copies: int = 2) -> Chunk:
        """Add a call at a 0-based position whose REF has ``removed`` bases after its first."""
        at = pos - FIRST
        number = len(alts.split(",")) + 2
        size = number if copies == 1 else number * (number + 1) // 2
        genotype = ",".join(["0", "1"][-copies:])
        pl = ",".join(["50", "0", *["90"] * (size - 2)])
        self.calls.append((pos, REFERENCE[at : at + 1 + removed], alts, genotype, pl))
        return self

    def text(self) -> str:
        lines = [f"reference {FIRST} {REFERENCE}", f"chunk 20 {self.start} {self.end}"]
        lines += [f"interval {start} {end} {copies}" for start, end, copies in self.intervals]
        lines += ["bands " + ",".join(map(str, BANDS)), f"pileup {FIRST}"]
        lines += [f"at {times} {' '.join(map(str, each))}" for times, each in self.positions]
        lines += [f"call {' '.join(map(str, each))} 45.678" for each in self.calls]
        return "\n".join(lines) + "\n"


def records(run: Run, chunk: Chunk) -> list[list[str]]:
    return [line.split("\t") for line in run(chunk.text()).splitlines()]


def sample(record: list[str]) -> dict[str, str]:
    return dict(zip(record[8].split(":"), record[9].split(":"), strict=True))


# --- blocks


def test_a_stretch_that_is_sure_is_one_block(run: Run) -> None:
    assert run(Chunk().text()) == (
        "20\t1001\t.\tA\t<NON_REF>\t.\t.\tEND=1200\tGT:DP:GQ:MIN_DP:PL\t0/0:30:90:30:0,90,990\n"
    )


def test_a_block_without_reads_has_a_genotype_of_quality_0_as_gatk_writes_it(run: Run) -> None:
    (record,) = records(run, Chunk([(200, EMPTY)]))
    assert record[9] == "0/0:0:0:0:0,0,0"


def test_one_copy_has_two_likelihoods(run: Run) -> None:
    (record,) = records(run, Chunk(intervals=[(FIRST, FIRST + 200, 1)]))
    assert record[9] == "0:30:99:30:0,990"


def test_the_indel_model_counts_where_it_is_less_sure(run: Run) -> None:
    """log10 of 1 and a half, of 5 reads, against no error of 10^-4.5."""
    (record,) = records(run, Chunk([(200, SURE._replace(indel_reads=5))]))
    assert sample(record)["PL"] == "0,15,225"


def test_the_indel_model_of_one_copy_knows_no_half(run: Run) -> None:
    alike = [(200, SURE._replace(indel_reads=2))]
    (record,) = records(run, Chunk(alike, [(FIRST, FIRST + 200, 1)]))
    assert sample(record)["PL"] == "0,90"


def test_more_than_40_reads_say_no_more_of_indels(run: Run) -> None:
    sure = Position(90, 0, -99, -999, 90)
    (record,) = records(run, Chunk([(200, sure)]))
    assert sample(record)["PL"] == "0,120,1800"


def test_no_genotype_is_likelier_than_the_reference_in_a_block(run: Run) -> None:
    (record,) = records(run, Chunk([(200, Position(30, -50, -2, -60))]))
    assert (sample(record)["GQ"], sample(record)["PL"]) == ("0", "0,0,100")


def test_a_block_ends_where_gq_is_in_another_band(run: Run) -> None:
    levels = [(50, -0.9), (50, -1.0), (50, -1.9), (50, -2.0)]
    chunk = Chunk([(n, SURE._replace(heterozygous=level)) for n, level in levels])
    found = [(record[1], record[7], sample(record)["GQ"]) for record in records(run, chunk)]
    assert found == [
        ("1001", "END=1050", "9"),
        ("1051", "END=1150", "10"),
        ("1151", "END=1200", "20"),
    ]


def test_a_block_has_the_least_of_each_likelihood_and_its_gq(run: Run) -> None:
    one, other = Position(30, 0, -5, -90), Position(30, 0, -8, -70)
    (record,) = records(run, Chunk([(100, one), (100, other)]))
    assert (sample(record)["PL"], sample(record)["GQ"]) == ("0,50,700", "50")


@given(depths=st.lists(st.integers(0, 60), min_size=1, max_size=9))
def test_the_depth_of_a_block_is_the_median_rounded_up(run: Run, depths: list[int]) -> None:
    positions = [(1, SURE._replace(depth=depth)) for depth in depths]
    (record,) = records(run, Chunk(positions, [(FIRST, FIRST + len(depths), 2)]))
    expected = int(statistics.median(depths) + 0.5)
    assert (sample(record)["DP"], sample(record)["MIN_DP"]) == (str(expected), str(min(depths)))


def test_a_base_that_is_not_known_is_n(run: Run) -> None:
    (record,) = records(run, Chunk(intervals=[(FIRST + 8, FIRST + 12, 2)]))
    assert record[3] == "N"


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ((FIRST, FIRST + 10, 3), "20:1001: blocks can be written for 1 or 2 copies, not for 3"),
        ((FIRST + 150, FIRST + 201, 2), "20:1151: an interval that reaches out of the pileup"),
    ],
)
def test_what_cannot_be_written_is_an_error(
    run: Run, interval: tuple[int, int, int], message: str
) -> None:
    with pytest.raises(RuntimeError, match=message):
        run(Chunk(intervals=[interval], end=FIRST + 300).text())


# --- calls


def test_a_call_is_a_record_with_all_that_is_known_of_it(run: Run) -> None:
    record = records(run, Chunk().call(1005, alts="T,*"))[1]
    assert record == [
        *["20", "1006", ".", "G", "T,*,<NON_REF>", "45.68", "."],
        "BaseQRankSum=0.000;DP=20;FS=1.234;MQ=60.00;MQRankSum=0.000;RAW_MQandDP=72000,20;SOR=0.693",
        "GT:AD:DP:GQ:PL:SB",
        "0/1:7,7,7,7:28:50:50,0,90,90,90,90,90,90,90,90:3,4,5,6",
    ]


def test_a_call_of_one_copy_has_one_allele(run: Run) -> None:
    chunk = Chunk(intervals=[(FIRST, FIRST + 200, 1)]).call(1005, copies=1)
    assert sample(records(run, chunk)[1])["GT"] == "1"


def test_qual_has_no_decimals_where_they_are_0(run: Run) -> None:
    text = Chunk().call(1005).text().replace("45.678", "45.001")
    assert run(text).splitlines()[1].split("\t")[5] == "45"


def test_blocks_give_way_to_the_bases_that_a_deletion_removes(run: Run) -> None:
    found = records(run, Chunk().call(1004, removed=3, alts="T"))
    assert [(r[1], r[4], r[7][:8]) for r in found][::2] == [
        ("1001", "<NON_REF>", "END=1004"),
        ("1009", "<NON_REF>", "END=1200"),
    ]


def test_calls_may_overlap(run: Run) -> None:
    found = records(run, Chunk().call(1004, removed=9).call(1006))
    assert [r[1] for r in found] == ["1001", "1005", "1007", "1015"]


def test_calls_outside_the_intervals_are_left_out(run: Run) -> None:
    chunk = Chunk(intervals=[(1010, 1020, 2), (1030, 1040, 2)]).call(1005).call(1025).call(1035)
    assert [r[1] for r in records(run, chunk) if r[4] != "<NON_REF>"] == ["1036"]


def test_a_deletion_may_reach_into_the_next_interval(run: Run) -> None:
    chunk = Chunk(intervals=[(1000, 1010, 2), (1015, 1030, 2)]).call(1008, removed=10)
    assert [r[1] for r in records(run, chunk)] == ["1001", "1009", "1020"]


def test_records_are_those_between_the_borders_of_the_chunk(run: Run) -> None:
    found = records(run, Chunk(start=1050, end=1100))
    assert [(r[1], r[7]) for r in found] == [("1051", "END=1100")]


# --- the whole


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    """Chunks with intervals of 1 or 2 copies, some that touch, and calls that may overlap."""
    borders = draw(st.lists(st.integers(FIRST, FIRST + 200), min_size=2, max_size=8, unique=True))
    pairs = list(zip(sorted(borders), sorted(borders)[1:], strict=False))
    kept = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    intervals = [(start, end, draw(st.sampled_from([1, 2]))) for start, end in sorted(kept)]
    levels = st.builds(
        Position, st.integers(0, 50), st.just(0), st.sampled_from([0, -1, -3, -9]), st.just(-50)
    )
    chunk = Chunk([(10, draw(levels)) for _ in range(20)], intervals)
    for pos in sorted(draw(st.lists(st.integers(FIRST, FIRST + 190), max_size=8))):
        copies = next((c for start, end, c in intervals if start <= pos < end), 2)
        chunk.call(pos, draw(st.integers(0, 9)), draw(st.sampled_from(["T", "TA,*"])), copies)
    return chunk


@given(chunk=chunks())
def test_every_base_of_the_intervals_is_covered_once_whatever_the_calls(
    run: Run, chunk: Chunk
) -> None:
    text = run(chunk.text())
    called = [("20", start, end, copies) for start, end, copies in chunk.intervals]
    tiles = Tiles(called, lambda _, pos: REFERENCE[pos - 1 - FIRST], mend=False)
    lines = [line.encode() + b"\n" for line in text.splitlines()]
    assert [record.line for record in tiles.over(lines)] == lines


@given(chunk=chunks())
def test_every_record_has_a_likelihood_for_each_genotype_and_the_best_is_0(
    run: Run, chunk: Chunk
) -> None:
    for record in records(run, chunk):
        values = sample(record)
        pl = sorted(map(int, values["PL"].split(",")))
        alleles = len(record[4].split(",")) + 1
        copies = len(values["GT"].split("/"))
        assert len(pl) == (alleles if copies == 1 else alleles * (alleles + 1) // 2)
        assert (pl[0], values["GQ"]) == (0, str(min(99, pl[1])))


def test_the_header_describes_every_field(run: Run) -> None:
    described = {re.match(r"##(\w+)=<ID=(\w+)", line).groups() for line in HEADER}  # type: ignore[union-attr]
    used = {("ALT", "NON_REF"), ("INFO", "QD"), ("INFO", "ReadPosRankSum")}  # NaN in the driver
    for record in records(run, Chunk().call(1005)):
        used |= {("INFO", field.split("=")[0]) for field in record[7].split(";")}
        used |= {("FORMAT", field) for field in record[8].split(":")}
    assert described == used


# --- those who read it


@pytest.fixture
def gvcf(run: Run, tmp_path: Path) -> Path:
    """A gVCF with a SNP, a deletion with a SNP inside it, and blocks."""
    chunk = Chunk([(100, SURE), (100, EMPTY)])
    chunk.call(1005).call(1010, removed=7, alts="A").call(1012, alts="C,*").call(1050, alts="GTTT")
    head = ["##fileformat=VCFv4.2", *HEADER, "##contig=<ID=20,length=1200>"]
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT NA1".replace(" ", "\t")
    path = tmp_path / "a.g.vcf"
    path.write_text("\n".join([*head, columns]) + "\n" + run(chunk.text()))
    fasta = tmp_path / "a.fa"
    fasta.write_text(">20\n" + "A" * FIRST + REFERENCE + "\n")
    return path


@pytest.mark.parametrize("command", [["view"], ["norm", "--fasta-ref", "a.fa"]])
def test_bcftools_reads_the_records_without_a_word(
    gvcf: Path, command: list[str], need: Callable[..., None]
) -> None:
    need("bcftools")
    done = subprocess.run(
        ["bcftools", *command, "--output", "b.vcf", gvcf.name],
        check=True,
        capture_output=True,
        text=True,
        cwd=gvcf.parent,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("Lines")]
    assert said == []


def test_genotypegvcfs_finds_the_variants(gvcf: Path, need: Callable[..., None]) -> None:
    need("gatk", "samtools")
    for words in (
        ["samtools", "faidx", "a.fa"],
        ["samtools", "dict", "a.fa", "-o", "a.dict"],
        ["gatk", "IndexFeatureFile", "--input", gvcf.name],
        ["gatk", "GenotypeGVCFs", "-R", "a.fa", "-V", gvcf.name, "-O", "c.vcf"],
    ):
        subprocess.run(words, check=True, capture_output=True, cwd=gvcf.parent)
    lines = (gvcf.parent / "c.vcf").read_text().splitlines()
    found = [line.split("\t")[1] for line in lines if not line.startswith("#")]
    assert found == ["1006", "1011", "1013", "1051"]
