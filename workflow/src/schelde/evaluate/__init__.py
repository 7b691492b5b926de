"""Judge a VCF by a truth VCF: recall, precision and genotypes of SNPs and indels.

`evaluate` reads both files contig by contig, `alleles` takes records apart, `matching` finds what
is the same, `haplotypes` does so for the same sequence written in another way, `results` counts
and prints. What counts as equal, and why, stands in docs/evaluate.md.
"""

from schelde.evaluate.compare import evaluate
from schelde.evaluate.results import (
    Evaluation,
    Finding,
    Row,
    VariantType,
    details_tsv,
    table,
    tsv,
)

__all__ = [
    "Evaluation",
    "Finding",
    "Row",
    "VariantType",
    "details_tsv",
    "evaluate",
    "table",
    "tsv",
]
