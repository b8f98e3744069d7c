"""What part of a feature lies in a zone, or within a distance of a site."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats
from geoprox.proximity.inputs import Input, Shapes, matched, per_row, take


def overlap(
    shapes: Shapes,
    zones: Shapes,
    *,
    within_m: float | Sequence[float] | Floats | pd.Series | None = None,
    union: bool = False,
    sliver_m: float = 1.0,
) -> pd.DataFrame:
    """Return the area in m2 and the share of each shape that lies in a zone: one given as a polygon, or a distance.

    Without ``within_m``, each shape is compared with the zone of the same row. With it, ``zones`` are sites, and the
    zone of a site is all that is within so many metres of it on the ellipsoid (in a polygon the distance is 0). No
    outline of such a zone is made: shares are right to 1e-3 of the shape, commonly to 1e-5, at any radius.

    Parameters
    ----------
    shapes, zones
        Frames or series in EPSG:4326, or geometries. The share of polygons is of their area, of lines of their length,
        of points of their number; ``overlap_m2`` is 0 for lines and points.
    within_m
        Metres from 0 to 10,000 km, the bound included; one number, or one for each site.
    union
        Ask for the part of each shape that is within reach of any site, counted once, instead of every pair.
    sliver_m
        A shape that reaches into a zone (``within_m`` less its distance from the site) by less than this is a sliver:
        less than the data can tell. Where a frame has ``accuracy_m``, by less than the radii of both together, if that
        is more. A shape that meets the site itself is a sliver only if it has nothing but a border in common with it.
        Slivers are marked, none is dropped.

    Returns
    -------
    pandas.DataFrame
        Row by row: ``overlap_m2`` and ``overlap_share`` (0..1) on the index of ``shapes``; NaN where a geometry is
        empty or missing.
        With ``within_m``: a row for every pair of a shape and a site within reach, as ``near`` finds them by distance:
        ``subject_id`` and ``object_id`` (``feature_id``, or the index), ``overlap_m2``, ``overlap_share``,
        ``sliver``; ordered by shape, then site. A pair that only touches the zone has share 0.
        Of a collection only the parts of its highest dimension count, since only they have a share.
        With ``union``: ``overlap_m2``, ``overlap_share`` and ``sliver`` on the index of ``shapes``; 0 where no site
        is within reach, NaN where the shape is empty or missing. A sliver is one with every site it reaches.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        The sides differ in length, ``union`` is asked for without ``within_m``, a number of metres is out of range, or
        a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import Point, box
    >>> float(overlap(box(34, 31, 35, 32), box(34.5, 31, 36, 32)).overlap_share.iloc[0])
    0.5
    >>> parcel, sites = box(34.650, 31.800, 34.652, 31.802), [Point(34.640, 31.801), Point(34.661, 31.801)]
    >>> overlap(parcel, sites, within_m=1000).round(3).to_numpy().tolist()
    [[0, 0, 11305.757, 0.269, False], [0, 1, 32306.32, 0.769, False]]
    >>> float(overlap(parcel, sites, within_m=1000, union=True).overlap_share.round(3).iloc[0])
    0.999
    """
    left, right = take(shapes, "shapes"), take(zones, "zones")
    if within_m is None:
        if union:
            raise GeometryError("union counts what is within within_m of any site once; give within_m, 0 for zones")
        return _by_row(*matched(left, right))
    if not (sliver_m >= 0 and np.isfinite(sliver_m)):
        raise GeometryError(f"sliver_m is {sliver_m}; give metres of at least 0")
    reach = geodesy.Zones(right.geometry, per_row(within_m, right, "within_m"), right.accuracy_m)
    return _with_any(left, reach, sliver_m) if union else _by_pair(left, right, reach, sliver_m)


def _by_row(left: Input, right: Input) -> pd.DataFrame:
    area, share = geodesy.overlap(left.geometry, right.geometry)
    return pd.DataFrame({"overlap_m2": area, "overlap_share": share}, index=left.index)


def _by_pair(left: Input, right: Input, zones: geodesy.Zones, sliver_m: float) -> pd.DataFrame:
    found = geodesy.overlap_within(left.geometry, zones, left.accuracy_m, sliver_m)
    columns = {
        "subject_id": left.ids.iloc[found.left].to_numpy(),
        "object_id": right.ids.iloc[found.right].to_numpy(),
        "overlap_m2": found.area_m2,
        "overlap_share": found.share,
        "sliver": found.sliver,
    }
    return pd.DataFrame(columns)


def _with_any(left: Input, zones: geodesy.Zones, sliver_m: float) -> pd.DataFrame:
    area, share, sliver = geodesy.overlap_with_any(left.geometry, zones, left.accuracy_m, sliver_m)
    return pd.DataFrame({"overlap_m2": area, "overlap_share": share, "sliver": sliver}, index=left.index)
