"""Which rules a run has jobs of and which of them use a GPU, from its settings and sheets alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schelde.config import Settings
    from schelde.sheet import Sheet

INDEXES = {
    "bwa": "index_bwa",
    "minibwa": "index_minibwa",
    "bwa-mem2": "index_bwamem2",
    "parabricks": "index_bwa",  # fq2bam reads bwa's
}
"""Rule that makes the index of an aligner."""

ALIGN = {
    **dict.fromkeys(("bwa", "minibwa", "bwa-mem2"), ("align_lane",)),
    "parabricks": ("align_lane_parabricks", "sort_lane_parabricks"),
}
"""Rules that align a lane, one after another; the last one gives its BAM."""

PARABRICKS = ("call_parabricks", "call_piece_parabricks")
CALLS = {
    **{name: (f"call_piece_{name}",) for name in ("gatk", "bcftools", "freebayes", "pairhmm")},
    "deepvariant": ("make_deepvariant_examples", "call_deepvariant", "call_piece_deepvariant"),
    "parabricks": PARABRICKS,
    "parabricks-deepvariant": PARABRICKS,
}
"""Rules of a caller in the order in which they run; the last one gives the gVCF of a piece."""

ON_EITHER = frozenset({"call_piece_pairhmm", "call_deepvariant"})
"""Rules that use a GPU with call.device gpu alone."""

GPU_CALLERS = ("parabricks", "parabricks-deepvariant")
"""Callers that run on a GPU only."""

EITHER_CALLERS = ("pairhmm", "deepvariant")
"""Callers that run where call.device says."""

GPU_SETTINGS = {
    **dict.fromkeys((*ON_EITHER, "call_parabricks"), ("call", "device")),
    "align_lane_parabricks": ("align", "aligner"),
}
"""Rules that use GPUs, and the setting by which the user chose so."""


def unused_rules(settings: Settings, sheet: Sheet) -> frozenset[str]:
    """Return the rules that a run to the end of everything leaves out."""
    aligner, caller = settings.align.aligner, settings.call.caller
    chosen = {INDEXES[aligner], *ALIGN[aligner], *CALLS[caller]}
    choices = {*INDEXES.values(), *chain.from_iterable((*ALIGN.values(), *CALLS.values()))}
    optional: Mapping[str, bool] = {
        **{rule: rule in chosen for rule in choices},
        "trim_lane": settings.reads.trim,
        "extract_lane": any(lane.alignment for lane in sheet.lanes),
        "estimate_contamination": settings.qc.contamination != "schelde",
        "model_base_qualities": settings.call.bqsr,
        "find_tandem_repeats": settings.call.dragen,
        "model_tandem_repeats": settings.call.dragen,
        "seal_sample": settings.bundle.dataset is not None,
        "write_bundle": settings.bundle.dataset is not None,
        "count_frequencies": settings.bundle.dataset is not None and settings.bundle.frequencies,
    }
    return frozenset(rule for rule, used in optional.items() if not used)


def rules_without_gpu(settings: Settings) -> frozenset[str]:
    """Return the rules that could use a GPU and are to run on the CPU."""
    return ON_EITHER if settings.call.device == "cpu" else frozenset()


def pieces_of(settings: Settings) -> int:
    """Return the number of pieces that a genome is called in.

    One for Parabricks: each start of it reads all of the alignment, and pieces would have to share
    a GPU one after another.
    """
    return 1 if settings.call.caller in GPU_CALLERS else settings.call.pieces
