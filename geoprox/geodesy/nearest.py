"""The shortest distance between geometries on the ellipsoid, and where it is reached.

Method. Two geometries that intersect (in longitude and latitude, where their edges are straight) are 0 m apart. For
all others the chord through space between points of their boundaries is minimised over the pieces of `pieces.py`:
balls discard most of them; two pieces come nearest at an end of one, or, where they run side by side, at the bottom
of a valley that Newton's method finds; and every chord within ``slack`` of the shortest is measured as a geodesic.

Bound. The answer is the true distance to less than 1 mm up to 1,000 km, whatever the geometries. What adds up:

- a piece differs from its edge by less than 0.05 mm, within two degrees of a pole by some millimetres, but along the
  edge (`pieces.py`);
- an iteration ends where the next turn would gain less than 0.0001 mm, and straight pieces are those that bend less
  than 0.01 mm;
- chords up to 10 km are in the order of their geodesics to 0.01 mm (1 % of s**3 / (24 R**2)); longer ones are
  compared as geodesics;
- where the shortest chord is reached, the geodesic is longer than the shortest one by less than 0.0001 mm at 200 km and
  0.1 mm at 1,000 km;
- a geodesic is taken from its chord to less than 0.01 mm up to 200 km (`chords.py`), and from Karney's series beyond.

Beyond 1,000 km the fourth grows, to less than 1 m anywhere on the globe.

Two engines search: `compiled.py` where numba is installed (the extra ``fast``), else `vectorised.py`. They do the same
arithmetic and agree to less than a micrometre.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy import vectorised
from geoprox.geodesy.chords import FAR_M, Found, make_found
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints
from geoprox.geodesy.engine import compiled
from geoprox.geodesy.parts import TURNS, facing, require_measurable
from geoprox.geodesy.pieces import Pieces, make_pieces
from geoprox.geodesy.threads import in_threads

_ROWS = 100_000  # pairs to a thread at a time: bounds memory


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each pair: the distance, the nearest point of either side, and the azimuth from the first to the second.

    Where a pair intersects, the points and the azimuth are NaN; where a geometry is empty or missing, the distance too.
    """

    distance_m: Floats
    lonlat_a: Floats
    lonlat_b: Floats
    azimuth_deg: Floats


@dataclass(frozen=True, slots=True)
class Prepared:
    """Geometries with what a search asks of them again and again."""

    geometries: Geometries
    bounds: Floats
    pieces: Pieces


def prepare(geometries: Geometries) -> Prepared:
    """Return geometries ready to be measured.

    Raises
    ------
    GeometryError
        A coordinate is not finite or not on the globe.
    """
    require_measurable(geometries)
    return prepare_measurable(geometries)


def prepare_measurable(geometries: Geometries) -> Prepared:
    """Return geometries, found measurable before, ready to be measured."""
    return Prepared(geometries, shapely.bounds(geometries), make_pieces(geometries))


def distance(a: Geometries, b: Geometries, *, threads: int | None = None) -> Floats:
    """Return the ellipsoidal distance in metres of each pair ``a[i]``, ``b[i]``; NaN where one is empty or missing.

    Raises
    ------
    GeometryError
        A coordinate is not finite or not on the globe.
    """
    left, right = _by_parts(a), _by_parts(b)

    def measured(part: slice) -> Floats:
        (x, i), (y, j) = left(part), right(part)
        return measure(x, y, i, j).distance

    return np.concatenate([np.empty(0), *in_threads(measured, _slices(len(a)), threads)])


def _by_parts(geometries: Geometries) -> Callable[[slice], tuple[Prepared, Ints]]:
    """Return what prepares some rows, and tells which of the prepared geometries each row is."""
    if len(geometries) > 1 and all(one is geometries[0] for one in geometries):
        # one that stands for every row, such as a coast for many parcels, is prepared once
        once = prepare(geometries[:1])
        return lambda part: (once, np.zeros(part.stop - part.start, dtype=np.int64))
    require_measurable(geometries)
    return lambda part: (prepare_measurable(geometries[part]), np.arange(part.stop - part.start))


def nearest(a: Geometries, b: Geometries, i: Ints, j: Ints, *, threads: int | None = None) -> Nearest:
    """Return the nearest points of each pair ``a[i[k]]``, ``b[j[k]]``.

    Each geometry is prepared once, however often it is paired.
    """
    left, right = prepare(a), prepare(b)
    found = in_threads(lambda part: measure(left, right, i[part], j[part], ends=True), _slices(len(i)), threads)
    distance_m, ends, azimuth = map(np.concatenate, zip(make_found(0, ends=True), *found, strict=True))
    return Nearest(distance_m, ends[:, :2], ends[:, 2:], azimuth)


def measure(a: Prepared, b: Prepared, i: Ints, j: Ints, reach_m: Floats | None = None, *, ends: bool = False) -> Found:
    """Return the distance and the azimuth of each pair ``a[i[k]]``, ``b[j[k]]``, and with ``ends`` the nearest points.

    Where ``reach_m`` is given (metres, one for each pair), the distance of pairs farther apart is infinite, or the
    true one: whichever is found sooner. Missing values are those of ``Nearest``.
    """
    meets = _meet(a, b, i, j)
    # what meets has nothing to be searched for, and is 0 m apart
    found = _search(a, b, i, j, np.where(meets, -1.0, np.inf if reach_m is None else reach_m), ends=ends)
    nothing = (shapely.is_empty(a.geometries) | shapely.is_missing(a.geometries))[i]
    nothing |= (shapely.is_empty(b.geometries) | shapely.is_missing(b.geometries))[j]
    found.distance[meets] = 0.0
    found.distance[nothing] = np.nan
    return found


def intersects(a: Geometries, b: Geometries) -> Bools:
    """Return whether each pair has a point in common, whatever full turns lie between their longitudes."""
    return np.asarray(shapely.intersects(a, facing(a, b)), dtype=bool)


def _search(a: Prepared, b: Prepared, i: Ints, j: Ints, reach: Floats, *, ends: bool) -> Found:
    """Find the nearest points of pairs that do not intersect; others have a reach below 0."""
    engine = compiled()
    if engine is None:
        return vectorised.shortest(a.pieces, b.pieces, i, j, reach, ends=ends)
    found: Found = engine.shortest(a.pieces, b.pieces, i, j, reach, ends=ends)
    far = np.flatnonzero((found.distance > FAR_M) & np.isfinite(found.distance))
    if len(far):
        again = vectorised.shortest(a.pieces, b.pieces, i[far], j[far], reach[far], ends=ends)
        for column, new in zip(found, again, strict=True):
            if len(column):
                column[far] = new
    return found


def _meet(a: Prepared, b: Prepared, i: Ints, j: Ints) -> Bools:
    """Return whether each pair intersects. Most do not even have boxes that meet."""
    south, north = np.maximum(a.bounds[i, 1], b.bounds[j, 1]), np.minimum(a.bounds[i, 3], b.bounds[j, 3])
    near = np.flatnonzero(south <= north)
    here, there = a.bounds[i[near]], b.bounds[j[near]]
    beside = np.zeros(len(near), dtype=bool)
    for turn in (0.0, *TURNS):
        beside |= (there[:, 0] + turn <= here[:, 2]) & (there[:, 2] + turn >= here[:, 0])
    near = near[beside]
    out = np.zeros(len(i), dtype=bool)
    out[near] = intersects(a.geometries[i[near]], b.geometries[j[near]])
    return out


def _slices(n: int) -> list[slice]:
    return [slice(start, min(start + _ROWS, n)) for start in range(0, n, _ROWS)]
