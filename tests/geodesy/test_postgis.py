"""PostGIS geography as a cross-check: where it may differ, by how much, and that it really does.

``ST_Distance(geography)`` takes edges for great circles of a sphere on which latitude is that of the ellipsoid, finds
the nearest points on that sphere, and measures between them on the ellipsoid. So it differs in two ways.

- *It is too long*, as the points nearest on a sphere need not be nearest on the ellipsoid. A metre of the sphere is
  N / R metres of the ellipsoid to the east and M / R to the north (N, M: radii of curvature). A point that wins on the
  sphere may be longer by N / M at most, which is 1 / (1 - e**2): 0.674 %, 34 m at 5 km and 1.08 km at 100 miles.
  Shapes as planners have them show up to 14 m and 147 m; a place with boundaries on all sides shows nearly all of it.
- *It measures to another edge.* A great circle of the sphere bends off the geodesic by a share e**2 of what either
  bends off a straight line, some e**2 L**2 / (8 R) for an edge of length L: 0.1 mm at 1 km, 12 m at 300 km. By so much
  it may also be too short.
"""

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon

import geoprox as gp

E2, R = 0.0066943799901413165, 6_335_000.0
TOO_LONG = 1 / (1 - E2) - 1
MM = 1e-3
TIERS = [5_000.0, 160_934.0]


def other_edge(metres):
    """Return by how much edges of a length may lie from where PostGIS has them."""
    return 2 * E2 * metres**2 / (8 * R)


def ask(postgis, question, a, b, metres=0.0):
    """Return the answer of PostGIS for each pair."""
    rows = "unnest(%s::bytea[], %s::bytea[], %s::float8[]) with ordinality as pair (a, b, metres, n)"
    columns = list(shapely.to_wkb(a)), list(shapely.to_wkb(b)), np.broadcast_to(metres, len(a)).tolist()
    answer = postgis.execute(f"select {question} from {rows} order by n", columns)  # noqa: S608 -- our own text
    return np.array([row[0] for row in answer])


DISTANCE = "ST_Distance(ST_GeogFromWKB(a), ST_GeogFromWKB(b))"
WITHIN = "ST_DWithin(ST_GeogFromWKB(a), ST_GeogFromWKB(b), metres)"
INTERSECTS = "ST_Intersects(ST_GeomFromWKB(a, 4326), ST_GeomFromWKB(b, 4326))"


def pairs(draw, tier, n, size_m=(10, 1000)):
    """Draw shapes that are up to about a tier apart, none with an edge of more than 2 km."""
    drawn = [draw.pair((-65, 65), (-179, 179), tier, size_m) for _ in range(n)]
    return (np.array(side, dtype=object) for side in zip(*drawn, strict=True))


def amid(draw, tier, n=10):
    """Draw places in a ring that is nearest in the north and the south, but on a sphere in the east and the west.

    On a sphere the radius to the east is smaller by N / M: the ring is wider there by a little less.
    """
    places = [(draw.rng.uniform(-170, 170), draw.rng.uniform(-50, 50)) for _ in range(n)]
    # edges of 2 km at most: PostGIS takes longer ones elsewhere
    azimuth = np.arange(0, -360, -360 / max(24, np.ceil(2 * np.pi * tier / 2000)))
    rings = []
    for place in places:
        wider = 0.8 * TOO_LONG * np.cos(np.radians(place[1])) ** 2
        inner = draw.go(place, azimuth, tier * (1 + wider * np.sin(np.radians(azimuth)) ** 2))
        rings.append(Polygon(draw.go(place, np.arange(0, 360, 15), 2 * tier), [inner]))
    return np.array([Point(place) for place in places], dtype=object), np.array(rings, dtype=object)


def ours(a, b, edges="geodesic"):
    return gp.distance(a, b, edges=edges).to_numpy()


@pytest.mark.parametrize("tier", TIERS)
def test_points_agree_to_a_millimetre(postgis, draw, tier):
    places = [(draw.rng.uniform(-180, 180), np.degrees(np.arcsin(draw.rng.uniform(-1, 1)))) for _ in range(500)]
    a, b = shapely.points(places), shapely.points([draw.somewhere(place, tier) for place in places])
    np.testing.assert_allclose(ours(a, b), ask(postgis, DISTANCE, a, b), rtol=0, atol=MM)


@pytest.mark.parametrize("tier", TIERS)
def test_a_distance_of_postgis_is_too_long_by_the_sphere_at_most_and_never_too_short(postgis, draw, tier):
    a, b = pairs(draw, tier, 400)
    true = ours(a, b)
    excess = ask(postgis, DISTANCE, a, b) - true
    assert (true > 0).mean() > 0.9
    assert excess.min() >= -2 * MM
    assert (excess <= true * TOO_LONG + 2 * MM).all()
    # most are right: nothing but the choice among boundaries that compete is
    assert np.median(excess) < 2 * MM * tier / TIERS[0]


@pytest.mark.parametrize("tier", TIERS)
def test_where_boundaries_compete_the_sphere_is_seen(postgis, draw, tier):
    a, b = amid(draw, tier)
    true = ours(a, b)
    excess = ask(postgis, DISTANCE, a, b) - true
    assert excess.min() >= -2 * MM
    assert (excess <= true * TOO_LONG + 2 * MM).all()
    assert excess.max() > TOO_LONG * tier / 2


@pytest.mark.parametrize("tier", TIERS)
def test_within_differs_from_postgis_only_by_the_sphere(postgis, draw, tier):
    a, b = (np.concatenate(side) for side in zip(pairs(draw, tier, 200), amid(draw, tier), strict=True))
    true = ours(a, b)
    # thresholds around the distance, and in the middle of what PostGIS may be too long
    metres = true * (1 + TOO_LONG * draw.rng.uniform(-2, 2, len(true)))
    metres[-10:] = true[-10:] * (1 + TOO_LONG / 8)
    theirs = ask(postgis, WITHIN, a, b, metres)
    found = gp.near(a, b, within_m=metres, edges="geodesic").query("subject_id == object_id")
    mine = np.isin(np.arange(len(a)), found["subject_id"])
    differ = mine != theirs
    assert mine[differ].all(), "PostGIS finds nothing that is not within"
    assert (metres[differ] <= true[differ] * (1 + TOO_LONG) + 2 * MM).all()
    assert differ[-10:].any()
    assert 20 < mine.sum() < len(mine) - 20


def test_long_edges_of_postgis_are_nearly_geodesics_and_far_from_lines_in_longitude_and_latitude(postgis, draw):
    lines, points = [], []
    for _ in range(100):
        here, azimuth = (draw.rng.uniform(-150, 150), draw.rng.uniform(30, 60)), draw.rng.uniform(60, 120)
        there, middle = draw.go(here, azimuth, 300_000), draw.go(here, azimuth, 150_000)
        lines.append(LineString([here, there]))
        points.append(Point(draw.go(middle, azimuth + 90 * draw.rng.choice([-1, 1]), 10_000)))
    lines, points = np.array(lines, dtype=object), np.array(points, dtype=object)
    theirs = ask(postgis, DISTANCE, lines, points)
    assert np.abs(theirs - ours(lines, points)).max() < other_edge(300_000)
    assert np.abs(theirs - ours(lines, points, "lonlat")).max() > 1000


def test_shapes_meet_where_postgis_geometry_says_so(postgis, draw):
    drawn = [draw.pair((-65, 65), (-170, 170), 2000, (10, 3000)) for _ in range(400)]
    a, b = (np.array(side, dtype=object) for side in zip(*drawn, strict=True))
    theirs = ask(postgis, INTERSECTS, a, b)
    np.testing.assert_array_equal(ours(a, b, "lonlat") == 0, theirs)
    assert 40 < theirs.sum() < 360
