"""Read and check what a bundle is made from, when one is asked for: before any job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schelde.bundle.dataset import Description
from schelde.config import Draft
from schelde.consent import Gate, gate, subject_of
from schelde.dataset_file import read_dataset
from schelde.days import span
from schelde.declared import Declared
from schelde.errors import Problem, UserError
from schelde.files import file_fault
from schelde.names import path_fault
from schelde.requirements import missing, told_once
from schelde.sheet import Lane, Person
from schelde.vocabulary import UNSPECIFIED, ega_terms
from schelde.withdrawn import read_withdrawn, withdrawn_subjects

if TYPE_CHECKING:
    from schelde.package.pseudonyms import Key

DATED = ("birth", "collected", "sequenced", "consent_date")
"""Columns with what has happened when a dataset is issued."""


@dataclass(frozen=True)
class BundleInputs:
    """What a bundle is made from beside the run; nothing of it when none is asked for."""

    dataset: Description | None = None
    gate: Gate | None = None
    key: Key | None = None


def check_bundle(
    draft: Draft,
    people: Sequence[Person],
    declared: Mapping[str, Declared],
    lanes: Sequence[Lane],
    problems: list[Problem],
    *,
    thorough: bool,
) -> BundleInputs:
    """Return what a bundle is made from, adding every mistake to ``problems``.

    ``thorough``: also ask for what is missing, and look at keys; see `schelde.inputs.load`.
    """
    bundle = draft.settings.bundle
    if bundle.dataset is None or "bundle" in draft.broken:
        return BundleInputs()
    if thorough:
        _check_keys(draft, problems)
    subjects = {subject_of(person) for person in people}
    withdrawn = withdrawn_subjects(
        read_withdrawn(bundle.withdrawn, subjects, problems)
        if bundle.withdrawn and _is_file(draft, "withdrawn", problems)
        else ()
    )
    dataset = None
    if _is_file(draft, "dataset", problems):
        dataset = read_dataset(bundle.dataset, problems)
    if dataset is None:
        return BundleInputs()
    found = _gate(people, declared, dataset, withdrawn)
    asked = found.admitted
    if thorough:
        sure = {sample: _in_favour(row, dataset) for sample, row in declared.items()}
        asked = _gate(people, sure, dataset, withdrawn).admitted
        file = draft.settings.people
        problems.extend(_future(file, declared, dataset.issued))
        elsewhere = _check_national(draft, people, declared, asked, dataset.issued, problems)
        rows = {sample: declared[sample] for sample in asked}
        problems.extend(missing(file, rows, bundle.targets, elsewhere))
        problems.extend(_unnamed_instruments(file, rows, lanes))
        if people and not asked:
            problems.append(_nobody(draft, found))
    return BundleInputs(dataset, found, _read_key(draft, people, declared, asked, problems))


def _is_file(draft: Draft, key: str, problems: list[Problem], number: int | None = None) -> bool:
    """Tell whether a key of the block names a file (one of several); if not, add the problem."""
    value = getattr(draft.settings.bundle, key)
    path, at = (value, ()) if number is None else (value[number], (number,))
    fault = path_fault(f"bundle.{key}", path) or file_fault(path)
    if fault:
        problems.append(draft.place("bundle", key, *at).problem(*fault))
    return fault is None


def _gate(
    people: Sequence[Person],
    declared: Mapping[str, Declared],
    dataset: Description,
    withdrawn: frozenset[str],
) -> Gate:
    return gate(people, declared, dataset.use, dataset.issued, withdrawn, basis=dataset.legal_basis)


def _in_favour(declared: Declared, dataset: Description) -> Declared:
    """Return a row with what its consent lacks put in so that it would hold.

    Who is kept out by an empty cell alone is asked for it, and for all else, in the same run.
    """
    use = dataset.use
    if declared.duo is None:
        declared = replace(declared, duo=use.permission, duo_disease=use.disease)
        declared = replace(declared, duo_modifiers=use.modifiers)
    return replace(
        declared,
        consent_date=declared.consent_date or dataset.issued,
        legal_basis=declared.legal_basis or dataset.legal_basis,
    )


def _future(file: str, declared: Mapping[str, Declared], issued: str) -> Iterable[Problem]:
    day = span(issued)
    for column in DATED:
        dates = {sample: span(getattr(row, column) or "") for sample, row in declared.items()}
        late = {s: declared[s] for s, found in dates.items() if found and day and found > day}
        if late:
            given = getattr(next(iter(late.values())), column)
            what = f"{column} {given} lies after {issued}, the day that the dataset bears"
            remedy = "mend it, or 'issued' in the dataset's file"
            yield told_once(file, late, what, remedy)


def _unnamed_instruments(
    file: str, declared: Mapping[str, Declared], lanes: Sequence[Lane]
) -> Iterable[Problem]:
    """Yield a problem for samples of which EGA has no instrument 'unspecified' to offer."""
    foreign = {lane.sample for lane in lanes if lane.platform not in ega_terms()["platforms"]}
    rows = {
        sample: row
        for sample, row in declared.items()
        if row.instrument == UNSPECIFIED and sample in foreign
    }
    if rows:
        what = "instrument is 'unspecified', and EGA has no word for others of this platform"
        yield told_once(file, rows, what, "name the model, or leave the sample out")


def _nobody(draft: Draft, found: Gate) -> Problem:
    reasons = ", ".join(f"{count} {reason}" for reason, count in found.counts.items())
    what = f"nobody may come into this bundle ({reasons})"
    remedy = "mend people.tsv or the dataset's use, or take bundle.dataset out; docs/consent.md"
    return draft.place("bundle", "dataset").problem(what, remedy)


def _check_keys(draft: Draft, problems: list[Problem]) -> None:
    """Look at the keys of recipients and sender."""
    bundle = draft.settings.bundle
    if not bundle.recipients:
        what = "bundle.recipients is empty, so that nobody could open the bundle"
        remedy = "list the public keys of those who shall"
        problems.append(draft.place("bundle", "recipients").problem(what, remedy))
    paths = [
        Path(path)
        for number, path in enumerate(bundle.recipients)
        if _is_file(draft, "recipients", problems, number)
    ]
    sender = bundle.sender if bundle.sender and _is_file(draft, "sender", problems) else None
    if not paths and not sender:
        return
    from schelde.seal.keys import read_public_keys, read_secret_key  # cryptography: slow to load

    try:
        read_public_keys(paths)
    except UserError as error:
        problems.extend(error.problems)
    try:
        if sender:
            read_secret_key(Path(sender))
    except UserError as error:
        problems.extend(error.problems)


def _check_national(
    draft: Draft,
    people: Sequence[Person],
    declared: Mapping[str, Declared],
    asked: Collection[str],
    issued: str,
    problems: list[Problem],
) -> Mapping[str, Collection[str]]:
    """Check the files of the national intakes; return the samples of which they tell a column."""
    targets = [target for target in ("ghga", "grz") if _is_asked(draft, target, problems)]
    if not targets:
        return {}
    from schelde.national import grz_check  # what only Germany asks for, nobody else has to load
    from schelde.national.ghga import Ghga
    from schelde.national.grz import Grz
    from schelde.national.reading import read_part

    bundle = draft.settings.bundle
    if "ghga" in targets:
        read_part(str(bundle.ghga), Ghga, problems)
    if "grz" not in targets:
        return {}
    given = read_part(str(bundle.grz), Grz, problems)
    if given is None:
        return {"library_kit": asked}
    of_sample = {person.sample: person for person in people}
    file = draft.settings.people
    problems.extend(
        grz_check.problems(given, of_sample, declared, asked, people_file=file, issued=issued)
    )
    fault = grz_check.regions_fault(given.part, of_sample, draft.settings.qc.regions)
    if fault:
        problems.append(draft.place("qc", "regions").problem(*fault))
    donors = [item for case in given.part.cases for item in case.donors.items()]
    return {"library_kit": {sample for sample, donor in donors if donor.lab.library_prep_kit}}


def _is_asked(draft: Draft, target: str, problems: list[Problem]) -> bool:
    """Tell whether a national intake is asked for, and its file is there."""
    bundle = draft.settings.bundle
    if getattr(bundle, target) is not None:
        return _is_file(draft, target, problems) and target in bundle.targets
    if target in bundle.targets:
        what = f"bundle.targets has {target}, but bundle.{target} is empty"
        remedy = f"name the YAML with what {target} asks for there, or take the target out"
        problems.append(draft.place("bundle", "targets").problem(what, remedy))
    return False


def _read_key(
    draft: Draft,
    people: Sequence[Person],
    declared: Mapping[str, Declared],
    asked: Collection[str],
    problems: list[Problem],
) -> Key | None:
    """Return the key of the pseudonyms, which must have all samples that are asked for."""
    from schelde.package.pseudonyms import read_key

    path = draft.settings.bundle.pseudonyms
    fault = path_fault("bundle.pseudonyms", path)
    if fault:
        problems.append(draft.place("bundle", "pseudonyms").problem(*fault))
        return None
    if not Path(path).exists():
        what = f"there is no key of pseudonyms at '{path}'"
        place = draft.place("bundle", "pseudonyms")
        problems.append(place.problem(what, "run: schelde pseudonyms"))
        return None
    key = read_key(Path(path), problems)
    if key is None:
        return None
    wanted = set(asked)
    without = {
        person.sample: declared[person.sample]
        for person in people
        if person.sample in wanted and not key.has(person.sample, person.subject_id)
    }
    if without:
        what = f"sample '{next(iter(without))}' has no pseudonym in {path}"
        remedy = "run: schelde pseudonyms"
        problems.append(told_once(draft.settings.people, without, what, remedy))
    return key
