"""What a user did wrong, all of it at once, with place and remedy."""

from __future__ import annotations

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
