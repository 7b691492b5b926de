"""Checks of national/grz/, the submissions to a genomDE data centre (GRZ)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from schelde.bundle.record import File, Member
from schelde.national.grz import MV_SEQUENCING, Case
from schelde.national.grz_ready import MEASURES, QUALITY, READ_LENGTH, THRESHOLDS
from schelde.verify.rule import Bundle, Finding, Rule
from schelde.verify.schema import schema_findings

FOLDER = "national/grz"
CASES = f"{FOLDER}/cases.json"

TOLERANCE = 0.9
"""A GRZ takes a value of its own of at least this share of the declared one.

Source: BfArM-MVH/GRZ_QC_Workflow, bin/compare_threshold.py (36375b40).
"""

STUDY_TYPES = {1: "single", 2: "duo"}
PARENTS = ("father", "mother")


def _applies(bundle: Bundle) -> bool:
    return bundle.record.national.grz is not None or (bundle.root / FOLDER).exists()


def _metadata_path(case: str) -> str:
    return f"{FOLDER}/{case}/metadata/metadata.json"


def _recorded(bundle: Bundle) -> dict[str, Case]:
    """Return the cases of the record by the sample of their index patient."""
    grz = bundle.record.national.grz
    return {str(case.index): case for case in (grz.cases if grz else ())}


def _written(bundle: Bundle) -> list[str]:
    """Return the cases that have metadata."""
    return [name.split("/")[2] for name in bundle.names(f"{FOLDER}/*/metadata/metadata.json")]


def _cases(bundle: Bundle) -> Iterable[Finding]:
    broken = list(schema_findings(bundle, CASES, "grz-cases"))
    yield from broken
    if broken:
        return
    listed = {entry["case"]: entry for entry in bundle.json(CASES)["cases"]}
    recorded, written = _recorded(bundle), set(_written(bundle))
    members = {member.sample for member in bundle.record.members}
    for case in dict.fromkeys((*listed, *recorded)):
        if case not in listed or case not in recorded:
            where = "the record" if case in listed else "the list"
            yield Finding(CASES, f"case '{case}' is not in {where}")
            continue
        donors = [sample for sample in recorded[case].donors if sample in members]
        if listed[case]["donors"] != donors:
            here, there = ", ".join(listed[case]["donors"]), ", ".join(donors)
            yield Finding(CASES, f"case '{case}' has donors {here}, but {there} in the record")
    ready = {case for case, entry in listed.items() if entry["ready"]}
    for case in sorted(ready ^ written):
        what = "ready, but has no metadata" if case in ready else "not ready, but has metadata"
        yield Finding(_metadata_path(case), f"case '{case}' is {what}")
    known = {f"{FOLDER}/{case}/" for case in ready}
    for name in bundle.names(f"{FOLDER}/*/**/*"):
        if not name.startswith(tuple(known)):
            yield Finding(name, "this file belongs to no case that is ready")


def _schema(bundle: Bundle) -> Iterable[Finding]:
    for case in _written(bundle):
        yield from schema_findings(bundle, _metadata_path(case), "grz")


def _documents(bundle: Bundle) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield case, path and metadata, where the rule on the schema finds nothing wrong."""
    for case in _written(bundle):
        path = _metadata_path(case)
        if path not in bundle.kept:
            broken = any(schema_findings(bundle, path, "grz"))
            bundle.kept[path] = None if broken else bundle.json(path)
        if bundle.kept[path] is not None:
            yield case, path, bundle.kept[path]


def _lab_data(bundle: Bundle) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], Member]]:
    """Yield path, donor, lab datum and member of every sample that the record has."""
    members = {member.sample: member for member in bundle.record.members}
    for _, path, document in _documents(bundle):
        for donor in document["donors"]:
            for datum in donor["labData"]:
                if datum["labDataName"] in members:
                    yield path, donor, datum, members[datum["labDataName"]]


def _donors(bundle: Bundle) -> Iterable[Finding]:
    recorded = _recorded(bundle)
    for case, path, document in _documents(bundle):
        donors, number = document["donors"], len(document["donors"])
        names = Counter(donor["donorPseudonym"] for donor in donors)
        for name in (name for name, count in names.items() if count > 1):
            yield Finding(path, f"donorPseudonym '{name}' is there {names[name]} times")
        kind = document["submission"]["genomicStudyType"]
        wanted = STUDY_TYPES.get(number, "trio")
        if kind != wanted:
            yield Finding(path, f"genomicStudyType is {kind}, but {number} donors are a {wanted}")
        samples = [datum["labDataName"] for donor in donors for datum in donor["labData"]]
        known = {member.sample for member in bundle.record.members}
        told = recorded[case].donors if case in recorded else {}
        expected = [sample for sample in told if sample in known]
        if sorted(samples) != sorted(expected):
            what = f"samples are {', '.join(samples)}, but {', '.join(expected)} in the record"
            yield Finding(path, what)
        if case in recorded and document["submission"]["tanG"] != recorded[case].submission.tan_g:
            yield Finding(path, "tanG is not that of the record")
    for path, donor, datum, member in _lab_data(bundle):
        yield from _donor_findings(bundle, path, donor, datum, member)


def _donor_findings(
    bundle: Bundle, path: str, donor: dict[str, Any], datum: dict[str, Any], member: Member
) -> Iterator[Finding]:
    relation = donor["relation"]
    case = _recorded(bundle).get(path.split("/")[2])
    told = case.donors.get(member.sample) if case else None
    pairs = {
        "donorPseudonym": (
            donor["donorPseudonym"],
            "index" if relation == "index" else member.subject,
        ),
        "gender": (donor["gender"], member.facts.gender),
        "relation": (relation, told.relation if told else None),
        "sampleDate": (datum["sampleDate"], member.facts.collected),
        "referenceGenome": (
            datum["sequenceData"]["referenceGenome"],
            bundle.record.reference.genome,
        ),
    }
    for key, (here, there) in pairs.items():
        if here != there:
            what = f"{key} of sample '{member.sample}' is '{here}', but '{there}' in the record"
            yield Finding(path, what)
    members = {other.sample: other for other in bundle.record.members}
    index = members.get(path.split("/")[2])
    for role in PARENTS:
        parent = members.get(getattr(index, role, None) or "")
        if parent is not None and (relation == role) != (member.subject == parent.subject):
            what = f"sample '{member.sample}' is {relation}, but '{parent.sample}' is the {role}"
            yield Finding(path, what)


def _files(bundle: Bundle) -> Iterable[Finding]:
    expected: dict[str, File] = {}
    cases = {case for case, _, _ in _documents(bundle)}
    for path, _, datum, member in _lab_data(bundle):
        recorded = {file.name: file for file in member.files}
        data = datum["sequenceData"]["files"]
        for file in data:
            name = file["filePath"]
            if name not in recorded:
                what = f"'{name}' is no file of sample '{member.sample}' in the record"
                yield Finding(path, what)
                continue
            link = f"{'/'.join(path.split('/')[:3])}/encrypted_files/{name}.c4gh"
            if link in expected:
                yield Finding(path, f"'{name}' is listed twice")
            expected[link] = recorded[name]
            if file["fileChecksum"] != recorded[name].plain.sha256:
                yield Finding(path, f"fileChecksum of '{name}' is not that of the record")
            if file["fileSizeInBytes"] != recorded[name].size:
                here, there = file["fileSizeInBytes"], recorded[name].size
                yield Finding(path, f"'{name}' has {here} bytes, but {there} in the record")
        yield from _read_files(path, member.sample, datum)
    for link, recorded_file in expected.items():
        yield from _link_findings(bundle, link, recorded_file)
    for name in bundle.names(f"{FOLDER}/*/encrypted_files/**/*"):
        if name not in expected and name.split("/")[2] in cases:
            yield Finding(name, "this file is in no metadata")


def _read_files(path: str, sample: str, datum: dict[str, Any]) -> Iterator[Finding]:
    files = datum["sequenceData"]["files"]
    reads = [file for file in files if file["fileType"] == "fastq"]
    orders = sorted(file.get("readOrder", "none") for file in reads)
    wanted = ["R1", "R2"] if datum["sequencingLayout"] == "paired-end" else ["none"]
    if orders != wanted:
        what = f"sample '{sample}', {datum['sequencingLayout']}: FASTQ files {', '.join(orders)}"
        yield Finding(path, f"{what}, not {', '.join(wanted)}")


def _link_findings(bundle: Bundle, link: str, file: File) -> Iterator[Finding]:
    target = bundle.path(link)
    source = bundle.root / file.path
    if source.is_file() and source.samefile(target):
        return
    if target.stat().st_size != file.encrypted_size:
        what = (
            f"this has {target.stat().st_size} bytes, not the {file.encrypted_size} of {file.path}"
        )
        yield Finding(link, what)
        return
    with target.open("rb") as handle:
        if hashlib.file_digest(handle, "sha256").hexdigest() != file.encrypted.sha256:
            yield Finding(link, f"these are not the bytes of {file.path}")


def _quality(bundle: Bundle) -> Iterable[Finding]:
    for path, donor, datum, member in _lab_data(bundle):
        data, measures = datum["sequenceData"], MEASURES[member.assay]
        if data["minCoverage"] != measures.minimum:
            what = f"minCoverage of sample '{member.sample}' is {data['minCoverage']}"
            yield Finding(path, f"{what}, but regions were measured at {measures.minimum}")
        declared = {
            QUALITY: data["percentBasesAboveQualityThreshold"]["percent"],
            measures.depth: data["meanDepthOfCoverage"],
            measures.regions: 100 * data["targetedRegionsAboveMinCoverage"],
        }
        index = donor["relation"] == "index" and datum["libraryType"] == "wgs"
        for metric, value in declared.items():
            real = member.number(metric)
            if real is None or not real >= TOLERANCE * value:  # so that NaN is none
                what = f"sample '{member.sample}' declares {metric} of {value:g}, but it is {real}"
                yield Finding(path, f"{what} in the record (10 % less is tolerated)")
            least = THRESHOLDS.get(metric)
            if index and least is not None and not value >= least:
                what = f"{metric} of the index patient's sample '{member.sample}' is {value:g}"
                yield Finding(path, f"{what}, less than {least:g}")
        length = member.number(READ_LENGTH)
        for file in data["files"]:
            told = file.get("readLength")
            if told is not None and (length is None or abs(told - length) > 0.5):
                what = f"readLength of '{file['filePath']}' is {told}"
                yield Finding(path, f"{what}, but reads are {length} long in the record")


def _consent(bundle: Bundle) -> Iterable[Finding]:
    for _, path, document in _documents(bundle):
        if document["submission"]["submissionType"] != "initial":
            continue
        for donor in document["donors"]:
            scope = donor["mvConsent"]["scope"]
            kinds = {part["type"] for part in scope if part["domain"] == MV_SEQUENCING}
            if kinds != {"permit"}:
                what = f"donor '{donor['donorPseudonym']}' does not permit {MV_SEQUENCING}"
                yield Finding(path, what)
    for path, donor, _, member in _lab_data(bundle):
        for consent in donor["researchConsents"]:
            named = consent.get("scope", {}).get("patient", {}).get("reference")
            if named is not None and named != f"Patient/{member.subject}":
                what = f"a consent of sample '{member.sample}' is of '{named}'"
                yield Finding(path, f"{what}, not of 'Patient/{member.subject}'")


RULES = (
    Rule("grz.cases",
         "cases and donors are those of the record, and each case that is ready has metadata",
         _cases, applies=_applies),
    Rule("grz.schema", "metadata have the form of the GRZ's schema 1.3.0", _schema,
         applies=_applies),
    Rule("grz.donors",
         "each case has one index patient, and donors, relations and samples of the record",
         _donors, applies=_applies),
    Rule("grz.files", "files, checksums and sizes are those of the bundle", _files,
         applies=_applies),
    Rule("grz.quality", "measured values are at most 10 % below the declared ones", _quality,
         applies=_applies),
    Rule("grz.consent", "all donors of a first submission take part, and consents name pseudonyms",
         _consent, applies=_applies),
)  # fmt: skip
