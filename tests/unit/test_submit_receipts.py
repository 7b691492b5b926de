from __future__ import annotations

from pathlib import Path

import pytest

from schelde.errors import UserError
from schelde.submit.inbox import Proof, Remote
from schelde.submit.items import Item
from schelde.submit.receipts import Receipts, SentPart, Upload

ITEM = Item("encrypted/P1.cram.c4gh", Path("unread"), 10, "0" * 32, "1" * 64)
PROOF = Proof(Remote(10, "mark"), "sha256 of the bytes read back")


@pytest.fixture
def receipts(tmp_path: Path) -> Receipts:
    (tmp_path / "bundle").mkdir()
    return Receipts(tmp_path / "bundle", "0123456789abcdef")


def test_receipts_lie_beside_the_bundle(receipts: Receipts, tmp_path: Path) -> None:
    receipts.write(ITEM, PROOF)
    expected = tmp_path / "bundle.receipts/0123456789abcdef/encrypted/P1.cram.c4gh.json"
    assert expected.is_file()
    assert not list((tmp_path / "bundle").iterdir())


def test_a_receipt_reads_back_as_it_was_written(receipts: Receipts) -> None:
    receipts.write(ITEM, PROOF)
    receipt = receipts.read(ITEM.name)
    assert receipt is not None
    assert receipt.fits(ITEM, PROOF.remote)
    assert receipt.proved_by == PROOF.how
    assert receipts.names() == [ITEM.name]


@pytest.mark.parametrize(
    ("item", "remote"),
    [
        (Item(ITEM.name, ITEM.path, 10, "0" * 32, "2" * 64), Remote(10, "mark")),
        (Item(ITEM.name, ITEM.path, 11, "0" * 32, "1" * 64), Remote(10, "mark")),
        (ITEM, Remote(11, "mark")),
        (ITEM, Remote(10, "other")),
        (ITEM, Remote(10, None)),
    ],
    ids=["other bytes here", "other size here", "other size there", "other mark", "no mark"],
)
def test_a_receipt_fits_no_other_file(receipts: Receipts, item: Item, remote: Remote) -> None:
    receipts.write(ITEM, PROOF)
    receipt = receipts.read(ITEM.name)
    assert receipt is not None
    assert not receipt.fits(item, remote)


def test_a_receipt_without_a_mark_proves_nothing_later(receipts: Receipts) -> None:
    receipts.write(ITEM, Proof(Remote(10, None), "somehow"))
    receipt = receipts.read(ITEM.name)
    assert receipt is not None
    assert not receipt.fits(ITEM, Remote(10, None))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', "\x00"])
def test_a_damaged_receipt_counts_as_none(receipts: Receipts, text: str) -> None:
    receipts.write(ITEM, PROOF)
    (receipts.folder / f"{ITEM.name}.json").write_text(text)
    assert receipts.read(ITEM.name) is None


def test_an_unfinished_upload_is_kept_and_is_no_receipt(receipts: Receipts) -> None:
    part = SentPart(md5="0" * 32, etag="0" * 32)
    upload = Upload(id="u", size=10, sha256="1" * 64, part_size=5, parts={1: part})
    receipts.keep_upload(ITEM.name, upload)
    assert receipts.upload(ITEM.name) == upload
    assert receipts.names() == []
    receipts.drop_upload(ITEM.name)
    assert receipts.upload(ITEM.name) is None


def test_two_processes_do_not_send_the_same_bundle_at_once(receipts: Receipts) -> None:
    with (
        receipts.locked(),
        pytest.raises(UserError, match="sent there by another process"),
        receipts.locked(),
    ):
        pass
    with receipts.locked():
        pass
