"""A run in which everything bears the name of a person: nothing that travels bears it."""

from __future__ import annotations

import base64
import gzip
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.run.bundles import ALIAS, ROOT, md5_environment, schelde
from tests.run.salt import SALT, environment, everything, holds_salt, salted

from schelde.bundle.record import read_record

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("salted")]


@pytest.fixture(scope="module", params=["minibwa", "bwa"])
def run(
    request: pytest.FixtureRequest,
    small_demo: Path,
    tmp_path_factory: pytest.TempPathFactory,
    runner: Callable[[Path], Any],
) -> Any:
    """The salted project, run to its bundle."""
    project = salted(small_demo, tmp_path_factory.mktemp("salted"))
    run = runner(project)
    told = environment(project)
    config = f"config/{SALT}.yaml"
    keyed = ["schelde", "pseudonyms", "--config", config]
    subprocess.run(keyed, cwd=project, env=told, check=True, capture_output=True)
    aligner = f"align={{aligner: {request.param}}}"
    command = run.command("bundle", "--configfile", f"{project}/{config}", "--config", aligner)
    ended = subprocess.run(
        command, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    return run


@pytest.fixture(scope="module")
def seen(run: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """All that a recipient can read out of the bundle."""
    secret = run.folder / f"data/{SALT}/{SALT}.sec"
    folder = tmp_path_factory.mktemp("seen") / "plain"
    return everything(run.folder / "bundles" / ALIAS, secret, run.folder / "results", folder)


WRITINGS = {
    "plain": b"xx Zyxwvut-F.1",
    "capitals": b"ZYXWVUT",
    "hexadecimal": b"of Zyxwvut".hex().upper().encode(),
    "utf-16": "Zyxwvut".encode("utf-16"),
    "base64": base64.b64encode(b"zyxwvut"),
    "base64, one further": base64.b64encode(b"/Zyxwvut/"),
    "base64, two further": base64.b64encode(b"//ZYXWVUT//"),
    "escaped for JSON": b"\\u007ayxwvut",
    "escaped for an address": b"%5Ayxwvut",
    "escaped for a page": b"&#122;yxwvut",
}


@pytest.mark.parametrize("data", WRITINGS.values(), ids=WRITINGS)
def test_the_name_is_found_in_every_writing(data: bytes) -> None:
    assert holds_salt(data)


def test_the_run_itself_is_full_of_it(run: Any) -> None:
    results = run.folder / "results"
    crams = sorted((results / "align").glob("*.cram"))
    heads = [subprocess.check_output(["samtools", "head", cram]) for cram in crams]
    reads = subprocess.check_output(["samtools", "view", crams[0]], env=md5_environment(results))
    vcfs = [gzip.decompress(path.read_bytes()) for path in (results / "call").glob("*.vcf.gz")]
    assert len(heads) == 3 and len(vcfs) == 6
    assert all(map(holds_salt, [*heads, reads, *vcfs]))
    assert all(SALT in path.name.lower() for path in crams)


def test_all_three_people_are_in_the_bundle_with_their_reads(run: Any, seen: Any) -> None:
    record = read_record(run.folder / "bundles" / ALIAS)
    assert len(record.members) == 3
    assert {str(member.assay) for member in record.members} == {"wgs", "wes"}
    assert sum(1 for name in seen if name.startswith("read ")) == 3
    assert sum(1 for name in seen if name.endswith("fastq.gz") and name.startswith("unpacked")) == 6
    assert all(seen[name].count(b"\n") > 1000 for name in seen if name.startswith("read "))


def test_nothing_that_travels_bears_the_name(seen: Any) -> None:
    assert len(seen) > 120
    assert [name for name, content in seen.items() if holds_salt(content)] == []


def test_no_log_travels(seen: Any) -> None:
    assert not [
        name for name in seen["names"].decode().splitlines() if name.endswith((".log", ".txt"))
    ]


def test_it_bears_no_folder_of_this_machine_either(run: Any, seen: Any) -> None:
    places = [str(place).encode() for place in (run.folder.parent, ROOT)]
    assert not [name for name, text in seen.items() if any(place in text for place in places)]


def test_it_verifies_with_the_key(run: Any) -> None:
    secret = run.folder / f"data/{SALT}/{SALT}.sec"
    schelde("verify", run.folder / "bundles" / ALIAS, "--key", secret)
