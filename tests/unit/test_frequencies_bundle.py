"""Frequencies in a bundle: their description, and each damage to them told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
import yaml
from tests.unit.damage import MALFORMED
from tests.unit.made_record import DESCRIPTION, made_record
from tests.unit.told import told_by_rule

from schelde.bundle.record import RECORD, Frequencies, Record
from schelde.documents.frequencies import PACKAGE, documents
from schelde.verify.frequencies import RULES
from schelde.verify.frequency_rows import RowError, suffix_of
from schelde.verify.rule import Bundle
from schelde.verify.schema import validator

NAME = "made-trio.af.vcf.gz"
VCF = f"aggregated/{NAME}"
TAGS = [
    f"{tag}{group}" if tag in ("AF", "AC", "AN") else f"AC{group}_{tag}"
    for group in ("", "_F", "_M")
    for tag in ("AF", "AC", "AN", "Hom", "Het", "Hemi")
]
HEADER = [
    "##fileformat=VCFv4.2",
    "##source=Schelde 0.0.0",
    "##reference=GRCh38",
    "##individuals=4",
    "##individualsLeftOut=1 (children whose parents are both counted)",
    "##minimumCount=2 (alleles that are counted less often are left out)",
    "##missing=genotypes with GQ below 20",
    '##FILTER=<ID=PASS,Description="All filters passed">',
    *(f'##INFO=<ID={tag},Number=A,Type=Integer,Description="{tag}">' for tag in TAGS),
    "##contig=<ID=chr20,length=150000,assembly=GRCh38,md5=3ad83d588817a1bfc06e7091bf9b9b38>",
    "##contig=<ID=chrM,length=16569,assembly=GRCh38,md5=7fcf6f4cee3aefcb54f34af00f13876c>",
    "#CHROM POS ID REF ALT QUAL FILTER INFO".replace(" ", "\t"),
]


def numbers(group: str, known: int, hom: int, het: int, hemi: int) -> str:
    count = hom + het + hemi
    parts = f"AC{group}_Hom={hom};AC{group}_Het={het};AC{group}_Hemi={hemi}"
    return f"AF{group}={count / known:.6g};AC{group}={count};AN{group}={known};{parts}"


SEXES = f"{numbers('_F', 4, 2, 1, 0)};{numbers('_M', 3, 0, 2, 0)}"
ROWS = [
    f"chr20 100 . A C . PASS {numbers('', 7, 2, 3, 0)};{SEXES}",
    f"chr20 100 . A G . PASS {numbers('', 8, 0, 3, 0)}",
    f"chr20 250 . CAT C . PASS {numbers('', 3, 2, 0, 0)};{numbers('_F', 2, 2, 0, 0)};"
    f"{numbers('_M', 1, 0, 0, 0)}",
    f"chrM 7 . T TA . PASS {numbers('', 3, 0, 0, 2)}",
]
SPECTRUM = [0] * 20
for place in (14, 7, 13, 13):
    SPECTRUM[place] += 1


def made_bundle(root: Path, header: list[str] = HEADER, rows: list[str] = ROWS) -> Record:
    """Write a bundle of frequencies and record alone."""
    (root / "aggregated").mkdir(parents=True)
    plain = root.parent / "plain.vcf"
    lines = [*header, *(row.replace(" ", "\t") for row in rows)]
    plain.write_text("".join(f"{line}\n" for line in lines))
    pysam.tabix_compress(str(plain), str(root / VCF), force=True)
    try:
        pysam.tabix_index(str(root / VCF), preset="vcf", force=True)
    except OSError:
        (root / f"{VCF}.tbi").write_bytes(b"no index")
    content = (root / VCF).read_bytes()
    record = made_record(
        frequencies=Frequencies(
            name=NAME,
            sites=4,
            individuals=4,
            minimum_count=2,
            spectrum=tuple(SPECTRUM),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
    for path, text in {RECORD: record.to_json(), **documents(record)}.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(str(text))
    return record


def findings(root: Path) -> list[str]:
    found = told_by_rule(RULES, Bundle(root))
    return [f"{rule}: {each}" for rule, said in found.items() for each in said]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_whole_frequencies_pass_every_rule(root):
    assert findings(root) == []
    assert all(rule.applies(Bundle(root)) for rule in RULES)
    assert len(RULES) == 8


def test_what_the_counting_job_writes_passes(tmp_path, need):
    need("bcftools", "bgzip", "tabix")
    from tests.unit.test_frequencies import drawn, frequencies

    from schelde.frequencies.people import Settings, levels

    people, _ = drawn(1, tmp_path)
    contigs = made_record().reference.contigs
    lengths = [{"name": c.name, "length": c.length, "md5": c.md5} for c in contigs]
    facts = tmp_path / "facts.json"
    facts.write_text(str({"assembly": "GRCh38", "contigs": lengths}).replace("'", '"'))
    for least in (1, 2, 4):
        bundle = tmp_path / f"bundle{least}"
        made_bundle(bundle)
        told = frequencies(bundle / VCF, people, facts, Settings(minimum_count=least))
        assert levels(people, least)
        record = made_record(frequencies=told)
        (bundle / RECORD).write_text(record.to_json())
        (bundle / PACKAGE).write_text(str(documents(record)[PACKAGE]))
        assert findings(bundle) == []
        assert told.sites > 5


def test_nothing_is_asked_of_a_bundle_without_frequencies(tmp_path):
    (tmp_path / "provenance").mkdir()
    (tmp_path / RECORD).write_text(made_record().to_json())
    assert not any(rule.applies(Bundle(tmp_path)) for rule in RULES)


def test_frequencies_that_a_withdrawal_made_wrong_may_not_stay(root):
    (root / RECORD).write_text(made_record(frequencies=None).to_json())
    said = findings(root)
    assert len(said) == 3
    assert all("the record does not tell of it" in each for each in said)


def row(number: int, old: str, new: str) -> Callable[[Path], None]:
    """Return a damage to one record of the VCF."""

    def rewrite(root: Path) -> None:
        rows = list(ROWS)
        assert old in rows[number]
        rows[number] = rows[number].replace(old, new, 1)
        again(root, rows=rows)

    return rewrite


def head(old: str, new: str) -> Callable[[Path], None]:
    def rewrite(root: Path) -> None:
        text = "\n".join(HEADER)
        assert old in text
        again(root, header=text.replace(old, new, 1).split("\n"))

    return rewrite


def again(root: Path, **parts: list[str]) -> None:
    for path in (root / "aggregated").iterdir():
        path.unlink()
    (root / "aggregated").rmdir()
    made_bundle(root, **parts)


def told(**changes: object) -> Callable[[Path], None]:
    def rewrite(root: Path) -> None:
        record = Record.from_json((root / RECORD).read_text())
        frequencies = record.frequencies.model_copy(update=changes)
        changed = record.model_copy(update={"frequencies": frequencies})
        (root / RECORD).write_text(changed.to_json())

    return rewrite


def package(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def rewrite(root: Path) -> None:
        document = yaml.safe_load((root / PACKAGE).read_text())
        change(document)
        (root / PACKAGE).write_text(yaml.safe_dump(document))

    return rewrite


def put(path: str, content: bytes) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes(content)


def cut(root: Path) -> None:
    content = (root / VCF).read_bytes()
    (root / VCF).write_bytes(content[: len(content) // 2])


def index_of_less(root: Path) -> None:
    """Put the index of a file without the last contig beside the whole file."""
    again(root, rows=ROWS[:3])
    index = (root / f"{VCF}.tbi").read_bytes()
    again(root)
    (root / f"{VCF}.tbi").write_bytes(index)


DAMAGE = {
    "AF altered": (row(0, "AF=0.714286", "AF=0.8"), "numbers: .*chr20:100: AC 5, AN 7: AF is 0.8"),
    "AF is not a number": (row(0, "AF=0.714286", "AF=nan"), "numbers: .*AF is nan and not"),
    "AF is text": (row(0, "AF=0.714286", "AF=often"), "numbers: .*INFO has numbers that are none"),
    "AF of a group altered": (row(0, "AF_F=0.75", "AF_F=0.7"), "AC_F 3, AN_F 4: AF_F is 0.7"),
    "AC above AN": (row(1, "AC=3;AN=8", "AC=3;AN=2"), "numbers: .*more alleles than are known"),
    "AN of nobody": (row(1, "AC=3;AN=8", "AC=3;AN=0"), "more alleles than are known"),
    "AN of too many": (
        row(1, numbers("", 8, 0, 3, 0), numbers("", 9, 0, 3, 0)),
        "numbers: .*AN is 9, and 4 people have 8 at most",
    ),
    "parts": (row(0, "AC_Het=3", "AC_Het=2"), r"parts \(2, 2, 0\) do not add up"),
    "odd homozygous": (
        row(0, "AC_Hom=2;AC_Het=3", "AC_Hom=3;AC_Het=2"),
        "numbers: .*3 alleles in homozygous genotypes",
    ),
    "below zero": (row(0, "AC_Hemi=0", "AC_Hemi=-1"), "numbers: .*below 0"),
    "a group of more than everyone": (
        row(2, numbers("_M", 1, 0, 0, 0), numbers("_M", 4, 0, 2, 0)),
        "numbers: .*are more than those of everyone",
    ),
    "a group counted too often": (
        row(0, numbers("_M", 3, 0, 2, 0), numbers("_M", 4, 0, 2, 0)),
        "numbers: .*or their AN are more than those of everyone",
    ),
    "too rare": (
        row(1, numbers("", 8, 0, 3, 0), numbers("", 8, 0, 1, 0)),
        "minimum: .*AC is 1, below the least count of 2",
    ),
    "a group that tells too much": (
        row(0, SEXES, f"{numbers('_F', 4, 2, 2, 0)};{numbers('_M', 3, 0, 1, 0)}"),
        "minimum: .*AC_F 4, AC_M 1 of 5 tell of a count below 2",
    ),
    "a difference that tells too much": (
        row(0, SEXES, numbers("_F", 4, 2, 2, 0)),
        "minimum: .*AC_F 4 of 5 tell of a count below 2",
    ),
    "an unknown tag": (row(0, "AC_Hom=", "EUR_AF="), "INFO has the tag 'EUR_AF'"),
    "a tag twice": (row(0, "AC=5", "AC=5;AC=5"), "INFO has 'AC=5', without a value or for the"),
    "a flag": (row(0, "AC=5", "AC=5;DB"), "INFO has 'DB'"),
    "no AN": (row(1, ";AN=8", ""), "INFO has no AN"),
    "no number of everyone": (
        row(1, numbers("", 8, 0, 3, 0), numbers("_M", 8, 0, 3, 0)),
        "INFO has no AF, AC and AN of everyone",
    ),
    "genotypes": (row(1, "AC=3", "AC=3 GT 0/1"), "sites: .*record 2 has 10 columns and not 8"),
    "not sorted": (row(2, "chr20 250", "chr20 99"), "sites: .*chr20:99: it is not behind"),
    "the same twice": (row(1, " A G ", " A C "), "sites: .*chr20:100: it is not behind"),
    "not split": (row(1, " A G ", " A G,T "), "sites: .*alleles A and G,T: they are not bases"),
    "not trimmed": (row(2, " CAT C ", " CAT CA "), "sites: .*begin in the same base"),
    "not left-aligned": (row(2, " CAT C ", " ATC C "), "sites: .*end in the same base"),
    "a reference block": (row(1, " A G ", " A <*> "), "sites: .*they are not bases alone"),
    "a name": (row(1, "100 . ", "100 rs1 "), "sites: .*ID, QUAL, FILTER are 'rs1 . PASS'"),
    "not passed": (row(1, " PASS ", " LowQual "), "sites: .*'. . LowQual' and not '. . PASS'"),
    "another contig": (row(3, "chrM", "chrN"), "sites: .*contig 'chrN' is not in the header"),
    "behind the end": (row(3, "chrM 7 ", "chrM 99999 "), "sites: .*ends behind the contig's 16569"),
    "no position": (row(3, "chrM 7 ", "chrM 0 "), "sites: .*'0' is no position"),
    "columns of samples": (
        head("QUAL\tFILTER\tINFO", "QUAL\tFILTER\tINFO\tFORMAT\tP1AAAA"),
        "header: .*not those of sites alone",
    ),
    "a command": (
        head("##reference=", "##bcftools_viewCommand=view /home/x\n##reference="),
        "header: .*a line that does not belong there: '##bcftools_viewCommand",
    ),
    "a tag of ancestry": (head("ID=AF_F,", "ID=AF_nfe,"), "header: .*the tag 'AF_nfe'"),
    "another M5": (head("md5=3ad8", "md5=4ad8"), "header: .*contig chr20 is not as in the record"),
    "contigs exchanged": (
        lambda root: again(root, header=[*HEADER[:-3], HEADER[-2], HEADER[-3], HEADER[-1]]),
        "header: .*not in the order of the record",
    ),
    "another number of people": (
        head("##individuals=4", "##individuals=5"),
        "header: .*no line that begins with '##individuals=4'",
    ),
    "more records": (told(sites=5), "count: .*it has 4 records, and 5 by the record"),
    "another spectrum": (told(spectrum=(4, *[0] * 19)), "count: .*its spectrum is"),
    "another size": (told(size=1), "files: .*its size is .* and 1 by the record"),
    "another checksum": (told(sha256="0" * 64), "files: .*its sha256 is"),
    "another name": (told(name="x.af.vcf.gz"), "files: aggregated/x.af.vcf.gz: this file is miss"),
    "no index": (lambda root: (root / f"{VCF}.tbi").unlink(), "files: .*tbi: this file is missing"),
    "an index of nothing": (put(f"{VCF}.tbi", b"x"), "index: .*tbi: "),
    "an index of another file": (index_of_less, "index: .*tbi: it is no index of this file"),
    "a file more": (put("aggregated/people.tsv", b""), "people.tsv: the record does not tell of"),
    "cut": (cut, "sites: .*this is no whole gzip file"),
    "plain": (put(VCF, "\n".join(HEADER).encode()), "header: .*this is no whole gzip file"),
    "other people in the package": (
        package(lambda d: d["metadata"].update(numberOfUniqueIndividuals=7)),
        "package: .*numberOfUniqueIndividuals is 7, and 4 by the record",
    ),
    "another least count": (
        package(lambda d: d["config"].update(minAlleleCount=0)),
        "package: .*minAlleleCount is 0, and 2 by the record",
    ),
    "another file": (
        package(lambda d: d["files"][0].update(files=["other.vcf.gz"])),
        r"package: .*files is \['other.vcf.gz'\]",
    ),
    "another reference": (
        package(lambda d: d["files"][0].update(reference="GRCh37")),
        r"package: .*reference is \['GRCh37'\], and \['GRCh38'\]",
    ),
    "no yaml": (put(PACKAGE, b"{"), "package: .*this is not YAML"),
    "a list": (put(PACKAGE, b"[]"), r"package: .*\$: \[\] is not of type 'object'"),
    "nothing": (put(PACKAGE, b""), r"package: .*\$: None is not of type 'object'"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told(root, damage):
    change, message = DAMAGE[damage]
    change(root)
    assert re.search(message, "\n".join(findings(root)))


def test_many_faults_of_one_kind_are_counted(root):
    again(root, rows=[ROWS[0].replace("chr20 100", f"chr20 {n} ") for n in range(100, 0, -1)])
    assert any(re.search(r"sites: .*: \d+ more of this kind", each) for each in findings(root))


HOSTILE = [b"\x1f\x8b", b"\xff" * 50, *(text.encode() for text in MALFORMED)]


@pytest.mark.parametrize("path", [VCF, f"{VCF}.tbi", PACKAGE, RECORD])
@pytest.mark.parametrize("content", HOSTILE)
def test_no_content_of_a_file_ends_in_a_traceback(root, path, content):
    (root / path).write_bytes(content)
    assert findings(root)


@pytest.mark.parametrize(
    ("tag", "suffix"),
    [
        ("AC_EE_M_Hom", "_EE_M"),
        ("AC_Hom", ""),
        ("AF_FI", "_FI"),
        ("AN_M", "_M"),
        ("AC_F_Het", "_F"),
    ],
)
def test_the_group_of_a_tag_is_read_by_the_nodes_grammar(tag, suffix):
    assert suffix_of(tag) == suffix


@pytest.mark.parametrize("tag", ["EUR_AF", "AF_nfe", "AN_Hom", "AC_M_EE", "AC_EE_X", "AC_Hom_M"])
def test_tags_outside_the_nodes_grammar_are_refused(tag):
    with pytest.raises(RowError, match="INFO has the tag"):
        suffix_of(tag)


def test_there_is_no_package_without_frequencies():
    assert documents(made_record()) == {}


def test_there_is_no_package_for_a_genome_that_nodes_do_not_take(root):
    record = Record.from_json((root / RECORD).read_text())
    unknown = record.reference.model_copy(update={"genome": None})
    assert documents(record.model_copy(update={"reference": unknown})) == {}


def test_the_genome_of_europe_is_the_source_of_its_own_frequencies(root):
    record = Record.from_json((root / RECORD).read_text())
    for identifier, source in (
        ("GOE-BE-EXAMPLE-1", "The Genome of Europe"),
        ("GDI-BE-EXAMPLE-1", "Example Genome Institute"),
    ):
        dataset = DESCRIPTION.model_copy(update={"frequencies_identifier": identifier})
        text = documents(record.model_copy(update={"dataset": dataset}))[PACKAGE]
        content = yaml.safe_load(str(text))
        assert content["metadata"]["prefix"] == identifier[:3]
        assert content["metadata"]["org"] == "EXAMPLE"
        assert content["config"]["afSource"] == source


def baseline(shared: Path) -> dict:
    path = shared / "standards" / "gdi-node-standalone" / "baseline.package.yaml"
    return yaml.safe_load(path.read_text())


def test_the_published_package_passes_our_schema(shared):
    assert list(validator("frequencies-package").iter_errors(baseline(shared))) == []


NEGATIVES = {
    "bad-email-pattern": lambda m: m["contactPoint"].update(hasEmail="data@example.org"),
    "bad-enum-access-rights": lambda m: m.update(accessRights="http://example.org/PUBLIC"),
    "missing-description": lambda m: m.pop("description"),
    "missing-mandatory-health-category": lambda m: m.pop("healthCategory"),
}


def test_every_published_negative_is_tried(shared):
    path = shared / "standards" / "gdi-node-standalone" / "negative-fixtures.txt"
    names = [line.split()[0] for line in path.read_text().splitlines()[1:] if line.strip()]
    assert sorted(names) == sorted([*NEGATIVES, "unique-lang-collision"])


@pytest.mark.parametrize("name", NEGATIVES)
def test_published_negatives_fail_our_schema(shared, name):
    document = baseline(shared)
    NEGATIVES[name](document["metadata"])
    assert len(list(validator("frequencies-package").iter_errors(document))) == 1


def test_two_titles_in_one_language_are_told(root):
    titles = {"en": "one", "et": "two", "EN": "three"}
    package(lambda d: d["metadata"].update(title=titles))(root)
    assert any("title has the language 'en' 2 times" in each for each in findings(root))
