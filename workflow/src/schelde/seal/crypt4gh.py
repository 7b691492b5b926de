"""Encrypt a file to recipients with all checksums in one pass; decrypt it as a stream."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from schelde.bundle.record import Checksums
from schelde.pipes import whole
from schelde.seal.header import (
    EXTRA,
    SEGMENT,
    SealError,
    body_size,
    new_packets,
    plain_size,
    read_header,
    session_keys,
    session_packet,
    written,
)
from schelde.seal.keys import KEY_BYTES
from schelde.seal.lanes import BATCH, Digester, Lane

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

NONCE = 12
TAG = EXTRA - NONCE


@dataclass(frozen=True)
class Sealed:
    """Sizes in bytes and checksums of a file before and after encryption."""

    size: int
    plain: Checksums
    encrypted_size: int
    encrypted: Checksums


def encrypt(
    source: Path, target: Path, recipients: Sequence[bytes], sender: bytes | None = None
) -> Sealed:
    """Encrypt a file to public keys, whole or not at all, and return its sizes and checksums.

    The file is read once. ``sender`` is a secret key that recipients can know the file by; without
    it one is made and forgotten. A session key and the nonces are new each time.
    """
    session = os.urandom(KEY_BYTES)
    own = sender or os.urandom(KEY_BYTES)
    cipher = ChaCha20Poly1305(session)
    start = written(new_packets([session_packet(session)], own, recipients))
    with whole(target) as part, source.open("rb") as file, part.open("wb") as out:
        with ExitStack() as stack:
            # A lane ends before those that were opened before it: work hands on to the others.
            writing, *digesting, work = [stack.enter_context(Lane()) for _ in range(6)]
            plain, encrypted = Digester(*digesting[:2]), Digester(*digesting[2:])

            def hand_on(data: bytes | bytearray) -> None:
                encrypted.add(data)
                writing.put(out.write, data)

            hand_on(start)
            while batch := file.read(BATCH):
                plain.add(batch)
                work.put(lambda batch: hand_on(_encrypted(cipher, batch)), batch)
        out.flush()
        os.fsync(out.fileno())
    return Sealed(plain.size, plain.checksums(), encrypted.size, encrypted.checksums())


def _encrypted(cipher: ChaCha20Poly1305, batch: bytes) -> bytearray:
    """Return the segments of a batch, which but for the last one of a file are full."""
    source, body = memoryview(batch), bytearray(body_size(len(batch)))
    target = memoryview(body)
    nonces = os.urandom(NONCE * -(-len(batch) // SEGMENT))
    for number, start in enumerate(range(0, len(batch), SEGMENT)):
        segment = source[start : start + SEGMENT]
        nonce = nonces[number * NONCE : (number + 1) * NONCE]
        place = start + number * EXTRA
        target[place : place + NONCE] = nonce
        cipher.encrypt_into(nonce, segment, None, target[place + NONCE :][: len(segment) + TAG])
    return body


@contextmanager
def decrypting(path: Path, secret: bytes, size: int | None = None) -> Iterator[IO[bytes]]:
    """Yield the plain bytes of a sealed file, to be read from beginning to end.

    `WrongKeyError` when it is sealed to others; `SealError` when its header is broken, when a
    segment does not pass its authentication (raised while reading, before any byte of it is
    given), or when the file was cut. A cut between two segments leaves a file that is right by
    itself; it is noticed where the recorded ``size`` of the plain file is given.
    """
    with path.open("rb") as file:
        found = read_header(file, path.name)
        holds = _holds(path, found.end)
        if size is not None and holds != size:
            raise SealError(f"{path.name}: it holds {holds} bytes and should hold {size}: cut?")
        ciphers = [ChaCha20Poly1305(key) for key in session_keys(found, secret, path.name)]
        with io.BufferedReader(_Plain(file, ciphers, path.name), BATCH) as stream:
            yield stream


def _holds(path: Path, end: int) -> int:
    try:
        return plain_size(path.stat().st_size - end)
    except ValueError as error:
        raise SealError(f"{path.name}: it was cut: {error}") from None


class _Plain(io.RawIOBase):
    """The plain bytes of the segments that begin where a file stands."""

    def __init__(self, file: IO[bytes], ciphers: list[ChaCha20Poly1305], name: str) -> None:
        self._file, self._ciphers, self._name = file, ciphers, name
        self._number = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill the target from one segment, as far as that goes; 0 at the end."""
        if not self._left:
            self._left = memoryview(self._next())
        view = memoryview(target).cast("B")
        many = min(len(view), len(self._left))
        view[:many], self._left = self._left[:many], self._left[many:]
        return many

    def _next(self) -> bytes:
        segment = self._file.read(SEGMENT + EXTRA)
        if not segment:
            return b""
        self._number += 1
        nonce, sealed = segment[:NONCE], segment[NONCE:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, None)
            except InvalidTag:
                continue
        what = f"segment {self._number} does not pass its authentication"
        raise SealError(f"{self._name}: {what}: bytes of it were changed")
