"""Hard filters as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.filters import Filter, FilterError, read_filters

ROOT = Path(__file__).parents[2]
WHOLE = "- {name: QD2, type: any, expression: QD < 2, source: GATK}\n"


@pytest.mark.parametrize(
    ("kind", "expression", "words"),
    [
        ("snp", 'TYPE="snp" && (QD < 2)', "SNPs"),
        ("indel", 'TYPE!="snp" && (QD < 2)', "what is not a SNP"),
        ("any", "QD < 2", "variants"),
    ],
)
def test_a_filter_is_for_its_type_of_variant_only(kind: str, expression: str, words: str) -> None:
    found = Filter("QD2", kind, "QD < 2", "GATK")  # type: ignore[arg-type]
    assert found.command[found.command.index("--exclude") + 1] == expression
    assert found.header == f'##FILTER=<ID=QD2,Description="Set for {words} with QD < 2 (GATK)">'


def test_quotes_of_an_expression_are_escaped_in_the_header() -> None:
    line = Filter("X", "any", 'ID="a"', r"b\c").header
    assert line == r'##FILTER=<ID=X,Description="Set for variants with ID=\"a\" (b\\c)">'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: QD2, type: any, expression: QD < 2}\n", "a filter has the keys"),
        (WHOLE.replace("any", "SNP"), "'QD2' has the type 'SNP'"),
        (WHOLE + WHOLE, "two filters have one name"),
    ],
)
def test_filters_that_are_not_whole_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "filters.yaml").write_text(text)
    with pytest.raises(FilterError, match=message):
        read_filters(tmp_path / "filters.yaml")


@pytest.mark.parametrize("caller", ["gatk", "gatk-dragen", "bcftools", "freebayes", "pairhmm"])
def test_every_caller_has_filters_for_snps_and_for_the_rest(caller: str) -> None:
    kinds = {each.type for each in read_filters(ROOT / f"resources/filters/{caller}.yaml")}
    assert "any" in kinds or kinds == {"snp", "indel"}


def test_gatk_has_the_filters_that_gatk_publishes() -> None:
    found = {
        (each.name, each.type, each.expression)
        for each in read_filters(ROOT / "resources/filters/gatk.yaml")
    }
    assert found == {
        ("QD2", "any", "QD < 2"),
        ("QUAL30", "any", "QUAL < 30"),
        ("SOR3", "snp", "SOR > 3"),
        ("FS60", "snp", "FS > 60"),
        ("MQ40", "snp", "MQ < 40"),
        ("MQRankSum-12.5", "snp", "MQRankSum < -12.5"),
        ("ReadPosRankSum-8", "snp", "ReadPosRankSum < -8"),
        ("FS200", "indel", "FS > 200"),
        ("ReadPosRankSum-20", "indel", "ReadPosRankSum < -20"),
    }
