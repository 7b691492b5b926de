"""A project in which all that has a name bears that of a person, and how it is looked for."""

from __future__ import annotations

import base64
import gzip
import html
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.run.bundles import ROOT, md5_environment, plain_files

from schelde.demo.sheets import LANES, PEOPLE

SALT = "zyxwvut"
FATHER, MOTHER, CHILD = (person.sample for person in PEOPLE)
"""The father comes from FASTQ, the mother from a BAM, the child is an exome."""

IDS = {person.sample: f"Zyxwvut-{person.sample[-1]}" for person in PEOPLE}
COLUMNS = [
    "sample",
    "library",
    "flowcell",
    "lane",
    "fq1",
    "fq2",
    "alignment",
    "read_group",
    "center",
    "date",
]
CALL = f"@CO\tbrought by {SALT}\n@PG\tID:{SALT}\tPN:{SALT}\tCL:/home/{SALT}/bin/{SALT} --in x\n"
GROUP = f"@RG\tID:{SALT}-rg\tSM:{SALT}\tLB:{SALT}\tDS:{SALT}\tCN:{SALT}\tPU:{SALT}\tPL:ILLUMINA\n"
TAGS = f"RG:Z:{SALT}-rg\tBC:Z:{SALT}\tCB:Z:{SALT}\tCO:Z:{SALT}\tXX:Z:{SALT}"

CONFIG = f"""\
lanes: config/{SALT}-lanes.tsv
people: config/{SALT}-people.tsv
reference: {{name: {SALT}-genome, fasta: data/{SALT}/{SALT}.fa, assembly: data/{SALT}/{SALT}.yaml}}
align: {{aligner: minibwa, optical_distance: 100}}
call: {{caller: bcftools, pieces: 1}}
qc:
  panel: data/{SALT}/{SALT}-panel
  profiles: [default, config/{SALT}-profile.yaml]
  regions: data/{SALT}/{SALT}-targets.bed
report: {{title: Genomes of {SALT}}}
bundle:
  dataset: config/dataset.yaml
  pseudonyms: config/{SALT}-key.tsv
  recipients: [data/{SALT}/{SALT}.pub]
  sender: data/{SALT}/{SALT}.sec
  targets: [goe, grz]
  grz: config/{SALT}-grz.yaml
  minimum_count: 1
"""
PROFILE = f"""\
name: {SALT}
title: Rules of {SALT}
source: {SALT}
rules:
  - {{metric: mean_read_length, comparison: ">=", threshold: 50, severity: review,
     source: {SALT}, note: asked for by {SALT}}}
"""


def salted(demo: Path, folder: Path) -> Path:
    """Write the project below ``folder`` and return it; ``demo``: the small demo, not run."""
    project = folder / f"{SALT}-home" / SALT
    data, config = project / "data" / SALT, project / "config"
    data.mkdir(parents=True)
    config.mkdir()
    shutil.copy(demo / "config/dataset.yaml", config)
    for end in ("pub", "sec"):
        shutil.copy(demo / f"data/keys/node.{end}", data / f"{SALT}.{end}")
    for end in ("bed", "mu", "UD"):
        shutil.copy(demo / f"data/panel.{end}", data / f"{SALT}-panel.{end}")
    bases = (demo / "data/genome.fa").read_text().splitlines()
    named = [f"{line.split()[0]} {SALT}" if line[0] == ">" else line for line in bases]
    (data / f"{SALT}.fa").write_text("\n".join(named) + "\n")
    assembly = (demo / "data/assembly.yaml").read_text().splitlines()
    renamed = [f"name: {SALT}" if line.startswith("name:") else line for line in assembly]
    (data / f"{SALT}.yaml").write_text("\n".join(renamed) + "\n")
    targets = (demo / "data/targets.bed").read_text().splitlines()
    rows = [line.split()[:3] for line in targets if line.startswith("chr")]
    lines = [f"# of {SALT}", *("\t".join([*row, SALT]) for row in rows)]
    (data / f"{SALT}-targets.bed").write_text("\n".join(lines) + "\n")
    (config / f"{SALT}.yaml").write_text(CONFIG)
    (config / f"{SALT}-profile.yaml").write_text(PROFILE)
    grz = (ROOT / "config/grz.example.yaml").read_text()
    (config / f"{SALT}-grz.yaml").write_text(_with_ids(grz))
    _write_people(demo, config / f"{SALT}-people.tsv")
    _write_lanes(demo, project, config / f"{SALT}-lanes.tsv")
    return project


def _with_ids(text: str) -> str:
    for old, new in IDS.items():
        text = text.replace(old, new)
    return text


def _write_people(demo: Path, path: Path) -> None:
    text = _with_ids((demo / "config/people.tsv").read_text())
    rows = [line.split("\t") for line in text.replace("DEMO-SUBJECT", SALT).splitlines()]
    assay = rows[0].index("assay")
    rows[0].append("targets")
    for row in rows[1:]:
        row.append("")
        if row[0] == IDS[CHILD]:
            row[assay], row[-1] = "wes", f"data/{SALT}/{SALT}-targets.bed"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


def _write_lanes(demo: Path, project: Path, path: Path) -> None:
    rows = [COLUMNS]
    for place, lane in enumerate(LANES):
        where = f"data/{SALT}/{IDS[lane.sample]}.{place}"
        row = [
            IDS[lane.sample],
            f"Zyxwvut_{lane.library}",
            f"H{SALT}{place}",
            f"{SALT}{lane.lane}",
        ]
        ends = [reads(demo / lane.fq1[0]), reads(demo / lane.fq2[0])]
        if lane.sample == MOTHER:
            write_bam(project / f"{where}.bam", *ends)
            row += ["", "", f"{where}.bam", f"{SALT}-rg"]
        else:
            files = [f"{where}_R{end}.fq.gz" for end in (1, 2)]
            for number, file, end in zip((1, 2), files, ends, strict=True):
                write_fastq(project / file, number, end)
            row += [*files, "", ""]
        rows.append([*row, f"Centre of {SALT}", "2026-01-05"])
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


def reads(fastq: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name without its end, bases and qualities."""
    with gzip.open(fastq, "rt") as lines:
        for name, bases, _, qualities in zip(lines, lines, lines, lines, strict=True):
            yield (
                name[1:].split()[0].removesuffix("/1").removesuffix("/2"),
                bases[:-1],
                qualities[:-1],
            )


def write_fastq(path: Path, end: int, found: Iterator[tuple[str, str, str]]) -> None:
    with gzip.open(path, "wt", 1) as file:
        for name, bases, qualities in found:
            file.write(f"@{SALT}:{name} {end}:N:0:{SALT} BC:Z:{SALT}\n{bases}\n+\n{qualities}\n")


def write_bam(
    path: Path, first: Iterator[tuple[str, str, str]], second: Iterator[tuple[str, str, str]]
) -> None:
    lines = [f"@HD\tVN:1.6\tSO:unsorted\n{GROUP}{CALL}"]
    for pair in zip(first, second, strict=True):
        for flag, (name, bases, qualities) in zip((77, 141), pair, strict=True):
            cells = [f"{SALT}:{name}", str(flag), "*", "0", "0", "*", "*", "0", "0", bases]
            lines.append("\t".join([*cells, qualities, TAGS]) + "\n")
    subprocess.run(
        ["samtools", "view", "--no-PG", "-b", "-o", path, "-"],
        input="".join(lines).encode(),
        check=True,
    )


def environment(project: Path) -> dict[str, str]:
    """Return an environment in which user, machine and folders bear the name."""
    scratch = project.parent / f"{SALT}-tmp"
    scratch.mkdir(exist_ok=True)
    names = dict.fromkeys(("USER", "LOGNAME", "USERNAME", "EMAIL", "SUDO_USER"), SALT)
    machine = dict.fromkeys(("HOSTNAME", "HOST"), f"{SALT}-host")
    return {**os.environ, **names, **machine, "HOME": str(project.parent), "TMPDIR": str(scratch)}


def needles() -> list[bytes]:
    """Return the name in every writing that is looked for, bytes in lower case but for base64.

    Of base64, at each of its three offsets, the characters that depend on the name alone.
    """
    found = [SALT.encode(), SALT.encode("utf-16-le"), SALT.encode("utf-16-be")]
    for word in (SALT, SALT.title(), SALT.upper()):
        found.append(word.encode().hex().encode())
        for offset in range(3):
            text = base64.b64encode(b"\0" * offset + word.encode())
            found.append(text[4 if offset else 0 : (offset + len(word)) * 4 // 3])
    return found


def holds_salt(data: bytes) -> bool:
    """Tell whether bytes hold the name, in any case and writing."""
    plain = urllib.parse.unquote_to_bytes(data.replace(b"\\u00", b"%"))
    views = [
        data,
        data.lower(),
        plain.lower(),
        html.unescape(data.decode("latin-1")).lower().encode(),
    ]
    return any(needle in view for view in views for needle in needles())


def everything(bundle: Path, secret: Path, results: Path, scratch: Path) -> Mapping[str, bytes]:
    """Return all that a recipient can read out of a bundle, by what it is.

    Names of files and folders, every file as it is, what is sealed opened, and of both what is
    packed unpacked: gzip, and CRAM with header, names and tags.
    """
    found = {
        path.relative_to(bundle).as_posix(): path.read_bytes()
        for path in bundle.rglob("*")
        if path.is_file()
    }
    names = "\n".join(path.relative_to(bundle).as_posix() for path in bundle.rglob("*"))
    opened = plain_files(bundle, secret, scratch)
    found |= {f"plain {name}": path.read_bytes() for name, path in opened.items()}
    for name, content in list(found.items()):
        if content.startswith(b"\x1f\x8b"):
            found[f"unpacked {name}"] = gzip.decompress(content)
    for name, path in opened.items():
        if name.endswith(".cram"):
            shown = subprocess.run(
                ["samtools", "view", "--no-PG", "-h", path],
                env=md5_environment(results),
                capture_output=True,
                check=True,
            )
            found[f"read {name}"] = shown.stdout
    return found | {"names": names.encode()}
