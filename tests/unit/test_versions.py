from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from schelde.config import Settings
from schelde.pipes import ToolError
from schelde.site import Site
from schelde.versions import (
    COMMANDS,
    image_version,
    pinned_version,
    tools_of,
    version_of,
    write_versions,
)

ROOT = Path(__file__).parents[2]
MakeTool = Callable[..., None]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeTool:
    """Put a tool that prints a text and ends with a status in front of PATH, alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, text: str, status: int = 0, stream: int = 1) -> None:
        file = folder / name
        file.write_text(f"#!/bin/sh\necho '{text}' >&{stream}\nexit {status}\n")
        file.chmod(0o755)

    return make


@pytest.mark.parametrize(
    ("name", "text", "status", "stream", "version"),
    [
        ("bwa", "\nProgram: bwa\nVersion: 0.7.17-r1188\nUsage: bwa", 1, 2, "0.7.17-r1188"),
        ("bwa-mem2", "Looking to launch executable\n2.2.1", 0, 2, "2.2.1"),
        ("minibwa", "0.6-r416", 0, 1, "0.6-r416"),
        ("samtools", "samtools 1.16.1\nUsing htslib 1.16", 0, 1, "1.16.1"),
        ("bcftools", "bcftools 1.16\nUsing htslib 1.16.1", 0, 1, "1.16"),
        ("fastp", "fastp 0.23.2", 0, 2, "0.23.2"),
        ("freebayes", "version:  v1.3.6", 0, 1, "1.3.6"),
        ("gatk", "The Genome Analysis Toolkit (GATK) v4.6.2.0\nHTSJDK 4.2.0", 0, 1, "4.6.2.0"),
        ("pbrun", "Please visit ...\npbrun: 4.7.1-1", 0, 1, "4.7.1-1"),
        ("run_deepvariant", "DeepVariant version 1.10.0", 0, 1, "1.10.0"),
    ],
)
def test_a_version_is_read_from_what_the_tool_prints(
    tool: MakeTool, name: str, text: str, status: int, stream: int, version: str
) -> None:
    tool(name, text, status, stream)
    named = {"pbrun": "parabricks", "run_deepvariant": "deepvariant"}
    assert version_of(named.get(name, name)) == version


def test_a_tool_that_is_absent_is_named(tool: MakeTool) -> None:
    with pytest.raises(ToolError, match="bwa cannot be run: No such file"):
        version_of("bwa")


def test_a_tool_without_a_version_is_named(tool: MakeTool) -> None:
    tool("samtools", "error while loading shared libraries", 127, 2)
    with pytest.raises(ToolError, match="'samtools --version' shows no version of samtools"):
        version_of("samtools")


@pytest.mark.parametrize(
    ("sections", "tools"),
    [
        ({}, {"bcftools", "bwa", "fastp", "gatk", "riker", "samtools"}),
        ({"call": {"caller": "bcftools"}}, {"bcftools", "bwa", "fastp", "riker", "samtools"}),
        (
            {"align": {"aligner": "minibwa"}, "call": {"caller": "freebayes"}},
            {"bcftools", "minibwa", "fastp", "freebayes", "riker", "samtools"},
        ),
        (
            {"call": {"caller": "bcftools", "bqsr": True}},
            {"bcftools", "bwa", "fastp", "gatk", "riker", "samtools"},
        ),
        (
            {"call": {"caller": "parabricks-deepvariant"}},
            {"bcftools", "bwa", "fastp", "parabricks", "riker", "samtools"},
        ),
    ],
)
def test_only_tools_that_the_settings_ask_for_are_listed(
    sections: dict[str, Any], tools: set[str]
) -> None:
    settings = Settings.model_validate({"reference": {"name": "x"}, **sections})
    assert set(tools_of(settings)) == tools


def test_versions_are_written_for_tools_and_for_ourselves(tool: MakeTool, tmp_path: Path) -> None:
    tool("fastp", "fastp 0.23.2", 0, 2)
    write_versions(["fastp"], [], "9.27.1", tmp_path / "v.yaml")
    written = yaml.safe_load((tmp_path / "v.yaml").read_text())
    assert set(written) == {"fastp", "multiqc", "schelde", "snakemake"}
    assert (written["fastp"], written["snakemake"]) == ("0.23.2", "9.27.1")


def test_in_environments_no_tool_is_asked(tool: MakeTool, tmp_path: Path) -> None:
    env = tmp_path / "gatk.yaml"
    env.write_text("dependencies: [openjdk=17, gatk4=4.6.2.0]\n")
    write_versions(["gatk"], [env], "9", tmp_path / "v.yaml")
    assert yaml.safe_load((tmp_path / "v.yaml").read_text())["gatk"] == "4.6.2.0"


@pytest.mark.parametrize(
    ("site", "version"),
    [
        ({}, "4.7.1-1"),
        ({"images": {"parabricks": "/shared/parabricks.sif"}}, "4.7.1-1"),
        ({"images": {"parabricks": "registry.example.org:5000/parabricks"}}, "4.7.1-1"),
        ({"images": {"parabricks": "registry.example.org/parabricks:4.8.0-1"}}, "4.8.0-1"),
    ],
)
def test_the_version_of_a_container_is_that_of_its_image(
    site: dict[str, Any], version: str
) -> None:
    assert image_version("parabricks", Site.model_validate(site)) == version


def test_a_container_is_not_started_for_its_version(
    tool: MakeTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/site.yaml").write_text("container_engine: apptainer\n")
    tool("fastp", "fastp 0.23.2", 0, 2)
    write_versions(["fastp", "deepvariant"], [], "9.27.1", tmp_path / "v.yaml")
    assert yaml.safe_load((tmp_path / "v.yaml").read_text())["deepvariant"] == "1.10.0"


def test_an_environment_without_its_tool_is_named(tmp_path: Path) -> None:
    (tmp_path / "bwa.yaml").write_text("dependencies: [bwa-mem2=2.2.1]\n")
    with pytest.raises(ToolError, match=r"bwa\.yaml pins no version of bwa"):
        pinned_version(tmp_path / "bwa.yaml")


@pytest.mark.parametrize("name", sorted([*COMMANDS, "multiqc"]))
def test_every_tool_is_pinned_in_an_environment_of_its_name(name: str) -> None:
    assert pinned_version(ROOT / f"envs/{name}.yaml")[0].isdigit()
