"""A FASTA read in one pass: what it gives, and what is refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schelde import reference
from schelde.assembly import Assembly
from schelde.reference import (
    Contig,
    FastaError,
    ReferenceFiles,
    cache_path,
    digest_of,
    prepare,
    read_blocks,
    read_fasta,
    sequence_collection,
)

TOY = Assembly("toy", ("1", "2"), "X", None, "MT", {"X": ((2, 5),)})
FASTA = ">1 first\nACGTNN\nNNACgt\n>MT\nAC\nGT\n>X\nNACGTACGTN\n>un\nRYKM\n"
BASES = {"1": b"ACGTNNNNACGT", "MT": b"ACGT", "X": b"NACGTACGTN", "un": b"RYKM"}


def outputs(folder: Path) -> ReferenceFiles:
    return ReferenceFiles(
        fasta=folder / "genome.fa",
        fai=folder / "genome.fa.fai",
        dictionary=folder / "genome.dict",
        facts=folder / "genome.json",
        seqcol=folder / "seqcol.json",
        md5_cache=folder / "md5",
        autosomes=folder / "autosomes.bed",
        par=folder / "par.bed",
        mitochondrion=folder / "mt.bed",
        gaps=folder / "gaps.bed",
    )


def prepared(folder: Path, data: bytes, **given: str | None) -> ReferenceFiles:
    (folder / "own.fa").write_bytes(data)
    files = outputs(folder / "out")
    prepare(folder / "own.fa", files, name="toy", assembly=TOY, log=io.BytesIO(), **given)
    return files


def parsed(data: bytes, block: int) -> dict[str, bytes]:
    """Contigs and bases as `read_fasta` takes them from blocks of a given size."""
    found: dict[str, bytes] = {}
    for _, name, bases in read_fasta(data[i : i + block] for i in range(0, len(data), block)):
        found[name] = found.get(name, b"") + bases
    return found


def razf(data: bytes) -> bytes:
    """Compress as razip did: a gzip member with its mark, then an index that is no gzip."""
    deflate = zlib.compressobj(wbits=-15)
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\x03" + struct.pack("<H", 7) + b"RAZF\x01\x80\0"
    tail = struct.pack("<II", zlib.crc32(data), len(data))
    return head + deflate.compress(data) + deflate.flush() + tail + b"\x01\0\0\x07index"


@given(block=st.integers(1, 70), ends=st.sampled_from(["\n", "\r\n"]))
def test_contigs_are_read_the_same_from_blocks_of_any_size(block: int, ends: str) -> None:
    assert parsed(FASTA.replace("\n", ends).encode(), block) == BASES


@given(
    contigs=st.lists(st.text("ACGTNacgtn", min_size=1, max_size=400), min_size=1, max_size=4),
    width=st.integers(1, 99),
    block=st.integers(1, 500),
)
def test_written_contigs_read_back_in_upper_case(
    contigs: list[str], width: int, block: int
) -> None:
    text = "".join(
        f">c{number}\n" + "".join(f"{bases[i : i + width]}\n" for i in range(0, len(bases), width))
        for number, bases in enumerate(contigs)
    )
    expected = {f"c{n}": bases.upper().encode() for n, bases in enumerate(contigs)}
    assert parsed(text.encode(), block) == expected


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "two members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
    "razf": razf,
}


@pytest.mark.parametrize("how", COMPRESSIONS)
@pytest.mark.parametrize("block", [2, 7, 64, 1 << 18])
def test_text_comes_out_of_every_compression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, block: int
) -> None:
    header = 18  # bytes that the first block must hold to tell RAZF from gzip
    monkeypatch.setattr(reference, "BLOCK", max(block, header) if how == "razf" else block)
    data = COMPRESSIONS[how](FASTA.encode())
    (tmp_path / "f").write_bytes(data)
    seen = hashlib.md5()
    assert b"".join(read_blocks(tmp_path / "f", seen.update)) == FASTA.encode()
    assert seen.hexdigest() == hashlib.md5(data).hexdigest()


@pytest.mark.parametrize("how", ["gzip", "two members", "razf"])
def test_compressed_data_cut_off_anywhere_are_refused(tmp_path: Path, how: str) -> None:
    data = COMPRESSIONS[how](FASTA.encode())
    edge = len(gzip.compress(FASTA.encode()[:20]))  # whole after the first member
    last = len(data) - (len(b"\x01\0\0\x07index") if how == "razf" else 0)
    for length in range(2, last):
        if how == "two members" and length == edge:
            continue
        (tmp_path / "f").write_bytes(data[:length])
        with pytest.raises(FastaError, match="end early"):
            list(read_blocks(tmp_path / "f", len))


def test_garbage_after_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(gzip.compress(FASTA.encode()) + b"garbage")
    with pytest.raises(FastaError, match="damaged"):
        list(read_blocks(tmp_path / "f", len))


def test_a_damaged_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(FASTA.encode()))
    data[-5] ^= 1  # of the checksum
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(FastaError, match="damaged"):
        list(read_blocks(tmp_path / "f", len))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no contig"),
        ("\n\n", "no contig"),
        ("ACGT\n", "first line does not begin with '>'"),
        ("@HD\tVN:1.6\n>1\nACGT\n", "first line does not begin with '>'"),
        (">\nACGT\n", "does not name a contig"),
        (">a,b\nACGT\n", "does not name a contig"),
        (">=a\nACGT\n", "does not name a contig"),
        (">1\n>2\nACGT\n", "contig '1' has no bases"),
        (">1\nACGT\n>2\n", "contig '2' has no bases"),
        (">1\nACGT\n>2", "contig '2' has no bases"),
        (">1\nACGT\n>1 again\nACGT\n", "contig '1' is there twice"),
        (">1\nACGT>2\nACGT\n", "'>' inside a line"),
        (">1\nACGJ\n", "contig '1': 'J' is no IUPAC code"),
        (">1\nAC-T\n", "contig '1': '-' is no IUPAC code"),
        (">chr1\nACGT\n", "contigs are named chr1 ..., but toy has 1, 2, X"),
        (">1\nACGT\n>X\nACGT\n", "PAR 2-5 of toy is past the end of 'X' at 4"),
    ],
)
def test_a_fasta_that_cannot_serve_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FastaError, match=re.escape(message)) as caught:
        prepared(tmp_path, text.encode())
    assert str(caught.value).startswith("own.fa: ")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_genome_is_upper_case_without_descriptions(tmp_path: Path) -> None:
    files = prepared(tmp_path, FASTA.encode())
    assert files.fasta.read_text() == ">1\nACGTNNNNACGT\n>MT\nACGT\n>X\nNACGTACGTN\n>un\nRYKM\n"


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    block=st.integers(1, 300),
)
def test_the_index_finds_every_base(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], block: int
) -> None:
    bases = ["ACGTN"[n % 5] * n for n in lengths]
    text = "".join(f">{n}\n{b}\n" for n, b in enumerate(bases, start=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "BLOCK", block)
        folder = tmp_path_factory.mktemp("genome")
        files = prepared(folder, text.encode())
    data = files.fasta.read_bytes()
    for expected, row in zip(bases, files.fai.read_text().splitlines(), strict=True):
        _, length, offset, per_line, bytes_per_line = row.split("\t")
        found = bytes(
            data[int(offset) + place // int(per_line) * int(bytes_per_line) + place % int(per_line)]
            for place in range(int(length))
        )
        assert found.decode() == expected


def test_the_dictionary_tells_length_md5_assembly_species_and_origin(tmp_path: Path) -> None:
    files = prepared(tmp_path, b">1\nacgt\n", address="https://example.org/toy.fa.gz")
    md5 = hashlib.md5(b"ACGT").hexdigest()
    assert files.dictionary.read_text() == (
        "@HD\tVN:1.6\tSO:unsorted\n"
        f"@SQ\tSN:1\tLN:4\tM5:{md5}\tAS:toy\tSP:Homo sapiens\tUR:https://example.org/toy.fa.gz\n"
    )


def test_no_path_of_this_machine_is_written(tmp_path: Path) -> None:
    prepared(tmp_path, FASTA.encode())
    for file in (tmp_path / "out").rglob("*"):
        assert file.is_dir() or str(tmp_path).encode() not in file.read_bytes()


def test_the_cache_holds_each_contig_under_its_md5(tmp_path: Path) -> None:
    files = prepared(tmp_path, FASTA.encode())
    found = {file.read_bytes() for file in files.md5_cache.rglob("*") if file.is_file()}
    assert found == set(BASES.values())
    for bases in BASES.values():
        digest = hashlib.md5(bases).hexdigest()
        assert cache_path(files.md5_cache, digest).read_bytes() == bases


def test_regions_follow_the_assembly(tmp_path: Path) -> None:
    files = prepared(tmp_path, FASTA.encode())
    assert files.gaps.read_text() == "1\t4\t8\nX\t0\t1\nX\t9\t10\n"
    assert files.autosomes.read_text() == "1\t0\t4\n1\t8\t12\n"
    assert files.par.read_text() == "X\t2\t5\n"
    assert files.mitochondrion.read_text() == "MT\t0\t4\n"


@given(bases=st.text("AN", min_size=1, max_size=60), block=st.integers(1, 20))
@settings(max_examples=30)
def test_gaps_are_all_runs_of_n(
    tmp_path_factory: pytest.TempPathFactory, bases: str, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "BLOCK", block)
        files = prepared(tmp_path_factory.mktemp("gaps"), f">1\n{bases}\n".encode())
    runs = [f"1\t{m.start()}\t{m.end()}\n" for m in re.finditer("N+", bases)]
    assert files.gaps.read_text() == "".join(runs)


def test_facts_tell_what_was_read(tmp_path: Path) -> None:
    data = gzip.compress(FASTA.encode())
    files = prepared(tmp_path, data)
    facts = json.loads(files.facts.read_text())
    source = (tmp_path / "own.fa").stat()
    assert (facts["name"], facts["assembly"]) == ("toy", "toy")
    assert facts["source_bytes"] == len(data)
    assert facts["source_mtime_ns"] == source.st_mtime_ns
    assert facts["source_md5"] == hashlib.md5(data).hexdigest()
    assert facts["seqcol"] == json.loads(files.seqcol.read_text())["digest"]
    digest = base64.urlsafe_b64encode(hashlib.sha512(b"ACGT").digest()[:24]).decode()
    md5 = hashlib.md5(b"ACGT").hexdigest()
    assert facts["contigs"][1] == {"name": "MT", "length": 4, "md5": md5, "sha512t24u": digest}


def test_the_declared_md5_is_that_of_the_file_on_disk(tmp_path: Path) -> None:
    data = gzip.compress(FASTA.encode())
    prepared(tmp_path, data, md5=hashlib.md5(data).hexdigest().upper())
    with pytest.raises(FastaError, match="is declared"):
        prepared(tmp_path, data, md5="0" * 32)


def test_a_refused_file_leaves_an_earlier_reference_as_it_was(tmp_path: Path) -> None:
    files = prepared(tmp_path, FASTA.encode())
    before = {file: file.read_bytes() for file in files.md5_cache.rglob("*") if file.is_file()}
    genome = files.fasta.read_bytes()
    with pytest.raises(FastaError):
        prepared(tmp_path, b">1\nACGT\n>2\nACG!\n")
    assert files.fasta.read_bytes() == genome
    assert {file: file.read_bytes() for file in before} == before
    assert not list((tmp_path / "out").glob("*.part"))


def test_a_repeated_run_forgets_the_contigs_of_the_last(tmp_path: Path) -> None:
    prepared(tmp_path, FASTA.encode())
    files = prepared(tmp_path, b">1\nGGGG\n")
    assert [file.read_bytes() for file in files.md5_cache.rglob("*") if file.is_file()] == [b"GGGG"]


def test_canonical_json_has_sorted_keys_no_spaces_and_plain_unicode() -> None:
    text = '{"length":4,"name":"chr\u00e9"}'.encode()
    expected = base64.urlsafe_b64encode(hashlib.sha512(text).digest()[:24]).decode()
    assert digest_of({"name": "chr\u00e9", "length": 4}) == expected


def test_a_collection_does_not_depend_on_lengths_in_its_top_digest() -> None:
    contigs = [Contig("a", 4, "", "x"), Contig("b", 5, "", "y")]
    other = [Contig("a", 9, "", "x"), Contig("b", 9, "", "y")]
    left, right = sequence_collection(contigs), sequence_collection(other)
    assert left["digest"] == right["digest"]
    assert left["level1"]["lengths"] != right["level1"]["lengths"]


def test_collections_in_another_order_share_their_coordinate_system() -> None:
    contigs = [Contig("a", 4, "", "x"), Contig("b", 5, "", "y")]
    left, right = sequence_collection(contigs), sequence_collection(contigs[::-1])
    assert left["digest"] != right["digest"]
    key = "sorted_name_length_pairs"
    assert left["level1"][key] == right["level1"][key]
