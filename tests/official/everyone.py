"""All authorities, and how a bundle is opened for them."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.official import crate, ega, files, national, nodes, people, shapes
from tests.official.answer import Case

from schelde.seal.crypt4gh import decrypting
from schelde.seal.keys import read_secret_key

AUTHORITIES = (
    *ega.AUTHORITIES,
    *shapes.AUTHORITIES,
    *people.AUTHORITIES,
    *crate.AUTHORITIES,
    *nodes.AUTHORITIES,
    *national.AUTHORITIES,
    *files.AUTHORITIES,
)


def opened(bundle: Path, secret: Path | None, run: Path | None, scratch: Path) -> Case:
    """Return a case whose files are decrypted below ``scratch``, which must exist.

    ``secret``: a recipient's key without passphrase; ``run``: results/reference of the run.
    """
    if secret is None:
        return Case(bundle, scratch, run=run)
    key, plain = read_secret_key(secret), scratch / "plain"
    plain.mkdir()
    for sealed in (bundle / "encrypted").glob("*.c4gh"):
        with decrypting(sealed, key) as source, (plain / sealed.stem).open("wb") as out:
            shutil.copyfileobj(source, out)
    return Case(bundle, scratch, secret, run, plain)
