"""The risk table as a file; the suffix chooses the format, and every format holds the same values."""

from collections.abc import Callable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoprox.errors import FormatError, InstallationError
from geoprox.files import whole
from geoprox.model.columns import CRS
from geoprox.model.values import Assessment

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_CELL, _ROWS = 32_767, 1_048_576  # characters a cell, and rows a sheet, of .xlsx holds
_TOO_LONG = "too many vertices for a cell: see .csv, .gpkg or .geojson"
_SENTENCE = 120  # characters from which a cell of a page is wide
# a cell that begins so is a formula to spreadsheet programs; an apostrophe before it keeps it text
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GDAL_OPTIONS = Lock()
Sheets = Mapping[str, pd.DataFrame]
Writer = Callable[[Sheets, Path], None]


def write_table(risk: Assessment | pd.DataFrame, path: str | Path) -> Path:
    """Write a risk table, or any frame of results, to a file and return its path.

    The suffix chooses the format: ``.csv`` (UTF-8 with signature, so that Excel reads Hebrew), ``.xlsx``,
    ``.parquet`` (GeoParquet 1.1), ``.gpkg``, ``.geojson`` or ``.html``. An assessment's findings, exclusions,
    coverage and issues go beside the table where the format has room: further sheets in ``.xlsx``, further
    layers in ``.gpkg``, further sections in ``.html``. Files are written whole or not at all, and the same
    input gives the same bytes. Text that a spreadsheet would take for a formula gets an apostrophe before it in
    ``.csv`` and ``.xlsx``.

    Raises
    ------
    FormatError
        The suffix is none of these.
    InstallationError
        The format needs an optional package that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"subject_id": ["a"], "distance_m": [1.5]})
    >>> path = write_table(frame, Path(tempfile.mkdtemp()) / "pairs.csv")
    >>> path.read_text(encoding="utf-8-sig").split()
    ['subject_id,distance_m', 'a,1.5']
    """
    path = Path(path)
    write = require_writer(path)
    with whole(path) as part:
        write(_sheets(risk), part)
    return path


def require_writer(path: str | Path) -> Writer:
    """Return what writes a file of this name, so that a wrong one is told before the work and not after it.

    Raises
    ------
    FormatError
        The suffix is none that ``write_table`` knows.

    Examples
    --------
    >>> require_writer("risk.csv").__name__
    '_write_csv'
    """
    path = Path(path)
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        message = f"{path.name}: cannot write {path.suffix or 'a file without suffix'}; use one of {', '.join(WRITERS)}"
        raise FormatError(message)
    return write


def _sheets(risk: Assessment | pd.DataFrame) -> Sheets:
    if isinstance(risk, pd.DataFrame):
        return {"table": risk}
    return {
        "table": risk.table,
        "findings": risk.findings,
        "excluded": risk.excluded,
        "coverage": risk.coverage.astype({"extent": str}),
        "issues": risk.issues,
    }


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with geometry as WKT, for formats that have none."""
    out = pd.DataFrame(frame)
    for name in out.columns:
        if isinstance(frame[name].dtype, gpd.array.GeometryDtype):
            out[name] = shapely.to_wkt(frame[name].to_numpy(), rounding_precision=7)
    return out


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a plain frame in which no text, nor the name of a column, is a formula."""
    return _plain(frame).map(_no_formula).rename(columns=_no_formula)


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_csv(sheets: Sheets, path: Path) -> None:
    # with lines ended as RFC 4180 has them, a lone carriage return in a value is quoted too
    _harmless(sheets["table"]).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _write_xlsx(sheets: Sheets, path: Path) -> None:
    try:
        import xlsxwriter
    except ImportError as error:
        message = "writing .xlsx needs XlsxWriter; install geoprox[tables]"
        raise InstallationError(message) from error
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(path, options) as book:
        # the time of writing is left out, so that the same input gives the same bytes
        book.set_properties({"created": pd.Timestamp("2000-01-01").to_pydatetime()})
        formats = (
            book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        for name, frame in sheets.items():
            _fill(book.add_worksheet(name), _harmless(_short_shapes(frame)), *formats)


def _short_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose shapes fit a cell: one with too many vertices is left to the other formats, and says so."""
    out = _plain(frame)
    for name in frame.columns[[isinstance(dtype, gpd.array.GeometryDtype) for dtype in frame.dtypes]]:
        out[name] = out[name].map(lambda text: text if len(text) <= _CELL else _TOO_LONG, na_action="ignore")
    return out


def _fill(sheet: "Worksheet", frame: pd.DataFrame, head: object, body: object) -> None:
    if len(frame) >= _ROWS:
        message = f"{len(frame):,} rows, and a sheet of .xlsx holds {_ROWS - 1:,}; write .parquet, .gpkg or .csv"
        raise FormatError(message)
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, list(frame.columns), head)
    for column, name in enumerate(frame.columns):
        values = frame[name].astype(object).where(frame[name].notna(), None)
        sheet.write_column(1, column, [_value(v) for v in values], body)
        lengths = values.map(lambda v: len(str(v)), na_action="ignore").fillna(0)
        _require_room(lengths, str(name))
        sheet.set_column(column, column, min(60, max(10, len(str(name)), lengths.max() if len(lengths) else 0)))
    sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))


def _value(value: object) -> object:
    """Return what a cell holds: numbers, truth and nothing as they are, anything else as its text."""
    plain = value.item() if isinstance(value, np.generic) else value
    finite = not isinstance(plain, float) or np.isfinite(plain)
    return plain if plain is None or (isinstance(plain, bool | int | float) and finite) else str(plain)


def _require_room(lengths: "pd.Series[int]", column: str) -> None:
    """Raise where a text is longer than a cell holds: a spreadsheet would cut it in silence."""
    if (lengths > _CELL).any():
        row = int(np.flatnonzero(lengths > _CELL)[0])
        message = (
            f"row {row}, column {column}: {lengths.iloc[row]:.0f} characters, and a cell of .xlsx holds {_CELL:,}; "
            "leave the column out, or write .gpkg, .parquet or .csv"
        )
        raise FormatError(message)


def _write_parquet(sheets: Sheets, path: Path) -> None:
    try:
        import pyarrow as pa  # noqa: F401 -- asked only whether it is there; to_parquet uses it
    except ImportError as error:
        message = "writing .parquet needs pyarrow; install geoprox[tables]"
        raise InstallationError(message) from error
    table = sheets["table"]
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, index=False, schema_version="1.1.0", write_covering_bbox=True)
    else:
        table.to_parquet(path, index=False)


def _write_gpkg(sheets: Sheets, path: Path) -> None:
    # GDAL stamps the time of writing into the file unless told a time; the option holds for the whole process
    with _GDAL_OPTIONS:
        _write_layers(sheets, path)


def _write_layers(sheets: Sheets, path: Path) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        for name, frame in sheets.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_geojson(sheets: Sheets, path: Path) -> None:
    table = sheets["table"]
    if not isinstance(table, gpd.GeoDataFrame):
        message = f"{path.name}: a table without geometry cannot be GeoJSON; use .csv or .xlsx"
        raise FormatError(message)
    text = table.to_crs(CRS).to_json(drop_id=True, ensure_ascii=False, na="null", default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _write_html(sheets: Sheets, path: Path) -> None:
    page = files("geoprox.outputs").joinpath("table.html").read_text(encoding="utf-8")
    body = "\n".join(f"<h2>{_text(name)}</h2>\n{_html_table(frame)}" for name, frame in sheets.items())
    path.write_text(page.replace("{{ tables }}", body), encoding="utf-8")


def _html_table(frame: pd.DataFrame) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in frame.columns)
    plain = _plain(frame)
    rows = plain.astype(object).where(plain.notna(), "").to_numpy().tolist()
    shapes = [isinstance(dtype, gpd.array.GeometryDtype) for dtype in frame.dtypes]
    body = "".join(f"<tr>{''.join(map(_cell, row, shapes))}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _cell(value: object, is_shape: bool) -> str:  # noqa: FBT001 -- mapped over a row
    """Return a cell: sentences get room, the coordinates of a shape one line, whatever their length."""
    text = _text(value)
    room = ' class="shape"' if is_shape else ' class="long"' if len(text) > _SENTENCE else ""
    # a cell may hold either script: the browser is told to judge each by its first letter
    return f'<td dir="auto"{room}>{text}</td>'


def _text(value: object) -> str:
    """Return a value as the text of an element, never as markup."""
    return escape(str(value), quote=False)


WRITERS: dict[str, Writer] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
    ".gpkg": _write_gpkg,
    ".geojson": _write_geojson,
    ".html": _write_html,
}
