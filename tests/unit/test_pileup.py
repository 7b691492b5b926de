from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

from schelde.panel import Panel, sites_bed
from schelde.pileup import (
    ALT,
    MPILEUP_OPTIONS,
    OTHER,
    REF,
    Pileup,
    PileupError,
    call_rate,
    genotypes,
    pileup_of,
    read_called,
    read_pileup,
    write_counts,
)

PANEL = Panel(
    ("1", "1", "2"),
    np.array([10, 20, 10], dtype=np.int32),
    ("A", "C", "G"),
    ("G", "T", "A"),
    np.array([0.2, 0.5, 0.5]),
    np.zeros((3, 0)),
)


def lines(*rows: str) -> list[bytes]:
    return [row.replace(" ", "\t").encode() + b"\n" for row in rows]


def test_bases_are_ref_alt_or_other_on_both_strands() -> None:
    found = read_pileup(lines("1 10 A 8 .,GgTtCc IIIIIIII"), PANEL)
    assert found.classes.tolist() == [REF, REF, ALT, ALT, OTHER, OTHER, OTHER, OTHER]
    assert (found.ref_counts[0], found.alt_counts[0], found.other_counts[0]) == (2, 2, 4)
    assert found.depth.tolist() == [8, 0, 0]


def test_letters_are_read_where_the_genome_is_not_given() -> None:
    found = read_pileup(lines("1 10 N 3 AgT 5II"), PANEL)
    assert found.classes.tolist() == [REF, ALT, OTHER]
    assert found.qualities.tolist() == [20, 40, 40]


def test_deleted_bases_and_n_are_no_bases() -> None:
    found = read_pileup(lines("1 10 A 7 .*#<>Nn IIIIIII"), PANEL)
    assert found.depth.tolist() == [1, 0, 0]


def test_other_positions_and_empty_lines_are_passed_over() -> None:
    found = read_pileup(lines("1 11 A 1 . I", "1 20 C 0 * *"), PANEL)
    assert found.depth.sum() == 0


def test_bases_stand_in_the_order_of_the_panel() -> None:
    found = read_pileup(lines("2 10 G 1 a I", "1 20 C 2 .T I5"), PANEL)
    assert found.sites.tolist() == [1, 1, 2]
    assert found.qualities.tolist() == [40, 20, 40]


def test_a_panel_of_another_assembly_is_refused() -> None:
    with pytest.raises(PileupError, match="at 1 of 2 sites the genome does not have the panel's"):
        read_pileup(lines("1 10 T 1 . I", "1 20 C 1 . I"), PANEL)


@pytest.mark.parametrize("row", ["1 10 A 2 .. I", "1 10 A"])
def test_a_line_that_is_no_pileup_is_refused(row: str) -> None:
    with pytest.raises(PileupError):
        read_pileup(lines(row), PANEL)


def read_of(name: str, flag: int, start: int, bases: str, quality: str, mapq: int = 60) -> str:
    """A line of SAM; ``start`` 1-based."""
    mate = ("=", str(start), "0") if flag & 1 else ("*", "0", "0")
    fields = (name, flag, "1", start, mapq, f"{len(bases)}M", *mate, bases, quality)
    return "\t".join(map(str, fields))


def test_samtools_counts_the_reads_that_ga4gh_counts(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("samtools")
    (tmp_path / "g.fa").write_text(">1\n" + "A" * 40 + "\n")
    ref, alt, good = "A" * 11, "AAAAAGAAAAA", "I" * 11
    rows = [
        "@HD\tVN:1.6\tSO:coordinate",
        "@SQ\tSN:1\tLN:40",
        read_of("good", 0, 5, ref, good),
        read_of("mapq0", 0, 5, alt, good, mapq=0),
        read_of("orphan", 1 + 64, 5, alt, good),
        read_of("secondary", 256, 5, alt, good),
        read_of("failed", 512, 5, alt, good),
        read_of("duplicate", 1024, 5, alt, good),
        read_of("supplementary", 2048, 5, alt, good),
        read_of("bad", 0, 5, alt, "I" * 5 + "-" + "I" * 5),  # base quality 12
        read_of("pair", 1 + 2 + 64 + 32, 5, alt, good),
        read_of("pair", 1 + 2 + 128 + 16, 5, alt, good),
    ]
    (tmp_path / "r.sam").write_text("\n".join(rows) + "\n")
    panel = Panel(
        ("1",), np.array([10], np.int32), ("A",), ("G",), np.array([0.5]), np.zeros((1, 0))
    )
    (tmp_path / "sites.bed").write_text(sites_bed(panel))
    command = ["samtools", "mpileup", *MPILEUP_OPTIONS, "--positions", "sites.bed"]
    command += ["--fasta-ref", "g.fa", "r.sam"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    found = read_pileup(done.stdout.splitlines(), panel)
    assert (found.ref_counts.tolist(), found.alt_counts.tolist()) == ([1], [3])


def test_samtools_gives_one_character_for_each_read_beside_indels(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("samtools")
    (tmp_path / "g.fa").write_text(">1\n" + "A" * 40 + "\n")
    reads = [("i", 5, "6M2I4M", 12), ("d", 5, "6M2D4M", 10), ("over", 5, "3M6D3M", 6)]
    rows = ["@HD\tVN:1.6\tSO:coordinate", "@SQ\tSN:1\tLN:40"]
    for name, start, cigar, length in reads:
        fields = (name, 0, "1", start, 60, cigar, "*", 0, 0, "A" * length, "I" * length)
        rows.append("\t".join(map(str, fields)))
    (tmp_path / "r.sam").write_text("\n".join(rows) + "\n")
    pysam.faidx(str(tmp_path / "g.fa"))
    command = ["samtools", "mpileup", *MPILEUP_OPTIONS, "--fasta-ref", "g.fa", "r.sam"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    panel = Panel(
        ("1",), np.array([10], np.int32), ("A",), ("G",), np.array([0.5]), np.zeros((1, 0))
    )
    assert read_pileup(done.stdout.splitlines(), panel).ref_counts.tolist() == [2]


def same(count: int, kind: int, quality: int, site: int = 1) -> Pileup:
    return pileup_of(
        np.full(count, site, np.int32), np.full(count, kind, np.uint8),
        np.full(count, quality, np.uint8), len(PANEL),
    )  # fmt: skip


def test_a_genotype_has_the_quality_worked_out_by_hand() -> None:
    # 10 reference bases of Q20 at p = 1/2: HWE 1/4, 1/2, 1/4; P(bases) 0.99^10 and about 0.5^10.
    own, het = 0.25 * 0.99**10, 0.5 * (0.5 * 0.99 + 0.5 * 0.01 / 3) ** 10
    doubt = het / (own + het)
    called = genotypes(same(10, REF, 20), PANEL)
    assert called.copies.tolist() == [-1, 0, -1]
    assert called.qualities[1] == int(-10 * np.log10(doubt)) == 26
    assert called.depth.tolist() == [0, 10, 0]


def test_ten_reads_are_needed() -> None:
    called = genotypes(same(9, ALT, 40), PANEL)
    assert (called.copies[1], called.qualities[1] >= 20) == (-1, True)


def test_many_good_bases_do_not_go_beyond_gq_99() -> None:
    assert genotypes(same(500, ALT, 93), PANEL).qualities[1] == 99


@pytest.mark.parametrize(("alts", "copies"), [(0, 0), (10, 1), (20, 2)])
def test_copies_of_alt_are_called(alts: int, copies: int) -> None:
    kinds = np.array([ALT] * alts + [REF] * (20 - alts), np.uint8)
    bases = pileup_of(np.ones(20, np.int32), kinds, np.full(20, 30, np.uint8), len(PANEL))
    assert genotypes(bases, PANEL).copies[1] == copies


def test_no_bases_give_no_genotype_and_quality_0() -> None:
    called = genotypes(same(0, REF, 30), PANEL)
    assert called.copies.tolist() == [-1, -1, -1]
    assert called.qualities.tolist() == [0, 0, 0]


def test_the_call_rate_is_a_percentage_of_the_sites_asked_for() -> None:
    called = genotypes(same(20, REF, 30), PANEL)
    assert call_rate(called, PANEL.on(["1"])) == 50.0
    assert call_rate(called, PANEL.on(["3"])) is None


def test_sites_and_genotypes_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    bases = same(20, ALT, 30)
    called = genotypes(bases, PANEL)
    write_counts(tmp_path / "c.tsv.gz", PANEL, bases, called)
    sites, copies = read_called(tmp_path / "c.tsv.gz")
    assert [site[0].decode() for site in sites] == list(PANEL.contigs)
    assert [int(site[1]) for site in sites] == [10, 20, 10]
    assert [float(site[4]) for site in sites] == PANEL.frequency.tolist()
    assert copies.tolist() == [-1, 2, -1]


def test_counts_have_the_same_bytes_at_any_time_and_under_any_name(tmp_path: Path) -> None:
    bases = same(20, ALT, 30)
    for name in ("a", "b"):
        write_counts(tmp_path / name, PANEL, bases, genotypes(bases, PANEL))
    data = (tmp_path / "a").read_bytes()
    assert data == (tmp_path / "b").read_bytes()
    assert data[4:8] == bytes(4)


def test_another_table_is_not_read_as_counts(tmp_path: Path) -> None:
    path = tmp_path / "c.tsv.gz"
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(b"contig\n")
    with pytest.raises(PileupError, match="does not have the columns"):
        read_called(path)
