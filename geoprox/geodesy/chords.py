"""What the chord between two places on the ellipsoid tells of the geodesic between them.

The normal section through both places is, to leading orders, an arc of the curvature that the ellipsoid has at its
middle in that direction. That arc differs from the geodesic by less than 0.003 mm at 100 miles and 0.01 mm at
``FAR_M``, anywhere and in any direction (`tests/geodesy/test_chords.py`); beyond it Karney's series is asked.
"""

from typing import NamedTuple, TypeVar

import numpy as np

from geoprox.geodesy.ellipsoid import R_MIN, A, B, Floats

FAR_M = 200_000.0
# up to this chord the order of chords is that of geodesics to 0.01 mm, so that geodesics need not be compared
NEAR_M = 10_000.0
# pieces may cross in space by this much where the edges that they stand for do not quite touch; then they come near at
# an end, but not at their middles, whose distance must not end the search
CROSSING_M = 1e-3
# both engines iterate alike
FLAT = 1e-12  # a determinant this small beside its terms is rounding
ITERATIONS = 12  # at most; they end by themselves much sooner
NO_GAIN_M = 1e-7  # what a turn must at least be expected to bring
BOW_M = 1e-5  # edges that bend less are straight
TIE_M = 1e-7  # distances that differ by less are equal, and are told apart by position

_METRIC = np.array([1 / A**2, 1 / A**2, 1 / B**2])  # x @ (_METRIC * x) is 1 on the ellipsoid


Number = TypeVar("Number", float, Floats)


class Found(NamedTuple):
    """What a search finds for each pair: the distance in metres, inf where beyond reach, and where it is reached.

    ``ends`` is of shape ``(n, 4)``: longitude and latitude on the left, longitude and latitude on the right; without
    rows where nobody asked. The azimuth, in degrees, is that at the left end.
    """

    distance: Floats
    ends: Floats
    azimuth: Floats


def make_found(n: int, *, ends: bool) -> Found:
    """Return room for ``n`` pairs, of which nothing is found yet."""
    return Found(np.full(n, np.inf), np.full((n if ends else 0, 4), np.nan), np.full(n, np.nan))


def slack(chord: Floats) -> Floats:
    """Return by how much a longer chord may still belong to the shortest geodesic, in metres.

    A geodesic of length s exceeds its chord by s**3 / (24 R**2) to leading order, where R depends on place and
    azimuth by less than 1 %. So the orders of chords and of geodesics can differ only within 1 % of that excess; this
    is twice as much.
    """
    chord = np.minimum(chord, 2 * R_MIN)
    excess = 2 * R_MIN * np.arcsin(chord / (2 * R_MIN)) - chord
    return np.asarray(2 * TIE_M + np.where(chord > NEAR_M, 0.02 * excess, 0.0), dtype=float)


def may_turn(bends: Number, limit: Number) -> Number:
    """Return the square of the sine of the angle to which pieces count as parallel.

    By so much may two pieces turn that are no farther apart than ``limit``, and the earth under them; ``bends`` is the
    sum of the squares of how much each bends by half its length. No less than the square of the sum of these angles.
    """
    under = 0.01 / R_MIN * (limit + 4000.0)  # the longest pieces, base to base
    return 3 * (4 * bends + under * under) + 1e-14


def arc(start: Floats, end: Floats) -> Floats:
    """Return the length of the geodesic between places in space, shape ``(3, n)``, up to ``FAR_M`` apart."""
    step, middle = end - start, (start + end) / 2
    square = step[0] ** 2 + step[1] ** 2 + step[2] ** 2
    weight = _METRIC[:, None] * middle
    lift = (middle * weight).sum(axis=0)
    steep = np.sqrt((weight**2).sum(axis=0) / lift)
    radius = steep * square / np.maximum((_METRIC[:, None] * step**2).sum(axis=0), np.finfo(float).tiny)
    half = np.divide(np.sqrt(square), 2 * radius, out=np.zeros(len(square)), where=radius > 0)
    return np.asarray(2 * radius * np.arcsin(np.minimum(1, half)), dtype=float)


def azimuth(start: Floats, end: Floats) -> Floats:
    """Return the azimuth of chords at their start, in degrees clockwise from north, places of shape ``(3, n)``.

    It is that of the geodesic to 0.0001 degrees up to ``FAR_M``.
    """
    step, normal = end - start, _METRIC[:, None] * start
    ring = np.hypot(start[0], start[1])
    east = start[0] * step[1] - start[1] * step[0]
    outward = start[0] * step[0] + start[1] * step[1]
    flat, size = np.hypot(normal[0], normal[1]), np.sqrt((normal**2).sum(axis=0))
    north = (step[2] * flat * ring - normal[2] * outward) / size
    return np.asarray(np.degrees(np.arctan2(east, north)), dtype=float)
