"""Official schemas and validators on two real bundles: N of N valid, and mutants refused.

The demo's genome is none that a collection knows, and its depth is below that of a genomDE data
centre. So there is a second bundle, of real reads (tests/official/real_trio.py), for which nothing
is left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.conftest import ROOT
from tests.official.answer import Answer, Authority, Case, or_skip
from tests.official.everyone import AUTHORITIES, opened
from tests.official.real_trio import ALIAS, write_real_trio

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared")]

UNKNOWN = "the genome is neither GRCh37 nor GRCh38"


class Expected(NamedTuple):
    """How many things an authority checks in a bundle, and what else it counts."""

    checked: int
    counts: str | None = ""


REAL = {
    "EGA and SRA XML schemas": Expected(9, "11 schemas"),
    "EGA Submission API 3.0": Expected(19, "8 kinds"),
    "SDA messages, isolated": Expected(50, "4 kinds"),
    "SDA messages, federated": Expected(50, "4 kinds"),
    "SDA admin API": Expected(50),
    "GDI metadata, SHACL": Expected(3, "6 of 9 shapes on 10 nodes"),
    "GDI mini-node, SHACL": Expected(3, "8 of 12 shapes on 10 nodes"),
    "Health-RI core v2, SHACL": Expected(3, "6 of 14 shapes on 11 nodes"),
    "1+MG minimal dataset 1.1": Expected(17, "records of 6 classes"),
    "Phenopackets v2": Expected(4, "1 of a family"),
    "GA4GH WGS quality control": Expected(3),
    "Workflow Run RO-Crate 0.5": Expected(183, "required checks of 4 profiles"),
    "GDI validator contract": Expected(3),
    "GDI allele frequencies": Expected(3),
    "GA4GH sequence collection": Expected(2, "1 sequences"),
    "GHGA 2.2.1": Expected(3, "plugins on 42 objects"),
    "genomDE GRZ, models": Expected(2),
    "genomDE GRZ, files": Expected(1, "9 files"),
    "Crypt4GH": Expected(24),
    "samtools quickcheck, headers": Expected(3),
    "Picard ValidateSamFile": Expected(3),
    "refgenDetector": Expected(3, "GRCh37"),
    "GATK ValidateVariants": Expected(6, "VCF and gVCF"),
    "bcftools view": Expected(7, "VCF, gVCF, frequencies"),
    "vcftools vcf-validator": Expected(7, "VCF, gVCF, frequencies"),
}
DEMO = REAL | {
    "GDI allele frequencies": Expected(0, f"no package: {UNKNOWN}"),
    "GA4GH sequence collection": Expected(2, "4 sequences"),
    "genomDE GRZ, models": Expected(0, None),
    "genomDE GRZ, files": Expected(0, None),
    "refgenDetector": Expected(0, UNKNOWN),
}


@pytest.fixture(scope="module")
def demo(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The demo's bundle, made again for GHGA and a GRZ as well."""
    folder = tmp_path_factory.mktemp("national") / "demo"
    shutil.copytree(finished.folder, folder)
    path = folder / "config/config.yaml"
    config = yaml.safe_load(path.read_text())
    config["qc"]["regions"] = "data/targets.bed"
    config["bundle"] |= {
        "targets": ["goe", "ghga", "grz"],
        "ghga": str(ROOT / "config/ghga.example.yaml"),
        "grz": str(ROOT / "config/grz.example.yaml"),
    }
    path.write_text(yaml.safe_dump(config))
    type(finished)(folder)("bundle")
    return case_of(folder, "demo-trio", tmp_path_factory)


@pytest.fixture(scope="module")
def real(
    shared: Path,
    need: Callable[..., None],
    runner: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Case:
    """The bundle of the real trio."""
    need("minibwa", "gatk", "riker", "samtools", "bcftools", "fastp")
    folder = tmp_path_factory.mktemp("real") / "project"
    write_real_trio(folder, shared / "data")
    runner(folder)("bundle")
    return case_of(folder, ALIAS, tmp_path_factory)


def case_of(project: Path, alias: str, factory: pytest.TempPathFactory) -> Case:
    reference, secret = project / "results/reference", project / "data/keys/node.sec"
    return opened(project / "bundles" / alias, secret, reference, factory.mktemp(alias))


def each(expected: dict[str, Expected], group: str) -> list[Any]:
    """One parameter for each authority; those of one bundle stay on one worker."""
    mark = pytest.mark.xdist_group(group)
    return [
        pytest.param(authority, expected[authority.name], id=authority.name, marks=mark)
        for authority in AUTHORITIES
    ]


def judge(answer: Answer, expected: Expected) -> None:
    assert answer.details == ()
    assert (answer.valid, answer.checked) == (expected.checked, expected.checked)
    if expected.counts is not None:
        assert answer.counts == expected.counts


@pytest.mark.parametrize(("authority", "expected"), each(DEMO, "demo trio"))
def test_all_that_the_demo_has_is_valid(
    demo: Case, authority: Authority, expected: Expected
) -> None:
    judge(or_skip(authority.asked, demo), expected)


@pytest.mark.xdist_group("demo trio")
def test_what_keeps_the_demo_from_a_grz_is_its_genome_and_its_depth(demo: Case) -> None:
    (models,) = [each for each in AUTHORITIES if each.name == "genomDE GRZ, models"]
    told = or_skip(models.asked, demo).counts
    assert told.startswith("a case is not ready: the reference is neither GRCh38 nor GRCh37; ")
    assert "mean_autosome_coverage is 2" in told


@pytest.mark.real_reads
@pytest.mark.parametrize(("authority", "expected"), each(REAL, "official real trio"))
def test_all_that_a_bundle_of_real_reads_has_is_valid(
    real: Case, authority: Authority, expected: Expected
) -> None:
    assert expected.checked > 0
    judge(or_skip(authority.asked, real), expected)


@pytest.mark.real_reads
@pytest.mark.parametrize(("authority", "expected"), each(REAL, "official real trio"))
def test_a_bundle_with_one_change_is_refused(
    real: Case, authority: Authority, expected: Expected
) -> None:
    answer = or_skip(authority.asked_about_a_mutant, real)
    assert expected.checked >= answer.checked > 0
    assert not answer.accepted


def test_every_authority_has_a_name_of_its_own() -> None:
    names = [authority.name for authority in AUTHORITIES]
    assert names == list(REAL) == list(DEMO)
    assert len(set(names)) == 25
