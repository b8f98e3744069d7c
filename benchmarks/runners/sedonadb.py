"""SedonaDB: geometry in the plane of the job, and geography on its sphere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import geopandas as gpd

from benchmarks.jobs import Answer, Job, pairs_frame
from benchmarks.runners.planar import in_scope

_JOIN = """
    SELECT parcels.feature_id AS subject_id, sites.feature_id AS object_id,
           ST_Distance(parcels.geometry, sites.geometry) AS distance_m
    FROM parcels JOIN sites ON ST_DWithin(parcels.geometry, sites.geometry, CAST({within} AS DOUBLE))
"""
_AS_GEOGRAPHY = "SELECT feature_id, ST_GeogFromWKB(ST_AsBinary(geometry)) AS geometry FROM {name}_read"


@contextmanager
def geometry(job: Job) -> Iterator[Callable[[], Answer]]:
    """`ST_DWithin` join and `ST_Distance` of geometries projected before."""
    yield in_scope(job, lambda parcels, sites: _joined(parcels, sites, job, job.planar_crs))


@contextmanager
def geography(job: Job) -> Iterator[Callable[[], Answer]]:
    """The same of geographies."""
    yield in_scope(job, lambda parcels, sites: _joined(parcels, sites, job, None))


def _joined(parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, job: Job, crs: str | None) -> Answer:
    import sedonadb

    session = sedonadb.connect()
    for name, frame in (("parcels", parcels), ("sites", sites)):
        kept = frame[["feature_id", "geometry"]]
        if crs:
            session.create_data_frame(kept.to_crs(crs)).to_view(name, overwrite=True)
        else:
            session.create_data_frame(kept).to_view(f"{name}_read", overwrite=True)
            session.sql(_AS_GEOGRAPHY.format(name=name)).to_memtable().to_view(name, overwrite=True)
    found = session.sql(_JOIN.format(within=job.within_m)).to_pandas()
    return pairs_frame(found["subject_id"], found["object_id"], found["distance_m"], job.tiers_m)
