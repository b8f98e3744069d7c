"""What geometries are made of, and whether they can be measured at all."""

from typing import NamedTuple

import numpy as np
import shapely

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints

MAX_LON = 540.0  # a full turn beyond the usual range, so that a shape may run on across the antimeridian
TURNS = (-1080.0, -720.0, -360.0, 360.0, 720.0, 1080.0)  # that may lie between two longitudes
# to_ragged_array takes geometries of one dimension
_COMPOUND = (
    (shapely.GeometryType.MULTILINESTRING,),
    (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
)


def require_measurable(geometries: Geometries, first: int = 0) -> None:
    """Raise ``GeometryError`` naming the first geometries with coordinates that are not finite or not on the globe.

    Rows are counted from ``first``.
    """
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = ~np.isfinite(xy).all(axis=1) | (np.abs(xy[:, 1]) > 90) | (np.abs(xy[:, 0]) > MAX_LON)
    if bad.any():
        rows = first + np.unique(owner[bad])
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
        if not len(rows):
            continue
        moved = turned(b[rows], turn)
        out[rows] = np.where(beside[rows], shapely.union(out[rows], moved), moved)
        beside[rows] = True
    return out


def turned(geometries: Geometries, degrees: float) -> Geometries:
    """Return geometries moved to the east by so many degrees of longitude."""
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
    row = np.flatnonzero(~(shapely.is_empty(geometries) | shapely.is_missing(geometries)))
    parts, kind = geometries[row], shapely.get_type_id(geometries[row])
    collection = kind == shapely.GeometryType.GEOMETRYCOLLECTION
    if collection.any():
        parts, owner = singles(parts)
        row, kind = row[owner], shapely.get_type_id(parts)
    # points, lines and areas without holes are one chain each, and their coordinates as they come are their chains
    simple = (kind <= shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(parts) == 0)
    at = np.flatnonzero(simple)
    found = [_simple_chains(parts[at], at)]
    many = np.flatnonzero(kind == shapely.GeometryType.MULTIPOINT)
    if len(many):
        points, of = singles(parts[many])
        found.append(_simple_chains(points, many[of]))
    for kinds in _COMPOUND if len(at) < len(parts) else ():
        at = np.flatnonzero(~simple & np.isin(kind, kinds))
        if len(at):
            found.append(_compound_chains(parts[at], at, kinds))
    # chains stand in the order of parts, so that those of a geometry do not depend on what else is opened
    chains = _in_order(found)
    return chains._replace(owner=row[chains.owner])


def _simple_chains(parts: Geometries, owner: Ints) -> Chains:
    """Return the chains of parts that are one chain each."""
    count = shapely.get_num_coordinates(parts).astype(np.int64)
    closed = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return Chains(shapely.get_coordinates(parts), np.cumsum(count) - count, owner, closed)


def _compound_chains(parts: Geometries, owner: Ints, kinds: tuple[shapely.GeometryType, ...]) -> Chains:
    """Return the chains of parts of one dimension."""
    _, xy, levels = shapely.to_ragged_array(parts, include_z=False)
    # the first level cuts vertices into chains; the others lead up to the parts
    first, *others = (level.astype(np.int64) for level in levels)
    for level in reversed(others):
        owner = np.repeat(owner, np.diff(level))
    filled = np.diff(first) > 0
    closed = np.full(len(owner), shapely.GeometryType.POLYGON in kinds)
    return Chains(xy, first[:-1][filled], owner[filled], closed[filled])


def _in_order(found: list[Chains]) -> Chains:
    """Put chains together, ordered by their owners."""
    if len(found) == 1:
        return found[0]
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


def ring_edges(polygons: Geometries) -> tuple[Floats, Floats, Ints, Ints]:
    """Return the ends of every edge of the rings of polygons, the ring each belongs to, and the polygon of each ring.

    The first ring of a polygon is its shell. All are taken at once: a geometry for each ring takes ten times as long.
    """
    if not len(polygons):
        return np.empty((0, 2)), np.empty((0, 2)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    _, xy, (ring_border, part_border) = shapely.to_ragged_array(polygons, include_z=False)
    ring = np.repeat(np.arange(len(ring_border) - 1), np.diff(ring_border))
    part = np.repeat(np.arange(len(polygons)), np.diff(part_border))
    i = np.flatnonzero(ring[1:] == ring[:-1])
    return xy[i], xy[i + 1], ring[i], part


def _opened(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    if not hasattr(geometry, "geoms"):
        return [geometry]
    return [part for child in geometry.geoms for part in _opened(child)]
