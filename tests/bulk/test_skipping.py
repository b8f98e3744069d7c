"""Row groups are skipped where nothing is near, nowhere else, and every row is counted."""

import json

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geoprox as gp
from geoprox.bulk import Limits
from geoprox.bulk.boxes import meet_any, meet_one, tree
from geoprox.bulk.tiles import make_tiling
from geoprox.geodesy.search import grow


def points(lon, lat) -> gpd.GeoDataFrame:
    ids = [f"{x}/{y}" for x, y in zip(lon, lat, strict=True)]
    return gpd.GeoDataFrame({"feature_id": ids}, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def test_row_groups_out_of_reach_are_skipped_and_counted(parcels, write, agrees, tmp_path):
    left = parcels(500)
    left.loc[0, "geometry"] = None
    west = parcels(40, 1, (34.5, 31.5, 34.55, 32.0))
    done = gp.near_many(write(left, tmp_path / "a.parquet"), west, within_m=1000, out=tmp_path / "b.parquet")
    agrees(done.path, left, west, 1000)
    assert (done.parts, done.left.rows, done.left.without_geometry) == (10, 500, 1)
    assert done.parts_skipped == done.left.skipped // 50 >= 7
    assert done.left.judged == 500 - done.left.skipped - 1


def test_a_radius_that_reaches_the_sites_keeps_its_row_group(parcels, write, read, tmp_path):
    far = parcels(100).assign(accuracy_m=0.0)
    far.loc[77, "accuracy_m"] = 3_000_000.0
    site = points([10.0], [50.0])
    done = gp.near_many(write(far, tmp_path / "a.parquet"), site, within_m=1000, out=tmp_path / "b.parquet")
    assert read(done.path)["subject_id"].tolist() == [far.loc[77, "feature_id"]]
    assert done.left.skipped == 50


PLACES = {
    "across the antimeridian": (points([179.999], [10.0]), points([-179.999], [10.0])),
    "the same the other way": (points([-179.999], [10.0]), points([179.999], [10.0])),
    "longitudes that run on": (points([180.001], [10.0]), points([-179.999], [10.0])),
    "a turn away": (points([-170.0], [10.0]), points([190.0], [10.0])),
    "over the north pole": (points([0.0], [89.99]), points([180.0], [89.99])),
    "over the south pole": (points([-90.0], [-89.99]), points([90.0], [-89.99])),
    "high latitude": (points([20.0], [85.0]), points([20.3], [85.0])),
}


@pytest.mark.parametrize("place", PLACES)
def test_no_place_on_earth_is_skipped_wrongly(write, tmp_path, place):
    left, right = PLACES[place]
    for tiles in (Limits(), Limits(held_rows=0)):
        paths = write(left, tmp_path / "a.parquet"), write(right, tmp_path / "b.parquet")
        done = gp.near_many(*paths, within_m=5000, out=tmp_path / "c.parquet", limits=tiles)
        assert (done.pairs, done.parts_skipped) == (1, 0)


def test_boxes_of_others_that_run_across_the_antimeridian_are_not_trusted(tmp_path):
    # RFC 7946 writes such a box with xmin > xmax, and the statistics of a row group mix it with its neighbours'
    shapes = [shapely.Point(-160, 10), shapely.MultiPoint([(170, 10), (-170, 10)])]
    frame = gpd.GeoDataFrame({"feature_id": ["a", "b"]}, geometry=shapes, crs=4326)
    path = tmp_path / "a.parquet"
    frame.to_parquet(path, write_covering_bbox=True, schema_version="1.1.0")
    table = pq.read_table(path)
    boxes = pa.StructArray.from_arrays(
        [pa.array(v) for v in ([-160.0, 170.0], [10.0, 10.0], [-160.0, -170.0], [10.0, 10.0])],
        ["xmin", "ymin", "xmax", "ymax"],
    )
    pq.write_table(table.set_column(table.schema.get_field_index("bbox"), "bbox", boxes), path)
    done = gp.near_many(path, points([169.99], [10.0]), within_m=5000, out=tmp_path / "b.parquet")
    assert (done.pairs, done.parts_skipped) == (1, 0)


def test_sites_by_tiles_are_found_though_boxes_of_others_run_across_the_antimeridian(tmp_path):
    across = shapely.MultiPolygon([shapely.box(179.9, 10, 180, 10.1), shapely.box(-180, 10, -179.8, 10.1)])
    sites = [across, shapely.Point(179, 10), shapely.Point(20, 20), shapely.Point(20, 21)]
    right = gpd.GeoDataFrame({"feature_id": ["a", "b", "c", "d"]}, geometry=sites, crs=4326)
    boxes = np.array([[179.9, 10, -179.8, 10.1], *(site.bounds for site in sites[1:])])
    right.to_parquet(tmp_path / "r.parquet", write_covering_bbox=True, schema_version="1.1.0")
    table = pq.read_table(tmp_path / "r.parquet")
    corners = ["xmin", "ymin", "xmax", "ymax"]
    bbox = pa.StructArray.from_arrays([pa.array(column) for column in boxes.T], corners)
    table = table.set_column(table.schema.get_field_index("bbox"), "bbox", bbox)
    pq.write_table(table, tmp_path / "r.parquet", row_group_size=2)
    left = points([-179.79, 40.0], [10.05, 30.0])
    left.to_parquet(tmp_path / "l.parquet", write_covering_bbox=True, schema_version="1.1.0")
    limits = Limits(held_rows=2)
    done = gp.near_many(
        tmp_path / "l.parquet", tmp_path / "r.parquet", within_m=5000, out=tmp_path / "o.parquet", limits=limits
    )
    assert done.pairs == len(gp.near(left, right, within_m=5000)) == 1


def test_boxes_of_single_precision_are_taken_a_little_larger(write, tmp_path):
    # Overture writes float32, and not every writer rounds outward
    left, right = points([34.650001], [31.8]), points([34.6500031], [31.8])
    path = write(left, tmp_path / "a.parquet")
    table = pq.read_table(path)
    single = pa.struct([(name, pa.float32()) for name in ("xmin", "ymin", "xmax", "ymax")])
    at = table.schema.get_field_index("bbox")
    pq.write_table(table.set_column(at, "bbox", table["bbox"].cast(single)), path)
    exact = float(gp.distance(left, right.geometry.iloc[0]).iloc[0])
    done = gp.near_many(path, right, within_m=exact, out=tmp_path / "b.parquet")
    assert (done.pairs, done.parts_skipped) == (1, 0)


def test_a_file_without_covering_is_read_whole(parcels, tmp_path):
    parcels(100).to_parquet(tmp_path / "a.parquet", row_group_size=20)
    done = gp.near_many(tmp_path / "a.parquet", points([10.0], [50.0]), within_m=9, out=tmp_path / "b.parquet")
    assert (done.left.judged, done.left.skipped) == (100, 0)


longitudes, latitudes = st.floats(-540, 540), st.floats(-90, 90)


@settings(max_examples=60)
@given(st.tuples(longitudes, latitudes, longitudes, latitudes), st.floats(0, 20_000_000))
def test_a_grown_box_meets_whatever_is_within_reach(place, slack):
    x, y, u, v = place
    a, b = shapely.Point(x, y), shapely.Point(u, v)
    metres = float(gp.distance(a, b).iloc[0])
    box = grow(shapely.bounds(np.array([a])), np.array([metres + slack]))
    other = np.array([shapely.bounds(b)])
    assert meet_one(box, other[0]).all()
    assert meet_any(box, tree(other)).all()


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=50), st.integers(1, 9))
def test_every_point_has_one_tile_and_equal_points_the_same(places, tiles):
    middles = np.array(places + places)
    number = make_tiling(middles, tiles).of(middles)
    assert (number >= 0).all()
    assert number[: len(places)].tolist() == number[len(places) :].tolist()


def test_the_crs_of_geoparquet_without_one_is_crs84_and_null_is_none(parcels, write, tmp_path):
    path = write(parcels(9), tmp_path / "a.parquet")
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    del geo["columns"]["geometry"]["crs"]
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo)}), path)
    assert gp.near_many(path, path, within_m=0, out=tmp_path / "b.parquet").pairs >= 9
    geo["columns"]["geometry"]["crs"] = None
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo)}), path)
    with pytest.raises(gp.CRSMismatchError, match=r"declares no CRS.*ogr2ogr"):
        gp.near_many(path, path, within_m=0, out=tmp_path / "b.parquet")
