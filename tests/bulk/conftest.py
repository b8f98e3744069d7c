"""Large files, made small: parcels and sites in code, and files of them."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geoprox as gp

Make = Callable[..., gpd.GeoDataFrame]


@pytest.fixture
def parcels() -> Make:
    """Make octagons of some 20 to 100 m around random places in a box, ordered from west to east or not at all."""

    def make(rows: int, seed: int = 0, box=(34.5, 31.5, 35.0, 32.0), *, ordered: bool = True) -> gpd.GeoDataFrame:
        rng = np.random.default_rng(seed)
        lon, lat = rng.uniform(box[0], box[2], rows), rng.uniform(box[1], box[3], rows)
        lon = np.sort(lon) if ordered else lon
        shapes = shapely.buffer(shapely.points(lon, lat), rng.uniform(2e-4, 1e-3, rows), quad_segs=2)
        ids = np.array([f"p{seed}-{n}" for n in range(rows)], dtype=str)
        return gpd.GeoDataFrame({"feature_id": ids}, geometry=shapes, crs=4326)

    return make


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write a frame as GeoParquet with covering columns and small row groups."""

    def to_parquet(frame: gpd.GeoDataFrame, path: Path, rows: int = 50) -> Path:
        frame.to_parquet(path, row_group_size=rows, write_covering_bbox=True, schema_version="1.1.0")
        return path

    return to_parquet


@pytest.fixture
def read() -> Callable[[Path], pd.DataFrame]:
    """The pairs of a file, with ids as plain values."""

    def pairs(path: Path) -> pd.DataFrame:
        frame = pd.read_parquet(path)
        coded = {n: frame[n].cat.categories.dtype for n in frame if isinstance(frame[n].dtype, pd.CategoricalDtype)}
        return frame.astype(coded)

    return pairs


@pytest.fixture
def agrees(read) -> Callable[..., None]:
    """Assert that a file holds the pairs that `near` finds, to the last bit of every distance."""

    def check(path: Path, left, right, within_m: float = 3000, columns=("distance_m",)) -> None:
        names = ["subject_id", "object_id", *columns]
        wanted = gp.near(left, right, within_m=within_m)[names]
        assert len(wanted) > 0, "a comparison of nothing cannot fail"
        frames = [f.sort_values(names[:2], kind="stable").reset_index(drop=True) for f in (read(path)[names], wanted)]
        pd.testing.assert_frame_equal(*frames, check_exact=True, check_dtype=False)

    return check
