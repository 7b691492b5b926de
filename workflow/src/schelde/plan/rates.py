"""How long each rule takes and how much disk: rates for the size of what it works on.

A job of size x takes ``fixed_s + per_gb_cpu_s * x / min(threads, usable)`` seconds and
``fixed_cpu_s + per_gb_cpu_s * x`` core-seconds. What x is, `Rate.of` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from schelde.errors import Problem, UserError
from schelde.pipes import write_text
from schelde.section import Section, Text
from schelde.yamlfile import read_yaml

SITE_RATES = Path("config/rates.yaml")
"""The site's own rates, in the working directory: laid over the shipped ones rule by rule."""

SHIPPED = Path("resources/rates.yaml")
"""From the repository."""

Of = Literal["lane", "sample", "piece", "genome", "run", "samples"]
"""What the size of a job is: Gb of bases read of its lane, of its sample, of its sample divided by
the number of pieces; Gb of the reference; Gb of all samples; number of samples."""


class Rate(Section):
    """What one rule takes; times in seconds of a core like the one that they were measured on.

    ``kept_mb``, ``temp_mb`` and ``scratch_mb`` count for each Gb (or sample, by `of`), the
    ``fixed_...`` ones for each job. ``low`` and ``high`` are factors on the time between which it
    is expected to lie with nine chances in ten.
    """

    of: Of = Field(description="what it grows with")
    fixed_s: float = Field(default=0, ge=0, description="seconds of any job")
    fixed_cpu_s: float = Field(default=0, ge=0, description="core-seconds of any job")
    per_gb_cpu_s: float = Field(default=0, ge=0, description="core-seconds for each unit")
    usable: float = Field(default=1, ge=1, description="threads that it can make use of")
    kept_mb: float = Field(default=0, ge=0, description="MB that stay, for each unit")
    fixed_kept_mb: float = Field(default=0, ge=0, description="MB that stay of any job")
    temp_mb: float = Field(default=0, ge=0, description="MB until those who need it have ended")
    scratch_mb: float = Field(
        default=0, ge=0, description="MB on the shared disk while it runs, not on the node's own"
    )
    low: float = Field(default=0.7, gt=0, le=1, description="factor of a good case")
    high: float = Field(default=1.5, ge=1, description="factor of a bad case")
    source: Text = Field(description="where the numbers are from")

    def wall_s(self, size: float, threads: int) -> float:
        """Return the seconds of a job of a size with so many threads."""
        return self.fixed_s + self.per_gb_cpu_s * size / min(threads, self.usable)

    def cpu_s(self, size: float) -> float:
        """Return the core-seconds of a job of a size."""
        return self.fixed_cpu_s + self.per_gb_cpu_s * size


class Overhead(Section):
    """What an executor adds: to the run once, and to each job.

    ``start_s``: seconds until the first job is sent; ``per_job_start_ms``: milliseconds of that
    for each job of the batch; ``job_s`` and ``job_cpu_s``: seconds and core-seconds of each job
    beside its own work; ``select_s``: seconds between the end of a job and the start of the next;
    ``poll_s``: seconds to the first look at jobs (0: their end is noticed at once), ``poll_more_s``
    longer after each look that found nothing ended, up to ``poll_most_s``; ``jobs``: the most that
    are sent at the same time.
    """

    start_s: float = Field(ge=0)
    start_cpu_s: float = Field(ge=0)
    per_job_start_ms: float = Field(default=0, ge=0)
    job_s: float = Field(ge=0)
    job_cpu_s: float = Field(ge=0)
    select_s: float = Field(default=0, ge=0)
    poll_s: float = Field(default=0, ge=0)
    poll_more_s: float = Field(default=0, ge=0)
    poll_most_s: float = Field(default=0, ge=0)
    jobs: int | None = Field(default=None, ge=1)
    source: Text


class _File(Section):
    overhead: dict[Text, Overhead] = Field(default={})
    rules: dict[Text, Rate] = Field(default={})


@dataclass(frozen=True)
class Rates:
    """All rates: of rules, by name or by ``rule/choice``, and of executors."""

    rules: Mapping[str, Rate]
    overhead: Mapping[str, Overhead]
    own: frozenset[str] = frozenset()
    """Names that the site has measured itself."""

    def named(self, rule: str, choice: str | None = None) -> str:
        """Return the name of the rate of a rule, with the tool that was chosen if that matters.

        KeyError if there is none.
        """
        name = f"{rule}/{choice}"
        if name in self.rules:
            return name
        if rule not in self.rules:
            raise KeyError(f"no rate for rule '{rule}'")
        return rule


def read_rates(root: Path, own: Path = SITE_RATES) -> Rates:
    """Read the shipped rates of the repository ``root`` and lay the site's over them.

    Raises `UserError` with every mistake in either file.
    """
    problems: list[Problem] = []
    shipped = _read(root / SHIPPED, problems)
    site = _read(own, problems) if own.is_file() else _File()
    if problems:
        raise UserError(problems)
    names = frozenset(site.rules) | {f"overhead {name}" for name in site.overhead}
    return Rates(shipped.rules | site.rules, shipped.overhead | site.overhead, names)


def _read(path: Path, problems: list[Problem]) -> _File:
    file = read_yaml(str(path), problems)
    if file is None:
        return _File()
    try:
        return _File.model_validate(file.values)
    except ValidationError as error:
        for mistake in error.errors():
            place = mistake["loc"]
            line = next(
                (
                    file.lines[place[:end]]
                    for end in range(len(place), 0, -1)
                    if place[:end] in file.lines
                ),
                None,
            )
            what = f"'{'.'.join(map(str, place))}': {mistake['msg']}"
            problems.append(Problem(str(path), line, what, "mend it, or take the line out"))
        return _File()


def write_rates(path: Path, rules: Mapping[str, Rate], overhead: Mapping[str, Overhead]) -> None:
    """Write rates as `read_rates` takes them, whole or not at all."""
    values: dict[str, object] = {}
    if overhead:
        values["overhead"] = {name: found.model_dump() for name, found in sorted(overhead.items())}
    if rules:
        values["rules"] = {name: found.model_dump() for name, found in sorted(rules.items())}
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
    write_text(
        path,
        "# Measured here by `schelde plan --learn`; delete it to go back to the shipped rates.\n"
        + text,
    )
