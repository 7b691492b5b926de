"""Send files to an S3 bucket: in parts that outlive a break, proved by ETag or by reading back."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from schelde.submit.address import S3Address
from schelde.submit.etag import etag_of, part_size_of, parts_of
from schelde.submit.inbox import Proof, RefusedError, Remote, Sent, SubmitError, read_block
from schelde.submit.items import Item
from schelde.submit.multipart import Multipart
from schelde.submit.receipts import Receipts
from schelde.submit.s3_errors import ABSENT, code_of, speaking_plainly, unsupported

BLOCK = 1 << 20
ETAG = "ETag of the server, equal to that of the bytes sent"
READ_BACK = "sha256 of the bytes read back"

Result = TypeVar("Result")


def s3_client(address: S3Address) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    """Return boto3's client; it looks for credentials in its usual places."""
    session = boto3.session.Session()
    own = address.endpoint is not None
    config = Config(
        connect_timeout=30,
        read_timeout=300,  # completing a large file may take minutes
        retries={"total_max_attempts": 1},  # we try again ourselves, and tell
        request_checksum_calculation="when_required",  # older servers refuse boto3's trailers
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if own else None,
        user_agent="schelde",
    )
    region = session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=address.endpoint, region_name=region, config=config)


class S3Inbox:
    """An S3 inbox. boto3 waits, so each file is sent in a thread of its own."""

    def __init__(
        self,
        address: S3Address,
        client: Any,  # noqa: ANN401
        receipts: Receipts,
        *,
        read_back: bool = False,
    ) -> None:
        self._address = address
        self._client = client
        self._receipts = receipts
        self._read_back = read_back
        self._stopped = threading.Event()
        self._multipart = Multipart(client, address, receipts, self._check)

    async def open(self) -> None:
        """Do nothing: each request logs in by itself."""

    async def close(self) -> None:
        """Let threads end after the part that they send."""
        self._stopped.set()

    async def look(self, name: str) -> Remote | None:
        """Return size and ETag of a file at the inbox; None if it is not there."""
        return await self._do(lambda: self._look(name))

    async def prove(self, item: Item, remote: Remote) -> Proof | None:
        """Compare a file that is there with ``item``, by ETag or by reading it back."""
        return await self._do(lambda: self._prove(item, remote))

    async def send(self, item: Item, sent: Sent) -> Proof:
        """Send a file and prove what the server holds."""
        return await self._do(lambda: self._send(item, sent))

    async def _do(self, work: Callable[[], Result]) -> Result:
        def told() -> Result:
            with speaking_plainly():
                return work()

        return await asyncio.to_thread(told)

    def _look(self, name: str) -> Remote | None:
        key = self._address.path(name)
        try:
            found = self._client.head_object(Bucket=self._address.bucket, Key=key)
            return Remote(found["ContentLength"], _bare(found.get("ETag")))
        except ClientError as error:
            if not (code_of(error) in ABSENT or unsupported(error)):
                raise
        return self._listed(key)

    def _listed(self, key: str) -> Remote | None:
        """Look a file up in the list of the bucket.

        The inbox of the Sensitive Data Archive does not pass HEAD on to where the file is, and
        lists files under the name of the user, which is the bucket's
        (``prependBucketToHostPath`` of its sda/cmd/s3inbox/proxy.go).
        """
        bucket = self._address.bucket
        for prefix in (key, f"{bucket}/{key}"):
            try:
                answer = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix)
            except ClientError as error:
                if unsupported(error):
                    return None
                raise
            for found in answer.get("Contents", ()):
                if found["Key"] == prefix:
                    return Remote(found["Size"], _bare(found.get("ETag")))
        return None

    def _prove(self, item: Item, remote: Remote) -> Proof | None:
        expected = {item.md5}
        if remote.mark != item.md5:
            expected.add(self._etag(item))
        return self._proof(item, remote, expected)

    def _etag(self, item: Item) -> str:
        """Return the ETag of a file sent in parts, of bytes that are those of its SHA-256."""
        whole, digests = hashlib.sha256(), []
        for _, block in parts_of(item.path, item.size, part_size_of(item.size)):
            self._check()
            whole.update(block)
            digests.append(hashlib.md5(block).hexdigest())
        if whole.hexdigest() != item.sha256:
            raise _changed(item)
        return etag_of(digests)

    def _send(self, item: Item, sent: Sent) -> Proof:
        answer, expected = self._put(item, sent)
        remote = self._look(item.name) or Remote(item.size, answer)
        if remote.size != item.size:
            raise RefusedError(f"{item.short}: the inbox holds another file under its name")
        proof = self._proof(item, Remote(item.size, remote.mark or answer), expected)
        if proof is None:
            what = f"{item.short}: the inbox does not hold the bytes that the manifest tells of"
            raise RefusedError(f"{what}; verify the bundle again, then give the same command")
        return proof

    def _put(self, item: Item, sent: Sent) -> tuple[str | None, set[str]]:
        """Send a file; return the ETag that the server gave it, and those that prove it."""
        size = part_size_of(item.size)
        if item.size > size:
            etag, digests = self._multipart.send(item, size, sent)
            return etag, {etag_of(digests), item.md5}
        block = read_block(item.path, 0, item.size)
        if hashlib.sha256(block).hexdigest() != item.sha256:
            raise _changed(item)
        answer = self._client.put_object(
            Bucket=self._address.bucket,
            Key=self._address.path(item.name),
            Body=block,
            ContentMD5=b64encode(bytes.fromhex(item.md5)).decode(),
        )
        sent(item.size, True)
        return _bare(answer.get("ETag")), {item.md5}

    def _check(self) -> None:
        if self._stopped.is_set():
            raise SubmitError("stopped")

    def _proof(self, item: Item, remote: Remote, expected: set[str]) -> Proof | None:
        """Return the proof of a file; None if it is another. RefusedError if there can be none."""
        same = remote.mark in expected
        if same and not self._read_back:
            return Proof(remote, ETAG)
        # An ETag that is not ours need not be wrong: servers that encrypt make others.
        try:
            whole = self._sha256(item) == item.sha256
        except ClientError as error:
            if not (code_of(error) in ABSENT or unsupported(error)):
                raise
            what = f"{item.short}: the inbox lets nothing be read back"
            why = "so leave out --read-back" if same else "and its ETag is not that of our bytes"
            raise RefusedError(f"{what}, {why}; ask the inbox what it holds") from None
        return Proof(remote, READ_BACK) if whole else None

    def _sha256(self, item: Item) -> str:
        key = self._address.path(item.name)
        body = self._client.get_object(Bucket=self._address.bucket, Key=key)["Body"]
        digest = hashlib.sha256()
        for block in body.iter_chunks(BLOCK):
            self._check()
            digest.update(block)
        return digest.hexdigest()


def _changed(item: Item) -> SubmitError:
    return SubmitError(f"{item.short} is not what the manifest tells of; verify the bundle")


def _bare(etag: str | None) -> str | None:
    return etag.strip('"') if etag else None
