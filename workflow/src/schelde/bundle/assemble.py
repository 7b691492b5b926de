"""Sealed samples and what is declared about them to the record of a bundle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import yaml

import schelde
from schelde.bundle.dataset import Description
from schelde.bundle.folder import BundleError
from schelde.bundle.record import (
    Consent,
    Contig,
    Facts,
    File,
    Frequencies,
    Member,
    National,
    Program,
    Provenance,
    Record,
    Reference,
)
from schelde.package.packaged import LeftOut, Packaged, read_packaged
from schelde.seal.job import SEALED
from schelde.seal.keys import read_public_keys
from schelde.sheet import Person

ACCESSIONS = {"GRCh38": "GCA_000001405.15", "GRCh37": "GCA_000001405.1"}
"""Of the assemblies at INSDC, as EGA's vocabulary of genomes has them."""

TRAVELLING = (
    "reads.trim",
    "align.aligner",
    "align.optical_distance",
    "call.caller",
    "call.device",
    "call.pieces",
    "call.overlap",
    "call.padding",
    "call.sex",
    "call.bqsr",
    "call.dragen",
    "qc.engine",
    "qc.contamination",
)
"""Settings that a bundle tells: numbers and choices, no names of files and no free text."""


@dataclass(frozen=True)
class Source:
    """One sample that may come in: its sealed folder, its row, what is declared of it."""

    sealed: Path
    person: Person
    facts: Facts
    consent: Consent


@dataclass(frozen=True)
class RunFiles:
    """What of a run is the same for all samples; ``recipients``: files of public keys."""

    genome: Path
    seqcol: Path
    versions: Path
    recipients: tuple[Path, ...]
    frequencies: Path | None


@dataclass(frozen=True)
class Sealed:
    """A sample as its sealed folder tells of it."""

    source: Source
    package: Packaged
    files: tuple[File, ...]


@dataclass(frozen=True)
class Assembled:
    """A record, where its encrypted files lie by their plain names, and who failed.

    ``failed``: why each sample that agreed is not in the bundle, by its id at home.
    """

    record: Record
    encrypted: dict[str, Path]
    failed: dict[str, str]


def assemble(
    sources: Sequence[Source],
    run: RunFiles,
    dataset: Description,
    *,
    settings: Mapping[str, Any],
    build: str,
    workflow: str,
    left_out: Mapping[str, int],
    national: Callable[[Mapping[str, str]], National],
) -> Assembled:
    """Return the record of a bundle and what belongs to it.

    ``settings``: config by dotted key, of which `TRAVELLING` are told. ``build``: name of the
    genome's build. ``workflow``: text of the Snakefile. ``left_out``: samples that did not
    agree, by reason; those that failed quality control are counted here. ``national`` is given
    the pseudonyms of all samples that are in, by their ids at home. Raises `BundleError`
    when nobody is left.
    """
    sealed: list[Sealed] = []
    failed: dict[str, str] = {}
    for source in sources:
        package = read_packaged(source.sealed)
        if isinstance(package, LeftOut):
            failed[source.person.sample] = package.left_out
        else:
            sealed.append(Sealed(source, package, _files(source.sealed)))
    reasons = Counter(left_out)
    reasons.update(failed.values())
    if not sealed:
        told = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
        raise BundleError(f"nobody is left for the bundle: {told}")
    names = {each.source.person.sample: each.package.sample for each in sealed}
    record = Record(
        version=schelde.__version__,
        dataset=dataset,
        members=tuple(_member(each, names) for each in sealed),
        left_out=dict(sorted(reasons.items())),
        reference=_reference(run, build),
        provenance=_provenance([each.package for each in sealed], run, settings, workflow),
        frequencies=_frequencies(run.frequencies),
        recipients=tuple(key.hex() for key in read_public_keys(run.recipients)),
        national=national(names),
    )
    places = {
        file.name: each.source.sealed / f"{file.name}.c4gh"
        for each in sealed
        for file in each.files
    }
    return Assembled(record, places, failed)


def _files(folder: Path) -> tuple[File, ...]:
    listed = json.loads((folder / SEALED).read_text(encoding="utf-8"))["files"]
    return tuple(File.model_validate(entry) for entry in listed)


def _member(sealed: Sealed, names: Mapping[str, str]) -> Member:
    person, package = sealed.source.person, sealed.package
    return Member(
        sample=package.sample,
        subject=package.subject,
        assay=person.assay,
        sex=person.sex,
        father=names.get(person.father or ""),
        mother=names.get(person.mother or ""),
        facts=sealed.source.facts,
        consent=sealed.source.consent,
        read_groups=package.read_groups,
        ga4gh=package.ga4gh,
        metrics=package.metrics,
        verdict=package.verdict,
        files=sealed.files,
    )


def _reference(run: RunFiles, build: str) -> Reference:
    genome = json.loads(run.genome.read_text(encoding="utf-8"))
    contigs = tuple(
        Contig(
            name=contig["name"],
            length=contig["length"],
            md5=contig["md5"],
            refget=f"SQ.{contig['sha512t24u']}",
        )
        for contig in genome["contigs"]
    )
    known = cast(Literal["GRCh38", "GRCh37"] | None, build if build in ACCESSIONS else None)
    return Reference(
        genome=known,
        accession=ACCESSIONS.get(build),
        seqcol=json.loads(run.seqcol.read_text(encoding="utf-8")),
        contigs=contigs,
    )


def _provenance(
    packages: Sequence[Packaged], run: RunFiles, settings: Mapping[str, Any], workflow: str
) -> Provenance:
    programs: dict[Program, None] = {}
    for package in packages:
        programs.update(dict.fromkeys(package.programs))
    callers = sorted({package.caller for package in packages})
    if len(callers) != 1:
        raise BundleError(
            f"samples were called by different programs ({', '.join(callers)}); call them anew"
        )
    versions = yaml.safe_load(run.versions.read_text(encoding="utf-8"))
    return Provenance(
        tools={name: str(version) for name, version in sorted(versions.items())},
        programs=tuple(programs),
        settings={key: settings[key] for key in TRAVELLING},
        caller=callers[0],
        workflow=workflow,
    )


def _frequencies(vcf: Path | None) -> Frequencies | None:
    if vcf is None:
        return None
    summary = vcf.with_name(f"{vcf.name}.json")
    return Frequencies.model_validate_json(summary.read_bytes())
