"""Shares of what lies within a distance agree with sums over small squares whose distance is measured one by one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy import covered, reach, shares

WGS84 = Geod(ellps="WGS84")
SHARE_ERROR = 3e-4  # of the sums; the docstring promises 1e-3


def array(*geometries):
    return np.array(geometries, dtype=object)


def zones(sites, metres, doubt_m=0.0):
    metres = np.broadcast_to(np.asarray(metres, dtype=float), (len(sites),))
    return geodesy.Zones(array(*sites), metres, np.full(len(sites), doubt_m))


def with_each(shapes, sites, metres, sliver_m=1.0):
    return geodesy.overlap_within(array(*shapes), zones(sites, metres), np.zeros(len(shapes)), sliver_m)


def with_any(shapes, sites, metres, sliver_m=1.0):
    return geodesy.overlap_with_any(array(*shapes), zones(sites, metres), np.zeros(len(shapes)), sliver_m)


def share(shape, site, metres):
    found = with_each([shape], [site], metres)
    return found.share[0] if len(found.share) else 0.0


def squares(shape, n):
    """Return the parts of a shape in ``n`` by ``n`` boxes, and their sizes."""
    west, south, east, north = shape.bounds
    x, y = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n)))
    dx, dy = (east - west) / n, (north - south) / n
    boxes = shapely.box(west + x * dx, south + y * dy, west + (x + 1) * dx, south + (y + 1) * dy)
    parts = shapely.intersection(shape, boxes)
    parts = parts[(shapely.get_dimensions(parts) == shapely.get_dimensions(shape)) & ~shapely.is_empty(parts)]
    size = geodesy.area_m2(parts) if shapely.get_dimensions(shape) == 2 else geodesy.length_m(parts)
    return parts, size


def true_share(shape, sites, metres, n=24, finer=8):
    """Return the share by adding up small squares; those on the border of the zone are made of smaller ones.

    What lies on the border then counts in part, as its middle lies.
    """
    metres = np.broadcast_to(np.asarray(metres, dtype=float), (len(sites),))

    def outside(parts):
        points = np.asarray(shapely.centroid(parts), dtype=object)
        apart = [geodesy.distance(points, np.repeat(array(s), len(points))) for s in sites]
        return np.min([d - r for d, r in zip(apart, metres, strict=True)], axis=0)

    parts, size = squares(shape, n)
    out = outside(parts)
    border = np.abs(out) < across(parts)
    small, small_size = (np.concatenate(x) for x in zip(*(squares(p, finer) for p in parts[border]), strict=True))
    width = small_size if shapely.get_dimensions(shape) == 1 else np.sqrt(small_size)
    part = np.clip(0.5 - outside(small) / np.maximum(width, 1e-9), 0, 1)
    return float((size[~border & (out < 0)].sum() + (part * small_size).sum()) / size.sum())


def across(parts):
    """Return how far, in metres, the corners of the boxes of parts are from each other."""
    west, south, east, north = shapely.bounds(parts).T
    return np.hypot(np.radians(east - west) * np.cos(np.radians(south)), np.radians(north - south)) * 6.4e6


def around(lon, lat, metres, n=7, turn=0.0):
    """Return a polygon with corners so many metres from a place; longitudes run on."""
    azimuth = turn - np.arange(n) * 360 / n
    x, y, _ = WGS84.fwd(np.full(n, lon), np.full(n, lat), azimuth, np.full(n, float(metres)))
    return Polygon(np.stack([lon + (np.asarray(x) - lon + 180) % 360 - 180, y], axis=1))


def beside(lon, lat, azimuth, metres):
    x, y, _ = WGS84.fwd(lon, lat, azimuth, metres)
    return lon + (x - lon + 180) % 360 - 180, y


HERE = (34.65, 31.8)
PARCEL = around(*HERE, 100)
YARD = around(*HERE, 400).difference(around(*HERE, 150, n=5))
ROAD = Polygon([(34.60, 31.80), (34.65, 31.8001), (34.70, 31.81), (34.70, 31.8102), (34.65, 31.8003), (34.60, 31.8002)])
BENT = LineString([beside(*HERE, 200, 900), beside(*HERE, 100, 450), beside(*HERE, 20, 480), beside(*HERE, 0, 3000)])
PLANT = Polygon(
    [beside(*HERE, a, d) for a, d in ((90, 300), (95, 900), (120, 1500), (100, 2500), (60, 2000), (85, 900))]
)
MIXED = GeometryCollection(
    [Point(beside(*HERE, 10, 500)), LineString([beside(*HERE, 80, 600), beside(*HERE, 120, 700)])]
)

CASES = [
    pytest.param(PARCEL, Point(beside(*HERE, 40, 60)), 50, id="point, 50 m"),
    pytest.param(PARCEL, Point(beside(*HERE, 40, 530)), 500, id="point, 500 m"),
    pytest.param(PARCEL, Point(beside(*HERE, 130, 4980)), 5000, id="point, 5 km"),
    pytest.param(PARCEL, Point(beside(*HERE, 250, 100_020)), 100_000, id="point, 100 km"),
    pytest.param(PARCEL, Point(beside(*HERE, 300, 3_000_010)), 3_000_000, id="point, 3,000 km"),
    pytest.param(PARCEL, Point(HERE), 80, id="point in the parcel"),
    pytest.param(around(*HERE, 3000), Point(HERE), 20, id="small zone in a large parcel"),
    pytest.param(YARD, Point(HERE), 250, id="hole"),
    pytest.param(YARD, Point(beside(*HERE, 70, 300)), 200, id="hole, beside"),
    pytest.param(PARCEL, BENT, 398, id="line with bends"),
    pytest.param(YARD, BENT, 120, id="line across a hole"),
    pytest.param(PARCEL, PLANT, 250, id="polygon"),
    pytest.param(around(*HERE, 1200), PLANT, 150, id="polygon that overlaps"),
    pytest.param(around(*HERE, 4000), PLANT, 300, id="polygon that lies within"),
    pytest.param(around(*HERE, 100, n=5, turn=20), YARD, 40, id="parcel in the hole of a site"),
    pytest.param(PARCEL, MIXED, 520, id="collection"),
    pytest.param(MultiPolygon([PARCEL, around(*beside(*HERE, 90, 700), 150)]), BENT, 380, id="parcel of two parts"),
    pytest.param(ROAD, LineString([(34.58, 31.798), (34.72, 31.806)]), 250, id="road along a line"),
    pytest.param(around(34.65, 78.2, 120), LineString([(34.5, 78.19), (34.8, 78.211)]), 40, id="far north"),
    pytest.param(around(20, 80, 60), LineString([(-15, 80.9), (55, 80.9)]), 100_480, id="long edge far north"),
    pytest.param(around(20, 0, 60), Polygon([(19, 0.2), (23, 0.2), (21, 3)]), 22_110, id="equator"),
    pytest.param(around(179.999, -17, 200), Point(beside(-180, -17, 200, 600)), 550, id="antimeridian"),
    pytest.param(around(-179.999, 66, 200), box(179.9, 65.9, 180.05, 66), 100, id="antimeridian, polygon beyond"),
    pytest.param(around(30, 89.99, 3000, n=24), Point(100, 89.985), 2500, id="parcel round the pole"),
    pytest.param(box(-180, 89.95, 180, 90), Point(100, 89.9), 9000, id="parcel that is a polar cap"),
    pytest.param(box(-180, 89.5, 180, 90), LineString([(0, 89.7), (0, 90), (90, 89)]), 9000, id="wide polar cap"),
    pytest.param(box(34, 31, 34.3, 31.25), Point(34.2, 31.2), 9000, id="large parcel, point"),
    pytest.param(box(34, 31, 34.3, 31.25), around(34.28, 31.1, 3000), 6000, id="large parcel, polygon"),
    pytest.param(box(25, 60, 31, 63), LineString([(24, 61), (32, 61.5)]), 60_000, id="country, line"),
    pytest.param(box(25, 60, 31, 63), box(27, 61, 40, 65), 30_000, id="country, polygon"),
]


@pytest.mark.parametrize(("shape", "site", "metres"), CASES)
def test_a_share_is_that_of_small_squares(shape, site, metres):
    expected = true_share(shape, [site], metres)
    assert 0 < expected < 1
    assert share(shape, site, metres) == pytest.approx(expected, abs=SHARE_ERROR)


def test_a_polygon_of_64_segments_for_the_zone_fails_that_check():
    shape, site, metres = PARCEL, Point(beside(*HERE, 130, 4980)), 5000
    x, y, _ = WGS84.fwd(*np.repeat([[site.x], [site.y]], 64, axis=1), np.arange(64) * 360 / 64, np.full(64, metres))
    inscribed = geodesy.overlap(array(shape), array(Polygon(np.stack([x, y], axis=1))))[1][0]
    assert abs(inscribed - true_share(shape, [site], metres)) > 10 * SHARE_ERROR


SEVERAL = [Point(beside(*HERE, a, 400)) for a in (0, 50, 100, 230)] + [BENT, PLANT]


@pytest.mark.parametrize(
    ("shape", "sites", "metres"),
    [
        pytest.param(PARCEL, SEVERAL[:4], 370, id="points"),
        pytest.param(PARCEL, SEVERAL, [370, 380, 350, 340, 330, 220], id="of every kind, each with its radius"),
        pytest.param(YARD, [*SEVERAL, *SEVERAL], 180, id="each site twice"),
        pytest.param(around(*HERE, 2500), SEVERAL, 150, id="in a large parcel that holds and meets them"),
        pytest.param(
            PARCEL, [box(34.64, 31.80, 34.645, 31.81), box(34.64, 31.79, 34.645, 31.80)], 480, id="neighbours"
        ),
        pytest.param(box(34, 31, 34.3, 31.25), [Point(34.1, 31.1), Point(34.2, 31.1), BENT], 9000, id="wide"),
    ],
)
def test_what_several_sites_reach_is_counted_once(shape, sites, metres):
    expected = true_share(shape, sites, metres)
    assert 0 < expected < 1
    area, share, _ = with_any([shape], sites, metres)
    assert share[0] == pytest.approx(expected, abs=SHARE_ERROR)
    assert area[0] == pytest.approx(share[0] * geodesy.area_m2(array(shape))[0])


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0, 2000), st.sampled_from([0, 61, -84]))
def test_the_union_is_at_least_each_share_and_at_most_their_sum(seed, metres, lat):
    shapes, sites = some_shapes(seed, lat, 3), some_shapes(seed + 1, lat, 4)
    each, (area, share, _) = with_each(shapes, sites, metres), with_any(shapes, sites, metres)
    assert ((share >= 0) & (share <= 1)).all()
    most, total = np.zeros(len(shapes)), np.zeros(len(shapes))
    np.maximum.at(most, each.left, each.share)
    np.add.at(total, each.left, each.share)
    assert (share >= most - 1e-3).all()
    assert (share <= total + 1e-3).all()
    assert (area <= geodesy.area_m2(shapes) * (1 + 1e-12)).all()


def some_shapes(seed, lat, n):
    """Return shapes of every kind within some kilometres of each other, at a latitude and about the antimeridian."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        x, y = beside(180, lat, rng.uniform(0, 360), rng.uniform(0, 2000))
        whole, turn = np.exp(rng.uniform(np.log(20), np.log(2000))), rng.uniform(0, 360)
        outer = around(x, y, whole, int(rng.integers(3, 9)), turn)
        kinds = [Point(x, y), outer, outer.difference(around(x, y, whole / 4)), LineString(outer.exterior.coords[:-1])]
        out.append(kinds[rng.integers(len(kinds))])
    return array(*out)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0, 3000), st.floats(0, 500))
def test_a_larger_radius_never_reaches_less(seed, metres, more):
    shapes, sites = some_shapes(seed, 35, 3), some_shapes(seed + 1, 35, 3)
    near, far = with_each(shapes, sites, metres), with_each(shapes, sites, metres + more)
    wider = {(i, j): s for i, j, s in zip(far.left, far.right, far.share, strict=True)}
    assert all(wider[i, j] >= s - 2e-4 for i, j, s in zip(near.left, near.right, near.share, strict=True))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0, 3000))
def test_pairs_are_those_that_distances_find(seed, metres):
    shapes, sites = some_shapes(seed, 52, 4), some_shapes(seed + 1, 52, 4)
    found, expected = with_each(shapes, sites, metres), geodesy.within(shapes, sites, np.full(4, metres))
    assert np.array_equal(found.left, expected.left)
    assert np.array_equal(found.right, expected.right)
    shallow = (metres - expected.distance_m < 1) & (expected.distance_m > 0)
    assert (found.sliver == (shallow | (expected.distance_m == 0) & (found.share == 0) & (metres < 1))).all()


@pytest.mark.parametrize("whole", [YARD, around(*HERE, 9000, n=30), LineString(around(*HERE, 900).exterior)])
@pytest.mark.parametrize("metres", [300, 7000])
def test_parts_of_a_shape_add_up_to_what_it_shares(whole, metres):
    size = geodesy.area_m2 if whole.geom_type == "Polygon" else geodesy.length_m
    west, south, east, north = whole.bounds
    x = west + (east - west) / 3
    parts = array(*(shapely.intersection(whole, b) for b in (box(west, south, x, north), box(x, south, east, north))))
    alone = [share(part, PLANT, metres) for part in parts]
    assert share(whole, PLANT, metres) * size(array(whole))[0] == pytest.approx(alone @ size(parts), rel=1e-4)


def test_neither_the_order_of_rows_nor_how_many_are_taken_at_once_matters(monkeypatch):
    shapes = array(*(g for k in range(25) for g in some_shapes(k, 40, 4)), around(180, 40, 16_000, 40))
    sites = array(*(g for k in range(7) for g in some_shapes(100 + k, 40, 4)))
    mixed = np.random.default_rng(1).permutation(len(shapes))
    once, turned = with_each(shapes, sites, 700), with_each(shapes[mixed], sites, 700)
    union = with_any(shapes, sites, 300)
    for module, name in ((shares, "_SHAPES"), (shares, "_PAIRS"), (reach, "_CHUNK"), (covered, "_LOAD")):
        monkeypatch.setattr(module, name, 70)
    again = with_each(shapes, sites, 700)
    order = np.lexsort((turned.right, mixed[turned.left]))
    assert 0 < np.mean((once.share > 0) & (once.share < 1)) < 1
    for name in ("right", "area_m2", "share", "sliver"):
        np.testing.assert_allclose(getattr(again, name), getattr(once, name), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(getattr(turned, name)[order], getattr(once, name), rtol=1e-9, atol=1e-9)
    for before, after in zip(union, with_any(shapes, sites, 300), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("turn", [-360, 360])
def test_a_full_turn_changes_nothing(turn):
    turned = shapely.transform(YARD, lambda xy: xy + np.array([turn, 0]))
    for site in (BENT, PLANT, Point(HERE)):
        assert share(turned, site, 260) == pytest.approx(share(YARD, site, 260), abs=1e-9)


def test_the_share_of_lines_is_of_their_length_and_of_points_of_their_number():
    line = LineString([beside(*HERE, 90, 1000), HERE, beside(*HERE, 270, 1000)])
    dots = MultiPoint([HERE, beside(*HERE, 90, 600), beside(*HERE, 90, 400), beside(*HERE, 90, 400)])
    sites = [Point(HERE), Point(beside(*HERE, 90, 200))]
    found = with_each([line, dots], sites, 500)
    np.testing.assert_allclose(found.share, [0.5, 0.5, 2 / 3, 1], atol=1e-6)
    area, share, _ = with_any([line, dots], sites, 500)
    np.testing.assert_allclose(share, [0.6, 1], atol=1e-6)
    assert (found.area_m2 == 0).all()
    assert (area == 0).all()


def test_lines_are_cut_like_small_pieces_of_them():
    line = LineString([beside(*HERE, a, d) for a, d in ((0, 900), (40, 200), (120, 800), (200, 300), (300, 2500))])
    expected = true_share(line, SEVERAL, 250, n=40)
    assert 0 < expected < 1
    assert with_any([line], SEVERAL, 250)[1][0] == pytest.approx(expected, abs=SHARE_ERROR)


def test_within_nothing_is_what_both_have_in_common():
    shapes, sites = [YARD, around(*HERE, 1200), LineString([HERE, beside(*HERE, 90, 2000)])], [PLANT]
    expected = geodesy.overlap(array(*shapes), array(*sites * 3))
    found = with_each(shapes, sites, 0)
    np.testing.assert_allclose(found.area_m2, expected[0], rtol=1e-9)
    np.testing.assert_allclose(found.share, expected[1], rtol=1e-9)
    assert not found.sliver.any()
    border = with_each([box(0, 0, 1, 1)], [box(1, 0, 2, 1)], 0)
    assert border.share.tolist() == [0]
    assert border.sliver.tolist() == [True]


@pytest.mark.parametrize(("reach_m", "sliver_m", "is_sliver"), [(0.5, 1, True), (1.5, 1, False), (1.5, 2, True)])
def test_a_sliver_reaches_in_by_less_than_the_data_can_tell(reach_m, sliver_m, is_sliver):
    site = Point(beside(*HERE, 75, 700))
    metres = geodesy.distance(array(PARCEL), array(site))[0] + reach_m
    found = with_each([PARCEL], [site], metres, sliver_m)
    assert found.sliver.tolist() == [is_sliver]
    assert 0 < found.area_m2[0] < 1000
    assert with_any([PARCEL], [site], metres, sliver_m)[2].tolist() == [is_sliver]
    assert with_any([PARCEL], [site, Point(HERE)], metres, sliver_m)[2].tolist() == [False]
    doubtful = geodesy.overlap_within(array(PARCEL), zones([site], metres, doubt_m=3.0), np.full(1, 2.0), sliver_m)
    assert doubtful.sliver.tolist() == [True]


def test_what_is_empty_or_missing_shares_nothing():
    shapes, sites = [None, Polygon(), PARCEL], [Point(), None, Point(HERE)]
    assert with_each(shapes, sites, 500).left.tolist() == [2]
    np.testing.assert_array_equal(with_any(shapes, sites, 500)[1], [np.nan, np.nan, 1])
    np.testing.assert_array_equal(with_any(shapes, [], 500)[1], [np.nan, np.nan, 0])
    assert with_each([], sites, 500).left.tolist() == []


@pytest.mark.parametrize("metres", [-1, np.nan, 1.1e7])
def test_a_radius_out_of_range_is_an_error(metres):
    with pytest.raises(GeometryError, match="give a radius in metres"):
        share(PARCEL, Point(HERE), metres)


# what a shape has in common with another one


@settings(max_examples=40)
@given(
    st.tuples(st.floats(-170, 160), st.floats(-80, 70), st.floats(0.01, 10), st.floats(0.01, 10)),
    st.floats(-12, 12),
    st.floats(-12, 12),
)
def test_a_share_is_between_0_and_1_and_is_the_common_area_by_the_whole(corner, east, north):
    x, y, width, height = corner
    a, b = box(x, y, x + width, y + height), box(x + east, max(y + north, -90), x + east + 5, min(y + north + 5, 90))
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


def test_what_lies_beyond_the_antimeridian_is_shared_too():
    parcel, around_it = box(-179.99, 10, -179.98, 10.01), geodesy.buffer(array(Point(179.99, 10)), np.array([20_000.0]))
    assert geodesy.overlap(array(parcel), around_it)[1][0] == 1
