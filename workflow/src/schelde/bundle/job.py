"""Write the bundle of a run, and the list of those who are not in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from schelde.bundle.assemble import RunFiles, Source, assemble
from schelde.bundle.dataset import Description
from schelde.bundle.folder import write_bundle
from schelde.bundle.record import National
from schelde.consent import Gate, write_left_out
from schelde.package.leaks import Secret, find_leaks, refuse
from schelde.sheet import Person

SNAKEFILE = Path(__file__).parents[4] / "Snakefile"


@dataclass(frozen=True)
class Asked:
    """What a run says about its bundle; see `schelde.bundle.assemble.assemble`."""

    dataset: Description
    people: tuple[Person, ...]
    gate: Gate
    settings: Mapping[str, Any]
    build: str
    national: Callable[[Mapping[str, str]], National]


def write(
    sources: Sequence[Source],
    run: RunFiles,
    asked: Asked,
    secrets: Sequence[Secret],
    *,
    folder: Path,
    left_out: Path,
    log: IO[bytes],
) -> None:
    """Write ``folder``, verified, and ``left_out``, each whole or not at all.

    Raises `schelde.package.leaks.LeakError` when a document holds a secret, and what `assemble`
    and `write_bundle` raise.
    """
    found = assemble(
        sources,
        run,
        asked.dataset,
        settings=asked.settings,
        build=asked.build,
        workflow=SNAKEFILE.read_text(encoding="utf-8"),
        left_out=asked.gate.counts,
        national=asked.national,
    )

    def check(documents: Mapping[str, bytes]) -> None:
        refuse(find_leaks(list(documents.items()), secrets))

    report = write_bundle(folder, found.record, found.encrypted, run.frequencies, check=check)
    log.write("".join(f"{line}\n" for line in report.lines()).encode())
    write_left_out(left_out, {**asked.gate.left_out, **found.failed}, asked.people)
