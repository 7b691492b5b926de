"""The bundle check as a validator of the GDI validation framework.

The contract (GenomicDataInfrastructure/validation-framework): a container that prints what it is
for ``--describe``; else it reads /mnt/input/input.json, checks what that names below
/mnt/input/data, and writes /mnt/output/result.json. No network, and the same output each time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import schelde
from schelde.errors import Problem, UserError
from schelde.json_text import json_text
from schelde.pipes import write_text
from schelde.verify.report import merged
from schelde.verify.run import verify
from schelde.verify.schema import validator

INPUT = Path("/mnt/input/input.json")
OUTPUT = Path("/mnt/output/result.json")
DATA = Path("/mnt/input/data")


def describe() -> str:
    """Return the validator's metadata as JSON."""
    document = {
        "validatorId": "schelde-bundle",
        "name": "Schelde bundle",
        "description": "Checks a submission bundle: every document against its schema, and all of "
        "them and the encrypted files against one another.",
        "version": schelde.__version__,
        "mode": "file-structure",
        "pathSpecification": ["**"],
    }
    return json_text(document)


def validate(
    source: Path = INPUT, output: Path = OUTPUT, data: Path = DATA, key: bytes | None = None
) -> bool:
    """Check the bundles that ``source`` names and write ``output``; return whether all passed.

    A bundle is a folder with a manifest.json: of the paths given, each that is one, or that lies
    in one. UserError when the input is not that of the contract, or names no bundle.
    """
    request = _request(source)
    paths = request.get("paths") or [file["path"] for file in request.get("files", [])]
    roots = _bundles([Path(path) for path in paths], data)
    if not roots:
        what = "names nothing that lies in a bundle (a folder with a manifest.json)"
        raise UserError([Problem(str(source), None, what, "give the paths of a bundle's files")])
    result = merged([(str(root), verify(root, key)) for root in roots])
    write_text(output, json_text(result))
    return bool(result["result"] == "passed")


def _request(source: Path) -> dict[str, Any]:
    try:
        request = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        remedy = "mount the input of the validator there"
        raise UserError([Problem(str(source), None, f"cannot be read ({error})", remedy)]) from None
    wrong = [error.message for error in validator("gdi-input").iter_errors(request)]
    if wrong:
        remedy = "see the contract of GDI validators"
        raise UserError([Problem(str(source), None, what, remedy) for what in wrong])
    return dict(request)


def _bundles(paths: list[Path], data: Path) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        place = path if path.is_absolute() else data / path
        for folder in (place, *place.parents):
            if (folder / "manifest.json").is_file():
                found[folder] = None
                break
    return list(found)
