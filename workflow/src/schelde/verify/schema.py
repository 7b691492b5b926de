"""Our own JSON Schemas of the documents in a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from schelde.verify.rule import Bundle, Finding

SCHEMAS = Path(__file__).parents[4] / "resources" / "schemas"
"""Files ``<name>.schema.json``, each of Draft 2020-12; they refer to one another by file name."""


@cache
def _registry() -> Registry[Any]:
    files = sorted(SCHEMAS.glob("*.schema.json"))
    return Registry().with_resources(
        (file.name, Resource.from_contents(json.loads(file.read_text(encoding="utf-8"))))
        for file in files
    )


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a schema by its name, such as 'manifest'."""
    contents = _registry().contents(f"{name}.schema.json")
    return Draft202012Validator(contents, registry=_registry(), format_checker=FORMATS)


LONG = 300
FORMATS = Draft202012Validator.FORMAT_CHECKER


def schema_findings(bundle: Bundle, document: str, name: str) -> Iterable[Finding]:
    """Yield everything in which a JSON document of a bundle breaks our schema of it."""
    for error in sorted(validator(name).iter_errors(bundle.json(document)), key=str):
        yield Finding(document, f"{error.json_path}: {_told(error)}")


def _told(error: ValidationError) -> str:
    """Return the message; of a long one, which begins with the whole value, what is not met."""
    if len(error.message) <= LONG:
        return error.message
    return f"{error.validator} {str(error.validator_value)[:120]} is not met"
