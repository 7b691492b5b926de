"""Terms of EGA: instruments, genomes and lists of words, as they stand in resources/ega.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from schelde.bundle.record import Contig, Member, Reference
from schelde.joblog import JobError
from schelde.vocabulary import UNSPECIFIED, ega_terms

MITOCHONDRIA = ("M", "MT")
CAMBRIDGE_LENGTH = 16_569
"""Length in bp of J01415.2, the mitochondrion of EGA's lists; that of UCSC's hg19 is another."""


class EgaError(JobError):
    """Something that EGA has no word for."""


@dataclass(frozen=True)
class Instrument:
    """A model: its id in the API, and platform and model as XML must name them.

    ``xml_model`` is 'unspecified' for a model that the XML schemas do not know.
    """

    id: int
    platform: str
    model: str
    xml_platform: str
    xml_model: str


@dataclass(frozen=True)
class Chromosome:
    """A chromosome of a genome: id in the API, name there, accession at INSDC."""

    id: int
    name: str
    accession: str


@dataclass(frozen=True)
class Genome:
    """A release of a genome that EGA knows, and those of its chromosomes that were read."""

    id: int
    name: str
    accession: str
    chromosomes: tuple[Chromosome, ...]


@cache
def words(name: str) -> tuple[str, ...]:
    """Return a list of words of resources/ega.yaml, such as 'study_types'; KeyError if none."""
    return tuple(ega_terms()[name])


def instrument(model: str, sam_platform: str) -> Instrument | None:
    """Return a model; None if EGA does not know it.

    ``sam_platform``: PL of the read groups, which tells whose 'unspecified' instrument is meant.
    """
    terms = ega_terms()
    for platform, models in terms["instruments"].items():
        if model not in models:
            continue
        if model == UNSPECIFIED and terms["platforms"].get(sam_platform) != platform:
            continue
        missing = model in terms["not_in_xml"]
        return Instrument(
            id=models[model],
            platform=platform,
            model=model,
            xml_platform=terms["not_in_xml"].get(model, platform),
            xml_model=UNSPECIFIED if missing else model,
        )
    return None


def instrument_of(member: Member) -> Instrument:
    """Return the instrument of a sample; `EgaError` if EGA does not know it."""
    platform = member.read_groups[0].platform if member.read_groups else ""
    found = instrument(member.facts.instrument, platform)
    if found is None:
        what = f"instrument '{member.facts.instrument}' of platform '{platform}'"
        raise EgaError(f"sample '{member.sample}': EGA does not know the {what}")
    return found


def genome_of(reference: Reference) -> Genome | None:
    """Return the release that a reference is, with its chromosomes in the reference's order.

    None for a genome that EGA does not know, and for one without any known chromosome. A
    reference whose accession is not among the releases counts as the first of its genome, since
    patches leave the chromosomes as they are.
    """
    if reference.genome is None:
        return None
    terms = ega_terms()["genomes"][reference.genome]
    releases = terms["releases"]
    accession = reference.accession
    if accession is None or accession not in releases:
        accession = next(iter(releases))
    by_name = {_bare(name): name for name in terms["chromosomes"]}
    found = [
        Chromosome(name=name, **terms["chromosomes"][name])
        for contig in reference.contigs
        if (name := by_name.get(_bare(contig.name))) is not None and not _is_foreign(contig)
    ]
    if not found:
        return None
    release = releases[accession]
    return Genome(release["id"], release["name"], accession, tuple(found))


def _bare(contig: str) -> str:
    """Return a name without what builds differ in: 'chr' before it, M or MT."""
    bare = contig.removeprefix("chr")
    return MITOCHONDRIA[0] if bare in MITOCHONDRIA else bare


def _is_foreign(contig: Contig) -> bool:
    """Whether a contig is a mitochondrion other than that of EGA's lists."""
    return _bare(contig.name) == MITOCHONDRIA[0] and contig.length != CAMBRIDGE_LENGTH
