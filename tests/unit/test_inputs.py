"""Bad inputs, each with the messages that docs/bad-inputs.md shows for it.

``PYTHONPATH=workflow/src python tests/unit/test_inputs.py > docs/bad-inputs.md`` writes the page.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schelde.consent import Reason
from schelde.declared import Declared
from schelde.demo.dataset import DATASET_TEXT
from schelde.errors import UserError
from schelde.inputs import Inputs, load
from schelde.sheet import Assay, Lane, Person, Sex


def tsv(*rows: str) -> str:
    """Return a table from rows with spaces between cells; '.' stands for an empty cell."""
    cells = [["" if cell == "." else cell for cell in row.split(" ")] for row in rows]
    return "".join("\t".join(row) + "\n" for row in cells)


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bad-inputs.md"
FASTQ = "@r1\nACGT\n+\nIIII\n"
GZIPPED = gzip.compress(FASTQ.encode(), mtime=0)
GENOME = f">1 first\n{'ACGT' * 25}\n>2\n{'ACGT' * 20}\n>X\n{'ACGT' * 15}\n"
CONFIG = """\
lanes: config/lanes.tsv
people: config/people.tsv
reference:
  name: small
  fasta: ref/genome.fa
  assembly: ref/assembly.yaml
call:
  caller: bcftools
"""
HEADER = "sample library flowcell lane fq1 fq2"
LANE_1 = "S1 lib1 FC1 L1 reads/a_1.fq reads/a_2.fq"
LANE_2 = "S2 lib2 FC1 L2 reads/b_1.fq.gz reads/b_2.fq.gz"
LANE_3 = "S1 lib1 FC1 L3 reads/c_1.fq reads/c_2.fq"
PEOPLE = "sample assay sex father mother targets"
PERSON_1 = "S1 wgs female . . ."
PERSON_2 = "S2 wes male . . targets/exome.bed"

PROJECT: Mapping[str, str | bytes] = {
    "config/config.yaml": CONFIG,
    "config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2),
    "config/people.tsv": tsv(PEOPLE, PERSON_1, PERSON_2),
    "reads/a_1.fq": FASTQ,
    "reads/a_2.fq": FASTQ,
    "reads/b_1.fq.gz": GZIPPED,
    "reads/b_2.fq.gz": GZIPPED,
    "reads/c_1.fq": FASTQ,
    "reads/c_2.fq": FASTQ,
    "targets/exome.bed": "1\t10\t20\n1\t30\t40\n2\t5\t9\n",
    "ref/genome.fa": GENOME,
    "ref/assembly.yaml": "name: small\nautosomes: ['1', '2']\nx: X\npar: {X: [[10, 20]]}\n",
    "config/profiles/default.yaml": (ROOT / "config/profiles/default.yaml").read_text(),
    "config/jobs.yaml": "align_lane: {threads: 1, mem_mb: 1, runtime: 1}\n",
    "config/site.yaml": "account: null\n",
    "resources/assemblies/GRCh37.yaml": "name: GRCh37\nautosomes: ['1', '2']\n",
    "resources/assemblies/GRCh38.yaml": "name: GRCh38\nautosomes: [chr1, chr2]\n",
    "resources/references.tsv": tsv(
        "name assembly address bytes md5 source licence note",
        f"GRCh37-decoy GRCh37 https://example.org/hs37d5.fa.gz 5 {'0' * 32} 1000G none .",
        f"GRCh38-noalt GRCh38 https://example.org/noalt.fa.gz 5 {'1' * 32} NCBI none .",
    ),
}
"""A project without a mistake."""

Content = str | bytes | None


@dataclass(frozen=True)
class Case:
    """A project with a mistake: files changed in `PROJECT` (None: deleted).

    ``prepare`` is called in the folder of the project, for what is not the content of a file.
    """

    title: str
    files: Mapping[str, Content] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[pytest.MonkeyPatch], object] = lambda patch: None
    tools_on_path: bool = False
    jobs_run: Literal["here", "elsewhere"] | None = None


def config(**changes: str) -> dict[str, Content]:
    """Return the config with lines that begin with a key put in place of those of the project."""
    text = CONFIG
    for key, line in changes.items():
        old = next(line for line in CONFIG.splitlines() if line.strip().startswith(f"{key}:"))
        text = text.replace(old, line)
    return {"config/config.yaml": text}


def more(lines: str) -> dict[str, Content]:
    """Return the config with lines added after its last."""
    return {"config/config.yaml": CONFIG + lines}


def lanes(*rows: str) -> dict[str, Content]:
    """Return a sheet of lanes; the header and the lanes of the project if no others are given."""
    return {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2, *rows)}


def first_lane(row: str, header: str = HEADER, second: str = LANE_2) -> dict[str, Content]:
    """Return a sheet with the first lane replaced."""
    return {"config/lanes.tsv": tsv(header, row, second)}


def people(*rows: str, header: str = PEOPLE) -> dict[str, Content]:
    """Return a sheet of people with these rows."""
    return {"config/people.tsv": tsv(header, *rows)}


def bed(text: str) -> dict[str, Content]:
    """Return the targets with another content."""
    return {"targets/exome.bed": text}


def panel(contig: str, alt: str = "C") -> dict[str, Content]:
    """Return a panel of one site in the format of VerifyBamID2."""
    return {"panel.bed": f"{contig}\t4\t5\tA\t{alt}\n", "panel.mu": f"{contig}:5\t0.5\n"}


def bam(path: str, *groups: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return a function that writes a BAM with these read groups and no reads."""

    def write(patch: pytest.MonkeyPatch) -> None:
        header = {
            "SQ": [{"SN": "1", "LN": 100}],
            "RG": [{"ID": group, "SM": "S1"} for group in groups],
        }
        pysam.AlignmentFile(path, "wb", header=header).close()

    return write


def known_sites(path: str, contig: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return a function that writes a bgzipped, indexed VCF with one variant."""

    def write(patch: pytest.MonkeyPatch) -> None:
        text = f"##fileformat=VCFv4.2\n##contig=<ID={contig}>\n"
        text += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        Path("sites.vcf").write_text(f"{text}{contig}\t5\t.\tA\tC\t.\t.\t.\n")
        pysam.tabix_compress("sites.vcf", path)
        pysam.tabix_index(path, preset="vcf")

    return write


def no_rights(patch: pytest.MonkeyPatch) -> None:
    """Take the right to write away; said, not done, since root may write anywhere."""
    patch.setattr(os, "access", lambda path, mode: mode == os.R_OK)


def read_only_disk(patch: pytest.MonkeyPatch) -> None:
    """Make the disk look read-only."""
    no_rights(patch)
    patch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=os.ST_RDONLY))


def no_programs(patch: pytest.MonkeyPatch) -> None:
    """Leave nothing on PATH but what is always needed, without fastp."""
    for tool in ("samtools", "bcftools", "bgzip", "tabix"):
        Path("bin").mkdir(exist_ok=True)
        Path("bin", tool).touch(mode=0o755)
    patch.setenv("PATH", str(Path("bin").resolve()))


def gpus(told: str, *without: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return a function that puts every engine and caller on PATH, and an nvidia-smi that tells.

    ``without``: none but these programs.
    """

    def prepare(patch: pytest.MonkeyPatch) -> None:
        programs = ("apptainer", "pbrun", "make_examples", "call_variants", "postprocess_variants")
        for tool in without or programs:
            Path("bin").mkdir(exist_ok=True)
            Path("bin", tool).touch(mode=0o755)
        if told:
            Path("bin/nvidia-smi").write_text(f"#!/bin/sh\necho '{told}'\n")
            Path("bin/nvidia-smi").chmod(0o755)
        patch.setenv("PATH", str(Path("bin").resolve()))
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return prepare


def hanging_driver(patch: pytest.MonkeyPatch) -> None:
    """Let nvidia-smi not answer."""

    def wait(*_: object, **given: float) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", given["timeout"])

    gpus("")(patch)
    patch.setattr("schelde.cluster.devices.subprocess.run", wait)


def no_open_caller(patch: pytest.MonkeyPatch) -> None:
    """Leave the open caller without what set-up makes for it."""
    patch.setattr("schelde.pairhmm.library.LIBRARY", Path("gone.so"))
    patch.setattr("schelde.run_check.find_spec", lambda name: None)


APPTAINER = "container_engine: apptainer\n"
GPU_JOBS = {
    "config/jobs.yaml": "".join(
        f"{rule}: {{threads: 1, mem_mb: 1, runtime: 1, gpu: 1}}\n"
        for rule in ("align_lane_parabricks", "call_deepvariant", "call_parabricks")
    )
}
DECLARED = {
    "gender": "female",
    "birth": "1980",
    "country": "BE",
    "phenotype": "healthy",
    "anatomical_site": "blood",
    "specimen": "blood",
    "instrument": "unspecified",
    "library_selection": "RANDOM",
    "consent": "given",
    "consent_date": "2025-01-15",
    "consent_version": "2.1",
    "duo": "DUO:0000042",
    "legal_basis": "Consent",
}
"""What a bundle needs to be told of everyone."""

NODE_KEY = """\
-----BEGIN CRYPT4GH PUBLIC KEY-----
CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws=
-----END CRYPT4GH PUBLIC KEY-----
"""
KEY_FILE = tsv(
    "kind id pseudonym",
    f"secret reads {'0' * 64}",
    *("sample S1 PAAAA1", "sample S2 PAAAA2"),
    *("sample-subject S1 SAAAA1", "sample-subject S2 SAAAA2"),
)
BUNDLE = """\
bundle:
  dataset: config/dataset.yaml
  recipients: [node.pub]
"""


def told(first: Mapping[str, str] = {}, second: Mapping[str, str] = {}) -> dict[str, Content]:
    """Return a sheet of two people who declare all that a bundle needs, but for these cells."""
    names = list(dict.fromkeys([*DECLARED, *first, *second]))
    rows = [
        f"{start} {' '.join(({**DECLARED, **cells}).get(name, '') or '.' for name in names)}"
        for start, cells in ((PERSON_1, first), (PERSON_2, second))
    ]
    return people(*rows, header=f"{PEOPLE} {' '.join(names)}")


def bundle(lines: str = "", **files: Content) -> dict[str, Content]:
    """Return a project that asks for a bundle; ``lines`` are added to that block of the config."""
    return {
        **told(),
        **more(BUNDLE + lines),
        "config/dataset.yaml": DATASET_TEXT,
        "config/pseudonyms.tsv": KEY_FILE,
        "node.pub": NODE_KEY,
        **files,
    }


def dataset(old: str, new: str) -> dict[str, Content]:
    """Return a project with a bundle whose dataset has a text in place of another."""
    return bundle() | {"config/dataset.yaml": DATASET_TEXT.replace(old, new, 1)}


GHGA = (ROOT / "config/ghga.example.yaml").read_text()
GRZ = (ROOT / "config/grz.example.yaml").read_text().replace("DEMO-C:", "S1:")
"""What the national intakes are told; of the second, the index patient is in the sheet."""


def everyone_reads(patch: pytest.MonkeyPatch) -> None:
    """Let everyone read the key of the pseudonyms."""
    Path("config/pseudonyms.tsv").chmod(0o644)


ALIGNMENT_HEADER = f"{HEADER} alignment read_group"
FROM_BAM = "S1 lib1 FC1 L1 . . a.bam"
BARE = "S2 lib2 FC1 L2 reads/b_1.fq.gz reads/b_2.fq.gz . ."

SECTIONS: dict[str, list[Case]] = {
    "config.yaml": [
        Case("file missing", {"config/config.yaml": None}),
        Case("file empty", {"config/config.yaml": ""}),
        Case("only comments", {"config/config.yaml": "# nothing\n"}),
        Case("a list where keys should be", {"config/config.yaml": "- lanes\n"}),
        Case("not UTF-8", {"config/config.yaml": f"{CONFIG}# Zürich\n".encode("latin-1")}),
        Case("UTF-16", {"config/config.yaml": CONFIG.encode("utf-16")}),
        Case("byte order mark", {"config/config.yaml": "\ufeff" + CONFIG}),
        Case("Windows line ends", {"config/config.yaml": CONFIG.replace("\n", "\r\n")}),
        Case("a tab in the indentation", more("align:\n\taligner: bwa\n")),
        Case("a bracket that is not closed", more("report: {title: x\n")),
        Case("a key twice", more("people: other.tsv\n")),
        Case("a block that holds itself", more("report: &r {title: *r}\n")),
        Case("unknown key", more("reprot:\n  title: x\n")),
        Case("unknown key in a block", more("  peices: 3\n")),
        Case("key in the wrong block", more("  aligner: bwa\n")),
        Case("unknown value", config(caller="  caller: gatc")),
        Case("text for a number", more("  pieces: four\n")),
        Case("number out of bounds", more("  pieces: 0\n")),
        Case("true for a number", more("  pieces: true\n")),
        Case("text for true or false", more("  bqsr: perhaps\n")),
        Case("number for text", config(lanes="lanes: 7")),
        Case("nothing where text should be", config(lanes="lanes:")),
        Case("text for a list", config(name="  name: small\n  known_sites: a.vcf.gz")),
        Case("text for a block", more("report: mine\n")),
        Case("key missing", config(name="  md5: null")),
        Case("MD5 too short", config(name="  name: small\n  md5: abc")),
        Case("unknown key on the command line", {}, overrides={"call": {"calller": "gatk"}}),
        Case("unknown value on the command line", {}, overrides={"align": {"aligner": "bow"}}),
    ],
    "Both sheets": [
        Case("file missing", {"config/lanes.tsv": None}),
        Case("a folder", config(lanes="lanes: config")),
        Case("file empty", {"config/lanes.tsv": ""}),
        Case("header only", {"config/lanes.tsv": tsv(HEADER)}),
        Case("a spreadsheet", {"config/lanes.tsv": b"PK\x03\x04 and so on"}),
        Case(
            "not UTF-8",
            {"config/people.tsv": f"# é\n{tsv(PEOPLE, PERSON_1, PERSON_2)}".encode("latin-1")},
        ),
        Case(
            "Windows line ends",
            {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2).replace("\n", "\r\n")},
        ),
        Case("byte order mark", {"config/lanes.tsv": "\ufeff" + tsv(HEADER, LANE_1, LANE_2)}),
        Case("spaces for tabs everywhere", {"config/lanes.tsv": f"{HEADER}\n{LANE_1}\n"}),
        Case("spaces for tabs in a row", {"config/lanes.tsv": f"{tsv(HEADER, LANE_1)}{LANE_2}\n"}),
        Case(
            "too few cells",
            {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2, "S1 lib1 FC1 L3 reads/c_1.fq")},
        ),
        Case("too many cells", {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2 + " x")}),
        Case("empty line", {"config/lanes.tsv": tsv(HEADER, LANE_1, ".", LANE_2)}),
        Case(
            "space at the edge of a cell",
            {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2).replace("lib2", "lib2 ")},
        ),
        Case("empty cell", first_lane("S1 . FC1 L1 reads/a_1.fq reads/a_2.fq")),
        Case(
            "unknown column",
            first_lane(LANE_1 + " ILLUMINA", HEADER + " platfrom", LANE_2 + " ILLUMINA"),
        ),
        Case("column missing", people("S1 wgs", "S2 wgs", header="sample assay")),
        Case("column twice", people(f"{PERSON_1} x", f"{PERSON_2} y", header=f"{PEOPLE} assay")),
        Case("sample in lanes.tsv only", people(PERSON_1)),
        Case("sample in people.tsv only", people(PERSON_1, PERSON_2, "S3 wgs male . . .")),
        Case("sample spelt otherwise", people(PERSON_1, PERSON_2.replace("S2", "s2"))),
    ],
    "lanes.tsv": [
        Case(
            "unsafe character in an id",
            {"config/lanes.tsv": tsv(HEADER, LANE_1, LANE_2).replace("lib1", "lib 1")},
        ),
        Case("dot in an id", first_lane(LANE_1.replace("lib1", "lib.1"))),
        Case("id too long", first_lane(LANE_1.replace("lib1", "L" * 65))),
        Case("lane given twice", lanes(LANE_1.replace("/a_", "/c_"))),
        Case("lanes that differ only in case", lanes(LANE_3.replace("L3", "l1"))),
        Case(
            "ids that differ only in case",
            {
                **lanes(LANE_3.replace("S1", "s1")),
                **people(PERSON_1, PERSON_2, "s1 wgs male . . ."),
            },
        ),
        Case("no reads", first_lane("S1 lib1 FC1 L1 . .")),
        Case("second file without the first", first_lane("S1 lib1 FC1 L1 . reads/a_2.fq")),
        Case(
            "lists of unequal length", first_lane(LANE_1.replace("a_1.fq", "a_1.fq,reads/c_1.fq"))
        ),
        Case("a comma too many", first_lane(LANE_1.replace("a_1.fq", "a_1.fq,"))),
        Case(
            "the same file twice in a list",
            first_lane("S1 lib1 FC1 L1 reads/a_1.fq,reads/a_1.fq reads/a_2.fq,reads/c_2.fq"),
        ),
        Case("R1 given as R2", first_lane(LANE_1.replace("a_2", "a_1"))),
        Case("same FASTQ in two rows", lanes(LANE_3.replace("c_1", "a_1"))),
        Case("same FASTQ under another spelling", lanes(LANE_3.replace("c_1", "../reads/a_1"))),
        Case(
            "same FASTQ through a link",
            lanes(LANE_3.replace("c_1", "d_1")),
            prepare=lambda patch: Path("reads/d_1.fq").symlink_to("a_1.fq"),
        ),
        Case("unsafe character in a file name", first_lane(LANE_1.replace("a_1", "a(1)"))),
        Case("file name that looks like an option", first_lane(LANE_1.replace("reads/a_1", "-a"))),
        Case("an address", first_lane(LANE_1.replace("reads/a_1", "https://example.org/a"))),
        Case(
            "unknown platform",
            first_lane(f"{LANE_1} Illumina", f"{HEADER} platform", f"{LANE_2} BGI"),
        ),
        Case(
            "barcode that is not bases",
            first_lane(f"{LANE_1} ACGT+TTGA", f"{HEADER} barcode", f"{LANE_2} ."),
        ),
        Case(
            "center with a backslash",
            first_lane(f"{LANE_1} a\\tb", f"{HEADER} center", f"{LANE_2} ."),
        ),
        Case(
            "date of another country",
            first_lane(f"{LANE_1} 31/01/2026", f"{HEADER} date", f"{LANE_2} 2026-02-30"),
        ),
    ],
    "FASTQ files": [
        Case("missing", {"reads/a_1.fq": None}),
        Case(
            "missing, with a gzipped one beside it",
            {"reads/a_1.fq": None, "reads/a_1.fq.gz": GZIPPED},
        ),
        Case("empty", {"reads/a_1.fq": ""}),
        Case(
            "a link to nothing",
            {"reads/a_1.fq": None},
            prepare=lambda patch: Path("reads/a_1.fq").symlink_to("gone.fq"),
        ),
        Case("FASTA", {"reads/a_1.fq": ">r1\nACGT\n"}),
        Case("a folder", first_lane(LANE_1.replace("reads/a_1.fq", "reads"))),
        Case("other text", {"reads/a_1.fq": "ACGT\n"}),
        Case("bzip2", {"reads/a_1.fq": b"BZh91AY&SY"}),
        Case("BAM", {"reads/a_1.fq": gzip.compress(b"BAM\x01" + bytes(60))}),
        Case("broken gzip", {"reads/b_1.fq.gz": b"\x1f\x8b\xff\xff\xff\xff"}),
        Case(
            "gzipped and plain in one list",
            {
                **first_lane("S1 lib1 FC1 L1 reads/a_1.fq,reads/g_1.fq reads/a_2.fq,reads/c_2.fq"),
                "reads/g_1.fq": GZIPPED,
            },
        ),
    ],
    "BAM and CRAM files": [
        Case("missing", first_lane(f"{FROM_BAM} .", ALIGNMENT_HEADER, BARE)),
        Case(
            "not an alignment",
            {**first_lane(f"{FROM_BAM} .", ALIGNMENT_HEADER, BARE), "a.bam": "@HD\n"},
        ),
        Case(
            "FASTQ as well",
            first_lane(f"{LANE_1} a.bam .", ALIGNMENT_HEADER, BARE),
            prepare=bam("a.bam", "g1"),
        ),
        Case("read group without alignment", first_lane(f"{LANE_1} . g1", ALIGNMENT_HEADER, BARE)),
        Case(
            "several read groups, none named",
            first_lane(f"{FROM_BAM} .", ALIGNMENT_HEADER, BARE),
            prepare=bam("a.bam", "g1", "g2"),
        ),
        Case(
            "unknown read group",
            first_lane(f"{FROM_BAM} grup1", ALIGNMENT_HEADER, BARE),
            prepare=bam("a.bam", "group1"),
        ),
        Case(
            "read group left out",
            first_lane(f"{FROM_BAM} g1", ALIGNMENT_HEADER, BARE),
            prepare=bam("a.bam", "g1", "g2", "g3"),
        ),
        Case(
            "read group twice",
            {
                "config/lanes.tsv": tsv(
                    ALIGNMENT_HEADER, f"{FROM_BAM} g1", FROM_BAM.replace("L1", "L3") + " g1", BARE
                )
            },
            prepare=bam("a.bam", "g1"),
        ),
    ],
    "people.tsv": [
        Case("unsafe character in an id", people(PERSON_1.replace("S1", "S/1"), PERSON_2)),
        Case("sample twice", people(PERSON_1, PERSON_2, PERSON_1)),
        Case("unknown assay", people(PERSON_1.replace("wgs", "genome"), PERSON_2)),
        Case("unknown sex", people(PERSON_1.replace("female", "F"), PERSON_2)),
        Case("exome without targets", people(PERSON_1, "S2 wes male . . .")),
        Case("genome with targets", people("S1 wgs female . . targets/exome.bed", PERSON_2)),
        Case("unknown parent", people("S1 wgs female S2 MOTHER .", PERSON_2)),
        Case("father who is female", people(PERSON_1, "S2 wes male S1 . targets/exome.bed")),
        Case("mother who is male", people("S1 wgs female . S2 .", PERSON_2)),
        Case("own parent", people("S1 wgs female . S1 .", PERSON_2)),
        Case("one person as both parents", people("S1 wgs female S2 S2 .", PERSON_2)),
        Case(
            "cycle in the pedigree",
            people("S1 wgs female S2 . .", "S2 wes male . S1 targets/exome.bed"),
        ),
        Case(
            "one person with two sexes",
            people(f"{PERSON_1} P1", f"{PERSON_2} P1", header=f"{PEOPLE} subject_id"),
        ),
    ],
    "Facts and consent in people.tsv": [
        Case("a day that does not exist", told({"birth": "1980-02-30"})),
        Case("birth after collection", told({"birth": "1980-05", "collected": "1980-04-30"})),
        Case("unknown gender", told({"gender": "femal"})),
        Case("name of a country", told({"country": "Belgium"})),
        Case("malformed HPO term", told({"phenotype": "seizures", "hpo": "HP:12"})),
        Case("healthy with a diagnosis", told({"diagnoses": "OMIM:143100"})),
        Case("instrument that EGA does not know", told({"instrument": "NovaSeq"})),
        Case("unknown status of a consent", told({"consent": "yes"})),
        Case("a consent without a status", told({"consent": ""})),
        Case("modifier given as permission", told({"duo": "DUO:0000019"})),
        Case("two permissions", told({"duo": "DUO:0000042,DUO:0000006"})),
        Case("permission given as modifier", told({"duo_modifiers": "DUO:0000006"})),
        Case("short name of a permission", told({"duo": "GRU"})),
        Case("disease left out", told({"duo": "DUO:0000007"})),
        Case("expired before it was given", told({"consent_expires": "2025-01-14"})),
        Case("a child's own consent", told({"birth": "2012-03"})),
        Case(
            "a child without a day to be asked", told({"birth": "2012", "consent_by": "guardian"})
        ),
        Case(
            "one person with two consents",
            told({"subject_id": "P1"}, {"subject_id": "P1", "consent": "withdrawn"}),
        ),
    ],
    "Bundles": [
        Case("description of the dataset missing", bundle() | {"config/dataset.yaml": None}),
        Case("unknown key in the dataset", dataset("title:", "titel:")),
        Case(
            "list in the dataset that is none", dataset("[genome, trio, demonstration]", "genome")
        ),
        Case("permission of the dataset", dataset("DUO:0000006", "DUO:0000046")),
        Case("Norway without quotes", dataset("country: BE", "country: NO")),
        Case("day of issue that does not exist", dataset("2026-01-31", "2026-02-31")),
        Case("control character in a text", dataset("title: ", 'title: "\\x07" # ')),
        Case("public genomes", dataset("NON_PUBLIC", "PUBLIC")),
        Case("nobody to seal it to", bundle() | more(BUNDLE.replace("[node.pub]", "[]"))),
        Case("public key missing", bundle() | {"node.pub": None}),
        Case("public key that is none", bundle() | {"node.pub": "ssh-rsa AAAA\n"}),
        Case("secret key of the sender missing", bundle("  sender: me.sec\n")),
        Case("unknown target", bundle("  targets: [geo]\n")),
        Case("target without its file", bundle("  targets: [ghga]\n")),
        Case(
            "mistakes in what GHGA asks for",
            bundle("  targets: [ghga]\n  ghga: ghga.yaml\n")
            | told({"collected": "2025"}, {"collected": "2025"})
            | {"ghga.yaml": GHGA.replace("study_types:", "studytypes:")},
        ),
        Case(
            "mistakes in what a genomDE data centre asks for",
            bundle("  targets: [grz]\n  grz: grz.yaml\n")
            | told({"collected": "2025-02", "library_kit": "kit"}, {"collected": "2025-02-01"})
            | {"grz.yaml": GRZ},
        ),
        Case("password in an address", bundle("submit: {to: 'sftp://me:secret@example.org'}\n")),
        Case("no pseudonyms", bundle() | {"config/pseudonyms.tsv": None}),
        Case(
            "sample without a pseudonym",
            bundle() | {"config/pseudonyms.tsv": KEY_FILE.replace("sample\tS2\tPAAAA2\n", "")},
        ),
        Case("pseudonyms that others can read", bundle(), prepare=everyone_reads),
        Case(
            "facts that are missing",
            bundle("  targets: [goe]\n")
            | told({"birth": "", "country": ""}, {"birth": "", "gender": ""}),
        ),
        Case(
            "misspelt words about samples",
            bundle() | told({"specimen": "bllood"}, {"pathological_state": "Organoids"}),
        ),
        Case(
            "consent without what it allows",
            bundle() | told({"duo": "", "legal_basis": "", "specimen": ""}),
        ),
        Case(
            "dates after the day of issue",
            bundle() | told({"collected": "2026-02-01"}, {"sequenced": "2027"}),
        ),
        Case("nobody who agreed", bundle() | told({"consent": "refused"}, {"duo": "DUO:0000011"})),
        Case(
            "mistakes among those who have withdrawn",
            bundle("  withdrawn: gone.tsv\n")
            | {"gone.tsv": "subject_id\tdate\ns1\t2026-01-31\nS2\tyesterday\n"},
        ),
    ],
    "Targets": [
        Case("file missing", {"targets/exome.bed": None}),
        Case("file empty", bed("")),
        Case("only header lines", bed("track name=x\n")),
        Case("gzipped", {"targets/exome.bed": GZIPPED}),
        Case("Windows line ends", bed("1\t10\t20\r\n")),
        Case("tabs missing", bed("1 10 20\n")),
        Case("columns missing", bed("1\t10\n")),
        Case("not numbers", bed("1\t10\t20\n1\t1e3\t2000\n")),
        Case("start after end", bed("1\t20\t20\n")),
        Case("of another assembly, by names", bed("chr1\t10\t20\nchr2\t10\t20\n")),
        Case("of another assembly, by length", bed("1\t10\t20\n1\t90\t120\n2\t70\t81\n")),
        Case("contig that is unknown", bed("1\t10\t20\nGL000191\t1\t5\n")),
        Case("unsorted", bed("1\t30\t40\n1\t10\t20\n")),
        Case("contig that comes back", bed("1\t10\t20\n2\t10\t20\n1\t30\t40\n")),
        Case(
            "dot in the name",
            {
                **people(PERSON_1, "S2 wes male . . targets/exome.v2.bed"),
                "targets/exome.v2.bed": "1\t1\t2\n",
            },
        ),
        Case(
            "named as genomes are",
            {**people(PERSON_1, "S2 wes male . . targets/WGS.bed"), "targets/WGS.bed": "1\t1\t2\n"},
        ),
        Case(
            "two files of one name",
            {
                **people("S1 wes female . . other/exome.bed", PERSON_2),
                "other/exome.bed": "1\t1\t2\n",
            },
        ),
    ],
    "Reference": [
        Case("FASTA missing", {"ref/genome.fa": None}),
        Case("FASTA empty", {"ref/genome.fa": ""}),
        Case("not FASTA", {"ref/genome.fa": "ACGT\n"}),
        Case("contig twice", {"ref/genome.fa": ">1\nAC\n>1\nAC\n"}),
        Case("contig without bases", {"ref/genome.fa": ">1\nAC\n>2\n"}),
        Case(
            "gzip that ends early",
            {"ref/genome.fa": gzip.compress(b">1\n" + b"ACGT" * 99, mtime=0)[:-12]},
        ),
        Case("MD5 not the one declared", config(name=f"  name: small\n  md5: {'a' * 32}")),
        Case(
            "unknown name, no FASTA",
            config(name="  name: GRCh38-noalts", fasta="", assembly="  assembly: GRCh38"),
        ),
        Case(
            "name of another assembly",
            config(name="  name: GRCh37-decoy", fasta="", assembly="  assembly: GRCh38"),
        ),
        Case(
            "MD5 of another file than the one to fetch",
            config(
                name=f"  name: GRCh38-noalt\n  md5: {'a' * 32}",
                fasta="",
                assembly="  assembly: GRCh38",
            ),
        ),
        Case("assembly under another name", config(assembly="  assembly: hg19")),
        Case("assembly file missing", config(assembly="  assembly: ref/other.yaml")),
        Case("assembly of another reference", config(assembly="  assembly: GRCh38")),
        Case(
            "PAR past the end of X",
            {
                "ref/assembly.yaml": "name: small\nautosomes: ['1']\nx: X\npar: {X: [[10, 99]]}\n",
            },
        ),
        Case("known sites missing", config(name="  name: small\n  known_sites: [dbsnp.vcf.gz]")),
        Case(
            "known sites without index",
            {
                **config(name="  name: small\n  known_sites: [dbsnp.vcf.gz]"),
                "dbsnp.vcf.gz": GZIPPED,
            },
        ),
        Case(
            "known sites of another assembly",
            config(name="  name: small\n  known_sites: [dbsnp.vcf.gz]"),
            prepare=known_sites("dbsnp.vcf.gz", "chr1"),
        ),
    ],
    "Files of quality control": [
        Case("a panel that is not there", more("qc:\n  panel: panels/1000g\n")),
        Case("a panel of another assembly", more("qc:\n  panel: panel\n") | panel("chr1")),
        Case(
            "a panel whose parts do not fit",
            more("qc:\n  panel: panel\n") | panel("1") | {"panel.mu": "1:5\t0.5\n1:9\t3\n"},
        ),
        Case("a panel with what is no SNP", more("qc:\n  panel: panel\n") | panel("1", "AC")),
        Case(
            "regions past the end of a contig",
            more("qc:\n  regions: genes.bed\n") | {"genes.bed": "1\t5\t999999\n"},
        ),
        Case("a profile that is not known", more("qc:\n  profiles: [defualt]\n")),
        Case(
            "a profile with mistakes",
            more("qc:\n  profiles: [own.yaml]\n")
            | {
                "own.yaml": "name: own\ntitle: Ours\nsource: us\nrules:\n"
                "  - {metric: mean_coverage, comparison: '>=', threshold: 30, severity: fail}\n"
                "  - {metric: charr, comparison: '=<', threshold: 0.05, severity: fatal}\n"
            },
        ),
    ],
    "Settings against one another": [
        Case("BQSR without known sites", config(caller="  caller: gatk\n  bqsr: true")),
        Case("BQSR with another caller than GATK", more("  bqsr: true\n")),
        Case("DRAGEN mode without GATK", more("  dragen: true\n")),
        Case("another engine of contamination, and no panel", more("qc:\n  contamination: gatk\n")),
        Case(
            "minibwa with alternate contigs",
            {
                **more("align:\n  aligner: minibwa\n"),
                "ref/genome.fa": GENOME + ">HLA-A*01:01:01:01\nACGT\n",
            },
        ),
        Case(
            "a caller of Parabricks without a GPU",
            config(caller="  caller: parabricks") | GPU_JOBS,
            prepare=gpus(""),
            jobs_run="here",
        ),
        Case("a GPU for a caller that has no use for it", more("  device: gpu\n")),
    ],
    "GPUs and containers": [
        Case(
            "no GPU here",
            config(caller="  caller: deepvariant\n  device: gpu") | GPU_JOBS,
            prepare=gpus(""),
            jobs_run="here",
        ),
        Case(
            "a driver that does not answer",
            config(caller="  caller: deepvariant\n  device: gpu") | GPU_JOBS,
            prepare=hanging_driver,
            jobs_run="here",
        ),
        Case(
            "an aligner for a GPU, and none here",
            more("align:\n  aligner: parabricks\n") | GPU_JOBS | {"config/site.yaml": APPTAINER},
            prepare=gpus(""),
            jobs_run="here",
        ),
        Case(
            "more GPUs than there are",
            config(caller="  caller: parabricks\n  device: gpu")
            | {
                "config/jobs.yaml": "call_parabricks: {threads: 1, mem_mb: 1, runtime: 1, gpu: 2}\n"
            },
            prepare=gpus("GPU-1, 81559 MiB"),
            jobs_run="here",
        ),
        Case(
            "no partition with GPUs",
            config(caller="  caller: parabricks\n  device: gpu")
            | GPU_JOBS
            | {"config/site.yaml": APPTAINER + "partitions:\n  cpu: {cpus: 99, mem_mb: 999999}\n"},
            prepare=gpus(""),
            jobs_run="elsewhere",
        ),
        Case(
            "no program of a container",
            config(caller="  caller: deepvariant"),
            prepare=gpus("", "samtools"),
            jobs_run="elsewhere",
        ),
        Case(
            "no engine of containers, an image that is not there and one that nobody knows",
            config(caller="  caller: deepvariant")
            | {
                "config/site.yaml": "container_engine: docker\n"
                "images:\n  deepvariant: /no/dv.sif\n  parabrick: a/b:1\n"
            },
            prepare=gpus("", "samtools"),
            jobs_run="elsewhere",
        ),
        Case(
            "the open caller was not built, nor is there CuPy",
            config(caller="  caller: pairhmm\n  device: gpu"),
            prepare=no_open_caller,
            jobs_run="elsewhere",
        ),
    ],
    "The cluster, and what jobs ask for": [
        Case("an unknown key of the site", {"config/site.yaml": "acount: lab\n"}),
        Case(
            "a partition with mistakes",
            {"config/site.yaml": "partitions:\n  cpu: {cpus: 16, memory: 64000, mem_mb: 64G}\n"},
        ),
        Case(
            "a rule that fits no partition",
            {
                "config/site.yaml": "partitions:\n  cpu: {cpus: 4, mem_mb: 64000}\n",
                "config/jobs.yaml": "align_lane: {threads: 8, mem_mb: 1, runtime: 1}\n",
            },
        ),
        Case(
            "a scratch that is not the same folder everywhere", {"config/site.yaml": "scratch: x\n"}
        ),
        Case(
            "a genome that is not known",
            {"config/site.yaml": "references: {GRCh39: /data/GRCh39.fa}\n"},
        ),
        Case(
            "a rule without minutes", {"config/jobs.yaml": "align_lane: {threads: 8, mem_mb: 1}\n"}
        ),
    ],
    "The folder and the machine": [
        Case("a file where results go", {"results": "mine"}),
        Case("a folder without rights", {"results/x": "", "logs/x": ""}, prepare=no_rights),
        Case("a read-only disk", prepare=read_only_disk),
        Case(
            "programs missing",
            config(caller="  caller: freebayes"),
            prepare=no_programs,
            tools_on_path=True,
        ),
        Case(
            "a link to nothing where logs go",
            {},
            prepare=lambda patch: Path("logs").symlink_to("gone"),
        ),
    ],
}


def load_project(case: Case, folder: Path) -> Inputs:
    """Make the project of a case in a folder and load it from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, content in {**PROJECT, **case.files}.items():
            if content is not None:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if Path("config/pseudonyms.tsv").exists():
            Path("config/pseudonyms.tsv").chmod(0o600)
        case.prepare(patch)
        return load(
            case.overrides,
            [],
            workflow_dir=Path(),
            thorough=True,
            tools_on_path=case.tools_on_path,
            jobs_run=case.jobs_run,
        )


def messages(case: Case, folder: Path) -> list[str]:
    """Return the messages that a case gets."""
    try:
        load_project(case, folder)
    except UserError as error:
        return [str(problem) for problem in error.problems]
    return []


INTRODUCTION = """\
# Bad inputs

Each was tried, and got these messages, before any job. Written by `tests/unit/test_inputs.py`,
which also checks that the page is current. Truncated, unpaired and damaged reads are found by the
first job of their lane, since finding them takes reading all of them.
"""


def page() -> str:
    """Return docs/bad-inputs.md."""
    lines = [INTRODUCTION]
    for section, cases in SECTIONS.items():
        lines += [f"## {section}", ""]
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                said = messages(case, Path(folder))
            lines += [f"{case.title}:", "", "```", *said, "```", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def said_on_page() -> dict[str, list[str]]:
    """Return the messages of docs/bad-inputs.md by section and title."""
    said: dict[str, list[str]] = {}
    section, title, inside = "", "", False
    for line in PAGE.read_text(encoding="utf-8").split("\n"):
        if line == "```":
            inside = not inside
        elif inside:
            said[f"{section}: {title}"].append(line)
        elif line.startswith("## "):
            section = line.removeprefix("## ")
        elif section and line:
            title = line.removesuffix(":")
            said[f"{section}: {title}"] = []
    return said


CASES = {f"{name}: {case.title}": case for name, cases in SECTIONS.items() for case in cases}
ON_PAGE = said_on_page() if PAGE.exists() else {}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_gets_the_messages_on_the_page(name: str, tmp_path: Path) -> None:
    said = messages(CASES[name], tmp_path)
    assert said
    assert said == ON_PAGE[name]


def test_the_page_shows_the_bad_inputs_that_are_tried_and_no_others() -> None:
    assert list(ON_PAGE) == list(CASES)
    assert PAGE.read_text(encoding="utf-8").startswith(INTRODUCTION)


def test_a_project_without_mistakes_loads(tmp_path: Path) -> None:
    inputs = load_project(Case("good"), tmp_path)
    assert inputs.sheet.lanes == (
        Lane("S1", "lib1", "FC1", "L1", ("reads/a_1.fq",), ("reads/a_2.fq",)),
        Lane("S2", "lib2", "FC1", "L2", ("reads/b_1.fq.gz",), ("reads/b_2.fq.gz",)),
    )
    assert inputs.sheet.people == (
        Person("S1", Assay.WGS, Sex.FEMALE),
        Person("S2", Assay.WES, Sex.MALE, targets="targets/exome.bed"),
    )
    assert inputs.settings.call.caller == "bcftools"
    assert inputs.assembly.autosomes == ("1", "2")


def test_mistakes_in_all_inputs_are_told_at_once(tmp_path: Path) -> None:
    everywhere = Case(
        "all",
        {
            **config(caller="  caller: gatc", assembly="  assembly: hg19"),
            **first_lane(f"{LANE_1} x", f"{HEADER} platform", f"{LANE_2} ."),
            **people(PERSON_1.replace("female", "f"), PERSON_2),
            **bed("3\t1\t2\n"),
            "reads/b_1.fq.gz": None,
        },
    )
    places = [message.split(": ")[0] for message in messages(everywhere, tmp_path)]
    assert places == [
        "config/config.yaml:6",
        "config/config.yaml:8",
        "config/lanes.tsv:2",
        "config/lanes.tsv:3",
        "config/people.tsv:2",
        "targets/exome.bed:1",
    ]


def test_a_project_with_a_bundle_loads(tmp_path: Path) -> None:
    inputs = load_project(Case("good", bundle("  targets: [goe]\n")), tmp_path)
    assert inputs.dataset is not None
    assert inputs.gate is not None
    assert inputs.key is not None
    assert inputs.dataset.alias == "demo-trio"
    assert (inputs.gate.admitted, inputs.gate.counts) == (("S1", "S2"), {})
    assert inputs.key.subject("S2", None) == "SAAAA2"
    facts, consent = inputs.member_facts("S1")
    assert (facts.birth, facts.country, consent.permission) == ("1980", "BE", "DUO:0000042")


def test_without_a_dataset_nobody_is_asked_for_anything(tmp_path: Path) -> None:
    inputs = load_project(Case("good"), tmp_path)
    assert (inputs.dataset, inputs.gate, inputs.key) == (None, None, None)
    assert inputs.declared == {"S1": Declared(), "S2": Declared()}
    with pytest.raises(KeyError, match="'S1' does not come into a bundle"):
        inputs.member_facts("S1")


def test_who_does_not_come_in_is_asked_for_no_facts(tmp_path: Path) -> None:
    bare = dict.fromkeys(DECLARED, "")
    inputs = load_project(Case("", bundle() | told(second=bare)), tmp_path)
    assert inputs.gate is not None
    assert inputs.gate.admitted == ("S1",)
    assert inputs.gate.left_out == {"S2": Reason.NONE}
    with pytest.raises(KeyError, match="'S2' does not come into a bundle"):
        inputs.member_facts("S2")


def test_a_withdrawal_since_the_sheet_was_written_counts(tmp_path: Path) -> None:
    gone = {"gone.tsv": "subject_id\tdate\nS1\t2026-06-01\nELSEWHERE\t2026-06-01\n"}
    inputs = load_project(Case("", bundle("  withdrawn: gone.tsv\n") | gone), tmp_path)
    assert inputs.gate is not None
    assert inputs.gate.left_out == {"S1": Reason.WITHDRAWN}


def test_national_intakes_are_read_with_the_rest(tmp_path: Path) -> None:
    """A kit that the file of the data centre names is not asked for in people.tsv."""
    kit = "library_prep_kit: a kit"
    case = GRZ.replace("DEMO-F:", "S2:").replace(
        "sample_conservation:", f"{kit}\n          sample_conservation:"
    )
    start, end = case.index("      DEMO-M:"), case.index("      S2:")
    intakes = "  targets: [ghga, grz]\n  ghga: ghga.yaml\n  grz: grz.yaml\n"
    files = bundle(intakes + "qc: {regions: genes.bed}\n") | {
        "genes.bed": "1\t0\t9\n",
        "ghga.yaml": GHGA,
        "grz.yaml": case[:start] + case[end:],
    }
    rows = told({"collected": "2025-12-01"}, {"collected": "2025-12-01"})
    sheet = str(rows["config/people.tsv"]).replace("S1\twgs\tfemale\t\t", "S1\twgs\tfemale\tS2\t")
    assert messages(Case("", files | {"config/people.tsv": sheet}), tmp_path) == []


def test_a_job_knows_who_comes_in_without_looking_at_keys(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        load_project(Case("", bundle()), tmp_path)
        Path("node.pub").unlink()
        inputs = load({}, [], workflow_dir=Path(), thorough=False)
    assert inputs.gate is not None
    assert inputs.gate.admitted == ("S1", "S2")


def test_a_job_loads_no_library_that_only_bundles_need(tmp_path: Path) -> None:
    load_project(Case("", bundle()), tmp_path)
    code = (
        "import sys; from pathlib import Path; from schelde.inputs import load; "
        "found = load({}, [], workflow_dir=Path(), thorough=False); assert found.gate.admitted; "
        "print(sorted({'crypt4gh', 'jsonschema', 'lxml', 'rdflib', 'rocrate'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow/src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_changed_consent_leaves_what_alignment_is_told_as_it_was(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    sheets = []
    for folder, consent in zip(folders, ("given", "withdrawn"), strict=True):
        folder.mkdir()
        files = bundle() | told({"consent": consent, "birth": "1970"})
        sheets.append(load_project(Case("", files), folder).sheet)
    assert repr(sheets[0].people) == repr(sheets[1].people)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    name=st.sampled_from(["config/dataset.yaml", "config/pseudonyms.tsv", "node.pub", "gone.tsv"]),
    start=st.integers(0, 2500),
    size=st.integers(0, 9),
    put=st.binary(max_size=4) | st.sampled_from([b"\t", b"\n", b"9" * 5000, b"*a", b"{"]),
)
def test_damage_to_what_a_bundle_is_made_from_gives_printable_messages(
    tmp_path: Path, name: str, start: int, size: int, put: bytes
) -> None:
    gone = {"gone.tsv": "subject_id\tdate\nS1\t2026-06-01\n"}
    files = bundle("  withdrawn: gone.tsv\n") | gone
    sound = str(files[name]).encode()
    damaged = {name: sound[:start] + put + sound[start + size :]}
    said = messages(Case("damaged", files | damaged), tmp_path)
    assert all(message.isprintable() for message in said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    name=st.sampled_from([name for name in PROJECT if not name.startswith("reads/")]),
    start=st.integers(0, 200),
    size=st.integers(0, 9),
    put=st.binary(max_size=4)
    | st.sampled_from([b"\t", b"\n", b"9" * 5000, b"\xc2\x85", b"*a", b"{"]),
)
def test_damage_to_any_input_gives_printable_messages_and_no_other_error(
    tmp_path: Path, name: str, start: int, size: int, put: bytes
) -> None:
    content = PROJECT[name]
    sound = content if isinstance(content, bytes) else content.encode()
    damaged = sound[:start] + put + sound[start + size :]
    said = messages(Case("damaged", {name: damaged}), tmp_path)
    assert all(message.isprintable() for message in said)


def test_a_job_reads_the_sheets_without_looking_at_the_files_they_name(tmp_path: Path) -> None:
    gone = {name: None for name in PROJECT if name.startswith(("reads/", "targets/", "ref/gen"))}
    good = {name: content for name, content in PROJECT.items() if name not in gone}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for name, content in good.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        assert load({}, [], workflow_dir=Path(), thorough=False).sheet.samples == ("S1", "S2")


def test_values_of_the_command_line_win_over_the_file_key_by_key(tmp_path: Path) -> None:
    case = Case("", more("  pieces: 2\n"), overrides={"call": {"caller": "gatk"}})
    call = load_project(case, tmp_path).settings.call
    assert (call.caller, call.pieces) == ("gatk", 2)


if __name__ == "__main__":
    sys.stdout.write(page())
