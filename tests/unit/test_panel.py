from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schelde.errors import UserError
from schelde.panel import Panel, panel_files, read_panel, sites_bed, write_files, write_vcf

BED = "1\t99\t100\tC\tT\n1\t199\t200\tG\tA\n2\t49\t50\tA\tC\n"
MU = "1:100_C/T_rs3934834\t0.446885\n1:200_G/A\t1.2\n2:50_A/C\t0.5\n"
UD = "1.5\t-2\t\n0.25\t0\t\n-3\t1\t\n"
HEADER = """\
##fileformat=VCFv4.2
##contig=<ID=1,length=1000>
##contig=<ID=2,length=1000>
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
"""
ROWS = ("1\t100\t.\tC\tT\t.\t.\tAF=0.25\n", "2\t50\t.\tA\tC\t.\t.\tAF=0.5\n")


def written(folder: Path, bed: str = BED, mu: str = MU, ud: str | None = UD) -> Path:
    for suffix, text in ((".bed", bed), (".mu", mu), (".UD", ud)):
        if text is not None:
            (folder / f"p.dat{suffix}").write_text(text)
    return folder / "p.dat"


def told(folder: Path, bed: str = BED, mu: str = MU, ud: str | None = UD) -> str:
    with pytest.raises(UserError) as error:
        read_panel(written(folder, bed, mu, ud))
    return str(error.value).replace(f"{folder}/", "")


def test_the_three_files_of_verifybamid2_are_read(tmp_path: Path) -> None:
    panel = read_panel(written(tmp_path))
    assert panel.contigs == ("1", "1", "2")
    assert panel.positions.tolist() == [100, 200, 50]
    assert (panel.refs, panel.alts) == (("C", "G", "A"), ("T", "A", "C"))
    assert panel.frequency.tolist() == [0.2234425, 0.6, 0.25]
    assert panel.components.tolist() == [[1.5, -2], [0.25, 0], [-3, 1]]


def test_a_panel_without_ud_has_no_components(tmp_path: Path) -> None:
    assert read_panel(written(tmp_path, ud=None)).components.shape == (3, 0)


def test_a_site_with_several_alts_is_left_out_and_counted(tmp_path: Path) -> None:
    panel = read_panel(written(tmp_path, bed=BED.replace("G\tA", "G\tA,C")))
    assert (len(panel), panel.left_out) == (2, 1)
    assert panel.frequency.tolist() == [0.2234425, 0.25]
    assert panel.components.tolist() == [[1.5, -2], [-3, 1]]


@pytest.mark.parametrize(
    ("bed", "what"),
    [
        (BED.replace("A\tC", "A\tCT"), "p.dat.bed:3: 'A' to 'CT' is not a SNP"),
        (BED.replace("A\tC", "A\tA"), "p.dat.bed:3: 'A' to 'A' is not a SNP"),
        (BED.replace("199\t200", "98\t99"), "p.dat.bed:2: position 99 comes after position 100"),
        (BED.replace("199\t200", "99\t100"), "p.dat.bed:2: position 100 comes after"),
        (BED.replace("49\t50", "49\t51"), "p.dat.bed:3: start '49' and end '51'"),
        (BED.replace("\t", " "), "p.dat.bed:1: the line has 1 of the columns"),
        (
            "1\t99\t100\tC\tT\n2\t199\t200\tG\tA\n1\t249\t250\tA\tC\n",
            "p.dat.bed:3: contig '1' comes back after '2'",
        ),
    ],
)
def test_a_wrong_line_of_the_bed_is_told(tmp_path: Path, bed: str, what: str) -> None:
    assert what in told(tmp_path, bed=bed)


def test_a_mean_genotype_of_a_site_that_does_not_vary_is_told(tmp_path: Path) -> None:
    text = told(tmp_path, mu=MU.replace("1.2", "2"))
    assert "p.dat.mu:2: the mean genotype '2' is not between 0 and 2" in text


def test_means_of_other_contigs_are_told(tmp_path: Path) -> None:
    text = told(tmp_path, mu=MU.replace("2:50_", "3:50_"))
    assert "p.dat.mu: 1 of 3 lines name another contig than the line of the BED" in text


def test_names_of_an_older_build_in_the_means_are_taken(tmp_path: Path) -> None:
    """As in the panel of HGDP on b38 that VerifyBamID2 publishes."""
    older = MU.replace("2:50_", "chr2:51_")
    assert len(read_panel(written(tmp_path, mu=older))) == 3


def test_files_of_other_lengths_are_told(tmp_path: Path) -> None:
    text = told(tmp_path, mu=MU + "2:60_A/C\t1\n", ud="1\t2\n")
    assert "p.dat.mu: has 4 lines and" in text
    assert "p.dat.UD: has 1 lines and" in text


def test_a_ragged_ud_is_told(tmp_path: Path) -> None:
    assert "p.dat.UD:2: the line does not have 2 numbers" in told(tmp_path, ud="1\t2\n1\n1\tx\n")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = told(tmp_path, bed=BED.replace("A\tC", "A\tA"), mu=MU.replace("1.2", "x"))
    assert text.startswith("2 problems")


def test_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_panel(tmp_path / "none")


def vcf_of(folder: Path, text: str) -> Path:
    path = folder / "p.vcf"
    path.write_text(text)
    return path


def test_a_vcf_with_frequencies_is_read(tmp_path: Path) -> None:
    panel = read_panel(vcf_of(tmp_path, HEADER + "".join(ROWS)))
    assert panel.positions.tolist() == [100, 50]
    assert panel.frequency.tolist() == [0.25, 0.5]
    assert panel.components.shape == (2, 0)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEADER.replace("ID=AF", "ID=MAF") + ROWS[0].replace("AF", "MAF"), "has no INFO/AF"),
        (HEADER + ROWS[0].replace("0.25", "0"), "AF 0 at 1:100 is not between 0 and 1"),
        (HEADER + ROWS[0].replace("C\tT", "C\tCT"), "'C' to 'CT' is not a SNP"),
        (HEADER + ROWS[1] + ROWS[0] + ROWS[1], "contig '2' comes back after '1'"),
        (HEADER, "has no SNP"),
        ("text\n", "cannot be read as VCF"),
    ],
)
def test_a_wrong_vcf_is_told(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UserError) as error:
        read_panel(vcf_of(tmp_path, text))
    assert what in str(error.value)


def small() -> Panel:
    return Panel(
        ("2", "2", "1"),
        np.array([50, 60, 7], dtype=np.int32),
        ("A", "C", "G"),
        ("C", "T", "A"),
        np.array([0.1, 0.25, 0.5]),
        np.zeros((3, 0)),
    )


def test_the_vcf_that_is_written_is_read_back_in_the_order_of_the_genome(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf.gz"
    write_vcf(small(), path, {"1": 100, "2": 100, "3": 9})
    panel = read_panel(path)
    assert panel.contigs == ("1", "2", "2")
    assert panel.frequency == pytest.approx([0.5, 0.1, 0.25])


def test_bcftools_finds_the_sites_of_the_vcf_by_its_index(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("bcftools")
    path = tmp_path / "p.vcf.gz"
    write_vcf(small(), path, {"1": 100, "2": 100})
    command = ["bcftools", "query", "-f", "%POS %REF %ALT %AF\\n", "-r", "2:55-100", str(path)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"60 C T 0.25\n"


def test_the_files_that_are_written_are_read_back(tmp_path: Path) -> None:
    write_files(small(), tmp_path / "p")
    panel = read_panel(tmp_path / "p")
    assert panel.contigs == small().contigs
    assert panel.frequency.tolist() == small().frequency.tolist()
    assert not panel.components.any()
    assert [path.name for path in panel_files(tmp_path / "p")] == ["p.bed", "p.mu", "p.UD"]


def test_sites_come_as_bed(tmp_path: Path) -> None:
    assert sites_bed(small()) == "2\t49\t50\n2\t59\t60\n1\t6\t7\n"


def test_sites_are_found_by_contig() -> None:
    assert small().on(["1", "3"]).tolist() == [False, False, True]
