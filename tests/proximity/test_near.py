"""Pairs within reach: their columns, their doubt, and what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, Polygon, box

from geoprox.errors import CRSMismatchError, GeometryError
from geoprox.model.columns import PAIRS
from geoprox.proximity import near, nearest_sites, pairs_within, prepare

WGS84 = Geod(ellps="WGS84")
HERE = Point(34.65, 31.80)


def east(metres, azimuth=90):
    """Return the point that lies so many metres to the east of ``HERE``."""
    return Point(WGS84.fwd(HERE.x, HERE.y, azimuth, metres)[:2])


def layer(*geometries, prefix="f", **columns):
    ids = [f"{prefix}{n}" for n in range(len(geometries))]
    return gpd.GeoDataFrame({"feature_id": ids, **columns}, geometry=list(geometries), crs="EPSG:4326")


def ids(pairs):
    return list(zip(pairs["subject_id"], pairs["object_id"], strict=True))


def test_a_pair_has_its_distance_bearing_and_ids():
    pairs = near(layer(HERE, prefix="s"), layer(east(900), east(1100), prefix="o"), within_m=1000)
    assert tuple(pairs.columns) == PAIRS
    assert ids(pairs) == [("s0", "o0")]
    row = pairs.iloc[0]
    assert row[["distance_m", "distance_min_m", "distance_max_m"]].tolist() == pytest.approx([900] * 3, abs=1e-6)
    assert row["bearing_deg"] == pytest.approx(90, abs=0.01)
    assert row["relation"] == "disjoint"
    assert (row["overlap_m2"], row["overlap_share"]) == (0, 0)


def test_only_the_columns_asked_for_are_returned_and_they_are_the_same():
    parks = layer(HERE.buffer(0.01), east(3000), prefix="s", accuracy_m=[10.0, np.nan])
    sites = layer(east(200).buffer(0.02), east(1500), HERE.buffer(0.01), prefix="o")
    whole = near(parks, sites, tiers_m=[500, 5000])
    assert set(whole["relation"]) >= {"disjoint", "equals"}
    assert whole.columns.tolist() == [*PAIRS, "tier_m"]
    for some in (["tier_m", "subject_id"], ["overlap_share"], ["relation", "distance_min_m"], ["bearing_deg"]):
        pd.testing.assert_frame_equal(near(parks, sites, tiers_m=[500, 5000], columns=some), whole[some])


@pytest.mark.parametrize("columns", [["distance"], ["tier_m"], ["distance_m", "distance_m"], "distance_m"])
def test_a_column_that_there_is_not_is_an_error_that_names_those_there_are(columns):
    with pytest.raises(GeometryError, match=r"give some of subject_id, object_id, .*; tier_m comes with tiers_m"):
        near(HERE, HERE, within_m=1, columns=columns)


@pytest.mark.parametrize(("azimuth", "bearing"), [(0, 0), (45, 45), (190, 190), (359, 359)])
def test_a_bearing_runs_from_left_to_right_in_0_to_360(azimuth, bearing):
    found = near(HERE, east(500, azimuth), k=1)["bearing_deg"].iloc[0]
    assert (found - bearing + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
    assert 0 <= found < 360


def test_north_is_0_and_never_360():
    assert near([Point(0, 0)], [Point(-1e-17, 1)], k=1)["bearing_deg"].tolist() == [0]


@pytest.mark.parametrize("geometry", [LineString([(34, 31.2), (34, 31.5)]), Point(34, 31.2)])
def test_what_lies_along_a_border_is_shared_as_overlap_says(geometry):
    zone = box(34, 31, 35, 32)
    assert near(geometry, zone, within_m=0)[["relation", "overlap_share"]].to_numpy().tolist() == [["touches", 1.0]]
    assert near(zone, box(35, 31, 36, 32), within_m=0)["overlap_share"].tolist() == [0]


def test_the_bound_is_included():
    apart = near(HERE, east(1000), k=1)["distance_m"].iloc[0]
    assert len(near(HERE, east(1000), within_m=apart)) == 1
    assert len(near(HERE, east(1000), within_m=np.nextafter(apart, 0))) == 0


def test_without_ids_the_index_names_the_rows():
    series = gpd.GeoSeries([HERE, east(10_000)], index=["home", "away"], crs="EPSG:4326")
    assert ids(near(series, [east(5), east(9_990)], within_m=50)) == [("home", 0), ("away", 1)]


def test_pairs_are_ordered_by_left_then_right_row():
    left, right = [HERE, east(10)], [east(30), east(5), east(20)]
    assert ids(near(left, right, within_m=100)) == [(i, j) for i in range(2) for j in range(3)]


def test_each_left_row_may_have_its_own_distance():
    left, right = [HERE, HERE, HERE], [east(500)]
    for within_m in ([100, 500.001, 1000], np.array([100, 501, 1000]), pd.Series([100, 501, 1000], index=[7, 8, 9])):
        assert ids(near(left, right, within_m=within_m)) == [(1, 0), (2, 0)]


def test_k_gives_the_nearest_in_order_of_distance_and_no_more_than_there_are():
    right = [east(3000), east(1000), None, east(200_000)]
    assert ids(near([HERE], right, k=2)) == [(0, 1), (0, 0)]
    assert ids(near([HERE], right, k=9)) == [(0, 1), (0, 0), (0, 3)]


def test_empty_and_missing_geometries_are_in_no_pair():
    left, right = layer(None, HERE, Polygon(), prefix="s"), layer(Point(), east(1), None, prefix="o")
    for pairs in (near(left, right, within_m=10), near(left, right, k=3)):
        assert ids(pairs) == [("s1", "o1")]


@pytest.mark.parametrize(("left", "right"), [([], []), ([HERE], []), ([], [HERE]), ([None], [HERE])])
def test_without_pairs_the_columns_are_the_same(left, right):
    for pairs in (near(left, right, within_m=10), near(left, right, k=1)):
        assert tuple(pairs.columns) == PAIRS
        assert len(pairs) == 0


# -- doubt --------------------------------------------------------------------------------------------------------


def test_accuracies_add_to_an_interval_that_starts_at_zero():
    pairs = near(
        layer(HERE, accuracy_m=[300.0]), layer(east(1000), east(400), accuracy_m=[200.0, 500.0]), within_m=1000
    )
    assert pairs["distance_min_m"].tolist() == pytest.approx([500, 0], abs=1e-6)
    assert pairs["distance_max_m"].tolist() == pytest.approx([1500, 1200], abs=1e-6)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 3000)), min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 3000)), min_size=1, max_size=5),
    st.floats(0, 3000),
)
def test_no_pair_that_may_be_within_is_lost_to_doubt_and_no_other_is_found(left, right, within_m):
    a, b = (layer(*(east(m) for m, _ in side), accuracy_m=[r for _, r in side]) for side in (left, right))
    exact = near(a.drop(columns="accuracy_m"), b.drop(columns="accuracy_m"), within_m=30_000)
    doubt = exact["subject_id"].map(a.set_index("feature_id")["accuracy_m"])
    doubt += exact["object_id"].map(b.set_index("feature_id")["accuracy_m"])
    margin = exact["distance_m"] - doubt - within_m
    found = set(ids(near(a, b, within_m=within_m)))
    assert set(ids(exact[margin < -1e-6])) <= found <= set(ids(exact[margin < 1e-6]))


def test_a_position_known_to_no_radius_has_no_interval():
    left = layer(HERE, HERE, accuracy_m=[np.nan, 10.0])
    for pairs in (near(left, layer(east(900)), within_m=1000), near(left, layer(east(900)), k=1)):
        assert pairs["distance_m"].tolist() == pytest.approx([900, 900], abs=1e-6)
        assert pairs["distance_min_m"].isna().tolist() == [True, False]
        assert pairs["distance_max_m"].isna().tolist() == [True, False]


# -- relations ----------------------------------------------------------------------------------------------------

SQUARE = box(34, 31, 35, 32)


@pytest.mark.parametrize(
    ("right", "relation", "share"),
    [
        (SQUARE, "equals", 1),
        (SQUARE.reverse(), "equals", 1),
        (box(33, 30, 36, 33), "within", 1),
        (box(34.5, 31, 35, 32), "contains", 0.5),
        (box(34.75, 31, 36, 32), "overlaps", 0.25),
        (box(35, 31, 36, 32), "touches", 0),
        (Point(34, 31.5), "touches", 0),
        (LineString([(33, 31.5), (36, 31.5)]), "intersects", 0),
        (box(36, 31, 37, 32), "disjoint", 0),
    ],
)
def test_a_relation_is_named_by_the_most_telling_predicate(right, relation, share):
    row = near([SQUARE], [right], within_m=200_000).iloc[0]
    assert row["relation"] == relation
    assert row["overlap_share"] == pytest.approx(share)
    assert (row["overlap_m2"] > 0) == (share > 0)
    assert (row["distance_m"] > 0) == (relation == "disjoint")
    assert np.isnan(row["bearing_deg"]) == (relation != "disjoint")


def test_a_relation_across_the_antimeridian_is_that_of_the_same_place():
    row = near([box(-179.99, 10, -179.98, 10.01)], [box(179, 9, 182, 11)], within_m=0).iloc[0]
    assert row["relation"] == "within"
    assert row["overlap_share"] == 1


def test_a_ring_that_crosses_itself_is_an_error_that_names_its_row_and_the_remedy():
    bow_tie = Polygon([(34, 31), (35, 32), (35, 31), (34, 32)])
    with pytest.raises(GeometryError, match=r"left, row 1: .*make_valid"):
        near([SQUARE, bow_tie], [SQUARE], within_m=10)


# -- what is refused ----------------------------------------------------------------------------------------------


def test_a_layer_without_crs_is_an_error_that_says_the_remedy():
    bare = gpd.GeoDataFrame(geometry=[HERE])
    with pytest.raises(CRSMismatchError, match=r"right has no CRS; declare it with set_crs\(\)"):
        near([HERE], bare, within_m=10)


def test_a_layer_in_israeli_coordinates_is_an_error_that_says_the_remedy():
    projected = layer(HERE).to_crs("EPSG:2039")
    with pytest.raises(CRSMismatchError, match=r"left is in EPSG:2039.*reproject with to_crs\('EPSG:4326'\)"):
        near(projected, [HERE], within_m=10)


def test_metres_labelled_as_degrees_are_an_error():
    metres = gpd.GeoSeries([Point(177_000, 655_000)], crs="EPSG:4326")
    with pytest.raises(GeometryError, match="not on the globe"):
        near(metres, [HERE], within_m=10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either a distance"),
        ({"within_m": 10, "k": 1}, "either a distance"),
        ({"within_m": -1}, "metres of at least 0"),
        ({"within_m": np.nan}, "metres of at least 0"),
        ({"within_m": [1, 2, 3]}, "3 values for 2 rows"),
        ({"k": 0}, "at least 1 nearest"),
        ({"k": -2}, "at least 1 nearest"),
    ],
)
def test_a_wrong_option_is_an_error_that_says_the_remedy(options, message):
    with pytest.raises(GeometryError, match=message):
        near([HERE, HERE], [HERE], **options)


@pytest.mark.parametrize("strange", ["POINT (1 1)", 7, np.nan, (34, 31)])
def test_what_is_no_geometry_is_an_error_that_names_its_row(strange):
    with pytest.raises(GeometryError, match=r"left, row 1: .* no geometry"):
        near([HERE, strange, None], [HERE], within_m=1)


def test_the_layers_given_are_not_changed():
    left, right = layer(HERE, accuracy_m=[5.0], same_as=["f0"]), layer(east(10), None, accuracy_m=[np.nan, 1])
    before = left.copy(), right.copy()
    near(left, right, within_m=100)
    pairs_within(left, right, 100)
    pd.testing.assert_frame_equal(left, before[0])
    pd.testing.assert_frame_equal(right, before[1])


# -- identity -----------------------------------------------------------------------------------------------------


def test_a_subject_that_is_part_of_a_site_is_at_distance_zero_by_identity():
    sites = layer(east(800), east(300), east(90_000), prefix="o", accuracy_m=[50.0] * 3)
    subjects = layer(HERE, HERE, east(50_000), prefix="s", accuracy_m=[10.0] * 3, same_as=["o0", None, "o2"])
    pairs = pairs_within(subjects, sites, 1000).set_index(["subject_id", "object_id"])
    assert sorted(pairs.index) == [("s0", "o0"), ("s0", "o1"), ("s1", "o0"), ("s1", "o1"), ("s2", "o2")]
    for own in (("s0", "o0"), ("s2", "o2")):
        assert pairs.loc[own, ["distance_m", "distance_min_m", "distance_max_m"]].tolist() == [0, 0, 0]
        assert pairs.loc[own, "relation"] == "same_site"
    assert pairs.loc[("s1", "o0"), "distance_max_m"] == pytest.approx(860, abs=1e-6)


def test_a_site_that_is_not_in_the_layer_is_nothing_by_identity():
    pairs = pairs_within(layer(HERE, prefix="s", same_as=["gone"]), layer(east(500), prefix="o"), 1000)
    assert pairs["distance_m"].tolist() == pytest.approx([500])


def test_the_nearest_site_is_the_subjects_own_or_else_the_nearest_however_far():
    sites = layer(east(800), east(300), prefix="o")
    subjects = layer(HERE, HERE, east(400_000), None, prefix="s", same_as=["o0", None, None, None])
    assert ids(nearest_sites(subjects, sites)) == [("s0", "o0"), ("s1", "o1"), ("s2", "o0")]


def test_identity_stands_alone_where_nothing_is_near():
    pairs = pairs_within(layer(None, prefix="s", same_as=["o0"]), layer(None, prefix="o"), 1000)
    assert tuple(pairs.columns) == PAIRS
    assert pairs["distance_m"].tolist() == [0]


def test_every_pair_is_given_the_first_tier_it_is_within():
    sites = layer(HERE, *(east(m) for m in (499.9, 500.1, 999, 1001, 4999, 5001)), prefix="o")
    pairs = near(layer(HERE), sites, tiers_m=[500, 1000, 5000])
    assert pairs["tier_m"].tolist() == [500, 500, 1000, 1000, 5000, 5000]
    assert pairs["object_id"].tolist() == [f"o{n}" for n in range(6)]


def test_the_bound_of_a_tier_is_included():
    apart = near(HERE, east(1000), k=1)["distance_m"].iloc[0]
    assert near(HERE, east(1000), tiers_m=[apart, 2000])["tier_m"].tolist() == [apart]
    assert near(HERE, east(1000), tiers_m=[np.nextafter(apart, 0), 2000])["tier_m"].tolist() == [2000]


def test_beyond_the_last_tier_a_pair_has_none():
    found = near(HERE, [east(700), east(3000)], tiers_m=[500, 1000], within_m=5000)["tier_m"]
    assert found.tolist()[0] == 1000
    assert np.isnan(found.tolist()[1])
    assert np.isnan(near(HERE, east(3000), tiers_m=[500], k=1)["tier_m"].iloc[0])


@pytest.mark.parametrize("tiers", [[], [500, 500], [1000, 500], [-1, 5], [np.nan], [[1, 2]], [np.inf]])
def test_tiers_that_do_not_increase_are_an_error(tiers):
    with pytest.raises(GeometryError, match="increasing distances"):
        near(HERE, HERE, tiers_m=tiers)


def test_prepared_sites_are_searched_as_the_sites_are():
    sites = layer(east(900), east(1100), Polygon(), prefix="o", accuracy_m=[10.0, 300.0, 5.0])
    ready = prepare(sites)
    for options in ({"within_m": 1000}, {"tiers_m": [500, 1500]}, {"k": 2}):
        pd.testing.assert_frame_equal(near(HERE, ready, **options), near(HERE, sites, **options))


def test_the_number_of_threads_changes_no_bit():
    rng = np.random.default_rng(3)
    left = [east(m, a) for m, a in zip(rng.uniform(0, 9e4, 40_000), rng.uniform(0, 360, 40_000), strict=True)]
    sites = [box(34.6, 31.8, 34.7, 31.9), LineString([(34.2, 31.2), (35, 32)]), HERE]
    one, many = (near(left, sites, within_m=60_000, threads=n) for n in (1, 4))
    assert len(one) > 20_000
    pd.testing.assert_frame_equal(one, many, check_exact=True)


def test_no_threads_are_an_error():
    with pytest.raises(GeometryError, match="at least 1"):
        near(HERE, HERE, within_m=1, threads=0)


def test_prepared_sites_are_asked_with_the_edges_they_were_prepared_with():
    ready = prepare(layer(LineString([(30, 60), (40, 60)])), edges="geodesic")
    assert near(Point(35, 60.3), ready, k=1, edges="geodesic")["distance_m"].iloc[0] < 25_000
    with pytest.raises(GeometryError, match="prepared with edges='geodesic'"):
        near(HERE, ready, k=1)
