"""geoprox itself. Whatever its public calls are named, they are called here and nowhere else in the benchmarks."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import pandas as pd

import geoprox as gp
from benchmarks.jobs import PAIR_COLUMNS, Answer, CouldNotRun, Figures, Job
from benchmarks.runners.planar import write
from geoprox.bulk import Limits

_WARM_UP = 200
_REQUESTS = 300


@contextmanager
def near(job: Job) -> Iterator[Callable[[], Answer]]:
    """`gp.near` of frames in memory; a first call on a few rows loads or compiles what is compiled."""
    _require_compiled(job)
    parcels, sites = gpd.read_parquet(job.left), gpd.read_parquet(job.right)
    near_pairs(parcels.iloc[:_WARM_UP], sites, job)
    if job.to_file:
        yield lambda: write(near_pairs(gpd.read_parquet(job.left), gpd.read_parquet(job.right), job), job)
    else:
        yield lambda: near_pairs(parcels, sites, job)


@contextmanager
def stream(job: Job) -> Iterator[Callable[[], Answer]]:
    """`gp.near_many`: from GeoParquet row groups to a Parquet file, in bounded memory."""
    _require_compiled(job)
    near_pairs(gpd.read_parquet(job.right).iloc[:1], gpd.read_parquet(job.right), job)

    def solve() -> Answer:
        sites = gpd.read_parquet(job.right)
        limits = Limits(threads=job.threads)
        gp.near_many(job.left, sites, out=job.out, tiers_m=job.tiers_m, limits=limits)
        return Path(job.out)

    yield solve


@contextmanager
def single_request(job: Job) -> Iterator[Callable[[], Answer]]:
    """One parcel after the other against sites prepared once; the median of many requests."""
    _require_compiled(job)
    prepared = gp.prepare(gpd.read_parquet(job.right))
    parcels = gpd.read_parquet(job.left).iloc[:_REQUESTS]
    requests = [parcels.iloc[[row]] for row in range(len(parcels))]
    for request in requests[:20]:
        near_pairs(request, prepared, job)

    def solve() -> Answer:
        seconds = []
        for request in requests:
            clock = time.perf_counter()
            near_pairs(request, prepared, job)
            seconds.append(time.perf_counter() - clock)
        median = statistics.median(seconds)
        return Figures({"wall_s": median, "milliseconds": 1000 * median})

    yield solve


def near_pairs(parcels: gpd.GeoDataFrame, sites: object, job: Job) -> pd.DataFrame:
    """Return the pairs that `gp.near` finds, in the columns that peers give too."""
    return gp.near(parcels, sites, tiers_m=job.tiers_m, columns=PAIR_COLUMNS, threads=job.threads)


def _require_compiled(job: Job) -> None:
    if job.compiled and find_spec("numba") is None:
        message = "numba is not installed: only the rows without the compiled part can run"
        raise CouldNotRun(message)
