"""Shapes cut into cells: points, lines or polygons so small that a plane about their middle holds them truly.

In the azimuthal equidistant plane about a point, distances from that point are those of the ellipsoid. From a point
``v`` metres beside it, the distance to one ``s`` metres away is wrong by less than ``v**2 s / (4 R**2)``, for ``s`` up
to 10,000 km, and areas by ``v**2 / (6 R**2)`` of themselves: with ``v`` below 8 km that is 4e-4 of ``v`` at 10,000 km,
4e-6 at 100 km, and 3e-7 of an area.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely

from geoprox.geodesy.covered import Outlines
from geoprox.geodesy.ellipsoid import GEOD, R_MAX, R_MIN, Bools, Floats, Geometries, Ints, to_space
from geoprox.geodesy.parts import edges, ring_edges, singles
from geoprox.geodesy.pieces import Pieces
from geoprox.geodesy.runs import borders, members, totals
from geoprox.geodesy.size import area_m2, length_m
from geoprox.geodesy.stadium import Plane

CELL_M = 10_000.0
# how far an outline may run from its shape, by the half of the shape's mean width: twice that is the share it may cost
_FINE = 1e-4
_LEAST_M = 1e-4
_NEXT_TO_POLE = 89.99999  # degrees: lines turn no faster than here, 1 m from a pole


@dataclass(frozen=True, slots=True)
class Cells:
    """Parts of shapes, all of one dimension. Cell ``k`` is part of shape ``shape[k]``.

    No point of a cell is farther than ``reach`` metres from ``centre`` (degrees; ``base`` in space). ``wide`` tells
    which are to be halved before they are laid into a plane.
    """

    geometry: Geometries
    shape: Ints
    centre: Floats
    base: Floats
    reach: Floats
    wide: Bools

    def __getitem__(self, rows: Ints) -> "Cells":
        return Cells(*(getattr(self, name)[rows] for name in Cells.__slots__))


def make_cells(geometries: Geometries, shape: Ints, dimension: int) -> Cells:
    """Return the parts of geometries that are of a dimension, with the shape each belongs to."""
    parts, owner = singles(geometries)
    of = shapely.get_dimensions(parts) == dimension
    parts, owner = parts[of], shape[owner[of]]
    if dimension == 0:
        # points at one place are one
        place = np.column_stack([owner, shapely.get_coordinates(parts)])
        first = np.sort(np.unique(place, axis=0, return_index=True)[1])
        parts, owner = parts[first], owner[first]
    bounds = shapely.bounds(parts).reshape(-1, 4)
    centre, extent = (bounds[:, :2] + bounds[:, 2:]) / 2, _extent(bounds)
    return Cells(
        geometry=parts,
        shape=owner,
        centre=centre,
        base=to_space(centre[:, 0], centre[:, 1]),
        # a line straight in longitude and latitude from the middle leads to every point of a box, and is no longer
        reach=np.linalg.norm(extent, axis=1) / 2,
        wide=extent.max(axis=1, initial=0) > CELL_M,
    )


def sizes(geometries: Geometries, dimension: int) -> Floats:
    """Return areas in m2, lengths in metres or, for points, 1."""
    return {0: lambda points: np.ones(len(points)), 1: length_m, 2: area_m2}[dimension](geometries)


def halved(cells: Cells, dimension: int) -> tuple[Cells, Ints]:
    """Return both halves of each cell, across its longer side, and the row of the cell each is a half of."""
    bounds = shapely.bounds(cells.geometry)
    low, high = bounds[:, :2], bounds[:, 2:].copy()
    east, north = _extent(bounds).T
    rows, side = np.arange(len(bounds)), (north > east).astype(int)
    high[rows, side] = cells.centre[rows, side]
    first = shapely.box(*low.T, *high.T)
    # what runs along the cut is in the first half only
    both = [shapely.intersection(cells.geometry, first), shapely.difference(cells.geometry, first)]
    halves = make_cells(np.concatenate(both), np.tile(rows, 2), dimension)
    return replace(halves, shape=cells.shape[halves.shape]), halves.shape


def make_outlines(geometries: Geometries, centre: Floats) -> tuple[Outlines, Floats]:
    """Return the lines or rings of each geometry in the plane about its centre, and how far they may be off, in metres.

    Shells run counter-clockwise and holes clockwise.
    """
    start, end, owner = _edges(geometries)
    n = len(geometries)
    metres = np.linalg.norm(_extent(np.hstack([np.minimum(start, end), np.maximum(start, end)])), axis=1)
    around = totals(owner, metres, n)
    areal = shapely.get_dimensions(geometries) == 2
    width = np.where(areal, 2 * area_m2(geometries) / np.maximum(around, 1e-9), around)
    fine = np.maximum(_FINE * width, _LEAST_M)
    # lines straight in longitude and latitude curve on the ellipsoid by less than 1.1 tan(latitude) / R
    steep = np.tan(np.radians(np.minimum(np.abs([start[:, 1], end[:, 1]]).max(axis=0), _NEXT_TO_POLE)))
    leaves = metres**2 * 1.1 * steep / (8 * R_MIN)
    count = np.maximum(1, np.ceil(np.sqrt(leaves / fine[owner]))).astype(np.int64)
    edge, step = members(np.concatenate([[0], np.cumsum(count)]), np.arange(len(count)))
    at = (step - (np.cumsum(count) - count)[edge]) / count[edge]
    # weights, not differences: the last point of an edge is the first of the next one to the last bit
    first = start[edge] * (1 - at)[:, None] + end[edge] * at[:, None]
    p = to_plane(centre[owner[edge]], first)
    closing = np.ones(len(owner), dtype=bool)
    closing[:-1] = (end[:-1] != start[1:]).any(axis=1) | (owner[1:] != owner[:-1])
    last = np.cumsum(count)[closing] - 1
    q = np.roll(p, -1)
    q[last] = to_plane(centre[owner[closing]], end[closing])
    return Outlines(p, q, borders(owner[edge], n)), fine


def _edges(geometries: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the first and last vertex of the edges of lines, or of the rings of polygons, and the row of each."""
    parts, owner = singles(geometries)
    areal = shapely.get_dimensions(parts) == 2
    if not areal.any():
        start, end, line = edges(parts)
        return start, end, owner[line]
    # what is left of a polygon may hold lines, which have no area
    start, end, ring, part = ring_edges(np.asarray(shapely.orient_polygons(parts[areal]), dtype=object))
    return start, end, owner[areal][part[ring]]


def subdivided(
    pieces: Pieces, piece: Ints, fine: Floats, span: tuple[Floats, Floats]
) -> tuple[Ints, tuple[Floats, Floats]]:
    """Return parts of pieces that are straight but for ``fine`` metres: the row of each in ``piece``, and its ends.

    Ends are in degrees; ``span`` tells from where to where on each piece, -1..1, parts are wanted.
    """
    low, high = span
    bend = pieces.curves[piece, 3, 0] * ((high - low) / 2) ** 2
    count = np.maximum(1, np.ceil(np.sqrt(bend / fine))).astype(np.int64)
    row, step = members(np.concatenate([[0], np.cumsum(count)]), np.arange(len(piece)))
    step = step - (np.cumsum(count) - count)[row]
    first, last = pieces.lonlat[piece, 0][row], pieces.lonlat[piece, 1][row]
    ends = []
    for k in (step, step + 1):
        at = low[row] + (high - low)[row] * (k / count[row])
        ends.append(first * ((1 - at) / 2)[:, None] + last * ((1 + at) / 2)[:, None])
    return row, (ends[0], ends[1])


def to_plane(centre: Floats, lonlat: Floats) -> Plane:
    """Return points in the azimuthal equidistant plane about each centre: east is real, north imaginary, in metres."""
    azimuth, _, metres = GEOD.inv(centre[:, 0], centre[:, 1], lonlat[:, 0], lonlat[:, 1])
    return np.asarray(metres * np.exp(1j * np.radians(90 - np.asarray(azimuth))), dtype=complex)


def plane_error(away_m: Floats, beside_m: Floats) -> Floats:
    """Return by how much, in metres, a distance in the plane may be wrong from a point ``beside_m`` off its centre."""
    return np.asarray(beside_m**2 * (away_m + beside_m) / (4 * R_MIN**2), dtype=float)


def _extent(bounds: Floats) -> Floats:
    """Return bounds on the east-west and north-south extents of boxes in metres."""
    south, north = bounds[:, 1], bounds[:, 3]
    lowest = np.where(south * north < 0, 0, np.minimum(np.abs(south), np.abs(north)))
    east = np.radians(bounds[:, 2] - bounds[:, 0]) * np.cos(np.radians(lowest))
    return R_MAX * np.stack([east, np.radians(north - south)], axis=1)


def arc_m(chord: Floats) -> Floats:
    """Return the longest geodesic, in metres, that a chord may belong to."""
    return np.asarray(2 * R_MIN * np.arcsin(np.minimum(1, chord / (2 * R_MIN))), dtype=float)
