"""The search of `nearest.py` in numpy, step by step over many pairs at once: the same answers as `compiled.py`.

It serves where numba is not installed, and for pairs far apart, whose geodesics take Karney's series.

Rows are kept in the order of pairs, so that what belongs to one pair stands together. ``limit`` is, for each pair,
the longest chord still worth a look: every step lowers it by what it finds, and drops the rows beyond it.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from geoprox.geodesy.chords import (
    BOW_M,
    CROSSING_M,
    FAR_M,
    FLAT,
    ITERATIONS,
    NO_GAIN_M,
    TIE_M,
    Found,
    arc,
    azimuth,
    make_found,
    may_turn,
    slack,
)
from geoprox.geodesy.ellipsoid import GEOD, Bools, Floats, Ints
from geoprox.geodesy.pieces import Pieces

_ROWS = 1 << 17  # of the first step at once: few enough for the caches, enough for threads to work side by side

# columns of `curves` laid side by side
_BASE, _SLOPE, _BEND, _BOW, _INVERSE, _REACH = slice(0, 3), slice(3, 6), slice(6, 9), 9, 10, 11
_CENTRE, _RADIUS = slice(0, 3), 3  # of `balls`, likewise


class _Side(NamedTuple):
    """The pieces of one side, with ``lonlat``, ``curves`` and ``balls`` by columns."""

    lonlat: Floats
    columns: Floats
    open_end: Bools
    members: Ints
    balls: Floats
    blocks: Ints


class _Rows(NamedTuple):
    """Pieces ``p`` and ``q`` of pairs ``k``, the places on them where they are nearest, and how near."""

    k: Ints
    p: Ints
    s: Floats
    q: Ints
    t: Floats
    length: Floats

    def at(self, rows: Ints) -> "_Rows":
        k, p, s, q, t, length = self
        return _Rows(k[rows], p[rows], s[rows], q[rows], t[rows], length[rows])


def shortest(a: Pieces, b: Pieces, i: Ints, j: Ints, reach: Floats, *, ends: bool = True) -> Found:
    """Return distance, azimuth and, with ``ends``, nearest points of each pair ``i[k]``, ``j[k]``.

    The distance is inf where it is beyond ``reach[k]``, as it always is beyond a reach below 0.
    """
    out = make_found(len(i), ends=ends)
    x, y = _side(a), _side(b)
    asked = np.flatnonzero(reach >= 0)
    for part in _parts(x, y, i[asked], j[asked]):
        some = asked[part]
        rows = _search(x, y, i[some], j[some], reach[some])
        at, lonlat_a, lonlat_b = some[rows.k], _lonlat(x, rows.p, rows.s), _lonlat(y, rows.q, rows.t)
        out.distance[at] = rows.length
        if ends:
            out.ends[at] = np.concatenate([lonlat_a, lonlat_b]).T
        out.azimuth[at] = azimuth(_at(x.columns, rows.p, rows.s), _at(y.columns, rows.q, rows.t))
        far = rows.length > FAR_M
        out.azimuth[at[far]] = GEOD.inv(*lonlat_a[:, far], *lonlat_b[:, far])[0]
    return out


def _side(pieces: Pieces) -> _Side:
    # the width is told, since it cannot be found out of a table without rows
    lonlat, columns, balls = (
        np.ascontiguousarray(table.reshape(len(table), prod(table.shape[1:])).T)
        for table in (pieces.lonlat, pieces.curves, pieces.balls)
    )
    return _Side(lonlat, columns, pieces.open_end, pieces.members, balls, pieces.blocks)


def _parts(a: _Side, b: _Side, i: Ints, j: Ints) -> Iterator[slice]:
    """Cut the pairs so that the first steps make no more than ``_ROWS`` rows, unless one pair alone does."""
    load = np.cumsum(np.diff(a.blocks)[i] * np.diff(b.members[b.blocks])[j])
    done = 0
    while done < len(i):
        base = load[done - 1] if done else 0
        stop = max(done + 1, int(np.searchsorted(load, base + _ROWS, side="right")))
        yield slice(done, stop)
        done = stop


def _search(a: _Side, b: _Side, i: Ints, j: Ints, reach: Floats) -> _Rows:
    """Return the nearest pieces of each pair that is within reach."""
    limit = reach + slack(reach)
    # blocks: every ball holds a point of its block
    k, m, n = _combinations(a, i, b, j)
    between = np.sqrt(_square(_of(a.balls, _CENTRE, m) - _of(b.balls, _CENTRE, n)))
    both = _of(a.balls, _RADIUS, m) + _of(b.balls, _RADIUS, n)
    k, m, n = _kept(limit, k, between + both + CROSSING_M, between - both, m, n)
    # a block, and the pieces of a block
    k, m, q = _opened(b.members, n, k, m)
    ball, bow = _of(a.balls, _RADIUS, m), _of(b.columns, _BOW, q)
    between = _to_edge(_of(a.balls, _CENTRE, m), b.columns, q)
    k, m, q = _kept(limit, k, between + bow + ball + CROSSING_M, between - bow - ball, m, q)
    # pieces
    k, q, p = _opened(a.members, m, k, q)
    between, bow, spread = _between_pieces(a.columns, p, b.columns, q)
    k, p, q = _kept(limit, k, between + bow + CROSSING_M, between - spread, p, q)
    chord, s, t = _closest(a, b, p, q, limit[k])
    k, p, q, s, t, chord = _kept(limit, k, chord, chord, p, q, s, t, chord)
    return _first(a, b, _as_geodesics(a, b, _Rows(k, p, s, q, t, chord)))


def _between_pieces(x: Floats, p: Ints, y: Floats, q: Ints) -> tuple[Floats, Floats, Floats]:
    """Return how near pieces are, by how much farther apart, and by how much nearer they may be.

    The base of every piece is a point of it, from which the other one is measured; a point is its base.
    """
    is_point = _of(y, _INVERSE, q) == 0
    between, bow, spread = np.empty(len(p)), np.empty(len(p)), np.empty(len(p))
    at = np.flatnonzero(is_point)
    between[at] = _to_edge(_of(y, _BASE, q[at]), x, p[at])
    bow[at] = spread[at] = _of(x, _BOW, p[at])
    at = np.flatnonzero(~is_point)
    between[at] = _to_edge(_of(x, _BASE, p[at]), y, q[at])
    bow[at] = _of(y, _BOW, q[at])
    spread[at] = bow[at] + _of(x, _REACH, p[at])
    return between, bow, spread


def _kept(limit: Floats, k: Ints, upper: Floats, lower: Floats, *rows: Floats | Ints) -> tuple[Any, ...]:
    """Lower the limits of pairs by what is surely reached, and return the rows that may still be the nearest."""
    if len(k):
        first = _starts(k)
        least = np.minimum.reduceat(upper, first)
        at = k[first]
        limit[at] = np.minimum(limit[at], least + slack(least))
    keep = np.flatnonzero(lower <= limit[k])
    return k[keep], *(row[keep] for row in rows)


def _combinations(a: _Side, i: Ints, b: _Side, j: Ints) -> tuple[Ints, Ints, Ints]:
    """Return every combination of the blocks of ``i`` with those of ``j``: the pair, and the two blocks."""
    k, j, m = _opened(a.blocks, i, np.arange(len(i)), j)
    k, m, n = _opened(b.blocks, j, k, m)
    return k, m, n


def _opened(own: Ints, owner: Ints, k: Ints, other: Ints) -> tuple[Ints, Ints, Ints]:
    """Repeat rows for everything their ``owner`` owns, and return it beside them."""
    first = own[owner]
    count = own[owner + 1] - first
    at = np.repeat(np.arange(len(owner)), count)
    rank = np.arange(len(at)) - (np.cumsum(count) - count)[at]
    return k[at], other[at], first[at] + rank


def _closest(a: _Side, b: _Side, p: Ints, q: Ints, limit: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the shortest chord of every two pieces, and the places where it is reached; inf where beyond ``limit``.

    Two edges in a plane come nearest at an end of one of them. Curved as ours are, they may do so between their ends,
    but only where they are parallel to within the angle by which they turn.
    """
    x, y = a.columns, b.columns
    chord, s, t = np.full(len(p), np.inf), np.zeros(len(p)), np.zeros(len(p))
    point_p, point_q = _of(x, _INVERSE, p) == 0, _of(y, _INVERSE, q) == 0
    from_p, from_q = ~point_q | point_p, ~point_p
    for end, of_p, of_q in ((-1.0, from_p, from_q), (1.0, from_p & a.open_end[p], from_q & b.open_end[q])):
        at = np.flatnonzero(of_p)
        at, new, place = _nearer(chord, at, *_from_end(x, p[at], end, y, q[at], limit[at]))
        chord[at], s[at], t[at] = new, end, place
        at = np.flatnonzero(of_q)
        at, new, place = _nearer(chord, at, *_from_end(y, q[at], end, x, p[at], limit[at]))
        chord[at], s[at], t[at] = new, place, end
    bend = _of(x, _BOW, p) + _of(y, _BOW, q)
    at = np.flatnonzero((bend > BOW_M) & ~point_p & ~point_q)
    at = at[_are_parallel(x, p[at], y, q[at], limit[at])]
    chord[at], s[at], t[at] = _settled(a, b, _Rows(at, p[at], s[at], q[at], t[at], chord[at]))
    return chord, s, t


def _nearer(chord: Floats, at: Ints, new: Floats, place: Floats) -> tuple[Ints, Floats, Floats]:
    """Return the rows where the new chord is shorter, with the chord and its place."""
    keep = new < chord[at]
    return at[keep], new[keep], place[keep]


def _from_end(x: Floats, p: Ints, s: float, y: Floats, q: Ints, limit: Floats) -> tuple[Floats, Floats]:
    """Return the shortest chord from an end of pieces ``p`` to pieces ``q``, and the place where it is reached."""
    away = _of(x, _BASE, p) + s * _of(x, _SLOPE, p) + _of(x, _BEND, p) - _of(y, _BASE, q)
    u, bow = _of(y, _SLOPE, q), _of(y, _BOW, q)
    t = np.clip(_dot(away, u) * _of(y, _INVERSE, q), -1, 1)
    straight = np.sqrt(_square(away - t * u))
    at = np.flatnonzero(straight - bow <= limit)
    out = np.full(len(p), np.inf)
    out[at], t[at] = _bent(away[:, at], y, q[at], t[at])
    return out, t


def _bent(away: Floats, y: Floats, q: Ints, t: Floats) -> tuple[Floats, Floats]:
    """Return the shortest chord from points ``away`` from the bases of pieces ``q``, by Newton's method from ``t``."""
    u, bend, inverse = _of(y, _SLOPE, q), _of(y, _BEND, q), _of(y, _INVERSE, q)
    rest = away - t * (u + t * bend)
    chord = np.sqrt(_square(rest))
    for _ in range(ITERATIONS):
        v = u + 2 * t * bend
        pull = _dot(rest, v)
        # those at an end and pulled beyond it, or as good as there, are done
        at = np.flatnonzero((t * pull < np.abs(pull)) & (pull * pull * inverse > NO_GAIN_M * chord))
        if not len(at):
            break
        steep = _square(v[:, at])
        # curvature makes it a Newton step; where it would make it concave, the plain square stands in
        newton = np.maximum(steep - 2 * _dot(rest[:, at], bend[:, at]), steep / 4)
        new = np.clip(t[at] + pull[at] / newton, -1, 1)
        new_rest = away[:, at] - new * (u[:, at] + new * bend[:, at])
        new_chord = np.sqrt(_square(new_rest))
        shorter = new_chord < chord[at]
        if not shorter.any():
            break
        at = at[shorter]
        t[at], chord[at], rest[:, at] = new[shorter], new_chord[shorter], new_rest[:, shorter]
    return chord, t


def _are_parallel(x: Floats, p: Ints, y: Floats, q: Ints, limit: Floats) -> Bools:
    """Return whether two pieces, no farther apart than ``limit``, run the same way to within what `may_turn` tells."""
    along, uu, vv = _dot(_of(x, _SLOPE, p), _of(y, _SLOPE, q)), _of(x, _INVERSE, p), _of(y, _INVERSE, q)
    turn = may_turn(_of(x, _BOW, p) ** 2 * uu + _of(y, _BOW, q) ** 2 * vv, limit)
    return np.asarray(1 - along**2 * uu * vv <= turn, dtype=bool)


def _settled(a: _Side, b: _Side, rows: _Rows) -> tuple[Floats, Floats, Floats]:
    """Return the shortest chord of nearly parallel pieces and its places, by Newton's method from a first guess.

    Every turn goes to the least of the quadratic that touches half the squared chord, on the square of places: inside
    it, or on one of its four sides. Along a flat valley anything simpler creeps.
    """
    x, y = a.columns, b.columns
    out_s, out_t, out = rows.s.copy(), rows.t.copy(), rows.length.copy()
    # each row ends by itself: what else is searched must not matter to it
    at = np.arange(len(out))
    for _ in range(ITERATIONS):
        if not len(at):
            break
        p, q, s, t = rows.p[at], rows.q[at], out_s[at], out_t[at]
        u, v = _of(x, _SLOPE, p) + 2 * s * _of(x, _BEND, p), _of(y, _SLOPE, q) + 2 * t * _of(y, _BEND, q)
        w = _at(x, p, s) - _at(y, q, t)
        # curvature makes it a Newton step; where it would make it concave, the plain squares stand in
        uu, vv = _square(u), _square(v)
        uu = np.maximum(uu + 2 * _dot(_of(x, _BEND, p), w), uu / 4)
        vv = np.maximum(vv - 2 * _dot(_of(y, _BEND, q), w), vv / 4)
        new_s, new_t = _least((uu, vv, _dot(u, v), _dot(u, w), _dot(v, w)), s, t)
        new = np.sqrt(_square(_at(x, p, new_s) - _at(y, q, new_t)))
        gain = out[at] - new
        shorter = gain > 0
        at, gain = at[shorter], gain[shorter]
        out_s[at], out_t[at], out[at] = new_s[shorter], new_t[shorter], new[shorter]
        at = at[gain > NO_GAIN_M]
    return out, out_s, out_t


def _least(terms: tuple[Floats, Floats, Floats, Floats, Floats], s: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Return where on the square -1..1 the quadratics given around ``s``, ``t`` are least."""
    uu, vv, uv, uw, vw = terms
    determinant = uu * vv - uv * uv
    convex = determinant > FLAT * uu * vv
    safe = np.where(convex, determinant, 1.0)
    best_s, best_t = s + (uv * vw - uw * vv) / safe, t + (uu * vw - uv * uw) / safe
    least = np.where(convex & (np.abs(best_s) <= 1) & (np.abs(best_t) <= 1), -np.inf, np.inf)
    for end in (-1.0, 1.0):
        along_t = np.clip(t + (vw + uv * (end - s)) / vv, -1, 1)
        along_s = np.clip(s + (uv * (end - t) - uw) / uu, -1, 1)
        for try_s, try_t in ((np.full_like(s, end), along_t), (along_s, np.full_like(t, end))):
            ds, dt = try_s - s, try_t - t
            value = uu * ds**2 / 2 + vv * dt**2 / 2 - uv * ds * dt + uw * ds - vw * dt
            lower = value < least
            best_s, best_t = np.where(lower, try_s, best_s), np.where(lower, try_t, best_t)
            least = np.minimum(least, value)
    return best_s, best_t


def _as_geodesics(a: _Side, b: _Side, rows: _Rows) -> _Rows:
    """Return rows with the geodesic for the chord."""
    length = arc(_at(a.columns, rows.p, rows.s), _at(b.columns, rows.q, rows.t))
    far = np.flatnonzero(rows.length > FAR_M)
    if len(far):
        lonlat_a, lonlat_b = _lonlat(a, rows.p[far], rows.s[far]), _lonlat(b, rows.q[far], rows.t[far])
        length[far] = GEOD.inv(*lonlat_a, *lonlat_b)[2]
    return rows._replace(length=length)


def _first(a: _Side, b: _Side, rows: _Rows) -> _Rows:
    """Return the nearest row of each pair; of rows equally near the one farther west, or then south.

    So the answer does not depend on the order of vertices.
    """
    if not len(rows.k):
        return rows
    rows = rows.at(_least_of_each(rows.k, rows.length, TIE_M))
    ends: tuple[Callable[[_Rows], Floats], ...] = (lambda r: _lonlat(a, r.p, r.s), lambda r: _lonlat(b, r.q, r.t))
    for of in ends:
        for c in (0, 1):
            if (rows.k[1:] == rows.k[:-1]).any():
                rows = rows.at(_least_of_each(rows.k, of(rows)[c], 0.0))
    return rows.at(_starts(rows.k))


def _least_of_each(k: Ints, values: Floats, more: float) -> Ints:
    """Return the rows of each pair whose values are no larger than the least of them and ``more``."""
    first = _starts(k)
    least = np.repeat(np.minimum.reduceat(values, first), np.diff(first, append=len(k)))
    return np.flatnonzero(values <= least + more)


def _starts(k: Ints) -> Ints:
    """Return where a new pair starts among rows."""
    return np.flatnonzero(np.append(True, k[1:] != k[:-1]))


def _to_edge(points: Floats, y: Floats, q: Ints) -> Floats:
    """Return the distance from points in space to pieces taken as straight through their bases."""
    away, u = points - _of(y, _BASE, q), _of(y, _SLOPE, q)
    t = np.clip(_dot(away, u) * _of(y, _INVERSE, q), -1, 1)
    return np.sqrt(_square(away - t * u))


def _at(x: Floats, p: Ints, s: Floats) -> Floats:
    return np.asarray(_of(x, _BASE, p) + s * (_of(x, _SLOPE, p) + s * _of(x, _BEND, p)), dtype=float)


def _lonlat(side: _Side, p: Ints, s: Floats) -> Floats:
    """Return longitudes and latitudes, shape ``(2, n)``."""
    first, last = _of(side.lonlat, slice(0, 2), p), _of(side.lonlat, slice(2, 4), p)
    return np.asarray(first + (last - first) * ((s + 1) / 2), dtype=float)


def _of(columns: Floats, which: int | slice, rows: Ints) -> Floats:
    """Return rows of some columns: as `columns[which, rows]`, which takes four times as long."""
    return np.take(columns[which], rows, axis=-1, mode="clip")


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->j", x, y), dtype=float)


def _square(x: Floats) -> Floats:
    return _dot(x, x)
