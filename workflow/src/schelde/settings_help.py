"""What is said about a wrong key or value of the config, from the typed models alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from schelde.errors import Problem
from schelde.names import Place, nearest
from schelde.yamlfile import Location, dotted, place_of

KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", NoneType: "empty"}
"""How a value is called to people who do not program."""


def key_problem(
    mistake: ErrorDetails,
    model: type[BaseModel],
    places: Mapping[Location, Place],
    otherwise: Place,
) -> Problem:
    """Return the message for one mistake that pydantic found in the values of ``model``."""
    location = tuple(mistake["loc"])
    place = place_of(location, places, otherwise)
    name = dotted(location)
    if mistake["type"] == "extra_forbidden":
        return place.problem(f"unknown key '{name}'", _known(model, location))
    keys = [part for part in location if isinstance(part, str)]
    field = model_at(model, keys[:-1]).model_fields[keys[-1]]
    if mistake["type"] == "missing":
        return place.problem(f"'{name}' is missing", f"give the {field.description or 'block'}")
    choice = choices(field)
    given = mistake["input"]
    remedy = f"give {allowed(field, item=len(keys) < len(location))}"
    if choice and isinstance(given, str):
        remedy = nearest(given, choice, remedy)
    if isinstance(given, int | float) and not isinstance(given, bool) and kind(field) is str:
        remedy += ", in quotes"
    return place.problem(f"'{name}' is {shown(given)}", remedy)


def _known(model: type[BaseModel], location: Location) -> str:
    """Name the known key nearest to an unknown one, here or in another block."""
    key = str(location[-1])
    block = model_at(model, [str(part) for part in location[:-1]])
    for path, _ in leaves(model):
        if path[-1] == key:
            return f"'{key}' belongs " + (f"under '{path[0]}'" if path[:-1] else "at the top level")
    known = list(block.model_fields)
    return nearest(key, known, f"known are: {', '.join(known)}")


def model_at(model: type[BaseModel], keys: list[str]) -> type[BaseModel]:
    """Return the block of keys that a path of keys leads to."""
    for key in keys:
        model = section_of(model.model_fields[key]) or model
    return model


def leaves(
    model: type[BaseModel], within: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Yield the path and field of every key that holds a value, in the order of the models."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section:
            yield from leaves(section, (*within, name))
        else:
            yield (*within, name), field


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a block of keys."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def kind(field: FieldInfo) -> object:
    """Return the Python type of a field's value (of its items, for a list), None set aside."""
    annotation: object = field.annotation
    while get_args(annotation) and get_origin(annotation) is not Literal:
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    return annotation


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the values that a field is limited to by a list; empty if it is not."""
    annotation = kind(field)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def allowed(field: FieldInfo, *, item: bool = False) -> str:
    """Say which values a field takes; with ``item``, those of one item of its list."""
    if section_of(field):
        return "a block of keys, or leave the key out"
    if get_origin(field.annotation) is tuple and not item:
        return "a list, such as [first, second]"
    if choices(field):
        return f"one of {', '.join(choices(field))}"
    if kind(field) is int:
        return "a whole number" + _bounds(field)
    if any(getattr(rule, "pattern", None) for rule in field.metadata):
        return "32 hexadecimal digits"
    return "true or false" if kind(field) is bool else "text"


def _bounds(field: FieldInfo) -> str:
    least = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), None)
    most = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    if least is None or most is None:
        return "" if least is None else f" of at least {least}"
    return f" from {least} to {most}"


def shown(value: object) -> str:
    """Return a value as it was given, with its kind in words.

    >>> shown("four"), shown(None), shown({"a": 1})
    ("'four' (text)", 'empty', 'a block of keys')
    """
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()} (true or false)"
    return f"'{value}' ({KINDS.get(type(value), type(value).__name__)})"
