"""What part of a feature lies in a zone, on the caller's index."""

import pandas as pd

from geoprox import geodesy
from geoprox.proximity.inputs import Shapes, matched, take


def overlap(shapes: Shapes, zones: Shapes) -> pd.DataFrame:
    """Return what each shape has in common with the zone of the same row.

    Returns
    -------
    pandas.DataFrame
        ``overlap_m2``, the common area in m2 on the ellipsoid, and ``overlap_share``, 0..1 of the shape: of its
        area, of its length for lines, of its points for points. On the index of ``shapes``.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        The sides differ in length, or a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import box
    >>> float(overlap(box(34, 31, 35, 32), box(34.5, 31, 36, 32)).overlap_share.iloc[0])
    0.5
    """
    left, right = matched(take(shapes, "shapes"), take(zones, "zones"))
    area, share = geodesy.overlap(left.geometry, right.geometry)
    return pd.DataFrame({"overlap_m2": area, "overlap_share": share}, index=left.index)
