from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schelde.metrics import (
    AlignmentMetrics,
    LaneMetrics,
    LibraryMetrics,
    MetricsError,
    VariantMetrics,
    alignment_metrics,
    lane_metrics,
    library_metrics,
    read_rows,
    sample_metrics,
    variant_metrics,
    write_rows,
)

FASTP: dict[str, Any] = {
    "summary": {
        "before_filtering": {
            "total_reads": 200,
            "total_bases": 20000,
            "q30_bases": 19000,
            "read1_mean_length": 100,
            "gc_content": 0.41,
        }
    },
    "duplication": {"rate": 0.02},
    "insert_size": {"peak": 180, "unknown": 3, "histogram": [0]},
    "adapter_cutting": {"adapter_trimmed_reads": 5},
}
COUNTS = {
    "EXAMINED": 100,
    "DUPLICATE PRIMARY TOTAL": 20,
    "DUPLICATE NON PRIMARY": 7,
    "DUPLICATE PAIR OPTICAL": 4,
    "DUPLICATE SINGLE OPTICAL": 1,
    "ESTIMATED_LIBRARY_SIZE": 900,
}
SAMTOOLS = """\
# This file was produced by samtools stats (1.16.1+htslib-1.16)
SN\traw total sequences:\t{reads}\t# excluding supplementary and secondary reads
SN\treads mapped:\t{mapped}
SN\treads properly paired:\t{proper}\t# proper-pair bit set
SN\treads paired:\t{paired}\t# paired-end technology bit set
SN\terror rate:\t5.0e-03\t# mismatches / bases mapped (cigar)
SN\tinsert size average:\t{insert}
FFQ\t1\t0
"""
BCFTOOLS = """\
ID\t0\tS1.vcf.gz
SN\t0\tnumber of SNPs:\t60
SN\t0\tnumber of indels:\t12
TSTV\t0\t40\t{tv}\t2.00\t40\t20\t2.00
PSC\t0\tS1\t0\t{hom}\t30\t40\t20\t12\t{depth}\t72\t0\t0\t0
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "given"
    file.write_text(text)
    return file


def lane(folder: Path, found: dict[str, Any]) -> LaneMetrics:
    return lane_metrics(written(folder, json.dumps(found)), "S1", "lib.FC.1", "lib")


def test_a_lane_is_counted_before_filtering(tmp_path: Path) -> None:
    assert lane(tmp_path, FASTP) == LaneMetrics(
        "S1", "lib.FC.1", "lib", 200, 20000, 100, 95.0, 41.0, 2.0, 2.5, 180
    )


def test_single_end_reads_without_adapter_search_have_neither_insert_nor_adapters(
    tmp_path: Path,
) -> None:
    left = {key: FASTP[key] for key in ("summary", "duplication")}
    found = lane(tmp_path, left)
    assert (found.insert_size_peak, found.adapter_percent) == (None, None)


def test_a_lane_without_reads_has_no_shares(tmp_path: Path) -> None:
    total = {"total_reads": 0, "total_bases": 0, "q30_bases": 0, "gc_content": 0}
    found = lane(tmp_path, {"summary": {"before_filtering": total}})
    assert (found.q30_percent, found.gc_percent, found.read_length) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "has no 'summary'"),
        ('{"summary": {"before_filtering": {}}}', "has no 'total_reads'"),
    ],
)
def test_a_broken_fastp_file_is_named_with_what_it_lacks(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(MetricsError, match=f"given: {said}"):
        lane_metrics(written(tmp_path, text), "S1", "lib.FC.1", "lib")


def libraries(folder: Path, found: dict[str, Any]) -> list[LibraryMetrics]:
    return library_metrics(written(folder, json.dumps({"libraries": found})), "S1")


def test_supplementary_alignments_do_not_count_as_duplicate_reads(tmp_path: Path) -> None:
    assert libraries(tmp_path, {"lib1": COUNTS}) == [
        LibraryMetrics("S1", "lib1", 100, 80, 15, 5, 20.0, 5.0, 900)
    ]


def test_libraries_come_by_name(tmp_path: Path) -> None:
    found = libraries(tmp_path, {"b": COUNTS, "a": COUNTS})
    assert [row.library for row in found] == ["a", "b"]


def test_a_library_without_mapped_reads_has_no_duplicate_share(tmp_path: Path) -> None:
    [found] = libraries(tmp_path, {"lib1": dict.fromkeys(COUNTS, 0)})
    assert (found.duplicate_percent, found.molecules) == (None, None)


def alignment(folder: Path, **changed: float) -> AlignmentMetrics:
    values = {"reads": 200, "mapped": 190, "proper": 180, "paired": 200, "insert": 350.5}
    return alignment_metrics(written(folder, SAMTOOLS.format(**{**values, **changed})))


def test_alignments_are_shares_of_primary_reads(tmp_path: Path) -> None:
    assert alignment(tmp_path) == AlignmentMetrics(200, 95.0, 90.0, 350.5, 0.5)


def test_single_end_reads_have_no_proper_pairs_and_no_insert_size(tmp_path: Path) -> None:
    found = alignment(tmp_path, proper=0, paired=0, insert=0)
    assert (found.proper_pairs_percent, found.insert_size) == (None, None)


def test_unmapped_reads_have_no_errors(tmp_path: Path) -> None:
    assert alignment(tmp_path, mapped=0).error_percent is None


def test_pairs_of_which_none_is_proper_are_zero_and_not_missing(tmp_path: Path) -> None:
    assert alignment(tmp_path, proper=0).proper_pairs_percent == 0


def test_stats_of_samtools_without_a_number_are_named(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="given: has no 'raw total sequences'"):
        alignment_metrics(written(tmp_path, "SN\treads mapped:\t1\n"))


def variants(folder: Path, tv: int = 20, hom: int = 15, depth: float = 31.5) -> VariantMetrics:
    text = BCFTOOLS.format(tv=tv, hom=hom, depth=depth)
    return variant_metrics(written(folder, text))


def test_variants_are_counted_with_their_ratios(tmp_path: Path) -> None:
    assert variants(tmp_path) == VariantMetrics(60, 12, 2.0, 2.0, 31.5)


@pytest.mark.parametrize(
    ("given", "field"), [("tv", "ts_tv"), ("hom", "het_hom"), ("depth", "depth")]
)
def test_a_ratio_to_nothing_is_missing(tmp_path: Path, given: str, field: str) -> None:
    assert getattr(variants(tmp_path, **{given: 0}), field) is None


@pytest.mark.parametrize("people", [0, 2])
def test_stats_of_other_than_one_sample_are_refused(tmp_path: Path, people: int) -> None:
    lines = BCFTOOLS.format(tv=1, hom=1, depth=1).splitlines()
    text = "\n".join(lines[:-1] + lines[-1:] * people)
    with pytest.raises(MetricsError, match="one file with one sample"):
        variant_metrics(written(tmp_path, text))


def test_a_sample_weighs_its_lanes_by_bases_and_its_libraries_by_reads(tmp_path: Path) -> None:
    whole = sample_metrics(
        "S1",
        "wgs",
        "female",
        lanes=[
            LaneMetrics("S1", "a", "x", 1, 3000, 100, 90.0, None, None, None, None),
            LaneMetrics("S1", "b", "y", 1, 1000, 100, 70.0, None, None, None, None),
            LaneMetrics("S1", "c", "y", 0, 0, None, None, None, None, None, None),
        ],
        libraries=[
            LibraryMetrics("S1", "x", 900, 810, 80, 10, 10.0, 1.1, 1),
            LibraryMetrics("S1", "y", 100, 50, 50, 0, 50.0, 0, 1),
        ],
        alignment=alignment(tmp_path),
        variants=variants(tmp_path),
        quality={"mean_autosome_coverage": 30.126, "karyotype": "XX", "pct_autosomes_15x": None},
        verdict="review",
    )
    assert (whole.verdict, whole.karyotype) == ("review", "XX")
    assert (whole.mean_autosome_coverage, whole.pct_autosomes_15x) == (30.13, None)
    assert (whole.lanes, whole.libraries) == (3, 2)
    assert (whole.q30_percent, whole.duplicate_percent) == (85.0, 14.0)


numbers = st.none() | st.floats(0, 100, allow_subnormal=False)
counts = st.integers(0, 10**12)
names = st.text("abcXYZ019-_", min_size=1)


@given(
    rows=st.lists(
        st.builds(
            LibraryMetrics,
            sample=names,
            library=names,
            examined=counts,
            unique=counts,
            duplicates=counts,
            optical=counts,
            duplicate_percent=numbers,
            optical_percent=numbers,
            molecules=st.none() | st.integers(1, 10**12),
        )
    )
)
def test_written_rows_read_back_the_same_without_what_is_missing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[LibraryMetrics]
) -> None:
    file = tmp_path_factory.mktemp("rows") / "libraries.tsv"
    write_rows(file, rows, LibraryMetrics)
    assert read_rows(file) == [
        {key: value for key, value in asdict(row).items() if value is not None} for row in rows
    ]
