"""`geoprox near` and `geoprox buffer`: the kernel for files."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import geoprox as gp
from geoprox.errors import CRSMismatchError, GeometryError, LayerError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_WGS84 = 4326
_METRES = {"mi": 1609.344, "km": 1000.0, "m": 1.0}
_Vector = Annotated[Path, typer.Argument(help="Vector file in EPSG:4326, of any format GDAL reads.")]
_Out = Annotated[
    Path, typer.Option("--out", "-o", help="File to write: .csv, .xlsx, .parquet, .gpkg, .geojson or .html.")
]


def metres(text: str) -> float:
    """Return metres from a distance such as ``5km``, ``500m``, ``1mi`` or ``500``.

    >>> metres("5km")
    5000.0
    """
    number, unit = text.strip(), 1.0
    for suffix, factor in _METRES.items():
        if number.endswith(suffix):
            number, unit = number.removesuffix(suffix), factor
            break
    try:
        value = float(number) * unit
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"{text!r} is no distance; write 500m, 5km or 1mi"
        raise GeometryError(message)
    return value


def near(
    left: _Vector,
    right: _Vector,
    *,
    within: Annotated[str, typer.Option(help="Largest distance, with unit: 500m, 5km, 1mi.")],
    out: _Out,
) -> None:
    """Write the pairs of two files that are, or may be, within a distance of each other."""
    gp.require_writer(out)
    pairs = gp.near(_read(left), _read(right), within_m=metres(within))
    typer.echo(f"{len(pairs)} pairs: {gp.write_table(pairs, out)}")


def buffer(
    source: _Vector, *, radius: Annotated[str, typer.Option(help="Radius, with unit: 500m, 5km, 1mi.")], out: _Out
) -> None:
    """Write the zone around each feature of a file, on the ellipsoid."""
    gp.require_writer(out)
    frame = _read(source)
    zones = frame.set_geometry(gp.buffer(frame, metres(radius)))
    typer.echo(f"{len(zones)} zones: {gp.write_table(zones, out)}")


def _read(path: Path) -> "GeoDataFrame":
    # heavy: loaded when a file is read, not for --help
    import geopandas as gpd
    from pyogrio.errors import DataSourceError

    try:
        frame = gpd.read_file(path)
    except DataSourceError as error:
        message = f"{path} is no vector file that can be read: {error}"
        raise LayerError(message) from error
    _require_degrees(path, frame)
    lost = int((frame.geometry.isna() | frame.geometry.is_empty).sum())
    if lost or not len(frame):
        typer.echo(f"{path}: {lost} of {len(frame)} features have no geometry, and none of them is judged", err=True)
    return frame


def _require_degrees(path: Path, frame: "GeoDataFrame") -> None:
    """Raise with the command that reprojects a file, unless it is in longitude and latitude already."""
    if "geometry" not in frame.columns:
        message = f"{path} has no geometry; give a vector file"
        raise LayerError(message)
    crs = frame.crs
    if crs is None or crs.to_epsg() != _WGS84:
        has = "declares no CRS" if crs is None else f"is in {crs.to_string()}"
        source = "-s_srs EPSG:2039 (if that is what it is in) " if crs is None else ""
        message = f"{path} {has}; distances are measured from EPSG:4326: ogr2ogr {source}-t_srs EPSG:4326 OUT {path}"
        raise CRSMismatchError(message)
