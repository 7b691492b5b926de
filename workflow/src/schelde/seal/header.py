"""The header of a Crypt4GH file: packets, each the session key sealed to one recipient.

A Crypt4GH file is a header and a body of segments. A segment is 64 KiB of the plain file (the last
one what is left), encrypted with ChaCha20-Poly1305: 12 bytes of nonce before, 16 of tag behind
(GA4GH Crypt4GH 1.0).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import crypt4gh
from crypt4gh import header

from schelde.joblog import JobError

SEGMENT: int = crypt4gh.SEGMENT_SIZE
EXTRA: int = crypt4gh.CIPHER_DIFF
"""Bytes by which encryption makes a segment longer."""

LARGEST = 1 << 20
"""Bytes of the largest header that is read; one recipient takes 108."""


class SealError(JobError):
    """A sealed file that cannot be used; the message has the file and the reason."""


class WrongKeyError(SealError):
    """The file is sealed to others than the owner of this key."""


@dataclass(frozen=True)
class Header:
    """Encrypted packets without their lengths; ``end``: where the body begins, in bytes."""

    packets: tuple[bytes, ...]
    end: int


def plain_size(body: int) -> int:
    """Return the size of a plain file by that of its encrypted body.

    ValueError for a size that no body has: it was cut in the middle of a segment.

    >>> [plain_size(size) for size in (0, 29, 65564, 65593)]
    [0, 1, 65536, 65537]
    """
    segments, rest = divmod(body, SEGMENT + EXTRA)
    if 0 < rest <= EXTRA:
        raise ValueError(f"its last segment has {rest} bytes, too few for a nonce and a tag")
    return segments * SEGMENT + max(0, rest - EXTRA)


def body_size(plain: int) -> int:
    """Return the size of the encrypted body by that of the plain file.

    >>> body_size(65537)
    65593
    """
    return plain + -(-plain // SEGMENT) * EXTRA


def read_header(file: IO[bytes], name: str) -> Header:
    """Read a header from the beginning of a file, which is left at its body.

    ``name`` is told in the `SealError` that a broken header raises.
    """
    start = io.BytesIO(file.read(LARGEST))
    try:
        packets = tuple(map(bytes, header.parse(start)))
    except ValueError as error:
        raise SealError(f"{name}: this is no Crypt4GH file: {error}") from None
    if not packets:
        raise SealError(f"{name}: this is no Crypt4GH file: its header has no packet")
    file.seek(start.tell())
    return Header(packets, start.tell())


def header_end(path: Path) -> int:
    """Return where the body of a sealed file begins, in bytes; `SealError` as `read_header`."""
    with path.open("rb") as file:
        return read_header(file, path.name).end


def opened(found: Header, secret: bytes, name: str) -> list[bytes]:
    """Return what the packets for a secret key say, still in the library's form.

    `WrongKeyError` if none of them is for this key.
    """
    packets, _ = header.decrypt(found.packets, [(0, secret, None)])
    if not packets:
        many = len(found.packets)
        sealed_to = "one recipient" if many == 1 else f"{many} recipients"
        raise WrongKeyError(f"{name}: this key does not open it; it is sealed to {sealed_to}")
    return [bytes(packet) for packet in packets]


def session_keys(found: Header, secret: bytes, name: str) -> list[bytes]:
    """Return the keys that segments are encrypted with; `SealError` if there is none.

    A file with an edit list is refused: what it shows is not what its checksums are of.
    """
    try:
        data, edits = header.partition_packets(opened(found, secret, name))
        keys = [bytes(header.parse_enc_packet(packet)) for packet in data]
    except ValueError as error:
        raise SealError(f"{name}: a packet of its header: {error}") from None
    if edits is not None:
        raise SealError(f"{name}: it has an edit list; a sealed file of a bundle has none")
    if not keys or any(len(key) != 32 for key in keys):
        raise SealError(f"{name}: the packet for this key holds no session key")
    return keys


def new_packets(contents: Sequence[bytes], sender: bytes, to: Sequence[bytes]) -> list[bytes]:
    """Return contents of packets sealed to each of several public keys by a secret key."""
    keys = [(0, sender, public) for public in to]
    return [bytes(packet) for content in contents for packet in header.encrypt(content, keys)]


def session_packet(key: bytes) -> bytes:
    """Return the content of a packet that hands over a session key."""
    return bytes(header.make_packet_data_enc(0, key))


def written(packets: Sequence[bytes]) -> bytes:
    """Return the bytes of a header."""
    return bytes(header.serialize(packets))
