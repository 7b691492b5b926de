"""Rows of the pair-HMM: as GATK makes them of a read, and as GATK itself writes them."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
import pytest

K, PLAIN_GAP = "K", "N"  # a phred of 42; of 45, with which every gap opens where nothing repeats


@dataclass(frozen=True)
class Row:
    bases: str
    quals: str
    insertion: str
    deletion: str


@dataclass(frozen=True)
class Read:
    bases: str
    quals: str
    mapq: int = 60
    start: int = 0
    end: int | None = None

    def __str__(self) -> str:
        end = len(self.bases) if self.end is None else self.end
        return f"R {self.bases} {self.quals} {self.mapq} {self.start} {end}"


@pytest.fixture(scope="module")
def text_of(driver):
    run = driver("model")

    def call(
        reads: Iterable[object], haplotypes: tuple[str, ...] = (), *options: str
    ) -> list[list[str]]:
        lines = [*map(str, reads), *(f"H {haplotype}" for haplotype in haplotypes)]
        return [
            line.split()
            for line in run("".join(f"{line}\n" for line in lines), *options).splitlines()
        ]

    return call


@pytest.fixture(scope="module")
def rows_of(text_of):
    def call(reads: Iterable[object], *options: str) -> list[Row]:
        return [Row(*fields) for fields in text_of(reads, (), *options)]

    return call


def phred(text: str) -> list[int]:
    return [ord(one) - 33 for one in text]


def all_sure(bases: str) -> Read:
    return Read(bases, K * len(bases))


def test_base_qualities_are_capped_by_the_mapping_quality(rows_of):
    (row,) = rows_of([Read("ACGT", "K?5K", mapq=30)])
    assert phred(row.quals) == [30, 30, 20, 30]


def test_a_base_below_18_has_quality_6(rows_of):
    (row,) = rows_of([Read("ACGTA", "K321!")])
    assert phred(row.quals) == [42, 18, 6, 6, 6]


def test_the_last_base_has_the_plain_gap_penalty(rows_of):
    (row,) = rows_of([all_sure("A" * 12)])
    assert phred(row.insertion)[-1] == 45
    assert phred(row.insertion)[-2] < 40


# 40 - exp(n / (3 pi)) + 1, rounded, for n repeats: the table of GATK's CONSERVATIVE model.
PENALTIES = [40] * 4 + [39] * 5 + [38] * 3 + [37] * 3 + [36] * 2 + [35, 34, 33, 33]


@pytest.mark.parametrize("length", [2, 5, 9, 13, 17, 20])
def test_the_longer_a_repeat_the_cheaper_a_gap(rows_of, length):
    (row,) = rows_of([all_sure("G" + "A" * length + "C")])
    assert phred(row.insertion)[1] == PENALTIES[length]
    assert row.insertion == row.deletion


def test_more_than_20_repeats_are_20(rows_of):
    (row,) = rows_of([all_sure("A" * 60)])
    assert phred(row.insertion)[30] == PENALTIES[20]


def test_a_unit_of_up_to_8_bases_repeats(rows_of):
    eight, nine = rows_of([all_sure("ACGTTGCA" * 4), all_sure("ACGTTGCAT" * 4)])
    assert phred(eight.insertion)[15] == PENALTIES[4]
    assert phred(nine.insertion)[17] > PENALTIES[4]


def test_without_pcr_there_is_no_penalty_for_repeats(rows_of):
    (row,) = rows_of([all_sure("A" * 20)], "0")
    assert set(phred(row.insertion)) == {45}


def test_only_the_bases_that_are_compared_count(rows_of):
    whole = "AAAAAAAAAACGTCAAAAAAAAAA"
    part, alone = rows_of([Read(whole, K * 24, 60, 8, 16), all_sure(whole[8:16])])
    assert part == alone


def test_no_base_is_a_read_of_one_base_too_few(rows_of):
    assert rows_of([all_sure("A")]) == [Row("A", K, PLAIN_GAP, PLAIN_GAP)]


def test_pairs_are_reads_times_haplotypes_in_order(text_of):
    found = text_of([all_sure("ACG"), all_sure("TT")], ("AACC", "GGTTA", "N"))
    expected = [[read, one] for read in ("ACG", "TT") for one in ("AACC", "GGTTA", "N")]
    assert found[2:] == expected


def test_a_region_without_reads_or_haplotypes_has_no_pairs(text_of):
    assert text_of([]) == []
    assert len(text_of([all_sure("ACG")])) == 1


def repeats(bases: str, place: int) -> int:
    """Count by the definition: the shortest unit that is there twice, behind, then ahead."""
    behind, ahead = bases[: place + 1], bases[place + 1 :]

    def copies(text: str, unit: str) -> int:
        count = 0
        while text.startswith(unit * (count + 1)):
            count += 1
        return count

    def shortest(text: str) -> str:
        units = [text[:size] for size in range(1, min(8, len(text)) + 1)]
        return next((unit for unit in units if copies(text, unit) > 1), text[0])

    backwards = behind[::-1]
    unit_behind, unit_ahead = shortest(backwards)[::-1], shortest(ahead)
    unit = unit_behind if unit_behind == unit_ahead else unit_ahead
    return min(20, copies(backwards, unit[::-1]) + copies(ahead, unit))


def test_repeats_are_counted_as_defined(rows_of):
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list(letters), 60)) for letters in ("AC", "ACGTN") * 20]
    texts += [(unit * 30)[:50] for unit in ("CA", "TTAGGG", "GATA", "AAAAAAAC")]
    for text, row in zip(texts, rows_of([all_sure(text) for text in texts]), strict=True):
        counts = [repeats(text, place) for place in range(len(text) - 1)]
        worse = [math.exp(count / (3 * math.pi)) for count in counts]
        assert phred(row.insertion)[:-1] == [math.floor(40 - one + 1 + 0.5) for one in worse]


# ---- GATK itself


def made_reads(folder: Path) -> tuple[Path, Path]:
    """Write 2 kb of reference with repeats, and a BAM of reads from two haplotypes of it."""
    rng = np.random.default_rng(2)
    pieces = ["".join(rng.choice(list("ACGT"), 250)) for _ in range(8)]
    repeats = ("CA" * 12, "T" * 14, "GATA" * 7, "A" * 9, "TTG" * 8, "C" * 7, "TTAGGC" * 4, "")
    reference = "".join(piece + one for piece, one in zip(pieces, repeats, strict=True))
    (folder / "r.fa").write_text(f">1\n{reference}\n")
    pysam.faidx(str(folder / "r.fa"))
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "1", "LN": len(reference)}]}
    header["RG"] = [{"ID": "a", "SM": "a", "PL": "ILLUMINA"}]
    other = list(reference)
    for place in range(150, len(other) - 100, 240):
        other[place] = {"A": "C", "C": "G", "G": "T", "T": "A"}[other[place]]
    with pysam.AlignmentFile(str(folder / "r.bam"), "wb", header=header) as out:
        for number, start in enumerate(range(0, len(reference) - 100, 5)):
            source = other if number % 2 else reference
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag = f"r{number}", 16 * (number // 2 % 2)
            read.reference_id, read.reference_start = 0, start
            read.mapping_quality = int(rng.choice([60, 60, 30]))
            read.cigarstring = "100M"
            read.query_sequence = "".join(source[start : start + 100])
            read.query_qualities = pysam.qualitystring_to_array(
                "".join(chr(33 + one) for one in rng.choice([42, 37, 25, 18, 17, 11], 100))
            )
            read.set_tag("RG", "a")
            out.write(read)
    pysam.index(str(folder / "r.bam"))
    return folder / "r.fa", folder / "r.bam"


@pytest.fixture(scope="module")
def gatk_pairs(need, tmp_path_factory) -> tuple[Path, list[list[str]]]:
    """Have GATK write what its pair-HMM is given and gives: one list for each pair."""
    need("gatk")
    folder = tmp_path_factory.mktemp("gatk")
    reference, bam = made_reads(folder)
    pysam.samtools.dict("-o", str(folder / "r.dict"), str(reference), catch_stdout=False)
    command = ["gatk", "HaplotypeCaller", "-R", reference, "-I", bam, "-O", folder / "o.vcf"]
    command += ["--pair-hmm-results-file", folder / "pairs.txt"]
    subprocess.run(command, check=True, capture_output=True)
    lines = (folder / "pairs.txt").read_text().splitlines()
    return bam, [line.split() for line in lines if not line.startswith("#")]


@pytest.mark.slow
def test_rows_are_those_that_gatk_writes(rows_of, gatk_pairs):
    bam, pairs = gatk_pairs
    theirs = {Row(*fields[1:5]) for fields in pairs}
    assert len(theirs) > 50
    with pysam.AlignmentFile(str(bam)) as records:
        reads = [(one.query_sequence, one.qual, one.mapping_quality) for one in records if one.qual]
    parts = {
        str(Read(bases, quals, mapq, found.start(), found.start() + len(row.bases)))
        for row in theirs
        for bases, quals, mapq in reads
        for found in re.finditer(f"(?={row.bases})", bases)
    }
    possible = set(rows_of(sorted(parts)))
    assert theirs <= possible


@pytest.mark.slow
def test_likelihoods_are_those_that_gatk_writes(driver, gatk_pairs):
    _, pairs = gatk_pairs
    text = "".join(" ".join(fields[:5]) + "\n" for fields in pairs)
    found = [float(line.split()[1]) for line in driver("pairhmm")(text, "best", "10").splitlines()]
    np.testing.assert_allclose(found, [float(fields[6]) for fields in pairs], rtol=0, atol=1e-4)
