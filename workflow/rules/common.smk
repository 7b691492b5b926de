"""
Config and sheets to typed values, once; input functions; limits of wildcards.

takes: config/config.yaml, the sheets and files that it names, config/jobs.yaml
gives: SETTINGS, SHEET, ASSEMBLY, job(), and the input functions below
"""

import os
from pathlib import Path

from schelde import paths
from schelde.align import ALIGNER_INDEXES
from schelde.errors import UserError
from schelde.inputs import load
from schelde.jobs import read_jobs
from schelde.provenance import code_of


def _read_inputs():
    """Read all inputs; a mistake in them ends Snakemake before any job, without a traceback."""
    try:
        return read_jobs(Path(workflow.basedir) / "config" / "jobs.yaml"), load(
            config,
            [Path(os.path.relpath(file)) for file in workflow.configfiles],
            workflow_dir=Path(workflow.basedir),
            thorough=workflow.is_main_process,
            tools_on_path=not workflow.deployment_settings.deployment_method,
        )
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


job, INPUTS = _read_inputs()
SETTINGS = INPUTS.settings
SHEET = INPUTS.sheet
ASSEMBLY = INPUTS.assembly


# Without a dot in an id no pattern can match two ways: {sample}.g.vcf.gz beside {sample}.vcf.gz
# costs gigabytes of planning otherwise.
wildcard_constraints:
    sample="[A-Za-z0-9][A-Za-z0-9_-]*",
    lane=r"[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9_-]*",
    piece="[0-9]+",
    design="[A-Za-z0-9][A-Za-z0-9_-]*",


PIECES = range(1, SETTINGS.call.pieces + 1)
INDEX_PREFIX, INDEX_SUFFIXES = ALIGNER_INDEXES[SETTINGS.align.aligner]


def lane_of(wildcards):
    return SHEET.lane(wildcards.sample, wildcards.lane)


def lane_facts(wildcards):
    """A lane as a parameter: what of it decides the records, not where it stands in the sheet."""
    return lane_of(wildcards).facts()


def sample_lane_facts(wildcards):
    return [lane.facts() for lane in SHEET.lanes_of(wildcards.sample)]


def sample_bams(wildcards):
    names = [lane.name for lane in SHEET.lanes_of(wildcards.sample)]
    return expand(paths.LANE_BAM, sample=wildcards.sample, lane=names)


def sample_proofs(wildcards):
    names = [lane.name for lane in SHEET.lanes_of(wildcards.sample)]
    return expand(paths.LANE_PROOF, sample=wildcards.sample, lane=names)


def design_of(wildcards):
    return SHEET.person(wildcards.sample).design


def design_pieces(wildcards):
    return expand(paths.PIECES, design=design_of(wildcards))


def targets_of_design(wildcards):
    """The user's BED of a design."""
    for person in SHEET.people:
        if person.targets and person.design == wildcards.design:
            return person.targets
    raise ValueError(f"no person has targets named '{wildcards.design}'")
