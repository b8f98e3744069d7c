"""A side written anew by tiles of longitude and latitude, so that what is near in place is near in the files.

Tiles hold about as many rows each: longitudes are cut at quantiles, then the latitudes of each strip (STR packing).
A row goes to the tile of the middle of its box, and to no other; what reaches over the edge is found by the tile's
bounds, which hold all its rows.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geoprox.bulk.boxes import around
from geoprox.bulk.packages import load
from geoprox.bulk.parts import ACCURACY, GEOMETRY, ID, ROW, Box, Part, Side
from geoprox.bulk.rows import Rows, decode
from geoprox.files import whole
from geoprox.geodesy.ellipsoid import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_TILES = 400  # each is an open file while they are written
_SAMPLE = 100_000
_INDEX = "tiles.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TileFiles:
    """The tiles of a folder, one Arrow file each."""

    def read(self, parts: Sequence[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Read tiles."""
        pa, ipc = load("pyarrow"), load("pyarrow.ipc")
        for part in parts:
            with pa.memory_map(part.path) as file:
                yield part, ipc.open_file(file).read_all()

    def spans_antimeridian(self, part: Part) -> bool:  # noqa: ARG002 -- for files whose boxes others made
        """Return False: bounds are those of the coordinates."""
        return False


@dataclass(frozen=True, slots=True)
class Tiling:
    """Where strips of longitude are cut, and the latitudes of each strip."""

    lon: Floats
    lat: list[Floats]

    def of(self, middles: Floats) -> Ints:
        """Return the number of the tile of each point."""
        strip = np.searchsorted(self.lon, middles[:, 0], side="right")
        row = np.zeros(len(middles), dtype=np.int64)
        for k in np.unique(strip):
            row[strip == k] = np.searchsorted(self.lat[k], middles[strip == k, 1], side="right")
        return np.asarray(strip * (1 + max(map(len, self.lat))) + row, dtype=np.int64)


def scattered(side: Side) -> bool:
    """Return whether parts lie across each other, or nobody knows where they lie, so that tiles pay."""
    if any(part.bounds is None for part in side.parts):
        return True
    boxes = np.array([part.bounds for part in side.parts]).reshape(-1, 4)
    all_of_it = around(boxes)
    return bool(_area(boxes).sum() > 4 * _area(all_of_it[None]).sum())


def tiled(side: Side, folder: Path, tile_rows: int) -> Side:
    """Return a side by tiles of about ``tile_rows`` rows, written to a folder unless it is there already.

    Every row is read once and checked; no more than a part and the tiles' buffers are held.
    """
    if not folder.is_dir():
        with whole(folder) as new:
            new.mkdir()
            _write(side, new, tile_rows)
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    parts = tuple(Part(**{**tile, "path": str(folder / tile["path"])}) for tile in index["tiles"])
    return replace(side, sources=(TileFiles(),), parts=parts, without_geometry=index["without_geometry"])


def make_tiling(middles: Floats, tiles: int) -> Tiling:
    """Return a tiling into about ``tiles`` tiles that hold about as many of the points each."""
    strips = max(1, ceil(sqrt(tiles)))
    lon = _quantiles(middles[:, 0], strips)
    strip = np.searchsorted(lon, middles[:, 0], side="right")
    return Tiling(lon, [_quantiles(middles[strip == k, 1], ceil(tiles / strips)) for k in range(len(lon) + 1)])


def _quantiles(values: Floats, n: int) -> Floats:
    return np.unique(np.quantile(values, np.arange(1, n) / n)) if len(values) and n > 1 else np.empty(0)


def _area(boxes: Floats) -> Floats:
    # points and lines have no area, and lie across each other all the same
    return np.asarray((boxes[:, 2] - boxes[:, 0] + 1e-6) * (boxes[:, 3] - boxes[:, 1] + 1e-6))


def _write(side: Side, folder: Path, tile_rows: int) -> None:
    tiling = make_tiling(_sample(side), min(_MOST_TILES, ceil(side.rows / tile_rows)))
    about: dict[int, dict[str, Any]] = {}
    lost = 0
    with ExitStack() as files:
        writers: dict[int, Any] = {}
        for part, table in side.read(side.parts):
            rows = decode(part, table)
            lost += rows.lost
            number = tiling.of(_middles(rows.boxes))
            order = np.argsort(number, kind="stable")
            tiles, starts = np.unique(number[order], return_index=True)
            records = _records(rows)
            for tile, members in zip(tiles.tolist(), np.split(order, starts[1:]), strict=True):
                if tile not in writers:
                    path = folder / f"{tile:05d}.arrow"
                    writers[tile] = files.enter_context(load("pyarrow.ipc").new_file(str(path), records.schema))
                writers[tile].write_batch(records.take(load("pyarrow").array(members)))
                about[tile] = _joined(about.get(tile), rows, members)
    tiles_found = [_part(n, tile, about[tile]) for n, tile in enumerate(sorted(about))]
    index = {"tiles": [asdict(part) for part in tiles_found], "without_geometry": lost}
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def _sample(side: Side) -> Floats:
    """Return the middles of every so many rows, the same ones whenever it is asked."""
    step = max(1, side.rows // _SAMPLE)
    found = [np.empty((0, 2))]
    for part, table in side.read(side.parts):
        few = table.take(load("pyarrow").array(np.arange(-(part.base + part.row) % step, table.num_rows, step)))
        boxes = shapely.bounds(shapely.from_wkb(few[GEOMETRY].to_numpy(), on_invalid="ignore"))
        found.append(_middles(boxes[np.isfinite(boxes).all(axis=1)]))
    return np.concatenate(found)


def _middles(boxes: Floats) -> Floats:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _records(rows: Rows) -> "pa.RecordBatch":
    pa = load("pyarrow")
    columns = {
        GEOMETRY: pa.array(shapely.to_wkb(rows.geometry), pa.binary()),
        ID: rows.ids,
        ACCURACY: pa.array(rows.accuracy_m),
        ROW: pa.array(rows.number),
    }
    return pa.RecordBatch.from_pydict(columns)


def _joined(before: dict[str, Any] | None, rows: Rows, members: Ints) -> dict[str, Any]:
    """Return what is known of a tile, with some rows more."""
    box = around(rows.boxes[members])
    radius = float(np.nan_to_num(rows.accuracy_m[members]).max(initial=0))
    if before is None:
        return {"rows": len(members), "bounds": box, "accuracy_m": radius}
    return {
        "rows": before["rows"] + len(members),
        "bounds": around(np.stack([before["bounds"], box])),
        "accuracy_m": max(before["accuracy_m"], radius),
    }


def _part(number: int, tile: int, about: dict[str, Any]) -> Part:
    bounds: Box = tuple(about["bounds"].tolist())
    return Part(
        path=f"{tile:05d}.arrow",
        source=0,
        number=number,
        base=0,
        row=0,
        rows=about["rows"],
        offset=0,
        bounds=bounds,
        accuracy_m=about["accuracy_m"],
    )
