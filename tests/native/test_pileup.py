"""What the pile-up says of each position, against samtools, bcftools and plain sums."""

from __future__ import annotations

import math
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

SIZE = 3000
# Bad bases are rare, and none has a quality at which tails are cut but bases are still counted.
QUALS = "#'5?FFFII"


@dataclass(frozen=True)
class Pileup:
    """Lines of the driver, by position; a candidate by (pos, removed, inserted)."""

    positions: dict[int, tuple[int, float, float, float, int]]
    candidates: dict[tuple[int, int, str], tuple[int, int]]
    breakpoints: dict[int, int]


def pileup_of(text: str) -> Pileup:
    made = Pileup({}, {}, {})
    for line in text.splitlines():
        word, _, *f = line.split(" ")
        if word == "position":
            sums = (float(f[2]), float(f[3]), float(f[4]))
            made.positions[int(f[0])] = (int(f[1]), *sums, int(f[5]))
        elif word == "candidate":
            inserted = f[2].replace("-", "")
            made.candidates[int(f[0]), int(f[1]), inserted] = (int(f[3]), int(f[4]))
        else:
            made.breakpoints[int(f[0])] = int(f[1])
    return made


def letters(chance: random.Random, number: int) -> str:
    return "".join(chance.choices("ACGT", k=number))


@dataclass(frozen=True)
class Aligned:
    """A read of a made alignment; `flag` and what follows only for pairs."""

    start: int
    cigar: str
    bases: str
    quals: str
    name: str = ""
    flag: int = 0
    mate: int = 0
    length: int = 0

    def line(self, name: str) -> str:
        mate = ("=", self.mate + 1) if self.flag else ("*", 0)
        fields = (
            self.name or name, self.flag, "a", self.start + 1, 60, self.cigar, *mate, self.length,
            self.bases, self.quals,
        )  # fmt: skip
        return "\t".join(map(str, fields)) + "\n"


def steps(read: Aligned) -> Iterator[tuple[int, int | None]]:
    """Yield position and index of each base, and None as index of a deleted one."""
    pos, index = read.start, 0
    for number, op in re.findall(r"(\d+)(\w)", read.cigar):
        for _ in range(int(number)):
            if op == "M":
                yield pos, index
            elif op == "D":
                yield pos, None
            pos += op in "MD"
            index += op in "MIS"


def write_bam(folder: Path, reads: list[Aligned], size: int = SIZE) -> Path:
    lines = [r.line(f"r{i}") for i, r in enumerate(sorted(reads, key=lambda r: r.start))]
    sam = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:a\tLN:{size}\n" + "".join(lines)
    path = folder / "made.bam"
    command = ["samtools", "view", "-u", "-o", str(path), "-"]
    subprocess.run(command, input=sam, text=True, check=True, capture_output=True)
    return path


def plan(reference: str, chunk: int = 10**9, margin: int = 500) -> str:
    size = len(reference)
    spans = [(start, min(start + chunk, size)) for start in range(0, size, chunk)]
    return f"reference a {reference}\n" + "".join(
        f"chunk a {s} {e} {max(0, s - margin)} {min(size, e + margin)}\n" for s, e in spans
    )


@pytest.fixture
def pile(driver, tmp_path) -> Callable[[str, list[Aligned]], Pileup]:
    run = driver("pileup")

    def of(reference: str, reads: list[Aligned]) -> Pileup:
        path = write_bam(tmp_path, reads, len(reference))
        return pileup_of(run(plan(reference), str(path)))

    return of


def some_reads(reference: str, number: int, chance: random.Random) -> list[Aligned]:
    """Return reads with errors and, in the middle, now and then an insertion or a deletion."""
    reads = []
    for _ in range(number):
        start = chance.randrange(len(reference) - 110)
        ops = chance.choice([["100M"], ["100M"], ["45M", "7D", "55M"], ["50M", "3I", "47M"]])
        bases = reference[start : start + 100]
        if len(ops) > 1 and "D" in ops[1]:
            bases = reference[start : start + 45] + reference[start + 52 : start + 107]
        if len(ops) > 1 and "I" in ops[1]:
            bases = bases[:50] + letters(chance, 3) + bases[50:97]
        bases = "".join(b if chance.random() > 0.02 else chance.choice("ACGT") for b in bases)
        # samtools leaves out a deletion next to a base of low quality.
        quals = "".join(chance.choices(QUALS, k=44)) + "II" + "".join(chance.choices(QUALS, k=54))
        reads.append(Aligned(start, "".join(ops), bases, quals))
    return reads


@pytest.fixture(scope="module")
def made(driver, tmp_path_factory) -> tuple[str, list[Aligned], Path, Pileup]:
    """Give a reference, reads, their BAM and its pile-up."""
    chance = random.Random(3)
    reference = letters(chance, SIZE)
    reads = some_reads(reference, 900, chance)
    path = write_bam(tmp_path_factory.mktemp("made"), reads)
    return reference, reads, path, pileup_of(driver("pileup")(plan(reference), str(path)))


def test_depth_is_that_of_samtools(made):
    _, _, path, pileup = made
    command = ["samtools", "depth", "-a", "-J", "-q", "7", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    expected = [int(line.split("\t")[2]) for line in done.stdout.splitlines()]
    assert [pileup.positions[pos][0] for pos in range(SIZE)] == expected


def test_likelihoods_are_sums_over_bases(made):
    reference, reads, _, pileup = made
    sums = [[0.0, 0.0, 0.0] for _ in range(SIZE)]
    for read in reads:
        for pos, index in steps(read):
            quality = 30 if index is None else ord(read.quals[index]) - 33
            if quality <= 6:
                continue
            error = 10 ** (-quality / 10)
            match = index is not None and read.bases[index] == reference[pos]
            same, other = (1 - error, error / 3) if match else (error / 3, 1 - error)
            for i, value in enumerate((same, (same + other) / 2, other)):
                sums[pos][i] += math.log10(value)
    for pos in range(SIZE):
        assert pileup.positions[pos][1:4] == pytest.approx(sums[pos], rel=1e-5, abs=1e-5)


def test_nothing_is_said_where_the_reference_is_not_known(pile):
    reference = "ACGTTGCA" * 20 + "N" * 8 + "ACGTTGCA" * 20
    reads = [Aligned(130, "60M", reference[130:190].replace("N", "A"), "I" * 60)] * 3
    pileup = pile(reference, reads)
    assert pileup.positions[165] == (3, 0, 0, 0, 0)
    assert pileup.candidates == {}


def informative(read: Aligned, pos: int, reference: str) -> bool:
    """Say whether no indel of 1 to 10 bp at `pos` leaves the rest of an exact read as it is."""
    rest = read.bases[pos - read.start :]
    if len(rest) < 10:
        return False
    for size in range(1, 11):
        inserted, deleted = rest[size:], reference[pos + size : pos + size + len(rest)]
        if reference[pos:].startswith(inserted) or rest.startswith(deleted):
            return False
    return True


def test_reads_that_could_show_an_indel_are_counted_as_by_trying_each(pile):
    chance = random.Random(5)
    parts = [letters(chance, 60), "A" * 25, letters(chance, 20), "CAG" * 15, letters(chance, 30)]
    reference = "".join([*parts, letters(chance, 40), "ATATATATGC" * 4, letters(chance, 150)])
    starts = [chance.randrange(len(reference) - 150) for _ in range(150)]
    reads = [Aligned(s, "80M", reference[s : s + 80], "I" * 80) for s in starts]
    pileup = pile(reference, reads)
    for pos in range(len(reference) - 40):
        there = [r for r in reads if r.start <= pos < r.start + 80]
        assert pileup.positions[pos][4] == sum(informative(r, pos, reference) for r in there), pos


def test_mismatches_at_the_end_of_a_read_may_be_an_indel(pile):
    chance = random.Random(11)
    reference = letters(chance, 300)
    bases = reference[100:196] + "".join("CAGT"["ACTG".index(b)] for b in reference[196:198])
    exact = pile(reference, [Aligned(100, "98M", reference[100:198], "I" * 98)]).positions
    doubtful = pile(reference, [Aligned(100, "98M", bases, "I" * 98)]).positions
    assert sum(p[4] for p in exact.values()) == sum(p[4] for p in doubtful.values()) + 2


def test_a_position_before_an_indel_of_a_read_is_not_counted(pile):
    reference = letters(random.Random(2), 300)
    bases = reference[100:140] + reference[145:200]
    pileup = pile(reference, [Aligned(100, "40M5D55M", bases, "I" * 95)])
    counts = [pileup.positions[pos][4] for pos in range(138, 147)]
    assert counts == [1, 0, 0, 0, 0, 0, 0, 1, 1]


def pair(reference: str, first: str, second: str) -> list[Aligned]:
    """Return mates of a fragment, which lie at 100 and 120."""
    assert len(reference) > 200
    return [
        Aligned(100, "50M", first, "I" * 50, "p", 0x63, 120, 70),
        Aligned(120, "50M", second, "I" * 50, "p", 0x93, 100, -70),
    ]


def changed(bases: str, place: int) -> str:
    return bases[:place] + "CAGT"["ACTG".index(bases[place])] + bases[place + 1 :]


def test_mates_that_show_a_snp_are_one_fragment(pile):
    reference = letters(random.Random(1), 300)
    alternate = changed(reference, 130)
    mates = pair(reference, alternate[100:150], alternate[120:170])
    assert pile(reference, mates).candidates == {}
    more = [*mates, Aligned(90, "50M", alternate[90:140], "I" * 50)]
    assert pile(reference, more).candidates == {(130, 1, alternate[130]): (2, 2)}


@pytest.mark.parametrize(("quality", "shown"), [("+", True), ("*", False)])  # 10 and 9
def test_a_base_below_the_least_quality_makes_no_candidate(pile, quality, shown):
    reference = letters(random.Random(1), 300)
    alternate = changed(reference, 130)[100:150]
    quals = "I" * 30 + quality + "I" * 19
    reads = [Aligned(100, "50M", alternate, quals), Aligned(100, "50M", alternate, "I" * 50)]
    assert bool(pile(reference, reads).candidates) == shown


def test_a_snp_below_the_least_fraction_is_no_candidate(pile):
    reference = letters(random.Random(1), 300)
    alternate = changed(reference, 130)
    plain = [
        Aligned(100 + i % 20, "50M", reference[100 + i % 20 :][:50], "I" * 50) for i in range(38)
    ]
    two = [Aligned(100, "50M", alternate[100:150], "I" * 50)] * 2
    assert pile(reference, plain + two).candidates == {(130, 1, alternate[130]): (2, 40)}
    assert pile(reference, plain + two + plain[:1]).candidates == {}


def test_indels_are_left_aligned_and_counted_together(pile):
    reference = letters(random.Random(4), 100) + "GACACACACATT" + letters(random.Random(6), 150)
    # CA is deleted; the reads have it at the right, in the middle and at the left of the repeat.
    bases = reference[80:101] + reference[103:150]
    reads = [Aligned(80, f"{n}M2D{68 - n}M", bases, "I" * 68) for n in (28, 24, 21)]
    assert pile(reference, reads).candidates == {(101, 2, ""): (3, 3)}


def test_indels_next_to_bad_ends_are_no_candidates(pile):
    reference = letters(random.Random(4), 300)
    bases = reference[100:150] + reference[152:160]
    good = Aligned(100, "50M2D8M", bases, "I" * 58)
    bad = Aligned(100, "50M2D8M", bases, "I" * 50 + "#" * 8)
    assert len(pile(reference, [good, good]).candidates) == 1
    assert pile(reference, [good, bad]).candidates == {}


def inserting(reference: str, inserted: list[str]) -> list[Aligned]:
    left, right = reference[100:150], reference[150:200]
    return [
        Aligned(100, f"50M{len(i)}I50M", left + i + right, "I" * (100 + len(i))) for i in inserted
    ]


def test_long_insertions_with_errors_count_for_the_one_without(pile):
    chance = random.Random(8)
    reference = letters(chance, 300)
    while (right := letters(chance, 24))[-1] == reference[149]:
        pass
    reads = inserting(reference, [changed(right, 3), right, right, changed(right, 9)])
    assert pile(reference, reads).candidates == {(150, 0, right): (4, 4)}


def test_insertions_that_differ_by_a_base_and_are_both_frequent_stay_two(pile):
    reference = letters(random.Random(8), 300)
    one = "CCGATTTGACCATTGACATG".replace("G", "C" if reference[149] == "G" else "G")
    two = changed(one, 9)
    found = pile(reference, inserting(reference, [one, one, two, two])).candidates
    assert sorted(found.values()) == [(2, 4), (2, 4)]


def clipped(reference: str, tails: list[str], at: int = 150) -> list[Aligned]:
    """Return forward reads of pairs that end with bases that are not aligned."""
    return [
        Aligned(100, f"{at - 100}M{len(t)}S", reference[100:at] + t, "I" * (at - 100 + len(t)),
                f"p{i}", 0x63, 300, 260)
        for i, t in enumerate(tails)
    ]  # fmt: skip


def test_fragments_clipped_at_one_place_with_the_same_bases_are_a_breakpoint(pile):
    chance = random.Random(9)
    reference, new = letters(chance, 400), letters(chance, 30)
    assert pile(reference, clipped(reference, [new, new[:12]])).breakpoints == {150: 2}
    assert pile(reference, clipped(reference, [new])).breakpoints == {}


def test_fragments_clipped_at_one_place_with_other_bases_are_no_breakpoint(pile):
    chance = random.Random(9)
    reference = letters(chance, 400)
    tails = [letters(chance, 20) for _ in range(4)]
    assert pile(reference, clipped(reference, tails)).breakpoints == {}


def test_clips_too_short_to_tell_are_no_breakpoint(pile):
    chance = random.Random(9)
    reference, new = letters(chance, 400), letters(chance, 3)
    assert pile(reference, clipped(reference, [new] * 4)).breakpoints == {}


def test_clips_where_the_reference_is_not_known_are_no_breakpoint(pile):
    chance = random.Random(9)
    reference, new = letters(chance, 400), letters(chance, 30)
    gap = reference[:150] + "N" * 50 + reference[200:]
    assert pile(gap, clipped(gap, [new] * 4)).breakpoints == {}


def test_a_long_deletion_in_one_read_and_a_clip_behind_it_in_another_are_a_breakpoint(pile):
    chance = random.Random(11)
    copy = letters(chance, 20)
    # Of the two copies one is missing: it is deleted at its left end and clipped at its right one.
    reference = letters(chance, 150) + copy + copy + letters(chance, 200)
    deleted = reference[100:150] + reference[170:220]
    whole = Aligned(100, "50M20D50M", deleted, "I" * 100)
    ends = clipped(reference, [reference[190:200]], at=170)
    assert pile(reference, [whole, *ends]).breakpoints == {170: 2}
    assert pile(reference, [whole]).breakpoints == {}


@pytest.mark.parametrize(("length", "found"), [(1000, True), (1001, False)])
def test_a_deletion_of_more_than_1000_bp_is_no_candidate(pile, length, found):
    reference = letters(random.Random(12), 2000)
    bases = reference[300:350] + reference[350 + length : 400 + length]
    pileup = pile(reference, [Aligned(300, f"50M{length}D50M", bases, "I" * 100)] * 2)
    assert bool(pileup.candidates) == found


def test_clips_that_a_candidate_explains_are_no_breakpoint(pile):
    chance = random.Random(10)
    reference = letters(chance, 400)
    deleted = reference[100:150] + reference[158:200]
    whole = [Aligned(100, "50M8D42M", deleted, "I" * 92)] * 2
    ends = clipped(reference, [reference[158:166], reference[158:167]])
    assert list(pile(reference, ends).breakpoints.values()) == [2]
    pileup = pile(reference, whole + ends)
    assert [removed for _, removed, _ in pileup.candidates] == [8]
    assert pileup.breakpoints == {}


@given(
    st.lists(
        st.tuples(
            st.text("AC", min_size=12, max_size=30), st.integers(1, 11), st.integers(0, 4),
            st.text("AC", max_size=5),
        ),
        min_size=1, max_size=30,
    )
)  # fmt: skip
@effort(max_examples=20, deadline=None)
def test_left_alignment_keeps_the_haplotype_and_goes_as_far_as_it_can(driver, cases):
    cases = [(r, p, 0 if i else max(n, 1), i) for r, p, n, i in cases]
    lines = "".join(f"{r} {p} {n} {i or '-'}\n" for r, p, n, i in cases)
    for (reference, pos, removed, inserted), line in zip(
        cases, driver("pileup")(lines).splitlines(), strict=True
    ):
        to, removed_there, there = line.split(" ")
        at, there = int(to), there.replace("-", "")
        assert (int(removed_there), len(there)) == (removed, len(inserted))
        haplotype = reference[:pos] + inserted + reference[pos + removed :]
        assert reference[:at] + there + reference[at + removed :] == haplotype
        # Moved on by one base, it would be another haplotype, or there is no base to pass.
        if at > 0:
            last = there[-1] if there else reference[at + removed - 1]
            assert reference[at - 1] != last


# ---- aligned reads of a made person


@dataclass(frozen=True)
class Person:
    """What was put into the haplotypes, and the reads of both as a BAM."""

    reference: str
    variants: dict[tuple[int, int, str], int]  # to how many copies
    bam: Path
    fasta: Path


def put_in(reference: str, variants: list[tuple[int, int, str]]) -> str:
    for pos, removed, inserted in sorted(variants, reverse=True):
        reference = reference[:pos] + inserted + reference[pos + removed :]
    return reference


def some_variants(reference: str, chance: random.Random) -> dict[tuple[int, int, str], int]:
    variants = {}
    for pos in range(400, len(reference) - 400, 330):
        size = chance.choice([0, 0, 0, 1, 2, 5, 9, 16, 40, 70])
        one = (pos, size, "") if chance.random() < 0.5 else (pos, 0, letters(chance, size))
        if size == 0:
            one = (pos, 1, changed(reference, pos)[pos])
        variants[one] = chance.choice([1, 2])
    return variants


@pytest.fixture(scope="module")
def person(tmp_path_factory) -> Person:
    for tool in ("art_illumina", "bwa"):
        if shutil.which(tool) is None:
            pytest.skip(f"not on PATH: {tool}")
    folder = tmp_path_factory.mktemp("person")
    chance = random.Random(21)
    parts = [
        letters(chance, 150) + chance.choice(["A" * 12, "CAG" * 9, "TA" * 8]) for _ in range(120)
    ]
    reference = "".join(parts)
    variants = some_variants(reference, chance)
    fasta = folder / "a.fa"
    fasta.write_text(f">a\n{reference}\n")
    for copy in (1, 2):
        mine = [v for v, copies in variants.items() if copies == 2 or hash_free(v, copy)]
        (folder / f"{copy}.fa").write_text(f">a\n{put_in(reference, mine)}\n")
        command = (
            f"art_illumina -q -ss HSXt -i {copy}.fa -p -l 150 -f 15 -m 400 -s 60"
            f" -rs {copy} -na -d h{copy} -o h{copy}_"
        )
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    subprocess.run(
        """set -e
        bwa index a.fa
        cat h1_1.fq h2_1.fq > 1.fq
        cat h1_2.fq h2_2.fq > 2.fq
        bwa mem a.fa 1.fq 2.fq | samtools sort -o all.bam -
        samtools index all.bam
        samtools view -u -q 20 -F 0x704 -o used.bam all.bam
        """,
        cwd=folder, shell=True, check=True, capture_output=True,
    )  # fmt: skip
    return Person(reference, variants, folder / "used.bam", fasta)


def hash_free(variant: tuple[int, int, str], copy: int) -> bool:
    """Say whether a heterozygous variant is in this copy: by its position."""
    return variant[0] // 10 % 2 + 1 == copy


@pytest.fixture(scope="module")
def of_person(driver, person) -> Pileup:
    return pileup_of(driver("pileup")(plan(person.reference), str(person.bam)))


def test_the_size_of_chunks_changes_nothing(driver, person):
    run = driver("pileup")
    whole = sorted(run(plan(person.reference), str(person.bam)).splitlines())
    for chunk in (700, 4321):
        assert sorted(run(plan(person.reference, chunk), str(person.bam)).splitlines()) == whole


def left_aligned(reference: str, pos: int, ref: str, alt: str) -> tuple[int, int, str]:
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    while (ref == "") != (alt == "") and reference[pos - 1] == (ref or alt)[-1]:
        pos, ref, alt = pos - 1, *(x and reference[pos - 1] + x[:-1] for x in (ref, alt))
    return pos, len(ref), alt


def test_candidates_of_mpileup_are_among_ours(person, of_person):
    command = (
        f"bcftools mpileup -f {person.fasta} -q 20 -Q 10 -d 1000 -L 1000 -B -m 2 -F 0.05"
        f" -a AD,DP {person.bam} | bcftools query -f '%POS\\t%REF\\t%ALT\\t%DP[\\t%AD]\\n'"
    )
    done = subprocess.run(command, shell=True, check=True, capture_output=True, text=True)
    theirs = set()
    for line in done.stdout.splitlines():
        pos, ref, alts, depth, counts = line.split("\t")
        for alt, count in zip(alts.split(","), counts.split(",")[1:], strict=True):
            if alt != "<*>" and int(count) >= max(2, 0.05 * int(depth)):
                theirs.add(left_aligned(person.reference, int(pos) - 1, ref, alt))
    assert len(theirs) > 40
    assert theirs - set(of_person.candidates) == set()


def test_what_was_put_in_is_a_candidate_or_has_a_breakpoint(person, of_person):
    kinds: Counter[str] = Counter()
    for pos, removed, inserted in person.variants:
        ref = person.reference[pos : pos + removed]
        one = left_aligned(person.reference, pos, ref, inserted)
        near = [b for b in of_person.breakpoints if one[0] - 30 <= b <= one[0] + removed + 30]
        if one in of_person.candidates:
            kinds["candidate"] += 1
        else:
            assert max(removed, len(inserted)) >= 15 and near, one
            kinds["breakpoint"] += 1
    assert kinds["candidate"] > 10 * kinds["breakpoint"] > 0


def test_breakpoints_are_where_something_is(person, of_person):
    for at in of_person.breakpoints:
        near = [v for v in person.variants if v[0] - 30 <= at <= v[0] + v[1] + 30]
        assert near, at
