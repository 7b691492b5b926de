"""Whole runs: the command a user types, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest

from schelde.demo import make_demo
from schelde.evaluate import Row, evaluate

ROOT = Path(__file__).parents[2]
TOOLS = ("art_illumina", "bwa", "samtools", "bcftools", "freebayes", "fastp", "gatk", "riker")


@dataclass(frozen=True)
class Run:
    """A project folder and how Schelde is started in it."""

    folder: Path

    def command(self, *options: str) -> list[str]:
        """Return the command line of a run on two cores."""
        start = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        return [*start, "--directory", str(self.folder), "--cores", "2", *options]

    def __call__(self, *options: str, status: int = 0) -> str:
        """Run to the end and return all that was printed; the exit status must be ``status``."""
        ended = subprocess.run(
            self.command(*options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode == status, ended.stdout[-6000:]
        return ended.stdout

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a run as the leader of a process group of its own."""
        log = (self.folder / "started.log").open("ab")
        with log:
            return subprocess.Popen(
                self.command(*options), stdout=log, stderr=log, start_new_session=True
            )

    def ask_for_no_bundle(self) -> None:
        """Take the bundle out of the demo's config: for sheets that tell less than it asks."""
        config = self.folder / "config/config.yaml"
        before, _, _ = config.read_text().partition("\nbundle:")
        config.write_text(before + "\n")

    def judged(self, sample: str) -> Mapping[str, Row]:
        """Compare a sample's calls that pass all filters with the demo's truth, by type."""
        result = evaluate(
            self.folder / f"results/call/{sample}.vcf.gz",
            self.folder / f"data/truth/{sample}.vcf.gz",
            self.folder / "results/reference/genome.fa",
            self.folder / f"data/truth/{sample}.bed",
            sample=sample,
            truth_sample=sample,
            passing_only=True,
        )
        return {row.type: row for row in result.rows}

    def records(self, samples: Iterable[str]) -> dict[str, list[str]]:
        """Return the records of all CRAMs, gVCFs and VCFs as text, by file name."""
        texts: dict[str, list[str]] = {}
        for sample in samples:
            cram = self.folder / f"results/align/{sample}.cram"
            reference = str(self.folder / "results/reference/genome.fa")
            with pysam.AlignmentFile(str(cram), reference_filename=reference) as handle:
                texts[cram.name] = [record.to_string() for record in handle]
            for end in ("g.vcf.gz", "vcf.gz"):
                with pysam.BGZFile(str(self.folder / f"results/call/{sample}.{end}")) as lines:
                    texts[f"{sample}.{end}"] = [
                        line.decode() for line in lines if not line.startswith(b"#")
                    ]
        return texts


@pytest.fixture(scope="session")
def runner() -> Callable[[Path], Run]:
    return Run


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Path:
    """The demo trio at a tenth of its size, not run: copy it."""
    need(*TOOLS)
    os.environ.setdefault("GATK_JAVA_OPTS", "")
    folder = tmp_path_factory.mktemp("small") / "demo"
    make_demo(folder, scale=0.1)
    return folder


@pytest.fixture(scope="session")
def finished(small_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small demo, run to its end. Read only."""
    import shutil

    folder = tmp_path_factory.mktemp("finished") / "demo"
    shutil.copytree(small_demo, folder)
    run = Run(folder)
    run()
    return run
