"""Rings of geodesics, drawn as polygons in longitude and latitude between -180 and 180 degrees.

A ring is drawn by its vertices, and between them a map has straight lines. Such a line departs from the geodesic: its
geodesic curvature is (tan(lat) / R) sin(a) (1 + cos(a)**2), a being its azimuth, and sin(a) = R cos(lat) dlon / ds.
So it is at most 2 sin(lat) dlon / ds, and a line of ``s`` metres over ``dlon`` radians lies at most
s dlon sin(lat) / 4 from the geodesic between its ends. ``departure_m`` is that bound; it has no singular place.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from geoprox.geodesy.ellipsoid import GEOD, A, Floats, Geometries, Ints

# parts are cut so finely at most in one go: an edge that passes by a pole is cut again where it is nearest to it
_MOST_CUTS = 64
_OVERTURN = 1e-3  # degrees
_TURNS = (-720.0, -360.0, 0.0, 360.0, 720.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """Rings whose edges are geodesics; the last vertex of each is followed by its first.

    Ring ``k`` has vertices ``lonlat[first[k]:first[k + 1]]`` and belongs to row ``owner[k]``. The edge after a vertex
    may be drawn up to ``slack_m`` metres from its geodesic.
    """

    lonlat: Floats
    slack_m: Floats
    first: Ints
    owner: Ints


def departure_m(start: Floats, end: Floats) -> Floats:
    """Return how far at most lines, straight in longitude and latitude, lie from the geodesics between their ends."""
    dlon = np.radians(np.abs(end[:, 0] - start[:, 0]))
    steepest = np.sin(np.radians(np.maximum(np.abs(start[:, 1]), np.abs(end[:, 1]))))
    return np.asarray(reach_m(start, end) * dlon * steepest / 4, dtype=float)


def reach_m(start: Floats, end: Floats) -> Floats:
    """Return a length in metres that lines, straight in longitude and latitude, do not exceed."""
    dlon, dlat = np.radians(np.abs(end - start)).T
    low = np.where(start[:, 1] * end[:, 1] < 0, 0, np.minimum(np.abs(start[:, 1]), np.abs(end[:, 1])))
    # no radius of curvature exceeds the polar one, which is A / sqrt(1 - E2) < 1.0034 A
    return np.asarray(np.hypot(dlon * np.cos(np.radians(low)), dlat) * 1.0034 * A, dtype=float)


def joined(parts: list[Outlines]) -> Outlines:
    """Put rings together."""
    sizes = np.concatenate([np.diff(part.first) for part in parts])
    return Outlines(
        lonlat=np.concatenate([part.lonlat for part in parts]),
        slack_m=np.concatenate([part.slack_m for part in parts]),
        first=_borders(sizes),
        owner=np.concatenate([part.owner for part in parts]),
    )


def rings_of(sizes: Ints, lonlat: Floats, slack_m: Floats, owner: Ints) -> Outlines:
    """Return rings of the given numbers of vertices."""
    return Outlines(lonlat=lonlat, slack_m=slack_m, first=_borders(sizes), owner=owner)


def drawn(rings: Outlines) -> tuple[Geometries, Ints]:
    """Return what the rings enclose as polygons within longitudes -180..180, and the row each belongs to.

    A ring that goes round a pole holds it: its polygon reaches latitude 90 (or -90) over the full turn.
    """
    if not len(rings.owner):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    rings = _refined(rings)
    lon, turns = _unwound(rings)
    lonlat = np.stack([lon, rings.lonlat[:, 1]], axis=1)
    ring = np.repeat(np.arange(len(rings.owner)), np.diff(rings.first))
    polygons = np.asarray(shapely.polygons(shapely.linearrings(lonlat, indices=ring)), dtype=object)
    # of all the pieces of a zone only the few that hold a pole
    for k in np.flatnonzero(turns):
        polygons[k] = _polar(lonlat[rings.first[k] : rings.first[k + 1]], int(turns[k]))
    # sides that meet by a pole at less than their slack may cross there
    crossed = ~shapely.is_valid(polygons)
    polygons[crossed] = shapely.make_valid(polygons[crossed], method="structure", keep_collapsed=False)
    return in_range(*polygonal(polygons, rings.owner))


def in_range(polygons: Geometries, owner: Ints) -> tuple[Geometries, Ints]:
    """Return polygons cut at the antimeridian and moved by full turns, so that longitudes are within -180..180."""
    bounds = shapely.bounds(polygons)
    beyond = (bounds[:, 0] < -180) | (bounds[:, 2] > 180)
    if not beyond.any():
        return polygons, owner
    parts, owners = [polygons[~beyond]], [owner[~beyond]]
    for turn in _TURNS:
        rows = np.flatnonzero(beyond & (bounds[:, 0] < 180 + turn) & (bounds[:, 2] > turn - 180))
        cut = shapely.intersection(polygons[rows], shapely.box(turn - 180, -90, turn + 180, 90))
        cut, of = polygonal(cut, owner[rows])
        parts.append(_moved(cut, -turn))
        owners.append(of)
    return np.concatenate(parts), np.concatenate(owners)


def polygonal(geometries: Geometries, owner: Ints) -> tuple[Geometries, Ints]:
    """Return the polygons among the parts of geometries: shapes that touch a border leave lines and points as well."""
    parts, row = shapely.get_parts(geometries, return_index=True)
    keep = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return np.asarray(parts[keep], dtype=object), owner[row[keep]]


def _borders(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _refined(rings: Outlines) -> Outlines:
    """Return rings with vertices added on their geodesics until each edge may be drawn as a straight line."""
    while True:
        after = rings.lonlat[_ahead(rings)]
        straight = np.stack([rings.lonlat[:, 0] + _turned(after[:, 0] - rings.lonlat[:, 0]), after[:, 1]], axis=1)
        cuts = np.ceil(np.sqrt(departure_m(rings.lonlat, straight) / rings.slack_m)).clip(1, _MOST_CUTS)
        long = np.flatnonzero(cuts > 1)
        if not len(long):
            return rings
        rings = _cut(rings, long, after[long], cuts[long].astype(np.int64))


def _cut(rings: Outlines, edge: Ints, end: Floats, cuts: Ints) -> Outlines:
    """Cut edges, each by the vertex before it, into parts of equal length."""
    start = rings.lonlat[edge]
    azimuth, _, metres = GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    many = np.repeat(np.arange(len(edge)), cuts - 1)
    rank = np.arange(len(many)) - np.repeat(np.cumsum(cuts - 1) - (cuts - 1), cuts - 1) + 1
    lon, lat, _ = GEOD.fwd(start[many, 0], start[many, 1], azimuth[many], metres[many] * rank / cuts[many])
    added = np.zeros(len(rings.lonlat), dtype=np.int64)
    added[edge] = cuts - 1
    sizes = np.add.reduceat(added, rings.first[:-1]) + np.diff(rings.first)
    return rings_of(
        sizes,
        np.insert(rings.lonlat, edge[many] + 1, np.stack([lon, lat], axis=1), axis=0),
        np.repeat(rings.slack_m, added + 1),
        rings.owner,
    )


def _ahead(rings: Outlines) -> Ints:
    """Return for each vertex which one follows it in its ring."""
    ahead = np.arange(1, len(rings.lonlat) + 1)
    ahead[rings.first[1:] - 1] = rings.first[:-1]
    return ahead


def _turned(degrees: Floats) -> Floats:
    return np.asarray((degrees + 180) % 360 - 180, dtype=float)


def _unwound(rings: Outlines) -> tuple[Floats, Ints]:
    """Return longitudes that run on across the antimeridian, and how often each ring goes round a pole, eastwards."""
    lon = rings.lonlat[:, 0]
    step = lon[_ahead(rings)] - lon
    # whole turns are counted, not degrees added up: coordinates stay what they are to the last digit
    back = np.rint((_turned(step) - step) / 360)
    before = np.cumsum(back) - back
    own = np.repeat(before[rings.first[:-1]], np.diff(rings.first))
    turns = np.rint(np.add.reduceat(back, rings.first[:-1])).astype(np.int64)
    return lon + 360 * (before - own), turns


def _polar(ring: Floats, turns: int) -> shapely.Polygon:
    """Return the polygon between a ring that goes once round a pole, and the pole."""
    pole = float(np.copysign(90, ring[:, 1].mean()))
    # beyond its vertex nearest to the pole there is nothing of the ring between it and the pole
    top = int(np.argmax(np.abs(ring[:, 1])))
    onwards = np.concatenate([ring[top:], ring[: top + 1]])
    onwards[len(ring) - top :, 0] += 360 * turns
    onwards[:, 0] -= 360 * np.rint(ring[top, 0] / 360)
    # the turn is overdone a little, so that no crack is left where it closes
    end = onwards[-1, 0] + turns * _OVERTURN
    return shapely.Polygon([*onwards, (end, onwards[-1, 1]), (end, pole), (onwards[0, 0], pole)])


def _moved(polygons: Geometries, degrees: float) -> Geometries:
    def move(lonlat: Floats) -> Floats:
        # a corner cut at the antimeridian may lie beyond it by the last digit
        return np.stack([np.clip(lonlat[:, 0] + degrees, -180, 180), lonlat[:, 1]], axis=1)

    return np.asarray(shapely.transform(polygons, move), dtype=object)
