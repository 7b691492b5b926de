"""
FASTQ of many people to sealed, checked genomes.

Stages stand in the order in which data flows; a stage uses only what an earlier one gives.
Target rules to stop at: align, call, qc, report, bundle (default `all` = report and bundle), and
beside them submit, which sends the bundle to an inbox.
"""

import gc
import sys

from snakemake.utils import min_version

min_version("9.27")

# A plan of 1,000 genomes is millions of objects that stay: looking through them again and again for
# garbage takes a sixth of the time that planning takes.
gc.set_threshold(100_000, 50, 100)

sys.path.append(str(Path(workflow.basedir) / "workflow" / "src"))


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/reads.smk"
include: "workflow/rules/align.smk"
include: "workflow/rules/align/parabricks.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/call.smk"
include: "workflow/rules/call/gatk.smk"
include: "workflow/rules/call/bcftools.smk"
include: "workflow/rules/call/freebayes.smk"
include: "workflow/rules/call/pairhmm.smk"
include: "workflow/rules/call/deepvariant.smk"
include: "workflow/rules/call/parabricks.smk"
include: "workflow/rules/qc.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/package.smk"
include: "workflow/rules/bundle.smk"
include: "workflow/rules/submit.smk"


localrules:
    all,
    align,
    call,
    qc,
    report,
    bundle,
    submit,


rule align:
    """One CRAM per sample."""
    input:
        all_alignments,


rule call:
    """One gVCF and one VCF per sample."""
    input:
        all_calls,


rule qc:
    """Metrics of every sample, who is who, and verdicts."""
    input:
        all_quality,
        paths.VERDICTS,


rule report:
    """One page about the run."""
    input:
        paths.MULTIQC,


rule bundle:
    """The sealed, verified bundle of everyone who agreed and whose sample did not fail."""
    input:
        expand(paths.MANIFEST, dataset=BUNDLES),


rule submit:
    """The bundle at its inbox, with a receipt for each file."""
    input:
        expand(paths.SUBMITTED, dataset=BUNDLES),


include: "workflow/rules/heed.smk"


rule all:
    """Everything a run gives; ends with an error when a sample failed its verdict."""
    default_target: True
    input:
        all_alignments,
        all_calls,
        rules.report.input,
        rules.bundle.input,
        paths.ACCEPTED,
