from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schelde.contamination.charr import LEAST_SITES, charr
from schelde.panel import Panel

COUNT = LEAST_SITES + 5
HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=LOW,Description="Low">
##contig=<ID=1,length=100000>
##contig=<ID=X,length=100000>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS
"""


def panel(alt_frequency: float = 0.5) -> Panel:
    return Panel(
        ("1",) * COUNT,
        np.arange(1, COUNT + 1, dtype=np.int32) * 100,
        ("A",) * COUNT,
        ("G",) * COUNT,
        np.full(COUNT, alt_frequency),
        np.zeros((COUNT, 0)),
    )


def row(number: int, call: str = "1/1:1,29:50", alts: str = "G", filters: str = "PASS") -> str:
    return f"1\t{number * 100}\t.\tA\t{alts}\t50\t{filters}\t.\tGT:AD:GQ\t{call}\n"


def value(folder: Path, rows: list[str], given: Panel | None = None) -> float | None:
    path = folder / "calls.vcf"
    path.write_text(HEADER + "".join(rows))
    return charr(path, given or panel(), ["1"])


def sound(count: int = LEAST_SITES) -> list[str]:
    return [row(number) for number in range(1, count + 1)]


def test_it_is_the_mean_share_of_reference_reads_over_the_frequency_of_ref(tmp_path: Path) -> None:
    rows = [*sound(LEAST_SITES - 1), row(LEAST_SITES, "1/1:4,16:50")]
    by_hand = ((LEAST_SITES - 1) * (1 / 30) / 0.5 + (4 / 20) / 0.5) / LEAST_SITES
    assert value(tmp_path, rows) == pytest.approx(by_hand)


def test_a_phased_call_counts(tmp_path: Path) -> None:
    rows = [row(number, "1|1:1,29:50") for number in range(1, LEAST_SITES + 1)]
    assert value(tmp_path, rows) == pytest.approx(1 / 15)


def test_too_few_sites_give_no_number(tmp_path: Path) -> None:
    assert value(tmp_path, sound(LEAST_SITES - 1)) is None


@pytest.mark.parametrize(
    "extra",
    [
        row(COUNT, "0/1:15,15:50"),
        row(COUNT, "1/1:15,15:19"),
        row(COUNT, "1/1:5,4:50"),
        row(COUNT, "1/1:50,51:50"),
        row(COUNT, "1:5,25:50"),
        row(COUNT, "1/1:.:50"),
        row(COUNT, "1/1:15,15:50", filters="LOW"),
        row(COUNT, "1/1:15,15:50", alts="GT"),
        row(COUNT, "1/1:15,15,0:50", alts="G,T"),
        row(COUNT, "1/1:15,15:50", alts="C"),
        row(COUNT + 1, "1/1:15,15:50"),
        row(COUNT, "1/1:15,15:50").replace("1", "X", 1),
    ],
    ids=[
        "heterozygous", "GQ below 20", "depth below 10", "depth above 100", "one copy",
        "no reads", "filtered", "insertion", "two ALTs", "another ALT", "not in the panel",
        "not an autosome",
    ],
)  # fmt: skip
def test_other_calls_do_not_count(tmp_path: Path, extra: str) -> None:
    assert value(tmp_path, [*sound(), extra]) == pytest.approx(1 / 15)


@pytest.mark.parametrize("frequency", [0.09, 0.91])
def test_sites_whose_ref_is_rare_or_nearly_fixed_do_not_count(
    tmp_path: Path, frequency: float
) -> None:
    assert value(tmp_path, sound(), panel(frequency)) is None


def test_a_vcf_without_read_counts_gives_no_number(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf"
    header = "".join(line for line in HEADER.splitlines(keepends=True) if "ID=AD" not in line)
    path.write_text(header + "".join(row.replace("GT:AD:GQ", "GT") for row in sound(0)))
    assert charr(path, panel(), ["1"]) is None


def test_it_gives_back_a_known_contamination(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    rows = []
    for number in range(1, COUNT + 1):
        # A contaminating person at 5 % with REF at frequency 0.5, over many draws of reads.
        ref = int(dice.binomial(100, 0.05 * dice.binomial(2, 0.5) / 2))
        rows.append(row(number, f"1/1:{ref},{100 - ref}:50"))
    assert value(tmp_path, rows) == pytest.approx(0.05, abs=0.02)
