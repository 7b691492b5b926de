"""Checks of the words in which a bundle tells EGA about laboratory and genome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schelde.bundle.record import Member
from schelde.ega.objects import STRATEGIES
from schelde.ega.vocabulary import genome_of, instrument, words
from schelde.verify.ega_read import XML, Element, attributes, objects, payloads, unlike
from schelde.verify.rule import Bundle, Finding
from schelde.vocabulary import UNSPECIFIED


def check_vocabulary(bundle: Bundle) -> Iterable[Finding]:
    """Yield instruments, libraries and studies in other words than EGA's or the record's."""
    members = {f"{m.sample}.{m.assay}": m for m in bundle.record.members}
    for each in payloads(bundle, "experiment"):
        if each.alias in members:
            wanted = _library(members[each.alias]) | _machine(members[each.alias])
            yield from unlike(each.document, each.alias, each.content, wanted)
    for element in objects(bundle, "experiment"):
        alias = str(element.get("alias"))
        if alias in members:
            wanted = _library(members[alias]) | _xml_machine(members[alias])
            found = _experiment_of(element)
            yield from unlike(f"{XML}/experiment.xml", alias, found, wanted)
    for each in payloads(bundle, "experiment"):
        selection = each.content["library_selection"]
        if selection not in words("library_selections"):
            yield Finding(each.document, f"library_selection '{selection}' is no word of EGA")
    kinds = [(each.document, each.content["study_type"]) for each in payloads(bundle, "study")]
    kinds += [
        (f"{XML}/study.xml", element.get("existing_study_type"))
        for study in objects(bundle, "study")
        for element in study.iter("STUDY_TYPE")
    ]
    for document, kind in kinds:
        if kind not in words("study_types"):
            yield Finding(document, f"study type '{kind}' is no word of EGA")
        yield from unlike(document, "the study", {"type": kind}, _study_type(bundle))


def _study_type(bundle: Bundle) -> dict[str, str]:
    return {"type": bundle.record.dataset.study.type}


def _library(member: Member) -> dict[str, object]:
    paired = any(group.paired for group in member.read_groups)
    return {
        "library_strategy": STRATEGIES[member.assay],
        "library_selection": member.facts.library_selection,
        "library_layout": "PAIRED" if paired else "SINGLE",
    }


def _platform(member: Member) -> str:
    return member.read_groups[0].platform if member.read_groups else ""


def _machine(member: Member) -> dict[str, object]:
    known = instrument(member.facts.instrument, _platform(member))
    return {"instrument_model_id": known.id if known else f"of '{member.facts.instrument}'"}


def _xml_machine(member: Member) -> dict[str, object]:
    known = instrument(member.facts.instrument, _platform(member))
    if known is None:
        return {"model": member.facts.instrument}
    return {"platform": known.xml_platform, "model": known.model}


def _experiment_of(element: Element) -> dict[str, object]:
    """Return an experiment of the XML in the words of the payloads.

    ``model`` is the attribute 'instrument model' where the element says 'unspecified'.
    """
    library = "DESIGN/LIBRARY_DESCRIPTOR/LIBRARY_"
    platform = element.find("PLATFORM/*")
    layout = element.find(f"{library}LAYOUT/*")
    model = element.findtext("PLATFORM/*/INSTRUMENT_MODEL")
    if model == UNSPECIFIED:
        model = attributes(element).get("instrument model", model)
    return {
        "library_strategy": element.findtext(f"{library}STRATEGY"),
        "library_selection": element.findtext(f"{library}SELECTION"),
        "library_layout": None if layout is None else layout.tag,
        "platform": None if platform is None else platform.tag,
        "model": model,
    }


def check_genome(bundle: Bundle) -> Iterable[Finding]:
    """Yield genomes and chromosomes that are not those of the record's reference.

    For a genome that EGA does not know neither may be named.
    """
    genome = genome_of(bundle.record.reference)
    identifier = genome.id if genome else None
    accession = genome.accession if genome else None
    known = genome.chromosomes if genome else ()
    for each in payloads(bundle, "analysis"):
        yield from _is(each.document, "genome_id", each.content.get("genome_id"), identifier)
        found = [(one["id"], one["label"]) for one in each.content.get("chromosomes", [])]
        wanted = [(one.id, one.name) for one in known]
        yield from _is(each.document, "chromosomes", _listed(found), _listed(wanted))
    for element in objects(bundle, "analysis"):
        document = f"{XML}/analysis.xml"
        standard = element.find("ANALYSIS_TYPE/*/ASSEMBLY/STANDARD")
        said = None if standard is None else standard.get("accession")
        yield from _is(document, f"assembly of {element.get('alias')}", said, accession)
        pairs = [(one.get("accession"), one.get("label")) for one in element.iter("SEQUENCE")]
        chromosomes = [(one.accession, one.name) for one in known]
        what = f"chromosomes of {element.get('alias')}"
        yield from _is(document, what, _listed(pairs), _listed(chromosomes))


def _listed(pairs: Iterable[tuple[object, object]]) -> str:
    return ", ".join(f"{name} ({identifier})" for identifier, name in pairs) or "none"


def _is(document: str, what: str, found: object, wanted: object) -> Iterator[Finding]:
    if found != wanted:
        yield Finding(document, f"{what}: {found}, but the reference gives {wanted}")
