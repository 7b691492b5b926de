"""DeepVariant's three jobs with stand-ins that check every word; DeepVariant itself is not run."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pysam
import pytest
from tests.rules.test_call import ASSEMBLY, OVERLAP, Person, genome_pieces, write_reads

from schelde.callers import deepvariant
from schelde.callers.deepvariant import (
    Device,
    Model,
    call_piece,
    call_variants,
    make_examples,
)
from schelde.callers.job import run_gather, run_piece
from schelde.callers.tfrecords import count_records
from schelde.callers.tools import CallError, Machine
from schelde.demo import make_demo
from schelde.intervals import write_bed
from schelde.joblog import JobError
from schelde.package.variants import SOURCE
from schelde.pipes import ToolError
from schelde.sheet import Sex
from schelde.vcf import header_of, source_of

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LENGTHS = {"1": 30_000, "X": 12_000, "Y": 8_000, "M": 3_000}
UNKNOWN = (10_100, 10_400)  # 0-based half-open, on contig 1
FEW = 4  # shards
Rows = list[tuple[str, int, int, int]]

GPU = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77"
NVIDIA_SMI = f"""#!/bin/sh
case "$1" in
    -L) echo "GPU 0: NVIDIA H100 (UUID: {GPU})" ;;
    *) echo "{GPU}, 81559 MiB" ;;
esac
"""


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]
) -> dict[str, Person]:
    need("bcftools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("people")
    rng = random.Random(5)
    genome = {c: "".join(rng.choices("ACGT", k=length)) for c, length in LENGTHS.items()}
    start, end = UNKNOWN
    genome["1"] = genome["1"][:start] + "N" * (end - start) + genome["1"][end:]
    (folder / "genome.fa").write_text("".join(f">{c}\n{s}\n" for c, s in genome.items()))
    pysam.faidx(str(folder / "genome.fa"))
    contigs = [
        {"name": c, "length": len(s), "md5": hashlib.md5(s.encode()).hexdigest()}
        for c, s in genome.items()
    ]
    (folder / "facts.json").write_text(json.dumps({"assembly": "made", "contigs": contigs}))
    return {sex: write_reads(folder, genome, sex, rng) for sex in ("male", "female")}


@pytest.fixture(autouse=True)
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-ins on PATH; return the file with the commands that they were given."""
    commands = tmp_path / "commands.jsonl"
    monkeypatch.setenv("PATH", f"{HERE}:{Path(sys.executable).parent}", prepend=":")
    monkeypatch.setenv("STAND_IN_COMMANDS", str(commands))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    # Each shard is a process that starts Python.
    monkeypatch.setattr(deepvariant, "SHARDS", FEW)
    return commands


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nvidia-smi list a GPU."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "nvidia-smi"
    program.write_text(NVIDIA_SMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


class Jobs:
    """The three jobs of the pieces of a person, as the scripts of the rules call them."""

    def __init__(self, person: Person, folder: Path, rows: Rows, model: Model = "WGS") -> None:
        self.person, self.folder, self.model = person, folder, model
        self.pieces = sorted({row[3] for row in rows})
        write_bed(folder / "pieces.bed", rows)
        self.files = {
            "genome": str(person.folder / "genome.fa"),
            "fai": str(person.folder / "genome.fa.fai"),
            "facts": str(person.folder / "facts.json"),
            "pieces": str(folder / "pieces.bed"),
        }
        self.reads = {"cram": str(person.folder / f"{person.sex}.cram")}
        self.facts = {
            "person": {"sample": person.name, "sex": person.sex},
            "assembly": asdict(ASSEMBLY),
            "overlap": OVERLAP,
            "caller": "deepvariant",
        }

    def path(self, piece: int, kind: str) -> Path:
        return self.folder / f"{piece}.{kind}"

    def machine(self, name: str, threads: int = 4) -> Machine:
        return Machine(threads, 2000, self.folder, self.folder / f"{name}.log")

    def piece(self, step: Callable[..., None], piece: int, output: Path, threads: int) -> None:
        files = {**self.files, **self.reads}
        machine = self.machine(f"{step.__name__}.{piece}", threads)
        more = {"model": self.model, "sites": self.path(piece, "sites")}
        if step is call_piece:
            more["calls"] = self.path(piece, "calls")
        made = partial(step, **more)
        run_piece(made, files, {"gvcf": str(output)}, self.facts, piece, machine)

    def make(self, piece: int = 1, threads: int = 4) -> None:
        self.piece(make_examples, piece, self.path(piece, "examples"), threads)

    def infer(self, piece: int = 1, device: Device = "cpu") -> None:
        machine = self.machine(f"infer.{piece}")
        examples, calls = self.path(piece, "examples"), self.path(piece, "calls")
        call_variants(machine, examples, calls, model=self.model, device=device)

    def write(self, piece: int = 1) -> None:
        self.piece(call_piece, piece, self.path(piece, "g.vcf.gz"), 1)

    def all(self, device: Device = "cpu", threads: int = 4) -> Jobs:
        for piece in self.pieces:
            self.make(piece, threads)
            self.infer(piece, device)
            self.write(piece)
        return self

    def gather(self) -> Jobs:
        files = {**self.files, "filters": str(ROOT / "resources/filters/deepvariant.yaml")}
        output = {kind: str(self.folder / f"s.{kind}.gz") for kind in ("gvcf", "vcf")}
        digests = {f"{kind}_md5": f"{file}.md5" for kind, file in output.items()}
        gvcfs = [str(self.path(piece, "g.vcf.gz")) for piece in self.pieces]
        run_gather(gvcfs, files, {**output, **digests}, self.facts, self.machine("gather"))
        return self

    def records(self, kind: str = "gvcf") -> Iterator[list[str]]:
        with gzip.open(self.folder / f"s.{kind}.gz", "rt") as file:
            for line in file:
                if not line.startswith("#"):
                    yield line.rstrip("\n").split("\t")


@pytest.fixture
def man(people: dict[str, Person], tmp_path: Path) -> Jobs:
    """Contig 1 of a man, in one piece."""
    return Jobs(people["male"], tmp_path, [("1", 0, LENGTHS["1"], 1)])


def commands(kept: Path) -> list[list[str]]:
    return [json.loads(line) for line in kept.read_text().splitlines()]


def plain(words: list[str], folder: Path) -> list[str]:
    """Return words without the folders of the test; of scratch, whose name is drawn, `S`."""
    found = []
    for word in words:
        path = Path(word)
        if word.startswith("/") and path.parent.name.startswith("schelde-"):
            word = f"S/{path.name}"
        found.append(word.replace(f"{folder}/", ""))
    return found


# commands


def test_make_examples_gets_the_options_that_run_deepvariant_gives_it(
    man: Jobs, stand_ins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepvariant, "SHARDS", 16)
    man.make()
    made = [plain(words, man.folder) for words in commands(stand_ins)]
    people = str(man.person.folder)
    assert sorted(int(words[-1]) for words in made) == list(range(16))
    assert {tuple(word.replace(people, "P") for word in words[:-1]) for words in made} == {
        (
            *("make_examples", "--mode", "calling", "--ref", "P/genome.fa"),
            *("--reads", "P/male.cram", "--checkpoint", "/opt/models/wgs"),
            *("--examples", "1.examples.parts/make_examples.tfrecord@16.gz"),
            *("--gvcf", "1.sites.parts/gvcf.tfrecord@16.gz"),
            *("--regions", "S/intervals.bed", "--sample_name", "male-1", "--task"),
        )
    }


def test_call_variants_gets_the_examples_and_the_model(man: Jobs, stand_ins: Path) -> None:
    man.make()
    man.infer()
    assert plain(commands(stand_ins)[-1], man.folder) == [
        *("call_variants", "--outfile", "1.calls.parts/call_variants_output.tfrecord.gz"),
        *("--examples", "1.examples/make_examples.tfrecord@4.gz"),
        *("--checkpoint", "/opt/models/wgs"),
    ]


def test_postprocess_variants_gets_the_calls_of_both_models_and_the_blocks(
    man: Jobs, stand_ins: Path
) -> None:
    man.all()
    words = [w.replace(str(man.person.folder), "P") for w in commands(stand_ins)[-1]]
    assert plain(words, man.folder) == [
        *("postprocess_variants", "--ref", "P/genome.fa"),
        *("--infile", "1.calls/call_variants_output.tfrecord.gz", "--outfile", "S/raw.vcf.gz"),
        *("--cpus", "0", "--checkpoint_json", "/opt/models/wgs/model.example_info.json"),
        "--small_model_cvo_records",
        "1.sites/make_examples_call_variant_outputs.tfrecord@4.gz",
        *("--gvcf_outfile", "S/raw.g.vcf.gz"),
        *("--nonvariant_site_tfrecord_path", "1.sites/gvcf.tfrecord@4.gz"),
        *("--regions", "S/intervals.bed", "--sample_name", "male-1"),
    ]


def test_an_exome_has_its_own_model_and_no_calls_of_a_small_one(
    people: dict[str, Person], tmp_path: Path, stand_ins: Path
) -> None:
    rows = [("1", 2000, 4000, 1), ("1", 15_000, 16_500, 1)]
    Jobs(people["female"], tmp_path, rows, "WES").all()
    for words in commands(stand_ins):
        assert any(word.startswith("/opt/models/wes") for word in words)
        assert "--small_model_cvo_records" not in words


def test_genomes_and_exomes_are_of_one_caller_so_that_they_go_into_one_bundle(
    people: dict[str, Person], tmp_path: Path
) -> None:
    jobs = Jobs(people["female"], tmp_path, [("1", 2000, 4000, 1)], "WES").all()
    header = header_of(jobs.path(1, "g.vcf.gz"), jobs.person.name)
    assert source_of(header) == "DeepVariant 1.10.0"


@pytest.mark.parametrize(
    ("sex", "contig", "options"),
    [
        ("male", "1", []),
        ("male", "X", ["--haploid_contigs", "X", "--par_regions_bed", "S/par.bed"]),
        ("male", "Y", ["--haploid_contigs", "Y"]),
        ("female", "X", []),
    ],
)
def test_only_what_a_person_has_one_copy_of_is_called_haploid(
    people: dict[str, Person],
    tmp_path: Path,
    stand_ins: Path,
    sex: str,
    contig: str,
    options: list[str],
) -> None:
    Jobs(people[sex], tmp_path, [(contig, 0, LENGTHS[contig], 1)]).all()
    for words in commands(stand_ins):
        if words[0] != "call_variants":
            found = plain(words, tmp_path)
            at = found.index("--sample_name") + 2
            assert [
                word for word in found[at:] if word != "--task" and not word.isdigit()
            ] == options


@pytest.mark.usefixtures("gpu")
def test_a_gpu_gets_the_same_command_and_is_the_jobs_own(man: Jobs, stand_ins: Path) -> None:
    man.make()
    man.infer(device="gpu")
    assert commands(stand_ins)[-1][0] == "call_variants"
    assert f"runs on {GPU}" in (man.folder / "infer.1.log").read_text()
    assert len(list(man.path(1, "calls").glob("*-of-00004.tfrecord.gz"))) == 4


APPTAINER = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
assert words.pop(0) == "exec"
places, flags = [], []
while words[0].startswith("-"):
    flags.append(words.pop(0))
    if flags[-1] in ("--mount", "--pwd", "--no-mount"):
        value = words.pop(0)
        if flags[-1] == "--mount":
            kind, source, target = value.split(",")
            assert kind == "type=bind" and source[4:] == target[4:] and os.path.isdir(source[4:])
            places.append(source[4:])
image = words.pop(0)
named = [word.partition(" ")[0] for word in words if "/" in word and not word.startswith("/opt/")]
paths = [os.path.abspath(word) for word in named]
unseen = [path for path in paths if not any(path.startswith(place + "/") for place in places)]
with open(os.environ["STAND_IN_CONTAINERS"], "a") as file:
    program = next(word for word in words if word != "env" and "=" not in word)
    file.write(json.dumps([image, program, "--nv" in flags, unseen]) + "\\n")
os.execvp(words[0], words)
"""


@pytest.mark.usefixtures("gpu")
def test_in_a_container_every_file_that_is_named_is_seen_and_a_gpu_by_one_job_alone(
    man: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "apptainer"
    program.write_text(APPTAINER)
    program.chmod(0o755)
    kept = tmp_path / "containers.jsonl"
    monkeypatch.setenv("STAND_IN_CONTAINERS", str(kept))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "site.yaml").write_text("container_engine: apptainer\n")
    monkeypatch.chdir(tmp_path)
    man.all(device="gpu")
    image = "docker://docker.io/google/deepvariant:1.10.0"
    assert [json.loads(line) for line in kept.read_text().splitlines()] == [
        *[[image, "make_examples", False, []]] * FEW,
        [f"{image}-gpu", "nvidia-smi", True, []],
        [f"{image}-gpu", "call_variants", True, []],
        [image, "postprocess_variants", False, []],
    ]


# results


@pytest.fixture(scope="module")
def whole(
    people: dict[str, Person], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Jobs]:
    done: dict[tuple[str, int, int], Jobs] = {}

    def get(sex: str = "male", pieces: int = 1, threads: int = 4) -> Jobs:
        key = (sex, pieces, threads)
        if key not in done:
            folder = tmp_path_factory.mktemp(f"{sex}-{pieces}-{threads}")
            done[key] = Jobs(people[sex], folder, genome_pieces(pieces))
            done[key].all(threads=threads).gather()
        return done[key]

    return get


Whole = Callable[..., Jobs]


@pytest.mark.parametrize(("pieces", "threads"), [(3, 4), (1, 1)])
def test_pieces_and_threads_do_not_change_a_byte(whole: Whole, pieces: int, threads: int) -> None:
    one, other = whole(), whole(pieces=pieces, threads=threads)
    for kind in ("gvcf", "vcf"):
        names = [jobs.folder / f"s.{kind}.gz" for jobs in (one, other)]
        assert names[0].read_bytes() == names[1].read_bytes()


def test_the_gvcf_covers_every_base_once_at_the_ploidy_of_the_person(whole: Whole) -> None:
    covered = {contig: [0] * length for contig, length in LENGTHS.items()}
    ploidy = ASSEMBLY.ploidy(Sex.MALE, LENGTHS)
    for row in whole(pieces=3).records():
        end = int(row[7].partition("END=")[2] or row[1])
        for pos in range(int(row[1]) - 1, end):
            covered[row[0]][pos] += 1
        (copies,) = [n for c, s, e, n in ploidy if c == row[0] and s < int(row[1]) <= e]
        assert len(row[9].split(":")[0].split("/")) == copies, row
    masked = ASSEMBLY.par["Y"][0][1]
    assert covered["Y"] == [0] * masked + [1] * (LENGTHS["Y"] - masked)
    for contig in ("1", "X", "M"):
        assert covered[contig] == [1] * LENGTHS[contig]


def test_snps_come_with_their_genotype_and_ploidy(whole: Whole, people: dict[str, Person]) -> None:
    found = {(row[0], int(row[1]), row[4]): row for row in whole().records("vcf")}
    for contig, par in (("1", LENGTHS["1"]), ("X", 4000), ("Y", 0)):
        for pos, (ref, alt, genotype) in people["male"].truth[contig].items():
            if len(ref) == len(alt) == 1 and (contig != "Y" or pos > ASSEMBLY.par["Y"][0][1]):
                expected = genotype if pos <= par else {"1/1": "1"}.get(genotype)
                row = found.get((contig, pos, alt))
                assert (row and row[9].split(":")[0]) == expected, (contig, pos)


def test_the_mitochondrion_is_there_without_genotype(whole: Whole) -> None:
    rows = [row for row in whole().records() if row[0] == "M"]
    assert [(row[1], row[7], row[8], row[9]) for row in rows] == [("1", "END=3000", "GT", ".")]
    assert not [row for row in whole().records("vcf") if row[0] == "M"]


def test_unknown_bases_are_there_without_genotype(whole: Whole) -> None:
    start, end = UNKNOWN
    rows = [row for row in whole(pieces=3).records() if row[9].startswith("./.:0")]
    assert [(row[0], row[1], row[7]) for row in rows] == [("1", str(start + 1), f"END={end}")]


def test_filters_of_deepvariant_stay_and_no_command_or_path_does(whole: Whole) -> None:
    with gzip.open(whole().folder / "s.gvcf.gz", "rt") as file:
        head = [line.rstrip("\n") for line in file if line.startswith("##")]
    assert head[1] == "##source=DeepVariant 1.10.0"
    assert SOURCE.fullmatch(head[1].removeprefix("##source="))  # else it cannot be packaged
    kept = {line.split(",")[0] for line in head if line.startswith("##FILTER")}
    assert kept == {f"##FILTER=<ID={name}" for name in ("PASS", "RefCall", "LowQual", "NoCall")}
    assert {line.partition("=")[0] for line in head} == {
        *("##fileformat", "##source", "##FILTER", "##ALT", "##INFO", "##FORMAT", "##contig")
    }
    assert {row[6] for row in whole().records("vcf")} == {"PASS"}


def test_a_woman_has_no_record_on_y(whole: Whole) -> None:
    assert {row[0] for row in whole("female").records()} == {"1", "X", "M"}


def test_a_piece_with_the_mitochondrion_alone_needs_no_program_but_one(
    people: dict[str, Person], tmp_path: Path, stand_ins: Path
) -> None:
    rows = [("1", 0, 20_000, 1), ("M", 0, LENGTHS["M"], 2)]
    jobs = Jobs(people["male"], tmp_path, rows)
    jobs.make(2)
    jobs.infer(2)
    jobs.write(2)
    assert not stand_ins.exists()
    jobs.pieces = [1]
    jobs.all()
    jobs.pieces = [1, 2]
    assert {row[0] for row in jobs.gather().records()} == {"1", "M"}


# faults


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crash", "the log of make_examples says: ValueError: nan"),
        ("shard", "make_examples.tfrecord-00003-of-00004.gz was not written|is not all"),
        ("truncated", "gvcf.tfrecord-00003-of-00004.gz is not whole"),
        ("no_small_model", "make_examples_call_variant_outputs.tfrecord-00000.* was not written"),
    ],
)
def test_examples_that_are_not_whole_leave_no_folder(
    man: Jobs, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    monkeypatch.setenv("STAND_IN_FAULT", f"make_examples:{what}")
    with pytest.raises(SystemExit, match=said):
        man.make()
    assert not list(man.folder.glob("1.*"))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crash", "call_variants ended with status 139"),
        ("lost", "the log of call_variants says: _queue.Empty"),
        ("lost_quietly", r"call_variants has calls for \d+ of \d+ examples"),
        ("shard", r"call_variants has calls for 0 of \d+ examples"),
    ],
)
def test_calls_that_are_not_whole_leave_no_folder(
    man: Jobs, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    man.make()
    monkeypatch.setenv("STAND_IN_FAULT", f"call_variants:{what}")
    with pytest.raises((JobError, ToolError), match=said):
        man.infer()
    assert not list(man.folder.glob("1.calls*"))


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no_gpu", "the log of call_variants says: .*failed call to cuInit"),
        ("no_gpu_quietly", "call_variants ran on the CPU"),
        ("shard", "shards are missing"),
    ],
)
def test_a_run_on_a_gpu_that_did_not_use_it_is_a_failure(
    man: Jobs, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    man.make()
    monkeypatch.setenv("STAND_IN_FAULT", f"call_variants:{what}")
    with pytest.raises(CallError, match=said):
        man.infer(device="gpu")
    assert not list(man.folder.glob("1.calls*"))


@pytest.mark.usefixtures("gpu")
def test_a_gpu_that_the_container_does_not_see_ends_the_job(
    man: Jobs, stand_ins: Path, tmp_path: Path
) -> None:
    man.make()
    program = tmp_path / "bin" / "nvidia-smi"
    program.write_text(
        NVIDIA_SMI.replace("-L)", "-L) echo No devices were found; exit 6;;\n    x)")
    )
    with pytest.raises(JobError, match="the container of DeepVariant sees no GPU"):
        man.infer(device="gpu")
    assert {words[0] for words in commands(stand_ins)} == {"make_examples"}


def test_without_a_gpu_the_job_ends_before_call_variants_begins(
    man: Jobs, stand_ins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    man.make()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(JobError, match="no GPU"):
        man.infer(device="gpu")
    assert {words[0] for words in commands(stand_ins)} == {"make_examples"}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crash", "Segmentation fault"),
        ("half_gvcf", "bases that nothing covers"),
        ("hole", "bases that nothing covers"),
        ("old", r"DeepVariant 1\.9\.0 is too old"),
    ],
)
def test_a_gvcf_that_lacks_a_base_or_is_of_an_old_version_is_not_written(
    man: Jobs, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    man.make()
    man.infer()
    monkeypatch.setenv("STAND_IN_FAULT", f"postprocess_variants:{what}")
    with pytest.raises(SystemExit, match=said):
        man.write()
    assert not list(man.folder.glob("1.g.vcf.gz*"))


def test_a_record_that_is_cut_short_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress((9).to_bytes(8, "little") + bytes(4) + b"short"))
    with pytest.raises(CallError, match="a record ends too early"):
        count_records([path], 1)


# rules


@pytest.mark.slow
@pytest.mark.usefixtures("gpu")
def test_the_rules_run_the_jobs_and_leave_the_files_of_every_caller(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need("art_illumina", "bwa", "samtools", "bcftools", "tabix", "riker")
    make_demo(tmp_path / "demo", scale=0.1)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(tmp_path / "demo"), "--cores", "2", "results/call/DEMO-C.vcf.gz"]
    command += ["--config", 'call={"caller": "deepvariant", "device": "gpu"}']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in (tmp_path / "demo/results/call").iterdir()}
    assert made == {f"DEMO-C.{k}vcf.gz{end}" for k in ("", "g.") for end in ("", ".tbi", ".md5")}
    logs = (tmp_path / "demo/logs/call_deepvariant").glob("*.log")
    assert all(f"runs on {GPU}" in log.read_text() for log in logs)
