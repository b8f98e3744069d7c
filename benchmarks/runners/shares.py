"""Shares of a parcel in the zones around sites: `gp.overlap` against polygons of zones cut by shapely.

The peer is favoured: search, projection and the making of zones are not timed, and its radius is scaled to the plane.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Proj

import geoprox as gp
from benchmarks.jobs import Answer, Job

SHARE_ERROR = 1e-3
_SHARES = "overlap_share"
# a quarter of this many parcels takes shapely as long as all of them take geoprox, and more
_UNION_PARCELS = 100


@contextmanager
def geoprox_overlap(job: Job) -> Iterator[Callable[[], Answer]]:
    """`gp.overlap` of every parcel with the zone of every site in reach."""
    yield _with_geoprox(job, {})


@contextmanager
def geoprox_union(job: Job) -> Iterator[Callable[[], Answer]]:
    """`gp.overlap` of every parcel with the union of all zones."""
    yield _with_geoprox(job, {"union": True})


def _with_geoprox(job: Job, options: dict[str, object]) -> Callable[[], Answer]:
    options = {"within_m": job.radius_m, **options}
    parcels, sites = gpd.read_parquet(job.left), gpd.read_parquet(job.right)
    gp.overlap(parcels.iloc[:20], sites, **options)

    def solve() -> Answer:
        shares = gp.overlap(parcels, sites, **options)
        return shares.drop(columns=shares.columns.difference(["subject_id", "object_id", _SHARES]))

    return solve


@contextmanager
def shapely_overlap(job: Job) -> Iterator[Callable[[], Answer]]:
    """`shapely.intersection` of every parcel with the zone of every site in reach."""
    parcels, sites, zones = _flat(job)
    i, j = shapely.STRtree(sites).query(parcels, predicate="dwithin", distance=job.radius_m)
    yield lambda: pd.DataFrame({"subject_id": i, "object_id": j, _SHARES: _shares(parcels[i], zones[j])})


@contextmanager
def shapely_union(job: Job) -> Iterator[Callable[[], Answer]]:
    """`shapely.intersection` of some parcels with the union of all zones."""
    parcels, sites, zones = _flat(job)
    union = shapely.union_all(zones)
    near = np.unique(shapely.STRtree(sites).query(parcels, predicate="dwithin", distance=job.radius_m)[0])
    some = near[:_UNION_PARCELS]
    yield lambda: pd.DataFrame({"subject_id": some, _SHARES: _shares(parcels[some], union)})


def _shares(parcels: np.ndarray, zones: np.ndarray | shapely.Geometry) -> np.ndarray:
    return shapely.area(shapely.intersection(parcels, zones)) / shapely.area(parcels)


def _flat(job: Job) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return parcels, sites and zones in the plane, and zones fine enough for the share error."""
    read = [gpd.read_parquet(path).geometry for path in (job.left, job.right)]
    parcels, sites = (shapes.to_crs(job.planar_crs).to_numpy() for shapes in read)
    lonlat = shapely.get_coordinates(shapely.centroid(read[1].to_numpy()))
    scale = Proj(job.planar_crs).get_factors(*lonlat.T).meridional_scale
    segments = quarter_segments(parcels, job.radius_m)
    return parcels, sites, shapely.buffer(sites, job.radius_m * scale, quad_segs=segments)


def quarter_segments(parcels: np.ndarray, radius_m: float) -> int:
    """Return how many segments a quarter keep the share of a parcel on the edge of a zone within the error.

    Measured on parcels moved onto the edge, in directions that do not repeat, against an arc a hundred times finer.
    """
    some = parcels[:500]
    angle = np.arange(len(some)) * 2.399963  # the golden angle: no two parcels meet the polygon alike
    centre, xy_of = shapely.get_coordinates(shapely.centroid(some)), shapely.get_coordinates(some, return_index=True)
    move = radius_m * np.c_[np.cos(angle), np.sin(angle)] - centre
    moved = shapely.set_coordinates(some.copy(), xy_of[0] + move[xy_of[1]])
    steps = np.linspace(-1, 1, 2001) * min(np.pi / 2, 300 / radius_m)
    arc = angle[:, None] + steps
    sectors = np.stack([np.cos(arc), np.sin(arc)], axis=2) * radius_m
    truth = _shares(moved, shapely.polygons(np.concatenate([np.zeros((len(some), 1, 2)), sectors], axis=1)))
    segments = 8
    while np.abs(_shares(moved, shapely.Point(0, 0).buffer(radius_m, quad_segs=segments)) - truth).max() > SHARE_ERROR:
        segments = segments * 5 // 4
    return segments
