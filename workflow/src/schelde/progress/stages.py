"""Stages of a run, in the order in which data flow, and the rules of each."""

from __future__ import annotations

RULES = {
    "reference": (
        "fetch_reference",
        "prepare_reference",
        "index_bwa",
        "index_bwamem2",
        "index_minibwa",
        "prepare_targets",
        "cut_pieces",
        "find_tandem_repeats",
    ),
    "reads": ("extract_lane", "prove_lane", "fastp_lane", "trim_lane"),
    "align": ("align_lane", "align_lane_parabricks", "sort_lane_parabricks", "mark_duplicates"),
    "measure": ("measure_reads", "estimate_contamination"),
    "call": (
        "model_base_qualities",
        "model_tandem_repeats",
        "call_piece_gatk",
        "call_piece_bcftools",
        "call_piece_freebayes",
        "call_piece_pairhmm",
        "make_deepvariant_examples",
        "call_deepvariant",
        "call_piece_deepvariant",
        "call_parabricks",
        "call_piece_parabricks",
        "gather_calls",
    ),
    "qc": ("measure_variants", "judge_samples"),
    "report": ("tool_versions", "write_tables", "write_report"),
    "package": ("seal_sample",),
    "bundle": ("count_frequencies", "write_bundle"),
    "verdict": ("heed_verdicts",),
    "submit": ("submit_bundle",),
}
"""Rules by stage. A rule that stands nowhere here is of the stage `OTHER`."""

OTHER = "other"
STAGES = (*RULES, OTHER)
TARGETS = frozenset({"all", "align", "call", "qc", "report", "bundle", "submit"})
"""Rules that only name what is wanted: they run nothing and are not counted."""

ASIDE = frozenset(
    {"fastp_lane", "measure_reads", "estimate_contamination", "tool_versions", "write_tables"}
)
"""Rules that others need not wait long for: not part of the longest chain of jobs."""

LAST_OF_SAMPLE = {
    "align": "mark_duplicates",
    "measure": "measure_reads",
    "call": "gather_calls",
    "qc": "measure_variants",
    "package": "seal_sample",
}
"""The rule that ends a stage for one sample."""

OF_SAMPLES = frozenset(
    rule
    for stage in ("reads", "align", "measure", "call", "qc", "package")
    for rule in RULES[stage]
    if rule != "judge_samples"
)
"""Rules that work on one sample or a part of it."""

_STAGE = {rule: stage for stage, rules in RULES.items() for rule in rules}
_ORDER = {rule: number for number, rule in enumerate(_STAGE)}


def stage_of(rule: str) -> str:
    """Return the stage of a rule.

    >>> stage_of("align_lane"), stage_of("my_own")
    ('align', 'other')
    """
    return _STAGE.get(rule, OTHER)


def in_order(rule: str) -> int:
    """Return the place of a rule in the order of a run, to sort by."""
    return _ORDER.get(rule, len(_ORDER))
