"""Ways to damage the demo's bundle in one place: at least one for every rule of verify."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.run.bundles import ALIAS, Workshop, bgzipped

from schelde.bundle.record import RECORD, Role
from schelde.documents.manifest import MANIFEST
from schelde.seal.keys import public_of
from schelde.sheet import Assay

Change = Callable[[Workshop], object]

CRAM, VCF = "encrypted/{father}.cram.c4gh", "encrypted/{father}.vcf.gz.c4gh"
QC, VERDICT = "qc/{father}.ga4gh-wgs-qc.json", "qc/{father}.verdict.json"
SAMPLE, RUN = "ega/api/sample-{father}.json", "ega/api/run-{father}.reads.json"
EXPERIMENT = "ega/api/experiment-{father}.wgs.json"
ANALYSIS = "ega/api/analysis-{father}.variants.json"
ISOLATED, CALLS = "sda/isolated/messages.jsonl", "sda/isolated/calls.jsonl"
SUBJECTS, SAMPLES = "hmd/subjects.json", "hmd/samples.json"
SEQUENCES, TOOLS = "hmd/sequences.json", "hmd/digital-resources.json"
PACKET, FAMILY = "phenopackets/{s_father}.json", "phenopackets/families/{s_child}.json"
GENOMES, SITES = "catalogue/subject-level.ttl", "catalogue/aggregated.ttl"
CRATE, FREQUENCIES = "provenance/ro-crate-metadata.json", f"aggregated/{ALIAS}.af.vcf.gz"
PACKAGE = "aggregated/package.yaml"
GHGA, CASES = "national/ghga.json", "national/grz/cases.json"
GRZ = "national/grz/{child}/metadata/metadata.json"
TRIO, GERMAN, WITHDRAWN = "trio", "german", "withdrawn"


@dataclass(frozen=True)
class Damage:
    """``what`` is changed, the rule that has to find it, and part of what it says then.

    ``of``: the bundle that is damaged. ``mends``: sizes and checksums are put right afterwards.
    ``alone``: no other rule finds it.
    """

    rule: str
    what: str
    change: Change
    says: str
    of: str = TRIO
    mends: bool = True
    alone: bool = False


def put(path: str, *keys: str | int, to: Any) -> Change:
    """Return a damage that puts a value at a place of a JSON document."""

    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = to

    return lambda shop: shop.json(path, change)


def drop(path: str, *keys: str | int) -> Change:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return lambda shop: shop.json(path, change)


def text(path: str, old: str, new: str) -> Change:
    return lambda shop: shop.text(path, old, new)


def message(number: int, **fields: Any) -> Change:
    return lambda shop: shop.lines(ISOLATED, lambda lines: lines[number].update(fields))


def cut(path: str, size: int) -> Change:
    return lambda shop: shop.put(path, shop.path(path).read_bytes()[:-size])


def flipped(path: str, at: int) -> Change:
    def change(shop: Workshop) -> None:
        content = bytearray(shop.path(path).read_bytes())
        content[at] ^= 1
        shop.put(path, bytes(content))

    return change


def sam(old: str, new: str, version: str = "3.0") -> Change:
    """Return a damage to the first place of a pattern in the father's CRAM, as SAM text."""

    def change(shop: Workshop) -> None:
        names = shop.names

        def edit(lines: str) -> str:
            changed, places = re.subn(
                old.format(**names), new.format(**names), lines, count=1, flags=re.MULTILINE
            )
            assert places, f"the CRAM has no {old!r}"
            return changed

        shop.cram(edit, version)

    return change


def header(old: str, new: str) -> Change:
    """Return a damage to the header of the father's CRAM alone; the blocks of reads stay."""

    def edit(lines: str) -> str:
        changed, places = re.subn(old, new, lines, count=1)
        assert places, f"the CRAM has no {old!r}"
        return changed

    return lambda shop: shop.reheader(edit)


def shortened(role: Role, size: int) -> Change:
    """Return a damage that cuts bytes off a plain file before it is sealed, and tells of them."""
    return lambda shop: shop.reseal(role, shop.plain(role)[:-size])


def sites(old: str, new: str, **told: Any) -> Change:
    def edit(lines: str) -> str:
        changed, places = re.subn(old, new, lines, count=1, flags=re.MULTILINE)
        assert places, f"the frequencies have no {old!r}"
        return changed

    return lambda shop: shop.frequencies(edit, **told)


def recorded(**fields: Any) -> Change:
    """Return a bundle whose record says something else of all, and all documents with it."""
    return lambda shop: shop.rewrite(shop.record.model_copy(update=fields))


def consent(number: int, **fields: Any) -> Change:
    return lambda shop: shop.parts(number, consent=fields)


def resealed(shop: Workshop) -> None:
    """Seal the father's VCF to a stranger alone; its bytes, and all that is told, are right."""
    stranger = Workshop(shop.root, public_of(b"s" * 32), shop.secret, shop.results)
    stranger.reseal(Role.VARIANTS, shop.plain(Role.VARIANTS))


def other_plain(shop: Workshop) -> None:
    """Seal another VCF than the one whose plain checksums are recorded."""
    told = shop.record.members[0].file(Role.VARIANTS)
    changed = bgzipped("##fileformat=VCFv4.2\n", shop.root.with_name("other"))
    shop.reseal(Role.VARIANTS, changed, size=told.size, plain=told.plain)


def renamed(shop: Workshop) -> None:
    """Call the father's VCF as if it were the mother's, in all documents."""
    member = shop.record.members[0]
    files = [
        file.model_copy(update={"name": "P9.vcf.gz"}) if file.role is Role.VARIANTS else file
        for file in member.files
    ]
    old = shop.root / member.file(Role.VARIANTS).path
    old.rename(old.with_name("P9.vcf.gz.c4gh"))
    shop.members(0, files=tuple(files))


def of_nobody(shop: Workshop) -> None:
    """Leave a file of who has withdrawn."""
    note = shop.record.withdrawals[0]
    shop.put(f"qc/{note.samples[0]}.verdict.json", "{}")
    name = f"qc/{note.samples[0]}.verdict.json"
    shop.json(MANIFEST, lambda document: document["files"].append(_entry(document, name)))


def _entry(document: Any, path: str) -> dict[str, Any]:
    like = next(entry for entry in document["files"] if entry["role"] == "document")
    return like | {"path": path}


def on_page(shop: Workshop) -> None:
    shop.text("index.html", "</main>", f"<p>{shop.record.withdrawals[0].subject}</p></main>")


def also_in(path: str) -> Change:
    """Return a damage that lists a private file, so that it is no file too many."""

    def change(shop: Workshop) -> None:
        shop.put(path, "x")
        shop.json(MANIFEST, lambda document: document["files"].append(_entry(document, path)))

    return change


def second_permission(shop: Workshop) -> None:
    use = shop.record.dataset.use.model_copy(update={"modifiers": ("DUO:0000042",)})
    dataset = shop.record.dataset.model_copy(update={"use": use})
    shop.rewrite(shop.record.model_copy(update={"dataset": dataset}))


def altered_count(shop: Workshop) -> None:
    """Tell of twice the SNVs, in the record and in all documents."""
    member = shop.record.members[0]
    count = 2 * int(member.metrics["count_snvs"] or 0)
    ga4gh = member.model_copy(deep=True).ga4gh
    ga4gh["wgs_qc_metrics"]["variant_metrics"]["count_snvs"] = count
    shop.members(0, ga4gh=ga4gh, metrics={**member.metrics, "count_snvs": count})


def altered_share(shop: Workshop) -> None:
    """Tell of fewer mapped reads than there are, in the record and in all documents."""
    member = shop.record.members[0].model_copy(deep=True)
    member.ga4gh["wgs_qc_metrics"]["aln_metrics"]["pct_reads_mapped"] = 91.5
    for rule in member.verdict["profiles"][0]["rules"]:
        if rule["metric"] == "pct_reads_mapped":
            rule["value"] = 91.5
    metrics = {**member.metrics, "pct_reads_mapped": 91.5}
    shop.members(0, ga4gh=member.ga4gh, metrics=metrics, verdict=member.verdict)


def more_records(shop: Workshop) -> None:
    member = shop.record.members[0]
    files = [
        file.model_copy(update={"records": (file.records or 0) + 1})
        if file.role is Role.READS
        else file
        for file in member.files
    ]
    shop.members(0, files=tuple(files))


def lone_index(shop: Workshop) -> None:
    """Put the index of another file beside the frequencies."""
    shop.put(f"{FREQUENCIES}.tbi", shop.plain(Role.VARIANTS_INDEX))


DONOR = ("donors", 0)
DATA = (*DONOR, "labData", 0, "sequenceData")

DAMAGES = [
    Damage(
        "files.manifest",
        "another dataset",
        put(MANIFEST, "dataset", to="x"),
        "dataset is 'x'",
        mends=False,
    ),
    Damage(
        "files.names",
        "a file is missing",
        lambda shop: shop.path(CRAM).unlink(),
        "this file is missing; the manifest lists it",
        mends=False,
    ),
    Damage(
        "files.names",
        "a file more",
        lambda shop: shop.put("ega/notes.txt", "x"),
        "this file is not in the manifest",
        mends=False,
        alone=True,
    ),
    Damage(
        "files.checksums", "a bit of a ciphertext", flipped(VCF, -100), "its sha256 is", mends=False
    ),
    Damage(
        "files.record",
        "the record knows another checksum",
        lambda shop: shop.json(
            RECORD, lambda told: told["members"][0]["files"][0]["plain"].update(md5="0" * 32)
        ),
        "plain.md5 is",
    ),
    Damage(
        "files.lists",
        "a checksum in a list",
        lambda shop: shop.put("encrypted/checksum_encrypted.md5", ""),
        "is missing",
    ),
    Damage("files.sealed", "a truncated ciphertext", cut(CRAM, 70_000), "it holds", mends=False),
    Damage("files.key", "sealed to a stranger", resealed, "this key does not open it"),
    Damage(
        "plain.checksums",
        "a bit of a ciphertext",
        flipped(CRAM, -100),
        "it cannot be decrypted",
        mends=False,
    ),
    Damage("plain.checksums", "another file inside", other_plain, "the md5 of the plain file is"),
    Damage(
        "plain.records", "a number of records", more_records, "records; recorded are", alone=True
    ),
    Damage(
        "plain.records",
        "a CRAM without its end",
        shortened(Role.READS, 38),
        "does not end as a CRAM 3.0 does",
        alone=True,
    ),
    Damage(
        "plain.records",
        "a VCF cut in a block",
        shortened(Role.VARIANTS, 60),
        "it cannot be unpacked",
    ),
    Damage(
        "plain.reads",
        "a share of reads",
        altered_share,
        "pct_reads_mapped is declared as 91.5",
        alone=True,
    ),
    Damage(
        "plain.variants",
        "a number of variants",
        altered_count,
        "count_snvs is declared as",
        alone=True,
    ),
    Damage(
        "identity.documents",
        "another alias",
        put(QC, "biosample", "id", to="P9"),
        "biosample.id is 'P9' and not",
    ),
    Damage("identity.files", "a file of another name", renamed, "is not named '"),
    Damage(
        "identity.reference",
        "another contig in the collection",
        put("reference/seqcol.json", "level2", "names", 0, to="chr99"),
        "number 1 is chr99",
    ),
    Damage(
        "identity.aliases",
        "SM of a read group",
        sam(r"SM:{father}$", "SM:P9"),
        "has SM 'P9'",
        alone=True,
    ),
    Damage(
        "identity.aliases",
        "the column of a VCF",
        lambda shop: shop.vcf("FORMAT\t{father}\n", "FORMAT\tP9\n"),
        "its columns are ['P9']",
        alone=True,
    ),
    Damage(
        "identity.contigs",
        "M5 of a contig in a CRAM",
        header("(SN:chrM.*M5:)[0-9a-f]{32}", r"\g<1>" + "0" * 32),
        "number 4 is ('chrM', '16569', '00",
        alone=True,
    ),
    Damage(
        "identity.contigs",
        "MD5 of a contig in a VCF",
        lambda shop: shop.vcf_matching("(ID=chrM.*md5=)[0-9a-f]{32}", r"\g<1>" + "0" * 32),
        "number 4 is ('chrM', '16569', '00",
        alone=True,
    ),
    Damage(
        "identity.cram",
        "CRAM 3.1",
        sam("@HD", "@HD", "3.1"),
        "version [3, 1]; CRAM 3.0 is asked for",
        alone=True,
    ),
    Damage(
        "identity.vcf",
        "a genotype that cannot be",
        lambda shop: shop.vcf_matching("\t[01]([/|][01])?:", "\t7/7:"),
        "GT is '7/7'",
        alone=True,
    ),
    Damage(
        "identity.exomes",
        "an exome without targets",
        lambda shop: shop.members(0, assay=Assay.WES),
        "has no BED of its targets",
    ),
    Damage(
        "identity.targets",
        "targets past the end of a contig",
        lambda shop: shop.add(Role.TARGETS, b"chrM\t0\t99999\n", records=1),
        "a target ends at 99999, past the end of chrM",
    ),
    Damage(
        "privacy.names", "a space in a name", also_in("qc/Zyx wvut.json"), "is not made of letters"
    ),
    Damage(
        "privacy.paths",
        "a folder of home in a document",
        lambda shop: shop.json(
            "provenance/versions.json", lambda told: told["tools"].update(bwa="/home/zyxwvut/bwa")
        ),
        "a path of a machine: '/home/zyxwvut'",
    ),
    Damage(
        "privacy.hosts",
        "an account in a document",
        text(SAMPLE, '"healthy"', '"zyxwvut@node7.hpc"'),
        "an account that is not declared",
    ),
    Damage(
        "privacy.headers",
        "a name in a header of reads",
        sam(r"^@RG", "@CO\tZyxwvut\n@RG"),
        "a line of its header is not on the list: '@CO\\tZyxwvut'",
        alone=True,
    ),
    Damage(
        "privacy.headers",
        "a name in a header of variants",
        lambda shop: shop.vcf("#CHROM", "##owner=Zyxwvut\n#CHROM"),
        "is not on the list",
        alone=True,
    ),
    Damage(
        "privacy.headers",
        "names of reads",
        sam(r"^[0-9a-f]{{20}}\t", "HDEMOAAXX:1:1101:1:1\t"),
        "have names that are no hashes",
    ),
    Damage("consent.permission", "a second permission", second_permission, "is no modifier of DUO"),
    Damage(
        "consent.use",
        "an agreement to less",
        consent(1, permission="DUO:0000011"),
        "which does not allow the dataset's use",
    ),
    Damage(
        "consent.in_force",
        "an expired consent",
        consent(1, expires="2026-01-01"),
        "held until 2026-01-01",
    ),
    Damage(
        "consent.children",
        "a child that agreed itself",
        consent(2, given_by="self"),
        "it should be by a guardian",
    ),
    Damage(
        "consent.withdrawn",
        "a file of who has withdrawn",
        of_nobody,
        "this is about a person who has withdrawn",
        of=WITHDRAWN,
    ),
    Damage(
        "qc.ga4gh",
        "altered quality",
        put(QC, "wgs_qc_metrics", "aln_metrics", "mean_autosome_coverage", to=60.0),
        "mean_autosome_coverage is 60.0, but",
    ),
    Damage(
        "qc.verdict",
        "an altered threshold",
        put(VERDICT, "profiles", 0, "rules", 0, "threshold", to=99),
        "but its value gives fail",
    ),
    Damage(
        "reference.seqcol",
        "another digest",
        put("reference/seqcol.json", "digest", to="A" * 32),
        "the digest is not",
    ),
    Damage("ega.payloads", "no phenotype", drop(SAMPLE, "phenotype"), "'phenotype' is a required"),
    Damage(
        "ega.order", "a payload that is not posted", drop("ega/api/steps.json", 2), "never posted"
    ),
    Damage("ega.xml", "another species", text("ega/xml/sample.xml", "9606", "10090"), "line "),
    Damage(
        "ega.aliases",
        "another alias",
        text("ega/xml/sample.xml", 'alias="{father}"', 'alias="P9"'),
        "leaves out",
    ),
    Damage(
        "ega.references",
        "a run of no experiment",
        text("ega/xml/run.xml", 'refname="{father}.wgs"', 'refname="gone"'),
        "refers to the experiment 'gone'",
    ),
    Damage(
        "ega.submission",
        "a document left out",
        text("ega/xml/submission.xml", 'schema="run"', 'schema="rune"'),
        "leaves out run",
    ),
    Damage(
        "ega.files",
        "the file of somebody else",
        lambda shop: put(RUN, "files", to=[f"@file:{shop.names['mother']}.cram.c4gh"])(shop),
        "which is of",
    ),
    Damage(
        "ega.checksums",
        "an MD5",
        lambda shop: shop.text(
            "ega/xml/run.xml", shop.record.members[0].file(Role.READS).encrypted.md5, "0" * 32
        ),
        f"is {'0' * 32}, but",
    ),
    Damage(
        "ega.links",
        "a run outside the dataset",
        drop("ega/api/dataset.json", "run_provisional_ids", 0),
        "leaves out",
    ),
    Damage(
        "ega.samples",
        "another sex",
        put(SAMPLE, "biological_sex", to="female"),
        "is 'female', but 'male'",
    ),
    Damage(
        "ega.quality",
        "an altered number",
        put(RUN, "extra_attributes", 2, "value", to="60"),
        "is 60, but",
    ),
    Damage(
        "ega.vocabulary",
        "a word that EGA has not",
        put(EXPERIMENT, "library_selection", to="LOTTERY"),
        "'LOTTERY' is no word of EGA",
    ),
    Damage(
        "ega.genome",
        "another genome",
        lambda shop: shop.json(
            ANALYSIS,
            lambda told: told.update(genome_id=15, chromosomes=[{"id": 69, "label": "chr20"}]),
        ),
        "genome_id",
    ),
    Damage(
        "ega.dataset",
        "another title",
        put("ega/api/dataset.json", "title", to="Another"),
        "title of the dataset is 'Another'",
    ),
    Damage(
        "ega.duo",
        "two permissions",
        text("ega/xml/policy.xml", 'code="0000019"', 'code="0000042"'),
        "there must be one DUO permission",
    ),
    Damage(
        "sda.messages",
        "a path upwards",
        message(0, filepath="demo-trio/encrypted/../x.c4gh"),
        "line 1, $.filepath",
    ),
    Damage(
        "sda.order",
        "the release first",
        lambda shop: shop.lines(ISOLATED, lambda lines: lines.insert(0, lines.pop())),
        "not in the order",
    ),
    Damage(
        "sda.files",
        "a file never taken in",
        lambda shop: shop.lines(ISOLATED, lambda lines: lines.pop(0)),
        "no message 'ingest' of",
    ),
    Damage(
        "sda.checksums",
        "a checksum",
        lambda shop: shop.lines(
            ISOLATED, lambda lines: lines[0]["encrypted_checksums"][0].update(value="0" * 64)
        ),
        "sha256 in encrypted_checksums",
    ),
    Damage(
        "sda.accessions",
        "one accession twice",
        lambda shop: shop.lines(
            ISOLATED, lambda lines: lines[19].update(accession_id=lines[18]["accession_id"])
        ),
        "2 files have the id",
    ),
    Damage(
        "sda.calls",
        "a call too few",
        lambda shop: shop.lines(CALLS, lambda lines: lines.pop(0)),
        "calls for",
    ),
    Damage(
        "hmd.schema",
        "a date in words",
        put(SUBJECTS, "records", 0, "items", "Birth Date", to="spring"),
        "does not match",
    ),
    Damage(
        "hmd.subjects",
        "a subject of another name",
        put(SUBJECTS, "records", 0, "items", "Subject ID", to="S9"),
        "'S9' is not in the record",
    ),
    Damage(
        "hmd.samples",
        "the sample of another subject",
        put(SAMPLES, "records", 0, "of", "Subject", to="S9"),
        "who is not in hmd/",
    ),
    Damage(
        "hmd.relations",
        "a lost parent",
        drop("hmd/sample-relations.json", "records", 0),
        "is not related to its parent",
    ),
    Damage(
        "hmd.depth",
        "another depth",
        put(SEQUENCES, "records", 0, "items", "Average depth of coverage", to=60),
        "is 60",
    ),
    Damage(
        "hmd.qc",
        "other metrics",
        put(SEQUENCES, "records", 0, "items", "Additional NGS quality control metrics", to="{}"),
        "is not what qc/",
    ),
    Damage(
        "hmd.formats",
        "another format",
        put(SEQUENCES, "records", 0, "items", "Final_output_file_format", "code", to="format_2572"),
        "is 'format_2572'",
    ),
    Damage(
        "hmd.resources",
        "a command with a path",
        put(TOOLS, "records", 1, "items", "Parameters", to=["bwa mem x.fq"]),
        "not a command line",
    ),
    Damage(
        "hmd.dates",
        "a sample of the future",
        put(SAMPLES, "records", 0, "items", "Date", to="2027-01-01"),
        "after the bundle was issued",
    ),
    Damage(
        "phenopackets.schema", "a name", put(PACKET, "name", to="Zyxwvut"), "'name' was unexpected"
    ),
    Damage(
        "phenopackets.parse",
        "a sex that there is not",
        put(PACKET, "subject", "sex", to="boy"),
        "Invalid enum value boy",
    ),
    Damage(
        "phenopackets.subjects",
        "another subject",
        put(PACKET, "subject", "id", to="S9"),
        "its subject is 'S9'",
    ),
    Damage(
        "phenopackets.families",
        "another child",
        drop(FAMILY, "proband", "phenotypicFeatures"),
        "is not the one in",
    ),
    Damage(
        "phenopackets.sex",
        "another sex",
        put(PACKET, "subject", "sex", to="FEMALE"),
        "its sex is 'FEMALE'",
    ),
    Damage(
        "phenopackets.files",
        "another file",
        put(PACKET, "files", 0, "uri", to="../encrypted/P9.cram.c4gh"),
        "is not a file of manifest",
    ),
    Damage(
        "phenopackets.terms",
        "a term in words",
        put("phenopackets/{s_child}.json", "phenotypicFeatures", 0, "type", "id", to="seizure"),
        "'seizure' is not a term",
    ),
    Damage(
        "phenopackets.dates",
        "another birth",
        put(PACKET, "subject", "dateOfBirth", to="1950-01-01T00:00:00Z"),
        "dateOfBirth is",
    ),
    Damage(
        "dcat.shapes",
        "no title",
        text(GENOMES, 'dct:title "A made-up trio from the Schelde"@en ;', ""),
        "dct:title",
    ),
    Damage(
        "dcat.same",
        "another text in one form",
        text(GENOMES, "Data desk", "Another desk"),
        "statements are in this or in",
    ),
    Damage(
        "dcat.identifier",
        "another identifier",
        text(GENOMES, '"GDI-BE-EXAMPLE-20260101"', '"GDI-BE-X-1"'),
        "GDI-BE-X-1",
    ),
    Damage(
        "dcat.numbers",
        "numberOfRecords",
        text(GENOMES, 'numberOfRecords "9"', 'numberOfRecords "8"'),
        "numberOfRecords is 8; it should be 9",
    ),
    Damage(
        "dcat.access",
        "genomes for everybody",
        text(GENOMES, "access-right/NON_PUBLIC", "access-right/PUBLIC"),
        "declared PUBLIC",
    ),
    Damage(
        "dcat.names",
        "a sample in the catalogue",
        text(SITES, "A made-up trio", "{father}"),
        "it names '",
    ),
    Damage(
        "dcat.governance",
        "another legal basis",
        text(GENOMES, "dpv:Consent", "dpv:Contract"),
        "it should be",
    ),
    Damage(
        "dcat.use",
        "two permissions",
        text(GENOMES, "dct:rights obo:DUO_0000006", "dct:rights obo:DUO_0000042, obo:DUO_0000006"),
        "has 2 DUO permissions",
    ),
    Damage(
        "dcat.files",
        "another size",
        lambda shop: shop.put(
            GENOMES, re.sub(r'byteSize "[0-9]+"', 'byteSize "7"', shop.path(GENOMES).read_text())
        ),
        "7 bytes",
    ),
    Damage(
        "dcat.catalog",
        "a dataset that is not listed",
        lambda shop: shop.put(
            "catalogue/catalog.ttl",
            re.sub(r",\s*<[^>]*20260102>", "", shop.path("catalogue/catalog.ttl").read_text()),
        ),
        "it lists",
    ),
    Damage(
        "crate.schema",
        "a host",
        lambda shop: shop.json(CRATE, lambda told: told["@graph"][1].update(host="node7")),
        "'host' was unexpected",
    ),
    Damage(
        "crate.links",
        "a run that is not described",
        lambda shop: shop.json(
            CRATE,
            lambda told: told["@graph"].remove(
                next(one for one in told["@graph"] if one["@id"] == "#run")
            ),
        ),
        "which nothing describes",
    ),
    Damage(
        "crate.results",
        "another checksum",
        lambda shop: shop.json(
            CRATE,
            lambda told: next(
                one
                for one in told["@graph"]
                if one["@id"].endswith(".cram.c4gh") and "sha256" in one
            ).update(sha256="0" * 64),
        ),
        "sha256 of",
    ),
    Damage(
        "crate.versions",
        "another version",
        put("provenance/versions.json", "caller", to="x"),
        "'caller' is x, but",
    ),
    Damage(
        "crate.settings",
        "another setting",
        put("provenance/parameters.json", "settings", "call.caller", to="x"),
        "'call.caller' is x",
    ),
    Damage(
        "crate.dataset",
        "another workflow",
        lambda shop: shop.put("provenance/Snakefile", "rule other: pass\n"),
        "this is not the workflow that the record keeps",
    ),
    Damage(
        "frequencies.files",
        "a table of people",
        also_in("aggregated/people.tsv"),
        "the record does not tell of it",
    ),
    Damage(
        "frequencies.header",
        "a column of a sample",
        sites("FILTER\tINFO$", "FILTER\tINFO\tFORMAT\tP9"),
        "not those of sites alone",
    ),
    Damage(
        "frequencies.sites",
        "an allele in words",
        sites(r"\t([ACGT])\t([ACGT])\t", r"\t\1\t<*>\t"),
        "they are not bases alone",
    ),
    Damage("frequencies.numbers", "AF", sites(r"AF=0\.25;", "AF=0.8;"), "AF is 0.8"),
    Damage(
        "frequencies.minimum",
        "the least count",
        lambda shop: shop.frequencies(
            lambda lines: lines.replace("##minimumCount=1 ", "##minimumCount=3 "), minimum_count=3
        ),
        "below the least count of 3",
    ),
    Damage(
        "frequencies.count",
        "a number of records",
        lambda shop: shop.frequencies(lambda lines: lines, sites=7),
        "and 7 by the record",
    ),
    Damage(
        "frequencies.index", "the index of another file", lone_index, "it is no index of this file"
    ),
    Damage(
        "frequencies.package",
        "another number of people",
        text(PACKAGE, "numberOfUniqueIndividuals: 2", "numberOfUniqueIndividuals: 9"),
        "numberOfUniqueIndividuals is 9",
        of=GERMAN,
    ),
    Damage(
        "ghga.schema",
        "no sex",
        drop(GHGA, "individuals", 0, "sex"),
        "'sex' is a required",
        of=GERMAN,
    ),
    Damage(
        "ghga.references",
        "an analysis of nothing",
        put(GHGA, "process_data_files", 0, "analysis", to="none"),
        "is not among the analyses",
        of=GERMAN,
    ),
    Damage(
        "ghga.people",
        "another sex",
        put(GHGA, "individuals", 0, "sex", to="FEMALE"),
        "is 'FEMALE', but 'MALE'",
        of=GERMAN,
    ),
    Damage(
        "ghga.files",
        "a file left out",
        drop(GHGA, "process_data_files", 0),
        "is in the bundle, but not in the submission",
        of=GERMAN,
    ),
    Damage(
        "ghga.ages",
        "another age",
        put(GHGA, "samples", 0, "biospecimen_age_at_sampling", to="81_OR_OLDER"),
        "said to be 81_OR_OLDER",
        of=GERMAN,
    ),
    Damage(
        "ghga.policy",
        "another use",
        put(GHGA, "data_access_policies", 0, "data_use_permission_id", to="DUO:0000004"),
        "data_use_permission_id is DUO:0000004",
        of=GERMAN,
    ),
    Damage(
        "ghga.asked",
        "another DOI",
        put(GHGA, "analysis_methods", 0, "workflow_doi", to="10.1234/x"),
        "'workflow_doi' is '10.1234/x'",
        of=GERMAN,
    ),
    Damage(
        "grz.cases",
        "a case without donors",
        put(CASES, "cases", 0, "donors", to=["P9"]),
        "has donors P9",
        of=GERMAN,
    ),
    Damage(
        "grz.schema", "no tanG", drop(GRZ, "submission", "tanG"), "'tanG' is a required", of=GERMAN
    ),
    Damage(
        "grz.donors",
        "another gender",
        put(GRZ, "donors", 1, "gender", to="other"),
        "gender of sample",
        of=GERMAN,
    ),
    Damage(
        "grz.files",
        "another checksum",
        put(GRZ, *DATA, "files", 0, "fileChecksum", to="0" * 64),
        "is not that of the record",
        of=GERMAN,
    ),
    Damage(
        "grz.quality",
        "another depth",
        put(GRZ, *DATA, "meanDepthOfCoverage", to=99.0),
        "declares mean_autosome_coverage of 99",
        of=GERMAN,
    ),
    Damage(
        "grz.consent",
        "a consent of somebody else",
        lambda shop: shop.put(
            GRZ, re.sub(r"Patient/[^\"]+", "Patient/Zyxwvut", shop.path(GRZ).read_text(), count=1)
        ),
        "a consent of",
        of=GERMAN,
    ),
    Damage(
        "page.alone",
        "a script",
        text("index.html", "</main>", "<script>1</script></main>"),
        "has a <script>",
    ),
    Damage(
        "page.samples",
        "another verdict",
        lambda shop: shop.put(
            "index.html",
            re.sub(
                'class="verdict (pass|review)"',
                'class="verdict fail"',
                shop.path("index.html").read_text(),
                count=1,
            ),
        ),
        "['fail'], the record has",
    ),
    Damage("page.withdrawn", "who has withdrawn", on_page, "names ", of=WITHDRAWN),
    Damage(
        "page.readable",
        "no language",
        text("index.html", ' lang="en"', ""),
        "its language is not told",
    ),
]
