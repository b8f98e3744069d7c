"""Shares over frames: row by row, of every pair within reach, and of the union of all sites."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point, Polygon, box

from geoprox.errors import GeometryError
from geoprox.proximity import distance, near, overlap

HERE, THERE = Point(34.65, 31.80), Point(34.66, 31.80)
PARCELS = gpd.GeoDataFrame(
    {"feature_id": ["p", "q", "none"]},
    geometry=[box(34.652, 31.799, 34.658, 31.801), box(34.70, 31.8, 34.71, 31.81), Polygon()],
    index=[7, 8, 9],
    crs="EPSG:4326",
)
SITES = gpd.GeoDataFrame({"feature_id": ["a", "b"]}, geometry=[HERE, THERE], crs="EPSG:4326")


def series(*geometries, index=("x", "y")):
    return gpd.GeoSeries(list(geometries), index=list(index), crs="EPSG:4326")


def test_an_overlap_stands_on_the_callers_index():
    found = overlap(series(box(34, 31, 35, 32), LineString([(34, 31), (36, 31)])), box(34.5, 30, 35, 33))
    assert found.index.tolist() == ["x", "y"]
    assert found.columns.tolist() == ["overlap_m2", "overlap_share"]
    assert found["overlap_share"].tolist() == pytest.approx([0.5, 0.25], abs=1e-6)
    assert found["overlap_m2"].gt(0).tolist() == [True, False]


def test_areas_are_numbers_with_a_fraction_even_where_there_are_none():
    assert overlap([HERE], [THERE])["overlap_m2"].dtype == float


def test_every_pair_within_reach_is_a_row_with_the_ids_of_both():
    found = overlap(PARCELS, SITES, within_m=[600, 300])
    assert found.columns.tolist() == ["subject_id", "object_id", "overlap_m2", "overlap_share", "sliver"]
    assert found[["subject_id", "object_id"]].to_numpy().tolist() == [["p", "a"], ["p", "b"]]
    assert found["overlap_share"].between(0.1, 0.9).all()
    assert found["sliver"].tolist() == [False, False]
    whole = overlap(PARCELS.geometry[:1], PARCELS.geometry[:1])["overlap_m2"].iloc[0]
    np.testing.assert_allclose(found["overlap_m2"], found["overlap_share"] * whole)


def test_pairs_are_those_that_near_finds():
    found, expected = (f(PARCELS, SITES, within_m=4500) for f in (overlap, near))
    assert found[["subject_id", "object_id"]].equals(expected[["subject_id", "object_id"]])
    assert len(found) == 3


def test_a_union_is_a_row_for_every_shape_on_the_callers_index():
    found = overlap(PARCELS, SITES, within_m=300, union=True)
    assert found.index.tolist() == [7, 8, 9]
    assert found.columns.tolist() == ["overlap_m2", "overlap_share", "sliver"]
    each = overlap(PARCELS, SITES, within_m=300)["overlap_share"]
    assert found["overlap_share"].iloc[0] == pytest.approx(each.sum(), abs=1e-6)
    assert found["overlap_share"].iloc[1] == 0
    assert found[["overlap_m2", "overlap_share"]].iloc[2].isna().all()
    assert found["sliver"].dtype == bool


def test_a_sliver_is_told_by_the_accuracy_of_both_sides():
    metres = distance(PARCELS[:1], HERE).iloc[0] + 5
    assert overlap(PARCELS, HERE, within_m=metres)["sliver"].tolist() == [False]
    assert overlap(PARCELS, HERE, within_m=metres, sliver_m=6)["sliver"].tolist() == [True]
    vague, site = PARCELS.assign(accuracy_m=3.0), SITES[:1].assign(accuracy_m=2.5)
    assert overlap(vague, site, within_m=metres)["sliver"].tolist() == [True]
    assert overlap(vague, SITES[:1].assign(accuracy_m=np.nan), within_m=metres)["sliver"].tolist() == [False]
    assert overlap(vague, site, within_m=metres, union=True)["sliver"].tolist() == [True, False, False]


def test_a_union_without_a_distance_is_an_error_that_says_the_remedy():
    with pytest.raises(GeometryError, match="give within_m"):
        overlap(PARCELS, SITES, union=True)


@pytest.mark.parametrize("options", [{"within_m": -1}, {"within_m": [1, 2, 3]}, {"within_m": 1, "sliver_m": -1}])
def test_metres_out_of_range_are_an_error(options):
    with pytest.raises(GeometryError, match=r"metres of at least 0|one for each row"):
        overlap(PARCELS, SITES, **options)
