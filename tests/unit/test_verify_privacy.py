"""Rules that a bundle tells nothing of machines and accounts: each leak is found."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest
from tests.unit.made_bundle import MadeBundle, made_bundle
from tests.unit.made_sample import PSEUDONYM, made_sample, packaged, write_vcf
from tests.unit.told import told_by_rule

from schelde.verify.privacy import RULES, is_cram_line, is_vcf_line
from schelde.verify.private_words import is_known, paths_in

CRAM, VCF = f"{PSEUDONYM}.cram", f"{PSEUDONYM}.vcf.gz"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, need):
    need("samtools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("privacy")
    made = made_sample(folder / "in")
    out = packaged(made, folder / "out")
    return made, made_bundle(made, out, folder / "bundle")


@pytest.fixture
def bundle(whole, tmp_path):
    return whole[1].copied(tmp_path)


def found(bundle: MadeBundle) -> dict[str, list[str]]:
    return told_by_rule(RULES, bundle.open())


def test_an_undamaged_bundle_passes(whole):
    assert found(whole[1]) == {}
    assert len(RULES) == 4


@pytest.mark.parametrize(
    "text",
    [
        '"file": "/home/ann/x.cram"',
        '"file": "/Users/ann/x.cram"',
        "<a>/tmp/x</a>",
        "in /scratch/ann/run7 it was",
        "ref=/data/genomes/g.fa",
        "file:///etc/passwd",
        '"C:\\\\Users\\\\ann"',
        "D:\\genomes\\ann.bam",
        "\\\\server\\share\\ann",
        "~/genomes/ann.bam",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_path_in_a_document_is_found(bundle, text, packed):
    data = text.encode()
    name = "notes.txt.gz" if packed else "notes.txt"
    (bundle.root / name).write_bytes(gzip.compress(data, mtime=0) if packed else data)
    told = found(bundle)
    assert list(told) == ["privacy.paths"]
    assert told["privacy.paths"][0].startswith(f"{name}: it holds a path of a machine: '")


@pytest.mark.parametrize(
    ("names", "told"), [(b"chr1\0", set()), (b"ann@host\0", {"privacy.hosts"})]
)
def test_of_an_index_the_names_are_looked_at_and_not_its_numbers(bundle, names, told):
    numbers = len(names).to_bytes(4, "little"), b"\1\0\0\0\0l@H\0\0/home/ann\0"
    index = b"TBI\1" + bytes(28) + numbers[0] + names + numbers[1]
    (bundle.root / "a.vcf.gz.tbi").write_bytes(gzip.compress(index, mtime=0))
    assert set(found(bundle)) == told


@pytest.mark.parametrize(
    "text",
    [
        "https://genomes.example.org/home/x",
        "http://www.w3.org/data/x",
        "encrypted/P1.cram.c4gh",
        "and/or/tmp",
        "</data>",
        '"//data/x"',
        "1/2 0/1 ./.",
        "ratio a:b",
    ],
)
def test_what_only_looks_like_a_path_is_none(text):
    assert list(paths_in(text.encode())) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ann@cluster", "an account that is not declared: 'ann@cluster'"),
        ("made by ann.b@hospital.example", "an account that is not declared"),
        (
            "http://node17.hospital.example/x",
            "a host that is not declared: 'node17.hospital.example'",
        ),
        ("sftp://ann@inbox.hospital.example", "a host that is not declared"),
        (
            "ran on node17.cluster.local today",
            "a host that is not declared: 'node17.cluster.local'",
        ),
        ("http://localhost:8080/", "a host that is not declared: 'localhost'"),
        ("https://w3.org.evil.example/", "a host that is not declared"),
        ("https://notw3.org/", "a host that is not declared"),
    ],
)
def test_an_account_or_host_in_a_document_is_found(bundle, text, what):
    (bundle.root / "notes.txt").write_text(text)
    told = found(bundle)
    assert list(told) == ["privacy.hosts"]
    assert any(what in each for each in told["privacy.hosts"])


@pytest.mark.parametrize(
    "text",
    [
        "https://genomes.example.org/access",
        "mailto:dac@genomes.example.org",
        "DATA@genomes.example.org",
        "https://w3id.org/ro/crate/1.1/context",
        "http://purl.obolibrary.org/obo/DUO_0000042",
        '{"@id": "x", "@type": "y"}',
        '"text"@en',
        "@prefix dct: <http://purl.org/dc/terms/> .",
    ],
)
def test_what_is_declared_or_of_a_vocabulary_may_stand_there(bundle, text):
    (bundle.root / "notes.txt").write_text(text)
    assert found(bundle) == {}


def test_a_known_domain_stands_for_its_hosts_and_not_for_others():
    assert is_known("www.ebi.ac.uk") and is_known("schema.org")
    assert not is_known("schema.org.example") and not is_known("org")


def test_many_findings_of_one_file_are_told_in_few_lines(bundle):
    (bundle.root / "notes.txt").write_text("\n".join(f"/home/ann{n}" for n in range(50)))
    messages = found(bundle)["privacy.paths"]
    assert len(messages) == 4
    assert "47 more" in messages[-1]


@pytest.mark.parametrize("name", ["a b.txt", "#x", "a:b", "x;y", "é.txt", ".hidden", "-x", "a'b"])
def test_a_name_that_inboxes_refuse_is_found(bundle, name):
    (bundle.root / name).write_text("x")
    told = found(bundle)
    assert list(told) == ["privacy.names"]


def test_names_that_differ_in_case_alone_are_found(bundle):
    (bundle.root / "Notes.txt").write_text("x")
    (bundle.root / "notes.txt").write_text("x")
    assert "only in upper and lower case" in found(bundle)["privacy.names"][0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@HD", "@CO\tfrom Ann\n@HD", "'@CO\\tfrom Ann'"),
        ("\tSP:Homo sapiens\n", "\tSP:Homo sapiens\tUR:/home/ann/g.fa\n", "UR:/home/ann/g.fa"),
        ("\tPL:ILLUMINA\t", "\tPL:ILLUMINA\tCN:Hospital\t", "CN:Hospital"),
        ("mem -K 100000000 -Y", "mem /home/ann/g.fa", "bwa mem /home/ann/g.fa"),
        ("VN:1.16.1", "VN:1.16.1 of Ann", "of Ann"),
    ],
)
def test_a_line_of_the_cram_header_that_is_not_on_the_list_is_found(
    whole, bundle, old, new, message
):
    told = found(rewritten(whole[0], bundle, old, new))
    assert list(told) == ["privacy.headers"]
    assert any(message in each for each in told["privacy.headers"])


def rewritten(made, bundle, old, new) -> MadeBundle:
    path = bundle.plain / CRAM
    view = ["samtools", "view", "--no-PG", "-h", str(path)]
    text = subprocess.run(view, env=made.environment, capture_output=True, check=True).stdout
    if old.startswith("@HD"):  # @HD must come first
        first, rest = text.split(b"\n", 1)
        text = first + b"\n" + new.split("\n")[0].encode() + b"\n" + rest
    else:
        assert old.encode() in text
        text = text.replace(old.encode(), new.encode())
    command = ["samtools", "view", "--no-PG", "-C", "--output-fmt-option", "version=3.0"]
    command += ["-o", CRAM, "-"]
    subprocess.run(command, input=text, env=made.environment, cwd=path.parent, check=True)
    return bundle.reseal(CRAM)


def test_reads_with_names_of_their_own_are_found(whole, bundle):
    made = whole[0]
    path = bundle.plain / CRAM
    view = ["samtools", "view", "--no-PG", "-h", str(path)]
    text = subprocess.run(view, env=made.environment, capture_output=True, check=True).stdout
    text = re.sub(rb"\n([0-9a-f]{9})[0-9a-f]{11}\t", rb"\nANN:1:FLOW:\1\t", text)
    command = ["samtools", "view", "--no-PG", "-C", "--output-fmt-option", "version=3.0"]
    command += ["-o", CRAM, "-"]
    subprocess.run(command, input=text, env=made.environment, cwd=path.parent, check=True)
    told = found(bundle.reseal(CRAM))
    assert list(told) == ["privacy.headers"]
    assert "reads have names that are no hashes" in told["privacy.headers"][0]


def test_a_cram_that_names_another_path_in_itself_is_found(bundle):
    path = bundle.plain / CRAM
    data = bytearray(path.read_bytes())
    data[6:26] = b"/home/ann/x.cram".ljust(20, b"\0")
    path.write_bytes(data)
    told = found(bundle.reseal(CRAM))
    assert "the file names itself '/home/ann/x.cram'" in told["privacy.headers"][0]


@pytest.mark.parametrize(
    "line",
    [
        "##bcftools_viewCommand=view /home/ann/x",
        "##reference=file:///home/ann/g.fa",
        "##fileDate=20260101",
        "##SAMPLE=<ID=Ann>",
        "##source=made by Ann",
    ],
)
def test_a_line_of_a_vcf_header_that_is_not_on_the_list_is_found(bundle, line):
    path = bundle.plain / VCF
    text = gzip.decompress(path.read_bytes()).decode()
    write_vcf(path, text.replace("##FILTER", f"{line}\n##FILTER", 1))
    told = found(bundle.reseal(VCF))
    assert list(told) == ["privacy.headers"]
    assert line[:60] in told["privacy.headers"][0]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("see /home/ann/filters.yaml", "a path of a machine: '/home/ann'"),
        ("ask ann@hospital.example", "an account that is not declared"),
        ("http://n17.hospital.example/x", "a host that is not declared"),
    ],
)
def test_a_private_word_in_a_description_of_a_vcf_header_is_found(bundle, words, what):
    path = bundle.plain / VCF
    text = gzip.decompress(path.read_bytes()).decode()
    write_vcf(path, text.replace('"Set for low QD"', f'"{words}"', 1))
    told = found(bundle.reseal(VCF))
    assert list(told) == ["privacy.headers"]
    assert what in told["privacy.headers"][0]


@pytest.mark.parametrize(
    "line", ["", "@", "@RG", "#", "##", "##INFO=<", "@PG\tID:x", "\t\t", "@SQ\tSN:\tLN:", "é"]
)
def test_hostile_lines_are_on_no_list(line):
    assert not is_cram_line(line) and not is_vcf_line(line)


def test_a_document_that_is_no_text_is_read_without_a_traceback(bundle):
    (bundle.root / "x.bin").write_bytes(bytes(range(256)) * 10 + b"\x1f\x8b\x08 no gzip")
    (bundle.root / "empty").write_bytes(b"")
    found(bundle)


def test_an_id_of_a_record_is_found(bundle):
    path = bundle.plain / f"{PSEUDONYM}.vcf.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    named = [line.replace("\t.\t", "\tann7\t", 1) if line[0] != "#" else line for line in lines]
    text = path.with_name("named.vcf")
    text.write_text("".join(named))
    subprocess.run(["bgzip", "-f", text], check=True)
    Path(f"{text}.gz").replace(path)
    told = found(bundle.reseal(path.name))["privacy.headers"]
    count = sum(line[0] != "#" for line in lines)
    assert told == [f"encrypted/{path.name}.c4gh: {count} records have an ID of their own"]
