"""Reading a folder of layers: the catalog says which files there are; each becomes a checked frame, or says why not."""

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox.errors import CRSMismatchError, LayerError
from geoprox.layers.check import check_columns, check_geometry, check_references, check_unique
from geoprox.layers.issues import Issue, issue_frame
from geoprox.model.catalog import Catalog, LayerEntry, TableEntry
from geoprox.model.columns import COVERAGE, CRS, FEATURES, LAYER_COLUMNS, TABLES
from geoprox.model.definitions import read_definition
from geoprox.model.values import Layers
from geoprox.model.vocabulary import Action, Coverage

CATALOG = "catalog.toml"
_LARGEST = 2_000_000_000  # bytes: what can be held in memory several times over
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")


def read_layers(path: str | Path) -> Layers:
    """Read and check the layers of a folder, as its ``catalog.toml`` lists them.

    Every fault of the data becomes a row of ``.issues``; a layer that cannot be read becomes a row of
    ``.coverage`` that says so, and is absent from ``.frames``. A feature whose geometry cannot be used is kept
    without geometry: what depends on it is unknown, never clear.

    Raises
    ------
    DefinitionError
        The catalog is missing or says something that cannot be used.

    Examples
    --------
    >>> layers = read_layers("layers")
    >>> layers.coverage.state.unique().tolist()
    ['read']
    """
    folder = Path(path)
    catalog = read_definition(folder / CATALOG, Catalog)
    frames: dict[str, gpd.GeoDataFrame] = {}
    tables: dict[str, pd.DataFrame] = {}
    issues: list[Issue] = []
    coverage = []
    for entry in catalog.layer:
        frame, row = _read(folder, entry, catalog, issues)
        coverage.append(row)
        if frame is not None:
            frames[entry.id] = frame
    for table in catalog.table:
        frame, row = _read(folder, table, catalog, issues)
        coverage.append(row)
        if frame is not None:
            tables[table.id] = frame
    issues += check_unique(frames, tables)
    whole_catalog = all(len(frames.get(entry.id, ())) for entry in catalog.layer)
    issues += check_references(frames, tables, every_feature=whole_catalog)
    return Layers(
        catalog=catalog,
        frames=frames,
        tables=tables,
        issues=issue_frame(issues),
        coverage=pd.DataFrame(coverage, columns=list(COVERAGE)),
    )


def _read(
    folder: Path, entry: LayerEntry | TableEntry, catalog: Catalog, issues: list[Issue]
) -> tuple[Any, tuple[Any, ...]]:
    """Return the checked frame of a catalog entry, or None, and its coverage row."""
    path = folder / entry.file
    extent = getattr(entry, "extent", None)
    day = catalog.as_of.isoformat()
    try:
        _require_inside(path, folder)
        frame = _features(path, entry, issues) if isinstance(entry, LayerEntry) else _table(path, entry, issues)
    except FileNotFoundError:
        return None, (
            entry.id,
            Coverage.MISSING.value,
            0,
            day,
            extent,
            f"{entry.file} is not in {folder}; add it, or take it off the catalog",
        )
    except (OSError, ValueError, LayerError, CRSMismatchError) as error:
        return None, (entry.id, Coverage.FAILED.value, 0, day, extent, str(error))
    state = Coverage.READ if len(frame) else Coverage.EMPTY
    return frame, (entry.id, state.value, len(frame), day, extent, "" if len(frame) else f"{entry.file} has no rows")


def _require_inside(path: Path, folder: Path) -> None:
    """Raise unless a path leads to a plain file of the folder, and not to one too large to be a layer."""
    if not path.resolve().is_relative_to(folder.resolve()):
        message = f"{path} lies outside the folder of layers; copy the file into it"
        raise LayerError(message)
    if path.exists() and not path.is_file():
        message = f"{path} is no plain file; give the name of a GeoJSON or CSV file"
        raise LayerError(message)
    if path.exists() and path.stat().st_size > _LARGEST:
        message = f"{path} has {path.stat().st_size:,} bytes, a layer at most {_LARGEST:,}; split it, or clip it"
        raise LayerError(message)


def _features(path: Path, entry: LayerEntry, issues: list[Issue]) -> gpd.GeoDataFrame:
    members = _feature_members(path)
    columns = (*FEATURES, *LAYER_COLUMNS.get(entry.id, ()))
    frame, faults = check_columns(
        entry.id, _properties(entry.id, members, issues), columns, open_ended=entry.id not in LAYER_COLUMNS
    )
    issues += faults
    geometry = shapely.from_geojson(
        [json.dumps(m.get("geometry")) if m.get("geometry") else None for m in members], on_invalid="ignore"
    )
    given = np.array([bool(m.get("geometry")) for m in members], dtype=bool)
    geometry, faults = check_geometry(entry, np.asarray(geometry, dtype=object).reshape(-1), given)
    issues += faults
    frame = _without_reserved(entry.id, frame, issues)
    frame.insert(1, "layer", pd.Series(entry.id, index=frame.index, dtype="string"))
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS)


def _without_reserved(layer: str, frame: pd.DataFrame, issues: list[Issue]) -> pd.DataFrame:
    """Rename columns of the file that have a name geoprox itself gives."""
    names = {name: f"{name}_of_file" for name in ("layer", "geometry") if name in frame.columns}
    issues += [
        Issue(layer, None, name, "reserved_column", Action.REPAIRED, f"column {name} named {new}", "rename it")
        for name, new in names.items()
    ]
    return frame.rename(columns=names)


def _feature_members(path: Path) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON file as parsed; raise where it is not one, or is not in WGS84."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    # a plain ValueError is a number of thousands of digits
    except (ValueError, RecursionError) as error:
        message = f"{path.name} is not JSON in UTF-8: {error}"
        raise LayerError(message) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        message = f"{path.name} is not a GeoJSON FeatureCollection; export it as one"
        raise LayerError(message)
    name = _crs_name(content.get("crs"))
    if not name.endswith(_WGS84_NAMES):
        message = (
            f"{path.name} is in {name}, layers are in {CRS}; reproject it (GeoJSON is longitude, latitude by RFC 7946)"
        )
        raise CRSMismatchError(message)
    return features


def _crs_name(member: object) -> str:
    """Return what the crs member of older GeoJSON names; without one a file is in longitude and latitude."""
    if member is None:
        return _WGS84_NAMES[0]
    properties = member.get("properties") if isinstance(member, dict) else None
    return str(properties.get("name")) if isinstance(properties, dict) else str(member)


def _properties(layer: str, members: list[dict[str, Any]], issues: list[Issue]) -> pd.DataFrame:
    """Return one row of properties a feature; what is no object becomes a row without values, and an issue."""
    given = [m.get("properties") for m in members]
    issues += [
        Issue(layer, n, None, "no_properties", Action.KEPT, "properties is no object", "give an object of properties")
        for n, own in enumerate(given, 1)
        if not isinstance(own, dict)
    ]
    return pd.DataFrame([own if isinstance(own, dict) else {} for own in given], dtype=object)


def _table(path: Path, entry: TableEntry, issues: list[Issue]) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        message = f"{path.name} is not CSV in UTF-8: {error}"
        raise LayerError(message) from error
    issues += [
        Issue(
            entry.id,
            n,
            None,
            "row_length",
            Action.KEPT,
            "has more or fewer values than the header",
            "quote values that hold commas",
        )
        for n, row in enumerate(rows, 1)
        if None in row or None in row.values()
    ]
    raw = pd.DataFrame([{k: v for k, v in row.items() if k is not None} for row in rows], dtype=object)
    frame, faults = check_columns(entry.id, raw, TABLES.get(entry.id, ()), open_ended=entry.id not in TABLES)
    issues += faults
    return frame
