"""All metrics of a sample together: complete, of the right type, with the right decimals."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schelde.assembly import Assembly
from schelde.callers.tools import Machine
from schelde.catalogue import Value, metrics
from schelde.measure.collected import Collected
from schelde.measure.numbers import coverage_metrics, region_metrics, target_metrics
from schelde.qc import (
    QcError,
    VariantFiles,
    VariantOutput,
    complete,
    lane_metrics,
    measure_variants,
    read_document,
)
from schelde.sheet import Assay, Person, Sex

PERSON = Person("S", Assay.WGS, Sex.FEMALE)
ASSEMBLY = Assembly("tiny", ("1",))
SEX = {
    "autosome_depth": 30.0,
    "x_depth": None,
    "y_depth": None,
    "x_ratio": None,
    "y_ratio": None,
    "x_heterozygosity": None,
    "x_sites": 0,
    "karyotype": None,
    "sex": "unknown",
    "note": None,
}
VCF = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">
##contig=<ID=1,length=1000>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS
1\t10\t.\tA\tG\t9\tPASS\t.\tGT:DP\t0/1:9
1\t20\t.\tA\tG\t9\tPASS\t.\tGT:DP\t0/1:9
1\t30\t.\tA\tC\t9\tPASS\t.\tGT:DP\t0/1:9
1\t40\t.\tA\tT\t9\tPASS\t.\tGT:DP\t1/1:9
1\t50\t.\tA\tAT\t9\tPASS\t.\tGT:DP\t1/1:9
"""


def fastp(path: Path, reads: int, bases: int, good: int) -> Path:
    totals = {"total_reads": reads, "total_bases": bases, "q30_bases": good}
    path.write_text(json.dumps({"summary": {"before_filtering": totals}}))
    return path


@pytest.fixture
def files(tmp_path: Path, need: Callable[..., None]) -> VariantFiles:
    need("bcftools", "samtools", "bgzip", "tabix")
    genome, vcf, bed = (tmp_path / name for name in ("genome.fa", "s.vcf", "autosomes.bed"))
    genome.write_text(f">1\n{'A' * 1000}\n")
    vcf.write_text(VCF)
    bed.write_text("1\t0\t1000\n")
    for command in (["samtools", "faidx", genome], ["bgzip", vcf], ["tabix", f"{vcf}.gz"]):
        subprocess.run([str(word) for word in command], check=True)
    reads = tmp_path / "reads.json"
    values = {"mean_autosome_coverage": 30.126, "cross_contamination_rate": 0.01}
    reads.write_text(json.dumps({"sample": "S", "metrics": values, "sex": SEX}))
    lanes = (fastp(tmp_path / "1.json", 2, 300, 200), fastp(tmp_path / "2.json", 2, 100, 100))
    return VariantFiles(Path(f"{vcf}.gz"), genome, bed, reads, lanes)


def measured(files: VariantFiles, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    output = VariantOutput(folder / "stats.txt", folder / "ga4gh.json", folder / "qc.json")
    machine = Machine(1, 1000, folder, folder / "log.txt")
    measure_variants(PERSON, ASSEMBLY, files, machine, output)
    assert output.stats.is_file()
    return json.loads(output.ga4gh.read_text()), json.loads(output.qc.read_text())


def test_reads_lanes_and_variants_come_together(files: VariantFiles, tmp_path: Path) -> None:
    _, found = measured(files, tmp_path)
    expected = {
        "mean_autosome_coverage": 30.13,
        "cross_contamination_rate": 0.01,
        "pct_bases_q30": 75.0,
        "mean_read_length": 100.0,
        "count_snvs": 4,
        "count_insertions": 1,
        "count_deletions": 0,
        "ratio_heterozygous_homzygous_snv": 3.0,
        "ratio_heterozygous_homzygous_indel": 0.0,
        "ratio_insertion_deletion": None,
        "ratio_transitions_transversions_snv": 1.0,
    }
    assert {name: found["metrics"][name] for name in expected} == expected


def test_every_metric_of_the_catalogue_is_there_in_its_order(
    files: VariantFiles, tmp_path: Path
) -> None:
    _, found = measured(files, tmp_path)
    assert list(found["metrics"]) == list(metrics())
    assert (found["sample"], found["assay"], found["sex"]) == ("S", "wgs", "female")
    assert found["sex_evidence"] == SEX


def test_the_ga4gh_file_has_the_same_numbers(files: VariantFiles, tmp_path: Path) -> None:
    ga4gh, found = measured(files, tmp_path)
    parts = ga4gh["wgs_qc_metrics"]
    told = {**parts["aln_metrics"], **parts["variant_metrics"]}
    assert told == {name: found["metrics"][name] for name in told}
    assert ga4gh["biosample"] == {"id": "S"}


def test_another_engine_of_contamination_stands_above_our_own(
    files: VariantFiles, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"engine": "gatk", "estimate": 0.02, "low": 0.01, "high": null}')
    _, found = measured(VariantFiles(**{**vars(files), "contamination": other}), tmp_path)
    names = ("cross_contamination_rate", "contamination_low", "contamination_high")
    assert [found["metrics"][name] for name in names] == [0.02, 0.01, None]


def test_another_engine_that_cannot_tell_does_not_leave_our_own_estimate(
    files: VariantFiles, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text("null\n")
    _, found = measured(VariantFiles(**{**vars(files), "contamination": other}), tmp_path)
    assert found["metrics"]["cross_contamination_rate"] is None


@pytest.mark.parametrize("text", ["[]", "{}", "x"])
def test_an_estimate_that_cannot_be_read_ends_the_job(
    files: VariantFiles, tmp_path: Path, text: str
) -> None:
    other = tmp_path / "other.json"
    other.write_text(text)
    with pytest.raises(QcError, match="does not tell of contamination"):
        measured(VariantFiles(**{**vars(files), "contamination": other}), tmp_path)


def test_without_lanes_nothing_is_said_of_them() -> None:
    assert lane_metrics([]) == {"pct_bases_q30": None, "mean_read_length": None}


def test_lanes_without_reads_have_no_quality(tmp_path: Path) -> None:
    found = lane_metrics([fastp(tmp_path / "empty.json", 0, 0, 0)])
    assert set(found.values()) == {None}


@pytest.mark.parametrize("text", ["{}", "x", '{"summary": {"before_filtering": []}}'])
def test_a_file_that_is_not_of_fastp_ends_the_job(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(QcError, match="not a summary of fastp"):
        lane_metrics([path])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None], ids=str)
@pytest.mark.parametrize("name", ["count_snvs", "charr"])
def test_what_is_no_number_is_missing(name: str, value: Value) -> None:
    assert complete({name: value}, Path("x"))[name] is None


def test_a_metric_that_is_not_in_the_catalogue_ends_the_job() -> None:
    with pytest.raises(QcError, match=r"reads\.json: metric 'depth' is not in the catalogue"):
        complete({"depth": 3}, Path("reads.json"))


@pytest.mark.parametrize(("name", "value"), [("charr", "0.1"), ("sex_agrees", 1)])
def test_a_metric_of_another_type_ends_the_job(name: str, value: Value) -> None:
    with pytest.raises(QcError, match=f"metric '{name}' is .*, which is no "):
        complete({name: value}, Path("reads.json"))


def test_what_is_measured_of_depth_is_in_the_catalogue() -> None:
    nothing = Collected([], [], {})
    found = {**coverage_metrics(nothing), **target_metrics(None), **region_metrics(None)}
    assert found.keys() <= metrics().keys()


@pytest.mark.parametrize("text", ["[]", "{}", "x", '{"metrics": 3}'])
def test_a_document_without_metrics_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(QcError):
        read_document(path)
