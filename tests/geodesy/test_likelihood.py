"""The likelihood is the share that drawing positions at random gives."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj
from shapely import LineString, Point, Polygon, box

from geoprox import geodesy

WGS84 = Geod(ellps="WGS84")
DRAWS = 1_000_000


def likelihood(a, b, accuracy_a, accuracy_b, threshold_m):
    thresholds = np.atleast_1d(np.asarray(threshold_m, dtype=float))
    rows, full = np.zeros(len(thresholds), dtype=np.int64), np.ones(len(thresholds))
    sides = (np.array([g], dtype=object) for g in (a, b))
    doubt = (full * accuracy_a, full * accuracy_b)
    return geodesy.likelihood(*sides, rows, rows, accuracy_m=doubt, threshold_m=thresholds)


def test_nothing_is_told_where_an_accuracy_is_not_known():
    near, far = points(400)
    assert np.isnan(likelihood(near, far, np.nan, 10, 500)).all()
    assert np.isnan(likelihood(near.buffer(0.001), far, 10, np.nan, 500)).all()


def discs(rng, metres, n=DRAWS):
    angle = rng.uniform(0, 2 * np.pi, n)
    return metres * np.sqrt(rng.random(n))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def points(metres):
    lon, lat, _ = WGS84.fwd(34.65, 31.8, 70, metres)
    return Point(34.65, 31.8), Point(lon, lat)


@pytest.mark.parametrize(
    ("apart", "accuracy_a", "accuracy_b", "threshold"),
    [
        (0, 500, 500, 300),
        (1000, 5000, 0, 500),
        (1000, 5000, 200, 500),
        (3000, 2000, 2000, 1000),
        (700, 50, 4000, 3500),
        (7300, 3000, 4000, 500),
        (100, 10_000, 10_000, 100),
    ],
)
def test_for_points_it_is_the_share_of_positions_drawn_at_random(apart, accuracy_a, accuracy_b, threshold):
    rng = np.random.default_rng(1)
    away = discs(rng, accuracy_a) - discs(rng, accuracy_b) + [apart, 0]
    drawn = (np.hypot(*away.T) <= threshold).mean()
    assert likelihood(*points(apart), accuracy_a, accuracy_b, threshold)[0] == pytest.approx(drawn, abs=0.01)


@pytest.mark.parametrize(
    "shape",
    [
        Polygon([(34.66, 31.8), (34.7, 31.8), (34.66, 31.84)]),
        LineString([(34.66, 31.8), (34.7, 31.85)]),
    ],
)
@pytest.mark.parametrize(("accuracy", "other", "threshold"), [(1000, 0, 800), (3000, 3000, 500)])
def test_for_shapes_it_is_the_share_of_positions_drawn_at_random(shape, accuracy, other, threshold):
    rng, plane = np.random.default_rng(2), Proj(proj="tmerc", lon_0=34.65, lat_0=31.8, ellps="WGS84")
    flat = shapely.transform(shape, lambda xy: np.stack(plane(*xy.T), axis=1))
    drawn = (shapely.distance(flat, shapely.points(discs(rng, accuracy) - discs(rng, other))) <= threshold).mean()
    assert likelihood(shape, Point(34.65, 31.8), accuracy, other, threshold)[0] == pytest.approx(drawn, abs=0.01)


@settings(max_examples=30)
@given(*[st.floats(0, 20_000)] * 3, st.lists(st.floats(0, 40_000), min_size=2, max_size=8))
def test_for_points_it_is_a_share_and_grows_with_the_threshold(apart, accuracy_a, accuracy_b, thresholds):
    share = likelihood(*points(apart), accuracy_a, accuracy_b, sorted(thresholds))
    assert ((share >= 0) & (share <= 1)).all()
    assert (np.diff(share) >= -1e-9).all()


@settings(max_examples=30)
@given(*[st.floats(0, 20_000)] * 3, st.floats(0.01, 5000))
def test_for_points_it_is_1_where_surely_within_and_0_where_surely_outside(apart, accuracy_a, accuracy_b, margin):
    reach = accuracy_a + accuracy_b
    share = likelihood(*points(apart), accuracy_a, accuracy_b, [apart + reach + margin, max(0, apart - reach - margin)])
    assert share[0] == 1
    assert share[1] == 0 or apart - reach - margin < 0


@settings(max_examples=5)
@given(st.floats(100, 9000), st.floats(10, 2000), st.floats(0, 2000))
def test_for_shapes_it_grows_with_the_threshold_to_1(apart, accuracy_a, accuracy_b):
    _, corner = points(apart)
    shape = box(corner.x, corner.y, corner.x + 0.02, corner.y + 0.01)
    thresholds = apart + (accuracy_a + accuracy_b) * np.array([-1.1, -0.5, 0, 0.4, 1.1])
    share = likelihood(Point(34.65, 31.8), shape, accuracy_a, accuracy_b, np.maximum(thresholds, 0))
    assert (np.diff(share) >= 0).all()
    assert share[0] == 0 or thresholds[0] < 0
    assert share[-1] == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(box(34, 31, 34.1, 31.1), Point(34.2, 31.05), id="parcel"),
        pytest.param(box(34, 31, 36.4, 33.4), Point(33.95, 31.02), id="large area, near its corner"),
        pytest.param(LineString([(30, 60), (40, 60)]), Point(35, 60.05), id="long edge from the north"),
        pytest.param(LineString([(30, 60), (40, 60)]), Point(35, 59.5), id="long edge from the south"),
        pytest.param(LineString([(179.9, 0), (180.1, 0)]), Point(-179.95, 0.1), id="antimeridian"),
    ],
)
def test_without_doubt_it_says_what_the_distance_says(a, b):
    apart = geodesy.distance(np.array([a], dtype=object), np.array([b], dtype=object))[0]
    assert likelihood(a, b, 0, 0, [apart - 1, apart + 1]).tolist() == [0, 1]
