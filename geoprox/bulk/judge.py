"""The pairs of one part: a pure function, the same in a thread, in another process and on another machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geoprox import geodesy
from geoprox.bulk.boxes import around, meet_one
from geoprox.bulk.packages import load
from geoprox.bulk.parts import Part
from geoprox.bulk.rows import Rows, decode
from geoprox.bulk.sites import Held, Sites
from geoprox.geodesy.ellipsoid import Floats, Ints
from geoprox.geodesy.search import grow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of each pair: the largest distance, its tiers, and the columns to tell it in."""

    within_m: float
    tiers_m: tuple[float, ...]
    columns: "pa.Schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The pairs of a part; ``lost`` of its rows have no geometry, ``tiles`` gives the same of the tiles it met."""

    pairs: "pa.Table"
    lost: int
    tiles: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Found:
    """Pairs with one tile: the left row; number, id and radius of the right one; and their distance.

    Nothing of the tile itself: another takes its place in memory.
    """

    left: Ints
    distance_m: Floats
    number: Ints
    ids: "pa.Array"
    accuracy_m: Floats


def judge(part: Part, table: "pa.Table", sites: Sites, ask: Ask) -> Judged:
    """Return the pairs of a part, ordered by left row, then right row."""
    rows = decode(part, table)
    boxes = grow(rows.boxes, ask.within_m + np.nan_to_num(rows.accuracy_m) + sites.accuracy_m)
    found, tiles = [], {}
    for held in sites.near(around(boxes)) if len(boxes) else ():
        found.append(_meet(rows, boxes, held, ask.within_m))
        tiles[held.tile] = held.rows.lost
    return Judged(pairs=_table(rows, found, ask), lost=rows.lost, tiles=tiles)


def _meet(rows: Rows, boxes: Floats, held: Held, within_m: float) -> _Found:
    """Return the pairs with some sites that are, or may be, within a distance."""
    open_rows = np.flatnonzero(meet_one(boxes, held.box))
    doubt, doubt_there = np.nan_to_num(rows.accuracy_m[open_rows]), np.nan_to_num(held.rows.accuracy_m)
    left, right, metres = _kernel(rows.geometry[open_rows], held, within_m + doubt + held.accuracy_m)
    if held.accuracy_m or doubt.any():
        may_be = metres - doubt[left] - doubt_there[right] <= within_m
        left, right, metres = left[may_be], right[may_be], metres[may_be]
    there = held.rows
    return _Found(open_rows[left], metres, there.number[right], _ids(there.ids, right), there.accuracy_m[right])


def _kernel(left: np.ndarray, held: Held, within_m: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the rows of either side within a distance, and the distance: the one place that calls the kernel."""
    # parts are judged beside each other already, so each takes one thread
    pairs = geodesy.within(left, held.index, within_m, threads=1)
    return pairs.left, pairs.right, pairs.distance_m


def columns(left_ids: object, right_ids: object, *, interval: bool, tiers: bool) -> "pa.Schema":
    """Return the columns of pairs. Ids that are text are codes, with the values they stand for."""
    pa = load("pyarrow")

    def coded(kind: object) -> object:
        return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind

    fields = [("subject_id", coded(left_ids)), ("object_id", coded(right_ids)), ("distance_m", pa.float64())]
    if interval:
        fields += [("distance_min_m", pa.float64()), ("distance_max_m", pa.float64())]
    if tiers:
        fields.append(("tier_m", pa.float64()))
    return pa.schema(fields)


def _table(rows: Rows, found: Sequence[_Found], ask: Ask) -> "pa.Table":
    """Return pairs as a table, ordered by left row, then right row, whatever tiles they were found in."""
    if not sum(len(f.left) for f in found):
        return ask.columns.empty_table()
    pa = load("pyarrow")
    left, metres = np.concatenate([f.left for f in found]), np.concatenate([f.distance_m for f in found])
    order: Ints | slice = slice(None)
    objects = pa.chunked_array([f.ids for f in found]).unify_dictionaries().combine_chunks()
    if len(found) > 1:
        order = np.lexsort((np.concatenate([f.number for f in found]), left))
        left, metres, objects = left[order], metres[order], objects.take(pa.array(order))

    def doubt() -> Floats:
        radii = [rows.accuracy_m[f.left] + f.accuracy_m for f in found]
        return np.asarray(np.concatenate(radii)[order])

    values = {
        "subject_id": lambda: _ids(rows.ids, left),
        "object_id": lambda: objects,
        "distance_m": lambda: pa.array(metres),
        # what is not known is missing, as in every table
        "distance_min_m": lambda: pa.array(np.maximum(0, metres - doubt()), from_pandas=True),
        "distance_max_m": lambda: pa.array(metres + doubt(), from_pandas=True),
        "tier_m": lambda: _tiers(metres, ask.tiers_m),
    }
    return pa.Table.from_arrays([values[name]() for name in ask.columns.names], schema=ask.columns)


def _tiers(metres: Floats, tiers_m: tuple[float, ...]) -> "pa.Array":
    """Return the smallest tier that holds each distance, its bound included; missing beyond the largest."""
    tier = np.append(tiers_m, np.nan)[np.searchsorted(np.asarray(tiers_m), metres)]
    return load("pyarrow").array(tier, from_pandas=True)


def _ids(values: "pa.Array", rows: Ints) -> "pa.Array":
    """Return the ids of rows; text as codes of those values only that occur."""
    pa = load("pyarrow")
    if not pa.types.is_string(values.type):
        return pa.array(values.to_numpy()[rows])
    used = np.zeros(len(values), dtype=bool)
    used[rows] = True
    # ids may repeat, and a list of codes has each value once
    coded = values.filter(pa.array(used)).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.to_numpy()[(np.cumsum(used) - 1)[rows]], coded.dictionary)
