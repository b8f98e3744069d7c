"""What was read of a part, decoded and checked: geometries, boxes, ids and radii."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geoprox.bulk.packages import load
from geoprox.bulk.parts import ACCURACY, GEOMETRY, ID, ROW, Part
from geoprox.errors import GeometryError, LayerError
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints

if TYPE_CHECKING:
    import pyarrow as pa

_GLOBE = np.array([540.0, 90.0, 540.0, 90.0])  # what the kernel measures, in degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows with a geometry. ``number`` counts them through all files of the side, ``lost`` those without one.

    ``ids`` are text or whole numbers; ``accuracy_m`` is NaN where the radius of a position is not known.
    """

    number: Ints
    geometry: Geometries
    boxes: Floats
    ids: "pa.Array"
    accuracy_m: Floats
    lost: int


def decode(part: Part, table: "pa.Table") -> Rows:
    """Return the rows of a part.

    Raises
    ------
    GeometryError
        A geometry or a radius cannot be measured; the message names file, row (from 0) and remedy.
    LayerError
        A row has no id.
    """
    # numbers that are not finite make numpy warn, and then an error here that says where
    with np.errstate(invalid="ignore"):
        geometry = _geometries(part, table[GEOMETRY])
        full = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        boxes = shapely.bounds(geometry)
        _require_measurable(part, geometry, boxes, full)
    number = table[ROW].to_numpy() if ROW in table.column_names else part.base + part.row + np.arange(len(geometry))
    ids = _ids(part, table, number)
    accuracy = _accuracy(part, table)
    if full.all():
        return Rows(number=number, geometry=geometry, boxes=boxes, ids=ids, accuracy_m=accuracy, lost=0)
    return Rows(
        number=number[full],
        geometry=geometry[full],
        boxes=boxes[full],
        ids=ids.filter(load("pyarrow").array(full)),
        accuracy_m=accuracy[full],
        lost=int((~full).sum()),
    )


def _geometries(part: Part, column: "pa.ChunkedArray") -> Geometries:
    pa = load("pyarrow")
    if isinstance(column.type, pa.ExtensionType):
        column = column.cast(column.type.storage_type)
    wkb = column.to_numpy()
    try:
        return np.asarray(shapely.from_wkb(wkb), dtype=object)
    except (shapely.errors.GEOSException, NotImplementedError) as error:
        # the quick way does not tell which row it was
        where = _where(part, np.array([not _is_readable(one) for one in wkb]))
        message = (
            f"{where}: the geometry cannot be read ({error}); write the file again with ogr2ogr -nlt CONVERT_TO_LINEAR"
        )
        raise GeometryError(message) from error


def _is_readable(wkb: bytes | None) -> bool:
    try:
        shapely.from_wkb(wkb)
    except (shapely.errors.GEOSException, NotImplementedError):
        return False
    return True


def _require_measurable(part: Part, geometry: Geometries, boxes: Floats, full: Bools) -> None:
    off = full & ~(np.abs(boxes) <= _GLOBE).all(axis=1)
    if off.any():
        message = (
            f"{_where(part, off)}: a coordinate is not finite or not on the globe (box: {boxes[off][0].tolist()}); "
            "give longitude and latitude in degrees (EPSG:4326), longitude first"
        )
        raise GeometryError(message)
    invalid = full & ~shapely.is_valid(geometry)
    if invalid.any():
        reason = shapely.is_valid_reason(geometry[invalid][0])
        message = (
            f"{_where(part, invalid)}: the geometry is not valid ({reason}); mend it with make_valid(), and look at it"
        )
        raise GeometryError(message)


def _ids(part: Part, table: "pa.Table", number: Ints) -> "pa.Array":
    pa = load("pyarrow")
    if ID not in table.column_names:
        return pa.array(number)
    ids = table[ID].cast(id_type(part.path, table.schema)).combine_chunks()
    if ids.null_count:
        where = _where(part, ids.is_null().to_numpy(zero_copy_only=False))
        message = f"{where}: the id is missing; give it one, or name another column"
        raise LayerError(message)
    return ids


def id_type(path: str, schema: "pa.Schema") -> "pa.DataType":
    """Return as what ids are written: text, or whole numbers, which row numbers are too."""
    pa = load("pyarrow")
    if ID not in schema.names:
        return pa.int64()
    kind = schema.field(ID).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind):
        return pa.int64()
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    if any(holds(kind) for holds in text):
        return pa.string()
    message = f"{path}: the column of ids holds {kind}; ids are text or whole numbers, so name another column"
    raise LayerError(message)


def _accuracy(part: Part, table: "pa.Table") -> Floats:
    if ACCURACY not in table.column_names:
        return np.zeros(table.num_rows)
    pa = load("pyarrow")
    try:
        column = table[ACCURACY].cast(pa.float64())
    except pa.ArrowException as error:
        message = f"{part.path}: accuracy_m holds {table[ACCURACY].type}; give a number of metres"
        raise LayerError(message) from error
    radius = np.array(column.to_numpy(), dtype=float)
    bad = (radius < 0) | np.isinf(radius)
    if bad.any():
        message = (
            f"{_where(part, bad)}: accuracy_m is {radius[bad][0]}; give a radius of at least 0 m, or leave it missing"
        )
        raise GeometryError(message)
    return radius


def _where(part: Part, bad: Bools) -> str:
    return f"{part.path}, row {part.row + int(np.flatnonzero(bad)[0])}"
