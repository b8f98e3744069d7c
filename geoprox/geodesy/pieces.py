"""Geometries cut into short pieces in space, grouped in blocks: what the nearest-point search works on.

An edge that is straight in longitude and latitude is a curve in space. Cut into pieces of at most ``PIECE_M``
metres it is, to less than 0.05 mm, the quadratic curve through the ends and the middle of each piece (within two
degrees of a pole to some millimetres, along the edge), so the search needs no projection and no place is special.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import Floats, Geometries, Ints, to_space
from geoprox.geodesy.parts import edges, singles

PIECE_M = 2000.0
BLOCK = 32
# near a pole an edge turns within metres, so its pieces are short in longitude too
_PIECE_DEG = 1.0
_M_PER_DEG = 111_700.0  # no degree of a great ellipse is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Pieces of ``n`` geometries. Piece ``p`` runs from ``lonlat[p, 0]`` to ``lonlat[p, 1]``.

    ``base``, ``slope``, ``bend`` give its point at ``s`` in -1..1 as ``base + slope * s + bend * s**2``, in
    metres. Blocks hold up to ``BLOCK`` consecutive pieces of one geometry; geometry ``g`` owns
    ``blocks[g]:blocks[g + 1]``, block ``b`` owns pieces ``members[b]:members[b + 1]``. ``reach`` bounds how far
    a piece, and ``block_reach`` how far a block, goes from its base.
    """

    lonlat: Floats
    base: Floats
    slope: Floats
    bend: Floats
    reach: Floats
    members: Ints
    block_base: Floats
    block_reach: Floats
    blocks: Ints


def make_pieces(geometries: Geometries) -> Pieces:
    """Cut every geometry's points, lines and rings into pieces. Empty and missing geometries have none."""
    start, end, owner = _all_edges(geometries)
    count = _cuts(start, end)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    ends = [start[edge] + (end - start)[edge] * ((step + k) / count[edge])[:, None] for k in (0.0, 0.5, 1.0)]
    first, middle, last = (to_space(lonlat[:, 0], lonlat[:, 1]) for lonlat in ends)
    slope, bend = (last - first) / 2, (first + last) / 2 - middle
    reach = np.linalg.norm(slope, axis=1) + np.linalg.norm(bend, axis=1)
    members, blocks = _blocks(owner[edge], len(geometries))
    centre = (members[:-1] + members[1:]) // 2
    away = np.linalg.norm(middle - np.repeat(middle[centre], np.diff(members), axis=0), axis=1) + reach
    return Pieces(
        lonlat=np.stack([ends[0], ends[2]], axis=1),
        base=middle,
        slope=slope,
        bend=bend,
        reach=reach,
        members=members,
        block_base=middle[centre],
        block_reach=np.maximum.reduceat(away, members[:-1]) if len(away) else np.empty(0),
        blocks=blocks,
    )


def _all_edges(geometries: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the ends of every edge of every geometry, and its owner, in the order of geometries.

    A point is an edge of length zero.
    """
    parts, owner = singles(geometries)
    kind = shapely.get_type_id(parts)
    point, areal = kind == shapely.GeometryType.POINT, kind == shapely.GeometryType.POLYGON
    rings, ring = shapely.get_rings(parts[areal], return_index=True)
    lines = np.concatenate([rings, parts[~areal & ~point]])
    line_owner = np.concatenate([owner[areal][ring], owner[~areal & ~point]])
    start, end, line = edges(lines)
    alone = shapely.get_coordinates(parts[point])
    all_owner = np.concatenate([line_owner[line], owner[point]])
    order = np.argsort(all_owner, kind="stable")
    return np.concatenate([start, alone])[order], np.concatenate([end, alone])[order], all_owner[order]


def _cuts(start: Floats, end: Floats) -> Ints:
    """Return into how many pieces each edge is cut."""
    dlon, dlat = np.abs(end - start).T
    crosses = start[:, 1] * end[:, 1] < 0
    widest = np.cos(np.radians(np.where(crosses, 0, np.abs([start[:, 1], end[:, 1]]).min(axis=0))))
    metres = np.hypot(dlon * widest, dlat) * _M_PER_DEG
    return np.asarray(np.maximum(1, np.ceil(np.maximum(metres / PIECE_M, dlon / _PIECE_DEG))), dtype=np.int64)


def _blocks(owner: Ints, n: int) -> tuple[Ints, Ints]:
    """Return the borders of blocks among pieces, and of geometries among blocks."""
    pieces = np.bincount(owner, minlength=n)
    count = -(-pieces // BLOCK)
    blocks = np.concatenate([[0], np.cumsum(count)])
    geometry = np.repeat(np.arange(n), count)
    rank = np.arange(len(geometry)) - blocks[geometry]
    first = (np.cumsum(pieces) - pieces)[geometry] + rank * BLOCK
    return np.append(first, len(owner)).astype(np.int64), blocks.astype(np.int64)
