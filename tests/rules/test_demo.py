"""The demo's data held against the tools that will read them."""

from __future__ import annotations

import csv
import gzip
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, pairwise, product
from pathlib import Path

import pysam
import pytest

from schelde.assembly import read_assembly
from schelde.demo import DemoProject, make_demo
from schelde.demo.family import (
    FATHER,
    MOTHER,
    Chromosome,
    Member,
    Segment,
    bases_of,
    make_trio,
)
from schelde.demo.genome import (
    CHR20,
    MITOCHONDRION,
    Genome,
    Region,
    X,
    cut_genome,
    read_chr20,
)
from schelde.demo.sheets import LANES
from schelde.demo.variants import Site, draw_sites
from schelde.inputs import load
from schelde.sheet import Lane

ROOT = Path(__file__).parents[2]
SCALE = 0.1
Inside = tuple[Genome, tuple[Site, ...], tuple[Member, Member, Member]]
NAME = re.compile(r"@(DEMO1:\d+:HDEMO[AB]{2}XX:\d:\d{4}:\d+:\d+) ([12]):N:0:[ACGT]{8}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, need: Callable[..., None]) -> DemoProject:
    need("art_illumina", "bcftools", "samtools", "bwa")
    if not CHR20.is_file():
        pytest.skip(f"no {CHR20}: Debian's package vt-examples is not installed")
    return make_demo(tmp_path_factory.mktemp("demo"), scale=SCALE)


@pytest.fixture(scope="module")
def inside(made: DemoProject) -> Inside:
    """What the data were made from."""
    genome = cut_genome(read_chr20(), SCALE)
    sites = draw_sites(genome, 1)
    return genome, sites, make_trio(genome, sites, 1)


@pytest.fixture(scope="module")
def aligned(made: DemoProject) -> DemoProject:
    """Each library of the demo aligned and marked for duplicates by itself: <library>.bam."""
    run(f"bwa index {made.genome} 2> /dev/null")
    for library in {lane.library for lane in LANES}:
        lanes = [lane for lane in LANES if lane.library == library]
        ends = [" ".join(str(fastq(made, lane, end)) for lane in lanes) for end in (1, 2)]
        run(
            f"bwa mem -t 2 {made.genome} <(cat {ends[0]}) <(cat {ends[1]}) 2> /dev/null"
            "| samtools fixmate -m -u - - | samtools sort -u - 2> /dev/null"
            f"| samtools markdup -d 100 --write-index - {made.directory}/{library}.bam"
        )
    return made


def run(command: str) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True, text=True
    )
    return done.stdout


def fastq(project: DemoProject, lane: Lane, end: int) -> Path:
    return project.directory / (lane.fq1, lane.fq2)[end - 1][0]


def titles(project: DemoProject, lane: Lane, end: int) -> list[str]:
    with gzip.open(fastq(project, lane, end), "rt") as lines:
        return [line.rstrip("\n") for number, line in enumerate(lines) if number % 4 == 0]


def halves(member: Member) -> tuple[Mapping[str, Chromosome], ...]:
    return member.paternal, member.maternal


def inherited(half: Mapping[str, Chromosome], region: Region) -> Chromosome:
    """The parts of a region that came from one parent; empty if there is no copy from it."""
    return tuple(
        Segment(part.contig, max(part.start, region.start), min(part.end, region.end), part.founder)
        for part in chain.from_iterable(half.values())
        if part.contig == region.contig and part.start < region.end and region.start < part.end
    )


def depths(project: DemoProject, genome: Genome, library: str) -> dict[str, float]:
    """Mean depth by contig where there is sequence on one contig only: no gap and no PAR."""
    found = {}
    with pysam.AlignmentFile(str(project.directory / f"{library}.bam")) as records:
        for region in genome.regions:
            if region.contig != X or region.start == genome.par_x[1]:
                columns = records.count_coverage(region.contig, *region.inner)
                found[region.contig] = sum(map(sum, columns)) / (region.inner[1] - region.inner[0])
    return found


def reads(project: DemoProject, library: str) -> Iterator[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(project.directory / f"{library}.bam")) as records:
        yield from (r for r in records if not (r.is_secondary or r.is_supplementary))


def consensus(project: DemoProject, sample: str, region: str, haplotype: int) -> str:
    fasta = run(
        f"samtools faidx {project.genome} {region}"
        f"| bcftools consensus -s {sample} -H {haplotype} {project.truth(sample)}"
    )
    return "".join(fasta.splitlines()[1:])


def test_the_same_bytes_are_made_every_time(made: DemoProject, tmp_path: Path) -> None:
    again = make_demo(tmp_path, scale=SCALE)
    files = [path for path in again.directory.rglob("*") if path.is_file()]
    assert len(files) > 25
    for path in files:
        if path.parent.name == "keys" or path.name == "pseudonyms.tsv":
            continue  # drawn at random, once
        other = made.directory / path.relative_to(again.directory)
        assert path.read_bytes() == other.read_bytes(), path.name


def test_its_config_and_sheets_are_right_as_they_stand(
    made: DemoProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.directory)
    found = load(
        {}, [Path("config/config.yaml")], workflow_dir=ROOT, thorough=True, tools_on_path=False
    )
    assert found.sheet.samples == made.samples
    assert found.assembly == read_assembly(made.assembly)


def test_the_truth_gives_back_the_sequences_that_reads_were_drawn_from(
    made: DemoProject, inside: Inside
) -> None:
    genome, sites, trio = inside
    for member, region in product(trio, genome.regions):
        copies = [part for part in (inherited(half, region) for half in halves(member)) if part]
        for number, part in enumerate(copies, start=1):
            place = f"{region.contig}:{region.start + 1}-{region.end}"
            drawn = bases_of(genome, sites, part)
            assert consensus(made, member.sample, place, number) == drawn, (member.sample, place)


def test_a_normaliser_finds_nothing_to_do_in_the_truth(made: DemoProject) -> None:
    for sample in made.samples:
        before = run(f"bcftools view --no-version {made.truth(sample)}")
        norm = f"bcftools norm --no-version -c e -f {made.genome} {made.truth(sample)} 2> /dev/null"
        assert run(norm) == before


def test_the_truth_has_alleles_for_every_copy_and_no_other(made: DemoProject) -> None:
    ploidies = {}
    for sample in (FATHER, MOTHER):
        rows = run(f"bcftools query -f '%CHROM %POS [%GT]\\n' {made.truth(sample)}").splitlines()
        par_end = read_assembly(made.assembly).par[X][0][1]
        ploidies[sample] = {
            (contig, int(position) <= par_end if contig == X else None, genotype.count("|") + 1)
            for contig, position, genotype in map(str.split, rows)
        }
    autosome, male_x, par = ("chr20", None, 2), (X, False, 1), (X, True, 2)
    mitochondrion = (MITOCHONDRION, None, 1)
    assert ploidies[FATHER] == {autosome, male_x, par, mitochondrion, ("chrY", None, 1)}
    assert ploidies[MOTHER] == {autosome, (X, False, 2), par, mitochondrion}


def test_read_names_are_illuminas_in_step_and_never_twice(made: DemoProject) -> None:
    for sample in made.samples:
        names: list[str] = []
        for lane in (lane for lane in LANES if lane.sample == sample):
            ends = [[NAME.fullmatch(title) for title in titles(made, lane, end)] for end in (1, 2)]
            assert all(match for matches in ends for match in matches)
            found = [[(m[1], m[2]) for m in matches if m] for matches in ends]
            assert [(name, "2") for name, _ in found[0]] == found[1]
            assert all(f":{lane.flowcell}:{lane.lane}:" in name for name, _ in found[0])
            names += [name for name, _ in found[0]]
        assert len(names) == len(set(names)) > 2_000


def test_the_gzip_header_holds_neither_time_nor_name(made: DemoProject) -> None:
    for lane, end in product(LANES, (1, 2)):
        header = fastq(made, lane, end).read_bytes()[:10]
        assert header[3:8] == bytes(5)


def test_reads_lie_in_random_order(aligned: DemoProject) -> None:
    places = {
        read.query_name: (read.reference_id, read.reference_start)
        for read in reads(aligned, "M1")
        if read.is_read1
    }
    lane = next(lane for lane in LANES if lane.library == "M1")
    order = [places[title.split()[0][1:]] for title in titles(aligned, lane, 1)]
    rising = sum(a < b for a, b in pairwise(order)) / len(order)
    assert 0.47 < rising < 0.53


def test_copies_of_a_library_are_duplicates_and_those_of_another_are_not(
    aligned: DemoProject,
) -> None:
    marked: dict[str, bool] = {}
    for library in {lane.library for lane in LANES}:
        marked |= {r.query_name or "": r.is_duplicate for r in reads(aligned, library)}
    kinds: Counter[tuple[str, bool]] = Counter()
    for sample in aligned.samples:
        with aligned.copies(sample).open() as rows:
            for row in csv.DictReader(rows, delimiter="\t"):
                of_pair = marked[row["read"]] + marked[row["of"]]
                kinds[row["kind"], of_pair == (row["kind"] != "coincidence")] += 1
    for kind in ("pcr", "optical", "coincidence"):
        assert kinds[kind, True] >= 5
        # A few are copied twice, or are duplicates of a third pair by chance.
        assert kinds[kind, False] <= 0.05 * kinds[kind, True] + 1


def test_a_male_has_half_the_depth_on_x_and_on_y(aligned: DemoProject, inside: Inside) -> None:
    depth = {library: depths(aligned, inside[0], library) for library in ("M1", "F1")}
    assert depth["M1"][X] / depth["M1"]["chr20"] == pytest.approx(1, abs=0.15)
    assert depth["F1"][X] / depth["F1"]["chr20"] == pytest.approx(0.5, abs=0.1)
    assert depth["F1"]["chrY"] / depth["F1"]["chr20"] == pytest.approx(0.5, abs=0.1)
    assert depth["M1"]["chrY"] == 0


def test_some_reads_do_not_map_and_some_run_over_the_ends_of_the_mitochondrion(
    aligned: DemoProject,
) -> None:
    found = Counter((r.is_unmapped, r.mate_is_unmapped) for r in reads(aligned, "M1"))
    assert found[True, True] > 0
    assert found[True, False] == found[False, True] > 0
    ends = Counter(r.has_tag("SA") for r in reads(aligned, "M1") if r.reference_name == "chrM")
    assert ends[True] > 0
