from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schelde.bundle_settings import SubmitSettings
from schelde.config import Settings
from schelde.methods import Run, methods, run_of, setting_rows
from schelde.sheet import Assay, Lane, Person, Sex, Sheet

VERSIONS = {
    "bcftools": "1.16",
    "bwa": "0.7.17",
    "fastp": "0.23.2",
    "freebayes": "1.3.6",
    "gatk": "4.6.2.0",
    "minibwa": "0.6",
    "parabricks": "4.7.1-1",
    "deepvariant": "1.10.0",
    "schelde": "0.1.0",
    "riker": "0.5.0",
    "samtools": "1.16.1",
}


def run(*assays: Assay, lanes: int = 1, **sections: dict[str, Any]) -> Run:
    people = tuple(Person(f"S{i}", assay, Sex.MALE) for i, assay in enumerate(assays))
    settings = {"reference": {"name": "hs38", "assembly": "GRCh38"}, **sections}
    return run_of(
        Settings.model_validate(settings),
        Sheet(
            people,
            tuple(Lane(p.sample, "lib", "FC", str(i)) for p in people for i in range(lanes)),
        ),
    )


@pytest.mark.parametrize(
    ("assays", "lanes", "said"),
    [
        ((Assay.WGS,), 1, "1 genome from 1 lane:"),
        ((Assay.WES, Assay.WES), 2, "2 exomes from 4 lanes:"),
        ((Assay.WES, Assay.WGS), 1, "1 genome and 1 exome from 2 lanes:"),
    ],
)
def test_samples_are_counted_by_assay(assays: tuple[Assay, ...], lanes: int, said: str) -> None:
    assert methods(run(*assays, lanes=lanes), VERSIONS).startswith(said)


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("align", "aligner", "minibwa", "aligned to hs38 (GRCh38) with minibwa map 0.6,"),
        ("align", "optical_distance", 2500, "within 2500 pixels"),
        ("reads", "trim", True, "also cut the adapters"),
        ("call", "caller", "freebayes", "with freebayes 1.3.6, with"),
        ("call", "caller", "gatk", "fail GATK's published hard filters"),
        ("call", "caller", "bcftools", "with bcftools mpileup and call 1.16,"),
        ("call", "caller", "pairhmm", "with the pair-HMM caller of Schelde 0.1.0, with"),
        ("call", "caller", "deepvariant", "with DeepVariant 1.10.0, with"),
        ("call", "caller", "deepvariant", "fail DeepVariant's own filter"),
        ("call", "caller", "deepvariant", "The mitochondrion was not called"),
        ("call", "device", "gpu", "4.6.2.0 on a GPU, with"),
        ("call", "caller", "parabricks", "with HaplotypeCaller of Parabricks 4.7.1-1, with"),
        ("call", "caller", "parabricks", "fail GATK's published hard filters"),
        ("call", "caller", "parabricks-deepvariant", "DeepVariant of Parabricks 4.7.1-1, with"),
        ("align", "aligner", "parabricks", "with fq2bam of Parabricks 4.7.1-1,"),
        ("call", "dragen", True, "HaplotypeCaller 4.6.2.0 in DRAGEN mode"),
        ("call", "sex", "inferred", "that inferred sex and pseudo-autosomal regions ask for"),
        ("qc", "engine", "riker", "measured with riker 0.5.0; samples"),
        ("qc", "engine", "picard", "measured with Picard in GATK 4.6.2.0; samples"),
        ("qc", "panel", "1000g", "contamination estimated by our own maximum likelihood;"),
        ("qc", "profiles", ["default", "qatar"], "judged by profiles default, qatar."),
    ],
)
def test_the_text_follows_the_setting(section: str, key: str, value: object, said: str) -> None:
    assert said in methods(run(Assay.WGS, **{section: {key: value}}), VERSIONS)


def test_recalibration_names_its_sites_without_their_folders() -> None:
    given = {"name": "hs38", "known_sites": ["/data/dbsnp.vcf.gz", "mills.vcf.gz"]}
    text = methods(run(Assay.WGS, reference=given, call={"bqsr": True}), VERSIONS)
    assert "known sites (dbsnp.vcf.gz, mills.vcf.gz)" in text


@pytest.mark.parametrize(("assay", "told"), [(Assay.WES, True), (Assay.WGS, False)])
def test_targets_are_told_of_exomes_only(assay: Assay, told: bool) -> None:
    text = methods(run(assay, call={"padding": 77}), VERSIONS)
    assert ("called on their targets and 77 bp around" in text) == told


def test_no_setting_shows_a_folder_but_a_title_keeps_its_slash() -> None:
    given = run(
        Assay.WGS,
        reference={"name": "x", "fasta": "/home/me/x.fa", "known_sites": ["/a/b.vcf.gz"]},
        report={"title": "batch 3/4"},
    )
    rows = setting_rows(given)
    assert {key for key, value in rows.items() if "/" in value} == {"report.title"}
    assert rows["reference.fasta"] == "x.fa"


def test_every_setting_but_the_inbox_has_a_row() -> None:
    def leaves(model: type[Any]) -> int:
        kinds = [field.annotation for field in model.model_fields.values()]
        return sum(leaves(kind) if hasattr(kind, "model_fields") else 1 for kind in kinds)

    assert len(setting_rows(run(Assay.WGS))) == leaves(Settings) - leaves(SubmitSettings)


def test_a_run_tells_of_its_samples_no_more_than_assay_sex_and_lanes() -> None:
    people = (Person("S1", Assay.WGS, Sex.FEMALE, subject_id="Jane", father="S2"),)
    lanes = (Lane("S1", "lib", "FC", "1", ("/data/jane_1.fq",), ("/data/jane_2.fq",)),)
    settings = Settings.model_validate({"reference": {"name": "hs38"}})
    told = str(run_of(settings, Sheet(people, lanes)))
    assert "lib.FC.1" in told
    assert not [word for word in ("Jane", "jane", "S2", "/data") if word in told]


def test_an_assembly_of_the_users_own_is_named_by_its_file(tmp_path: Path) -> None:
    given = run(Assay.WGS, reference={"name": "mine", "assembly": str(tmp_path / "own.yaml")})
    assert "aligned to mine (own.yaml) with" in methods(given, VERSIONS)


def test_who_may_come_into_the_bundle_is_counted_and_not_named() -> None:
    counted = replace(run(Assay.WGS, Assay.WGS, Assay.WGS), left_out={"no consent": 2})
    said = methods(counted, VERSIONS)
    assert "1 of 3 samples may come into the bundle; left out: 2 no consent." in said
    assert "S0" not in said


def test_without_a_bundle_nothing_is_said_of_consent() -> None:
    assert "consent" not in methods(run(Assay.WGS), VERSIONS)


def test_where_a_bundle_is_sent_is_not_told() -> None:
    sent = run(Assay.WGS, submit={"to": "sftp://me@inbox.example.org"})
    assert "inbox.example.org" not in str(sent.settings)
