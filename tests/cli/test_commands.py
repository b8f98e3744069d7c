"""The command line: every command is documented and helps itself, and a mistake is one line and exit code 2."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pandas as pd
import pytest
import typer

from geoprox.cli import app, main

BIN = Path(sys.executable).parent / "geoprox"


class Result(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Geoprox = Callable[..., Result]


@pytest.fixture
def geoprox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Geoprox:
    """Run the command line as a user does, in a folder, without a new process."""

    def run(*arguments: str | Path, cwd: Path = tmp_path) -> Result:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["geoprox", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return Result(int(caught.value.code or 0), said.out, said.err)

    return run


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its whole name."""
    children = getattr(command, "commands", {})
    for child, inner in children.items():
        yield from walk(inner, f"{name} {child}")
    if not children:
        yield name, command


COMMANDS = dict(walk(typer.main.get_command(app), "geoprox"))


@pytest.fixture
def layers(repo: Path, tmp_path: Path) -> Path:
    """A copy of the layers, to be spoilt."""
    return shutil.copytree(repo / "layers", tmp_path / "layers")


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Two points, 947 m apart."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"שם {n}"},
            "geometry": {"type": "Point", "coordinates": [lon, 31.8]},
        }
        for n, lon in enumerate((34.65, 34.66))
    ]
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


# -- words --------------------------------------------------------------------------------------------------------


def test_the_commands_are_those_of_the_design():
    assert {"geoprox maps", "geoprox risk", "geoprox near", "geoprox buffer", "geoprox layers check"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(name: str):
    assert len(COMMANDS[name].help or "") > 20
    for parameter in COMMANDS[name].params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(repo: Path, name: str):
    assert name in (repo / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["geoprox", "geoprox layers", *COMMANDS])
def test_every_command_prints_its_help(geoprox: Geoprox, name: str):
    result = geoprox(*name.split()[1:], "--help")
    assert result.code == 0
    assert "Usage: " + name in result.out


# -- risk ---------------------------------------------------------------------------------------------------------


def test_risk_prints_the_table(geoprox: Geoprox, repo: Path):
    result = geoprox("risk", cwd=repo)
    assert result.code == 0, result.err
    assert "Haifa Bayport" in result.out
    assert "Demonstration policy" in result.out
    assert result.err == ""


def test_risk_writes_what_the_library_writes(geoprox: Geoprox, repo: Path, tmp_path: Path):
    out = tmp_path / "risk.csv"
    result = geoprox("risk", "--as-of", "2022-05-11", "--out", out, cwd=repo)
    assert result.code == 0, result.err
    assert re.match(r"\d+ subjects, \d+ findings: .*risk\.csv", result.out)
    table = pd.read_csv(out, encoding="utf-8-sig")
    assert set(table["as_of"]) == {"2022-05-11"}
    assert "fp-petah-tikva-uibe" in set(table["subject_id"])


def test_risk_tells_what_was_not_read(geoprox: Geoprox, layers: Path):
    (layers / "ports.geojson").unlink()
    result = geoprox("risk", "--layers", layers, "--policy", layers / "policy.toml", "--out", "a.csv")
    assert result.code == 0, result.err
    assert "not judged: layer ports is missing" in result.err


# -- layers check -------------------------------------------------------------------------------------------------


def test_layers_without_a_fault_are_exit_code_0(geoprox: Geoprox, repo: Path):
    result = geoprox("layers", "check", cwd=repo)
    assert result.code == 0, result.out + result.err
    assert "0 faults, all 8 files read" in result.out


def test_a_fault_is_exit_code_1_and_a_line_that_says_where_and_what_to_do(geoprox: Geoprox, layers: Path):
    path = layers / "ports.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][2]["properties"]["accuracy_m"] = -5
    path.write_text(json.dumps(content), encoding="utf-8")
    result = geoprox("layers", "check", layers)
    assert result.code == 1
    (line,) = [line for line in result.out.splitlines() if line.startswith("ports, row 3, accuracy_m: not_a_number")]
    assert line.endswith("give a number from 0 to 20,004,000")
    assert "1 faults" in result.out


def test_a_layer_that_is_missing_is_exit_code_1(geoprox: Geoprox, layers: Path):
    (layers / "ports.geojson").unlink()
    result = geoprox("layers", "check", layers)
    assert result.code == 1
    assert "0 faults, without use: ports" in result.out
    assert "missing" in result.out


# -- near and buffer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "pairs"), [("500m", 2), ("1km", 4), ("0.94km", 2), ("1mi", 4), ("947", 4), ("0", 2)]
)
def test_near_writes_the_pairs(geoprox: Geoprox, places: Path, tmp_path: Path, within: str, pairs: int):
    result = geoprox("near", places, places, "--within", within, "--out", "out/pairs.csv")
    assert result.code == 0, result.err
    assert f"{pairs} pairs" in result.out
    assert len(pd.read_csv(tmp_path / "out" / "pairs.csv")) == pairs


def test_buffer_writes_the_zones_and_keeps_the_columns(geoprox: Geoprox, places: Path, tmp_path: Path):
    result = geoprox("buffer", places, "--radius", "1km", "--out", "zones.geojson")
    assert result.code == 0, result.err
    features = json.loads((tmp_path / "zones.geojson").read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["name"] for f in features] == ["שם 0", "שם 1"]
    assert {f["geometry"]["type"] for f in features} == {"Polygon"}


def test_buffer_writes_zones_at_a_pole_and_across_the_antimeridian(geoprox: Geoprox, tmp_path: Path):
    spots = [{"type": "Point", "coordinates": at} for at in ([0, 89.99], [179.999, 10])]
    features = [{"type": "Feature", "properties": {}, "geometry": spot} for spot in spots]
    content = {"type": "FeatureCollection", "features": features}
    (tmp_path / "far.geojson").write_text(json.dumps(content), encoding="utf-8")
    result = geoprox("buffer", "far.geojson", "--radius", "5km", "--out", "zones.geojson")
    assert result.code == 0, result.err
    written = json.loads((tmp_path / "zones.geojson").read_text(encoding="utf-8"))["features"]
    assert [f["geometry"]["type"] for f in written] == ["Polygon", "MultiPolygon"]
    corners = [tuple(at) for at in written[0]["geometry"]["coordinates"][0]]
    assert {(-180, 90), (180, 90)} <= set(corners)


# -- mistakes -----------------------------------------------------------------------------------------------------


def told(result: Result) -> str:
    """The message of a mistake: exit code 2."""
    assert result.code == 2, f"exit code {result.code}\n{result.out}\n{result.err}"
    return result.err


MISTAKES = {
    "risk without layers": ("risk", "--layers", "nowhere"),
    "risk without a policy": ("risk", "--layers", "LAYERS", "--policy", "nowhere.toml"),
    "risk on no day": ("risk", "--layers", "LAYERS", "--policy", "LAYERS/policy.toml", "--as-of", "2022"),
    "risk in no format": ("risk", "--layers", "LAYERS", "--policy", "LAYERS/policy.toml", "--out", "risk.pdf"),
    "risk into a folder": ("risk", "--layers", "LAYERS", "--policy", "LAYERS/policy.toml", "--out", "folder.csv"),
    "check of nothing": ("layers", "check", "nowhere"),
    "near of nothing": ("near", "nowhere.geojson", "places.geojson", "--within", "1km", "--out", "a.csv"),
    "near of no vector file": ("near", "text.geojson", "places.geojson", "--within", "1km", "--out", "a.csv"),
    "near in another CRS": ("near", "metres.geojson", "places.geojson", "--within", "1km", "--out", "a.csv"),
    "near of a negative distance": ("near", "places.geojson", "places.geojson", "--within=-5km", "--out", "a.csv"),
    "near of no number": ("near", "places.geojson", "places.geojson", "--within", "nan", "--out", "a.csv"),
    "near without geometry": ("near", "places.geojson", "places.geojson", "--within", "1km", "--out", "a.geojson"),
    "buffer of nothing": ("buffer", "nowhere.gpkg", "--radius", "1km", "--out", "a.gpkg"),
    "buffer in no format": ("buffer", "places.geojson", "--radius", "1km", "--out", "a.shp"),
}


@pytest.mark.parametrize("arguments", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_exit_code_2(
    geoprox: Geoprox, repo: Path, places: Path, tmp_path: Path, arguments: tuple[str, ...]
):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "text.geojson").write_text("no vector file")
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2039"}}
    content = {**json.loads(places.read_text(encoding="utf-8")), "crs": crs}
    (tmp_path / "metres.geojson").write_text(json.dumps(content))
    message = told(geoprox(*(a.replace("LAYERS", str(repo / "layers")) for a in arguments)))
    assert message.startswith("geoprox: ")
    assert message.count("\n") == 1


def test_a_map_that_is_not_there_is_told_after_the_progress(geoprox: Geoprox, repo: Path):
    options = ("--layers", repo / "layers", "--policy", repo / "layers" / "policy.toml")
    message = told(geoprox("maps", "nowhere.toml", *options))
    assert message.splitlines()[-1].startswith("geoprox: nowhere.toml: cannot be read")


def test_a_mistake_is_told_to_the_shell_without_a_traceback(tmp_path: Path):
    result = subprocess.run([BIN, "risk"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert re.fullmatch(r"geoprox: layers/catalog\.toml: cannot be read .*\n", result.stderr)


@pytest.mark.parametrize("distance", ["5 furlongs", "km", "", "5KM5", "1,5km"])
def test_a_unit_that_is_none_is_told_with_those_that_are(geoprox: Geoprox, places: Path, distance: str):
    for command in (["near", places, places, "--within", distance], ["buffer", places, "--radius", distance]):
        message = told(geoprox(*command, "--out", "a.csv"))
        assert "write 500m, 5km or 1mi" in message


def test_an_option_that_is_missing_is_told(geoprox: Geoprox, places: Path):
    assert "--within" in told(geoprox("near", places, places, "--out", "a.csv"))
