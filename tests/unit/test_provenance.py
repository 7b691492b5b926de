"""A digest follows the code through the package's own imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from schelde import provenance


def forget() -> None:
    provenance.code_of.cache_clear()
    provenance._module.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "a.py").write_text("from schelde.b import x\nimport json\n")
    (tmp_path / "b.py").write_text("x = 1\n")
    (tmp_path / "c.py").write_text("y = 1\n")
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    forget()
    yield tmp_path
    forget()


@pytest.mark.parametrize(("changed", "differs"), [("a", True), ("b", True), ("c", False)])
def test_the_digest_changes_with_a_module_or_what_it_imports(
    package: Path, changed: str, differs: bool
) -> None:
    before = provenance.code_of("a")
    with (package / f"{changed}.py").open("a") as handle:
        handle.write("z = 2\n")
    forget()
    assert (provenance.code_of("a") != before) is differs


def imported_by_parser(source: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "schelde":
            names += [alias.name for alias in node.names if not alias.name.startswith("_")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("schelde."):
            names.append((node.module or "").removeprefix("schelde."))
    return names


def test_imports_are_found_as_python_itself_finds_them() -> None:
    for file in provenance.PACKAGE.rglob("*.py"):
        source = file.read_text()
        assert sorted(provenance._imported(source)) == sorted(imported_by_parser(source)), file


def test_imports_within_functions_and_over_several_lines_are_found() -> None:
    source = "def f():\n    from schelde import (\n        a as b,\n        c,\n    )\n"
    assert provenance._imported(source) == ["a", "c"]
