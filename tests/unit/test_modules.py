"""Modules of a site are loaded before every command, or the command is not run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from schelde.cluster import modules
from schelde.cluster.modules import STRICT, path_with, prefix
from schelde.names import Fault

MODULE = """\
module() {{
    echo "loading $2"
    case $2 in
        gatk|gatk/4.6)
            echo $undefined_here >/dev/null
            export LOADEDMODULES=${{LOADEDMODULES:-}}:gatk/4.6 PATH={bin}:$PATH ;;
        silent) echo "Unable to locate a modulefile" >&2 ;;
        *) echo "unknown $2" >&2; return 1 ;;
    esac
}}
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `module` that knows gatk, says nothing of `silent`, and fails for all others."""
    init = tmp_path / "modules.sh"
    init.write_text(MODULE.format(bin=tmp_path / "bin"))
    monkeypatch.setattr(modules, "INITS", (str(tmp_path / "none.sh"), str(init)))
    monkeypatch.delenv("LOADEDMODULES", raising=False)
    return tmp_path


def run(names: list[str], command: str) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-c", prefix(names) + command]
    return subprocess.run(shell, capture_output=True, text=True, check=False)


def test_without_modules_nothing_stands_before_a_command_but_what_snakemake_puts_there() -> None:
    assert prefix([]) == STRICT


def test_a_command_runs_with_the_modules_loaded(stand_in: Path) -> None:
    told = run(["gatk/4.6"], 'echo "$PATH"')
    assert told.stdout.splitlines()[-1].startswith(f"{stand_in}/bin:")


def test_the_shell_is_strict_after_the_modules_are_loaded(stand_in: Path) -> None:
    assert run(["gatk"], "echo $no_such_variable").returncode != 0
    assert run(["gatk"], "false | true").returncode != 0


@pytest.mark.parametrize("name", ["nothing/1.0", "silent"])
def test_a_command_does_not_run_when_a_module_is_not_there(stand_in: Path, name: str) -> None:
    told = run(["gatk/4.6", name], "echo ran")
    assert told.returncode == 1
    assert "ran" not in told.stdout
    assert f"module '{name}' of config/site.yaml could not be loaded" in told.stderr


def test_a_module_that_is_loaded_already_is_fine(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADEDMODULES", "silent/2.0")
    assert run(["silent"], "echo ran").stdout.endswith("ran\n")


def test_a_command_does_not_run_where_there_is_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "INITS", ())
    told = run(["gatk"], "echo ran")
    assert (told.returncode, told.stdout) == (1, "")
    assert "this machine has no command 'module'" in told.stderr


def test_programs_are_looked_for_with_the_modules_loaded(stand_in: Path) -> None:
    path = path_with(["gatk"])
    assert isinstance(path, str)
    assert path.startswith(f"{stand_in}/bin:")


def test_a_module_that_is_not_there_is_a_problem_before_the_run(stand_in: Path) -> None:
    fault = path_with(["nothing/1.0"])
    assert isinstance(fault, Fault)
    assert "module 'nothing/1.0' of config/site.yaml could not be loaded" in fault.what
    assert "module avail" in fault.remedy
