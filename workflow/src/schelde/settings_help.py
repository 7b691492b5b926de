"""What is said about a wrong key or value of the config, from the typed models alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from schelde.bundle.part import FREE_TEXT, MAILBOX, SAFE_NAME, UNWRITABLE, WEB_ADDRESS
from schelde.errors import Problem
from schelde.names import Fault, Place, nearest, printable
from schelde.yamlfile import Location, dotted, place_of

KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", NoneType: "empty"}
"""How a value is called to people who do not program."""

PATTERNS = {
    "^[0-9A-Fa-f]{32}$": "32 hexadecimal digits",
    SAFE_NAME: "a name of letters, digits, '.', '_' and '-'",
    "^[A-Z]{2}$": "a country's two letters of ISO 3166-1",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "a day, such as 2026-01-31",
    WEB_ADDRESS: "an address that begins with https:// or http://",
    MAILBOX: "a mailbox, such as data@example.org",
    r"^DUO:[0-9]{7}$": "a term such as DUO:0000042",
    r"^MONDO:[0-9]{7}$": "a term such as MONDO:0007739",
    r"^(GOE|GDI)-[A-Z]{2}-[A-Z]+-[0-9]+$": "an identifier such as GDI-BE-EXAMPLE-20260101",
    r"^EGAC[0-9]{11}$": "EGAC and 11 digits",
    r"^EGAP[0-9]{11}$": "EGAP and 11 digits",
    r"^EGAS[0-9]{11}$": "EGAS and 11 digits",
    r"^(sftp|s3)://([^\s:@/]+@)?[^\s:@/]+(:[0-9]+)?(/\S*)?$": "an address such as "
    "sftp://user@inbox.example.org/folder or s3://inbox.example.org/bucket, without a password",
}
"""How the patterns of all models are called; a test looks that each has its words."""

PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]*@")


def mistakes_of(error: ValidationError) -> list[ErrorDetails]:
    """Return what pydantic found, without lists that are too short since an item is mistaken."""
    found = error.errors()
    inner = [mistake["loc"] for mistake in found]
    return [
        mistake
        for mistake in found
        if mistake["type"] != "too_short"
        or not any(loc[: len(mistake["loc"])] == mistake["loc"] != loc for loc in inner)
    ]


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
        return place.problem(
            f"'{name}' is missing", f"give it: {field.description or 'a block of keys'}"
        )
    choice = choices(field)
    given = mistake["input"]
    if fault := unwritable_fault(name, given):
        return place.problem(*fault)
    remedy = f"give {allowed(field, item=len(keys) < len(location))}"
    if choice and isinstance(given, str):
        remedy = nearest(given, choice, remedy)
    if isinstance(given, int | float) and kind(field) is str:
        remedy += ", in quotes"  # YAML reads the country NO, too, as false
    return place.problem(f"'{name}' is {shown(given)}", remedy)


def unwritable_fault(name: str, value: object) -> Fault | None:
    """Return what is wrong with a text that XML cannot hold; None if nothing is.

    >>> unwritable_fault("title", "a\\x07b").what
    "'title' has a control character: '\\\\x07'"
    """
    found = UNWRITABLE.search(value) if isinstance(value, str) else None
    if found is None:
        return None
    return Fault(f"'{name}' has a control character: '{printable(found[0])}'", "take it out")


def _known(model: type[BaseModel], location: Location) -> str:
    """Name the known key nearest to an unknown one, here or in another block."""
    key = str(location[-1])
    block = model_at(model, [part for part in location[:-1] if isinstance(part, str)])
    places = [path[:-1] for path, _ in leaves(model) if path[-1] == key]
    if () in places:
        return f"'{key}' belongs at the top level"
    if places:
        return f"'{key}' belongs under {' or '.join(repr('.'.join(place)) for place in places)}"
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
    """Yield the path and field of every key that holds a value, in the order of the models.

    A list of blocks is called by its name and ``[]``.
    """
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section:
            yield from leaves(section, (*within, f"{name}[]" if is_list(field) else name))
        else:
            yield (*within, name), field


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a block of keys, or a list of such blocks."""
    for annotation in (field.annotation, *get_args(field.annotation)):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
    return None


def is_list(field: FieldInfo) -> bool:
    """Tell whether a field takes a list."""
    return get_origin(field.annotation) is tuple


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
    if is_list(field) and not item:
        return "a list, such as [first, second]" + (
            ", not empty" * bool(_bound(field, "min_length"))
        )
    if section_of(field):
        return "a block of keys" + ("" if item or field.is_required() else ", or leave the key out")
    if choices(field):
        return f"one of {', '.join(choices(field))}"
    if kind(field) is int:
        return "a whole number" + _bounds(field)
    if kind(field) is float:
        return "a number" + _bounds(field)
    pattern = pattern_of(field)
    if pattern:
        return PATTERNS[pattern]
    if kind(field) is bool:
        return "true or false"
    least = 0 if is_list(field) else _bound(field, "min_length") or 0
    return f"text of at least {least} characters" if least > 1 else "text"


def pattern_of(field: FieldInfo) -> str | None:
    """Return the pattern that a field's value, or each item of its list, must have.

    None for free text, of which `unwritable_fault` tells what it may not hold.
    """
    rules = [*field.metadata]
    for annotation in get_args(field.annotation):
        for info in getattr(annotation, "__metadata__", ()):
            rules += info.metadata if isinstance(info, FieldInfo) else [info]
    patterns = (getattr(rule, "pattern", None) for rule in rules)
    return next((pattern for pattern in patterns if pattern not in (None, FREE_TEXT)), None)


def _bound(field: FieldInfo, kind: str) -> Any:  # noqa: ANN401 - a number, of which kind it may be
    return next((getattr(rule, kind) for rule in field.metadata if hasattr(rule, kind)), None)


def _bounds(field: FieldInfo) -> str:
    least, most = _bound(field, "ge"), _bound(field, "le")
    if least is None or most is None:
        return "" if least is None else f" of at least {least}"
    return f" from {least} to {most}"


def shown(value: object) -> str:
    """Return a value as it was given, with its kind in words; without a password in an address.

    >>> shown("four"), shown(None), shown({"a": 1})
    ("'four' (text)", 'empty', 'a block of keys')
    >>> shown("sftp://me:secret@example.org")
    "'sftp://me:***@example.org' (text)"
    """
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()} (true or false)"
    value = PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value
    return f"'{printable(str(value))}' ({KINDS.get(type(value), type(value).__name__)})"
