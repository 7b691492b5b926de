"""Rules that names and sequences agree: each change is found by the rule that is about it."""

from __future__ import annotations

import gzip
import shutil
import subprocess

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.made_bundle import MadeBundle, made_bundle, made_file_facts
from tests.unit.made_sample import PSEUDONYM, made_sample, packaged, write_vcf
from tests.unit.told import told_by_rule

from schelde.bundle.record import RECORD, File, Role
from schelde.sheet import Assay
from schelde.verify.identity import RULES

CRAM, VCF, GVCF = (f"{PSEUDONYM}{end}" for end in (".cram", ".vcf.gz", ".g.vcf.gz"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory, need):
    need("samtools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("identity")
    made = made_sample(folder / "in")
    out = packaged(made, folder / "out")
    return made, made_bundle(made, out, folder / "bundle")


@pytest.fixture
def bundle(whole, tmp_path):
    return whole[1].copied(tmp_path)


def found(bundle: MadeBundle) -> dict[str, list[str]]:
    return told_by_rule(RULES, bundle.open())


def edit_vcf(bundle: MadeBundle, name: str, old: str, new: str) -> MadeBundle:
    path = bundle.plain / name
    text = gzip.decompress(path.read_bytes()).decode()
    assert old in text
    write_vcf(path, text.replace(old, new))
    return bundle.reseal(name)


def edit_cram(made, bundle: MadeBundle, old: str, new: str, version: str = "3.0") -> MadeBundle:
    path = bundle.plain / CRAM
    view = ["samtools", "view", "--no-PG", "-h", str(path)]
    text = subprocess.run(view, env=made.environment, capture_output=True, check=True).stdout
    assert old.encode() in text
    write = ["samtools", "view", "--no-PG", "-C", "--output-fmt-option", f"version={version}"]
    subprocess.run(
        [*write, "-o", str(path), "-"],
        input=text.replace(old.encode(), new.encode()),
        env=made.environment,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return bundle.reseal(CRAM)


def test_an_undamaged_bundle_passes(whole):
    assert found(whole[1]) == {}
    assert len(RULES) == 9


@pytest.mark.parametrize(
    ("old", "new", "rule", "message"),
    [
        (f"SM:{PSEUDONYM}", "SM:P9", "identity.aliases", "has SM 'P9' and not"),
        (f"{PSEUDONYM}.L2", "P9.L2", "identity.aliases", "recorded are"),
        ("\tSO:coordinate", "\tSO:unsorted", "identity.cram", "not @HD SO:coordinate"),
        ("LN:1500\t", "LN:1501\t", "identity.contigs", "number 2 is ('chrX', '1501'"),
    ],
)
def test_a_change_of_the_cram_header_is_found(whole, bundle, old, new, rule, message):
    told = found(edit_cram(whole[0], bundle, old, new))
    assert message in told[rule][0]
    assert told[rule][0].startswith(f"encrypted/{CRAM}.c4gh: ")


def with_targets(bundle: MadeBundle, text: str, assay: Assay = Assay.WES) -> MadeBundle:
    """Return the bundle as that of an exome with a BED."""
    name = f"{PSEUDONYM}.targets.bed"
    (bundle.plain / name).write_text(text)
    facts = {"name": name, "role": Role.TARGETS, "size": 0, "records": text.count("\n")}
    bed = File(**facts, **made_file_facts())
    files = (*bundle.record.members[0].files, bed)
    return bundle.with_member(assay=assay, files=files).reseal(name)


def test_an_exome_with_its_targets_passes(bundle):
    assert found(with_targets(bundle, "chr20\t0\t10\nchr20\t20\t3000\nchrX\t0\t1500\n")) == {}


def test_an_exome_without_targets_is_found(bundle):
    told = found(bundle.with_member(assay=Assay.WES))
    assert told == {"identity.exomes": [f"{RECORD}: exome '{PSEUDONYM}' has no BED of its targets"]}


def test_a_genome_with_targets_is_found(bundle):
    told = found(with_targets(bundle, "chr20\t0\t10\n", Assay.WGS))
    assert list(told) == ["identity.exomes"]
    assert "is a whole genome, without targets" in told["identity.exomes"][0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chrY\t0\t10\n", "'chrY' is no contig of the record"),
        ("chr20\t0\t3001\n", "a target ends at 3001, past the end of chr20 at 3000 bp"),
        ("chrX\t0\t10\nchr20\t0\t10\n", "its contigs are not in the order of the record"),
    ],
)
def test_targets_of_another_reference_are_found(bundle, text, message):
    told = found(with_targets(bundle, text))
    assert list(told) == ["identity.targets"]
    assert message in told["identity.targets"][0]


def test_a_cram_of_another_version_is_found(whole, bundle):
    told = found(edit_cram(whole[0], bundle, "SO:coordinate", "SO:coordinate", version="3.1"))
    assert list(told) == ["identity.cram"]
    assert "version [3, 1]; CRAM 3.0 is asked for" in told["identity.cram"][0]


@pytest.mark.parametrize("name", [VCF, GVCF])
@pytest.mark.parametrize(
    ("old", "new", "rule", "message"),
    [
        (f"FORMAT\t{PSEUDONYM}\n", "FORMAT\tP9\n", "identity.aliases", "columns are ['P9']"),
        ("length=1500,", "length=1400,", "identity.contigs", "number 2 is ('chrX', '1400'"),
        (",md5=", ",m=", "identity.contigs", "number 1 is ('chr20', '3000', '')"),
        ("##contig=<ID=chrX,", "##contig=<ID=chrY,", "identity.contigs", "number 2 is ('chrY'"),
        ("VCFv4.2", "VCFv9", "identity.vcf", "the first line is not ##fileformat"),
        ("ID=GT,Number=1,Type=String", "ID=GT,Number=1,Type=Int", "identity.vcf", "Type is 'Int'"),
        ("##FORMAT=<ID=PL,", "##FORMAT=<ID=PX,", "identity.vcf", "'PL', which is not in the"),
    ],
)
def test_a_change_of_a_vcf_header_is_found(bundle, name, old, new, rule, message):
    told = found(edit_vcf(bundle, name, old, new))
    assert message in told[rule][0]
    assert told[rule][0].startswith(f"encrypted/{name}.c4gh: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t1/1:", "\t1/2:", "GT is '1/2'"),
        ("\tQD2\t", "\tLowQ\t", "filter 'LowQ' is not in the header"),
        ("DP=20\t", "DP=x\t", "INFO DP: 'x' is no Integer"),
        ("DP=20\t", "DQ=20\t", "INFO has 'DQ', which is not in the header"),
        ("\t99.5\t", "\thigh\t", "QUAL is 'high'"),
        (":90,0,90", ":90,0", "PL is '90,0'"),
        ("DP=9\t", "END=1501\t", "END is 1501, past the end of chrX at 1500"),
    ],
)
def test_a_broken_record_is_found(bundle, old, new, message):
    told = found(edit_vcf(bundle, VCF, old, new))
    assert any(message in each for each in told["identity.vcf"])


@pytest.mark.parametrize(
    ("document", "change", "message"),
    [
        ("ga4gh-wgs-qc", lambda d: d["biosample"].update(id="P9"), "biosample.id is 'P9' and not"),
        ("ga4gh-wgs-qc", lambda d: d.pop("biosample"), "biosample.id is None"),
        ("ga4gh-wgs-qc", lambda d: d.update(biosample=[1]), "biosample.id is None"),
        ("verdict", lambda d: d.update(sample="P9"), "sample is 'P9' and not"),
        ("verdict", lambda d: d.update(sample=["P9"]), "sample is ['P9'] and not"),
    ],
    ids=["other", "gone", "list", "verdict", "verdict-list"],
)
def test_a_document_of_another_sample_is_found(bundle, document, change, message):
    bundle.edit_json(f"qc/{PSEUDONYM}.{document}.json", change)
    told = found(bundle)
    assert list(told) == ["identity.documents"]
    assert message in told["identity.documents"][0]


@pytest.mark.parametrize("text", MALFORMED)
def test_hostile_documents_are_findings(bundle, text):
    for name in (f"qc/{PSEUDONYM}.verdict.json", "reference/seqcol.json"):
        (bundle.root / name).write_text(text)
    assert set(found(bundle)) == {"identity.documents", "identity.reference"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("names", ["chr20", "chrY"], "number 2 is chrY and not chrX"),
        ("names", ["chrX", "chr20"], "number 1 is chrX and not chr20"),
        ("lengths", [3000], "there are 1 and not 2"),
        ("lengths", "3000", "is no list"),
        ("sequences", ["SQ.x", "SQ.y"], "number 1 is SQ.x"),
    ],
)
def test_another_sequence_collection_is_found(bundle, key, value, message):
    bundle.edit_json("reference/seqcol.json", lambda d: d["level2"].update({key: value}))
    told = found(bundle)
    assert list(told) == ["identity.reference"]
    assert message in told["identity.reference"][0]


def test_a_recorded_md5_that_no_header_has_is_found(bundle):
    reference = bundle.record.reference
    first = reference.contigs[0].model_copy(update={"md5": "0" * 32})
    other = reference.model_copy(update={"contigs": (first, reference.contigs[1])})
    told = found(bundle.changed(reference=other))
    assert [line.split(":")[0] for line in told["identity.contigs"]] == [
        f"encrypted/{name}.c4gh" for name in (CRAM, VCF, GVCF)
    ]


def test_a_file_named_by_another_sample_is_found(bundle):
    member = bundle.record.members[0]
    file = member.files[0].model_copy(update={"name": "P9.cram"})
    changed = bundle.with_member(files=(file, *member.files[1:]))
    shutil.copy(bundle.root / f"encrypted/{CRAM}.c4gh", bundle.root / "encrypted/P9.cram.c4gh")
    told = found(changed)
    assert told["identity.files"] == [
        f"encrypted/P9.cram.c4gh: the reads of '{PSEUDONYM}' is not named '{CRAM}'"
    ]
