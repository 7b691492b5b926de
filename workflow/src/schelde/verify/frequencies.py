"""The allele frequencies of a bundle: their numbers, their form, and that they tell of nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import pysam
import yaml

from schelde.bundle.record import Frequencies
from schelde.documents.frequencies import PACKAGE
from schelde.verify.files import Sums, sums
from schelde.verify.frequency_survey import Survey, survey_of
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError
from schelde.verify.schema import validator

FOLDER = "aggregated"


def _told(bundle: Bundle) -> Frequencies:
    frequencies = bundle.record.frequencies
    if frequencies is None:
        raise UnreadableError(FOLDER, "the record tells of no allele frequencies")
    return frequencies


def _name(bundle: Bundle) -> str:
    return f"{FOLDER}/{_told(bundle).name}"


def _has(bundle: Bundle) -> bool:
    return bundle.record.frequencies is not None


def _has_any(bundle: Bundle) -> bool:
    return _has(bundle) or bool(bundle.names(f"{FOLDER}/*"))


def _has_package(bundle: Bundle) -> bool:
    return _has(bundle) and bundle.record.reference.genome is not None


def _survey(bundle: Bundle) -> Survey:
    if "frequencies.survey" not in bundle.kept:
        name, contigs = _name(bundle), bundle.record.reference.contigs
        found = survey_of(bundle.path(name), name, _told(bundle), contigs)
        bundle.kept["frequencies.survey"] = found
    survey: Survey = bundle.kept["frequencies.survey"]
    return survey


def _of(rule: str) -> Callable[[Bundle], Iterable[Finding]]:
    """Return the check that tells what the survey found for a rule."""

    def check(bundle: Bundle) -> Iterator[Finding]:
        survey, name = _survey(bundle), _name(bundle)
        for message in survey.faults.get(rule, []):
            yield Finding(name, message)
        if more := survey.more[rule]:
            yield Finding(name, f"{more} more of this kind")

    return check


def _count(bundle: Bundle) -> Iterable[Finding]:
    survey, told = _survey(bundle), _told(bundle)
    if survey.records != told.sites:
        what = f"it has {survey.records} records, and {told.sites} by the record of the bundle"
        yield Finding(_name(bundle), what)
    if told.spectrum and list(told.spectrum) != survey.spectrum:
        what = f"its spectrum is {survey.spectrum}, and {list(told.spectrum)} by the record"
        yield Finding(_name(bundle), what)


def _files(bundle: Bundle) -> Iterable[Finding]:
    due: set[str] = set()
    if _has(bundle):
        due = {_name(bundle), f"{_name(bundle)}.tbi"}
        due |= {PACKAGE} if _has_package(bundle) else set()
    there = set(bundle.names(f"{FOLDER}/**/*"))
    for path in sorted(due - there):
        yield Finding(path, "this file is missing")
    for path in sorted(there - due):
        yield Finding(path, "the record does not tell of it")
    if due:
        yield from _as_told(bundle)


def _as_told(bundle: Bundle) -> Iterable[Finding]:
    told, path = _told(bundle), _name(bundle)
    found = sums(bundle).get(path)
    if isinstance(found, Sums):
        for what, said in (("size", told.size), ("sha256", told.sha256)):
            if said not in (None, getattr(found, what)):
                is_there = f"its {what} is {getattr(found, what)}"
                yield Finding(path, f"{is_there}, and {said} by the record")


def _index(bundle: Bundle) -> Iterable[Finding]:
    name = _name(bundle)
    index = bundle.path(f"{name}.tbi")
    try:
        with pysam.TabixFile(str(bundle.path(name)), index=str(index)) as file:
            indexed = list(file.contigs)
            found = sum(1 for contig in indexed for _ in file.fetch(contig))
    except (OSError, ValueError, NotImplementedError) as error:  # what pysam raises
        yield Finding(f"{name}.tbi", f"it is no index of this file: {error}")
        return
    if found != _survey(bundle).records:
        what = f"{found} records are found through it, of {_survey(bundle).records}"
        yield Finding(f"{name}.tbi", what)


def _package(bundle: Bundle) -> Iterable[Finding]:
    try:
        document = yaml.safe_load(bundle.text(PACKAGE))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableError(PACKAGE, f"this is not YAML: {str(error)[:200]}") from error
    wrong = [
        Finding(PACKAGE, f"{error.json_path}: {error.message[:300]}")
        for error in sorted(validator("frequencies-package").iter_errors(document), key=str)
    ]
    yield from wrong
    if wrong:
        return
    told, metadata = _told(bundle), document["metadata"]
    pairs = {
        "metadata.numberOfUniqueIndividuals": (
            metadata.get("numberOfUniqueIndividuals"),
            told.individuals,
        ),
        "config.minAlleleCount": (document["config"]["minAlleleCount"], told.minimum_count),
        "files": (list(chain(*(group["files"] for group in document["files"]))), [told.name]),
        "reference": (
            [group["reference"] for group in document["files"]],
            [bundle.record.reference.genome],
        ),
    }
    for what, (said, due) in pairs.items():
        if said != due:
            yield Finding(PACKAGE, f"{what} is {said}, and {due} by the record")
    for what in ("title", "description"):
        texts = metadata[what]
        languages = Counter(key.lower() for key in texts) if isinstance(texts, dict) else Counter()
        for language, times in languages.items():
            if times > 1:
                yield Finding(PACKAGE, f"{what} has the language '{language}' {times} times")


RULES = (
    Rule(
        "frequencies.files",
        "the files of allele frequencies are those that the record tells of",
        _files,
        applies=_has_any,
    ),
    Rule(
        "frequencies.header",
        "the VCF has sites alone, a header of nothing but counts, and the reference's contigs",
        _of("header"),
        applies=_has,
    ),
    Rule(
        "frequencies.sites",
        "alleles are sorted, split, trimmed, left-aligned, and each is there once",
        _of("sites"),
        applies=_has,
    ),
    Rule(
        "frequencies.numbers",
        "in every record AF is AC / AN, parts and groups add up, and nobody has more than two"
        " alleles",
        _of("numbers"),
        applies=_has,
    ),
    Rule(
        "frequencies.minimum",
        "no count, nor a difference of counts, is below the least that may be told",
        _of("minimum"),
        applies=_has,
    ),
    Rule("frequencies.count", "the VCF has as many records as recorded", _count, applies=_has),
    Rule("frequencies.index", "the index finds every record", _index, applies=_has),
    Rule(
        "frequencies.package",
        "the description for a node has its form and says what the record says",
        _package,
        applies=_has_package,
    ),
)
