"""Known references, and a server that gives too little, too much, the wrong file, or nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from schelde import fetch as fetching
from schelde.errors import UserError
from schelde.fetch import FetchError, Reference, fetch, public_address, read_references

ROOT = Path(__file__).parents[2]
DATA = bytes(range(256)) * 40
MD5 = hashlib.md5(DATA).hexdigest()


@dataclass
class Server:
    """What the server does: each request takes the next of ``cuts``, bytes that it sends."""

    address: str = ""
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 200
    length: bool = True
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(fetching, "PAUSE", 0)
    what = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # the connection ends with the answer

        def do_GET(self) -> None:
            asked = self.headers["Range"]
            what.asked.append(asked)
            if what.status != 200:
                self.send_error(what.status)
                return
            start = 0
            if asked and what.ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(DATA):
                    self.send_error(416)
                    return
                self.send_response(206)
            else:
                self.send_response(200)
            if what.length:
                self.send_header("Content-Length", str(len(DATA) - start))
            self.end_headers()
            sent = what.cuts.pop(0) if what.cuts else len(DATA)
            self.wfile.write(DATA[start : start + sent])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        what.address = f"http://127.0.0.1:{listening.server_port}/genome.fa.gz"
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield what
        listening.shutdown()
        thread.join()


def got(server: Server, folder: Path, size: int | None = len(DATA), md5: str | None = MD5) -> bytes:
    target = folder / "results" / "genome.fa.gz"
    fetch(server.address, target, size=size, md5=md5, log=io.BytesIO())
    assert not target.with_name("genome.fa.gz.part").exists()
    return target.read_bytes()


@pytest.mark.parametrize("size", [len(DATA), None])
@pytest.mark.parametrize("length", [True, False])
def test_a_file_comes_whole(server: Server, tmp_path: Path, size: int | None, length: bool) -> None:
    server.length = length
    assert got(server, tmp_path, size) == DATA


def test_a_file_address_works_too(tmp_path: Path) -> None:
    (tmp_path / "there.fa").write_bytes(DATA)
    address = (tmp_path / "there.fa").as_uri()
    assert got(Server(address), tmp_path) == DATA


def test_a_broken_download_goes_on_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.cuts = [1000, 500]
    assert got(server, tmp_path) == DATA
    assert server.asked == [None, "bytes=1000-", "bytes=1500-"]


def test_a_server_without_ranges_is_asked_for_all_again(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    server.cuts = [1000]
    assert got(server, tmp_path) == DATA


def test_a_later_run_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.cuts = [100] * fetching.ATTEMPTS
    with pytest.raises(FetchError, match=f"500 of {len(DATA)} bytes came"):
        got(server, tmp_path)
    assert not (tmp_path / "results" / "genome.fa.gz").exists()
    assert got(server, tmp_path) == DATA
    assert server.asked[-1] == "bytes=500-"


def test_a_short_file_is_refused_when_the_server_tells_no_length(
    server: Server, tmp_path: Path
) -> None:
    server.length = False
    server.cuts = [100] * fetching.ATTEMPTS
    with pytest.raises(FetchError, match="500 of"):
        got(server, tmp_path)


def test_a_file_of_another_size_is_not_even_fetched(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=f"is {len(DATA)} bytes, not 99"):
        got(server, tmp_path, size=99)
    assert list((tmp_path / "results").iterdir()) == []


def test_a_file_with_another_md5_is_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=f"MD5 {MD5}, but MD5 {'0' * 32}"):
        got(server, tmp_path, md5="0" * 32)
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.parametrize("junk", [b"x" * 50, b"x" * len(DATA), b"x" * (len(DATA) + 9)])
def test_a_leftover_of_something_else_does_no_lasting_harm(
    server: Server, tmp_path: Path, junk: bytes
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "genome.fa.gz.part").write_bytes(junk)
    try:
        found = got(server, tmp_path)
    except FetchError:
        found = got(server, tmp_path)
    assert found == DATA


def test_a_genome_that_nobody_vouches_for_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"reference\.md5"):
        got(server, tmp_path, md5=None)
    assert server.asked == []


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (403, 1), (503, fetching.ATTEMPTS)])
def test_only_a_server_that_may_recover_is_asked_again(
    server: Server, tmp_path: Path, status: int, requests: int
) -> None:
    server.status = status
    with pytest.raises(FetchError, match=str(status)):
        got(server, tmp_path)
    assert len(server.asked) == requests


HEADER = "name\tassembly\taddress\tbytes\tmd5\tsource\tlicence\tnote\n"
GOOD = f"a\tGRCh38\thttps://example.org/a.fa.gz\t12\t{MD5}\tus\tfree\tfirst\n"
OTHER = f"b{GOOD[1:]}"


def test_the_table_gives_each_reference(tmp_path: Path) -> None:
    file = tmp_path / "references.tsv"
    file.write_text(f"{HEADER}{GOOD}b\tGRCh37\tfile:///b.fa\t\t\tus\tfree\t\n")
    assert read_references(file) == {
        "a": Reference("a", "GRCh38", "https://example.org/a.fa.gz", 12, MD5),
        "b": Reference("b", "GRCh37", "file:///b.fa", None, None),
    }


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (GOOD, "'a' is there twice"),
        (OTHER.replace("https:", "s3:"), "is no address"),
        (OTHER.replace("12", "12 MB"), "not a whole number"),
        (OTHER.replace(MD5, MD5[1:]), "is not an MD5"),
        (OTHER.replace("free", ""), "'licence' is empty"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, row: str, problem: str) -> None:
    file = tmp_path / "references.tsv"
    file.write_text(HEADER + GOOD + row)
    with pytest.raises(UserError) as caught:
        read_references(file)
    assert [told.line for told in caught.value.problems] == [3]
    assert problem in caught.value.problems[0].what


def test_the_table_that_we_ship_vouches_for_every_file() -> None:
    known = read_references(ROOT / "resources" / "references.tsv")
    shipped = {path.stem for path in (ROOT / "resources" / "assemblies").glob("*.yaml")}
    assert {reference.assembly for reference in known.values()} == shipped
    assert all(reference.md5 for reference in known.values())


@pytest.mark.parametrize(
    ("fasta", "md5", "address"),
    [
        (None, None, "https://example.org/a"),
        ("own.fa", None, None),
        ("own.fa", "1" * 32, None),
        ("own.fa", MD5.upper(), "https://example.org/a"),
    ],
)
def test_only_a_proven_file_has_a_public_address(
    fasta: str | None, md5: str | None, address: str | None
) -> None:
    known = {"a": Reference("a", "GRCh38", "https://example.org/a", None, MD5)}
    assert public_address(known, "a", fasta, md5) == address
