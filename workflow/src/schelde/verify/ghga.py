"""Checks of national/ghga.json, the submission to GHGA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schelde.bundle.record import Member, Record
from schelde.days import ages
from schelde.duo import terms
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings

GHGA = "national/ghga.json"

REFERENCES = {
    ("datasets", "data_access_policy"): "data_access_policies",
    ("datasets", "study"): "studies",
    ("data_access_policies", "data_access_committee"): "data_access_committees",
    ("samples", "individual"): "individuals",
    ("experiments", "experiment_method"): "experiment_methods",
    ("experiments", "sample"): "samples",
    ("analyses", "analysis_method"): "analysis_methods",
    ("analyses", "research_data_files"): "research_data_files",
    ("research_data_files", "dataset"): "datasets",
    ("research_data_files", "experiments"): "experiments",
    ("process_data_files", "dataset"): "datasets",
    ("process_data_files", "analysis"): "analyses",
}
"""What names what: GHGA's metadata schema 2.2.1."""

FORMATS = {".cram": "CRAM", ".vcf.gz": "VCF", ".fastq.gz": "FASTQ", ".bed": "BED"}
"""By the end of a name; all others are OTHER."""


def _applies(bundle: Bundle) -> bool:
    return bundle.record.national.ghga is not None or (bundle.root / GHGA).exists()


def _schema(bundle: Bundle) -> Iterable[Finding]:
    return schema_findings(bundle, GHGA, "ghga")


def _document(bundle: Bundle) -> dict[str, Any] | None:
    """Return the document; None where the rule on its schema tells what is wrong."""
    if GHGA not in bundle.kept:
        bundle.kept[GHGA] = None if any(_schema(bundle)) else bundle.json(GHGA)
    document: dict[str, Any] | None = bundle.kept[GHGA]
    return document


def _references(bundle: Bundle) -> Iterable[Finding]:
    document = _document(bundle) or {}
    for name, entries in document.items():
        counts = Counter(entry["alias"] for entry in entries)
        for alias in (alias for alias, count in counts.items() if count > 1):
            yield Finding(GHGA, f"{name}: '{alias}' stands there {counts[alias]} times")
    for (name, key), target in REFERENCES.items():
        known = {entry["alias"] for entry in document.get(target, ())}
        for entry in document.get(name, ()):
            for alias in _listed(entry[key]):
                if alias not in known:
                    what = f"{name} '{entry['alias']}': {key} '{alias}' is not among the {target}"
                    yield Finding(GHGA, what)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _people(bundle: Bundle) -> Iterable[Finding]:
    document, record = _document(bundle), bundle.record
    if document is None:
        return
    sexes = {subject: own[0].sex.upper() for subject, own in record.subjects.items()}
    told = {entry["alias"]: entry["sex"] for entry in document["individuals"]}
    yield from _differences("individuals", told, sexes)
    subjects = {member.sample: member.subject for member in record.members}
    told = {entry["alias"]: entry["individual"] for entry in document["samples"]}
    yield from _differences("samples", told, subjects)
    experiments = Counter(entry["sample"] for entry in document["experiments"])
    yield from _differences("experiments by sample", dict(experiments), dict.fromkeys(subjects, 1))
    study, dataset = document["studies"][0], document["datasets"][0]
    yield from _differences(
        "aliases",
        {"study": study["alias"], "dataset": dataset["alias"]},
        {"study": record.dataset.study.alias, "dataset": record.dataset.alias},
    )


def _differences(
    what: str, told: Mapping[str, object], recorded: Mapping[str, object]
) -> Iterator[Finding]:
    for key in dict.fromkeys((*told, *recorded)):
        if told.get(key) != recorded.get(key):
            here, there = (_shown(found.get(key)) for found in (told, recorded))
            yield Finding(GHGA, f"{what}: '{key}' is {here}, but {there} in the record")


def _shown(value: object) -> str:
    return "missing" if value is None else f"'{value}'"


def _files(bundle: Bundle) -> Iterable[Finding]:
    document = _document(bundle)
    if document is None:
        return
    owners = {file.name: member for member, file in bundle.record.files}
    entries = [*document["research_data_files"], *document["process_data_files"]]
    told = {entry["name"] for entry in entries}
    for name in owners.keys() - told:
        yield Finding(GHGA, f"'{name}' is in the bundle, but not in the submission")
    for entry in entries:
        name, included = entry["name"], entry["included_in_submission"]
        if included != (name in owners):
            here = "is" if name in owners else "is not"
            what = f"'{name}' {here} in the bundle, but included_in_submission is {included}"
            yield Finding(GHGA, what.replace("True", "true").replace("False", "false"))
        wanted = next((kind for end, kind in FORMATS.items() if name.endswith(end)), "OTHER")
        if entry["format"] != wanted:
            yield Finding(GHGA, f"'{name}': format is {entry['format']}, not {wanted}")
    yield from _origins(document, owners)


def _origins(document: dict[str, Any], owners: Mapping[str, Member]) -> Iterator[Finding]:
    """Follow each file to the sample that it is of."""
    samples = {entry["alias"]: entry["sample"] for entry in document["experiments"]}
    reads = {
        entry["alias"]: {samples.get(alias) for alias in entry["experiments"]}
        for entry in document["research_data_files"]
    }
    analyses = {
        entry["alias"]: {s for alias in entry["research_data_files"] for s in reads.get(alias, ())}
        for entry in document["analyses"]
    }
    found = [(entry["name"], reads[entry["alias"]]) for entry in document["research_data_files"]]
    found += [
        (entry["name"], analyses.get(entry["analysis"], set()))
        for entry in document["process_data_files"]
    ]
    for name, origin in found:
        if name in owners and origin != {owners[name].sample}:
            of = ", ".join(sorted(str(sample) for sample in origin)) or "no sample"
            yield Finding(GHGA, f"'{name}' is said to be of {of}, not of {owners[name].sample}")


def _ages(bundle: Bundle) -> Iterable[Finding]:
    members = {member.sample: member for member in bundle.record.members}
    for entry in (_document(bundle) or {}).get("samples", ()):
        told = entry["biospecimen_age_at_sampling"]
        member = members.get(entry["alias"])
        if member is None or told == "UNKNOWN":
            continue
        facts = member.facts
        found = ages(facts.birth, facts.collected or "")
        least, _, greatest = told.partition("_TO_")
        if told == "81_OR_OLDER":
            least, greatest = "81", "1000"
        if found is None or found[0] < int(least) or found[1] > int(greatest):
            real = "unknown" if found is None else " or ".join(map(str, sorted({*found})))
            what = f"sample '{entry['alias']}': age is said to be {told}, but it is {real}"
            yield Finding(GHGA, what)


def _policy(bundle: Bundle) -> Iterable[Finding]:
    document = _document(bundle)
    if document is None:
        return
    use, policy = bundle.record.dataset.use, document["data_access_policies"][0]
    permission = policy["data_use_permission_id"]
    modifiers = policy.get("data_use_modifier_ids", [])
    if permission != use.permission:
        what = f"data_use_permission_id is {permission}, but {use.permission} in the record"
        yield Finding(GHGA, what)
    if sorted(modifiers) != sorted(use.modifiers):
        here, there = (", ".join(sorted(ids)) or "none" for ids in (modifiers, use.modifiers))
        yield Finding(GHGA, f"data_use_modifier_ids: {here}, but {there} in the record")
    words = [policy["data_use_permission_term"], *policy.get("data_use_modifier_terms", [])]
    for word, term in zip(words, [permission, *modifiers], strict=False):
        if _letters(word) != _letters(terms()[term].label):
            yield Finding(GHGA, f"{word} is not {term}, {terms()[term].label}")
    if len(words) != len(modifiers) + 1:
        yield Finding(GHGA, f"there are {len(words) - 1} modifier terms of {len(modifiers)} ids")


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _asked(bundle: Bundle) -> Iterable[Finding]:
    record: Record = bundle.record
    told = record.national.ghga
    if told is None:
        yield Finding(GHGA, "this file is there, but the record has nothing for GHGA")
        return
    document = _document(bundle)
    if document is None:
        return
    study, workflow = document["studies"][0], document["analysis_methods"][0]
    yield from _differences(
        "what the operator said",
        {
            "types": study["types"],
            "affiliations": study["affiliations"],
            "workflow_doi": workflow["workflow_doi"],
            "workflow_version": workflow["workflow_version"],
        },
        {
            "types": list(told.study_types),
            "affiliations": list(told.affiliations),
            "workflow_doi": told.workflow_doi,
            "workflow_version": record.version,
        },
    )


RULES = (
    Rule("ghga.schema", "the submission to GHGA has the form of its schema 2.2.1", _schema,
         applies=_applies),
    Rule("ghga.references", "aliases are unique, and each that is named is there", _references,
         applies=_applies),
    Rule("ghga.people", "individuals and samples are those of the record", _people,
         applies=_applies),
    Rule("ghga.files", "files are those of the bundle, each of its sample, in its format", _files,
         applies=_applies),
    Rule("ghga.ages", "ages at sampling follow from birth and sampling", _ages, applies=_applies),
    Rule("ghga.policy", "data use is that of the dataset, in words and in codes", _policy,
         applies=_applies),
    Rule("ghga.asked", "study and workflow are as the operator declared", _asked,
         applies=_applies),
)  # fmt: skip
