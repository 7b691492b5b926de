"""Real servers on this machine's own address: OpenSSH's sshd, S3Mock and s3s-fs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INBOXES = Path(os.environ.get("SCHELDE_INBOXES", ROOT / ".venv/inboxes"))
"""Where envs/inboxes/install.sh has put the S3 servers."""
STARTS_IN = 60
"""Seconds; a machine that runs other tests is slow."""
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A server process on a port of 127.0.0.1 that can be killed and started again.

    ``health``: path that an HTTP server answers to. ``forgets``: it loses unfinished uploads when
    it ends. ``data``: the folder that must be there when an S3 server starts.
    """

    folder: Path
    command: list[str]
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    health: str | None = None
    forgets: bool = False
    data: str = "data"
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def undisturbed(self) -> bool:
        """Whether the server runs, and was never killed since it was started empty."""
        return self.starts == 1 and self.process is not None and self.process.poll() is None

    def start_empty(self) -> None:
        """Start an S3 server with nothing in its buckets."""
        self.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        (self.folder / self.data).mkdir(parents=True)
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        ends = time.monotonic() + STARTS_IN
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            assert time.monotonic() < ends, "the server did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server, and the processes that it made for its connections, at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        try:
            if self.health is None:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    return bool(probe.recv(4))
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.health}", timeout=1):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


def new_key(path: Path) -> Path:
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(make, check=True)
    return path


def sshd(folder: Path, *, sftp_options: str = "", port: int | None = None) -> Server:
    """Return an sshd that lets this user in with folder/user, and knows nothing but SFTP."""
    if SSHD is None:
        pytest.skip("no sshd on this machine (Debian package openssh-server)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's own, empty; it needs it as root
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    host, user = new_key(folder / "host"), new_key(folder / "user")
    (folder / "authorized").write_bytes(user.with_suffix(".pub").read_bytes())
    (folder / "authorized").chmod(0o600)
    kind, key = host.with_suffix(".pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    settings = [
        f"ListenAddress 127.0.0.1:{port}",
        f"HostKey {host}",
        f"AuthorizedKeysFile {folder / 'authorized'}",
        f"PidFile {folder / 'pid'}",
        "StrictModes no",  # folders of tests lie below /tmp
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication yes",
        f"Subsystem sftp internal-sftp {sftp_options}",
        "ForceCommand internal-sftp" + (f" {sftp_options}" if sftp_options else ""),
    ]
    (folder / "config").write_text("\n".join(settings) + "\n")
    return Server(folder, [SSHD, "-D", "-e", "-f", str(folder / "config")], port)


def s3mock(folder: Path, bucket: str) -> Server:
    """Return Adobe's S3Mock; it checks checksums, but lets in whoever asks."""
    jar, java = INBOXES / "s3mock.jar", shutil.which("java")
    if not jar.exists() or java is None:
        pytest.skip(f"no S3Mock in {INBOXES} (envs/inboxes/install.sh), or no java")
    port = free_port()
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    environment = {
        "COM_ADOBE_TESTING_S3MOCK_DOMAIN_ROOT": str(folder / "data"),
        "COM_ADOBE_TESTING_S3MOCK_DOMAIN_INITIALBUCKETS": bucket,
        "COM_ADOBE_TESTING_S3MOCK_DOMAIN_RETAINFILESONEXIT": "true",
        "COM_ADOBE_TESTING_S3MOCK_HTTPPORT": str(port),
        "SERVER_ADDRESS": "127.0.0.1",
        "SERVER_PORT": "0",
        "JAVA_TOOL_OPTIONS": "",
    }
    command = [java, *options, "-jar", str(jar)]
    return Server(folder, command, port, environment, health="/favicon.ico", forgets=True)


def s3s_fs(folder: Path, bucket: str, user: str, secret: str) -> Server:
    """Return s3s-fs, which checks signatures."""
    program = INBOXES / "bin/s3s-fs"
    if not program.exists():
        pytest.skip(f"no s3s-fs in {INBOXES} (envs/inboxes/install.sh)")
    port = free_port()
    login = ["--access-key", user, "--secret-key", secret]
    listen = ["--host", "127.0.0.1", "--port", str(port)]
    command = [str(program), *login, *listen, str(folder / "data")]
    return Server(folder, command, port, health="/none/none", data=f"data/{bucket}")
