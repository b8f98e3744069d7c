"""The seeded workloads: parcels and sites as GeoParquet in EPSG:4326, the same on every machine.

Parcels are drawn in blocks, each from its own seed, so that the first 100,000 of a million are the hundred thousand,
and ten million never lie in memory at once.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from benchmarks import places

ROW_GROUP = 50_000
_BLOCK = 1_000
METRES_A_DEGREE = 111_320.0
# the first number of every seed: parcels and sites of a workload share nothing
_PARCELS, _SITES = 1, 2

Rng = np.random.Generator
Floats = np.ndarray
Geometries = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Parcels against sites: how they are drawn, and the tiers that are asked for."""

    name: str
    tiers_m: tuple[float, ...]
    sites: int
    parcels: Callable[[Rng, int], Geometries]
    draw_sites: Callable[[Rng, int], Geometries]
    planar_crs: str | None  # what a planar peer measures in; None where no one projection can serve

    @property
    def within_m(self) -> float:
        """The largest tier: what is within it is a pair."""
        return self.tiers_m[-1]


def paths(workload: Workload, n: int, sites: int, folder: Path) -> tuple[Path, Path]:
    """Return the files of the first ``n`` parcels and the first ``sites`` sites."""
    # a change of this code or of the places makes other data: it gets another folder
    code = b"".join(Path(file).read_bytes() for file in (__file__, places.__file__))
    home = folder / hashlib.sha256(code).hexdigest()[:8]
    return home / f"{workload.name}-{n}.parquet", home / f"{workload.name}-sites-{sites}.parquet"


def write(workload: Workload, n: int, sites: int, folder: Path) -> tuple[Path, Path]:
    """Write the first ``n`` parcels and the first ``sites`` sites, unless they are there; return both files."""
    left, right = paths(workload, n, sites, folder)
    left.parent.mkdir(parents=True, exist_ok=True)
    if not left.exists():
        _write_chunks(left, _chunks(workload, n))
    if not right.exists():
        # all are drawn and the first taken: fewer sites are a part of more
        drawn = workload.draw_sites(_rng(workload, _SITES, 0), workload.sites)
        _write_chunks(right, iter([drawn[:sites]]))
    return left, right


def _rng(workload: Workload, what: int, block: int) -> Rng:
    return np.random.default_rng([*workload.name.encode(), what, block])


def _chunks(workload: Workload, n: int) -> Iterator[Geometries]:
    for start in range(0, n, ROW_GROUP):
        end = min(start + ROW_GROUP, n)
        blocks = [workload.parcels(_rng(workload, _PARCELS, block), _BLOCK) for block in range(start, end, _BLOCK)]
        yield np.concatenate(blocks)[: end - start]


def _write_chunks(path: Path, chunks: Iterator[Geometries]) -> None:
    """Write GeoParquet 1.1 with the bbox covering column, one row group a chunk; whole or not at all."""
    unfinished, writer, start = path.with_suffix(".part"), None, 0
    for geometries in chunks:
        table = _table(geometries, start)
        writer = writer or pq.ParquetWriter(unfinished, table.schema, compression="zstd")
        writer.write_table(table)
        start += len(geometries)
    if writer:
        writer.close()
        unfinished.rename(path)


def _table(geometries: Geometries, start: int) -> pa.Table:
    corners = ("xmin", "ymin", "xmax", "ymax")
    bbox = pa.StructArray.from_arrays([pa.array(c) for c in shapely.bounds(geometries).T], names=corners)
    names = {"feature_id": pa.array(np.arange(start, start + len(geometries)))}
    wkb = pa.array(shapely.to_wkb(geometries, flavor="iso"), pa.binary())
    column = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": CRS("EPSG:4326").to_json_dict(),
        "covering": {"bbox": {corner: ["bbox", corner] for corner in corners}},
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return pa.table(names | {"geometry": wkb, "bbox": bbox}).replace_schema_metadata({"geo": json.dumps(geo)})


# shapes


def blobs(rng: Rng, lonlat: Floats, across_m: Floats, vertices: Floats) -> Geometries:
    """Return simple polygons around centres: vertices at growing angles, each at its own distance."""
    ring, last = np.repeat(np.arange(len(lonlat)), vertices + 1), np.cumsum(vertices + 1)
    # the last vertex of a ring is its first
    nth = np.arange(len(ring)) - (last - vertices - 1)[ring]
    nth[last - 1] = 0
    first = (last - vertices - 1)[ring] + nth
    # an angle stays within its own sector and no gap reaches half a turn: the ring cannot cross itself
    angle = 2 * np.pi * (nth + rng.uniform(-0.4, 0.4, len(ring))[first]) / vertices[ring]
    radius = across_m[ring] / 2 * rng.uniform(0.6, 1, len(ring))[first]
    xy = lonlat[ring] + _degrees(np.c_[radius * np.cos(angle), radius * np.sin(angle)], lonlat[ring, 1])
    offsets = np.r_[0, last], np.arange(len(lonlat) + 1)
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, offsets)


def walks(rng: Rng, lonlat: Floats, length_m: Floats, vertices: Floats) -> Geometries:
    """Return lines from their first points, of steps of one length that turn a little each time."""
    line, last = np.repeat(np.arange(len(lonlat)), vertices), np.cumsum(vertices)
    turn = rng.normal(0, 0.35, len(line))
    starts = last - vertices
    turn[starts] = rng.uniform(-np.pi, np.pi, len(lonlat))
    heading = np.cumsum(turn)
    step = (length_m / (vertices - 1))[line]
    step[starts] = 0
    moved = np.cumsum(np.c_[step * np.cos(heading), step * np.sin(heading)], axis=0)
    xy = lonlat[line] + _degrees(moved - moved[starts][line], lonlat[line, 1])
    return shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (np.r_[0, last],))


def mixed(rng: Rng, lonlat: Floats) -> Geometries:
    """Return sites at places: 60 % points, 30 % polygons of 200 m to 3 km, 10 % lines of 1 to 20 km."""
    kind = rng.choice(3, size=len(lonlat), p=[0.6, 0.3, 0.1])
    out = shapely.points(lonlat)
    areas, lines = (lonlat[kind == k] for k in (1, 2))
    out[kind == 1] = blobs(rng, areas, log_uniform(rng, 200, 3_000, len(areas)), rng.integers(6, 40, len(areas)))
    length = log_uniform(rng, 1_000, 20_000, len(lines))
    # a vertex every 400 m or so, as roads and pipelines are drawn
    out[kind == 2] = walks(rng, lines, length, 3 + (length / 400).astype(int))
    return out


def log_uniform(rng: Rng, low: float, high: float, n: int) -> Floats:
    """Return sizes that have as many small as large among them, by factor."""
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


def _degrees(metres: Floats, lat: Floats) -> Floats:
    """Return small steps in degrees; near enough, since only the making of shapes rests on it."""
    return metres / METRES_A_DEGREE / np.c_[np.cos(np.radians(lat)), np.ones(len(lat))]


# workload A: Israel


def _around_cities(rng: Rng, n: int, spread: float) -> Floats:
    lon, lat, weight, sigma_km = places.ISRAEL_CITIES.T
    city = rng.choice(len(lon), size=n, p=weight / weight.sum())
    at = np.c_[lon, lat][city]
    return at + _degrees(rng.normal(0, spread * 1000, (n, 2)) * sigma_km[city, None], at[:, 1])


def parcels_a(rng: Rng, n: int) -> Geometries:
    """Return parcels 20 to 200 m across, 4 to 12 vertices, clustered in the cities of Israel."""
    return blobs(rng, _around_cities(rng, n, 1), log_uniform(rng, 20, 200, n), rng.integers(4, 13, n))


def points_a(rng: Rng, n: int) -> Geometries:
    """Return parcels known by one point only."""
    return shapely.points(_around_cities(rng, n, 1))


def sites_a(rng: Rng, n: int) -> Geometries:
    """Return sites of which some lie around the cities, wider than the parcels, and the rest anywhere."""
    anywhere = rng.uniform(*places.ISRAEL_BOX, (n, 2))
    near_a_city = rng.random(n) < places.SITES_AT_CITIES
    return mixed(rng, np.where(near_a_city[:, None], _around_cities(rng, n, 2), anywhere))


# workload B: the world


def _over_land(rng: Rng, n: int) -> Floats:
    """Return places in boxes of land, by weight; some boxes end at the antimeridian, some lie at 70 to 80 N."""
    west, south, east, north, weight = places.LAND_BOXES.T
    box = rng.choice(len(west), size=n, p=weight / weight.sum())
    return np.c_[rng.uniform(west[box], east[box]), rng.uniform(south[box], north[box])]


def _over_the_world(rng: Rng, n: int) -> Floats:
    """Return places of which some lie in towns, the same for parcels and sites, so that the first tier has pairs."""
    towns = _over_land(np.random.default_rng(0), places.TOWNS)
    at = towns[rng.integers(0, len(towns), n)]
    at = at + _degrees(rng.normal(0, 5_000, (n, 2)), at[:, 1])
    return np.where(rng.random((n, 1)) < places.IN_TOWNS, at, _over_land(rng, n))


def parcels_b(rng: Rng, n: int) -> Geometries:
    """Return parcels as in A over the world; none crosses the antimeridian, their pairs do."""
    return _one_side(blobs(rng, _over_the_world(rng, n), log_uniform(rng, 20, 200, n), rng.integers(4, 13, n)))


def sites_b(rng: Rng, n: int) -> Geometries:
    """Return sites as in A over the world; none crosses the antimeridian, their pairs do."""
    return _one_side(mixed(rng, _over_the_world(rng, n)))


def _one_side(shapes: Geometries) -> Geometries:
    """Return shapes moved off the antimeridian where they would cross it."""
    west, _, east, _ = shapely.bounds(shapes).T
    step = np.where(east > 180, 180 - east, np.where(west < -180, -180 - west, 0))
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(shapes, xy + np.c_[step[of], np.zeros(len(of))])


MILE = 1609.344
_ISRAEL = {"tiers_m": (500.0, 1_000.0, 5_000.0), "sites": 2_000, "draw_sites": sites_a, "planar_crs": "EPSG:2039"}
WORKLOADS: dict[str, Workload] = {
    "A": Workload(name="A", parcels=parcels_a, **_ISRAEL),
    "A-points": Workload(name="A-points", parcels=points_a, **_ISRAEL),
    "B": Workload(
        name="B", tiers_m=(MILE, 100 * MILE), sites=5_000, parcels=parcels_b, draw_sites=sites_b, planar_crs=None
    ),
}
