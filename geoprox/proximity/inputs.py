"""What a planner hands over (frame, series, array or one geometry), taken as an array of geometries with an index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoprox import geodesy
from geoprox.errors import CRSMismatchError, GeometryError
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries
from geoprox.model.columns import CRS

_AT_ONCE = 20_000  # rows to a thread

Edges: TypeAlias = Literal["lonlat", "geodesic"]
Shapes: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Sequence[shapely.Geometry | None] | Geometries | shapely.Geometry


@dataclass(frozen=True, slots=True)
class Input:
    """Geometries in longitude and latitude, with the caller's index and ids.

    ``accuracy_m`` is the radius to which each position is known (NaN: unknown).
    """

    geometry: Geometries
    index: pd.Index
    ids: pd.Series
    accuracy_m: Floats
    labelled: bool  # the index is the caller's own, not a count


@dataclass(frozen=True, slots=True)
class Prepared:
    """Sites made ready by `prepare`: their rows, the index over their geometries, and what their edges are."""

    rows: Input
    index: geodesy.Index
    edges: Edges


def prepare(sites: Shapes, *, edges: Edges = "lonlat") -> Prepared:
    """Return sites ready to be searched again and again, for the right side of `near`.

    A request is then judged against thousands of sites within a millisecond or two. ``edges`` is what it is for `near`,
    which must be asked the same.

    Raises
    ------
    CRSMismatchError
        A frame is not in EPSG:4326.
    GeometryError
        Something that is no geometry, or an invalid one, stands among them; a coordinate is not on the globe.

    Examples
    --------
    >>> from shapely import Point
    >>> from geoprox import near
    >>> sites = prepare([Point(34.66, 31.80), Point(35.00, 32.80)])
    >>> len(near(Point(34.65, 31.80), sites, within_m=1000))
    1
    """
    return made_ready(sites, "sites", edges)


def made_ready(sites: Shapes | Prepared, name: str, edges: Edges, threads: int | None = None) -> Prepared:
    """Return sites prepared, by now or before; ``name`` is what errors call them."""
    if not isinstance(sites, Prepared):
        rows = take(sites, name, edges, threads)
        return Prepared(rows, geodesy.make_index(rows.geometry), edges)
    if sites.edges != edges:
        message = f"{name} was prepared with edges={sites.edges!r}, not {edges!r}; prepare it with what is asked for"
        raise GeometryError(message)
    return sites


def take(shapes: Shapes, name: str, edges: Edges = "lonlat", threads: int | None = None) -> Input:
    """Return what was handed over as ``Input``, with its edges drawn as asked; ``name`` is what errors call it.

    A frame or series must be in EPSG:4326; arrays and single geometries are taken to be. ``accuracy_m`` and
    ``feature_id`` are used where a frame has them; otherwise positions are exact and the index names the rows.

    Raises
    ------
    CRSMismatchError
        A frame or series has no CRS, or one that is not WGS84 longitude and latitude.
    GeometryError
        Something that is no geometry, or an invalid one, stands among them, or ``edges`` is none of ``EDGES``.
    """
    labelled = isinstance(shapes, gpd.GeoDataFrame | gpd.GeoSeries)
    if isinstance(shapes, gpd.GeoDataFrame | gpd.GeoSeries):
        series = shapes.geometry
        require_crs(series, name)
        geometry, index = series.to_numpy().astype(object), series.index
    else:
        listed = [shapes] if isinstance(shapes, shapely.Geometry) else list(shapes)
        geometry, index = np.array(listed, dtype=object), pd.RangeIndex(len(listed))
    _require_geometries(geometry, name)
    geometry = _draw(edges)(geometry, name, threads)
    return Input(geometry, index, _ids(shapes, index), _accuracy(shapes, index, name), labelled=labelled)


def _require_geometries(geometry: Geometries, name: str) -> None:
    """Raise where a row is no geometry."""
    strange = ~(shapely.is_geometry(geometry) | shapely.is_missing(geometry))
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        message = f"{name}, row {row}: {geometry[row]!r} is no geometry; give shapely geometries, or a GeoDataFrame"
        raise GeometryError(message)


def _draw(edges: Edges) -> Callable[[Geometries, str, int | None], Geometries]:
    if edges not in EDGES:
        message = f"edges is {edges!r}; give one of {', '.join(map(repr, EDGES))}"
        raise GeometryError(message)
    return EDGES[edges]


def _as_they_are(geometry: Geometries, name: str, threads: int | None) -> Geometries:
    """Return geometries; raise where inside and outside of one cannot be told."""
    # the check takes coordinates that are not finite for invalid; those have an error of their own
    invalid = ~(_is_valid(geometry, threads) | shapely.is_missing(geometry))
    if invalid.any():
        invalid &= _is_finite(geometry)
    if invalid.any():
        row = int(np.flatnonzero(invalid)[0])
        reason = shapely.is_valid_reason(geometry[row])
        message = f"{name}, row {row}: the geometry is not valid ({reason}); mend it with make_valid(), and look at it"
        raise GeometryError(message)
    return geometry


def _as_geodesics(geometry: Geometries, name: str, threads: int | None) -> Geometries:  # noqa: ARG001 -- edges are drawn by one
    try:
        return geodesy.with_geodesic_edges(geometry)
    except GeometryError as error:
        message = f"{name}, {error}"
        raise GeometryError(message) from error


EDGES: dict[str, Callable[[Geometries, str, int | None], Geometries]] = {
    "lonlat": _as_they_are,
    "geodesic": _as_geodesics,
}


def _is_valid(geometry: Geometries, threads: int | None) -> Bools:
    parts = np.array_split(geometry, max(1, len(geometry) // _AT_ONCE))
    return np.concatenate(geodesy.in_threads(shapely.is_valid, parts, threads))


def _is_finite(geometry: Geometries) -> Bools:
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    return np.asarray(np.bincount(row, weights=~np.isfinite(xy).all(axis=1), minlength=len(geometry)) == 0, dtype=bool)


def _ids(shapes: Shapes, index: pd.Index) -> pd.Series:
    if isinstance(shapes, gpd.GeoDataFrame) and "feature_id" in shapes.columns:
        return shapes["feature_id"]
    return pd.Series(index, index=index)


def _accuracy(shapes: Shapes, index: pd.Index, name: str) -> Floats:
    if not (isinstance(shapes, gpd.GeoDataFrame) and "accuracy_m" in shapes.columns):
        return np.zeros(len(index))
    radius = shapes["accuracy_m"].to_numpy(dtype=float)
    bad = (radius < 0) | np.isinf(radius)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        message = f"{name}, row {row}: accuracy_m is {radius[row]}; give a radius of at least 0 m, or leave it missing"
        raise GeometryError(message)
    return radius


def require_crs(shapes: gpd.GeoDataFrame | gpd.GeoSeries, name: str) -> None:
    """Raise ``CRSMismatchError`` unless a frame is in WGS84 longitude and latitude."""
    crs = shapes.crs
    if crs is None:
        message = f"{name} has no CRS; declare it with set_crs(), then reproject with to_crs({CRS!r})"
        raise CRSMismatchError(message)
    if not _is_lonlat(crs):
        message = f"{name} is in {crs.to_string()}, distances are measured from {CRS}; reproject with to_crs({CRS!r})"
        raise CRSMismatchError(message)


# to compare systems takes longer than to measure a parcel
@lru_cache(maxsize=32)
def _is_lonlat(crs: pyproj.CRS) -> bool:
    return crs.equals(CRS, ignore_axis_order=True)


def per_row(
    value: float | Sequence[float] | Floats | pd.Series, rows: Input, name: str, *, signed: bool = False
) -> Floats:
    """Return one number for each row, from one number or one for each.

    Raises ``GeometryError`` where the numbers are not as many as the rows, or one is not a number, or negative where
    they are not ``signed``.
    """
    index = rows.index
    if isinstance(value, pd.Series) and rows.labelled and not value.index.equals(index):
        message = f"{name} is on another index than the rows; align it with reindex(), or give plain numbers"
        raise GeometryError(message)
    values = np.asarray(value, dtype=float)
    if values.ndim and len(values) != len(index):
        message = f"{name} has {len(values)} values for {len(index)} rows; give one number, or one for each row"
        raise GeometryError(message)
    out = np.broadcast_to(values, (len(index),)).astype(float)
    bad = ~np.isfinite(out) | ((out < 0) & (not signed))
    if bad.any():
        message = f"{name} holds {out[bad][0]}; give metres" + ("" if signed else " of at least 0")
        raise GeometryError(message)
    return out


def matched(a: Input, b: Input) -> tuple[Input, Input]:
    """Return both sides with as many rows as the longer one; one geometry stands for every row."""
    if len(a.geometry) == len(b.geometry):
        if a.labelled and b.labelled and not a.index.equals(b.index):
            message = "the two sides are on different indexes; align one with reindex(), or give plain arrays"
            raise GeometryError(message)
        return a, b
    if len(b.geometry) == 1:
        return a, _repeated(b, a.index)
    if len(a.geometry) == 1:
        return _repeated(a, b.index), b
    message = f"{len(a.geometry)} rows against {len(b.geometry)}; give as many on either side, or one geometry"
    raise GeometryError(message)


def _repeated(one: Input, index: pd.Index) -> Input:
    n = len(index)
    ids = pd.Series(one.ids.iloc[0], index=index)
    return Input(one.geometry.repeat(n), index, ids, one.accuracy_m.repeat(n), labelled=one.labelled)
