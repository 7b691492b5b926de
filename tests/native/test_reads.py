"""The reads of chunks, from streams of alignments that the test writes as SAM."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

HEADER = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:a\tLN:5000\n@SQ\tSN:b\tLN:4000\n"
ONE = "chunk a 0 5000 0 5000\n"
Chunks = dict[str, list["Read"]]


@dataclass(frozen=True)
class Read:
    """A line of the driver."""

    start: int
    end: int
    fragment: int
    clip_start: int
    clip_end: int
    mapq: int
    strand: str
    cigar: str
    bases: str
    quals: str


def record(
    name="r", flag=0, contig="a", start=100, mapq=60, cigar=None, mate=0, length=0, bases=None,
    quals=None,
):  # fmt: skip
    """Return a line of SAM; `start` and `mate` 0-based."""
    bases = bases or "ACGTACGTAC"
    fields = (
        name, flag, contig, start + 1, mapq, cigar or f"{len(bases)}M", "=" if mate else "*",
        mate + 1 if mate else 0, length, bases, quals or "I" * len(bases),
    )  # fmt: skip
    return "\t".join(map(str, fields)) + "\n"


def bam(path: Path, records: Iterable[str], *options: str) -> Path:
    made = subprocess.run(
        ["samtools", "view", *(options or ("-u",)), "-o", str(path), "-"],
        input=HEADER + "".join(records), capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return path


def chunks_of(text: str) -> Chunks:
    chunks: Chunks = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "chunk":
            chunks[rest] = []
        else:
            f = rest.split(" ")
            chunks[list(chunks)[-1]].append(Read(*map(int, f[:6]), *f[6:]))
    return chunks


@pytest.fixture
def read(driver, tmp_path) -> Callable[..., list[Read]]:
    """Give a function from records to the reads of one chunk of contig a."""
    run = driver("reads")

    def of(*records: str, plan: str = ONE) -> list[Read]:
        path = bam(tmp_path / "reads.bam", records)
        return next(iter(chunks_of(run(plan, str(path))).values()))

    return of


def many(number: int, seed: int = 7) -> list[str]:
    """Return reads in order of positions, on both contigs."""
    chance = random.Random(seed)
    places = sorted((chance.choice("ab"), chance.randrange(3900)) for _ in range(number))
    return [
        record(f"r{i}", contig=contig, start=start, bases="ACGT" * chance.randrange(5, 20))
        for i, (contig, start) in enumerate(places)
    ]


def test_each_chunk_has_all_reads_that_overlap_it(driver, tmp_path):
    records = many(400)
    spans = [
        ("a", 0, 1100),
        ("a", 1000, 2100),
        ("a", 2000, 2001),
        ("b", 500, 700),
        ("b", 3990, 4000),
    ]
    plan = "".join(f"chunk {c} {f} {t} {f} {t}\n" for c, f, t in spans)
    chunks = chunks_of(driver("reads")(plan, str(bam(tmp_path / "x.bam", records))))
    assert list(chunks) == [f"{c} {f} {t}" for c, f, t in spans]
    for (contig, first, last), reads in zip(spans, chunks.values(), strict=True):
        fields = [line.split("\t") for line in records]
        there = [(int(f[3]) - 1, int(f[3]) - 1 + len(f[9])) for f in fields if f[2] == contig]
        expected = sorted((s, e) for s, e in there if s < last and e > first)
        assert sorted((r.start, r.end) for r in reads) == expected
        assert [r.start for r in reads] == sorted(r.start for r in reads)


def test_compressed_blocks_give_the_same_as_stored_ones(driver, tmp_path):
    records = many(2000)
    stored = bam(tmp_path / "stored.bam", records, "-u")
    deflated = bam(tmp_path / "deflated.bam", records, "-b")
    assert stored.stat().st_size > 2 * deflated.stat().st_size
    run = driver("reads")
    assert run(ONE, str(stored)) == run(ONE, str(deflated))


def test_reads_that_begin_together_are_in_order_of_name_and_flag_however_they_come(read):
    records = [record(n, f) for n, f in [("x", 16), ("x", 0), ("w", 0), ("xa", 0), ("w", 16)]]
    expected = ["+", "-", "+", "-", "+"]
    assert [r.strand for r in read(*records)] == expected
    assert [r.strand for r in read(*reversed(records))] == expected


def test_too_many_reads_at_one_place_are_thinned_by_content_not_by_order(read):
    records = [record(f"r{i}", bases="ACGT" * 5, quals=chr(53 + i) * 20) for i in range(70)]
    plan = f"reads_per_start 10\n{ONE}"
    kept = {r.quals[0] for r in read(*records, plan=plan)}
    assert len(kept) == 10
    assert kept != set(sorted(r.split("\t")[10][0] for r in records)[:10])
    random.Random(1).shuffle(records)
    assert {r.quals[0] for r in read(*records, plan=plan)} == kept


def test_mates_are_one_fragment(read):
    records = [record("x"), record("y", start=120), record("x", start=140), record("z", start=150)]
    assert [r.fragment for r in read(*records)] == [0, 1, 0, 2]


def test_reads_without_a_name_are_fragments_of_their_own(read):
    records = [record("*"), record("x", start=120), record("*", start=140), record("x", start=150)]
    assert [r.fragment for r in read(*records)] == [0, 1, 2, 1]


@pytest.mark.parametrize("flag", [0x4, 0x100, 0x200, 0x400])
def test_reads_with_flags_that_rule_them_out_are_not_used(read, flag):
    assert len(read(record("x"), record("y", flag))) == 1


def test_reads_below_the_least_mapping_quality_are_not_used(read):
    assert [r.mapq for r in read(record("x", mapq=19), record("y", mapq=20))] == [20]


def test_reads_of_unknown_mapping_quality_are_not_used(read):
    assert [r.mapq for r in read(record("x", mapq=254), record("y", mapq=255))] == [254]


def test_a_forward_read_ends_where_its_fragment_ends(read):
    # The fragment is 6 bp long: bases 6 to 9 are adaptor.
    one = read(record("x", 0x1 | 0x20, mate=101, length=6))[0]
    assert (one.clip_start, one.clip_end) == (0, 4)


def test_a_reverse_read_begins_where_its_mate_begins(read):
    # 3 clipped bases and 2 aligned ones lie before the mate's first base.
    one = read(record("x", 0x1 | 0x10, start=100, cigar="3S7M", mate=102, length=-7))[0]
    assert (one.clip_start, one.clip_end) == (5, 0)


def test_adaptor_behind_a_deletion_is_found_by_positions(read):
    # 5 bases, 4 deleted, 5 bases; the fragment ends at 100 + 11: two bases behind the deletion.
    one = read(record("x", 0x1 | 0x20, cigar="5M4D5M", mate=103, length=11))[0]
    assert (one.clip_start, one.clip_end) == (0, 3)


def test_clipped_bases_stay_where_the_fragment_is_known(read):
    one = read(record("x", 0x1 | 0x20, cigar="3S5M2S", mate=200, length=150))[0]
    assert (one.clip_start, one.clip_end) == (0, 0)


def test_clipped_bases_go_where_the_fragment_is_not_known(read):
    one = read(record("x", cigar="3S5M2S"))[0]
    assert (one.clip_start, one.clip_end) == (3, 2)


def test_bad_ends_are_taken_off_and_bad_bases_inside_kept(read):
    one = read(record(quals="#*I#II*+#*"))[0]
    assert (one.clip_start, one.clip_end) == (2, 2)


def test_a_read_of_bad_bases_only_is_left_out(read):
    assert read(record(quals="#" * 10)) == []


def test_a_base_that_was_not_read_has_no_quality(read):
    assert read(record(bases="ACGNACGTAC"))[0].quals == "III!IIIIII"


def mates(read, first: dict, second: dict) -> tuple[str, str]:
    """Return the qualities of mates whose fragment is far longer."""
    one = record("x", 0x1 | 0x20 | 0x40, mate=second["start"], length=400, **first)
    two = record("x", 0x1 | 0x10 | 0x80, mate=first["start"], length=-400, **second)
    a, b = read(*sorted([one, two], key=lambda line: int(line.split("\t")[3])))
    return a.quals, b.quals


def test_where_mates_agree_both_have_at_most_20_and_where_not_nothing(read):
    a, b = mates(
        read,
        {"start": 100, "bases": "ACGTACGTAC", "quals": "IIIIIII,II"},
        {"start": 105, "bases": "CGTACTTTTT", "quals": "IIIIIIIIII"},
    )
    assert a == "IIIII55,55"
    assert b == "55555IIIII"
    a, b = mates(
        read,
        {"start": 100, "bases": "ACGTACGTAC", "quals": "IIIIIII,II"},
        {"start": 105, "bases": "CGAACTTTTT", "quals": "IIIIIIIIII"},
    )
    assert a == "IIIII55!55"
    assert b == "55!55IIIII"


def test_mates_that_are_not_aligned_alike_leave_one_another_alone(read):
    a, b = mates(
        read,
        {"start": 100, "bases": "ACGTACGTAC"},
        {"start": 100, "bases": "CAACCTCGGT"},
    )
    assert (a, b) == ("I" * 10, "I" * 10)


def test_mates_with_a_deletion_agree_at_equal_positions(read):
    # Positions 100..119; 105..107 deleted in both: bases behind it lie at other indices.
    a, b = mates(
        read,
        {"start": 100, "cigar": "5M3D5M", "bases": "AAAAACGTCA"},
        {"start": 103, "cigar": "2M3D8M", "bases": "AACGTCATTT"},
    )
    assert a == "III" + "5" * 7
    assert b == "5" * 7 + "III"


def test_an_insertion_of_both_mates_is_shared(read):
    a, b = mates(
        read,
        {"start": 100, "cigar": "4M2I4M", "bases": "AAAAGGCCCC"},
        {"start": 102, "cigar": "2M2I6M", "bases": "AAGGCCCCTT"},
    )
    assert (a, b) == ("II" + "5" * 8, "5" * 8 + "II")


def test_what_one_mate_has_inserted_and_the_other_clipped_is_shared(read):
    a, b = mates(
        read,
        {"start": 100, "cigar": "6M4S", "bases": "AAAAAAGGCC"},
        {"start": 102, "cigar": "4M2I4M", "bases": "AAAAGGCCTT"},
    )
    assert (a, b) == ("II" + "5" * 8, "5" * 8 + "II")


def test_mates_that_lie_apart_stay_as_they_are(read):
    a, b = mates(read, {"start": 100}, {"start": 110})
    assert (a, b) == ("I" * 10, "I" * 10)


def test_skipped_bases_hard_clips_and_padding_do_not_shift_a_read(read):
    one = read(record(cigar="2H4M50N3=2P3X1H"))[0]
    assert (one.cigar, one.start, one.end) == ("4M50N6M", 100, 160)


def test_insertions_and_deletions_at_the_ends_are_no_alignment(read):
    one = read(record(cigar="2I3D4M2D1I3S"))[0]
    assert (one.cigar, one.start, one.end) == ("2S3N4M4S", 100, 107)


def test_a_read_without_an_aligned_base_is_left_out(read):
    assert [r.cigar for r in read(record("x", cigar="10S"), record("y"))] == ["10M"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (record("odd", quals="*"), "read odd at position 101: it has no base qualities"),
        (record("odd", start=4995), "read odd at position 4996: it reaches beyond its contig"),
    ],
)
def test_a_read_that_cannot_be_used_is_named(read, line, what):
    with pytest.raises(RuntimeError, match=what):
        read(line)


def test_a_read_without_bases_is_named(read):
    line = record("odd").replace("ACGTACGTAC\tIIIIIIIIII", "*\t*")
    with pytest.raises(RuntimeError, match="read odd at position 101: it has no bases"):
        read(line)


def test_records_that_are_not_in_order_are_refused(read):
    with pytest.raises(RuntimeError, match="it is not in the order of positions"):
        read(record("x", start=300), record("y", start=200))


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        ("chunk z 0 10 0 10\n", "contig z is not in the alignments' header"),
        ("chunk a 0 5001 0 5001\n", "contig a is shorter in the alignments"),
        ("chunk b 0 9 0 9\nchunk a 0 9 0 9\n", "not in the order of the alignments' contigs"),
    ],
)
def test_a_plan_that_does_not_fit_the_header_is_refused(read, plan, what):
    with pytest.raises(RuntimeError, match=what):
        read(record(), plan=plan)


def test_a_stream_that_ends_early_is_refused_wherever_it_ends(driver, tmp_path):
    run = driver("reads")
    whole = bam(tmp_path / "whole.bam", many(1500), "-u").read_bytes()
    path = tmp_path / "part.bam"
    cuts = [0, 1, 17, 18, 40, 200, 70_000, len(whole) - 29, len(whole) - 28, len(whole) - 1]
    for size in cuts:
        path.write_bytes(whole[:size])
        with pytest.raises(RuntimeError, match="stream of alignments is broken: it ends with"):
            run(ONE, str(path))


def test_a_stream_with_a_wrong_byte_is_refused(driver, tmp_path):
    run = driver("reads")
    whole = bam(tmp_path / "whole.bam", many(300), "-u").read_bytes()
    path = tmp_path / "wrong.bam"
    for place in (0, 12, 20, 30, 5000, len(whole) - 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(RuntimeError, match="stream of alignments is broken"):
            run(ONE, str(path))
