"""What geometries are made of, and whether they can be measured at all."""

from typing import NamedTuple

import numpy as np
import shapely

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints

_MAX_LON = 540.0  # a full turn beyond the usual range, so that a shape may run on across the antimeridian
TURNS = (-1080.0, -720.0, -360.0, 360.0, 720.0, 1080.0)  # that may lie between two longitudes
# by shapely's type id, -1 last for missing: 0, 1 or 2; -1 for what has to be opened first
_DIMENSION = np.array([0, 1, -1, 2, 0, 1, 2, -1, -1])


def require_measurable(geometries: Geometries) -> None:
    """Raise ``GeometryError`` naming the first geometries with coordinates that are not finite or not on the globe."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = ~np.isfinite(xy).all(axis=1) | (np.abs(xy[:, 1]) > 90) | (np.abs(xy[:, 0]) > _MAX_LON)
    if bad.any():
        rows = np.unique(owner[bad])
        more = " and more" if len(rows) > 5 else ""
        message = (
            f"row {', '.join(map(str, rows[:5]))}{more}: a coordinate is not finite or not on the globe "
            f"(first: {tuple(xy[bad][0].tolist())}); "
            "give longitude and latitude in degrees (EPSG:4326), longitude first"
        )
        raise GeometryError(message)


def facing(a: Geometries, b: Geometries) -> Geometries:
    """Return each ``b[i]`` moved by full turns to where ``a[i]`` is; twice where it may be on either side."""
    out = b.copy()
    here, there = shapely.bounds(a), shapely.bounds(b)
    beside = (there[:, 0] <= here[:, 2]) & (there[:, 2] >= here[:, 0])
    for turn in TURNS:
        rows = np.flatnonzero((there[:, 0] + turn <= here[:, 2]) & (there[:, 2] + turn >= here[:, 0]))
        moved = _turned(b[rows], turn)
        out[rows] = np.where(beside[rows], shapely.union(out[rows], moved), moved)
        beside[rows] = True
    return out


def _turned(geometries: Geometries, degrees: float) -> Geometries:
    return np.asarray(shapely.transform(geometries, lambda xy: np.stack([xy[:, 0] + degrees, xy[:, 1]], axis=1)))


def singles(geometries: Geometries) -> tuple[Geometries, Ints]:
    """Return the non-empty points, lines and polygons that geometries are made of, and the row each belongs to."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    if (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        # only a collection within a collection leads here, which is rare; the common case is the single call above
        opened = [_opened(p) for p in parts]
        owner = np.repeat(owner, [len(o) for o in opened])
        parts = np.array([p for o in opened for p in o], dtype=object)
    full = ~shapely.is_empty(parts)
    return parts[full], owner[full].astype(np.int64)


class Chains(NamedTuple):
    """The points, lines and rings of geometries as chains of vertices, in the order of their geometries.

    Chain ``c`` begins at vertex ``starts[c]`` of ``xy``, belongs to row ``owner[c]``, and is a ring where ``closed``.
    A point is a chain of one vertex.
    """

    xy: Floats
    starts: Ints
    owner: Ints
    closed: Bools


def make_chains(geometries: Geometries) -> Chains:
    """Return the chains of geometries; empty and missing ones have none."""
    parts, row = geometries, np.arange(len(geometries), dtype=np.int64)
    dimension = _DIMENSION[shapely.get_type_id(parts)]
    full = (dimension >= 0) & ~shapely.is_empty(parts)
    if not shapely.is_missing(parts[dimension < 0]).all():
        parts, row = singles(geometries)
        dimension = _DIMENSION[shapely.get_type_id(parts)]
        full = np.ones(len(parts), dtype=bool)
    found = [_chains(parts[at], row[at], d) for d in range(3) if len(at := np.flatnonzero(full & (dimension == d)))]
    return _in_order(found)


def _chains(parts: Geometries, row: Ints, dimension: int) -> Chains:
    """Return the chains of parts of one dimension."""
    _, xy, levels = shapely.to_ragged_array(parts, include_z=False)
    # the first level cuts vertices into chains, which for points are single vertices; the others lead up to the parts
    cuts = [level.astype(np.int64) for level in levels]
    if dimension == 0:
        cuts.insert(0, np.arange(len(xy) + 1))
    first, *others = cuts
    owner = row
    for level in reversed(others):
        owner = np.repeat(owner, np.diff(level))
    filled = np.diff(first) > 0
    closed = np.full(len(owner), dimension == 2)
    return Chains(xy, first[:-1][filled], owner[filled], closed[filled])


def _in_order(found: list[Chains]) -> Chains:
    """Put chains together, ordered by their rows."""
    if len(found) == 1:
        return found[0]
    none = Chains(
        *(np.empty(shape, dtype) for shape, dtype in (((0, 2), float), (0, np.int64), (0, np.int64), (0, bool)))
    )
    found = [none, *found]
    xy, _, owner, closed = (np.concatenate(column) for column in zip(*found, strict=True))
    length = np.concatenate([np.diff(c.starts, append=len(c.xy)) for c in found])
    order = np.argsort(owner, kind="stable")
    starts = np.cumsum(length[order]) - length[order]
    old = (np.cumsum(length) - length)[order]
    vertex = np.repeat(old - starts, length[order]) + np.arange(len(xy))
    return Chains(xy[vertex], starts, owner[order], closed[order])


def edges(lines: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the first and last vertex of every edge of lines or rings, and the row each belongs to."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    i = np.flatnonzero(line[1:] == line[:-1])
    return xy[i], xy[i + 1], line[i].astype(np.int64)


def _opened(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    if not hasattr(geometry, "geoms"):
        return [geometry]
    return [part for child in geometry.geoms for part in _opened(child)]
