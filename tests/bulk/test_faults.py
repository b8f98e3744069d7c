"""Whatever is wrong with a file is one sentence with the file, the row and the remedy, and leaves no output."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

import geoprox as gp

BOW = "POLYGON ((34.7 31.7, 34.71 31.71, 34.71 31.7, 34.7 31.71, 34.7 31.7))"


@pytest.fixture
def good(parcels, write, tmp_path) -> Path:
    return write(parcels(100), tmp_path / "good.parquet", 20)


@pytest.fixture
def fails(tmp_path, good):
    """Assert that a run with a left or a right file fails with an error of a kind that says something."""

    def check(error, message, left=good, right=good, **options):
        for paths in ((left, right),) if left == right else ((left, right), (right, left)):
            out = tmp_path / "out" / "pairs.parquet"
            with pytest.raises(error, match=message):
                gp.near_many(*paths, **{"within_m": 1000, "out": out, **options}, restart=True)
            assert not out.exists()

    return check


def test_a_file_that_is_not_there(fails, tmp_path):
    fails(gp.LayerError, "nowhere.parquet cannot be read.*check the name", tmp_path / "nowhere.parquet")
    fails(gp.LayerError, "nowhere.gpkg cannot be read.*check the name", tmp_path / "nowhere.gpkg")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_parquet_file_that_is_cut(fails, good, tmp_path, share):
    path = tmp_path / "cut.parquet"
    path.write_bytes(good.read_bytes()[: int(share * good.stat().st_size)])
    fails(gp.LayerError, "cut.parquet cannot be read as GeoParquet: .*complete", path)


def test_a_parquet_file_that_is_broken_inside(fails, good, tmp_path):
    path = tmp_path / "broken.parquet"
    content = bytearray(good.read_bytes())
    content[2000:4000] = bytes(2000)
    path.write_bytes(content)
    fails(gp.LayerError, "broken.parquet cannot be read as GeoParquet: .*complete", path)


def test_text_that_is_no_vector_file(fails, tmp_path):
    path = tmp_path / "text.geojson"
    path.write_text("no vector file")
    fails(gp.LayerError, "text.geojson is no vector file", path)


def test_tables_without_geometry(fails, parcels, tmp_path):
    parcels(9)[["feature_id"]].to_parquet(tmp_path / "table.parquet")
    fails(gp.LayerError, "table.parquet has no geometry.*geopandas", tmp_path / "table.parquet")
    (tmp_path / "table.csv").write_text("feature_id\na\n")
    fails(gp.LayerError, "table.csv has no geometry; give a vector file", tmp_path / "table.csv")


def test_a_file_with_several_layers(fails, parcels, tmp_path):
    for layer in ("parcels", "roads"):
        parcels(9).to_file(tmp_path / "two.gpkg", layer=layer)
    fails(gp.LayerError, "two.gpkg has the layers parcels, roads; .*ogr2ogr", tmp_path / "two.gpkg")


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg"])
def test_another_crs(fails, parcels, write, tmp_path, suffix):
    itm, path = parcels(9).to_crs(2039), tmp_path / f"itm{suffix}"
    write(itm, path) if suffix == ".parquet" else itm.to_file(path)
    fails(gp.CRSMismatchError, "is in EPSG:2039; .*ogr2ogr -t_srs EPSG:4326 OUT", path)


def test_a_frame_in_another_crs_or_without(good, parcels, tmp_path):
    for frame in (parcels(9).to_crs(2039), parcels(9).set_crs(None, allow_override=True)):
        with pytest.raises(gp.CRSMismatchError, match=r"sites .*set_crs\(\)"):
            gp.near_many(good, frame, within_m=1, out=tmp_path / "a.parquet")


def changed(path: Path, to: Path, **about: object) -> Path:
    """The same file that says something else of its geometry."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    geo["columns"]["geometry"].update(about)
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo)}), to)
    return to


def test_edges_and_encodings_that_are_not_measured(fails, good, tmp_path):
    to = tmp_path / "odd.parquet"
    fails(gp.LayerError, "declares spherical edges.*densify", changed(good, to, edges="spherical"))
    fails(gp.LayerError, "holds geometry as point; .*WKB", changed(good, to, encoding="point"))
    fails(gp.CRSMismatchError, "declares no CRS", changed(good, to, crs=None))


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".fgb"])
def test_a_column_of_ids_that_is_not_there(fails, parcels, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    parcels(9).to_parquet(path) if suffix == ".parquet" else parcels(9).to_file(path)
    fails(gp.LayerError, "has no column 'gush'; name one of .*feature_id", path, path, left_id="gush")
    fails(gp.LayerError, "has no column 'gush'; name one of .*feature_id", path, path, right_id="gush")


def test_ids_that_are_numbers_with_fractions_or_missing(fails, parcels, write, tmp_path):
    frame = parcels(100)
    frame["share"] = np.arange(100) / 2
    frame.loc[61, "feature_id"] = None
    path = write(frame, tmp_path / "odd.parquet", 20)
    fails(gp.LayerError, "holds double; ids are text or whole numbers", path, path, left_id="share")
    fails(gp.LayerError, "odd.parquet, row 61: the id is missing", path)


def test_files_whose_ids_are_of_two_kinds(parcels, write, tmp_path):
    a = write(parcels(9), tmp_path / "a.parquet")
    b = write(parcels(9).assign(feature_id=range(9)), tmp_path / "b.parquet")
    with pytest.raises(gp.LayerError, match=r"ids are string in .*a.parquet and int64 in .*b.parquet"):
        gp.near_many([a, b], a, within_m=1, out=tmp_path / "c.parquet")
    with pytest.raises(gp.LayerError, match="give at least one"):
        gp.near_many([], a, within_m=1, out=tmp_path / "c.parquet")


with np.errstate(invalid="ignore"):
    NOT_FINITE = shapely.from_wkt("LINESTRING (34 31, NaN 31)")
GEOMETRIES = {
    "invalid": (shapely.from_wkt(BOW), "row 77: the geometry is not valid.*make_valid"),
    "in metres": (shapely.Point(180_000, 660_000), "row 77: a coordinate is not finite or not on the globe"),
    "infinite": (shapely.Point(np.inf, 31), "row 77: a coordinate is not finite or not on the globe"),
    "not a number": (NOT_FINITE, "row 77: the geometry is not valid"),
}


@pytest.mark.parametrize("kind", GEOMETRIES)
@pytest.mark.parametrize("suffix", [".parquet", ".gpkg"])
def test_a_row_that_cannot_be_measured(fails, parcels, tmp_path, kind, suffix):
    shape, message = GEOMETRIES[kind]
    frame, path = parcels(100), tmp_path / f"odd{suffix}"
    frame.loc[77, "geometry"] = shape
    if suffix == ".parquet":
        # without boxes, since a row group that is out of reach is not looked at
        frame.to_parquet(path, row_group_size=20)
    else:
        frame.to_file(path)
    fails(gp.GeometryError, rf"odd\{suffix}, {message}", path)


def test_geometry_that_cannot_be_decoded(fails, good, tmp_path):
    table = pq.read_table(good)
    wkb = table["geometry"].to_pylist()
    wkb[77] = b"\x01\x0a\x00\x00\x00\x00\x00\x00\x00"
    at = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(at, "geometry", [wkb]), tmp_path / "odd.parquet", row_group_size=20)
    fails(gp.GeometryError, "odd.parquet, row 77: the geometry cannot be read", tmp_path / "odd.parquet")


@pytest.mark.parametrize("radius", [-1.0, np.inf])
def test_a_radius_that_is_none(fails, parcels, write, tmp_path, radius):
    frame = parcels(100).assign(accuracy_m=1.0)
    frame.loc[77, "accuracy_m"] = radius
    path = write(frame, tmp_path / "odd.parquet", 100)
    fails(gp.GeometryError, "odd.parquet, row 77: accuracy_m is", path)


def test_a_radius_that_is_text(fails, parcels, write, tmp_path):
    path = write(parcels(9).assign(accuracy_m="far"), tmp_path / "odd.parquet")
    fails(gp.LayerError, "accuracy_m holds .*string; give a number", path)


def test_distances_that_make_no_sense(fails):
    for metres in (-1.0, float("nan"), float("inf")):
        fails(gp.GeometryError, "give metres of at least 0", within_m=metres)
    fails(gp.GeometryError, "tier of 2000 m is beyond the 1000 m", tiers_m=[500, 2000])


def test_an_output_that_is_not_parquet_a_folder_or_in_a_place_without_files(fails, good, tmp_path):
    fails(gp.FormatError, r"written as \.parquet only", out=tmp_path / "pairs.csv")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(gp.FormatError, match="is a folder; give the name of a file"):
        gp.near_many(good, good, within_m=1, out=tmp_path / "folder.parquet")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(gp.FormatError, match=r"cannot be written .*name a place"):
        gp.near_many(good, good, within_m=1, out=tmp_path / "file" / "pairs.parquet")


def test_a_folder_that_is_not_there_is_made(good, tmp_path):
    done = gp.near_many(good, good, within_m=0, out=tmp_path / "a" / "b" / "pairs.parquet")
    assert done.path.exists()


@pytest.mark.parametrize(("package", "extra"), [("pyarrow", "tables"), ("distributed", "dask")])
def test_a_package_that_is_missing_is_told_by_its_extra(package, extra):
    code = (
        f"import sys; sys.modules['{package}'] = None\n"
        "import geoprox as gp\nfrom geoprox.bulk import connect\n"
        "try:\n"
        "    gp.near_many('a.parquet', 'a.parquet', within_m=1, out='b.parquet') if sys.argv[1] == 'pyarrow' else "
        "connect('tcp://127.0.0.1:9').__enter__()\n"
        "except gp.InstallationError as error:\n    print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code, package], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'geoprox[{extra}]'" in told


def test_pyarrow_and_distributed_are_loaded_when_they_are_needed():
    code = "import sys, geoprox as gp; gp.near_many; print({'pyarrow', 'distributed', 'geopandas'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_mixed_geometry_file_is_judged_as_it_is(write, tmp_path):
    shapes = [shapely.Point(34.7, 31.7), shapely.LineString([(34.7, 31.7), (34.8, 31.8)]), shapely.Point()]
    shapes += [shapely.MultiPolygon([shapely.box(34.7, 31.7, 34.71, 31.71)]), shapely.Point(34.7, 31.7, 5)]
    frame = gpd.GeoDataFrame({"feature_id": list("abcde")}, geometry=shapes, crs=4326)
    done = gp.near_many(write(frame, tmp_path / "a.parquet"), frame, within_m=0, out=tmp_path / "b.parquet")
    assert (done.pairs, done.left.without_geometry, done.right.without_geometry) == (16, 1, 1)
