"""What no program can do without: read, project, ask a tree of boxes, write. Their sum is the machine's floor."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Barrier

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import Transformer

from benchmarks.jobs import PAIR_COLUMNS, Answer, Figures, Job, tier_of

_POINT, _POLYGON = 1, 3
# byte order and type; and for a polygon how many rings and how many vertices in the first
_HEADER = {_POINT: 5, _POLYGON: 13}


@dataclass
class _Stages:
    """Seconds by stage; what is done between two stages belongs to neither."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        clock = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - clock


@contextmanager
def floor(job: Job) -> Iterator[Callable[[], Answer]]:
    """Row group by row group: read, WKB to coordinates, projection, box query and writing; two stages use threads."""
    yield lambda: _floor(job)


def _floor(job: Job) -> Figures:
    stages, pairs = _Stages(), 0
    source = pq.ParquetFile(job.left)
    sites, tree = _sites(job)
    with ThreadPoolExecutor(job.threads) as pool:
        transformer = _ready_transformer(job, pool)
        writer = None
        for group in range(source.num_row_groups):
            with stages.timed("read_s"):
                table = source.read_row_group(group, columns=["feature_id", "geometry"])
            with stages.timed("decode_s"):
                lonlat, vertices = _coordinates(table["geometry"].combine_chunks())
            with stages.timed("project_s"):
                xy = np.concatenate(
                    list(pool.map(partial(_projected, transformer), np.array_split(lonlat, job.threads)))
                )
            with stages.timed("query_s"):
                first = np.cumsum(vertices) - vertices
                low, high = (reduce.reduceat(xy, first) for reduce in (np.minimum, np.maximum))
                halves = np.array_split(shapely.box(*low.T, *high.T), job.threads)
                i, j = _joined(halves, list(pool.map(tree.query, halves)))
            # as many pairs as there are in truth, or nearly: those of boxes within reach of each other
            table = _pairs(table["feature_id"].to_numpy()[i], j, _gaps(np.c_[low, high][i], sites[j]), job)
            with stages.timed("write_s"):
                writer = writer or pq.ParquetWriter(job.out, table.schema)
                writer.write_table(table)
            pairs += len(table)
        with stages.timed("write_s"):
            if writer:
                writer.close()
    Path(job.out).unlink()
    return Figures({"wall_s": sum(stages.seconds.values()), "pairs": pairs} | stages.seconds)


def _sites(job: Job) -> tuple[np.ndarray, shapely.STRtree]:
    """Return the boxes of the sites in the plane, and a tree of them grown by the largest tier."""
    wkb = pq.read_table(job.right, columns=["geometry"])["geometry"].to_numpy()
    transformer = Transformer.from_crs(4326, job.planar_crs, always_xy=True)
    flat = shapely.transform(shapely.from_wkb(wkb), lambda lonlat: _projected(transformer, lonlat))
    bounds = shapely.bounds(flat)
    grown = bounds + job.within_m * np.array([-1, -1, 1, 1])
    return bounds, shapely.STRtree(shapely.box(*grown.T))


def _ready_transformer(job: Job, pool: ThreadPoolExecutor) -> Transformer:
    """Return a transformer that every thread has used once: the first use in a thread costs more than a row group."""
    transformer = Transformer.from_crs(4326, job.planar_crs, always_xy=True)
    together = Barrier(job.threads)

    def first_use(_: int) -> None:
        together.wait()
        transformer.transform(35, 32)

    list(pool.map(first_use, range(job.threads)))
    return transformer


def _coordinates(wkb: pa.BinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """Return all vertices, straight from the bytes, and how many each shape has: points, or polygons of one ring."""
    offsets = np.frombuffer(wkb.buffers()[1], np.int32)[wkb.offset : wkb.offset + len(wkb) + 1]
    data = np.frombuffer(wkb.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    kind = int(data[1])
    header = _HEADER[kind]
    same = data[starts + 1] == kind
    if kind == _POLYGON:
        same &= data[starts + 5] == 1
    if not same.all():
        message = "the floor reads points, or polygons of one ring, and the parcels are neither"
        raise ValueError(message)
    coordinate = np.ones(len(data), dtype=bool)
    coordinate[starts[:, None] + np.arange(header)] = False
    return data[coordinate].view(np.float64).reshape(-1, 2), (lengths - header) // 16


def _joined(parts: list[np.ndarray], found: list[np.ndarray]) -> np.ndarray:
    """Return what was found for the parts of an array, as rows of the whole."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    return np.hstack([rows + np.array([[start], [0]]) for rows, start in zip(found, starts, strict=False)])


def _projected(transformer: Transformer, lonlat: np.ndarray) -> np.ndarray:
    return np.stack(transformer.transform(lonlat[:, 0], lonlat[:, 1]), axis=1)


def _gaps(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the distance of boxes."""
    return np.hypot(*np.maximum(0, np.maximum(left[:, :2] - right[:, 2:], right[:, :2] - left[:, 2:])).T)


def _pairs(subject: np.ndarray, object_: np.ndarray, metres: np.ndarray, job: Job) -> pa.Table:
    near = metres <= job.within_m
    subject, object_, metres = subject[near], object_[near], metres[near]
    return pa.table(dict(zip(PAIR_COLUMNS, (subject, object_, metres, tier_of(metres, job.tiers_m)), strict=True)))
