"""The rules of report.smk on two samples of two lanes, cut from a made-up genome.

What quality control leaves of them is written by hand.
"""

from __future__ import annotations

import base64
import csv
import gzip
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
COVERAGE = {"kid_trimmed": 30.25, "kid_counts": 8.1}
PAIR = {
    **{"sample": "kid_trimmed", "other": "kid_counts", "sites": "900", "heterozygous": "300"},
    **{"kinship": "0.2510", "standard_error": "0.0100", "ibs0": "0.0010"},
    **{"relation": "parent and child", "declared": "", "agrees": ""},
}
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
    return SimpleNamespace(threads=1, group=None, resources={{}})

SETTINGS = Settings.model_validate({SETTINGS!r})
SHEET = Sheet(
    tuple(Person(sample, Assay.WGS, Sex(sex)) for sample, sex in {SAMPLES!r}.items()),
    tuple(Lane(sample, *lane.split(".")) for sample in {list(SAMPLES)!r} for lane in {LANES!r}),
)
GATE = None

def run_sources(wildcards):
    return sources(RUN)

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
    for kind in ("align", "call", "qc"):
        (folder / "results" / kind).mkdir(parents=True, exist_ok=True)
    cram = f"results/align/{sample}.cram"
    (folder / f"results/align/{sample}.markdup.json").write_text(json.dumps({"libraries": counts}))
    shell(
        f"samtools merge -f -u - {' '.join(f'{lane}.bam' for lane in LANES)}"
        f" | samtools view --cram --reference genome.fa --output {cram} -; samtools index {cram};"
        f"bcftools mpileup --annotate FORMAT/DP --fasta-ref genome.fa {cram}"
        " | bcftools call -mv | bcftools filter --soft-filter low --exclude 'QUAL<30'"
        f" --output-type z --output results/call/{sample}.vcf.gz;"
        f"samtools stats --reference genome.fa {cram} >results/qc/{sample}.samtools_stats.txt;"
        "bcftools stats --apply-filters PASS --fasta-ref genome.fa --samples -"
        f" results/call/{sample}.vcf.gz >results/qc/{sample}.bcftools_stats.txt",
        folder,
    )
    write_quality(folder / "results/qc", sample)


def write_quality(folder: Path, sample: str) -> None:
    """Leave what quality control leaves of one sample: one passes, the other fails."""
    sex, coverage = SAMPLES[sample], COVERAGE[sample]
    verdict = "pass" if coverage >= 15 else "fail"
    rule = {
        "metric": "mean_autosome_coverage",
        "value": coverage,
        "comparison": ">=",
        "threshold": 15,
        "result": verdict,
    }
    files = {
        "qc": {
            "assay": "wgs",
            "sex": sex,
            "metrics": {
                "mean_autosome_coverage": coverage,
                "x_coverage_ratio": 1.0 if sex == "female" else 0.5,
                "y_coverage_ratio": 0.0 if sex == "female" else 0.5,
                "karyotype": "XX" if sex == "female" else "XY",
                "inferred_sex": sex,
            },
        },
        "verdict": {
            "verdict": verdict,
            "profiles": [{"name": "default", "verdict": verdict, "rules": [rule]}],
            "hints": ["karyotype XXY, by the reads"],
            "calling_sex": f"{sex}, as declared",
            "metrics": {"sex_agrees": True},
        },
        "reads": {
            "coverage_histogram": [10] * int(2 * coverage),
            "target_histogram": None,
            "insert_sizes": [[size, 5] for size in range(250, 400)],
            "gc_bias": [[gc, 1.0] for gc in range(30, 70)],
        },
    }
    for kind, content in files.items():
        (folder / f"{sample}.{kind}.json").write_text(json.dumps(content))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Path:
    """A working directory in which both stages ran."""
    need("bwa", "samtools", "bcftools", "fastp")
    folder = tmp_path_factory.mktemp("run")
    genome = "".join(random.Random(1).choices("ACGT", k=20_000))
    (folder / "results/reference").mkdir(parents=True)
    for name in ("genome.fa", "results/reference/genome.fa"):
        (folder / name).write_text(f">chr1\n{genome}\n")
        shell(f"samtools faidx {name}", folder)
    shell("bwa index genome.fa", folder)
    for number, sample in enumerate(SAMPLES):
        make_sample(folder, sample, genome, 10 * number)
    lines = ("\t".join(cells) for cells in (PAIR.keys(), PAIR.values()))
    (folder / "results/qc/pairs.tsv").write_text("".join(f"{line}\n" for line in lines))
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
        ("multiqc_verdicts-table.txt", [f"{sample} default" for sample in SAMPLES]),
        ("multiqc_ga4gh-table.txt", list(SAMPLES)),
        ("multiqc_pairs-table.txt", ["kid_trimmed and kid_counts"]),
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


def test_the_page_opens_with_the_verdicts(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert "2 samples: 1 pass, 0 to review, 1 failed (kid_counts)." in page
    assert page.index("2 samples: 1 pass") < page.index("Variants were called")


def test_sentences_in_tables_keep_their_commas(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert "Mean autosome coverage is 8.1 x, must be &gt;= 15 x (fail)" in page
    assert "karyotype XXY, by the reads" in page


def test_curves_have_their_points_in_the_order_of_numbers(run: Path) -> None:
    page = texts(run / "results/report")["multiqc.html"]
    [places] = re.findall(r'"name": ?"kid_trimmed", ?"pairs": ?(\[\[0[^a-z]*\]\])', page)
    depths = [depth for depth, _ in json.loads(places)]
    assert depths == sorted(depths)
    assert len(depths) > 20


def test_drawings_are_in_the_page(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert "100 genomes: all, 5 to 95 %, median" in page
    assert "kid_trimmed: X 1.00, Y 0.00, declared female" in page


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
    used = {"bcftools", "bwa", "fastp", "multiqc", "samtools", "schelde", "snakemake"}
    assert used <= {*versions}
    assert all(f"<samp>{version}</samp>" in page for version in versions.values())


def test_the_title_is_text_and_not_html(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert "Two &amp; &lt;two&gt;" in page
    assert "Two & <two>" not in page


def test_the_page_tells_no_day(run: Path) -> None:
    page = (run / "results/report/multiqc.html").read_text()
    assert 'configCreationDate = ""' in page
    assert not re.search(r"\b\d\d [A-Z][a-z]{2} 20\d\d\b|\b20\d\d-\d\d-\d\d, ", page)


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
