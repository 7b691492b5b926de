"""Words in documents that tell of people or machines: paths, accounts, hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

KNOWN_HOSTS = Path(__file__).parents[4] / "resources" / "known_hosts.txt"
"""Hosts that name vocabularies, standards and archives."""

TOPS = (
    "home|Users|root|tmp|var|mnt|media|scratch|work|opt|srv|usr|etc|proj|projects|project|data|"
    "gpfs|lustre|nfs|beegfs|cluster|storage|Volumes|private|export|vol|shared"
)
"""First folders of paths on machines; a path that begins with another is not told from text."""

PATH = re.compile(
    rb"(?<![\w./:~<-])/(?:" + TOPS.encode() + rb")/[\w.+@=-]+|"
    rb"file:///?[\w./+@=-]+|"
    rb"(?<![\w/])~/[\w.+-]+/|"
    rb"(?<![A-Za-z0-9])[A-Za-z]:\\+(?:[\w .-]+\\+)*[\w .-]+|"
    rb"(?<![\\\w])\\\\\\*[A-Za-z][\w.-]+\\+[A-Za-z][\w$.-]+"
)
ACCOUNT = re.compile(rb"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9][\w-]*(?:\.[\w-]+)*")
ADDRESS = re.compile(rb"(?i)\b(?:https?|s?ftp|s3|ssh)://(?:[^\s/@\"'<>]*@)?([a-z0-9.-]+)(:[0-9]+)?")
LOCAL = re.compile(
    rb"(?i)\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*"
    rb"\.(?:local|localdomain|lan|intranet|internal|corp|cluster|hpc|home\.arpa)\b"
)
"""Names that only a network of its own knows."""


def paths_in(data: bytes) -> Iterator[str]:
    """Yield absolute paths.

    >>> list(paths_in(b'"x": "/home/ann/a.cram", "u": "https://a.org/data/b", "w": "C:\\\\\\\\x"'))
    ['/home/ann', 'C:\\\\\\\\x']
    """
    for found in PATH.finditer(data):
        yield found[0].decode("utf-8", "replace")


def accounts_in(data: bytes, declared: str) -> Iterator[str]:
    """Yield words like ``user@host`` that the declared text does not hold."""
    for found in ACCOUNT.finditer(data):
        word = found[0].decode("utf-8", "replace").rstrip(".")
        if word.casefold() not in declared:
            yield word


def hosts_in(data: bytes, declared: str) -> Iterator[str]:
    """Yield hosts of addresses, and names of a local network, that are neither declared nor known.

    ``declared``: text in lower case that may name hosts.
    """
    for found in ADDRESS.finditer(data):
        host = found[1].decode().casefold().rstrip(".")
        if not is_known(host) and not _holds(declared, host):
            yield host
    for found in LOCAL.finditer(data):
        host = found[0].decode().casefold()
        if not _holds(declared, host):
            yield host


def _holds(declared: str, host: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", declared) is not None


def is_known(host: str) -> bool:
    """Whether a host, or a domain that it is in, is on our list."""
    parts = host.split(".")
    return any(".".join(parts[start:]) in _known_hosts() for start in range(len(parts) - 1))


@cache
def _known_hosts() -> frozenset[str]:
    lines = KNOWN_HOSTS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip() and line[0] != "#")
