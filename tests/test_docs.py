"""What the documents say is true: scripts run, links lead somewhere, every command and module is named."""

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

import geoprox as gp
from geoprox.cli import app

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "layers/README.md")
SCRIPTS = re.compile(r"```python\n(.*?)```", re.DOTALL)
LINKS = re.compile(r"\]\((?!https?:)([^)#]+)")


def scripts(repo: Path) -> list[str]:
    return SCRIPTS.findall((repo / "README.md").read_text(encoding="utf-8"))


def test_the_readme_has_scripts(repo):
    assert len(scripts(repo)) == 2


@pytest.mark.parametrize("n", [0, 1])
def test_a_readme_script_runs_as_printed(repo, tmp_path, monkeypatch, capsys, n):
    for folder in ("layers", "maps"):
        shutil.copytree(repo / folder, tmp_path / folder, ignore=shutil.ignore_patterns("out"))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(scripts(repo)[n], f"README.md script {n + 1}", "exec"), names)  # noqa: S102 -- our own text
    if n == 0:
        assert "South Port" in capsys.readouterr().out
        assert (tmp_path / "risk.xlsx").stat().st_size > 10_000
        assert (tmp_path / "ashdod.html").stat().st_size > 100_000
    else:
        assert (names["shares"].overlap_share > 0.999).all()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(repo, document):
    text = (repo / document).read_text(encoding="utf-8")
    lost = [link for link in LINKS.findall(text) if not ((repo / document).parent / link).exists()]
    assert lost == []


def test_the_readme_names_every_command(repo):
    text = (repo / "README.md").read_text(encoding="utf-8")
    assert [name for name in get_command(app).commands if f"geoprox {name}" not in text] == []


def test_the_architecture_names_every_module(repo):
    text = (repo / "ARCHITECTURE.md").read_text(encoding="utf-8")
    modules = [p for p in (repo / "geoprox").rglob("*.py") if p.name != "__init__.py"]
    # a stage whose row names the folder's main file leads to its other files
    unnamed = [p.name for p in modules if f"{p.parent.name}/{p.name}" not in text and f"`{p.name}`" not in text]
    assert modules
    assert unnamed == []


def test_the_files_that_the_architecture_names_exist(repo):
    text = (repo / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)+[\w.]+\.(?:py|js|css|toml))`", text)
    lost = [name for name in named if not ((repo / name).exists() or (repo / "geoprox" / name).exists())]
    assert named
    assert lost == []


def test_every_public_name_is_listed_and_documented():
    undocumented = [name for name in gp.__all__ if not (getattr(gp, name).__doc__ or "").strip()]
    assert undocumented == []
    assert set(gp.__all__) <= set(dir(gp))


def test_public_functions_show_an_example():
    functions = [name for name in gp.__all__ if name[0].islower()]
    assert [name for name in functions if ">>>" not in getattr(gp, name).__doc__] == []
