"""The whole of a submission: address, verification, login, transfer."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.submit.address import ENDPOINT, S3Address, SftpAddress, read_address
from schelde.submit.inbox import Inbox
from schelde.submit.items import items_of
from schelde.submit.login import read_login
from schelde.submit.progress import Tell, on_stderr
from schelde.submit.receipts import Receipts
from schelde.submit.s3 import S3Inbox, s3_client
from schelde.submit.sftp import SftpInbox
from schelde.submit.transfer import PARALLEL, PAUSES, Summary, Transfer


def submit(
    bundle: Path,
    to: str,
    *,
    verified: Callable[[Path], list[str]],
    encrypted_only: bool = False,
    read_back: bool = False,
    parallel: int = PARALLEL,
    environment: Mapping[str, str] | None = None,
    tell: Tell = on_stderr,
    pauses: Sequence[float] = PAUSES,
) -> Summary:
    """Send a bundle to an inbox (docs/submit.md), and keep a receipt for each file proved there.

    ``verified`` returns what is wrong with the bundle, in lines; if anything is, nothing is sent.
    ``encrypted_only``: leave the documents out. ``read_back``: also read back what an S3 inbox
    vouches for with an ETag. ``parallel``: files at a time. ``pauses``: seconds before each
    attempt after one that failed. Secrets come from files that ``environment`` names and, for S3,
    from where boto3 looks for them. Raises UserError for what the user can mend before anything
    is sent, SubmitError when the inbox refuses or is not there.
    """
    environment = os.environ if environment is None else environment
    address = read_address(to, environment.get(ENDPOINT) or None)
    if not bundle.is_dir():
        raise UserError([Problem(str(bundle), None, "is no folder", "give that of a bundle")])
    faults = verified(bundle)
    if faults:
        remedy = "nothing was sent; write the bundle again"
        raise UserError(Problem(str(bundle), None, fault, remedy) for fault in faults)
    items = items_of(bundle, encrypted_only=encrypted_only)
    receipts = Receipts(bundle, address.id)
    with receipts.locked(), _quiet_clients():
        inbox = _inbox(address, environment, receipts, read_back)
        transfer = Transfer(inbox, receipts, tell, parallel, pauses)
        return asyncio.run(transfer.run(items))


@contextmanager
def _quiet_clients() -> Iterator[None]:
    """Keep the clients' own warnings off the terminal: of each request of a broken connection."""
    loggers = [logging.getLogger(name) for name in ("asyncio", "asyncssh", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _inbox(
    address: SftpAddress | S3Address,
    environment: Mapping[str, str],
    receipts: Receipts,
    read_back: bool,
) -> Inbox:
    if isinstance(address, SftpAddress):
        return SftpInbox(address, read_login(environment))
    return S3Inbox(address, s3_client(address), receipts, read_back=read_back)
