"""Lanes aligned by fq2bam of Parabricks, against a stand-in that knows its documented interface."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pysam
import pytest
from tests.rules.test_align import Genome, genome, proof, write_pairs
from tests.rules.test_align import align as align_with_bwa

from schelde.align import CramFiles, mark_duplicates
from schelde.fq2bam import Reference, Room, align, sort
from schelde.joblog import JobError
from schelde.lane_reads import LaneReads
from schelde.pipes import ToolError
from schelde.sheet import Lane

__all__ = ["genome"]

ROOT = Path(__file__).parents[2]
LANE = Lane("S1", "lib1", "FC", "1", barcode="ACGT")
STARTS = [500, 2000, 2000, 7000, 9000]


@pytest.fixture(autouse=True)
def machine_with_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with pbrun on PATH and one GPU."""
    programs, locks = tmp_path / "programs", tmp_path / "locks"
    programs.mkdir()
    locks.mkdir()
    locks.chmod(0o777)
    for name, text in (
        ("nvidia-smi", "echo 'GPU-one, 81559 MiB'"),
        ("pbrun", f'exec {sys.executable} {ROOT}/tests/contract/pbrun "$@"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr("schelde.cluster.devices.LOCKS", (locks,))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PBRUN_STANDIN_LOG", str(tmp_path / "pbrun.log"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reference(genome: Genome, tmp_path: Path) -> Reference:
    """The reference as the workflow has it: bwa's index in a folder of its own."""
    folder = tmp_path / "reference"
    (folder / "bwa").mkdir(parents=True)
    for path in genome.folder.glob("genome.*"):
        inside = path.suffix in (".amb", ".ann", ".bwt", ".pac", ".sa")
        shutil.copy(path, folder / "bwa" if inside else folder)
    pysam.faidx(str(folder / "genome.fa"))
    fasta = folder / "genome.fa"
    fai, dictionary = folder / "genome.fa.fai", folder / "genome.dict"
    return Reference(fasta, fai, dictionary, folder / "bwa/genome.fa")


def aligned(reads: LaneReads, count: int, reference: Reference, folder: Path) -> Path:
    """Run the job on the GPU; return its BAM."""
    (folder / "scratch").mkdir(exist_ok=True)
    with (folder / "gpu.log").open("wb") as log:
        align(
            reads,
            LANE,
            proof(folder / "proof.json", reads, count),
            reference,
            Room(1, 8, 8192, folder / "scratch"),
            log=log,
            bam=folder / "lane.unsorted.bam",
            made=folder / "lane.unsorted.json",
        )
    shutil.rmtree(folder / "scratch")
    return folder / "lane.unsorted.bam"


def finished(reads: LaneReads, count: int, reference: Reference, folder: Path) -> Path:
    """Run both jobs; return the BAM of the lane."""
    raw = aligned(reads, count, reference, folder)
    with (folder / "sort.log").open("wb") as log:
        sort(
            raw,
            folder / "lane.unsorted.json",
            LANE,
            folder / "proof.json",
            reference.dictionary,
            threads=1,
            scratch=folder,
            log=log,
            bam=folder / "lane.parabricks.bam",
        )
    return folder / "lane.parabricks.bam"


def command() -> list[str]:
    lines = Path(os.environ["PBRUN_STANDIN_LOG"]).read_text().splitlines()
    return json.loads(lines[-1])


def texts(bam: Path) -> list[str]:
    with pysam.AlignmentFile(str(bam)) as reads:
        return sorted(read.to_string() for read in reads)


def test_a_lane_has_the_records_that_bwa_gives_in_whatever_order_they_came(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    reads = write_pairs(genome, tmp_path / "a", STARTS, "a")
    bam = finished(reads, 2 * len(STARTS), reference, tmp_path)
    expected = align_with_bwa(genome, tmp_path, LANE, reads, 2 * len(STARTS))
    assert texts(bam) == texts(expected)
    with pysam.AlignmentFile(str(bam)) as handle:
        places = [read.reference_start for read in handle]
    assert places == sorted(places)


def test_the_header_has_the_lane_and_the_program_and_no_path(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    bam = finished(write_pairs(genome, tmp_path / "a", STARTS, "a"), 10, reference, tmp_path)
    with pysam.AlignmentFile(str(bam)) as handle:
        header = handle.header.to_dict()
        assert "/" not in str(handle.header)
    assert [group["ID"] for group in header["RG"]] == ["S1.lib1.FC.1"]
    (program,) = header["PG"]
    assert program == {
        "ID": "parabricks",
        "PN": "parabricks",
        "VN": "4.7.1-1",
        "CL": "pbrun fq2bam --align-only --bwa-options=-K 100000000 -Y",
    }


def test_fq2bam_neither_sorts_nor_marks_and_has_batches_of_a_fixed_size(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    aligned(write_pairs(genome, tmp_path / "a", STARTS, "a"), 10, reference, tmp_path)
    words = command()
    assert words[:3] == ["fq2bam", "--align-only", "--bwa-options=-K 100000000 -Y"]
    group = words[words.index("--in-fq") + 3]
    assert group.startswith("@RG\\tID:S1.lib1.FC.1\\tLB:lib1\\tPL:ILLUMINA\\tPU:FC.1.ACGT")
    assert words[words.index("--memory-limit") + 1] == "4"
    assert words[words.index("--bwa-cpu-thread-pool") + 1] == "8"
    assert "--max-read-length" not in words


def test_the_container_sees_what_the_command_names(
    genome: Genome, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outside(image: str, words: list[str], *, gpu: bool, folders: list[Path]) -> list[str]:
        assert (image, gpu) == ("parabricks", True)
        seen = [folder.resolve() for folder in folders]
        named = [Path(word).resolve() for word in words if "/" in word]
        assert all(any(path.is_relative_to(folder) for folder in seen) for path in named)
        return words

    monkeypatch.setattr("schelde.pbrun.command_in", outside)
    aligned(write_pairs(genome, tmp_path / "a", STARTS, "a"), 10, reference, tmp_path)


def test_duplicates_are_marked_in_it_as_in_any_lane(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    bam = finished(write_pairs(genome, tmp_path / "a", STARTS, "a"), 10, reference, tmp_path)
    output = CramFiles(*(tmp_path / f"s.{end}" for end in ("cram", "cram.crai", "md5", "json")))
    with (tmp_path / "join.log").open("wb") as log:
        mark_duplicates(
            [LANE],
            [bam],
            [tmp_path / "proof.json"],
            aligner="parabricks",
            dictionary=reference.dictionary,
            md5_cache=genome.folder / "md5",
            optical_distance=100,
            threads=1,
            scratch=tmp_path,
            log=log,
            output=output,
        )
    counts = json.loads(output.duplicates.read_text())["libraries"]["lib1"]
    assert counts["DUPLICATE TOTAL"] == 2
    with pysam.AlignmentFile(str(output.cram), reference_filename=genome.index) as handle:
        programs = [line["ID"] for line in handle.header.to_dict()["PG"]]
    assert programs[0] == "parabricks"


def test_several_files_of_an_end_are_given_as_one_and_single_reads_in_a_run_of_their_own(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    first = write_pairs(genome, tmp_path / "a", [10, 20], "a")
    second = write_pairs(genome, tmp_path / "b", [30], "b")
    single = write_pairs(genome, tmp_path / "c", [40, 50], "c")
    reads = LaneReads([*first.fq1, *second.fq1], [*first.fq2, *second.fq2], [*single.fq1])
    bam = finished(reads, 8, reference, tmp_path)
    with pysam.AlignmentFile(str(bam)) as handle:
        assert sorted(record.is_paired for record in handle) == [False] * 2 + [True] * 6


def test_gzipped_reads_go_by_a_name_that_says_so(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    plain = write_pairs(genome, tmp_path / "a", STARTS, "a")
    files = [Path(f"{name}.data") for (name,) in (plain.fq1, plain.fq2)]
    for file, (name,) in zip(files, (plain.fq1, plain.fq2), strict=True):
        file.write_bytes(gzip.compress(Path(name).read_bytes()))
    reads = LaneReads([str(files[0])], [str(files[1])])
    assert len(texts(finished(reads, 10, reference, tmp_path))) == 10


def test_a_bam_that_is_cut_short_is_an_error_while_the_job_can_be_tried_again(
    genome: Genome, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBRUN_STANDIN", "half")
    reads = write_pairs(genome, tmp_path / "a", STARTS, "a")
    with pytest.raises(JobError, match=r"left reads--in-fq\.bam cut short"):
        aligned(reads, 10, reference, tmp_path)
    assert not list(tmp_path.glob("lane.unsorted*"))


def test_reads_that_are_missing_are_an_error(
    genome: Genome, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBRUN_STANDIN", "without mates")
    reads = write_pairs(genome, tmp_path / "a", STARTS, "a")
    with pytest.raises(ToolError, match=r"10 reads but 5 came out .*; delete .* to have"):
        finished(reads, 10, reference, tmp_path)
    assert not (tmp_path / "lane.parabricks.bam").exists()


def test_a_bam_of_another_reference_is_an_error(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    reads = write_pairs(genome, tmp_path / "a", STARTS, "a")
    text = reference.dictionary.read_text()
    reference.dictionary.write_text(text.replace("SN:chr1", "SN:chr2"))
    with pytest.raises(JobError, match="has other contigs than the reference"):
        finished(reads, 10, reference, tmp_path)


def test_an_index_that_is_missing_is_told_before_the_gpu_is_taken(
    genome: Genome, reference: Reference, tmp_path: Path
) -> None:
    Path(f"{reference.index}.sa").unlink()
    reads = write_pairs(genome, tmp_path / "a", STARTS, "a")
    with pytest.raises(FileNotFoundError, match=r"genome\.fa\.sa"):
        aligned(reads, 10, reference, tmp_path)
    assert not (tmp_path / "pbrun.log").exists()


def test_read_groups_without_a_library_are_refused_by_the_stand_in(tmp_path: Path) -> None:
    for name in ("ref.fa", "1.fq", "2.fq"):
        (tmp_path / name).write_text("")
    for end in ("amb", "ann", "bwt", "pac", "sa", "fai"):
        (tmp_path / f"ref.fa.{end}").write_text("")
    words = ["pbrun", "fq2bam", "--ref", "ref.fa", "--in-fq", "1.fq", "2.fq", "@RG\\tID:a\\tSM:a"]
    done = subprocess.run(
        [*words, "--out-bam", "x.bam", "--num-gpus", "1"],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "GPU-one"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 255
    assert "must have PU field" in done.stdout
