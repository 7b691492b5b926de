"""Environment modules of a site: the shell text that loads them, and the PATH that they give."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence

from schelde.names import Fault

STRICT = "set -euo pipefail; "
"""What Snakemake puts before each command when it is given nothing else to put there."""

INITS = (
    "/etc/profile.d/modules.sh",
    "/etc/profile.d/lmod.sh",
    "/etc/profile.d/z00_lmod.sh",
    "/usr/share/modules/init/bash",
    "/usr/share/Modules/init/bash",
    "/usr/share/lmod/lmod/init/bash",
)
"""Where Environment Modules and Lmod define `module`; shells that are not interactive may not have
read them. Debian's packages, EPEL's, and those of both projects' own installations."""

SECONDS = 60
"""A file system of modules that hangs must not hold up the start for ever."""


def prefix(modules: Sequence[str]) -> str:
    """Return what to put before every command, so that it runs with modules loaded or not at all.

    The definition of `module` and the modules themselves are read before the shell is strict:
    many do not live with ``set -u``. Some old versions of `module` end with status 0 for a module
    that is not there; then nothing was added to LOADEDMODULES.
    """
    if not modules:
        return STRICT
    steps = [
        f"for init in {' '.join(INITS)}",
        "do type module >/dev/null 2>&1 || { [ ! -r $init ] || . $init; }",
        "done",
        "type module >/dev/null 2>&1 || "
        + _fail("config/site.yaml names modules, but this machine has no command 'module'"),
        *(_load(name) for name in modules),
    ]
    return f"{'; '.join(steps)}; {STRICT}"


def _load(name: str) -> str:
    failed = _fail(f"module '{name}' of config/site.yaml could not be loaded on this machine")
    stem = name.split("/", maxsplit=1)[0]
    return (
        f"before=${{LOADEDMODULES:-}}; module load {shlex.quote(name)} || {failed}; "
        f'case ":${{LOADEDMODULES:-}}:" in ":$before:") '
        f'case ":$before:" in *:{stem}:*|*:{stem}/*) ;; *) {failed} ;; esac ;; esac'
    )


def _fail(message: str) -> str:
    told = shlex.quote(f"{message}; `module avail` lists those that there are")
    return f"{{ echo {told} >&2; exit 1; }}"


def path_with(modules: Sequence[str]) -> str | Fault:
    """Return PATH as jobs have it with modules loaded, or what keeps them from being loaded."""
    if not modules:
        return os.environ.get("PATH", os.defpath)
    # Modules write to both outputs; a third file of its own holds the answer alone.
    read, write = os.pipe()
    try:
        done = subprocess.run(
            ["bash", "-c", f'{prefix(modules)} printf %s "$PATH" >&{write}'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            pass_fds=(write,),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Fault(f"modules were not loaded in {SECONDS} s", "try module load by hand")
    finally:
        os.close(write)
        with os.fdopen(read) as answer:
            found = answer.read()
    if done.returncode == 0:
        return found
    last = done.stderr.strip().splitlines()[-1:] or ["module load failed"]
    what, _, remedy = last[0].partition("; ")
    return Fault(what, remedy or "try module load by hand")
