"""Typed settings of a run, from config/config.yaml and what is laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from schelde.bundle_settings import BundleSettings, SubmitSettings
from schelde.errors import Problem
from schelde.names import Place
from schelde.section import Number, Section, Text
from schelde.settings_help import key_problem, mistakes_of
from schelde.yamlfile import Location, place_of, read_yaml

Aligner = Literal["bwa", "minibwa", "bwa-mem2", "parabricks"]
Caller = Literal[
    "gatk",
    "bcftools",
    "freebayes",
    "pairhmm",
    "deepvariant",
    "parabricks",
    "parabricks-deepvariant",
]
CallDevice = Literal["cpu", "gpu"]
SexSource = Literal["declared", "inferred"]
QcEngine = Literal["riker", "picard"]
Contamination = Literal["schelde", "verifybamid2", "gatk"]

COMMAND_LINE = Place("--config")
DEFAULT_CONFIG = Path("config/config.yaml")


class ReferenceSettings(Section):
    """The reference genome."""

    name: Text = Field(
        description="name in resources/references.tsv, or any name for your own FASTA"
    )
    fasta: Text | None = Field(
        default=None, description="your FASTA, plain or gzipped; without it `name` is fetched"
    )
    md5: str | None = Field(
        default=None,
        pattern="^[0-9A-Fa-f]{32}$",
        description="MD5 of that file as it lies on disk, checked before the first job",
    )
    assembly: Text = Field(
        default="GRCh38",
        description="GRCh38, GRCh37, or a YAML file that names autosomes, X, Y, "
        "mitochondrion and PAR",
    )
    known_sites: tuple[Text, ...] = Field(
        default=(), description="VCFs of known variants for base quality recalibration"
    )


class ReadsSettings(Section):
    """The reads stage."""

    trim: bool = Field(default=False, description="cut adapters with fastp before alignment")


class AlignSettings(Section):
    """The align stage."""

    aligner: Aligner = Field(default="bwa", description="program that places the reads")
    optical_distance: Number = Field(
        default=100,
        ge=0,
        description="pixels between optical duplicates: 100 for unpatterned, 2500 for patterned "
        "flow cells, 0 for none",
    )


class CallSettings(Section):
    """The call stage."""

    caller: Caller = Field(default="gatk", description="program that finds the variants")
    device: CallDevice = Field(
        default="cpu",
        description="where pairhmm and deepvariant work, cpu or gpu; those of Parabricks need gpu",
    )
    pieces: Number = Field(
        default=4,
        ge=1,
        le=200,
        description="pieces that a genome is called in; never taken from the cores. Parabricks "
        "calls it in one",
    )
    overlap: Number = Field(
        default=5000,
        ge=1000,
        description="bp that neighbouring pieces overlap at each side before they are spliced",
    )
    padding: Number = Field(
        default=100, ge=0, description="bp around exome targets that are called as well"
    )
    sex: SexSource = Field(
        default="declared",
        description="whose word decides the copies of X and Y: people.tsv or the reads",
    )
    bqsr: bool = Field(
        default=False, description="recalibrate base qualities first (needs reference.known_sites)"
    )
    dragen: bool = Field(default=False, description="GATK's DRAGEN mode (caller gatk only)")


class QcSettings(Section):
    """The measure and qc stages."""

    panel: Text | None = Field(
        default=None,
        description="common SNPs with their frequencies: a prefix of VerifyBamID2 (.bed, .mu, .UD) "
        "or a VCF with INFO/AF; without it nobody's identity or contamination is known",
    )
    profiles: tuple[Text, ...] = Field(
        default=("default",),
        min_length=1,
        description="what samples are judged by: names in config/profiles/, or YAML files",
    )
    regions: Text | None = Field(
        default=None, description="BED of regions whose coverage a programme asks for"
    )
    engine: QcEngine = Field(default="riker", description="program that measures coverage")
    contamination: Contamination = Field(
        default="schelde", description="program that estimates contamination"
    )


class ReportSettings(Section):
    """The report."""

    title: Text = Field(default="Schelde", description="title of the report")


class Settings(Section):
    """Everything in config/config.yaml."""

    lanes: Text = Field(default="config/lanes.tsv", description="sheet of read groups")
    people: Text = Field(default="config/people.tsv", description="sheet of samples")
    reference: ReferenceSettings
    reads: ReadsSettings = ReadsSettings()
    align: AlignSettings = AlignSettings()
    call: CallSettings = CallSettings()
    qc: QcSettings = QcSettings()
    report: ReportSettings = ReportSettings()
    bundle: BundleSettings = BundleSettings()
    submit: SubmitSettings = SubmitSettings()


@dataclass(frozen=True)
class Draft:
    """Settings as far as they could be understood, and where each value was given.

    ``broken``: blocks (top-level keys) with mistakes, in which mistaken values were replaced by
    their defaults so that the other inputs can be checked in the same run.
    """

    settings: Settings
    places: Mapping[Location, Place]
    broken: frozenset[str]
    file: str

    def place(self, *location: str | int) -> Place:
        """Return where a value was given, or the config file when it is a default."""
        return place_of(location, self.places, Place(self.file))


def read_settings(
    overrides: Mapping[str, object], files: Sequence[Path], problems: list[Problem]
) -> Draft | None:
    """Read config files, each laid over the one before, and ``overrides`` over them all.

    Without ``files`` the one of the working directory is read. All mistakes are added to
    ``problems``; None when a file cannot be read at all.
    """
    values: dict[str, Any] = {}
    places: dict[Location, Place] = {}
    names = [str(file) for file in files or [DEFAULT_CONFIG]]
    for name in names:
        if not Path(name).exists():
            remedy = "start in the folder that has it, or name one with --configfile"
            problems.append(Place(name).problem("this file does not exist", remedy))
            return None
        yaml_file = read_yaml(name, problems)
        if yaml_file is None:
            return None
        at = {location: Place(name, line) for location, line in yaml_file.lines.items()}
        _lay(yaml_file.values, values, places, at, Place(name))
    _lay(overrides, values, places, {}, COMMAND_LINE)
    mistakes = _mistakes(values)
    otherwise = Place(names[0])
    problems.extend(key_problem(mistake, Settings, places, otherwise) for mistake in mistakes)
    broken = frozenset(str(mistake["loc"][0]) for mistake in mistakes)
    return Draft(_mended(values, mistakes), places, broken, names[0])


def _lay(
    above: Mapping[str, object],
    values: dict[str, Any],
    places: dict[Location, Place],
    at: Mapping[Location, Place],
    otherwise: Place,
    within: Location = (),
) -> None:
    """Lay a mapping over ``values``, key by key; note the place of every value that changes."""
    for key, value in above.items():
        location = (*within, str(key))
        place = at.get(location, otherwise)
        if isinstance(value, Mapping):
            below = values.get(str(key))
            below = below if isinstance(below, dict) else {}
            places.setdefault(location, place)
            values[str(key)] = below
            _lay(value, below, places, at, otherwise, location)
        elif location not in places or values.get(str(key)) != value:
            values[str(key)] = value
            places[location] = place
            if isinstance(value, list):
                items = {(*location, number) for number in range(len(value))}
                places.update({item: at.get(item, place) for item in items})


def _mistakes(values: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        return mistakes_of(error)
    return []


def _mended(values: Mapping[str, Any], mistakes: Sequence[ErrorDetails]) -> Settings:
    """Return settings without the values that were mistaken."""
    good = deepcopy(dict(values))
    for mistake in mistakes:
        keys = [part for part in mistake["loc"] if isinstance(part, str)]
        block = good
        for key in keys[:-1]:
            block = block.get(key, {})
        block.pop(keys[-1], None)
    good.setdefault("reference", {}).setdefault("name", "not given")
    return Settings.model_validate(good)
