"""How fast a file is sealed, beside the library's program, beside cat and beside two checksums.

    python tests/bench/seal.py [--mib 1024] [--rounds 3] [--folder /tmp]

Prints MB/s of the best round of each, and seal's time as a share of the others'. All of them read
and write the same file of random bytes on one disk, in turns; what they write is put on the disk
(fsync) within the time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from schelde.seal.crypt4gh import decrypting, encrypt
from schelde.seal.keys import read_public_key, read_secret_key, write_key_pair

MIB = 1 << 20


def main() -> None:
    """Time everything, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        with (folder / "plain").open("wb") as file:
            for _ in range(options.mib):
                file.write(os.urandom(MIB))
        write_key_pair(folder / "public", folder / "secret")
        best = {name: float("inf") for name in WORK}
        for _ in range(options.rounds):
            for name, work in WORK.items():
                start = time.perf_counter()
                work(folder)
                best[name] = min(best[name], time.perf_counter() - start)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.mib} MiB")
        for name, seconds in best.items():
            rate = options.mib * MIB / 1e6 / seconds
            print(f"{name:42}{rate:8.0f} MB/s   seal takes {best['seal'] / seconds:6.2f} of it")


def seal(folder: Path) -> None:
    """Encrypt with four checksums in one pass."""
    encrypt(folder / "plain", folder / "out", [read_public_key(folder / "public")])


def unseal(folder: Path) -> None:
    """Decrypt what `seal` wrote, and throw it away."""
    with decrypting(folder / "out", read_secret_key(folder / "secret")) as stream:
        while stream.read(MIB):
            pass


def shell(command: str) -> Callable[[Path], None]:
    """Return the work of a shell command in the folder; its output is put on the disk."""

    def work(folder: Path) -> None:
        bins = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        words = ["sh", "-c", f"set -e; {command}"]
        subprocess.run(words, cwd=folder, check=True, env={**os.environ, "PATH": bins})

    return work


ENCRYPT = "crypt4gh encrypt --recipient_pk public < plain > out2; sync out2"
SUMS = "for f in plain out2; do md5sum $f; sha256sum $f; done > sums"
WORK: dict[str, Callable[[Path], None]] = {
    "seal": seal,
    "crypt4gh encrypt (no checksums)": shell(ENCRYPT),
    "crypt4gh encrypt, then four checksums": shell(f"{ENCRYPT}; {SUMS}"),
    "cat file > copy": shell("cat plain > copy; sync copy"),
    "md5sum, then sha256sum": shell("md5sum plain > sums; sha256sum plain >> sums"),
    "decrypting": unseal,
}

if __name__ == "__main__":
    main()
