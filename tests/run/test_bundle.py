"""The bundle of the demo's run: whole, right, the same again, and changed by those who may."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pysam
import pytest
from tests.run.bundles import (
    ALIAS,
    MANIFEST,
    copied,
    md5_environment,
    opened,
    plain_files,
    schelde,
    tree,
)

from schelde.bundle.folder import RESULT
from schelde.bundle.record import RECORD, SUFFIXES, Role, read_record
from schelde.demo.sheets import PEOPLE
from schelde.documents import all_documents
from schelde.package.pseudonyms import read_key
from schelde.package.reads import TAGS
from schelde.seal.header import header_end
from schelde.seal.keys import write_key_pair
from schelde.verify.run import all_rules

# The group of `finished`, so that no second worker has to run the demo.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo trio")]

FATHER, MOTHER, CHILD = (person.sample for person in PEOPLE)
ROLES = tuple(role for role in Role if role not in (Role.FASTQ_1, Role.FASTQ_2, Role.TARGETS))
NOT_OF_THE_DEMO = {"consent.withdrawn", "frequencies.package", "page.withdrawn"}


@pytest.fixture(scope="module")
def bundle(finished: Any) -> Path:
    """The bundle of the finished run. Read only."""
    return Path(finished.folder / "bundles" / ALIAS)


@pytest.fixture(scope="module")
def secret(finished: Any) -> Path:
    """The secret key that opens it."""
    return Path(finished.folder / "data/keys/node.sec")


@pytest.fixture(scope="module")
def pseudonyms(finished: Any) -> dict[str, tuple[str, str]]:
    """The pseudonyms of sample and subject, by sample."""
    key = read_key(finished.folder / "config/pseudonyms.tsv", [])
    assert key is not None
    return {p.sample: (key.sample(p.sample), key.subject(p.sample, p.subject_id)) for p in PEOPLE}


@pytest.fixture(scope="module")
def plain(bundle: Path, secret: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the bundle as their recipient decrypts them, by name."""
    return plain_files(bundle, secret, tmp_path_factory.mktemp("opened") / "plain")


@pytest.fixture
def own(finished: Any, tmp_path: Path) -> Any:
    """A copy of the finished run, to be run again with something changed."""
    shutil.copytree(finished.folder, tmp_path / "demo")
    return type(finished)(tmp_path / "demo")


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle alone."""
    return copied(bundle, tmp_path / ALIAS)


# what is in it


def test_the_tree_is_that_of_the_design(bundle: Path, pseudonyms: Any) -> None:
    samples = [sample for sample, _ in pseudonyms.values()]
    subjects = [subject for _, subject in pseudonyms.values()]
    encrypted = {f"{sample}{SUFFIXES[role]}.c4gh" for sample in samples for role in ROLES}
    sums = {
        f"checksum_{kind}.{name}"
        for kind in ("encrypted", "unencrypted")
        for name in ("md5", "sha256")
    }
    qc = {f"{sample}.{end}.json" for sample in samples for end in ("ga4gh-wgs-qc", "verdict")}
    there = {path.name for path in bundle.iterdir()}
    assert {path.name for path in (bundle / "encrypted").iterdir()} == encrypted | sums
    assert {path.name for path in (bundle / "qc").iterdir()} == qc
    assert {path.stem for path in (bundle / "phenopackets").glob("*.json")} == set(subjects)
    folders = "aggregated catalogue ega encrypted hmd phenopackets provenance qc reference sda"
    assert there == {*folders.split(), "validation", MANIFEST, "index.html"}


def test_the_manifest_lists_every_file(bundle: Path) -> None:
    listed = {entry["path"] for entry in json.loads((bundle / MANIFEST).read_text())["files"]}
    there = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    assert there - listed == {MANIFEST, RESULT}
    assert listed <= there


def test_nothing_of_the_run_but_its_parts_lies_beside_it(finished: Any) -> None:
    assert [path.name for path in (finished.folder / "bundles").iterdir()] == [ALIAS]
    folders = {path.name for path in (finished.folder / "results/bundle").iterdir()}
    assert folders == {FATHER, MOTHER, CHILD, "frequencies", "left_out"}


@pytest.mark.parametrize("with_key", [False, True], ids=["as a stranger", "with the key"])
def test_the_command_verifies_it_and_tells_programs_the_same(
    bundle: Path, secret: Path, tmp_path: Path, with_key: bool
) -> None:
    key = ["--key", secret] if with_key else []
    lines = schelde("verify", bundle, *key, "--json", tmp_path / "told.json").splitlines()
    told = json.loads((tmp_path / "told.json").read_text())
    marks = {"ok": "passed", "FAIL": "failed", "-": "left out"}
    shown = {line.split()[1].rstrip(":"): marks[line.split()[0]] for line in lines[:-1]}
    assert shown == {rule["id"]: rule["status"] for rule in told["rules"]}
    assert set(shown) == {rule.id for rule in all_rules()}
    counts = ", ".join(f"{number} {status}" for status, number in told["counts"].items())
    assert lines[-1] == f"VERIFIED: {counts}"
    left_out = {rule["id"]: rule["why"] for rule in told["rules"] if rule["why"]}
    asks_key = (
        {} if with_key else {r.id: "needs a recipient's key" for r in all_rules() if r.needs_key}
    )
    absent = {name: why for name, why in left_out.items() if name not in asks_key}
    assert {**absent, **asks_key} == left_out
    assert set(absent.values()) == {"not in this bundle"}
    assert {name for name in absent if name.split(".")[0] not in ("ghga", "grz")} <= NOT_OF_THE_DEMO


def test_what_was_proved_is_kept_as_gdi_has_it(bundle: Path, shared: Path) -> None:
    schema = json.loads((shared / "standards/gdi-validator/validator-output.json").read_text())
    result = json.loads((bundle / RESULT).read_text())
    jsonschema.validate(result, schema, jsonschema.Draft7Validator)
    proved = [m["message"] for m in result["messages"] if " passed: " in m["message"]]
    assert result["result"] == "passed"
    assert len(result["messages"]) == len(all_rules())
    assert len(proved) > 80
    assert {m["time"] for m in result["messages"]} == {"2026-01-31T00:00:00Z"}


def test_it_tells_the_sequence_collection_of_the_run(bundle: Path, finished: Any) -> None:
    own = finished.folder / "results/reference/seqcol.json"
    assert (bundle / "reference/seqcol.json").read_bytes() == own.read_bytes()


def test_documents_follow_from_the_record_alone(bundle: Path) -> None:
    written = tree(bundle)
    others = {MANIFEST, RESULT} | {name for name in written if name.startswith("aggregated/")}
    assert {n: c for n, c in written.items() if n not in others} == all_documents(
        read_record(bundle)
    )


# the genomes in it


@pytest.mark.parametrize("sample", [FATHER, MOTHER, CHILD])
def test_a_cram_has_the_alignments_of_the_run_under_other_names(
    finished: Any, plain: Any, pseudonyms: Any, sample: str
) -> None:
    alias, _ = pseudonyms[sample]
    cram = plain[f"{alias}.cram"]
    assert cram.read_bytes()[:6] == b"CRAM\x03\x00"
    subprocess.run(["samtools", "quickcheck", "-v", cram], check=True)
    results = finished.folder / "results"
    first, second = (sam(path, results) for path in (results / f"align/{sample}.cram", cram))
    assert len(first) == len(second) > 1000
    names: dict[str, str] = {}
    for old, new in zip(first, second, strict=True):
        assert names.setdefault(old[0], new[0]) == new[0]
        assert old[1:11] == new[1:11]
        assert kept_tags(old) == kept_tags(new)
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch("[0-9a-f]{20}", name) for name in names.values())


def sam(cram: Path, results: Path) -> list[list[str]]:
    """Return all alignments of a CRAM, secondary ones too, as columns."""
    shown = subprocess.run(
        ["samtools", "view", cram],
        env=md5_environment(results),
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in shown.stdout.splitlines()]


def kept_tags(columns: list[str]) -> set[str]:
    kept = set(TAGS.split(",")) - {"RG"}
    return {tag for tag in columns[11:] if tag[:2] in kept}


@pytest.mark.parametrize("sample", [FATHER, MOTHER, CHILD])
def test_primary_reads_are_as_many_as_were_sequenced(
    finished: Any, bundle: Path, pseudonyms: Any, sample: str
) -> None:
    proofs = (finished.folder / f"results/reads/{sample}").glob("*.proof.json")
    sequenced = sum(json.loads(proof.read_text())["reads"] for proof in proofs)
    members = {member.sample: member for member in read_record(bundle).members}
    assert members[pseudonyms[sample][0]].file(Role.READS).records == sequenced


@pytest.mark.parametrize("end", ["vcf.gz", "g.vcf.gz"])
@pytest.mark.parametrize("sample", [FATHER, MOTHER, CHILD])
def test_a_vcf_has_the_records_of_the_run_and_the_pseudonym_alone(
    finished: Any, plain: Any, pseudonyms: Any, sample: str, end: str
) -> None:
    alias, _ = pseudonyms[sample]
    packaged = gzip.decompress(plain[f"{alias}.{end}"].read_bytes()).decode().splitlines()
    of_run = gzip.decompress((finished.folder / f"results/call/{sample}.{end}").read_bytes())
    records = [line for line in of_run.decode().splitlines() if line[0] != "#"]
    assert [line for line in packaged if line[0] != "#"] == records
    assert records
    with pysam.VariantFile(str(plain[f"{alias}.{end}"])) as vcf:
        assert list(vcf.header.samples) == [alias]
        assert sum(1 for contig in vcf.index for _ in vcf.fetch(contig)) == len(records)


def test_nobody_is_named_but_by_pseudonyms(bundle: Path, plain: Any, finished: Any) -> None:
    names = [re.compile(rf"(?i)(?<![a-z0-9]){p.sample}|{p.subject_id}") for p in PEOPLE]
    texts = {name: content.decode("utf-8", "replace") for name, content in tree(bundle).items()}
    for name, path in plain.items():
        if name.endswith(".vcf.gz"):
            texts[name] = gzip.decompress(path.read_bytes()).decode()
        elif name.endswith(".cram"):
            texts[name] = "\n".join(map("\t".join, sam(path, finished.folder / "results")))
            shown = subprocess.run(["samtools", "head", path], capture_output=True, check=True)
            texts[name] += shown.stdout.decode()
    assert len(texts) > 60
    assert not [(file, n.pattern) for file, text in texts.items() for n in names if n.search(text)]


# the same again


def test_written_again_it_is_the_same_to_the_byte(own: Any, bundle: Path) -> None:
    shutil.rmtree(own.folder / "bundles")
    assert jobs(own("bundle")) == {"write_bundle", "bundle"}
    again = own.folder / "bundles" / ALIAS
    assert tree(again) == tree(bundle)
    encrypted = [path.relative_to(bundle) for path in bundle.rglob("*.c4gh")]
    assert all((again / path).read_bytes() == (bundle / path).read_bytes() for path in encrypted)


def test_sealed_again_with_one_thread_only_what_follows_from_encryption_differs(
    own: Any, bundle: Path, secret: Path, plain: Any, tmp_path: Path
) -> None:
    for folder in ("bundles", "results/bundle"):
        shutil.rmtree(own.folder / folder)
    own("bundle", "--cores", "1")
    root = own.folder / "bundles" / ALIAS
    first, again = read_record(bundle), read_record(root)
    files = {file.name: file for _, file in first.files}
    members = tuple(
        member.model_copy(update={"files": tuple(files[file.name] for file in member.files)})
        for member in again.members
    )
    assert again.model_copy(update={"members": members}) == first
    reopened = plain_files(root, secret, tmp_path / "plain")
    assert reopened.keys() == plain.keys()
    for name, path in reopened.items():
        if name.endswith(".cram"):
            results = own.folder / "results"
            assert sam(path, results) == sam(plain[name], results)
        elif not name.endswith(".crai"):  # offsets in a CRAM that is packed otherwise
            assert path.read_bytes() == plain[name].read_bytes()
    schelde("verify", root, "--key", secret)


def jobs(shown: str) -> set[str]:
    """Return the rules of the jobs that a run tells of."""
    return set(re.findall(r"^(?:local)?rule (\w+):$", shown, re.MULTILINE))


# who is in it


def test_a_sample_that_fails_has_no_files_in_it(own: Any, secret: Path, pseudonyms: Any) -> None:
    rule = {"metric": "karyotype", "comparison": "==", "threshold": "XY", "severity": "fail"}
    profile = {"name": "men", "title": "men alone", "source": "this test", "rules": [rule]}
    (own.folder / "config/men.yaml").write_text(json.dumps(profile))
    shown = own("--config", "qc={profiles: [default, config/men.yaml]}", status=1)
    assert not jobs(shown) & {"align_lane", "mark_duplicates", "call_piece_gatk", "measure_reads"}
    root = own.folder / "bundles" / ALIAS
    record = read_record(root)
    assert [member.sample for member in record.members] == [
        pseudonyms[sample][0] for sample in (FATHER, CHILD)
    ]
    assert record.left_out == {"failed quality control": 1}
    assert record.members[1].mother is None
    sealed = own.folder / "results/bundle" / MOTHER
    assert not list(sealed.glob("*.c4gh"))
    words = pseudonyms[MOTHER]
    assert not [name for name, text in tree(root).items() for w in words if w.encode() in text]
    assert "failed quality control" in (root / "index.html").read_text()
    assert "men alone" not in "".join(
        text.decode("utf-8", "replace") for text in tree(root).values()
    )
    assert MOTHER in (own.folder / "logs/heed_verdicts/run.log").read_text()
    schelde("verify", root, "--key", secret)


def declare(run: Any, sample: str | None, **cells: str) -> int:
    """Change cells of a sample's row of people.tsv, of every row for None; return its line."""
    path = run.folder / "config/people.tsv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    changed = [number for number, row in enumerate(rows) if sample in (None, row["sample"])]
    for number in changed:
        rows[number] |= cells
    lines = [rows[0], *(row.values() for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines))
    return changed[0] + 2


def test_who_refuses_is_left_out_and_nothing_but_the_bundle_is_made_again(
    own: Any, secret: Path, pseudonyms: Any
) -> None:
    declare(own, MOTHER, consent="refused")
    wanted = {"count_frequencies", "write_bundle"}
    planned = jobs(own("--dry-run"))
    assert planned == wanted | {"heed_verdicts", "all"}
    own("bundle")
    root = own.folder / "bundles" / ALIAS
    record = read_record(root)
    assert len(record.members) == 2
    assert record.left_out == {"consent refused": 1}
    words = pseudonyms[MOTHER]
    assert not [name for name, text in tree(root).items() for w in words if w.encode() in text]
    page = (root / "index.html").read_text()
    assert "consent refused" in page
    rows = (own.folder / f"results/bundle/left_out/{ALIAS}.tsv").read_text().splitlines()
    assert rows[1:] == [f"{MOTHER}\t{PEOPLE[1].subject_id}\tconsent refused"]
    assert not (own.folder / "bundles" / f"{ALIAS}.part").exists()
    schelde("verify", root, "--key", secret)


def test_when_everybody_refuses_it_is_told_before_any_job(own: Any) -> None:
    declare(own, None, consent="refused")
    shown = own(status=2)
    assert "nobody may come into this bundle (3 consent refused)" in shown
    assert "Traceback" not in shown
    assert not jobs(shown)


def test_a_missing_birth_is_told_with_its_line_before_any_job(own: Any) -> None:
    line = declare(own, MOTHER, birth="")
    shown = own(status=2)
    assert re.search(rf"config/people\.tsv:{line}: .*birth", shown), shown
    assert "Traceback" not in shown
    assert not jobs(shown)


# changed by those who may


def test_who_withdraws_is_gone_but_for_the_note_of_it(
    copy: Path, secret: Path, pseudonyms: Any
) -> None:
    sample, subject = pseudonyms[MOTHER]
    withdraw = ("withdraw", copy, "--subject", subject, "--date", "2026-02-01")
    shown = schelde(*withdraw)
    assert f"'{subject}' is no longer in it; VERIFIED" in shown
    schelde("verify", copy, "--key", secret)
    told = {
        name for name, text in tree(copy).items() for w in (sample, subject) if w.encode() in text
    }
    record = read_record(copy)
    assert told == {RECORD, "withdrawals.json"}
    (note,) = record.withdrawals
    assert (note.subject, note.samples, note.date) == (subject, (sample,), "2026-02-01")
    assert sample not in record.model_copy(update={"withdrawals": ()}).to_json()
    assert not [path for path in copy.rglob("*") if sample in path.name or subject in path.name]
    assert record.frequencies is None
    assert not (copy / "aggregated").exists()
    assert f"subject '{subject}' was taken out of {ALIAS} before" in schelde(*withdraw, status=2)


def test_a_stranger_to_a_bundle_cannot_be_withdrawn(copy: Path) -> None:
    before = tree(copy)
    shown = schelde("withdraw", copy, "--subject", "SNOBODY", status=2)
    assert f"--subject: subject 'SNOBODY' is not in {ALIAS}" in shown
    assert tree(copy) == before


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The secret key of another recipient; its public key lies beside it."""
    write_key_pair(tmp_path / "other.pub", tmp_path / "other.sec")
    return tmp_path / "other.sec"


def test_a_new_recipient_opens_every_file_whose_encrypted_genomes_stay_as_they_are(
    copy: Path, bundle: Path, secret: Path, other: Path
) -> None:
    schelde("share", copy, "--to", other.with_suffix(".pub"), "--key", secret)
    files = sorted(path.relative_to(bundle) for path in bundle.rglob("*.c4gh"))
    assert len(files) == 18
    for file in files:
        before, after = bundle / file, copy / file
        assert opened(after, other) == opened(after, secret) == opened(before, secret)
        bodies = [path.read_bytes()[header_end(path) :] for path in (before, after)]
        assert bodies[0] == bodies[1]
    for key in (other, secret):
        schelde("verify", copy, "--key", key)
    assert len(read_record(copy).recipients) == 2
    again = schelde("share", copy, "--to", other.with_suffix(".pub"), "--key", secret, status=2)
    assert "the bundle is sealed to this key already" in again


@pytest.mark.parametrize(
    ("command", "end"), [("share", ".sharing"), ("share", ".part"), ("withdraw", ".part")]
)
def test_a_command_that_is_killed_leaves_a_bundle_that_verifies(
    copy: Path, secret: Path, other: Path, pseudonyms: Any, command: str, end: str
) -> None:
    words = {
        "share": ["--to", str(other.with_suffix(".pub")), "--key", str(secret)],
        "withdraw": ["--subject", pseudonyms[MOTHER][1], "--date", "2026-02-01"],
    }
    beside = copy.with_name(f"{ALIAS}{end}")
    process = subprocess.Popen(["schelde", command, str(copy), *words[command]])
    wait_for(lambda: beside.exists(), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert beside.exists()
    assert len(read_record(copy).members) == 3
    schelde("verify", copy, "--key", secret)
    schelde(command, copy, *words[command])
    schelde("verify", copy, "--key", secret)
    assert [path.name for path in copy.parent.iterdir() if path.is_dir()] == [ALIAS]


def wait_for(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while not done():
        assert process.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.001)
