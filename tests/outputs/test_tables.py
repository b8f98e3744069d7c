"""A table in six formats: the same values in each, harmless, whole or not at all, and the same bytes every time."""

import csv
import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet
import pyogrio
import pytest
from shapely import Point, Polygon

import geoprox as gp
from geoprox.outputs import tables

HEBREW = 'נמל הדרום "אשדוד" – קצא״א'
SQUARE = Polygon([(34.65, 31.8), (34.66, 31.8), (34.66, 31.81), (34.65, 31.81)])
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://a.b")')
LONG = "a reason that goes on " * 40 + "to its end"


def sample() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "subject_id": pd.Series(["a", "b", "c"], dtype="string"),
            "name_he": pd.Series([HEBREW, None, "שלום, עולם"], dtype="string"),
            "reason": pd.Series(["two\nlines", LONG, "a;b,c|d"], dtype="string"),
            "distance_m": [0.1, np.nan, 123456.789012],
            "count": [1, 0, 3],
        },
        geometry=[Point(34.65, 31.8), SQUARE, None],
        crs="EPSG:4326",
    )


class Cells(HTMLParser):
    """The tables of a page, as rows of text."""

    def __init__(self):
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        del attrs
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.tables[-1][-1][-1] += data


def read_html(path: Path) -> pd.DataFrame:
    cells = Cells()
    cells.feed(path.read_text(encoding="utf-8"))
    assert cells.tables, "the page holds no table"
    head, *rows = cells.tables[0]
    return pd.DataFrame(rows, columns=head).replace("", None)


def read_xlsx(path: Path) -> pd.DataFrame:
    head, *rows = openpyxl.load_workbook(path)["table"].iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=head)


def read_geojson(path: Path) -> pd.DataFrame:
    return pd.DataFrame([f["properties"] for f in json.loads(path.read_text(encoding="utf-8"))["features"]])


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": lambda path: pd.read_csv(path, encoding="utf-8-sig"),
    ".xlsx": read_xlsx,
    ".parquet": lambda path: pd.DataFrame(gpd.read_parquet(path)),
    ".gpkg": lambda path: pd.DataFrame(pyogrio.read_dataframe(path, layer="table")),
    ".geojson": read_geojson,
    ".html": read_html,
}


def test_every_format_is_read_back_by_these_tests():
    assert set(READERS) == set(tables.WRITERS)


@pytest.mark.parametrize("suffix", READERS)
def test_the_values_are_the_same_in_every_format(tmp_path: Path, suffix: str):
    back = READERS[suffix](gp.write_table(sample(), tmp_path / f"t{suffix}"))
    expected = sample()
    for name in ("subject_id", "name_he", "reason"):
        said = [None if pd.isna(v) else str(v).replace("\r\n", "\n") for v in back[name]]
        assert said == [None if pd.isna(v) else v for v in expected[name]]
    for name in ("distance_m", "count"):
        np.testing.assert_allclose(pd.to_numeric(back[name]).astype(float), expected[name].astype(float), rtol=1e-12)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_format_without_geometry_says_it_as_text(tmp_path: Path, suffix: str):
    back = READERS[suffix](gp.write_table(sample(), tmp_path / f"t{suffix}"))
    assert back["geometry"].iloc[0] == "POINT (34.65 31.8)"
    assert pd.isna(back["geometry"].iloc[2])


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson"])
def test_a_format_with_geometry_keeps_it_and_its_crs(tmp_path: Path, suffix: str):
    path = gp.write_table(sample(), tmp_path / f"t{suffix}")
    back = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
    assert back.crs == "EPSG:4326"
    assert back.geometry.iloc[1].normalize().equals_exact(SQUARE.normalize(), 1e-9)
    assert back.geometry.iloc[2] is None


def test_parquet_is_geoparquet_1_1_with_a_covering(tmp_path: Path):
    path = gp.write_table(sample(), tmp_path / "t.parquet")
    meta = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])
    assert meta["version"] == "1.1.0"
    assert "covering" in meta["columns"]["geometry"]


def test_a_frame_in_another_crs_is_geojson_in_degrees(tmp_path: Path):
    path = gp.write_table(sample().to_crs("EPSG:2039"), tmp_path / "t.geojson")
    (lon, lat) = json.loads(path.read_text())["features"][0]["geometry"]["coordinates"]
    assert (round(lon, 6), round(lat, 6)) == (34.65, 31.8)


def read_cells(path: Path) -> list[list[str]]:
    """The cells of a CSV file as a spreadsheet program sees them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# -- harmless -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_be_a_formula_is_text(tmp_path: Path, suffix: str, text: str):
    path = gp.write_table(pd.DataFrame({"name": [text], "number": [-5.0]}), tmp_path / f"t{suffix}")
    if suffix == ".csv":
        (_, (name, number)) = read_cells(path)
        assert name == f"'{text}"
        assert float(number) == -5
        return
    cell, number = openpyxl.load_workbook(path)["table"][2]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")
    assert number.value == -5


@pytest.mark.parametrize("text", FORMULAS)
def test_a_column_name_that_would_be_a_formula_is_text(tmp_path: Path, text: str):
    path = gp.write_table(pd.DataFrame({"a": [1], text: [2]}), tmp_path / "t.csv")
    assert read_cells(path)[0][1].startswith("'")


def test_categories_that_would_be_formulas_are_text(tmp_path: Path):
    frame = pd.DataFrame({"name": pd.Categorical(["=1+1", "a"])})
    assert "\n=1" not in gp.write_table(frame, tmp_path / "t.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "a & b < c", "{{ tables }}"]
)
def test_a_page_shows_markup_as_text(tmp_path: Path, text: str):
    path = gp.write_table(pd.DataFrame({"name": [text], text: ["x"]}), tmp_path / "t.html")
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert html.escape(text, quote=False) in page
    assert read_html(path)["name"].tolist() == [text]


def test_a_page_may_load_nothing(tmp_path: Path):
    page = gp.write_table(sample(), tmp_path / "t.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_hebrew_is_read_by_excel_from_csv(tmp_path: Path):
    assert gp.write_table(sample(), tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("text", ["a" * 40_000, "א" * 40_000])
def test_text_longer_than_a_cell_holds_is_never_cut_in_silence(tmp_path: Path, text: str):
    # a sheet's cell holds 32,767 characters: cut, it must say so
    try:
        path = gp.write_table(pd.DataFrame({"name": [text]}), tmp_path / "t.xlsx")
    except gp.FormatError:
        return
    said = read_xlsx(path)["name"].item()
    assert said == text or said.endswith("…")


# -- whole, and the same ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", READERS)
def test_the_same_table_gives_the_same_bytes(tmp_path: Path, suffix: str):
    first, second = (gp.write_table(sample(), tmp_path / f"{n}{suffix}").read_bytes() for n in "ab")
    assert first == second


@pytest.mark.parametrize("suffix", READERS)
def test_writing_changes_no_argument_and_takes_the_place_of_an_older_file(tmp_path: Path, suffix: str):
    path = tmp_path / f"t{suffix}"
    path.write_text("old")
    frame = sample()
    assert gp.write_table(frame, path) == path
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(sample()))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert len(READERS[suffix](path)) == 3


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(_sheets: object, path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no more room")

    monkeypatch.setitem(tables.WRITERS, ".csv", fail)
    path = tmp_path / "t.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="no more room"):
        gp.write_table(sample(), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_a_folder_that_is_not_there_is_made(tmp_path: Path):
    assert gp.write_table(sample(), tmp_path / "a" / "b" / "t.csv").exists()


@pytest.mark.parametrize("name", ["t.pdf", "t", "t.csv.gz", ".csv"])
def test_a_suffix_that_is_not_written_is_an_error_that_lists_those_that_are(tmp_path: Path, name: str):
    with pytest.raises(gp.FormatError, match=r"use one of \.csv, \.xlsx, \.parquet, \.gpkg, \.geojson, \.html"):
        gp.write_table(sample(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_suffix_in_capitals_is_one(tmp_path: Path):
    assert len(READERS[".xlsx"](gp.write_table(sample(), tmp_path / "T.XLSX"))) == 3


# -- plain and empty ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".html"])
def test_a_plain_frame_is_written(tmp_path: Path, suffix: str):
    frame = pd.DataFrame({"subject_id": ["a"], "distance_m": [1.5], "name_he": [HEBREW]})
    back = READERS[suffix](gp.write_table(frame, tmp_path / f"t{suffix}"))
    assert back[["subject_id", "name_he"]].to_numpy().tolist() == [["a", HEBREW]]
    assert float(back["distance_m"].item()) == 1.5


def test_a_plain_frame_is_written_to_parquet(tmp_path: Path):
    frame = pd.DataFrame({"subject_id": ["a"], "distance_m": [1.5]})
    assert pd.read_parquet(gp.write_table(frame, tmp_path / "t.parquet"))["distance_m"].item() == 1.5


def test_a_plain_frame_is_no_geojson(tmp_path: Path):
    with pytest.raises(gp.FormatError, match="a table without geometry cannot be GeoJSON"):
        gp.write_table(pd.DataFrame({"a": [1]}), tmp_path / "t.geojson")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", READERS)
def test_an_empty_table_is_written_with_its_columns(tmp_path: Path, suffix: str):
    back = READERS[suffix](gp.write_table(sample()[:0], tmp_path / f"t{suffix}"))
    assert len(back) == 0
    # features carry their columns, so no features carry none
    assert suffix == ".geojson" or "subject_id" in back.columns


def test_days_and_whole_numbers_that_may_be_missing_are_written(tmp_path: Path):
    frame = pd.DataFrame({"n": pd.Series([1, None], dtype="Int64"), "ok": pd.Series([True, None], dtype="boolean")})
    for suffix in (".csv", ".xlsx", ".html", ".gpkg"):
        back = READERS[suffix](gp.write_table(frame, tmp_path / f"t{suffix}"))
        assert float(back["n"].iloc[0]) == 1
        assert pd.isna(back["n"].iloc[1])


# -- an assessment ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def risk(repo: Path) -> gp.Assessment:
    return gp.assess(gp.read_layers(repo / "layers"), gp.read_policy(repo / "layers" / "policy.toml"))


@pytest.mark.parametrize("suffix", READERS)
def test_the_risk_table_is_the_same_in_every_format(risk: gp.Assessment, tmp_path: Path, suffix: str):
    path = gp.write_table(risk, tmp_path / f"risk{suffix}")
    back = READERS[suffix](path)
    for name in ("subject_id", "name_he", "risk_class", "nearest_site", "reasons_he", "reasons_en", "authorities_en"):
        said = [None if pd.isna(v) or v == "" else str(v).replace("\r\n", "\n") for v in back[name]]
        assert said == [None if pd.isna(v) or v == "" else v for v in risk.table[name]], name
    for name in ("risk_score", "distance_m", "likelihood", "possible_count"):
        np.testing.assert_allclose(pd.to_numeric(back[name]).astype(float), risk.table[name].astype(float), rtol=1e-12)


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg", ".html"])
def test_what_belongs_to_an_assessment_goes_beside_its_table(risk: gp.Assessment, tmp_path: Path, suffix: str):
    path = gp.write_table(risk, tmp_path / f"risk{suffix}")
    if suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        assert book.sheetnames == ["table", "findings", "excluded", "coverage", "issues"]
        assert book["findings"].max_row == len(risk.findings) + 1
    elif suffix == ".gpkg":
        assert {name for name, _ in pyogrio.list_layers(path)} >= {"table", "findings", "excluded", "coverage"}
        assert len(pyogrio.read_dataframe(path, layer="findings")) == len(risk.findings)
    else:
        page = path.read_text(encoding="utf-8")
        assert all(f"<h2>{name}</h2>" in page for name in ("table", "findings", "excluded", "coverage"))


@pytest.mark.parametrize("suffix", READERS)
def test_an_assessment_gives_the_same_bytes_twice(risk: gp.Assessment, tmp_path: Path, suffix: str):
    first, second = (gp.write_table(risk, tmp_path / f"{n}{suffix}").read_bytes() for n in "ab")
    assert first == second
