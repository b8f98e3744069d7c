"""Areas and lengths on the ellipsoid of shapes whose edges are straight in longitude and latitude."""

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import E2, GEOD, B, Floats, Geometries, Ints
from geoprox.geodesy.parts import edges, ring_edges, singles
from geoprox.geodesy.runs import totals

_E = float(np.sqrt(E2))
# three Gauss-Legendre nodes integrate the area under at most 0.1 degrees of latitude to far below 1 mm2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)
_AREA_STEP_DEG = 0.1
# geodesics this short differ from the edge they follow by less than 1e-9 of its length
_LENGTH_STEP_DEG = 0.01


def area_m2(geometries: Geometries) -> Floats:
    """Return the area of each geometry in m2; 0 for points, lines and empty geometries.

    Edges are straight in longitude and latitude, as RFC 7946 has them, not geodesics. Shells count, holes are
    taken off, whatever the direction of their rings.
    """
    parts, owner = singles(geometries)
    polygonal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    start, end, ring, part = ring_edges(parts[polygonal])
    shell = np.append(True, part[1:] != part[:-1])[: len(part)]
    signed = np.where(shell, 1, -1) * np.abs(_under_edges(start, end, ring, len(part)))
    return totals(owner[polygonal][part], signed, len(geometries))


def length_m(geometries: Geometries) -> Floats:
    """Return the length of each geometry's lines in metres; 0 for points and polygons."""
    parts, owner = singles(geometries)
    linear = np.isin(shapely.get_type_id(parts), (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING))
    start, end, line = edges(shapely.segmentize(parts[linear], _LENGTH_STEP_DEG))
    metres = GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2]
    return totals(owner[linear][line], metres, len(geometries))


def _under_edges(start: Floats, end: Floats, ring: Ints, n: int) -> Floats:
    """Return the signed area of each of ``n`` rings: the integral of ``_area_below`` over longitude, edge by edge."""
    steps = np.maximum(1, np.ceil(np.abs(end[:, 1] - start[:, 1]) / _AREA_STEP_DEG)).astype(np.int64)
    edge = np.repeat(np.arange(len(steps)), steps)
    share = 1 / steps[edge]
    at = (_rank(steps)[:, None] + (_NODES + 1) / 2) * share[:, None]
    below = _area_below(start[edge, 1][:, None] + (end - start)[edge, 1][:, None] * at)
    strip = np.radians((end - start)[edge, 0]) * share * (below @ _WEIGHTS) / 2
    return totals(ring[edge], strip, n)


def _area_below(lat: Floats) -> Floats:
    """Return the area in m2, for each radian of longitude, between the equator and a latitude in degrees.

    ``b**2 / 2`` times the bracket of the authalic q (Snyder, Map Projections: A Working Manual, 1987, equation 3-12).
    """
    sin_phi = np.sin(np.radians(lat))
    return B**2 / 2 * (sin_phi / (1 - E2 * sin_phi**2) + np.arctanh(_E * sin_phi) / _E)


def _rank(count: Ints) -> Ints:
    """Return 0, 1, ... within each run of the given lengths."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
