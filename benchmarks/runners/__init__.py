"""Who is measured: a name, the module it needs, and a function that is entered with a job and yields what is timed."""

from benchmarks.jobs import Runner
from benchmarks.runners import duckdb, floor, geoprox, planar, postgis, sedonadb, shares

RUNNERS: dict[str, Runner] = {
    "geoprox": geoprox.near,
    "geoprox stream": geoprox.stream,
    "geoprox single request": geoprox.single_request,
    "geoprox overlap": shares.geoprox_overlap,
    "geoprox overlap with union": shares.geoprox_union,
    "shapely intersection": shares.shapely_overlap,
    "shapely intersection with union": shares.shapely_union,
    "floor": floor.floor,
    "geopandas": planar.with_geopandas,
    "shapely": planar.with_shapely,
    "dask": planar.with_dask,
    "duckdb": duckdb.planar,
    "sedonadb geometry": sedonadb.geometry,
    "sedonadb geography": sedonadb.geography,
    "postgis geometry": postgis.geometry,
    "postgis geography": postgis.geography,
}
# modules without which a runner cannot run, beside those of geoprox itself
REQUIRES: dict[str, tuple[str, ...]] = {
    "dask": ("dask_geopandas", "distributed"),
    "duckdb": ("duckdb", "duckdb_extension_spatial"),
    "sedonadb geometry": ("sedonadb", "geoarrow"),
    "sedonadb geography": ("sedonadb", "geoarrow"),
    "postgis geometry": ("psycopg",),
    "postgis geography": ("psycopg",),
}
