"""Memory does not grow with the left side."""

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np

RUN = """
import json, resource, sys
import geoprox as gp
from geoprox.bulk import Limits
left, right, out = sys.argv[1:]
done = gp.near_many(left, right, within_m=300, out=out, limits=Limits(part_rows=10_000, threads=2))
print(json.dumps([done.left.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def places(rows: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    shapes = gpd.points_from_xy(rng.uniform(34.5, 35.0, rows), rng.uniform(31.5, 32.0, rows))
    return gpd.GeoDataFrame({"feature_id": np.arange(rows).astype(str)}, geometry=shapes, crs=4326)


def test_ten_times_the_rows_take_no_more_memory(tmp_path):
    peaks = []
    places(50).to_parquet(tmp_path / "right.parquet")
    for rows in (30_000, 300_000):
        left = tmp_path / f"{rows}.parquet"
        # one row group: it is cut into parts too
        places(rows).to_parquet(left)
        arguments = [sys.executable, "-c", RUN, left, tmp_path / "right.parquet", tmp_path / "pairs.parquet"]
        said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        told, peak = json.loads(said)
        assert told == rows
        peaks.append(peak)
    assert peaks[1] < 1.3 * peaks[0]
