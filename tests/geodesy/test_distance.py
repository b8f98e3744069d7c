"""Distances, case by case, against an oracle that shares nothing with the kernel."""

import importlib

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geoprox import geodesy
from geoprox.errors import GeometryError

pytestmark = pytest.mark.usefixtures("engine")
MM = 1e-3
WGS84 = Geod(ellps="WGS84")

# rows of Karney's GeodTest.dat (https://doi.org/10.5281/zenodo.32156): lat1, lon1, lat2, lon2, s12
GEODESICS = [
    (11.898997917427, 0, 11.8990653033458239, 0.00025750168573504, 29.0265121),
    (0.003311913742, 0, 0.00176238547258582, 32.846794581272844, 3656488.4472191),
    (89.992870660652, 0, 22.2343513883473544, 177.687760223593597, 7543010.742692),
    (22.377301391995, 0, -58.575743237342527, 44.0724989357012433, 9845423.0412075),
    (26.813239275204, 0, -39.698767815933469, 117.744100212100258, 14167447.3099024),
    (0.000227056052, 0, -0.0003429239831720, 176.956361997998361, 19698692.1099486),
    (2.783812471129, 0, -2.783812471129, 179.397202706910424, 19970405.2088365178),
    (51.100294727211, 0, -51.021510167650203, 179.586580802013682, 19983877.5458822),
    (89.990500336545, 0, -89.993072781422511, 121.125690626167207, 20002995.6448246),
    (89.994940622706, 0, -89.994914740335306, 164.093193142186758, 20003774.649007),
]


def array(*geometries):
    return np.array(geometries, dtype=object)


def worst(oracle, pairs):
    """Return by how much the kernel differs from the oracle at most, in metres, either way round."""
    a, b = (array(*side) for side in zip(*pairs, strict=True))
    true = oracle.distances(a, b)
    return max(np.abs(geodesy.distance(a, b) - true).max(), np.abs(geodesy.distance(b, a) - true).max())


@pytest.mark.parametrize("row", GEODESICS, ids=lambda row: f"{row[4] / 1000:.0f} km")
def test_points_agree_with_geodesics_known_to_a_nanometre(row):
    lat_a, lon_a, lat_b, lon_b, metres = row
    found = geodesy.distance(array(Point(lon_a, lat_a)), array(Point(lon_b, lat_b)))
    assert found[0] == pytest.approx(metres, abs=1e-6)


@pytest.mark.shared
def test_points_agree_with_the_hundred_geodesics_of_geodtest(shared):
    lat_a, lon_a, _, lat_b, lon_b, _, metres = np.loadtxt(shared / "GeodTest-100.dat", usecols=range(7), unpack=True)
    assert len(metres) == 100
    found = geodesy.distance(shapely.points(lon_a, lat_a), shapely.points(lon_b, lat_b))
    np.testing.assert_allclose(found, metres, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("latitudes", "longitudes"),
    [
        pytest.param((29, 34), (34, 36), id="Israel"),
        pytest.param((-1, 1), (-180, 180), id="equator"),
        pytest.param((-60, 60), (-180, 180), id="anywhere"),
        pytest.param((70, 85), (-180, 180), id="far north"),
        pytest.param((-85, -70), (-180, 180), id="far south"),
        pytest.param((-60, 60), (179.5, 180.5), id="antimeridian"),
    ],
)
@pytest.mark.parametrize("apart_m", [2_000, 200_000])
def test_shapes_of_every_kind_agree_with_the_oracle(oracle, draw, latitudes, longitudes, apart_m):
    pairs = [draw.pair(latitudes, longitudes, apart_m, size_m=(10, apart_m / 4)) for _ in range(20)]
    assert worst(oracle, pairs) < MM


def test_long_edges_agree_with_the_oracle(oracle, draw):
    pairs = []
    for _ in range(10):
        here = draw.rng.uniform(-180, 180), draw.rng.uniform(-70, 70)
        starts = here, draw.somewhere(here, 200_000)
        long = [LineString([p, draw.go(p, draw.rng.uniform(0, 360), 300_000)]) for p in starts]
        pairs += [long, (long[0], Point(long[1].coords[0]))]
    assert worst(oracle, pairs) < MM


def test_edges_nearly_parallel_agree_with_the_oracle(oracle, draw):
    assert worst(oracle, [nearly_parallel(draw) for _ in range(15)]) < MM


def test_two_parcel_edges_nearly_parallel_a_kilometre_apart_agree_with_the_oracle(oracle):
    a = LineString([(38.481949878, -62.572440452), (38.471975443, -62.586246059)])
    b = LineString([(38.455593998, -62.568387587), (38.445586861, -62.582190051)])
    assert worst(oracle, [(a, b)]) < MM


def nearly_parallel(draw):
    """Draw two edges that run beside each other, one end a thousandth nearer than the other."""
    here, azimuth = (draw.rng.uniform(-170, 170), draw.rng.uniform(-70, 70)), draw.rng.uniform(0, 360)
    there = draw.go(here, azimuth, np.exp(draw.rng.uniform(np.log(100), np.log(10_000))))
    apart = np.exp(draw.rng.uniform(np.log(200), np.log(20_000)))
    beside = draw.go(here, azimuth + 90, apart), draw.go(there, azimuth + 90, apart * (1 + draw.rng.normal() / 1000))
    return LineString([here, there]), LineString(beside)


def test_one_geometry_for_every_row_is_prepared_once(monkeypatch, draw):
    coast, places = draw.shape((34, 31), 50_000, "hole"), [draw.shape((34, 32), 9000) for _ in range(20)]
    alone = [geodesy.distance(np.array([coast]), np.array([place]))[0] for place in places]
    nearest = importlib.import_module("geoprox.geodesy.nearest")
    made, make = [], nearest.make_pieces
    monkeypatch.setattr(nearest, "make_pieces", lambda geometries: made.append(len(geometries)) or make(geometries))
    assert geodesy.distance(np.array([coast] * 20), np.array(places)).tolist() == alone
    assert made == [1, 20]


def test_members_that_are_empty_take_nothing_from_the_others():
    many = [shapely.from_wkt(f"MULTI{k}") for k in ("POINT((5 5), EMPTY)", "LINESTRING((5 5, 5 6), EMPTY)")]
    many.append(shapely.from_wkt("MULTIPOLYGON(((5 5, 6 5, 6 6, 5 5)), EMPTY)"))
    away = np.array([Point(5, 4.9)] * 3, dtype=object)
    alone = geodesy.distance(np.array([Point(5, 5)], dtype=object), away[:1])
    np.testing.assert_allclose(geodesy.distance(np.array(many, dtype=object), away), alone[0], rtol=0, atol=1e-6)


def test_rings_whose_sides_face_each_other_agree_with_the_oracle(oracle, draw):
    # sides run against each other and stand out, so that the pieces where they are nearest may have no near vertex
    assert worst(oracle, [facing_rings(draw) for _ in range(15)]) < MM


def facing_rings(draw):
    """Draw two triangles with a side of either beside each other, parallel but for millimetres, shifted against it."""
    here = np.array([draw.rng.uniform(-150, 150), draw.rng.choice([-1, 1]) * draw.rng.uniform(50, 80)])
    side, apart = draw.rng.uniform(500, 6000), np.exp(draw.rng.uniform(np.log(1000), np.log(160_000)))
    azimuth = draw.rng.uniform(0, 360)
    along = draw.go(here, azimuth, side) - here
    beside = []
    for at in draw.rng.uniform(-0.7, 0.7) + np.array([0, 1]):
        foot = here + along * at
        ahead = WGS84.inv(*foot, *(foot + along * 1e-3))[0]
        beside.append(draw.go(foot, ahead + 90, apart + draw.rng.normal() * 3e-3))
    behind = draw.go(here, azimuth - 90, side), draw.go(beside[0], azimuth + 90, side)
    return Polygon([here, here + along, behind[0]]), Polygon([beside[1], beside[0], behind[1]])


def competing(draw, metres=160_934.0):
    """Draw a point with boundary parts on every side of it that are nearly equally far away."""
    here, azimuth = (draw.rng.uniform(-150, 150), draw.rng.uniform(-70, 70)), np.arange(0, 360, 40.0)
    foot = draw.go(here, azimuth, metres + draw.rng.normal(size=9) * 10 ** draw.rng.uniform(-3, 0))
    outwards = azimuth + draw.rng.uniform(-60, 60, 9)
    parts = [[f, draw.go(f, a, 1000)] for f, a in zip(foot, outwards, strict=True)]
    return Point(here), shapely.MultiLineString(parts)


def test_competing_nearest_points_at_100_miles_agree_with_the_oracle(oracle, draw):
    pairs = [competing(draw) for _ in range(30)]
    pairs += [(p.buffer(0.001, 1), lines) for p, lines in pairs[:10]]
    assert worst(oracle, pairs) < MM


def test_a_nearest_point_found_on_a_plane_fails_where_nearest_points_compete(oracle, draw):
    pairs = [competing(draw) for _ in range(30)]
    planar = []
    for point, lines in pairs:
        to_degrees = np.array([np.cos(np.radians(point.y)), 1.0])
        flat = [shapely.transform(g, lambda xy, by=to_degrees: xy * by) for g in (point, lines)]
        ends = shapely.get_coordinates(shapely.shortest_line(*flat)) / to_degrees
        planar.append(WGS84.inv(*ends[0], *ends[1])[2])
    assert np.abs(planar - oracle.distances(*zip(*pairs, strict=True))).max() > 100 * MM


def test_pairs_within_a_millimetre_of_a_tier_fall_on_the_right_side_of_it(oracle, draw):
    tier = 5000.0
    subjects = [draw.shape((34.65, 31.8), 800, kind) for kind in ("point", "line", "polygon", "hole")]
    for subject in subjects:
        foot = subject.bounds[2], shapely.get_coordinates(subject)[shapely.get_coordinates(subject)[:, 0].argmax(), 1]
        out = draw.go(foot, 90, tier + 1.0)
        excess = oracle.distance(subject, Point(out)) - tier
        points = draw.go(out, 270, excess + np.array([-0.0015, 0.0015]))
        true = oracle.distances([subject] * 2, shapely.points(points))
        assert true[0] > tier > true[1], "the case must lie on either side"
        found = geodesy.within(array(subject), shapely.points(points), np.array([tier]))
        assert found.right.tolist() == [1]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(box(34, 31, 35, 32), box(35, 31.5, 36, 33), id="touching along an edge"),
        pytest.param(box(34, 31, 35, 32), Point(35, 32), id="touching at a corner"),
        pytest.param(box(34, 31, 35, 32), box(34.4, 31.4, 34.5, 31.5), id="containing"),
        pytest.param(box(34, 31, 35, 32), box(34, 31, 35, 32), id="equal"),
        pytest.param(LineString([(34, 31), (35, 32)]), LineString([(34, 32), (35, 31)]), id="crossing"),
        pytest.param(box(179, 0, 181, 1), box(-180, 0, -179, 1), id="across the antimeridian"),
        pytest.param(box(-180, 70, 180, 90), Point(12, 88), id="a cap around the pole"),
        pytest.param(GeometryCollection([Point(0, 0), box(1, 1, 2, 2)]), Point(1.5, 1.5), id="in a collection"),
        pytest.param(Point(180, 10), Point(-180, 10), id="one place with two longitudes"),
        pytest.param(box(380, 30, 400, 50), Point(-330, 40), id="two full turns apart"),
    ],
)
def test_what_meets_is_at_distance_zero(a, b):
    assert geodesy.distance(array(a, b), array(b, a)).tolist() == [0, 0]


@pytest.mark.parametrize("gap", [1e-12, 1e-11, 1e-10, 1e-9, 1e-8])
@pytest.mark.parametrize("length", [1e-4, 1e-2, 0.5])
def test_edges_that_all_but_touch_are_nearly_at_distance_zero(gap, length):
    edge = LineString([(34, 31), (34 + length, 31 + length / 3)])
    foot = edge.interpolate(0.5, normalized=True)
    other = LineString([(foot.x, foot.y + gap), (foot.x - length / 7, foot.y + length / 5)])
    found = geodesy.within(array(edge, other), array(other, edge), np.full(2, 1.0))
    assert {(0, 0), (1, 1)} <= set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert (geodesy.distance(array(edge, other), array(other, edge)) < 0.0015).all()


def test_inside_a_hole_the_rim_is_nearest(oracle):
    ring = Polygon(box(34, 31, 35, 32).exterior.coords, [box(34.2, 31.2, 34.8, 31.8).exterior.coords])
    inside = [Point(34.3, 31.5), box(34.5, 31.4, 34.6, 31.6), LineString([(34.4, 31.3), (34.7, 31.7)])]
    found = geodesy.distance(array(*[ring] * 3), array(*inside))
    np.testing.assert_allclose(found, oracle.distances([ring] * 3, inside), rtol=0, atol=MM)
    assert (found > 5000).all()


def test_a_height_does_not_change_a_distance():
    flat, high = LineString([(34, 31), (35, 32)]), LineString([(34, 31, 900), (35, 32, np.nan)])
    other = array(Point(34, 32, 70))
    assert geodesy.distance(array(flat), other) == geodesy.distance(array(high), other)


def test_many_parts_are_as_near_as_the_nearest_of_them(draw):
    parts = [draw.shape((34, 31), 9000, "polygon"), draw.shape((34.5, 31), 9000, "polygon")]
    other = array(draw.shape((34.3, 31.4), 5000, "line"))
    alone = min(geodesy.distance(array(part), other)[0] for part in parts)
    for whole in (MultiPolygon(parts), GeometryCollection(parts), GeometryCollection([GeometryCollection(parts)])):
        assert geodesy.distance(array(whole), other)[0] == alone


@pytest.mark.parametrize("nothing", [None, Point(), Polygon(), MultiPoint(), GeometryCollection(), MultiPolygon()])
def test_from_an_empty_or_missing_geometry_there_is_no_distance(nothing):
    found = geodesy.distance(array(nothing, Point(1, 1), nothing), array(box(0, 0, 2, 2), nothing, nothing))
    assert np.isnan(found).all()


def test_empty_parts_do_not_count():
    mixed = GeometryCollection([Polygon(), Point(34, 31), LineString()])
    point = array(Point(34, 31.1))
    assert geodesy.distance(array(mixed), point) == geodesy.distance(array(Point(34, 31)), point)


def test_no_rows_give_no_distances():
    assert geodesy.distance(array(), array()).shape == (0,)


@pytest.mark.parametrize("place", [(np.nan, 31), (34, np.inf), (34, 90.1), (180_000, 660_000), (541, 0)])
def test_a_coordinate_that_is_not_on_the_globe_is_an_error_that_names_its_row(place):
    with pytest.raises(GeometryError, match=r"row 1.*longitude"):
        geodesy.distance(array(Point(34, 31), Point(place)), array(Point(34, 31), Point(34, 31)))


def test_the_nearest_points_lie_on_the_shapes_and_are_as_far_apart_as_the_distance(draw):
    pairs = [draw.pair((-60, 60), (-150, 150), 50_000, (10, 5000)) for _ in range(30)]
    a, b = (array(*side) for side in zip(*pairs, strict=True))
    rows = np.arange(len(a))
    at = geodesy.nearest(a, b, rows, rows)
    apart = at.distance_m > 0
    azimuth, _, metres = WGS84.inv(*at.lonlat_a[apart].T, *at.lonlat_b[apart].T)
    np.testing.assert_allclose(metres, at.distance_m[apart], rtol=0, atol=1e-5)
    np.testing.assert_allclose(azimuth, at.azimuth_deg[apart], rtol=0, atol=1e-4)
    for shapes, lonlat in ((a, at.lonlat_a), (b, at.lonlat_b)):
        assert (shapely.distance(shapes[apart], shapely.points(lonlat[apart])) < 1e-9).all()
    assert np.isnan(at.azimuth_deg[~apart]).all()
