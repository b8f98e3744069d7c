"""Edges drawn as geodesics, for a kernel whose edges are straight in longitude and latitude.

An edge that means the geodesic between its vertices becomes a row of short pieces, each straight in longitude and
latitude and nowhere farther than ``TOLERANCE_M`` from that geodesic.

Spacing. Let a line straight in longitude and latitude have azimuth alpha at latitude phi, and M, N be the radii of
curvature there. As longitude and latitude grow in proportion, tan(alpha) goes with N cos(phi) / M, so alpha turns by
``-sin(alpha) cos(alpha)**2 tan(phi) / N * (1 + 3 e**2 cos(phi)**2 / (1 - e**2))`` a metre. A geodesic turns by
``+sin(alpha) tan(phi) / N``. The line bends off its geodesic by the difference, at most
``1.011 tan(phi) sin(alpha) (1 + cos(alpha)**2) / N``, and a piece of length L leaves it by an eighth of that times
L**2. Along a geodesic sin(alpha) cos(beta) is constant (Clairaut; beta is the reduced latitude), so the bend is bounded
by latitude alone and the highest latitude of a stretch holds for all of it. That makes pieces of some 80 m at
32 degrees and 9 m at 89 degrees, and no cuts at all along meridians and the equator. Higher orders stay within a tenth
of the tolerance: no piece turns by more than 0.1 in longitude or is longer than 100 km. As the spacing follows the
latitude, an edge needs some 300,000 pieces at most, however near it passes by a pole; one that meets the pole within
0.01 mm is led through it along two meridians.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import shapely
from shapely import GeometryType

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import E2, GEOD, A, B, Bools, Floats, Geometries, Ints
from geoprox.geodesy.parts import MAX_LON, TURNS, require_measurable, singles, turned

TOLERANCE_M = 1e-4
_FIRST_ORDER = 0.9 * TOLERANCE_M  # what is left of the tolerance for the bend itself
_BEND = 1.011
_TURN = 0.1
_LONGEST_M = 100_000.0
_POLE_M = 1e-5
_POLAR = 90 - np.degrees(_POLE_M * B / A**2)
# stretches of an edge are halved until the spacing varies by less than this, unless they have few pieces anyway
_EVEN, _FEW = 1.2, 4
# the cut locus, where two geodesics are equally short, lies within 67 km of the antipode
_ANTIPODE_M = 100_000.0
_HALF_EARTH_M = 20_003_931.0  # to the antipode, wherever one starts: half a meridian
_MAX_POINTS = 20_000_000  # some 3 GB while they are made

_MANY: dict[GeometryType, Callable[..., Geometries]] = {
    GeometryType.LINESTRING: shapely.multilinestrings,
    GeometryType.LINEARRING: shapely.multilinestrings,
    GeometryType.POLYGON: shapely.multipolygons,
    GeometryType.MULTILINESTRING: shapely.multilinestrings,
    GeometryType.MULTIPOLYGON: shapely.multipolygons,
    GeometryType.GEOMETRYCOLLECTION: shapely.geometrycollections,
}
_ONE = (GeometryType.LINESTRING, GeometryType.LINEARRING, GeometryType.POLYGON)


def with_geodesic_edges(geometries: Geometries) -> Geometries:
    """Return geometries whose edges follow, to 0.1 mm, the geodesics between the vertices of those given.

    An edge goes the short way, so from 179 to -179 it crosses the antimeridian; longitudes then run on beyond 180. The
    inside of a ring is the side without a pole, or of a ring around a pole the smaller side: such a polygon is closed
    over the pole along the meridian of its first vertex. Points, empty and missing geometries are returned as they
    are; lines and polygons lose their heights, collections within collections are opened. Two shapes that share an
    edge share all points on it, whichever way each runs.

    Raises
    ------
    GeometryError
        Two neighbouring vertices are within 100 km of opposite each other, where the geodesic is not unique or hangs
        on the last digit; a line runs on over more than three turns, or a ring more than once round a pole; a geometry
        is not valid with such edges; more than 20 million points would be needed; or a coordinate is not on the globe.
    """
    require_measurable(geometries)
    parts, row = singles(geometries)
    kind = shapely.get_type_id(parts)
    areal, point = kind == GeometryType.POLYGON, kind == GeometryType.POINT
    out = geometries.copy()
    if point.all():
        return out
    parts[areal] = _polygons(parts[areal], row[areal])
    linear = ~areal & ~point
    xy, line, _ = _redrawn(parts[linear], row[linear], closed=False)
    parts[linear] = shapely.linestrings(xy, indices=line)
    drawn = np.unique(row[~point])
    parts, part = shapely.get_parts(parts, return_index=True)
    _gather(out, drawn, parts, row[part])
    _require_valid(out, drawn)
    return out


def _gather(out: Geometries, rows: Ints, parts: Geometries, owner: Ints) -> None:
    """Put parts together again as geometries of the types that stood in ``out[rows]``."""
    kinds = shapely.get_type_id(out)
    for kind, build in _MANY.items():
        chosen = rows[kinds[rows] == kind]
        mine = np.isin(owner, chosen)
        if len(chosen):
            out[chosen] = build(parts[mine], indices=np.searchsorted(chosen, owner[mine]))
    alone = rows[np.isin(kinds[rows], _ONE) & (shapely.get_num_geometries(out[rows]) == 1)]
    out[alone] = shapely.get_geometry(out[alone], 0)


def _require_valid(geometries: Geometries, rows: Ints) -> None:
    bad = rows[~shapely.is_valid(geometries[rows])]
    if len(bad):
        reason = shapely.is_valid_reason(geometries[bad[0]])
        message = (
            f"row {bad[0]}: the geometry is not valid with geodesic edges ({reason}); "
            "add vertices where its edges should run, or measure it with edges='lonlat'"
        )
        raise GeometryError(message)


# -- rings and polygons --------------------------------------------------------------------------------------------


def _polygons(polygons: Geometries, row: Ints) -> Geometries:
    rings, owner = shapely.get_rings(polygons, return_index=True)
    xy, ring, around = _redrawn(rings, row[owner], closed=True)
    # a hole runs where its shell does
    start = np.searchsorted(ring, np.arange(len(rings)))
    west = np.minimum.reduceat(xy[:, 0], start) if len(start) else np.empty(0)
    shell = np.searchsorted(owner, owner)
    xy[:, 0] += (360 * np.ceil((west[shell] - west) / 360 - 1e-9))[ring]
    drawn = np.asarray(shapely.linearrings(xy, indices=ring), dtype=object)
    out = np.asarray(shapely.polygons(drawn, indices=owner), dtype=object)
    # few rings go round a pole, so these are treated one by one
    for polygon in np.unique(owner[(around != 0) & (shell == np.arange(len(rings)))]):
        out[polygon] = _without_holes(drawn[owner == polygon])
    return out


def _without_holes(rings: Geometries) -> shapely.Geometry:
    """Return a polygon around a pole; its holes may lie across the meridian on which it is closed."""
    holes = np.array([shapely.Polygon(hole) for hole in rings[1:]], dtype=object)
    everywhere = np.concatenate([holes, *(turned(holes, turn) for turn in TURNS)])
    return shapely.difference(shapely.Polygon(rings[0]), shapely.union_all(everywhere))


def _over_the_pole(xy: Floats, line: Ints, edges: "_Edges", around: Ints) -> tuple[Floats, Ints]:
    """Close every ring that goes round a pole along its first meridian and over the pole."""
    rings = np.flatnonzero(around)
    first, last = np.searchsorted(line, rings), np.searchsorted(line, rings, side="right") - 1
    # the smaller side lies to the left where the signed area is positive
    left = [np.sign(GEOD.polygon_area_perimeter(*edges.start[edges.line == ring].T)[0]) for ring in rings]
    pole = 90.0 * np.array(left) * np.sign(around[rings])
    corners = np.stack([np.stack([xy[last, 0], pole], axis=1), np.stack([xy[first, 0], pole], axis=1)], axis=1)
    at = np.repeat(last + 1, 2)
    return np.insert(xy, at, corners.reshape(-1, 2), axis=0), np.insert(line, at, np.repeat(rings, 2))


# -- lines ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edges:
    """Edges of lines, in order. Longitudes are in -180..180 (180 itself excluded); at a pole, that of the other end.

    ``turn`` is the full turn that the first vertex of each edge's line was given in.
    """

    start: Floats
    end: Floats
    line: Ints
    turn: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Geodesics:
    """The geodesic of each edge, from ``first``, which is the same for either direction of the edge."""

    first: Floats
    last: Floats
    backwards: Bools
    azimuth: Floats
    metres: Floats
    clairaut: Floats  # sin(alpha) cos(beta), 0 along a meridian
    pole: Floats  # latitude of the pole that lies on it between its ends, 0 where none does


def _redrawn(lines: Geometries, row: Ints, *, closed: bool) -> tuple[Floats, Ints, Ints]:
    """Return the vertices of lines or rings drawn by geodesics, the line of each, and how often each goes round."""
    edges = _edges(lines, row)
    edges, geodesics = _through_poles(edges, _geodesics(edges, row))
    turns, around = _turns(edges, len(lines), closed=closed)
    if (np.abs(around) > 1).any():
        _refuse(row[np.abs(around) > 1], "the ring goes round a pole more than once", "cut it in parts")
    xy, line = _vertices(edges, geodesics, turns, _inner(edges, geodesics, row))
    if around.any():
        xy, line = _over_the_pole(xy, line, edges, around)
    return _brought_back(xy, line, row), line, around


def _brought_back(xy: Floats, line: Ints, row: Ints) -> Floats:
    """Bring lines that ran on too far back by full turns, to where the kernel takes them."""
    if not len(xy):
        return xy
    first = np.flatnonzero(np.diff(line, prepend=-1))
    west, east = (extreme.reduceat(xy[:, 0], first) for extreme in (np.minimum, np.maximum))
    turns = np.where(west < -MAX_LON, np.ceil((-MAX_LON - west) / 360), -np.ceil(np.maximum(0, east - MAX_LON) / 360))
    beyond = (west + 360 * turns < -MAX_LON) | (east + 360 * turns > MAX_LON)
    if beyond.any():
        _refuse(
            row[beyond], f"its edges run on over more than {2 * MAX_LON:.0f} degrees of longitude", "cut it in parts"
        )
    return np.stack([xy[:, 0] + 360 * turns[line], xy[:, 1]], axis=1)


def _refuse(rows: Ints, fault: str, remedy: str) -> None:
    message = f"row {rows.min()}: {fault}; {remedy}, or measure it with edges='lonlat'"
    raise GeometryError(message)


def _edges(lines: Geometries, row: Ints) -> _Edges:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    turn = np.round(xy[:, 0] / 360)
    lon = xy[:, 0] - 360 * turn
    lon, turn = np.where(lon == 180, -180.0, lon), turn + (lon == 180)
    polar = np.abs(xy[:, 1]) >= _POLAR
    lat = np.where(polar, np.copysign(90.0, xy[:, 1]), xy[:, 1])
    again = np.flatnonzero(polar[1:] & (lat[1:] == lat[:-1]) & (line[1:] == line[:-1])) + 1
    xy, turn, line = (
        np.delete(np.stack([lon, lat], axis=1), again, axis=0),
        np.delete(turn, again),
        np.delete(line, again),
    )
    short = np.bincount(line, minlength=len(lines)) < 2
    if short.any():
        _refuse(row[short], "all its vertices are one place", "give a point")
    i = np.flatnonzero(line[1:] == line[:-1])
    start, end, at = xy[i], xy[i + 1], turn[i]
    from_pole, to_pole = np.abs(start[:, 1]) == 90, np.abs(end[:, 1]) == 90
    at = np.where(from_pole, turn[i + 1], at)
    start[from_pole, 0] = end[from_pole, 0]
    end[to_pole, 0] = start[to_pole, 0]
    line = line[i].astype(np.int64)
    given = np.asarray(at[np.searchsorted(line, line)], dtype=np.int64)
    return _Edges(start=start, end=end, line=line, turn=given)


def _geodesics(edges: _Edges, row: Ints) -> _Geodesics:
    (lon, lat), (to_lon, to_lat) = edges.start.T, edges.end.T
    backwards = (lon > to_lon) | ((lon == to_lon) & (lat > to_lat))
    first = np.where(backwards[:, None], edges.end, edges.start)
    last = np.where(backwards[:, None], edges.start, edges.end)
    azimuth, back, metres = GEOD.inv(*first.T, *last.T)
    far = np.flatnonzero(metres > _HALF_EARTH_M - _ANTIPODE_M)
    opposite = far[GEOD.inv(first[far, 0] + 180, -first[far, 1], *last[far].T)[2] < _ANTIPODE_M]
    if len(opposite):
        fault = "two neighbouring vertices lie opposite each other on the globe, where no edge between them is certain"
        _refuse(row[edges.line[opposite]], fault, "add a vertex between them")
    # along a meridian the way from ``first`` is due north, and the sine exactly 0
    clairaut = np.abs(np.sin(np.radians(azimuth))) * np.cos(_reduced(first[:, 1]))
    # it turns from north to south, or from south to north, where both ends look the same way
    north, back_north = np.cos(np.radians(azimuth)) > 0, np.cos(np.radians(back)) > 0
    meets = (north == back_north) & (clairaut * A < _POLE_M)
    pole = np.where(meets, np.where(north, 90.0, -90.0), 0.0)
    clairaut[meets] = 0
    return _Geodesics(
        first=first, last=last, backwards=backwards, azimuth=azimuth, metres=metres, clairaut=clairaut, pole=pole
    )


def _through_poles(edges: _Edges, of: _Geodesics) -> tuple[_Edges, _Geodesics]:
    """Part every edge that meets a pole into two along meridians."""
    edge = np.repeat(np.arange(len(of.pole)), np.where(of.pole, 2, 1))
    second = np.diff(edge, prepend=-1) == 0
    before = (of.pole[edge] != 0) & ~second
    start, end, pole = edges.start[edge], edges.end[edge], of.pole[edge]
    start[second] = np.stack([end[second, 0], pole[second]], axis=1)
    end[before] = np.stack([start[before, 0], pole[before]], axis=1)
    parted = _Edges(start=start, end=end, line=edges.line[edge], turn=edges.turn[edge])
    return parted, _Geodesics(**{field.name: getattr(of, field.name)[edge] for field in fields(of)})


def _turns(edges: _Edges, n: int, *, closed: bool) -> tuple[Ints, Ints]:
    """Return the full turns at the start of every edge that let longitudes run on, and how often each ring goes round.

    At a pole a line leaves by the nearer side. A ring that meets a pole once leaves it so that it closes.
    """
    along = -np.round((edges.end[:, 0] - edges.start[:, 0]) / 360).astype(np.int64)
    joined = np.append(edges.line[1:] == edges.line[:-1], False)[: len(along)]
    beside = np.where(joined, -np.round((np.roll(edges.start[:, 0], -1) - edges.end[:, 0]) / 360), 0).astype(np.int64)
    polar = np.abs(edges.end[:, 1]) == 90
    once = np.bincount(edges.line, weights=polar, minlength=n) == 1
    if closed:
        whole = np.bincount(edges.line, weights=along, minlength=n).astype(np.int64)
        beside = np.where(polar & joined & once[edges.line], -whole[edges.line], beside)
    before = np.cumsum(along + beside) - along - beside
    turns = edges.turn + before - before[np.searchsorted(edges.line, edges.line)]
    around = np.bincount(edges.line, weights=along + beside, minlength=n).astype(np.int64)
    ends_at_pole = np.bincount(edges.line, weights=polar & ~joined, minlength=n) > 0
    return turns, np.where(ends_at_pole, 0, around) if closed else np.zeros(n, dtype=np.int64)


def _vertices(edges: _Edges, of: _Geodesics, turns: Ints, inner: tuple[Ints, Floats]) -> tuple[Floats, Ints]:
    """Return all vertices and the line of each.

    Of every edge: its start, the points on it, and its end where no edge starts from there.
    """
    edge, metres = inner
    many = np.bincount(edge, minlength=len(turns))
    after = np.abs(edges.end[:, 1]) == 90
    after |= np.append(edges.line[1:] != edges.line[:-1], True)[: len(after)]
    count = 1 + many + after
    offset = np.cumsum(count) - count
    across = -np.round((edges.end[:, 0] - edges.start[:, 0]) / 360)
    xy = np.empty((int(count.sum()), 2))
    xy[offset] = edges.start + np.stack([360.0 * turns, np.zeros(len(turns))], axis=1)
    ends = edges.end + np.stack([360.0 * (turns + across), np.zeros(len(turns))], axis=1)
    xy[(offset + count - 1)[after]] = ends[after]
    rank = np.arange(len(edge)) - (np.cumsum(many) - many)[edge]
    rank = np.where(of.backwards[edge], many[edge] - 1 - rank, rank)
    base = of.first[edge, 0]
    lon, lat, _ = GEOD.fwd(base, of.first[edge, 1], of.azimuth[edge], metres)
    lon = lon - 360 * np.round((lon - base) / 360)
    first_turn = turns + np.where(of.backwards, across, 0)
    xy[offset[edge] + 1 + rank] = np.stack([lon + 360 * first_turn[edge], lat], axis=1)
    return xy, np.repeat(edges.line, count)


# -- spacing -------------------------------------------------------------------------------------------------------


def _inner(edges: _Edges, of: _Geodesics, row: Ints) -> tuple[Ints, Floats]:
    """Return the points to set on edges: the edge, and the metres from its first end, in this order."""
    edge, low, high, count = _stretches(of)
    if count.sum() > _MAX_POINTS:
        most = np.bincount(row[edges.line[edge]], weights=count)
        fault = f"with {most.max():,.0f} of {count.sum():,} points, its edges are too long to be drawn to 0.1 mm"
        _refuse(np.array([most.argmax()]), fault, "give fewer rows at a time")
    stretch = np.repeat(np.arange(len(edge)), count)
    rank = 1 + np.arange(len(stretch)) - (np.cumsum(count) - count)[stretch]
    metres = low[stretch] + (high - low)[stretch] * rank / count[stretch]
    inside = np.append(edge[stretch][1:] == edge[stretch][:-1], False)[: len(stretch)]
    return edge[stretch][inside], metres[inside]


def _stretches(of: _Geodesics) -> tuple[Ints, Floats, Floats, Ints]:
    """Return stretches of edges on which even spacing will do: edge, first and last metre, and how many pieces."""
    edge = np.flatnonzero(of.clairaut)
    low, high = np.zeros(len(edge)), of.metres[edge]
    beta = _reduced(np.stack([of.first[edge, 1], of.last[edge, 1]], axis=1))
    done = []
    while True:
        clairaut, length = of.clairaut[edge], high - low
        ends = np.abs(beta)
        top = np.maximum(ends.max(axis=1), np.minimum(ends.max(axis=1) + length / (2 * B), np.arccos(clairaut)))
        dense = _density(top, clairaut)
        count = np.maximum(1, np.ceil(length * dense)).astype(np.int64)
        halve = (count > _FEW) & (dense > _EVEN * _density(ends.min(axis=1), clairaut))
        done.append((edge[~halve], low[~halve], high[~halve], count[~halve]))
        if not halve.any():
            break
        edge, low, high, beta = edge[halve], low[halve], high[halve], beta[halve]
        middle = (low + high) / 2
        at = _reduced(np.asarray(GEOD.fwd(of.first[edge, 0], of.first[edge, 1], of.azimuth[edge], middle)[1]))
        edge, low, high = np.tile(edge, 2), np.concatenate([low, middle]), np.concatenate([middle, high])
        beta = np.concatenate([np.stack([beta[:, 0], at], axis=1), np.stack([at, beta[:, 1]], axis=1)])
    edge, low, high, count = (np.concatenate(v) for v in zip(*done, strict=True))
    order = np.lexsort((low, edge))
    return edge[order], low[order], high[order], count[order]


def _density(beta: Floats, clairaut: Floats) -> Floats:
    """Return how many pieces a metre are needed up to a reduced latitude; more where it is higher."""
    sine = np.minimum(1, clairaut / np.cos(beta))
    # sin(alpha) (1 + cos(alpha)**2) grows up to this sine and is never more than there
    turn = np.minimum(sine, np.sqrt(2 / 3))
    bend = _BEND * np.tan(beta) * np.sqrt(1 / (1 - E2)) * turn * (2 - turn**2) / A
    by_longitude = clairaut / (A * np.cos(beta) ** 2 * _TURN)
    dense = np.maximum(np.maximum(np.sqrt(bend / (8 * _FIRST_ORDER)), by_longitude), 1 / _LONGEST_M)
    return np.where(bend == 0, 0.0, dense)


def _reduced(lat: Floats) -> Floats:
    return np.asarray(np.arctan(np.tan(np.radians(lat)) * np.sqrt(1 - E2)), dtype=float)
