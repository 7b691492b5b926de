"""Put the ids that EGA gave in place of the aliases of a bundle's documents.

An alias is '@kind:name'. Most kinds are ids of EGA's Submission API, whole numbers: submission,
study, sample, experiment, run, analysis, dataset, and file (the ids of GET /files). Three are
accessions: egap (a policy), egaf (a file) and egad (a dataset), the latter two in the messages of
a Federated node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schelde.documents.ega_api import FOLDER, STEPS
from schelde.documents.sda import FEDERATED
from schelde.ega.objects import KINDS, kind_of
from schelde.ega.objects import alias as alias_of
from schelde.errors import Problem, UserError
from schelde.json_text import json_text, nested
from schelde.names import nearest
from schelde.pipes import write_text

Id = int | str

ALIAS = re.compile(r"@(?P<kind>[a-z]+):(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")
ACCESSIONS = {"egap": r"EGAP[0-9]{11}", "egaf": r"EGAF[0-9]{11}", "egad": r"EGAD[0-9]{11}"}
DOCUMENT = re.compile(r"[a-z]+(-[A-Za-z0-9._-]+)?\.json")


@dataclass
class _Filling:
    """Aliases met while documents are filled: those without an id, and all."""

    ids: Mapping[str, Id]
    problems: list[Problem] = field(default_factory=list)

    def fill(self, value: Any, file: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return a value with ids in place of aliases."""
        if isinstance(value, dict):
            return {key: self.fill(each, file) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each, file) for each in value]
        return self._id(value, file) if isinstance(value, str) and ALIAS.fullmatch(value) else value

    def fill_path(self, path: str, file: str) -> str:
        """Return the path of a request with ids in place of the aliases between its slashes."""
        return "/".join(str(self.fill(part, file)) for part in path.split("/"))

    def _id(self, alias: str, file: str) -> Id:
        if alias not in self.ids:
            remedy = "give it once EGA has answered"
            self.problems.append(Problem(file, None, f"there is no id for {alias}", remedy))
            return alias
        return self.ids[alias]


def resolve(bundle: Path, ids: Mapping[str, Id], kinds: Collection[str] = KINDS) -> dict[str, Any]:
    """Return the payloads of a bundle with ids in place of aliases, by path, in posting order.

    ``ids``: ids by alias. ``kinds``: whose payloads are wanted; ids are needed for these alone,
    so that one kind after the other can be posted. The last entry is ``ega/api/steps.json`` for
    these payloads, with the paths to post to. Raises `UserError` with every alias that has no id,
    every id that has no alias in the bundle, and every id of a wrong type.
    """
    steps = _steps(bundle)
    filling = _Filling(ids)
    filled: dict[str, Any] = {}
    chosen: list[Any] = []
    known: set[str] = set()
    for step in steps:
        path = f"{FOLDER}/{step['document']}"
        payload = _read(bundle, path)
        known.update(_aliases([payload, step]))
        if kind_of(path) in kinds:
            filled[path] = filling.fill(payload, path)
            chosen.append({**step, "post": filling.fill_path(step["post"], STEPS)})
    problems = [
        *filling.problems,
        *_wrong_kinds(kinds),
        *_wrong_ids(ids, known | _elsewhere(bundle)),
    ]
    if problems:
        raise UserError(problems)
    return filled | {STEPS: chosen}


def resolve_messages(bundle: Path, ids: Mapping[str, Id]) -> list[Any]:
    """Return the messages of a Federated node with the accessions of Central EGA, in order.

    Raises `UserError` as `resolve` does.
    """
    lines = _text(bundle / FEDERATED, FEDERATED).removesuffix("\n").split("\n")
    messages = [_parsed(line, FEDERATED) for line in lines]
    filling = _Filling(ids)
    filled = [filling.fill(message, FEDERATED) for message in messages]
    known = _elsewhere(bundle)
    if (bundle / STEPS).is_file():
        for step in _steps(bundle):
            known |= set(_aliases([_read(bundle, f"{FOLDER}/{step['document']}"), step]))
    if problems := [*filling.problems, *_wrong_ids(ids, known)]:
        raise UserError(problems)
    return filled


def read_ids(path: Path) -> dict[str, Id]:
    """Read a JSON object of ids by alias; `UserError` if the file holds anything else."""
    ids = _parsed(_text(path, str(path)), str(path))
    if not isinstance(ids, dict):
        what, remedy = "this is no list of ids", 'write {"@sample:P1": 12, ...}'
        raise UserError([Problem(str(path), None, what, remedy)])
    return ids


def write_resolved(resolved: Mapping[str, Any], folder: Path) -> None:
    """Write what `resolve` gave into a folder, each document under its path in the bundle."""
    for path, content in resolved.items():
        write_text(folder / path, json_text(content))


def write_messages(messages: list[Any], folder: Path) -> None:
    """Write what `resolve_messages` gave into a folder, a message a line."""
    lines = [json.dumps(message, ensure_ascii=False) + "\n" for message in messages]
    write_text(folder / FEDERATED, "".join(lines))


def _steps(bundle: Path) -> list[dict[str, str]]:
    """Read the order of posting; nothing outside the folder of payloads can be named in it."""
    steps = _read(bundle, STEPS)
    sound = isinstance(steps, list) and all(
        isinstance(step, dict)
        and isinstance(step.get("post"), str)
        and "gives" in step
        and DOCUMENT.fullmatch(str(step.get("document")))
        for step in steps
    )
    if not sound:
        what = "this is not the order in which payloads are posted"
        raise UserError([Problem(STEPS, None, what, "write the bundle again")])
    found: list[dict[str, str]] = steps
    return found


def _elsewhere(bundle: Path) -> set[str]:
    """Return aliases of the messages, and of all files: EGA has ids of those not described too."""
    files = {alias_of("file", path.name) for path in (bundle / "encrypted").glob("*.c4gh")}
    if not (bundle / FEDERATED).is_file():
        return files
    return files | {found[0] for found in ALIAS.finditer(_text(bundle / FEDERATED, FEDERATED))}


def _aliases(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    for each in nested(value):
        if isinstance(each, str):
            yield from (part for part in each.split("/") if ALIAS.fullmatch(part))


def _wrong_kinds(kinds: Collection[str]) -> Iterator[Problem]:
    for kind in kinds:
        if kind not in KINDS:
            remedy = nearest(kind, KINDS, f"write some of {', '.join(KINDS)}")
            yield Problem("--kind", None, f"there are no payloads of '{kind}'", remedy)


def _wrong_ids(ids: Mapping[str, Id], known: set[str]) -> Iterator[Problem]:
    """Yield the ids that no alias of the bundle asks for, and those that EGA cannot have given."""
    for alias, value in ids.items():
        if alias not in known:
            remedy = nearest(alias, known, "take it out")
            yield Problem("--ids", None, f"no document of the bundle has the alias {alias}", remedy)
            continue
        kind = alias[1:].split(":", 1)[0]
        pattern = ACCESSIONS.get(kind)
        if pattern is None:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                what = f"{alias} is {value!r}"
                yield Problem("--ids", None, what, "give the provisional id, a whole number")
        elif not isinstance(value, str) or not re.fullmatch(pattern, value):
            what = f"{alias} is {value!r}"
            yield Problem("--ids", None, what, f"give the accession, {kind.upper()} and 11 digits")


def _read(bundle: Path, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    return _parsed(_text(bundle / path, path), path)


def _parsed(text: str, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError([Problem(path, error.lineno, "this is not JSON", "mend it")]) from error


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(shown, None, "this file is missing or not text", "give one that is")
        raise UserError([problem]) from error
