"""config/site.yaml is read strictly, and as it is shipped it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from schelde.errors import Problem
from schelde.settings_help import leaves
from schelde.site import Partition, Site, read_site

ROOT = Path(__file__).parents[2]


def read(folder: Path, text: str) -> tuple[Site, list[str]]:
    """Read a site file of a working directory; return it and what is told about it."""
    (folder / "config").mkdir()
    (folder / "config/site.yaml").write_text(text)
    problems: list[Problem] = []
    site = read_site(folder, ROOT, problems)
    return site, [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_the_shipped_file_has_all_keys_and_all_defaults(tmp_path: Path) -> None:
    problems: list[Problem] = []
    site = read_site(tmp_path, ROOT, problems)
    assert not problems
    assert site.model_dump() == Site().model_dump()
    assert set(site.model_fields_set) == set(Site.model_fields)


def test_the_shipped_file_shows_every_key_of_a_partition() -> None:
    text = (ROOT / "config/site.yaml").read_text()
    assert not [key for key in Partition.model_fields if f"#       {key}: " not in text]


def test_the_page_tells_every_key() -> None:
    page = (ROOT / "docs/site.md").read_text()
    keys = {path[-1] for path, _ in leaves(Site)} | {"partitions"}
    assert not [key for key in sorted(keys) if f"`{key}`" not in page]


def test_the_file_of_the_working_directory_stands_in_place_of_the_shipped_one(
    tmp_path: Path,
) -> None:
    site, told = read(tmp_path, "account: lab\n")
    assert (site.account, site.qos, told) == ("lab", None, [])


def test_a_value_knows_its_line(tmp_path: Path) -> None:
    site, _ = read(tmp_path, "account: lab\nmodules:\n- gatk\n- samtools\n")
    assert site.place("modules", 1).line == 4
    assert site.place("scratch").line is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acount: lab", "config/site.yaml:1: unknown key 'acount'; did you mean 'account'?"),
        (
            "partitions:\n  cpu: {cpus: 4, mem_mb: 5, cpu: 4}",
            "config/site.yaml:2: partition 'cpu': unknown key 'cpu'; did you mean 'cpus'?",
        ),
        (
            "partitions:\n  cpu: {cpus: 4, mem_mb: 5G}",
            "config/site.yaml:2: partition 'cpu': 'mem_mb' is '5G' (text); "
            "give a whole number of at least 1",
        ),
        (
            "partitions:\n  cpu: {cpus: 4, mem_mb: 5, cost: much}",
            "config/site.yaml:2: partition 'cpu': 'cost' is 'much' (text); "
            "give a number of at least 0",
        ),
        (
            "partitions: {cpu: 4}",
            "config/site.yaml:1: 'partitions.cpu' is '4' (a number); give a block of keys: "
            "nodes, cpus, mem_mb, minutes, gpus, gpu_model, scratch_mb, cost, watts",
        ),
        (
            "partitions: [cpu]",
            "config/site.yaml:1: 'partitions' is a list; give a block of keys, or leave the key "
            "out",
        ),
        (
            "partitions:\n  cpu: {cpus: 4, mem_mb: 5, gpu_model: a100}",
            "config/site.yaml:2: partition 'cpu' has a gpu_model, but no gpus; "
            "say how many GPUs a node has",
        ),
        (
            "partitions:\n  a b: {cpus: 4, mem_mb: 5}",
            "config/site.yaml:2: partition 'a b' has a character that is not safe in a command; "
            "correct it",
        ),
        (
            "modules:\n- gatk\n- x; rm -rf ~",
            "config/site.yaml:3: module 'x; rm -rf ~' has a character that is not safe in a "
            "command; correct it",
        ),
        (
            "account: lab --partition=x",
            "config/site.yaml:1: account 'lab --partition=x' has a character that is not safe in "
            "a command; correct it",
        ),
        (
            "gpu_request: gpu",
            "config/site.yaml:1: 'gpu_request' is 'gpu' (text); did you mean 'gpus'?",
        ),
        (
            "scratch: tmp",
            "config/site.yaml:1: 'scratch' is 'tmp', which is not the same folder everywhere; "
            "give it from the root, such as /scratch or $TMPDIR",
        ),
        (
            "references:\n  x: 3",
            "config/site.yaml:2: 'references.x' is '3' (a number); give the path of its FASTA",
        ),
        (
            "container_engine: podman",
            "config/site.yaml:1: 'container_engine' is 'podman' (text); give one of apptainer, "
            "docker",
        ),
        (
            "images:\n  parabricks: 4.7",
            "config/site.yaml:2: 'images.parabricks' is '4.7' (a number); give the path of its "
            "file, or its address",
        ),
        (
            "images:\n  parabricks: --privileged",
            "config/site.yaml:2: image '--privileged' has a character that is not safe in a "
            "command; correct it",
        ),
        (
            "references:\n  x: a b.fa",
            "config/site.yaml:2: references.x 'a b.fa' has a character that is not safe in a file "
            "name: ' '; rename the file, or link to it (ln -s), with letters, digits and "
            "/._+=@%:- only",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_remedy(tmp_path: Path, text: str, told: str) -> None:
    site, all_told = read(tmp_path, f"{text}\n")
    assert all_told == [told]
    assert site == Site()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    _, told = read(tmp_path, "acount: a\nquos: b\npartitions: {cpu: {cpus: 0, mem_mb: 0}}\n")
    assert len(told) == 4
