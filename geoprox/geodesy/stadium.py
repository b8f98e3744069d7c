"""What lies within a radius of a straight segment in a plane, in closed form: such a region is called a stadium.

Points of the plane are complex numbers, in metres. A segment of no length is a point, and its stadium a disc. All
functions take arrays and answer element by element.

The area that a polygon has in common with a convex region is the area within the curve that its outline becomes
when each part outside the region is moved to the nearest point of the region: both curves wind equally often around
each inner point. So the area is a sum over the directed edges of the outline, and holes, or outlines that cross
themselves, need no care. Moved to a stadium an edge becomes straight runs beside the segment and arcs about its ends.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geoprox.geodesy.ellipsoid import Floats, Ints

Plane: TypeAlias = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Stadiums:
    """Segments by their middle, their direction (of length 1) and half their length, each with a radius in metres."""

    middle: Plane
    axis: Plane
    half: Floats
    radius: Floats

    def __getitem__(self, rows: Ints) -> "Stadiums":
        return Stadiums(self.middle[rows], self.axis[rows], self.half[rows], self.radius[rows])

    def local(self, points: Plane) -> Plane:
        """Return points as seen from each segment: its middle is 0 and it lies along the real axis."""
        return (points - self.middle) * self.axis.conj()


def make_stadiums(start: Plane, end: Plane, radius: Floats) -> Stadiums:
    """Return the stadiums around the segments from ``start`` to ``end``."""
    along = end - start
    length = np.abs(along)
    axis = np.divide(along, length, out=np.ones_like(along), where=length > 0)
    return Stadiums((start + end) / 2, axis, length / 2, radius)


def common_area(p: Plane, q: Plane, stadiums: Stadiums) -> Floats:
    """Return what each directed edge from ``p`` to ``q`` adds to the area, in m2, its outline shares with a stadium.

    Only the sum over a closed outline is an area: positive where it runs counter-clockwise.
    """
    out = np.empty(len(p))
    a, b = stadiums.local(p), stadiums.local(q)
    disc = stadiums.half == 0
    out[disc] = _by_disc(a[disc], b[disc], np.zeros(int(disc.sum())), stadiums.radius[disc])
    long = ~disc
    a, b, half, radius = a[long], b[long], stadiums.half[long], stadiums.radius[long]
    first, last = _crossings(a.real, b.real, half)
    s, t = a + first * (b - a), a + last * (b - a)
    out[long] = (
        _by_disc(a, s, np.copysign(half, a.real), radius)
        + _by_strip(s, t, radius)
        + _by_disc(t, b, np.copysign(half, b.real), radius)
    )
    return out / 2


def common_run(p: Plane, q: Plane, stadiums: Stadiums) -> tuple[Floats, Floats]:
    """Return from where to where, 0..1, each edge from ``p`` to ``q`` runs within a stadium.

    From 2 to -1 where it nowhere does.
    """
    a, b = stadiums.local(p), stadiums.local(q)
    first, last = _crossings(a.real, b.real, stadiums.half)
    enter, leave = np.full(len(p), 2.0), np.full(len(p), -1.0)
    # a stadium is convex: what is inside of the parts beyond either end and beside the segment is one run
    for low, high, side in ((0 * first, first, a.real), (last, 0 * last + 1, b.real), (first, last, None)):
        s, t = a + low * (b - a), a + high * (b - a)
        if side is None:
            x, y = _crossings(s.imag, t.imag, stadiums.radius)
        else:
            centre = np.copysign(stadiums.half, side)
            x, y = _chord(s - centre, t - centre, stadiums.radius)
        met = (y > x) & (high > low)
        enter = np.where(met, np.minimum(enter, low + x * (high - low)), enter)
        leave = np.where(met, np.maximum(leave, low + y * (high - low)), leave)
    return enter, leave


def gap(points: Plane, stadiums: Stadiums) -> tuple[Floats, Plane]:
    """Return how far points are from the segments, and the unit vectors that lead away from them."""
    local = stadiums.local(points)
    away = local - np.clip(local.real, -stadiums.half, stadiums.half)
    metres = np.abs(away)
    return metres, np.divide(away, metres, out=np.zeros_like(away), where=metres > 0) * stadiums.axis


def _by_disc(p: Plane, q: Plane, centre: Floats, radius: Floats) -> Floats:
    """Return twice what edges add where the nearest part of the region is a disc: chords inside, arcs outside."""
    u, v = p - centre, q - centre
    first, last = _chord(u, v, radius)
    s, t = u + first * (v - u), u + last * (v - u)
    return _arc(u, s, centre, radius) + _cross(s + centre, t + centre) + _arc(t, v, centre, radius)


def _by_strip(p: Plane, q: Plane, radius: Floats) -> Floats:
    """Return twice what edges add where the region is the strip of points at most ``radius`` from the real axis."""
    first, last = _crossings(p.imag, q.imag, radius)
    corners = [p, p + first * (q - p), p + last * (q - p), q]
    a, b, c, d = (z.real + 1j * np.clip(z.imag, -radius, radius) for z in corners)
    return _cross(a, b) + _cross(b, c) + _cross(c, d)


def _arc(u: Plane, v: Plane, centre: Floats, radius: Floats) -> Floats:
    """Return twice what the arc from the direction of ``u`` to that of ``v``, seen from the centre, adds."""
    chord = radius * (_unit(v) - _unit(u))
    return np.asarray(radius**2 * np.angle(v * u.conj()) + centre * chord.imag, dtype=float)


def _crossings(start: Floats, end: Floats, bound: Floats) -> tuple[Floats, Floats]:
    """Return from where to where, 0..1, values that go evenly from ``start`` to ``end`` are within ``+-bound``.

    Both are 0, or both 1, where the values never are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (-bound - start) / (end - start), (bound - start) / (end - start)
    # values that do not change are nan on the bound itself, where either answer is right
    low[np.isnan(low)] = high[np.isnan(high)] = 0
    first, last = np.minimum(low, high), np.maximum(low, high)
    return np.clip(first, 0, 1), np.clip(last, 0, 1)


def _chord(u: Plane, v: Plane, radius: Floats) -> tuple[Floats, Floats]:
    """Return from where to where, 0..1, edges from ``u`` to ``v`` run within a radius of 0.

    Twice the same where they nowhere do.
    """
    along = v - u
    square = _dot(along, along)
    scale = np.where(square > 0, square, 1.0)
    nearest = -_dot(u, along) / scale
    # the distance of the whole line from 0 is a cross product: no difference of two great squares
    room = (radius**2 - _cross(u, v) ** 2 / scale) / scale
    half = np.sqrt(np.maximum(room, 0))
    resting = (square == 0) & (_dot(u, u) <= radius**2)
    return np.clip(nearest - half, 0, 1), np.where(resting, 1.0, np.clip(nearest + half, 0, 1))


def _unit(u: Plane) -> Plane:
    return u / np.maximum(np.abs(u), 1e-300)


def _dot(u: Plane, v: Plane) -> Floats:
    return u.real * v.real + u.imag * v.imag


def _cross(u: Plane, v: Plane) -> Floats:
    return u.real * v.imag - u.imag * v.real
