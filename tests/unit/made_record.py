"""A record of a made-up trio in a made-up dataset: what tests of documents start from."""

from __future__ import annotations

import hashlib

from schelde.bundle.dataset import (
    Committee,
    Contact,
    Description,
    Organisation,
    Policy,
    Study,
    Use,
)
from schelde.bundle.record import (
    SUFFIXES,
    Checksums,
    Consent,
    Contig,
    Facts,
    File,
    Member,
    Program,
    Provenance,
    ReadGroup,
    Record,
    Reference,
    Role,
)
from schelde.reference import Contig as Sequence
from schelde.reference import sequence_collection
from schelde.sheet import Assay, Sex

ORGANISATION = Organisation(
    name="Example Genome Institute",
    identifier="https://ror.org/05a28rw58",
    homepage="https://genomes.example.org",
    email="data@genomes.example.org",
    country="BE",
)
DESCRIPTION = Description(
    alias="made-trio",
    identifier="GDI-BE-EXAMPLE-20260101",
    frequencies_identifier="GDI-BE-EXAMPLE-20260102",
    title="A made-up trio",
    description="Genomes of a made-up family of three, to test what a bundle says about people.",
    keywords=("genome", "trio"),
    issued="2026-01-31",
    release="2026-03-01",
    publisher=ORGANISATION,
    creators=(ORGANISATION,),
    contact=Contact(
        name="Data desk", email="data@genomes.example.org", url="https://genomes.example.org/ask"
    ),
    committee=Committee(
        alias="made-dac",
        title="Access committee of the made-up trio",
        institute="Example Genome Institute",
        email="dac@genomes.example.org",
    ),
    policy=Policy(alias="made-policy", title="Terms of the made-up trio", text="For research."),
    use=Use(permission="DUO:0000042", modifiers=("DUO:0000019",)),
    study=Study(alias="made-study", title="Study of a trio", description="A family of three."),
    access_url="https://genomes.example.org/access",
    license="https://genomes.example.org/terms",
    rights="For approved research only.",
    centre="EXAMPLE",
    inbox_user="depositor@genomes.example.org",
)


def made_file(sample: str, role: Role) -> File:
    """Return a file whose checksums are right for no bytes at all."""

    def checksums(kind: str) -> Checksums:
        seed = f"{sample}{role}{kind}".encode()
        return Checksums(md5=hashlib.md5(seed).hexdigest(), sha256=hashlib.sha256(seed).hexdigest())

    return File(
        name=f"{sample}{SUFFIXES[role]}",
        role=role,
        size=1000,
        plain=checksums("plain"),
        encrypted_size=1152,
        encrypted=checksums("encrypted"),
        records=300 if role in (Role.VARIANTS, Role.GVCF, Role.TARGETS) else None,
    )


def made_member(number: int, sex: Sex, **others: object) -> Member:
    """Return a member with sample P<number>AAAA and subject S<number>AAAA; an exome has targets."""
    sample = f"P{number}AAAA"
    absent = {Role.FASTQ_1, Role.FASTQ_2}
    if others.get("assay") is not Assay.WES:
        absent.add(Role.TARGETS)
    roles = [role for role in Role if role not in absent]
    alignment = {
        "yield_bp_q30": 92_800_000_000,
        "mean_autosome_coverage": 31.42,
        "mad_autosome_coverage": 5,
        "pct_autosomes_15x": 96.03,
        "pct_reads_mapped": 99.76,
        "pct_reads_properly_paired": 98.1,
        "mean_insert_size": 440.1,
        "insert_size_std_deviation": 100.2,
        "cross_contamination_rate": 0.0003,
    }
    variants = {
        "count_snvs": 3_982_000,
        "count_insertions": 488_000,
        "count_deletions": 491_000,
        "ratio_heterozygous_homzygous_snv": 1.62,
        "ratio_heterozygous_homzygous_indel": 2.01,
        "ratio_insertion_deletion": 0.99,
        "ratio_transitions_transversions_snv": 1.96,
    }
    values: dict[str, object] = {
        "sample": sample,
        "subject": f"S{number}AAAA",
        "assay": Assay.WGS,
        "sex": sex,
        "facts": Facts(
            gender=str(sex),
            birth=f"19{60 + number}-05-01",
            country="BE",
            phenotype="healthy",
            collected="2025-02-01",
            instrument="Illumina NovaSeq 6000",
            sequenced="2025-03-01",
        ),
        "consent": Consent(
            date="2025-01-15",
            version="2.1",
            permission="DUO:0000042",
            legal_basis="Consent",
        ),
        "read_groups": (
            ReadGroup(
                id=f"{sample}.1", library=f"{sample}.L1", platform="ILLUMINA", unit="1", paired=True
            ),
        ),
        "ga4gh": {
            "biosample": {"id": sample},
            "wgs_qc_metrics": {"aln_metrics": alignment, "variant_metrics": variants},
        },
        "metrics": {**alignment, **variants, "pct_bases_q30": 91.2, "mean_read_length": 150.0},
        "verdict": {"sample": sample, "verdict": "pass", "profiles": []},
        "files": tuple(made_file(sample, role) for role in roles),
    }
    return Member.model_validate(values | others)


def made_record(**others: object) -> Record:
    """Return the record of father, mother and child; ``others`` replace its fields."""
    contigs = (
        Contig(
            name="chr20",
            length=150_000,
            md5="3ad83d588817a1bfc06e7091bf9b9b38",
            refget="SQ.V3IRGBWD1_hXmeVavK0YBVU8dwP-psr3",
        ),
        Contig(
            name="chrM",
            length=16_569,
            md5="7fcf6f4cee3aefcb54f34af00f13876c",
            refget="SQ.DBxs95QOSBOrGDEFRTL_Jv-OB28dJbBJ",
        ),
    )
    values: dict[str, object] = {
        "version": "0.0.0",
        "dataset": DESCRIPTION,
        "members": (
            made_member(1, Sex.MALE),
            made_member(2, Sex.FEMALE),
            made_member(3, Sex.MALE, father="P1AAAA", mother="P2AAAA"),
        ),
        "left_out": {"no consent": 1},
        "reference": Reference(
            genome="GRCh38",
            accession="GCA_000001405.15",
            seqcol=sequence_collection(
                [Sequence(c.name, c.length, c.md5, c.refget[3:]) for c in contigs]
            ),
            contigs=contigs,
        ),
        "provenance": Provenance(
            tools={"bwa": "0.7.17-r1188", "gatk": "4.6.2.0", "samtools": "1.16.1"},
            programs=(
                Program(name="bwa", version="0.7.17-r1188", command="bwa mem -K 100000000 -Y"),
                Program(name="samtools", version="1.16.1", command="samtools markdup -d 100"),
            ),
            settings={"align.aligner": "bwa", "call.caller": "gatk"},
            caller="GATK HaplotypeCaller 4.6.2.0",
        ),
        "recipients": ("0b" * 32,),
    }
    return Record.model_validate(values | others)
