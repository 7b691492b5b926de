from __future__ import annotations

import pytest
from tests.unit.ega_bundle import one, with_genome, with_instrument

from schelde.ega.vocabulary import (
    EgaError,
    genome_of,
    instrument,
    instrument_of,
    words,
)
from schelde.vocabulary import instruments, library_selections, study_types


def test_lists_for_the_sheet_have_each_word_once():
    for found in (instruments(), library_selections(), study_types()):
        assert len(found) == len(set(found)) > 5


def test_an_instrument_is_found_with_its_platform():
    found = instrument("DNBSEQ-T7", "DNBSEQ")
    assert found is not None
    assert (found.id, found.platform, found.xml_platform) == (76, "DNBSEQ", "DNBSEQ")
    assert found.xml_model == "DNBSEQ-T7"


@pytest.mark.parametrize(
    ("model", "platform", "in_xml"),
    [
        ("Illumina NovaSeq X", "ILLUMINA", ("ILLUMINA", "unspecified")),
        ("MGISEQ-2000RS", "DNBSEQ", ("DNBSEQ", "unspecified")),
        ("Illumina NovaSeq 6000", "ILLUMINA", ("ILLUMINA", "Illumina NovaSeq 6000")),
    ],
)
def test_xml_says_unspecified_of_a_model_that_its_schema_lacks(model, platform, in_xml):
    found = instrument(model, platform)
    assert found is not None
    assert (found.xml_platform, found.xml_model) == in_xml


@pytest.mark.parametrize(
    ("platform", "number"), [("ILLUMINA", 30), ("DNBSEQ", 80), ("IONTORRENT", 67), ("ONT", 52)]
)
def test_an_unspecified_instrument_is_one_of_its_platform(platform, number):
    found = instrument("unspecified", platform)
    assert found is not None
    assert found.id == number


def test_an_unspecified_instrument_of_a_platform_unknown_to_ega_is_none():
    assert instrument("unspecified", "ULTIMA") is None


def test_a_sample_read_on_an_unknown_instrument_is_named():
    member = with_instrument("Sequencer 3000").members[0]
    with pytest.raises(EgaError, match=r"'P1AAAA'.*'Sequencer 3000' of platform 'ILLUMINA'"):
        instrument_of(member)


def test_a_sample_without_read_groups_has_an_instrument_all_the_same():
    assert instrument_of(one(read_groups=()).members[0]).id == 25


def test_words_that_nobody_wrote_are_a_mistake():
    with pytest.raises(KeyError):
        words("colours")


@pytest.mark.parametrize(
    ("genome", "accession", "release"),
    [
        ("GRCh38", "GCA_000001405.29", (28, "GRCh38.p14", "GCA_000001405.29")),
        ("GRCh38", None, (15, "GRCh38", "GCA_000001405.15")),
        ("GRCh38", "GCA_009914755.4", (15, "GRCh38", "GCA_000001405.15")),
        ("GRCh37", None, (1, "GRCh37", "GCA_000001405.1")),
    ],
)
def test_a_release_is_found_by_accession_else_the_first_one(genome, accession, release):
    found = genome_of(with_genome(genome, accession, ("chr1", 1000)).reference)
    assert found is not None
    assert (found.id, found.name, found.accession) == release


def test_chromosomes_are_found_whether_or_not_they_begin_with_chr():
    plain = genome_of(with_genome("GRCh38", None, ("1", 1000), ("X", 1000)).reference)
    chr_ = genome_of(with_genome("GRCh38", None, ("chr1", 1000), ("chrX", 1000)).reference)
    assert plain == chr_
    assert plain is not None
    assert [(each.id, each.name) for each in plain.chromosomes] == [(50, "chr1"), (72, "chrX")]


def test_a_mitochondrion_of_another_length_is_not_that_of_ega():
    found = genome_of(with_genome("GRCh37", None, ("chr1", 1000), ("chrM", 16_571)).reference)
    assert found is not None
    assert [each.name for each in found.chromosomes] == ["1"]


def test_contigs_that_are_no_chromosomes_are_left_out():
    found = genome_of(with_genome("GRCh38", None, ("chr1", 9), ("chr1_alt", 9)).reference)
    assert found is not None
    assert [each.name for each in found.chromosomes] == ["chr1"]


@pytest.mark.parametrize("genome", [None, "GRCh38"])
def test_a_genome_without_known_chromosomes_is_unknown(genome):
    assert genome_of(with_genome(genome, None, ("contig7", 1000)).reference) is None
