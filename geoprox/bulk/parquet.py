"""GeoParquet: its row groups as parts, and their bounds from the statistics of the covering column."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from geoprox.bulk.degrees import require_degrees
from geoprox.bulk.packages import load
from geoprox.bulk.parts import ACCURACY, GEOMETRY, ID, Box, Part, cut, slices
from geoprox.errors import LayerError

if TYPE_CHECKING:
    import pyarrow as pa

_CRS84 = "OGC:CRS84"  # what GeoParquet means where it says nothing
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetFile:
    """A GeoParquet file: ``columns`` names those that are read, ``covering`` the boxes of its geometries, if any."""

    path: str
    columns: dict[str, str]
    covering: tuple[str, ...] = ()

    def read(self, parts: Sequence[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Read parts in one pass; of a row group no more is held at once than a part."""
        pq = load("pyarrow.parquet")
        names = {column: name for name, column in self.columns.items()}
        with readable(self.path), pq.ParquetFile(self.path) as file:
            for group, wanted in groupby(parts, key=lambda part: part.group):
                inside = list(wanted)
                size = max(part.rows for part in inside)
                batches = file.iter_batches(size, row_groups=[group], columns=list(names))
                for part, table in cut(batches, inside):
                    yield part, table.rename_columns([names[column] for column in table.column_names])

    def spans_antimeridian(self, part: Part) -> bool:
        """Return whether a box of the part's row group says by xmin > xmax that it runs across the antimeridian.

        Statistics do not tell: the least xmin of a group may belong to another row than its least xmax.
        """
        pc, pq = load("pyarrow.compute"), load("pyarrow.parquet")
        west, _, east, _ = self.covering
        with readable(self.path), pq.ParquetFile(self.path) as file:
            table = file.read_row_group(part.group, columns=[west, east]).flatten().flatten()
        return bool(pc.any(pc.greater(table[west], table[east])).as_py())


class readable:  # noqa: N801 -- reads as a word of the with statement, like contextlib.suppress
    """Tell a file that cannot be read by its name, with a remedy."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError | load("pyarrow").ArrowException):
            text = " ".join(str(error).split())
            message = f"{self.path} cannot be read as GeoParquet: {text}; check the name, and that the file is complete"
            raise LayerError(message) from error


def open_parquet(path: str, id_column: str | None, part_rows: int) -> "tuple[ParquetFile, list[Part], pa.Schema]":
    """Return a GeoParquet file, its parts of at most ``part_rows`` rows, and the columns that are read of it."""
    pq = load("pyarrow.parquet")
    with readable(path):
        metadata, schema = pq.read_metadata(path), pq.read_schema(path)
    geometry, about = _geometry(path, metadata)
    columns = {GEOMETRY: geometry, **pick_columns(path, schema.names, id_column)}
    box = about.get("covering", {}).get("bbox", {})
    covering = tuple(".".join(box[corner]) for corner in _CORNERS) if box else ()
    file = ParquetFile(path=path, columns=columns, covering=covering)
    named = {name: schema.field(column) for name, column in columns.items()}
    return file, _parts(file, metadata, part_rows), load("pyarrow").schema([f.with_name(n) for n, f in named.items()])


def pick_columns(path: str, names: Sequence[str], id_column: str | None) -> dict[str, str]:
    """Return what the columns of ids and of accuracy are called in a file, where it has them."""
    if id_column is not None and id_column not in names:
        message = f"{path} has no column {id_column!r}; name one of {', '.join(map(str, names))}"
        raise LayerError(message)
    wanted = {ID: id_column or "feature_id", ACCURACY: "accuracy_m"}
    return {name: column for name, column in wanted.items() if column in names}


def _geometry(path: str, metadata: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 -- pyarrow has no types
    """Return the name of the geometry column and what the file says about it, or raise where it cannot be measured."""
    stored = (metadata.metadata or {}).get(b"geo")
    if stored is None:
        message = f"{path} has no geometry that is declared as GeoParquet; write it with ogr2ogr or geopandas"
        raise LayerError(message)
    geo = json.loads(stored)
    column = geo["primary_column"]
    about = geo["columns"][column]
    require_degrees(path, about.get("crs", _CRS84))
    if about.get("encoding") != "WKB":
        message = f"{path} holds geometry as {about.get('encoding')}; write it with the encoding WKB"
        raise LayerError(message)
    if about.get("edges", "planar") != "planar":
        message = f"{path} declares {about['edges']} edges, and edges are measured as straight in degrees; densify it"
        raise LayerError(message)
    return column, about


def _parts(file: ParquetFile, metadata: Any, part_rows: int) -> list[Part]:  # noqa: ANN401 -- pyarrow has no types
    parts: list[Part] = []
    row = 0
    for group in range(metadata.num_row_groups):
        about = metadata.row_group(group)
        leaves = {about.column(k).path_in_schema: about.column(k) for k in range(about.num_columns)}
        bounds, accuracy = _bounds(file, leaves), _accuracy(file, leaves)
        for offset, rows in slices(about.num_rows, part_rows):
            parts.append(
                Part(
                    path=file.path,
                    source=0,
                    number=len(parts),
                    base=0,
                    row=row + offset,
                    rows=rows,
                    offset=offset,
                    group=group,
                    bounds=bounds,
                    accuracy_m=accuracy,
                )
            )
        row += about.num_rows
    return parts


def _bounds(file: ParquetFile, leaves: dict[str, Any]) -> Box | None:
    """Return the box around a row group by its statistics; None where it has none."""
    columns = [leaves.get(path) for path in file.covering]
    known = [c is not None and c.statistics is not None and c.statistics.has_min_max for c in columns]
    if not columns or not all(known):
        return None
    west, south, east, north = (
        _outward(column, corner) for column, corner in zip(columns, ("min", "min", "max", "max"), strict=True)
    )
    return west, south, east, north


def _outward(column: Any, end: str) -> float:  # noqa: ANN401 -- pyarrow has no types
    """Return the least or the largest value of a column, moved outward by what a float of 32 bits may have lost."""
    value = float(getattr(column.statistics, end))
    if column.physical_type != "FLOAT":
        return value
    return float(np.nextafter(np.float32(value), np.float32(-np.inf if end == "min" else np.inf)))


def _accuracy(file: ParquetFile, leaves: dict[str, Any]) -> float:
    """Return the largest radius of a row group by its statistics; infinite where it is not known."""
    if ACCURACY not in file.columns:
        return 0.0
    leaf = leaves[file.columns[ACCURACY]]
    statistics = leaf.statistics
    if statistics is not None and statistics.has_null_count and statistics.null_count == leaf.num_values:
        return 0.0  # no radius is known, and such a row is found by its distance alone
    if statistics is None or not statistics.has_min_max or isinstance(statistics.max, str | bytes):
        return float("inf")
    return float(statistics.max)
