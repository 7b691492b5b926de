"""Send files to an SFTP server: from where an earlier attempt ended, proved by reading back."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncssh

from schelde.errors import Problem, UserError
from schelde.submit.address import SftpAddress
from schelde.submit.inbox import LostError, Proof, RefusedError, Remote, Sent, reason
from schelde.submit.items import Item
from schelde.submit.login import KNOWN_HOSTS, Login
from schelde.submit.sftp_files import look, proved_length, rename, sha256_of, write

PATIENCE = 30
"""Seconds in which a server must let us in."""
ALIVE = 15
"""Seconds of silence after which we ask whether the server is there; four times, then it is not."""

READ_BACK = "sha256 of the bytes read back"

LOST = (
    asyncssh.DisconnectError,
    asyncssh.ChannelOpenError,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    OSError,
)
KEEP_OUT = (asyncssh.PermissionDenied, asyncssh.KeyExchangeFailed)


@dataclass(frozen=True)
class _Session:
    connection: Any
    sftp: Any


class SftpInbox:
    """An SFTP inbox; all files go over one connection, made anew when it breaks."""

    def __init__(self, address: SftpAddress, login: Login) -> None:
        self._address = address
        self._login = login
        self._session: _Session | None = None
        self._logging_in = asyncio.Lock()
        self._folders: set[str] = set()

    async def open(self) -> None:
        """Log in."""
        asyncio.get_running_loop().set_exception_handler(_without_echoes)
        async with self._talk("log in"):
            pass

    async def close(self) -> None:
        """Log out."""
        if self._session is not None:
            self._session.connection.abort()
            self._session = None

    async def look(self, name: str) -> Remote | None:
        """Return size and time of change of a file at the inbox; None if it is not there."""
        async with self._talk("look for a file") as sftp:
            return await look(sftp, self._address.path(name))

    async def prove(self, item: Item, remote: Remote) -> Proof | None:
        """Read a file back; None if it is not ``item``."""
        same = await self._holds(self._address.path(item.name), item)
        return Proof(remote, READ_BACK) if same else None

    async def send(self, item: Item, sent: Sent) -> Proof:
        """Send a file under a passing name, read it back, and give it its name only then."""
        path = self._address.path(item.name)
        part = f"{path}.part"
        async with self._talk("write") as sftp:
            await self._make_folder(sftp, posixpath.dirname(path))
            behind = await proved_length(sftp, part, item)
            await write(sftp, part, item, behind, sent)
        same = await self._holds(part, item)
        if not same and behind:  # what was there before was not all ours; now every byte is
            async with self._talk("write") as sftp:
                await write(sftp, part, item, 0, sent)
            same = await self._holds(part, item)
        if not same:
            what = f"{item.short}: the inbox does not hold the bytes that the manifest tells of"
            raise RefusedError(f"{what}; verify the bundle again, then give the same command")
        async with self._talk("rename a file") as sftp:
            await rename(sftp, part, path)
            remote = await look(sftp, path)
        if remote is None or remote.size != item.size:
            raise RefusedError(f"{item.short}: the inbox took it away as soon as it was there")
        return Proof(remote, READ_BACK)

    async def _holds(self, path: str, item: Item) -> bool:
        async with self._talk("read a file back") as sftp:
            return await sha256_of(sftp, path) == item.sha256

    @asynccontextmanager
    async def _talk(self, action: str) -> AsyncIterator[Any]:
        """Yield the connection; tell what ends it in words of ours, without hosts or paths."""
        session = None
        try:
            session = await self._connected()
            yield session.sftp
        except KEEP_OUT as error:
            raise _kept_out(error) from None
        except LOST as error:
            self._drop(session)
            why = reason(error) if isinstance(error, OSError) else "the connection broke"
            raise LostError(why) from error
        except asyncssh.SFTPError as error:
            raise RefusedError(_refusal(action, error)) from error

    def _drop(self, session: _Session | None) -> None:
        if session is not None and session is self._session:
            session.connection.abort()
            self._session = None

    async def _connected(self) -> _Session:
        async with self._logging_in:
            if self._session is None:
                self._session = await self._connect()
            return self._session

    async def _connect(self) -> _Session:
        login = self._login
        try:
            known_hosts = asyncssh.read_known_hosts(str(login.known_hosts))
        except (ValueError, OSError):
            remedy = "mend it; each line is a host, a kind of key and the key"
            what = "the file of known hosts cannot be read"
            raise UserError([Problem(KNOWN_HOSTS, None, what, remedy)]) from None
        try:
            connection = await asyncssh.connect(
                self._address.host,
                self._address.port,
                username=self._address.user,
                known_hosts=known_hosts,
                client_keys=None if login.key is None else [login.key],
                password=login.password,
                config=None,  # the user's ~/.ssh/config could send us elsewhere
                agent_path=None,
                connect_timeout=PATIENCE,
                login_timeout=PATIENCE,
                keepalive_interval=ALIVE,
                keepalive_count_max=4,
            )
        except asyncssh.HostKeyNotVerifiable:
            raise self._stranger(known_hosts) from None
        try:
            return _Session(connection, await connection.start_sftp_client())
        except BaseException:
            connection.abort()
            raise

    def _stranger(self, known_hosts: asyncssh.SSHKnownHosts) -> UserError:
        host, port = self._address.host, self._address.port
        known = asyncssh.match_known_hosts(known_hosts, host, "", port)
        file = str(self._login.known_hosts)
        if known[0] or known[1]:
            what = "the server has another host key than the one that stands here for it"
            remedy = "ask the inbox; if its key has changed, put the new one in place of the old"
        else:
            what = "the server's host key does not stand here, so it may be an impostor"
            scan = f"ssh-keyscan -p {port} HOST"
            remedy = f"compare what '{scan}' prints with what the inbox says, and add it here"
        return UserError([Problem(file, None, what, remedy)])

    async def _make_folder(self, sftp: Any, folder: str) -> None:  # noqa: ANN401
        if folder in self._folders or folder in ("", ".", "/"):
            return
        if not await sftp.isdir(folder):
            await self._make_folder(sftp, posixpath.dirname(folder))
            try:
                await sftp.mkdir(folder)
            except asyncssh.SFTPError:
                if not await sftp.isdir(folder):  # else it was made for the file beside this one
                    raise
        self._folders.add(folder)


def _without_echoes(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Drop what the other requests of a broken connection say: the first one has been told."""
    if not isinstance(context.get("exception"), (*LOST, asyncssh.SFTPError)):
        loop.default_exception_handler(context)


def _kept_out(error: Exception) -> UserError:
    if isinstance(error, asyncssh.KeyExchangeFailed):
        what, remedy = "we and the server know no common way to encrypt", "ask the inbox"
    else:
        what = "the inbox refused the user with this key or password"
        remedy = "check the user in --to, SCHELDE_SFTP_KEY and SCHELDE_SFTP_PASSWORD_FILE"
    return UserError([Problem("--to", None, what, remedy)])


def _refusal(action: str, error: asyncssh.SFTPError) -> str:
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        why, remedy = "no permission", "ask the inbox for the right to write and to read there"
    elif isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
        why, remedy = "no space is left", "ask the inbox for room"
    elif isinstance(error, asyncssh.SFTPFailure) and action == "write":
        # OpenSSH says no more than this when its disk is full.
        why, remedy = "failure", "its disk or your share of it may be full: ask the inbox"
    else:
        why, remedy = type(error).__name__.removeprefix("SFTP"), "ask the inbox"
    then = "what has arrived is kept: give the same command again to go on"
    return f"the inbox would not let us {action}: {why}; {remedy}; {then}"
