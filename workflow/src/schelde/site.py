"""What the machine or cluster has that runs Schelde: config/site.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_core import ErrorDetails

from schelde.errors import Problem
from schelde.names import Fault, Place, path_fault
from schelde.section import Number, Section, Text
from schelde.settings_help import key_problem, mistakes_of, shown
from schelde.yamlfile import Location, place_of, read_yaml

SITE_FILE = Path("config/site.yaml")
BLOCKS = ("partitions", "references", "images")
"""Keys under which users give names of their own."""

WORD = re.compile(r"[\w.+@:-]+", re.ASCII)
"""Names that no option of Slurm and no shell reads as more."""

MODULE = re.compile(r"[\w.+:@/-]+", re.ASCII)
MODEL = re.compile(r"[\w.]+", re.ASCII)
"""Models of GPUs, as the Slurm plugin takes them (`utils.set_gres_string`)."""

ADDRESS = re.compile(r"[\w./][\w.:/@+=-]*", re.ASCII)
"""Addresses and paths of images, which never look like an option."""

FROM_THE_ROOT = re.compile(r"[/~$]")


class Partition(Section):
    """Nodes of one kind that jobs can be sent to."""

    nodes: Number = Field(default=1, ge=1, description="how many nodes it has")
    cpus: Number = Field(ge=1, description="cores of one node")
    mem_mb: Number = Field(ge=1, description="MiB of memory of one node that jobs may have")
    minutes: Number | None = Field(
        default=None, ge=1, description="longest job in minutes; null: no limit"
    )
    gpus: Number = Field(default=0, ge=0, description="GPUs of one node")
    gpu_model: Text | None = Field(
        default=None, description="model of its GPUs as Slurm calls it, such as a100"
    )
    scratch_mb: Number | None = Field(
        default=None, ge=0, description="MiB on the local disk of one node; null: not known"
    )
    cost: float = Field(default=0, ge=0, description="money for one node and hour, for plans")
    watts: float = Field(default=0, ge=0, description="power of one node at full load, for plans")


class Site(Section):
    """All that a cluster's user edits."""

    _places: dict[Location, Place] = PrivateAttr(default_factory=dict)

    partitions: dict[Text, Partition] = Field(
        default={}, description="partitions by name; without any, jobs go to the cluster's default"
    )
    account: Text | None = Field(default=None, description="account that jobs are charged to")
    qos: Text | None = Field(default=None, description="quality of service of jobs")
    gpu_request: Literal["gpus", "gres"] = Field(
        default="gpus", description="how GPUs are asked of Slurm: --gpus or --gres"
    )
    scratch: Text | None = Field(
        default=None,
        description="folder on each node's own disk, such as /scratch or $TMPDIR; jobs make a "
        "folder of their own in it and remove it. null: what the node has as TMPDIR, else /tmp",
    )
    modules: tuple[Text, ...] = Field(
        default=(), description="environment modules that every job loads, such as gatk/4.6"
    )
    references: dict[Text, Text] = Field(
        default={}, description="FASTA on the shared disk for a name in resources/references.tsv"
    )
    container_engine: Literal["apptainer", "docker"] | None = Field(
        default=None,
        description="apptainer or docker, which runs callers that are given out as containers "
        "(Parabricks, DeepVariant); null: their programs are on PATH",
    )
    images: dict[Text, Text] = Field(
        default={},
        description="copies of containers that the site has: a file or an address for a name in "
        "envs/images.yaml",
    )
    disk_mb: Number | None = Field(
        default=None, ge=1, description="MB that a run may take on the shared disk, for plans"
    )
    currency: Text = Field(default="EUR", description="what `cost` is in")

    def place(self, *location: str | int) -> Place:
        """Return where a value was given, or the file's name when it is a default."""
        return place_of(location, self._places, Place(str(SITE_FILE)))


def site_file(workdir: Path, workflow_dir: Path) -> Path:
    """Return the site file of a run: the working directory's, else the repository's."""
    own = workdir / SITE_FILE
    return own if own.exists() else workflow_dir / SITE_FILE


def read_site(workdir: Path, workflow_dir: Path, problems: list[Problem]) -> Site:
    """Return what `site_file` says; its mistakes are added to ``problems``.

    With mistakes it is a site that says nothing, so that the other inputs can be checked.
    """
    path = str(site_file(workdir, workflow_dir))
    yaml_file = read_yaml(path, problems)
    if yaml_file is None:
        return Site()
    places = {location: Place(path, line) for location, line in yaml_file.lines.items()}
    try:
        site = Site.model_validate(yaml_file.values)
    except ValidationError as error:
        problems.extend(_problem(mistake, places, path) for mistake in mistakes_of(error))
        return Site()
    site._places.update(places)
    faults = [site.place(*location).problem(*fault) for location, fault in _faults(site)]
    problems.extend(faults)
    return Site() if faults else site


def _problem(mistake: ErrorDetails, places: Mapping[Location, Place], path: str) -> Problem:
    """Return the message for a mistake, also where users give names to blocks."""
    location = tuple(mistake["loc"])
    if len(location) == 1 or location[0] not in BLOCKS:
        return key_problem(mistake, Site, places, Place(path))
    at = place_of(location, places, Place(path))
    block, name, *below = location
    if not below:
        remedies = {
            "partitions": f"give a block of keys: {', '.join(Partition.model_fields)}",
            "references": "give the path of its FASTA",
            "images": "give the path of its file, or its address",
        }
        return at.problem(f"'{block}.{name}' is {shown(mistake['input'])}", remedies[str(block)])
    inner: ErrorDetails = {**mistake, "loc": tuple(below)}
    told = key_problem(inner, Partition, {}, at)
    return at.problem(f"partition '{name}': {told.what}", told.remedy)


def _faults(site: Site) -> Iterator[tuple[Location, Fault]]:
    """Yield what the types of the fields cannot tell."""
    for name, partition in site.partitions.items():
        if not WORD.fullmatch(name):
            yield ("partitions", name), _unwritable("partition", name)
        model = partition.gpu_model
        if model is not None and not MODEL.fullmatch(model):
            yield ("partitions", name, "gpu_model"), _unwritable("gpu_model", model)
        if model is not None and not partition.gpus:
            what = f"partition '{name}' has a gpu_model, but no gpus"
            yield ("partitions", name, "gpu_model"), Fault(what, "say how many GPUs a node has")
    for key in ("account", "qos"):
        value = getattr(site, key)
        if value is not None and not WORD.fullmatch(value):
            yield (key,), _unwritable(key, value)
    for number, module in enumerate(site.modules):
        if not MODULE.fullmatch(module) or module.startswith("-"):
            yield ("modules", number), _unwritable("module", module)
    if site.scratch is not None and not FROM_THE_ROOT.match(site.scratch):
        what = f"'scratch' is '{site.scratch}', which is not the same folder everywhere"
        yield ("scratch",), Fault(what, "give it from the root, such as /scratch or $TMPDIR")
    for name, file in site.references.items():
        if fault := path_fault(f"references.{name}", file):
            yield ("references", name), fault
    for name, image in site.images.items():
        if not ADDRESS.fullmatch(image):
            yield ("images", name), _unwritable("image", image)


def _unwritable(kind: str, value: str) -> Fault:
    return Fault(f"{kind} '{value}' has a character that is not safe in a command", "correct it")
