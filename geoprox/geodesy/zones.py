"""Zones around geometries, and what lies inside them.

A zone is drawn and measured for shares; no decision is taken from it, since any polygon misses its circle somewhere.
"""

import numpy as np
import shapely
from pyproj import Proj

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import GEOD, R_MIN, Floats, Geometries
from geoprox.geodesy.nearest import nearest
from geoprox.geodesy.parts import require_measurable
from geoprox.geodesy.size import area_m2, length_m

MAX_RADIUS_M = 1_000_000.0
_QUADRANT = 90
# a chord between neighbours on a circle dips inwards by 3.8e-5, along a straight side by up to 1e-5:
# the stretch covers both
_STRETCH = 1 + 9e-5
_STRAIGHT_M = 500.0


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


def overlap(a: Geometries, b: Geometries) -> tuple[Floats, Floats]:
    """Return what each ``a[i]`` has in common with ``b[i]``: the area in m2, and the share of ``a[i]`` in 0..1.

    The share is of the area for polygons, of the length for lines, and of the points for points.
    """
    require_measurable(a)
    require_measurable(b)
    common = shapely.intersection(a, b)
    whole, area = area_m2(a), area_m2(common)
    part = area.copy()
    lines = (whole == 0) & (shapely.get_dimensions(a) == 1)
    if lines.any():
        whole[lines], part[lines] = length_m(a[lines]), length_m(common[lines])
    share = np.divide(part, whole, out=np.zeros(len(a)), where=whole > 0)
    points = shapely.get_dimensions(a) == 0
    count = np.maximum(shapely.get_num_coordinates(a), 1)
    share[points] = (shapely.get_num_coordinates(common) / count)[points]
    return area, np.clip(share, 0, 1)


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
    if isinstance(geometry, shapely.Point):
        return _circle(lon, lat, radius * _STRETCH)
    plane = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    # a straight edge of the source is a curve in the plane: short steps keep the first shape close to the last
    source = shapely.segmentize(geometry, 0.05)
    flat = shapely.transform(source, lambda xy: np.stack(plane(xy[:, 0], xy[:, 1]), axis=1))
    outline = shapely.segmentize(
        shapely.buffer(flat, radius, quad_segs=_QUADRANT), max(radius * np.pi / (2 * _QUADRANT), _STRAIGHT_M)
    )
    return shapely.transform(outline, lambda xy: _moved_out(_back(plane, xy, lon), geometry, radius * _STRETCH))


def _circle(lon: float, lat: float, radius: float) -> shapely.Polygon:
    azimuth = np.arange(0.0, 360.0, 360.0 / (4 * _QUADRANT))[::-1]
    x, y, _ = GEOD.fwd(
        np.full(azimuth.shape, lon), np.full(azimuth.shape, lat), azimuth, np.full(azimuth.shape, radius)
    )
    return shapely.Polygon(np.stack([_near(x, lon), y], axis=1))


def _back(plane: Proj, xy: Floats, lon: float) -> Floats:
    x, y = plane(xy[:, 0], xy[:, 1], inverse=True)
    return np.stack([_near(x, lon), y], axis=1)


def _near(lon: Floats, centre: float) -> Floats:
    """Return longitudes by full turns nearest to ``centre``, so that a shape is not torn at the antimeridian."""
    return centre + (np.asarray(lon) - centre + 180) % 360 - 180


def _moved_out(outline: Floats, geometry: shapely.Geometry, radius: float) -> Floats:
    """Move every vertex along the geodesic from its nearest source point, to exactly ``radius`` metres from there."""
    at = nearest(
        np.array([geometry], dtype=object),
        np.asarray(shapely.points(outline), dtype=object),
        np.zeros(len(outline), dtype=np.int64),
        np.arange(len(outline)),
    )
    x, y, _ = GEOD.fwd(at.lonlat_a[:, 0], at.lonlat_a[:, 1], at.azimuth_deg, np.full(len(outline), radius))
    return np.stack([_near(x, float(outline[:, 0].mean())), y], axis=1)
