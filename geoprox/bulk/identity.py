"""What a run belongs to: its inputs and what was asked of them."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from geoprox.bulk.parts import ACCURACY, GEOMETRY, ID
from geoprox.errors import LayerError

if TYPE_CHECKING:
    import pyarrow as pa

_ENDS = (
    65_536  # bytes: a Parquet file tells at its end what it holds, a GeoPackage at its beginning how often it changed
)


def of_file(path: Path) -> dict[str, object]:
    """Return what tells a file from another, or from itself after a change: name, size, time, and its ends.

    Of a folder or a shapefile it is the same of all files that make it up.
    """
    members = sorted(p for p in _members(path) if p.is_file())
    if not members:
        message = f"{path} cannot be read: there is no such file; check the name"
        raise LayerError(message)
    return {
        "name": path.name,
        "size": sum(p.stat().st_size for p in members),
        "mtime_ns": max(p.stat().st_mtime_ns for p in members),
        "sha256": sha256(b"".join(map(_ends, members))).hexdigest(),
    }


def of_table(table: "pa.Table") -> dict[str, object]:
    """Return what tells a table of geometries from another: all of its values."""
    digest = sha256(repr(table.schema).encode())
    for name in (GEOMETRY, ID, ACCURACY):
        if name in table.column_names:
            # as text, so that it does not depend on how a table lies in memory
            digest.update(repr(table[name].to_pylist()).encode())
    return {"name": "frame", "rows": table.num_rows, "sha256": digest.hexdigest()}


def _members(path: Path) -> list[Path]:
    if path.is_dir():
        return list(path.rglob("*"))
    return list(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_ENDS)
        file.seek(max(0, path.stat().st_size - _ENDS))
        return head + file.read(_ENDS)
