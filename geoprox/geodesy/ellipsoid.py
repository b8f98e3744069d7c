"""The WGS84 ellipsoid: its geodesics and its points in space."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Geometries: TypeAlias = NDArray[np.object_]

GEOD = Geod(ellps="WGS84")
A: float = GEOD.a
B: float = GEOD.b
E2: float = GEOD.es

# smallest radius of curvature anywhere (along the meridian at the equator):
# an arc of r metres never spans more than r / R_MIN
R_MIN = B**2 / A
# and the largest one, at the poles
R_MAX = A**2 / B


def to_space(lon: Floats, lat: Floats) -> Floats:
    """Return geocentric x, y, z in metres, shape ``(n, 3)``, of points on the ellipsoid given in degrees."""
    lam, phi = np.radians(lon), np.radians(lat)
    sin_phi = np.sin(phi)
    normal = A / np.sqrt(1 - E2 * sin_phi**2)
    ring = normal * np.cos(phi)
    return np.stack([ring * np.cos(lam), ring * np.sin(lam), normal * (1 - E2) * sin_phi], axis=-1)
