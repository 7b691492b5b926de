"""One sample from the files of a run to sealed files under its pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schelde.errors import Problem, UserError
from schelde.package.job import Files, Names, Options, package_sample
from schelde.package.leaks import Secret
from schelde.package.pseudonyms import read_key
from schelde.parts import part_folder
from schelde.seal.job import seal_sample
from schelde.sheet import Person


@dataclass(frozen=True)
class Keys:
    """Files of keys: of pseudonyms, the recipients' public ones, the sender's secret one."""

    pseudonyms: Path
    recipients: tuple[Path, ...]
    sender: Path | None


def names_of(person: Person, key: Path) -> Names:
    """Return who a person's sample is in bundles; `UserError` if the key does not say."""
    problems: list[Problem] = []
    found = read_key(key, problems)
    if found is None:
        raise UserError(problems)
    if not found.has(person.sample, person.subject_id):
        what = "a sample has no pseudonym"
        raise UserError([Problem(str(key), None, what, "run: schelde pseudonyms")])
    return Names(
        sample_id=person.sample,
        sample=found.sample(person.sample),
        subject=found.subject(person.sample, person.subject_id),
        key=found.names_key(person.sample),
    )


def package_and_seal(
    files: Files,
    person: Person,
    keys: Keys,
    options: Options,
    secrets: Sequence[Secret],
    *,
    threads: int,
    scratch: Path,
    log: IO[bytes],
    output: Path,
) -> None:
    """Package a sample and encrypt what came of it into ``output``, whole or not at all.

    The plain package is gone when the job ends, however it ends: what is to travel is written
    where no other job looks, beside ``output``. ``scratch`` is for the tools. Raises as
    `package_sample` and `seal_sample` do.
    """
    with part_folder(output) as parts:
        plain = parts / "plain"
        package_sample(
            files,
            names_of(person, keys.pseudonyms),
            options,
            secrets,
            threads=threads,
            scratch=scratch,
            log=log,
            output=plain,
        )
        seal_sample(plain, output, keys.recipients, keys.sender, log)
