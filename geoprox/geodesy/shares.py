"""What part of a geometry lies inside another."""

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import Floats, Geometries
from geoprox.geodesy.parts import facing, require_measurable
from geoprox.geodesy.size import area_m2, length_m


def overlap(a: Geometries, b: Geometries) -> tuple[Floats, Floats]:
    """Return what each ``a[i]`` has in common with ``b[i]``: the area in m2, and the share of ``a[i]`` in 0..1.

    The share is of the area for polygons, of the length for lines, and of the points for points. Both are NaN where
    a geometry is empty or missing.
    """
    require_measurable(a)
    require_measurable(b)
    common = shapely.intersection(a, facing(a, b))
    area = area_m2(common)
    dimension = shapely.get_dimensions(a)
    share = np.zeros(len(a))
    for of, size in _SIZES.items():
        rows = np.flatnonzero(dimension == of)
        whole = size(a[rows])
        share[rows] = np.divide(size(common[rows]), whole, out=np.zeros(len(rows)), where=whole > 0)
    lost = shapely.is_empty(a) | shapely.is_missing(a) | shapely.is_empty(b) | shapely.is_missing(b)
    return np.where(lost, np.nan, area), np.where(lost, np.nan, np.clip(share, 0, 1))


def _points(geometries: Geometries) -> Floats:
    """Return how many points there are, those at one place counted once."""
    return np.asarray(shapely.get_num_coordinates(shapely.intersection(geometries, geometries)), dtype=float)


# what a share is of, by the dimension of the geometry
_SIZES = {0: _points, 1: length_m, 2: area_m2}
