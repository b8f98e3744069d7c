"""Zones hold what is within their radius, and areas and shares add up."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from geoprox import geodesy
from geoprox.errors import GeometryError

WGS84 = Geod(ellps="WGS84")
EXACT = 1e-6  # of the radius: a millimetre of a kilometre


def array(*geometries):
    return np.array(geometries, dtype=object)


def zone(geometry, metres):
    return geodesy.buffer(array(geometry), np.array([float(metres)]))[0]


def reach(outline, geometry, metres):
    """Return how near and how far an outline runs, in radii, by points on all of its edges."""
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(outline.boundary, outline.length / 5000)))
    apart = geodesy.distance(np.repeat(array(geometry), len(points)), points) / metres
    return apart.min(), apart.max()


SOURCES = [
    pytest.param(Point(34.65, 31.8), 500, id="point"),
    pytest.param(Point(34.65, 31.8), 1_000_000, id="point, largest radius"),
    pytest.param(Point(34, 80), 1_000_000, id="point, largest radius, far north"),
    pytest.param(Point(179.99, -20), 5000, id="point by the antimeridian"),
    pytest.param(LineString([(34, 31), (34.2, 31.3)]), 1000, id="line"),
    pytest.param(LineString([(30, 60), (40, 60)]), 5000, id="long line"),
    pytest.param(LineString([(179.9, 10), (180.2, 10.1)]), 1000, id="line across the antimeridian"),
    pytest.param(LineString([(34, 31.5), (34.05, 31.5), (34.0025, 31.51)]), 300, id="line with a sharp bend"),
    pytest.param(box(34, 31, 34.1, 31.1), 1000, id="box"),
    pytest.param(box(0, 0, 1, 1).difference(box(0.3, 0.3, 0.7, 0.7)), 10_000, id="hole"),
    pytest.param(Polygon([(0, 0), (1, 0), (1, 1), (0.5, 0.1), (0, 1)]), 5000, id="notch"),
    pytest.param(MultiPoint([(0, 0), (0.015, 0)]), 1000, id="two points whose zones meet"),
    pytest.param(GeometryCollection([Point(34, 31), LineString([(34.1, 31), (34.2, 31.1)])]), 2000, id="collection"),
]


@pytest.mark.parametrize(("geometry", "metres"), SOURCES)
def test_a_zone_loses_nothing_within_and_holds_little_beyond(geometry, metres):
    outline = zone(geometry, metres)
    assert outline.is_valid
    assert outline.covers(geometry)
    least, most = reach(outline, geometry, metres)
    assert least >= 1 - 1e-9
    assert most <= 1.0001 + 1e-9


def test_an_inscribed_zone_of_eight_segments_a_quarter_fails_that_check():
    azimuth = np.linspace(0, 360, 32, endpoint=False)
    lon, lat, _ = WGS84.fwd(np.full(32, 34.65), np.full(32, 31.8), azimuth, np.full(32, 500.0))
    inscribed = Polygon(np.stack([lon, lat], axis=1))
    least, _ = reach(inscribed, Point(34.65, 31.8), 500)
    assert least < 0.999


@settings(max_examples=25)
@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(1, 100_000), st.floats(0, 360), st.floats(0, 1))
def test_every_point_within_the_radius_is_in_the_zone(lon, lat, metres, azimuth, part):
    x, y, _ = WGS84.fwd(lon, lat, azimuth, metres * part)
    inside = lon + (x - lon + 180) % 360 - 180, y
    x, y, _ = WGS84.fwd(lon, lat, azimuth, metres * 1.00011)
    outside = lon + (x - lon + 180) % 360 - 180, y
    outline = zone(Point(lon, lat), metres)
    assert outline.covers(Point(inside))
    assert not outline.covers(Point(outside))


@pytest.mark.parametrize("metres", [0, -5, np.nan, 1_000_001])
def test_a_radius_out_of_range_is_an_error(metres):
    with pytest.raises(GeometryError, match="give a radius in metres"):
        zone(Point(34, 31), metres)


def test_a_zone_that_reaches_a_pole_is_an_error():
    with pytest.raises(GeometryError, match="pole"):
        zone(Point(34, 89.5), 100_000)


def test_each_row_has_its_own_radius_and_an_empty_row_an_empty_zone():
    zones = geodesy.buffer(array(Point(34, 31), None, Polygon(), Point(34, 31)), np.array([1e3, 1e3, 1e3, 2e3]))
    areas = geodesy.area_m2(zones)
    np.testing.assert_allclose(areas[[0, 3]], np.pi * np.array([1e6, 4e6]), rtol=5e-4)
    assert [z.is_empty for z in zones] == [False, True, True, False]


def test_an_area_is_that_of_geodesics_between_close_vertices(draw):
    polygons = array(*(draw.shape((draw.rng.uniform(-170, 170), lat), 30_000, "hole") for lat in (-84, -30, 0, 31, 80)))
    dense = shapely.orient_polygons(shapely.segmentize(polygons, 0.001))
    true = [WGS84.geometry_area_perimeter(p)[0] for p in dense]
    np.testing.assert_allclose(geodesy.area_m2(polygons), np.abs(true), rtol=1e-6)


def test_the_globe_has_the_area_of_the_ellipsoid():
    assert geodesy.area_m2(array(box(-180, -90, 180, 90)))[0] == pytest.approx(510_065_621_724_088.4, rel=1e-9)


boxes = st.tuples(st.floats(-170, 160), st.floats(-80, 70), st.floats(0.01, 10), st.floats(0.01, 10)).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@settings(max_examples=40)
@given(boxes, st.floats(0.1, 0.9), st.booleans())
def test_areas_of_two_halves_add_up_whatever_the_direction_of_rings(whole, at, upright):
    west, south, east, north = whole.bounds
    x, y = west + at * (east - west), south + at * (north - south)
    halves = (
        [box(west, south, x, north), box(x, south, east, north)]
        if upright
        else [box(west, south, east, y), box(west, y, east, north)]
    )
    areas = geodesy.area_m2(array(whole, shapely.reverse(whole), *halves))
    assert areas[0] == areas[1]
    assert areas[2] + areas[3] == pytest.approx(areas[0], rel=1e-9)


@settings(max_examples=40)
@given(boxes, boxes, st.floats(-12, 12), st.floats(-12, 12))
def test_a_share_is_between_0_and_1_and_is_the_common_area_by_the_whole(a, b, east, north):
    b = shapely.transform(
        b, lambda xy: xy - xy.mean(axis=0) + shapely.get_coordinates(a.centroid)[0] + np.array([east, 0])
    )
    b = shapely.transform(b, lambda xy: np.clip(xy + np.array([0, north]), -90, 90))
    area, share = geodesy.overlap(array(a), array(b))
    assert 0 <= share[0] <= 1
    assert share[0] * geodesy.area_m2(array(a))[0] == pytest.approx(area[0], rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    "shape", [Point(1, 1), MultiPoint([(1, 1), (1.5, 1)]), LineString([(1, 1), (1.5, 1.2)]), box(1, 1, 1.5, 1.5)]
)
def test_what_is_covered_shares_all_of_itself(shape):
    assert geodesy.overlap(array(shape), array(box(0, 0, 2, 2)))[1][0] == pytest.approx(1, abs=1e-12)


def test_a_share_is_of_area_of_length_or_of_points():
    dots = MultiPoint([(0, 0), (1, 0), (2, 0), (2, 1)])
    shapes = array(box(0, 0, 2, 1), LineString([(0, 0), (2, 0)]), dots, Point(9, 9))
    area, share = geodesy.overlap(shapes, array(*[box(-1, -1, 1, 1)] * 4))
    np.testing.assert_allclose(share, [0.5, 0.5, 0.5, 0], atol=1e-9)
    assert area[0] > 0
    assert (area[1:] == 0).all()


def test_a_zone_across_the_antimeridian_overlaps_what_lies_beyond_it():
    parcel, around = box(-179.99, 10, -179.98, 10.01), zone(Point(179.99, 10), 20_000)
    assert geodesy.distance(array(parcel), array(Point(179.99, 10)))[0] < 3000
    assert geodesy.overlap(array(parcel), array(around))[1][0] == 1
