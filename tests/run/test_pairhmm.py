"""The open engine through the whole flow: how right it is on real reads, and what its gVCF is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pysam
import pytest
from tests.run.real_reads import SETS, write_project

from schelde.demo.sheets import PEOPLE
from schelde.evaluate import Row, evaluate
from schelde.intervals import read_pieces
from schelde.pairhmm.library import LIBRARY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pairhmm"),
    pytest.mark.skipif(not LIBRARY.exists(), reason="the open engine was not built (make setup)"),
]
TRIO = ("D-NA12878", "D-NA12891", "D-NA12892")
"""Child, father, mother."""

SAMPLES = ("A-NA12878", *TRIO, "E-NA12878")

# Recall of all calls; precision of those that pass the filters; their genotypes. As measured:
# docs/pairhmm.md has the numbers of the other callers beside them.
AT_LEAST = {
    "A": {"SNP": (1.0, 0.987, 1.0), "INDEL": (1.0, 0.894, 1.0)},
    "D": {"SNP": (1.0, 1.0, 1.0), "INDEL": (1.0, 1.0, 1.0)},
    "E": {"SNP": (0.899, 0.977, 0.976), "INDEL": (0.906, 0.974, 1.0)},
}


@pytest.fixture(scope="module")
def called(
    shared: Path,
    need: Callable[..., None],
    runner: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Sets A, D and E, called in one piece by one thread."""
    need("bwa", "samtools", "bcftools", "fastp")
    folder = tmp_path_factory.mktemp("pairhmm") / "project"
    write_project(folder, shared / "data", "bwa", "pairhmm", "ADE")
    run = runner(folder)
    run("call", "--set-threads", "call_piece_pairhmm=1")
    return run


@pytest.fixture(scope="module")
def records(called: Any) -> dict[str, list[str]]:
    """All records as they are after the first run."""
    return dict(called.records(SAMPLES))


def judged(
    vcf: Path, shared: Path, name: str, *, sample: str | None = None, passing_only: bool = False
) -> dict[str, Row]:
    """Compare NA12878 of a set with the truth, by type."""
    data = shared / "data" / SETS[name].folder
    result = evaluate(
        vcf,
        data / str(SETS[name].truth),
        shared / "data/ref/mini.fa",
        data / str(SETS[name].bed),
        sample=sample,
        truth_sample=None,
        passing_only=passing_only,
    )
    return {str(row.type): row for row in result.rows}


@pytest.mark.real_reads
@pytest.mark.parametrize("name", ["A", "D", "E"])
def test_accuracy_on_real_reads_does_not_fall(called: Any, shared: Path, name: str) -> None:
    vcf = called.folder / f"results/call/{name}-NA12878.vcf.gz"
    every, passing = judged(vcf, shared, name), judged(vcf, shared, name, passing_only=True)
    for kind, (recall, precision, genotypes) in AT_LEAST[name].items():
        assert every[kind].recall >= recall
        assert passing[kind].precision >= precision
        assert passing[kind].genotype_concordance >= genotypes


@pytest.mark.real_reads
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_base_is_covered_exactly_once(called: Any, sample: str) -> None:
    pieces = read_pieces(called.folder / "results/reference/pieces/wgs.bed")
    wanted = [(contig, start, end) for contig, start, end, _ in pieces]
    assert list(covered(called.folder / f"results/call/{sample}.g.vcf.gz")) == wanted


def covered(gvcf: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the stretches that records follow one another on; no block may lie over another record.

    A variant may lie in the REF of another one, as the allele ``*`` of a deletion does.
    """
    contig, start, end = "", 0, 0
    with pysam.VariantFile(str(gvcf)) as file:
        for record in file:
            block = set(record.alts or ()) <= {"<NON_REF>", "<*>"}
            assert not block or record.contig != contig or record.start >= end, record
            if record.contig != contig or record.start > end:
                if contig:
                    yield contig, start, end
                contig, start, end = record.contig, record.start, record.start
            end = max(end, record.stop)
    yield contig, start, end


@pytest.mark.real_reads
def test_two_threads_give_the_same_records(called: Any, records: dict[str, list[str]]) -> None:
    wanted = [f"results/call/{sample}.vcf.gz" for sample in SAMPLES]
    called(*wanted, "--forcerun", "call_piece_pairhmm", "--set-threads", "call_piece_pairhmm=2")
    assert called.records(SAMPLES) == records


@pytest.mark.real_reads
def test_three_pieces_give_the_same_records(
    called: Any, records: dict[str, list[str]], tmp_path: Path
) -> None:
    again = type(called)(tmp_path / "project")
    shutil.copytree(called.folder, again.folder)
    again("call", "--config", "call={caller: pairhmm, pieces: 3}")
    assert len({row[3] for row in read_pieces(piece_bed(again))}) == 3
    assert again.records(SAMPLES) == records


def piece_bed(run: Any) -> Path:
    return run.folder / "results/reference/pieces/wgs.bed"


@pytest.mark.real_reads
@pytest.mark.parametrize("combine", ["CombineGVCFs", "GenomicsDBImport"])
def test_gatk_genotypes_a_trio_from_the_gvcfs(
    called: Any, shared: Path, need: Callable[..., None], tmp_path: Path, combine: str
) -> None:
    need("gatk")
    genome = called.folder / "results/reference/genome.fa"
    gvcfs = [str(called.folder / f"results/call/{sample}.g.vcf.gz") for sample in TRIO]
    given = [word for gvcf in gvcfs for word in ("--variant", gvcf)]
    combined, joint = tmp_path / "all.g.vcf.gz", tmp_path / "joint.vcf.gz"
    if combine == "CombineGVCFs":
        gatk(combine, "--reference", genome, *given, "--output", combined)
        source = str(combined)
    else:
        database = tmp_path / "database"
        gatk(combine, *given, "--intervals", "chr20", "--genomicsdb-workspace-path", database)
        source = f"gendb://{database}"
    gatk(
        *("GenotypeGVCFs", "--reference", genome, "--variant", source),
        *("--intervals", "chr20", "--output", joint),
    )
    rows = judged(joint, shared, "D", sample=TRIO[0])
    for row in rows.values():
        assert (row.recall, row.precision, row.genotype_concordance) == (1.0, 1.0, 1.0)


def gatk(*words: str | Path) -> None:
    """Run a tool of GATK that must end well."""
    ended = subprocess.run(["gatk", *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]


@pytest.fixture(scope="module")
def trio(
    small_demo: Path, runner: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The small demo with `caller: pairhmm`, run to its end."""
    folder = tmp_path_factory.mktemp("demo-pairhmm") / "demo"
    shutil.copytree(small_demo, folder)
    run = runner(folder)
    run("--config", "call={caller: pairhmm, pieces: 2}")
    return run


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.sample)
def test_nearly_all_true_variants_of_the_demo_are_found_and_nearly_all_calls_are_true(
    trio: Any, person: Any
) -> None:
    snps = trio.judged(person.sample)["SNP"]
    assert min(snps.recall, snps.precision, snps.genotype_concordance) > 0.95


def test_a_boy_has_one_x_outside_par_and_his_mother_no_y(trio: Any) -> None:
    boy, mother = PEOPLE[2].sample, PEOPLE[1].sample
    bed = (trio.folder / "results/reference/par.bed").read_text().split()
    with pysam.VariantFile(str(trio.folder / f"results/call/{boy}.g.vcf.gz")) as gvcf:
        copies = {
            len(record.samples[0]["GT"])
            for record in gvcf
            if record.contig == "chrX" and not int(bed[1]) <= record.start < int(bed[2])
        }
    assert copies == {1}
    with pysam.VariantFile(str(trio.folder / f"results/call/{mother}.g.vcf.gz")) as gvcf:
        assert "chrY" not in {record.contig for record in gvcf}
