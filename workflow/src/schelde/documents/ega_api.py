"""ega/api/: payloads of EGA's Submission API 3.0, with aliases where EGA will give ids.

Source: the OpenAPI document at https://submission.ega-archive.org/api/spec/. An alias such as
'@sample:P1AAAA' stands for an id until `schelde.ega.resolver` puts it there; ``steps.json`` tells
in which order documents are posted, where, and which alias the answer fills.

EGA shows the metadata of samples to everybody: birth, country, family and codes of diagnoses
are not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from schelde.bundle.record import Member, Record
from schelde.ega.objects import (
    EXPERIMENT_TYPES,
    SOURCE,
    STRATEGIES,
    VARIATION,
    Analysis,
    Attribute,
    Run,
    alias,
    analyses,
    analysis_description,
    analysis_title,
    call_attributes,
    dataset_types,
    design,
    encrypted_name,
    experiment_alias,
    layout,
    libraries,
    read_attributes,
    reference_attributes,
    runs,
)
from schelde.ega.vocabulary import genome_of, instrument_of
from schelde.json_text import json_text

FOLDER = "ega/api"
STEPS = f"{FOLDER}/steps.json"

Payload = dict[str, Any]
Step = tuple[str, str, str | None, Payload]
"""Name of a document, end of the path that it is posted to, alias that the answer fills, payload"""


def documents(record: Record) -> dict[str, str | bytes]:
    """Return all payloads and their order; nothing for a bundle without people."""
    if not record.members:
        return {}
    steps = list(_steps(record))
    found: dict[str, str | bytes] = {
        f"{FOLDER}/{name}.json": json_text(payload) for name, _, _, payload in steps
    }
    submission = alias("submission", record.dataset.alias)
    order = [
        {
            "document": f"{name}.json",
            "post": f"/submissions/{submission}{end}" if end else "/submissions",
            "gives": gives,
        }
        for name, end, gives, _ in steps
    ]
    return found | {STEPS: json_text(order)}


def _steps(record: Record) -> Iterator[Step]:
    dataset, study = record.dataset, record.dataset.study
    summary = {"title": dataset.title, "description": dataset.description}
    yield "submission", "", alias("submission", dataset.alias), summary
    if study.accession is None:
        about = {"title": study.title, "description": study.description, "study_type": study.type}
        yield "study", "/studies", alias("study", study.alias), about
    for member in record.members:
        name = member.sample
        yield f"sample-{name}", "/samples", alias("sample", name), _sample(record, member)
    for member in record.members:
        name = experiment_alias(member)
        payload = _experiment(record, member)
        yield f"experiment-{name}", "/experiments", alias("experiment", name), payload
    for run in runs(record):
        yield f"run-{run.alias}", "/runs", alias("run", run.alias), _run(run)
    genome = _genome(record)
    for each in analyses(record):
        payload = _analysis(record, each, genome)
        yield f"analysis-{each.alias}", "/analyses", alias("analysis", each.alias), payload
    yield "dataset", "/datasets", alias("dataset", dataset.alias), _dataset(record)
    yield "finalise", "/finalise", None, {"expected_release_date": dataset.release}


def _sample(record: Record, member: Member) -> Payload:
    return {
        "alias": member.sample,
        "title": f"{member.sample} ({record.dataset.alias})",
        "biological_sex": str(member.sex),
        "subject_id": member.subject,
        "phenotype": member.facts.phenotype,
        "case_control": member.facts.case_control,
        "organism_part": member.facts.anatomical_site,
    }


def _experiment(record: Record, member: Member) -> Payload:
    given = {"library_name": libraries(member)}
    given["library_construction_protocol"] = member.facts.library_kit
    return {
        "design_description": design(member),
        **{key: value for key, value in given.items() if value is not None},
        **_fragments(member),
        "instrument_model_id": instrument_of(member).id,
        "library_layout": layout(member),
        "library_strategy": STRATEGIES[member.assay],
        "library_source": SOURCE,
        "library_selection": member.facts.library_selection,
        **_study(record),
    }


def _fragments(member: Member) -> Payload:
    """Return the length of fragments as it was measured, in bp."""
    length, spread = member.number("mean_insert_size"), member.number("insert_size_std_deviation")
    if layout(member) == "SINGLE" or length is None:
        return {}
    found: Payload = {"paired_nominal_length": round(length)}
    return found if spread is None else found | {"paired_nominal_sdev": spread}


def _study(record: Record) -> Payload:
    study = record.dataset.study
    if study.accession is not None:
        return {"study_accession_id": study.accession}
    return {"study_provisional_id": alias("study", study.alias)}


def _run(run: Run) -> Payload:
    return {
        "run_file_type": run.type,
        "files": [alias("file", encrypted_name(file)) for file in run.files],
        "experiment_provisional_id": alias("experiment", experiment_alias(run.member)),
        "sample_provisional_id": alias("sample", run.member.sample),
        "extra_attributes": _attributes(read_attributes(run.member)),
    }


def _analysis(record: Record, analysis: Analysis, genome: Payload) -> Payload:
    member = analysis.member
    return {
        "title": analysis_title(record, analysis),
        "description": analysis_description(record, analysis),
        "analysis_type": analysis.type,
        "files": [alias("file", encrypted_name(file)) for file in analysis.files],
        **({"experiment_types": [EXPERIMENT_TYPES[member.assay]]} if _varies(analysis) else {}),
        **genome,
        "platform": instrument_of(member).model,
        **_study(record),
        "experiment_provisional_ids": [alias("experiment", experiment_alias(member))],
        "sample_provisional_ids": [alias("sample", member.sample)],
        "extra_attributes": _attributes(call_attributes(record, analysis)),
    }


def _varies(analysis: Analysis) -> bool:
    return analysis.type == VARIATION


def _genome(record: Record) -> Payload:
    """Return genome and chromosomes; nothing for a genome that EGA does not know."""
    genome = genome_of(record.reference)
    if genome is None:
        return {}
    chromosomes = [{"id": each.id, "label": each.name} for each in genome.chromosomes]
    return {"genome_id": genome.id, "chromosomes": chromosomes}


def _dataset(record: Record) -> Payload:
    dataset, policy = record.dataset, record.dataset.policy
    identifier = Attribute("catalogue identifier", dataset.identifier)
    return {
        "title": dataset.title,
        "description": dataset.description,
        "dataset_types": dataset_types(record),
        "policy_accession_id": policy.accession or alias("egap", policy.alias),
        "run_provisional_ids": [alias("run", run.alias) for run in runs(record)],
        "analysis_provisional_ids": [alias("analysis", each.alias) for each in analyses(record)],
        "extra_attributes": _attributes([identifier, *reference_attributes(record)]),
    }


def _attributes(attributes: Sequence[Attribute]) -> list[dict[str, str]]:
    return [
        {"tag": each.tag, "value": each.value, **({"unit": each.unit} if each.unit else {})}
        for each in attributes
    ]
