"""Rules about decrypted bytes: each damage is found by the rule that is about it."""

from __future__ import annotations

import gzip
import subprocess

import pytest
from tests.unit.damage import MALFORMED
from tests.unit.made_bundle import (
    SECRET,
    MadeBundle,
    made_bundle,
    made_file_facts,
)
from tests.unit.made_sample import PSEUDONYM, made_sample, packaged, write_vcf
from tests.unit.told import told, told_by_rule

from schelde.bundle.record import File, Role
from schelde.seal.crypt4gh import encrypt
from schelde.seal.keys import public_of
from schelde.verify.plain import RULES, is_same
from schelde.verify.plain_file import plain_of
from schelde.verify.rule import Bundle
from schelde.verify.variants import VariantTally, kind_of

BY_ID = {rule.id: rule for rule in RULES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, need):
    need("samtools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("plain")
    made = made_sample(folder / "in")
    out = packaged(made, folder / "out", fastq=True)
    return made, made_bundle(made, out, folder / "bundle")


@pytest.fixture
def bundle(whole, tmp_path):
    """A copy to damage."""
    return whole[1].copied(tmp_path)


def found(bundle: MadeBundle) -> dict[str, list[str]]:
    """Return messages by rule; only rules that found something."""
    return told_by_rule(RULES, bundle.open())


def edit_vcf(bundle: MadeBundle, change, end: str = ".vcf.gz") -> None:
    path = bundle.plain / f"{PSEUDONYM}{end}"
    text = gzip.decompress(path.read_bytes()).decode()
    changed = change(text)
    assert changed != text
    write_vcf(path, changed)


def test_an_undamaged_bundle_passes(whole):
    assert found(whole[1]) == {}


def test_every_file_is_looked_at(whole):
    opened = whole[1].open()
    for rule in RULES:
        told(rule, opened)
    assert len(opened.kept["plain"]) == len(whole[1].record.members[0].files) == 8


def test_every_file_is_decrypted_once(whole, monkeypatch):
    from schelde.verify import plain_file

    counts = {}
    first = plain_file.decrypting

    def counting(path, *others):
        counts[path.name] = counts.get(path.name, 0) + 1
        return first(path, *others)

    monkeypatch.setattr(plain_file, "decrypting", counting)
    opened = whole[1].open()
    for rule in RULES:
        told(rule, opened)
    assert set(counts.values()) == {1} and len(counts) == 8


def test_counts_are_those_of_samtools(whole):
    made, bundle = whole
    cram = bundle.record.members[0].files[0]
    plain = plain_of(bundle.open(), cram)
    told = {}
    for name, flags in {"reads": "", "mapped": "-F 0x4", "proper": "-f 0x2"}.items():
        count = ["samtools", "view", "-c", "-e", "!(flag & 0x900)", *flags.split()]
        shown = subprocess.run(
            [*count, str(bundle.plain / cram.name)],
            env=made.environment,
            capture_output=True,
            check=True,
        )
        told[name] = int(shown.stdout)
    assert dict(plain.flags) == told == {"reads": 82, "mapped": 80, "proper": 80}


def test_variant_counts_are_those_of_bcftools(whole, need, tmp_path):
    need("bcftools")
    from schelde.variant_counts import count_variants

    _, bundle = whole
    bed = tmp_path / "autosomes.bed"
    bed.write_text("chr20\t0\t3000\n")
    vcf = next(file for file in bundle.record.members[0].files if file.name.endswith("T.vcf.gz"))
    with (tmp_path / "log").open("wb") as log:
        wanted = count_variants(bundle.plain / vcf.name, bed, tmp_path, log).metrics()
    own = plain_of(bundle.open(), vcf).variants.metrics()
    assert own["count_snvs"] == 15
    assert {name: value and round(value, 2) for name, value in own.items()} == {
        name: value and round(value, 2) for name, value in wanted.items()
    }


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"chr20\t0\t10\tBRCA1\n", "line 1 is not a contig, a start and an end alone"),
        (b"chr20 0 10\n", "line 1 is not a contig, a start and an end alone"),
        (b"track name=own\n", "line 1 is not a contig, a start and an end alone"),
        (b"\xff\x00\n\n", "line 1 is not a contig, a start and an end alone"),
        (b"chr20\t-1\t10\n", "line 1 is not a contig, a start and an end alone"),
        (b"chr20\t10\t10\n", "line 1 starts at 10 and ends at 10"),
        (b"chr20\t0\t10\nchr20\t10\t20\n", "line 2 is not behind the line before it and apart"),
        (b"chr20\t9\t10\nchr20\t0\t5\n", "line 2 is not behind the line before it and apart"),
        (b"a\t0\t1\nb\t0\t1\na\t9\t10\n", "line 3 is not behind the line before it and apart"),
        (b"chr20\t0\t10", "its last line is cut short"),
        (b"", "it has no targets"),
    ],
)
def test_a_bed_that_holds_more_or_less_than_places_is_found(tmp_path, data, fault):
    (tmp_path / "bed").write_bytes(data)
    encrypt(tmp_path / "bed", tmp_path / "bed.c4gh", [public_of(SECRET)], None)
    facts = {"name": "bed", "role": Role.TARGETS, "size": len(data), "records": data.count(b"\n")}
    (tmp_path / "encrypted").mkdir()
    (tmp_path / "bed.c4gh").rename(tmp_path / "encrypted/bed.c4gh")
    plain = plain_of(Bundle(tmp_path, SECRET), File(**facts, **made_file_facts()))
    assert len(plain.faults) == 1
    assert plain.faults[0].startswith(fault)
    assert plain.records == data.count(b"\n")


def test_a_flipped_bit_of_the_ciphertext_is_found(bundle):
    path = bundle.root / f"encrypted/{PSEUDONYM}.cram.c4gh"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    messages = found(bundle)["plain.checksums"]
    assert len(messages) == 1 and "cannot be decrypted" in messages[0]
    assert "segment" in messages[0]


def test_a_missing_file_is_found(bundle):
    (bundle.root / f"encrypted/{PSEUDONYM}.vcf.gz.tbi.c4gh").unlink()
    assert "missing" in found(bundle)["plain.checksums"][0]


def test_another_key_is_told(whole):
    opened = Bundle(whole[1].root, b"x" * 32)
    messages = told(BY_ID["plain.checksums"], opened)
    assert len(messages) == 8
    assert all("cannot be decrypted" in message for message in messages)


@pytest.mark.parametrize("what", ["md5", "sha256"])
def test_another_recorded_checksum_is_found(bundle, what):
    member = bundle.record.members[0]
    first = member.files[0]
    other = first.plain.model_copy(update={what: "ab" * (16 if what == "md5" else 32)})
    files = (first.model_copy(update={"plain": other}), *member.files[1:])
    messages = found(bundle.with_member(files=files))["plain.checksums"]
    assert len(messages) == 1
    assert f"the {what} of the plain file is {getattr(first.plain, what)}; recorded" in messages[0]


def test_another_recorded_size_is_found(bundle):
    member = bundle.record.members[0]
    files = (member.files[0].model_copy(update={"size": 5}), *member.files[1:])
    messages = found(bundle.with_member(files=files))["plain.checksums"]
    assert messages == [
        f"encrypted/{PSEUDONYM}.cram.c4gh: the size of the plain file is "
        f"{member.files[0].size}; recorded is 5"
    ]


@pytest.mark.parametrize("number", range(8))
def test_another_recorded_number_of_records_is_found(bundle, number):
    member = bundle.record.members[0]
    file = member.files[number]
    if file.records is None:
        return
    files = list(member.files)
    files[number] = file.model_copy(update={"records": file.records + 1})
    messages = found(bundle.with_member(files=tuple(files)))["plain.records"]
    assert messages == [
        f"{file.path}: it holds {file.records} records; recorded are {file.records + 1}"
    ]


def test_a_cram_without_its_end_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.cram"
    path.write_bytes(path.read_bytes()[:-38])
    messages = found(bundle.reseal(path.name))["plain.records"]
    assert "does not end as a CRAM 3.0 does" in messages[-1]


def test_a_cram_that_is_no_cram_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.cram"
    path.write_bytes(b"\0\1no cram at all" * 10_000)
    messages = found(bundle.reseal(path.name))
    assert "cannot be read as a CRAM" in messages["plain.records"][0]


def test_a_cram_cut_in_a_container_is_found_and_its_digest_is_right(bundle):
    path = bundle.plain / f"{PSEUDONYM}.cram"
    path.write_bytes(path.read_bytes()[:-200])
    told = found(bundle.reseal(path.name))
    assert "plain.checksums" not in told
    assert told["plain.records"]


def test_a_vcf_cut_in_a_block_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.vcf.gz"
    path.write_bytes(path.read_bytes()[:-60])
    messages = found(bundle.reseal(path.name))["plain.records"]
    assert "cannot be unpacked" in messages[0]


def test_a_vcf_without_its_last_block_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.vcf.gz"
    path.write_bytes(path.read_bytes()[:-28])
    messages = found(bundle.reseal(path.name))["plain.records"]
    assert [text.split(": ", 1)[1] for text in messages] == [
        "it does not end as BGZF does: cut short?"
    ]


def test_a_vcf_packed_by_gzip_itself_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.vcf.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), mtime=0))
    messages = found(bundle.reseal(path.name))["plain.records"]
    assert [text.split(": ", 1)[1] for text in messages] == ["it is not packed as BGZF"]


def test_a_vcf_that_is_not_gzipped_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.vcf.gz"
    path.write_bytes(b"##fileformat=VCFv4.2\n")
    assert "cannot be unpacked" in found(bundle.reseal(path.name))["plain.records"][0]


def test_variants_taken_out_contradict_the_declared_counts(bundle):
    def without(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(lines[:-9] + lines[-1:])

    edit_vcf(bundle, without)
    told = found(bundle.reseal(f"{PSEUDONYM}.vcf.gz"))
    assert "count_snvs is declared as 15; the file itself has 9" in told["plain.variants"][0]
    assert told["plain.records"]


@pytest.mark.parametrize(
    ("part", "metric", "value", "rule"),
    [
        ("aln_metrics", "pct_reads_mapped", 80.0, "plain.reads"),
        ("aln_metrics", "pct_reads_mapped", None, "plain.reads"),
        ("aln_metrics", "pct_reads_mapped", "97.56", "plain.reads"),
        ("aln_metrics", "pct_reads_properly_paired", 5, "plain.reads"),
        ("variant_metrics", "count_snvs", 17, "plain.variants"),
        ("variant_metrics", "count_insertions", 3, "plain.variants"),
        ("variant_metrics", "ratio_insertion_deletion", 2.0, "plain.variants"),
        ("variant_metrics", "ratio_heterozygous_homzygous_snv", 3.0, "plain.variants"),
        ("variant_metrics", "ratio_transitions_transversions_snv", 9.0, "plain.variants"),
    ],
)
def test_a_declared_metric_that_was_altered_is_found(bundle, part, metric, value, rule):
    def alter(document):
        document["wgs_qc_metrics"][part][metric] = value

    bundle.edit_json(f"qc/{PSEUDONYM}.ga4gh-wgs-qc.json", alter)
    told = found(bundle)
    assert list(told) == [rule]
    assert f"{metric} is declared as {value}; the file itself has" in told[rule][0]


@pytest.mark.parametrize("text", [*MALFORMED, '{"wgs_qc_metrics": []}', "\xff"])
def test_hostile_quality_documents_are_findings(bundle, text):
    path = bundle.root / f"qc/{PSEUDONYM}.ga4gh-wgs-qc.json"
    path.write_text(text, encoding="latin-1")
    told = found(bundle)
    assert set(told) == {"plain.reads", "plain.variants"}


def test_a_difference_within_five_percent_passes():
    assert is_same(100, 104.9) and not is_same(100, 106)


@pytest.mark.parametrize(
    ("ref", "alt", "kind"),
    [
        ("A", "G", "ts"),
        ("A", "C", "tv"),
        ("A", "*", "other"),
        ("A", "<DEL>", "other"),
        ("A", "A", "other"),
        ("AT", "AG", "tv"),
        ("ATT", "AT", "deletion"),
        ("A", "ATT", "insertion"),
        ("AC", "GTT", "other"),
    ],
)
def test_kinds_of_alleles(ref, alt, kind):
    assert kind_of(ref, alt) == kind


@pytest.mark.parametrize(
    "line", ["", "\n", "a\tb\n", "\t" * 9, "chr1\t1\t.\tA\tG\t9\tPASS\t.\tGT\t"]
)
def test_a_hostile_record_counts_nothing_or_one(line):
    tally = VariantTally()
    tally.take(line)
    assert tally.counts["snvs"] in (0, 1)
