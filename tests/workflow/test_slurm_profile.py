"""Profiles say how jobs are sent and watched; what jobs need stands in config/jobs.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILES = sorted((ROOT / "profiles").glob("*/config.yaml"))
EACH_PROFILE = pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
# Options of Snakemake and of the Slurm plugin that name rules. One that names a rule that is not
# there would be passed over in silence, so that no profile has any.
BY_RULE = {
    *("set-threads", "set-resources", "set-scatter", "groups", "group-components"),
    *("forcerun", "omit-from", "until", "allowed-rules", "prioritize", "slurm-array-jobs"),
}


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


@EACH_PROFILE
def test_a_profile_names_no_rule_and_so_sets_no_needs_of_one(path: Path) -> None:
    assert not read(path).keys() & BY_RULE


@EACH_PROFILE
def test_a_profile_says_what_a_word_in_it_means_by_itself(path: Path) -> None:
    """Snakemake takes a file beside the profile for a value of the same name."""
    meant = {"status.sh"}
    beside = {file.name for file in path.parent.iterdir()}
    assert beside & {str(value) for value in read(path).values()} <= meant


def test_the_word_slurm_leads_to_its_profile_from_the_top_folder() -> None:
    assert (ROOT / "slurm").is_symlink()
    assert (ROOT / "slurm/config.yaml").samefile(ROOT / "profiles/slurm/config.yaml")


def test_retries_stand_in_the_profile_of_slurm_and_nowhere_nearer_to_rules() -> None:
    assert read(ROOT / "profiles/slurm/config.yaml")["retries"] == 2
    assert not (ROOT / "profiles/default").exists()


def test_polling_ends_before_squeue_forgets_a_job() -> None:
    """The plugin turns from squeue to sacct when 3 first looks last longer than MinJobAge.

    300 s are Slurm's default (slurm.conf(5)); a site may well have 60.
    """
    profile = read(ROOT / "profiles/slurm/config.yaml")
    assert 3 * profile["slurm-init-seconds-before-status-checks"] <= 60
