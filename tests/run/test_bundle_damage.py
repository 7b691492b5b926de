"""The demo's bundle damaged in one place, for every rule of `schelde verify`: each is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.run.bundles import ALIAS, ROOT, Workshop, copied, schelde
from tests.run.damages import DAMAGES, GERMAN, TRIO, WITHDRAWN, Damage

from schelde.bundle.folder import encrypted_files, write_bundle
from schelde.bundle.record import Member, Record, read_record
from schelde.bundle.withdraw import withdraw
from schelde.documents.manifest import MANIFEST
from schelde.seal.keys import public_of, read_secret_key
from schelde.verify.files import RULES as FILES
from schelde.verify.report import Report
from schelde.verify.run import all_rules, verify

# The group of `finished`, so that no second worker has to run the demo.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo trio")]

GENOME = {"genome": "GRCh38", "accession": "GCA_000001405.15"}
DEEP = {"mean_autosome_coverage": 31.0, "pct_regions_20x": 97.0, "pct_bases_q30": 92.0}
"""What a GRZ asks of an index patient, and the small demo has not."""


@pytest.fixture(scope="module")
def german(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle with all national parts; to be ready for a GRZ it is said to be of GRCh38."""
    run = type(finished)(tmp_path_factory.mktemp("german") / "demo")
    shutil.copytree(finished.folder, run.folder)
    for name in ("ghga", "grz"):
        example = (ROOT / f"config/{name}.example.yaml").read_text()
        # A host is told of that the dataset declares, or that is known as an archive.
        declared = example.replace("https://example.org/", "https://genomes.example.org/")
        (run.folder / f"config/{name}.yaml").write_text(declared)
    files = "ghga: config/ghga.yaml, grz: config/grz.yaml"
    asked = f"bundle={{targets: [goe, ghga, grz], {files}}}"
    run("bundle", "--config", asked, "qc={regions: data/targets.bed}")
    root = run.folder / "bundles" / ALIAS
    record = read_record(root)
    write_bundle(root, ready(record), encrypted_files(root, record))
    return Path(root)


def ready(record: Record) -> Record:
    """Return a record that a GRZ takes: of a known genome, with as much depth as it asks for."""
    reference = record.reference.model_copy(update=GENOME)
    members = tuple(map(deep, record.members))
    return record.model_copy(update={"reference": reference, "members": members})


def deep(member: Member) -> Member:
    """Return a member that has the numbers of DEEP, wherever they are told."""
    changed = member.model_copy(deep=True)
    changed.metrics.update(DEEP)
    depth = DEEP["mean_autosome_coverage"]
    changed.ga4gh["wgs_qc_metrics"]["aln_metrics"]["mean_autosome_coverage"] = depth
    for profile in changed.verdict["profiles"]:
        for rule in profile["rules"]:
            rule["value"] = DEEP.get(rule["metric"], rule["value"])
    return changed


@pytest.fixture(scope="module")
def bundles(finished: Any, german: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bundles that are damaged, by name."""
    trio = finished.folder / "bundles" / ALIAS
    withdrawn = copied(trio, tmp_path_factory.mktemp("withdrawn") / ALIAS)
    withdraw(withdrawn, read_record(trio).members[-1].subject, "2026-02-01")
    return {TRIO: trio, GERMAN: german, WITHDRAWN: withdrawn}


@pytest.fixture(scope="module")
def damaged(
    finished: Any, bundles: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Damage], tuple[Report, Report]]:
    """Damage a copy; return what the rules on files say before, and all rules after mending."""
    secret = finished.folder / "data/keys/node.sec"
    key = read_secret_key(secret)
    kept: dict[Damage, tuple[Report, Report]] = {}

    def once(damage: Damage) -> tuple[Report, Report]:
        if damage not in kept:
            folder = tmp_path_factory.mktemp("damaged")
            root = copied(bundles[damage.of], folder / ALIAS)
            shop = Workshop(root, public_of(key), secret, finished.folder / "results")
            before = (root / MANIFEST).read_bytes()
            damage.change(shop)
            after = (root / MANIFEST).read_bytes()
            if damage.mends:
                shop.put(MANIFEST, before)
            raw = verify(root, key, FILES)
            if damage.mends:
                shop.put(MANIFEST, after)
                shop.mend()
            kept[damage] = raw, verify(root, key)
            shutil.rmtree(folder)
        return kept[damage]

    return once


def told(report: Report, rule: str) -> list[str]:
    found = next(outcome for outcome in report.outcomes if outcome.rule == rule)
    return [f"{finding.file}: {finding.message}" for finding in found.findings]


def is_caught(damage: Damage, report: Report) -> bool:
    return any(damage.says in each for each in told(report, damage.rule))


def test_every_rule_has_a_damaged_bundle() -> None:
    assert {damage.rule for damage in DAMAGES} == {rule.id for rule in all_rules()}


@pytest.mark.parametrize("name", [TRIO, GERMAN, WITHDRAWN])
def test_before_it_is_damaged_a_bundle_verifies(bundles: Any, finished: Any, name: str) -> None:
    key = read_secret_key(finished.folder / "data/keys/node.sec")
    report = verify(bundles[name], key)
    assert report.failed == []


def test_every_rule_is_asked_of_a_bundle_that_is_damaged(bundles: Any, finished: Any) -> None:
    key = read_secret_key(finished.folder / "data/keys/node.sec")
    passed = {
        (name, outcome.rule)
        for name, root in bundles.items()
        for outcome in verify(root, key).outcomes
        if outcome.status == "passed"
    }
    assert {(damage.of, damage.rule) for damage in DAMAGES} <= passed


IDS = [f"{damage.rule}: {damage.what}" for damage in DAMAGES]


@pytest.mark.parametrize("damage", DAMAGES, ids=IDS)
def test_a_damage_is_told_by_its_rule(damaged: Any, damage: Damage) -> None:
    _, report = damaged(damage)
    found = {outcome.rule: told(report, outcome.rule) for outcome in report.failed}
    assert is_caught(damage, report), found
    if damage.alone:
        assert list(found) == [damage.rule]


@pytest.mark.parametrize("damage", DAMAGES, ids=IDS)
def test_a_damage_without_mended_checksums_is_told_by_the_rules_on_files(
    damaged: Any, damage: Damage
) -> None:
    raw, _ = damaged(damage)
    assert {outcome.rule for outcome in raw.failed} & {"files.names", "files.checksums"} or (
        damage.rule == "files.manifest"
    )


def test_all_damaged_bundles_are_counted(damaged: Any, capsys: pytest.CaptureFixture[str]) -> None:
    caught = sum(is_caught(damage, damaged(damage)[1]) for damage in DAMAGES)
    with capsys.disabled():
        print(f"\n{len(DAMAGES)} damaged bundles, {caught} caught")
    assert caught == len(DAMAGES) > 100


def test_the_command_ends_with_status_1_and_names_file_and_rule(
    bundles: Any, tmp_path: Path
) -> None:
    root = copied(bundles[TRIO], tmp_path / ALIAS)
    (root / "hmd/subjects.json").unlink()
    shown = schelde("verify", root, status=1)
    assert "FAIL files.names" in shown
    assert "hmd/subjects.json: this file is missing" in shown
    assert shown.splitlines()[-1].startswith("NOT VERIFIED: ")
