"""What the tests of the kernel share: the oracle, and shapes drawn around a place."""

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely
from psycopg import Connection, connect
from pyproj import Geod

WGS84 = Geod(ellps="WGS84")


def helper(repo: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, repo / "tests" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle(repo: Path) -> ModuleType:
    """``tests/oracle.py``: distances by brute search."""
    return helper(repo, "oracle")


@pytest.fixture(scope="session")
def postgis(repo: Path) -> Iterator[Connection]:
    """A connection to a PostGIS that ``tests/postgis.py`` runs for these tests."""
    own = helper(repo, "postgis")
    folder = own.programs()
    if folder is None:
        pytest.skip("no PostgreSQL with PostGIS: run tools/setup_system.sh")
    with (
        own.server(folder) as home,
        connect(host=str(home), user=own.USER, dbname=own.USER, autocommit=True) as connection,
    ):
        connection.execute("create extension postgis")
        yield connection


class Draw:
    """Draws shapes of a size in metres around a place, by geodesics, so that any place will do."""

    kinds = ("point", "line", "polygon", "hole", "multipoint", "multipolygon", "collection", "nested")

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def go(self, lonlat, azimuth, metres):
        """Go from a place; longitudes run on, so that a shape is not torn at the antimeridian."""
        azimuth, metres = np.broadcast_arrays(np.asarray(azimuth, dtype=float), np.asarray(metres, dtype=float))
        lon, lat, _ = WGS84.fwd(np.full(azimuth.shape, lonlat[0]), np.full(azimuth.shape, lonlat[1]), azimuth, metres)
        return np.stack([lonlat[0] + (np.asarray(lon) - lonlat[0] + 180) % 360 - 180, lat], axis=-1)

    def somewhere(self, lonlat, metres):
        return self.go(lonlat, self.rng.uniform(0, 360), self.rng.uniform(0, metres))

    def star(self, lonlat, metres, n=9):
        azimuth = -np.sort(self.rng.uniform(0, 360 / n, n) + np.arange(n) * 360 / n)
        return self.go(lonlat, azimuth, metres * self.rng.uniform(0.5, 1, n))

    def shape(self, lonlat, metres, kind=None):
        kind = kind or self.rng.choice(self.kinds)
        if kind == "point":
            return shapely.Point(self.somewhere(lonlat, metres))
        if kind == "line":
            return shapely.LineString([self.somewhere(lonlat, metres) for _ in range(self.rng.integers(2, 7))])
        if kind == "polygon":
            return shapely.Polygon(self.star(lonlat, metres))
        if kind == "hole":
            return shapely.Polygon(self.star(lonlat, metres), [self.star(lonlat, metres / 3)])
        parts = {
            "multipoint": ["point"] * 4,
            "multipolygon": ["hole", "polygon"],
            "collection": ["point", "line", "polygon"],
            "nested": ["line", "collection"],
        }[kind]
        apart = [self.shape(self.go(lonlat, 120 * i, metres), metres / 3, part) for i, part in enumerate(parts)]
        many = {"multipoint": shapely.MultiPoint, "multipolygon": shapely.MultiPolygon}
        return many.get(kind, shapely.GeometryCollection)(apart)

    def pair(self, latitudes, longitudes=(-180, 180), apart_m=200_000, size_m=(10, 50_000)):
        """Draw two shapes whose middles are up to ``apart_m`` apart."""
        here = self.rng.uniform(*longitudes), self.rng.uniform(*latitudes)
        sizes = np.exp(self.rng.uniform(*np.log(size_m), 2))
        return self.shape(here, sizes[0]), self.shape(self.somewhere(here, apart_m), sizes[1])


@pytest.fixture
def draw() -> Draw:
    return Draw(seed=20260704)


@pytest.fixture(scope="module", params=["compiled", "vectorised"])
def engine(request):
    """Search with one engine, then with the other: both must give the same answers."""
    if request.param == "compiled":
        pytest.importorskip("numba", reason="the compiled search needs numba, of the extra `fast`")
    module = importlib.import_module("geoprox.geodesy.compiled") if request.param == "compiled" else None
    with pytest.MonkeyPatch.context() as patch:
        for user in ("nearest", "pieces"):
            patch.setattr(importlib.import_module(f"geoprox.geodesy.{user}"), "compiled", lambda: module)
        yield request.param
