"""Distances row by row, on the caller's index."""

import pandas as pd

from geoprox import geodesy
from geoprox.proximity.inputs import Edges, Shapes, matched, take


def distance(a: Shapes, b: Shapes, *, edges: Edges = "lonlat") -> "pd.Series[float]":
    """Return the distance in metres on the WGS84 ellipsoid between ``a`` and ``b``, row by row.

    0 where geometries intersect, NaN where one is empty or missing. One geometry on either side is measured
    against every row of the other.

    Parameters
    ----------
    a, b
        Frames or series in EPSG:4326, or geometries.
    edges
        What a line between two vertices means: ``"lonlat"``, straight in longitude and latitude (RFC 7946), or
        ``"geodesic"``, the shortest way on the ellipsoid, as in PostGIS geography. For parcels they are less than a
        metre apart, for borders of 900 km kilometres.

    Returns
    -------
    pandas.Series
        Metres, on the index of ``a`` (of ``b`` where ``a`` is one geometry).

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        The sides differ in length, a coordinate is not on the globe, or geodesic edges cannot be drawn.

    Examples
    --------
    >>> from shapely import Point
    >>> float(distance(Point(34.65, 31.80), Point(34.66, 31.80)).iloc[0].round(3))
    946.977
    """
    left, right = matched(take(a, "a", edges), take(b, "b", edges))
    return pd.Series(geodesy.distance(left.geometry, right.geometry), index=left.index, name="distance_m")
