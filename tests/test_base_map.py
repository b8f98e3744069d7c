"""The packaged base map is sound, small, and right where the briefings look."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import shapely

# the frame and the budgets are the contract with the maps; README.md beside the files tells the same
FRAME = (24.0, 25.0, 46.0, 39.0)
BOX = (33.0, 29.0, 36.5, 33.6)
BUDGET = {"land": 200_000, "borders": 100_000, "places": 20_000}
HEBREW = re.compile(r"[א-ת][א-ת -]*[א-ת]")


@pytest.fixture(scope="module")
def base(repo: Path) -> Path:
    return repo / "geoprox" / "webmaps" / "base"


def features(base: Path, name: str) -> list[dict]:
    return json.loads((base / f"{name}.geojson").read_text("utf-8"))["features"]


def geometries(base: Path, name: str) -> np.ndarray:
    return shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features(base, name)])


@pytest.fixture(scope="module")
def land(base: Path) -> shapely.Geometry:
    return shapely.union_all(geometries(base, "land"))


@pytest.mark.parametrize("name", BUDGET)
def test_geometries_are_valid_and_in_the_frame(base: Path, name: str):
    shapes = geometries(base, name)
    assert len(shapes)
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    assert shapely.covered_by(shapes, shapely.box(*FRAME)).all()


@pytest.mark.parametrize("name", BUDGET)
def test_files_keep_to_their_budget(base: Path, name: str):
    assert (base / f"{name}.geojson").stat().st_size < BUDGET[name]


@pytest.mark.parametrize("name", BUDGET)
def test_coordinates_have_five_decimals_at_most(base: Path, name: str):
    assert not re.search(r"\d\.\d{6}", (base / f"{name}.geojson").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "credit"), [("land", "OpenStreetMap"), ("borders", "OpenStreetMap"), ("places", "GeoNames")]
)
def test_files_carry_their_attribution(base: Path, name: str, credit: str):
    assert credit in json.loads((base / f"{name}.geojson").read_text("utf-8"))["attribution"]


@pytest.mark.parametrize(
    ("place", "lon", "lat", "dry"),
    [
        ("Ashdod", 34.65, 31.80, True),
        ("sea off Ashdod", 34.55, 31.85, False),
        ("Ashdod South Port, reclaimed", 34.648, 31.846, True),
        ("Ashdod port basin", 34.639, 31.838, False),
        ("Mount Carmel", 35.00, 32.78, True),
        ("Haifa bay", 35.03, 32.86, False),
        ("Haifa Bayport, reclaimed", 35.030, 32.828, True),
        ("Eilat", 34.948, 29.557, True),
        ("Gulf of Aqaba", 34.955, 29.53, False),
        ("Aqaba", 35.01, 29.53, True),
        ("Tel Aviv", 34.78, 32.08, True),
        ("Dead Sea", 35.48, 31.55, False),
        ("Sea of Galilee", 35.59, 32.82, False),
        ("Sinai", 34.0, 30.0, True),
        ("open sea", 33.5, 32.5, False),
        ("Cyprus", 33.3, 35.0, True),
    ],
)
def test_the_coast_is_where_it_is(land: shapely.Geometry, place: str, lon: float, lat: float, *, dry: bool):
    assert shapely.contains_xy(land, lon, lat) == dry, place


def test_land_goes_on_beyond_the_box_so_that_no_frame_shows_a_cut(land: shapely.Geometry):
    just_outside = shapely.boundary(shapely.box(*BOX).buffer(0.02))
    just_inside = shapely.boundary(shapely.box(*BOX).buffer(-0.02))
    shares = [shapely.intersection(line, land).length / line.length for line in (just_outside, just_inside)]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_borders_say_between_whom_and_what_they_are(base: Path):
    found = {row["properties"]["between"]: row["properties"]["status"] for row in features(base, "borders")}
    assert len(found) == len(features(base, "borders"))
    assert found["EGY-ISR"] == found["ISR-JOR"] == "boundary"
    assert found["ISR-LBN"] == found["ISR-PSE"] == found["ISR-SYR"] == "line"
    assert set(found.values()) == {"boundary", "line"}


def test_borders_are_on_land_or_lakes(base: Path, land: shapely.Geometry):
    filled = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(land)])
    assert shapely.covered_by(geometries(base, "borders"), filled.buffer(0.02)).all()


def test_every_place_has_both_names_and_a_rank(base: Path):
    rows = [feature["properties"] for feature in features(base, "places")]
    assert 40 <= len(rows) <= 90
    assert all(re.search(r"[A-Za-z]", row["name_en"]) and HEBREW.fullmatch(row["name_he"]) for row in rows)
    assert {row["rank"] for row in rows} == {1, 2, 3, 4}
    for name in ("name_en", "name_he"):
        assert len({row[name] for row in rows}) == len(rows)


def test_places_are_on_land(base: Path, land: shapely.Geometry):
    names = [feature["properties"]["name_en"] for feature in features(base, "places")]
    wet = ~shapely.contains(land, geometries(base, "places"))
    assert not [name for name, is_wet in zip(names, wet, strict=True) if is_wet]
