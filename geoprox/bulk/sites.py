"""The right side: held in memory where it is small, otherwise by tiles that are read when something comes near."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely

from geoprox import geodesy
from geoprox.bulk.boxes import around, meet_any, meet_one, tree
from geoprox.bulk.packages import load
from geoprox.bulk.parts import Part, Side
from geoprox.bulk.rows import Rows, decode
from geoprox.bulk.tally import Count
from geoprox.geodesy.ellipsoid import Bools, Floats
from geoprox.geodesy.search import grow

if TYPE_CHECKING:
    import pyarrow as pa


class Sites(Protocol):
    """What the left side is judged against."""

    accuracy_m: float

    def touched_by(self, boxes: Floats) -> Bools:
        """Return which boxes have a site in them, or may have."""

    def near(self, box: Floats) -> "Iterator[Held]":
        """Return the sites that may have to do with a box, some at a time."""

    def count(self, met: Mapping[int, int]) -> Count:
        """Return what became of the sites, from the tiles that were met and their rows without geometry."""


class Held:
    """Sites held in memory, as they are decoded.

    ``tile`` is the number of the part they are, for the count of what was read; ``accuracy_m`` their largest radius.
    """

    def __init__(self, rows: Rows, tile: int = 0) -> None:
        self.rows = rows
        self.tile = tile
        self.accuracy_m = float(np.nan_to_num(rows.accuracy_m).max(initial=0))
        self.box = around(rows.boxes)

    @cached_property
    def index(self) -> geodesy.Index:
        """The sites as the kernel wants them, made once and used for every part."""
        return geodesy.make_index(self.rows.geometry)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return tree(self.rows.boxes)

    def touched_by(self, boxes: Floats) -> Bools:
        """Return which boxes have a site's box in them."""
        return meet_any(boxes, self._tree)

    def near(self, box: Floats) -> "Iterator[Held]":
        """Return all sites, or none where none is near."""
        if meet_one(self.box[None], box).any():
            yield self

    def count(self, met: Mapping[int, int]) -> Count:  # noqa: ARG002 -- for sites by tiles
        """Return that all sites were judged."""
        return Count(judged=len(self.rows.number), skipped=0, without_geometry=self.rows.lost)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was prepared: another process prepares its own."""
        return {name: self.__dict__[name] for name in ("rows", "tile", "accuracy_m", "box")}


class Tiled:
    """Sites by tiles: those last used are held, as many as ``held_rows`` rows, and the others read again."""

    def __init__(self, side: Side, held_rows: int) -> None:
        self.side = side
        self.held_rows = held_rows
        self.accuracy_m = max((part.accuracy_m for part in side.parts), default=0.0)
        self.boxes = np.array([part.bounds for part in side.parts], dtype=float).reshape(-1, 4)
        self._start()

    def touched_by(self, boxes: Floats) -> Bools:
        """Return which boxes meet the bounds of a tile."""
        return meet_any(boxes, tree(self.boxes))

    def near(self, box: Floats) -> Iterator[Held]:
        """Return the tiles whose bounds meet a box."""
        for tile in np.flatnonzero(meet_one(self.boxes, box)):
            yield self._tile(self.side.parts[tile])

    def count(self, met: Mapping[int, int]) -> Count:
        """Return that the sites in tiles which were met were judged."""
        read, lost = sum(part.rows for part in self.side.parts if part.number in met), sum(met.values())
        without = lost + self.side.without_geometry
        return Count(judged=read - lost, skipped=self.side.rows - read, without_geometry=without)

    def _tile(self, part: Part) -> Held:
        # one reads at a time: another thread most likely wants the same tile
        with self._lock:
            if part.number in self._kept:
                self._kept.move_to_end(part.number)
            else:
                ((_, table),) = self.side.read([part])
                self._kept[part.number] = Held(decode(part, table), part.number)
                while len(self._kept) > 1 and sum(len(h.rows.number) for h in self._kept.values()) > self.held_rows:
                    self._kept.popitem(last=False)
            return self._kept[part.number]

    def _start(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[int, Held] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is held: another process holds its own."""
        return {name: self.__dict__[name] for name in ("side", "held_rows", "accuracy_m", "boxes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()


def hold(side: Side) -> Held:
    """Read a whole side into memory."""
    parts = [decode(part, table) for part, table in side.read(side.parts)]
    return Held(_together(parts, side.id_type))


def _together(parts: list[Rows], id_type: "pa.DataType") -> Rows:
    pa = load("pyarrow")
    ids = [pa.array([], id_type), *(rows.ids for rows in parts)]
    return Rows(
        number=_concatenated(np.empty(0, dtype=np.int64), [rows.number for rows in parts]),
        geometry=_concatenated(np.empty(0, dtype=object), [rows.geometry for rows in parts]),
        boxes=_concatenated(np.empty((0, 4)), [rows.boxes for rows in parts]),
        ids=pa.concat_arrays(ids),
        accuracy_m=_concatenated(np.empty(0), [rows.accuracy_m for rows in parts]),
        lost=sum(rows.lost for rows in parts),
    )


def _concatenated(none: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([none, *arrays])


def out_of_reach(side: Side, sites: Sites, within_m: float) -> set[int]:
    """Return the numbers of the parts that surely have no site within reach.

    A part whose bounds are not known before it is read is never among them.
    """
    known = [part for part in side.parts if part.bounds is not None]
    if not known:
        return set()
    boxes = np.array([part.bounds for part in known], dtype=float)
    touched = sites.touched_by(grow(boxes, within_m + sites.accuracy_m + np.array([p.accuracy_m for p in known])))
    far = [part for part, near in zip(known, touched, strict=True) if not near]
    odd = {key for key, part in {_group(p): p for p in far}.items() if side.spans_antimeridian(part)}
    return {part.number for part in far if _group(part) not in odd}


def _group(part: Part) -> tuple[int, int]:
    return part.source, part.group
