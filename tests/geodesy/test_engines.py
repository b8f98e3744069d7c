"""The two searches are one: whatever is measured, they agree to less than a micrometre."""

import numpy as np
import pytest
from shapely import LineString, Point

from geoprox import geodesy
from geoprox.geodesy import compiled, vectorised
from geoprox.geodesy.chords import slack
from geoprox.geodesy.pieces import make_pieces

PLACES = [(34.8, 31.9), (179.99, 0), (-70, -84.5), (12, 89.5), (0, 0)]


def array(*geometries):
    return np.array(geometries, dtype=object)


def both(a, b, reach=np.inf):
    """Search every ``a`` against every ``b`` that it does not meet, with both engines."""
    i, j = np.divmod(np.arange(len(a) * len(b)), len(b))
    apart = ~geodesy.intersects(a[i], b[j])
    i, j = i[apart], j[apart]
    args = make_pieces(a), make_pieces(b), i, j, np.full(len(i), reach)
    return compiled.shortest(*args), vectorised.shortest(*args)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("apart_m", [300, 20_000, 70_000])
def test_they_agree_on_shapes_of_every_kind(draw, place, apart_m):
    shapes = [draw.shape(draw.somewhere(place, apart_m), np.exp(draw.rng.uniform(3, 9))) for _ in range(60)]
    one, other = both(array(*shapes[:30]), array(*shapes[30:]))
    np.testing.assert_allclose(one.distance, other.distance, rtol=0, atol=1e-6)
    assert len(one.distance) > 200
    assert np.abs((one.azimuth - other.azimuth + 180) % 360 - 180).max() < 1e-3


def test_they_agree_on_what_is_within_reach_and_never_cut_off_what_is(draw):
    shapes = [draw.shape(draw.somewhere((34.8, 31.9), 9000), 800) for _ in range(60)]
    a, b = array(*shapes[:30]), array(*shapes[30:])
    whole, _ = both(a, b)
    for found in both(a, b, reach=4000.0):
        near = whole.distance <= 4000
        np.testing.assert_allclose(found.distance[near], whole.distance[near], rtol=0, atol=1e-6)
        assert (found.distance[~near] > 4000).all()
        assert np.isinf(found.distance).any()


def test_shapes_far_apart_are_measured_by_the_series_whichever_engine_searches():
    a, b = array(LineString([(0, 0), (1, 1)])), array(Point(100, 50), Point(-179, -0.5))
    rows = np.zeros(2, dtype=np.int64), np.arange(2)
    found = geodesy.nearest(a, b, *rows)
    np.testing.assert_array_equal(
        found.distance_m, vectorised.shortest(make_pieces(a), make_pieces(b), *rows, np.full(2, np.inf)).distance
    )
    assert (found.distance_m > 9e6).all()


@pytest.mark.parametrize("chord", [0.0, 9_999.0, 10_001.0, 5e5, 1e7, 2e7, np.inf])
def test_chords_of_any_length_have_the_same_slack(chord):
    # one that is no number discards nothing: answers stay right, but detailed shapes take ten times as long
    assert compiled.slack(chord) == pytest.approx(float(slack(np.float64(chord))), rel=1e-9)
