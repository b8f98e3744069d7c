"""The shortest distance between geometries on the ellipsoid, and where it is reached.

Method. Two geometries that intersect (in longitude and latitude, where their edges are straight) are 0 m apart.
For all others the chord through space between points of their boundaries is minimised: blocks of pieces, then
pieces, are discarded when their bounding balls cannot hold the shortest chord; on every pair of pieces left a
Newton iteration finds the nearest points; and every pair whose chord is within ``_slack`` of the shortest is
measured with Karney's geodesic (``Geod.inv``).

Why chords are enough. A geodesic of length s exceeds its chord by s**3 / (24 R**2) to leading order, where R
depends on place and azimuth by less than 1 %. So the order of chords and of geodesics can differ only within
1 % of that excess, which ``_slack`` covers twice. Where the shortest chord is reached, the geodesic is longer
than the shortest one by less than 1e-7 m at 200 km and 0.1 mm at 1,000 km, and by less than 1 m anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import GEOD, R_MIN, Bools, Floats, Geometries, Ints
from geoprox.geodesy.parts import facing, require_measurable
from geoprox.geodesy.pieces import Pieces, make_pieces

# how many pairs of pieces are held at once: bounds memory to some hundred MB
_CHUNK = 1_000_000
_FLAT = 1e-12  # a determinant this small beside its terms is rounding
# turns of the iteration, and by how much a chord may still shrink after them, in metres: pieces are so nearly
# straight that two turns are within centimetres, and few combinations are left for the last ones
_ROUNDS = ((2, 1.0), (12, 0.0))


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each pair: the distance, the nearest point of either side, and the azimuth from the first to the second.

    Where a pair intersects, the points and the azimuth are NaN; where a geometry is empty or missing, the distance too.
    """

    distance_m: Floats
    lonlat_a: Floats
    lonlat_b: Floats
    azimuth_deg: Floats


def distance(a: Geometries, b: Geometries) -> Floats:
    """Return the ellipsoidal distance in metres of each pair ``a[i]``, ``b[i]``; NaN where one is empty or missing.

    Raises
    ------
    GeometryError
        A coordinate is not finite or not on the globe.
    """
    rows = np.arange(len(a))
    return nearest(a, b, rows, rows).distance_m


def nearest(a: Geometries, b: Geometries, i: Ints, j: Ints) -> Nearest:
    """Return the nearest points of each pair ``a[i[k]]``, ``b[j[k]]``.

    Each geometry is prepared once, however often it is paired.
    """
    require_measurable(a)
    require_measurable(b)
    out = _unknown(len(i))
    pointlike = (shapely.get_type_id(a) == shapely.GeometryType.POINT)[i] & (
        shapely.get_type_id(b) == shapely.GeometryType.POINT
    )[j]
    full = ~(shapely.is_empty(a) | shapely.is_missing(a))[i] & ~(shapely.is_empty(b) | shapely.is_missing(b))[j]
    simple = np.flatnonzero(pointlike & full)
    if len(simple):
        _measure(out, simple, shapely.get_coordinates(a[i[simple]]), shapely.get_coordinates(b[j[simple]]))
        together = simple[out.distance_m[simple] == 0]
        out.lonlat_a[together] = out.lonlat_b[together] = out.azimuth_deg[together, None] = np.nan
    rest = np.flatnonzero(~pointlike & full)
    if len(rest):
        meets = intersects(a[i[rest]], b[j[rest]])
        out.distance_m[rest[meets]] = 0.0
        apart = rest[~meets]
        pieces_a, pieces_b = make_pieces(a), make_pieces(b)
        for part in _chunks(pieces_a, pieces_b, i[apart], j[apart]):
            _search(out, apart[part], pieces_a, pieces_b, i[apart[part]], j[apart[part]])
    return out


def intersects(a: Geometries, b: Geometries) -> Bools:
    """Return whether each pair has a point in common, whatever full turns lie between their longitudes."""
    return np.asarray(shapely.intersects(a, facing(a, b)), dtype=bool)


def _unknown(n: int) -> Nearest:
    return Nearest(np.full(n, np.nan), np.full((n, 2), np.nan), np.full((n, 2), np.nan), np.full(n, np.nan))


def _measure(out: Nearest, at: Ints, lonlat_a: Floats, lonlat_b: Floats) -> None:
    azimuth, _, metres = GEOD.inv(lonlat_a[:, 0], lonlat_a[:, 1], lonlat_b[:, 0], lonlat_b[:, 1])
    out.distance_m[at], out.azimuth_deg[at] = metres, azimuth
    out.lonlat_a[at], out.lonlat_b[at] = lonlat_a, lonlat_b


def _chunks(a: Pieces, b: Pieces, i: Ints, j: Ints) -> Iterator[slice]:
    """Cut the pairs so that no cut holds more than ``_CHUNK`` pairs of pieces, unless one pair alone does."""
    count_a, count_b = np.diff(a.members[a.blocks]), np.diff(b.members[b.blocks])
    load = np.cumsum(count_a[i] * count_b[j])
    done = 0
    while done < len(i):
        base = load[done - 1] if done else 0
        stop = max(done + 1, int(np.searchsorted(load, base + _CHUNK, side="right")))
        yield slice(done, stop)
        done = stop


def _search(out: Nearest, at: Ints, a: Pieces, b: Pieces, i: Ints, j: Ints) -> None:
    """Find the nearest points of the pairs ``i``, ``j`` and write them to rows ``at``."""
    pair, p, q = _cross(np.arange(len(at)), a.blocks, i, b.blocks, j)
    keep = _promising(pair, a.block_base[p], b.block_base[q], a.block_reach[p] + b.block_reach[q])
    pair, p, q = _cross(pair[keep], a.members, p[keep], b.members, q[keep])
    keep = _promising(pair, a.base[p], b.base[q], a.reach[p] + b.reach[q])
    pair, p, q = pair[keep], p[keep], q[keep]
    s = t = np.zeros(len(p))
    for turns, margin in _ROUNDS:
        s, t, chord = _closest(a, p, b, q, (s, t), turns)
        keep = _competing(pair, chord, chord - margin)
        pair, p, q, s, t = pair[keep], p[keep], q[keep], s[keep], t[keep]
    lonlat_a, lonlat_b = _lonlat(a, p, s), _lonlat(b, q, t)
    metres = GEOD.inv(lonlat_a[:, 0], lonlat_a[:, 1], lonlat_b[:, 0], lonlat_b[:, 1])[2]
    # equal distances are told apart by position, so that the answer does not depend on the order of vertices
    order = np.lexsort((lonlat_b[:, 1], lonlat_b[:, 0], lonlat_a[:, 1], lonlat_a[:, 0], metres, pair))
    first = order[np.unique(pair[order], return_index=True)[1]]
    _measure(out, at[pair[first]], lonlat_a[first], lonlat_b[first])


def _cross(pair: Ints, own_a: Ints, i: Ints, own_b: Ints, j: Ints) -> tuple[Ints, Ints, Ints]:
    """Return every combination of what ``i`` owns with what ``j`` owns: the pair, and the two members."""
    many_a, many_b = own_a[i + 1] - own_a[i], own_b[j + 1] - own_b[j]
    count = many_a * many_b
    k = np.repeat(np.arange(len(pair)), count)
    rank = np.arange(len(k)) - np.repeat(np.cumsum(count) - count, count)
    return pair[k], own_a[i][k] + rank // many_b[k], own_b[j][k] + rank % many_b[k]


def _promising(pair: Ints, base_a: Floats, base_b: Floats, reach: Floats) -> Bools:
    """Return which combinations may hold the shortest chord of their pair, or one that competes with it."""
    apart = np.linalg.norm(base_a - base_b, axis=1)
    return _competing(pair, apart, apart - reach * (1 + 1e-9))


def _competing(pair: Ints, upper: Floats, lower: Floats) -> Bools:
    """Return which combinations may, by the bounds of their chords, hold the shortest geodesic of their pair."""
    best = np.full(int(pair.max(initial=-1)) + 1, np.inf)
    np.minimum.at(best, pair, upper)
    return np.asarray(lower <= (best + _slack(best))[pair], dtype=bool)


def _slack(chord: Floats) -> Floats:
    """Return by how much a longer chord may still belong to the shortest geodesic, in metres."""
    excess = 2 * R_MIN * np.arcsin(np.minimum(1, chord / (2 * R_MIN))) - chord
    return 1e-3 + 0.02 * excess


def _closest(
    a: Pieces, p: Ints, b: Pieces, q: Ints, start: tuple[Floats, Floats], turns: int
) -> tuple[Floats, Floats, Floats]:
    """Return where on each two pieces (-1..1) the chord is shortest, and its length.

    A clamped Newton iteration of at most ``turns`` turns.
    """
    s, t = start
    chord = np.linalg.norm(_at(a, p, s) - _at(b, q, t), axis=1)
    for _ in range(turns):
        new_s, new_t = _step(a, p, b, q, s, t)
        new_chord = np.linalg.norm(_at(a, p, new_s) - _at(b, q, new_t), axis=1)
        shorter = new_chord < chord
        if not shorter.any():
            break
        s, t = np.where(shorter, new_s, s), np.where(shorter, new_t, t)
        chord = np.minimum(chord, new_chord)
    return s, t, chord


def _step(a: Pieces, p: Ints, b: Pieces, q: Ints, s: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Return where the quadratic that touches half the squared chord at ``s``, ``t`` is least on the square of pieces.

    Inside the square where its minimum lies there, else the least of the minima on the four sides: pieces that are
    nearly parallel have a long flat valley, along which anything simpler creeps.
    """
    u, v = a.slope[p] + 2 * a.bend[p] * s[:, None], b.slope[q] + 2 * b.bend[q] * t[:, None]
    w = _at(a, p, s) - _at(b, q, t)
    uu, vv, uv, uw, vw = _dot(u, u), _dot(v, v), _dot(u, v), _dot(u, w), _dot(v, w)
    # curvature makes the step a Newton step; where it would make it concave, the plain squares stand in
    uu = np.maximum(uu + 2 * _dot(a.bend[p], w), uu / 4)
    vv = np.maximum(vv - 2 * _dot(b.bend[q], w), vv / 4)
    inner_s = s + _ratio(uv * vw - uw * vv, uu * vv - uv * uv, uu * vv)
    inner_t = t + _ratio(uu * vw - uv * uw, uu * vv - uv * uv, uu * vv)
    best_s, best_t = np.clip(inner_s, -1, 1), np.clip(inner_t, -1, 1)
    convex = uu * vv - uv * uv > _FLAT * uu * vv
    least = np.where(convex & (best_s == inner_s) & (best_t == inner_t), -np.inf, np.inf)
    for end in (-1.0, 1.0):
        along_t = np.clip(t + _ratio(vw + uv * (end - s), vv, 1.0), -1, 1)
        along_s = np.clip(s + _ratio(uv * (end - t) - uw, uu, 1.0), -1, 1)
        for try_s, try_t in ((np.full_like(s, end), along_t), (along_s, np.full_like(t, end))):
            ds, dt = try_s - s, try_t - t
            value = uu * ds**2 / 2 + vv * dt**2 / 2 - uv * ds * dt + uw * ds - vw * dt
            lower = value < least
            best_s, best_t = np.where(lower, try_s, best_s), np.where(lower, try_t, best_t)
            least = np.minimum(least, value)
    return best_s, best_t


def _at(pieces: Pieces, p: Ints, s: Floats) -> Floats:
    return pieces.base[p] + pieces.slope[p] * s[:, None] + pieces.bend[p] * (s**2)[:, None]


def _lonlat(pieces: Pieces, p: Ints, s: Floats) -> Floats:
    first, last = pieces.lonlat[p, 0], pieces.lonlat[p, 1]
    return np.asarray(first + (last - first) * ((s + 1) / 2)[:, None], dtype=float)


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", x, y), dtype=float)


def _ratio(top: Floats, bottom: Floats, scale: Floats | float) -> Floats:
    """Divide, giving 0 where the denominator is nothing beside ``scale``.

    So a point does not move along itself, nor do parallel pieces along each other.
    """
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > _FLAT * np.maximum(scale, 1e-3))
