"""The columns of pairs: each a function of what the kernel found, computed only where it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geoprox import geodesy
from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats, Geometries, Ints
from geoprox.model.columns import PAIRS
from geoprox.model.vocabulary import Relation
from geoprox.proximity.inputs import Input

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray
    from pandas.api.typing.aliases import ArrayLike

TIER = "tier_m"
# the most telling relation comes first; whatever meets in none of these ways still intersects
_PREDICATES = {
    Relation.EQUALS: shapely.equals,
    Relation.TOUCHES: shapely.touches,
    Relation.WITHIN: shapely.within,
    Relation.CONTAINS: shapely.contains,
    Relation.OVERLAPS: shapely.overlaps,
}
_NAMES = [relation.value for relation in Relation]
_OF_MEETING = {"relation", "overlap_m2", "overlap_share"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """The rows of pairs that meet, which are few: how, and what they have in common."""

    rows: Ints
    how: Ints  # places in `_NAMES`
    area_m2: Floats
    share: Floats


@dataclass(frozen=True, slots=True)
class Found:
    """What columns are made of."""

    a: Input
    b: Input
    pairs: geodesy.Pairs
    tiers: Floats
    meeting: Meeting | None  # where a column needs it

    def doubt_m(self) -> Floats:
        """Return both radii of accuracy together, for each pair."""
        return self.a.accuracy_m[self.pairs.left] + self.b.accuracy_m[self.pairs.right]


def frame(
    a: Input, b: Input, pairs: geodesy.Pairs, tiers: Floats | None, wanted: Sequence[str], threads: int | None
) -> pd.DataFrame:
    """Return columns of kernel pairs as a frame; each thread makes one at a time."""
    meeting = _meeting(a, b, pairs) if _OF_MEETING.intersection(wanted) else None
    found = Found(a, b, pairs, np.empty(0) if tiers is None else tiers, meeting)
    made = geodesy.in_threads(lambda name: COLUMNS[name](found), wanted, threads)
    # columns of millions of rows are not copied together
    return pd.DataFrame(dict(zip(wanted, made, strict=True)), copy=False)


def wanted_columns(asked: Sequence[str] | None, *, tiers: bool) -> list[str]:
    """Return the names of the columns asked for, or of all; raise where there is no such column."""
    there_are = [*PAIRS, TIER] if tiers else [*PAIRS]
    wanted = there_are if asked is None else list(asked)
    strange = [name for name in wanted if name not in there_are]
    if strange or isinstance(asked, str) or len(set(wanted)) < len(wanted):
        message = f"columns is {asked!r}; give some of {', '.join(there_are)}, each once"
        raise GeometryError(message + ("" if tiers else f"; {TIER} comes with tiers_m"))
    return wanted


def _relation(found: Found) -> "ExtensionArray":
    how = np.full(len(found.pairs.left), _NAMES.index(Relation.DISJOINT))
    if found.meeting:
        how[found.meeting.rows] = found.meeting.how
    return _names().take(how)


@cache
def _names() -> "ExtensionArray":
    return pd.array(_NAMES, dtype="str")


def _of_meeting(name: str) -> Callable[[Found], Floats]:
    def column(found: Found) -> Floats:
        # memory that nobody writes to costs nothing, and few pairs meet
        out = np.zeros(len(found.pairs.left))
        if found.meeting:
            out[found.meeting.rows] = getattr(found.meeting, name)
        return out

    return column


def _bearing(found: Found) -> Floats:
    azimuth = found.pairs.azimuth_deg
    bearing = np.where(azimuth < 0, azimuth + 360, azimuth)
    # a hair's breadth to the west of north is rounded to 360
    bearing[bearing == 360] = 0.0
    return bearing


def _tier(found: Found) -> Floats:
    return np.append(found.tiers, np.nan)[np.searchsorted(found.tiers, found.pairs.distance_m)]


COLUMNS: dict[str, Callable[[Found], "ArrayLike"]] = {
    "subject_id": lambda found: found.a.ids.array.take(found.pairs.left),
    "object_id": lambda found: found.b.ids.array.take(found.pairs.right),
    "distance_m": lambda found: found.pairs.distance_m,
    "distance_min_m": lambda found: np.maximum(0, found.pairs.distance_m - found.doubt_m()),
    "distance_max_m": lambda found: found.pairs.distance_m + found.doubt_m(),
    "relation": _relation,
    "overlap_m2": _of_meeting("area_m2"),
    "overlap_share": _of_meeting("share"),
    "bearing_deg": _bearing,
    TIER: _tier,
}


def _meeting(a: Input, b: Input, pairs: geodesy.Pairs) -> Meeting:
    rows = np.flatnonzero(pairs.distance_m == 0)
    if not len(rows):
        return Meeting(rows, rows, np.empty(0), np.empty(0))
    left, right = a.geometry[pairs.left[rows]], b.geometry[pairs.right[rows]]
    how = _relations(left, geodesy.facing(left, right))
    area, share = np.zeros(len(rows)), np.zeros(len(rows))
    # all of a geometry that lies within another is common to both, and needs no intersection
    inside = np.isin(how, [_NAMES.index(name) for name in (Relation.WITHIN, Relation.EQUALS)])
    # of an area nothing lies along a border; of lines and points some may
    beside = (how == _NAMES.index(Relation.TOUCHES)) & (shapely.get_dimensions(left) == 2)
    whole, part = np.flatnonzero(inside), np.flatnonzero(~inside & ~beside)
    once, row = np.unique(pairs.left[rows[whole]], return_inverse=True)
    area[whole], share[whole] = geodesy.area_m2(a.geometry[once])[row], 1.0
    area[part], share[part] = geodesy.overlap(left[part], right[part])
    return Meeting(rows, how, area, share)


def _relations(left: Geometries, right: Geometries) -> Ints:
    """Return the place in ``_NAMES`` of the relation of geometries that meet."""
    how = np.full(len(left), _NAMES.index(Relation.INTERSECTS))
    rest = np.arange(len(left))
    for name, holds in _PREDICATES.items():
        such = holds(left[rest], right[rest])
        how[rest[such]] = _NAMES.index(name)
        rest = rest[~such]
    return how
