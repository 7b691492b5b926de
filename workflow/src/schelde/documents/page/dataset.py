"""What the page says of the dataset: what is inside, who answers for it, what was proved."""

from __future__ import annotations

from schelde.bundle.record import Record, Role
from schelde.documents.page.markup import (
    Html,
    code,
    facts,
    fold,
    joined,
    link,
    row,
    section,
    table,
    tag,
)
from schelde.documents.page.quality import OPEN
from schelde.documents.page.words import counted, listed, size

KINDS = {
    Role.READS: "Aligned reads (CRAM)",
    Role.READS_INDEX: "Index of the reads",
    Role.VARIANTS: "Variants (VCF)",
    Role.VARIANTS_INDEX: "Index of the variants",
    Role.GVCF: "All sites (gVCF)",
    Role.GVCF_INDEX: "Index of all sites",
    Role.FASTQ_1: "Raw reads, first ends (FASTQ)",
    Role.FASTQ_2: "Raw reads, second ends (FASTQ)",
    Role.TARGETS: "Targets of the exome (BED)",
}

FOLDERS = (
    ("manifest.json", "every file with size and checksums, before and after encryption"),
    ("encrypted/", "the files of the samples, and checksums as sda-cli writes them"),
    ("qc/", "GA4GH metrics and the verdict of each sample, rule by rule"),
    ("ega/", "objects for EGA and its federated nodes: Submission API 3.0 and XML"),
    ("sda/", "messages for a Sensitive Data Archive"),
    ("hmd/", "1+MG harmonised minimal dataset v1.1: people, samples, sequencing"),
    ("phenopackets/", "a GA4GH Phenopacket for each person, families with pedigree"),
    ("catalogue/", "records for a data catalogue (HealthDCAT-AP), with terms of use"),
    ("reference/", "the reference genome as a GA4GH sequence collection"),
    ("provenance/", "how the data were made (Workflow Run RO-Crate), and record.json, from which "
     "every other document follows"),
    ("validation/", "what came of every check when the bundle was written"),
)  # fmt: skip

GOVERNANCE = {
    "ExternallyGoverned": "Externally governed: access is given under the holder's own rules, "
    "outside the governance of 1+MG.",
    "1MGCompliant": "1+MG compliant: its holder makes it available under the data governance of "
    "1+MG.",
    "1MGCohort": "1+MG cohort: the Genome EDIC is its controller.",
}

PROVED = (
    "every file is there, as large as told, with the checksums of manifest.json",
    "with a recipient's key: what is inside decrypts to the bytes that were sealed",
    "one pseudonym names a sample in file names, read groups, VCF columns, metrics and all "
    "documents, and no name, path or host of the makers is left",
    "every contig has one MD5 in CRAM, VCF and the sequence collection",
    "every document keeps its schema, and they agree with one another",
    "each person has one permission that covers the use of the dataset, and it has not run out",
    "metrics and verdicts are those of the record, and every rule was judged as it says",
)


def inside(record: Record) -> Html:
    """Return the section of files by kind, and of the folders of documents."""
    rows = []
    for role, words in KINDS.items():
        files = [file for _, file in record.files if file.role is role]
        if files:
            plain, sealed = (
                sum(file.size for file in files),
                sum(file.encrypted_size for file in files),
            )
            rows.append(row(words, f"{len(files):,}", size(plain), size(sealed), numbers=[0, 1, 2]))
    folders = [row(link(name), words) for name, words in _folders(record)]
    return section(
        "inside",
        "What is inside",
        table("Encrypted files", ("Kind", "#Files", "#Plain", "#Encrypted"), rows),
        table("All but encrypted/ is readable without a key", ("Place", "What it holds"), folders),
        _every_file(record),
    )


def _folders(record: Record) -> list[tuple[str, str]]:
    found = list(FOLDERS)
    if record.frequencies is not None:
        found.append(("aggregated/", "allele frequencies without genotypes, for anyone to see"))
    if record.withdrawals:
        found.append(("withdrawals.json", "who was taken out of the bundle, by pseudonym"))
    if record.national.ghga or record.national.grz:
        found.append(("national/", "the same bundle as a national node asks for it"))
    return found


def _every_file(record: Record) -> Html:
    count = sum(1 for _ in record.files)
    if len(record.members) > OPEN:
        where = joined([f"{count:,} files are listed in ", link("manifest.json"), "."])
        return tag("p", where, class_="quiet")
    rows = [
        row(code(f"{file.name}.c4gh"), size(file.encrypted_size), numbers=[0])
        for _, file in record.files
    ]
    whole = table("Files in encrypted/", ("File", "#Size"), rows)
    return fold(f"All {counted(count, 'encrypted file')}, one by one", whole)


def about(record: Record) -> Html:
    """Return the section of the dataset as its catalogue shows it."""
    told = record.dataset
    publisher, contact, committee = told.publisher, told.contact, told.committee
    where = f" ({publisher.country})"
    return section(
        "about",
        "About the dataset",
        facts(
            [
                ("Identifier", code(told.identifier)),
                ("Issued", tag("time", told.issued, datetime=told.issued)),
                ("To be shown from", tag("time", told.release, datetime=told.release)),
                ("Study", f"{told.study.title}. {told.study.description}"),
                ("Keywords", listed(told.keywords)),
                (
                    "Publisher",
                    joined([link(publisher.homepage, publisher.name), where]),
                ),
                ("Made by", listed([each.name for each in told.creators])),
                (
                    "Contact",
                    joined([link(contact.url, contact.name), ", ", _mail(contact.email)]),
                ),
                (
                    "Access is decided by",
                    joined([f"{committee.title}, {committee.institute}, ", _mail(committee.email)]),
                ),
                ("Access is asked for at", link(told.access_url)),
                ("Terms", f"{told.policy.title}: {told.policy.text}"),
                ("Licence", link(told.license)),
                ("Access right", told.access.replace("_", " ").lower()),
            ]
        ),
    )


def _mail(address: str) -> Html:
    return link(f"mailto:{address}", address)


def proved(record: Record) -> Html:
    """Return the section on what is declared and what is proved; the two are not the same."""
    declared = record.dataset.conforms_to
    first = joined(
        [
            tag("b", "Declared: "),
            code(f"conformsTo {declared}"),
            f". {GOVERNANCE[declared]} The holder of the data says so. No software can find it out "
            "or grant it: “1+MG compliant” is a matter of governance.",
        ]
    )
    second = joined(
        [
            tag("b", "Proved: "),
            "technical conformance, by checks that need nothing but the bundle. When all have "
            "passed, ",
            code("schelde verify"),
            " has proved that",
        ]
    )
    third = joined(
        [
            "What came of each check is in ",
            link("validation/result.json"),
            ", in the form of a validator of the GDI validation framework.",
        ]
    )
    return section(
        "proved",
        "What is declared, and what is proved",
        tag("p", first, class_="note"),
        tag("p", second),
        tag("ul", *(tag("li", each) for each in PROVED)),
        tag("p", third),
    )
