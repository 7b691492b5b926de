from __future__ import annotations

import base64
import gzip
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from schelde import paths
from schelde.findings import read_finding
from schelde.methods import Run, Sample
from schelde.metrics import LaneMetrics, LibraryMetrics, SampleMetrics
from schelde.report import Tables, clean, sources, stage, write_tables

ROOT = Path(__file__).parents[2]
LOOK: dict[str, Any] = yaml.safe_load((ROOT / "resources/multiqc.yaml").read_text())
SETTINGS = {"report.title": "T", "align.aligner": "bwa & <b>"}
RUN = Run(
    (
        Sample("kid", "wgs", "male", (("l1.FC.1", "l1"), ("l2.FC.1", "l2"))),
        Sample("kid_trimmed", "wes", "female", (("l1.FC.1", "l1"),)),
    ),
    SETTINGS,
)
COUNTS = {
    "EXAMINED": 100,
    "DUPLICATE PRIMARY TOTAL": 20,
    "DUPLICATE PAIR OPTICAL": 4,
    "DUPLICATE SINGLE OPTICAL": 1,
}
SAMTOOLS = """\
# This file was produced by samtools stats (1.16.1+htslib-1.16)
# The command line was:  stats secret.cram
SN\traw total sequences:\t200
SN\treads mapped:\t190
SN\treads properly paired:\t180
SN\treads paired:\t200
SN\terror rate:\t0.01
SN\tinsert size average:\t350
IS\t100\t2\t2\t0\t0
COV\t[1-1]\t1\t3
"""
BCFTOOLS = """\
# This file was produced by bcftools stats (1.16+htslib-1.16)
ID\t0\tresults/call/x.vcf.gz
SN\t0\tnumber of SNPs:\t60
SN\t0\tnumber of indels:\t12
TSTV\t0\t40\t20\t2.00\t40\t20\t2.00
QUAL\t0\t30.1\t1\t1\t0\t0
DP\t0\t30\t0\t0\t1\t1
PSC\t0\tx\t0\t15\t30\t40\t20\t12\t31.5\t72\t0\t0\t0
"""
QUALITY = {
    "assay": "wgs",
    "sex": "male",
    "metrics": {
        "mean_autosome_coverage": 31.234,
        "pct_autosomes_15x": 96.0,
        "cross_contamination_rate": 0.00012,
        "inferred_sex": "male",
        "karyotype": "XY",
    },
}
VERDICT = {
    "verdict": "pass",
    "profiles": [{"name": "default", "verdict": "pass", "rules": []}],
    "hints": [],
    "calling_sex": "male, as declared",
    "metrics": {"sex_agrees": True},
}
READS = {
    "coverage_histogram": [1, 2, 3],
    "target_histogram": None,
    "insert_sizes": [[300, 5]],
    "gc_bias": [[40, 1.0]],
}
PAIRS = "sample\tother\tkinship\n"
FASTP = {
    "summary": {
        "before_filtering": {"total_reads": 9, "total_bases": 900, "q30_bases": 90},
    },
    "read1_before_filtering": {"kmer_count": {"AAAAA": 1}, "total_reads": 9},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What the stages before leave of `RUN`."""

    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    for sample in RUN.samples:
        name = sample.name
        libraries = {library: COUNTS for _, library in sample.lanes}
        write(paths.DUPLICATES.format(sample=name), json.dumps({"libraries": libraries}))
        write(paths.SAMTOOLS_STATS.format(sample=name), SAMTOOLS)
        write(paths.BCFTOOLS_STATS.format(sample=name), BCFTOOLS)
        write(paths.SAMPLE_QC.format(sample=name), json.dumps(QUALITY))
        write(paths.VERDICT.format(sample=name), json.dumps(VERDICT))
        write(paths.READ_METRICS.format(sample=name), json.dumps(READS))
        for lane, _ in sample.lanes:
            write(paths.LANE_FASTP.format(sample=name, lane=lane), json.dumps(FASTP))
    write(paths.PAIRS, PAIRS)
    return tmp_path


@pytest.fixture
def tables(root: Path) -> Tables:
    made = Tables(*(root / f"{name}.tsv" for name in ("samples", "lanes", "libraries")))
    write_tables(RUN, made, root)
    return made


@pytest.fixture
def staged(root: Path, tables: Tables) -> Path:
    findings = [read_finding(sample.name, root) for sample in RUN.samples]
    stage(RUN, tables, findings, LOOK["custom_data"], root / "in", root)
    return root / "in"


def test_sources_are_the_files_that_are_read(root: Path) -> None:
    there = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    assert set(sources(RUN)) == there


@pytest.mark.parametrize(("table", "rows"), [("samples", 2), ("lanes", 3), ("libraries", 3)])
def test_a_table_has_a_row_for_each_of_its_things(tables: Tables, table: str, rows: int) -> None:
    lines = getattr(tables, table).read_text().splitlines()
    assert len(lines) == 1 + rows
    assert {len(line.split("\t")) for line in lines} == {len(lines[0].split("\t"))}


@pytest.mark.parametrize(
    ("table", "kind", "names"),
    [
        ("samples", SampleMetrics, {"sample"}),
        ("lanes", LaneMetrics, {"sample", "lane", "bases"}),
        ("libraries", LibraryMetrics, {"sample", "library", "unique", "duplicates", "optical"}),
    ],
)
def test_every_column_has_a_title_in_the_report(
    table: str, kind: type[Any], names: set[str]
) -> None:
    headers = LOOK["custom_data"][table]["headers"]
    assert set(headers) | names == {field.name for field in fields(kind)}
    assert not set(headers) & names


def test_bars_of_duplicates_add_up_to_the_reads_examined(staged: Path) -> None:
    bars = json.loads((staged / "duplicates_mqc.json").read_text())
    parts = bars["categories"]
    assert all(sum(row[part] for part in parts) == row["examined"] for row in bars["data"].values())


def test_files_of_samples_are_named_as_samples(staged: Path) -> None:
    assert {file.stem for file in staged.glob("*tools/*")} == {"kid", "kid_trimmed"}


def test_files_of_lanes_are_named_as_samples_with_their_lanes(staged: Path) -> None:
    names = {file.stem for file in staged.glob("fastp/*")}
    assert names == {"kid l1.FC.1", "kid l2.FC.1", "kid_trimmed l1.FC.1"}


def test_command_lines_and_what_is_not_drawn_are_left_behind(staged: Path) -> None:
    text = "".join(file.read_text() for file in staged.glob("*/*"))
    assert "SN\traw total sequences" in text
    assert not [
        word for word in ("secret", "IS\t", "COV\t", "PSC\t", "QUAL\t", "kmer") if word in text
    ]


def test_a_section_without_content_is_left_out(staged: Path) -> None:
    names = {file.name for file in staged.glob("*_mqc.json")}
    assert {"verdicts_mqc.json", "autosomes_mqc.json"} <= names
    assert not {"targets_mqc.json", "kinship_mqc.json", "pairs_mqc.json"} & names


def test_what_differs_between_runs_is_laid_over_how_a_plot_looks(staged: Path) -> None:
    section = json.loads((staged / "autosomes_mqc.json").read_text())
    assert section["pconfig"]["xlab"] == LOOK["custom_data"]["autosomes"]["pconfig"]["xlab"]
    assert set(section["pconfig"]["colors"]) == {"kid", "kid_trimmed"}


def test_settings_are_shown_as_text_and_not_as_html(staged: Path) -> None:
    rows = json.loads((staged / "settings_mqc.json").read_text())["data"]
    assert rows["align.aligner"]["value"] == "bwa &amp; &lt;b&gt;"


def page(folder: Path, *, hour: int, number: str) -> Path:
    """Write what MultiQC leaves, as of an hour."""
    data = folder / "report_data"
    data.mkdir(parents=True)
    for name in ("multiqc.log", "multiqc.parquet", "multiqc_sources.txt", "llms-full.txt", "a.txt"):
        (data / name).write_text("/home/me")
    facts = {"config_output_dir": "/home/me", "report_creation_date": hour, "config_title": "T"}
    (data / "multiqc_data.json").write_text(json.dumps(facts))
    packed = base64.b64encode(gzip.compress(b'{"plot": 1}', mtime=hour)).decode()
    (folder / "report.html").write_text(f'<p>{packed}</p>\nreportUuid = "{number}";\n')
    return folder


def test_only_what_tells_about_samples_is_kept(tmp_path: Path) -> None:
    folder = page(tmp_path / "out", hour=1, number="x")
    clean(folder)
    assert {file.name for file in (folder / "report_data").iterdir()} == {
        "a.txt",
        "multiqc_data.json",
    }
    assert json.loads((folder / "report_data/multiqc_data.json").read_text()) == {
        "config_title": "T"
    }


def test_a_page_does_not_depend_on_the_hour(tmp_path: Path) -> None:
    texts = []
    for hour, number in ((1, "4f2a"), (7200, "99b1")):
        folder = page(tmp_path / str(hour), hour=hour, number=number)
        clean(folder)
        texts.append((folder / "report.html").read_text())
    assert texts[0] == texts[1]


def test_what_is_packed_in_a_page_stays_the_same(tmp_path: Path) -> None:
    folder = page(tmp_path / "out", hour=1, number="x")
    clean(folder)
    packed = (folder / "report.html").read_text().removeprefix("<p>").split("</p>")[0]
    assert gzip.decompress(base64.b64decode(packed)) == b'{"plot": 1}'
