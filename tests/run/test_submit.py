"""Bundles sent to real servers: whole, cut off, killed, refused, altered; receipts and proofs."""

from __future__ import annotations

import getpass
import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.run.inboxes.bundles import MIB, digests, made_bundle, size_of, write_manifest
from tests.run.inboxes.proxy import Proxy
from tests.run.inboxes.servers import ROOT, Server, new_key, s3mock, s3s_fs, sshd

from schelde.errors import UserError
from schelde.submit import Summary, submit
from schelde.submit.etag import PART
from schelde.submit.inbox import SubmitError

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("submit")]

SLACK = MIB
"""Bytes on the line that are not of files: handshakes, requests, acknowledgements."""
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
BUCKET, USER, SECRET = "inbox", "USER-OF-THE-INBOX", "secret-of-the-inbox"
FOLDERS = itertools.count(1)
BIG = "encrypted/P1AAAA.cram.c4gh"


@dataclass
class Target:
    """An inbox behind a line that can be cut. ``held``: the files that its server has.

    ``step``: bytes of which some may have to be sent twice after each break. ``alter``: change a
    file at the server, behind our back.
    """

    to: str
    environment: dict[str, str]
    server: Server
    line: Proxy
    step: int
    held: Callable[[], dict[str, str]]
    alter: Callable[[str, bytes], object]
    told: list[str] = field(default_factory=list)

    def send(self, bundle: Path, **options: Any) -> Summary:
        settings: dict[str, Any] = {
            "verified": lambda _: [],
            "environment": self.environment,
            "tell": self.told.append,
            "pauses": PAUSES,
        }
        return submit(bundle, self.to, **(settings | options))

    def start(self, bundle: Path) -> subprocess.Popen[bytes]:
        """Send a bundle by a process of its own."""
        code = (
            "import sys; from pathlib import Path; from schelde.submit import submit;"
            "submit(Path(sys.argv[1]), sys.argv[2], verified=lambda _: [])"
        )
        environment = os.environ | self.environment | {"PYTHONPATH": str(ROOT / "workflow/src")}
        command = [sys.executable, "-c", code, str(bundle), self.to]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    def wait_for(self, sent: int) -> None:
        """Wait until so many bytes went over the line."""
        ends = time.monotonic() + 60
        while self.line.sent < sent:
            assert time.monotonic() < ends, f"only {self.line.sent} bytes came"
            time.sleep(0.002)


@contextmanager
def sftp_inbox(folder: Path, sftp_options: str = "") -> Iterator[Target]:
    keys, inbox = folder / "sshd", folder / "inbox"
    server = sshd(keys, sftp_options=sftp_options)
    server.start()
    with Proxy(server.port) as line:
        known = (keys / "known_hosts").read_text()
        (keys / "known_hosts").write_text(known.replace(f":{server.port} ", f":{line.port} "))
        environment = {
            "SCHELDE_SFTP_KEY": str(keys / "user"),
            "SCHELDE_KNOWN_HOSTS": str(keys / "known_hosts"),
        }
        to = f"sftp://{getpass.getuser()}@127.0.0.1:{line.port}{inbox}"
        alter = lambda name, data: (inbox / name).write_bytes(data)  # noqa: E731
        yield Target(to, environment, server, line, 8 * MIB, lambda: digests(inbox), alter)
    server.kill()


@contextmanager
def s3_inbox(server: Server, patch: pytest.MonkeyPatch) -> Iterator[Target]:
    # boto3 knows only the environment of the process.
    patch.setenv("AWS_ACCESS_KEY_ID", USER)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    if not server.undisturbed:
        server.start_empty()
    direct, folder = s3_bucket(server), f"test-{next(FOLDERS)}"
    with Proxy(server.port) as line:
        environment = {"SCHELDE_S3_ENDPOINT": f"http://127.0.0.1:{line.port}"}

        def held() -> dict[str, str]:
            answer = direct.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/")
            keys = [found["Key"] for found in answer.get("Contents", ())]
            bodies = {key: direct.get_object(Bucket=BUCKET, Key=key)["Body"] for key in keys}
            return {
                key.removeprefix(f"{folder}/"): hashlib.sha256(body.read()).hexdigest()
                for key, body in bodies.items()
            }

        def alter(name: str, data: bytes) -> None:
            direct.put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=data)

        # Up to four parts are under way when a line is cut.
        yield Target(f"s3://{BUCKET}/{folder}", environment, server, line, 2 * PART, held, alter)


@pytest.fixture(scope="module")
def mock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = s3mock(tmp_path_factory.mktemp("s3mock"), BUCKET)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def signed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = s3s_fs(tmp_path_factory.mktemp("s3s-fs"), BUCKET, USER, SECRET)
    yield server
    server.kill()


def s3_bucket(server: Server) -> Any:
    address = f"http://127.0.0.1:{server.port}"
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1")


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Target]:
    with sftp_inbox(tmp_path) as target:
        yield target


@pytest.fixture(params=["sshd", "s3mock", "s3s-fs"])
def target(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Target]:
    if request.param == "sshd":
        inbox = sftp_inbox(tmp_path)
    elif request.param == "s3mock":
        inbox = s3_inbox(request.getfixturevalue("mock_server"), monkeypatch)
    else:
        inbox = s3_inbox(request.getfixturevalue("signed_server"), monkeypatch)
    with inbox as target:
        yield target


def test_all_files_arrive_and_each_has_a_receipt(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB, 3 * MIB, 0)
    summary = target.send(bundle)
    there = digests(bundle)
    assert target.held() == there
    assert summary.sent == sorted(there)
    receipts = [name for name in digests(summary.receipts) if name != ".lock"]
    assert sorted(receipts) == sorted(f"{name}.json" for name in there)
    receipt = json.loads((summary.receipts / f"{BIG}.json").read_bytes())
    assert receipt["size"] == 20 * MIB
    assert receipt["sha256"] in (bundle / "manifest.json").read_text()
    assert target.told[-1].startswith("manifest.json: ")


def test_neither_receipts_nor_progress_tell_of_hosts_or_users(
    target: Target, tmp_path: Path
) -> None:
    summary = target.send(made_bundle(tmp_path / "bundle", 3 * MIB))
    kept = [str(summary.receipts.relative_to(tmp_path)), *target.told]
    kept += [path.read_text() for path in summary.receipts.rglob("*") if path.is_file()]
    for secret in ("127.0.0.1", getpass.getuser(), USER, SECRET, str(target.line.port)):
        assert not [text for text in kept if secret in text], secret


def test_a_second_run_sends_no_file_again(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB, MIB)
    target.send(bundle)
    target.line.sent = 0
    summary = target.send(bundle)
    assert summary.known == sorted(digests(bundle))
    assert target.line.sent < 100_000


def test_a_changed_file_is_sent_again_and_a_lost_one_is_named(
    target: Target, tmp_path: Path
) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB, MIB)
    target.send(bundle)
    (bundle / "encrypted/P2AAAA.cram.c4gh").unlink()
    (bundle / "qc/P1AAAA.json").write_text("{}")
    write_manifest(bundle)
    summary = target.send(bundle)
    assert summary.sent == ["manifest.json", "qc/P1AAAA.json"]
    assert summary.gone == ["encrypted/P2AAAA.cram.c4gh"]
    assert {name: target.held()[name] for name in digests(bundle)} == digests(bundle)


def test_a_cut_line_is_told_in_our_words_alone(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB, 20 * MIB, 20 * MIB)
    target.line.cuts = [15 * MIB]
    process = target.start(bundle)
    printed = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 0
    assert "next attempt in 1 s" in printed
    ours = re.compile(r"[\w.]+(cram\.c4gh|json): .*(next attempt|going on|sent and proved|MB/s).*")
    assert [line for line in printed.splitlines() if not ours.fullmatch(line)] == []


@pytest.mark.parametrize("cuts", [(5,), (20, 36)], ids=["once", "twice"])
def test_a_line_cut_in_mid_file_is_gone_on_with(target: Target, tmp_path: Path, cuts) -> None:
    bundle = made_bundle(tmp_path / "bundle", 44 * MIB)
    target.line.cuts = [count * MIB for count in cuts]
    target.send(bundle)
    assert not target.line.cuts
    assert target.held() == digests(bundle)
    assert target.line.sent < size_of(bundle) + len(cuts) * target.step + SLACK


def test_a_killed_submission_goes_on_where_it_was(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 64 * MIB)
    process = target.start(bundle)
    target.wait_for(40 * MIB)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert BIG not in target.held()
    target.send(bundle)
    assert any("going on after" in line for line in target.told)
    assert target.held() == digests(bundle)
    assert target.line.sent < size_of(bundle) + target.step + SLACK


def test_a_killed_server_that_comes_back_gets_the_rest(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 64 * MIB)
    failed: list[BaseException] = []

    def send() -> None:
        try:
            target.send(bundle, pauses=(0.5,) * 60)
        except BaseException as error:
            failed.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    target.wait_for(40 * MIB)
    target.server.kill()
    target.line.cut()
    target.server.start()
    sender.join(90)
    assert not sender.is_alive()
    assert not failed
    assert target.held() == digests(bundle)
    # S3Mock forgets unfinished uploads when it ends; the others go on.
    again = 40 * MIB if target.server.forgets else 0
    assert target.line.sent < size_of(bundle) + again + 2 * target.step + SLACK


def test_a_server_that_stays_away_is_given_up_with_advice(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", MIB)
    target.server.kill()
    with pytest.raises(SubmitError, match="same command again") as told:
        target.send(bundle, pauses=(0.01, 0.01))
    assert "in 3 attempts" in str(told.value)
    assert "127.0.0.1" not in str(told.value)


@pytest.mark.parametrize("size", [MIB, MIB - 1], ids=["same size", "shorter"])
def test_a_file_altered_at_the_inbox_is_noticed_and_sent_again(
    target: Target, tmp_path: Path, size: int
) -> None:
    bundle = made_bundle(tmp_path / "bundle", MIB)
    target.send(bundle)
    time.sleep(1.1)  # SFTP tells times in whole seconds
    target.alter(BIG, bytes(size))
    summary = target.send(bundle)
    assert summary.sent == [BIG]
    assert any(line.startswith("P1AAAA.cram.c4gh: not what it was") for line in target.told)
    assert target.held() == digests(bundle)


def test_lost_receipts_are_written_again_from_what_is_there(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB)
    summary = target.send(bundle)
    (summary.receipts / f"{BIG}.json").unlink()
    target.line.sent = 0
    again = target.send(bundle)
    assert again.found == [BIG]
    assert target.line.sent < SLACK
    assert (summary.receipts / f"{BIG}.json").exists()


def test_nothing_of_a_bundle_that_does_not_verify_is_sent(target: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", MIB)
    with pytest.raises(UserError, match="a checksum is wrong"):
        target.send(bundle, verified=lambda _: ["a checksum is wrong"])
    assert target.line.sent == 0


def test_bytes_that_changed_after_the_verification_are_not_passed_off(
    target: Target, tmp_path: Path
) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB)
    (bundle / BIG).write_bytes(bytes(20 * MIB))
    with pytest.raises(SubmitError, match="verify the bundle"):
        target.send(bundle)
    assert BIG not in target.held()
    assert "manifest.json" not in target.held()


def test_only_encrypted_files_go_where_documents_are_not_taken(
    target: Target, tmp_path: Path
) -> None:
    bundle = made_bundle(tmp_path / "bundle", MIB, 10)
    target.send(bundle, encrypted_only=True)
    assert sorted(target.held()) == [BIG, "encrypted/P2AAAA.cram.c4gh"]


# ------------------------------------------------------------------------------------------- SFTP


def test_a_file_has_its_name_only_when_it_is_proved(sftp: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 40 * MIB)
    sftp.line.cuts = [20 * MIB]
    with pytest.raises(SubmitError):
        sftp.send(bundle, pauses=())
    assert f"{BIG}.part" in sftp.held()
    assert BIG not in sftp.held()


@pytest.mark.parametrize(
    ("start", "sent_again"),
    [
        (lambda data: data[: 30 * MIB], 10),
        (lambda data: data[: 30 * MIB] + bytes(MIB), 25),
        (lambda data: bytes(30 * MIB), 40),
        (lambda data: bytes(MIB) + data[MIB : 30 * MIB], 50),
        (lambda data: data + b"more", 16),
    ],
    ids=["ours", "torn at its end", "not ours", "not ours at its begin", "too long"],
)
def test_an_unfinished_file_is_gone_on_with_only_behind_bytes_of_ours(
    sftp: Target, tmp_path: Path, start: Callable[[bytes], bytes], sent_again: int
) -> None:
    bundle = made_bundle(tmp_path / "bundle", 40 * MIB)
    (tmp_path / "inbox/encrypted").mkdir(parents=True)
    (tmp_path / f"inbox/{BIG}.part").write_bytes(start((bundle / BIG).read_bytes()))
    summary = sftp.send(bundle)
    assert sftp.held() == digests(bundle)
    assert round(summary.bytes_sent / MIB) == sent_again


def test_a_server_with_another_host_key_is_not_talked_to(sftp: Target, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other").with_suffix(".pub").read_text().split()
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{sftp.line.port} {other[0]} {other[1]}\n")
    environment = sftp.environment | {"SCHELDE_KNOWN_HOSTS": str(known)}
    with pytest.raises(UserError, match="another host key"):
        sftp.send(made_bundle(tmp_path / "bundle", 10), environment=environment)
    assert sftp.held() == {}


def test_an_unknown_server_is_not_talked_to(sftp: Target, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text("")
    environment = sftp.environment | {"SCHELDE_KNOWN_HOSTS": str(known)}
    with pytest.raises(UserError, match="ssh-keyscan"):
        sftp.send(made_bundle(tmp_path / "bundle", 10), environment=environment)
    assert known.read_text() == ""
    assert sftp.held() == {}


@pytest.mark.parametrize("secret", ["password", "key"])
def test_a_wrong_secret_is_a_users_mistake(sftp: Target, tmp_path: Path, secret: str) -> None:
    environment = {"SCHELDE_KNOWN_HOSTS": sftp.environment["SCHELDE_KNOWN_HOSTS"]}
    if secret == "key":
        environment["SCHELDE_SFTP_KEY"] = str(new_key(tmp_path / "other"))
    else:
        (tmp_path / "password").write_text("not the right one\n")
        (tmp_path / "password").chmod(0o600)
        environment["SCHELDE_SFTP_PASSWORD_FILE"] = str(tmp_path / "password")
    with pytest.raises(UserError, match="refused the user with this key or password") as told:
        sftp.send(made_bundle(tmp_path / "bundle", 10), environment=environment)
    assert "not the right one" not in str(told.value)


def test_an_inbox_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    with (
        sftp_inbox(tmp_path, sftp_options="-R") as target,
        pytest.raises(SubmitError, match="would not let us write: no permission"),
    ):
        target.send(made_bundle(tmp_path / "bundle", 10))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_at_the_inbox_is_told_and_gone_on_with(sftp: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(inbox)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets no tmpfs be mounted")
    try:
        with pytest.raises(SubmitError, match="disk or your share of it may be full"):
            sftp.send(bundle)
        subprocess.run(["mount", "-o", "remount,size=60m", str(inbox)], check=True)
        summary = sftp.send(bundle)
        assert summary.bytes_sent < 20 * MIB
        assert sftp.held() == digests(bundle)
    finally:
        subprocess.run(["umount", "--lazy", str(inbox)], check=True)


# --------------------------------------------------------------------------------------------- S3


@pytest.fixture
def mock(mock_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with s3_inbox(mock_server, monkeypatch) as target:
        yield target


def uploads(target: Target) -> list[Any]:
    """Return the unfinished uploads at the server."""
    prefix = target.to.removeprefix(f"s3://{BUCKET}/")
    answer = s3_bucket(target.server).list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
    return answer.get("Uploads", [])


def test_parts_of_a_file_that_changed_since_are_thrown_away(mock: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 36 * MIB)
    mock.line.cuts = [20 * MIB]
    with pytest.raises(SubmitError):
        mock.send(bundle, pauses=())
    changed = made_bundle(tmp_path / "bundle", 36 * MIB, seed=2)
    mock.send(changed)
    assert mock.held() == digests(changed)
    assert uploads(mock) == []


def test_an_upload_whose_state_was_lost_does_not_stay_at_the_server(
    mock: Target, tmp_path: Path
) -> None:
    bundle = made_bundle(tmp_path / "bundle", 36 * MIB)
    mock.line.cuts = [20 * MIB]
    with pytest.raises(SubmitError):
        mock.send(bundle, pauses=())
    next(tmp_path.rglob("*.upload.json")).unlink()
    mock.send(bundle)
    assert mock.held() == digests(bundle)
    assert uploads(mock) == []


def test_reading_back_proves_more_than_an_etag(mock: Target, tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "bundle", 20 * MIB)
    proofs = []
    for read_back in (False, True):
        summary = mock.send(bundle, read_back=read_back)
        receipt = json.loads((summary.receipts / f"{BIG}.json").read_bytes())
        proofs.append(receipt["proved_by"])
        (summary.receipts / f"{BIG}.json").unlink()
    assert proofs == [
        "ETag of the server, equal to that of the bytes sent",
        "sha256 of the bytes read back",
    ]


def test_a_bucket_that_is_not_there_is_a_users_mistake(mock: Target, tmp_path: Path) -> None:
    mock.to = "s3://other/ours"
    with pytest.raises(UserError, match="no such bucket"):
        mock.send(made_bundle(tmp_path / "bundle", 10))


def test_a_wrong_s3_secret_is_a_users_mistake(
    signed_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_inbox(signed_server, monkeypatch) as target:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the right one")
        with pytest.raises(UserError, match="refused the credentials") as told:
            target.send(made_bundle(tmp_path / "bundle", 10))
        assert "not the right one" not in str(told.value)
        assert target.held() == {}


def test_no_s3_credentials_are_a_users_mistake(
    mock: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(UserError, match="no S3 credentials"):
        mock.send(made_bundle(tmp_path / "bundle", 10))
