"""Zones around and within geometries, and rings between zones.

A zone is drawn, and shares are taken of it; findings are decided by distance, since any polygon misses its circle.

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

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import GEOD, R_MIN, Bools, Floats, Geometries, Ints
from geoprox.geodesy.outlines import Outlines, departure_m, drawn, in_range, joined, reach_m, rings_of
from geoprox.geodesy.parts import edges, require_measurable, singles

MIN_RADIUS_M, MAX_RADIUS_M = 1e-3, 1_000_000.0
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
_NARROW = 4.0  # degrees
# edges shorter than this many radii tell no direction
_SHORT = 1e-6
# rows drawn at once: bounds memory to some hundred MB
_ROWS = 5000


def buffer(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return the zone of each geometry: what lies within its radius, or, for one below 0, as deep in a polygon.

    The zone of a positive radius holds every point within it, and its outline lies between 1 and 1.0001 radii from the
    geometry. That of a negative radius holds no point of the polygon nearer than that to its boundary, and every point
    that is 1.0001 radii deep; it may be empty. Zones are polygons or multipolygons within longitudes -180..180, cut at
    the antimeridian; one that holds a pole reaches latitude 90 (or -90) over the full turn. Empty and missing
    geometries give an empty polygon.

    Raises
    ------
    GeometryError
        A radius is not from 1 mm to 1,000 km, or is negative where the geometry has points or lines.
    """
    require_measurable(geometries)
    _require_radii(geometries, radius_m)
    zones = np.full(len(geometries), shapely.Polygon(), dtype=object)
    for some, draw in ((radius_m > 0, _around), (radius_m < 0, _within)):
        rows = np.flatnonzero(some)
        for part in (rows[k : k + _ROWS] for k in range(0, len(rows), _ROWS)):
            zones[part] = draw(shapely.force_2d(geometries[part]), np.abs(radius_m[part]))
    return zones


def rings(geometries: Geometries, radii_m: Floats) -> Geometries:
    """Return the rings around each geometry, shape ``(n, k)``: from 0 to the first radius, from there to the second...

    A ring's outer boundary is, vertex by vertex, the inner boundary of the next. The first ring holds the geometry.

    Raises
    ------
    GeometryError
        Radii are not from 1 mm to 1,000 km, or one is not more than 1.0001 times the one before it.
    """
    _require_ascending(radii_m)
    zones = [buffer(geometries, np.full(len(geometries), radius)) for radius in radii_m]
    between = [shapely.difference(outer, inner) for inner, outer in zip(zones[:-1], zones[1:], strict=True)]
    return np.stack([zones[0], *between], axis=1).astype(object)


def _require_radii(geometries: Geometries, radius_m: Floats) -> None:
    size = np.abs(radius_m)
    bad = ~((size >= MIN_RADIUS_M) & (size <= MAX_RADIUS_M))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise GeometryError(
            f"row {row}: radius {radius_m[row]} m is not from 1 mm to {MAX_RADIUS_M:,.0f} m; give a radius in metres "
            "(for no zone at all, take the geometry itself)"
        )
    parts, owner = singles(geometries)
    thin = (shapely.get_dimensions(parts) < 2) & (radius_m[owner] < 0)
    if thin.any():
        row = int(owner[thin][0])
        raise GeometryError(
            f"row {row}: a zone of {radius_m[row]} m lies within polygons, and this {geometries[row].geom_type} has "
            "points or lines; give it a radius above 0 metres"
        )


def _require_ascending(radii_m: Floats) -> None:
    if not len(radii_m) or not (radii_m > 0).all() or not (radii_m[1:] > radii_m[:-1] * LIMIT).all():
        raise GeometryError(
            f"radii {radii_m.tolist()} do not ascend from above 0 by more than a 10,000th each; "
            "give metres such as [500, 1000, 5000]"
        )


def _around(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return what lies within the radius of each geometry."""
    parts, owner = singles(geometries)
    areal = shapely.get_dimensions(parts) == 2
    whole, of = in_range(parts[areal], owner[areal])
    # a line that stays where it is has no edge
    still = ~areal & (shapely.length(parts) == 0)
    points, at = shapely.get_coordinates(parts[still], return_index=True)
    alone = owner[still][at]
    chains = _chains(parts[~still], owner[~still], radius_m)
    corners = _corners(chains, radius_m)
    pieces, by = drawn(
        joined(
            [
                _strips(chains, radius_m),
                _sectors(corners, radius_m),
                _discs(np.concatenate([points, corners.round]), np.concatenate([alone, corners.round_owner]), radius_m),
            ]
        )
    )
    return _united(np.concatenate([whole, pieces]), np.concatenate([of, by]), len(geometries))


def _within(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return what lies at least as deep in each polygon as the radius."""
    whole = _united(*in_range(*singles(geometries)), len(geometries))
    return np.asarray(shapely.difference(whole, _around(_boundary(whole), radius_m)), dtype=object)


def _boundary(polygons: Geometries) -> Geometries:
    """Return the boundary on the globe: without the cut along the antimeridian, and without poles that are inside."""
    boundary = np.asarray(shapely.boundary(polygons), dtype=object)
    meridians = [shapely.LineString([(lon, -90), (lon, 90)]) for lon in (-180, 180)]
    west, east = (shapely.intersection(boundary, meridian) for meridian in meridians)
    moved = shapely.transform(east, lambda lonlat: lonlat - [360, 0])
    # what only one side has is a true boundary
    seam = shapely.symmetric_difference(west, moved)
    boundary = shapely.union(shapely.difference(boundary, shapely.MultiLineString(meridians)), seam)
    for pole in (-90, 90):
        line = shapely.LineString([(-180, pole), (180, pole)])
        inside = shapely.length(shapely.intersection(boundary, line)) >= 360
        boundary[inside] = shapely.difference(boundary[inside], line)
    return np.asarray(boundary, dtype=object)


def _united(polygons: Geometries, owner: Ints, n: int) -> Geometries:
    """Return the union of each row's polygons."""
    order = np.argsort(owner, kind="stable")
    polygons, owner = polygons[order], owner[order]
    out = np.full(n, shapely.Polygon(), dtype=object)
    shapely.multipolygons(polygons, indices=owner, out=out)
    single = np.bincount(owner, minlength=n)[owner] == 1
    out[owner[single]] = polygons[single]
    several = np.unique(owner[~single])
    out[several] = shapely.union_all(out[several, None], axis=1)
    return out


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
class _Corners:
    """Where strips gape: the sectors that close the gaps, and the vertices that need a whole disc."""

    apex: Floats
    azimuth: Floats
    sweep: Floats
    owner: Ints
    round: Floats
    round_owner: Ints


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
    """Return how far sides within the zone may depart: where they lap widely, but by a pole, where they wind about it."""
    polar = 90 - np.abs(lonlat[:, 1]) <= np.degrees((1.5 * radius + length_m) / R_MIN)
    return np.where(polar, _SLACK, _INNER_SLACK) * radius


def _corners(chains: _Chains, radius_m: Floats) -> _Corners:
    """Return what closes the gaps between the strips that meet at vertices, and around the ends of lines."""
    ends = chains.after < 0
    here, then = np.flatnonzero(~ends), chains.after[~ends]
    turn = (chains.azimuth_start[then] - chains.azimuth_end[here] + 180) % 360 - 180
    gapes = (np.abs(turn) > _TURN) & ~(chains.areal[here] & (turn < 0))
    short = chains.length_m < _SHORT * radius_m[chains.owner]
    whole = short[here] | short[then]
    first = np.setdiff1d(np.arange(len(ends)), chains.after)
    at = np.concatenate([here, np.flatnonzero(ends), first])
    apex = np.concatenate([chains.end[here], chains.end[ends], chains.start[first]])
    # turning right the strips gape to the left, and the other way round
    azimuth = np.concatenate(
        [
            chains.azimuth_end[here] - np.copysign(90, turn),
            chains.azimuth_end[ends] - 90,
            chains.azimuth_start[first] + 90,
        ]
    )
    sweep = np.concatenate([turn, np.full(len(at) - len(turn), 180.0)])
    whole = np.concatenate([whole, short[at[len(here) :]]])
    wedge = np.concatenate([gapes, np.full(len(at) - len(turn), True)]) & ~whole
    return _Corners(
        apex=apex[wedge],
        azimuth=azimuth[wedge],
        sweep=sweep[wedge],
        owner=chains.owner[at[wedge]],
        round=apex[whole],
        round_owner=chains.owner[at[whole]],
    )


def _sectors(corners: _Corners, radius_m: Floats) -> Outlines:
    radius = radius_m[corners.owner]
    # the sides of a narrow one might cross where they are drawn
    wider = np.copysign(np.maximum(0, _NARROW - np.abs(corners.sweep)), corners.sweep)
    azimuth, sweep = corners.azimuth - wider / 2, corners.sweep + wider
    steps = np.ceil(np.abs(sweep) * _CIRCLE / 360).astype(np.int64)
    # the apex, then the vertices of the arc
    sizes = steps + 2
    k = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(len(k)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    azimuth = azimuth[k] + sweep[k] * (rank - 1) / steps[k]
    metres = np.where(rank == 0, 0.0, radius[k] * _STRETCH)
    inner = _inner_slack(corners.apex, radius, 0.0)
    slack = np.where((rank == 0) | (rank == sizes[k] - 1), inner[k], _SLACK * radius[k])
    return rings_of(sizes, _gone(corners.apex[k], azimuth, metres)[0], slack, corners.owner)


def _discs(lonlat: Floats, owner: Ints, radius_m: Floats) -> Outlines:
    n = len(owner)
    azimuth = np.tile(np.linspace(0, 360, _CIRCLE, endpoint=False), n)
    metres = np.repeat(radius_m[owner], _CIRCLE)
    ring, _ = _gone(np.repeat(lonlat, _CIRCLE, axis=0), azimuth, metres * _STRETCH)
    return rings_of(np.full(n, _CIRCLE), ring, metres * _SLACK, owner)
