"""A prepared reference against samtools, GA4GH's examples and the rules that make it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest

from schelde.assembly import Assembly
from schelde.reference import ReferenceFiles, prepare

ROOT = Path(__file__).parents[2]
SEQCOL = ROOT.parent / "shared" / "standards" / "refget-seqcol"
TOY = Assembly("toy", ("one", "two"))

needs_seqcol = pytest.mark.skipif(
    not SEQCOL.is_dir(), reason="no GA4GH sequence collections in ../shared/standards/refget-seqcol"
)


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it prints; the test fails with its messages if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def prepared(source: Path, folder: Path, assembly: Assembly) -> ReferenceFiles:
    names = ("genome.fa", "genome.fa.fai", "genome.dict", "genome.json", "seqcol.json", "md5")
    beds = ("autosomes.bed", "par.bed", "mitochondrion.bed", "gaps.bed")
    files = ReferenceFiles(*(folder / name for name in (*names, *beds)))
    prepare(source, files, name="toy", assembly=assembly, log=io.BytesIO())
    return files


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two contigs in lines of 70, soft-masked in part, with gaps and an IUPAC code."""
    file = tmp_path_factory.mktemp("source") / "own.fa"
    bases = "".join(random.Random(1).choices("ACGTacgtNR", weights=[9] * 8 + [1, 1], k=3000))
    one, two = f"{bases[:1990]}{'N' * 100}", bases[1990:]
    lines = [[c[i : i + 70] for i in range(0, len(c), 70)] for c in (one, two)]
    file.write_text(">one first\n" + "\n".join(lines[0]) + "\n>two\n" + "\n".join(lines[1]) + "\n")
    return file


@pytest.fixture(scope="module")
def files(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ReferenceFiles:
    return prepared(source, tmp_path_factory.mktemp("reference"), TOY)


def columns(text: str, *tags: str) -> list[list[str]]:
    """Values of tags of the @SQ lines."""
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("@SQ")]
    return [[cell for cell in row if cell[:2] in tags] for row in rows]


def test_the_dictionary_has_what_samtools_finds_in_the_source(
    need: Callable[..., None], source: Path, files: ReferenceFiles
) -> None:
    need("samtools")
    tags = ("SN", "LN", "M5")
    ours = files.dictionary.read_text()
    assert columns(ours, *tags) == columns(run("samtools", "dict", source), *tags)


def test_the_index_is_the_one_that_samtools_makes(
    need: Callable[..., None], files: ReferenceFiles, tmp_path: Path
) -> None:
    need("samtools")
    shutil.copy(files.fasta, tmp_path)
    run("samtools", "faidx", tmp_path / files.fasta.name)
    assert files.fai.read_text() == (tmp_path / files.fai.name).read_text()


def test_samtools_takes_the_same_bases_from_copy_and_source(
    need: Callable[..., None], source: Path, files: ReferenceFiles
) -> None:
    need("samtools")
    for region in ("one:1-2", "one:69-160", "one:1980-2100", "two:900-1010"):
        ours = run("samtools", "faidx", files.fasta, region)
        assert (
            ours.splitlines()[1:]
            == run("samtools", "faidx", source, region).upper().splitlines()[1:]
        )


@pytest.fixture
def sam(files: ReferenceFiles, tmp_path: Path) -> Path:
    """Some reads of contig two, with the header of our dictionary."""
    bases = "".join(files.fasta.read_text().split(">two\n")[1].split())
    rows = [
        f"r{n}\t0\ttwo\t{n * 50 + 1}\t60\t90M\t*\t0\t0\t{bases[n * 50 : n * 50 + 90]}\t{'I' * 90}"
        for n in range(9)
    ]
    file = tmp_path / "reads.sam"
    file.write_text(files.dictionary.read_text() + "".join(f"{row}\n" for row in rows))
    return file


def test_cram_is_written_and_read_from_the_md5_cache_alone(
    need: Callable[..., None], files: ReferenceFiles, sam: Path, tmp_path: Path
) -> None:
    need("samtools")
    place = f"{files.md5_cache}/%2s/%2s/%s"
    cache = {"REF_PATH": place, "REF_CACHE": place}
    cram = tmp_path / "reads.cram"
    run("samtools", "view", "--no-PG", "-C", "-O", "cram,version=3.0", "-o", cram, sam, env=cache)
    plain = ("--no-PG", "--input-fmt-option", "decode_md=0")
    assert run("samtools", "view", "-h", *plain, cram, env=cache) == sam.read_text()


def test_cram_without_the_cache_is_not_read(
    need: Callable[..., None], files: ReferenceFiles, sam: Path, tmp_path: Path
) -> None:
    need("samtools")
    place = f"{files.md5_cache}/%2s/%2s/%s"
    cram = tmp_path / "reads.cram"
    cache = {"REF_PATH": place, "REF_CACHE": place}
    run("samtools", "view", "-C", "-o", cram, sam, env=cache)
    empty = {**os.environ, "REF_PATH": str(tmp_path / "none"), "REF_CACHE": str(tmp_path / "none")}
    done = subprocess.run(["samtools", "view", cram], capture_output=True, env=empty)
    assert done.returncode != 0


def example_names() -> list[str]:
    file = SEQCOL / "test_fasta_digests.json"
    return list(json.loads(file.read_text())) if file.exists() else []


@needs_seqcol
@pytest.mark.parametrize("name", example_names())
def test_collections_are_those_of_the_ga4gh_examples(name: str, tmp_path: Path) -> None:
    expected = json.loads((SEQCOL / "test_fasta_digests.json").read_text())[name]
    contigs = tuple(expected["level2"]["names"])
    files = prepared(SEQCOL / "test_fasta" / name, tmp_path, Assembly("any", contigs))
    ours = json.loads(files.seqcol.read_text())
    assert ours["digest"] == expected["top_level_digest"]
    assert ours["level1"].items() <= expected["level1"].items()
    assert ours["level2"].items() <= expected["level2"].items()


@needs_seqcol
def test_a_collection_follows_the_schema(files: ReferenceFiles) -> None:
    schema = json.loads((SEQCOL / "seqcol_minimal_v1.0.0.json").read_text())
    jsonschema.validate(json.loads(files.seqcol.read_text())["level2"], schema)


@pytest.fixture(scope="module")
def project(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow with a table of known genomes that has only ours."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("Snakefile", "workflow", "scripts", "envs"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "resources", folder / "resources")
    shutil.copytree(ROOT / "config", folder / "config")
    data = source.read_bytes()
    cells = ["toy", "toy", source.as_uri(), str(len(data)), hashlib.md5(data).hexdigest()]
    header = "name\tassembly\taddress\tbytes\tmd5\tsource\tlicence\tnote\n"
    row = "\t".join([*cells, "us", "free", ""])
    (folder / "resources" / "references.tsv").write_text(f"{header}{row}\n")
    (folder / "kit.bed").write_text("one\t500\t600\none\t590\t700\ntwo\t100\t400\n")
    (folder / "reads.fq").write_text("@r\nACGT\n+\nIIII\n")
    (folder / "toy.yaml").write_text("name: toy\nautosomes: [one, two]\n")
    (folder / "config/lanes.tsv").write_text(
        "sample\tlibrary\tflowcell\tlane\tfq1\tfq2\nS\tL\tFC\t1\treads.fq\t\n"
    )
    (folder / "config/people.tsv").write_text(
        "sample\tassay\tsex\ttargets\nS\twes\tmale\tkit.bed\n"
    )
    (folder / "config/config.yaml").write_text(
        "reference: {name: toy, assembly: toy.yaml}\n"
        "call: {caller: bcftools, pieces: 2, padding: 10, overlap: 1000}\n"
    )
    return folder


def snakemake(folder: Path, *options: str) -> str:
    start = [sys.executable, "-m", "snakemake", "--directory", str(folder), "--cores", "1"]
    done = subprocess.run(
        [*start, "--snakefile", str(folder / "Snakefile"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_rules_fetch_prepare_and_cut(project: Path, source: Path) -> None:
    results = project / "results" / "reference"
    targets = ["results/reference/pieces/wgs.bed", "results/reference/pieces/kit.bed"]
    snakemake(project, *targets)
    assert f"UR:{source.as_uri()}" in (results / "genome.dict").read_text()
    assert (results / "targets" / "kit.bed").read_text() == "one\t500\t700\ntwo\t100\t400\n"
    assert (results / "pieces" / "kit.bed").read_text() == "one\t490\t710\t1\ntwo\t90\t410\t2\n"
    assert (results / "pieces" / "wgs.bed").read_text() == (
        "one\t0\t1550\t1\none\t1550\t2090\t2\ntwo\t0\t1010\t2\n"
    )
    assert not list(results.rglob("*.part"))
    assert "Nothing to be done" in snakemake(project, *targets)


@pytest.mark.parametrize(
    ("tool", "index"),
    [
        ("bwa", "results/reference/bwa/genome.fa.bwt"),
        ("minibwa", "results/reference/minibwa/genome.mbw"),
        ("bwa-mem2", "results/reference/bwa-mem2/genome.fa.pac"),
    ],
)
def test_the_rules_index_for_each_aligner(
    need: Callable[..., None], project: Path, source: Path, tool: str, index: str
) -> None:
    need(tool)
    snakemake(project, index)
    prefix = project / Path(index).with_suffix("")
    assert not list(prefix.parent.glob("*.part"))
    bases = "".join(source.read_text().split(">two\n")[1].split())[:150]
    (project / "read.fq").write_text(f"@r\n{bases}\n+\n{'I' * 150}\n")
    command = "map" if tool == "minibwa" else "mem"
    sam = run(tool, command, prefix, project / "read.fq")
    assert sam.splitlines()[-1].split("\t")[2:4] == ["two", "1"]
