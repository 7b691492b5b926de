"""The demo trio from FASTQ to report: what every file must be."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pysam
import pytest

from schelde.demo.sheets import PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo trio")]
SAMPLES = tuple(person.sample for person in PEOPLE)


@pytest.mark.parametrize("sample", SAMPLES)
def test_picard_finds_no_error_in_a_cram(finished, sample: str) -> None:
    ended = subprocess.run(
        [
            *("gatk", "ValidateSamFile", "-I", f"results/align/{sample}.cram"),
            *("-R", "results/reference/genome.fa", "--IGNORE_WARNINGS", "true", "-M", "SUMMARY"),
        ],
        cwd=finished.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No errors found" in ended.stdout + ended.stderr


@pytest.mark.parametrize("sample", SAMPLES)
def test_samtools_reads_a_cram_to_its_end_without_any_reference_but_the_cache(
    finished, sample: str
) -> None:
    cache = str(finished.folder / "results/reference/md5/%2s/%2s/%s")
    cram = finished.folder / f"results/align/{sample}.cram"
    subprocess.run(["samtools", "quickcheck", "-v", cram], check=True)
    environment = {**os.environ, "REF_PATH": cache, "REF_CACHE": cache}
    counted = subprocess.run(
        ["samtools", "view", "-c", cram], env=environment, check=True, capture_output=True
    )
    assert int(counted.stdout) > 0


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("end", ["g.vcf.gz", "vcf.gz"])
def test_contigs_of_a_vcf_have_the_md5_of_the_cram(finished, sample: str, end: str) -> None:
    with pysam.AlignmentFile(
        str(finished.folder / f"results/align/{sample}.cram"),
        reference_filename=str(finished.folder / "results/reference/genome.fa"),
    ) as cram:
        of_cram = {sq["SN"]: (sq["LN"], sq["M5"]) for sq in cram.header.to_dict()["SQ"]}
    with pysam.VariantFile(str(finished.folder / f"results/call/{sample}.{end}")) as vcf:
        of_vcf = {
            record["ID"]: (int(record["length"]), record["md5"])
            for record in vcf.header.records
            if record.key == "contig"
        }
        assert list(vcf.header.samples) == [sample]
    assert of_vcf == of_cram


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("end", ["g.vcf.gz", "vcf.gz"])
def test_bcftools_reads_a_vcf_without_a_word(finished, sample: str, end: str) -> None:
    path = finished.folder / f"results/call/{sample}.{end}"
    ended = subprocess.run(
        ["bcftools", "view", "-o", os.devnull, path], capture_output=True, text=True, check=True
    )
    assert ended.stderr == ""
    assert subprocess.run(["tabix", "-l", path], check=True, capture_output=True).stdout


@pytest.mark.parametrize("sample", SAMPLES)
def test_gatk_accepts_a_gvcf(finished, sample: str) -> None:
    subprocess.run(
        [
            *("gatk", "ValidateVariants", "-V", f"results/call/{sample}.g.vcf.gz", "-gvcf"),
            *("-R", "results/reference/genome.fa", "--validation-type-to-exclude", "ALLELES"),
            *("-L", "results/reference/autosomes.bed"),
        ],
        cwd=finished.folder,
        check=True,
        capture_output=True,
    )


def test_a_boy_has_one_x_and_one_y_outside_par_and_one_mitochondrion(finished) -> None:
    copies: dict[str, set[int]] = {}
    with pysam.VariantFile(str(finished.folder / f"results/call/{SAMPLES[-1]}.vcf.gz")) as vcf:
        par = (finished.folder / "results/reference/par.bed").read_text().split()
        for record in vcf:
            inside = record.contig == par[0] and int(par[1]) <= record.start < int(par[2])
            place = "par" if inside else record.contig
            copies.setdefault(place, set()).add(len(record.samples[0]["GT"]))
    assert copies == {"chr20": {2}, "par": {2}, "chrX": {1}, "chrY": {1}, "chrM": {1}}


def test_a_woman_has_no_calls_on_y(finished) -> None:
    mother = SAMPLES[1]
    for end in ("g.vcf.gz", "vcf.gz"):
        with pysam.VariantFile(str(finished.folder / f"results/call/{mother}.{end}")) as vcf:
            assert not [record for record in vcf if record.contig == "chrY"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_nearly_all_true_variants_are_found_and_nearly_all_calls_are_true(
    finished, sample: str
) -> None:
    snps = finished.judged(sample)["SNP"]
    assert min(snps.recall, snps.precision, snps.genotype_concordance) > 0.95


@pytest.mark.parametrize("sample", SAMPLES)
def test_md5_files_tell_the_md5_of_their_file(finished, sample: str) -> None:
    for stem in ("align/{}.cram", "call/{}.g.vcf.gz", "call/{}.vcf.gz"):
        path = finished.folder / "results" / stem.format(sample)
        told, name = path.with_name(f"{path.name}.md5").read_text().split()
        assert (told, name) == (hashlib.md5(path.read_bytes()).hexdigest(), path.name)


def test_no_result_that_travels_has_a_path_of_this_machine(finished) -> None:
    wanted = [str(finished.folder), str(Path.home()), str(Path(__file__).parents[2])]
    for path in sorted((finished.folder / "results").rglob("*")):
        if path.is_file() and path.suffix in {".gz", ".json", ".html", ".yaml", ".dict", ".txt"}:
            data = path.read_bytes()
            text = subprocess.run(["gzip", "-dc"], input=data, capture_output=True, check=False)
            shown = (text.stdout or data).decode(errors="replace")
            assert not [place for place in wanted if place in shown], path
    for cram in (finished.folder / "results/align").glob("*.cram"):
        shown = subprocess.run(["samtools", "head", cram], capture_output=True, text=True).stdout
        assert "/" not in shown


def test_a_second_run_finds_nothing_to_do(finished) -> None:
    assert "Nothing to be done" in finished("--dry-run")


def test_intermediate_files_are_gone(finished) -> None:
    results = finished.folder / "results"
    assert not list(results.rglob("*.bam"))
    assert not list(results.rglob("*.part"))
    assert sorted(p.name for p in (results / "call").iterdir() if p.is_dir()) == []


def test_one_thread_gives_the_same_records(finished, small_demo: Path, tmp_path: Path) -> None:
    shutil.copytree(small_demo, tmp_path / "demo")
    again = type(finished)(tmp_path / "demo")
    again("call", "--cores", "1")
    assert again.records(SAMPLES) == finished.records(SAMPLES)


def test_general_statistics_have_one_row_per_sample(finished) -> None:
    table = json.loads(
        (finished.folder / "results/report/multiqc_data/multiqc_data.json").read_text()
    )["report_general_stats_data"]
    tables = table.values() if isinstance(table, dict) else table
    assert {name for rows in tables for name in rows} == set(SAMPLES)


def test_snakemake_makes_its_own_report(finished) -> None:
    finished("--report", "report.html")
    assert (finished.folder / "report.html").stat().st_size > 100_000
