"""`geoprox near -o pairs.parquet`: what it says, and to whom."""

import re
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geoprox.cli import main


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A hundred points, 95 m apart, in five row groups, and one without a place."""
    shapes = gpd.points_from_xy([34.65 + n / 1000 for n in range(100)], [31.8] * 100)
    frame = gpd.GeoDataFrame(
        {"feature_id": [f"p{n}" for n in range(100)], "gush": range(100)}, geometry=shapes, crs=4326
    )
    frame.loc[0, "geometry"] = None
    frame.to_parquet(tmp_path / "places.parquet", row_group_size=20, write_covering_bbox=True, schema_version="1.1.0")
    return tmp_path / "places.parquet"


@pytest.fixture
def near(monkeypatch, capsys, tmp_path):
    """Run `geoprox near` in a folder; return its exit code and what it said."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["geoprox", "near", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return run


def test_it_says_what_became_of_every_row(near, places, tmp_path):
    site = gpd.GeoDataFrame({"feature_id": ["s"]}, geometry=gpd.points_from_xy([34.66], [31.8]), crs=4326)
    site.to_file(tmp_path / "site.gpkg")
    code, out, err = near(places, "site.gpkg", "--within", "0.2km", "--tiers", "100m,200m", "-o", "out/pairs.parquet")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert re.fullmatch(r"5 pairs: out/pairs\.parquet \(\d+\.\d s\)", lines[0])
    assert lines[1] == f"{places}: 100 rows = 19 judged + 80 skipped (out of reach) + 1 without geometry"
    assert lines[2] == "site.gpkg: 1 rows = 1 judged + 0 skipped (out of reach) + 0 without geometry"
    assert lines[3] == "5 parts, 4 of them skipped, 0 from a stopped run"
    pairs = pd.read_parquet(tmp_path / "out" / "pairs.parquet")
    assert pairs["tier_m"].tolist() == [200, 100, 100, 100, 200]


def test_ids_are_the_columns_that_are_named(near, places, tmp_path):
    assert near(places, places, "--within", "0", "--left-id", "gush", "--right-id", "gush", "-o", "a.parquet")[0] == 0
    pairs = pd.read_parquet(tmp_path / "a.parquet")
    assert pairs["subject_id"].tolist() == pairs["object_id"].tolist() == list(range(1, 100))


def test_a_terminal_shows_a_bar_with_the_time_left(near, places, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    code, out, err = near(places, places, "--within", "1km", "-o", "a.parquet")
    assert code == 0
    assert "judging" in err
    assert "left:" in err
    assert "judging" not in out


MISTAKES = {
    "another format": ("--tiers", "500m", "-o", "a.csv"),
    "a scheduler for a small file": ("--scheduler", "tcp://127.0.0.1:9", "-o", "a.csv"),
    "a tier beyond": ("--tiers", "2km", "-o", "a.parquet"),
    "a tier that is none": ("--tiers", "near,far", "-o", "a.parquet"),
    "no such column": ("--left-id", "parcel", "-o", "a.parquet"),
    "a place without files": ("-o", "places.parquet/a.parquet"),
}


@pytest.mark.parametrize("options", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_exit_code_2(near, places, options):
    code, out, err = near(places, places, "--within", "1km", *options)
    assert (code, out) == (2, "")
    assert err.startswith("geoprox: ")
    assert err.count("\n") == 1
