"""Boxes in degrees, shape ``(n, 4)``: which of them meet, whatever full turns lie between their longitudes."""

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import Bools, Floats
from geoprox.geodesy.parts import TURNS

_WHOLE = (0.0, *TURNS)


def meet_one(boxes: Floats, box: Floats) -> Bools:
    """Return which boxes have a point in common with one box. A box of NaN meets none."""
    beside = np.zeros(len(boxes), dtype=bool)
    for turn in _WHOLE:
        beside |= (boxes[:, 0] + turn <= box[2]) & (boxes[:, 2] + turn >= box[0])
    return np.asarray(beside & (boxes[:, 1] <= box[3]) & (boxes[:, 3] >= box[1]), dtype=bool)


def meet_any(boxes: Floats, others: shapely.STRtree) -> Bools:
    """Return which boxes have a point in common with any of the others."""
    found = np.zeros(len(boxes), dtype=bool)
    for turn in _WHOLE:
        moved = shapely.box(boxes[:, 0] + turn, boxes[:, 1], boxes[:, 2] + turn, boxes[:, 3])
        found[others.query(moved)[0]] = True
    return found


def tree(boxes: Floats) -> shapely.STRtree:
    """Return an index over boxes; those of NaN are left out."""
    known = boxes[~np.isnan(boxes[:, 0])]
    return shapely.STRtree(np.asarray(shapely.box(*known.T)))


def around(boxes: Floats) -> Floats:
    """Return the one box around all boxes that are not NaN; a box of NaN where there is none."""
    known = boxes[~np.isnan(boxes[:, 0])]
    if not len(known):
        return np.full(4, np.nan)
    return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)])
