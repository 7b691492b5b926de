"""The validators of GHGA and of the genomDE data centres."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from tests.official.answer import (
    AbsentError,
    Answer,
    Authority,
    Case,
    answers,
    counted,
    program_of,
    rewritten,
    standard,
    told,
    with_document,
)

from schelde.documents.ghga import GHGA
from schelde.documents.grz import CASES
from schelde.seal.keys import read_secret_key

METADATA = "metadata/metadata.json"

GHGA_SCRIPT = """
import json, sys
from pathlib import Path
from linkml_runtime.utils.schemaview import SchemaView
from ghga_validator.cli import DEFAULT_PLUGINS, VALIDATION_PLUGINS, load_plugins, validate
schema = SchemaView(sys.argv[1])
plugins = load_plugins([*DEFAULT_PLUGINS, *VALIDATION_PLUGINS], schema)
results = {}
for path in map(Path, sys.argv[2:]):
    data = json.loads(path.read_text())
    report = validate(schema, "Submission", data, plugins)
    results[path.stem] = {r.plugin_name: [m.message for m in r.validation_messages]
                          for r in report.validation_results}
print(json.dumps(results))
"""

GRZ_SCRIPT = """
import json, sys
from pathlib import Path
from pydantic import ValidationError
from grz_pydantic_models.submission.metadata.v1 import GrzSubmissionMetadata
results = {}
for path in map(Path, sys.argv[1:]):
    try:
        GrzSubmissionMetadata.model_validate_json(path.read_text())
        results[path.stem] = ""
    except ValidationError as error:
        results[path.stem] = str(error)
print(json.dumps(results))
"""

DECRYPT_SCRIPT = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from grz_common.workers.worker import Worker
case, out, key = map(Path, sys.argv[1:])
worker = Worker(metadata_dir=case / "metadata", files_dir=out / "files", log_dir=out / "logs",
                encrypted_files_dir=case / "encrypted_files")
worker.decrypt(X25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text())))
"""


def opened(case: Path, out: Path, key: Path) -> list[Path]:
    """Decrypt a case's files as a GRZ does; ``key``: the secret key in hexadecimal digits."""
    out.mkdir()
    command = [program_of("validators-grz"), "-c", DECRYPT_SCRIPT, case, out, key]
    subprocess.run(command, check=True, capture_output=True)
    (out / "metadata").mkdir()
    (out / METADATA).write_bytes((case / METADATA).read_bytes())
    return sorted((out / "files").iterdir())


def grz_cli(folder: Path, case: Path) -> subprocess.CompletedProcess[str]:
    """Run grz-cli validate on an opened case; its config goes into ``folder``."""
    config = folder / "config.yaml"
    submission = json.loads((case / METADATA).read_text())["submission"]
    ids = f'  grz: {submission["genomicDataCenterId"]}\n  le: "{submission["submitterId"]}"\n'
    config.write_text(f"identifiers:\n{ids}")
    command = program_of("validators-grz", "grz-cli")
    return told(
        [command, "--config-file", config, "validate", "--submission-dir", case, "--force"],
        env={**os.environ, "HOME": str(folder)},
    )


def ask_ghga(case: Case) -> Answer:
    """Ask ghga-validator's three plugins about the submission."""
    path = case.bundle / GHGA
    if not path.exists():
        return Answer("", 0, 0, (), "not asked for")
    (plugins,) = answers(GHGA_SCRIPT, standard("ghga/submission.yaml"), path).values()
    objects = sum(len(entries) for entries in json.loads(path.read_text()).values())
    return counted(plugins.items(), f"plugins on {objects} objects")


def cases_of(case: Case) -> tuple[list[Path], str]:
    """Return the folders of the cases that are ready, and why others are not."""
    listed = case.bundle / CASES
    if not listed.exists():
        return [], "not asked for"
    entries = json.loads(listed.read_text())["cases"]
    ready = [listed.parent / entry["case"] for entry in entries if entry["ready"]]
    lacking = [gap for entry in entries if not entry["ready"] for gap in entry["lacks"]]
    return ready, f"a case is not ready: {'; '.join(lacking)}" if lacking else ""


def ask_grz_models(case: Case) -> Answer:
    """Ask the models of grz-pydantic-models, and the JSON schema that they are exported as."""
    folders, counts = cases_of(case)
    exported = json.loads(standard("genomde-grz/grz-schema.generated-4.1.1.json").read_text())
    judged = []
    for folder in folders:
        path = folder / METADATA
        (fault,) = answers(GRZ_SCRIPT, path).values()
        errors = Draft202012Validator(exported).iter_errors(json.loads(path.read_text()))
        judged.append(("models", [fault] if fault else []))
        judged.append(("schema", [error.message for error in errors]))
    return counted(judged, counts)


def ask_grz_cli(case: Case) -> Answer:
    """Open each case with the GRZ's own code, and ask grz-cli about what comes out."""
    folders, counts = cases_of(case)
    program_of("validators-grz")
    judged = []
    for folder in folders:
        if case.secret is None:
            raise AbsentError("no key that opens the bundle, so its files are closed")
        out = case.scratch / f"grz-{len(list(case.scratch.iterdir()))}"
        key = case.scratch / "key.hex"
        key.write_text(read_secret_key(case.secret).hex())
        files = opened(folder, out, key)
        done = grz_cli(case.scratch, out)
        judged.append((folder.name, [done.stderr] if done.returncode else []))
        counts = f"{len(files)} files"
    return counted(judged, counts)


def _of_no_sex(case: Case, folder: Path) -> Case:
    change = rewritten(lambda told: told["individuals"][0].pop("sex"))
    return with_document(case, folder, GHGA, change)


def _shallow(case: Case, folder: Path) -> Case:
    def change(told: Any) -> None:
        told["donors"][0]["labData"][0]["sequenceData"]["meanDepthOfCoverage"] = 29.9

    return with_document(case, folder, f"national/grz/*/{METADATA}", rewritten(change))


def _other_bytes(case: Case, folder: Path) -> Case:
    def change(told: Any) -> None:
        told["donors"][0]["labData"][0]["sequenceData"]["files"][0]["fileChecksum"] = "0" * 64

    return with_document(case, folder, f"national/grz/*/{METADATA}", rewritten(change))


AUTHORITIES = (
    Authority("GHGA 2.2.1", "ghga-validator 1.2.3, schema cfc65e15", ask_ghga, _of_no_sex),
    Authority("genomDE GRZ, models", "grz-pydantic-models 4.1.1", ask_grz_models, _shallow),
    Authority("genomDE GRZ, files", "grz-cli 3.0.0", ask_grz_cli, _other_bytes),
)
