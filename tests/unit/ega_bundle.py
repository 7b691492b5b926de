"""Made-up records of many kinds, and the documents of EGA and SDA of one, as files."""

from __future__ import annotations

from pathlib import Path

from tests.unit.made_record import DESCRIPTION, made_file, made_member, made_record

from schelde.bundle.record import RECORD, Contig, Member, ReadGroup, Record, Role
from schelde.documents import ega_api, ega_xml, sda
from schelde.sheet import Assay, Sex


def documents_of(record: Record) -> dict[str, bytes]:
    """Return record, payloads, XML and messages by path."""
    found = {RECORD: record.to_json(), **ega_api.documents(record), **ega_xml.documents(record)}
    found |= sda.documents(record)
    return {path: text.encode() if isinstance(text, str) else text for path, text in found.items()}


def write_bundle(folder: Path, record: Record) -> Path:
    """Write the documents of a record, and empty encrypted files."""
    for path, content in documents_of(record).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for _, file in record.files:
        (folder / file.path).parent.mkdir(exist_ok=True)
        (folder / file.path).touch()
    return folder


def one(**changes: object) -> Record:
    """Return a record of one person; ``changes`` are of its member."""
    return made_record(members=(made_member(1, Sex.FEMALE, **changes),))


def with_instrument(model: str, platform: str = "ILLUMINA") -> Record:
    """Return a record of one person, read on an instrument."""
    facts = made_member(1, Sex.FEMALE).facts.model_copy(update={"instrument": model})
    group = ReadGroup(id="P1AAAA.1", library="L", platform=platform, unit="1", paired=True)
    return one(facts=facts, read_groups=(group,))


def with_genome(genome: str | None, accession: str | None, *contigs: tuple[str, int]) -> Record:
    """Return a record whose reference has some contigs of a genome."""
    reference = made_record().reference
    made = [
        Contig(name=name, length=length, md5="0" * 32, refget=f"SQ.{'A' * 32}")
        for name, length in contigs
    ]
    changes = {"genome": genome, "accession": accession, "contigs": tuple(made)}
    return made_record(reference=reference.model_copy(update=changes))


def described(**changes: object) -> Record:
    """Return a record whose dataset differs."""
    return made_record(dataset=DESCRIPTION.model_copy(update=changes))


def registered() -> Record:
    """Return a record whose committee, policy and study are at EGA already."""
    return described(
        committee=DESCRIPTION.committee.model_copy(update={"accession": "EGAC00000000001"}),
        policy=DESCRIPTION.policy.model_copy(update={"accession": "EGAP00000000002"}),
        study=DESCRIPTION.study.model_copy(update={"accession": "EGAS00000000003"}),
    )


def with_fastq() -> Record:
    """Return a record of one person whose FASTQ is packaged too."""
    roles = [role for role in Role if role is not Role.TARGETS]
    return one(files=tuple(made_file("P1AAAA", role) for role in roles))


def single_end() -> Member:
    """Return a member read from one end only, whose fragments have no length."""
    group = ReadGroup(id="P1AAAA.1", library="L", platform="ILLUMINA", unit="1", paired=False)
    return made_member(1, Sex.UNKNOWN, read_groups=(group,), metrics={})


def for_disease() -> Record:
    """Return a record of a dataset for research on one disease."""
    use = DESCRIPTION.use.model_copy(
        update={"permission": "DUO:0000007", "disease": "MONDO:0005015"}
    )
    return described(use=use)


RECORDS = {
    "trio": made_record(),
    "exome": one(assay=Assay.WES),
    "FASTQ": with_fastq(),
    "single end": made_record(members=(single_end(),)),
    "NovaSeq X": with_instrument("Illumina NovaSeq X"),
    "unspecified instrument": with_instrument("unspecified", "ONT"),
    "GRCh37": with_genome("GRCh37", "GCA_000001405.14", ("20", 63_025_520), ("MT", 16_569)),
    "genome unknown to EGA": with_genome(None, None, ("chr20", 150_000)),
    "registered": registered(),
    "disease": for_disease(),
    "text of all kinds": described(title="Ünïcode & <angles> \"quotes\" 'n' all"),
}
"""Records that differ in what their documents for EGA say."""
