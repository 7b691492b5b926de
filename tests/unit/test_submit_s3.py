"""S3 servers that do less than Amazon's; real ones are in tests/run/test_submit.py."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.response import StreamingBody

from schelde.errors import UserError
from schelde.submit.address import S3Address
from schelde.submit.etag import PART, etag_of, part_size_of
from schelde.submit.inbox import LostError, Proof, RefusedError, Remote
from schelde.submit.items import Item
from schelde.submit.receipts import Receipts, SentPart, Upload
from schelde.submit.s3 import ETAG, READ_BACK, S3Inbox
from schelde.submit.s3_errors import speaking_plainly


def refusal(status: int, code: str = "") -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Asked")


class Fake:
    """A bucket in memory. ``faults``: what an operation raises instead of its answer.

    ``etag``: what the server calls a whole file, from its bytes. ``lists_under``: put before the
    keys in lists, as the Sensitive Data Archive puts the user's name there.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.faults: dict[str, Callable[[], Exception | None]] = {}
        self.etag: Callable[[bytes], str] | None = None
        self.lists_under = ""
        self.tells_etags_of_parts = True
        self.calls: list[str] = []

    def _ask(self, operation: str) -> None:
        self.calls.append(operation)
        error = self.faults.get(operation, lambda: None)()
        if error:
            raise error

    def _etag(self, key: str) -> str:
        data = self.files[key]
        if self.etag:
            return self.etag(data)
        if len(data) <= PART:
            return hashlib.md5(data).hexdigest()
        parts = [data[start : start + PART] for start in range(0, len(data), PART)]
        return etag_of(hashlib.md5(part).hexdigest() for part in parts)

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._ask("head")
        if Key not in self.files:
            raise refusal(404, "404")
        return {"ContentLength": len(self.files[Key]), "ETag": f'"{self._etag(Key)}"'}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._ask("get")
        data = self.files[Key]
        return {"Body": StreamingBody(io.BytesIO(data), len(data))}

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803
        self._ask("list")
        listed = {f"{self.lists_under}{key}": key for key in self.files}
        return {
            "Contents": [
                {"Key": name, "Size": len(self.files[key]), "ETag": f'"{self._etag(key)}"'}
                for name, key in listed.items()
                if name.startswith(Prefix)
            ]
        }

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._ask("put")
        self.files[Key] = Body
        return {"ETag": f'"{self._etag(Key)}"'}

    def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
        self._ask("create")
        name = f"upload-{len(self.uploads) + 1}"
        self.uploads[name] = {}
        return {"UploadId": name}

    def upload_part(self, UploadId: str, PartNumber: int, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._ask("part")
        self.uploads[UploadId][PartNumber] = Body
        return {"ETag": f'"{hashlib.md5(Body).hexdigest()}"'}

    def list_multipart_uploads(self, **_: Any) -> dict[str, Any]:
        raise refusal(403, "AccessDenied")

    def abort_multipart_upload(self, UploadId: str, **_: Any) -> None:  # noqa: N803
        self._ask("abort")
        self.uploads.pop(UploadId)

    def complete_multipart_upload(
        self,
        Key: str,  # noqa: N803
        UploadId: str,  # noqa: N803
        MultipartUpload: dict[str, Any],  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        self._ask("complete")
        parts = self.uploads.pop(UploadId)
        assert [part["PartNumber"] for part in MultipartUpload["Parts"]] == sorted(parts)
        self.files[Key] = b"".join(parts[number] for number in sorted(parts))
        return {"ETag": f'"{self._etag(Key)}"'}

    def get_paginator(self, name: str) -> Fake:
        assert name == "list_parts"
        return self

    def paginate(self, UploadId: str, **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        self._ask("parts")
        if UploadId not in self.uploads:
            raise refusal(404, "NoSuchUpload")
        parts = []
        for number, data in self.uploads[UploadId].items():
            etag = {"ETag": f'"{hashlib.md5(data).hexdigest()}"'}
            parts.append({"PartNumber": number} | (etag if self.tells_etags_of_parts else {}))
        return [{"Parts": parts}]


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def inbox(fake: Fake, tmp_path: Path) -> S3Inbox:
    receipts = Receipts(tmp_path / "bundle", "id")
    return S3Inbox(S3Address("user", "ours", None), fake, receipts)


def made_item(folder: Path, size: int, fill: bytes = b"x") -> Item:
    data = fill * size
    (folder / "file").write_bytes(data)
    md5, sha256 = hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest()
    return Item("encrypted/file", folder / "file", size, md5, sha256)


def send(inbox: S3Inbox, item: Item) -> Proof:
    return asyncio.run(inbox.send(item, lambda size, now: None))


@pytest.mark.parametrize("size", [0, 10, PART + 1])
def test_the_etag_is_a_proof(inbox: S3Inbox, tmp_path: Path, size: int) -> None:
    assert send(inbox, made_item(tmp_path, size)).how == ETAG


@pytest.mark.parametrize("size", [10, PART + 1])
def test_a_strange_etag_is_made_up_for_by_reading_back(
    inbox: S3Inbox, fake: Fake, tmp_path: Path, size: int
) -> None:
    fake.etag = lambda _: "strange"
    assert send(inbox, made_item(tmp_path, size)) == Proof(Remote(size, "strange"), READ_BACK)


def test_what_cannot_be_proved_is_not_taken_for_sent(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    fake.etag = lambda _: "strange"
    fake.faults["get"] = lambda: refusal(403, "AccessDenied")
    with pytest.raises(RefusedError, match="lets nothing be read back, and its ETag"):
        send(inbox, made_item(tmp_path, 10))


def test_wrong_bytes_at_the_inbox_are_found(inbox: S3Inbox, fake: Fake, tmp_path: Path) -> None:
    fake.etag = lambda _: "strange"
    item = made_item(tmp_path, 10)
    fake.files["ours/encrypted/file"] = b"y" * 10
    assert asyncio.run(inbox.prove(item, Remote(10, "strange"))) is None


@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize("under", ["", "user/"])
def test_a_file_is_looked_up_in_lists_where_head_is_refused(
    inbox: S3Inbox, fake: Fake, tmp_path: Path, status: int, under: str
) -> None:
    fake.faults["head"] = lambda: refusal(status, str(status))
    fake.lists_under = under
    item = made_item(tmp_path, 10)
    assert asyncio.run(inbox.look(item.name)) is None
    assert send(inbox, item).remote == asyncio.run(inbox.look(item.name)) == Remote(10, item.md5)


def test_an_inbox_that_tells_nothing_proves_by_its_answer(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    for operation in ("head", "list", "get", "parts", "abort"):
        fake.faults[operation] = lambda: refusal(403, "AccessDenied")
    item = made_item(tmp_path, PART + 1)
    assert send(inbox, item).how == ETAG


def cut_after(parts: int) -> Callable[[], Exception | None]:
    left = [parts]

    def fault() -> Exception | None:
        left[0] -= 1
        return EndpointConnectionError(endpoint_url="x") if left[0] < 0 else None

    return fault


@pytest.mark.parametrize("how", ["lists parts", "lists them without ETags", "lists nothing"])
def test_parts_that_are_there_are_not_sent_again(
    inbox: S3Inbox, fake: Fake, tmp_path: Path, how: str
) -> None:
    item = made_item(tmp_path, 3 * PART)
    fake.faults["part"] = cut_after(2)
    with pytest.raises(LostError):
        send(inbox, item)
    fake.faults.clear()
    fake.calls.clear()
    fake.tells_etags_of_parts = how == "lists parts"
    if how == "lists nothing":
        fake.faults["parts"] = lambda: refusal(405, "MethodNotAllowed")
    assert send(inbox, item).how == ETAG
    assert fake.calls.count("part") == 1


def test_a_part_that_was_noted_and_is_not_there_is_sent_again(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    item = made_item(tmp_path, 3 * PART)
    fake.faults["part"] = cut_after(2)
    with pytest.raises(LostError):
        send(inbox, item)
    fake.faults.clear()
    del fake.uploads["upload-1"][2]
    assert send(inbox, item).how == ETAG
    assert fake.calls.count("part") == 5


def test_an_upload_that_the_server_forgot_is_begun_anew(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    item = made_item(tmp_path, 2 * PART)
    fake.faults["part"] = cut_after(1)
    with pytest.raises(LostError):
        send(inbox, item)
    fake.faults.clear()
    fake.uploads.clear()
    assert send(inbox, item).how == ETAG


def test_an_upload_that_breaks_the_server_is_given_up_after_five_attempts(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    item = made_item(tmp_path, 2 * PART)
    fake.faults["part"] = cut_after(1)
    with pytest.raises(LostError):
        send(inbox, item)
    fake.faults = {"parts": lambda: refusal(500, "InternalError")}
    for _ in range(5):
        with pytest.raises(LostError):
            send(inbox, item)
    assert send(inbox, item).how == ETAG
    assert fake.calls.count("create") == 2


def test_a_file_that_changed_is_not_joined_to_parts_of_the_old_one(
    inbox: S3Inbox, fake: Fake, tmp_path: Path
) -> None:
    fake.faults["part"] = cut_after(1)
    with pytest.raises(LostError):
        send(inbox, made_item(tmp_path, 2 * PART))
    fake.faults.clear()
    changed = made_item(tmp_path, 2 * PART, b"y")
    assert send(inbox, changed).how == ETAG
    assert fake.files["ours/encrypted/file"] == changed.path.read_bytes()
    assert not fake.uploads


def test_notes_of_parts_outlive_the_process(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "bundle", "id")
    part = SentPart(md5="0" * 32, etag="e", sha256="s")
    upload = Upload(id="u", size=1, sha256="0" * 64, part_size=1, checksums=True, parts={7: part})
    receipts.keep_upload("a", upload)
    assert Receipts(tmp_path / "bundle", "id").upload("a") == upload


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (refusal(403, "InvalidAccessKeyId"), UserError, "refused the credentials"),
        (refusal(403, "SignatureDoesNotMatch"), UserError, "refused the credentials"),
        (refusal(400, "ExpiredToken"), UserError, "refused the credentials"),
        (refusal(401), UserError, "refused the credentials"),
        (refusal(404, "NoSuchBucket"), UserError, "no such bucket"),
        (refusal(403, "AccessDenied"), RefusedError, "AccessDenied"),
        (refusal(507, "InsufficientStorage"), RefusedError, "same command again"),
        (refusal(503, "SlowDown"), LostError, "SlowDown"),
        (refusal(502), LostError, "502"),
        (refusal(400, "RequestTimeout"), LostError, "RequestTimeout"),
        (refusal(400, "BadDigest"), LostError, "BadDigest"),
        (EndpointConnectionError(endpoint_url="http://host"), LostError, "connection broke"),
        (NoCredentialsError(), UserError, "AWS_ACCESS_KEY_ID"),
        (ParamValidationError(report="host"), RefusedError, "boto3 gave up"),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
def test_every_error_is_told_in_words_without_hosts(
    error: Exception, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message) as told, speaking_plainly():
        raise error
    assert "host" not in str(told.value)


def test_no_file_has_more_parts_than_s3_takes() -> None:
    for size in (1, 10**9, 160 * 10**9, 5 * 2**40):
        assert size / part_size_of(size) <= 10_000
