"""PostGIS in a server of its own: made in a temporary folder, reached by a socket there, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from benchmarks.jobs import Answer, CouldNotRun, Job, pairs_frame

if TYPE_CHECKING:
    from psycopg import Connection

_DEBIAN_BINARIES = "/usr/lib/postgresql"
_PATIENCE_S = 60
# a server for one measurement: nothing need survive a crash, and memory is there to be used
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "work_mem": "128MB",
    "maintenance_work_mem": "256MB",
}
_READ = {
    "geometry": "ST_GeomFromWKB(wkb, 4326)",
    "geography": "ST_GeomFromWKB(wkb, 4326)::geography",
}
_INDEX = """
    CREATE INDEX ON measured_parcels USING gist (shape);
    CREATE INDEX ON measured_sites USING gist (shape);
    ANALYZE measured_parcels; ANALYZE measured_sites;
"""
_JOIN = """
    COPY (SELECT p.id, s.id, ST_Distance(p.shape, s.shape)
          FROM measured_parcels p JOIN measured_sites s ON ST_DWithin(p.shape, s.shape, {within}))
    TO STDOUT (FORMAT binary)
"""
# the binary format: a header, then rows of their number of fields and each field after its length
_COPY_HEADER = 19
_COPY_ROW = np.dtype(
    [("n", ">i2"), ("l0", ">i4"), ("p", ">i8"), ("l1", ">i4"), ("s", ">i8"), ("l2", ">i4"), ("d", ">f8")]
)


@contextmanager
def geometry(job: Job) -> Iterator[Callable[[], Answer]]:
    """Geometry projected into the plane of the job, indexed and joined."""
    srid = job.planar_crs.removeprefix("EPSG:")
    with _connected(job, "geometry") as connection:
        yield lambda: _solve(connection, job, f"ST_Transform(shape, {srid})")


@contextmanager
def geography(job: Job) -> Iterator[Callable[[], Answer]]:
    """Geography, indexed and joined."""
    with _connected(job, "geography") as connection:
        yield lambda: _solve(connection, job, "shape")


def _solve(connection: "Connection", job: Job, shape: str) -> Answer:
    for name in ("parcels", "sites"):
        connection.execute(f"CREATE UNLOGGED TABLE measured_{name} AS SELECT id, {shape} AS shape FROM {name}")
    connection.execute(_INDEX)
    with connection.cursor().copy(_JOIN.format(within=job.within_m)) as copied:
        data = bytearray().join(copied)
    count = (len(data) - _COPY_HEADER) // _COPY_ROW.itemsize
    rows = np.frombuffer(data, _COPY_ROW, offset=_COPY_HEADER, count=count)
    return pairs_frame(rows["p"].astype(np.int64), rows["s"].astype(np.int64), rows["d"], job.tiers_m)


@contextmanager
def _connected(job: Job, kind: str) -> Iterator["Connection"]:
    """Start a server, fill it with the workload in degrees, and stop it in the end."""
    import psycopg

    with (
        _server(job.threads) as folder,
        psycopg.connect(host=str(folder), user="bench", dbname="postgres", autocommit=True) as connection,
    ):
        try:
            connection.execute("CREATE EXTENSION postgis")
        except psycopg.Error as error:
            message = f"PostgreSQL is here without PostGIS ({error.diag.message_primary}): tools/setup_postgis.sh"
            raise CouldNotRun(message) from error
        for name, path in (("parcels", job.left), ("sites", job.right)):
            _fill(connection, name, path, kind)
        yield connection


def _fill(connection: "Connection", name: str, path: str, kind: str) -> None:
    table = pq.read_table(path, columns=["feature_id", "geometry"])
    connection.execute(f"CREATE UNLOGGED TABLE {name}_read (id bigint, wkb bytea)")
    with connection.cursor().copy(f"COPY {name}_read FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "bytea"])
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            copy.write_row(row)
    connection.execute(f"CREATE UNLOGGED TABLE {name} AS SELECT id, {_READ[kind]} AS shape FROM {name}_read")
    connection.execute(f"DROP TABLE {name}_read; ANALYZE {name}")


@contextmanager
def _server(threads: int) -> Iterator[Path]:
    """Run a server without a port; yield the folder of its socket."""
    binaries, owner = _binaries(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="postgis-"))
    try:
        if owner:
            shutil.chown(folder, **owner)
        data = folder / "data"
        options = ["--auth=trust", "--username=bench", "--encoding=UTF8", "--no-sync"]
        _run([binaries / "initdb", "--pgdata", data, *options], folder, owner)
        # the process that asks takes a part of the work itself
        settings = _SETTINGS | {"unix_socket_directories": str(folder), "max_parallel_workers_per_gather": threads - 1}
        told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([binaries / "postgres", "-D", data, *told], cwd=folder, stderr=log, **owner)
        try:
            _wait(server, folder)
            yield folder
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path(_DEBIAN_BINARIES).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not versions:
        message = "PostgreSQL is not installed: tools/setup_postgis.sh"
        raise CouldNotRun(message)
    return versions[-1].parent


def version() -> str:
    """Return the versions of the server and of PostGIS, as far as they can be told."""
    try:
        binaries = _binaries()
    except CouldNotRun:
        return "none"
    server = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    controls = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    stated = [line.split("'")[1] for path in controls for line in path.read_text().splitlines() if "default_v" in line]
    return f"{stated[-1] if stated else 'none'} in {server.stdout.strip()}"


def _owner() -> dict[str, str]:
    """Return as whom to run the server, which refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError as error:
        message = "the server does not run as root, and there is no user postgres"
        raise CouldNotRun(message) from error
    return {"user": user.pw_name, "group": user.pw_name}


def _run(command: list[object], folder: Path, owner: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **owner)
    if done.returncode:
        message = f"{Path(str(command[0])).name} failed: {done.stderr.strip()}"
        raise CouldNotRun(message)


def _wait(server: subprocess.Popen, folder: Path) -> None:
    import psycopg

    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user="bench", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    message = f"the server does not start: {(folder / 'log').read_text().strip()}"
    raise CouldNotRun(message)
