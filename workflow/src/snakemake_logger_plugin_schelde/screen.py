"""What a run prints: a block that is kept up to date on a terminal, else a line now and then."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

from schelde.progress.state import Try
from schelde.progress.summary import Summary
from schelde.progress.words import clock, left

SHORT = "\033[K"  # erase to the end of the line
BELOW = "\033[J"  # erase to the end of the screen


class Screen(Protocol):
    """Where text goes, and what is shown of a run meanwhile."""

    def say(self, text: str) -> None:
        """Print text to stay."""

    def show(self, summary: Summary) -> None:
        """Show how far the run is."""

    def rest(self) -> None:
        """Take away what does not stay."""


def render(what: object, width: int, colour: bool) -> str:
    """Return what rich makes of something, as text of a width."""
    from io import StringIO

    from rich.console import Console

    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(what)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in str(text).rstrip("\n").split("\n"))


class Lines:
    """For files: a line when a sample ends a stage, of many samples a line a minute."""

    MINUTE = 60.0

    def __init__(self, stream: TextIO, few: int) -> None:
        self._stream = stream
        self._few = few
        self._told: set[tuple[str, str]] = set()
        self._last = 0.0
        self._done = -1

    def say(self, text: str) -> None:
        """Print text."""
        print(text, file=self._stream, flush=True)

    def show(self, summary: Summary) -> None:
        """Print what is new, if it is time."""
        news = []
        if summary.samples_planned <= self._few:
            for sample in summary.samples:
                for stage, state in sample.stages.items():
                    if state == "done" and (sample.name, stage) not in self._told:
                        self._told.add((sample.name, stage))
                        news.append(f"{sample.name}: {stage} done")
        if news:
            for new in news[:-1]:
                self.say(f"{clock(summary.now, summary.now)}  {new}")
            self._tell(summary, f"{news[-1]}; ")
        elif summary.now - self._last >= self.MINUTE and summary.done != self._done:
            busy = [s for s in summary.stages if 0 < s.done < s.jobs or s.running or s.queued]
            self._tell(summary, "".join(f"{s.name} {s.done}/{s.jobs}, " for s in busy))

    def _tell(self, summary: Summary, news: str) -> None:
        self._last, self._done = summary.now, summary.done
        jobs = f"{summary.done} of {summary.jobs} jobs"
        self.say(f"{clock(summary.now, summary.now)}  {news}{jobs}, {left(summary.left)}")

    def rest(self) -> None:
        """Nothing to take away."""


class Block:
    """For terminals: a block below all text.

    The cursor rests at the top of the block, so that what a job writes to the terminal by itself
    goes where text goes, and the next block is drawn below it.
    """

    def __init__(self, stream: TextIO, colour: bool) -> None:
        self._stream = stream
        self._colour = colour

    def say(self, text: str) -> None:
        """Print text where the block stands; the block comes back below with the next `show`."""
        self._write(f"\r{BELOW}{text}\n")

    def show(self, summary: Summary) -> None:
        """Draw the block anew."""
        import shutil

        from schelde.progress.page import FEW, whole_page

        width, height = shutil.get_terminal_size()
        few = summary.samples_planned <= FEW
        ascii_only = "utf" not in (self._stream.encoding or "").lower()
        for rows, most in ((summary.samples if few else [], 4), ([], 2), ([], 0)):
            page = whole_page(summary, most=most, rows=rows, width=width, ascii_only=ascii_only)
            lines = render(page, width - 1, self._colour).split("\n")
            if len(lines) < height - 1:
                break
        lines = ["", *lines][: height - 1]
        drawn = "\n".join(f"{line}{SHORT}" for line in lines)
        self._write(f"\r{BELOW}{drawn}\r\033[{len(lines) - 1}A")

    def rest(self) -> None:
        """Take the block away."""
        self._write(f"\r{BELOW}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def failure_text(attempt: Try, width: int, colour: bool) -> str:
    """Tell of a job that failed, as text."""
    from schelde.progress.page import failure

    now = time.time()
    head = f"FAILED at {clock(attempt.ended or now, now)}: "
    return f"\n{render(failure(attempt, head), width, colour)}"
