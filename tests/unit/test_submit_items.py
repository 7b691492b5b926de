from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tests.run.inboxes.bundles import made_bundle, write_manifest

from schelde.errors import UserError
from schelde.submit.items import items_of, name_faults


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return made_bundle(tmp_path / "bundle", 10, 20)


def test_the_manifest_comes_last_and_encrypted_files_first(bundle: Path) -> None:
    assert [item.name for item in items_of(bundle)] == [
        "encrypted/P1AAAA.cram.c4gh",
        "encrypted/P2AAAA.cram.c4gh",
        "qc/P1AAAA.json",
        "validation/result.json",
        "manifest.json",
    ]


def test_checksums_are_those_of_the_files(bundle: Path) -> None:
    items = items_of(bundle)
    assert len(items) == 5
    for item in items:
        data = item.path.read_bytes()
        assert (item.md5, item.sha256, item.size) == (
            hashlib.md5(data).hexdigest(),
            hashlib.sha256(data).hexdigest(),
            len(data),
        )


def test_links_of_encrypted_files_elsewhere_are_not_sent_twice(bundle: Path) -> None:
    (bundle / "national/grz/files").mkdir(parents=True)
    link = bundle / "national/grz/files/P1AAAA.cram.c4gh"
    link.hardlink_to(bundle / "encrypted/P1AAAA.cram.c4gh")
    assert len(items_of(bundle)) == 5


def test_documents_can_be_left_out(bundle: Path) -> None:
    names = [item.name for item in items_of(bundle, encrypted_only=True)]
    assert names == ["encrypted/P1AAAA.cram.c4gh", "encrypted/P2AAAA.cram.c4gh"]


@pytest.mark.parametrize(
    "name",
    [
        *(f"a{sign}b.c4gh" for sign in "#?()[]\\=+<>:;\"',*^|&!@$% \t\n\x7fé"),
        ".hidden.c4gh",
        "-option.c4gh",
        "a" * 201,
        "reads.c4gh.part",
    ],
)
def test_names_that_an_inbox_refuses_are_refused_here(name: str) -> None:
    assert list(name_faults(f"encrypted/{name}"))
    assert list(name_faults(name))


def test_names_that_every_inbox_takes_are_taken() -> None:
    assert not list(name_faults("encrypted/P1AAAA.g.vcf.gz.tbi.c4gh"))
    assert not list(name_faults("checksum_encrypted.md5"))


def test_all_bad_names_and_links_are_told_at_once(bundle: Path) -> None:
    (bundle / "qc/a b.json").write_text("{}")
    (bundle / "qc/c(d).json").write_text("{}")
    (bundle / "qc/link.json").symlink_to("/etc/hostname")
    with pytest.raises(UserError) as told:
        items_of(bundle)
    assert len(told.value.problems) == 3
    assert "qc/link.json: is a link" in str(told.value)


def test_a_size_that_is_not_the_manifests_is_told(bundle: Path) -> None:
    (bundle / "qc/P1AAAA.json").write_text("{}")
    with pytest.raises(UserError, match="has 2 bytes, not the"):
        items_of(bundle)
    write_manifest(bundle)
    assert items_of(bundle)


@pytest.mark.parametrize(
    "text", [None, "no json", "[]", '{"files": 3}', json.dumps({"files": [{"path": "x"}]})]
)
def test_a_bundle_without_a_manifest_is_none(bundle: Path, text: str | None) -> None:
    (bundle / "manifest.json").unlink()
    if text is not None:
        (bundle / "manifest.json").write_text(text)
    with pytest.raises(UserError, match=r"has no manifest\.json"):
        items_of(bundle)
