"""What opens an SFTP inbox: keys and passwords from files that the environment names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from schelde.errors import Problem, UserError

KEY = "SCHELDE_SFTP_KEY"
PASSPHRASE = "SCHELDE_SFTP_KEY_PASSPHRASE_FILE"
PASSWORD = "SCHELDE_SFTP_PASSWORD_FILE"
KNOWN_HOSTS = "SCHELDE_KNOWN_HOSTS"
OTHERS = 0o077
"""Bits of a file's mode that let others than its owner have it."""


@dataclass(frozen=True)
class Login:
    """How we prove who we are, and how the server does: its key stands in ``known_hosts``."""

    known_hosts: Path
    key: Any = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def read_login(environment: Mapping[str, str]) -> Login:
    """Read key or password, and find the known hosts; UserError with all that is amiss.

    Secrets are read from files only: the environment of a process is seen by more programs than a
    file of mode 0600, and often written to logs.
    """
    problems: list[Problem] = []
    given = environment.get(KNOWN_HOSTS)
    known_hosts = Path(given) if given else Path.home() / ".ssh/known_hosts"
    if not known_hosts.is_file():
        remedy = "write the inbox's host key into it, as ssh-keyscan prints it, once you compared"
        what = f"there is no file {known_hosts}, so no server can be told from an impostor"
        problems.append(Problem(KNOWN_HOSTS, None, what, f"{remedy} it with what the inbox says"))
    key, password = None, None
    if environment.get(KEY):
        key = _key(environment, problems)
    if environment.get(PASSWORD):
        password = _secret(PASSWORD, environment[PASSWORD], problems)
    if not environment.get(KEY) and not environment.get(PASSWORD):
        what = "neither key nor password is given"
        problems.append(Problem(KEY, None, what, f"name a private key in it, or use {PASSWORD}"))
    if problems:
        raise UserError(problems)
    return Login(known_hosts, key, password)


def _secret(variable: str, file: str, problems: list[Problem]) -> str | None:
    """Return the text of a secret file without its last line's end; None with a problem added."""
    path = Path(file)
    try:
        if path.stat().st_mode & OTHERS:
            what = "others may read or change the file that it names"
            problems.append(Problem(variable, None, what, "chmod 600 that file"))
            return None
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        remedy = "name a file of text that you may read"
        problems.append(Problem(variable, None, "the file that it names cannot be read", remedy))
        return None


def _key(environment: Mapping[str, str], problems: list[Problem]) -> object:
    text = _secret(KEY, environment[KEY], problems)
    passphrase = None
    if environment.get(PASSPHRASE):
        passphrase = _secret(PASSPHRASE, environment[PASSPHRASE], problems)
    if text is None:
        return None
    try:
        return asyncssh.import_private_key(text, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        remedy = f"name a private key of OpenSSH, and the file of its passphrase in {PASSPHRASE}"
        problems.append(Problem(KEY, None, "the file that it names cannot be used", remedy))
        return None
