"""Known references, and how one is fetched: the only place where a run reads the network."""

from __future__ import annotations

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from schelde.errors import Problem, UserError
from schelde.joblog import JobError
from schelde.names import Place
from schelde.tables import Column, Row, read_table

BLOCK = 1 << 20  # bytes read at once
TIMEOUT = 60  # seconds without a byte after which a connection counts as broken
ATTEMPTS = 5  # times that a download which breaks off is taken up
PAUSE = 10  # seconds before the next attempt

COLUMNS = (
    Column("name", "name that the config uses"),
    Column("assembly", "assembly that it is of, such as GRCh38"),
    Column("address", "https, http, ftp or file address of the FASTA"),
    Column("bytes", "size of the file; empty when no source tells", filled=False),
    Column("md5", "MD5 of the file; empty when no source tells", filled=False),
    Column("source", "who publishes it, and where size and MD5 are from"),
    Column("licence", "terms of use"),
    Column("note", "what a user should know", filled=False),
)


class FetchError(JobError):
    """A file that could not be fetched, or is not the one that was meant."""


@dataclass(frozen=True)
class Reference:
    """A known reference: ``size`` in bytes and ``md5`` are those of the file at ``address``."""

    name: str
    assembly: str
    address: str
    size: int | None
    md5: str | None


def read_references(path: Path) -> dict[str, Reference]:
    """Read resources/references.tsv; `UserError` with every problem of it."""
    problems: list[Problem] = []
    table = read_table(str(path), COLUMNS, problems)
    rows = table.rows if table else ()
    names: set[str] = set()
    for row in rows:
        problems.extend(_faults(row))
        name = row.cells.get("name", "")
        if name in names:
            problems.append(row.place.problem(f"'{name}' is there twice", "keep one row"))
        names.add(name)
    if problems:
        raise UserError(problems)
    return {row.cells["name"]: _reference(row.cells) for row in rows}


def _reference(cells: Mapping[str, str]) -> Reference:
    size = int(cells["bytes"]) if "bytes" in cells else None
    return Reference(cells["name"], cells["assembly"], cells["address"], size, cells.get("md5"))


def _faults(row: Row) -> list[Problem]:
    place: Place = row.place
    faults: list[Problem] = []
    address = row.cells.get("address", "https://")
    if not address.startswith(("https://", "http://", "ftp://", "file://")):
        remedy = "begin it with https://, http://, ftp:// or file://"
        faults.append(place.problem(f"'{address}' is no address", remedy))
    if not row.cells.get("bytes", "1").isdecimal():
        faults.append(place.problem("'bytes' is not a whole number", "give it, or leave it empty"))
    if not re.fullmatch(r"[0-9a-f]{32}", row.cells.get("md5", "0" * 32)):
        remedy = "give 32 digits 0 to f in lower case, or leave it empty"
        faults.append(place.problem("'md5' is not an MD5", remedy))
    return faults


def public_address(
    references: Mapping[str, Reference], name: str, fasta: str | None, md5: str | None
) -> str | None:
    """Return where the public finds a run's genome; None when that is not known.

    It is the address that is fetched or, for a user's own ``fasta``, that of the known file whose
    MD5 the user declares. A name alone proves nothing.
    """
    if fasta is None:
        return references[name].address
    same = (known for known in references.values() if md5 and known.md5 == md5.lower())
    return next((known.address for known in same), None)


def fetch(
    address: str,
    target: Path,
    *,
    size: int | None,
    md5: str | None,
    log: IO[bytes],
) -> None:
    """Fetch a file to ``target``, whole and checked or not at all.

    What has come is kept beside it as ``.part`` when the connection breaks, and a later attempt
    goes on from there where the server can. ``size`` is in bytes; without it the server's word is
    taken. Raises `FetchError`, also when no ``md5`` is given: a genome that nobody vouches for is
    not used.
    """
    if md5 is None:
        raise FetchError(f"no MD5 is known for {address}; give it as reference.md5")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _take(address, part, size)
            break
        except (OSError, http.client.HTTPException) as error:
            log.write(f"attempt {attempt} of {ATTEMPTS} ended: {error}\n".encode())
            refused = isinstance(error, urllib.error.HTTPError) and 400 <= error.code < 500
            if refused or attempt == ATTEMPTS:
                raise FetchError(f"{address} could not be fetched: {error}") from error
            time.sleep(PAUSE)
    found_size = part.stat().st_size
    with part.open("rb") as handle:
        found = hashlib.file_digest(handle, "md5").hexdigest()
    if size not in (None, found_size) or found != md5.lower():
        part.unlink()
        raise FetchError(
            f"{address} gave {found_size} bytes with MD5 {found}, but MD5 {md5}"
            f"{'' if size is None else f' and {size} bytes'} are declared; it was thrown away"
        )
    part.replace(target)
    log.write(f"fetched {address}: {found_size} bytes, MD5 {found}\n".encode())


def _take(address: str, part: Path, size: int | None) -> None:
    """Take up a download once, to its end; OSError or HTTPException when it breaks off."""
    have = part.stat().st_size if part.exists() else 0
    if size is not None and have == size:
        return
    request = urllib.request.Request(address)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink()  # it is longer than the file, or complete but not what the table says
        raise ConnectionError("what had come before does not fit; beginning anew") from error
    with response:
        resumed = getattr(response, "status", None) == http.HTTPStatus.PARTIAL_CONTENT
        start = have if resumed else 0
        length = response.headers.get("Content-Length")
        promised = None if length is None else start + int(length)
        if size is not None and promised not in (None, size):
            raise FetchError(f"{address} is {promised} bytes, not {size}; it was not fetched")
        with part.open("ab" if resumed else "wb") as handle:
            while block := cast(bytes, response.read(BLOCK)):
                handle.write(block)
            have = handle.tell()
    whole = size if promised is None else promised
    if whole is not None and have != whole:
        raise ConnectionError(f"{have} of {whole} bytes came")
