"""One lane and one sample through the align stage, on reads cut from a made-up genome."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest

from schelde.align import CramFiles, align_lane, mark_duplicates
from schelde.lane_reads import LaneReads
from schelde.pipes import ToolError
from schelde.sheet import Lane

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Genome:
    folder: Path
    sequence: str

    @property
    def index(self) -> str:
        return str(self.folder / "genome.fa")


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> Genome:
    need("bwa", "samtools")
    folder = tmp_path_factory.mktemp("genome")
    sequence = "".join(random.Random(7).choices("ACGT", k=20_000))
    (folder / "genome.fa").write_text(f">chr1\n{sequence}\n")
    subprocess.run(["bwa", "index", folder / "genome.fa"], check=True, capture_output=True)
    digest = hashlib.md5(sequence.encode()).hexdigest()
    cached = folder / "md5" / digest[:2] / digest[2:4] / digest[4:]
    cached.parent.mkdir(parents=True)
    cached.write_text(sequence)
    (folder / "genome.dict").write_text(
        f"@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:{len(sequence)}\tM5:{digest}\tUR:genome.fa\n"
    )
    return Genome(folder, sequence)


def write_pairs(genome: Genome, stem: Path, starts: list[int], name: str) -> LaneReads:
    """Write pairs of 100 bp, 300 bp apart, that begin at 0-based ``starts``."""
    ends: tuple[list[str], list[str]] = ([], [])
    for number, start in enumerate(starts):
        left = genome.sequence[start : start + 100]
        right = genome.sequence[start + 200 : start + 300].translate(COMPLEMENT)[::-1]
        for end, bases in zip(ends, (left, right), strict=True):
            end.append(f"@{name}:{number}\n{bases}\n+\n{'I' * 100}\n")
    files = [stem.with_name(f"{stem.name}_{end}.fq") for end in (1, 2)]
    for file, records in zip(files, ends, strict=True):
        file.write_text("".join(records))
    return LaneReads([str(files[0])], [str(files[1])])


def proof(path: Path, reads: LaneReads, count: int) -> Path:
    kinds = {"pairs": len(reads.fq1), "singles": len(reads.singles)}
    path.write_text(json.dumps({"reads": count, "read_length": {"max": 100}, **kinds}))
    return path


def align(
    genome: Genome, folder: Path, lane: Lane, reads: LaneReads, count: int, threads: int = 1
) -> Path:
    bam = folder / f"{lane.name}.bam"
    with (folder / "align.log").open("wb") as log:
        align_lane(
            reads,
            lane,
            proof(folder / f"{lane.name}.json", reads, count),
            aligner="bwa",
            index=genome.index,
            threads=threads,
            scratch=folder,
            log=log,
            output=bam,
        )
    return bam


def join(genome: Genome, folder: Path, lanes: list[Lane], threads: int = 1) -> CramFiles:
    output = CramFiles(*(folder / f"s.{end}" for end in ("cram", "cram.crai", "md5", "json")))
    with (folder / "join.log").open("wb") as log:
        mark_duplicates(
            lanes,
            [folder / f"{lane.name}.bam" for lane in lanes],
            [folder / f"{lane.name}.json" for lane in lanes],
            aligner="bwa",
            dictionary=genome.folder / "genome.dict",
            md5_cache=genome.folder / "md5",
            optical_distance=100,
            threads=threads,
            scratch=folder,
            log=log,
            output=output,
        )
    return output


def records(genome: Genome, cram: Path) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(cram), reference_filename=genome.index) as handle:
        return list(handle)


SAME_PLACE = [500, 2000, 2000, 7000]
LANES = [
    Lane("S1", "lib1", "FC", "1"),
    Lane("S1", "lib1", "FC", "2"),
    Lane("S1", "lib2", "FC", "1"),
]


@pytest.fixture
def sample(genome: Genome, tmp_path: Path) -> CramFiles:
    """One sample whose three lanes have pairs at the same places; two lanes share a library."""
    for lane in LANES:
        reads = write_pairs(genome, tmp_path / lane.name, SAME_PLACE, lane.name)
        align(genome, tmp_path, lane, reads, 2 * len(SAME_PLACE))
    return join(genome, tmp_path, LANES)


def test_duplicates_are_marked_per_library_across_lanes(genome: Genome, sample: CramFiles) -> None:
    kept = {"lib1": 0, "lib2": 0}
    for record in records(genome, sample.cram):
        if not record.is_duplicate:
            kept[str(record.get_tag("RG")).split(".")[1]] += 1
    places = len(set(SAME_PLACE))
    assert kept == {"lib1": 2 * places, "lib2": 2 * places}


def test_every_read_of_every_lane_is_in_the_cram(genome: Genome, sample: CramFiles) -> None:
    assert len(records(genome, sample.cram)) == len(LANES) * 2 * len(SAME_PLACE)


def test_duplicate_counts_are_told_per_library_and_summed(sample: CramFiles) -> None:
    told = json.loads(sample.duplicates.read_text())
    duplicates = {lib: counts["DUPLICATE TOTAL"] for lib, counts in told["libraries"].items()}
    assert duplicates == {"lib1": 10, "lib2": 2}
    assert told["total"]["DUPLICATE TOTAL"] == 12


def test_the_cram_is_version_3_0(sample: CramFiles) -> None:
    assert sample.cram.read_bytes()[:6] == b"CRAM\x03\x00"


def test_the_md5_is_the_one_of_the_file(sample: CramFiles) -> None:
    assert sample.md5.read_text().split()[0] == hashlib.md5(sample.cram.read_bytes()).hexdigest()


def test_the_index_finds_a_place(genome: Genome, sample: CramFiles) -> None:
    with pysam.AlignmentFile(
        str(sample.cram), reference_filename=genome.index, index_filename=str(sample.crai)
    ) as handle:
        assert {record.reference_start for record in handle.fetch("chr1", 499, 600)} == {500}


def test_the_header_has_sequences_read_groups_and_programs_and_no_path(
    genome: Genome, sample: CramFiles
) -> None:
    with pysam.AlignmentFile(str(sample.cram), reference_filename=genome.index) as handle:
        text = str(handle.header)
    assert "/" not in text
    assert [line[:3] for line in text.splitlines()] == ["@HD", "@SQ", *["@RG"] * 3, *["@PG"] * 4]


def test_records_are_the_same_at_any_number_of_threads(genome: Genome, tmp_path: Path) -> None:
    starts = random.Random(3).choices(range(19_000), k=3000)
    texts = []
    for threads in (1, 2, 4):
        folder = tmp_path / str(threads)
        folder.mkdir()
        for lane in LANES:
            reads = write_pairs(genome, tmp_path / lane.name, starts, lane.name)
            align(genome, folder, lane, reads, 6000, threads)
        cram = join(genome, folder, LANES, threads).cram
        texts.append([record.to_string() for record in records(genome, cram)])
    assert texts[0] == texts[1] == texts[2]


def test_fewer_reads_than_were_proved_is_an_error(genome: Genome, tmp_path: Path) -> None:
    reads = write_pairs(genome, tmp_path / "a", [1, 2, 3], "a")
    with pytest.raises(ToolError, match="has 8 reads but 6 came out"):
        align(genome, tmp_path, LANES[0], reads, 8)
    assert not (tmp_path / f"{LANES[0].name}.bam").exists()


def test_pairs_of_several_files_and_reads_without_mate_are_all_aligned(
    genome: Genome, tmp_path: Path
) -> None:
    first = write_pairs(genome, tmp_path / "a", [10, 20], "a")
    second = write_pairs(genome, tmp_path / "b", [30], "b")
    single = write_pairs(genome, tmp_path / "c", [40, 50], "c")
    reads = LaneReads([*first.fq1, *second.fq1], [*first.fq2, *second.fq2], [*single.fq1])
    bam = align(genome, tmp_path, LANES[0], reads, 8)
    with pysam.AlignmentFile(str(bam)) as handle:
        assert sorted(record.is_paired for record in handle) == [False] * 2 + [True] * 6


def test_a_mate_that_is_not_mapped_has_no_cigar(genome: Genome, tmp_path: Path) -> None:
    reads = write_pairs(genome, tmp_path / "a", [10, 20], "a")
    second = Path(reads.fq2[0])
    strange = "".join(random.Random(1).choices("ACGT", k=100))
    lines = second.read_text().splitlines()
    second.write_text("\n".join([lines[0], strange, *lines[2:]]) + "\n")
    align(genome, tmp_path, LANES[0], reads, 4)
    mates = {
        (record.mate_is_unmapped, record.has_tag("MC"))
        for record in records(genome, join(genome, tmp_path, LANES[:1]).cram)
    }
    assert mates == {(True, False), (False, True)}


def test_a_single_end_lane_is_aligned(genome: Genome, tmp_path: Path) -> None:
    reads = write_pairs(genome, tmp_path / "a", [10, 20], "a")
    bam = align(genome, tmp_path, LANES[0], LaneReads(singles=reads.fq1), 2)
    with pysam.AlignmentFile(str(bam)) as handle:
        assert [record.reference_start for record in handle] == [10, 20]


@pytest.mark.parametrize("end", ["inside a block", "at the end marker"])
def test_a_truncated_lane_leaves_no_cram(genome: Genome, tmp_path: Path, end: str) -> None:
    for lane in LANES[:2]:
        starts = random.Random(4).choices(range(19_000), k=2000)
        reads = write_pairs(genome, tmp_path / lane.name, starts, lane.name)
        bam = align(genome, tmp_path, lane, reads, 4000)
    whole = bam.read_bytes()
    bam.write_bytes(whole[:60_000] if end == "inside a block" else whole[:-28])
    with pytest.raises(ToolError):
        join(genome, tmp_path, LANES[:2])
    assert not list(tmp_path.glob("s.*"))


def test_picard_counts_the_same_duplicates(
    genome: Genome, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("gatk")
    starts = random.Random(5).choices(range(0, 19_000, 3), k=4000)
    for number, lane in enumerate(LANES):
        own = starts[number * 500 : number * 500 + 3000]
        align(
            genome, tmp_path, lane, write_pairs(genome, tmp_path / lane.name, own, lane.name), 6000
        )
    ours = json.loads(join(genome, tmp_path, LANES).duplicates.read_text())["libraries"]
    metrics = tmp_path / "picard.txt"
    subprocess.run(
        ["gatk", "MarkDuplicates", "-M", metrics, "-O", tmp_path / "picard.bam"]
        + [word for lane in LANES for word in ("-I", str(tmp_path / f"{lane.name}.bam"))],
        check=True,
        capture_output=True,
    )
    lines = metrics.read_text().splitlines()
    columns = next(line for line in lines if line.startswith("LIBRARY")).split("\t")
    rows = [
        dict(zip(columns, line.split("\t"), strict=False)) for line in lines if line[:3] == "lib"
    ]
    theirs = {row["LIBRARY"]: 2 * int(row["READ_PAIR_DUPLICATES"]) for row in rows}
    assert {library: counts["DUPLICATE TOTAL"] for library, counts in ours.items()} == theirs
