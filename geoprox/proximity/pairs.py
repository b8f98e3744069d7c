"""Pairs of a subject and an object within reach of each other, with their distance and its doubt."""

from collections.abc import Sequence
from operator import index
from typing import SupportsIndex

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import PAIRS
from geoprox.model.vocabulary import Relation
from geoprox.proximity.columns import frame, wanted_columns
from geoprox.proximity.inputs import Edges, Input, Prepared, Shapes, made_ready, per_row, take


def near(  # noqa: PLR0913 -- options, each by its name
    left: Shapes,
    right: Shapes | Prepared,
    *,
    within_m: float | Sequence[float] | Floats | pd.Series | None = None,
    tiers_m: Sequence[float] | None = None,
    k: int | None = None,
    columns: Sequence[str] | None = None,
    edges: Edges = "lonlat",
    threads: int | None = None,
) -> pd.DataFrame:
    """Return the pairs of ``left`` and ``right`` that are, or may be, within a distance, or the ``k`` nearest.

    Distances are those of `distance`, with its bound: less than 1 mm off up to 1,000 km.

    Parameters
    ----------
    left, right
        Frames or series in EPSG:4326, or geometries; ``right`` also what `prepare` returned. Where a frame has
        ``accuracy_m``, the radius to which a position is known, a pair is returned when it *may* be within: no pair is
        lost to doubt. ``distance_max_m`` tells which surely are.
    within_m
        Metres, the bound included; one number, or one for each left row. If not given, the largest tier.
    tiers_m
        Increasing distances in metres. Every pair is given the first tier that its ``distance_m`` is within.
    k
        How many nearest right rows to return for each left row, by ``distance_m``; instead of a distance.
    columns
        Which columns to return, in this order; all if not given. What is not asked for is not computed: that
        saves time and memory where there are millions of pairs.
    edges
        What a line between two vertices means: ``"lonlat"`` or ``"geodesic"``, as for ``distance``.
    threads
        How many threads may work; as many as there are processors if not given. It changes no result.

    Returns
    -------
    pandas.DataFrame
        ``subject_id`` and ``object_id`` (``feature_id``, or the index), ``distance_m`` with ``distance_min_m``
        and ``distance_max_m``, ``relation``, ``overlap_m2``, ``overlap_share`` (of the left geometry) and
        ``bearing_deg`` (0..360 from left to right at the nearest points; empty where they intersect), and with
        ``tiers_m`` also ``tier_m`` (empty beyond the last one). Ordered by left row, then right row, or then
        distance with ``k``. Empty and missing geometries are in no pair; a position known to no radius
        (``accuracy_m`` missing) makes both ends of the interval missing, and its pairs are found by their distance
        alone.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        Neither or both of a distance and ``k`` are given, one is out of range, a column is none of these, a coordinate
        is not on the globe, or geodesic edges cannot be drawn.

    Examples
    --------
    >>> from shapely import Point
    >>> pairs = near([Point(34.65, 31.80)], [Point(34.66, 31.80), Point(35.00, 32.80)], tiers_m=[500, 1000])
    >>> pairs[["subject_id", "object_id", "distance_m", "tier_m"]].round(1).to_numpy().tolist()
    [[0.0, 0.0, 947.0, 1000.0]]
    """
    a, b = take(left, "left", edges, threads), made_ready(right, "right", edges, threads)
    tiers = None if tiers_m is None else _increasing(tiers_m)
    wanted = wanted_columns(columns, tiers=tiers is not None)
    if within_m is None and k is None and tiers is not None:
        within_m = float(tiers[-1])
    if (within_m is None) == (k is None):
        message = "near() takes either a distance (within_m or tiers_m, in metres) or k, the number of nearest"
        raise GeometryError(message)
    if within_m is None:
        found = geodesy.k_nearest(a.geometry, b.index, _whole(k), threads=threads)
    else:
        found = _may_be_within(a, b, per_row(within_m, a, "within_m"), threads)
    return frame(a, b.rows, found, tiers, wanted, threads)


def _may_be_within(a: Input, b: Prepared, asked: Floats, threads: int | None) -> geodesy.Pairs:
    """Return the pairs that are within the distance asked for if their positions are as near as they may be."""
    doubt_a, doubt_b = np.nan_to_num(a.accuracy_m), np.nan_to_num(b.rows.accuracy_m)
    found = geodesy.within(a.geometry, b.index, asked + doubt_a + doubt_b.max(initial=0), threads=threads)
    if not doubt_b.any():
        return found
    return found.rows(found.distance_m - doubt_a[found.left] - doubt_b[found.right] <= asked[found.left])


def _increasing(tiers_m: Sequence[float]) -> Floats:
    tiers = np.asarray(tiers_m, dtype=float)
    if (
        tiers.ndim != 1
        or not len(tiers)
        or not (np.diff(tiers) > 0).all()
        or not ((tiers >= 0) & (tiers < np.inf)).all()
    ):
        message = f"tiers_m is {tiers_m}; give increasing distances in metres, such as [500, 1000, 5000]"
        raise GeometryError(message)
    return tiers


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
