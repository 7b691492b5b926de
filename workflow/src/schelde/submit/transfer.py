"""Send the files of a bundle: some at a time, again when the connection broke, manifest last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from schelde.documents.manifest import MANIFEST
from schelde.submit.inbox import Inbox, LostError, SubmitError
from schelde.submit.items import Item
from schelde.submit.progress import Meter, Tell, size_text
from schelde.submit.receipts import Receipts

PARALLEL = 4
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds before each further attempt that follows one in which nothing arrived."""

GO_ON = "what has arrived is kept: give the same command again to go on"


@dataclass
class Summary:
    """What a submission did. ``gone``: files with a receipt that are no longer in the bundle."""

    receipts: Path
    sent: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    bytes_sent: int = 0
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """Return what a user reads at the end."""
        lines = [
            f"{len(self.sent)} files sent and proved ({size_text(self.bytes_sent)} in "
            f"{self.seconds:.0f} s), {len(self.found)} found there and proved, "
            f"{len(self.known)} unchanged since their receipt",
            f"receipts: {self.receipts}",
        ]
        if self.gone:
            lines.append(
                f"{len(self.gone)} files that were sent before are no longer in the bundle; "
                "ask the inbox to delete them:"
            )
            lines += [f"  {name}" for name in self.gone]
        return lines


@dataclass
class Transfer:
    """A submission under way. ``pauses`` in seconds; ``tell`` takes lines of progress."""

    inbox: Inbox
    receipts: Receipts
    tell: Tell
    parallel: int = PARALLEL
    pauses: Sequence[float] = PAUSES

    async def run(self, items: Sequence[Item]) -> Summary:
        """Send all files; SubmitError when one cannot be sent, UserError when login fails.

        The manifest goes last, when all others are proved: it marks that everything is there.
        """
        began = time.monotonic()
        summary = Summary(self.receipts.folder)
        names = {item.name for item in items}
        summary.gone = [name for name in self.receipts.names() if name not in names]
        try:
            await self._again("log in", self.inbox.open, None)
            places = asyncio.Semaphore(self.parallel)
            await self._all([item for item in items if item.name != MANIFEST], places, summary)
            await self._all([item for item in items if item.name == MANIFEST], places, summary)
        finally:
            await self.inbox.close()
        summary.seconds = time.monotonic() - began
        for names_of in (summary.sent, summary.found, summary.known):
            names_of.sort()
        return summary

    async def _all(
        self, items: Sequence[Item], places: asyncio.Semaphore, summary: Summary
    ) -> None:
        async def one(item: Item) -> None:
            async with places:
                meter = Meter(item.short, item.size, self.tell)
                settle = partial(self._settle, item, meter, summary)
                await self._again(item.short, settle, meter)

        try:
            async with asyncio.TaskGroup() as group:
                for item in items:
                    group.create_task(one(item))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # the others were stopped for its sake

    async def _again(
        self, what: str, attempt: Callable[[], Awaitable[None]], meter: Meter | None
    ) -> None:
        """Try until it succeeds; give up when nothing arrived in one attempt for each pause."""
        failed = 0
        while True:
            before = meter.sent if meter else 0
            try:
                return await attempt()
            except LostError as error:
                if meter and meter.sent > before:
                    failed = 0
                if failed == len(self.pauses):
                    text = f"{what}: no connection in {failed + 1} attempts ({error})"
                    raise SubmitError(f"{text}; {GO_ON}") from error
                pause = self.pauses[failed]
                self.tell(f"{what}: {error}; next attempt in {pause:g} s")
                await asyncio.sleep(pause)
                failed += 1

    async def _settle(self, item: Item, meter: Meter, summary: Summary) -> None:
        """Do once what is needed for a file to be there and to have a receipt."""
        remote = await self.inbox.look(item.name)
        receipt = self.receipts.read(item.name)
        if receipt and remote and receipt.fits(item, remote):
            summary.known.append(item.name)
            return
        if receipt and receipt.sha256 == item.sha256 and remote:
            self.tell(f"{item.short}: not what it was at the inbox when its receipt was written")
        self.receipts.discard(item.name)
        proof = None
        if remote and remote.size == item.size:
            proof = await self.inbox.prove(item, remote)
        if proof:
            summary.found.append(item.name)
        else:
            meter.begin()
            proof = await self.inbox.send(item, meter.add)
            meter.end()
            summary.sent.append(item.name)
            summary.bytes_sent += meter.sent
        self.receipts.write(item, proof)
