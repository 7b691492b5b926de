"""What a user did wrong, all of it at once, with place and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with the input.

    ``line`` is 1-based; ``None`` when the whole file (or a command line option) is meant.

    >>> print(Problem("config/lanes.tsv", 2, "sample 'NA 1' has a space", "use letters and digits"))
    config/lanes.tsv:2: sample 'NA 1' has a space; use letters and digits
    """

    file: str
    line: int | None
    what: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}; {self.remedy}"


class UserError(Exception):
    """Raised for what a user can mend; shown without a traceback, exit status 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda p: (p.file, p.line or 0, p.what))
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        return "\n".join([f"{title} in the input:", *map(str, self.problems)])


def closest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known name, or lists all when none is near.

    >>> closest("smaple", ["sample", "lane"])
    "did you mean 'sample'?"
    >>> closest("zzz", ["sample", "lane"])
    'known are: lane, sample'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known are: {', '.join(names)}"
