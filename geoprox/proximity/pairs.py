"""Pairs of a subject and an object within reach of each other, with their distance and its doubt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import index
from typing import TYPE_CHECKING, SupportsIndex

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats, Geometries, Ints
from geoprox.model.columns import PAIRS
from geoprox.model.vocabulary import Relation
from geoprox.proximity.inputs import Edges, Input, Prepared, Shapes, made_ready, per_row, take

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray
    from pandas.api.typing.aliases import ArrayLike

# the most telling relation comes first; whatever meets in none of these ways still intersects
_PREDICATES = {
    Relation.EQUALS: shapely.equals,
    Relation.TOUCHES: shapely.touches,
    Relation.WITHIN: shapely.within,
    Relation.CONTAINS: shapely.contains,
    Relation.OVERLAPS: shapely.overlaps,
}
_NAMES = [relation.value for relation in Relation]


def near(  # noqa: PLR0913 -- options, each by its name
    left: Shapes,
    right: Shapes | Prepared,
    *,
    within_m: float | Sequence[float] | Floats | pd.Series | None = None,
    tiers_m: Sequence[float] | None = None,
    k: int | None = None,
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
        Neither or both of a distance and ``k`` are given, one is out of range, a coordinate is not on the globe, or
        geodesic edges cannot be drawn.

    Examples
    --------
    >>> from shapely import Point
    >>> pairs = near([Point(34.65, 31.80)], [Point(34.66, 31.80), Point(35.00, 32.80)], tiers_m=[500, 1000])
    >>> pairs[["subject_id", "object_id", "distance_m", "tier_m"]].round(1).to_numpy().tolist()
    [[0.0, 0.0, 947.0, 1000.0]]
    """
    a, b = take(left, "left", edges), made_ready(right, "right", edges)
    tiers = None if tiers_m is None else _increasing(tiers_m)
    if within_m is None and k is None and tiers is not None:
        within_m = float(tiers[-1])
    if (within_m is None) == (k is None):
        message = "near() takes either a distance (within_m or tiers_m, in metres) or k, the number of nearest"
        raise GeometryError(message)
    if within_m is None:
        found = geodesy.k_nearest(a.geometry, b.index, _whole(k), threads=threads)
    else:
        found = _may_be_within(a, b, per_row(within_m, a, "within_m"), threads)
    return _frame(a, b.rows, found, tiers, threads)


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


def _frame(a: Input, b: Input, found: geodesy.Pairs, tiers: Floats | None, threads: int | None) -> pd.DataFrame:
    """Return kernel pairs as the pairs frame."""
    metres = found.distance_m
    meeting = _meeting(a, b, found)

    def doubt() -> Floats:
        return a.accuracy_m[found.left] + b.accuracy_m[found.right]

    columns: dict[str, Callable[[], ArrayLike]] = {
        "subject_id": lambda: a.ids.array.take(found.left),
        "object_id": lambda: b.ids.array.take(found.right),
        "distance_m": lambda: metres,
        "distance_min_m": lambda: np.maximum(0, metres - doubt()),
        "distance_max_m": lambda: metres + doubt(),
        "relation": lambda: _names().take(meeting.relation(len(metres))),
        "overlap_m2": lambda: meeting.spread(meeting.area_m2, len(metres)),
        "overlap_share": lambda: meeting.spread(meeting.share, len(metres)),
        "bearing_deg": lambda: np.where(found.azimuth_deg < 0, found.azimuth_deg + 360, found.azimuth_deg),
    }
    names = [*PAIRS]
    if tiers is not None:
        columns["tier_m"] = lambda: np.append(tiers, np.nan)[np.searchsorted(tiers, metres)]
        names.append("tier_m")
    made = geodesy.in_threads(lambda name: columns[name](), names, threads)
    # columns of millions of rows are not copied together
    return pd.DataFrame(dict(zip(names, made, strict=True)), copy=False)


@cache
def _names() -> "ExtensionArray":
    return pd.array(_NAMES, dtype="str")


@dataclass(frozen=True, slots=True)
class _Meeting:
    """The rows of pairs that meet, which are few: how, and what they have in common."""

    rows: Ints
    how: Ints  # places in `_NAMES`
    area_m2: Floats
    share: Floats

    def relation(self, n: int) -> Ints:
        """Return the place in ``_NAMES`` of the relation of each of ``n`` pairs."""
        relation = np.full(n, _NAMES.index(Relation.DISJOINT))
        relation[self.rows] = self.how
        return relation

    def spread(self, values: Floats, n: int) -> Floats:
        """Return values for all of ``n`` pairs: 0 for those that do not meet."""
        out = np.zeros(n)
        out[self.rows] = values
        return out


def _meeting(a: Input, b: Input, found: geodesy.Pairs) -> _Meeting:
    rows = np.flatnonzero(found.distance_m == 0)
    if not len(rows):
        return _Meeting(rows, rows, np.empty(0), np.empty(0))
    left, right = a.geometry[found.left[rows]], b.geometry[found.right[rows]]
    how = _relations(left, geodesy.facing(left, right))
    area, share = np.zeros(len(rows)), np.zeros(len(rows))
    # all of a geometry that lies within another is common to both, and needs no intersection
    inside = np.isin(how, [_NAMES.index(name) for name in (Relation.WITHIN, Relation.EQUALS)])
    whole, part = np.flatnonzero(inside), np.flatnonzero(~inside & (how != _NAMES.index(Relation.TOUCHES)))
    once, row = np.unique(found.left[rows[whole]], return_inverse=True)
    area[whole], share[whole] = geodesy.area_m2(a.geometry[once])[row], 1.0
    area[part], share[part] = geodesy.overlap(left[part], right[part])
    return _Meeting(rows, how, area, share)


def _relations(left: Geometries, right: Geometries) -> Ints:
    """Return the place in ``_NAMES`` of the relation of geometries that meet."""
    how = np.full(len(left), _NAMES.index(Relation.INTERSECTS))
    rest = np.arange(len(left))
    for name, holds in _PREDICATES.items():
        such = holds(left[rest], right[rest])
        how[rest[such]] = _NAMES.index(name)
        rest = rest[~such]
    return how
