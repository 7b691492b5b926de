"""The JSON of GA4GH WGS-QC v1, in the shape of its reference implementation.

The standard (ga4gh/quality-control-wgs, a2246d5f) names the metrics and their decimals, and gives
no schema; shape and key order are those of c-BIG/NPM-sample-qc (c09f0bf5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from schelde.catalogue import Value, metrics

ALIGNMENT = (
    "cross_contamination_rate",
    "insert_size_std_deviation",
    "mad_autosome_coverage",
    "mean_autosome_coverage",
    "mean_insert_size",
    "pct_autosomes_15x",
    "pct_reads_mapped",
    "pct_reads_properly_paired",
    "yield_bp_q30",
)
VARIANTS = (
    "count_deletions",
    "count_insertions",
    "count_snvs",
    "ratio_heterozygous_homzygous_indel",
    "ratio_heterozygous_homzygous_snv",
    "ratio_insertion_deletion",
    "ratio_transitions_transversions_snv",
)
RATIOS = tuple(name for name in VARIANTS if name.startswith("ratio_"))
"""The metrics that may be null: a ratio to nothing. Any other that is missing is left out."""


def ga4gh_json(sample: str, values: Mapping[str, Value]) -> str:
    """Return the JSON of one sample, from metrics by id, with the decimals of the catalogue.

    A number that was not measured is left out, never 0: readers of the reference's files take a
    key that is there for a number. Only a ratio to nothing, which was measured and does not
    exist, is null.
    """
    record = {
        "biosample": {"id": sample},
        "wgs_qc_metrics": {
            "aln_metrics": _part(ALIGNMENT, values),
            "variant_metrics": _part(VARIANTS, values),
        },
    }
    return json.dumps(record, sort_keys=True, indent=4, allow_nan=False) + "\n"


def _part(names: tuple[str, ...], values: Mapping[str, Value]) -> dict[str, Value]:
    known = metrics()
    return {
        name: known[name].rounded(values[name])
        for name in names
        if name in values and (values[name] is not None or name in RATIOS)
    }
