"""The strips, sectors and discs whose union is the zone around a geometry.

Method. The zone of a geometry is the union of the zones of its edges and vertices, and a union of shapes whose
outlines lie between 1 and 1.0001 radii from what they surround has such an outline too. So only three shapes
are drawn, by the geodesics that start from the geometry, wherever on the globe that is: a *strip* along each edge, a
*sector* at each vertex, on the side to which its strips gape, and a *disc* around a point. They overlap by
``_LAP`` radii where they meet, so that no rounding opens a crack between them. Nothing is projected, and nothing is
fitted: the distance at which the shapes are drawn follows from what they may lose.

===========================================================  ==============  ==============
in radii                                                     lost at most    gained at most
===========================================================  ==============  ==============
the chord between neighbours on the circle, 1 - cos(pi / N)  3.9e-5          0
the geodesic that stands for an edge of the source           ``_SLACK``      ``_SLACK``
the straight line that stands for a geodesic of the outline  ``_SLACK``      ``_SLACK``
a strip of ``_STRIP_M``, wider in its middle: l**2 / 8 R**2  0               0.8e-5
a strip longer than its edge by ``_LAP``: ``_LAP**2`` / 2    0               0.5e-5
drawn at ``_STRETCH``                                                        6e-5
===========================================================  ==============  ==============

So less than ``_STRETCH`` - 1 is lost, and in all less than 1e-4 is gained.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import GEOD, R_MIN, Bools, Floats, Geometries, Ints
from geoprox.geodesy.outlines import Outlines, departure_m, joined, reach_m, rings_of
from geoprox.geodesy.parts import edges

LIMIT = 1 + 1e-4
_STRETCH = 1 + 6e-5
_SLACK = 1e-5
_LAP = 3e-3
_CIRCLE = 360
_STRIP_M = 50_000.0
# what is drawn inside the zone need not be exact: sides of two pieces that lap may together depart by less than that
_INNER_SLACK = 3e-4
# a strip along the side of a polygon reaches as far into it, over what its straight edge may leave uncovered
_INWARDS = 1e-2
# strips that turn by less leave no gap that their lap does not cover (in radians, the gap is as wide in radii)
_TURN = np.degrees(1e-3)
_NARROW, _NEEDLE = 4.0, 179.0  # degrees
# edges shorter than this many radii, or metres, tell no direction
_SHORT, _SHORT_M = 1e-6, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chains:
    """Geodesics that stand for edges, with the azimuth at either end; ``after`` is the next one (-1: the line ends)."""

    start: Floats
    end: Floats
    azimuth_start: Floats
    azimuth_end: Floats
    length_m: Floats
    after: Ints
    owner: Ints
    areal: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gaps:
    """What strips leave open at a vertex: a sector from ``azimuth`` over ``sweep`` degrees, or a ``whole`` disc."""

    apex: Floats
    azimuth: Floats
    sweep: Floats
    whole: Bools
    owner: Ints


def surroundings(parts: Geometries, owner: Ints, radius_m: Floats) -> Outlines:
    """Return shapes that cover, together with the polygons among the parts, what is within their row's radius.

    ``parts`` are points, lines and polygons without empty ones; ``owner`` is the row of each.
    """
    # a line that stays where it is has no edge
    still = (shapely.get_dimensions(parts) < 2) & (shapely.length(parts) == 0)
    points, of = shapely.get_coordinates(parts[still], return_index=True)
    chains = _chains(parts[~still], owner[~still], radius_m)
    gaps = (_vertex_gaps(chains, radius_m), _end_gaps(chains, radius_m))
    return joined(
        [
            _discs(points, owner[still][of], radius_m),
            _strips(chains, radius_m),
            *(_sectors(gap, radius_m) for gap in gaps),
            *(_discs(gap.apex[gap.whole], gap.owner[gap.whole], radius_m) for gap in gaps),
        ]
    )


def _chains(parts: Geometries, owner: Ints, radius_m: Floats) -> _Chains:
    """Cut the edges of lines and polygons into geodesics. What surrounds a polygon's edge lies to its left."""
    areal = shapely.get_dimensions(parts) == 2
    turned = shapely.orient_polygons(parts[areal], exterior_cw=True)
    outer, of = shapely.get_rings(turned, return_index=True)
    lines = np.concatenate([outer, parts[~areal]])
    of_row = np.concatenate([owner[areal][of], owner[~areal]])
    first, last, line = edges(lines)
    moves = (first != last).any(axis=1)
    first, last, line = first[moves], last[moves], line[moves]
    edge, start, end = _parts(first, last, _SLACK * radius_m[of_row[line]])
    azimuth, back, metres = GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    line = line[edge]
    return _Chains(
        start=start,
        end=end,
        azimuth_start=azimuth,
        azimuth_end=back + 180,
        length_m=metres,
        after=_after(line, closed=np.arange(len(lines)) < len(outer)),
        owner=of_row[line],
        areal=(line < len(outer)),
    )


def _parts(first: Floats, last: Floats, slack_m: Floats) -> tuple[Ints, Floats, Floats]:
    """Cut edges until the geodesic between the ends of a part stands for it: which edge a part is of, and its ends."""
    cuts = np.sqrt(departure_m(first, last) / slack_m)
    count = np.ceil(np.maximum(cuts, reach_m(first, last) / _STRIP_M)).clip(1).astype(np.int64)
    edge = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    step = ((last - first) / count[:, None])[edge]
    start = first[edge] + step * rank[:, None]
    end = np.where((rank + 1 == count[edge])[:, None], last[edge], first[edge] + step * (rank + 1)[:, None])
    return edge, start, end


def _after(line: Ints, closed: Bools) -> Ints:
    """Return which piece of a line follows each; the first one after the last of a closed line."""
    last = np.append(line[1:] != line[:-1], True)[: len(line)]
    first = np.append(True, last[:-1])[: len(line)]
    after = np.arange(1, len(line) + 1)
    after[last] = np.where(closed[line[last]], np.flatnonzero(first), -1)
    return after


def _strips(chains: _Chains, radius_m: Floats) -> Outlines:
    """Return the strip of each piece of an edge: to both sides of a line, outwards along a polygon."""
    radius = radius_m[chains.owner]
    reach, lap = radius * _STRETCH, radius * _LAP
    inwards = np.where(chains.areal, radius * _INWARDS, reach)
    start, facing_start = _gone(chains.start, chains.azimuth_start + 180, lap)
    end, facing_end = _gone(chains.end, chains.azimuth_end, lap)
    corners = [
        _gone(start, facing_start + 90, reach)[0],  # facing backwards there: this is the left of the edge
        _gone(end, facing_end - 90, reach)[0],
        _gone(end, facing_end + 90, inwards)[0],
        _gone(start, facing_start - 90, inwards)[0],
    ]
    inner = _inner_slack(chains.start, radius, chains.length_m)
    right = np.where(chains.areal, inner, _SLACK * radius)
    return rings_of(
        np.full(len(start), 4),
        np.stack(corners, axis=1).reshape(-1, 2),
        np.stack([_SLACK * radius, inner, right, inner], axis=1).ravel(),
        chains.owner,
    )


def _gone(lonlat: Floats, azimuth: Floats, metres: Floats) -> tuple[Floats, Floats]:
    """Return where one arrives going so far, and the azimuth there."""
    lon, lat, back = GEOD.fwd(lonlat[:, 0], lonlat[:, 1], azimuth, metres)
    return np.stack([lon, lat], axis=1), np.asarray(back + 180, dtype=float)


def _inner_slack(lonlat: Floats, radius: Floats, length_m: Floats | float) -> Floats:
    """Return how far sides within the zone may depart: little where a pole lies by their outer ends.

    A side that passes a pole is drawn around it. Where that is well within the radius it is inside the zone anyway.
    """
    away = np.radians(90 - np.abs(lonlat[:, 1])) * R_MIN
    outer = (away > 0.8 * radius - length_m) & (away < 1.5 * radius + length_m)
    return np.where(outer, _SLACK, _INNER_SLACK) * radius


def _vertex_gaps(chains: _Chains, radius_m: Floats) -> _Gaps:
    """Return what is open where strips meet; around a polygon only what is outside it."""
    here = np.flatnonzero(chains.after >= 0)
    then = chains.after[here]
    turn = (chains.azimuth_start[then] - chains.azimuth_end[here] + 180) % 360 - 180
    short = _is_short(chains, radius_m)
    whole = short[here] | short[then]
    # the tip of a needle turns by half a turn, to either side as rounding has it
    inward = chains.areal[here] & (turn < 0) & (turn > -_NEEDLE)
    keep = whole | ((np.abs(turn) > _TURN) & ~inward)
    at, turn = here[keep], turn[keep]
    return _Gaps(
        apex=chains.end[at],
        # turning right the strips gape to the left, and the other way round
        azimuth=chains.azimuth_end[at] - np.copysign(90, turn),
        sweep=turn,
        whole=whole[keep],
        owner=chains.owner[at],
    )


def _end_gaps(chains: _Chains, radius_m: Floats) -> _Gaps:
    """Return what is open beyond the ends of lines."""
    last = np.flatnonzero(chains.after < 0)
    first = np.setdiff1d(np.arange(len(chains.after)), chains.after)
    at = np.concatenate([last, first])
    return _Gaps(
        apex=np.concatenate([chains.end[last], chains.start[first]]),
        azimuth=np.concatenate([chains.azimuth_end[last] - 90, chains.azimuth_start[first] + 90]),
        sweep=np.full(len(at), 180.0),
        whole=_is_short(chains, radius_m)[at],
        owner=chains.owner[at],
    )


def _is_short(chains: _Chains, radius_m: Floats) -> Bools:
    return np.asarray(chains.length_m < np.maximum(_SHORT * radius_m[chains.owner], _SHORT_M), dtype=bool)


def _sectors(gaps: _Gaps, radius_m: Floats) -> Outlines:
    apex, owner, sweep = gaps.apex[~gaps.whole], gaps.owner[~gaps.whole], gaps.sweep[~gaps.whole]
    radius = radius_m[owner]
    # the sides of a narrow one might cross where they are drawn
    wider = np.copysign(np.maximum(0, _NARROW - np.abs(sweep)), sweep)
    azimuth, sweep = gaps.azimuth[~gaps.whole] - wider / 2, sweep + wider
    steps = np.ceil(np.abs(sweep) * _CIRCLE / 360).astype(np.int64)
    # the apex, then the vertices of the arc
    sizes = steps + 2
    k = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(len(k)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    azimuth = azimuth[k] + sweep[k] * (rank - 1) / steps[k]
    metres = np.where(rank == 0, 0.0, radius[k] * _STRETCH)
    inner = _inner_slack(apex, radius, 0.0)
    slack = np.where((rank == 0) | (rank == sizes[k] - 1), inner[k], _SLACK * radius[k])
    return rings_of(sizes, _gone(apex[k], azimuth, metres)[0], slack, owner)


def _discs(lonlat: Floats, owner: Ints, radius_m: Floats) -> Outlines:
    n = len(owner)
    azimuth = np.tile(np.linspace(0, 360, _CIRCLE, endpoint=False), n)
    metres = np.repeat(radius_m[owner], _CIRCLE)
    ring, _ = _gone(np.repeat(lonlat, _CIRCLE, axis=0), azimuth, metres * _STRETCH)
    return rings_of(np.full(n, _CIRCLE), ring, metres * _SLACK, owner)
