"""One file to S3 in parts; what is there already, from this process or an earlier one, stays."""

from __future__ import annotations

import contextlib
import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from schelde.submit.address import S3Address
from schelde.submit.etag import parts_of
from schelde.submit.inbox import LostError, Sent, SubmitError
from schelde.submit.items import Item
from schelde.submit.receipts import Receipts, SentPart, Upload
from schelde.submit.s3_errors import status_of, unsupported

NOT_FOUND, FAILED = 404, 500
PATIENCE = 5
"""Attempts in a row that the server may fail on an upload until it is begun anew."""


class Multipart:
    """Sends files in parts. ``check`` is called before each part, and may raise to stop."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its classes at run time
        address: S3Address,
        receipts: Receipts,
        check: Callable[[], None],
    ) -> None:
        self._failures: Counter[str] = Counter()
        self._client = client
        self._address = address
        self._receipts = receipts
        self._check = check

    def send(self, item: Item, part_size: int, sent: Sent) -> tuple[str | None, list[str]]:
        """Send a file; return the ETag that the server gave it, and the MD5 of each part.

        Every byte is read here and held against the file's SHA-256, also of parts that are not
        sent again, so that the MD5s are those of the file that the manifest tells of. The server
        checks each part against the MD5 and, if it knows it, the SHA-256 that go with it.
        """
        try:
            return self._send(item, part_size, sent)
        except ClientError as error:
            if status_of(error) == FAILED:
                self._count_failure(item)
            raise

    def _count_failure(self, item: Item) -> None:
        """Give an upload up that the server fails on again and again: it may have broken it."""
        self._failures[item.name] += 1
        upload = self._receipts.upload(item.name)
        if upload and self._failures[item.name] >= PATIENCE:
            self._abort(item, upload.id)
            del self._failures[item.name]

    def _send(self, item: Item, part_size: int, sent: Sent) -> tuple[str | None, list[str]]:
        upload = self._going_on(item, part_size) or self._begin(item, part_size)
        there = min(len(upload.parts) * part_size, item.size)
        if there:
            sent(there, False)
        whole, digests = hashlib.sha256(), []
        for number, block in parts_of(item.path, item.size, part_size):
            self._check()
            whole.update(block)
            digests.append(hashlib.md5(block).hexdigest())
            known = upload.parts.get(number)
            if known is None or known.md5 != digests[-1]:
                upload.parts[number] = self._part(item, upload, number, block)
                self._receipts.keep_upload(item.name, upload)
                self._failures.pop(item.name, None)
                sent(len(block), True)
        if whole.hexdigest() != item.sha256:
            self._abort(item, upload.id)
            raise SubmitError(f"{item.short} is not what the manifest tells of; verify the bundle")
        return self._complete(item, upload), digests

    def _where(self, item: Item) -> dict[str, str]:
        return {"Bucket": self._address.bucket, "Key": self._address.path(item.name)}

    def _going_on(self, item: Item, part_size: int) -> Upload | None:
        """Return the upload that an earlier attempt began, with the parts that the server has."""
        upload = self._receipts.upload(item.name)
        if upload is None:
            return None
        same = (upload.size, upload.sha256, upload.part_size) == (item.size, item.sha256, part_size)
        if not same:
            self._abort(item, upload.id)
            return None
        try:
            return upload.model_copy(update={"parts": self._parts_there(item, upload)})
        except ClientError as error:
            if status_of(error) == NOT_FOUND:
                self._receipts.drop_upload(item.name)
                return None
            if unsupported(error):
                return upload  # the server lists no parts: what we noted must do
            raise

    def _parts_there(self, item: Item, upload: Upload) -> dict[int, SentPart]:
        """Return the parts that the server lists: as we noted them, or else their ETag as MD5.

        A part of which nothing is noted arrived just before our process was ended.
        """
        pages = self._client.get_paginator("list_parts")
        found = {}
        for page in pages.paginate(**self._where(item), UploadId=upload.id):
            for part in page.get("Parts", ()):
                number, etag = part["PartNumber"], part.get("ETag", "").strip('"')
                noted = upload.parts.get(number)
                if noted and etag in ("", noted.etag):
                    found[number] = noted
                elif re.fullmatch("[0-9a-f]{32}", etag):
                    sha256 = part.get("ChecksumSHA256")
                    found[number] = SentPart(md5=etag, etag=etag, sha256=sha256)
        return found

    def _begin(self, item: Item, part_size: int) -> Upload:
        self._abort_strays(item)
        where = self._where(item)
        try:
            answer = self._client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")
        except ClientError as error:
            if not unsupported(error):
                raise
            answer = self._client.create_multipart_upload(**where)
        upload = Upload(
            id=answer["UploadId"],
            size=item.size,
            sha256=item.sha256,
            part_size=part_size,
            checksums=answer.get("ChecksumAlgorithm") == "SHA256",
        )
        self._receipts.keep_upload(item.name, upload)
        return upload

    def _part(self, item: Item, upload: Upload, number: int, block: bytes) -> SentPart:
        digest = hashlib.md5(block)
        extra = {}
        if upload.checksums:
            extra["ChecksumSHA256"] = b64encode(hashlib.sha256(block).digest()).decode()
        answer = self._client.upload_part(
            **self._where(item),
            **extra,
            UploadId=upload.id,
            PartNumber=number,
            Body=block,
            ContentMD5=b64encode(digest.digest()).decode(),
        )
        etag = answer["ETag"].strip('"')
        return SentPart(md5=digest.hexdigest(), etag=etag, sha256=extra.get("ChecksumSHA256"))

    def _complete(self, item: Item, upload: Upload) -> str | None:
        parts = [_named(number, part) for number, part in sorted(upload.parts.items())]
        try:
            answer = self._client.complete_multipart_upload(
                **self._where(item), UploadId=upload.id, MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            if status_of(error) != NOT_FOUND:
                raise
            # An attempt whose answer was lost may have completed it; the next look will tell.
            self._receipts.drop_upload(item.name)
            raise LostError("the server no longer knows the upload") from error
        self._receipts.drop_upload(item.name)
        etag = answer.get("ETag")
        return etag.strip('"') if etag else None

    def _abort_strays(self, item: Item) -> None:
        """Have the server throw away parts of uploads of this file that nobody goes on with."""
        where = self._where(item)
        with contextlib.suppress(ClientError):  # many inboxes do not list them
            answer = self._client.list_multipart_uploads(
                Bucket=where["Bucket"], Prefix=where["Key"]
            )
            for stray in answer.get("Uploads", ()):
                if stray["Key"] == where["Key"]:
                    self._abort(item, stray["UploadId"])

    def _abort(self, item: Item, upload: str) -> None:
        with contextlib.suppress(ClientError):  # it is gone already, or not ours to end
            self._client.abort_multipart_upload(**self._where(item), UploadId=upload)
        self._receipts.drop_upload(item.name)


def _named(number: int, part: SentPart) -> dict[str, str | int]:
    named: dict[str, str | int] = {"PartNumber": number, "ETag": part.etag}
    if part.sha256 is not None:
        named["ChecksumSHA256"] = part.sha256
    return named
