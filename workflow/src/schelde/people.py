"""Read people.tsv: the cells of every row, and people against one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from schelde.errors import Problem
from schelde.names import Fault, id_fault, nearest, path_fault
from schelde.sheet import WGS_DESIGN, Assay, Person, Sex
from schelde.tables import Row, Table

SUBJECT = re.compile(r"[!-~]+")
PARENTS = {"father": Sex.FEMALE, "mother": Sex.MALE}
"""The column of each parent, and the sex that this parent cannot have."""


def people_of(table: Table, problems: list[Problem]) -> tuple[Person, ...]:
    """Return the people of a table read with the columns of `Person`, adding to ``problems``.

    Rows with mistakes come back as far as they could be understood; those without a sample id,
    and those with a sample id that an earlier row has, are left out.
    """
    people: dict[str, Person] = {}
    for row in table.rows:
        problems.extend(row.place.problem(*fault) for fault in _row_faults(row.cells))
        if "sample" not in row.cells:
            continue
        person = _person(row)
        first = people.setdefault(person.sample, person)
        if first is not person:
            what = f"sample '{person.sample}' is already on line {first.line}"
            problems.append(row.place.problem(what, "keep one row for each sample"))
    everyone = tuple(people.values())
    problems.extend(_clashes(table.file, everyone))
    problems.extend(_pedigree(table, people))
    problems.extend(_designs(table.file, everyone))
    return everyone


def _person(row: Row) -> Person:
    cells = row.cells
    assay, sex = cells.get("assay", ""), cells.get("sex", "")
    return Person(
        sample=cells["sample"],
        assay=Assay(assay) if assay in list(Assay) else Assay.WGS,
        sex=Sex(sex) if sex in list(Sex) else Sex.UNKNOWN,
        subject_id=cells.get("subject_id"),
        father=cells.get("father"),
        mother=cells.get("mother"),
        targets=cells.get("targets"),
        line=row.place.line or 0,
    )


def _row_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    """Yield what is wrong with a row by itself."""
    fault = id_fault("sample", cells["sample"]) if "sample" in cells else None
    if fault:
        yield fault
    for name, values in (("assay", list(Assay)), ("sex", list(Sex))):
        if name in cells and cells[name] not in values:
            remedy = nearest(cells[name], values, f"write {', '.join(values[:-1])} or {values[-1]}")
            yield Fault(f"{name} is '{cells[name]}'", remedy)
    subject = cells.get("subject_id", "-")
    if not SUBJECT.fullmatch(subject):
        what = f"subject_id '{subject}' has a space or a letter outside ASCII"
        yield Fault(what, "use a pseudonym of letters, digits and punctuation")
    yield from _target_faults(cells)


def _target_faults(cells: Mapping[str, str]) -> Iterable[Fault]:
    assay, targets = cells.get("assay"), cells.get("targets")
    if assay == Assay.WES and targets is None:
        yield Fault("assay is wes, but there are no targets", "give the BED file of the capture")
    if assay == Assay.WGS and targets is not None:
        remedy = "leave targets empty, or set assay to wes"
        yield Fault("assay is wgs, but there are targets", remedy)
    if targets is None:
        return
    fault = path_fault("targets", targets)
    if fault:
        yield fault
        return
    design = _design(targets)
    if id_fault("targets", design):
        remedy = "link to it under a name of letters, digits, '-' and '_', with .bed at its end"
        yield Fault(f"targets '{targets}' cannot name a design", f"{remedy} (ln -s)")
    if design.casefold() == WGS_DESIGN:
        remedy = "link to it under another name (ln -s)"
        yield Fault(f"targets '{targets}' would be confused with whole genomes", remedy)


def _design(targets: str) -> str:
    return targets.rsplit("/", 1)[-1].removesuffix(".bed")


def _clashes(file: str, people: Sequence[Person]) -> Iterable[Problem]:
    """Yield the problems of people who cannot stand beside an earlier one."""
    samples: dict[str, Person] = {}
    subjects: dict[str, Person] = {}
    for person in people:
        first = samples.setdefault(person.sample.casefold(), person)
        if first is not person:
            what = f"sample '{person.sample}' differs from '{first.sample}' on line {first.line}"
            remedy = "give it another id; some file systems cannot tell them apart"
            yield Problem(file, person.line, f"{what} only in upper and lower case", remedy)
        if person.subject_id is None or person.sex is Sex.UNKNOWN:
            continue
        first = subjects.setdefault(person.subject_id, person)
        if first.sex is not person.sex:
            what = f"subject '{person.subject_id}' is {person.sex}, but {first.sex}"
            remedy = "give one person one sex, or another subject_id"
            yield Problem(file, person.line, f"{what} on line {first.line}", remedy)


def _designs(file: str, people: Sequence[Person]) -> Iterable[Problem]:
    """Yield a problem for each BED file whose name another BED file has already."""
    paths: dict[str, Person] = {}
    reported: set[str] = set()
    for person in people:
        if person.targets is None or person.targets in reported:
            continue
        first = paths.setdefault(_design(person.targets).casefold(), person)
        if first.targets != person.targets:
            reported.add(person.targets)
            what = f"targets '{person.targets}' have the name of '{first.targets}'"
            remedy = "rename one of them; results are named by their targets"
            yield Problem(file, person.line, f"{what} on line {first.line}", remedy)


def _pedigree(table: Table, people: Mapping[str, Person]) -> Iterable[Problem]:
    """Yield what cannot be in a family."""
    for person in people.values():
        if person.father is not None and person.father == person.mother:
            what = f"'{person.father}' is both father and mother of '{person.sample}'"
            remedy = "leave the parent that is not in the sheet empty"
            yield Problem(table.file, person.line, what, remedy)
            continue
        for role, wrong in PARENTS.items():
            yield from _parent(table, people, person, role, wrong)
    yield from _cycles(table.file, people)


def _parent(
    table: Table, people: Mapping[str, Person], person: Person, role: str, wrong: Sex
) -> Iterable[Problem]:
    name = getattr(person, role)
    if name is None:
        return
    if name == person.sample:
        what = f"'{name}' is its own {role}"
        yield Problem(table.file, person.line, what, "give the sample of the parent, or none")
    elif name not in people:
        if table.whole:  # else it may be in a row that could not be read
            what = f"{role} '{name}' of '{person.sample}' is not a sample of this sheet"
            remedy = nearest(name, people, "add a row for this sample, or leave the cell empty")
            yield Problem(table.file, person.line, what, remedy)
    elif people[name].sex is wrong:
        what = f"{role} '{name}' of '{person.sample}' is {wrong} on line {people[name].line}"
        yield Problem(table.file, person.line, what, "mend the sex, or swap father and mother")


def _cycles(file: str, people: Mapping[str, Person]) -> Iterable[Problem]:
    """Yield one problem for each way around in which people are their own ancestors."""
    done: set[str] = set()
    for start in people:
        path: list[str] = []
        stack = [(start, 0)]
        while stack:
            name, depth = stack.pop()
            del path[depth:]
            if name in path:
                around = path[path.index(name) :]
                if len(around) > 1:
                    what = f"people are their own ancestors: {' < '.join([*around, name])}"
                    yield Problem(file, people[name].line, what, "mend father and mother")
                continue
            if name in done:
                continue
            done.add(name)
            path.append(name)
            parents = (people[name].father, people[name].mother)
            stack += [(parent, len(path)) for parent in parents if parent in people and parent]
