"""Zones around geometries.

A zone is drawn; no decision is taken from it, since any polygon misses its circle somewhere.
"""

import numpy as np
import shapely
from pyproj import Proj

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import GEOD, R_MIN, Floats, Geometries
from geoprox.geodesy.nearest import Nearest, nearest
from geoprox.geodesy.parts import require_measurable

MAX_RADIUS_M = 1_000_000.0
_QUADRANT = 90
# a chord between neighbours on a circle dips inwards by 3.8e-5, along a straight side by up to 1e-5:
# the stretch covers both
_STRETCH = 1 + 9e-5
_LIMIT = 1 + 1e-4
_STRAIGHT_M = 500.0
_MOVES, _SPLITS = 3, 12


def buffer(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return, for each geometry, a polygon that holds every point within ``radius_m`` of it, and little more.

    Its boundary lies between 1 and 1.0001 times the radius away. Longitudes run on beyond 180 degrees where a
    zone crosses the antimeridian. Empty and missing geometries give an empty polygon.

    Raises
    ------
    GeometryError
        A radius is not above 0 and at most 1,000 km, or a zone reaches a pole.
    """
    require_measurable(geometries)
    _require_radii(geometries, radius_m)
    # one projection for each geometry, centred on it, so that the first shape is nearly right wherever it lies
    return np.array([_zone(g, r) for g, r in zip(geometries, radius_m, strict=True)], dtype=object)


def _require_radii(geometries: Geometries, radius_m: Floats) -> None:
    bad = ~((radius_m > 0) & (radius_m <= MAX_RADIUS_M))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        message = (
            f"row {row}: radius {radius_m[row]} m is not above 0 and at most {MAX_RADIUS_M:,.0f} m; "
            "give a radius in metres"
        )
        raise GeometryError(message)
    bounds = shapely.bounds(geometries)
    polar = np.abs(bounds[:, [1, 3]]).max(axis=1) + np.degrees(radius_m / R_MIN) >= 90
    if polar.any():
        row = int(np.flatnonzero(polar)[0])
        message = (
            f"row {row}: a zone of {radius_m[row]} m reaches a pole, "
            "where it has no outline in longitude and latitude; use distances"
        )
        raise GeometryError(message)


def _zone(geometry: shapely.Geometry | None, radius: float) -> shapely.Geometry:
    if geometry is None or shapely.is_empty(geometry):
        return shapely.Polygon()
    lon, lat = shapely.get_coordinates(shapely.box(*shapely.bounds(geometry)).centroid)[0]
    plane = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    # a straight edge of the source is a curve in the plane: short steps keep the first shape close to the last
    source = shapely.segmentize(geometry, 0.05)
    flat = shapely.transform(source, lambda xy: np.stack(plane(xy[:, 0], xy[:, 1]), axis=1))
    step = max(radius * np.pi / (2 * _QUADRANT), _STRAIGHT_M)
    outline = shapely.segmentize(shapely.buffer(flat, radius * _STRETCH, quad_segs=_QUADRANT), step)
    rings, part = shapely.get_rings(shapely.get_parts(outline), return_index=True)
    fitted = [_fitted(_back(plane, shapely.get_coordinates(ring)[:-1], lon), geometry, radius) for ring in rings]
    shells = np.flatnonzero(np.diff(part, prepend=-1))
    polygons = [
        shapely.Polygon(fitted[first], fitted[first + 1 : end])
        for first, end in zip(shells, [*shells[1:], len(rings)], strict=True)
    ]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _fitted(ring: Floats, geometry: shapely.Geometry, radius: float) -> Floats:
    """Return an open ring whose every vertex and edge is from 1 to 1.0001 times the radius away from the geometry."""
    # a corner belongs to two sides: moved away from the nearer one, it may be too near the other, so it is moved again
    for _ in range(_MOVES):
        ring = _moved_out(ring, geometry, radius * _STRETCH)
    for _ in range(_SPLITS):
        middle = (ring + np.roll(ring, -1, axis=0)) / 2
        away = _nearest(middle, geometry).distance_m
        bad = np.flatnonzero((away < radius) | (away > radius * _LIMIT))
        if not len(bad):
            break
        ring = np.insert(ring, bad + 1, _moved_out(middle[bad], geometry, radius * _STRETCH), axis=0)
    return ring


def _back(plane: Proj, xy: Floats, lon: float) -> Floats:
    x, y = plane(xy[:, 0], xy[:, 1], inverse=True)
    return np.stack([_near(x, lon), y], axis=1)


def _near(lon: Floats, centre: Floats | float) -> Floats:
    """Return longitudes by full turns nearest to ``centre``, so that a shape is not torn at the antimeridian."""
    return centre + (np.asarray(lon) - centre + 180) % 360 - 180


def _moved_out(points: Floats, geometry: shapely.Geometry, radius: float) -> Floats:
    """Move every point along the geodesic from its nearest source point, to exactly ``radius`` metres from there."""
    at = _nearest(points, geometry)
    x, y, _ = GEOD.fwd(at.lonlat_a[:, 0], at.lonlat_a[:, 1], at.azimuth_deg, np.full(len(points), radius))
    return np.stack([_near(x, points[:, 0]), y], axis=1)


def _nearest(points: Floats, geometry: shapely.Geometry) -> Nearest:
    targets = np.asarray(shapely.points(points), dtype=object)
    return nearest(
        np.array([geometry], dtype=object), targets, np.zeros(len(points), dtype=np.int64), np.arange(len(points))
    )
