"""Which cells lie wholly within reach of a site or out of it, told by their middle and how far they go from there.

The distance of the middle of a cell from a site is bounded by chords: a geodesic is no shorter than its chord, and no
longer than the arc of radius ``R_MIN`` over it. A cell that goes no farther than ``r`` from its middle is within
``R`` of the site where the middle is within ``R - r``, and out of reach where it is beyond ``R + r``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.cells import Cells, arc_m
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints
from geoprox.geodesy.nearest import intersects
from geoprox.geodesy.pieces import Pieces, make_pieces
from geoprox.geodesy.runs import least, members

SURE_M = 1e-3  # pieces are their edges to far less; so much a bound has to hold by
_CHUNK = 1_000_000  # pieces held at once


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites with what the search needs of them, and the radius of each in metres."""

    geometry: Geometries
    radius: Floats
    pieces: Pieces
    bounds: Floats
    areal: Bools
    members: Ints  # site ``s`` owns pieces ``members[s]:members[s + 1]``


@dataclass(frozen=True, slots=True)
class Reach:
    """What bounds tell of pairs of a cell and a site.

    ``whole`` and ``none`` tell which cells lie wholly within or out of reach; ``meets`` which others may have a point
    in common with an areal site. The cell's distance from the site is from ``low`` to ``high``, in metres. For cells
    that are neither, ``piece`` may decide, of pair ``pair`` (in order); its point nearest to the middle is near
    ``foot``, which is -1..1 on the piece and beyond where the line through it goes on.
    """

    whole: Bools
    none: Bools
    meets: Bools
    low: Floats
    high: Floats
    pair: Ints
    piece: Ints
    foot: Floats


def make_sites(geometries: Geometries, radius: Floats) -> Sites:
    """Prepare sites once for all cells."""
    pieces = make_pieces(geometries)
    areal = np.asarray(shapely.get_dimensions(geometries) == 2, dtype=bool)
    return Sites(geometries, radius, pieces, shapely.bounds(geometries), areal, pieces.members[pieces.blocks])


def find_reach(cells: Cells, sites: Sites, i: Ints, j: Ints) -> Reach:
    """Return what bounds tell of the pairs of cell ``i[k]`` and site ``j[k]``."""
    parts = [_reach(cells, sites, i[part], j[part]) for part in _chunks(sites, j)]
    if not parts:
        parts = [_reach(cells, sites, i, j)]
    offset = np.cumsum([0, *(len(p.whole) for p in parts)])
    pair = np.concatenate([p.pair + n for p, n in zip(parts, offset, strict=False)])
    rest = {name: np.concatenate([getattr(p, name) for p in parts]) for name in Reach.__slots__ if name != "pair"}
    return Reach(pair=pair, **rest)


def without_needless(cells: Cells, sites: Sites, i: Ints, j: Ints, deep_m: float) -> tuple[Ints, Ints]:
    """Return the pairs, of those in order of cells, that are needed to tell what is within reach of any site.

    Where some point of a site is so near that all of the cell is within reach, by ``deep_m`` or more, that is enough.
    """
    away = sites.pieces.curves[sites.members[j], 0] - cells.base[i]
    spare = sites.radius[j] - arc_m(np.sqrt(_dot(away, away))) - cells.reach[i] - SURE_M - deep_m
    most = np.full(len(cells.reach), -np.inf)
    np.maximum.at(most, i, spare)
    best = np.flatnonzero((spare == most[i]) & (spare >= 0))
    enough = best[np.unique(i[best], return_index=True)[1]]
    keep = most[i] < 0
    keep[enough] = True
    return i[keep], j[keep]


def _chunks(sites: Sites, j: Ints) -> Iterator[slice]:
    load = np.cumsum(np.diff(sites.members)[j])
    done = 0
    while done < len(j):
        base = load[done - 1] if done else 0
        stop = max(done + 1, int(np.searchsorted(load, base + _CHUNK, side="right")))
        yield slice(done, stop)
        done = stop


def _reach(cells: Cells, sites: Sites, i: Ints, j: Ints) -> Reach:
    n = len(i)
    base, beside, limit = cells.base[i], cells.reach[i], sites.radius[j] + cells.reach[i] + SURE_M
    pair, piece = _near_pieces(sites.pieces, base, limit, j)
    curve = sites.pieces.curves[piece]
    away, slope, bend, (bow, inverse) = curve[:, 0] - base[pair], curve[:, 1], curve[:, 2], curve[:, 3, :2].T
    foot = -_dot(away, slope) * inverse
    at = np.clip(foot, -1, 1)[:, None]
    straight = away + slope * at
    lower = np.sqrt(_dot(straight, straight)) - bow
    upper = straight + bend * at**2
    low = np.maximum(0, least(pair, lower, n))
    high = arc_m(least(pair, np.sqrt(_dot(upper, upper)), n))
    whole = high + beside <= sites.radius[j] - SURE_M
    inside = _inside(cells, sites, i, j, ~whole)
    # what lies in the site is within; so is the rest where all of it is as near as the middle, which lies in it
    whole |= inside & ((beside <= sites.radius[j]) | (low >= beside))
    none = ~whole & ~inside & (low > limit)
    meets = sites.areal[j] & ~whole & (inside | (low <= beside + SURE_M))
    open_pairs = ~(whole | none)
    keep = open_pairs[pair] & (lower <= limit[pair])
    least_m = np.where(inside, 0, np.maximum(0, low - beside))
    most_m = np.where(inside, np.where(low >= beside, 0, beside), high + beside)
    return Reach(whole, none, meets, least_m, most_m, pair[keep], piece[keep], foot[keep])


def _near_pieces(pieces: Pieces, base: Floats, limit: Floats, j: Ints) -> tuple[Ints, Ints]:
    """Return the pieces, by blocks first, that may be within a limit of points in space: the pair, and the piece."""
    pair, block = members(pieces.blocks, j)
    ball = pieces.balls[block]
    apart = ball[:, :3] - base[pair]
    near = np.sqrt(_dot(apart, apart)) - ball[:, 3] * (1 + 1e-9) <= limit[pair]
    row, piece = members(pieces.members, block[near])
    pair = pair[near][row]
    apart = pieces.curves[piece, 0] - base[pair]
    near = np.sqrt(_dot(apart, apart)) - pieces.curves[piece, 3, 2] * (1 + 1e-9) <= limit[pair]
    return pair[near], piece[near]


def _inside(cells: Cells, sites: Sites, i: Ints, j: Ints, asked: Bools) -> Bools:
    """Return which of the pairs that are asked for have the middle of the cell in the site, if that is areal."""
    inside = np.zeros(len(i), dtype=bool)
    rows = np.flatnonzero(asked & sites.areal[j])
    place, box = cells.centre[i[rows]], sites.bounds[j[rows]]
    # whatever full turns lie between a middle and a box
    turned = box[:, 0] + (place[:, 0] - box[:, 0]) % 360 <= box[:, 2]
    rows = rows[turned & (place[:, 1] >= box[:, 1]) & (place[:, 1] <= box[:, 3])]
    middle = np.asarray(shapely.points(cells.centre[i[rows]]), dtype=object)
    inside[rows] = intersects(middle, sites.geometry[j[rows]])
    return inside


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", x, y), dtype=float)
