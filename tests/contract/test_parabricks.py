"""Parabricks as Schelde calls it, against a stand-in that knows its documented interface.

Nothing of Parabricks itself runs here: see docs/gpu-callers.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import pysam
import pytest
from tests.rules.test_call import (
    ASSEMBLY,
    LENGTHS,
    OVERLAP,
    Person,
    genome_pieces,
    people,
    records,
)

from schelde.callers.job import run_gather, run_piece
from schelde.callers.parabricks import call, write_piece
from schelde.callers.tools import Machine
from schelde.cluster.reasons import reason_of
from schelde.intervals import write_bed

__all__ = ["people"]

ROOT = Path(__file__).parents[2]
TOOLS = ("parabricks", "parabricks-deepvariant")
FILTERS = {"parabricks": "gatk", "parabricks-deepvariant": "deepvariant"}


@pytest.fixture(autouse=True)
def machine_with_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with pbrun on PATH and two GPUs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    write_program(
        programs / "nvidia-smi",
        "#!/bin/sh\necho 'GPU-one, 81559 MiB'\necho 'GPU-two, 81559 MiB'\n",
    )
    locks = tmp_path / "locks"
    locks.mkdir()
    locks.chmod(0o777)
    monkeypatch.setattr("schelde.cluster.devices.LOCKS", (locks,))
    runner = f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/contract/pbrun "$@"\n'
    write_program(programs / "pbrun", runner)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PBRUN_STANDIN_LOG", str(tmp_path / "pbrun.log"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.chdir(tmp_path)


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@dataclass
class Bench:
    """One person to be called by one program; ``rows`` are contig, start, end, piece."""

    person: Person
    folder: Path
    program: str = "parabricks"
    gpus: int = 1
    exome: bool = False
    rows: list[tuple[str, int, int, int]] = field(default_factory=lambda: genome_pieces(1))

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def given(self) -> dict[str, str]:
        genome = self.person.folder / "genome.fa"
        write_bed(self.folder / "pieces.bed", self.rows)
        return {
            "genome": str(genome),
            "fai": f"{genome}.fai",
            "facts": str(self.person.folder / "facts.json"),
            "pieces": str(self.folder / "pieces.bed"),
        }

    @property
    def reads(self) -> dict[str, str]:
        cram = self.person.folder / f"{self.person.sex}.cram"
        return {
            "cram": str(cram),
            "crai": f"{cram}.crai",
            "dictionary": str(self.person.folder / "genome.dict"),
            "md5_cache": str(self.person.folder / "md5"),
        }

    @property
    def facts(self) -> dict[str, object]:
        return {
            "person": {"sample": self.person.name, "sex": self.person.sex},
            "assembly": asdict(ASSEMBLY),
            "overlap": OVERLAP,
            "caller": FILTERS[self.program],
        }

    def machine(self, log: str) -> Machine:
        return Machine(4, 2000, self.folder / "scratch", self.folder / log)

    def call(self) -> list[list[str]]:
        """Run the job on the GPU; return the commands of pbrun, but for that for its version."""
        function = partial(call, program=self.program, gpus=self.gpus, exome=self.exome)
        files = {**self.given, **self.reads}
        run_piece(function, files, {"gvcf": str(self.raw)}, self.facts, 1, self.machine("gpu.log"))
        return self.commands()

    def commands(self) -> list[list[str]]:
        lines = Path(os.environ["PBRUN_STANDIN_LOG"]).read_text().splitlines()
        return [words for words in map(json.loads, lines) if words != ["version"]]

    def piece(self) -> Path:
        """Run the job after it."""
        gvcf = self.folder / "1.g.vcf.gz"
        function = partial(write_piece, program=self.program, raw=self.raw)
        files = {**self.given, **self.reads}
        run_piece(function, files, {"gvcf": str(gvcf)}, self.facts, 1, self.machine("piece.log"))
        return gvcf

    def finished(self) -> tuple[Path, Path]:
        """Run all three jobs; return gVCF and VCF."""
        self.call()
        filters = {"filters": str(ROOT / f"resources/filters/{FILTERS[self.program]}.yaml")}
        output = {"gvcf": str(self.folder / "s.g.vcf.gz"), "vcf": str(self.folder / "s.vcf.gz")}
        digests = {f"{key}_md5": f"{file}.md5" for key, file in output.items()}
        pieces, machine = [str(self.piece())], self.machine("gather.log")
        run_gather(pieces, {**self.given, **filters}, {**output, **digests}, self.facts, machine)
        return Path(output["gvcf"]), Path(output["vcf"])


@pytest.fixture
def man(people: dict[str, Person], tmp_path: Path) -> Bench:
    return Bench(people["male"], tmp_path)


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


TWICE = [("1", 0, LENGTHS["1"]), ("X", 0, 4000)]
ONCE = [("X", 4000, 12_000), ("Y", 2000, 8000)]
MITOCHONDRION = ("M", 0, 3000)


def header_of(path: Path) -> list[str]:
    with pysam.TabixFile(str(path)) as file:
        return list(file.header)


@pytest.mark.parametrize(
    ("program", "once"),
    [("parabricks", [*ONCE, MITOCHONDRION]), ("parabricks-deepvariant", ONCE)],
)
def test_there_is_one_run_for_what_there_is_once_and_one_for_what_there_is_twice(
    man: Bench, program: str, once: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[list[str]] = []
    man.program = program
    monkeypatch.setattr(
        "schelde.callers.parabricks.write_bed",
        lambda path, rows: (kept.append([*rows]), write_bed(path, rows)),
    )
    man.call()
    assert kept == [TWICE, once]


def test_the_mitochondrion_has_no_genotype_from_deepvariant_which_has_no_model_for_it(
    man: Bench,
) -> None:
    man.program = "parabricks-deepvariant"
    man.call()
    (row,) = [row for row in records(man.piece()) if row[0] == "M"]
    assert row[7:] == ["END=3000", "GT", "."]


def test_haplotypecaller_is_told_ploidy_and_bands(man: Bench) -> None:
    diploid, haploid = man.call()
    assert [option(words, "--ploidy") for words in (diploid, haploid)] == ["2", "1"]
    bands = [after for word, after in pairwise(diploid) if word == "--gvcf-gq-bands"]
    assert bands == ["10", "20", "30", "40"]
    assert "--htvc-low-memory" not in diploid


def test_a_small_gpu_is_spared(man: Bench) -> None:
    write_program(man.folder / "programs/nvidia-smi", "#!/bin/sh\necho 'GPU-small, 15360 MiB'\n")
    assert all("--htvc-low-memory" in words for words in man.call())


def test_deepvariant_is_told_which_contigs_are_haploid_where_it_is_given_no_others(
    man: Bench,
) -> None:
    man.program = "parabricks-deepvariant"
    diploid, haploid = man.call()
    assert "--haploid-contigs" not in diploid
    assert option(haploid, "--haploid-contigs") == "X,Y"


@pytest.mark.parametrize("exome", [True, False])
def test_only_exomes_get_the_model_for_exomes(man: Bench, exome: bool) -> None:
    man.program, man.exome, man.rows = "parabricks-deepvariant", exome, [("1", 5000, 9000, 1)]
    (words,) = man.call()
    assert ("--use-wes-model" in words) is exome


def test_the_number_of_gpus_is_that_of_the_job(man: Bench) -> None:
    man.gpus = 2
    assert {option(words, "--num-gpus") for words in man.call()} == {"2"}


def test_a_job_without_a_gpu_is_an_error(man: Bench) -> None:
    man.gpus = 0
    with pytest.raises(SystemExit, match="Parabricks runs on a GPU only"):
        man.call()


def test_the_container_sees_what_the_command_names(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outside(image: str, words: list[str], *, gpu: bool, folders: list[Path]) -> list[str]:
        assert (image, gpu) == ("parabricks", True)
        seen = [folder.resolve() for folder in folders]
        assert any(Path(os.environ["TMPDIR"]).is_relative_to(folder) for folder in seen)
        named = [Path(word).resolve() for word in words if "/" in word]
        assert all(any(path.is_relative_to(folder) for folder in seen) for path in named)
        assert all(not path.is_symlink() for folder in folders for path in folder.rglob("*"))
        return words

    monkeypatch.setattr("schelde.pbrun.command_in", outside)
    assert len(man.call()) == 2


def test_what_the_gpu_job_leaves_is_two_gvcfs_and_a_version(man: Bench) -> None:
    man.program = "parabricks-deepvariant"
    man.call()
    assert {path.name for path in man.raw.iterdir()} == {"1.g.vcf.gz", "2.g.vcf.gz", "made.json"}
    assert json.loads((man.raw / "made.json").read_text()) == {"version": "4.7.1-1"}


@pytest.mark.parametrize("program", TOOLS)
def test_the_gvcf_covers_every_base_once_at_the_ploidy_of_the_person(
    man: Bench, program: str
) -> None:
    man.program = program
    man.call()
    covered: dict[str, list[int]] = {contig: [0] * (n + 1) for contig, n in LENGTHS.items()}
    for row in records(man.piece()):
        is_block = row[4] in ("<*>", "<NON_REF>")
        end = int(row[7].removeprefix("END=")) if is_block else int(row[1])
        for pos in range(int(row[1]), end + 1):
            covered[row[0]][pos] += 1
        haploid = row[0] in "YM" or (row[0] == "X" and int(row[1]) > 4000)
        assert len(row[9].split(":")[0].split("/")) == (1 if haploid else 2), row
    assert covered.pop("Y") == [0] * 2001 + [1] * 6000
    assert all(depths == [0] + [1] * (len(depths) - 1) for depths in covered.values())


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("parabricks", "Parabricks HaplotypeCaller 4.7.1-1"),
        ("parabricks-deepvariant", "Parabricks DeepVariant 4.7.1-1"),
    ],
)
def test_the_header_names_the_program_and_its_version_and_nothing_private(
    man: Bench, program: str, name: str
) -> None:
    man.program = program
    man.call()
    lines = header_of(man.piece())
    assert f"##source={name}" in lines
    assert not any("commandline" in line or "/home" in line for line in lines)


def test_records_from_around_the_intervals_of_a_run_are_left_out(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    man.call()
    plain = [*records(man.piece())]
    monkeypatch.setenv("PBRUN_STANDIN", "padded")
    man.call()
    padded = [*records(man.piece())]
    assert [row[:2] for row in padded] == [row[:2] for row in plain]


def test_bases_that_haplotypecaller_left_out_are_an_error(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBRUN_STANDIN", "hole")
    man.call()
    with pytest.raises(SystemExit, match=r"1:\d+-\d+: bases that nothing covers; delete .*/raw to"):
        man.piece()
    assert not list(man.folder.glob("*.vcf.gz*"))


def test_bases_that_deepvariant_left_out_get_a_block_without_genotype(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    man.program = "parabricks-deepvariant"
    monkeypatch.setenv("PBRUN_STANDIN", "hole")
    man.call()
    first = next(row for row in records(man.piece()) if row[9] == "./.:0")
    assert int(first[7].removeprefix("END=")) - int(first[1]) == 4


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("gpu_memory", r"pbrun haplotypecaller ran out of the memory of the GPU \(status 255\)"),
        ("memory", "status 255, as when the memory of the machine is at its end"),
        ("signal 9", "ended with status 137, as when the memory of the machine is at its end"),
        ("signal 11", "was ended by signal 11, as Parabricks now and then is"),
        ("error", "GPU memory, memory of the machine and its own errors alike, and said 'Could"),
        ("reported", "ended with status 0 but reported an error"),
        ("half", "ended well but left 2.g.vcf.gz cut short"),
        ("without 1", "no record for 1:1-30000, where there are reads"),
        ("without X", "no record for X:1-4000, where there are reads"),
    ],
)
def test_a_run_that_fails_says_why_and_leaves_nothing(
    man: Bench, monkeypatch: pytest.MonkeyPatch, mode: str, said: str
) -> None:
    monkeypatch.setenv("PBRUN_STANDIN", mode)
    with pytest.raises(SystemExit, match=said):
        man.call()
    assert not list(man.folder.glob("raw*"))
    assert not list((man.folder / "scratch").iterdir())


@pytest.mark.parametrize(
    ("mode", "kind", "advice"),
    [
        ("gpu_memory", "input", "Let it have a GPU with more"),
        ("memory", "memory", "raise mem_mb of call_parabricks above 60000"),
        ("signal 9", "memory", "raise mem_mb of call_parabricks above 60000"),
        ("signal 11", "input", "Read the log if every retry ends so"),
    ],
)
def test_a_user_is_told_the_reason_and_what_to_do(
    man: Bench, monkeypatch: pytest.MonkeyPatch, mode: str, kind: str, advice: str
) -> None:
    monkeypatch.setenv("PBRUN_STANDIN", mode)
    with pytest.raises(SystemExit):
        man.call()
    reason = reason_of("call_parabricks", "", [man.folder / "gpu.log"], {"mem_mb": 60_000}, None)
    assert reason.kind == kind
    assert advice in reason.advice


def test_targets_that_deepvariant_left_out_in_silence_are_an_error(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    man.program, man.exome = "parabricks-deepvariant", True
    targets = [("1", start, start + 300, 1) for start in range(2000, 9000, 1000)]
    man.rows = [*targets, *[("X", start, start + 300, 1) for start in range(500, 3500, 1000)]]
    monkeypatch.setenv("PBRUN_STANDIN", "without X")
    with pytest.raises(SystemExit, match="no record for X:501-2800, where there are reads"):
        man.call()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--min-pruning", "4"], "unrecognized arguments: --min-pruning"),
        (["--ploidy", "3"], "only ploidy 1 or 2"),
        (["--num-gpus", "2"], r"GPUs requested \(2\) is more than number of GPUs \(1\)"),
        (["--run-partition"], "--run-partition cannot work"),
        (["--interval-file", "absent.bed"], "absent.bed not found"),
    ],
)
def test_the_stand_in_refuses_what_pbrun_refuses(
    man: Bench, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setattr("schelde.callers.parabricks.haplotypecaller", lambda *_, **__: words)
    with pytest.raises(SystemExit):
        man.call()
    assert said.replace("\\", "") in (man.folder / "gpu.log").read_text()


def test_the_stand_in_wants_the_index_beside_the_real_file(
    man: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: Path, target: Path) -> Path:
        elsewhere = man.folder / f"elsewhere/{target.name}/{source.name}"
        elsewhere.parent.mkdir(parents=True)
        elsewhere.write_bytes(source.read_bytes())
        target.symlink_to(elsewhere)
        return target

    monkeypatch.setattr("schelde.callers.parabricks.stage", link)
    with pytest.raises(SystemExit, match=r"no index of genome\.fa beside it"):
        man.call()


@pytest.mark.slow
def test_its_gvcf_goes_through_genotyping_alone_and_with_others(
    man: Bench,
    people: dict[str, Person],
    monkeypatch: pytest.MonkeyPatch,
    need: Callable[..., None],
    tmp_path: Path,
) -> None:
    need("gatk", "bcftools")
    woman = Bench(people["female"], tmp_path / "woman")
    woman.folder.mkdir()
    woman.call()
    monkeypatch.setenv("PBRUN_STANDIN_CALLS", "gatk")
    gvcf, vcf = man.finished()
    snps = {
        (contig, str(pos), ref, alt)
        for contig, variants in man.person.truth.items()
        for pos, (ref, alt, genotype) in variants.items()
        if len(ref) == len(alt) and (contig == "1" or genotype == "1/1")
        if contig != "Y" or pos > 2000
    }
    assert snps <= {(row[0], row[1], row[3], row[4]) for row in records(vcf)}
    genome = man.given["genome"]
    both, joint = tmp_path / "both.g.vcf.gz", tmp_path / "joint.vcf.gz"
    given = ["--variant", str(gvcf), "--variant", str(woman.piece())]
    gatk("CombineGVCFs", "--reference", genome, *given, "--output", str(both))
    gatk("GenotypeGVCFs", "--reference", genome, "--variant", str(both), "--output", str(joint))
    with pysam.VariantFile(str(joint)) as rows:
        assert list(rows.header.samples) == ["female-1", "male-1"]
        assert {(row[0], row[1]) for row in snps} <= {(row.chrom, str(row.pos)) for row in rows}


def gatk(*words: str) -> None:
    options = "-Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    subprocess.run(["gatk", "--java-options", options, *words], check=True, capture_output=True)
