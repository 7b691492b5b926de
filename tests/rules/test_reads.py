"""Reads taken from BAM and CRAM, proved, looked at and trimmed: tools, rules and real lanes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pysam
import pytest

from schelde import fastp
from schelde.extract import Extracted, extract_lane
from schelde.fastp import Trimmed, lane_qc, trim_lane
from schelde.fastq import ReadsError, prove, prove_lane
from schelde.joblog import JobError
from schelde.lane_reads import LaneReads
from schelde.pipes import ToolError

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
SETS = sorted(SHARED.glob("*/fastq/*.fastq.gz"))
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
Reads = dict[str, tuple[str, str]]

needs_real_reads = pytest.mark.skipif(not SETS, reason="no real reads in ../shared/data")


def reverse(bases: str) -> str:
    return bases.translate(COMPLEMENT)[::-1]


def reads_of(path: Path | str) -> Reads:
    """Return name to (bases, qualities) of a FASTQ file, plain or gzipped."""
    data = Path(path).read_bytes()
    lines = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode().splitlines()
    return {lines[i][1:]: (lines[i + 1], lines[i + 3]) for i in range(0, len(lines), 4)}


# taken from BAM and CRAM

HEADER = {
    "HD": {"VN": "1.6"},
    "SQ": [{"SN": "chr1", "LN": 1000}],
    "RG": [{"ID": "one", "SM": "S"}, {"ID": "two", "SM": "S"}],
}
PAIRED, REVERSE, FIRST, SECOND = 0x1, 0x10, 0x40, 0x80
SECONDARY, FAILED, DUPLICATE, SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800


def record(
    name: str, flag: int, bases: str, qualities: str, group: str | None = "one", **tags: str
) -> pysam.AlignedSegment:
    found = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(HEADER))
    found.query_name, found.flag, found.query_sequence = name, flag, bases
    found.query_qualities = pysam.qualitystring_to_array(qualities)
    found.reference_id, found.reference_start, found.cigarstring = 0, 10, f"{len(bases)}M"
    found.set_tags([(tag, value) for tag, value in {**tags, "RG": group}.items() if value])
    return found


def write_bam(
    path: Path, records: Sequence[pysam.AlignedSegment], header: Mapping[str, Any] = HEADER
) -> str:
    with pysam.AlignmentFile(str(path), "wb", header=dict(header)) as bam:
        for one in records:
            bam.write(one)
    return str(path)


class Taken:
    """The files of one extraction."""

    def __init__(self, folder: Path) -> None:
        names = ("1.fq.gz", "2.fq.gz", "orphans.fq.gz", "unpaired.fq.gz", "count.json")
        self.files = Extracted(*(folder / name for name in names))

    @property
    def count(self) -> int:
        return int(json.loads(self.files.count.read_text())["reads"])

    @property
    def reads(self) -> tuple[Reads, Reads, Reads, Reads]:
        files = self.files
        first, second = reads_of(files.fq1), reads_of(files.fq2)
        return first, second, reads_of(files.orphans), reads_of(files.unpaired)

    def prove(self) -> dict[str, Any]:
        files = self.files
        reads = LaneReads(
            [str(files.fq1)], [str(files.fq2)], [str(files.orphans), str(files.unpaired)]
        )
        return prove(reads, self.count)


@pytest.fixture
def take(tmp_path: Path, need: Callable[..., None]) -> Callable[..., Taken]:
    need("samtools")

    def run(source: str, group: str | None = "one", threads: int = 1) -> Taken:
        folder = tmp_path / "taken"
        folder.mkdir(exist_ok=True)
        taken = Taken(folder)
        (tmp_path / "md5").mkdir(exist_ok=True)
        with (tmp_path / "log").open("wb") as log:
            extract_lane(
                source,
                group,
                tmp_path / "md5",
                threads=threads,
                scratch=tmp_path,
                log=log,
                output=taken.files,
            )
        return taken

    return run


Take = Callable[..., Taken]


def test_reads_are_taken_as_the_sequencer_gave_them(take: Take, tmp_path: Path) -> None:
    bam = write_bam(
        tmp_path / "a.bam",
        [
            record("p", PAIRED | FIRST, "AACCG", "ABCDE"),
            record("q", PAIRED | FIRST | REVERSE | DUPLICATE, "AACCG", "ABCDE", OQ="FGHIJ"),
            record("p", PAIRED | SECOND | REVERSE, "GGTTN", "ABCDE"),
            record("q", PAIRED | SECOND | FAILED, "TTTTT", "ABCDE", OQ="FGHIJ"),
        ],
    )
    first, second, orphans, unpaired = take(bam).reads
    assert first == {"p": ("AACCG", "ABCDE"), "q": ("CGGTT", "JIHGF")}
    assert second == {"p": ("NAACC", "EDCBA"), "q": ("TTTTT", "FGHIJ")}
    assert (orphans, unpaired) == ({}, {})


def test_each_read_is_taken_once_whatever_alignments_it_has(take: Take, tmp_path: Path) -> None:
    bam = write_bam(
        tmp_path / "a.bam",
        [
            record("p", PAIRED | FIRST, "AACCG", "ABCDE"),
            record("p", PAIRED | FIRST | SECONDARY, "AA", "AB"),
            record("p", PAIRED | SECOND, "GGTTN", "ABCDE"),
            record("p", PAIRED | SECOND | SUPPLEMENTARY, "GG", "AB"),
        ],
    )
    taken = take(bam)
    assert taken.count == 2
    assert taken.prove()["pairs"] == 1


def test_only_the_reads_of_the_read_group_are_taken(take: Take, tmp_path: Path) -> None:
    records = [record(g, 0, "AACCG", "ABCDE", group=g) for g in ("one", "two")]
    bam = write_bam(tmp_path / "a.bam", records)
    assert list(take(bam, "one").reads[3]) == ["one"]
    assert list(take(bam, "two").reads[3]) == ["two"]


def test_without_a_read_group_all_reads_are_taken(take: Take, tmp_path: Path) -> None:
    bam = write_bam(
        tmp_path / "a.bam",
        [record("a", 0, "AACCG", "ABCDE"), record("b", 0, "AACCG", "ABCDE", group=None)],
    )
    assert set(take(bam, None).reads[3]) == {"a", "b"}


def test_reads_that_no_row_of_the_sheet_would_take_are_refused(take: Take, tmp_path: Path) -> None:
    records = [record("a", 0, "A", "I"), record("b", 0, "A", "I", group=None)]
    with pytest.raises(JobError, match=r"a\.bam: 1 reads belong to no read group and would be"):
        take(write_bam(tmp_path / "a.bam", records), "one")


def test_reads_without_a_mate_stand_apart(take: Take, tmp_path: Path) -> None:
    bam = write_bam(
        tmp_path / "a.bam",
        [
            record("lost1", PAIRED | FIRST, "AACCG", "ABCDE"),
            record("lost2", PAIRED | SECOND | REVERSE, "AACCG", "ABCDE"),
            record("single", REVERSE, "AACCG", "ABCDE"),
        ],
    )
    taken = take(bam)
    assert taken.reads == (
        {},
        {},
        {"lost1": ("AACCG", "ABCDE"), "lost2": ("CGGTT", "EDCBA")},
        {"single": ("CGGTT", "EDCBA")},
    )
    assert taken.prove()["singles"] == 3


def test_names_that_are_used_twice_do_not_lose_reads_in_silence(take: Take, tmp_path: Path) -> None:
    ends = (FIRST, FIRST, SECOND)
    bases = ("AACCG", "CCCCC", "GGGGG")
    records = [
        record("p", PAIRED | end, base, "ABCDE") for end, base in zip(ends, bases, strict=True)
    ]
    taken = take(write_bam(tmp_path / "a.bam", records))
    with pytest.raises(ReadsError, match="3 reads were to be taken, but 2 came"):
        taken.prove()


@pytest.mark.parametrize("kept", [0.3, 0.9, 1.0])
def test_a_bam_that_is_cut_short_is_refused(take: Take, tmp_path: Path, kept: float) -> None:
    draw = random.Random(1)
    records = [
        record(f"r{n}", 0, "".join(draw.choices("ACGT", k=100)), "I" * 100) for n in range(2000)
    ]
    bam = Path(write_bam(tmp_path / "a.bam", records))
    whole = bam.read_bytes()[:-28]  # without the mark of its end
    bam.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ToolError, match="quickcheck"):
        take(str(bam))
    assert not list((tmp_path / "taken").iterdir())


def test_reads_are_the_same_at_any_number_of_threads(take: Take, tmp_path: Path) -> None:
    records = [
        record(f"r{n}", PAIRED | end, "AACCG", "ABCDE")
        for n in range(500)
        for end in (FIRST, SECOND)
    ]
    bam = write_bam(tmp_path / "a.bam", records)
    orders = [[list(reads) for reads in take(bam, threads=threads).reads] for threads in (1, 4)]
    assert orders[0] == orders[1]


@pytest.fixture
def cram(tmp_path: Path, need: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> str:
    """A CRAM of one read, and its reference as MD5 cache in the folder 'own'."""
    need("samtools")
    monkeypatch.delenv("REF_PATH", raising=False)
    bases = "".join(random.Random(3).choices("ACGT", k=1000))
    fasta = tmp_path / "gone" / "genome.fa"
    fasta.parent.mkdir()
    fasta.write_text(f">chr1\n{bases}\n")
    bam = write_bam(tmp_path / "a.bam", [record("r", 0, bases[10:60], "I" * 50)])
    command = ["samtools", "view", "-C", "-T", str(fasta), "-o", str(tmp_path / "a.cram"), bam]
    subprocess.run(command, check=True, capture_output=True)
    digest = hashlib.md5(bases.encode()).hexdigest()
    cached = tmp_path / "own" / digest[:2] / digest[2:4] / digest[4:]
    cached.parent.mkdir(parents=True)
    cached.write_text(bases)
    for file in fasta.parent.iterdir():
        file.unlink()
    return str(tmp_path / "a.cram")


def test_cram_is_read_with_the_reference_of_the_run(take: Take, cram: str, tmp_path: Path) -> None:
    (tmp_path / "own").rename(tmp_path / "md5")
    assert take(cram).count == 1


def test_cram_is_read_with_a_reference_that_the_user_names(
    take: Take, cram: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REF_PATH", f"http://127.0.0.1:9/%s:{tmp_path}/own/%2s/%2s/%s")
    assert take(cram).count == 1


def test_cram_of_another_reference_is_refused_with_the_remedy(take: Take, cram: str) -> None:
    with pytest.raises(ToolError, match="1 contigs, such as chr1, that are not in this run's ref"):
        take(cram)


@needs_real_reads
@pytest.mark.real_reads
@pytest.mark.parametrize("name", ["D_trio_ceu_10kb", "J_na12878_chrM_1_1000"])
def test_picard_takes_the_same_reads_from_an_alignment_of_real_ones(
    take: Take, need: Callable[..., None], tmp_path: Path, name: str
) -> None:
    need("gatk", "bwa")
    folder = SHARED / name / "fastq"
    first = min(folder.glob("*_R1.fastq.gz"))
    second = Path(str(first).replace("_R1.", "_R2."))
    orphans = folder / "NA12878_orphans.fastq.gz"
    genome = tmp_path / "mini.fa"
    genome.write_bytes((SHARED / "ref" / "mini.fa").read_bytes())
    subprocess.run(["bwa", "index", str(genome)], check=True, capture_output=True)
    bwa = ["bwa", "mem", "-R", r"@RG\tID:one\tSM:S", str(genome)]
    sams = [
        subprocess.run([*bwa, *map(str, files)], check=True, capture_output=True).stdout
        for files in ([first, second], [orphans])
    ]
    lines = sams[0] + b"".join(x for x in sams[1].splitlines(True) if not x.startswith(b"@"))
    bam = tmp_path / "a.bam"
    sort = ["samtools", "sort", "-o", str(bam), "-"]
    subprocess.run(sort, input=lines, check=True, capture_output=True)
    picard = [tmp_path / f"picard_{end}.fq" for end in ("1", "2", "u")]
    command = ["gatk", "SamToFastq", "--INPUT", str(bam), "--INCLUDE_NON_PF_READS", "true"]
    command += ["--FASTQ", str(picard[0]), "--SECOND_END_FASTQ", str(picard[1])]
    command += ["--UNPAIRED_FASTQ", str(picard[2]), "--VALIDATION_STRINGENCY", "SILENT"]
    subprocess.run(command, check=True, capture_output=True)
    taken = take(str(bam))
    taken.prove()
    ours1, ours2, ours_orphans, ours_unpaired = taken.reads
    bare = [
        {name.removesuffix("/1").removesuffix("/2"): read for name, read in reads_of(file).items()}
        for file in picard
    ]
    assert [ours1, ours2, ours_orphans | ours_unpaired] == bare


# proved

LANES = [path for path in SETS if not path.name.endswith("_R2.fastq.gz")]


@needs_real_reads
@pytest.mark.real_reads
@pytest.mark.parametrize("first", LANES, ids=[path.name for path in LANES])
def test_real_lanes_pass_the_proof(first: Path) -> None:
    second = Path(str(first).replace("_R1.", "_R2."))
    paired = second != first
    reads = LaneReads([str(first)], [str(second)]) if paired else LaneReads(singles=[str(first)])
    found = prove(reads)
    assert found["pairs" if paired else "singles"] == len(reads_of(first))


# looked at and trimmed

ADAPTER = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATTACTCGATCTCGTATGCCGTCTTCTGCTTG"
GENOME = "".join(random.Random(5).choices("ACGT", k=5000))


def write_pairs(folder: Path, inserts: Sequence[int], length: int = 100) -> LaneReads:
    """Write pairs of given insert sizes that run into the adapter where the insert is short."""
    ends: list[list[str]] = [[], []]
    for number, insert in enumerate(inserts):
        start = 37 * number % (len(GENOME) - insert)
        fragment = GENOME[start : start + insert]
        for end, bases in zip(ends, (fragment, reverse(fragment)), strict=True):
            bases = (bases + ADAPTER * 2)[:length]
            end.append(f"@r{number}\n{bases}\n+\n{'F' * length}\n")
    files = [folder / f"pairs_R{end}.fq.gz" for end in (1, 2)]
    for file, records in zip(files, ends, strict=True):
        file.write_bytes(gzip.compress("".join(records).encode()))
    return LaneReads([str(files[0])], [str(files[1])])


@pytest.fixture
def proof(tmp_path: Path, need: Callable[..., None]) -> Callable[[LaneReads], Path]:
    need("fastp")

    def of(reads: LaneReads) -> Path:
        prove_lane(reads, None, str(tmp_path / "proof.json"))
        return tmp_path / "proof.json"

    return of


Prove = Callable[[LaneReads], Path]


def look(reads: LaneReads, proof: Path) -> dict[str, Any]:
    output = proof.with_name("qc.json")
    with proof.with_name("log").open("wb") as log:
        lane_qc(reads, proof, "S.lib.FC.1", log=log, output=output)
    return dict(json.loads(output.read_text()))


def trim(reads: LaneReads, proof: Path) -> tuple[Trimmed, dict[str, Any]]:
    names = ("1.fq.gz", "2.fq.gz", "singles.fq.gz", "fastp.json", "trimmed.json")
    output = Trimmed(*(proof.parent / f"trimmed_{name}" for name in names))
    with proof.with_name("log").open("wb") as log:
        trim_lane(reads, proof, "S.lib.FC.1", log=log, output=output)
    return output, json.loads(output.proof.read_text())


def test_fastp_finds_the_same_in_our_streams_as_in_files(proof: Prove, tmp_path: Path) -> None:
    reads = write_pairs(tmp_path, [60, 90, 150, 300] * 500)
    ours = look(reads, proof(reads))
    command = ["fastp", "--in1", *reads.fq1, "--in2", *reads.fq2, "--json", "f.json"]
    command += ["--html", os.devnull, "--thread", str(fastp.WORKERS), *fastp.AS_IT_IS]
    command.append("--dont_eval_duplication")
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    theirs = json.loads((tmp_path / "f.json").read_text())
    assert {**ours, "command": ""} == {**theirs, "command": ""}


def test_fastp_sees_all_files_of_a_lane(proof: Prove, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one, two = write_pairs(tmp_path, [200] * 5), write_pairs(tmp_path / "b", [300] * 7)
    both = LaneReads([*one.fq1, *two.fq1], [*one.fq2, *two.fq2])
    assert look(both, proof(both))["summary"]["before_filtering"]["total_reads"] == 24


def test_fastp_looks_at_a_single_end_lane(proof: Prove, tmp_path: Path) -> None:
    reads = LaneReads(singles=write_pairs(tmp_path, [200] * 5).fq1)
    found = look(reads, proof(reads))["summary"]
    assert found["before_filtering"]["total_reads"] == 5
    assert found["sequencing"] == "single end (100 cycles)"


def test_the_report_of_fastp_names_no_files(proof: Prove, tmp_path: Path) -> None:
    reads = write_pairs(tmp_path, [200] * 5)
    text = json.dumps(look(reads, proof(reads)))
    assert str(tmp_path) not in text and "/dev" not in text and "pairs_R1" not in text
    assert '"command": "fastp --report_title S.lib.FC.1 --' in text


def test_reads_that_fastp_does_not_see_are_not_lost_in_silence(
    proof: Prove, tmp_path: Path
) -> None:
    reads = write_pairs(tmp_path, [200] * 5)
    file = proof(reads)
    file.write_text(file.read_text().replace('"pairs": 5', '"pairs": 6'))
    with pytest.raises(ToolError, match="fastp has read 10 of 12 reads"):
        look(reads, file)


def test_adapters_are_cut_where_mates_overlap_and_nothing_else(
    proof: Prove, tmp_path: Path
) -> None:
    inserts = [60, 90, 150, 300]
    reads = write_pairs(tmp_path, inserts)
    files, found = trim(reads, proof(reads))
    whole = reads_of(reads.fq1[0])
    assert reads_of(files.fq1) == {
        f"r{n}": tuple(text[:insert] for text in whole[f"r{n}"]) for n, insert in enumerate(inserts)
    }
    assert (found["pairs"], found["dropped"], found["cut"]) == (4, 0, 2 * (40 + 10))


def test_a_pair_with_a_short_read_is_dropped_whole_and_counted(
    proof: Prove, tmp_path: Path
) -> None:
    reads = write_pairs(tmp_path, [300, 300, 300])
    lines = gzip.decompress(Path(reads.fq2[0]).read_bytes()).decode().splitlines()
    lines[5], lines[7] = lines[5][:29], lines[7][:29]
    Path(reads.fq2[0]).write_text("\n".join(lines) + "\n")
    files, found = trim(reads, proof(reads))
    assert list(reads_of(files.fq1)) == list(reads_of(files.fq2)) == ["r0", "r2"]
    assert (found["reads"], found["dropped"], found["cut"]) == (4, 2, 129)
    report = json.loads(files.fastp.read_text())["filtering_result"]
    assert report["too_short_reads"] == 2


def test_single_end_reads_lose_known_adapters(proof: Prove, tmp_path: Path) -> None:
    reads = LaneReads(singles=write_pairs(tmp_path, [20, 60, 300]).fq1)
    files, found = trim(reads, proof(reads))
    assert {name: len(read[0]) for name, read in reads_of(files.singles).items()} == {
        "r1": 60,
        "r2": 100,
    }
    assert (found["singles"], found["dropped"]) == (2, 1)
    assert reads_of(files.fq1) == {}


def test_pairs_and_single_reads_of_a_lane_are_both_trimmed(proof: Prove, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    pairs = write_pairs(tmp_path, [60] * 3)
    reads = LaneReads(pairs.fq1, pairs.fq2, write_pairs(tmp_path / "b", [70] * 4).fq1)
    files, found = trim(reads, proof(reads))
    assert (found["pairs"], found["singles"], found["bases"]) == (3, 4, 6 * 60 + 4 * 70)
    assert json.loads(files.fastp.read_text())["summary"]["before_filtering"]["total_reads"] == 6


def test_trimmed_reads_are_the_same_at_any_number_of_threads(
    proof: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = write_pairs(tmp_path, [60, 90, 150, 300] * 3000)
    texts = []
    for workers in (1, 2, 4):
        monkeypatch.setattr(fastp, "WORKERS", workers)
        files, _ = trim(reads, proof(reads))
        texts.append([gzip.decompress(f.read_bytes()) for f in (files.fq1, files.fq2)])
    assert texts[0] == texts[1] == texts[2]


# rules


@pytest.fixture
def project(tmp_path: Path, need: Callable[..., None]) -> Path:
    """Three lanes: pairs in two files, single reads, and a BAM."""
    need("samtools", "fastp")
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    one, two, three = (
        write_pairs(folder, [insert] * 5)
        for folder, insert in zip(folders, (60, 200, 300), strict=True)
    )
    records = [
        record(name, PAIRED | end, *read)
        for end, files in ((FIRST, one.fq1), (SECOND, one.fq2))
        for name, read in reads_of(files[0]).items()
    ]
    bam = write_bam(tmp_path / "a.bam", [*records, record("single", 0, GENOME[:80], "F" * 80)])
    rows = [
        ["sample", "library", "flowcell", "lane", "fq1", "fq2", "alignment", "read_group"],
        ["S", "pairs", "FC", "1", ",".join([*one.fq1, *two.fq1]), ",".join([*one.fq2, *two.fq2])],
        ["S", "single", "FC", "1", *three.fq1, ""],
        ["S", "bam", "FC", "1", "", "", str(bam), "one"],
        ["S", "rest", "FC", "1", "", "", str(bam), "two"],
    ]
    (tmp_path / "config").mkdir()
    (tmp_path / "config/lanes.tsv").write_text(
        "".join("\t".join([*row, *[""] * (8 - len(row))]) + "\n" for row in rows)
    )
    (tmp_path / "config/people.tsv").write_text("sample\tassay\tsex\nS\twgs\tfemale\n")
    (tmp_path / "genome.fa").write_text(f">one\n{GENOME}\n")
    (tmp_path / "assembly.yaml").write_text("name: toy\nautosomes: [one]\n")
    (tmp_path / "config/config.yaml").write_text(
        "reference: {name: toy, fasta: genome.fa, assembly: assembly.yaml}\n"
        "call: {caller: bcftools}\n"
    )
    return tmp_path


def snakemake(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--directory", str(folder), "--cores", "1"]
    command += ["--snakefile", str(ROOT / "Snakefile"), *options]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize(
    ("trim", "reads"),
    [(False, {"pairs": 20, "single": 5, "bam": 11}), (True, {"pairs": 20, "single": 5, "bam": 11})],
)
def test_the_rules_prove_every_kind_of_lane(
    project: Path, trim: bool, reads: dict[str, int]
) -> None:
    bams = [f"results/align/S/{library}.FC.1.bam" for library in reads]
    targets = [*bams, *(f"results/reads/S/{library}.FC.1.fastp.json" for library in reads)]
    options = ["--notemp", "--config", f"reads={{trim: {trim}}}"]
    done = snakemake(project, *targets, *options)
    assert done.returncode == 0, done.stdout
    folder = project / "results" / "reads" / "S"
    ending = "trimmed.proof.json" if trim else "proof.json"
    found = {
        library: json.loads((folder / f"{library}.FC.1.{ending}").read_text())["reads"]
        for library in reads
    }
    assert found == reads
    assert not list(folder.glob("*.part"))
    assert "Nothing to be done" in snakemake(project, *targets, *options).stdout


def test_a_broken_lane_ends_with_one_message_and_no_proof(project: Path) -> None:
    file = project / "c" / "pairs_R1.fq.gz"
    file.write_bytes(file.read_bytes()[:-20])
    target = "results/reads/S/single.FC.1.proof.json"
    done = snakemake(project, target)
    assert done.returncode == 1
    log = (project / "logs" / "prove_lane" / "S.single.FC.1.log").read_text()
    assert log.startswith(f"{file}: its gzip data are cut short")
    assert log in done.stdout and "Traceback" not in done.stdout
    assert not (project / target).exists()
