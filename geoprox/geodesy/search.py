"""Which geometries lie within a distance of which: an index over boxes, then exact distances."""

from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import R_MIN, Bools, Floats, Geometries, Ints
from geoprox.geodesy.nearest import Prepared, measure, prepare, prepare_measurable
from geoprox.geodesy.parts import TURNS, require_measurable
from geoprox.geodesy.threads import in_threads

_HALF_EARTH_M = 20_004_000.0  # no two points of the ellipsoid are farther apart
_FIRST_M = 1000.0  # how far the nearest are sought at first
# left rows are taken so many at a time that about this many pairs come of them: enough to be worth a turn, few enough
# for the caches
_PAIRS, _LEAST, _MOST, _SAMPLE = 200_000, 16, 16_384, 256


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the left and of the right side that lie within reach of each other, ordered by left, then right.

    ``azimuth_deg`` is that of the geodesic between the nearest points at its left end, NaN where they intersect.
    """

    left: Ints
    right: Ints
    distance_m: Floats
    azimuth_deg: Floats

    def rows(self, keep: Ints | Bools) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.left[keep], self.right[keep], self.distance_m[keep], self.azimuth_deg[keep])


@dataclass(frozen=True, slots=True)
class Index:
    """Geometries to be searched, with a tree of their boxes; made once, and shared by threads."""

    prepared: Prepared
    tree: shapely.STRtree
    span: tuple[float, float]  # from the westernmost longitude to the easternmost

    def __len__(self) -> int:
        """Return the number of geometries."""
        return len(self.prepared.geometries)


def make_index(geometries: Geometries) -> Index:
    """Return an index of geometries, for the right side of ``within`` and ``k_nearest``.

    Raises
    ------
    GeometryError
        A coordinate is not finite or not on the globe.
    """
    prepared = prepare(geometries)
    west, east = np.nanmin(prepared.bounds[:, 0], initial=np.inf), np.nanmax(prepared.bounds[:, 2], initial=-np.inf)
    return Index(prepared, shapely.STRtree(geometries), (float(west), float(east)))


def within(left: Geometries, right: Geometries | Index, within_m: Floats, *, threads: int | None = None) -> Pairs:
    """Return every pair whose distance is at most ``within_m`` (one value for each left row), the bound included.

    Empty and missing geometries are in no pair: whoever calls reports them.
    """
    index = right if isinstance(right, Index) else make_index(right)
    step = _rows_at_once(left, index, within_m)
    parts = [slice(start, start + step) for start in range(0, len(left), step)]
    found = in_threads(lambda part: _within(left[part], index, within_m[part], part.start), parts, threads)
    return _joined(found, threads)


def k_nearest(left: Geometries, right: Geometries | Index, k: int, *, threads: int | None = None) -> Pairs:
    """Return the ``k`` nearest right rows of every left row; fewer where the right side has fewer.

    Ties go to the lower row.
    """
    index = right if isinstance(right, Index) else make_index(right)
    reach = np.full(len(left), _FIRST_M)
    wanted = min(k, int((~np.isnan(index.prepared.bounds[:, 0])).sum()))
    found: list[Pairs] = []
    require_measurable(left)
    full = ~(shapely.is_empty(left) | shapely.is_missing(left))
    open_rows = np.flatnonzero(full) if wanted else np.empty(0, dtype=np.int64)
    # every round asks four times as far, for the rows only that have not found enough
    while len(open_rows):
        pairs = within(left[open_rows], index, np.minimum(reach[open_rows], _HALF_EARTH_M), threads=threads)
        ready = np.bincount(pairs.left, minlength=len(open_rows)) >= wanted
        found.append(_first(pairs.rows(ready[pairs.left]), open_rows, wanted))
        open_rows = open_rows[~ready]
        reach[open_rows] *= 4
    together = _joined(found, threads)
    return together.rows(np.argsort(together.left, kind="stable"))


def grow(bounds: Floats, metres: Floats) -> Floats:
    """Return boxes in degrees, shape ``(n, 4)``, that surely hold everything within ``metres`` of the boxes given."""
    # where the radius of curvature is the least, the box would be exact: room for rounding
    angle = (metres * (1 + 1e-9) + 1e-6) / R_MIN
    low, high = bounds[:, 1] - np.degrees(angle), bounds[:, 3] + np.degrees(angle)
    widest = np.radians(np.abs(bounds[:, [1, 3]]).max(axis=1))
    ratio = np.sin(np.minimum(angle, np.pi / 2)) / np.maximum(np.cos(widest), 1e-12)
    turn = np.where((ratio >= 1) | (low <= -90) | (high >= 90), 360.0, np.degrees(np.arcsin(np.minimum(ratio, 1))))
    return np.stack([bounds[:, 0] - turn, low, bounds[:, 2] + turn, high], axis=1)


def _within(left: Geometries, index: Index, within_m: Floats, first: int) -> Pairs:
    """Return the pairs of some left rows, of which the first is row ``first`` of all."""
    require_measurable(left, first)
    i, j = _candidates(shapely.bounds(left), index, within_m)
    paired, i = np.unique(i, return_inverse=True)
    at = measure(prepare_measurable(left[paired]), index.prepared, i, j, within_m[paired][i])
    near = np.flatnonzero(at.distance <= within_m[paired][i])
    return Pairs(paired[i[near]] + first, j[near], at.distance[near], at.azimuth[near])


def _candidates(bounds: Floats, index: Index, within_m: Floats) -> tuple[Ints, Ints]:
    """Return pairs whose boxes, the left one grown, have a point in common, whatever full turns lie between them."""
    boxes = grow(bounds, within_m)
    west, east = index.span
    least, most = np.nanmin(boxes[:, 0], initial=np.inf), np.nanmax(boxes[:, 2], initial=-np.inf)
    keys = [np.empty(0, dtype=np.int64)]
    for turn in (0.0, *TURNS):
        if least + turn > east or most + turn < west:
            continue
        rows = np.flatnonzero((boxes[:, 0] + turn <= east) & (boxes[:, 2] + turn >= west))
        if len(rows):
            x = boxes[rows] + np.array([turn, 0, turn, 0])
            # a line from corner to corner has the box, and costs less
            i, j = index.tree.query(shapely.linestrings(x.reshape(-1, 2, 2)))
            keys.append(rows[i] * len(index) + j)
    # a pair is one number, so that a sort puts pairs in order and a pair found on several turns is seen
    key = np.sort(np.concatenate(keys))
    if len([k for k in keys if len(k)]) > 1:
        key = np.unique(key)
    i, j = np.divmod(key, max(1, len(index)))
    return i, j


def _rows_at_once(left: Geometries, index: Index, within_m: Floats) -> int:
    """Return how many left rows to take at a time, from how many pairs a sample of them has."""
    if len(left) <= _LEAST:
        return _LEAST
    sample = np.arange(0, len(left), max(1, len(left) // _SAMPLE))
    i, _ = _candidates(shapely.bounds(left[sample]), index, within_m[sample])
    return int(np.clip(_PAIRS * len(sample) / max(1, len(i)), _LEAST, _MOST))


def _first(pairs: Pairs, rows: Ints, k: int) -> Pairs:
    """Return the ``k`` nearest pairs of each left row, with the left rows named as in ``rows``."""
    order = np.lexsort((pairs.right, pairs.distance_m, pairs.left))
    left = pairs.left[order]
    rank = np.arange(len(left)) - np.searchsorted(left, left)
    first = pairs.rows(order[rank < k])
    return Pairs(rows[first.left], first.right, first.distance_m, first.azimuth_deg)


def _joined(parts: list[Pairs], threads: int | None) -> Pairs:
    """Put pairs together in the order of their parts."""
    rows, metres = np.empty(0, dtype=np.int64), np.empty(0)
    every = [Pairs(rows, rows, metres, metres), *parts]
    # one thread a column: most of the time goes into memory that is touched for the first time
    return Pairs(*in_threads(lambda name: np.concatenate([getattr(p, name) for p in every]), Pairs.__slots__, threads))
