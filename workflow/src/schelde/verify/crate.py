"""Checks of provenance/: the Workflow Run RO-Crate, the versions and the settings of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from schelde.documents.crate import CRATE, PARAMETERS, VERSIONS, WORKFLOW
from schelde.documents.manifest import MANIFEST
from schelde.verify.rule import Bundle, Finding, Rule, UnreadableError
from schelde.verify.schema import schema_findings

Entity = dict[str, Any]


def _schemas(bundle: Bundle) -> Iterator[Finding]:
    yield from schema_findings(bundle, CRATE, "ro-crate")
    yield from schema_findings(bundle, VERSIONS, "versions")
    yield from schema_findings(bundle, PARAMETERS, "parameters")


def _entities(bundle: Bundle) -> dict[str, Entity]:
    """Return the entities by their id; `UnreadableError` when they have another shape."""
    document = bundle.json(CRATE)
    graph = document.get("@graph") if isinstance(document, dict) else None
    if not isinstance(graph, list):
        raise UnreadableError(CRATE, "it has no @graph")
    found: dict[str, Entity] = {}
    for entity in graph:
        key = entity.get("@id") if isinstance(entity, dict) else None
        if not isinstance(key, str):
            raise UnreadableError(CRATE, "an entity has no @id")
        if key in found:
            raise UnreadableError(CRATE, f"'{key}' is described twice")
        found[key] = entity
    return found


def _links(bundle: Bundle) -> Iterator[Finding]:
    """Look for ids that nothing describes, and local files that are not there."""
    entities = _entities(bundle)
    for key, entity in entities.items():
        for named in sorted(set(_named(entity))):
            if named not in entities and not named.startswith(("http://", "https://")):
                yield Finding(CRATE, f"'{key}' names '{named}', which nothing describes")
    for key, entity in entities.items():
        if "File" in _types(entity) and not _lies_there(bundle, key):
            yield Finding(CRATE, f"the file '{key}' is not in the bundle")


def _types(entity: Entity) -> list[Any]:
    types = entity.get("@type")
    return types if isinstance(types, list) else [types]


def _named(entity: Entity) -> Iterator[str]:
    """Yield ids to which an entity refers."""
    for value in entity.values():
        yield from _ids(value)


def _is_link(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, dict) and isinstance(value.get("@id"), str)


def _ids(value: Any) -> list[str]:  # noqa: ANN401
    """Return the ids in a link or a list of links; other values have none."""
    links = value if isinstance(value, list) else [value]
    return [link["@id"] for link in links if _is_link(link)]


def _lies_there(bundle: Bundle, key: str) -> bool:
    """Tell whether a file named from provenance/ is in the bundle, and not outside of it."""
    top = bundle.root.resolve()
    try:
        path = (top / "provenance" / key).resolve()
        return path.is_relative_to(top) and path.is_file()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _results(bundle: Bundle) -> Iterator[Finding]:
    """Hold the files that came out against the manifest: all of them, with size and checksum."""
    entities = _entities(bundle)
    listed = _manifest(bundle)
    results = Counter(_ids(entities.get("#run", {}).get("result")))
    for key in sorted(results.keys() - {f"../{path}" for path in listed}):
        yield Finding(CRATE, f"the result '{key}' is not an encrypted file of {MANIFEST}")
    parts = Counter(_ids(entities.get("./", {}).get("hasPart")))
    for path, entry in listed.items():
        key = f"../{path}"
        for where, times in (("result of the run", results[key]), ("hasPart", parts[key])):
            if times != 1:
                yield Finding(CRATE, f"'{key}' is {times} times in {where}; it should be once")
        entity = entities.get(key, {})
        for name, expected in (("sha256", entry["sha256"]), ("contentSize", str(entry["size"]))):
            if entity.get(name) != expected:
                what = f"{name} of '{key}' is {entity.get(name)}, but {expected} in {MANIFEST}"
                yield Finding(CRATE, what)


def _manifest(bundle: Bundle) -> dict[str, Entity]:
    """Return the encrypted files of the manifest by path."""
    try:
        entries = {entry["path"]: entry for entry in bundle.json(MANIFEST)["files"]}
        encrypted = {path: entry for path, entry in entries.items() if entry["plain"] is not None}
        for entry in encrypted.values():
            entry["sha256"], entry["size"]  # both are compared
    except (KeyError, TypeError) as error:
        raise UnreadableError(MANIFEST, f"it does not list files as it should: {error}") from error
    return encrypted


def _versions(bundle: Bundle) -> Iterator[Finding]:
    """Hold the programs against the record, in the crate and in versions.json."""
    record = bundle.record
    made = record.provenance
    programs = [program.model_dump() for program in made.programs]
    expected = {
        "schelde": record.version,
        "caller": made.caller,
        "tools": made.tools,
        "programs": programs,
    }
    yield from _differs(VERSIONS, bundle.json(VERSIONS), expected)
    entities = _entities(bundle)
    told = {
        str(entity.get("name")): entity.get("softwareVersion")
        for entity in entities.values()
        if "SoftwareApplication" in _types(entity)
    }
    yield from _differs(CRATE, told, dict(made.tools))
    version = entities.get("Snakefile", {}).get("version")
    if version != record.version:
        what = f"the workflow has version {version}, but the record {record.version}"
        yield Finding(CRATE, what)


def _settings(bundle: Bundle) -> Iterator[Finding]:
    """Hold the settings against the record, in the crate and in parameters.json."""
    settings = bundle.record.provenance.settings
    document = bundle.json(PARAMETERS)
    told = document.get("settings") if isinstance(document, dict) else None
    yield from _differs(PARAMETERS, told, dict(settings))
    entities = _entities(bundle)
    given = {
        str(entity.get("name")): entity.get("value")
        for key, entity in entities.items()
        if "PropertyValue" in _types(entity) and key.startswith("#value/")
    }
    known = {name: value for name, value in settings.items() if value is not None}
    yield from _differs(CRATE, given, known)


def _dataset(bundle: Bundle) -> Iterator[Finding]:
    """Hold what the crate says of the dataset and the workflow's text against the record."""
    record = bundle.record
    root = _entities(bundle).get("./", {})
    expected = {
        "identifier": record.dataset.identifier,
        "name": record.dataset.title,
        "datePublished": record.dataset.issued,
        "license": {"@id": record.dataset.license},
    }
    yield from _differs(CRATE, {name: root.get(name) for name in expected}, expected)
    kept = record.provenance.workflow
    if kept is not None and bundle.text(WORKFLOW) != kept:
        yield Finding(WORKFLOW, "this is not the workflow that the record keeps")


def _differs(file: str, told: Any, expected: dict[str, Any]) -> Iterator[Finding]:  # noqa: ANN401
    """Yield a finding for each key whose value is another, is missing, or is not expected."""
    if not isinstance(told, dict):
        yield Finding(file, f"it should hold {', '.join(expected)}")
        return
    for name in sorted({*told, *expected}):
        if name not in expected:
            yield Finding(file, f"'{name}' is not in the record")
        elif told.get(name) != expected[name]:
            what = f"'{name}' is {str(told.get(name))[:100]}, but {str(expected[name])[:100]}"
            yield Finding(file, f"{what} in the record")


RULES = (
    Rule("crate.schema", "the RO-Crate and its tables have the shape of our schemas", _schemas),
    Rule("crate.links", "all that the RO-Crate names is described, and its files exist", _links),
    Rule("crate.results", "results of the run are the files of the manifest", _results),
    Rule("crate.versions", "versions of programs are those of the record", _versions),
    Rule("crate.settings", "settings of the run are those of the record", _settings),
    Rule("crate.dataset", "the RO-Crate tells of this dataset and its workflow", _dataset),
)
