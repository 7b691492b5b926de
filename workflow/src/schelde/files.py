"""Look at files before they are read: are they there, and are they clean text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from schelde.errors import Problem
from schelde.names import Fault, Place

BOM = b"\xef\xbb\xbf"
BINARY = {
    b"\x1f\x8b": ("compressed with gzip", "unpack it with gunzip"),
    b"PK\x03\x04": ("a spreadsheet or zip file", "save it as tab-separated text"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}
"""First bytes of what is given by mistake as text."""


def file_fault(path: str, *, called: str | None = None) -> Fault | None:
    """Return why there is no readable, non-empty regular file at a path; None if there is one.

    ``called``: what the message calls it, when it is told at the file itself.
    """
    name = called or f"'{path}'"
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        return Fault(f"{name} does not exist", _elsewhere(path))
    except OSError as error:
        return Fault(f"{name} cannot be looked at ({error.strerror})", "check path and rights")
    return stat_fault(path, found, name)


def stat_fault(path: str, found: os.stat_result, name: str) -> Fault | None:
    """Return what is wrong with a file by what `os.stat` found; ``name`` is how to call it."""
    if stat.S_ISDIR(found.st_mode):
        return Fault(f"{name} is a folder", "give the path of a file in it")
    if not stat.S_ISREG(found.st_mode):
        return Fault(f"{name} is a pipe or device", "write it to a file; it is read twice")
    if found.st_size == 0:
        return Fault(f"{name} is empty", "make or copy it again")
    if not os.access(path, os.R_OK):
        return Fault(f"{name} may not be read by you", f"ask its owner, or run chmod u+r {path}")
    return None


def _elsewhere(path: str) -> str:
    twin = path.removesuffix(".gz") if path.endswith(".gz") else f"{path}.gz"
    if Path(twin).exists():
        return f"did you mean '{twin}'?"
    if Path(path).is_symlink():
        return f"it is a link to '{Path(path).readlink()}', which is gone; put the file back"
    if Path(path).is_absolute():
        return "check the path"
    return "check the path; it is taken from the folder in which you start"


def read_text(path: str, problems: list[Problem]) -> str | None:
    """Return a text file with Unix line ends, adding to ``problems`` what is unclean about it.

    Returns None when there is no text to go on with. What is not UTF-8 is reported once and read
    as Latin-1, so that the other problems of the file are found in the same run.
    """
    place = Place(path)
    fault = file_fault(path, called="this file")
    if fault:
        problems.append(place.problem(*fault))
        return None
    data = Path(path).read_bytes()
    for magic, (what, remedy) in BINARY.items():
        if data.startswith(magic):
            problems.append(place.problem(f"this file is {what}, not plain text", remedy))
            return None
    if b"\0" in data:
        problems.append(place.problem("this file is binary, not plain text", "give a text file"))
        return None
    return _decode(path, data, problems)


def _decode(path: str, data: bytes, problems: list[Problem]) -> str:
    if data.startswith(BOM):
        remedy = f"save it as UTF-8 without it, or run sed -i '1s/^\\xEF\\xBB\\xBF//' {path}"
        problems.append(Problem(path, 1, "this file begins with a byte order mark", remedy))
        data = data.removeprefix(BOM)
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        remedy = f"run sed -i 's/\\r$//' {path}, or save it with Unix line ends"
        problems.append(Problem(path, line, "lines end as in Windows (CRLF)", remedy))
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"byte 0x{data[error.start]:02X} is not UTF-8"
        remedy = f"save the file as UTF-8, such as with iconv -f latin1 -t utf-8 {path}"
        problems.append(Problem(path, line, what, remedy))
        return data.decode("latin-1")
