"""DuckDB with its spatial extension: planar, in the plane of the job, in SQL from the tables in degrees on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.jobs import Answer, CouldNotRun, Job, pairs_frame

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PROJECT = """
    CREATE OR REPLACE TABLE {name}_flat AS
    SELECT feature_id, ST_Transform(geometry, 'EPSG:4326', '{crs}', always_xy := true) AS geometry FROM {name}
"""
_JOIN = """
    SELECT parcels_flat.feature_id AS subject_id, sites_flat.feature_id AS object_id,
           ST_Distance(parcels_flat.geometry, sites_flat.geometry) AS distance_m
    FROM parcels_flat JOIN sites_flat ON ST_DWithin(parcels_flat.geometry, sites_flat.geometry, {within})
"""


@contextmanager
def planar(job: Job) -> Iterator[Callable[[], Answer]]:
    """`ST_DWithin` as the condition of a spatial join, and `ST_Distance` of what is found."""
    import duckdb

    with duckdb.connect(config={"threads": job.threads}) as connection:
        _load_spatial(connection)

        def read() -> None:
            for name, path in (("parcels", job.left), ("sites", job.right)):
                connection.execute(f"CREATE TABLE {name} AS SELECT feature_id, geometry FROM read_parquet('{path}')")

        def solve() -> Answer:
            if job.to_file:
                read()
            for name in ("parcels", "sites"):
                connection.execute(_PROJECT.format(name=name, crs=job.planar_crs))
            joined = _JOIN.format(within=job.within_m)
            if job.to_file:
                connection.execute(f"COPY ({_with_tier(joined, job.tiers_m)}) TO '{job.out}' (FORMAT parquet)")
                return Path(job.out)
            found = connection.execute(joined).fetchnumpy()
            return pairs_frame(found["subject_id"], found["object_id"], found["distance_m"], job.tiers_m)

        if not job.to_file:
            read()
        yield solve


def _with_tier(joined: str, tiers_m: tuple[float, ...]) -> str:
    cases = " ".join(f"WHEN distance_m <= {tier} THEN {tier}" for tier in tiers_m)
    return f"SELECT *, CAST(CASE {cases} END AS DOUBLE) AS tier_m FROM ({joined})"


def _load_spatial(connection: "DuckDBPyConnection") -> None:
    """Load the extension from its package: the index that DuckDB would ask for it is not asked."""
    import duckdb
    import duckdb_extension_spatial as package

    built_for = [path.parent.name for path in Path(package.__path__[0]).glob("extensions/*/spatial.duckdb_extension")]
    version = f"v{duckdb.__version__}"
    if version not in built_for:
        message = f"the packaged spatial extension is for {', '.join(built_for)}, DuckDB is {version}"
        raise CouldNotRun(message)
    file = Path(package.__path__[0]) / "extensions" / version / "spatial.duckdb_extension"
    try:
        connection.execute(f"LOAD '{file}'")
    except duckdb.Error as error:
        message = f"the spatial extension does not load: {error}"
        raise CouldNotRun(message) from error
