"""From what a workflow hands to a job of the call stage to what its functions take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from schelde import paths
from schelde.assembly import Assembly
from schelde.callers.finish import FinishFiles, finish
from schelde.callers.gather import GatherFiles, GatherTask, gather
from schelde.callers.gatk import genotype as gatk_genotype
from schelde.callers.piece import PieceFiles, PieceTask
from schelde.callers.tools import Machine, job_on
from schelde.calling_sex import calling_sex
from schelde.joblog import faults_end_the_job
from schelde.vcf import header_of, source_of

CallPiece = Callable[[PieceTask, PieceFiles, Machine, Path], None]
Files = Mapping[str, str]
"""Files of a job by name."""

Facts = Mapping[str, Any]
"""Parameters of a job: ``person`` (sample and sex), ``assembly``, ``overlap`` (bp), ``caller``.

The sex is that declared; with a file ``metrics`` that of the reads stands above it.
"""

REFERENCE: Files = {
    "genome": paths.GENOME,
    "fai": paths.GENOME_FAI,
    "dictionary": paths.GENOME_DICT,
    "facts": paths.GENOME_FACTS,
    "md5_cache": paths.MD5_CACHE,
}
"""What the reference stage makes in one go; rules name one of them as their input, since every
input of every job costs planning time."""

GENOTYPE = {"gatk": gatk_genotype}
"""Callers whose variants are not in the gVCF as they are, and what makes them of it.

By the names of their filters (`schelde.callers.filter_set`): Parabricks' HaplotypeCaller is gatk.

Not gatk-dragen: its qualities stand in the gVCF, and GenotypeGVCFs works them out anew without
DRAGEN's model, some 27 too high for DRAGEN's filter.
"""


def run_piece(
    call_piece: CallPiece, files: Files, output: Files, facts: Facts, piece: int, machine: Machine
) -> None:
    """Call a piece."""
    with faults_end_the_job():
        task = PieceTask(
            sample=facts["person"]["sample"],
            piece=piece,
            sex=calling_sex(facts["person"]["sex"], files.get("metrics")),
            assembly=Assembly(**facts["assembly"]),
            overlap=facts["overlap"],
        )
        given = {name: file for name, file in files.items() if name != "metrics"}
        found = _paths({**REFERENCE, "crai": f"{given['cram']}.crai", **given})
        call_piece(task, PieceFiles(**found), machine, Path(output["gvcf"]))


def run_gather(
    gvcfs: Sequence[str], files: Files, output: Files, facts: Facts, machine: Machine
) -> None:
    """Make the gVCF and the VCF of a sample; ``gvcfs`` in the order of the pieces."""
    person = facts["person"]
    with faults_end_the_job():
        sex = calling_sex(person["sex"], files.get("metrics"))
    task = GatherTask(
        sample=person["sample"],
        sex=sex,
        assembly=Assembly(**facts["assembly"]),
        overlap=facts["overlap"],
    )
    found = _paths({**REFERENCE, **files})
    pieces = {number: Path(file) for number, file in enumerate(gvcfs, start=1)}
    gather_files = GatherFiles(
        pieces, *(found[key] for key in ("pieces", "genome", "fai", "facts"))
    )
    gvcf, vcf = Path(output["gvcf"]), Path(output["vcf"])
    genotype = GENOTYPE.get(facts["caller"])
    with faults_end_the_job(), job_on(machine) as job:
        gather(task, gather_files, job, gvcf=gvcf, md5=Path(output["gvcf_md5"]))
        finish(
            task.sample,
            FinishFiles(
                calls=genotype(gvcf, found["genome"], job) if genotype else gvcf,
                genome=found["genome"],
                facts=found["facts"],
                filters=found["filters"],
                targets=found.get("targets"),
            ),
            job,
            source=source_of(header_of(gvcf, task.sample)),
            vcf=vcf,
            md5=Path(output["vcf_md5"]),
        )


def _paths(files: Files) -> dict[str, Path]:
    return {key: Path(file) for key, file in files.items()}
