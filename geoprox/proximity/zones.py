"""Zones around features, on the caller's index."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geoprox import geodesy
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import CRS
from geoprox.proximity.inputs import Shapes, per_row, take


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
