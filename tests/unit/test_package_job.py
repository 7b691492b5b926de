"""Packaging a sample: nothing of home in any byte, and nothing lost."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.made_sample import PROGRAMS, PSEUDONYM, SALT, SUBJECT, made_sample, packaged

from schelde.bundle.record import Role
from schelde.joblog import JobError
from schelde.package.leaks import LeakError, Secret
from schelde.package.packaged import FAILED, LeftOut, Packaged, read_packaged
from schelde.package.reads import ReadsError, renamer

pytestmark = pytest.mark.usefixtures("_tools")


@pytest.fixture(scope="module")
def _tools(need):
    need("samtools", "bgzip", "tabix")


def sam(made, cram: Path, *options: str) -> str:
    command = ["samtools", "view", "--no-PG", *options, str(cram)]
    return subprocess.run(
        command, env=made.environment, capture_output=True, text=True, check=True
    ).stdout


def flagstat(made, cram: Path) -> str:
    command = ["samtools", "flagstat", str(cram)]
    return subprocess.run(command, env=made.environment, capture_output=True, check=True).stdout


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.fixture(scope="module")
def salted(tmp_path_factory, need):
    need("samtools", "bgzip", "tabix")
    folder = tmp_path_factory.mktemp("salted")
    made = made_sample(folder / SALT / "home", sample=SALT, salt=SALT)
    return made, packaged(made, folder / "out", fastq=True)


def everything(made, folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file, and what they unpack to."""
    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if path.suffix in (".gz", ".tbi", ".crai"):
            data += gzip.decompress(data)
        if path.suffix == ".cram":
            data += sam(made, path, "-h").encode()
        found[path.name] = data
    return found


def test_no_byte_of_a_packaged_sample_holds_a_word_of_home(salted):
    made, folder = salted
    found = everything(made, folder)
    assert len(found) == 9
    words = [SALT.lower().encode(), b"acgttgca", b"2026-01-01", b"/dev/fd", b"remark"]
    held = [(name, word) for name, data in found.items() for word in words if word in data.lower()]
    assert held == []
    assert all(SALT.lower() not in name.lower() for name in found)


def test_the_salt_was_in_every_input(salted):
    made, _ = salted
    text = sam(made, made.files.cram, "-h")
    for place in ("SM:", "LB:", "CN:", "DS:of ", "@CO\tmade by ", "BC:Z:", "CO:Z:", "UR:/"):
        assert f"{place}{SALT}" in text
    assert f"PU:F{SALT}" in text
    assert gzip.decompress(made.files.vcf.read_bytes()).decode().count(SALT) >= 4
    assert made.files.verdict.read_text().count(SALT) >= 5


def test_records_are_the_same_but_for_names_groups_and_tags(salted):
    made, folder = salted
    before = sam(made, made.files.cram).splitlines()
    after = sam(made, folder / f"{PSEUDONYM}.cram").splitlines()
    assert len(before) == len(after) == 83
    for one, other in zip(before, after, strict=True):
        assert one.split("\t")[1:11] == other.split("\t")[1:11]
    assert flagstat(made, made.files.cram) == flagstat(made, folder / f"{PSEUDONYM}.cram")


def test_reads_of_one_template_keep_one_name_and_others_have_others(salted):
    made, folder = salted
    names = defaultdict(set)
    back = defaultdict(set)
    before = sam(made, made.files.cram).splitlines()
    for one, other in zip(
        before, sam(made, folder / f"{PSEUDONYM}.cram").splitlines(), strict=True
    ):
        old, new = one.split("\t")[0], other.split("\t")[0]
        names[old].add(new)
        back[new].add(old)
    assert len(names) == len(back) == 41
    assert all(len(each) == 1 for each in [*names.values(), *back.values()])


def test_read_groups_are_renumbered_in_records(salted):
    made, folder = salted
    counts = [
        len(sam(made, folder / f"{PSEUDONYM}.cram", "-r", f"{PSEUDONYM}.{n}").splitlines())
        for n in (1, 2)
    ]
    groups = list(made.files.proofs)
    assert counts == [len(sam(made, made.files.cram, "-r", group).splitlines()) for group in groups]


def test_the_header_of_the_cram_has_nothing_but_the_list(salted):
    made, folder = salted
    lines = sam(made, folder / f"{PSEUDONYM}.cram", "-H").splitlines()
    assert lines[0] == "@HD\tVN:1.6\tSO:coordinate"
    assert [line.split("\t")[0] for line in lines] == [
        "@HD",
        "@SQ",
        "@SQ",
        "@RG",
        "@RG",
        "@PG",
        "@PG",
    ]
    assert [[tag[:2] for tag in line.split("\t")[1:]] for line in lines[1:5]] == [
        ["SN", "LN", "M5", "SP"],
        ["SN", "LN", "M5", "SP"],
        ["ID", "LB", "PL", "PU", "SM"],
        ["ID", "LB", "PL", "PU", "SM"],
    ]
    assert lines[4] == (
        f"@RG\tID:{PSEUDONYM}.2\tLB:{PSEUDONYM}.L2\tPL:ILLUMINA\tPU:2\tSM:{PSEUDONYM}"
    )
    assert "\n".join(lines[5:]) + "\n" == PROGRAMS


def test_the_cram_is_3_0_and_names_itself_by_the_pseudonym(salted):
    _, folder = salted
    start = (folder / f"{PSEUDONYM}.cram").read_bytes()[:26]
    assert start[:6] == b"CRAM\x03\x00"
    assert start[6:].rstrip(b"\0") == f"{PSEUDONYM}.cram".encode()


def test_a_public_assembly_is_named_in_both_headers(tmp_path):
    made = made_sample(tmp_path / "in")
    folder = packaged(made, tmp_path / "out", assembly="GRCh38")
    assert sam(made, folder / f"{PSEUDONYM}.cram", "-H").count("\tAS:GRCh38\t") == 2
    text = gzip.decompress((folder / f"{PSEUDONYM}.vcf.gz").read_bytes()).decode()
    assert text.count(",assembly=GRCh38,md5=") == 2


def test_records_of_vcfs_are_the_same_bytes(salted):
    made, folder = salted
    for before, end in ((made.files.vcf, ".vcf.gz"), (made.files.gvcf, ".g.vcf.gz")):
        bodies = [
            [line for line in lines_of(path) if not line.startswith("#")]
            for path in (before, folder / f"{PSEUDONYM}{end}")
        ]
        assert bodies[0] == bodies[1] and bodies[0]


def test_the_index_of_a_vcf_finds_a_record(salted):
    _, folder = salted
    command = ["tabix", str(folder / f"{PSEUDONYM}.vcf.gz"), "chrX:100-100"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.startswith(
        b"chrX\t100\t"
    )


def test_bcftools_reads_what_was_packaged_without_a_warning(salted, need):
    need("bcftools")
    _, folder = salted
    for end in (".vcf.gz", ".g.vcf.gz"):
        command = ["bcftools", "view", "--no-version", str(folder / f"{PSEUDONYM}{end}")]
        done = subprocess.run(command, capture_output=True, check=True)
        assert done.stderr == b""


def test_the_json_tells_files_with_their_records(salted):
    _, folder = salted
    package = read_packaged(folder)
    assert isinstance(package, Packaged)
    assert (package.sample, package.subject) == (PSEUDONYM, SUBJECT)
    records = {file.role: file.records for file in package.files}
    assert records == {
        Role.READS: 82,
        Role.READS_INDEX: None,
        Role.VARIANTS: 21,
        Role.VARIANTS_INDEX: None,
        Role.GVCF: 2,
        Role.GVCF_INDEX: None,
        Role.FASTQ_1: 41,
        Role.FASTQ_2: 41,
    }
    assert all(file.size == (folder / file.name).stat().st_size for file in package.files)
    assert package.caller == "GATK HaplotypeCaller 4.6.2.0"
    assert [group.paired for group in package.read_groups] == [True, True]
    assert [program.name for program in package.programs] == ["bwa", "samtools"]


def test_a_verdict_keeps_rules_and_names_of_shipped_profiles_alone(salted):
    _, folder = salted
    verdict = read_packaged(folder).verdict
    assert verdict["sample"] == PSEUDONYM
    assert [profile["name"] for profile in verdict["profiles"]] == ["default", "custom-1"]
    assert set(verdict) == {"sample", "verdict", "profiles"}
    keys = {"metric", "value", "comparison", "threshold", "severity", "result"}
    assert all(set(rule) == keys for profile in verdict["profiles"] for rule in profile["rules"])


def test_fastq_holds_the_reads_of_the_cram_in_step(salted):
    made, folder = salted
    names = []
    for end in ("R1", "R2"):
        lines = lines_of(folder / f"{PSEUDONYM}_{end}.fastq.gz")
        names.append(lines[::4])
    assert names[0] == names[1] and len(set(names[0])) == 41
    reads = {
        line.split("\t")[9]
        for line in sam(made, made.files.cram, "-f", "64", "-F", "0x910").splitlines()
    }
    lines = lines_of(folder / f"{PSEUDONYM}_R1.fastq.gz")
    assert set(lines[1::4]) >= reads


def test_an_exome_comes_with_its_targets_and_without_their_names(tmp_path):
    made = made_sample(tmp_path / "in")
    bed = tmp_path / "own-design.bed"
    bed.write_text("chr20\t10\t900\tBRCA1\nchrX\t0\t1500\town-design\n")
    made = replace(made, files=replace(made.files, targets=bed))
    folder = packaged(made, tmp_path / "out")
    text = (folder / f"{PSEUDONYM}.targets.bed").read_text()
    assert text == "chr20\t10\t900\nchrX\t0\t1500\n"
    records = {file.role: file.records for file in read_packaged(folder).files}
    assert records[Role.TARGETS] == 2
    assert all(b"own-design" not in data for data in everything(made, folder).values())


def test_single_end_reads_make_one_fastq(tmp_path):
    made = made_sample(tmp_path / "in", paired=False)
    package = read_packaged(packaged(made, tmp_path / "out", fastq=True))
    records = {file.role: file.records for file in package.files}
    assert records[Role.FASTQ_1] == records[Role.READS] == 80
    assert Role.FASTQ_2 not in records
    assert [group.paired for group in package.read_groups] == [False, False]


def test_records_are_the_same_at_any_number_of_threads(tmp_path):
    made = made_sample(tmp_path / "in")
    one, four = (
        packaged(made, tmp_path / f"t{threads}" / "out", threads=threads, fastq=True)
        for threads in (1, 4)
    )
    texts = [everything(made, folder) for folder in (one, four)]
    cram = f"{PSEUDONYM}.cram"
    assert sam(made, one / cram, "-h") == sam(made, four / cram, "-h")
    assert list(texts[0]) == list(texts[1])
    # htslib chooses how to compress by trial, so that sizes of a larger CRAM differ.
    same = [name for name in texts[0] if name.endswith(("vcf.gz", "tbi", "fastq.gz"))]
    assert len(same) == 6
    assert all(texts[0][name] == texts[1][name] for name in same)


def test_reads_without_a_mate_stay_out_of_fastq_pairs_and_are_told(tmp_path):
    made = made_sample(tmp_path / "in")
    text = sam(made, made.files.cram, "-h")
    lines = text.splitlines(keepends=True)
    alone = next(n for n, line in enumerate(lines) if "\t99\t" in line)
    mate = lines.pop(alone).split("\t")[0]
    assert any(line.startswith(f"{mate}\t147\t") for line in lines)
    command = ["samtools", "view", "--no-PG", "-C", "--output-fmt-option", "version=3.0"]
    subprocess.run(
        [*command, "-o", str(made.files.cram), "-"],
        input="".join(lines).encode(),
        env=made.environment,
        check=True,
    )
    package = read_packaged(packaged(made, tmp_path / "out", fastq=True))
    records = {file.role: file.records for file in package.files}
    assert (records[Role.READS], records[Role.FASTQ_1], records[Role.FASTQ_2]) == (81, 40, 40)
    assert "1 reads without a mate are not in the FASTQ files" in (tmp_path / "log").read_text()


def test_another_secret_gives_other_names():
    line = b"r1\t0\tchr20\tRG:Z:a\n"
    names = {renamer(bytes([n]) * 32, {"a": "P.1"})(line).split(b"\t")[0] for n in range(9)}
    assert len(names) == 9
    assert all(len(name) == 20 for name in names)


def test_a_failed_sample_leaves_nothing_but_the_reason(tmp_path):
    made = made_sample(tmp_path / "in", verdict="fail")
    folder = packaged(made, tmp_path / "out")
    assert [path.name for path in folder.iterdir()] == ["package.json"]
    assert read_packaged(folder) == LeftOut(left_out=FAILED)
    assert json.loads((folder / "package.json").read_text()) == {"left_out": FAILED}


def test_a_leak_ends_the_job_with_file_and_kind_but_not_the_word(tmp_path):
    made = made_sample(tmp_path / "in")
    with pytest.raises(LeakError, match=r"\.cram holds the id of a thing") as error:
        packaged(made, tmp_path / "out", secrets=[Secret("the id of a thing", "samtools")])
    assert "samtools" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_barcode_is_looked_for_in_headers_alone(tmp_path):
    made = made_sample(tmp_path / "in")
    text = lines_of(made.files.vcf)
    long = next(
        line.split("\t")[3] for line in text if line[0] != "#" and len(line.split("\t")[3]) > 2
    )
    packaged(made, tmp_path / "out", secrets=[Secret("a barcode", f"{long}", in_records=False)])
    assert (tmp_path / "out").is_dir()


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ("@PG\tID:x\tPN:x\tVN:1\tCL:x /home/ann\n", "a program that Schelde did not run"),
        ("@PG\tID:bwa\tPN:bwa\tVN:1\tCL:bwa mem /home/ann/g.fa\n", "a program that Schelde did"),
        ("@PG\tID:bwa\tPN:bwa\tVN:of Ann\tCL:bwa mem -K 100000000 -Y\n", "has no version"),
        ("@PG\tID:samtools\tPN:samtools\tVN:1\tCL:samtools view -h a.cram\n", "a program that"),
    ],
)
def test_a_program_of_others_is_refused(tmp_path, programs, message):
    made = made_sample(tmp_path / "in", programs=programs)
    with pytest.raises(JobError, match=message):
        packaged(made, tmp_path / "out")


def test_reads_without_a_known_read_group_are_refused():
    with pytest.raises(ReadsError, match="without a read group"):
        renamer(b"k" * 32, {"a": "P.1"})(b"r1\t0\tRG:Z:a\nr2\t0\tRG:Z:b\n")


def test_a_tag_of_numbers_with_a_text_is_refused():
    with pytest.raises(ReadsError, match="another type"):
        renamer(b"k" * 32, {"a": "P.1"})(b"r1\t0\tNM:Z:Ann\tRG:Z:a\n")


def test_a_read_group_whose_name_begins_with_anothers_is_not_confused():
    text = renamer(b"k" * 32, {"a.1": "P.1", "a.12": "P.2"})(
        b"r\t0\tRG:Z:a.12\tNM:i:0\nr\t0\tRG:Z:a.1\nr\t0\tRG:Z:a.12\n"
    )
    assert [line.split(b"RG:Z:")[1][:3] for line in text.splitlines()] == [b"P.2", b"P.1", b"P.2"]


def test_contigs_must_be_those_of_the_genome(tmp_path):
    made = made_sample(tmp_path / "in")
    facts = json.loads(made.files.facts.read_text())
    facts["contigs"][0]["md5"] = "0" * 32
    made.files.facts.write_text(json.dumps(facts))
    with pytest.raises(JobError, match="sequences that are not the 2 of the genome"):
        packaged(made, tmp_path / "out")


def test_a_damaged_cram_leaves_no_folder(tmp_path):
    made = made_sample(tmp_path / "in")
    data = made.files.cram.read_bytes()
    made.files.cram.write_bytes(data[: len(data) - 60])
    with pytest.raises((JobError, RuntimeError)):
        packaged(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob("out*"))


def test_a_folder_that_was_there_is_replaced_whole(tmp_path):
    made = made_sample(tmp_path / "in")
    old = tmp_path / "out"
    old.mkdir()
    (old / "old.txt").write_text("old")
    packaged(made, old)
    assert not (old / "old.txt").exists()
    assert not list(tmp_path.glob("out.*"))


def test_quality_of_another_sample_is_refused(tmp_path):
    made = made_sample(tmp_path / "in")
    made.files.ga4gh.write_text('{"biosample": {"id": "other"}}')
    with pytest.raises(JobError, match="another sample"):
        packaged(made, tmp_path / "out")


@pytest.mark.slow
def test_picard_finds_nothing_new_in_a_packaged_cram(tmp_path, need):
    need("gatk")
    made = made_sample(tmp_path / "in")
    folder = packaged(made, tmp_path / "out")
    fasta = tmp_path / "g.fa"
    fasta.write_text("".join(f">{name}\n{text}\n" for name, text in made.bases.items()))
    for command in (["faidx", fasta], ["dict", "-o", tmp_path / "g.dict", fasta]):
        subprocess.run(["samtools", *map(str, command)], check=True)
    kinds = []
    for cram in (made.files.cram, folder / f"{PSEUDONYM}.cram"):
        command = ["gatk", "ValidateSamFile", "-I", str(cram), "-R", str(fasta), "-M", "SUMMARY"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        kinds.append(sorted(line for line in told.splitlines() if line.startswith(("ERR", "WARN"))))
    assert set(kinds[1]) <= set(kinds[0])


def test_nothing_is_left_beside_the_folder(salted):
    _, folder = salted
    assert {path.name for path in folder.parent.iterdir()} == {"out", "scratch", "log", SALT}
    assert list((folder.parent / "scratch").iterdir()) == []
