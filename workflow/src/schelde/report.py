"""The report of a run: MultiQC over copies of the tools' files that have one name per sample.

MultiQC guesses names of samples from file names and contents and writes the paths that it read
into its report. Here it sees a folder of copies, each named after its sample (or its lane, for
what belongs to lanes), and what it writes is cleaned of paths and dates.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import yaml

from schelde import paths
from schelde.findings import Finding, read_finding, read_pairs, sources_of
from schelde.methods import Run, methods, setting_rows
from schelde.metrics import (
    LaneMetrics,
    LibraryMetrics,
    SampleMetrics,
    alignment_metrics,
    lane_metrics,
    library_metrics,
    read_rows,
    sample_metrics,
    variant_metrics,
    write_rows,
)
from schelde.pipes import ToolError, whole
from schelde.plots.sections import Content, quality_sections, summary

SAMTOOLS_LINES = ("# This file was produced", "SN\t")
BCFTOOLS_LINES = ("# This file was produced", "ID\t", "SN\t", "TSTV\t", "IDD\t", "ST\t", "DP\t")
"""Lines that MultiQC plots. Not of samtools IS, which our own curves show; of bcftools not PSC,
which it would draw a plot for every sample from, and not QUAL, a line for every single quality
that GATK gives.
"""

KEPT_FACTS = {"report_general_stats_data", "report_general_stats_headers"}
KEPT_FACTS |= {"config_title", "config_intro_text", "config_version"}
"""What of multiqc_data.json tells about samples, not about the machine and the hour; the numbers
of each plot lie beside it as text.
"""

DROPPED_FILES = ("*.log", "*.parquet", "multiqc_sources.txt", "llms-full.txt")
"""Files of MultiQC that hold paths and dates, and a prompt for language models."""

NOWHERE = uuid.UUID(int=0)


@dataclass(frozen=True)
class Tables:
    """The numbers of a run as text: rows of `schelde.metrics`."""

    samples: Path
    lanes: Path
    libraries: Path


def sources(run: Run) -> list[str]:
    """Return the files of all samples and lanes that a report is made from."""
    files = []
    for sample in run.samples:
        patterns = (paths.DUPLICATES, paths.SAMTOOLS_STATS, paths.BCFTOOLS_STATS)
        files += [pattern.format(sample=sample.name) for pattern in patterns]
        files += sources_of(sample.name)
        files += [
            paths.LANE_FASTP.format(sample=sample.name, lane=lane) for lane, _ in sample.lanes
        ]
    return [*files, paths.PAIRS]


def write_tables(run: Run, output: Tables, root: Path = Path()) -> None:
    """Write the tables of a run from its files under ``root``.

    Raises `schelde.metrics.MetricsError` or `schelde.findings.FindingsError` for a file that lacks
    a number.
    """
    lanes: list[LaneMetrics] = []
    libraries: list[LibraryMetrics] = []
    samples: list[SampleMetrics] = []
    for sample in run.samples:
        name = sample.name
        own_lanes = [
            lane_metrics(
                root / paths.LANE_FASTP.format(sample=name, lane=lane), name, lane, library
            )
            for lane, library in sample.lanes
        ]
        own_libraries = library_metrics(root / paths.DUPLICATES.format(sample=name), name)
        finding = read_finding(name, root)
        lanes += own_lanes
        libraries += own_libraries
        samples.append(
            sample_metrics(
                name,
                sample.assay,
                sample.sex,
                lanes=own_lanes,
                libraries=own_libraries,
                alignment=alignment_metrics(root / paths.SAMTOOLS_STATS.format(sample=name)),
                variants=variant_metrics(root / paths.BCFTOOLS_STATS.format(sample=name)),
                quality=finding.metrics,
                verdict=finding.verdict,
            )
        )
    write_rows(output.samples, samples, SampleMetrics)
    write_rows(output.lanes, lanes, LaneMetrics)
    write_rows(output.libraries, libraries, LibraryMetrics)


def write_report(
    run: Run,
    tables: Tables,
    versions: Path,
    options: Path,
    *,
    page: Path,
    data: Path,
    scratch: Path,
    log: IO[bytes],
    root: Path = Path(),
) -> None:
    """Write MultiQC's page and its folder ``data`` about a run whose files lie under ``root``.

    ``versions`` is written by `schelde.versions`, ``options`` is resources/multiqc.yaml. The same
    inputs give the same bytes. Raises `ToolError` when MultiQC fails; its messages are in ``log``.
    """
    with TemporaryDirectory(dir=scratch) as name:
        folder = Path(name).resolve()
        look = yaml.safe_load(options.read_text(encoding="utf-8"))
        sections = look.pop("custom_data")
        findings = [read_finding(sample.name, root) for sample in run.samples]
        stage(run, tables, findings, sections, folder / "in", root)
        shutil.copy(versions, folder / "in" / "schelde_mqc_versions.yml")
        (folder / "look.css").write_text(look.pop("css"), encoding="utf-8")
        own = {**look, "custom_css_files": ["look.css"]}
        own |= _own_options(run, tables, findings, versions)
        (folder / "options.yaml").write_text(yaml.safe_dump(own, sort_keys=False))
        _run_multiqc(folder, log)
        clean(folder / "out")
        _refuse_paths(folder)
        _replace_folder(folder / "out" / "report_data", data)
        with whole(page) as part:
            shutil.copy(folder / "out" / "report.html", part)


def stage(
    run: Run,
    tables: Tables,
    findings: Sequence[Finding],
    sections: Mapping[str, Mapping[str, Any]],
    folder: Path,
    root: Path,
) -> None:
    """Fill a folder with what MultiQC shall see, each file named as its rows shall be.

    ``sections`` say how tables and plots look; those without content are left out. They go into
    the files and not into MultiQC's options, since it cannot save options that hold headers with a
    ``shared_key`` (1.35).
    """
    for kind in ("fastp", "samtools", "bcftools"):
        (folder / kind).mkdir(parents=True)
    for sample in run.samples:
        name = sample.name
        for lane, _ in sample.lanes:
            source = root / paths.LANE_FASTP.format(sample=name, lane=lane)
            (folder / "fastp" / f"{name} {lane}.json").write_text(_fastp_for_multiqc(source))
        stats = root / paths.SAMTOOLS_STATS.format(sample=name)
        _copy_lines(stats, folder / "samtools" / f"{name}.txt", SAMTOOLS_LINES)
        stats = root / paths.BCFTOOLS_STATS.format(sample=name)
        _copy_lines(stats, folder / "bcftools" / f"{name}.txt", BCFTOOLS_LINES)
    libraries = Content(_by_name(tables.libraries, "sample", "library"))
    content = {
        "samples": Content(_by_name(tables.samples, "sample")),
        **quality_sections(findings, read_pairs(root / paths.PAIRS)),
        "lanes": Content(_by_name(tables.lanes, "sample", "lane")),
        "libraries": libraries,
        "duplicates": libraries,
        "settings": Content(
            {key: {"value": html.escape(value)} for key, value in setting_rows(run).items()}
        ),
    }
    for name, look in sections.items():
        if name in content:
            section = _section(name, look, content[name])
            (folder / f"{name}_mqc.json").write_text(json.dumps(section))


def _section(name: str, look: Mapping[str, Any], content: Content) -> dict[str, Any]:
    """Return a section as MultiQC reads it: ``content`` laid over how it looks."""
    section = {"id": name, **look, "data": content.data}
    if content.plot:
        section["pconfig"] = {**section["pconfig"], **content.plot}
    if content.words:
        section["description"] = f"{section['description']} {content.words}"
    return section


def _fastp_for_multiqc(source: Path) -> str:
    """MultiQC takes no fastp JSON without a command; the counts of 5-mers it does not draw."""
    found = json.loads(source.read_text(encoding="utf-8"))
    for part in found.values():
        if isinstance(part, dict):
            part.pop("kmer_count", None)
    return json.dumps({**found, "command": ""})


def _copy_lines(source: Path, target: Path, starts: tuple[str, ...]) -> None:
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as kept:
        kept.writelines(line for line in lines if line.startswith(starts))


def _by_name(table: Path, *names: str) -> dict[str, dict[str, str | int | float]]:
    """Return rows keyed by the columns ``names`` joined, without these columns."""
    return {
        " ".join(str(row[name]) for name in names): {
            key: value for key, value in row.items() if key not in names
        }
        for row in read_rows(table)
    }


def _own_options(
    run: Run, tables: Tables, findings: Sequence[Finding], versions: Path
) -> dict[str, Any]:
    """MultiQC's options that differ from run to run."""
    words = methods(run, yaml.safe_load(versions.read_text(encoding="utf-8")))
    # MultiQC puts both into HTML, and the title into a string of a script, as they are.
    title = html.escape(run.settings["report.title"]).replace("\\", "&#92;")
    intro = f"{summary(findings)}<br>{html.escape(words)}"
    own: dict[str, Any] = {"title": title, "intro_text": intro}
    reads = [int(row["reads"]) for row in read_rows(tables.samples)]
    if max(reads, default=0) < 1_000_000:
        own |= {
            "read_count_multiplier": 0.001,
            "read_count_prefix": "K",
            "read_count_desc": "thousands",
        }
    return own


def _run_multiqc(folder: Path, log: IO[bytes]) -> None:
    """Run MultiQC on ``folder``/in; a configuration of the user or the site has no say."""
    files = sorted(str(file.relative_to(folder)) for file in folder.glob("in/**/*.*"))
    (folder / "files.txt").write_text("".join(f"{file}\n" for file in files), encoding="utf-8")
    command = [sys.executable, "-m", "multiqc", "--no-ansi"]
    command += ["--config", "options.yaml", "--file-list", "files.txt"]
    command += ["--outdir", "out", "--filename", "report.html"]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("MULTIQC_")
    }
    environment |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0 or not (folder / "out" / "report.html").exists():
        raise ToolError(f"MultiQC ended with status {done.returncode}; the log says why")


def clean(folder: Path) -> None:
    """Take paths, dates and random numbers out of what MultiQC wrote to a folder."""
    data = folder / "report_data"
    for pattern in DROPPED_FILES:
        for file in data.glob(pattern):
            file.unlink()
    facts = json.loads((data / "multiqc_data.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in facts.items() if key in KEPT_FACTS}
    (data / "multiqc_data.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    page = folder / "report.html"
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"H4sI[A-Za-z0-9+/]{4,}=*", lambda found: _without_date(found[0]), text)
    text = re.sub(r'(reportUuid = ")[^"]*', rf"\g<1>{uuid.uuid5(NOWHERE, json.dumps(kept))}", text)
    text = re.sub(r'(configCreationDate = ")[^"]*', r"\g<1>", text)
    page.write_text(text, encoding="utf-8")


def _without_date(packed: str) -> str:
    """Pack gzip data in base64 again, without the time of packing."""
    return base64.b64encode(
        gzip.compress(gzip.decompress(base64.b64decode(packed)), mtime=0)
    ).decode()


def _replace_folder(source: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    for old in (part, target):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(source, part)
    part.replace(target)


def _refuse_paths(folder: Path) -> None:
    """Raise `ToolError` if a path of this machine is in a file that is to be handed on."""
    for file in sorted((folder / "out").rglob("*")):
        if file.is_file() and str(folder) in file.read_text(encoding="utf-8"):
            raise ToolError(f"MultiQC wrote a path of this machine into {file.name}")
