"""Call the variants of one piece of a genome: one module per caller, the same files from each.

`piece` says what a caller is given and writes what it found; `gatk`, `bcftools`, `freebayes`,
`deepvariant` and `parabricks` run the tools, and `pairhmm` is our own; `gather` joins the pieces
and `finish` makes the VCF of a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schelde.config import Settings

FILTER_SETS = {"parabricks": "gatk", "parabricks-deepvariant": "deepvariant"}
"""Callers whose variants are filtered, and genotyped, like those of another one: they are that one
on a GPU."""

CALL_ENVS = {"parabricks": "gatk", "parabricks-deepvariant": "bcftools", "deepvariant": "bcftools"}
"""Environments of the jobs that finish what callers without one of their own have found."""


def call_env(caller: str) -> str:
    """Return the name of the environment, in envs, of the jobs that finish a caller's work."""
    return CALL_ENVS.get(caller, caller)


def filters_of(caller: str) -> str:
    """Return the name of the filters of a caller, without its modes."""
    return FILTER_SETS.get(caller, caller)


def filter_set(settings: Settings) -> str:
    """Return the name of the filters, in resources/filters, of the caller that is set."""
    return "gatk-dragen" if settings.call.dragen else filters_of(settings.call.caller)
