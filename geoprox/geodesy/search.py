"""Which geometries lie within a distance of which: an index over boxes, then exact distances."""

from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import R_MIN, Floats, Geometries, Ints
from geoprox.geodesy.nearest import Nearest, nearest
from geoprox.geodesy.parts import TURNS, require_measurable

_HALF_EARTH_M = 20_004_000.0  # no two points of the ellipsoid are farther apart


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the left and of the right side that lie within reach of each other, ordered by left, then right."""

    left: Ints
    right: Ints
    nearest: Nearest


def within(left: Geometries, right: Geometries, within_m: Floats) -> Pairs:
    """Return every pair whose distance is at most ``within_m`` (one value for each left row), the bound included.

    Empty and missing geometries are in no pair: whoever calls reports them.
    """
    i, j = _candidates(left, right, within_m)
    return _measured(left, right, i, j, within_m[i])


def k_nearest(left: Geometries, right: Geometries, k: int) -> Pairs:
    """Return the ``k`` nearest right rows of every left row; fewer where the right side has fewer.

    Ties go to the lower row.
    """
    reach = np.full(len(left), 20_000.0)
    wanted = min(k, int((~(shapely.is_empty(right) | shapely.is_missing(right))).sum()))
    found: list[Pairs] = []
    open_rows = (
        np.flatnonzero(~(shapely.is_empty(left) | shapely.is_missing(left))) if wanted else np.empty(0, dtype=np.int64)
    )
    # every round asks four times as far, for the rows only that have not found enough
    while len(open_rows):
        pairs = within(left[open_rows], right, np.minimum(reach[open_rows], _HALF_EARTH_M))
        ready = np.bincount(pairs.left, minlength=len(open_rows)) >= wanted
        found.append(_first(_rows(pairs, ready[pairs.left]), open_rows, wanted))
        open_rows = open_rows[~ready]
        reach[open_rows] *= 4
    return _joined(found)


def grow(bounds: Floats, metres: Floats) -> Floats:
    """Return boxes in degrees, shape ``(n, 4)``, that surely hold everything within ``metres`` of the boxes given."""
    angle = metres / R_MIN
    low, high = bounds[:, 1] - np.degrees(angle), bounds[:, 3] + np.degrees(angle)
    widest = np.radians(np.abs(bounds[:, [1, 3]]).max(axis=1))
    ratio = np.sin(np.minimum(angle, np.pi / 2)) / np.maximum(np.cos(widest), 1e-12)
    turn = np.where((ratio >= 1) | (low <= -90) | (high >= 90), 360.0, np.degrees(np.arcsin(np.minimum(ratio, 1))))
    return np.stack([bounds[:, 0] - turn, low, bounds[:, 2] + turn, high], axis=1)


def _candidates(left: Geometries, right: Geometries, within_m: Floats) -> tuple[Ints, Ints]:
    """Return pairs whose boxes, the left one grown, have a point in common, whatever full turns lie between them."""
    require_measurable(left)
    require_measurable(right)
    tree = shapely.STRtree(shapely.envelope(right))
    boxes = grow(shapely.bounds(left), within_m)
    i, j = [], []
    for turn in (0.0, *TURNS):
        found = tree.query(shapely.box(boxes[:, 0] + turn, boxes[:, 1], boxes[:, 2] + turn, boxes[:, 3]))
        i.append(found[0])
        j.append(found[1])
    unique = np.unique(np.stack([np.concatenate(i), np.concatenate(j)]), axis=1)
    return unique[0], unique[1]


def _measured(left: Geometries, right: Geometries, i: Ints, j: Ints, within_m: Floats) -> Pairs:
    at = nearest(left, right, i, j)
    return _rows(Pairs(i, j, at), at.distance_m <= within_m)


def _rows(pairs: Pairs, keep: Ints | np.ndarray) -> Pairs:
    at = pairs.nearest
    return Pairs(
        pairs.left[keep],
        pairs.right[keep],
        Nearest(at.distance_m[keep], at.lonlat_a[keep], at.lonlat_b[keep], at.azimuth_deg[keep]),
    )


def _first(pairs: Pairs, rows: Ints, k: int) -> Pairs:
    """Return the ``k`` nearest pairs of each left row, with the left rows named as in ``rows``."""
    order = np.lexsort((pairs.right, pairs.nearest.distance_m, pairs.left))
    left = pairs.left[order]
    rank = np.arange(len(left)) - np.searchsorted(left, left)
    first = _rows(pairs, order[rank < k])
    return Pairs(rows[first.left], first.right, first.nearest)


def _joined(parts: list[Pairs]) -> Pairs:
    """Put the pairs of several rounds together, ordered by left row."""
    none = np.empty(0, dtype=np.int64)
    left = np.concatenate([none, *(p.left for p in parts)])
    order = np.argsort(left, kind="stable")
    at = [p.nearest for p in parts]
    together = Nearest(
        np.concatenate([np.empty(0), *(n.distance_m for n in at)]),
        np.concatenate([np.empty((0, 2)), *(n.lonlat_a for n in at)]),
        np.concatenate([np.empty((0, 2)), *(n.lonlat_b for n in at)]),
        np.concatenate([np.empty(0), *(n.azimuth_deg for n in at)]),
    )
    return _rows(Pairs(left, np.concatenate([none, *(p.right for p in parts)]), together), order)
