"""
Config and sheets to typed values, once; limits of wildcards.

takes: config/config.yaml, the sheets and files that it names, config/jobs.yaml, config/site.yaml
gives: SETTINGS, SHEET, ASSEMBLY, job(), and names that depend on the config alone
"""

import os
from contextlib import redirect_stderr
from dataclasses import asdict
from io import StringIO
from pathlib import Path

from snakemake.cli import parse_args
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from schelde import paths
from schelde.align import ALIGNER_INDEXES
from schelde.callers import call_env, filter_set
from schelde.cluster.left_behind import StillRunningError, begin_run
from schelde.cluster.modules import prefix
from schelde.cluster.used import pieces_of
from schelde.documents import TOPICS
from schelde.errors import UserError
from schelde.fetch import public_address, read_references
from schelde.inputs import load
from schelde.lane_reads import source_reads, trimmed_reads
from schelde.panel import panel_files
from schelde.pipes import md5_of
from schelde.profiles import profile_path
from schelde.provenance import code_of
from schelde.readgroup import read_group_id
from schelde.verify.run import TOPICS as CHECKS


def _jobs_run_here():
    """Tell whether jobs run on this machine. Snakemake makes rules before it makes an executor."""
    given = workflow.resource_settings
    if given.nodes is None or given.cores is None:
        return given.nodes is None
    # Both are set, as by --jobs in a dry run: only the options that Snakemake was started with tell.
    with redirect_stderr(StringIO()):  # it would say again which profiles it reads
        executor = parse_args(sys.argv[1:])[1].executor
    return ExecutorPluginRegistry().get_plugin(executor or "local").common_settings.local_exec


def _read_inputs():
    """Read all inputs; a mistake in them ends Snakemake before any job, without a traceback."""
    try:
        return load(
            config,
            [Path(os.path.relpath(file)) for file in workflow.configfiles],
            workflow_dir=Path(workflow.basedir),
            thorough=workflow.is_main_process,
            tools_on_path=not workflow.deployment_settings.deployment_method,
            jobs_run="here" if _jobs_run_here() else "elsewhere",
        )
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


INPUTS = _read_inputs()
job = INPUTS.jobs.where(job_of_cluster=workflow.remote_exec)


def _begin_run():
    """End what a killed run left in Slurm, before anything is planned."""
    try:
        begin_run(Path.cwd(), sys.argv[1:], logger.warning)
    except StillRunningError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if workflow.is_main_process and not workflow.output_settings.dryrun:
    _begin_run()

SETTINGS = INPUTS.settings
SHEET = INPUTS.sheet
ASSEMBLY = INPUTS.assembly

if INPUTS.site.modules:
    # Before the command of every rule and script; Snakemake reads braces as its own.
    shell.prefix(prefix(INPUTS.site.modules).replace("{", "{{").replace("}", "}}"))


# Without a dot in an id no pattern can match two ways: {sample}.g.vcf.gz beside {sample}.vcf.gz
# costs gigabytes of planning otherwise.
wildcard_constraints:
    sample="[A-Za-z0-9][A-Za-z0-9_-]*",
    lane=r"[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9_-]*",
    piece="[0-9]+",
    program="parabricks(-deepvariant)?",
    design="[A-Za-z0-9][A-Za-z0-9_-]*",
    dataset="[A-Za-z0-9][A-Za-z0-9._-]*",


PIECES = range(1, pieces_of(SETTINGS) + 1)
FILTER_SET = filter_set(SETTINGS)
CALL_ENV = call_env(SETTINGS.call.caller)
FILTERS = os.path.relpath(Path(workflow.basedir) / "resources" / "filters" / f"{FILTER_SET}.yaml")
CATALOGUE = md5_of(Path(workflow.basedir) / "resources" / "metrics.yaml")
PANEL = SETTINGS.qc.panel
PANEL_FILES = [str(file) for file in panel_files(Path(PANEL))] if PANEL else []
PROFILES = Path(workflow.basedir) / "config" / "profiles"
PROFILE_FILES = [os.path.relpath(profile_path(name, PROFILES)) for name in SETTINGS.qc.profiles]
CONTAMINATION_ENV = "verifybamid2" if SETTINGS.qc.contamination == "verifybamid2" else "gatk"
INDEX = ALIGNER_INDEXES[SETTINGS.align.aligner]
REFERENCES = read_references(Path(workflow.basedir) / "resources" / "references.tsv")
FETCHED = "results/reference/fetched.fa.gz"
# A file of the site is what would be fetched, and has the same MD5.
ON_SITE = INPUTS.site.references.get(SETTINGS.reference.name)
GENOME_SOURCE = SETTINGS.reference.fasta or ON_SITE or FETCHED
GENOME_MD5 = SETTINGS.reference.md5
if SETTINGS.reference.fasta is None:
    GENOME_MD5 = REFERENCES[SETTINGS.reference.name].md5 or GENOME_MD5
TRIMMED_FASTP = "results/reads/{sample}/{lane}.trimmed.fastp.json"
TRIMMED_PROOF = "results/reads/{sample}/{lane}.trimmed.proof.json"
READS_PROOF = TRIMMED_PROOF if SETTINGS.reads.trim else paths.LANE_PROOF
EXTRACTED_COUNT = "results/reads/{sample}/{lane}.extracted.json"

# The bundle; empty where none is asked for.
GATE = INPUTS.gate
ADMITTED = GATE.admitted if GATE else ()
DATASET = INPUTS.dataset.model_dump(mode="json") if INPUTS.dataset else None
BUNDLES = [INPUTS.dataset.alias] if INPUTS.dataset else []
SHIPPED_PROFILES = sorted(file.stem for file in PROFILES.glob("*.yaml"))
SNAKEFILE = md5_of(Path(workflow.snakefile))
BUNDLE_CODE = [f"documents.{topic}" for topic in TOPICS] + [f"verify.{topic}" for topic in CHECKS]
# A name alone does not make a reference a public one, and any other may tell who made it.
PUBLIC_GENOME = (
    SETTINGS.reference.name
    if public_address(
        REFERENCES, SETTINGS.reference.name, SETTINGS.reference.fasta, SETTINGS.reference.md5
    )
    else None
)
