"""The rules of qc.smk and report.smk on two samples of two lanes, cut from a made-up genome."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from schelde.config import Settings
from schelde.methods import run_of
from schelde.report import Tables, write_report
from schelde.sheet import Assay, Lane, Person, Sex, Sheet

ROOT = Path(__file__).parents[2]
SAMPLES = {"kid_trimmed": "female", "kid_counts": "male"}  # MultiQC would call both "kid"
LANES = ("lib1.FC1.1", "lib2.FC1.2")
COMPLEMENT = str.maketrans("ACGT", "TGCA")

SETTINGS = {
    "reference": {"name": "tiny", "fasta": "/secret/place/genome.fa"},
    "call": {"caller": "bcftools"},
    "report": {"title": "Two & <two>"},
}
SNAKEFILE = f"""
import sys
from types import SimpleNamespace

sys.path.append({str(ROOT / "workflow/src")!r})

from schelde import paths
from schelde.config import Settings
from schelde.provenance import code_of
from schelde.sheet import Assay, Lane, Person, Sex, Sheet

def job(rule):
    return SimpleNamespace(threads=1, resources={{}})

SETTINGS = Settings.model_validate({SETTINGS!r})
SHEET = Sheet(
    tuple(Person(sample, Assay.WGS, Sex(sex)) for sample, sex in {SAMPLES!r}.items()),
    tuple(Lane(sample, *lane.split(".")) for sample in {list(SAMPLES)!r} for lane in {LANES!r}),
)

include: {str(ROOT / "workflow/rules/qc.smk")!r}
include: {str(ROOT / "workflow/rules/report.smk")!r}
"""


def shell(command: str, folder: Path) -> None:
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, check=True, capture_output=True
    )


def write_fastq(stem: Path, genome: str, seed: int, pairs: int = 800) -> None:
    """Write pairs of 100 bp with 1 % errors from both copies of a genome that differs in places."""
    dice = random.Random(seed)
    other = list(genome)
    for place in range(500, len(genome), 1000):
        other[place] = "ACGT"[("ACGT".index(other[place]) + 1) % 4]
    copies = [genome, "".join(other)]
    first, second = (stem.with_name(f"{stem.name}_{end}.fq") for end in (1, 2))
    with first.open("w") as left, second.open("w") as right:
        for number in range(pairs):
            source = dice.choice(copies)
            start, length = dice.randrange(len(genome) - 400), dice.randrange(250, 400)
            ends = [source[start : start + 100], source[start + length - 100 : start + length]]
            ends[1] = ends[1].translate(COMPLEMENT)[::-1]
            for handle, end in zip((left, right), ends, strict=True):
                bases = "".join(dice.choice("ACGT") if dice.random() < 0.01 else b for b in end)
                handle.write(f"@r{number}\n{bases}\n+\n{'I' * 90}{'#' * 10}\n")


def make_sample(folder: Path, sample: str, genome: str, seed: int) -> None:
    """Leave what the stages before leave of one sample."""
    counts = {}
    for number, lane in enumerate(LANES):
        write_fastq(folder / lane, genome, seed + number)
        report = folder / f"results/reads/{sample}/{lane}.fastp.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        shell(
            f"fastp --in1 {lane}_1.fq --in2 {lane}_2.fq --json {report} --html /dev/null -A -Q -L",
            folder,
        )
        found = json.loads(report.read_text())
        del found["command"]
        report.write_text(json.dumps(found, indent=1))
        header = rf"@RG\tID:{sample}.{lane}\tSM:{sample}\tLB:lib{number + 1}"
        shell(
            f"bwa mem -R '{header}' genome.fa {lane}_1.fq {lane}_2.fq | samtools fixmate -m -u - -"
            f" | samtools sort -u - | samtools markdup -f counts.txt - {lane}.bam",
            folder,
        )
        lines = (folder / "counts.txt").read_text().splitlines()
        pairs = [line.split(": ") for line in lines if not line.startswith("COMMAND")]
        counts[f"lib{number + 1}"] = {key: int(value) for key, value in pairs}
    for kind in ("align", "call"):
        (folder / "results" / kind).mkdir(parents=True, exist_ok=True)
    cram = f"results/align/{sample}.cram"
    (folder / f"results/align/{sample}.markdup.json").write_text(json.dumps({"libraries": counts}))
    shell(
        f"samtools merge -f -u - {' '.join(f'{lane}.bam' for lane in LANES)}"
        f" | samtools view --cram --reference genome.fa --output {cram} -; samtools index {cram};"
        f"bcftools mpileup --annotate FORMAT/DP --fasta-ref genome.fa {cram}"
        " | bcftools call -mv | bcftools filter --soft-filter low --exclude 'QUAL<30'"
        f" --output-type z --output results/call/{sample}.vcf.gz",
        folder,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Path:
    """A working directory in which both stages ran."""
    need("bwa", "samtools", "bcftools", "fastp")
    folder = tmp_path_factory.mktemp("run")
    genome = "".join(random.Random(1).choices("ACGT", k=20_000))
    digest = hashlib.md5(genome.encode()).hexdigest()
    cached = folder / "results/reference/md5" / digest[:2] / digest[2:4] / digest[4:]
    cached.parent.mkdir(parents=True)
    cached.write_text(genome)
    for name in ("genome.fa", "results/reference/genome.fa"):
        (folder / name).write_text(f">chr1\n{genome}\n")
        shell(f"samtools faidx {name}", folder)
    shell("bwa index genome.fa", folder)
    for number, sample in enumerate(SAMPLES):
        make_sample(folder, sample, genome, 10 * number)
    # Nothing but the cache of md5 sums may be needed to read the CRAM.
    (folder / "genome.fa").unlink()
    (folder / "Snakefile").write_text(SNAKEFILE)
    done = snakemake(folder, "results/report/multiqc.html")
    assert done.returncode == 0, done.stderr
    return folder


def snakemake(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *options]
    environment = {**os.environ, "REF_PATH": "", "MULTIQC_TITLE": "not ours"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_general_statistics_has_one_row_per_sample_by_its_own_name(run: Path) -> None:
    table = rows(run / "results/report/multiqc_data/multiqc_general_stats.txt")
    assert sorted(row["Sample"] for row in table) == sorted(SAMPLES)


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("multiqc_samtools_stats.txt", list(SAMPLES)),
        ("multiqc_bcftools_stats.txt", list(SAMPLES)),
        ("multiqc_fastp.txt", [f"{sample} {lane}" for sample in SAMPLES for lane in LANES]),
        ("multiqc_lanes-table.txt", [f"{sample} {lane}" for sample in SAMPLES for lane in LANES]),
        (
            "multiqc_libraries-table.txt",
            [f"{s} {lib}" for s in SAMPLES for lib in ("lib1", "lib2")],
        ),
    ],
)
def test_each_section_has_its_samples_or_their_lanes(
    run: Path, file: str, names: list[str]
) -> None:
    table = rows(run / "results/report/multiqc_data" / file)
    assert sorted(row["Sample"] for row in table) == sorted(names)


@pytest.mark.parametrize("sample", SAMPLES)
def test_reads_and_variants_are_as_many_as_samtools_and_bcftools_find(
    run: Path, sample: str
) -> None:
    def count(command: str) -> int:
        return int(subprocess.check_output(command, shell=True, cwd=run, text=True))

    [row] = [row for row in rows(run / "results/report/samples.tsv") if row["sample"] == sample]
    reference = "--reference results/reference/genome.fa"
    reads = count(f"samtools view --count -F 0x900 {reference} results/align/{sample}.cram")
    view = f"bcftools view --no-header --apply-filters PASS results/call/{sample}.vcf.gz"
    assert (int(row["reads"]), int(row["lanes"])) == (reads, len(LANES))
    assert int(row["snps"]) == count(f"{view} --types snps | wc -l") > 0
    assert int(row["indels"]) == count(f"{view} --types indels | wc -l")


def texts(folder: Path) -> dict[str, str]:
    """Every file below a folder as text, what is packed into the page included."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            for packed in re.findall(r"H4sI[A-Za-z0-9+/]{4,}=*", text):
                text += gzip.decompress(base64.b64decode(packed)).decode()
            found[file.name] = text
    return found


def test_nothing_in_the_report_tells_where_it_was_made(run: Path) -> None:
    places = [str(run), str(ROOT), sys.prefix, "/secret", str(Path.home())]
    places += [name for name in (socket.gethostname(),) if len(name) > 5]
    told = {
        (place, name)
        for name, text in texts(run / "results/report").items()
        for place in places
        if place in text
    }
    assert not told


def test_the_page_says_what_was_done_with_which_versions(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    versions = yaml.safe_load((run / "results/report/versions.yaml").read_text())
    assert f"bwa mem {versions['bwa']}" in page
    assert {"bcftools", "bwa", "fastp", "multiqc", "samtools", "schelde", "snakemake"} == {
        *versions
    }
    assert all(f"<samp>{version}</samp>" in page for version in versions.values())


def test_the_title_is_text_and_not_html(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert "Two &amp; &lt;two&gt;" in page
    assert "Two & <two>" not in page


def test_the_same_run_gives_the_same_page(run: Path, tmp_path: Path) -> None:
    people = tuple(Person(sample, Assay.WGS, Sex(sex)) for sample, sex in SAMPLES.items())
    lanes = tuple(Lane(sample, *lane.split(".")) for sample in SAMPLES for lane in LANES)
    facts = run_of(Settings.model_validate(SETTINGS), Sheet(people, lanes))
    report = run / "results/report"
    with (tmp_path / "log").open("wb") as log:
        write_report(
            facts,
            Tables(*(report / f"{name}.tsv" for name in ("samples", "lanes", "libraries"))),
            report / "versions.yaml",
            ROOT / "resources/multiqc.yaml",
            page=tmp_path / "again/multiqc.html",
            data=tmp_path / "again/multiqc_data",
            scratch=tmp_path,
            log=log,
            root=run,
        )
    again = texts(tmp_path / "again")
    assert again == {name: text for name, text in texts(report).items() if name in again}


def test_a_second_run_has_nothing_to_do(run: Path) -> None:
    done = snakemake(run, "--dry-run", "results/report/multiqc.html")
    assert done.returncode == 0
    assert "write_" not in done.stdout + done.stderr


def test_snakemakes_own_report_holds_the_page_and_the_tables(run: Path) -> None:
    done = snakemake(run, "--report", "report.html", "results/report/multiqc.html")
    assert done.returncode == 0, done.stderr
    text = (run / "report.html").read_text()
    for name in ("multiqc.html", "samples.tsv", "lanes.tsv", "libraries.tsv"):
        assert name in text
    assert "counted by fastp" in text


def test_a_truncated_cram_leaves_no_stats(run: Path) -> None:
    cram = run / "results/align/cut.cram"
    cram.write_bytes((run / "results/align/kid_counts.cram").read_bytes()[:-2000])
    done = snakemake(run, "results/qc/cut.samtools_stats.txt")
    assert done.returncode != 0
    assert not (run / "results/qc/cut.samtools_stats.txt").exists()
