"""`near_many` says what `near` says, whatever file the rows come from and however it is read."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geoprox as gp
from geoprox.bulk import Limits

WITHIN_M = 3000.0
SMALL = Limits(part_rows=40)
TILES = Limits(part_rows=40, held_rows=60)


def with_gaps(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same rows, the third and the last without geometry, and one with an empty one."""
    out = frame.copy()
    out.loc[[2, len(out) - 1], "geometry"] = None
    return out


@pytest.mark.parametrize("limits", [Limits(), SMALL, TILES], ids=["whole", "parts", "tiles"])
@pytest.mark.parametrize("suffix", [".parquet", ".fgb", ".gpkg", ".geojson"])
def test_every_format_gives_the_pairs_of_near(parcels, write, agrees, tmp_path, suffix, limits):
    left, right = with_gaps(parcels(200)), with_gaps(parcels(150, 1))
    paths = [tmp_path / f"{name}{suffix}" for name in ("left", "right")]
    for frame, path in zip((left, right), paths, strict=True):
        if suffix == ".parquet":
            write(frame, path)
        else:
            # without an index FlatGeobuf keeps the order of rows, and those without geometry
            frame.to_file(path, **({"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}))
    done = gp.near_many(paths[0], paths[1], within_m=WITHIN_M, out=tmp_path / "pairs.parquet", limits=limits)
    agrees(done.path, left, right)
    assert (done.left.rows, done.left.without_geometry) == (200, 2)
    assert (done.right.rows, done.right.without_geometry) == (150, 2)
    assert done.pairs == len(pd.read_parquet(done.path))
    assert not done.path.with_name("pairs.parquet.parts").exists()


def test_rows_are_ordered_as_those_of_near(parcels, write, read, tmp_path):
    left, right = parcels(200, ordered=False), parcels(60, 1)
    path = write(left, tmp_path / "left.parquet")
    done = gp.near_many(path, right, within_m=WITHIN_M, out=tmp_path / "pairs.parquet", limits=SMALL)
    wanted = gp.near(left, right, within_m=WITHIN_M)[["subject_id", "object_id", "distance_m"]]
    pd.testing.assert_frame_equal(read(done.path), wanted, check_exact=True)


@pytest.mark.parametrize("ordered", [True, False])
def test_two_large_sides_are_read_by_tiles_and_nothing_is_lost_at_their_edges(
    parcels, write, agrees, tmp_path, ordered
):
    left, right = (parcels(600, seed, ordered=ordered) for seed in (0, 1))
    paths = write(left, tmp_path / "left.parquet"), write(right, tmp_path / "right.parquet")
    done = gp.near_many(*paths, within_m=WITHIN_M, out=tmp_path / "pairs.parquet", limits=TILES)
    agrees(done.path, left, right)
    assert done.left.judged == done.right.judged == 600


def test_tiles_that_nothing_comes_near_are_not_read_and_counted(parcels, write, agrees, tmp_path):
    left = parcels(100, box=(34.5, 31.5, 34.6, 31.6))
    right = pd.concat([parcels(100, 1, (34.5, 31.5, 34.6, 31.6)), parcels(300, 2, (10, 50, 11, 51))])
    right = right.reset_index(drop=True)
    paths = write(left, tmp_path / "left.parquet"), write(right, tmp_path / "right.parquet")
    done = gp.near_many(*paths, within_m=WITHIN_M, out=tmp_path / "pairs.parquet", limits=TILES)
    agrees(done.path, left, right)
    assert (done.right.judged, done.right.skipped, done.right.rows) == (100, 300, 400)


def test_several_files_are_one_side_and_rows_without_ids_are_counted_on(parcels, write, agrees, tmp_path):
    left, right = parcels(90).drop(columns="feature_id"), parcels(60, 1)
    paths = [write(left[a : a + 30].reset_index(drop=True), tmp_path / f"{a}.parquet", 7) for a in (0, 30, 60)]
    done = gp.near_many(paths, right, within_m=WITHIN_M, out=tmp_path / "pairs.parquet")
    agrees(done.path, left, right)


def test_ids_are_the_columns_that_are_named(parcels, write, read, tmp_path):
    left, right = parcels(90), parcels(60, 1)
    left["block"], right["plot"] = np.arange(90) * 10, [f"מגרש {n}" for n in range(60)]
    path = write(left, tmp_path / "left.parquet")
    out = tmp_path / "pairs.parquet"
    gp.near_many(path, right, within_m=WITHIN_M, out=out, left_id="block", right_id="plot")
    wanted = gp.near(left, right, within_m=WITHIN_M)
    named = wanted["subject_id"].map(left.set_index("feature_id")["block"]).tolist()
    assert read(out)["subject_id"].tolist() == named
    assert read(out)["object_id"].str.startswith("מגרש ").all()


def test_ids_that_repeat_are_kept_as_they_are(parcels, write, read, tmp_path):
    left, right = parcels(90).assign(feature_id="one"), parcels(60, 1)
    done = gp.near_many(write(left, tmp_path / "a.parquet"), right, within_m=WITHIN_M, out=tmp_path / "b.parquet")
    assert set(read(done.path)["subject_id"]) == {"one"}
    assert done.pairs == len(gp.near(left, right, within_m=WITHIN_M))


def test_the_fid_of_a_geopackage_can_be_the_id(parcels, read, tmp_path):
    left = parcels(60)
    left[["geometry"]].to_file(tmp_path / "left.gpkg")
    done = gp.near_many(tmp_path / "left.gpkg", left, within_m=0, out=tmp_path / "pairs.parquet", left_id="fid")
    assert read(done.path)["subject_id"].min() == 1


@pytest.mark.parametrize("limits", [Limits(), SMALL, TILES], ids=["whole", "parts", "tiles"])
def test_positions_in_doubt_lose_no_pair_and_have_an_interval(parcels, write, agrees, tmp_path, limits):
    rng = np.random.default_rng(5)
    left, right = parcels(150).assign(accuracy_m=0.0), parcels(120, 1).assign(accuracy_m=0.0)
    left.loc[::7, "accuracy_m"], right.loc[::5, "accuracy_m"] = rng.uniform(0, 4000), 1500.0
    left.loc[3, "accuracy_m"] = right.loc[4, "accuracy_m"] = np.nan
    paths = write(left, tmp_path / "left.parquet"), write(right, tmp_path / "right.parquet")
    done = gp.near_many(*paths, within_m=1000, out=tmp_path / "pairs.parquet", limits=limits)
    agrees(done.path, left, right, 1000, ("distance_m", "distance_min_m", "distance_max_m"))


def test_a_tier_holds_its_bound_and_is_missing_beyond_the_largest(write, read, tmp_path):
    here = gpd.GeoDataFrame({"feature_id": ["a"]}, geometry=[shapely.Point(34.65, 31.8)], crs=4326)
    lon = [34.65, 34.651, 34.66, 34.67, 34.68]
    sites = gpd.GeoDataFrame({"feature_id": list("vwxyz")}, geometry=gpd.points_from_xy(lon, [31.8] * 5), crs=4326)
    exact = float(gp.distance(sites.geometry.iloc[2], here).iloc[0])
    path = write(here, tmp_path / "a.parquet")
    done = gp.near_many(path, sites, within_m=2000, tiers_m=[2 * exact, 500, exact], out=tmp_path / "b.parquet")
    got = read(done.path).set_index("object_id")["tier_m"]
    assert got.index.tolist() == list("vwxy")
    assert got.tolist() == [500, 500, exact, 2 * exact]
    done = gp.near_many(path, sites, within_m=2000, tiers_m=[500], out=tmp_path / "b.parquet")
    assert read(done.path)["tier_m"].isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("suffix", [".parquet", ".fgb", ".gpkg"])
@pytest.mark.parametrize("empty", ["left", "right", "both"])
def test_an_empty_side_gives_a_file_without_pairs(parcels, write, read, tmp_path, suffix, empty):
    sides = {name: parcels(0 if empty in (name, "both") else 30) for name in ("left", "right")}
    for name, frame in sides.items():
        path = tmp_path / f"{name}{suffix}"
        write(frame, path) if suffix == ".parquet" else frame.to_file(path, geometry_type="Polygon")
    paths = [tmp_path / f"{name}{suffix}" for name in sides]
    done = gp.near_many(*paths, within_m=10, tiers_m=[5], out=tmp_path / "pairs.parquet")
    assert read(done.path).columns.tolist() == ["subject_id", "object_id", "distance_m", "tier_m"]
    assert (done.pairs, done.left.rows, done.right.rows) == (0, len(sides["left"]), len(sides["right"]))


def test_the_same_input_gives_the_same_bytes_on_one_thread_and_on_two(parcels, write, tmp_path):
    path, sites = write(parcels(400), tmp_path / "left.parquet", 20), parcels(60, 1)
    outs = [tmp_path / f"{threads}.parquet" for threads in (1, 2)]
    for threads, out in zip((1, 2), outs, strict=True):
        gp.near_many(path, sites, within_m=WITHIN_M, out=out, limits=Limits(threads=threads))
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_progress_tells_rows_done_of_all_that_are_to_be_done(parcels, write, tmp_path):
    told = []
    path = write(parcels(200), tmp_path / "left.parquet")
    out = tmp_path / "pairs.parquet"
    everything = 100_000
    gp.near_many(path, parcels(2, 1), within_m=everything, out=out, progress=lambda *now: told.append(now[:2]))
    assert [total for _, total in told] == [200] * 5
    assert [done for done, _ in told] == [0, 50, 100, 150, 200]
