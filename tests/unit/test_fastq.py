"""FASTQ made in the test, whole and broken in every way that is refused."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schelde.bgzf import END as BGZF_END
from schelde.fastq import BATCH, ReadsError, prove, prove_lane
from schelde.lane_reads import LaneReads

Write = Callable[..., str]


def fastq(names: Sequence[str], bases: str = "ACGTN", qualities: str = "!5?IK") -> bytes:
    """Records of the same length, the first base of which counts up."""
    turns = ["ACGT"[n % 4] + "ACGT"[n // 4 % 4] for n in range(len(names))]
    return "".join(
        f"@{name}\n{turn}{bases}\n+\n{'F' * len(turn)}{qualities}\n"
        for name, turn in zip(names, turns, strict=True)
    ).encode()


def casava(end: int, count: int, start: int = 0) -> bytes:
    bases = "ACGTN" if end == 1 else "TTGCA"
    return fastq([f"r{n} {end}:N:0:ACGT" for n in range(start, start + count)], bases)


def bgzf(data: bytes, block: int = 60) -> bytes:
    """Compress by the SAM specification, section 4.1, in small blocks."""
    blocks = b""
    for start in range(0, len(data), block):
        member = gzip.compress(data[start : start + block], mtime=0)
        body = member[10:]
        size = 18 + len(body) - 1
        blocks += (
            b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + size.to_bytes(2, "little") + body
        )
    return blocks + BGZF_END


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(data: bytes, name: str = "") -> str:
        path = tmp_path / (name or f"{len(list(tmp_path.iterdir()))}.fq")
        path.write_bytes(data)
        return str(path)

    return to_file


@pytest.fixture
def pair(write: Write) -> Callable[[bytes, bytes], LaneReads]:
    def of(first: bytes, second: bytes) -> LaneReads:
        return LaneReads([write(first, "a_R1.fq.gz")], [write(second, "a_R2.fq.gz")])

    return of


Pair = Callable[[bytes, bytes], LaneReads]


def refusal(reads: LaneReads, expected: int | None = None) -> str:
    """Return why reads are refused, with the folder of the test taken off the file names."""
    with pytest.raises(ReadsError) as caught:
        prove(reads, expected)
    files = [*reads.fq1, *reads.fq2, *reads.singles]
    return str(caught.value).replace(f"{Path(files[0]).parent}/", "")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzf], ids=["plain", "gzip", "bgzf"])
def test_a_whole_pair_is_counted_however_it_is_compressed(
    pair: Pair, pack: Callable[[bytes], bytes]
) -> None:
    found = prove(pair(pack(casava(1, 40)), pack(casava(2, 40))))
    files = found.pop("files")
    assert found == {
        "reads": 80,
        "pairs": 40,
        "singles": 0,
        "bases": 560,
        "read_length": {"min": 7, "max": 7, "mean": 7.0},
        "quality_encoding": "phred33",
        "quality": {"min": 0, "max": 42},
        "ends_in_names": True,
    }
    assert [(file["end"], file["reads"], file["bases"]) for file in files] == [
        (1, 40, 280),
        (2, 40, 280),
    ]


def test_read_lengths_are_the_shortest_longest_and_mean(write: Write) -> None:
    file = write(b"@a\nACGT\n+\nIIII\n@b\nAC\n+\nII\n@c\nA\n+\nI\n")
    found = prove(LaneReads(singles=[file]))["read_length"]
    assert found == {"min": 1, "max": 4, "mean": 2.33}


def test_several_files_of_a_lane_are_read_in_step_and_summed(write: Write) -> None:
    firsts = [write(casava(1, 3)), write(gzip.compress(casava(1, 5, start=3)))]
    seconds = [write(casava(2, 3)), write(gzip.compress(casava(2, 5, start=3)))]
    found = prove(LaneReads(firsts, seconds))
    assert (found["reads"], found["pairs"]) == (16, 8)


def test_a_single_end_lane_has_singles_only(write: Write) -> None:
    found = prove(LaneReads(singles=[write(casava(1, 3))]))
    assert (found["reads"], found["pairs"], found["singles"]) == (3, 0, 3)


def test_pairs_and_reads_without_mates_are_counted_apart(pair: Pair, write: Write) -> None:
    both = pair(casava(1, 4), casava(2, 4))
    found = prove(LaneReads(both.fq1, both.fq2, [write(casava(1, 3, start=10))]))
    assert (found["reads"], found["pairs"], found["singles"]) == (11, 4, 3)


def test_gzip_members_of_any_number_are_one_file(write: Write) -> None:
    members = b"".join(gzip.compress(casava(1, 1, start=n)) for n in range(30))
    assert prove(LaneReads(singles=[write(members)]))["reads"] == 30


def test_counts_hold_over_many_batches(pair: Pair) -> None:
    count = 3 * BATCH + 1
    assert prove(pair(casava(1, count), casava(2, count)))["pairs"] == count


@pytest.mark.parametrize(
    ("data", "mark"),
    [
        (casava(1, 9), None),
        (gzip.compress(casava(1, 9)), None),
        (bgzf(casava(1, 9)), True),
        (bgzf(casava(1, 9)).removesuffix(BGZF_END), False),
    ],
)
def test_bgzf_without_its_end_mark_is_told_but_taken(
    write: Write, data: bytes, mark: bool | None
) -> None:
    assert prove(LaneReads(singles=[write(data)]))["files"][0]["bgzf_end"] is mark


NAMES = [
    ("r{} 1:N:0:ACGT", "r{} 2:N:0:ACGT", True),
    ("r{} 1:Y:18:", "r{} 3:Y:18:", True),
    ("r{}/1", "r{}/2", True),
    ("r{}/1 length=5", "r{}/2 length=5", True),
    ("r{}", "r{}", False),
    ("SRR1.{} {} length=5", "SRR1.{} {} length=5", False),
    ("r{}\tx", "r{}\ty", False),
]


@pytest.mark.parametrize(("first", "second", "told"), NAMES)
def test_names_in_step_are_taken_in_every_way_they_are_written(
    pair: Pair, first: str, second: str, told: bool
) -> None:
    ends = [
        fastq([name.format(n, n) for n in range(5)], bases)
        for name, bases in ((first, "AAAAA"), (second, "CCCCC"))
    ]
    assert prove(pair(*ends))["ends_in_names"] is told


@pytest.mark.parametrize(("first", "second"), [(f, s) for f, s, told in NAMES if told])
def test_swapped_files_are_refused_where_names_tell(pair: Pair, first: str, second: str) -> None:
    ends = [
        fastq([name.format(n) for n in range(5)], bases)
        for name, bases in ((second, "AAAAA"), (first, "CCCCC"))
    ]
    assert "the files are swapped; swap fq1 and fq2" in refusal(pair(*ends))


BROKEN_RECORDS = {
    "no plus line": (b"@b\nACGT\nIIII\n@c\n", "line 7: Line expected to start with '+'"),
    "no at sign": (b"b\nACGT\n+\nIIII\n", "line 5: Line expected to start with '@'"),
    "short qualities": (b"@b\nACGT\n+\nIII\n", "line 8: Length of sequence and qualities differ"),
    "other plus line": (b"@b\nACGT\n+c\nIIII\n", "line 7: Sequence descriptions don't match"),
    "cut record": (b"@b\nACGT\n+\n", "line 8: Premature end of file"),
    "cut line": (b"@b\nACGT\n+\nII", "line 8: Length of sequence and qualities differ"),
    "empty line": (b"\n", "line 6: Premature end of file"),
    "no ASCII": ("@é\nACGT\n+\nIIII\n".encode(), "record 1 or later: Non-ASCII"),
    "no bases": (b"@b\n\n+\n\n", "record 2 (line 5): a read without bases; take it out"),
    "other bases": (
        b"@b\nACRT\n+\nIIII\n",
        "record 2 (line 5): bases other than A, C, G, T and N; give N",
    ),
    "colours": (b"@b\nT012\n+\nIIII\n", "record 2 (line 5): bases other than"),
    "low quality": (b"@b\nACGT\n+\nII I\n", "record 2 (line 5): a quality outside '!' to '~'"),
    "high quality": (b"@b\nACGT\n+\nII\x7fI\n", "record 2 (line 5): a quality outside '!' to '~'"),
    "no name": (b"@ x\nACGT\n+\nIIII\n", "record 2 (line 5): a read name that is empty or longer"),
    "long name": (
        b"@" + b"n" * 255 + b"\nA\n+\nI\n",
        "record 2 (line 5): a read name that is empty",
    ),
}


@pytest.mark.parametrize(("record", "message"), BROKEN_RECORDS.values(), ids=BROKEN_RECORDS)
def test_a_broken_record_is_refused_with_its_place(
    write: Write, record: bytes, message: str
) -> None:
    file = write(b"@a\nACGT\n+\nIIII\n" + record, "a.fq")
    assert refusal(LaneReads(singles=[file])).startswith(f"a.fq: {message}")


def test_the_place_is_right_beyond_the_first_batch(write: Write) -> None:
    good = casava(1, 2 * BATCH + 5)
    file = write(good + b"@b\nAC-T\n+\nIIII\n", "a.fq")
    record = 2 * BATCH + 6
    place = f"a.fq: record {record} (line {record * 4 - 3}): bases"
    assert refusal(LaneReads(singles=[file])).startswith(place)


def test_windows_line_ends_and_a_last_line_without_end_are_taken(write: Write) -> None:
    file = write(casava(1, 3).replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    assert prove(LaneReads(singles=[file]))["bases"] == 21


BROKEN_GZIP = {
    "cut short": (lambda g: g[: len(g) // 2], "gzip data are cut short"),
    "cut in its checksum": (lambda g: g[:-3], "gzip data are cut short"),
    "with garbage after it": (lambda g: g + b"garbage" * 9, "gzip data are broken"),
    "with a cut member after it": (lambda g: g + g[:4], "gzip data are cut short"),
    "of another checksum": (lambda g: g[:-8] + bytes(4) + g[-4:], "gzip data are broken"),
    "of another length": (lambda g: g[:-4] + bytes(4), "gzip data are broken"),
}


@pytest.mark.parametrize(("harm", "message"), BROKEN_GZIP.values(), ids=BROKEN_GZIP)
@pytest.mark.parametrize("end", [0, 1])
def test_broken_gzip_is_refused_in_either_file(
    pair: Pair, harm: Callable[[bytes], bytes], message: str, end: int
) -> None:
    ends = [gzip.compress(casava(1, 400)), gzip.compress(casava(2, 400))]
    ends[end] = harm(ends[end])
    assert refusal(pair(*ends)).startswith(f"a_R{end + 1}.fq.gz: its {message}")


ONCE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ONCE
@given(cut=st.floats(0, 1, exclude_max=True))
def test_gzip_cut_at_any_point_is_refused(write: Write, cut: float) -> None:
    whole = gzip.compress(casava(1, 50))
    file = write(whole[: int(cut * len(whole))], "cut.fq.gz")
    assert refusal(LaneReads(singles=[file]))


@ONCE
@given(cut=st.floats(0, 1, exclude_max=True), end=st.sampled_from([0, 1]), pack=st.booleans())
def test_one_file_of_a_pair_cut_at_any_point_is_refused(
    pair: Pair, cut: float, end: int, pack: bool
) -> None:
    ends = [casava(1, 20), casava(2, 20)]
    packed = [bgzf(data) if pack else data.removesuffix(b"\n") for data in ends]
    packed[end] = packed[end][: int(cut * (len(packed[end]) - len(BGZF_END) * pack))]
    assert refusal(pair(*packed))


def sound(packed: bytes, data: bytes) -> bool:
    try:
        return gzip.decompress(packed) == data
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False


@ONCE
@given(place=st.integers(10, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_that_zlib_does_not_take_is_refused(
    write: Write, place: int, bit: int
) -> None:
    data = casava(1, 50)
    flipped = bytearray(gzip.compress(data))
    flipped[10 + place % (len(flipped) - 10)] ^= 1 << bit
    assume(not sound(bytes(flipped), data))  # the last byte of the data has bits to spare
    assert refusal(LaneReads(singles=[write(bytes(flipped), "flipped.fq.gz")]))


@pytest.mark.parametrize("count", [1, 5, BATCH, 2 * BATCH])
def test_a_second_file_that_is_shorter_is_refused(pair: Pair, count: int) -> None:
    message = refusal(pair(casava(1, 2 * BATCH + 1), casava(2, count)))
    assert message.startswith(f"a_R2.fq.gz: ends after {count} reads but a_R1.fq.gz goes on")


def test_a_first_file_that_is_shorter_is_refused(pair: Pair) -> None:
    message = refusal(pair(casava(1, 7), casava(2, 8)))
    assert message.startswith("a_R1.fq.gz: ends after 7 reads but a_R2.fq.gz goes on")


@pytest.mark.parametrize("lost", [0, 3, BATCH + 3])
def test_a_read_that_one_file_lacks_is_refused_where_it_is_missed(pair: Pair, lost: int) -> None:
    names = [f"r{n}" for n in range(BATCH + 9)]
    message = refusal(pair(fastq(names), fastq(names[:lost] + names[lost + 1 :], "CCCCC")))
    assert message.startswith(
        f"a_R1.fq.gz: record {lost + 1} is 'r{lost}' but 'r{lost + 1}' in a_R2.fq.gz"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [("r1", "r2"), ("r.1", "r.2"), ("r_1", "r_2"), ("r/a", "r/b"), ("r:11", "r:12")],
)
def test_names_that_aligners_take_for_different_reads_are_refused(
    pair: Pair, first: str, second: str
) -> None:
    assert "the files are not in step" in refusal(pair(fastq([first]), fastq([second])))


def test_two_files_of_read_1_are_refused(pair: Pair) -> None:
    message = refusal(pair(casava(1, 3), fastq([f"r{n} 1:N:0:A" for n in range(3)], "GGGGG")))
    assert message.startswith("a_R2.fq.gz: names tell read 1, as those of a_R1.fq.gz do")


def test_a_file_that_mixes_both_ends_is_refused(pair: Pair) -> None:
    mixed = fastq(["r0 1:N:0:A", "r1 2:N:0:A"])
    assert "names tell reads 1 and 2 in one file" in refusal(pair(mixed, casava(2, 2)))


def test_the_same_reads_as_both_ends_are_refused(pair: Pair) -> None:
    same = fastq(["a", "b", "c"])
    message = refusal(pair(same, gzip.compress(same)))
    assert message == "a_R2.fq.gz: holds the same reads as a_R1.fq.gz; give each file once"


def test_a_file_given_twice_in_a_lane_is_refused(write: Write) -> None:
    files = [write(casava(1, 5), "1.fq"), write(casava(1, 4), "2.fq"), write(casava(1, 5), "3.fq")]
    assert refusal(LaneReads(singles=files)).startswith("3.fq: holds the same reads as 1.fq")


def test_mates_in_turns_in_one_file_are_refused(write: Write) -> None:
    names = [f"r{n}/{end}" for n in range(BATCH) for end in (1, 2)]
    message = refusal(LaneReads(singles=[write(fastq(names), "a.fq")]))
    assert message.startswith("a.fq: every two reads have the same name, so it holds pairs")


def test_a_file_whose_last_line_runs_into_the_next_is_refused(write: Write) -> None:
    files = [write(casava(1, 5).removesuffix(b"\n"), "1.fq"), write(casava(1, 4, 5), "2.fq")]
    message = refusal(LaneReads(singles=files))
    assert message.startswith("1.fq: its last line has no end, and 2.fq follows")


@pytest.mark.parametrize(
    "empty", [b"", gzip.compress(b""), BGZF_END], ids=["plain", "gzip", "bgzf"]
)
def test_a_file_without_reads_is_refused(write: Write, empty: bytes) -> None:
    files = [write(casava(1, 5), "1.fq"), write(empty, "2.fq")]
    assert refusal(LaneReads(singles=files)).startswith("2.fq: has no reads")


@pytest.mark.parametrize(
    ("qualities", "taken"),
    [
        ("@JTh", False),  # Illumina 1.3
        ("BJTf", False),  # Illumina 1.5
        (";Jai", False),  # Solexa
        ("!Jai", True),  # phred+33 of long reads
        ("@@@@", True),  # one good value for all
        ("FFFK", True),  # best of Illumina
        ("~~~~", True),  # consensus reads
    ],
)
def test_phred64_is_refused_by_the_range_of_the_lane(
    write: Write, qualities: str, taken: bool
) -> None:
    lane = LaneReads(singles=[write(b"@a\nACGT\n+\n" + qualities.encode() + b"\n", "a.fq")])
    if taken:
        assert prove(lane)["quality_encoding"] == "phred33"
    else:
        assert "are phred+64; write them as phred+33" in refusal(lane)


def test_a_lane_that_has_lost_its_qualities_is_refused(write: Write) -> None:
    lane = LaneReads(singles=[write(b'@a\nACGT\n+\n""""\n', "a.fq")])
    assert refusal(lane).startswith("a.fq: no base of the lane has a quality above 1")


def test_taken_reads_must_be_as_many_as_were_counted(pair: Pair, write: Write) -> None:
    both = pair(casava(1, 4), casava(2, 4))
    reads = LaneReads(both.fq1, both.fq2, [write(BGZF_END)])
    assert prove(reads, expected=8)["files"][2]["reads"] == 0
    assert refusal(reads, expected=9).startswith("9 reads were to be taken, but 8 came")


def test_a_lane_of_empty_files_is_refused_even_when_taken_from_a_bam(write: Write) -> None:
    assert refusal(LaneReads(singles=[write(BGZF_END)]), expected=0).startswith("the lane has no")


def test_as_many_files_of_both_ends_are_asked_for() -> None:
    with pytest.raises(ReadsError, match="2 files of read 1 but 1 of read 2"):
        prove(LaneReads(["a", "b"], ["c"]))


def test_the_proof_is_written_without_names_of_files(tmp_path: Path, write: Write) -> None:
    count, proof = tmp_path / "count.json", tmp_path / "proof.json"
    count.write_text('{"reads": 5}')
    prove_lane(LaneReads(singles=[write(casava(1, 5), "private.fq")]), str(count), str(proof))
    assert json.loads(proof.read_text())["reads"] == 5
    assert "private" not in proof.read_text()


def test_no_proof_is_left_of_broken_reads(tmp_path: Path, write: Write) -> None:
    with pytest.raises(ReadsError):
        prove_lane(LaneReads(singles=[write(b"@a\n")]), None, str(tmp_path / "proof.json"))
    assert not list(tmp_path.glob("proof*"))
