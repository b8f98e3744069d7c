"""Memory does not grow with the left side, nor with the right one where that is by tiles."""

import json
import subprocess
import sys
from weakref import WeakSet

import geopandas as gpd
import numpy as np
import pytest

import geoprox as gp
from geoprox.bulk import Limits, judge

RUN = """
import json, sys
from pathlib import Path
import geoprox as gp
from geoprox.bulk import Limits
left, right, out = sys.argv[1:]
done = gp.near_many(left, right, within_m=300, out=out, limits=Limits(part_rows=5_000, threads=2))
# getrusage would tell the size of the process that started this one
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([done.left.rows, int(peak.split()[1])]))
"""


def places(rows: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    shapes = gpd.points_from_xy(rng.uniform(34.5, 35.0, rows), rng.uniform(31.5, 32.0, rows))
    return gpd.GeoDataFrame({"feature_id": np.arange(rows).astype(str)}, geometry=shapes, crs=4326)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of memory from /proc")
def test_ten_times_the_rows_take_no_more_memory(tmp_path):
    peaks = []
    places(50).to_parquet(tmp_path / "right.parquet")
    for rows in (20_000, 200_000):
        left = tmp_path / f"{rows}.parquet"
        # one row group: it is cut into parts too
        places(rows).to_parquet(left)
        arguments = [sys.executable, "-c", RUN, left, tmp_path / "right.parquet", tmp_path / "pairs.parquet"]
        said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        told, peak = json.loads(said)
        assert told == rows
        peaks.append(peak)
    assert peaks[1] < 1.3 * peaks[0]


def test_sites_by_tiles_are_held_a_few_at_a_time_however_wide_the_left_side_is(tmp_path, monkeypatch):
    held, most, meet = WeakSet(), [], judge._meet  # noqa: SLF001 -- where sites are used, whoever holds them

    def watched(rows, boxes, sites, within_m):
        held.add(sites)
        most.append(sum(len(tile.rows.number) for tile in held))
        return meet(rows, boxes, sites, within_m)

    monkeypatch.setattr(judge, "_meet", watched)
    left, right = tmp_path / "left.parquet", tmp_path / "right.parquet"
    places(50).to_parquet(left)
    places(5000).to_parquet(right)
    limits = Limits(held_rows=1000, threads=1)
    out = tmp_path / "pairs.parquet"
    done = gp.near_many(left, right, within_m=3000, out=out, limits=limits)
    assert done.right.judged == 5000
    assert len(most) >= 5
    assert max(most) <= 2 * 1000
