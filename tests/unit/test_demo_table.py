from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pysam
import pytest

from schelde.demo import demo_table
from schelde.demo.table import Copies, Genotypes, follows, mendelian
from schelde.errors import UserError

HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=low,Description="Low">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">
##contig=<ID=chr20,length=1000>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS
"""


def write(path: Path, rows: Sequence[str]) -> Path:
    plain = path.with_suffix("")
    plain.write_text(HEADER + "".join("\t".join(row.split()) + "\n" for row in rows))
    pysam.tabix_compress(str(plain), str(path), force=True)
    pysam.tabix_index(str(path), preset="vcf", force=True)
    return path


def genotypes(directory: Path, calls: Sequence[str], blocks: Sequence[str]) -> Genotypes:
    directory.mkdir()
    return Genotypes(write(directory / "s.vcf.gz", calls), write(directory / "s.g.vcf.gz", blocks))


SURE = ["chr20 1 . A <NON_REF> . . END=900 GT:GQ 0/0:40"]
UNSURE = ["chr20 1 . A <NON_REF> . . END=900 GT:GQ 0/0:10"]
NONE = ["chr20 1 . A <NON_REF> . . END=900 GT:GQ ./.:0"]
HET = ["chr20 100 . A G 50 PASS . GT:GQ 0/1:40"]
HOM = ["chr20 100 . A G 50 PASS . GT:GQ 1/1:40"]
GONE = ["chr20 100 . A * 50 PASS . GT:GQ 0/1:40"]
LOW = ["chr20 100 . A G 50 low . GT:GQ 0/1:40"]


@pytest.mark.parametrize(
    ("contig", "child", "father", "mother", "answer"),
    [
        ("chr20", Copies(1, 2), Copies(1, 2), Copies(0, 2), True),
        ("chr20", Copies(1, 2), Copies(0, 2), Copies(0, 2), False),
        ("chr20", Copies(2, 2), Copies(2, 2), Copies(0, 2), False),
        ("chr20", Copies(0, 2), Copies(2, 2), Copies(1, 2), False),
        ("chr20", Copies(0, 2), Copies(1, 2), Copies(1, 2), True),
        ("chrX", Copies(1, 1), Copies(1, 1), Copies(0, 2), False),
        ("chrX", Copies(1, 1), None, Copies(1, 2), True),
        ("chrX", Copies(1, 2), Copies(1, 2), Copies(0, 2), True),
        ("chrY", Copies(1, 1), Copies(1, 1), None, True),
        ("chrY", Copies(0, 1), Copies(1, 1), None, False),
        ("chrM", Copies(1, 1), Copies(1, 1), Copies(0, 1), False),
        ("chr20", Copies(1, 2), Copies(1, 2), None, None),
        ("chr20", None, Copies(1, 2), Copies(1, 2), None),
    ],
)
def test_a_childs_genotype_follows_or_not(
    contig: str, child: Copies, father: Copies, mother: Copies, answer: bool | None
) -> None:
    assert follows(contig, child, father, mother) is answer


@pytest.mark.parametrize(
    ("child", "father", "mother", "counts"),
    [
        ((HET, SURE), (HET, SURE), ([], SURE), (1, 1)),
        ((HOM, SURE), (HET, SURE), ([], SURE), (0, 1)),
        (([], SURE), (HOM, SURE), ([], SURE), (0, 1)),
        ((HET, SURE), (HET, SURE), ([], UNSURE), (0, 0)),
        ((HET, SURE), (HET, SURE), ([], NONE), (0, 0)),
        ((HET, SURE), (HET, SURE), ([], []), (0, 0)),
        ((HET, SURE), (LOW, SURE), ([], SURE), (0, 0)),
        ((GONE, SURE), ([], SURE), ([], SURE), (0, 0)),
    ],
)
def test_only_genotypes_that_all_three_have_are_counted(
    tmp_path: Path,
    child: tuple[list[str], list[str]],
    father: tuple[list[str], list[str]],
    mother: tuple[list[str], list[str]],
    counts: tuple[int, int],
) -> None:
    trio = zip("cfm", (child, father, mother), strict=True)
    assert mendelian(*(genotypes(tmp_path / name, *files) for name, files in trio)) == counts


def test_a_demo_that_has_not_run_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"6 problems[\s\S]*DEMO-C\.vcf\.gz: is not there; run"):
        demo_table(tmp_path)
