"""Edges drawn as geodesics, against geodesics computed by geographiclib, point by point."""

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.optimize import minimize_scalar
from shapely import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

import geoprox as gp
from geoprox.errors import GeometryError
from geoprox.geodesy import area_m2, with_geodesic_edges
from geoprox.geodesy.geodesic_edges import TOLERANCE_M

EARTH, WGS84 = Geodesic.WGS84, Geod(ellps="WGS84")
MM = 1e-3
# near a pole, since a ring far from it has hundreds of thousands of points
CAP = [(0, 89.9), (90, 89.9), (180, 89.9), (270, 89.9)]


def array(*geometries):
    return np.array(geometries, dtype=object)


def drawn(geometry):
    return with_geodesic_edges(array(geometry))[0]


def distance(a, b, edges="geodesic"):
    return gp.distance(a, b, edges=edges).iloc[0]


def point_to_geodesic(point, start, end):
    """Return the distance of a point from the geodesic between two places, by minimisation along it."""
    line = EARTH.InverseLine(start[1], start[0], end[1], end[0])

    def away(metres):
        on = line.Position(metres)
        return EARTH.Inverse(on["lat2"], on["lon2"], point[1], point[0])["s12"]

    inner = minimize_scalar(away, bounds=(0, line.s13), method="bounded", options={"xatol": 1e-3})
    return min(inner.fun, away(0), away(line.s13))


def geodesic_distance(a, b):
    """Return the distance of two lines or rings that do not meet, their edges being geodesics.

    Geodesics of a curved surface draw together, so no two are nearest to each other between the ends of both.
    """
    a, b = (shapely.get_coordinates(g).tolist() for g in (a, b))
    pairs = [(p, b[i], b[i + 1]) for p in a for i in range(len(b) - 1)]
    pairs += [(q, a[i], a[i + 1]) for q in b for i in range(len(a) - 1)]
    return min(point_to_geodesic(*pair) for pair in pairs)


def away_from_geodesic(start, end, pieces, rng):
    """Return no less than how far places on some pieces lie from the geodesic: to the point as far along it."""
    line = EARTH.InverseLine(start[1], start[0], end[1], end[0])
    some = rng.choice(len(pieces) - 1, min(40, len(pieces) - 1), replace=False)
    away = []
    for i in some:
        for share in (0.2, 0.5, 0.8):
            lon, lat = pieces[i] + (pieces[i + 1] - pieces[i]) * share
            along = line.Position(EARTH.Inverse(start[1], start[0], lat, lon)["s12"])
            away.append(EARTH.Inverse(along["lat2"], along["lon2"], lat, lon)["s12"])
    return max(away)


def random_edge(rng):
    start = rng.uniform(-180, 180), np.degrees(np.arcsin(rng.uniform(-1, 1)))
    end = EARTH.Direct(start[1], start[0], rng.uniform(0, 360), np.exp(rng.uniform(np.log(10), np.log(1.95e7))))
    return start, (end["lon2"], end["lat2"])


def past_a_pole(rng):
    """Draw an edge whose geodesic passes a pole within a micrometre to ten kilometres, or ends there."""
    lat = (90 - 10 ** rng.uniform(-6, 4) / 111_694) * rng.choice([-1, 1])
    near = rng.uniform(-180, 180), lat
    ends = [EARTH.Direct(near[1], near[0], azimuth, 10 ** rng.uniform(0, 6.8)) for azimuth in (90, 270)]
    start, end = ((e["lon2"], e["lat2"]) for e in ends)
    return (near, end) if rng.random() < 0.3 else (start, end)


# -- the bound -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [random_edge, past_a_pole])
def test_no_piece_leaves_its_geodesic_by_more_than_a_tenth_of_a_millimetre(make):
    rng = np.random.default_rng(20260704)
    worst = []
    for _ in range(60):
        start, end = make(rng)
        pieces = shapely.get_coordinates(drawn(LineString([start, end])))
        worst.append(away_from_geodesic(start, end, pieces, rng))
    assert max(worst) <= TOLERANCE_M
    assert np.mean(worst) > TOLERANCE_M / 5, "pieces are shorter than they need be"


@pytest.mark.parametrize("azimuth", [20, 55, 90])
def test_the_bound_is_nearly_reached_whatever_the_azimuth(azimuth):
    end = EARTH.Direct(32, 35, azimuth, 20_000)
    pieces = shapely.get_coordinates(drawn(LineString([(35, 32), (end["lon2"], end["lat2"])])))
    worst = away_from_geodesic((35, 32), (end["lon2"], end["lat2"]), pieces, np.random.default_rng(1))
    assert 0.6 * TOLERANCE_M < worst <= TOLERANCE_M


def test_an_edge_however_near_a_pole_needs_few_pieces():
    edges = [LineString([(0, 10), (180 - turn, 40)]) for turn in 10.0 ** np.arange(-12, 2)]
    assert max(shapely.get_num_coordinates(with_geodesic_edges(array(*edges)))) < 300_000


def test_no_piece_turns_by_more_than_a_tenth_in_longitude_or_is_longer_than_100_km():
    rng = np.random.default_rng(20260704)
    edges = [make(rng) for make in (random_edge, past_a_pole) for _ in range(100)]
    edges += [((0, 1e-9), (170, 1e-9)), ((0, -80), (1e-9, 80)), ((0, 89.9999999999), (120, 60))]
    pieces = with_geodesic_edges(array(*(LineString(edge) for edge in edges)))
    xy, line = shapely.get_coordinates(pieces, return_index=True)
    (lon, lat), polar = xy.T, np.abs(xy[:, 1]) == 90
    turn, metres = np.abs(np.diff(lon)), WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    cut = (np.diff(line) == 0) & ~polar[1:] & ~polar[:-1] & (turn > 0)
    assert np.radians(turn[cut].max()) <= 0.1 + 1e-9
    assert metres[cut].max() <= 100_000


# -- distances -----------------------------------------------------------------------------------------------------


def test_distances_agree_with_minimisation_over_geodesics(draw):
    for _ in range(12):
        here = draw.rng.uniform(-180, 180), draw.rng.uniform(-70, 70)
        size, apart = 10 ** draw.rng.uniform(2, 5.5), 10 ** draw.rng.uniform(3, 5.2)
        a = draw.star(here, size, 5)
        beyond = draw.go(here, draw.rng.uniform(0, 360), 2 * size + apart)
        b = draw.star(beyond, size, 4)
        a, b = LineString(a), Polygon(b)
        assert distance(a, b) == pytest.approx(geodesic_distance(a, b.exterior), abs=MM)
        assert distance(b, a) == pytest.approx(distance(a, b), abs=1e-6)


def test_a_border_of_900_km_lies_kilometres_from_where_it_lies_in_longitude_and_latitude():
    border, town = LineString([(10, 50), (22.5, 50)]), Point(16.25, 50.3)
    true = point_to_geodesic(town.coords[0], *border.coords)
    assert distance(border, town) == pytest.approx(true, abs=MM)
    assert distance(border, town, "lonlat") - true > 15_000


def test_an_edge_of_a_parcel_lies_centimetres_from_where_it_lies_in_longitude_and_latitude():
    edge, place = LineString([(35, 32), (35.04, 32)]), Point(35.02, 32.01)
    true = point_to_geodesic(place.coords[0], *edge.coords)
    assert distance(edge, place) == pytest.approx(true, abs=MM)
    assert distance(edge, place, "lonlat") - true == pytest.approx(0.175, abs=0.01)


def test_what_a_geodesic_cuts_off_is_inside():
    land = Polygon([(10, 50), (22.5, 50), (16, 40)])
    town = Point(16.25, 50.1)
    assert distance(land, town) == 0
    assert distance(land, town, "lonlat") > 10_000
    pairs = gp.near(town, land, within_m=0, edges="geodesic")
    assert pairs["relation"].tolist() == ["within"]
    assert len(gp.near(town, land, within_m=10_000)) == 0
    assert gp.near(town, land, k=1, edges="geodesic")["distance_m"].tolist() == [0]


meridians = st.tuples(st.floats(-179, 179), st.floats(-89, 89), st.floats(-89, 89)).map(
    lambda v: LineString([(v[0], v[1]), (v[0], v[2])])
)
equator = st.tuples(st.floats(-179, 0), st.floats(0.001, 170)).map(lambda v: LineString([(v[0], 0), (v[0] + v[1], 0)]))
along = st.one_of(meridians.filter(lambda line: line.length > 1e-6), equator)


@settings(max_examples=40)
@given(along, along)
def test_along_meridians_and_the_equator_both_models_are_one(a, b):
    assert shapely.equals_exact(drawn(a), a)
    assert distance(a, b) == distance(a, b, "lonlat")


# -- what stands is kept -------------------------------------------------------------------------------------------


def test_points_and_what_is_empty_or_missing_are_returned_as_they_are():
    given_ = array(Point(1, 2, 3), None, MultiPoint([(1, 2), (3, 4)]), Polygon(), GeometryCollection([Point(5, 6)]))
    assert all(a is b for a, b in zip(with_geodesic_edges(given_), given_, strict=True))
    assert with_geodesic_edges(array()).shape == (0,)
    lines = array(LineString([(0, 50), (1, 50)]), None, Point())
    assert with_geodesic_edges(lines)[1:].tolist() == [None, Point()]
    assert lines[0].equals(LineString([(0, 50), (1, 50)])), "the argument was changed"


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (LineString([(0, 50, 7), (3, 50, 7)]), "LineString"),
        (LinearRing([(0, 50), (3, 50), (2, 52)]), "LineString"),
        (MultiLineString([[(0, 50), (3, 50)]]), "MultiLineString"),
        (box(0, 50, 3, 52), "Polygon"),
        (MultiPolygon([box(0, 50, 3, 52), box(4, 50, 5, 51)]), "MultiPolygon"),
        (GeometryCollection([Point(0, 0), box(0, 50, 3, 52), Polygon()]), "GeometryCollection"),
        (
            GeometryCollection([GeometryCollection([Point(0, 0)]), MultiLineString([[(0, 50), (3, 50)]])]),
            "GeometryCollection",
        ),
    ],
)
def test_a_type_stays_and_every_vertex_stays_in_its_place(geometry, kind):
    out = drawn(geometry)
    assert out.geom_type == kind
    assert not out.has_z
    here, there = (set(map(tuple, shapely.get_coordinates(g).tolist())) for g in (geometry, out))
    assert here < there
    assert distance(out, geometry) == 0


def test_holes_stay_holes():
    land = Polygon(
        box(0, 50, 12, 60).exterior.coords, [box(3, 53, 9, 57).exterior.coords, box(10, 52, 11, 53).exterior.coords]
    )
    out = drawn(land)
    assert len(out.interiors) == 2
    lake = LineString(land.interiors[0].coords)
    assert distance(land, Point(6, 55)) == pytest.approx(geodesic_distance(Point(6, 55), lake), abs=MM)


def test_shapes_that_share_an_edge_share_every_point_of_it():
    west, east = Polygon([(10, 50), (20, 55), (15, 45)]), Polygon([(20, 55), (10, 50), (12, 56)])
    out = with_geodesic_edges(array(west, east))
    assert shapely.touches(*out)
    assert gp.near(west, east, within_m=0, edges="geodesic")["relation"].tolist() == ["touches"]
    assert drawn(MultiLineString([west.exterior, east.exterior])).is_valid


def test_rows_are_drawn_alike_whatever_stands_beside_them(draw):
    shapes = array(*(draw.shape((draw.rng.uniform(-180, 180), lat), 50_000) for lat in np.linspace(-85, 85, 30)))
    together = with_geodesic_edges(shapes)
    assert all(shapely.equals_identical(drawn(one), two) for one, two in zip(shapes, together, strict=True))


def test_an_edge_on_the_antimeridian_is_one_edge_on_either_side_of_it():
    east = shapely.get_coordinates(drawn(LineString([(180, 50), (170, 55)])))
    west = shapely.get_coordinates(drawn(LineString([(-190, 55), (-180, 50)])))[::-1]
    np.testing.assert_array_equal(east, west + np.array([360, 0]))


# -- the antimeridian ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [[(179, 50), (-179, 50)], [(-179, 50), (179, 50)], [(181, 50), (179, 50)]])
def test_an_edge_goes_the_short_way(line):
    out = drawn(LineString(line))
    assert shapely.bounds(out)[2] - shapely.bounds(out)[0] == 2
    assert np.abs(shapely.get_coordinates(out)[:, 0]).max() == 181
    true = point_to_geodesic((180, 51), *line)
    assert distance(LineString(line), Point(180, 51)) == pytest.approx(true, abs=MM)
    assert distance(LineString(line), Point(-180, 51)) == pytest.approx(true, abs=MM)


def test_a_hole_runs_where_its_shell_does():
    shell = [(170, -20), (-170, -20), (-170, 0), (170, 0)]
    island = Polygon(shell, [[(-176, -12), (-174, -12), (-174, -8), (-176, -8)]])
    out = drawn(island)
    assert out.is_valid
    assert area_m2(array(out)) < area_m2(array(drawn(Polygon(shell))))
    assert distance(island, Point(-175, -10)) > 100_000
    assert distance(island, Point(175, -10)) == 0


@pytest.mark.parametrize("turn", [-360, 360])
def test_a_full_turn_changes_no_distance_of_lines_that_run_on(turn):
    line, place = [(179, 50), (-170, 60)], Point(179, 56)
    there = LineString([(lon + turn * (lon * turn < 0), lat) for lon, lat in line])
    assert distance(there, place) == pytest.approx(distance(LineString(line), place), abs=1e-6)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_line_that_runs_on_too_far_is_brought_back_by_full_turns(sign):
    east = LineString([(sign * lon, 50) for lon in (400, 500, 240)])
    xy = shapely.get_coordinates(drawn(east))
    assert xy[[0, -1], 0].tolist() == [sign * 40, sign * 240]
    assert distance(east, Point(sign * 200, 60)) == pytest.approx(distance(east, Point(sign * -160, 60)), abs=1e-6)


# -- poles ---------------------------------------------------------------------------------------------------------


def test_the_inside_is_as_large_as_geographiclib_says(draw):
    shapes = [Polygon(draw.star((lon, 50), 900_000, 5)) for lon in (0, 175)]
    shapes += [Polygon([(lon, 80) for lon in (0, 90, 180, 270)]), Polygon([(0, -20), (120, -20), (240, -20)])]
    for shape in shapes:
        ring = EARTH.Polygon()
        for lon, lat in shape.exterior.coords[:-1]:
            ring.AddPoint(lat, lon)
        assert area_m2(with_geodesic_edges(array(shape)))[0] == pytest.approx(abs(ring.Compute()[2]), rel=1e-8)


@pytest.mark.parametrize("turn", [0, 3])
@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("side", [1, -1])
def test_a_ring_round_a_pole_holds_it_wherever_it_starts_and_whichever_way_it_runs(turn, way, side):
    ring = [(lon, lat * side) for lon, lat in (CAP[turn:] + CAP[:turn])[::way]]
    cap = Polygon(ring)
    inside = [Point(lon, lat * side) for lon in (-179, -45, 0, 45, 100, 180) for lat in (89.94, 90)]
    assert gp.distance(cap, inside, edges="geodesic").tolist() == [0] * len(inside)
    outside = Point(45, 89.7 * side)
    true = point_to_geodesic(outside.coords[0], (0, 89.9 * side), (90, 89.9 * side))
    assert distance(cap, outside) == pytest.approx(true, abs=MM)
    assert distance(cap, Point(10, -89 * side)) > 1.98e7


def test_a_ring_round_the_earth_holds_its_smaller_side():
    for lat in (-10, 10):
        belt = Polygon([(0, lat), (120, lat), (240, lat)])
        assert distance(belt, Point(7, np.copysign(90, lat))) == 0
        assert distance(belt, Point(7, -np.copysign(89, lat))) > 9e6


def test_a_ring_between_two_rings_round_a_pole_has_a_hole_there():
    outer, inner = CAP, [(lon + 30, 89.95) for lon, _ in CAP]
    ring = Polygon(outer, [inner])
    to_rim = point_to_geodesic((0, 90), inner[0], inner[1])
    assert distance(ring, Point(0, 90)) == pytest.approx(to_rim, abs=MM)
    assert gp.distance(ring, [Point(lon, 89.929) for lon in range(-180, 181, 30)], edges="geodesic").eq(0).all()


def test_a_hole_may_lie_where_a_ring_round_a_pole_starts():
    cap = Polygon(CAP, [[(-10, 89.94), (10, 89.94), (10, 89.96), (-10, 89.96)]])
    assert distance(cap, Point(0, 89.95)) == pytest.approx(
        distance(Point(0, 89.95), LineString(cap.interiors[0].coords)), abs=MM
    )
    assert gp.distance(cap, [Point(20, 89.95), Point(-20, 89.95), Point(180, 89.95)], edges="geodesic").eq(0).all()


@pytest.mark.parametrize("lon", [(0, 180), (-90, 90), (20, 199.9999999999999)])
def test_an_edge_through_a_pole_runs_along_two_meridians(lon):
    out = drawn(LineString([(lon[0], 80), (lon[1], 85)]))
    assert shapely.get_coordinates(out)[1:3, 1].tolist() == [90, 90]
    assert len(out.coords) == 4
    assert distance(LineString([(lon[0], 80), (lon[1], 85)]), Point(77, 90)) < 1e-5


def test_a_vertex_within_a_hundredth_of_a_millimetre_of_a_pole_is_the_pole():
    out = drawn(LineString([(0, 90 - 5e-11), (120, 80)]))
    assert shapely.get_coordinates(out).tolist() == [[120, 90], [120, 80]]
    out = drawn(LineString([(0, -90), (200, -80)]))
    assert shapely.get_coordinates(out).tolist() == [[200, -90], [200, -80]]


@pytest.mark.parametrize("start", range(4))
@pytest.mark.parametrize("east", [1, -1])
def test_a_sector_that_meets_a_pole_keeps_to_its_side(start, east):
    ring = [(0, 89.9), (180, 89.9), (120 * east, 89.8), (60 * east, 89.8)]
    sector = Polygon(ring[start:] + ring[:start])
    assert distance(sector, Point(90 * east, 89.95)) == 0
    away = point_to_geodesic((-90 * east, 89.95), (0, 89.9), (180, 89.9))
    assert distance(sector, Point(-90 * east, 89.95)) == pytest.approx(away, abs=MM)


@pytest.mark.parametrize("start", range(5))
@pytest.mark.parametrize("lon", [0, 123])
def test_a_sector_with_its_corner_at_a_pole_may_be_wider_than_half_a_turn(start, lon):
    ring = [(lon, 90), *CAP]
    sector = Polygon(ring[start:] + ring[:start])
    assert gp.distance(sector, [Point(x, 89.94) for x in (10, 100, 190, 260)], edges="geodesic").eq(0).all()
    assert distance(sector, Point(-45, 89.94)) > 3000


def test_a_sector_may_be_larger_than_half_the_earth():
    sector = Polygon([(0, 90), (0, -50), (90, -50), (180, -50), (270, -50)])
    assert distance(sector, Point(100, 0)) == 0
    assert distance(sector, Point(-45, 0)) > 4_000_000
    assert distance(sector, Point(100, -85)) > 2_000_000


def test_land_drawn_to_the_pole_along_the_antimeridian_is_itself():
    coast = [(180, -89.8), (90, -89.7), (0, -89.7), (-90, -89.7), (-180, -89.8)]
    land = Polygon([(-180, -90), (180, -90), *coast])
    assert gp.distance(land, [Point(x, -89.9) for x in (-179, -80, 0, 120, 180)], edges="geodesic").eq(0).all()
    assert distance(land, Point(60, -89.5)) > 10_000


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        pytest.param(LineString([(0, 0), (180, 0)]), "opposite each other.*add a vertex between", id="antipodes"),
        pytest.param(LineString([(0, 0), (179.7, 0.1)]), "opposite each other", id="nearly antipodes"),
        pytest.param(LineString([(5, -90), (5, 90)]), "opposite each other", id="pole to pole"),
        pytest.param(LineString([(3, 90), (80, 90)]), "one place", id="nothing but a pole"),
        pytest.param(LineString([(180, 10), (-180, 10)]), "not valid", id="one place with two longitudes"),
        pytest.param(box(-180, 70, 180, 90), "not valid", id="a cap drawn in longitude and latitude"),
        pytest.param(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "not valid", id="a bow-tie"),
        pytest.param(
            Polygon([(0, 50), (10, 50), (10, 60)], [[(5, 50), (6, 51), (5, 51)]]),
            "not valid.*add vertices",
            id="a hole that an edge cuts",
        ),
        pytest.param(
            MultiPolygon([box(0, 40, 10, 50), box(0, 50, 5, 55)]), "not valid.*add vertices", id="an edge that splits"
        ),
        pytest.param(LineString([(x % 360, 10) for x in range(0, 1200, 90)]), "more than 1080", id="too far round"),
        pytest.param(
            Polygon(
                [(x, 80 + x / 720) for x in range(0, 540, 60)] + [(x - 360, 81 - x / 720) for x in range(540, 720, 60)]
            ),
            "not valid|more than once",
            id="twice round a pole",
        ),
        pytest.param(LineString([(0, 0), (1, 91)]), "not on the globe", id="beyond a pole"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_that_names_its_side_and_row(geometry, message):
    point = Point(1, 1)
    with pytest.raises(GeometryError, match=rf"b, row 1: .*({message})"):
        gp.distance([point, point], [point, geometry], edges="geodesic")


def test_more_points_than_memory_holds_are_refused_before_they_are_made():
    far = LineString([(0, 0), (170, 45)])
    lines = [Point(0, 0), *[far] * 300, MultiLineString([far, far])]
    with pytest.raises(GeometryError, match=r"row 301: .* points, .*fewer rows"):
        with_geodesic_edges(array(*lines))


@pytest.mark.parametrize("measure", [gp.distance, lambda a, b, edges: gp.near(a, b, k=1, edges=edges)])
def test_another_kind_of_edge_is_an_error_that_lists_the_two(measure):
    with pytest.raises(GeometryError, match="'rhumb'; give one of 'lonlat', 'geodesic'"):
        measure(Point(0, 0), Point(1, 1), edges="rhumb")
