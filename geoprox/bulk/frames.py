"""A frame as a side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geoprox.bulk.degrees import require_degrees
from geoprox.bulk.packages import load
from geoprox.bulk.parts import ACCURACY, GEOMETRY, ID, Part, Side
from geoprox.bulk.rows import id_type
from geoprox.errors import CRSMismatchError, LayerError

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa

_NAME = "sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rows in memory."""

    table: "pa.Table"

    def read(self, parts: Sequence[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Return the rows; a frame is one part."""
        for part in parts:
            yield part, self.table

    def spans_antimeridian(self, part: Part) -> bool:  # noqa: ARG002 -- for files that tell bounds before reading
        """Return False: no bounds are told."""
        return False


def side_of(frame: "gpd.GeoDataFrame", id_column: str | None) -> Side:
    """Return a frame as a side; ids are the column named, ``feature_id``, or the index.

    Raises
    ------
    CRSMismatchError
        The frame is not in EPSG:4326.
    LayerError
        It has not the column of ids, or ids are neither text nor whole numbers.
    """
    pa = load("pyarrow")
    try:
        require_degrees(_NAME, frame.crs)
    except CRSMismatchError as error:
        fault = str(error).partition(";")[0]
        message = f"{fault}; distances are measured from EPSG:4326: declare it with set_crs(), reproject with to_crs()"
        raise CRSMismatchError(message) from error
    if id_column is not None and id_column not in frame.columns:
        message = f"{_NAME} has no column {id_column!r}; name one of {', '.join(map(str, frame.columns))}"
        raise LayerError(message)
    column = id_column or ("feature_id" if "feature_id" in frame.columns else None)
    values = {
        GEOMETRY: pa.array(shapely.to_wkb(frame.geometry.to_numpy().astype(object)), pa.binary()),
        ID: pa.array(frame[column] if column else frame.index),
    }
    if "accuracy_m" in frame.columns:
        values[ACCURACY] = pa.array(frame["accuracy_m"], from_pandas=True)
    rows = Frame(table=pa.table(values))
    part = Part(path=_NAME, source=0, number=0, base=0, row=0, rows=len(frame), offset=0)
    kind = id_type(_NAME, rows.table.schema)
    return Side(sources=(rows,), parts=(part,), id_type=kind, has_accuracy=ACCURACY in values, in_memory=True)
