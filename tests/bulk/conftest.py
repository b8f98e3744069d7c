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
WITHIN_M = 3000.0


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
def plain() -> Callable[..., pd.DataFrame]:
    """What `near` says of two frames, in the columns of the bulk path."""

    def pairs(left, right, within_m: float = WITHIN_M, columns=("distance_m",)) -> pd.DataFrame:
        return gp.near(left, right, within_m=within_m)[["subject_id", "object_id", *columns]]

    return pairs


@pytest.fixture
def read() -> Callable[[Path], pd.DataFrame]:
    """The pairs of a file, with ids as plain values."""

    def pairs(path: Path) -> pd.DataFrame:
        frame = pd.read_parquet(path)
        coded = {n: frame[n].cat.categories.dtype for n in frame if isinstance(frame[n].dtype, pd.CategoricalDtype)}
        return frame.astype(coded)

    return pairs


@pytest.fixture
def same() -> Callable[[pd.DataFrame, pd.DataFrame], None]:
    """Assert that two frames hold the same pairs, to the last bit of every distance."""

    def check(got: pd.DataFrame, wanted: pd.DataFrame) -> None:
        assert len(wanted) > 0, "a comparison of nothing cannot fail"
        by = ["subject_id", "object_id"]
        frames = [f.sort_values(by, kind="stable").reset_index(drop=True) for f in (got, wanted)]
        pd.testing.assert_frame_equal(*frames, check_exact=True, check_dtype=False)

    return check
