"""Counts become rates, a table, TSV and JSON."""

import json

import pytest

from schelde.evaluate.results import (
    Evaluation,
    Finding,
    Row,
    VariantType,
    details_tsv,
    table,
    tsv,
)

SNPS = Row(VariantType.SNP, 10, 8, 16, 8, 6)
NONE = Row(VariantType.INDEL, 0, 0, 0, 0, 0)
JUDGED = Evaluation(
    "child", "HG001", (SNPS, NONE), (Finding("FN", VariantType.SNP, "20", 7, "A", "C"),), 0, 0
)


def test_rates_follow_their_definitions() -> None:
    assert (SNPS.recall, SNPS.precision, SNPS.genotype_concordance) == (0.8, 0.5, 0.75)
    assert SNPS.f1 == pytest.approx(2 / (1 / 0.8 + 1 / 0.5))


def test_rates_of_nothing_do_not_exist() -> None:
    assert (NONE.recall, NONE.precision, NONE.f1, NONE.genotype_concordance) == (None,) * 4


def test_f1_is_zero_when_nothing_is_right() -> None:
    assert Row(VariantType.SNP, 3, 0, 2, 0, 0).f1 == 0


def test_the_table_is_aligned() -> None:
    assert table([JUDGED]).splitlines() == [
        "sample  type   truth  found  recall  calls  right  precision      F1      GT",
        "child   SNP       10      8  0.8000     16      8     0.5000  0.6154  0.7500",
        "child   INDEL      0      0       -      0      0          -       -       -",
    ]


def test_nearly_all_is_not_shown_as_all() -> None:
    row = Row(VariantType.SNP, 100_000, 99_999, 100_000, 100_000, 99_999)
    cells = table([Evaluation("a", "b", (row,), (), 0, 0)]).splitlines()[1].split()
    assert (cells[4], cells[7]) == ("0.9999", "1.0000")


def test_the_table_says_what_was_not_compared() -> None:
    text = table([Evaluation("a", "b", (SNPS,), (), 2, 3)])
    assert "a: 2 clusters were too tangled" in text
    assert "a: 3 alleles without a sequence" in text


def test_json_holds_all_numbers() -> None:
    found = json.loads(JUDGED.to_json())
    assert found["types"]["SNP"]["truth_matched"] == 8
    assert found["types"]["INDEL"]["recall"] is None
    assert (found["sample"], found["truth_sample"]) == ("child", "HG001")


def test_tsv_has_a_row_for_each_type() -> None:
    header, snps, indels = tsv([JUDGED]).splitlines()
    assert dict(zip(header.split("\t"), snps.split("\t"), strict=True))["precision"] == "0.5"
    assert indels == "child\tINDEL\t0\t0\t0\t0\t0\t\t\t\t"


def test_details_are_written_as_in_a_vcf() -> None:
    assert details_tsv(JUDGED).splitlines()[1] == "FN\tSNP\t20\t7\tA\tC"
