"""The shortest distance between geometries on WGS84 by brute search: slow, and with nothing of the kernel in it.

Edges are straight in longitude and latitude. Every pair of pieces of the two boundaries is bounded from both sides by
true geodesics; pairs that cannot hold the shortest are dropped, the others halved, and what is left in the end is
minimised by scipy over geographiclib. Two arguments bound a pair from below. A point of a piece is no farther from its
middle than half its length (the triangle inequality). And the distance between two geodesics is convex but for terms of
second order, so a short pair does not fall below its tangent plane by more than ``_sag``.
"""

from itertools import pairwise

import numpy as np
import shapely
from geographiclib.geodesic import Geodesic
from pyproj import Geod
from scipy.optimize import brentq

WGS84 = Geod(ellps="WGS84")
A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)
M_PER_DEG = 111_700.0
RADIUS_M = 6_335_000.0  # of the strongest curvature
TURNS = range(-1080, 1081, 360)


def distance(a, b) -> float:
    """Return the distance in metres, 0 where ``a`` and ``b`` intersect, NaN where one is empty or missing."""
    if a is None or b is None or a.is_empty or b.is_empty:
        return np.nan
    if meets(a, b):
        return 0.0
    p, q = (np.array(list(segments(g))) for g in (a, b))
    i, j = np.divmod(np.arange(len(p) * len(q)), len(q))
    return _search(p[i], q[j])


def distances(a, b) -> np.ndarray:
    """Return the distance of each pair ``a[i]``, ``b[i]``."""
    return np.array([distance(x, y) for x, y in zip(a, b, strict=True)])


def meets(a, b) -> bool:
    """Return whether two geometries have a point in common, whatever full turns lie between their longitudes."""
    return any(shapely.intersects(a, shapely.transform(b, lambda xy, t=t: xy + np.array([t, 0]))) for t in TURNS)


def segments(geometry):
    """Yield the first and last vertex of every boundary edge; a point is an edge of no length."""
    if hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from segments(part)
    elif isinstance(geometry, shapely.Polygon):
        for ring in [geometry.exterior, *geometry.interiors]:
            yield from segments(ring)
    elif not geometry.is_empty:
        xy = shapely.get_coordinates(geometry)
        yield from pairwise(xy) if len(xy) > 1 else [(xy[0], xy[0])]


def _search(p, q) -> float:
    best = np.inf
    for _ in range(80):
        low, high = _bounds(p, q)
        best = min(best, high.min())
        keep = low <= best + 1e-8  # more than rounding
        p, q, low = p[keep], q[keep], low[keep]
        half_p, half_q = _half(p), _half(q)
        if best - low.min() < 1e-7 or (len(p) <= 8 and max(half_p.max(), half_q.max()) < 50):
            break
        longer = (half_p > half_q)[:, None, None]
        p, q = (
            np.concatenate([np.where(cut, _halved(x, side), x) for side in (0, 1)])
            for x, cut in ((p, longer), (q, ~longer))
        )
        if len(p) > 4_000_000:
            raise MemoryError("too many pairs of pieces are equally near: choose another case")
    few = np.argsort(low)[:8]
    return min(best, *(_polished(x, y) for x, y in zip(p[few], q[few], strict=True)))


def _bounds(p, q):
    """Return what the distance of each pair of pieces cannot go below, and a distance that it reaches."""
    half_p, half_q = _half(p), _half(q)
    middle_p, middle_q = p.mean(axis=1), q.mean(axis=1)
    metres, slope_p, slope_q = _slopes(middle_p, middle_q, p[:, 1] - p[:, 0], q[:, 1] - q[:, 0])
    by_length = metres - half_p - half_q
    sag = _sag(p, half_p, metres) + _sag(q, half_q, metres)
    by_slope = metres - np.abs(slope_p) - np.abs(slope_q) - sag
    low = np.where(np.maximum(half_p, half_q) < 2000, np.maximum(by_length, by_slope), by_length)
    downhill = [
        m - np.sign(slope)[:, None] * (x[:, 1] - x[:, 0]) / 2
        for m, slope, x in ((middle_p, slope_p, p), (middle_q, slope_q, q))
    ]
    return low, np.minimum(metres, WGS84.inv(*downhill[0].T, *downhill[1].T)[2])


def _sag(p, half, metres):
    """Return twice the second-order terms: how far an edge bends off its geodesic, and geodesics off each other."""
    bend = np.tan(np.radians(np.minimum(np.abs(p[..., 1]).max(axis=1), 89.99)))
    return half**2 * (bend + np.tan(np.minimum(metres / RADIUS_M / 2, 1.5))) / RADIUS_M


def _slopes(at_p, at_q, along_p, along_q):
    """Return the distance, and how much it changes over half a step along either piece."""
    azimuth, back, metres = WGS84.inv(*at_p.T, *at_q.T)
    east, north = _metres(at_p, along_p / 2)
    slope_p = -(np.cos(np.radians(azimuth)) * north + np.sin(np.radians(azimuth)) * east)
    east, north = _metres(at_q, along_q / 2)
    return metres, slope_p, -(np.cos(np.radians(back)) * north + np.sin(np.radians(back)) * east)


def _metres(at, step):
    """Return a small step in degrees as metres to the east and to the north."""
    sin, cos = np.sin(np.radians(at[..., 1])), np.cos(np.radians(at[..., 1]))
    east = A / np.sqrt(1 - E2 * sin**2) * cos * np.radians(step[..., 0])
    return east, A * (1 - E2) / (1 - E2 * sin**2) ** 1.5 * np.radians(step[..., 1])


def _half(p):
    """Return no less than half the length of each piece in metres."""
    step = np.abs(p[:, 1] - p[:, 0])
    crosses = p[:, 0, 1] * p[:, 1, 1] < 0
    widest = np.where(crosses, 1, np.cos(np.radians(np.abs(p[..., 1]).min(axis=1))))
    return np.hypot(step[:, 0] * widest, step[:, 1]) * M_PER_DEG / 2


def _halved(p, side):
    out = p.copy()
    out[:, 1 - side] = p.mean(axis=1)
    return out


def _polished(p, q) -> float:
    """Return the least distance of two short pieces, where no slope leads further down.

    The distance is convex, so each slope changes its sign once: along ``q`` for every place on ``p``, then along ``p``.
    """
    step = np.array([p[1] - p[0], q[1] - q[0]]) / 2

    def slopes(s, t):
        at = np.array([p.mean(axis=0), q.mean(axis=0)]) + step * [[s], [t]]
        line = Geodesic.WGS84.Inverse(at[0, 1], at[0, 0], at[1, 1], at[1, 0])
        azimuth = np.radians([line["azi1"], line["azi2"]])
        east, north = _metres(at, step)
        return line["s12"], *([-1, 1] * (np.cos(azimuth) * north + np.sin(azimuth) * east))

    def along_q(s):
        return _turn(lambda t: slopes(s, t)[2])

    s = _turn(lambda s: slopes(s, along_q(s))[1])
    return slopes(s, along_q(s))[0]


def _turn(slope) -> float:
    """Return where in -1..1 a growing slope is zero, or the end that it leads down to."""
    if slope(-1) >= 0:
        return -1
    return 1 if slope(1) <= 0 else brentq(slope, -1, 1, xtol=1e-13)
