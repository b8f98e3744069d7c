"""The oracle is right where the answer is known without it."""

import numpy as np
import pytest
from pyproj import Geod
from scipy.integrate import quad
from shapely import LineString, Point, Polygon, box

A, E2 = 6378137.0, 0.0066943799901413165
QUARTER_MERIDIAN_M = 10_001_965.729313  # Karney, Algorithms for geodesics (2013)


def meridian_m(south, north):
    return quad(lambda phi: A * (1 - E2) / (1 - E2 * np.sin(phi) ** 2) ** 1.5, *np.radians([south, north]))[0]


def test_from_the_pole_to_the_equator_is_a_quarter_meridian(oracle):
    equator = LineString([(-0.1, 0), (0.1, 0)])
    assert oracle.distance(Point(7, 90), equator) == pytest.approx(QUARTER_MERIDIAN_M, abs=2e-6)


def test_from_a_point_on_the_equator_to_a_meridian_is_along_the_equator(oracle):
    assert oracle.distance(Point(1, 0), LineString([(0, -30), (0, 25)])) == pytest.approx(A * np.radians(1), abs=1e-6)


@pytest.mark.parametrize("south", [-71.2, 0, 31.8, 79])
def test_from_a_parallel_to_a_point_is_along_the_meridian(oracle, south):
    parallel, point = LineString([(33, south), (36, south)]), Point(34.6, south + 1)
    assert oracle.distance(parallel, point) == pytest.approx(meridian_m(south, south + 1), abs=1e-6)


def test_a_vertex_that_is_surely_nearest_is_measured_as_a_point(oracle):
    a, b = LineString([(34, 31), (34, 31.4), (33.5, 31.2)]), Polygon([(34.2, 31.4), (35, 31), (35, 32)])
    assert oracle.distance(a, b) == pytest.approx(Geod(ellps="WGS84").inv(34, 31.4, 34.2, 31.4)[2], abs=1e-6)


@pytest.mark.parametrize("kind", ["line", "polygon", "hole"])
def test_no_sampled_points_are_nearer_and_some_are_nearly_as_near(oracle, draw, kind):
    a, b = draw.shape((34, 61), 20_000, kind), draw.shape((36, 61), 20_000, kind)
    p, q = (np.concatenate([np.linspace(*edge, 40) for edge in oracle.segments(g)]) for g in (a, b))
    i, j = np.divmod(np.arange(len(p) * len(q)), len(q))
    sampled = Geod(ellps="WGS84").inv(*p[i].T, *q[j].T)[2].min()
    assert -1e-6 < sampled - oracle.distance(a, b) < 200


def test_what_meets_is_at_distance_zero_and_what_is_empty_at_none(oracle):
    assert oracle.distance(box(179, 0, 181, 1), Point(-179.5, 0.5)) == 0
    assert np.isnan(oracle.distance(Point(), Point(1, 1)))
