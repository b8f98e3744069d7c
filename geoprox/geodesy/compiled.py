"""The search of `nearest.py` pair by pair, compiled by numba: the same answers as `vectorised.py`, many times faster.

Scalars and plain loops, as numba likes them; the method and its bound are told in `nearest.py`.
"""

from collections.abc import Callable
from math import asin, atan2, cos, degrees, inf, nan, radians, sin, sqrt
from typing import Any, TypeVar

import numpy as np
from numba import njit

from geoprox.geodesy import chords
from geoprox.geodesy.chords import BOW_M, CROSSING_M, FLAT, ITERATIONS, NEAR_M, NO_GAIN_M, TIE_M, Found, make_found
from geoprox.geodesy.ellipsoid import E2, R_MIN, A, B, Floats, Ints
from geoprox.geodesy.pieces import BLOCK, Pieces

_D_XY, _D_Z = 1 / A**2, 1 / B**2

_Function = TypeVar("_Function", bound=Callable[..., Any])

# nothing here allocates, so arrays need no counts of references, which would take half of the time
_njit: Any = njit  # its types do not know the option for this
_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}


def _compiled(function: _Function) -> _Function:
    compiled: _Function = _njit(cache=True, **_OPTIONS)(function)
    return compiled


def _inlined(function: _Function) -> _Function:
    inlined: _Function = _njit(forceinline=True, **_OPTIONS)(function)
    return inlined


may_turn = _inlined(chords.may_turn)


def shortest(a: Pieces, b: Pieces, i: Ints, j: Ints, reach: Floats, *, ends: bool = True) -> Found:
    """Return distance, azimuth and, with ``ends``, nearest points of each pair ``i[k]``, ``j[k]``.

    The distance is inf where it is beyond ``reach[k]``, as it always is beyond a reach below 0.
    """
    found = make_found(len(i), ends=ends)
    _shortest(a, b, i, j, reach, *found, np.empty((2, BLOCK)))
    return found


def curves(xy: Floats, first: Ints, second: Ints) -> Floats:
    """Return the rows of ``Pieces.curves`` of the edges between vertices ``first`` and ``second``."""
    out = np.empty((len(first), 4, 3))
    _fill_curves(xy, first, second, out)
    return out


def balls(rows: Floats, members: Ints) -> Floats:
    """Return the ball around each block of rows of ``Pieces.curves``: about the mean of its pieces."""
    out = np.empty((len(members) - 1, 4))
    _fill_balls(rows, members, out)
    return out


@_compiled
def _fill_curves(xy: Floats, first: Ints, second: Ints, out: Floats) -> None:
    known, x, y, z = -1, 0.0, 0.0, 0.0
    for k in range(len(first)):
        i, j = first[k], second[k]
        if i != known:
            x, y, z = _to_space(xy[i, 0], xy[i, 1])
        u, v, w = _to_space(xy[j, 0], xy[j, 1])
        mx, my, mz = _to_space((xy[i, 0] + xy[j, 0]) / 2, (xy[i, 1] + xy[j, 1]) / 2)
        out[k, 0, 0], out[k, 0, 1], out[k, 0, 2] = mx, my, mz
        out[k, 1, 0], out[k, 1, 1], out[k, 1, 2] = (u - x) / 2, (v - y) / 2, (w - z) / 2
        out[k, 2, 0], out[k, 2, 1], out[k, 2, 2] = (x + u) / 2 - mx, (y + v) / 2 - my, (z + w) / 2 - mz
        square = _square((u - x) / 2, (v - y) / 2, (w - z) / 2)
        bow = sqrt(_square(out[k, 2, 0], out[k, 2, 1], out[k, 2, 2]))
        out[k, 3, 0], out[k, 3, 1], out[k, 3, 2] = bow, 1 / square if square > 0 else 0.0, sqrt(square) + bow
        known, x, y, z = j, u, v, w


@_compiled
def _fill_balls(rows: Floats, members: Ints, out: Floats) -> None:
    for m in range(len(members) - 1):
        first, last = members[m], members[m + 1]
        x = y = z = reach = 0.0
        for p in range(first, last):
            x, y, z = x + rows[p, 0, 0], y + rows[p, 0, 1], z + rows[p, 0, 2]
        x, y, z = x / (last - first), y / (last - first), z / (last - first)
        for p in range(first, last):
            away = sqrt(_square(x - rows[p, 0, 0], y - rows[p, 0, 1], z - rows[p, 0, 2]))
            reach = max(reach, away + rows[p, 3, 2])
        out[m, 0], out[m, 1], out[m, 2], out[m, 3] = x, y, z, reach


@_inlined
def _to_space(lon: float, lat: float) -> tuple[float, float, float]:
    """Return geocentric x, y, z in metres, as `ellipsoid.to_space` does."""
    sin_phi = sin(radians(lat))
    normal = A / sqrt(1 - E2 * sin_phi * sin_phi)
    ring = normal * cos(radians(lat))
    return ring * cos(radians(lon)), ring * sin(radians(lon)), normal * (1 - E2) * sin_phi


@_compiled
def _shortest(
    a: Pieces, b: Pieces, i: Ints, j: Ints, reach: Floats, distance: Floats, ends: Floats, azimuth: Floats, room: Floats
) -> None:
    for k in range(len(i)):
        if reach[k] < 0:
            continue
        length, p, s, q, t = _search(a, b, i[k], j[k], reach[k], room)
        distance[k] = length
        if p < 0:
            continue
        azimuth[k] = _azimuth(a.curves, p, s, b.curves, q, t)
        if len(ends):
            for c in range(2):
                ends[k, c], ends[k, 2 + c] = _lonlat(a.lonlat, p, s, c), _lonlat(b.lonlat, q, t, c)


@_inlined
def _search(a: Pieces, b: Pieces, i: int, j: int, reach: float, room: Floats) -> tuple[float, int, float, int, float]:
    """Return the shortest distance of two geometries, and the pieces and places on them where it is reached."""
    x, y, balls_x, balls_y = a.curves, b.curves, a.balls, b.balls
    # `limit` is the longest chord worth a look; `best` is what ranks: the chord, or beyond NEAR_M the geodesic
    limit = _first_limit(a, b, i, j, reach)
    best, best_p, best_s, best_q, best_t = inf, -1, 0.0, -1, 0.0
    for m in range(a.blocks[i], a.blocks[i + 1]):
        cx, cy, cz = _centre(balls_x, m)
        ball = balls_x[m, 3]
        for n in range(b.blocks[j], b.blocks[j + 1]):
            if _square_between(balls_x, m, balls_y, n) > (limit + ball + balls_y[n, 3]) ** 2:
                continue
            first, last = b.members[n], b.members[n + 1]
            # the ball holds a point of its block, so the nearest piece is no farther than from its centre and a radius
            least, nearest = inf, first
            for q in range(first, last):
                square = room[0, q - first] = _square_to_edge(cx, cy, cz, y, q)
                nearest = q if square < least else nearest
                least = min(least, square)
            upper = sqrt(least) + y[nearest, 3, 0] + ball
            if upper < limit:
                limit = min(limit, upper + slack(upper) + CROSSING_M)
            for turn in range(first, last):
                # the nearest piece goes first: most others need no look then
                q = nearest if turn == first else first if turn == nearest else turn
                if room[0, q - first] > (limit + ball + y[q, 3, 0]) ** 2:
                    continue
                limit = min(limit, _near_pieces(x, a.members[m], a.members[m + 1], y, q, room))
                for p in range(a.members[m], a.members[m + 1]):
                    if room[1, p - a.members[m]] > (limit + _spread(x, p, y, q)) ** 2:
                        continue
                    chord, s, t = _closest(x, p, a.open_end[p], y, q, b.open_end[q], limit)
                    if chord > limit:
                        continue
                    rank = chord if chord <= NEAR_M else _geodesic(x, p, s, y, q, t)
                    if rank < best - TIE_M or (
                        rank < best + TIE_M
                        and _goes_first(a.lonlat, p, s, best_p, best_s, b.lonlat, q, t, best_q, best_t)
                    ):
                        best, best_p, best_s, best_q, best_t = rank, p, s, q, t
                        limit = min(limit, chord + slack(chord))
    if best_p >= 0:
        best = _geodesic(x, best_p, best_s, y, best_q, best_t)
    return best, best_p, best_s, best_q, best_t


@_inlined
def _near_pieces(x: Floats, first: int, last: int, y: Floats, q: int, room: Floats) -> float:
    """Fill a row of ``room`` with the squares of how near pieces are to piece ``q``; return the chord that they assure.

    Without a branch, which the processor could not foresee.
    """
    least, bow = inf, 0.0
    if y[q, 3, 1] == 0:
        u, v, w = _base(y, q)
        for p in range(first, last):
            square = room[1, p - first] = _square_to_edge(u, v, w, x, p)
            bow = x[p, 3, 0] if square < least else bow
            least = min(least, square)
    else:
        bow = y[q, 3, 0]
        for p in range(first, last):
            u, v, w = _base(x, p)
            square = room[1, p - first] = _square_to_edge(u, v, w, y, q)
            least = min(least, square)
    upper = sqrt(least) + bow
    return upper + slack(upper) + CROSSING_M


@_inlined
def _spread(x: Floats, p: int, y: Floats, q: int) -> float:
    """Return by how much pieces may be nearer to each other than `_near_pieces` tells."""
    spread: float = x[p, 3, 0] if y[q, 3, 1] == 0 else x[p, 3, 2] + y[q, 3, 0]
    return spread


@_inlined
def _first_limit(a: Pieces, b: Pieces, i: int, j: int, reach: float) -> float:
    """Return the longest chord worth a look, as far as balls tell: each holds all points of its block."""
    limit = reach + slack(reach)
    if a.blocks[i + 1] - a.blocks[i] == 1 and b.blocks[j + 1] - b.blocks[j] == 1:
        return limit
    for m in range(a.blocks[i], a.blocks[i + 1]):
        for n in range(b.blocks[j], b.blocks[j + 1]):
            upper = sqrt(_square_between(a.balls, m, b.balls, n)) + a.balls[m, 3] + b.balls[n, 3]
            if upper < limit:
                limit = min(limit, upper + slack(upper) + CROSSING_M)
    return limit


@_inlined
def _square(x: float, y: float, z: float) -> float:
    return x * x + y * y + z * z


@_inlined
def _square_between(x: Floats, m: int, y: Floats, n: int) -> float:
    """Return the square of the distance between the centres of two balls."""
    return _square(x[m, 0] - y[n, 0], x[m, 1] - y[n, 1], x[m, 2] - y[n, 2])


@_inlined
def _square_to_edge(x: float, y: float, z: float, b: Floats, q: int) -> float:
    """Return the square of the distance from a point in space to a piece taken as straight through its base."""
    x, y, z = x - b[q, 0, 0], y - b[q, 0, 1], z - b[q, 0, 2]
    u, v, w = b[q, 1, 0], b[q, 1, 1], b[q, 1, 2]
    t = min(1.0, max(-1.0, (x * u + y * v + z * w) * b[q, 3, 1]))
    return _square(x - t * u, y - t * v, z - t * w)


@_inlined
def _centre(balls: Floats, m: int) -> tuple[float, float, float]:
    return balls[m, 0], balls[m, 1], balls[m, 2]


@_inlined
def _base(a: Floats, p: int) -> tuple[float, float, float]:
    return a[p, 0, 0], a[p, 0, 1], a[p, 0, 2]


@_inlined
def _closest(
    a: Floats, p: int, open_p: bool, b: Floats, q: int, open_q: bool, limit: float
) -> tuple[float, float, float]:
    """Return the shortest chord of two pieces, and the places where it is reached; inf where it is beyond ``limit``.

    Two edges in a plane come nearest at an end of one of them. Curved as ours are, they may do so between their ends,
    but only where they are parallel to within the angle by which they turn.
    """
    if b[q, 3, 1] == 0:
        chord, s = _from_end(b, q, -1.0, a, p, limit)
        return chord, s, -1.0
    chord, t = _from_end(a, p, -1.0, b, q, limit)
    s = -1.0
    if a[p, 3, 1] == 0:
        return chord, s, t
    if open_p:
        other, place = _from_end(a, p, 1.0, b, q, limit)
        if other < chord:
            chord, s, t = other, 1.0, place
    other, place = _from_end(b, q, -1.0, a, p, limit)
    if other < chord:
        chord, s, t = other, place, -1.0
    if open_q:
        other, place = _from_end(b, q, 1.0, a, p, limit)
        if other < chord:
            chord, s, t = other, place, 1.0
    if a[p, 3, 0] + b[q, 3, 0] > BOW_M and _are_parallel(a, p, b, q, limit):
        return _settle(a, p, b, q, s, t)
    return chord, s, t


@_inlined
def _from_end(a: Floats, p: int, s: float, b: Floats, q: int, limit: float) -> tuple[float, float]:
    """Return the shortest chord from one place of piece ``p`` to piece ``q``, and the place where it is reached."""
    x = a[p, 0, 0] + s * a[p, 1, 0] + s * s * a[p, 2, 0] - b[q, 0, 0]
    y = a[p, 0, 1] + s * a[p, 1, 1] + s * s * a[p, 2, 1] - b[q, 0, 1]
    z = a[p, 0, 2] + s * a[p, 1, 2] + s * s * a[p, 2, 2] - b[q, 0, 2]
    ux, uy, uz = b[q, 1, 0], b[q, 1, 1], b[q, 1, 2]
    t = min(1.0, max(-1.0, (x * ux + y * uy + z * uz) * b[q, 3, 1]))
    rx, ry, rz = x - t * ux, y - t * uy, z - t * uz
    square, bow = rx * rx + ry * ry + rz * rz, b[q, 3, 0]
    if square > (limit + bow) ** 2:
        return inf, t
    if bow == 0:
        return sqrt(square), t
    bx, by, bz = b[q, 2, 0], b[q, 2, 1], b[q, 2, 2]
    rx, ry, rz = rx - t * t * bx, ry - t * t * by, rz - t * t * bz
    square = rx * rx + ry * ry + rz * rz
    chord = sqrt(square)
    for _ in range(ITERATIONS):
        vx, vy, vz = ux + 2 * t * bx, uy + 2 * t * by, uz + 2 * t * bz
        pull = rx * vx + ry * vy + rz * vz
        if t * pull >= abs(pull) or pull * pull * b[q, 3, 1] <= NO_GAIN_M * chord:
            break  # at an end and pulled beyond it, or as good as there
        steep = vx * vx + vy * vy + vz * vz
        # curvature makes it a Newton step; where it would make it concave, the plain square stands in
        new = min(1.0, max(-1.0, t + pull / max(steep - 2 * (rx * bx + ry * by + rz * bz), steep / 4)))
        nx, ny, nz = x - new * (ux + new * bx), y - new * (uy + new * by), z - new * (uz + new * bz)
        square = nx * nx + ny * ny + nz * nz
        if square >= chord * chord:
            break
        t, chord, rx, ry, rz = new, sqrt(square), nx, ny, nz
    return chord, t


@_inlined
def _are_parallel(a: Floats, p: int, b: Floats, q: int, limit: float) -> bool:
    """Return whether two pieces, no farther apart than ``limit``, run the same way to within what `may_turn` tells."""
    along = a[p, 1, 0] * b[q, 1, 0] + a[p, 1, 1] * b[q, 1, 1] + a[p, 1, 2] * b[q, 1, 2]
    uu, vv = a[p, 3, 1], b[q, 3, 1]
    turn = may_turn(a[p, 3, 0] * a[p, 3, 0] * uu + b[q, 3, 0] * b[q, 3, 0] * vv, limit)
    return bool(1 - along * along * uu * vv <= turn)


@_inlined
def _settle(a: Floats, p: int, b: Floats, q: int, s: float, t: float) -> tuple[float, float, float]:
    """Return the shortest chord of two nearly parallel pieces and its places, by Newton's method from a first guess.

    Every turn goes to the least of the quadratic that touches half the squared chord, on the square of places: inside
    it, or on one of its four sides. Along a flat valley anything simpler creeps.
    """
    chord = _chord(a, p, s, b, q, t)
    for _ in range(ITERATIONS):
        uu = vv = uv = uw = vw = bend_u = bend_v = 0.0
        for c in range(3):
            u = a[p, 1, c] + 2 * s * a[p, 2, c]
            v = b[q, 1, c] + 2 * t * b[q, 2, c]
            w = a[p, 0, c] + s * (a[p, 1, c] + s * a[p, 2, c])
            w -= b[q, 0, c] + t * (b[q, 1, c] + t * b[q, 2, c])
            uu, vv, uv, uw, vw = uu + u * u, vv + v * v, uv + u * v, uw + u * w, vw + v * w
            bend_u, bend_v = bend_u + 2 * a[p, 2, c] * w, bend_v - 2 * b[q, 2, c] * w
        uu, vv = max(uu + bend_u, uu / 4), max(vv + bend_v, vv / 4)
        new_s, new_t = _least(uu, vv, uv, uw, vw, s, t)
        shorter = _chord(a, p, new_s, b, q, new_t)
        if shorter >= chord:
            break
        gain = chord - shorter
        s, t, chord = new_s, new_t, shorter
        if gain <= NO_GAIN_M:
            break
    return chord, s, t


@_inlined
def _least(uu: float, vv: float, uv: float, uw: float, vw: float, s: float, t: float) -> tuple[float, float]:
    """Return where on the square -1..1 the quadratic given around ``s``, ``t`` is least."""
    determinant = uu * vv - uv * uv
    if determinant > FLAT * uu * vv:
        best_s, best_t = s + (uv * vw - uw * vv) / determinant, t + (uu * vw - uv * uw) / determinant
        if abs(best_s) <= 1 and abs(best_t) <= 1:
            return best_s, best_t
    best_s, best_t, least = s, t, inf
    for side in range(4):
        end = 1.0 if side % 2 else -1.0
        if side < 2:
            try_s, try_t = end, min(1.0, max(-1.0, t + (vw + uv * (end - s)) / vv))
        else:
            try_s, try_t = min(1.0, max(-1.0, s + (uv * (end - t) - uw) / uu)), end
        ds, dt = try_s - s, try_t - t
        value = uu * ds * ds / 2 + vv * dt * dt / 2 - uv * ds * dt + uw * ds - vw * dt
        if value < least:
            best_s, best_t, least = try_s, try_t, value
    return best_s, best_t


@_inlined
def _goes_first(
    x: Floats, p: int, s: float, best_p: int, best_s: float, y: Floats, q: int, t: float, best_q: int, best_t: float
) -> bool:
    """Return whether the first of two pairs of nearest points equally near is farther west, or then south.

    So the answer does not depend on the order of vertices.
    """
    for c in range(2):
        new, old = _lonlat(x, p, s, c), _lonlat(x, best_p, best_s, c)
        if new != old:
            return bool(new < old)
    for c in range(2):
        new, old = _lonlat(y, q, t, c), _lonlat(y, best_q, best_t, c)
        if new != old:
            return bool(new < old)
    return False


@_inlined
def _lonlat(x: Floats, p: int, s: float, c: int) -> float:
    first: float = x[p, 0, c]
    last: float = x[p, 1, c]
    return first + (last - first) * ((s + 1) / 2)


@_inlined
def slack(chord: float) -> float:
    """Return by how much a longer chord may still belong to the shortest geodesic, in metres."""
    if chord <= NEAR_M:
        return 2 * TIE_M
    # what has no limit must not become what is no number, with which nothing would be discarded
    chord = min(chord, 2 * R_MIN)
    return 2 * TIE_M + 0.02 * (2 * R_MIN * asin(chord / (2 * R_MIN)) - chord)


@_inlined
def _at(a: Floats, p: int, s: float) -> tuple[float, float, float]:
    return (
        a[p, 0, 0] + s * (a[p, 1, 0] + s * a[p, 2, 0]),
        a[p, 0, 1] + s * (a[p, 1, 1] + s * a[p, 2, 1]),
        a[p, 0, 2] + s * (a[p, 1, 2] + s * a[p, 2, 2]),
    )


@_inlined
def _chord(a: Floats, p: int, s: float, b: Floats, q: int, t: float) -> float:
    x, y, z = _at(a, p, s)
    u, v, w = _at(b, q, t)
    return sqrt(_square(x - u, y - v, z - w))


@_inlined
def _geodesic(a: Floats, p: int, s: float, b: Floats, q: int, t: float) -> float:
    """Return the geodesic between two places from their chord: an arc as curved as the ellipsoid between them."""
    x, y, z = _at(a, p, s)
    u, v, w = _at(b, q, t)
    square = _square(x - u, y - v, z - w)
    if square == 0:
        return 0.0
    mx, my, mz = (x + u) / 2, (y + v) / 2, (z + w) / 2
    lift = sqrt(_D_XY * (mx * mx + my * my) + _D_Z * mz * mz)
    steep = sqrt(_D_XY * _D_XY * (mx * mx + my * my) + _D_Z * _D_Z * mz * mz) / lift
    radius = steep * square / (_D_XY * _square(x - u, y - v, 0.0) + _D_Z * _square(z - w, 0.0, 0.0))
    half = square / (4 * radius * radius)
    if half < 2.5e-4:  # to 200 km, where the series of the arcsine is exact to 1e-17
        return sqrt(square) * (1 + half / 6 * (1 + half * 9 / 20 * (1 + half * 25 / 42)))
    return 2 * radius * asin(min(1.0, sqrt(half)))


@_inlined
def _azimuth(a: Floats, p: int, s: float, b: Floats, q: int, t: float) -> float:
    """Return the azimuth of the chord at its first end, in degrees clockwise from north."""
    x, y, z = _at(a, p, s)
    u, v, w = _at(b, q, t)
    u, v, w = u - x, v - y, w - z
    ring = sqrt(x * x + y * y)
    # at a pole every way is along the meridian of its longitude; the one on hand is that of the piece
    if ring == 0:
        return nan
    # normal of the ellipsoid, not of unit length
    nx, ny, nz = x * _D_XY, y * _D_XY, z * _D_Z
    size = sqrt(nx * nx + ny * ny + nz * nz)
    flat = sqrt(nx * nx + ny * ny)
    east = (x * v - y * u) / ring
    north = (w * flat - nz * (x * u + y * v) / ring) / size
    return degrees(atan2(east, north))
