"""ega/xml/: the objects of a submission in EGA's XML (SRA 1.6 and the EGA schemas).

Source: enasequence/schema, SRA.*.xsd and EGA.*.xsd of 2021-06. Objects refer to one another by
alias; committee, policy and study by accession once they have one. What EGA shows to everybody is
the same as in `schelde.documents.ega_api`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from schelde.bundle.record import File, Member, Record
from schelde.documents.manifest import EGA_TYPES
from schelde.ega.objects import (
    EXPERIMENT_TYPES,
    SOURCE,
    STRATEGIES,
    VARIATION,
    Analysis,
    Attribute,
    Run,
    analyses,
    analysis_description,
    analysis_title,
    call_attributes,
    dataset_types,
    design,
    experiment_alias,
    inbox_path,
    layout,
    libraries,
    read_attributes,
    reference_attributes,
    runs,
)
from schelde.ega.vocabulary import Genome, genome_of, instrument_of
from schelde.ega.xml import (
    Element,
    add,
    add_attributes,
    as_text,
    new_object,
    new_set,
    refer,
    sequences,
)
from schelde.vocabulary import UNSPECIFIED

FOLDER = "ega/xml"
DUO_VERSION = "2021-02-23"
"""Release of the Data Use Ontology: http://purl.obolibrary.org/obo/duo/releases/2021-02-23/."""

TERM_ADDRESS = "http://purl.obolibrary.org/obo/"


def documents(record: Record) -> dict[str, str | bytes]:
    """Return the nine documents; nothing for a bundle without people, which has no runs.

    The submission adds all objects but those that have an accession already.
    """
    if not record.members:
        return {}
    sets: dict[str, Element | None] = {
        "dac": _committee(record),
        "policy": _policy(record),
        "study": _study(record),
        "sample": new_set("SAMPLE", (_sample(record, member) for member in record.members)),
        "experiment": new_set("EXPERIMENT", (_experiment(record, m) for m in record.members)),
        "run": new_set("RUN", (_run(record, run) for run in runs(record))),
        "analysis": new_set("ANALYSIS", _analyses(record)),
        "dataset": _dataset(record),
    }
    present = {name: root for name, root in sets.items() if root is not None}
    new = [name for name, root in present.items() if root[0].get("accession") is None]
    present["submission"] = _submission(record, new)
    return {f"{FOLDER}/{name}.xml": as_text(root) for name, root in present.items()}


def _committee(record: Record) -> Element:
    committee = record.dataset.committee
    root = etree.Element("DAC_SET")
    dac = new_object(record, "DAC", committee.alias, committee.accession)
    root.append(dac)
    add(dac, "TITLE", committee.title)
    add(
        add(dac, "CONTACTS"),
        "CONTACT",
        name=committee.title,
        email=committee.email,
        organisation=committee.institute,
        main_contact="true",
    )
    return root


def _policy(record: Record) -> Element:
    dataset, given = record.dataset, record.dataset.policy
    root = etree.Element("POLICY_SET")
    policy = new_object(record, "POLICY", given.alias, given.accession)
    root.append(policy)
    add(policy, "TITLE", given.title)
    refer(policy, "DAC_REF", dataset.committee.alias, dataset.committee.accession)
    add(policy, "POLICY_TEXT", given.text)
    uses = add(policy, "DATA_USES")
    for term in (dataset.use.permission, *dataset.use.modifiers):
        code = term.removeprefix("DUO:")
        use = add(uses, "DATA_USE", ontology="DUO", code=code, version=DUO_VERSION)
        if term == dataset.use.permission and dataset.use.disease is not None:
            ontology, _, disease = dataset.use.disease.partition(":")
            modifier = add(use, "MODIFIER")
            add(modifier, "DB", ontology)
            add(modifier, "ID", disease)
        add(use, "URL", f"{TERM_ADDRESS}DUO_{code}")
    return root


def _study(record: Record) -> Element:
    study = record.dataset.study
    root = etree.Element("STUDY_SET")
    element = new_object(record, "STUDY", study.alias, study.accession)
    root.append(element)
    descriptor = add(element, "DESCRIPTOR")
    add(descriptor, "STUDY_TITLE", study.title)
    add(descriptor, "STUDY_TYPE", existing_study_type=study.type)
    add(descriptor, "STUDY_ABSTRACT", study.description)
    return root


def _sample(record: Record, member: Member) -> Element:
    sample = new_object(record, "SAMPLE", member.sample)
    add(sample, "TITLE", f"{member.sample} ({record.dataset.alias})")
    name = add(sample, "SAMPLE_NAME")
    add(name, "TAXON_ID", "9606")
    add(name, "SCIENTIFIC_NAME", "Homo sapiens")
    add(name, "COMMON_NAME", "human")
    facts = {
        "subject_id": member.subject,
        "sex": str(member.sex),
        "phenotype": member.facts.phenotype,
        "case_control": member.facts.case_control,
        "organism_part": member.facts.anatomical_site,
    }
    add_attributes(sample, "SAMPLE", [Attribute(tag, value) for tag, value in facts.items()])
    return sample


def _experiment(record: Record, member: Member) -> Element:
    study, facts = record.dataset.study, member.facts
    experiment = new_object(record, "EXPERIMENT", experiment_alias(member))
    add(experiment, "TITLE", f"{EXPERIMENT_TYPES[member.assay]} of {member.sample}")
    refer(experiment, "STUDY_REF", study.alias, study.accession)
    design_part = add(experiment, "DESIGN")
    add(design_part, "DESIGN_DESCRIPTION", design(member))
    refer(design_part, "SAMPLE_DESCRIPTOR", member.sample)
    library = add(design_part, "LIBRARY_DESCRIPTOR")
    if names := libraries(member):
        add(library, "LIBRARY_NAME", names)
    add(library, "LIBRARY_STRATEGY", STRATEGIES[member.assay])
    add(library, "LIBRARY_SOURCE", SOURCE)
    add(library, "LIBRARY_SELECTION", facts.library_selection)
    _layout(add(library, "LIBRARY_LAYOUT"), member)
    if facts.library_kit:
        add(library, "LIBRARY_CONSTRUCTION_PROTOCOL", facts.library_kit)
    machine = instrument_of(member)
    platform = add(add(experiment, "PLATFORM"), machine.xml_platform)
    add(platform, "INSTRUMENT_MODEL", machine.xml_model)
    if machine.xml_model == UNSPECIFIED != machine.model:
        add_attributes(experiment, "EXPERIMENT", [Attribute("instrument model", machine.model)])
    return experiment


def _layout(parent: Element, member: Member) -> None:
    element = add(parent, layout(member))
    length, spread = member.number("mean_insert_size"), member.number("insert_size_std_deviation")
    if layout(member) == "PAIRED" and length is not None:
        element.set("NOMINAL_LENGTH", str(round(length)))
        if spread is not None:
            element.set("NOMINAL_SDEV", str(spread))


def _run(record: Record, run: Run) -> Element:
    element = new_object(record, "RUN", run.alias)
    add(element, "TITLE", f"Reads of {run.member.sample}")
    refer(element, "EXPERIMENT_REF", experiment_alias(run.member))
    _files(add(element, "DATA_BLOCK"), record, run.files)
    add_attributes(element, "RUN", read_attributes(run.member))
    return element


def _analyses(record: Record) -> Iterator[Element]:
    genome = genome_of(record.reference)
    aliases = {run.member.sample: run.alias for run in runs(record)}
    for each in analyses(record):
        yield _analysis(record, each, genome, aliases.get(each.member.sample))


def _analysis(
    record: Record, analysis: Analysis, genome: Genome | None, run: str | None
) -> Element:
    study, member = record.dataset.study, analysis.member
    element = new_object(record, "ANALYSIS", analysis.alias)
    add(element, "TITLE", analysis_title(record, analysis))
    add(element, "DESCRIPTION", analysis_description(record, analysis))
    refer(element, "STUDY_REF", study.alias, study.accession)
    refer(element, "SAMPLE_REF", member.sample)
    refer(element, "EXPERIMENT_REF", experiment_alias(member))
    if run is not None:
        refer(element, "RUN_REF", run)
    what = add(add(element, "ANALYSIS_TYPE"), analysis.type.replace(" ", "_"))
    what.extend(sequences(genome))
    if analysis.type == VARIATION:
        add(what, "EXPERIMENT_TYPE", EXPERIMENT_TYPES[member.assay])
        add(what, "PROGRAM", record.provenance.caller)
        add(what, "PLATFORM", instrument_of(member).model)
    _files(element, record, analysis.files)
    add_attributes(element, "ANALYSIS", call_attributes(record, analysis))
    return element


def _files(parent: Element, record: Record, files: Sequence[File]) -> None:
    group = add(parent, "FILES")
    for file in files:
        add(
            group,
            "FILE",
            filename=inbox_path(record, file),
            filetype=EGA_TYPES[file.role],
            checksum_method="MD5",
            checksum=file.encrypted.md5,
            unencrypted_checksum=file.plain.md5,
        )


def _dataset(record: Record) -> Element:
    given = record.dataset
    root = etree.Element("DATASETS")
    dataset = new_object(record, "DATASET", given.alias)
    root.append(dataset)
    add(dataset, "TITLE", given.title)
    add(dataset, "DESCRIPTION", given.description)
    for name in dataset_types(record):
        add(dataset, "DATASET_TYPE", name)
    for run in runs(record):
        refer(dataset, "RUN_REF", run.alias)
    for each in analyses(record):
        refer(dataset, "ANALYSIS_REF", each.alias)
    refer(dataset, "POLICY_REF", given.policy.alias, given.policy.accession)
    identifier = Attribute("catalogue identifier", given.identifier)
    add_attributes(dataset, "DATASET", [identifier, *reference_attributes(record)])
    return root


def _submission(record: Record, names: Sequence[str]) -> Element:
    root = etree.Element("SUBMISSION_SET")
    submission = new_object(record, "SUBMISSION", f"{record.dataset.alias}.submission")
    root.append(submission)
    add(submission, "TITLE", record.dataset.title)
    actions = add(submission, "ACTIONS")
    for name in names:
        add(add(actions, "ACTION"), "ADD", source=f"{name}.xml", schema=name)
    add(add(actions, "ACTION"), "PROTECT")
    return root
