"""What all tests share: where things are, and a clear reason when they are not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId
from hypothesis import settings

# How long an example takes says more about the machine than about the code. The same examples each
# time: whether a change passes must not be luck. HYPOTHESIS_SEARCH=20000 looks further.
SEARCH = os.environ.get("HYPOTHESIS_SEARCH")
settings.register_profile("schelde", deadline=None, derandomize=True)
if SEARCH:
    settings.register_profile("schelde", deadline=None, max_examples=int(SEARCH))
settings.load_profile("schelde")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Keep the tests of an xdist_group on one worker, so that what they share is made once.

    xdist 3.8 writes the group into ``_nodeid``, but pytest 9.2 takes ids from ``_id``. A wrapper,
    since it must come after xdist's own hook.
    """
    yield
    for item in items:
        if grouped := vars(item).get("_nodeid"):
            item._id = NodeId.parse(grouped)


ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real reads and official schemas, kept beside the repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no folder ../shared with real reads and official schemas beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def need() -> Callable[..., None]:
    """Skip a test whose tools are not on PATH."""

    def check(*tools: str) -> None:
        missing = [tool for tool in tools if shutil.which(tool) is None]
        if missing:
            pytest.skip(f"not on PATH: {', '.join(missing)} (make setup installs them)")

    return check
