"""What is wrong with the cases of config/grz.yaml, told before any job."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from schelde.days import day
from schelde.declared import Declared
from schelde.errors import Problem
from schelde.names import Fault, nearest
from schelde.national.grz import MV_SEQUENCING, Case, Donor, Grz
from schelde.national.grz_ready import RARE_NEEDS_GENOME
from schelde.national.reading import Given
from schelde.requirements import told_once
from schelde.sheet import Person
from schelde.yamlfile import Location

PARENTS = ("father", "mother")


def problems(
    given: Given[Grz],
    people: Mapping[str, Person],
    declared: Mapping[str, Declared],
    asked: Collection[str],
    *,
    people_file: str,
    issued: str,
) -> Iterable[Problem]:
    """Yield every mistake of a grz.yaml, and what its donors lack in people.tsv.

    ``people``, ``declared``: rows of people.tsv by sample. ``asked``: samples of those who may
    come into the bundle. ``issued``: day of the dataset, YYYY-MM-DD.
    """
    seen: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for number, case in enumerate(given.part.cases):
        yield from _case_problems(given, number, case, people, issued)
        first = numbers.setdefault(case.submission.tan_g.lower(), number)
        if first != number:
            place = given.place("cases", number, "submission", "tan_g")
            what = f"tan_g is that of case {first + 1}"
            yield place.problem(what, "give each case its own")
        for sample in case.donors:
            at: Location = ("cases", number, "donors", sample)
            if sample not in people:
                remedy = nearest(sample, people, f"give a sample of {people_file}")
                yield given.place(*at).problem(f"there is no sample '{sample}'", remedy)
            elif sample in seen:
                what = f"sample '{sample}' is in case {seen[sample]} too"
                yield given.place(*at).problem(what, "keep it in one case")
            seen.setdefault(sample, number + 1)
    yield from _people_problems(given, seen, declared, asked, people_file)


def regions_fault(grz: Grz, people: Mapping[str, Person], regions: str | None) -> Fault | None:
    """Return what is wrong with qc.regions: a GRZ asks of genomes how much of them is covered."""
    donors = [item for case in grz.cases for item in case.donors.items()]
    genomes = [
        sample
        for sample, donor in donors
        if sample in people and (donor.lab.library_type or people[sample].assay) == "wgs"
    ]
    if regions is not None or not genomes:
        return None
    what = "qc.regions is empty, but a GRZ asks of each genome how much of its regions is covered"
    return Fault(what, "name the programme's BED of 440 genes")


def _people_problems(
    given: Given[Grz],
    cases: Collection[str],
    declared: Mapping[str, Declared],
    asked: Collection[str],
    file: str,
) -> Iterable[Problem]:
    rows = {sample: row for sample, row in declared.items() if sample in asked}
    outside = {sample: row for sample, row in rows.items() if sample not in cases}
    if outside:
        what = f"sample '{next(iter(outside))}' is in no case of {given.file}"
        yield told_once(file, outside, what, "add it to one; a GRZ takes whole cases")
    vague = {
        sample: row
        for sample, row in rows.items()
        if sample in cases and row.collected and day(row.collected) is None
    }
    if vague:
        first = next(iter(vague))
        what = f"collected of sample '{first}' is '{vague[first].collected}'"
        yield told_once(file, vague, what, "give the day; a GRZ asks for it")


def _case_problems(
    given: Given[Grz], number: int, case: Case, people: Mapping[str, Person], issued: str
) -> Iterable[Problem]:
    at: Location = ("cases", number)
    if case.index is None:
        count = sum(donor.relation == "index" for donor in case.donors.values())
        what = f"case {number + 1} has {count or 'no'} index patients"
        yield given.place(*at, "donors").problem(what, "give one donor the relation index")
    yield from _local_id_problems(given, at, case, people)
    for sample, donor in case.donors.items():
        yield from _consent_problems(given, (*at, "donors", sample), case, donor)
        if sample in people and case.index in people:
            yield from _relation_problems(
                given, (*at, "donors", sample), people[str(case.index)], sample, donor, people
            )
    index = people.get(case.index or "")
    when = case.submission.submission_date or issued
    if case.submission.disease_type == "rare" and when >= RARE_NEEDS_GENOME and index:
        kind = case.donors[index.sample].lab.library_type or index.assay
        if kind != "wgs":
            what = f"the index patient '{index.sample}' of a rare disease has no whole genome"
            remedy = f"sequence one: a GRZ asks for it from {RARE_NEEDS_GENOME} on"
            yield given.place(*at, "donors", index.sample).problem(what, remedy)


def _local_id_problems(
    given: Given[Grz], at: Location, case: Case, people: Mapping[str, Person]
) -> Iterable[Problem]:
    """Look for ids of people, which stay at home, in the id of the case, which travels."""
    text = case.submission.local_case_id
    for sample in case.donors:
        person = people.get(sample)
        ids = (sample, person.subject_id if person else None)
        for found in (name for name in ids if name and _holds(text, name)):
            what = f"local_case_id '{text}' holds '{found}', which stays at home"
            remedy = "give the case an id of its own"
            yield given.place(*at, "submission", "local_case_id").problem(what, remedy)
            return


def _holds(text: str, name: str) -> bool:
    """Tell whether a name stands in a text, not as a part of a longer word."""
    word = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
    return re.search(word, text, re.IGNORECASE) is not None


def _consent_problems(
    given: Given[Grz], at: Location, case: Case, donor: Donor
) -> Iterable[Problem]:
    scopes = {scope.type for scope in donor.mv_consent.scope if scope.domain == MV_SEQUENCING}
    if case.submission.submission_type == "initial" and scopes != {"permit"}:
        what = f"'{at[-1]}' does not permit {MV_SEQUENCING}"
        remedy = "take the person out, or mend its consent; a first submission needs it of all"
        yield given.place(*at, "mv_consent").problem(what, remedy)


def _relation_problems(
    given: Given[Grz],
    at: Location,
    index: Person,
    sample: str,
    donor: Donor,
    people: Mapping[str, Person],
) -> Iterable[Problem]:
    """Hold mother and father against people.tsv, as far as that names the parents."""
    for role in PARENTS:
        parent = getattr(index, role)
        if parent is None or parent not in people:
            continue
        if (donor.relation == role) != _is_same(people[sample], people[parent]):
            what = f"'{sample}' is {donor.relation}, but people.tsv has '{parent}' as {role}"
            remedy = "mend the relation here, or the parents there"
            yield given.place(*at, "relation").problem(what, remedy)


def _is_same(person: Person, other: Person) -> bool:
    """Tell whether two samples are of one person."""
    known = person.subject_id is not None
    return person.sample == other.sample or (known and person.subject_id == other.subject_id)
