"""How likely a rule holds when positions are known only to a radius.

Each position is taken as uniform in its accuracy disc, the two as independent. The likelihood is the share of
positions for which the distance is within the threshold, by a fixed quadrature, so the same input gives the
same number. It ranks findings; it is no probability of harm.
"""

import numpy as np
import shapely
from pyproj import Proj

from geoprox.geodesy.ellipsoid import Floats, Geometries, Ints
from geoprox.geodesy.nearest import distance

_RINGS, _ANGLES = 16, 32
_SHAPE_RINGS, _SHAPE_ANGLES = 128, 32


def likelihood(
    a: Geometries,
    b: Geometries,
    i: Ints,
    j: Ints,
    *,
    accuracy_m: tuple[Floats, Floats],
    threshold_m: Floats,
) -> Floats:
    """Return, for each pair ``a[i[k]]``, ``b[j[k]]``, the share (0..1) of positions within the threshold.

    Accuracies (of the left and of the right positions) and thresholds are metres, one for each pair. 1 and 0 are
    exact: they stand where the distance leaves no doubt. In between, discs and displacements are taken as plane,
    which is exact enough for a share and for nothing else. NaN where a geometry is empty or missing, or
    an accuracy is not known.
    """
    left, right = a[i], b[j]
    doubt_a, doubt_b = accuracy_m
    points = (shapely.get_type_id(left) == shapely.GeometryType.POINT) & (
        shapely.get_type_id(right) == shapely.GeometryType.POINT
    )
    apart = distance(left, right)
    doubt = doubt_a + doubt_b
    out = np.where(apart + doubt <= threshold_m, 1.0, np.where(apart - doubt > threshold_m, 0.0, np.nan))
    asked = np.isnan(out) & ~np.isnan(apart) & ~np.isnan(doubt)
    rows = np.flatnonzero(asked & points)
    out[rows] = _of_points(apart[rows], doubt_a[rows], doubt_b[rows], threshold_m[rows])
    # a shape has no formula: its own nodes are moved, pair by pair;
    # few features have an outline and a doubt that matters
    for k in np.flatnonzero(asked & ~points):
        out[k] = _of_shapes(left[k], right[k], float(doubt_a[k]), float(doubt_b[k]), float(threshold_m[k]))
    return np.where(np.isnan(apart) | np.isnan(doubt), np.nan, out)


def _of_points(apart: Floats, radius_a: Floats, radius_b: Floats, threshold: Floats) -> Floats:
    """Average, over nodes in the smaller disc, the share of the larger disc within the threshold of the node."""
    small, large = np.minimum(radius_a, radius_b), np.maximum(radius_a, radius_b)
    ring = np.sqrt((np.arange(_RINGS) + 0.5) / _RINGS)
    turn = 2 * np.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
    x = apart[:, None] + small[:, None] * (ring[:, None] * np.cos(turn)).ravel()
    y = small[:, None] * (ring[:, None] * np.sin(turn)).ravel()
    away, large, threshold = np.hypot(x, y), large[:, None], threshold[:, None]
    disc = np.pi * large**2
    share = np.divide(_lens_area(away, large, threshold), disc, out=(away <= threshold).astype(float), where=disc > 0)
    return np.asarray(np.clip(share.mean(axis=1), 0, 1))


def _of_shapes(a: shapely.Geometry, b: shapely.Geometry, radius_a: float, radius_b: float, threshold: float) -> float:
    """Count the displacements of one shape against the other for which they are within the threshold."""
    lon, lat = shapely.get_coordinates(shapely.centroid(a))[0]
    plane = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    # a straight edge is a curve in the plane: short steps follow it
    source = (shapely.segmentize(g, 0.05) for g in (a, b))
    flat_a, flat_b = (shapely.transform(g, lambda xy: np.stack(plane(xy[:, 0], xy[:, 1]), axis=1)) for g in source)
    # displacements are symmetric, so it does not matter which of the two is moved: a point is moved faster
    moved, still = (flat_b, flat_a) if isinstance(flat_b, shapely.Point) else (flat_a, flat_b)
    steps = _displacements(radius_a, radius_b)
    if isinstance(moved, shapely.Point):
        positions = shapely.points(shapely.get_coordinates(moved) + steps)
    else:
        positions = np.array([_shifted(moved, step) for step in steps], dtype=object)
    return float((shapely.distance(positions, still) <= threshold).mean())


def _shifted(shape: shapely.Geometry, step: Floats) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + step)


def _displacements(radius_a: float, radius_b: float) -> Floats:
    """Return displacements of equal weight, shape ``(n, 2)``: quantiles of their length, at turned angles."""
    quantile = (np.arange(_SHAPE_RINGS) + 0.5) / _SHAPE_RINGS
    length = np.linspace(0, radius_a + radius_b, 513)
    none = np.zeros(len(length))
    below = _of_points(none, np.full(len(length), radius_a), np.full(len(length), radius_b), length)
    # every ring of nodes is turned by the golden angle against the last, so that no direction is favoured
    angle = 2 * np.pi * np.arange(_SHAPE_ANGLES) / _SHAPE_ANGLES + np.arange(_SHAPE_RINGS)[:, None] * np.pi * (
        3 - np.sqrt(5)
    )
    at = np.interp(quantile, below, length)[:, None]
    return np.stack([at * np.cos(angle), at * np.sin(angle)], axis=-1).reshape(-1, 2)


def _lens_area(apart: Floats, r: Floats, s: Floats) -> Floats:
    """Return the area common to two discs of radii ``r`` and ``s`` whose centres are ``apart``."""
    apart, r, s = np.broadcast_arrays(apart, np.maximum(r, 1e-9), np.maximum(s, 1e-9))
    d = np.maximum(np.clip(apart, np.abs(r - s), r + s), 1e-12)
    part_r = r**2 * np.arccos(np.clip((d**2 + r**2 - s**2) / (2 * d * r), -1, 1))
    part_s = s**2 * np.arccos(np.clip((d**2 + s**2 - r**2) / (2 * d * s), -1, 1))
    kite = np.sqrt(np.maximum(0, (-d + r + s) * (d + r - s) * (d - r + s) * (d + r + s))) / 2
    inside = np.pi * np.minimum(r, s) ** 2
    return np.where(apart >= r + s, 0, np.where(apart <= np.abs(r - s), inside, part_r + part_s - kite))
