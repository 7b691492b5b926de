from __future__ import annotations

import gzip
import random
from itertools import pairwise, product
from pathlib import Path

import pytest
import yaml

from schelde.demo.family import Member, Segment, bases_of, make_trio
from schelde.demo.genome import (
    CUTS,
    MITOCHONDRION,
    Genome,
    X,
    Y,
    assembly_text,
    cut_genome,
    fasta_text,
    read_chr20,
)
from schelde.demo.truth import confident_text, targets_text, truth_text
from schelde.demo.variants import Site, draw_sites
from schelde.errors import UserError
from schelde.sheet import Sex

SEEDS = range(1, 9)

Families = list[tuple[tuple[Site, ...], tuple[Member, Member, Member]]]


@pytest.fixture(scope="module")
def genome() -> Genome:
    block = "".join(random.Random(1).choices("ACGT", k=9_973))
    end = max(start + length for start, length in CUTS.values())
    return cut_genome((block * (end // len(block) + 1))[:end], 0.2)


def tiny(chr20: str, x: str = "") -> Genome:
    return Genome({"chr20": chr20, X: x, Y: "NN"}, (0, 2), (0, 2), (0, 0))


@pytest.fixture(scope="module")
def families(genome: Genome) -> Families:
    found = []
    for seed in SEEDS:
        sites = draw_sites(genome, seed)
        found.append((sites, make_trio(genome, sites, seed)))
    return found


def test_the_par_of_y_is_masked_and_as_long_as_that_of_x(genome: Genome) -> None:
    (start, end), (y_start, y_end) = genome.par_x, genome.par_y
    assert end - start == y_end - y_start
    assert "N" not in genome.contigs[X][start:end]
    assert set(genome.contigs[Y][:y_end]) == {"N"}
    assert "N" not in genome.contigs[Y][y_end:]


def test_only_gap_telomeres_and_the_par_of_y_are_n(genome: Genome) -> None:
    runs = {contig: bases.count("N") for contig, bases in genome.contigs.items()}
    gap = genome.gap[1] - genome.gap[0]
    assert runs == {"chr20": gap, X: genome.par_x[0], Y: genome.par_y[1], MITOCHONDRION: 0}


def test_regions_hold_every_base_that_is_not_n_once(genome: Genome) -> None:
    held = sum(region.end - region.start for region in genome.regions)
    assert held == sum(len(bases) - bases.count("N") for bases in genome.contigs.values())


@pytest.mark.parametrize("scale", [0.0, 0.09, 10.5])
def test_a_scale_that_makes_no_demo_is_refused(scale: float) -> None:
    with pytest.raises(UserError, match=r"scale: .* give a number from 0\.1 to 10"):
        cut_genome("", scale)


def test_a_source_that_is_not_chromosome_20_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "20.fa.gz"
    source.write_bytes(gzip.compress(b">20\nACGT\n"))
    with pytest.raises(UserError, match="give chromosome 20 of GRCh37"):
        read_chr20(source)


def test_a_missing_source_names_the_package_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="install Debian's package vt-examples"):
        read_chr20(tmp_path / "20.fa.gz")


def test_the_fasta_has_every_base(genome: Genome) -> None:
    records = [record.split("\n", 1) for record in fasta_text(genome).split(">")[1:]]
    assert {name: body.replace("\n", "") for name, body in records} == genome.contigs


def test_the_assembly_file_says_what_the_assembly_is(genome: Genome) -> None:
    written = yaml.safe_load(assembly_text(genome))
    assembly = genome.assembly
    assert (*written["autosomes"], written["x"], written["y"], written["mitochondrion"]) == (
        assembly.primary
    )
    assert {c: tuple(map(tuple, p)) for c, p in written["par"].items()} == assembly.par


def test_genotypes_have_as_many_alleles_as_the_assembly_says_copies(
    genome: Genome, families: Families
) -> None:
    lengths = {contig: len(bases) for contig, bases in genome.contigs.items()}
    for sites, trio in families:
        for site, member in product(sites, trio):
            copies = next(
                number
                for contig, start, end, number in genome.assembly.ploidy(member.sex, lengths)
                if contig == site.contig and start <= site.start < end
            )
            assert len(member.genotype(site)) == copies


def test_each_allele_of_the_child_is_one_of_the_parent_it_comes_from(families: Families) -> None:
    for sites, (father, mother, child) in families:
        for site in sites:
            alleles = child.genotype(site)
            if len(alleles) == 2:
                assert alleles[0] in father.genotype(site)
                assert alleles[1] in mother.genotype(site)
            elif site.contig == Y:
                assert alleles == father.genotype(site)
            else:
                assert alleles[0] in mother.genotype(site)


def test_the_child_has_nothing_of_its_fathers_mitochondrion(families: Families) -> None:
    for sites, (_, mother, child) in families:
        own = [site for site in sites if site.contig == MITOCHONDRION]
        assert [child.genotype(s) for s in own] == [mother.genotype(s) for s in own]


def test_the_par_of_the_childs_y_begins_as_the_fathers_x_and_ends_as_his_y(
    genome: Genome, families: Families
) -> None:
    for _, (_, _, child) in families:
        before, swapped, kept, after = child.paternal[Y]
        assert (before.founder, swapped.founder, kept.founder, after.founder) == (0, 1, 0, 0)
        assert (swapped.start, swapped.end, kept.end) == (
            genome.par_x[0],
            kept.start,
            genome.par_x[1],
        )


def test_some_chromosomes_cross_over_and_some_do_not(families: Families) -> None:
    pieces = {len(child.maternal["chr20"]) for _, (_, _, child) in families}
    assert pieces == {1, 2}


def test_a_chromosome_has_the_variants_of_its_founder_strand() -> None:
    genome = tiny("AACCGGTT")
    sites = [
        Site("chr20", 1, "AC", ("A",), (1, 0, 0, 0)),
        Site("chr20", 4, "G", ("GTT", "C"), (2, 1, 0, 0)),
    ]
    chromosome = (Segment("chr20", 0, 3, 0), Segment("chr20", 3, 8, 1))
    assert bases_of(genome, sites, chromosome) == "AA" + "CGTTGTT"


def test_truth_drops_alleles_that_the_sample_does_not_have() -> None:
    genome = tiny("GCAAAT")
    site = Site("chr20", 1, "CAA", ("C", "CA"), (0, 2, 1, 0))
    halves = [{"chr20": (Segment("chr20", 0, 6, founder),)} for founder in (0, 1)]
    member = Member("S", Sex.FEMALE, *halves)
    assert truth_text(genome, [site], member).splitlines()[-1].split("\t") == [
        *("chr20", "2", ".", "CA", "C", ".", "PASS", ".", "GT", "0|1")
    ]


def test_truth_keeps_two_variant_alleles_in_one_record() -> None:
    genome = tiny("GCAAAT")
    site = Site("chr20", 1, "CAA", ("C", "CA"), (2, 1, 0, 0))
    halves = [{"chr20": (Segment("chr20", 0, 6, founder),)} for founder in (0, 1)]
    member = Member("S", Sex.FEMALE, *halves)
    assert truth_text(genome, [site], member).splitlines()[-1].split("\t") == [
        *("chr20", "2", ".", "CAA", "C,CA", ".", "PASS", ".", "GT", "2|1")
    ]


def test_only_those_with_a_y_have_a_truth_there(genome: Genome) -> None:
    sites = draw_sites(genome, 1)
    with_y = [Y in confident_text(genome, member) for member in make_trio(genome, sites, 1)]
    assert with_y == [True, False, True]


def test_targets_are_sorted_apart_and_as_long_as_exons(genome: Genome) -> None:
    rows = [row.split("\t") for row in targets_text(genome, 1).splitlines()]
    ends = [(int(start), int(end)) for _, start, end, _ in rows]
    assert len(rows) == 20
    assert all(100 <= end - start <= 300 for start, end in ends)
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    assert not any("N" in genome.contigs["chr20"][start:end] for start, end in ends)
