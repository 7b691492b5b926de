"""
Config and sheets to typed values, once; input functions; limits of wildcards.

takes: config/config.yaml, the sheets and files that it names, config/jobs.yaml
gives: SETTINGS, SHEET, ASSEMBLY, job(), and the input functions below
"""

import os
from dataclasses import asdict
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
FILTER_SET = "gatk-dragen" if SETTINGS.call.dragen else SETTINGS.call.caller
FILTERS = os.path.relpath(Path(workflow.basedir) / "resources" / "filters" / f"{FILTER_SET}.yaml")
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
    return expand(paths.PIECES, design=design_of(wildcards))[0]


def person_facts(wildcards):
    """A person as a parameter: what of it decides the records."""
    person = SHEET.person(wildcards.sample)
    return {"sample": person.sample, "sex": str(person.sex)}


def piece_sources_of(wildcards):
    """What any caller is given of a sample."""
    return {
        "cram": paths.CRAM,
        "crai": paths.CRAI,
        "genome": paths.GENOME,
        "fai": paths.GENOME_FAI,
        "dictionary": paths.GENOME_DICT,
        "facts": paths.GENOME_FACTS,
        "md5_cache": paths.MD5_CACHE,
        "pieces": design_pieces(wildcards),
    }


def gatk_models(wildcards):
    models = {}
    if SETTINGS.call.bqsr:
        models["recalibration"] = paths.RECALIBRATION
    if SETTINGS.call.dragen:
        models["dragstr"] = paths.DRAGSTR
    return models


def known_site_options(wildcards):
    return [word for file in SETTINGS.reference.known_sites for word in ("--known-sites", file)]


def called_pieces(wildcards):
    stem = f"results/call/{wildcards.sample}/{SETTINGS.call.caller}/{{piece}}"
    return {
        "gvcfs": expand(f"{stem}.g.vcf.gz", piece=PIECES),
        "vcfs": expand(f"{stem}.vcf.gz", piece=PIECES),
        "indexes": expand([f"{stem}.g.vcf.gz.tbi", f"{stem}.vcf.gz.tbi"], piece=PIECES),
    }


def exact_targets(wildcards):
    """The targets that a sample's variants are reported in; none for a whole genome."""
    design = design_of(wildcards)
    return {} if design == "wgs" else {"targets": expand(paths.TARGETS, design=design)[0]}


def targets_of_design(wildcards):
    """The user's BED of a design."""
    for person in SHEET.people:
        if person.targets and person.design == wildcards.design:
            return person.targets
    raise ValueError(f"no person has targets named '{wildcards.design}'")
