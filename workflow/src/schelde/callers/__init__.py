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


def filter_set(settings: Settings) -> str:
    """Return the name of the filters, in resources/filters, of the caller that is set."""
    if settings.call.dragen:
        return "gatk-dragen"
    return FILTER_SETS.get(settings.call.caller, settings.call.caller)
