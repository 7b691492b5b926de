"""Small programs round one step of the native library: text in, text out.

A driver ``tests/native/NAME.cc`` names the sources of the library that it is compiled with in a
line of its own: ``// with: model.cc pairhmm_cpu.cc``. A test looks at what it prints on stdout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NATIVE = HERE.parents[1] / "workflow/src/schelde/pairhmm/native"
FLAGS = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-pthread"]
KINDS = {
    # Optimised as little as is quick to compile: the checks make the program slow in any case.
    "checked": ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "quick": ["-O3"],
    "library": ["-O3", "-shared", "-fPIC"],
}
Driver = Callable[..., str]


def sources(name: str) -> list[Path]:
    """Return what the driver is compiled from: itself and the sources that it names."""
    program = HERE / f"{name}.cc"
    named = re.search(r"^// with:(.*)$", program.read_text(), re.MULTILINE)
    return [program, *(NATIVE / source for source in (named[1].split() if named else []))]


def digest(flags: list[str], files: list[Path]) -> str:
    """Return what tells builds apart: the compiler, the flags and all that is compiled."""
    version = subprocess.run(["g++", "--version"], check=True, capture_output=True).stdout
    command = ["g++", "-MM", *flags, f"-I{NATIVE}", *map(str, files)]
    named = subprocess.run(command, capture_output=True, text=True).stdout
    paths = sorted({word for word in named.split() if Path(word).is_file()})
    parts = [version, " ".join(flags).encode(), *(Path(path).read_bytes() for path in paths)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def compiled(name: str, folder: Path, kind: str) -> Path:
    """Return the driver as a program or library, compiled if anything changed since it was."""
    flags = [*FLAGS, *KINDS[kind]]
    made = folder / f"{name}.{kind}.{digest(flags, sources(name))}"
    if made.exists():
        return made
    part = made.with_suffix(f".part{os.getpid()}")
    command = ["g++", *flags, f"-I{NATIVE}", *map(str, sources(name)), "-lz", "-o", str(part)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stderr}", pytrace=False)
    part.replace(made)
    for old in set(folder.glob(f"{name}.{kind}.*")) - {made}:
        if ".part" not in old.name:
            old.unlink(missing_ok=True)
    return made


@pytest.fixture(scope="session")
def native_folder(request: pytest.FixtureRequest) -> Path:
    """Where what is compiled is kept from run to run."""
    if shutil.which("g++") is None:
        pytest.skip("not on PATH: g++ (make setup installs it)")
    return request.config.cache.mkdir("native")


@pytest.fixture(scope="session")
def driver(native_folder: Path) -> Callable[..., Driver]:
    """``driver(name)`` gives a function from stdin's text (and arguments) to stdout's text.

    The program looks for wrong use of memory and undefined behaviour, unless ``checked=False``,
    which is for what is slow. A program that fails raises RuntimeError with what it said.
    """

    def make(name: str, checked: bool = True) -> Driver:
        program = compiled(name, native_folder, "checked" if checked else "quick")

        def run(text: str = "", *arguments: str) -> str:
            command = [str(program), *arguments]
            done = subprocess.run(command, input=text, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"status {done.returncode}: {done.stderr}")
            return done.stdout

        return run

    return make


@pytest.fixture(scope="session")
def shared_library(native_folder: Path) -> Callable[[str], Path]:
    """``shared_library(name)`` gives the path of a driver that is a library for ctypes."""
    return lambda name: compiled(name, native_folder, "library")
