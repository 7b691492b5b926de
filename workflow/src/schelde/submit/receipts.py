"""Receipts: what is proved to be at an inbox, kept beside the bundle and never in it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from schelde.bundle.part import Md5, Part, Sha256, Text
from schelde.errors import Problem, UserError
from schelde.pipes import write_text
from schelde.submit.inbox import Proof, Remote
from schelde.submit.items import Item

RECEIPT = ".json"
UPLOAD = ".upload.json"


class Receipt(Part):
    """One file at one inbox. ``inbox``: `id` of its address; ``mark``: of `Remote`."""

    format: Literal["schelde-receipt/1"] = "schelde-receipt/1"
    inbox: Text
    name: Text
    size: int = Field(ge=0)
    sha256: Sha256
    proved_by: Text
    proved_at: Text = Field(description="UTC, of the machine that sent")
    mark: str | None = Field(description="ETag, or time of the last change at the server")

    def fits(self, item: Item, remote: Remote) -> bool:
        """Whether the file is the one that was proved, and nothing changed at the inbox since."""
        return (
            (self.name, self.size, self.sha256) == (item.name, item.size, item.sha256)
            and remote == Remote(self.size, self.mark)
            and self.mark is not None
        )


class SentPart(Part):
    """A part that the server has: MD5 and SHA-256 (in base64) of its bytes, and its ETag."""

    md5: Md5
    etag: Text
    sha256: str | None = None


class Upload(Part):
    """An S3 upload in parts that is not complete yet; ``parts`` by their number, from 1.

    ``checksums``: whether the server checks the SHA-256 of each part.
    """

    id: Text
    size: int
    sha256: Sha256
    part_size: int = Field(ge=1)
    checksums: bool = False
    parts: dict[int, SentPart] = Field(default_factory=dict)


class Receipts:
    """The receipts of one bundle at one inbox: ``<bundle>.receipts/<inbox>/<name>.json``."""

    def __init__(self, bundle: Path, inbox: str) -> None:
        self.inbox = inbox
        root = bundle.resolve()
        self.folder = root.with_name(f"{root.name}.receipts") / inbox

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from sending the same bundle to the same inbox; UserError if one does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                what, remedy = "is being sent there by another process", "wait for its end"
                raise UserError([Problem(self._bundle, None, what, remedy)]) from None
            yield

    @property
    def _bundle(self) -> str:
        return self.folder.parent.name.removesuffix(".receipts")

    def read(self, name: str) -> Receipt | None:
        """Return the receipt of a file; None if there is none that can be read."""
        try:
            return Receipt.model_validate_json(self._path(name, RECEIPT).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, item: Item, proof: Proof) -> None:
        """Keep the receipt of a file."""
        receipt = Receipt(
            inbox=self.inbox,
            name=item.name,
            size=item.size,
            sha256=item.sha256,
            proved_by=proof.how,
            proved_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            mark=proof.remote.mark,
        )
        write_text(self._path(item.name, RECEIPT), receipt.model_dump_json(indent=1) + "\n")

    def discard(self, name: str) -> None:
        """Take back the receipt of a file that is sent again."""
        self._path(name, RECEIPT).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return the files that have a receipt, sorted."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob(f"*{RECEIPT}"))
        names = sorted(path.as_posix() for path in found)
        return [name.removesuffix(RECEIPT) for name in names if not name.endswith(UPLOAD)]

    def upload(self, name: str) -> Upload | None:
        """Return the unfinished upload of a file; None if there is none that can be read."""
        try:
            return Upload.model_validate_json(self._path(name, UPLOAD).read_bytes())
        except (OSError, ValidationError):
            return None

    def keep_upload(self, name: str, upload: Upload) -> None:
        """Keep what is needed to go on with an upload after this process."""
        write_text(self._path(name, UPLOAD), upload.model_dump_json(indent=1) + "\n")

    def drop_upload(self, name: str) -> None:
        """Forget an upload that is complete, or given up."""
        self._path(name, UPLOAD).unlink(missing_ok=True)

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / f"{name}{ending}"
