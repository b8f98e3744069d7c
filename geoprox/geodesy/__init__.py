"""The kernel: exact proximity on the WGS84 ellipsoid. Arrays in, arrays out; numpy, shapely and pyproj only."""

from geoprox.geodesy.geodesic_edges import with_geodesic_edges
from geoprox.geodesy.likelihood import likelihood
from geoprox.geodesy.nearest import Nearest, distance, intersects, nearest
from geoprox.geodesy.parts import facing
from geoprox.geodesy.search import Index, Pairs, k_nearest, make_index, within
from geoprox.geodesy.shares import Shares, Zones, overlap, overlap_with_any, overlap_within
from geoprox.geodesy.size import area_m2, length_m
from geoprox.geodesy.threads import in_threads
from geoprox.geodesy.zones import buffer, rings

__all__ = [
    "Index",
    "Nearest",
    "Pairs",
    "Shares",
    "Zones",
    "area_m2",
    "buffer",
    "distance",
    "facing",
    "in_threads",
    "intersects",
    "k_nearest",
    "length_m",
    "likelihood",
    "make_index",
    "nearest",
    "overlap",
    "overlap_with_any",
    "overlap_within",
    "rings",
    "with_geodesic_edges",
    "within",
]
