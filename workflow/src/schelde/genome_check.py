"""Check the reference genome, and that assembly and targets fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from schelde.assembly import Assembly, read_assembly
from schelde.bed import other_spelling, parse_bed
from schelde.config import Draft
from schelde.errors import Problem, UserError
from schelde.fasta_head import noted_facts, noted_lengths, read_head
from schelde.fetch import Reference, read_references
from schelde.files import file_fault
from schelde.names import Fault, Place, nearest, path_fault
from schelde.reference import FastaError
from schelde.sheet import Person
from schelde.site import Site

OTHER_NAMES = {
    "hg38": "GRCh38",
    "grch38": "GRCh38",
    "b38": "GRCh38",
    "hs38dh": "GRCh38",
    "hg19": "GRCh37",
    "grch37": "GRCh37",
    "b37": "GRCh37",
    "hs37d5": "GRCh37",
}
ALTERNATES = ("_alt", "HLA")
"""End, and beginning, of the names of alternate contigs in GRCh38 files."""


def _listed(workflow_dir: Path, problems: list[Problem]) -> dict[str, Reference]:
    """Return the genomes that can be fetched, by name."""
    try:
        return read_references(workflow_dir / "resources" / "references.tsv")
    except UserError as error:
        problems.extend(error.problems)
        return {}


def check_reference(
    draft: Draft, site: Site, workflow_dir: Path, problems: list[Problem], *, thorough: bool
) -> Mapping[str, int] | None:
    """Return the contigs of the reference with their lengths, or None when they are not known.

    They are not known when the reference has yet to be fetched, cannot be read, or (without
    ``thorough``) was not looked at. A file that the site has of it stands for what is fetched.
    """
    reference = draft.settings.reference
    listed = _listed(workflow_dir, problems) if reference.fasta is None or site.references else {}
    problems.extend(_unlisted(site, listed))
    if reference.fasta is None:
        problems.extend(_listed_problems(draft, listed))
        if thorough and reference.name in listed and reference.name in site.references:
            return _site_lengths(draft, site, listed[reference.name], problems)
        facts = noted_facts()
        return noted_lengths(facts) if facts.get("name") == reference.name else None
    place = draft.place("reference", "fasta")
    fault = path_fault("reference.fasta", reference.fasta)
    if fault is None and thorough:
        fault = file_fault(reference.fasta)
    if fault:
        problems.append(place.problem(*fault))
        return None
    if not thorough:
        return None
    proof = Proof(reference.md5, draft.place("reference", "md5"), "correct reference.md5")
    return _lengths(place, reference.fasta, proof, problems)


class Proof(NamedTuple):
    """The MD5 that a FASTA must have, where that is declared, and what else to mend."""

    md5: str | None
    place: Place
    otherwise: str


def _unlisted(site: Site, listed: Mapping[str, Reference]) -> Iterable[Problem]:
    """Yield the names in ``references`` of the site that no reference has."""
    for name in site.references:
        if name not in listed:
            what = f"'{name}' is not in resources/references.tsv"
            remedy = nearest(name, listed, f"known are: {', '.join(sorted(listed))}")
            yield site.place("references", name).problem(what, remedy)


def _site_lengths(
    draft: Draft, site: Site, entry: Reference, problems: list[Problem]
) -> Mapping[str, int] | None:
    """Return the contigs of the site's file of a known reference, which must be that very file."""
    fasta = site.references[entry.name]
    place = site.place("references", entry.name)
    fault = file_fault(fasta)
    if fault:
        problems.append(place.problem(*fault))
        return None
    md5 = entry.md5 or draft.settings.reference.md5
    return _lengths(
        place, fasta, Proof(md5, place, "take the line out to have it fetched"), problems
    )


def _lengths(
    place: Place, fasta: str, proof: Proof, problems: list[Problem]
) -> Mapping[str, int] | None:
    """Return the contigs of a FASTA that is there; None when it is not one."""
    declared = proof.md5
    try:
        head = read_head(fasta, md5=declared is not None)
    except FastaError as error:
        what = f"'{fasta}' cannot be the reference: {error}"
        problems.append(place.problem(what, "give its FASTA, plain or gzipped"))
        return None
    except OSError as error:
        what = f"'{fasta}' cannot be read ({error.strerror})"
        problems.append(place.problem(what, "copy the file again"))
        return None
    if declared and head.md5 != declared.lower():
        what = f"'{fasta}' has MD5 {head.md5}, not {declared.lower()}"
        remedy = f"get the file that was meant, or {proof.otherwise}"
        problems.append(proof.place.problem(what, remedy))
    return head.lengths


def _listed_problems(draft: Draft, listed: Mapping[str, Reference]) -> Iterable[Problem]:
    reference = draft.settings.reference
    if reference.name not in listed:
        remedy = nearest(
            reference.name,
            listed,
            f"give its FASTA with reference.fasta, or a name that is: {', '.join(sorted(listed))}",
        )
        what = f"reference '{reference.name}' is not in resources/references.tsv"
        yield draft.place("reference", "name").problem(what, remedy)
        return
    entry = listed[reference.name]
    if not (entry.md5 or reference.md5):
        what = f"resources/references.tsv has no MD5 of '{reference.name}' to prove what is fetched"
        yield draft.place("reference", "name").problem(what, "give its MD5 with reference.md5")
    if reference.assembly in OTHER_NAMES.values() and reference.assembly != entry.assembly:
        what = f"reference '{reference.name}' is {entry.assembly}, not {reference.assembly}"
        place = draft.place("reference", "assembly")
        yield place.problem(what, f"set reference.assembly to {entry.assembly}")
    if reference.md5 and entry.md5 and reference.md5.lower() != entry.md5.lower():
        what = f"reference '{reference.name}' has MD5 {entry.md5}, not {reference.md5}"
        remedy = "take reference.md5 out; what is fetched is checked anyway"
        yield draft.place("reference", "md5").problem(what, remedy)


def check_assembly(
    draft: Draft,
    workflow_dir: Path,
    lengths: Mapping[str, int] | None,
    problems: list[Problem],
) -> Assembly | None:
    """Return the assembly of the settings; None, with ``problems`` added to, if there is none."""
    name = draft.settings.reference.assembly
    place = draft.place("reference", "assembly")
    shipped = {path.stem: path for path in (workflow_dir / "resources/assemblies").glob("*.yaml")}
    path = shipped.get(name)
    if path is None:
        fault = _assembly_fault(name, list(shipped))
        if fault:
            problems.append(place.problem(*fault))
            return None
        path = Path(name)
    try:
        assembly = read_assembly(path)
    except UserError as error:
        problems.extend(error.problems)
        return None
    for what, remedy in _misfits(assembly, lengths) if lengths else ():
        problems.append(place.problem(what, remedy))
    return assembly


def _assembly_fault(name: str, shipped: list[str]) -> Fault | None:
    if name.endswith((".yaml", ".yml")):
        return path_fault("reference.assembly", name) or file_fault(name)
    other = OTHER_NAMES.get(name.casefold())
    known = f"known are: {', '.join(sorted(shipped))}; or give a YAML file"
    remedy = f"did you mean '{other}'?" if other in shipped else nearest(name, shipped, known)
    return Fault(f"assembly '{name}' is not known", remedy)


def _misfits(assembly: Assembly, lengths: Mapping[str, int]) -> Iterable[Fault]:
    """Yield how an assembly does not fit a reference."""
    if not any(name in lengths for name in assembly.autosomes):
        contig = next(iter(assembly.autosomes))
        twin = other_spelling(contig, lengths) or next(iter(lengths))
        what = f"the reference has no autosome of {assembly.name}: '{contig}' is not in it"
        remedy = "set reference.assembly to its own assembly, or to a YAML file that names"
        yield Fault(f"{what}, but '{twin}' is", f"{remedy} its chromosomes")
    for contig, intervals in assembly.par.items():
        end = max((end for _, end in intervals), default=0)
        if contig in lengths and end > lengths[contig]:
            what = f"a PAR of {assembly.name} ends at {end}, past the end of contig '{contig}'"
            remedy = "set reference.assembly to the assembly of the reference"
            yield Fault(f"{what} ({lengths[contig]} bp)", remedy)


def alternate_contig(lengths: Mapping[str, int]) -> str | None:
    """Return the first alternate contig of a reference; None if it has none."""
    tail, head = ALTERNATES
    return next((name for name in lengths if name.endswith(tail) or name.startswith(head)), None)


def check_targets(
    file: str, people: Iterable[Person], lengths: Mapping[str, int] | None, problems: list[Problem]
) -> None:
    """Add to ``problems`` what is wrong with the target files of a sheet; each is read once."""
    seen: set[str] = set()
    for person in people:
        if person.targets is None or person.targets in seen:
            continue
        seen.add(person.targets)
        if path_fault("targets", person.targets):
            continue  # told when the sheet was read
        fault = file_fault(person.targets)
        if fault:
            problems.append(Problem(file, person.line, *fault))
        else:
            parse_bed(person.targets, lengths, problems)
