"""Judge the samples of a run: people against one another, then each sample by each profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schelde.calling_sex import sex_of
from schelde.catalogue import Value
from schelde.identity import Identity, judge_people, write_pairs, write_trios
from schelde.json_text import json_text
from schelde.karyotype import SexEvidence
from schelde.pipes import write_text
from schelde.profiles import Profile
from schelde.qc import QcError, complete, read_document
from schelde.sheet import Person
from schelde.verdict import ProfileVerdict, judge, stated, worst, write_table


@dataclass(frozen=True)
class JudgeFiles:
    """What is read: by sample SAMPLE_QC, and PANEL_COUNTS of those that have them."""

    metrics: Mapping[str, Path]
    counts: Mapping[str, Path]


@dataclass(frozen=True)
class JudgeOutput:
    """What is written: PAIRS, TRIOS, VERDICTS, and VERDICT by sample."""

    pairs: Path
    trios: Path
    table: Path
    verdicts: Mapping[str, Path]


def judge_samples(
    people: Sequence[Person],
    profiles: Sequence[Profile],
    files: JudgeFiles,
    output: JudgeOutput,
    *,
    autosomes: Collection[str],
    calling_sex: str,
) -> None:
    """Compare people with one another, judge every sample, and write `JudgeOutput`.

    ``autosomes``: contigs on which people are compared. ``calling_sex``: ``declared`` or
    ``inferred``, as the config says, for the words about it. Raises `JobError` when a file is not
    what it must be.
    """
    documents = {p.sample: read_document(files.metrics[p.sample]) for p in people}
    evidence = {
        sample: _evidence(document, files.metrics[sample]) for sample, document in documents.items()
    }
    identity = judge_people(people, files.counts, evidence, autosomes)
    write_pairs(output.pairs, identity.pairs)
    write_trios(output.trios, identity.trios)
    facts = stated(people)
    verdicts: dict[str, list[ProfileVerdict]] = {}
    for person in people:
        sample = person.sample
        values = run_metrics(documents[sample]["metrics"], sample, identity)
        completed = complete(values, files.metrics[sample])
        verdicts[sample] = [judge(completed, profile, facts[sample]) for profile in profiles]
        document = {
            "sample": sample,
            "verdict": worst(each.verdict for each in verdicts[sample]),
            "profiles": [each.record() for each in verdicts[sample]],
            "hints": identity.hints(sample),
            "calling_sex": calling_words(person, evidence[sample], calling_sex),
            "metrics": {name: completed[name] for name in identity.metrics(sample)},
        }
        write_text(output.verdicts[sample], json_text(document))
    write_table(output.table, verdicts)


def run_metrics(values: Mapping[str, Value], sample: str, identity: Identity) -> dict[str, Value]:
    """Return a sample's metrics with those that only the run as a whole gives."""
    return {**values, **identity.metrics(sample)}


def _evidence(document: Mapping[str, object], path: Path) -> SexEvidence:
    found = document.get("sex_evidence")
    try:
        return SexEvidence(**found)  # type: ignore[arg-type]
    except TypeError as error:
        raise QcError(f"{path}: does not tell of sex ({error})") from error


def calling_words(person: Person, evidence: SexEvidence, source: str) -> str:
    """Say which sex decided how many copies of X and Y were called, and whose word that was.

    >>> from schelde.sheet import Assay, Sex
    >>> reads = SexEvidence(30.0, 15.0, 14.0, 0.5, 0.47, None, 0, "XY", "male")
    >>> calling_words(Person("S", Assay.WGS, Sex.FEMALE), reads, "inferred")
    'male, by the reads (XY)'
    >>> calling_words(Person("S", Assay.WGS, Sex.FEMALE), reads, "declared")
    'female, as declared'
    """
    if source != "inferred":
        return f"{person.sex}, as declared"
    inferred = sex_of(evidence.karyotype)
    if inferred is None:
        return f"{person.sex}, as declared, since the reads are unclear"
    return f"{inferred}, by the reads ({evidence.karyotype})"
