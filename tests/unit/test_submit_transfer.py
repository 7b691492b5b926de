from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from schelde.submit.inbox import LostError, Proof, RefusedError, Remote, Sent, SubmitError
from schelde.submit.items import Item
from schelde.submit.receipts import Receipts
from schelde.submit.transfer import Summary, Transfer


def item(name: str) -> Item:
    return Item(name, Path("unread"), 4, "0" * 32, "1" * 64)


class Fake:
    """An inbox in memory. ``fault`` is called before a file is sent, with how often it was."""

    def __init__(self, fault: Callable[[Item, int, Sent], None] = lambda *_: None) -> None:
        self.order: list[str] = []
        self.there: dict[str, Remote] = {}
        self.tries: dict[str, int] = {}
        self.busy = self.busiest = 0
        self.closed = False
        self._fault = fault

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = True

    async def look(self, name: str) -> Remote | None:
        return self.there.get(name)

    async def prove(self, item: Item, remote: Remote) -> Proof | None:
        return None

    async def send(self, item: Item, sent: Sent) -> Proof:
        self.tries[item.name] = self.tries.get(item.name, 0) + 1
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            await asyncio.sleep(0.001)
            self._fault(item, self.tries[item.name], sent)
        finally:
            self.busy -= 1
        self.order.append(item.name)
        self.there[item.name] = Remote(item.size, "mark")
        return Proof(self.there[item.name], "seen")


def run(
    inbox: Fake, items: Sequence[Item], folder: Path, pauses: Sequence[float] = (0, 0)
) -> tuple[Summary, list[str]]:
    told: list[str] = []
    transfer = Transfer(inbox, Receipts(folder / "b", "id"), told.append, 4, pauses)
    return asyncio.run(transfer.run(items)), told


NAMES = [f"f{number}" for number in range(12)]
ITEMS = [item(name) for name in ["manifest.json", *NAMES]]


def test_the_manifest_is_sent_when_all_else_is_there(tmp_path: Path) -> None:
    inbox = Fake()
    summary, _ = run(inbox, ITEMS, tmp_path)
    assert inbox.order[-1] == "manifest.json"
    assert len(summary.sent) == len(ITEMS)
    assert inbox.closed


def test_no_more_than_four_files_are_under_way(tmp_path: Path) -> None:
    inbox = Fake()
    run(inbox, ITEMS, tmp_path)
    assert inbox.busiest == 4


def test_a_lost_connection_is_tried_again_once_for_each_pause(tmp_path: Path) -> None:
    def fault(item: Item, tries: int, sent: Sent) -> None:
        raise LostError("gone")

    inbox = Fake(fault)
    with pytest.raises(SubmitError, match=r"f0: no connection in 3 attempts \(gone\)"):
        run(inbox, [item("f0"), item("manifest.json")], tmp_path)
    assert inbox.tries == {"f0": 3}
    assert inbox.closed


def test_attempts_in_which_something_arrived_do_not_count(tmp_path: Path) -> None:
    def fault(item: Item, tries: int, sent: Sent) -> None:
        if tries < 8:
            sent(1, True)
            raise LostError("gone")

    summary, told = run(Fake(fault), [item("f0")], tmp_path)
    assert summary.sent == ["f0"]
    assert told.count("f0: gone; next attempt in 0 s") == 7


def test_bytes_that_were_there_before_are_no_progress(tmp_path: Path) -> None:
    def fault(item: Item, tries: int, sent: Sent) -> None:
        sent(1, False)
        raise LostError("gone")

    inbox = Fake(fault)
    with pytest.raises(SubmitError):
        run(inbox, [item("f0")], tmp_path)
    assert inbox.tries == {"f0": 3}


def test_a_refusal_is_not_tried_again_and_keeps_the_manifest_back(tmp_path: Path) -> None:
    def fault(item: Item, tries: int, sent: Sent) -> None:
        if item.name == "f3":
            raise RefusedError("no")

    inbox = Fake(fault)
    with pytest.raises(RefusedError, match="no"):
        run(inbox, ITEMS, tmp_path)
    assert inbox.tries["f3"] == 1
    assert "manifest.json" not in inbox.tries


def test_what_was_proved_before_a_failure_is_not_sent_again(tmp_path: Path) -> None:
    broken = True

    def fault(item: Item, tries: int, sent: Sent) -> None:
        if item.name == "f11" and broken:
            raise RefusedError("no")

    inbox = Fake(fault)
    with pytest.raises(RefusedError):
        run(inbox, ITEMS, tmp_path)
    proved, broken = set(inbox.there), False
    summary, _ = run(inbox, ITEMS, tmp_path)
    assert set(summary.known) == proved
    assert set(summary.known) | set(summary.sent) == {each.name for each in ITEMS}


def test_files_that_left_the_bundle_are_named_for_the_inbox_to_delete(tmp_path: Path) -> None:
    inbox = Fake()
    run(inbox, ITEMS, tmp_path)
    summary, _ = run(inbox, ITEMS[:-1], tmp_path)
    assert summary.gone == ["f11"]
    assert summary.lines()[-1] == "  f11"
