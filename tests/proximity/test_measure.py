"""Distances and zones over frames keep the caller's index."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, Polygon, box

from geoprox.errors import CRSMismatchError, GeometryError
from geoprox.proximity import buffer, distance, overlap, rings

HERE, THERE = Point(34.65, 31.80), Point(34.66, 31.80)
BETWEEN_M = 946.977  # Geod.inv


def series(*geometries, index=("x", "y")):
    return gpd.GeoSeries(list(geometries), index=list(index), crs="EPSG:4326")


def test_distance_is_row_by_row_on_the_index_of_the_left():
    found = distance(series(HERE, THERE), series(THERE, THERE))
    expected = pd.Series([BETWEEN_M, 0], index=["x", "y"], name="distance_m")
    pd.testing.assert_series_equal(found, expected, atol=1e-3)


def test_two_sides_on_different_indexes_are_an_error():
    with pytest.raises(GeometryError, match="align one with reindex"):
        distance(series(HERE, THERE), series(THERE, THERE, index=("p", "q")))


def test_a_radius_on_another_index_is_an_error():
    with pytest.raises(GeometryError, match="align it with reindex"):
        buffer(series(HERE, THERE), pd.Series([100, 200], index=["y", "x"]))


@pytest.mark.parametrize(
    "sides", [(series(HERE, THERE), HERE), (HERE, series(HERE, THERE)), ([HERE], series(HERE, THERE))]
)
def test_one_geometry_is_measured_against_every_row(sides):
    found = distance(*sides)
    assert found.index.tolist() == ["x", "y"]
    assert found.tolist() == pytest.approx([0, BETWEEN_M], abs=1e-3)


def test_no_geometry_has_no_distance():
    assert distance(series(None, Polygon()), HERE).isna().all()


def test_a_frame_is_measured_by_its_active_geometry():
    frame = gpd.GeoDataFrame({"name": ["a"], "place": [THERE]}, geometry="place", crs="EPSG:4326", index=[5])
    found = distance(frame, HERE)
    assert found.to_dict() == {5: pytest.approx(BETWEEN_M, abs=1e-3)}


def test_a_zone_stands_on_the_callers_index_in_the_callers_crs():
    zones = buffer(series(HERE, THERE), [100, 200])
    assert zones.index.tolist() == ["x", "y"]
    assert zones.crs == "EPSG:4326"
    areas = zones.to_crs("EPSG:6933").area
    assert areas.tolist() == pytest.approx([np.pi * 100**2, np.pi * 200**2], rel=1e-3)


@pytest.mark.parametrize("measure", [distance, overlap])
def test_sides_of_different_lengths_are_an_error_that_says_the_remedy(measure):
    with pytest.raises(GeometryError, match="2 rows against 3; give as many on either side"):
        measure([HERE] * 2, [HERE] * 3)


@pytest.mark.parametrize("measure", [distance, overlap, buffer])
@pytest.mark.parametrize(
    ("crs", "message"), [(None, "has no CRS"), ("EPSG:2039", r"reproject with to_crs\('EPSG:4326'\)")]
)
def test_any_other_crs_is_an_error_that_says_the_remedy(measure, crs, message):
    projected = gpd.GeoSeries([Point(177_000, 655_000)], crs=crs)
    with pytest.raises(CRSMismatchError, match=message):
        measure(projected, 10 if measure is buffer else HERE)


def test_a_radius_below_0_is_for_polygons_only():
    zones = buffer(series(box(34, 31, 34.1, 31.1), box(34, 31, 34.1, 31.1)), [-1000, 1000])
    assert zones["y"].covers(box(34, 31, 34.1, 31.1))
    assert box(34, 31, 34.1, 31.1).covers(zones["x"])
    with pytest.raises(GeometryError, match=r"row 1: .* this LineString has points or lines"):
        buffer([box(34, 31, 34.1, 31.1), LineString([HERE, THERE])], -10)


def test_rings_repeat_the_callers_index():
    found = rings(series(HERE, None), [500, 1000])
    assert found.index.tolist() == ["x", "x", "y", "y"]
    assert found.columns.tolist() == ["inner_m", "outer_m", "geometry"]
    assert found[["inner_m", "outer_m"]].to_numpy().tolist() == [[0, 500], [500, 1000]] * 2
    assert found.crs == "EPSG:4326"
    areas = found.to_crs("EPSG:6933").area
    assert areas.tolist() == pytest.approx([np.pi * 500**2, np.pi * 750_000, 0, 0], rel=1e-3)


def test_radii_of_rings_ascend():
    with pytest.raises(GeometryError, match=r"give metres such as \[500, 1000, 5000\]"):
        rings(HERE, [1000, 500])


@pytest.mark.parametrize("radius_m", [-1, 0, np.nan, 2e6, [5, -5]])
def test_a_radius_out_of_range_is_an_error(radius_m):
    with pytest.raises(GeometryError, match="metres"):
        buffer([HERE, THERE], radius_m)


def test_radii_that_are_not_as_many_as_the_rows_are_an_error():
    with pytest.raises(GeometryError, match="radius_m has 3 values for 2 rows"):
        buffer([HERE, THERE], [1, 2, 3])


@pytest.mark.parametrize("strange", ["POINT (1 1)", 7])
def test_what_is_no_geometry_is_an_error_that_names_its_row(strange):
    with pytest.raises(GeometryError, match=r"a, row 1: .* no geometry"):
        distance([HERE, strange], [HERE, HERE])
