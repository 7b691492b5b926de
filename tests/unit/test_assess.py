"""`schelde qc`: what it refuses, and that it writes what a run writes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.conftest import ROOT
from typer.testing import CliRunner

from schelde import assess as module
from schelde.assembly import Assembly
from schelde.assess import Request, assess, verdict_lines
from schelde.callers.tools import Machine
from schelde.cli import app
from schelde.errors import UserError
from schelde.karyotype import SexEvidence
from schelde.measure.reads import ReadFiles, ReadOutput, ReadTask
from schelde.qc import VariantFiles, VariantOutput, measure_variants
from schelde.sheet import Assay, Person, Sex

LENGTH = 20_000
ASSEMBLY = "name: tiny\nautosomes: [one]\n"
VCF = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">
##contig=<ID=one,length=20000>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS
one\t10\t.\t{}\tN\t9\tPASS\t.\tGT:DP\t0/1:9
"""


def run(*command: object, **options: str) -> None:
    subprocess.run([str(word) for word in command], check=True, **options)  # type: ignore[call-overload]


@pytest.fixture
def request_(tmp_path: Path, need: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Request:
    """A sample whose reads cover its genome once, and lie in a folder that may not be written."""
    need("samtools", "bcftools", "bgzip", "tabix")
    monkeypatch.setattr(module, "ENGINE_TOOLS", {"riker": "samtools"})
    given = tmp_path / "given"
    given.mkdir()
    bases = "".join(random.Random(1).choices("ACGT", k=LENGTH))
    (given / "genome.fa").write_text(f">one\n{bases}\n")
    (given / "tiny.yaml").write_text(ASSEMBLY)
    (given / "s.vcf").write_text(VCF.format(bases[9]))
    reads = [
        f"r{at}\t0\tone\t{at + 1}\t60\t100M\t*\t0\t0\t{bases[at : at + 100]}\t{'I' * 100}\tRG:Z:1\n"
        for at in range(0, LENGTH - 100, 100)
    ]
    head = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:one\tLN:{LENGTH}\n@RG\tID:1\tSM:S\n"
    (tmp_path / "s.sam").write_text(head + "".join(reads))
    run("samtools", "faidx", given / "genome.fa")
    made = ("samtools", "view", "--cram", "--reference", given / "genome.fa", "--write-index")
    run(*made, "--output", f"{given}/s.cram##idx##{given}/s.cram.crai", tmp_path / "s.sam")
    run("bgzip", given / "s.vcf")
    run("tabix", "-p", "vcf", given / "s.vcf.gz")
    return Request(
        *(given / name for name in ("s.cram", "s.vcf.gz", "genome.fa")), str(given / "tiny.yaml")
    )


def problems(request: Request) -> list[str]:
    with pytest.raises(UserError) as raised:
        assess(request, ROOT, threads=1, scratch=None)
    return [f"{Path(each.file).name}: {each.what}" for each in raised.value.problems]


def read_metrics(task: ReadTask, files: ReadFiles, machine: Machine, output: ReadOutput) -> None:
    """Stand in for the engine: a depth, and counts of no panel."""
    sex = SexEvidence(1.0, None, None, None, None, None, 0, None, "unknown")
    values = {"mean_autosome_coverage": 1.0, "yield_bp_q30": LENGTH}
    document = {"sample": task.sample, "metrics": values, "sex": asdict(sex)}
    output.metrics.write_text(json.dumps(document))
    output.stats.write_text("")
    from schelde.measure.reads import NO_SITES
    from schelde.pileup import genotypes, read_pileup, write_counts

    pileup = read_pileup([], NO_SITES)
    write_counts(output.panel_counts, NO_SITES, pileup, genotypes(pileup, NO_SITES))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "measure_reads", read_metrics)


def test_the_numbers_are_those_that_a_run_writes(
    request_: Request, quick: None, tmp_path: Path
) -> None:
    found = assess(request_, ROOT, threads=1, scratch=tmp_path)
    reads, machine = tmp_path / "reads.json", Machine(1, 1000, tmp_path, tmp_path / "log")
    outputs = ReadOutput(tmp_path / "x", reads, tmp_path / "counts.gz")
    files = VariantFiles(request_.variants, request_.reference, tmp_path / "autosomes.bed", reads)
    files.autosomes.write_text(f"one\t0\t{LENGTH}\n")
    assembly = Assembly("tiny", ("one",))
    read_metrics(ReadTask("S", assembly), None, machine, outputs)  # type: ignore[arg-type]
    run_of = VariantOutput(tmp_path / "y", tmp_path / "ga4gh.json", tmp_path / "qc.json")
    person = Person("S", Assay.WGS, Sex.UNKNOWN)
    measure_variants(person, assembly, files, machine, run_of)
    assert found.ga4gh == run_of.ga4gh.read_text()
    assert found.qc == run_of.qc.read_text()


def test_nothing_is_left_behind(request_: Request, quick: None, tmp_path: Path) -> None:
    before = sorted(request_.alignment.parent.iterdir())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assess(replace(request_, profiles=("default",)), ROOT, threads=1, scratch=scratch)
    assert sorted(request_.alignment.parent.iterdir()) == before
    assert list(scratch.iterdir()) == []


def test_profiles_are_judged_when_they_are_named(request_: Request, quick: None) -> None:
    found = assess(replace(request_, profiles=("qatar",)), ROOT, threads=1, scratch=None)
    assert found.verdict is not None
    assert verdict_lines(found.verdict)[:3] == [
        "qatar: fail",
        "  fail     mean_autosome_coverage 1.0 (>= 30)",
        "  missing  pct_autosomes_15x missing (>= 90)",
    ]


def test_all_problems_are_told_at_once(request_: Request, tmp_path: Path) -> None:
    Path(f"{request_.alignment}.crai").unlink()
    Path(f"{request_.variants}.tbi").unlink()
    Path(f"{request_.reference}.fai").unlink()
    wrong = replace(
        request_, assembly="GRCh83", profiles=("defualt",), panel=tmp_path / "none", engine="riker"
    )
    assert problems(wrong) == [
        "--assembly: 'GRCh83' is not known",
        "--profile: profile 'defualt' is not known",
        "genome.fa: there is no index",
        "s.cram: there is no index",
        "s.vcf.gz: there is no index",
        "none.bed: this file does not exist",
        "none.mu: this file does not exist",
    ]


def test_a_vcf_of_another_sample_is_refused(request_: Request) -> None:
    vcf = request_.variants.with_name("t.vcf.gz")
    names = request_.variants.with_name("names")
    names.write_text("T\n")
    run("bcftools", "reheader", "--samples", names, "--output", vcf, request_.variants)
    run("tabix", "-p", "vcf", vcf)
    told = ["t.vcf.gz: it is of 'T', and the alignment of 'S'"]
    assert problems(replace(request_, variants=vcf)) == told


def test_a_file_that_is_no_vcf_is_refused(request_: Request) -> None:
    other = request_.variants.with_name("other.vcf.gz")
    other.write_bytes(b"no VCF\n")
    shutil.copy(f"{request_.variants}.tbi", f"{other}.tbi")
    told = ["other.vcf.gz: it is no bgzipped VCF that its index fits"]
    assert problems(replace(request_, variants=other)) == told


def test_a_file_that_is_no_alignment_is_refused(request_: Request) -> None:
    other = request_.alignment.with_name("other.cram")
    other.write_text("no CRAM\n")
    shutil.copy(f"{request_.alignment}.crai", f"{other}.crai")
    told = ["other.cram: it is neither CRAM nor BAM"]
    assert problems(replace(request_, alignment=other)) == told


def test_a_reference_of_another_length_is_refused(request_: Request) -> None:
    other = request_.reference.with_name("other.fa")
    other.write_text(f">one\n{'A' * 100}\n")
    run("samtools", "faidx", other)
    told = ["s.cram: its contig 'one' of 20000 bp is not in the reference"]
    assert problems(replace(request_, reference=other)) == told


def test_a_reference_of_other_bases_is_refused(request_: Request) -> None:
    other = request_.reference.with_name("other.fa")
    other.write_text(f">one\n{'A' * LENGTH}\n")
    run("samtools", "faidx", other)
    told = ["other.fa: its contig 'one' is not the one that the reads were aligned to"]
    assert problems(replace(request_, reference=other)) == told


def test_an_assembly_without_the_contigs_is_refused(request_: Request) -> None:
    told = ["--assembly: the reference has no autosome of GRCh38"]
    assert problems(replace(request_, assembly="GRCh38")) == told


def test_a_tool_that_is_not_there_is_named(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENGINE_TOOLS", {"riker": "nosuchtool"})
    assert problems(request_) == ["PATH: nosuchtool is not installed"]


def test_what_tools_said_is_shown_when_the_job_fails(
    request_: Request, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(task: ReadTask, files: ReadFiles, machine: Machine, output: ReadOutput) -> None:
        machine.log.write_text("out of memory\n")
        raise RuntimeError

    monkeypatch.setattr(module, "measure_reads", broken)
    with pytest.raises(RuntimeError):
        assess(request_, ROOT, threads=1, scratch=None)
    assert capsys.readouterr().err == "out of memory\n"


def arguments(request: Request) -> list[str]:
    files = [str(request.alignment), str(request.variants), "--reference", str(request.reference)]
    return ["qc", *files, "--assembly", request.assembly]


def test_the_command_writes_the_json_alone_to_standard_output(
    request_: Request, quick: None
) -> None:
    done = CliRunner().invoke(app, arguments(request_))
    assert done.exit_code == 0
    assert json.loads(done.stdout)["biosample"] == {"id": "S"}


def test_the_command_writes_all_metrics_to_a_file(
    request_: Request, quick: None, tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    done = CliRunner().invoke(app, [*arguments(request_), "--all", "--output", str(path)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(path.read_text())["metrics"]["mean_autosome_coverage"] == 1.0


def test_a_sample_that_fails_a_profile_ends_with_status_1(request_: Request, quick: None) -> None:
    done = CliRunner().invoke(app, [*arguments(request_), "--profile", "qatar"])
    assert done.exit_code == 1
    assert done.stderr.startswith("qatar: fail\n")
    assert json.loads(done.stdout)["biosample"] == {"id": "S"}
