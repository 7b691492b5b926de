from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest

from schelde.errors import UserError
from schelde.submit.login import KEY, KNOWN_HOSTS, PASSPHRASE, PASSWORD, read_login


@pytest.fixture
def known(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "known_hosts").write_text("")
    return {KNOWN_HOSTS: str(tmp_path / "known_hosts")}


def secret(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def new_key(path: Path, passphrase: str | None = None) -> str:
    key = asyncssh.generate_private_key("ssh-ed25519")
    return secret(path, key.export_private_key(passphrase=passphrase).decode())


def test_a_password_is_the_text_of_its_file(tmp_path: Path, known: dict[str, str]) -> None:
    login = read_login({**known, PASSWORD: secret(tmp_path / "p", " pass word \n")})
    assert login.password == " pass word "
    assert login.key is None
    assert "pass word" not in repr(login)


def test_a_key_is_read_and_never_shown(tmp_path: Path, known: dict[str, str]) -> None:
    login = read_login({**known, KEY: new_key(tmp_path / "key")})
    assert login.key.get_algorithm() == "ssh-ed25519"
    assert "key=" not in repr(login)


def test_a_locked_key_is_opened_by_a_passphrase_from_a_file(
    tmp_path: Path, known: dict[str, str]
) -> None:
    key = new_key(tmp_path / "key", "open it")
    passphrase = secret(tmp_path / "passphrase", "open it\n")
    assert read_login({**known, KEY: key, PASSPHRASE: passphrase}).key is not None
    with pytest.raises(UserError, match=PASSPHRASE):
        read_login({**known, KEY: key})


@pytest.mark.parametrize("variable", [KEY, PASSWORD])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_that_others_may_read_is_refused(
    tmp_path: Path, known: dict[str, str], variable: str, mode: int
) -> None:
    file = secret(tmp_path / "secret", "hush", mode)
    with pytest.raises(UserError, match="chmod 600") as told:
        read_login({**known, variable: file})
    assert "hush" not in str(told.value)


def test_all_that_is_amiss_is_told_at_once(tmp_path: Path) -> None:
    environment = {
        KNOWN_HOSTS: str(tmp_path / "none"),
        KEY: secret(tmp_path / "key", "no key"),
        PASSWORD: str(tmp_path / "no password"),
    }
    with pytest.raises(UserError) as told:
        read_login(environment)
    assert {problem.file for problem in told.value.problems} == {KNOWN_HOSTS, KEY, PASSWORD}


def test_without_key_or_password_there_is_no_login(known: dict[str, str]) -> None:
    with pytest.raises(UserError, match="neither key nor password"):
        read_login(known)


def test_keys_of_openssh_itself_are_read(tmp_path: Path, known: dict[str, str], need) -> None:
    need("ssh-keygen")
    path = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(path)]
    subprocess.run(make, check=True)
    assert read_login({**known, KEY: str(path)}).key.get_algorithm() == "ssh-rsa"
