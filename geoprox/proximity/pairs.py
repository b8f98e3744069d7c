"""Pairs of a subject and an object within reach of each other, with their distance and its doubt."""

from collections.abc import Sequence
from operator import index
from typing import SupportsIndex

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import PAIRS
from geoprox.model.vocabulary import Relation
from geoprox.proximity.inputs import Edges, Input, Shapes, per_row, take

# the most telling relation comes first; whatever meets in none of these ways still intersects
_PREDICATES = {
    Relation.EQUALS: shapely.equals,
    Relation.TOUCHES: shapely.touches,
    Relation.WITHIN: shapely.within,
    Relation.CONTAINS: shapely.contains,
    Relation.OVERLAPS: shapely.overlaps,
}


def near(
    left: Shapes,
    right: Shapes,
    *,
    within_m: float | Sequence[float] | Floats | pd.Series | None = None,
    k: int | None = None,
    edges: Edges = "lonlat",
) -> pd.DataFrame:
    """Return the pairs of ``left`` and ``right`` that are, or may be, within a distance, or the ``k`` nearest.

    Parameters
    ----------
    left, right
        Frames or series in EPSG:4326, or geometries. Where a frame has ``accuracy_m``, the radius to which a
        position is known, a pair is returned when it *may* be within: no pair is lost to doubt.
        ``distance_max_m`` tells which surely are.
    within_m
        Metres, the bound included; one number, or one for each left row.
    k
        How many nearest right rows to return for each left row, by ``distance_m``. Give either ``within_m`` or ``k``.
    edges
        What a line between two vertices means: ``"lonlat"`` or ``"geodesic"``, as for ``distance``.

    Returns
    -------
    pandas.DataFrame
        ``subject_id`` and ``object_id`` (``feature_id``, or the index), ``distance_m`` with ``distance_min_m``
        and ``distance_max_m``, ``relation``, ``overlap_m2``, ``overlap_share`` (of the left geometry) and
        ``bearing_deg`` (0..360 from left to right at the nearest points; empty where they intersect). Ordered
        by left row, then right row, or then distance with ``k``. Empty and missing geometries are in no pair; a
        position known to no radius (``accuracy_m`` missing) makes both ends of the interval missing, and its pairs are
        found by their distance alone.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        Not exactly one of ``within_m`` and ``k`` is given, one is out of range, a coordinate is not on the globe, or
        geodesic edges cannot be drawn.

    Examples
    --------
    >>> from shapely import Point
    >>> pairs = near([Point(34.65, 31.80)], [Point(34.66, 31.80), Point(35.00, 32.80)], within_m=1000)
    >>> pairs[["subject_id", "object_id", "distance_m"]].round(1).to_numpy().tolist()
    [[0.0, 0.0, 947.0]]
    """
    a, b = take(left, "left", edges), take(right, "right", edges)
    if (within_m is None) == (k is None):
        message = "near() takes either within_m, in metres, or k, the number of nearest"
        raise GeometryError(message)
    if within_m is None:
        return _frame(a, b, geodesy.k_nearest(a.geometry, b.geometry, _whole(k)))
    asked = per_row(within_m, a, "within_m")
    doubt_a, doubt_b = np.nan_to_num(a.accuracy_m), np.nan_to_num(b.accuracy_m)
    found = geodesy.within(a.geometry, b.geometry, asked + doubt_a + doubt_b.max(initial=0))
    may_be = found.nearest.distance_m - doubt_a[found.left] - doubt_b[found.right] <= asked[found.left]
    return _frame(a, b, found)[may_be].reset_index(drop=True)


def _whole(k: object) -> int:
    if isinstance(k, bool) or not isinstance(k, SupportsIndex) or index(k) < 1:
        message = f"k is {k}; ask for a whole number of at least 1 nearest"
        raise GeometryError(message)
    return index(k)


def pairs_within(subjects: gpd.GeoDataFrame, objects: gpd.GeoDataFrame, within_m: float) -> pd.DataFrame:
    """Return ``near`` for two layers, and with it every subject that is part of an object (``same_as``).

    Such a pair has distance 0 by identity. No feature is paired with itself.
    """
    pairs = _with_identity(near(subjects, objects, within_m=within_m), subjects, objects)
    return pairs[pairs["subject_id"] != pairs["object_id"]].reset_index(drop=True)


def nearest_sites(subjects: gpd.GeoDataFrame, objects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the nearest object of each subject, however far, itself not counted; its own site where it is one."""
    # ties go to the lower row, so objects are put in an order that does not depend on their file
    sites = objects.sort_values("feature_id", kind="stable")
    pairs = _with_identity(near(subjects, sites, k=2), subjects, sites)
    pairs = pairs[pairs["subject_id"] != pairs["object_id"]]
    order = pairs.sort_values(["subject_id", "distance_m", "distance_max_m", "object_id"], kind="stable")
    return order.drop_duplicates("subject_id").reset_index(drop=True)


def _with_identity(pairs: pd.DataFrame, subjects: gpd.GeoDataFrame, objects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Set the pairs of a subject with its own site to distance 0: identity is known from a source, not measured."""
    if "same_as" not in subjects:
        return pairs
    known = subjects.loc[subjects["same_as"].isin(objects["feature_id"]), ["feature_id", "same_as"]]
    same = pd.DataFrame({"subject_id": known["feature_id"], "object_id": known["same_as"]})
    same = same.assign(distance_m=0.0, distance_min_m=0.0, distance_max_m=0.0, relation=Relation.SAME_SITE.value)
    measured = (
        pairs.merge(same[["subject_id", "object_id"]], how="left", indicator=True)["_merge"].eq("both").to_numpy()
    )
    own = same.merge(pairs[["subject_id", "object_id", "overlap_m2", "overlap_share"]], how="left")
    together = [frame for frame in (pairs[~measured], own) if len(frame)]
    return pd.concat(together, ignore_index=True).reindex(columns=list(PAIRS)) if together else pairs


def _frame(a: Input, b: Input, found: geodesy.Pairs) -> pd.DataFrame:
    """Return kernel pairs as the pairs frame."""
    left, right, at = found.left, found.right, found.nearest
    doubt = a.accuracy_m[left] + b.accuracy_m[right]
    relation = _relations(a, b, found)
    area, share = _overlaps(a, b, found, relation)
    columns = {
        "subject_id": a.ids.iloc[left].to_numpy(),
        "object_id": b.ids.iloc[right].to_numpy(),
        "distance_m": at.distance_m,
        "distance_min_m": np.maximum(0, at.distance_m - doubt),
        "distance_max_m": at.distance_m + doubt,
        "relation": relation,
        "overlap_m2": area,
        "overlap_share": share,
        "bearing_deg": at.azimuth_deg % 360,
    }
    return pd.DataFrame(columns)[list(PAIRS)]


def _relations(a: Input, b: Input, found: geodesy.Pairs) -> np.ndarray:
    relation = np.full(len(found.left), Relation.DISJOINT.value, dtype=object)
    meet = found.nearest.distance_m == 0
    relation[meet] = Relation.INTERSECTS.value
    left, right = a.geometry[found.left], b.geometry[found.right].copy()
    right[meet] = geodesy.facing(left[meet], right[meet])
    for name, holds in _PREDICATES.items():
        open_rows = np.flatnonzero(relation == Relation.INTERSECTS.value)
        relation[open_rows[holds(left[open_rows], right[open_rows])]] = name.value
    return relation


def _overlaps(a: Input, b: Input, found: geodesy.Pairs, relation: np.ndarray) -> tuple[Floats, Floats]:
    area, share = np.zeros(len(found.left)), np.zeros(len(found.left))
    meet = np.flatnonzero(~np.isin(relation, (Relation.DISJOINT.value, Relation.TOUCHES.value)))
    area[meet], share[meet] = geodesy.overlap(a.geometry[found.left[meet]], b.geometry[found.right[meet]])
    return area, share
