"""Where a bundle is sent to: the address of an inbox, and an id that tells nobody which it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from schelde.bundle.part import SAFE_NAME
from schelde.errors import Problem, UserError

OPTION = "--to"
ENDPOINT = "SCHELDE_S3_ENDPOINT"
HERE = ("localhost", "127.0.0.1", "::1")
ID_DIGITS = 16


@dataclass(frozen=True)
class SftpAddress:
    """A folder of an SFTP server; ``folder`` is '.' for the one that the server opens."""

    user: str
    host: str
    port: int
    folder: str

    @property
    def id(self) -> str:
        """The inbox, without its host and user: the start of a SHA-256."""
        return _digest(f"sftp://{self.host}:{self.port}/{self.folder}")

    def path(self, name: str) -> str:
        """Return where a file of a bundle goes."""
        return name if self.folder == "." else f"{self.folder.rstrip('/')}/{name}"


@dataclass(frozen=True)
class S3Address:
    """A bucket and the start of all names in it; ``endpoint`` is None for Amazon's own."""

    bucket: str
    prefix: str
    endpoint: str | None

    @property
    def id(self) -> str:
        """The inbox, without its host: the start of a SHA-256."""
        return _digest(f"s3://{self.endpoint}/{self.bucket}/{self.prefix}")

    def path(self, name: str) -> str:
        """Return the key under which a file of a bundle goes."""
        return f"{self.prefix}/{name}" if self.prefix else name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def read_address(to: str, endpoint: str | None) -> SftpAddress | S3Address:
    """Return the inbox that an address names; UserError if it names none.

    ``sftp://user@host[:port][/folder]``: the folder counts from the top of the server, or after
    ``/~/`` from the one that it opens. ``s3://bucket[/prefix]`` at ``endpoint``, an http(s)
    address. A password in an address is refused: other users see it in the list of processes.
    """
    try:
        parts = urlsplit(to)
        port = parts.port
    except ValueError:
        raise _refusal("the address cannot be read", "give sftp://user@host:port/folder") from None
    if parts.password is not None:
        what = "the address has a password in it"
        raise _refusal(what, "put it into a file, and name that in SCHELDE_SFTP_PASSWORD_FILE")
    if parts.query or parts.fragment:
        raise _refusal("the address has a '?' or '#' in it", "leave out what follows it")
    if parts.scheme == "sftp":
        return _sftp(parts, 22 if port is None else port)
    if parts.scheme == "s3":
        return _s3(parts, endpoint)
    remedy = "give sftp://user@host:port/folder or s3://bucket/prefix"
    raise _refusal(f"'{parts.scheme}' is no kind of inbox", remedy)


def _sftp(parts: SplitResult, port: int) -> SftpAddress:
    if not parts.username or not parts.hostname:
        raise _refusal("the address has no user or no host", "give sftp://user@host:port/folder")
    return SftpAddress(parts.username, parts.hostname, port, _folder(parts.path))


def _folder(path: str) -> str:
    from_home = path == "/~" or path.startswith("/~/")
    names = _safe_names(path.removeprefix("/~") if from_home else path)
    if not names:
        return "."
    return "/".join(names) if from_home else f"/{'/'.join(names)}"


def _s3(parts: SplitResult, endpoint: str | None) -> S3Address:
    if endpoint is not None:
        host = urlsplit(endpoint)
        if host.scheme not in ("https", "http") or not host.hostname:
            remedy = "give an address such as https://inbox.example.org"
            raise UserError([Problem(ENDPOINT, None, "is no address", remedy)])
        if host.scheme == "http" and host.hostname not in HERE:
            what = "would send the documents over the network in plain text"
            raise UserError([Problem(ENDPOINT, None, what, "use https://")])
    if not re.fullmatch(SAFE_NAME, parts.netloc):
        raise _refusal("the address has no bucket that could be one", "give s3://bucket/prefix")
    return S3Address(parts.netloc, "/".join(_safe_names(parts.path)), endpoint)


def _safe_names(path: str) -> list[str]:
    names = [name for name in path.split("/") if name]
    for name in names:
        if not re.fullmatch(SAFE_NAME, name):
            remedy = "use letters, digits, '.', '_' and '-' only, with a letter or digit first"
            raise _refusal("the folder has a name that inboxes refuse", remedy)
    return names


def _refusal(what: str, remedy: str) -> UserError:
    return UserError([Problem(OPTION, None, what, remedy)])
