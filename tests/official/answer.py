"""What an authority is asked about a bundle, what it answers, and a bundle with one change.

An authority is an official schema or a validator that others wrote. Each has a function that
returns an `Answer` and one that makes a changed copy of the bundle, which it must refuse: one that
accepts everything proves nothing.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from tests.conftest import ROOT, SHARED

from schelde.bundle.record import Record, read_record

STANDARDS = SHARED / "standards"
T = TypeVar("T")


class AbsentError(Exception):
    """A validator, a schema or a key that is not on this machine."""


class Answer(NamedTuple):
    """What an authority says: of ``checked`` things ``valid`` are so; ``details`` says why not.

    ``counts`` tells, in words, what else was counted.
    """

    name: str
    checked: int
    valid: int
    details: tuple[str, ...] = ()
    counts: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether there was something to judge, and all of it is valid."""
        return self.checked == self.valid > 0 and not self.details


@dataclass(frozen=True)
class Case:
    """A bundle and what opens it.

    ``plain``: folder of its decrypted files; ``secret``: the recipient's key; ``run``: folder
    results/reference of the run, whose genome.fa CRAMs refer to; ``scratch``: for what
    validators write.
    """

    bundle: Path
    scratch: Path
    secret: Path | None = None
    run: Path | None = None
    plain: Path | None = None

    @cached_property
    def record(self) -> Record:
        """The record of the bundle."""
        return read_record(self.bundle)

    def files(self, *ends: str) -> list[Path]:
        """Return the decrypted files whose names end so."""
        if self.plain is None:
            raise AbsentError("no key that opens the bundle, so its files are closed")
        return sorted(path for path in self.plain.iterdir() if path.name.endswith(ends))

    @property
    def genome(self) -> Path:
        """The FASTA that CRAMs refer to."""
        if self.run is None or not (self.run / "genome.fa").is_file():
            raise AbsentError("no genome.fa of the run beside the bundle")
        return self.run / "genome.fa"

    @property
    def intervals(self) -> Path:
        """BED of what was called."""
        return self.genome.with_name("autosomes.bed")


@dataclass(frozen=True)
class Authority:
    """Who is asked: ``version`` is that of a program, or the commit of a schema."""

    name: str
    version: Callable[[], str] | str
    ask: Callable[[Case], Answer]
    change: Callable[[Case, Path], Case]

    def told_version(self) -> str:
        """Return the version; '' where the program is not here."""
        return self.version if isinstance(self.version, str) else self.version()

    def asked(self, case: Case) -> Answer:
        """Return the answer under the authority's name."""
        return self.ask(case)._replace(name=self.name)

    def asked_about_a_mutant(self, case: Case) -> Answer:
        """Return the answer about a changed copy."""
        folder = case.scratch / "mutants" / self.name.replace(" ", "-").replace("/", "-")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            return self.asked(self.change(case, folder))
        finally:
            shutil.rmtree(folder)


def counted(judged: Iterable[tuple[str, Sequence[str]]], counts: str = "") -> Answer:
    """Return the answer about things, each with what is wrong about it."""
    told = list(judged)
    details = tuple(f"{name}: {fault}" for name, faults in told for fault in faults)
    return Answer("", len(told), sum(not faults for _, faults in told), details, counts)


def or_skip(ask: Callable[..., T], *given: object) -> T:
    """Call a function; skip the test where what it needs is not on this machine."""
    try:
        return ask(*given)
    except AbsentError as error:
        pytest.skip(str(error))


# ----------------------------------------------------------------------------------- tools at hand


def standard(path: str) -> Path:
    """Return a file or folder of ../shared/standards."""
    found = STANDARDS / path
    if not found.exists():
        raise AbsentError(f"no ../shared/standards/{path}")
    return found


def told(command: Sequence[object], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said, whatever its status."""
    name = str(command[0])
    if shutil.which(name) is None:
        raise AbsentError(f"no {Path(name).name} on PATH")
    words = [str(word) for word in command]
    # samtools writes the names of its authors in Latin 1.
    return subprocess.run(
        words, capture_output=True, text=True, errors="replace", check=False, **options
    )


def program_of(environment: str, name: str = "python") -> Path:
    """Return a program of an environment of validators, such as .venv/validators."""
    program = ROOT / ".venv" / environment / "bin" / name
    if not program.exists():
        raise AbsentError(f"no .venv/{environment} (envs/validators.sh makes it, where it can)")
    return program


def answers(script: str, *arguments: object) -> Any:
    """Run a script with the validators' Python and return the JSON on its last line."""
    done = told([program_of("validators"), "-W", "ignore", "-c", script, *arguments])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------------------------- changed copies


def linked(source: Path, target: Path) -> Path:
    """Return a copy of a folder that shares its files with it; write none of them, replace them."""
    for place, _, names in os.walk(source):
        folder = target / Path(place).relative_to(source)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            try:
                os.link(Path(place, name), folder / name)
            except OSError:  # another file system
                shutil.copy(Path(place, name), folder / name)
    return target


def with_document(case: Case, folder: Path, pattern: str, change: Callable[[bytes], bytes]) -> Case:
    """Return a case whose first document of a pattern is changed."""
    bundle = linked(case.bundle, folder / "bundle")
    path = sorted(bundle.glob(pattern))[0]
    before = path.read_bytes()
    after = change(before)
    assert after != before, f"{pattern} is what it was"
    path.unlink()
    path.write_bytes(after)
    return replace(case, bundle=bundle)


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    """Return a change of words, everywhere."""
    return lambda content: content.replace(old.encode(), new.encode())


def rewritten(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    """Return a change of a JSON document."""

    def changed_text(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return changed_text


def changed(document: Any, *path: str | int, value: Any = None) -> Any:
    """Return a document with a value put at a path, or taken away when it is None."""
    new = copy.deepcopy(document)
    place = new
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return new
