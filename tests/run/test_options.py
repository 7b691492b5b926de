"""What the config can change, each in a run of one sample of the small demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from schelde.demo.sheets import PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("options")]
FATHER, MOTHER, CHILD = (person.sample for person in PEOPLE)


@pytest.fixture
def fresh(small_demo: Path, tmp_path: Path, runner: Callable[[Path], Any]) -> Any:
    """A run of its own that has not begun."""
    shutil.copytree(small_demo, tmp_path / "demo")
    return runner(tmp_path / "demo")


def recall(run: Any, sample: str) -> float:
    """Return the recall of SNPs that pass all filters."""
    return float(run.judged(sample)["SNP"].recall or 0)


def primary(run: Any, cram: Path) -> list[str]:
    """Return the primary records of a CRAM as text."""
    cache = str(run.folder / "results/reference/md5/%2s/%2s/%s")
    shown = subprocess.run(
        ["samtools", "view", "-F", "0x900", cram],
        env={**os.environ, "REF_PATH": cache, "REF_CACHE": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return shown.stdout.splitlines()


def test_trimmed_reads_are_called(fresh: Any) -> None:
    options = "call={caller: bcftools, pieces: 1}", "reads={trim: true}"
    fresh(f"results/call/{MOTHER}.vcf.gz", "--config", *options)
    assert list((fresh.folder / "results/reads").rglob("*.trimmed.proof.json"))
    assert recall(fresh, MOTHER) > 0.95


def test_base_qualities_are_recalibrated_for_the_caller_only(fresh: Any) -> None:
    known = f"data/truth/{CHILD}.vcf.gz"
    options = "call={bqsr: true, pieces: 1}", f"reference={{known_sites: [{known}]}}"
    fresh(f"results/call/{MOTHER}.vcf.gz", "--config", *options)
    assert (fresh.folder / f"results/call/{MOTHER}.recalibration.txt").exists()
    assert recall(fresh, MOTHER) > 0.95


@pytest.mark.parametrize(("word", "copies"), [("declared", 2), ("inferred", 1)])
def test_the_copies_of_x_follow_the_sex_that_the_config_asks_for(
    fresh: Any, word: str, copies: int
) -> None:
    people = fresh.folder / "config/people.tsv"
    people.write_text("sample\tassay\tsex\n" + f"{FATHER}\twgs\tfemale\n")
    fresh.ask_for_no_bundle()
    lanes = fresh.folder / "config/lanes.tsv"
    rows = lanes.read_text().splitlines(keepends=True)
    lanes.write_text("".join(row for row in rows if row.startswith(("sample", FATHER))))
    calls = f"results/call/{FATHER}.vcf.gz"
    fresh(calls, "--config", f"call={{caller: bcftools, pieces: 1, sex: {word}}}")
    bed = (fresh.folder / "results/reference/par.bed").read_text()
    par = [line.split() for line in bed.splitlines()]
    with pysam.VariantFile(str(fresh.folder / calls)) as vcf:
        found = {
            len(record.samples[0]["GT"])
            for record in vcf
            if record.contig == "chrX"
            and not any(
                int(row[1]) <= record.start < int(row[2]) for row in par if row[0] == "chrX"
            )
        }
    assert found == {copies}


def test_gatk_calls_in_dragen_mode(fresh: Any) -> None:
    fresh(f"results/call/{MOTHER}.vcf.gz", "--config", "call={dragen: true, pieces: 1}")
    with pysam.VariantFile(str(fresh.folder / f"results/call/{MOTHER}.vcf.gz")) as vcf:
        assert "DRAGENHardQUAL" in vcf.header.filters
    assert recall(fresh, MOTHER) > 0.95


def test_a_cram_is_taken_apart_by_read_group_and_gives_the_same_alignments(fresh: Any) -> None:
    quick = "call={caller: bcftools, pieces: 1}"
    cram = f"results/align/{CHILD}.cram"
    fresh(cram, "--config", quick)
    before = fresh.folder / "before.cram"
    shutil.copy(fresh.folder / cram, before)
    (fresh.folder / "results" / "align").rename(fresh.folder / "old")
    sheet = fresh.folder / "config/lanes.tsv"
    rows = [row.split("\t") for row in sheet.read_text().splitlines()]
    columns = rows[0]
    names = ("sample", "library", "flowcell", "lane")
    kept = [[*names, "fq1", "fq2", "alignment", "read_group", "barcode"]]
    for row in rows[1:]:
        cells = dict(zip(columns, row, strict=True))
        if cells["sample"] == CHILD:
            name = [cells[key] for key in names]
            kept.append([*name, "", "", "before.cram", ".".join(name), cells["barcode"]])
    sheet.write_text("".join("\t".join(row) + "\n" for row in kept))
    people = fresh.folder / "config/people.tsv"
    people.write_text(f"sample\tassay\tsex\n{CHILD}\twgs\tmale\n")
    fresh.ask_for_no_bundle()
    fresh(cram, "--config", quick)
    # Pairs come back in another order, so that among equal copies another one is kept.
    places = [
        sorted(
            tuple(line.split("\t")[i] for i in (0, 2, 3, 9, 10)) for line in primary(fresh, path)
        )
        for path in (before, fresh.folder / cram)
    ]
    assert places[0] == places[1]


def test_reads_of_the_proof_are_reads_of_the_cram(fresh: Any) -> None:
    fresh(f"results/align/{CHILD}.cram", "--config", "call={caller: bcftools, pieces: 1}")
    proofs = (fresh.folder / f"results/reads/{CHILD}").glob("*.proof.json")
    proved = sum(json.loads(proof.read_text())["reads"] for proof in proofs)
    cram = fresh.folder / f"results/align/{CHILD}.cram"
    assert len(primary(fresh, cram)) == proved
