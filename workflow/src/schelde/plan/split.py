"""Cut the sheets of many people into batches, each a working directory of its own.

Snakemake holds a whole run in memory, and one head node serves it; docs/scale.md says how large a
batch should be. Samples of one person, and people whose father or mother is in the sheet, stay in
one batch: they are compared with one another.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from schelde.errors import Problem, UserError
from schelde.inputs import Inputs, load
from schelde.pipes import write_text
from schelde.sheet import Person

ROOT = Path(__file__).parents[4]
"""The repository: the package runs from its checkout."""

CONFIG = Path("config/config.yaml")
LANES = Path("config/lanes.tsv")
PEOPLE = Path("config/people.tsv")
DATASET = Path("config/dataset.yaml")
OWN_FILES = (Path("config/jobs.yaml"), Path("config/site.yaml"))
"""What a working directory may lay over the shipped files; copied as they are."""

PATH_KEYS = (
    ("reference", "fasta"),
    ("reference", "known_sites"),
    ("qc", "panel"),
    ("qc", "regions"),
    ("bundle", "pseudonyms"),
    ("bundle", "recipients"),
    ("bundle", "sender"),
    ("bundle", "withdrawn"),
    ("bundle", "ghga"),
    ("bundle", "grz"),
)
NAME_OR_PATH_KEYS = (("reference", "assembly"), ("qc", "profiles"))
"""Keys that also take a name of something that is shipped, which has neither '/' nor '.yaml'."""

LANE_PATHS = ("fq1", "fq2", "alignment")
PEOPLE_PATHS = ("targets",)


@dataclass(frozen=True)
class BatchFolder:
    """A batch: its folder, and its samples in the order of the sheet."""

    folder: Path
    samples: tuple[str, ...]


def families(people: Sequence[Person]) -> list[tuple[str, ...]]:
    """Return the samples that belong together, each group at the place of its first sample.

    >>> from schelde.sheet import Assay, Sex
    >>> def person(name, **more):
    ...     return Person(name, Assay.WGS, Sex.UNKNOWN, **more)
    >>> families([person("a"), person("b", father="c"), person("c"), person("d", father="c")])
    [('a',), ('b', 'c', 'd')]
    """
    first: dict[str, str] = {person.sample: person.sample for person in people}

    def root(sample: str) -> str:
        while first[sample] != sample:
            first[sample] = first[first[sample]]
            sample = first[sample]
        return sample

    of_subject: dict[str, str] = {}
    for person in people:
        others = [person.father, person.mother]
        if person.subject_id is not None:
            others.append(of_subject.setdefault(person.subject_id, person.sample))
        for other in others:
            if other in first:
                first[root(other)] = root(person.sample)
    together: dict[str, list[str]] = {}
    for person in people:
        together.setdefault(root(person.sample), []).append(person.sample)
    return [tuple(samples) for samples in together.values()]


def batches_of(groups: Iterable[Sequence[str]], size: int) -> list[tuple[str, ...]]:
    """Put groups, in their order, into as few batches of about the same size as may be.

    No batch is larger than ``size``, but one of a single group that is.

    >>> batches_of([["a"], ["b", "c"], ["d"], ["e"]], 4)
    [('a', 'b', 'c'), ('d', 'e')]
    """
    groups = [tuple(group) for group in groups]
    total = sum(map(len, groups))
    count = -(-total // size)
    enough = -(-total // count) if count else size
    batches: list[list[str]] = [[]]
    for group in groups:
        filled = len(batches[-1])
        if filled and (filled >= enough or filled + len(group) > size):
            batches.append([])
        batches[-1].extend(group)
    return [tuple(batch) for batch in batches if batch]


def split_batches(config: Sequence[Path], into: Path, size: int) -> list[BatchFolder]:
    """Write a folder for each batch into ``into``, which must not exist; return them.

    Each has a config/ with both sheets, cut, and the settings of ``config`` (config/config.yaml if
    empty), laid over one another. Relative paths are mended to lead where they led from the
    working directory; reads and reference are not copied. Raises `UserError` for whatever is wrong
    with the inputs, and when ``into`` exists or ``size`` is less than 1.
    """
    if size < 1:
        remedy = "give the number of samples of a batch, such as 1000"
        raise UserError([Problem("--size", None, f"a batch of {size} samples is none", remedy)])
    if os.path.lexists(into):
        remedy = "name a new folder; a batch that runs must not change under it"
        raise UserError([Problem(str(into), None, "this is there already", remedy)])
    inputs = load({}, config, workflow_dir=ROOT, thorough=False)
    groups = batches_of(families(inputs.sheet.people), size)
    digits = len(str(len(groups)))
    part = into.with_name(f"{into.name}.part")
    try:
        for number, samples in enumerate(groups, start=1):
            name = f"batch-{number:0{digits}}"
            _write_batch(inputs, samples, part / name, into / name, f"{number:0{digits}}")
        part.rename(into)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [
        BatchFolder(into / f"batch-{number:0{digits}}", samples)
        for number, samples in enumerate(groups, start=1)
    ]


def _write_batch(
    inputs: Inputs, samples: Iterable[str], folder: Path, place: Path, number: str
) -> None:
    """Write a batch to ``folder``, which will stand at ``place``."""
    chosen = set(samples)
    sheet, settings = inputs.sheet, inputs.settings
    lanes = {lane.line for lane in sheet.lanes if lane.sample in chosen}
    people = {person.line for person in sheet.people if person.sample in chosen}
    for source, rows, paths, cut in (
        (settings.lanes, lanes, LANE_PATHS, LANES),
        (settings.people, people, PEOPLE_PATHS, PEOPLE),
    ):
        text = _cut(Path(source).read_text(encoding="utf-8"), rows, paths, place)
        write_text(folder / cut, text)
    write_text(folder / CONFIG, _config(inputs, place))
    if settings.bundle.dataset is not None:
        dataset = Path(settings.bundle.dataset).read_text(encoding="utf-8")
        write_text(folder / DATASET, _with_alias(dataset, number))
    if not Path.cwd().samefile(ROOT):  # those of the repository hold for all batches anyhow
        for file in OWN_FILES:
            if file.exists():
                write_text(folder / file, file.read_text(encoding="utf-8"))


def _cut(text: str, rows: set[int], paths: Sequence[str], place: Path) -> str:
    """Return comments, header and the rows of these lines (1-based), with paths mended."""
    kept = []
    header: list[str] | None = None
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        cells = line.split("\t")
        if line.startswith("#"):
            kept.append(line)
        elif header is None:
            header = [cell.strip() for cell in cells]
            kept.append(line)
        elif number in rows:
            mended = (
                ",".join(_mended(file.strip(), place) for file in cell.split(","))
                if name in paths and cell.strip()
                else cell
                for name, cell in zip(header, cells, strict=True)
            )
            kept.append("\t".join(mended))
    return "\n".join(kept) + "\n"


def _mended(path: str, place: Path) -> str:
    """Return a path from the working directory as one from ``place``; absolute ones stay."""
    if Path(path).is_absolute():
        return path
    return os.path.relpath(Path.cwd() / path, os.path.realpath(place))


def _config(inputs: Inputs, place: Path) -> str:
    """Return the settings that were given, for a batch at ``place``."""
    values: dict[str, Any] = inputs.settings.model_dump(mode="json", exclude_unset=True)
    for key in ("lanes", "people"):
        values.pop(key, None)  # the sheets have their usual names
    if inputs.settings.bundle.dataset is not None:
        values["bundle"]["dataset"] = str(DATASET)
        # One key for all batches, so that nobody gets two pseudonyms.
        values["bundle"]["pseudonyms"] = inputs.settings.bundle.pseudonyms
    for block, key in (*PATH_KEYS, *NAME_OR_PATH_KEYS):
        given = values.get(block, {}).get(key)
        if given is not None:
            may_be_name = (block, key) in NAME_OR_PATH_KEYS
            values[block][key] = _mended_value(given, place, may_be_name)
    head = "# Of one batch; written by `schelde split` with the relative paths mended.\n"
    return head + yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _mended_value(value: str | list[str], place: Path, may_be_name: bool) -> str | list[str]:
    if isinstance(value, list):
        return [str(_mended_value(item, place, may_be_name)) for item in value]
    if may_be_name and not (value.endswith((".yaml", ".yml")) or "/" in value):
        return value
    return _mended(value, place)


def _with_alias(text: str, number: str) -> str:
    """Return a dataset's description whose alias ends with the number of a batch."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)  # it was read before
    for key, value in root.value:
        if key.value == "alias":
            start, end = value.start_mark.index, value.end_mark.index
            return f"{text[:start]}{value.value}-{number}{text[end:]}"
    raise AssertionError("a dataset without an alias was taken")


def split_command(
    into: Annotated[Path, typer.Argument(help="folder to make, with a folder for each batch")],
    size: Annotated[int, typer.Option(help="samples of a batch, at most")] = 1000,
    config: Annotated[
        list[Path] | None, typer.Option(help="config file; config/config.yaml if none is given")
    ] = None,
) -> None:
    """Cut the sheets into batches, each a working directory; families stay together."""
    batches = split_batches(config or [], into, size)
    for batch in batches:
        print(f"{batch.folder}: {len(batch.samples)} samples")
    over = [batch for batch in batches if len(batch.samples) > size]
    if over:
        print(f"{len(over)} of them have more than {size}: a family is not taken apart")
    if (batches[0].folder / DATASET).exists():
        print(
            f"Each batch is a dataset of its own. Its alias was given a number; give it its own "
            f"identifiers and title in {DATASET} there."
        )
