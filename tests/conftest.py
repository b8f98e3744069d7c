"""What any test may ask for: the repository, a browser, the data beside the repository."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

import geoprox as gp

REPO = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("GEOPROX_SHARED", REPO.parent / "shared" / "data"))
# numba asks only whether the file of a compiled function has changed, not what stands in others that it uses: tests
# compile for themselves, and so do the commands that they start
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="geoprox-tests-")
atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)
# the browser must not call home: a test that waits for an answer it cannot get is slow, not thorough
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# the first example builds what later ones find ready, so a limit on the time of one example says nothing
settings.register_profile("geoprox", deadline=None)
settings.load_profile("geoprox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    absent = pytest.mark.skip(reason="no shared/data beside the repository; GEOPROX_SHARED can name another folder")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the repository."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the shared data; for tests marked `shared`."""
    return SHARED


@pytest.fixture(scope="session")
def layers(repo: Path) -> gp.Layers:
    """The layers that ship."""
    return gp.read_layers(repo / "layers")


@pytest.fixture(scope="session")
def assessment(repo: Path, layers: gp.Layers) -> gp.Assessment:
    """What the demonstration policy says of them."""
    return gp.assess(layers, gp.read_policy(repo / "layers/policy.toml"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, as the system has it; for tests marked `browser`."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        pytest.fail("no Chromium: run tools/setup_system.sh, or set CHROMIUM to a Chromium or Chrome", pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield started
        started.close()
