"""What holds for distances whatever the shapes."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geoprox import geodesy

pytestmark = pytest.mark.usefixtures("engine")
few = settings(max_examples=40)
# a grid of about 1 m, so that shapes meet, or are told apart by more than rounding
STEP = 1e-5
KINDS = ("point", "line", "box", "hole", "multipoint", "multipolygon", "collection")


def places(corner):
    return st.tuples(st.integers(0, 2000), st.integers(0, 2000)).map(
        lambda ij: (round(corner[0] + ij[0] * STEP, 5), round(corner[1] + ij[1] * STEP, 5))
    )


@st.composite
def shapes(draw, corner=(34.6, 31.8), kinds=KINDS):
    at = places(corner)
    kind = draw(st.sampled_from(kinds))
    many = draw(st.lists(at, min_size=2, max_size=6, unique=True))
    (west, south), (wide, high) = draw(at), draw(st.tuples(st.integers(9, 300), st.integers(9, 300)))
    block = box(west, south, west + wide * STEP, south + high * STEP)
    third = wide * STEP / 3, high * STEP / 3
    core = box(west + third[0], south + third[1], west + 2 * third[0], south + 2 * third[1])
    return {
        "point": Point(many[0]),
        "line": LineString(many),
        "box": block,
        "hole": Polygon(block.exterior.coords, [core.exterior.coords]),
        "multipoint": MultiPoint(many),
        "multipolygon": MultiPolygon([block, shapely.transform(block, lambda xy: xy + np.array([0.01, 0]))]),
        "collection": GeometryCollection([Point(many[0]), LineString(many), block]),
    }[kind]


corners = st.sampled_from([(34.6, 31.8), (179.99, -0.01), (-179.995, 79.9), (-70.0, -85.0)])
pairs = corners.flatmap(lambda corner: st.tuples(shapes(corner), shapes(corner)))
sides = corners.flatmap(lambda corner: st.tuples(*[st.lists(shapes(corner), min_size=1, max_size=6)] * 2))


def array(*geometries):
    return np.array(geometries, dtype=object)


def distance(a, b):
    return geodesy.distance(array(a), array(b))[0]


def found(pairs):
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def bits(*calls):
    """Return all that is known of pairs to the last bit; each call is named by its first left row."""
    columns = {field.name: [getattr(pairs, field.name) for _, pairs in calls] for field in fields(geodesy.Pairs)}
    columns["left"] = [pairs.left + row for row, pairs in calls]
    return {name: np.concatenate(parts).tobytes() for name, parts in columns.items()}


def matrix(left, right):
    """Measure every left row against every right row."""
    return np.array([geodesy.distance(array(*[one] * len(right)), array(*right)) for one in left])


@few
@given(pairs)
def test_distance_is_the_same_both_ways(ab):
    a, b = ab
    assert abs(distance(a, b) - distance(b, a)) < 1e-6


@few
@given(pairs)
def test_distance_is_zero_where_shapes_intersect_and_nowhere_else(ab):
    a, b = ab
    assert (distance(a, b) == 0) == shapely.intersects(a, b)
    assert geodesy.intersects(array(a), array(b))[0] == shapely.intersects(a, b)


@few
@given(pairs, places((34.6, 31.8)))
def test_a_detour_over_a_point_is_no_shorter(ab, place):
    a, b = ab
    over = Point(place)
    assert distance(a, b) <= distance(a, over) + distance(over, b) + 1e-6


@few
@given(pairs, st.sampled_from([-360, 360]))
def test_a_full_turn_changes_no_distance(ab, turn):
    a, b = ab
    # the kernel takes longitudes up to 540 degrees either way
    turn = turn if abs(shapely.bounds(a)[[0, 2]] + turn).max() <= 540 else -turn
    moved = shapely.transform(a, lambda xy: xy + np.array([turn, 0]))
    assert abs(distance(moved, b) - distance(a, b)) < 1e-6
    assert abs(distance(b, moved) - distance(b, a)) < 1e-6


@few
@given(sides, st.lists(st.sampled_from([-360, 0, 360]), min_size=6, max_size=6))
def test_full_turns_of_some_rows_change_no_pair(sides, turns):
    left, right = (array(*side) for side in sides)
    turns = np.array(turns[: len(left)])
    turns[np.abs(shapely.bounds(left)[:, [0, 2]] + turns[:, None]).max(axis=1) > 540] = 0
    asked = np.full(len(left), 700.0)
    moved = array(
        *(
            shapely.transform(one, lambda xy, turn=turn: xy + np.array([turn, 0]))
            for one, turn in zip(left, turns, strict=True)
        )
    )
    pairs, there = geodesy.within(left, right, asked), geodesy.within(moved, right, asked)
    unsure = np.abs(matrix(left, right) - 700) < 1e-6
    assert {ij for ij in set(found(pairs)) ^ set(found(there)) if not unsure[ij]} == set()


@few
@given(pairs)
def test_the_order_of_vertices_changes_no_distance(ab):
    a, b = ab
    assert abs(distance(shapely.reverse(a), b) - distance(a, b)) < 1e-6
    assert abs(distance(a, shapely.reverse(b)) - distance(a, b)) < 1e-6


@few
@given(corners.flatmap(lambda corner: st.tuples(shapes(corner, ("box", "hole")), shapes(corner))), st.integers(1, 3))
def test_the_vertex_where_a_ring_starts_changes_no_distance(ab, start):
    a, b = ab
    ring = list(a.exterior.coords)[:-1]
    turned = Polygon(ring[start:] + ring[:start], a.interiors)
    assert abs(distance(turned, b) - distance(a, b)) < 1e-6


@few
@given(sides, st.integers(0, 1500), st.integers(0, 1500))
def test_within_finds_what_measuring_every_pair_finds(sides, least, more):
    left, right = sides
    asked = np.linspace(least, least + more, len(left))
    true = matrix(left, right)
    expected = [(i, j) for i, j in zip(*np.nonzero(true <= asked[:, None]), strict=True)]
    pairs = geodesy.within(array(*left), array(*right), asked)
    assert found(pairs) == expected
    np.testing.assert_allclose(pairs.distance_m, [true[ij] for ij in expected], rtol=0, atol=1e-6)


@few
@given(sides, st.integers(0, 1500), st.integers(1, 1500))
def test_a_larger_threshold_never_loses_a_pair(sides, least, more):
    left, right = (array(*side) for side in sides)
    small, large = (geodesy.within(left, right, np.full(len(left), float(m))) for m in (least, least + more))
    assert set(found(small)) <= set(found(large))


@few
@given(sides, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_pair(sides, random):
    left, right = (array(*side) for side in sides)
    i, j = (np.array(random.sample(range(len(side)), len(side))) for side in sides)
    asked = np.linspace(500, 900, len(left))
    pairs, mixed = geodesy.within(left, right, asked), geodesy.within(left[i], right[j], asked[i])
    order = np.lexsort((j[mixed.right], i[mixed.left]))
    assert list(zip(i[mixed.left[order]], j[mixed.right[order]], strict=True)) == found(pairs)
    assert mixed.distance_m[order].tobytes() == pairs.distance_m.tobytes()


@few
@given(sides, st.lists(st.integers(0, 6), max_size=3), st.integers(1, 4))
def test_cutting_the_left_rows_into_calls_changes_no_bit(sides, cuts, k):
    left, right = (array(*side) for side in sides)
    asked = np.linspace(500, 900, len(left))
    ends = [0, *sorted(min(cut, len(left)) for cut in cuts), len(left)]
    within = [(i, geodesy.within(left[i:j], right, asked[i:j])) for i, j in pairwise(ends)]
    assert bits(*within) == bits((0, geodesy.within(left, right, asked)))
    nearest = [(i, geodesy.k_nearest(left[i:j], right, k)) for i, j in pairwise(ends)]
    assert bits(*nearest) == bits((0, geodesy.k_nearest(left, right, k)))


def test_cutting_many_rows_of_many_pieces_into_calls_changes_no_bit(draw):
    left, right = (array(*(draw.shape((34 + n / 40, 31), 20_000) for n in range(40))) for _ in range(2))
    asked = np.full(40, 60_000.0)
    whole = geodesy.within(left, right, asked)
    assert len(whole.left) > 400
    for step in (1, 7, 23):
        parts = [(i, geodesy.within(left[i : i + step], right, asked[i : i + step])) for i in range(0, 40, step)]
        assert bits(*parts) == bits((0, whole))


@few
@given(sides, st.integers(1, 4))
def test_the_k_nearest_are_the_first_of_all_by_distance(sides, k):
    left, right = sides
    true = matrix(left, right)
    pairs = geodesy.k_nearest(array(*left), array(*right), k)
    of_row = [pairs.distance_m[pairs.left == i] for i in range(len(left))]
    np.testing.assert_allclose(of_row, np.sort(true, axis=1)[:, :k], rtol=0, atol=1e-6)
    np.testing.assert_allclose(true[pairs.left, pairs.right], pairs.distance_m, rtol=0, atol=1e-6)


def test_within_finds_what_measuring_every_pair_finds_all_over_the_globe(draw):
    here = [(draw.rng.uniform(-180, 180), np.degrees(np.arcsin(draw.rng.uniform(-1, 1)))) for _ in range(45)]
    polar = [(draw.rng.uniform(-180, 180), draw.rng.choice([-1, 1]) * draw.rng.uniform(87, 89.9)) for _ in range(15)]
    shapes = array(*(draw.shape(place, 3000) for place in here + polar))
    asked = np.exp(draw.rng.uniform(np.log(1e3), np.log(5e6), len(shapes)))
    i, j = np.divmod(np.arange(len(shapes) ** 2), len(shapes))
    true = geodesy.nearest(shapes, shapes, i, j).distance_m
    pairs = geodesy.within(shapes, shapes, asked)
    keep = true <= asked[i]
    assert 50 < keep.sum() < len(keep)
    np.testing.assert_array_equal(np.stack([pairs.left, pairs.right]), np.stack([i[keep], j[keep]]))


def test_of_right_rows_equally_near_the_first_is_taken():
    same = array(Point(34.1, 31), Point(34.2, 31), Point(34.1, 31), Point(34.1, 31))
    assert found(geodesy.k_nearest(array(Point(34, 31)), same, 2)) == [(0, 0), (0, 2)]


def test_what_else_is_measured_at_the_same_time_changes_no_bit_of_a_distance(draw):
    pairs = [draw.pair((31, 33), (34, 36), 20_000, (10, 5000)) for _ in range(60)]
    # edges beside each other take more turns of an iteration than others, and such far apart another path
    for apart in (0.002, 0.5, 4.0):
        turns = draw.rng.normal(size=(40, 2)) * 1e-6
        pairs += [
            (LineString([(34, 60), (34.1, 60.08)]), LineString([(34 + apart, 60 + u), (34.1 + apart, 60.08 + v)]))
            for u, v in turns
        ]
    a, b = (array(*side) for side in zip(*pairs, strict=True))
    alone = [distance(*pair) for pair in pairs]
    assert geodesy.distance(a, b).tolist() == alone


def test_the_nearest_is_found_on_the_other_side_of_the_earth():
    pairs = geodesy.k_nearest(array(Point(0, 0)), array(Point(179.9, 0.1), None, Point(180, 0), Point()), 5)
    assert pairs.right.tolist() == [0, 2]


def test_empty_and_missing_rows_are_in_no_pair():
    left, right = array(None, Polygon(), Point(1, 1)), array(Point(), Point(1, 1), None)
    for pairs in (geodesy.within(left, right, np.full(3, 10.0)), geodesy.k_nearest(left, right, 2)):
        assert found(pairs) == [(2, 1)]


def test_a_pair_exactly_as_far_apart_as_asked_is_within():
    rng = np.random.default_rng(8)
    lon, metres = rng.uniform(-170, 170, 500), rng.uniform(1, 20_000, 500)
    # along the meridian at the equator, where a degree is shortest
    left, right = shapely.points(lon, 0.0), shapely.points(lon, metres / 110_574)
    pairs = geodesy.within(left, right, geodesy.distance(left, right))
    assert set(zip(range(500), range(500), strict=True)) <= set(found(pairs))
