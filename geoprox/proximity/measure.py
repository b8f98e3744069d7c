"""Distances, zones and shares over frames."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import CRS
from geoprox.proximity.inputs import Input, Shapes, per_row, take


def distance(a: Shapes, b: Shapes) -> "pd.Series[float]":
    """Return the distance in metres on the WGS84 ellipsoid between ``a`` and ``b``, row by row.

    Edges are straight in longitude and latitude (RFC 7946). 0 where geometries intersect, NaN where one is
    empty or missing. One geometry on either side is measured against every row of the other.

    Returns
    -------
    pandas.Series
        Metres, on the index of ``a`` (of ``b`` where ``a`` is one geometry).

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        The sides differ in length, or a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import Point
    >>> float(distance(Point(34.65, 31.80), Point(34.66, 31.80)).iloc[0].round(3))
    946.977
    """
    left, right = _matched(take(a, "a"), take(b, "b"))
    return pd.Series(geodesy.distance(left.geometry, right.geometry), index=left.index, name="distance_m")


def buffer(shapes: Shapes, radius_m: float | Sequence[float] | Floats | pd.Series) -> gpd.GeoSeries:
    """Return the zone of ``radius_m`` metres around each shape, on the ellipsoid.

    A zone holds every point within the radius; its outline lies between 1 and 1.0001 times the radius away. It
    is for drawing and for shares: decide by ``distance``. Longitudes run on beyond 180 degrees where a zone
    crosses the antimeridian.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        A radius is not above 0 and at most 1,000 km, or a zone reaches a pole.

    Examples
    --------
    >>> from shapely import Point
    >>> zone = buffer(Point(34.65, 31.80), 1000)
    >>> bool(zone.iloc[0].covers(Point(34.66, 31.80)))
    True
    """
    data = take(shapes, "shapes")
    zones = geodesy.buffer(data.geometry, per_row(radius_m, data, "radius_m"))
    return gpd.GeoSeries(zones, index=data.index, crs=CRS)


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
    left, right = _matched(take(shapes, "shapes"), take(zones, "zones"))
    area, share = geodesy.overlap(left.geometry, right.geometry)
    return pd.DataFrame({"overlap_m2": area, "overlap_share": share}, index=left.index)


def _matched(a: Input, b: Input) -> tuple[Input, Input]:
    """Return both sides with as many rows as the longer one; one geometry stands for every row."""
    if len(a.geometry) == len(b.geometry):
        if a.labelled and b.labelled and not a.index.equals(b.index):
            message = "the two sides are on different indexes; align one with reindex(), or give plain arrays"
            raise GeometryError(message)
        return a, b
    if len(b.geometry) == 1:
        return a, _repeated(b, a.index)
    if len(a.geometry) == 1:
        return _repeated(a, b.index), b
    message = f"{len(a.geometry)} rows against {len(b.geometry)}; give as many on either side, or one geometry"
    raise GeometryError(message)


def _repeated(one: Input, index: pd.Index) -> Input:
    n = len(index)
    ids = pd.Series(one.ids.iloc[0], index=index)
    return Input(one.geometry.repeat(n), index, ids, one.accuracy_m.repeat(n), labelled=one.labelled)
