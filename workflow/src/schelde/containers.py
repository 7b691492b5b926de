"""Commands as they run in a pinned container: by Apptainer, by Docker, or in none."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from schelde.errors import Problem, UserError
from schelde.site import Site, read_site
from schelde.yamlfile import read_yaml

ROOT = Path(__file__).parents[3]
IMAGES_FILE = ROOT / "envs" / "images.yaml"

HANDED_ON = ("CUDA_VISIBLE_DEVICES", "TMPDIR")
"""Variables that go into a container as they are when the command starts. TMPDIR is the job's
folder for temporary files, which has to be among the folders that the container sees."""

# `exec` leaves the engine in the place of the shell: its exit status and what it is sent are those
# of the command. Variables are read when the command runs, when a GPU has been chosen.
APPTAINER = """\
for name in {names}; do
    if [[ -v $name ]]; then export "APPTAINERENV_$name=${{!name}}"; fi
done
exec apptainer exec "$@"
"""

# The container is a child of Docker's daemon, not of the client, which passes on signals but cannot
# when it is killed itself. So somebody waits for the end of the client, which holds the other end
# of a pipe, and removes the container then; after a good end there is none any more.
DOCKER = """\
container=schelde-$(</proc/sys/kernel/random/uuid)
exec 9> >(
    trap '' INT HUP
    trap : TERM
    exec &> /dev/null
    cat
    docker rm --force "$container"
)
for name in {names}; do
    if [[ -v $name ]]; then set -- --env "$name" "$@"; fi
done
exec docker run --name "$container" "$@"
"""
DOCKER_GPUS = """\
devices=${CUDA_VISIBLE_DEVICES:+device=$CUDA_VISIBLE_DEVICES}
set -- --gpus "\\"${devices:-all}\\"" "$@"
"""


def command_in(
    image: str, words: Sequence[str], *, gpu: bool, folders: Sequence[Path]
) -> list[str]:
    """Return a command as it runs in the container that is called ``image`` in envs/images.yaml.

    By the engine that config/site.yaml names (``container_engine``); as it is where that is null.
    The container sees ``folders`` alone, under the paths that they have here, to read and write;
    it works in the working directory, which has to be one of them or above one. Of the
    environment it has `HANDED_ON`. With ``gpu`` it sees those that CUDA_VISIBLE_DEVICES names when
    the command runs; see `schelde.cluster.devices.own_devices`. Other variables are given as words:
    ``["env", "NAME=value", "pbrun", ...]``.

    The exit status is that of the command, and the container ends with the process. Raises
    `UserError` when config/site.yaml has mistakes, `KeyError` for an unknown image.
    """
    site = read_own_site()
    return words_in(site, address_of(image, site), words, gpu=gpu, folders=folders)


def words_in(
    site: Site, address: str, words: Sequence[str], *, gpu: bool, folders: Sequence[Path]
) -> list[str]:
    """Return what `command_in` does, for an image at an address or path, on a site."""
    mounts = [word for folder in folders for word in ("--mount", _mount(folder))]
    if site.container_engine == "apptainer":
        given = ["--nv"] if gpu else []
        # Without --pid what a command has started could outlive it.
        given += ["--cleanenv", "--pid", "--no-home", "--no-mount", "home,cwd,tmp,hostfs"]
        given += [*mounts, "--pwd", str(Path.cwd()), _apptainer_address(address)]
        script = APPTAINER.format(names=" ".join(HANDED_ON))
    elif site.container_engine == "docker":
        # As under Apptainer no program of the image comes before the command.
        given = ["--rm", "--init", "--network", "none", "--entrypoint", ""]
        given += ["--user", f"{os.geteuid()}:{os.getegid()}"]
        given += [*mounts, "--workdir", str(Path.cwd()), address]
        script = (DOCKER_GPUS if gpu else "") + DOCKER.format(names=" ".join(HANDED_ON))
    else:
        return list(words)
    return ["bash", "-c", script, site.container_engine, *given, *words]


def read_own_site() -> Site:
    """Return the site of the working directory, else the repository's; UserError for mistakes."""
    problems: list[Problem] = []
    site = read_site(Path(), ROOT, problems)
    if problems:
        raise UserError(problems)
    return site


def image_addresses() -> Mapping[str, str]:
    """Return the addresses of the pinned images by name, from envs/images.yaml."""
    problems: list[Problem] = []
    images = read_yaml(str(IMAGES_FILE), problems)
    if images is None:
        raise UserError(problems)
    return images.values


def address_of(image: str, site: Site) -> str:
    """Return where an image is: what the site says, else the pinned address; KeyError if neither.

    An address of a registry, or the path of a file.
    """
    return site.images.get(image) or image_addresses()[image]


def is_file(address: str) -> bool:
    """Tell whether an address is the path of a file, and no address of a registry.

    >>> [is_file("/shared/parabricks.sif"), is_file("nvcr.io/nvidia/clara:4.7"), is_file("./a.sif")]
    [True, False, True]
    """
    return address.startswith(("/", ".")) or address.endswith(".sif")


def _apptainer_address(address: str) -> str:
    return address if is_file(address) or "://" in address else f"docker://{address}"


def _mount(folder: Path) -> str:
    """Return an option that makes a folder seen under its own path.

    Both engines read it as a line of CSV; so commas and colons may stand in a path.
    """
    path = folder.absolute()  # links stay as they are: commands name files through them
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["type=bind", f"src={path}", f"dst={path}"])
    return line.getvalue()
