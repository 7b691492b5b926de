"""Commands in containers; the engines are stand-ins that run the command or tell what they got."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schelde.containers import IMAGES_FILE, command_in, image_addresses, words_in
from schelde.errors import UserError
from schelde.site import Site

IMAGE = "registry.example.org/tool:1.0"
# What an engine is given, as JSON, and the variables that decide what goes into the container.
TELL = """\
#!/usr/bin/env python3
import json, os, sys
if sys.argv[1] != "rm":
    keys = ("CUDA_VISIBLE_DEVICES", "TMPDIR", "HOME_OF_USER")
    names = [f"APPTAINERENV_{key}" for key in keys]
    print(json.dumps([sys.argv[1:], {n: os.environ[n] for n in names if n in os.environ}]))
"""
# A container that outlives its client: it runs in a session of its own, and has none of its files.
DAEMON = """\
#!/bin/bash
case $1 in
    rm) [[ -e $BOX/$3 ]] && kill -KILL "$(cat "$BOX/$3")" && rm "$BOX/$3"; exit 0 ;;
    run) name=$3; while [[ $1 != image ]]; do shift; done; shift
        setsid "$@" 9>&- & echo $! > "$BOX/$name"
        wait $!; status=$?; rm -f "$BOX/$name"; exit $status ;;
esac
"""

Engine = Callable[[str, str], None]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put an engine in front of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    for name in ("CUDA_VISIBLE_DEVICES", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def make(name: str, text: str) -> None:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    return make


def told(command: list[str], **more: str) -> tuple[list[str], dict[str, str]]:
    """Run a command; return the words and variables that the engine was given."""
    environment = {**os.environ, **more}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    words, variables = json.loads(done.stdout)
    return words, variables


def test_without_an_engine_a_command_stays_as_it_is() -> None:
    words = ["pbrun", "fq2bam", "a b"]
    assert words_in(Site(), IMAGE, words, gpu=True, folders=[Path("x")]) == words


def test_apptainer_runs_it_with_its_folders_and_nothing_else(
    engine: Engine, tmp_path: Path
) -> None:
    engine("apptainer", TELL)
    site = Site(container_engine="apptainer")
    folders = [Path("results"), Path("/scratch/a,b")]
    given, _ = told(words_in(site, IMAGE, ["tool", "a b"], gpu=False, folders=folders))
    assert given == [
        *("exec", "--cleanenv", "--pid", "--no-home", "--no-mount", "home,cwd,tmp,hostfs"),
        *("--mount", f"type=bind,src={tmp_path}/results,dst={tmp_path}/results"),
        *("--mount", 'type=bind,"src=/scratch/a,b","dst=/scratch/a,b"'),
        *("--pwd", str(tmp_path), f"docker://{IMAGE}", "tool", "a b"),
    ]


def test_docker_runs_it_with_its_folders_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    engine("docker", TELL)
    site = Site(container_engine="docker")
    given, _ = told(words_in(site, IMAGE, ["tool", "a b"], gpu=False, folders=[Path("results")]))
    assert given[:2] == ["run", "--name"]
    assert given[2].startswith("schelde-")
    assert given[3:] == [
        *("--rm", "--init", "--network", "none", "--entrypoint", ""),
        *("--user", f"{os.geteuid()}:{os.getegid()}"),
        *("--mount", f"type=bind,src={tmp_path}/results,dst={tmp_path}/results"),
        *("--workdir", str(tmp_path), IMAGE, "tool", "a b"),
    ]


def test_a_gpu_is_seen_with_its_variable_alone(engine: Engine) -> None:
    engine("apptainer", TELL)
    command = words_in(Site(container_engine="apptainer"), IMAGE, ["t"], gpu=True, folders=[])
    given, variables = told(command, CUDA_VISIBLE_DEVICES="GPU-1", TMPDIR="/s", HOME_OF_USER="me")
    assert given[:2] == ["exec", "--nv"]
    assert variables == {
        "APPTAINERENV_CUDA_VISIBLE_DEVICES": "GPU-1",
        "APPTAINERENV_TMPDIR": "/s",
    }


@pytest.mark.parametrize(
    ("held", "gpus"), [("GPU-1,GPU-2", '"device=GPU-1,GPU-2"'), (None, '"all"')]
)
def test_docker_is_told_which_gpus(engine: Engine, held: str | None, gpus: str) -> None:
    engine("docker", TELL)
    command = words_in(Site(container_engine="docker"), IMAGE, ["t"], gpu=True, folders=[])
    given, _ = told(command, **({"CUDA_VISIBLE_DEVICES": held} if held else {}))
    assert given[given.index("--gpus") + 1] == gpus
    assert ("--env" in given) == (held is not None)


@pytest.mark.parametrize("name", ["apptainer", "docker"])
def test_the_exit_status_is_that_of_the_command(engine: Engine, name: str) -> None:
    engine(name, '#!/bin/sh\n[ "$1" = rm ] || exit 255\n')
    site = Site.model_validate({"container_engine": name})
    command = words_in(site, IMAGE, ["tool"], gpu=True, folders=[])
    assert subprocess.run(command, check=False).returncode == 255


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_is_killed_kills_its_container(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    engine("docker", DAEMON)
    box = tmp_path / "box"
    box.mkdir()
    monkeypatch.setenv("BOX", str(box))
    words = ["sleep", "60"]
    client = subprocess.Popen(
        words_in(Site(container_engine="docker"), "image", words, gpu=False, folders=[])
    )
    wait_for(lambda: any(file.read_text() for file in box.iterdir()))
    [container] = [int(file.read_text()) for file in box.iterdir()]
    client.send_signal(number)
    assert client.wait(10) != 0
    wait_for(lambda: not list(box.iterdir()))
    wait_for(lambda: not alive(container))


def alive(process: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("address", "last"),
    [
        ("/shared/tool.sif", "/shared/tool.sif"),
        ("tool.sif", "tool.sif"),
        ("library://lab/tool:1", "library://lab/tool:1"),
        (IMAGE, f"docker://{IMAGE}"),
    ],
)
def test_an_image_of_apptainer_is_a_file_or_an_address(address: str, last: str) -> None:
    site = Site(container_engine="apptainer")
    assert words_in(site, address, ["tool"], gpu=False, folders=[])[-2:] == [last, "tool"]


def test_the_site_of_the_working_directory_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    text = "container_engine: apptainer\nimages: {deepvariant: /shared/dv.sif}\n"
    Path("config/site.yaml").write_text(text)
    own = command_in("deepvariant", ["tool"], gpu=False, folders=[])
    pinned = command_in("parabricks", ["tool"], gpu=False, folders=[])
    assert own[-2] == "/shared/dv.sif"
    assert pinned[-2] == "docker://nvcr.io/nvidia/clara/clara-parabricks:4.7.1-1"


def test_a_mistake_in_the_site_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/site.yaml").write_text("container_engine: podman\n")
    with pytest.raises(UserError, match="'container_engine' is 'podman'"):
        command_in("parabricks", ["tool"], gpu=False, folders=[])


def test_every_image_is_pinned_to_a_version() -> None:
    assert {name: address.rpartition(":")[2] for name, address in image_addresses().items()} == {
        "parabricks": "4.7.1-1",
        "deepvariant": "1.10.0",
        "deepvariant-gpu": "1.10.0-gpu",
    }
    assert IMAGES_FILE.name == "images.yaml"
