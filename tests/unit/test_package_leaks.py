"""Private words are found whole, in any case, and inside what gzip packed."""

from __future__ import annotations

import gzip
import zlib

import pytest
from tests.unit.made_record import DESCRIPTION

from schelde.package.leaks import (
    Leak,
    LeakError,
    Secret,
    find_leaks,
    machine_secrets,
    refuse,
    secrets_of,
    unless_declared,
    views,
)
from schelde.sheet import Assay, Lane, Person, Sex

NAME = Secret("a name", "Zyxwvut")


def kinds(data: bytes, *secrets: Secret, name: str = "x.json") -> list[str]:
    return [leak.kind for leak in find_leaks([(name, data)], secrets or [NAME])]


@pytest.mark.parametrize(
    "text",
    [
        "Zyxwvut",
        "zyxwvut",
        "ZYXWVUT",
        "/zyxwvut/home",
        "a_zyxwvut.cram",
        "x:zyxwvut-1",
        '"Zyxwvut"',
    ],
)
def test_a_word_is_found_in_any_case_and_place(text):
    assert kinds(text.encode()) == ["a name"]


@pytest.mark.parametrize("text", ["Zyxwvutx", "xzyxwvut", "1zyxwvut", "Zyxwv ut", ""])
def test_the_part_of_a_longer_word_is_none(text):
    assert kinds(text.encode()) == []


def test_a_word_inside_gzip_is_found():
    assert kinds(gzip.compress(b"by Zyxwvut")) == ["a name"]


def test_a_word_in_a_later_member_is_found():
    packed = b"".join(gzip.compress(bytes([n]) * 99) for n in range(50))
    assert kinds(packed + gzip.compress(b"by Zyxwvut")) == ["a name"]


def test_a_word_across_two_members_is_found():
    assert kinds(gzip.compress(b"by Zyx") + gzip.compress(b"wvut ")) == ["a name"]


def test_a_member_amid_other_bytes_is_looked_into_as_in_a_cram():
    assert kinds(b"CRAM\3\0 \x1f\x8b\x08 no" + gzip.compress(b"by Zyxwvut") + b"after") == [
        "a name"
    ]


def test_a_member_that_is_cut_short_is_looked_into():
    packed = gzip.compress(b"by Zyxwvut " + bytes(range(256)) * 40)
    assert kinds(packed[:-20]) == ["a name"]


def test_bgzf_is_looked_into(tmp_path, need):
    need("bgzip")
    import subprocess

    text = b"".join(b"line %d\n" % n for n in range(40_000)) + b"by Zyxwvut\n"
    done = subprocess.run(["bgzip", "-c"], input=text, capture_output=True, check=True)
    assert kinds(done.stdout) == ["a name"]
    (tmp_path / "x.gz").write_bytes(done.stdout)
    assert find_leaks([tmp_path / "x.gz"], [NAME]) == [Leak(f"{tmp_path}/x.gz", "a name")]


def test_the_header_of_a_cram_is_looked_into(tmp_path, need):
    need("samtools")
    from tests.unit.made_sample import SALT, made_sample

    made = made_sample(tmp_path, salt=SALT)
    leaks = find_leaks([("x.cram", made.files.cram.read_bytes())], [NAME])
    assert leaks == [Leak("x.cram", "a name")]


def test_the_name_of_a_file_is_looked_at():
    assert kinds(b"", name="qc/Zyxwvut.json") == ["a name"]


@pytest.mark.parametrize(("name", "found"), [("qc/S1.json", True), ("qc/S1x.json", False)])
def test_a_short_word_is_found_as_a_whole_name_alone(name, found):
    assert kinds(b"S1 s1", Secret("a sample", "s1"), name=name) == (["a sample"] if found else [])


@pytest.mark.parametrize("word", ["ILLUMINA", "genome", "root", "home"])
def test_words_that_all_documents_hold_tell_nothing(word):
    assert kinds(word.encode(), Secret("a centre", word)) == []


def test_of_two_words_that_overlap_both_are_found():
    one, two = Secret("a", "alpha-beta"), Secret("b", "beta")
    assert kinds(b"alpha-beta", one, two) == ["a", "b"]


def test_a_word_with_signs_of_patterns_is_taken_as_it_is():
    assert kinds(b"a+b(c", Secret("x", "a+b(c")) == ["x"]
    assert kinds(b"aab(c", Secret("x", "a+b(c")) == []


def test_no_secrets_no_leaks():
    assert find_leaks([("x", b"x")], []) == []


def test_an_error_tells_file_and_kind_but_not_the_word():
    with pytest.raises(LeakError) as error:
        refuse(find_leaks([("x.json", b"Zyxwvut")], [NAME]))
    assert str(error.value) == "private words in what is to travel: x.json holds a name"
    refuse([])


def test_the_words_of_the_sheets_are_all_there():
    lane = Lane(
        "NA12878",
        "libA1",
        "HXXX",
        "L001",
        fq1=("/mnt/runs/of-anna/a_R1.fastq.gz",),
        fq2=("reads/b_R2.fq",),
        barcode="ACGTAC-TT",
        center="Hospital",
        read_group="rg-77",
    )
    person = Person("NA12878", Assay.WES, Sex.MALE, subject_id="anna", targets="beds/own.bed")
    values = {secret.value for secret in secrets_of([person], [lane])}
    assert values == {
        *("NA12878", "anna", "own.bed", "own", "libA1", "HXXX", "Hospital", "rg-77"),
        *("ACGTAC-TT", "ACGTAC", "a_R1.fastq.gz", "a_R1", "/mnt/runs/of-anna"),
        *("b_R2.fq", "b_R2"),
    }


def test_barcodes_are_not_looked_for_in_records():
    lane = Lane("s", "lib", "fc", "1", barcode="ACGTAC")
    inside = {secret.value: secret.in_records for secret in secrets_of([], [lane])}
    assert inside["ACGTAC"] is False and inside["lib"] is True


def test_a_centre_that_the_dataset_names_itself_is_no_secret():
    secrets = [
        Secret("the name of a centre", "Example Genome Institute"),
        Secret("the name of a centre", "Other Institute"),
        Secret("a subject_id", "made-trio"),
    ]
    assert unless_declared(secrets, DESCRIPTION) == secrets[1:]


def test_the_machine_has_a_name_and_folders():
    kinds = {secret.kind for secret in machine_secrets()}
    assert "the name of this machine" in kinds and "a folder of this machine" in kinds


def test_views_of_bytes_by_chance_like_gzip_are_the_bytes():
    data = b"\x1f\x8b\x08" * 50
    assert next(views(data)) == data
    assert all(isinstance(view, bytes) for view in views(data))
    assert zlib.crc32(data)
