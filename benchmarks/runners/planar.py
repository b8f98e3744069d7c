"""Peers that measure on a plane: geopandas, shapely alone, and geopandas on dask. The projection is timed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from benchmarks.jobs import Answer, Job, pairs_frame


@contextmanager
def with_geopandas(job: Job) -> Iterator[Callable[[], Answer]]:
    """`sjoin(predicate="dwithin")`, then `.distance` of the joined rows."""
    yield in_scope(job, lambda parcels, sites: joined(parcels, sites, job))


@contextmanager
def with_shapely(job: Job) -> Iterator[Callable[[], Answer]]:
    """A tree of the sites, asked `dwithin` for all parcels at once, then `shapely.distance`."""
    yield in_scope(job, lambda parcels, sites: _queried(parcels, sites, job))


@contextmanager
def with_dask(job: Job) -> Iterator[Callable[[], Answer]]:
    """The geopandas join on partitions, by as many processes of one thread as the job has threads."""
    import dask
    import dask_geopandas
    from distributed import Client, LocalCluster

    sites = gpd.read_parquet(job.right)
    if job.to_file:
        frame = dask_geopandas.read_parquet(job.left, split_row_groups=1, gather_spatial_partitions=False)
    else:
        frame = dask_geopandas.from_geopandas(gpd.read_parquet(job.left), npartitions=4 * job.threads)

    def solve() -> Answer:
        meta = pairs_frame([0], [0], [0.0], job.tiers_m)[:0]
        pairs = frame.map_partitions(joined, sites, job, meta=meta, align_dataframes=False)
        if not job.to_file:
            return pairs.compute()
        return write(pairs.compute(), job)

    # the process that asks is no worker, and the page about the cluster is not asked for
    quiet = {"distributed.worker.memory.target": False, "distributed.worker.memory.spill": False}
    with (
        dask.config.set(quiet),
        LocalCluster(n_workers=job.threads, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(ready, job)
        yield solve


def joined(parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, job: Job) -> pd.DataFrame:
    """Return the pairs of two frames, measured by geopandas in the plane of the job."""
    left, right = (frame[["feature_id", "geometry"]].to_crs(job.planar_crs) for frame in (parcels, sites))
    found = left.sjoin(right, predicate="dwithin", distance=job.within_m)
    other = right.geometry.loc[found["index_right"]]
    metres = found.geometry.distance(other, align=False)
    return pairs_frame(found["feature_id_left"], found["feature_id_right"], metres, job.tiers_m)


def _queried(parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, job: Job) -> pd.DataFrame:
    left, right = (frame.geometry.to_crs(job.planar_crs).to_numpy() for frame in (parcels, sites))
    i, j = shapely.STRtree(right).query(left, predicate="dwithin", distance=job.within_m)
    ids = parcels["feature_id"].to_numpy()[i], sites["feature_id"].to_numpy()[j]
    return pairs_frame(*ids, shapely.distance(left[i], right[j]), job.tiers_m)


def in_scope(job: Job, solve: Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame], pd.DataFrame]) -> Callable[[], Answer]:
    """Return what is timed: the solution alone, or with it the reading of both files and the writing of the pairs."""
    ready(job)
    if job.to_file:
        return lambda: write(solve(gpd.read_parquet(job.left), gpd.read_parquet(job.right)), job)
    parcels, sites = gpd.read_parquet(job.left), gpd.read_parquet(job.right)
    return lambda: solve(parcels, sites)


def ready(job: Job) -> None:
    """Do what a process does once, on its first projection: find the operation, load the tables."""
    if job.planar_crs:
        gpd.GeoSeries.from_xy([35.0], [32.0], crs=4326).to_crs(job.planar_crs)


def write(pairs: pd.DataFrame, job: Job) -> Path:
    """Write pairs to the file that the job names."""
    pairs.to_parquet(job.out, index=False)
    return Path(job.out)
