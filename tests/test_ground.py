"""The ground holds: what is committed, locked, built and imported is what the documents say."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import geoprox as gp

BIN = Path(sys.executable).parent
HEAVY = {"folium", "geopandas", "osmnx", "pandas", "pyarrow", "scipy"}


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)


# -- import contracts ---------------------------------------------------------------------------------------------


@pytest.fixture
def copy(repo: Path, tmp_path: Path) -> Path:
    """The package and its contracts, to be broken."""
    shutil.copytree(repo / "geoprox", tmp_path / "geoprox", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repo / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(BIN / "lint-imports", "--no-cache", "--no-logo", cwd=folder)


def test_import_contracts_hold(copy: Path):
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("risk", "geoprox.webmaps"),
        ("webmaps", "geoprox.risk"),
        ("proximity", "geoprox.layers"),
        ("model", "geoprox.layers"),
        ("outputs", "geoprox.pipeline"),
        ("geodesy", "pandas"),
        ("outputs", "folium"),
        ("risk", "typer"),
        ("layers", "osmnx"),
    ],
)
def test_import_contracts_fail(copy: Path, importer: str, imported: str):
    (copy / "geoprox" / importer / "offender.py").write_text(f"import {imported}\n")
    result = lint_imports(copy)
    assert result.returncode != 0
    assert f"geoprox.{importer}.offender -> {imported}" in result.stdout


def test_a_module_outside_the_contracts_fails(copy: Path):
    (copy / "geoprox" / "helpers.py").touch()
    result = lint_imports(copy)
    assert result.returncode != 0
    assert "geoprox.helpers" in result.stdout


# -- what an import costs -----------------------------------------------------------------------------------------


def imported_by(*command: str | Path, cwd: Path) -> set[str]:
    result = run(*command, cwd=cwd, PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"^import time:.*\| +(\w+)", result.stderr, re.MULTILINE))


def test_import_is_light(tmp_path: Path):
    assert not HEAVY & imported_by(sys.executable, "-c", "import geoprox", cwd=tmp_path)


def test_help_is_light(tmp_path: Path):
    assert not HEAVY & imported_by(BIN / "geoprox", "--help", cwd=tmp_path)


def test_the_look_at_imports_sees_them(tmp_path: Path):
    assert "pandas" in imported_by(sys.executable, "-c", "import pandas", cwd=tmp_path)


# -- what is committed --------------------------------------------------------------------------------------------

# in pieces, so that this file does not hold what it looks for
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)" + "/"
    r"|files\.python" + r"hosted\.org|pypi\.org" + r"/simple|registry\.npm" + r"js\.org|deb\.debian" + r"\.org"
    r"|--(?:extra-)?index" + "-url|--find" + "-links"
)


def committed(repo: Path) -> Iterator[Path]:
    """Files that are, or are about to be, in the repository; outside a checkout, all that are not built."""
    if (repo / ".git").exists():
        listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=repo)
        assert listed.returncode == 0, listed.stderr
        found = {repo / name for name in listed.stdout.split("\0") if name}
    else:
        built = {".venv", "__pycache__", "out", "dist"}
        found = {path for path in repo.rglob("*") if not built & set(path.relative_to(repo).parts)}
    return (path for path in sorted(found) if path.is_file())


def test_nothing_of_a_machine_or_a_registry_is_committed(repo: Path):
    texts = {path.relative_to(repo): path.read_text("utf-8", errors="replace") for path in committed(repo)}
    assert len(texts) > len(list((repo / "geoprox").glob("*.py")))
    assert not {path: found[0] for path, text in texts.items() if (found := FOREIGN.search(text))}


@pytest.mark.parametrize(
    "text",
    ["at /wo" + "rk/x", "'/home/" + "a/x'", "https://py" + "pi.org/simp" + "le/x", "pip --find-" + "links x"],
    ids=["root", "home", "registry", "option"],
)
def test_the_look_for_machines_and_registries_finds_them(text: str):
    assert FOREIGN.search(text)


# -- the lock -----------------------------------------------------------------------------------------------------


def entries(repo: Path) -> list[str]:
    """The lock's requirements, each with its hashes, comments left out."""
    lock = (repo / "requirements.lock").read_text()
    kept = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    return re.split(r"\n(?=\S)", kept)


def test_the_lock_pins_and_hashes_and_names_no_address(repo: Path):
    for entry in entries(repo):
        assert re.match(r"[a-z0-9-]+==\S+ (; [^\\]+)?\\\n( +--hash=sha256:[0-9a-f]{64}( \\\n|\n?$))+$", entry), entry
    assert "://" not in (repo / "requirements.lock").read_text()


def test_the_lock_holds_what_the_project_asks_for(repo: Path):
    pins: dict[str, set[str]] = {}
    for entry in entries(repo):
        pinned = Requirement(entry.split("\\")[0])
        pins.setdefault(pinned.name, set()).update(spec.version for spec in pinned.specifier)
    asked = tomllib.loads((repo / "pyproject.toml").read_text())
    groups = [asked["project"]["dependencies"], asked["dependency-groups"]["dev"]]
    groups += asked["project"]["optional-dependencies"].values()
    for wanted in (Requirement(text) for group in groups for text in group):
        if wanted.name != "geoprox":
            versions = pins.get(canonicalize_name(wanted.name), set())
            assert versions, f"{wanted} is not in requirements.lock: run `make lock`"
            assert all(wanted.specifier.contains(version) for version in versions), f"{wanted}: run `make lock`"


def test_the_version_is_told_alike_wherever_it_stands(repo: Path):
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == gp.__version__


def test_all_has_every_extra(repo: Path):
    extras = tomllib.loads((repo / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (everything,) = extras.pop("all")
    assert Requirement(everything).extras == set(extras)


# -- make and the wheel -------------------------------------------------------------------------------------------


def test_make_alone_lists_every_target(repo: Path):
    targets = set(re.findall(r"^([a-z]+):", (repo / "Makefile").read_text(), re.MULTILINE))
    listed = set(re.findall(r"^  make (\w+)", run("make", cwd=repo).stdout, re.MULTILINE))
    assert listed == targets
    assert {"help", "maps", "test", "check", "clean"} <= targets


def test_an_old_python_is_told(repo: Path, tmp_path: Path):
    script = (
        "import runpy, sys; sys.version_info = (3, 10, 0); runpy.run_path('tools/make_venv.py', run_name='__main__')"
    )
    result = run(sys.executable, "-c", script, tmp_path / "venv", cwd=repo)
    assert result.returncode == 1
    assert "3.11 or newer and this is 3.10" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_wheel_ships_the_package_and_only_it(repo: Path, tmp_path: Path):
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=repo)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = (path for path in committed(repo) if path.is_relative_to(repo / "geoprox"))
    assert held == {path.relative_to(repo).as_posix() for path in sources}
    assert "geoprox/py.typed" in held
