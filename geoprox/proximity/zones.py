"""Zones around features, and rings between zones, on the caller's index."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprox import geodesy
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import CRS
from geoprox.proximity.inputs import Shapes, per_row, take


def buffer(shapes: Shapes, radius_m: float | Sequence[float] | Floats | pd.Series) -> gpd.GeoSeries:
    """Return the zone of ``radius_m`` metres around each shape, or, for a radius below 0, within each polygon.

    Distances are those on the ellipsoid. A zone around a shape holds every point within the radius, and its outline
    lies between 1 and 1.0001 radii away. A zone within a polygon holds no point nearer to the boundary than the
    radius, and every point 1.0001 radii deep; it may be empty. Zones are for drawing and for shares: decide by
    ``distance``.

    Parameters
    ----------
    shapes
        Shapes in EPSG:4326. Longitudes may run on beyond 180 degrees, up to 540.
    radius_m
        Metres, one for all or one for each shape: from 1 cm to 1,000 km, or, for polygons, from -1,000 km to -1 cm.

    Returns
    -------
    geopandas.GeoSeries
        Valid polygons and multipolygons within longitudes -180..180, cut at the antimeridian (RFC 7946, 3.1.9). One
        that holds a pole reaches latitude 90 (or -90) over the full turn. Where there is no shape it is empty.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        A radius is out of range, or is negative where a shape has points or lines; a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import Point, box
    >>> zone = buffer(Point(34.65, 31.80), 1000)
    >>> bool(zone.iloc[0].covers(Point(34.66, 31.80)))
    True
    >>> buffer(Point(34.65, 89.99), 5000).iloc[0].bounds[2:]
    (180.0, 90.0)
    >>> inner = buffer(box(34.6, 31.8, 34.7, 31.9), -1000)
    >>> bool(inner.iloc[0].covers(Point(34.605, 31.85)))
    False
    """
    data = take(shapes, "shapes")
    zones = geodesy.buffer(data.geometry, per_row(radius_m, data, "radius_m", signed=True))
    return gpd.GeoSeries(zones, index=data.index, crs=CRS)


def rings(shapes: Shapes, radii_m: Sequence[float] | Floats) -> gpd.GeoDataFrame:
    """Return the nested rings around each shape: from 0 to the first radius, from there to the second, and so on.

    Rings share their edges: the outer boundary of one is, vertex by vertex, the inner boundary of the next, so that
    there is neither gap nor overlap between them. The first ring holds the shape. Their outlines are those of
    ``buffer``: between 1 and 1.0001 radii away.

    Parameters
    ----------
    shapes
        Shapes in EPSG:4326.
    radii_m
        Metres, ascending, from 1 cm to 1,000 km; each more than 1.0001 times the one before it.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each shape and radius, in this order: ``inner_m``, ``outer_m`` and ``geometry``, on the caller's
        index, which is repeated.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        The radii do not ascend or are out of range; a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import Point
    >>> found = rings(Point(34.65, 31.80), [500, 1000, 5000])
    >>> found[["inner_m", "outer_m"]].values.tolist()
    [[0.0, 500.0], [500.0, 1000.0], [1000.0, 5000.0]]
    >>> found.covers(Point(34.66, 31.80)).tolist()
    [False, True, False]
    """
    data = take(shapes, "shapes")
    outer = np.array(radii_m, dtype=float).ravel()
    found = geodesy.rings(data.geometry, outer)
    n = len(data.index)
    return gpd.GeoDataFrame(
        {"inner_m": np.tile(np.append(0.0, outer[:-1]), n), "outer_m": np.tile(outer, n)},
        geometry=found.ravel(),
        index=data.index.repeat(len(outer)),
        crs=CRS,
    )
