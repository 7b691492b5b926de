"""Which tools made the files of a run, asked from the tools themselves."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

import schelde
from schelde.containers import address_of, image_addresses, is_file, read_own_site
from schelde.pipes import ToolError, write_text
from schelde.run_check import tools_of as programs_of

if TYPE_CHECKING:
    from schelde.config import Settings
    from schelde.site import Site

COMMANDS: dict[str, tuple[list[str], str]] = {
    "bcftools": (["bcftools", "--version"], r"^bcftools (\S+)"),
    "bwa": (["bwa"], r"^Version: (\S+)"),
    "bwa-mem2": (["bwa-mem2", "version"], r"^(\d\S+)$"),
    "fastp": (["fastp", "--version"], r"^fastp (\S+)"),
    "freebayes": (["freebayes", "--version"], r"^version: +v?(\S+)"),
    "gatk": (["gatk", "--version"], r"\(GATK\) v(\S+)"),
    "minibwa": (["minibwa", "version"], r"^(\d\S+)$"),
    "riker": (["riker", "--version"], r"^riker(?:-ngs)? v?(\d\S*)"),
    "samtools": (["samtools", "--version"], r"^samtools (\S+)"),
    "verifybamid2": (["verifybamid2", "--help"], r"Version ?: ?(\d\S*)"),
}
"""Tool to the command that shows its version and the pattern of the line that holds it.

bgzip and tabix, which come with samtools, have none.
"""

IN_CONTAINERS: dict[str, tuple[list[str], str]] = {
    "deepvariant": (["run_deepvariant", "--version"], r"DeepVariant version (\S+)"),
    "parabricks": (["pbrun", "version"], r"^pbrun: (\S+)"),
}
"""The same of tools that are given out as containers of these names (envs/images.yaml)."""


def tools_of(settings: Settings) -> list[str]:
    """Return the tools that a run with these settings uses, by name."""
    return sorted(tool for tool in programs_of(settings) if tool in COMMANDS | IN_CONTAINERS)


def version_of(tool: str) -> str:
    """Ask a tool for its version; raise `ToolError` when it is absent or says none.

    The exit status is not looked at: bwa shows its version in a usage message, with status 1.
    """
    command, pattern = (COMMANDS | IN_CONTAINERS)[tool]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{tool} cannot be run: {error.strerror}") from error
    found = re.search(pattern, done.stdout, re.MULTILINE)
    if not found:
        raise ToolError(f"'{' '.join(command)}' shows no version of {tool}")
    return found[1]


def pinned_version(env: Path) -> str:
    """Return the version that ``envs/<tool>.yaml`` pins of its tool; `ToolError` if none.

    GATK is called gatk4 there, and minibwa and bwa-mem2 as they are.
    """
    for package in yaml.safe_load(env.read_text(encoding="utf-8"))["dependencies"]:
        found = re.fullmatch(rf"{re.escape(env.stem)}4?=+([^=]+)(=.*)?", package)
        if found:
            return found[1]
    raise ToolError(f"{env.name} pins no version of {env.stem}")


def image_version(tool: str, site: Site) -> str:
    """Return the version of a tool that runs in a container: the tag of its image.

    A file has none: it is a copy of the image that is pinned.
    """
    address = address_of(tool, site)
    if is_file(address) or ":" not in address.rpartition("/")[2]:
        address = image_addresses()[tool]
    return address.rpartition(":")[2]


def write_versions(
    tools: Sequence[str], envs: Sequence[Path], snakemake: str, output: Path
) -> None:
    """Write the versions of tools, of Snakemake (given), MultiQC and Schelde as YAML.

    With ``envs``, the files of the environments that the rules ran in, their pins are taken, and
    of containers theirs; else the tools on PATH are asked.
    """
    site = read_own_site()
    contained = [tool for tool in tools if tool in IN_CONTAINERS and site.container_engine]
    asked = [
        tool for tool in tools if tool not in contained and (not envs or tool in IN_CONTAINERS)
    ]
    versions = {tool: version_of(tool) for tool in asked}
    versions |= {tool: image_version(tool, site) for tool in contained}
    versions |= {env.stem: pinned_version(env) for env in envs} or {"multiqc": version("multiqc")}
    versions |= {"schelde": schelde.__version__, "snakemake": snakemake}
    write_text(output, yaml.safe_dump(versions))
