"""Opening the files of a side."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from geoprox.bulk.packages import load
from geoprox.bulk.parquet import open_parquet
from geoprox.bulk.parts import ACCURACY, Part, Side, Source
from geoprox.bulk.rows import id_type
from geoprox.bulk.vector import open_vector
from geoprox.errors import LayerError

if TYPE_CHECKING:
    import pyarrow as pa

Open: TypeAlias = "Callable[[str, str | None, int], tuple[Source, list[Part], pa.Schema]]"

# by suffix; whatever is not named here goes to GDAL
READERS: dict[str, Open] = {".parquet": open_parquet, ".geoparquet": open_parquet}


def open_side(paths: Sequence[Path], id_column: str | None, part_rows: int) -> Side:
    """Return the files of a side as one: parts and rows are counted on from file to file.

    Raises
    ------
    CRSMismatchError
        A file is not in EPSG:4326 or OGC:CRS84.
    LayerError
        A file cannot be read, has no geometry, or has not the column of ids; or ids are text here and numbers there.
    """
    sources: list[Source] = []
    parts: list[Part] = []
    base, schemas = 0, []
    for path in paths:
        reader = READERS.get(path.suffix.lower(), open_vector)
        source, found, schema = reader(str(path), id_column, part_rows)
        parts += [replace(p, source=len(sources), number=len(parts) + p.number, base=base) for p in found]
        base += sum(p.rows for p in found)
        sources.append(source)
        schemas.append(schema)
    kinds = [id_type(str(path), schema) for path, schema in zip(paths, schemas, strict=True)]
    for path, kind in zip(paths, kinds, strict=True):
        if kind != kinds[0]:
            message = f"ids are {kinds[0]} in {paths[0]} and {kind} in {path}; name a column that is of one kind in all"
            raise LayerError(message)
    return Side(
        sources=tuple(sources),
        parts=tuple(parts),
        id_type=kinds[0] if kinds else load("pyarrow").int64(),
        has_accuracy=any(ACCURACY in schema.names for schema in schemas),
    )
