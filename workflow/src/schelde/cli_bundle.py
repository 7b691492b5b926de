"""Commands on bundles: verify, share, withdraw, submit, and what EGA's ids are filled into."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from schelde.errors import Problem, UserError

ROOT = Path(__file__).parents[3]
"""The repository: the package runs from its checkout, which holds resources/ and config/."""

KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="secret Crypt4GH key of a recipient; its passphrase: see docs"),
]
BundleArgument = Annotated[Path, typer.Argument(help="folder of a bundle")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands on bundles to the command line."""
    for command in (pseudonyms, verify, share, withdraw, ega, submit):
        app.command()(command)


def pseudonyms(
    config: Annotated[
        list[Path] | None, typer.Option(help="config file; config/config.yaml if none is given")
    ] = None,
) -> None:
    """Give every sample and subject of the sheet a pseudonym; those given before stay."""
    from schelde.inputs import load
    from schelde.package.pseudonyms import extend_key

    # Without a dataset no bundle is checked, and so not the key that is made here.
    inputs = load({"bundle": {"dataset": None}}, config or [], workflow_dir=ROOT, thorough=False)
    key = Path(inputs.settings.bundle.pseudonyms)
    added = extend_key(key, {person.sample: person.subject_id for person in inputs.sheet.people})
    print(f"{key}: {len(added)} new pseudonyms. It tells who is who: guard it, and keep a copy.")


def verify(
    bundle: Annotated[Path | None, typer.Argument(help="folder of a bundle")] = None,
    key: KeyOption = None,
    json: Annotated[Path | None, typer.Option(help="write what came of it here, as JSON")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="tell only what is wrong, and the sum")
    ] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="say what this is as a GDI validator, and stop")
    ] = False,
) -> None:
    """Check a bundle as a stranger; without BUNDLE as a GDI validator, from /mnt/input/input.json.

    Ends with status 1 when anything is wrong.
    """
    from schelde.pipes import write_text
    from schelde.seal.keys import read_secret_key
    from schelde.verify import gdi
    from schelde.verify.run import verify as check

    if describe:
        print(gdi.describe(), end="")
        return
    secret = read_secret_key(key) if key else None
    if bundle is None:
        raise typer.Exit(0 if gdi.validate(key=secret) else 1)
    if not bundle.is_dir():
        remedy = "name the folder of a bundle"
        raise UserError([Problem(str(bundle), None, "there is no such folder", remedy)])
    report = check(bundle, secret)
    print(*report.lines(only_failed=quiet), sep="\n")
    if json is not None:
        write_text(json, report.to_json())
    if not report.passed:
        raise typer.Exit(1)


def share(
    bundle: BundleArgument,
    to: Annotated[list[Path], typer.Option("--to", help="public key to encrypt to as well")],
    key: Annotated[Path, typer.Option("--key", help="secret key that opens the files now")],
) -> None:
    """Let further recipients open a bundle: new headers, the encrypted genomes stay as they are."""
    from schelde.bundle.folder import write_bundle
    from schelde.seal.share import share as add_recipients

    with _faults():
        report = add_recipients(bundle, to, key, write_bundle)
    print(f"{bundle}: {len(to)} more recipients; {report.sum()}")


def withdraw(
    bundle: BundleArgument,
    subject: Annotated[str, typer.Option(help="pseudonym of the subject")],
    date: Annotated[
        str | None, typer.Option(help="day of the withdrawal, YYYY-MM-DD; today if not given")
    ] = None,
) -> None:
    """Take a person out of a bundle: files, documents, frequencies; a note of it stays."""
    import datetime

    from schelde.bundle.withdraw import withdraw as take_out

    with _faults():
        report = take_out(bundle, subject, date or datetime.date.today().isoformat())
    print(f"{bundle}: '{subject}' is no longer in it; {report.sum()}")


def ega(
    bundle: BundleArgument,
    ids: Annotated[Path, typer.Option(help="JSON of alias to the id that the server gave")],
    output: Annotated[Path, typer.Option(help="folder for the finished payloads")],
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="these payloads alone; all if none is given")
    ] = None,
    messages: Annotated[
        bool, typer.Option("--messages", help="fill the messages of a Federated node instead")
    ] = False,
) -> None:
    """Fill the ids that a server gave into the EGA objects of a bundle."""
    from schelde.ega import resolver
    from schelde.ega.objects import KINDS

    known = resolver.read_ids(ids)
    if messages:
        filled = resolver.resolve_messages(bundle, known)
        resolver.write_messages(filled, output)
    else:
        filled = list(resolved := resolver.resolve(bundle, known, kinds or KINDS))
        resolver.write_resolved(resolved, output)
    print(f"{output}: {len(filled)} {'messages' if messages else 'documents'}")


def submit(
    bundle: BundleArgument,
    to: Annotated[
        str, typer.Option("--to", help="sftp://user@host:port/folder or s3://bucket/folder")
    ],
    encrypted_only: Annotated[
        bool, typer.Option("--encrypted-only", help="leave the documents out")
    ] = False,
    read_back: Annotated[
        bool, typer.Option("--read-back", help="S3: read every file back as well")
    ] = False,
    key: KeyOption = None,
) -> None:
    """Upload a bundle to an inbox; give it again after a failure, and it goes on where it was."""
    from schelde.seal.keys import read_secret_key
    from schelde.submit import submit as upload
    from schelde.verify.run import faults

    secret = read_secret_key(key) if key else None
    if to.rstrip("/").rsplit("/", 1)[-1] != bundle.name:
        # As documents and messages in it name the files: ALIAS/encrypted/...
        print(
            f"note: documents of this bundle look for it in a folder '{bundle.name}'",
            file=sys.stderr,
        )
    with _faults():
        summary = upload(
            bundle,
            to,
            verified=partial(faults, key=secret),
            encrypted_only=encrypted_only,
            read_back=read_back,
        )
    print(*summary.lines(), sep="\n")


@contextmanager
def _faults() -> Iterator[None]:
    """Tell what a job would tell, without a traceback; a user's mistake goes on to `main`."""
    from schelde.joblog import JobError
    from schelde.pipes import ToolError

    try:
        yield
    except (JobError, ToolError) as error:
        sys.exit(str(error))
