"""YAML files of typed parts: all that is wrong with one, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from schelde.bundle.part import Part
from schelde.errors import Problem
from schelde.names import Place, nearest
from schelde.settings_help import shown, unwritable_fault
from schelde.yamlfile import Location, dotted, place_of, read_yaml

P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Given(Generic[P]):
    """The part that a YAML file holds, and where in the file its values stand."""

    part: P
    file: str
    lines: Mapping[Location, int]

    def place(self, *location: str | int) -> Place:
        """Return the line of a value, or of the nearest block that holds it."""
        places = {key: Place(self.file, line) for key, line in self.lines.items()}
        return place_of(location, places, Place(self.file))


def read_part(path: str, model: type[P], problems: list[Problem]) -> Given[P] | None:
    """Read a YAML file of one part; None, with ``problems`` added to, if anything is wrong."""
    yaml_file = read_yaml(path, problems)
    if yaml_file is None:
        return None
    try:
        part = model.model_validate(yaml_file.values)
    except ValidationError as error:
        places = {key: Place(path, line) for key, line in yaml_file.lines.items()}
        told: dict[object, Problem] = {}
        for mistake in _innermost(error):
            problem = _problem(mistake, model, places, path)
            # A block that others repeat by its name (&name, *name) is told of once.
            told.setdefault((problem.line, mistake["type"], mistake["loc"][-1:]), problem)
        problems.extend(told.values())
        return None
    return Given(part, path, yaml_file.lines)


def _innermost(error: ValidationError) -> list[ErrorDetails]:
    """Return mistakes without those that others bring about, as a list too short for them."""
    found = error.errors()
    above = {mistake["loc"][:end] for mistake in found for end in range(len(mistake["loc"]))}
    return [mistake for mistake in found if mistake["loc"] not in above]


def _problem(
    mistake: ErrorDetails, model: type[BaseModel], places: Mapping[Location, Place], file: str
) -> Problem:
    location = tuple(part for part in mistake["loc"] if part != "[key]")
    place = place_of(location, places, Place(file))
    name = dotted(location)
    block, field = _field_at(model, location)
    if mistake["type"] == "extra_forbidden":
        known = list(block.model_fields)
        remedy = nearest(str(location[-1]), known, f"known are: {', '.join(known)}")
        return place.problem(f"unknown key '{name}'", remedy)
    wanted = f"give the {field.description}" if field and field.description else "give it"
    if mistake["type"] == "missing":
        return place.problem(f"'{name}' is missing", wanted)
    if mistake["type"] == "value_error":
        return place.problem(f"'{name}': {mistake['msg'].removeprefix('Value error, ')}", "mend it")
    given = mistake["input"]
    if fault := unwritable_fault(name, given):
        return place.problem(*fault)
    choice = _choices(field)
    if choice:
        wanted = f"give one of {', '.join(choice)}"
        wanted = nearest(given, choice, wanted) if isinstance(given, str) else wanted
    if mistake["type"] == "string_type" and isinstance(given, int | float):
        wanted += ", in quotes"
    return place.problem(f"'{name}' is {shown(given)}", wanted)


def _field_at(
    model: type[BaseModel], location: Location
) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the innermost block on the way to a location, and its field there, if it has it."""
    block: type[BaseModel] = model
    field: FieldInfo | None = None
    for part in location:
        inner = _block_of(field.annotation) if field else block
        if isinstance(part, str) and inner is not None and part in inner.model_fields:
            block, field = inner, inner.model_fields[part]
        elif inner is not None:
            block = inner
    if field is not None and location and location[-1] not in block.model_fields:
        inner = _block_of(field.annotation)
        block = inner or block
    return block, field


def _block_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """Return the block of keys that a field holds, itself or as items of a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_block_of(part) for part in get_args(annotation))
    return next((block for block in found if block), None)


def _choices(field: FieldInfo | None) -> tuple[str, ...]:
    annotation: Any = field.annotation if field else None
    while annotation is not None and get_origin(annotation) is not Literal:
        parts = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
        annotation = parts[-1] if parts else None
    return get_args(annotation)
