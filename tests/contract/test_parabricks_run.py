"""A run of the workflow whose reads are aligned and called by (a stand-in for) Parabricks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest

from schelde.demo import make_demo
from schelde.evaluate import Row, evaluate

ROOT = Path(__file__).parents[2]
SAMPLE = "DEMO-C"


@dataclass(frozen=True)
class Project:
    folder: Path

    def run(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Call one sample with the stand-in."""
        programs = f"{self.folder / 'programs'}:{ROOT / 'tests/contract'}"
        words = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(self.folder)]
        target = f"results/call/{SAMPLE}.vcf.gz"
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *words, *options, "--cores", "2", target],
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "GATK_JAVA_OPTS": "",
                "PBRUN_STANDIN_LOG": str(self.folder / "pbrun.log"),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def commands(self) -> list[list[str]]:
        lines = (self.folder / "pbrun.log").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words != ["version"]]

    def call_with(self, caller: str, aligner: str = "parabricks", device: str = "gpu") -> None:
        """Write the demo's config with other programs."""
        config = self.folder / "config/config.yaml"
        before, _, after = config.read_text().partition("align:")
        _, _, after = after.partition("\nqc:")
        sections = f"  aligner: {aligner}\n\ncall:\n  caller: {caller}\n  device: {device}\n"
        config.write_text(f"{before}align:\n{sections}\nqc:{after}")

    def judged(self, *uncalled: str) -> Mapping[str, Row]:
        """Compare the calls with the truth, by type, but for contigs that are not called."""
        truth = self.folder / f"data/truth/{SAMPLE}"
        lines = truth.with_suffix(".bed").read_text().splitlines(keepends=True)
        bed = self.folder / "judged.bed"
        bed.write_text("".join(line for line in lines if line.split("\t")[0] not in uncalled))
        result = evaluate(
            self.folder / f"results/call/{SAMPLE}.vcf.gz",
            truth.with_suffix(".vcf.gz"),
            self.folder / "results/reference/genome.fa",
            bed,
            sample=SAMPLE,
            truth_sample=SAMPLE,
            passing_only=True,
        )
        return {row.type: row for row in result.rows}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Project:
    """The demo trio at a tenth of its size, on a machine with one GPU."""
    need("art_illumina", "bwa", "samtools", "bcftools", "gatk", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("parabricks") / "demo"
    make_demo(folder, scale=0.1)
    (folder / "programs").mkdir()
    smi = folder / "programs/nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU-parabricks-run, 81559 MiB'\n")
    smi.chmod(0o755)
    return Project(folder)


@pytest.fixture(scope="module")
def finished(project: Project) -> Project:
    """One sample, aligned and called."""
    project.call_with("parabricks")
    done = project.run(PBRUN_STANDIN_CALLS="gatk")
    assert done.returncode == 0, done.stderr[-4000:]
    return project


@pytest.mark.slow
def test_what_parabricks_aligns_and_calls_becomes_the_sample_s_variants(finished: Project) -> None:
    found = finished.judged()
    assert (found["SNP"].f1, found["INDEL"].f1) == (1, 1)
    with pysam.TabixFile(str(finished.folder / f"results/call/{SAMPLE}.g.vcf.gz")) as gvcf:
        assert "##source=Parabricks HaplotypeCaller 4.7.1-1" in list(gvcf.header)
    tools = [words[0] for words in finished.commands()]
    assert tools == ["fq2bam", "fq2bam", "haplotypecaller", "haplotypecaller"]


@pytest.mark.slow
def test_its_deepvariant_is_called_from_the_same_alignment(finished: Project) -> None:
    finished.call_with("parabricks-deepvariant")
    done = finished.run()
    assert done.returncode == 0, done.stderr[-4000:]
    assert finished.judged("chrM")["SNP"].f1 == 1
    assert finished.commands()[-1][0] == "deepvariant"


@pytest.mark.slow
def test_what_fails_on_the_gpu_is_tried_again_and_then_told(finished: Project) -> None:
    finished.call_with("parabricks")
    before = len(finished.commands())
    done = finished.run("--retries", "1", "--forcerun", "call_parabricks", PBRUN_STANDIN="half")
    assert done.returncode == 1
    log = (finished.folder / f"logs/call_parabricks/{SAMPLE}.parabricks.log").read_text()
    assert "Parabricks ended well but left 2.g.vcf.gz cut short" in log
    assert len(finished.commands()) - before == 4  # two runs at each of two attempts
    assert not (finished.folder / f"results/call/{SAMPLE}/parabricks/raw").exists()


@pytest.mark.slow
@pytest.mark.parametrize("caller", ["parabricks", "parabricks-deepvariant"])
def test_on_a_machine_without_a_gpu_nothing_begins(project: Project, caller: str) -> None:
    project.call_with(caller)
    none = project.folder / "none"
    none.mkdir(exist_ok=True)
    (none / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")
    (none / "nvidia-smi").chmod(0o755)
    done = project.run("--dry-run", PATH=f"{none}:{ROOT / 'tests/contract'}:{os.environ['PATH']}")
    assert done.returncode != 0
    assert "GPU" in done.stderr


@pytest.mark.slow
def test_parabricks_on_the_cpu_is_a_mistake_in_the_config(project: Project) -> None:
    project.call_with("parabricks", device="cpu")
    done = project.run("--dry-run")
    assert done.returncode != 0
    assert "device" in done.stderr
