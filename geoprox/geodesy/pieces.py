"""Geometries cut into short pieces in space, grouped in blocks: what the nearest-point search works on.

An edge that is straight in longitude and latitude is a curve in space. Cut into pieces of at most ``PIECE_M``
metres it is, to less than 0.05 mm, the quadratic curve through the ends and the middle of each piece (within two
degrees of a pole to some millimetres, along the edge), so the search needs no projection and no place is special.
"""

from typing import NamedTuple

import numpy as np

from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints, to_space
from geoprox.geodesy.engine import compiled
from geoprox.geodesy.parts import Chains, make_chains

PIECE_M = 2000.0
BLOCK = 32
# near a pole an edge turns within metres, so its pieces are short in longitude too
_PIECE_DEG = 1.0
_M_PER_DEG = 111_700.0  # no degree of a great ellipse is longer


class Pieces(NamedTuple):
    """Pieces of ``n`` geometries, in the order of geometries and of their vertices.

    Piece ``p`` runs from ``lonlat[p, 0]`` to ``lonlat[p, 1]``; that of a point is one place. Row ``p`` of ``curves``,
    shape ``(n, 4, 3)``, holds ``base``, ``slope``, ``bend`` and, side by side, ``bow``, ``inverse``, ``reach``. The
    point at ``s`` in -1..1 is ``base + slope * s + bend * s**2``, in metres; ``bow`` is the length of ``bend``,
    ``inverse`` 1 over the square of ``slope`` (0 for a point), and the piece lies within ``reach`` of its base. Where
    ``open_end``, no other piece starts at its end.

    Blocks hold up to ``BLOCK`` consecutive pieces of one geometry: geometry ``g`` owns ``blocks[g]:blocks[g + 1]``,
    block ``b`` owns pieces ``members[b]:members[b + 1]``, all within the ball ``balls[b]``: x, y, z, radius.
    """

    lonlat: Floats
    curves: Floats
    open_end: Bools
    members: Ints
    balls: Floats
    blocks: Ints


def make_pieces(geometries: Geometries) -> Pieces:
    """Cut every geometry's points, lines and rings into pieces. Empty and missing geometries have none."""
    xy, starts, owner, closed = _cut(make_chains(geometries))
    ends = _ends(xy, starts)
    # a vertex starts a piece unless it ends its chain; the only vertex of a point does both
    is_end = np.zeros(len(xy), dtype=bool)
    is_end[ends] = ends > starts
    first = np.flatnonzero(~is_end)
    count = np.maximum(ends - starts, 1)
    second = first + 1
    second[(np.cumsum(count) - 1)] = ends
    open_end = np.zeros(len(first), dtype=bool)
    open_end[np.cumsum(count) - 1] = (ends > starts) & ~closed
    members, blocks = _blocks(np.bincount(owner, weights=count, minlength=len(geometries)).astype(np.int64))
    engine = compiled()
    curves = _curves(xy, first, second) if engine is None else engine.curves(xy, first, second)
    balls = _balls(curves, members) if engine is None else engine.balls(curves, members)
    return Pieces(np.stack([xy[first], xy[second]], axis=1), curves, open_end, members, balls, blocks)


def _curves(xy: Floats, first: Ints, second: Ints) -> Floats:
    """Return the rows of ``curves`` of the edges between vertices ``first`` and ``second``."""
    vertices, middle = to_space(*xy.T), to_space(*((xy[first] + xy[second]) / 2).T)
    out = np.empty((len(first), 4, 3))
    start, end = vertices[first], vertices[second]
    out[:, 0] = middle
    out[:, 1] = slope = (end - start) / 2
    out[:, 2] = bend = (start + end) / 2 - middle
    square, bow = length_squared(slope), np.sqrt(length_squared(bend))
    out[:, 3, 0] = bow
    out[:, 3, 1] = np.divide(1.0, square, out=np.zeros(len(square)), where=square > 0)
    out[:, 3, 2] = np.sqrt(square) + bow
    return out


def length_squared(vectors: Floats) -> Floats:
    """Return the square of the length of each vector, shape ``(n, 3)``."""
    x, y, z = vectors.T
    return np.asarray(x * x + y * y + z * z, dtype=float)


def _ends(xy: Floats, starts: Ints) -> Ints:
    """Return the last vertex of each chain."""
    return starts + np.diff(starts, append=len(xy)) - 1


def _cut(chains: Chains) -> Chains:
    """Return the chains with vertices added so that no edge is longer than a piece."""
    xy, starts = chains.xy, chains.starts
    following = np.arange(len(xy)) + 1
    following[_ends(xy, starts)] -= 1
    count = _cuts(xy, xy[following])
    if (count == 1).all():
        return chains
    vertex = np.repeat(np.arange(len(xy)), count)
    begins = np.cumsum(count) - count
    share = (np.arange(len(vertex)) - begins[vertex]) / count[vertex]
    cut = xy[vertex] + (xy[following] - xy)[vertex] * share[:, None]
    return chains._replace(xy=cut, starts=begins[starts])


def _cuts(start: Floats, end: Floats) -> Ints:
    """Return into how many pieces each edge is cut."""
    dlon, dlat = np.abs(end - start).T
    crosses = start[:, 1] * end[:, 1] < 0
    nearest = np.where(crosses, 0.0, np.minimum(np.abs(start[:, 1]), np.abs(end[:, 1])))
    metres = np.hypot(dlon * np.cos(np.radians(nearest)), dlat) * _M_PER_DEG
    return np.asarray(np.maximum(1, np.ceil(np.maximum(metres / PIECE_M, dlon / _PIECE_DEG))), dtype=np.int64)


def _blocks(pieces: Ints) -> tuple[Ints, Ints]:
    """Return the borders of blocks among pieces, and of geometries among blocks, from the pieces of each geometry."""
    count = -(-pieces // BLOCK)
    blocks = np.concatenate([[0], np.cumsum(count)])
    geometry = np.repeat(np.arange(len(pieces)), count)
    rank = np.arange(len(geometry)) - blocks[geometry]
    first = (np.cumsum(pieces) - pieces)[geometry] + rank * BLOCK
    return np.append(first, pieces.sum()).astype(np.int64), blocks.astype(np.int64)


def _balls(curves: Floats, members: Ints) -> Floats:
    """Return the ball around each block: about the mean of its pieces."""
    if not len(curves):
        return np.empty((0, 4))
    base, size = curves[:, 0], np.diff(members)
    centre = np.add.reduceat(base, members[:-1]) / size[:, None]
    away = np.sqrt(length_squared(base - np.repeat(centre, size, axis=0))) + curves[:, 3, 2]
    return np.column_stack([centre, np.maximum.reduceat(away, members[:-1])])
