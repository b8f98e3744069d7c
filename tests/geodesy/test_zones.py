"""Zones hold what is within their radius, and areas add up."""

import hypothesis
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geoprox import geodesy
from geoprox.errors import GeometryError

WGS84 = Geod(ellps="WGS84")
EXACT = 1e-6  # of the radius: a millimetre of a kilometre


def array(*geometries):
    return np.array(geometries, dtype=object)


def zone(geometry, metres):
    return geodesy.buffer(array(geometry), np.array([float(metres)]))[0]


# where longitudes and latitudes end is no outline of a zone
FRAME = box(-180, -90, 180, 90).boundary


def apart(geometry, lonlat):
    """Return the distances between a geometry and places, in metres."""
    places = np.asarray(shapely.points(lonlat), dtype=object)
    rows = np.arange(len(places))
    return geodesy.nearest(array(geometry), places, np.zeros_like(rows), rows).distance_m


def reach(outline, geometry, metres):
    """Return how near and how far an outline runs, in radii, by points on all of its edges."""
    line = shapely.difference(outline.boundary, FRAME)
    radii = apart(geometry, shapely.get_coordinates(shapely.segmentize(line, line.length / 1000))) / metres
    return radii.min(), radii.max()


def go(lon, lat, azimuth, metres):
    x, y, _ = WGS84.fwd(lon, lat, azimuth, metres)
    return Point((x + 180) % 360 - 180, y)


def require_sound(outline):
    assert outline.is_valid
    assert outline.geom_type in {"Polygon", "MultiPolygon"}
    assert FRAME.envelope.covers(outline)


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
    pytest.param(LineString([(34, 31), (34.1, 31), (34, 31)]), 3000, id="line there and back"),
    pytest.param(
        LineString([(34, 31), (34.00000001, 31), (34.1, 31.05)]), 3000, id="line with an edge of a millimetre"
    ),
    pytest.param(Polygon([(34, 31), (34.3, 31.000001), (34, 31.000002)]), 2000, id="needle"),
    pytest.param(Polygon([(0, 0), (0.1, 0.0004), (0.2, 0), (0.1, 0.1)]), 5000, id="shallow notch"),
    pytest.param(Point(0, 90), 300_000, id="at a pole"),
    pytest.param(Point(77, -89.9), 300_000, id="about a pole"),
    pytest.param(Point(34, 89), 60_000, id="short of a pole"),
    pytest.param(Point(34.65, -90), 5000, id="at the other pole"),
    pytest.param(LineString([(0, 88), (170, 89)]), 300_000, id="line past a pole"),
    pytest.param(LineString([(10, 80), (10, 90), (190, 90), (190, 85)]), 100_000, id="line over a pole"),
    pytest.param(LineString([(20, -90), (20, 90)]), 1_000_000, id="line from pole to pole"),
    pytest.param(LineString([(-20, 82), (150, 84), (300, 81)]), 900_000, id="long line in the far north"),
    pytest.param(box(-180, 84, 180, 86), 100_000, id="ring about a pole"),
    pytest.param(box(-180, 70, 180, 90), 500_000, id="polygon with a pole"),
    pytest.param(box(0, -90, 90, -85), 100_000, id="polygon with a pole at its corner"),
    pytest.param(box(530, 10, 539, 12), 20_000, id="polygon far beyond the range"),
    pytest.param(box(175, -1, 185, 1).difference(box(178, -0.5, 182, 0.5)), 20_000, id="hole on the antimeridian"),
]


@pytest.mark.parametrize(("geometry", "metres"), SOURCES)
def test_a_zone_loses_nothing_within_and_holds_little_beyond(geometry, metres):
    outline = zone(geometry, metres)
    require_sound(outline)
    assert not apart(geometry, shapely.get_coordinates(outline.point_on_surface())) > metres
    least, most = reach(outline, geometry, metres)
    assert least >= 1 - 1e-9
    assert most <= 1.0001 + 1e-9


def test_an_inscribed_zone_of_eight_segments_a_quarter_fails_that_check():
    azimuth = np.linspace(0, 360, 32, endpoint=False)
    lon, lat, _ = WGS84.fwd(np.full(32, 34.65), np.full(32, 31.8), azimuth, np.full(32, 500.0))
    inscribed = Polygon(np.stack([lon, lat], axis=1))
    least, _ = reach(inscribed, Point(34.65, 31.8), 500)
    assert least < 0.999


longitudes = st.floats(-180, 180) | st.sampled_from([-180.0, 180.0, 179.9999, 400.0])
latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, -89.9, 89.9, 89.999999, 90.0])
radii = st.floats(1, 6).map(lambda exponent: 10**exponent)


@settings(max_examples=60)
@given(longitudes, latitudes, radii, st.floats(0, 360), st.floats(0, 0.999))
def test_every_point_within_the_radius_is_in_the_zone_and_none_beyond(lon, lat, metres, azimuth, part):
    outline = zone(Point(lon, lat), metres)
    require_sound(outline)
    assert outline.covers(go(lon, lat, azimuth, metres * part))
    assert outline.covers(go(lon, lat, azimuth, metres * 0.999))
    assert not outline.covers(go(lon, lat, azimuth, metres * 1.00011))


@settings(max_examples=20, deadline=None)
@given(st.data(), longitudes, latitudes, st.floats(2, 6).map(lambda exponent: 10**exponent))
def test_what_is_in_the_zone_of_any_shape_is_told_by_the_distance(data, lon, lat, metres):
    size = st.floats(0, metres)
    bends = data.draw(st.lists(st.tuples(st.floats(0, 360), size), min_size=2, max_size=5))
    places = [go(lon, lat, azimuth, away) for azimuth, away in bends]
    line = shapely.transform(
        LineString(places), lambda xy: np.stack([lon + (xy[:, 0] - lon + 180) % 360 - 180, xy[:, 1]], 1)
    )
    shape = line if np.abs(shapely.get_coordinates(line)[:, 0]).max() <= 540 else places[0]
    outline = zone(shape, metres)
    require_sound(outline)
    around = data.draw(st.lists(st.tuples(st.floats(0, 360), st.floats(0, 3)), min_size=20, max_size=20))
    asked = [go(lon, lat, azimuth, metres * away) for azimuth, away in around]
    away = apart(shape, shapely.get_coordinates(asked)) / metres
    held = shapely.covers(outline, asked)
    assert held[away <= 1].all()
    assert not held[away > 1.0001].any()


@pytest.mark.parametrize("pole", [90, -90])
@pytest.mark.parametrize("share", [0.9999, 0.99994, 1.0, 1.00001, 1.001])
def test_the_pole_by_the_outline_is_in_the_zone_if_it_is_within_the_radius(pole, share):
    away = WGS84.inv(34, pole * 0.98, 34, pole)[2]
    outline = zone(Point(34, pole * 0.98), away * share)
    require_sound(outline)
    around = shapely.points(np.linspace(-180, 180, 25), np.full(25, float(pole)))
    held = shapely.covers(outline, around)
    assert held.all() or not held.any()
    assert held.all() if share >= 1 else share > 0.9999 or not held.any()
    assert (outline.bounds[3 if pole > 0 else 1] == pole) == held.all()


def test_a_zone_with_a_pole_reaches_it_over_the_full_turn():
    outline = zone(Point(34, 89.5), 100_000)
    assert outline.geom_type == "Polygon"
    assert outline.bounds[::2] == (-180, 180)
    assert shapely.intersection(outline.boundary, LineString([(-180, 90), (180, 90)])).length == 360


def test_a_zone_across_the_antimeridian_is_cut_there():
    outline = zone(Point(179.99, 10), 5000)
    assert outline.geom_type == "MultiPolygon"
    assert min(part.bounds[0] for part in outline.geoms) == -180
    assert max(part.bounds[2] for part in outline.geoms) == 180
    whole = zone(Point(0, 10), 5000)
    assert geodesy.area_m2(array(outline))[0] == pytest.approx(geodesy.area_m2(array(whole))[0], rel=1e-6)


def test_longitudes_that_run_on_mean_the_same_place():
    here, beyond = box(-170, 10, -169, 11), box(190, 10, 191, 11)
    assert zone(here, 5000).symmetric_difference(zone(beyond, 5000)).area < 1e-9


def test_a_hole_closes_when_the_radius_reaches_its_middle():
    shape = box(0, 0, 1, 1).difference(box(0.4, 0.4, 0.6, 0.6))
    middle = geodesy.distance(array(shape), array(Point(0.5, 0.5)))[0]
    assert [len(zone(shape, middle * share).interiors) for share in (0.99, 1.01)] == [1, 0]


@pytest.mark.parametrize("metres", [0, np.nan, 1_000_001, -1_000_001, np.inf, 1e-9])
def test_a_radius_out_of_range_is_an_error(metres):
    with pytest.raises(GeometryError, match=r"row 0: radius .* give a radius in metres"):
        zone(box(34, 31, 35, 32), metres)


def test_each_row_has_its_own_radius_and_an_empty_row_an_empty_zone():
    zones = geodesy.buffer(array(Point(34, 31), None, Polygon(), Point(34, 31)), np.array([1e3, 1e3, 1e3, 2e3]))
    areas = geodesy.area_m2(zones)
    np.testing.assert_allclose(areas[[0, 3]], np.pi * np.array([1e6, 4e6]), rtol=5e-4)
    assert [z.is_empty for z in zones] == [False, True, True, False]


# -- within polygons ----------------------------------------------------------------------------------------------

# polygons, with their true boundary on the globe
INSIDES = [
    pytest.param(box(34, 31, 34.1, 31.1), box(34, 31, 34.1, 31.1).boundary, 1000, id="box"),
    pytest.param(box(0, 0, 1, 1) - box(0.3, 0.3, 0.7, 0.7), (box(0, 0, 1, 1) - box(0.3, 0.3, 0.7, 0.7)).boundary, 9000),
    pytest.param(box(170, 0, 190, 10), box(170, 0, 190, 10).boundary, 100_000, id="beyond the antimeridian"),
    pytest.param(
        MultiPolygon([box(170, 0, 180, 10), box(-180, 5, -170, 15)]),
        (box(170, 0, 180, 10) | box(180, 5, 190, 15)).boundary,
        100_000,
        id="cut at the antimeridian",
    ),
    pytest.param(box(-180, 70, 180, 90), LineString([(-180, 70), (180, 70)]), 100_000, id="about a pole"),
    pytest.param(
        box(0, -90, 90, -80), LineString([(0, -90), (0, -80), (90, -80), (90, -90)]), 50_000, id="pole at a corner"
    ),
    pytest.param(
        box(-180, 70, 0, 90), LineString([(0, 90), (0, 70), (-180, 70), (-180, 90)]), 50_000, id="half about a pole"
    ),
]


@pytest.mark.parametrize(("polygon", "boundary", "metres"), INSIDES)
def test_a_zone_within_a_polygon_keeps_its_distance_from_the_boundary(polygon, boundary, metres):
    inner = zone(polygon, -metres)
    require_sound(inner)
    least, most = reach(inner, boundary, metres)
    assert least >= 1 - 1e-9
    assert most <= 1.0001 + 1e-9


def inside(polygon, rng):
    """Return places inside a polygon."""
    west, south, east, north = polygon.bounds
    places = np.stack([rng.uniform(west, east, 200), rng.uniform(south, north, 200)], axis=1)
    return places[shapely.covers(polygon, shapely.points(places))]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-179, 179), st.floats(-89, 89), st.floats(0.05, 0.5))
def test_a_point_is_kept_if_it_is_deep_enough(seed, lon, lat, part):
    rng = np.random.default_rng(seed)
    azimuth = -np.sort(rng.uniform(0, 40, 9) + np.arange(9) * 40)
    x, y, _ = WGS84.fwd(np.full(9, lon), np.full(9, lat), azimuth, rng.uniform(10_000, 30_000, 9))
    star = Polygon(np.stack([lon + (x - lon + 180) % 360 - 180, y], axis=1))
    hypothesis.assume(star.is_valid and star.covers(Point(lon, lat)))
    metres = part * 20_000
    inner = zone(star, -metres)
    require_sound(inner)
    places = inside(star, rng)
    deep = apart(star.boundary, places) / metres
    held = shapely.covers(inner, shapely.points((places[:, 0] + 180) % 360 - 180, places[:, 1]))
    assert held[deep > 1.0001].all()
    assert not held[deep < 1].any()


@pytest.mark.parametrize(
    "shape", [Point(1, 1), LineString([(1, 1), (2, 2)]), GeometryCollection([box(0, 0, 1, 1), Point(3, 3)])]
)
def test_a_zone_within_points_or_lines_is_an_error_that_names_the_row(shape):
    with pytest.raises(
        GeometryError, match=f"row 1: .* this {shape.geom_type} has points or lines; give it a radius above 0"
    ):
        geodesy.buffer(array(box(0, 0, 1, 1), shape), np.array([-5.0, -5.0]))


def test_nothing_is_left_of_a_polygon_that_is_not_so_deep():
    assert zone(box(34, 31, 34.01, 31.01), -600).is_empty


# -- rings --------------------------------------------------------------------------------------------------------

RINGED = [
    pytest.param(Point(34.65, 31.8), id="point"),
    pytest.param(LineString([(34, 31), (34.2, 31.3), (34.1, 31.35)]), id="line"),
    pytest.param(box(34, 31, 34.1, 31.1).difference(box(34.02, 31.02, 34.08, 31.08)), id="hole"),
    pytest.param(Point(179.99, -40), id="antimeridian"),
    pytest.param(Point(10, 89.97), id="pole"),
]


@pytest.mark.parametrize("shape", RINGED)
def test_rings_share_their_edges(shape):
    radii = np.array([500.0, 1000.0, 5000.0])
    found = geodesy.rings(array(shape), radii)[0]
    zones = [zone(shape, metres) for metres in radii]
    for ring in found:
        require_sound(ring)
    assert found[0].equals(zones[0])
    areas = geodesy.area_m2(found)
    # what holds a pole is measured from the equator, to 0.1 m2
    np.testing.assert_allclose(np.cumsum(areas), geodesy.area_m2(array(*zones)), rtol=1e-9, atol=0.1)
    for inner, outer, around in zip(found[:-1], found[1:], zones[:-1], strict=True):
        assert shapely.intersection(inner, outer).area == 0
        edge = {tuple(xy) for xy in shapely.get_coordinates(around) if abs(xy[0]) < 180 and abs(xy[1]) < 90}
        assert edge <= {tuple(xy) for xy in shapely.get_coordinates(inner)}
        assert edge <= {tuple(xy) for xy in shapely.get_coordinates(outer)}
        assert len(edge) > 300


@pytest.mark.parametrize("radii", [[], [1000, 500], [500, 500], [500, 500.01], [0, 500], [-500, 500], [np.nan, 500]])
def test_radii_that_do_not_ascend_are_an_error(radii):
    with pytest.raises(GeometryError, match=r"give metres such as \[500, 1000, 5000\]"):
        geodesy.rings(array(Point(34, 31)), np.array(radii, dtype=float))


# -- areas and shares ---------------------------------------------------------------------------------------------


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
