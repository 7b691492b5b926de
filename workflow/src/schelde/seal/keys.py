"""Read and write X25519 keys: Crypt4GH's own files and OpenSSH ed25519 keys.

Passphrases come from the environment or from a file of the user's alone, never from a command
line, where everybody on the machine could read them.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from types import ModuleType

from crypt4gh import sodium
from crypt4gh.keys import c4gh, ssh
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from schelde.errors import Problem, UserError
from schelde.names import Fault

KEY_BYTES = 32
PASSPHRASE = "SCHELDE_PASSPHRASE"
PASSPHRASE_FILE = "SCHELDE_PASSPHRASE_FILE"
LARGEST = 1 << 16
"""Bytes of the largest key file that is read; a key has some hundreds."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def public_of(secret: bytes) -> bytes:
    """Return the public key, 32 bytes, of a secret key."""
    return bytes(sodium.derive_pk(secret))


def fingerprint(public: bytes) -> str:
    """Return what a public key is told by: SHA-256 of its bytes, as OpenSSH writes fingerprints.

    >>> fingerprint(bytes(32))
    'SHA256:Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU'
    """
    return f"SHA256:{b64encode(hashlib.sha256(public).digest()).decode().rstrip('=')}"


def read_public_key(path: Path) -> bytes:
    """Return a public key, 32 bytes; `UserError` says what is wrong with the file."""
    return read_public_keys([path])[0]


def read_public_keys(paths: Sequence[Path]) -> tuple[bytes, ...]:
    """Return public keys, 32 bytes each, in order; `UserError` has all that is wrong with them."""
    problems: list[Problem] = []
    first: dict[bytes, Path] = {}
    for path in paths:
        try:
            key = _public(_read(path))
        except _KeyError as fault:
            problems.append(fault.at(path))
            continue
        if key in first:
            what = f"the same key is in '{first[key]}'"
            problems.append(Problem(str(path), None, what, "name each recipient once"))
        first.setdefault(key, path)
    if problems:
        raise UserError(problems)
    return tuple(first)


def read_secret_key(path: Path) -> bytes:
    """Return a secret key, 32 bytes; `UserError` says what is wrong with it or its passphrase.

    The file must be readable by its owner alone. The passphrase of a protected key comes from
    SCHELDE_PASSPHRASE or from the file that SCHELDE_PASSPHRASE_FILE names.
    """
    word = passphrase()
    try:
        return _secret(_read(path, private=True), word)
    except _KeyError as fault:
        raise UserError([fault.at(path)]) from None


def write_key_pair(public: Path, secret: Path, passphrase: str | None = None) -> None:
    """Make a new pair of keys in files of Crypt4GH's own kind; only the owner can read the secret.

    Raises `UserError` where one of the files exists: a key that is lost cannot be made again.
    """
    there = [path for path in (public, secret) if path.exists()]
    if there:
        remedy = "remove it yourself if nothing is sealed to it"
        raise UserError(
            Problem(str(path), None, "a key is there already", remedy) for path in there
        )
    key = os.urandom(KEY_BYTES)
    _write(secret, "PRIVATE", _secret_body(key, passphrase), 0o600)
    _write(public, "PUBLIC", public_of(key), 0o644)


class _KeyError(Exception):
    """What is wrong with a key, and the remedy."""

    def __init__(self, what: str, remedy: str) -> None:
        self.fault = Fault(what, remedy)
        super().__init__(what)

    def at(self, path: Path) -> Problem:
        return Problem(str(path), None, *self.fault)


def _read(path: Path, *, private: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if private and stat.S_ISREG(mode) and mode & OTHERS:
                what = f"others than its owner can use it (mode {stat.S_IMODE(mode):04o})"
                raise _KeyError(what, f"chmod 600 '{path}'")
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise _KeyError(error.strerror or str(error), "name a file that can be read") from None
    if len(content) > LARGEST:
        raise _KeyError("it is far too long for a key", "name a key file")
    return content


def _public(content: bytes) -> bytes:
    lines = _lines(content)
    remedy = "give a file with '-----BEGIN CRYPT4GH PUBLIC KEY-----' or an ssh-ed25519 public key"
    if any(b"PRIVATE KEY" in line for line in lines):
        raise _KeyError("this is a secret key", "give the public key of the recipient")
    try:
        if lines and lines[0].startswith(b"ssh-ed25519 "):
            key = bytes(ssh.get_public_key(lines[0]))
        elif lines and b"CRYPT4GH PUBLIC KEY" in lines[0]:
            key = _unwrapped(lines)
        else:
            raise _KeyError("this is no public key of Crypt4GH", remedy)
    except (ValueError, IndexError, AssertionError, RuntimeError):  # of the library
        raise _KeyError("the key is damaged", remedy) from None
    if len(key) != KEY_BYTES:
        raise _KeyError(f"the key has {len(key)} bytes and not {KEY_BYTES}", remedy)
    if _is_weak(key):
        raise _KeyError("anybody could read what is sealed to this key", "ask for another one")
    return key


def _is_weak(public: bytes) -> bool:
    """Tell whether a key is one of the few points that give everybody the same shared secret.

    RFC 7748, section 6.1: an exchange that gives only zeros is to be refused.
    """
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return True
    return False


def _secret(content: bytes, word: str | None) -> bytes:
    """Return the key in a file of a secret key, opened with the passphrase ``word`` if need be."""
    lines = _lines(content)
    remedy = "give a secret key of Crypt4GH or an OpenSSH ed25519 key"
    if lines and b"PUBLIC KEY" in lines[0]:
        raise _KeyError("this is a public key", "give the secret key that belongs to it")
    try:
        body = _unwrapped(lines)
    except (ValueError, IndexError):
        raise _KeyError("this is no secret key", remedy) from None
    readers = [reader for reader in (c4gh, ssh) if body.startswith(reader.MAGIC_WORD)]
    if not readers:
        raise _KeyError("this is no secret key of Crypt4GH", remedy)
    key, protected = _opened(readers[0], body, word)
    if len(key) == KEY_BYTES:
        return key
    if not protected:
        raise _KeyError("this key is damaged", "take it from where it was kept safe")
    if word is None:
        remedy = f"set {PASSPHRASE}, or {PASSPHRASE_FILE} to a file that holds it"
        raise _KeyError("the key is protected, and no passphrase is given", remedy)
    raise _KeyError("the passphrase does not open this key", f"put the right one into {PASSPHRASE}")


def _opened(reader: ModuleType, body: bytes, word: str | None) -> tuple[bytes, bool]:
    """Return a secret key, empty if it cannot be opened, and whether it asked for a passphrase."""
    asked = False

    def ask() -> str:
        nonlocal asked
        asked = True
        return word or ""

    stream = io.BytesIO(body)
    stream.seek(len(reader.MAGIC_WORD))
    try:
        with redirect_stderr(io.StringIO()):
            found = reader.parse_private_key(stream, ask)
    except SystemExit:  # the library's way to say that a key cannot be opened, beside its words
        return b"", asked
    return bytes(found[0] if isinstance(found, tuple) else found), asked  # OpenSSH gives both


def passphrase() -> str | None:
    """Return the passphrase that the environment gives; None if it gives none.

    `UserError` when it gives two, or names a file that is missing or that others can read.
    """
    word, file = os.environ.get(PASSPHRASE), os.environ.get(PASSPHRASE_FILE)
    if file is None:
        return word
    if word is not None:
        what = f"{PASSPHRASE} is set as well"
        raise UserError([Problem(PASSPHRASE_FILE, None, what, "set one of the two")])
    try:
        return _read(Path(file), private=True).decode("utf-8").rstrip("\r\n")
    except _KeyError as fault:
        raise UserError([fault.at(Path(file))]) from None
    except UnicodeDecodeError:
        raise UserError([Problem(file, None, "it is not UTF-8", "write it as text")]) from None


def _lines(content: bytes) -> list[bytes]:
    return [line.strip() for line in content.splitlines() if line.strip()]


def _unwrapped(lines: Sequence[bytes]) -> bytes:
    """Return the bytes between the lines BEGIN and END."""
    if not (lines[0].startswith(b"-----BEGIN ") and lines[-1].startswith(b"-----END ")):
        raise ValueError("no lines BEGIN and END")
    return b64decode(b"".join(lines[1:-1]), validate=True)


def _secret_body(key: bytes, word: str | None) -> bytes:
    if word:
        return bytes(c4gh.encode_private_key(key, word.encode(), None))
    parts: Iterable[bytes | None] = (None, None, key)  # no derivation, no cipher
    return bytes(c4gh.MAGIC_WORD + b"".join(c4gh.encode_string(part) for part in parts))


def _write(path: Path, kind: str, body: bytes, mode: int) -> None:
    text = f"-----BEGIN CRYPT4GH {kind} KEY-----\n{b64encode(body).decode()}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made with its mode, so that there is no moment in which others can open it.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{text}-----END CRYPT4GH {kind} KEY-----\n")
