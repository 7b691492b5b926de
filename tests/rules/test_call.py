"""A made-up man and woman called by each caller, in one piece and in several."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

import pysam
import pytest

from schelde.assembly import Assembly
from schelde.callers import bcftools
from schelde.callers.job import run_gather, run_piece
from schelde.callers.tools import Machine
from schelde.intervals import calling_intervals, numbered, scatter, write_bed
from schelde.sheet import Sex
from schelde.streams import reading

ROOT = Path(__file__).parents[2]
ASSEMBLY = Assembly(
    name="made",
    autosomes=("1",),
    x="X",
    y="Y",
    mitochondrion="M",
    par={"X": ((0, 4000),), "Y": ((0, 2000),)},
)
LENGTHS = {"1": 30_000, "X": 12_000, "Y": 8_000, "M": 3_000}
COPIES = {"male": {"1": 2, "X": 1, "Y": 1, "M": 1}, "female": {"1": 2, "X": 2, "Y": 0, "M": 1}}
EVERY = 900  # bp between variants
READ, DEPTH = 100, 15  # bp; reads over a base, of each copy
OVERLAP = 1500

CALLERS = pytest.mark.parametrize(
    "caller",
    [pytest.param("gatk", marks=pytest.mark.slow), "bcftools", "freebayes"],
)

Variants = dict[int, tuple[str, str, str]]
"""1-based position to REF, ALT and diploid genotype."""


@dataclass(frozen=True)
class Person:
    folder: Path
    sex: str
    truth: dict[str, Variants]

    @property
    def name(self) -> str:
        return f"{self.sex}-1"


@dataclass(frozen=True)
class Called:
    gvcf: Path
    vcf: Path
    folder: Path


def draw_variants(sequence: str, rng: random.Random) -> Variants:
    """Return a SNP, an insertion or a deletion every now and then, away from the ends."""
    found: Variants = {}
    for pos in range(EVERY, len(sequence) - 300, EVERY):
        ref = sequence[pos - 1]
        other = rng.choice([base for base in "ACGT" if base != ref])
        genotype = rng.choice(["0/1", "1/1"])
        kind = rng.random()
        if kind < 0.7:
            found[pos] = (ref, other, genotype)
        elif kind < 0.85:
            found[pos] = (sequence[pos - 1 : pos + 3], ref, genotype)
        else:
            found[pos] = (ref, ref + "".join(rng.choices("ACGT", k=4)), genotype)
    return found


def draw_read(
    sequence: str, variants: Variants, start: int, copy: int
) -> tuple[str, list[tuple[int, int]]]:
    """Return bases and CIGAR of a read of one copy that begins at 0-based ``start``."""
    bases, cigar, at = "", [], start
    while len(bases) < READ and at < len(sequence):
        ref, alt, genotype = variants.get(at + 1, (sequence[at],) * 2 + ("0/0",))
        has = genotype[2 * copy] == "1" and len(bases) + len(alt) < READ and bases
        taken = alt if has else sequence[at]
        bases += taken
        cigar.append((0, 1))
        if has and len(alt) > len(ref):
            cigar.append((1, len(alt) - len(ref)))
        if has and len(ref) > len(alt):
            cigar.append((2, len(ref) - len(alt)))
        at += len(ref) if has else 1
    joined: list[tuple[int, int]] = []
    for operation, length in cigar:
        if joined and joined[-1][0] == operation:
            joined[-1] = (operation, joined[-1][1] + length)
        else:
            joined.append((operation, length))
    return bases, joined


def write_reads(folder: Path, genome: dict[str, str], sex: str, rng: random.Random) -> Person:
    truth = {contig: draw_variants(sequence, rng) for contig, sequence in genome.items()}
    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [
                {"SN": c, "LN": len(s), "M5": hashlib.md5(s.encode()).hexdigest()}
                for c, s in genome.items()
            ],
            "RG": [{"ID": "L1", "SM": f"{sex}-1", "LB": "lib", "PL": "ILLUMINA"}],
        }
    )
    cram = folder / f"{sex}.cram"
    fasta = str(folder / "genome.fa")
    with pysam.AlignmentFile(
        str(cram),
        "wc",
        header=header,
        reference_filename=fasta,
        format_options=[b"version=3.0"],  # GATK does not read 3.1
    ) as out:
        for contig, sequence in genome.items():
            par = ASSEMBLY.par.get(contig, ())
            starts = []
            for copy in range(COPIES[sex][contig]):
                steps = range(0, len(sequence) - READ - 20, READ // DEPTH)
                starts += [(start, copy) for start in steps]
            if contig == "X" and sex == "male":
                end = par[0][1] - READ
                starts += [(start, 1) for start in range(0, end, READ // DEPTH)]
            if contig == "Y":
                starts = [(start, copy) for start, copy in starts if start >= par[0][1]]
            for number, (start, copy) in enumerate(sorted(starts)):
                bases, cigar = draw_read(sequence, truth[contig], start, copy)
                read = pysam.AlignedSegment(header)
                read.query_name = f"{contig}.{number}"
                read.flag = 16 * (number % 2)
                read.reference_id = header.get_tid(contig)
                read.reference_start = start
                read.mapping_quality = 60
                read.cigartuples = cigar
                read.query_sequence = bases
                read.query_qualities = pysam.qualitystring_to_array("I" * len(bases))
                read.set_tag("RG", "L1")
                out.write(read)
    pysam.index(str(cram))
    return Person(folder, sex, truth)


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]
) -> dict[str, Person]:
    need("bcftools", "samtools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("people")
    rng = random.Random(5)
    genome = {c: "".join(rng.choices("ACGT", k=length)) for c, length in LENGTHS.items()}
    (folder / "genome.fa").write_text("".join(f">{c}\n{s}\n" for c, s in genome.items()))
    pysam.faidx(str(folder / "genome.fa"))
    subprocess.run(
        ["samtools", "dict", "-o", folder / "genome.dict", folder / "genome.fa"], check=True
    )
    contigs = []
    for contig, sequence in genome.items():
        digest = hashlib.md5(sequence.encode()).hexdigest()
        contigs.append({"name": contig, "length": len(sequence), "md5": digest})
        cached = folder / "md5" / digest[:2] / digest[2:4] / digest[4:]
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text(sequence)
    (folder / "facts.json").write_text(json.dumps({"assembly": "made", "contigs": contigs}))
    return {sex: write_reads(folder, genome, sex, rng) for sex in ("male", "female")}


def call(
    person: Person,
    folder: Path,
    caller: str,
    rows: list[tuple[str, int, int, int]],
    targets: Path | None = None,
) -> Called:
    folder.mkdir(parents=True, exist_ok=True)
    write_bed(folder / "pieces.bed", rows)
    given = {
        "genome": str(person.folder / "genome.fa"),
        "fai": str(person.folder / "genome.fa.fai"),
        "facts": str(person.folder / "facts.json"),
        "pieces": str(folder / "pieces.bed"),
    }
    reads = {
        "cram": str(person.folder / f"{person.sex}.cram"),
        "crai": str(person.folder / f"{person.sex}.cram.crai"),
        "dictionary": str(person.folder / "genome.dict"),
        "md5_cache": str(person.folder / "md5"),
    }
    facts = {
        "person": {"sample": person.name, "sex": person.sex},
        "assembly": asdict(ASSEMBLY),
        "overlap": OVERLAP,
        "caller": caller,
    }
    call_piece = import_module(f"schelde.callers.{caller}").call_piece
    gvcfs = []
    for piece in sorted({row[3] for row in rows}):
        gvcfs.append(str(folder / f"{piece}.g.vcf.gz"))
        machine = Machine(1, 2000, folder, folder / f"{piece}.log")
        run_piece(call_piece, {**given, **reads}, {"gvcf": gvcfs[-1]}, facts, piece, machine)
    filters = {"filters": str(ROOT / f"resources/filters/{caller}.yaml")}
    exact = {"targets": str(targets)} if targets else {}
    output = {"gvcf": str(folder / "s.g.vcf.gz"), "vcf": str(folder / "s.vcf.gz")}
    digests = {f"{key}_md5": f"{file}.md5" for key, file in output.items()}
    machine = Machine(1, 2000, folder, folder / "gather.log")
    run_gather(gvcfs, {**given, **filters, **exact}, {**output, **digests}, facts, machine)
    return Called(folder / "s.g.vcf.gz", folder / "s.vcf.gz", folder)


def genome_pieces(pieces: int) -> list[tuple[str, int, int, int]]:
    return numbered(scatter(calling_intervals(ASSEMBLY.primary, LENGTHS, []), pieces))


@pytest.fixture(scope="module")
def called(
    people: dict[str, Person],
    tmp_path_factory: pytest.TempPathFactory,
    need: Callable[..., None],
) -> Callable[[str, str, int], Called]:
    done: dict[tuple[str, str, int], Called] = {}

    def get(caller: str, sex: str, pieces: int) -> Called:
        need(caller)
        if (caller, sex, pieces) not in done:
            folder = tmp_path_factory.mktemp(f"{caller}-{sex}-{pieces}")
            rows = genome_pieces(pieces)
            done[caller, sex, pieces] = call(people[sex], folder, caller, rows)
        return done[caller, sex, pieces]

    return get


Get = Callable[[str, str, int], Called]


def records(path: Path) -> Iterator[list[str]]:
    with pysam.TabixFile(str(path)) as file:
        for line in file.fetch():
            yield line.split("\t")


@CALLERS
def test_more_pieces_give_the_same_bytes(called: Get, caller: str) -> None:
    one, three = called(caller, "male", 1), called(caller, "male", 3)
    assert list(records(one.gvcf)) == list(records(three.gvcf))
    assert one.gvcf.read_bytes() == three.gvcf.read_bytes()
    assert one.vcf.read_bytes() == three.vcf.read_bytes()


@CALLERS
def test_what_was_drawn_is_called_with_its_genotype_and_ploidy(
    called: Get, people: dict[str, Person], caller: str
) -> None:
    expected = {}
    for contig, variants in people["male"].truth.items():
        inside = ASSEMBLY.par.get(contig, ((0, 0),))[0][1]
        for pos, (ref, alt, genotype) in variants.items():
            diploid = contig == "1" or (contig == "X" and pos <= inside)
            if contig == "Y" and pos <= inside:
                continue
            if diploid:
                expected[contig, pos, ref, alt] = genotype
            elif genotype == "1/1":
                expected[contig, pos, ref, alt] = "1"
    found = {}
    for row in records(called(caller, "male", 1).vcf):
        genotype = "/".join(sorted(row[9].split(":")[0].replace("|", "/").split("/")))
        found[row[0], int(row[1]), row[3], row[4]] = genotype
    # Drawn indels may be written further left, and a made-up genome has no other variants.
    same = {key for key, genotype in expected.items() if found.get(key) == genotype}
    assert len(same) >= 0.9 * len(expected)
    assert len(found) <= 1.1 * len(expected)
    snps = {key for key in expected if len(key[2]) == len(key[3]) == 1}
    assert {key: found.get(key) for key in snps} == {key: expected[key] for key in snps}


@CALLERS
def test_the_gvcf_covers_every_base_once(called: Get, caller: str) -> None:
    covered: dict[str, list[int]] = {contig: [0] * (n + 1) for contig, n in LENGTHS.items()}
    for row in records(called(caller, "male", 3).gvcf):
        pos, end = int(row[1]), int(row[1]) + len(row[3]) - 1
        for field in row[7].split(";"):
            if field.startswith("END="):
                end = int(field[4:])
        is_block = row[4] in ("<*>", "<NON_REF>")
        for base in range(pos, end + 1):
            covered[row[0]][base] = 1 if not is_block else covered[row[0]][base] + 1
    masked = ASSEMBLY.par["Y"][0][1]
    assert covered["Y"] == [0] * (masked + 1) + [1] * (LENGTHS["Y"] - masked)
    for contig in ("1", "X", "M"):
        assert covered[contig] == [0] + [1] * LENGTHS[contig]


@CALLERS
def test_genotypes_of_the_gvcf_have_as_many_alleles_as_the_person(called: Get, caller: str) -> None:
    ploidy = ASSEMBLY.ploidy(Sex.MALE, LENGTHS)
    for row in records(called(caller, "male", 3).gvcf):
        (copies,) = [n for c, s, e, n in ploidy if c == row[0] and s < int(row[1]) <= e]
        assert len(row[9].split(":")[0].replace("|", "/").split("/")) == copies, row


@CALLERS
def test_a_woman_has_no_record_on_y(called: Get, caller: str) -> None:
    files = called(caller, "female", 2)
    assert {row[0] for row in records(files.gvcf)} == {"1", "X", "M"}
    assert "Y" not in {row[0] for row in records(files.vcf)}


def test_a_piece_of_which_a_person_has_nothing_is_empty(
    people: dict[str, Person], tmp_path: Path
) -> None:
    rows = [("1", 0, LENGTHS["1"], 1), ("X", 0, LENGTHS["X"], 1)]
    rows += [("Y", 0, LENGTHS["Y"], 2), ("M", 0, LENGTHS["M"], 3)]
    files = call(people["female"], tmp_path, "bcftools", rows)
    assert list(records(tmp_path / "2.g.vcf.gz")) == []
    assert {row[0] for row in records(files.gvcf)} == {"1", "X", "M"}


@CALLERS
def test_headers_tell_nothing_of_where_and_when_they_were_made(called: Get, caller: str) -> None:
    files = called(caller, "male", 1)
    for path in (files.gvcf, files.vcf):
        with pysam.TabixFile(str(path)) as file:
            lines = list(file.header)
        kinds = {line.split("=")[0].lstrip("#") for line in lines[:-1]}
        assert kinds <= {"fileformat", "source", "FILTER", "ALT", "INFO", "FORMAT", "contig"}
        assert not any(str(files.folder) in line for line in lines)
        assert lines[-1].split("\t")[9:] == ["male-1"]
        assert any(
            line.startswith("##contig=<ID=1,length=30000,assembly=made,md5=") for line in lines
        )


@CALLERS
def test_files_are_what_bcftools_and_md5sum_take(called: Get, caller: str) -> None:
    files = called(caller, "male", 3)
    for path in (files.gvcf, files.vcf):
        shown = subprocess.run(
            ["bcftools", "view", "--output-type", "u", "--output", "/dev/null", path],
            check=True,
            capture_output=True,
        )
        assert b"[E::" not in shown.stderr
        subprocess.run(
            ["md5sum", "--check", "--quiet", f"{path.name}.md5"], cwd=path.parent, check=True
        )
        assert Path(f"{path}.tbi").exists()


@CALLERS
def test_variants_are_split_left_aligned_and_filtered(
    called: Get, people: dict[str, Person], caller: str
) -> None:
    files = called(caller, "male", 1)
    rows = list(records(files.vcf))
    assert all("," not in row[4] and row[4] not in ("*", ".") for row in rows)
    assert all("1" in row[9].split(":")[0] for row in rows)
    assert {row[6] for row in rows} >= {"PASS"}
    assert "." not in {row[6] for row in rows}
    again = subprocess.run(
        [
            *("bcftools", "norm", "--multiallelics", "-any", "--no-version"),
            *("--fasta-ref", people["male"].folder / "genome.fa", files.vcf),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    body = [line.split("\t") for line in again.stdout.splitlines() if not line.startswith("#")]
    assert body == rows


def test_targets_limit_the_variants_and_their_padding_the_gvcf(
    people: dict[str, Person], tmp_path: Path, need: Callable[..., None]
) -> None:
    snps = [
        pos
        for pos, (ref, alt, _) in people["male"].truth["1"].items()
        if len(ref) == len(alt) and pos > 2000
    ]
    write_bed(tmp_path / "targets.bed", [("1", pos - 1, pos + 200) for pos in snps[:4:2]])
    rows = [("1", pos - 1501, pos + 1700, 1 + i) for i, pos in enumerate(snps[:4:2])]
    files = call(people["male"], tmp_path / "out", "bcftools", rows, tmp_path / "targets.bed")
    assert [int(row[1]) for row in records(files.vcf)] == snps[:4:2]
    first = next(records(files.gvcf))
    assert int(first[1]) == rows[0][1] + 1


def test_a_caller_that_passes_over_reads_fails(
    people: dict[str, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It goes no further than the first 9 kb, and ends with status 0.
    cut = ["bcftools", "view", "--no-version", "--targets", "1:1-9000", "-"]
    monkeypatch.setattr(
        bcftools, "reading", lambda commands, log, env: reading([*commands, cut], log, env)
    )
    with pytest.raises(SystemExit, match="no record for 1:9001-30000, where there are reads"):
        call(people["male"], tmp_path, "bcftools", genome_pieces(1))
    assert "CallError" in (tmp_path / "1.log").read_text()
    assert not list(tmp_path.glob("*.vcf.gz*"))


@pytest.mark.parametrize("size", [2, 1000])
def test_a_piece_that_is_damaged_is_refused(
    called: Get, people: dict[str, Person], tmp_path: Path, size: int
) -> None:
    whole = called("bcftools", "male", 3)
    for path in whole.folder.glob("[123].g.vcf.gz*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = tmp_path / "2.g.vcf.gz"
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // size])
    folder = people["male"].folder
    named = {key: str(folder / file) for key, file in GENOME_FILES.items()}
    named["pieces"] = str(whole.folder / "pieces.bed")
    named["filters"] = str(ROOT / "resources/filters/bcftools.yaml")
    output = {"gvcf": str(tmp_path / "s.g.vcf.gz"), "vcf": str(tmp_path / "s.vcf.gz")}
    facts = {
        "person": {"sample": "male-1", "sex": "male"},
        "assembly": asdict(ASSEMBLY),
        "overlap": OVERLAP,
        "caller": "bcftools",
    }
    digests = {f"{key}_md5": f"{file}.md5" for key, file in output.items()}
    gvcfs = [str(tmp_path / f"{piece}.g.vcf.gz") for piece in (1, 2, 3)]
    machine = Machine(1, 500, tmp_path, tmp_path / "log")
    with pytest.raises(SystemExit):
        run_gather(gvcfs, named, {**output, **digests}, facts, machine)
    assert not (tmp_path / "s.g.vcf.gz").exists()


GENOME_FILES = {"genome": "genome.fa", "fai": "genome.fa.fai", "facts": "facts.json"}
